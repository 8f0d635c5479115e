#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "buffer.h"

/*
 * What the viewer and its GPU helper say to each other: one packet per message over a
 * SOCK_SEQPACKET socket pair, of a size that its type fixes, in the memory layout of the machine
 * that both were built for. Neither side trusts the other: a hostile buffer may have taken the
 * helper over, and what the viewer passes on comes from a VM.
 *
 * The viewer introduces a guest buffer (IMPORT, with one fd per plane) under a number of its
 * choice. The helper answers with as many host buffers as were asked for (TARGET, with their fds)
 * or FAILED, once, and from then on draws what changed into the one that it is told to (DRAW,
 * DRAWN). DROP ends it; it may cross with any answer.
 */

/* Of the helper's start-up: viewer and helper are installed together, or not at all. */
#define GPU_PROTOCOL_VERSION 1
/* The helper's end of the socket pair. */
#define GPU_SOCKET_FD 3

/* The helper's exit status. */
enum gpu_exit {
	GPU_EXIT_DONE = 0,   /* the viewer closed the socket */
	GPU_EXIT_FAILED = 1, /* the viewer made no sense, or the socket broke */
	GPU_EXIT_NO_GL = 2, /* no device has an OpenGL ES 3 that imports dma-bufs: no use in more */
	GPU_EXIT_LOST = 3,  /* the GPU was reset: a new process has a chance */
};

/*
 * Of an import, at most: one that the compositor reads, one to draw into, and one because
 * compositors let go late.
 */
#define GPU_TARGETS 3
/* Guest buffers that a helper knows at once: of 16 monitors, four each. */
#define GPU_MAX_IMPORTS 64
/* Of one target; memory that a VM only promises must not cost more. As for copies by the CPU. */
#define GPU_MAX_TARGET_SIZE (256u << 20)
/* Of one format; drivers have a dozen or two. More are left out. */
#define GPU_MAX_MODIFIERS 64
/* A dma-buf and memory, in the guest's own depth and in 8 bits per channel. */
#define GPU_MAX_OFFERS 4

enum gpu_message_type {
	GPU_READY = 1, /* helper: it can start */
	GPU_IMPORT,    /* viewer: a guest buffer, and what the host buffers may be */
	GPU_TARGET,    /* helper: one of its host buffers */
	GPU_FAILED,    /* helper: no host buffers for this */
	GPU_DRAW,      /* viewer */
	GPU_DRAWN,     /* helper: the target has it; nothing is in flight any more */
	GPU_DROP,      /* viewer: forget the guest buffer and its targets */
};

/* struct buffer_layout without its fds, which travel beside the message in the order of planes. */
struct gpu_layout {
	uint32_t kind; /* enum buffer_kind */
	uint32_t width, height;
	uint32_t fourcc;
	uint64_t modifier;
	uint32_t n_planes;
	uint32_t offsets[BUFFER_MAX_PLANES];
	uint32_t strides[BUFFER_MAX_PLANES];
};

/* A kind of buffer that the sink takes. The first that the helper can make is used. */
struct gpu_offer {
	uint32_t kind; /* enum buffer_kind */
	uint32_t fourcc;
	uint32_t n_modifiers;
	uint64_t modifiers[GPU_MAX_MODIFIERS]; /* for dma-bufs */
};

struct gpu_ready {
	uint32_t version;
	uint32_t software;                   /* bool: there is no GPU, the CPU does it all */
	uint32_t device_major, device_minor; /* the render node; 0, 0 without one */
};

struct gpu_import {
	struct gpu_layout layout;
	uint32_t n_offers;
	uint32_t n_targets; /* 1 to GPU_TARGETS */
	struct gpu_offer offers[GPU_MAX_OFFERS];
};

struct gpu_target {
	uint32_t index; /* below GPU_TARGETS, in order */
	uint32_t last;  /* bool: no other follows */
	struct gpu_layout layout;
};

struct gpu_failed {
	int32_t error; /* negative errno: -ENOTSUP where the driver cannot have such buffers */
};

struct gpu_draw {
	uint32_t index;
	uint32_t n_rects; /* 1 to DAMAGE_MAX_RECTS, all inside the buffer */
	struct rect rects[DAMAGE_MAX_RECTS];
};

struct gpu_drawn {
	uint32_t index;
	int32_t error; /* 0 or negative errno: this import is of no use any more */
};

struct gpu_message {
	uint32_t type; /* enum gpu_message_type */
	uint32_t id;   /* of the import; 0 in READY */
	union {
		struct gpu_ready ready;
		struct gpu_import import;
		struct gpu_target target;
		struct gpu_failed failed;
		struct gpu_draw draw;
		struct gpu_drawn drawn;
	};
};

/* Fills in what travels; the fds are the layout's own and stay the caller's. */
void gpu_layout_from_buffer(struct gpu_layout *layout, const struct buffer_layout *buffer);
/* The reverse, with these fds, one per plane. */
void gpu_layout_to_buffer(
	const struct gpu_layout *layout, const int *fds, struct buffer_layout *ret_buffer);

/* 0 or the kernel's error; -EAGAIN when a non-blocking socket is full. The fds stay the caller's.
 */
int gpu_message_send(int socket, const struct gpu_message *message, const int *fds, uint32_t n_fds);

/*
 * The next message, with as many fds as its layout has planes (the caller's to close; the rest of
 * ret_fds is -1). Counts, kinds, indices and rectangles have been checked against the limits above,
 * and rectangles for being inside a largest buffer, but a layout not against its fds. -EAGAIN when
 * a non-blocking socket is empty, -ECONNRESET when the other side is gone, -EBADMSG for anything
 * else.
 */
int gpu_message_receive(
	int socket, struct gpu_message *ret_message, int ret_fds[BUFFER_MAX_PLANES]);
