#pragma once

#include <stdbool.h>

/* What the kernel offers on the fd of a dma-buf (linux/dma-buf.h). */

/*
 * A sync file that stands for everything that writes into the dma-buf now: it polls readable once
 * that is done, whoever begins to write meanwhile. An fd, or negative errno; -ENOTTY for what is no
 * dma-buf, and before Linux 6.0.
 */
int dmabuf_export_fence(int fd);

/* Whether it was made of shared memory by /dev/udmabuf. Reads a file in /proc. */
bool dmabuf_is_udmabuf(int fd);

/* Whether it is a DRM syncobj: compositors end the connection over anything else. */
bool dmabuf_is_timeline(int fd);

/*
 * Around reading by the CPU. The first waits, however long it takes, for whoever writes. Return 0
 * or the kernel's error.
 */
int dmabuf_begin_read(int fd);
int dmabuf_end_read(int fd);
