#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "buffer.h"
#include "sink.h"

struct display;
struct wp_linux_drm_syncobj_timeline_v1;
struct zwp_linux_buffer_params_v1;

enum wayland_buffer_state {
	WAYLAND_BUFFER_ASKED, /* the compositor has not answered */
	WAYLAND_BUFFER_READY,
	WAYLAND_BUFFER_REFUSED,
};

/*
 * Of one display, dropped ones that the compositor has not answered yet among them: a VM that sends
 * another layout with every picture must not fill the queue of a compositor that does not read.
 */
#define WAYLAND_BUFFER_MAX 256

/* A host buffer as the compositor knows it. */
struct wayland_buffer {
	struct host_buffer base;
	struct display *display;
	struct wl_list link;
	enum wayland_buffer_state state;
	bool answer_due; /* the listener is to be told of the state from the loop */
	bool dropped;    /* by its owner: the listener is not called any more */
	bool shown;      /* a window still needs it: freed when that replaces it */
	bool timed;      /* what became of it on screen was asked */
	uint32_t width, height;
	uint32_t fourcc;
	uint64_t modifier;
	struct wl_buffer *proxy;
	struct zwp_linux_buffer_params_v1 *params; /* while asked for a dma-buf */
	/* Where the VM gave timelines and the compositor takes them; may be the same. */
	struct wp_linux_drm_syncobj_timeline_v1 *acquire, *release;
};

/* As sink_ops.takes for memory, and sink_ops.import. */
bool wayland_buffer_takes_memory(struct display *display, uint32_t fourcc, uint64_t modifier);
int wayland_buffer_create(struct display *display, struct sink *sink,
	const struct buffer_layout *layout, const struct host_buffer_listener *listener, void *data,
	struct wayland_buffer **ret_buffer);

/* The owner is done with it. */
void wayland_buffer_drop(struct wayland_buffer *buffer);
/* A window needs it for what is on screen, or no longer. NULL is fine. */
void wayland_buffer_set_shown(struct wayland_buffer *buffer, bool shown);

/* Tells listeners the answers that are due. From the event loop. */
void wayland_buffer_tell_all(struct display *display);
/* With the connection. */
void wayland_buffer_free_all(struct display *display);
