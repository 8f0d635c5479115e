#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "buffer.h"

/*
 * The seam between importers and whoever shows pictures: a sink puts host buffers in front of
 * someone. The window (wayland/) is one; tests implement another. Sinks know nothing of guests.
 */

struct sink;
struct host_buffer;

/* Called from the event loop, never from inside a sink operation. */
struct host_buffer_listener {
	/*
	 * The other side took the buffer (0) or refused it (negative errno); once per import. A
	 * refused buffer is still to be dropped.
	 */
	void (*imported)(void *data, struct host_buffer *host, int error);
	/* It is no longer read: memory may be written without tearing. */
	void (*released)(void *data, struct host_buffer *host);
};

/* Memory that the sink can show. Embedded first by the sink's own struct. */
struct host_buffer {
	struct sink *sink;
	const struct host_buffer_listener *listener;
	void *data;
	bool busy;          /* presented and not yet released */
	bool has_timelines; /* the layout's were taken: points count */
};

/* How a host buffer is to be shown. */
struct frame {
	struct rect source;   /* part of the buffer, in buffer pixels */
	bool bottom_up;       /* mirror top and bottom */
	struct damage damage; /* what changed since the last frame, in buffer pixels */
	/* On the buffer's timelines, see scanout.h; they count for one present. */
	uint64_t acquire_point, release_point;
};

/* Called from the event loop, never from inside a sink operation. */
struct sink_listener {
	/* The last presented frame was shown; time_ns by CLOCK_MONOTONIC, about now. */
	void (*frame_done)(void *data, uint64_t time_ns);
	/* Whether anybody can see it; sinks start invisible. */
	void (*visible)(void *data, bool visible);
	/* What takes() or an import refused may be taken now. */
	void (*formats_changed)(void *data);
};

struct sink_ops {
	const char *name;
	/* Whether memory of this kind, format and modifier can be imported. */
	bool (*takes)(struct sink *sink, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier);
	/*
	 * Makes a host buffer; the fds stay the caller's. The layout has passed
	 * buffer_layout_check and takes(). The answer comes through listener->imported.
	 */
	int (*import)(struct sink *sink, const struct buffer_layout *layout,
		const struct host_buffer_listener *listener, void *data,
		struct host_buffer **ret_host);
	/* Legal at any time: what is on screen stays until the next present. */
	void (*drop)(struct sink *sink, struct host_buffer *host);
	/*
	 * Shows it as soon as the other side can; of several frames before that only the last is
	 * shown, with the damage of all. Allocates nothing.
	 */
	void (*present)(struct sink *sink, struct host_buffer *host, const struct frame *frame);
};

struct sink {
	const struct sink_ops *ops;
	const struct sink_listener *listener;
	void *data;
};
