#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"

/*
 * When a guest monitor is told which size to have: once the user's hand rests, one wish after the
 * other; and when its picture has been waited for long enough. Numbers only: who is told, and how,
 * is its owner's business.
 */

/* A window that is drawn larger has a rest this long. */
#define RESIZER_REST_NS UINT64_C(120000000)
/* What a guest may take to begin with a new mode, and to come to rest in it. */
#define RESIZER_PATIENCE_NS UINT64_C(1500000000)
#define RESIZER_SETTLE_NS UINT64_C(400000000)
/* Sizes that a guest took no notice of, in a row: it is taken not to know how. */
#define RESIZER_MAX_STRIKES 2
/* No guest is asked for less: some cannot draw their own way out of it. */
#define RESIZER_MIN_SIZE 64
/* Nor for more: HEAD_GEOMETRY_MAX_SIZE, which a small zoom of a large window is beyond. */
#define RESIZER_MAX_SIZE 16384

enum resizer_state {
	RESIZER_IDLE,
	RESIZER_RESTING, /* a size is to be told, unless another one comes first */
	RESIZER_WAITING, /* one was told, the picture has not got it yet */
};

struct resizer_listener {
	/* The guest is to have this size: tell it. */
	void (*tell)(void *data, int32_t width, int32_t height);
	/* The picture does not come, or not nearer: show what there is. */
	void (*give_up)(void *data);
};

struct resizer {
	const struct resizer_listener *listener;
	void *data;
	struct deadline deadline;
	enum resizer_state state;
	bool even; /* widths are even */
	int32_t wanted_width, wanted_height;
	bool differs;                          /* from the window's, which no guest could have */
	int32_t told_width, told_height;       /* 0: nothing yet */
	bool noticed;                          /* the picture has had another size since */
	int32_t picture_width, picture_height; /* when it was last on */
	bool on;                               /* it is now */
	uint32_t n_strikes;
};

void resizer_init(struct resizer *resizer, struct deadlines *deadlines, bool even,
	const struct resizer_listener *listener, void *data);
void resizer_finish(struct resizer *resizer);

/* The window has room for this picture. at_once: its size is no step on the way to another. */
void resizer_want(struct resizer *resizer, int32_t width, int32_t height, bool at_once);
/* The window's size is the picture's own. */
void resizer_want_nothing(struct resizer *resizer);
/* A picture of this size came; 0: the monitor is off. */
void resizer_handle_picture(struct resizer *resizer, int32_t width, int32_t height);
/* It was told by other means; 0: that it is unplugged, so that nothing is waited for. */
void resizer_note_told(struct resizer *resizer, int32_t width, int32_t height);
/* Another guest is there: it has been told what that one was, and is not known to ignore it. */
void resizer_forget(struct resizer *resizer);
/* As near to what is wanted as a guest may be told. */
int32_t resizer_limit_width(int32_t width, bool even);
int32_t resizer_limit_height(int32_t height);
/* The guest does not do what it is told. */
bool resizer_is_ignored(const struct resizer *resizer);
