#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What the kernel offers on the fd of a dma-buf (linux/dma-buf.h). */

/*
 * A sync file that stands for everything that writes into the dma-buf now: it polls readable once
 * that is done, whoever begins to write meanwhile. An fd, or negative errno; -ENOTTY for what is no
 * dma-buf, and before Linux 6.0.
 */
int dmabuf_export_fence(int fd);

/*
 * Who made it: "udmabuf", "i915", "drm" (by the common code of most GPU drivers)... Reads a file in
 * /proc, as a process that is confined cannot: that asks broker_exporter(). False when the kernel
 * does not tell; a name that does not fit is cut.
 */
bool dmabuf_exporter(int fd, char *ret_name, size_t size);

/*
 * Around reading by the CPU. The first waits, however long it takes, for whoever writes. Return 0
 * or the kernel's error.
 */
int dmabuf_begin_read(int fd);
int dmabuf_end_read(int fd);
