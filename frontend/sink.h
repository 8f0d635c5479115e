#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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
	uint32_t enlarged;  /* its pixels for one of the frame's, each way; 0: one */
};

/* How a host buffer is to be shown. Pixels are the picture's: see host_buffer.enlarged. */
struct frame {
	struct rect source; /* part of the buffer */
	bool bottom_up;     /* mirror top and bottom */
	bool own; /* words of ours: no part of what is counted, and of no size of its own */
	struct damage damage; /* what changed since the last frame */
	/* On the buffer's timelines, see scanout.h; they count for one present. */
	uint64_t acquire_point, release_point;
};

/* What became of a frame, by the word of the other side. Times are of CLOCK_MONOTONIC. */
struct presentation_info {
	bool discarded;        /* nobody has seen it; of the rest only committed_ns counts */
	uint64_t committed_ns; /* when it was handed over */
	uint64_t time_ns;      /* when it turned into light */
	uint32_t refresh_ns;   /* from one refresh to the next; 0: not known, or not constant */
	uint64_t sequence;     /* of the output's refreshes; 0: it does not count them */
	bool vsync;
	bool hardware_clock, hardware_completion; /* the display's own word, not a guess */
	bool zero_copy;                           /* scanned out: the buffer was not copied */
};

/* Called from the event loop, never from inside a sink operation, but for committed(). */
struct sink_listener {
	/* The last presented frame was shown; time_ns by CLOCK_MONOTONIC, about now. */
	void (*frame_done)(void *data, uint64_t time_ns);
	/* Whether anybody can see it; sinks start invisible. */
	void (*visible)(void *data, bool visible);
	/* What takes() or an import refused may be taken now. */
	void (*formats_changed)(void *data);
	/*
	 * What became of a frame. Of all of them while they are measured, else of each new host
	 * buffer's first and of one in a few; never where the other side does not tell.
	 */
	void (*presented)(void *data, const struct presentation_info *info);
	/* While frames are measured: one is handed over just now. Also from inside present(). */
	void (*committed)(void *data, uint64_t time_ns);
};

struct sink_ops {
	const char *name;
	/* Whether memory of this kind, format and modifier can be imported. */
	bool (*takes)(struct sink *sink, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier);
	/* The modifiers with which it takes dma-bufs of a format: how many, of max at most. */
	uint32_t (*list_modifiers)(
		struct sink *sink, uint32_t fourcc, uint64_t *ret_modifiers, uint32_t max);
	/* The device that it draws with, a card or a render node; 0: not known. */
	dev_t (*device)(struct sink *sink);
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
	/*
	 * Pixels that host buffers are to have for one of the picture's, each way, where somebody
	 * can make them; 0: one. A change is told by formats_changed.
	 */
	uint32_t enlarge;
};
