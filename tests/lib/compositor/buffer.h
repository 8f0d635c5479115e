#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;

enum release_policy {
	RELEASE_REPLACED, /* when the next buffer is committed: what happens to
			     dma-bufs */
	RELEASE_AT_ONCE,  /* as REPLACED, but wl_shm memory with its commit: what GL
			     renderers do */
	RELEASE_HELD,     /* by the command "release" only */
};

#define DMABUF_MAX_PLANES 4

/* How the pixels of a wl_buffer lie in its first plane (or pool). */
struct buffer_memory {
	int32_t width, height;
	uint32_t fourcc;
	uint64_t modifier;
	uint32_t n_planes;          /* 0: memory of wl_shm */
	int fds[DMABUF_MAX_PLANES]; /* the buffer's own; -1 when absent */
	uint32_t offsets[DMABUF_MAX_PLANES];
	uint32_t strides[DMABUF_MAX_PLANES];
	bool is_solid; /* no memory: one pixel, which is this */
	uint8_t solid[4];
};

struct buffer {
	struct compositor *compositor;
	struct wl_list link;
	uint32_t number;
	struct wl_resource *resource; /* NULL once the client destroyed it */
	struct wl_listener destroy;
	uint32_t uses; /* surface states that hold it */
	bool owes_release;
	struct buffer_memory memory;
};

struct buffers {
	struct wl_list list; /* struct buffer.link */
	enum release_policy release_policy;
	struct wl_listener client_created;
	struct wl_protocol_logger *logger;
	/* A request to libwayland's wl_shm that is about to make an object. */
	struct json_object *expected;
	struct buffer_memory expected_memory;
};

/* Creates wl_shm (libwayland's own, so that its errors are the real ones) and
 * records its use. */
void buffers_init(struct compositor *compositor, bool with_shm);
/* All clients must be gone. */
void buffers_finish(struct compositor *compositor);

/* Tracks the resource. The fds of memory become the buffer's. */
struct buffer *buffer_create(struct compositor *compositor, struct wl_resource *resource,
	const struct buffer_memory *memory);
struct buffer *buffer_from_resource(struct wl_resource *resource);

/* A surface state holds the buffer, or no longer. */
void buffer_use(struct buffer *buffer);
void buffer_unuse(struct buffer *buffer);

/* A renderer has its own copy of the pixels now: releases where the policy says
 * so. */
void buffer_uploaded(struct buffer *buffer);

/* Releases what the policy held back; returns how many. */
int buffers_release(struct compositor *compositor);
