#pragma once

#include <systemd/sd-event.h>

#include "headless/video.h"
#include "view-list.h"

/*
 * Records what a monitor shows. Frames are read and written in a worker, one after the other: what
 * the guest shows while one is being written is taken next, and what came between the two is not.
 */

struct recording;
struct fetch_means;

struct recording_request {
	int32_t console; /* a number, or CLI_CONSOLE_FIRST */
	bool cursor;
	const char *path;       /* copied */
	const char *times_path; /* copied; NULL: none */
	int output_fd;
	uint32_t fps;
};

struct recording_counts {
	struct video_counts video;
	uint64_t n_missed; /* pictures that came while another was being written */
};

/*
 * From the event loop: once when there is a first picture in it, or it has failed (negative errno);
 * and once more at the end that recording_end asked for. text: why, in words.
 */
typedef void (*recording_done_fn)(void *data, int error, const char *text);

/* views and means are borrowed. Returns 0 or negative errno. */
int recording_create(sd_event *event, const struct view_list *views,
	const struct fetch_means *means, const struct recording_request *request,
	recording_done_fn done, void *data, struct recording **ret_recording);
/*
 * The VM is gone: the same at once with what has been read, blocking. done is not called any more.
 * Returns 0 or negative errno.
 */
int recording_finish(struct recording *recording);
/* Writes what is due up to now, and closes the files; done follows. */
void recording_end(struct recording *recording);
struct recording_counts recording_counts(const struct recording *recording);
/* Waits for a frame that is being written. NULL is fine. */
void recording_destroy(struct recording *recording);
