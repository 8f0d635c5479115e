#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "call.h"

/* One head of the VMM that the benches look at, and QEMU's end of its listener. */

#define HEAD_N_BUFFERS 3
/* The first picture's, and those of a frame. */
#define HEAD_MAX_UNANSWERED 8

enum memory {
	MEMORY_DMABUF, /* ScanoutDMABUF, UpdateDMABUF: each update is answered */
	MEMORY_MAP,    /* ScanoutMap, UpdateMap: scanouts are answered, updates are not */
};

enum frame_kind {
	FRAME_UPDATE, /* the guest drew in the buffer that is shown */
	FRAME_FLIP,   /* it shows another of its buffers */
	FRAME_MODE,   /* it allocated a new one, of another size */
};

struct vmm_buffer {
	int fd;
	uint64_t inode;
	struct call scanout;
};

struct vmm_head {
	enum memory memory;
	uint32_t fourcc; /* of dma-bufs */
	uint32_t width, height;
	struct vmm_buffer buffers[HEAD_N_BUFFERS];
	uint32_t shown;
	bool is_narrow; /* since the last mode change */
	struct call update, disable;

	int fd;         /* -1: nobody listens */
	bool is_asking; /* what the listener can do; the first picture follows */
	uint32_t last_serial;
	uint32_t n_unanswered;
	uint32_t unanswered[HEAD_MAX_UNANSWERED]; /* their numbers */
	uint8_t inbox[4096];
	size_t inbox_size;
};

/* Makes its buffers; fourcc is for dma-bufs only. */
void vmm_head_init(struct vmm_head *head, enum memory memory, uint32_t fourcc, uint32_t width,
	uint32_t height);
/* Takes the socket over and shows the first picture, with D-Bus' handshake before or at once. */
void vmm_head_connect(struct vmm_head *head, int fd, bool handshake);
/* Makes all of its buffers anew: a mode change that is to be followed by a flip. */
void vmm_head_renew(struct vmm_head *head, bool is_narrow);
void vmm_head_frame(struct vmm_head *head, enum frame_kind kind);
/*
 * Reads what is there; returns how many replies, negative when the peer is gone. A reply to what
 * was answered before, or never asked, ends the program.
 */
int vmm_head_read(struct vmm_head *head);
