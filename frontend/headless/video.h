#pragma once

#include <stdint.h>

#include "headless/image.h"

/*
 * What a monitor shows, as a file that grows: Y4M (".y4m"; 4:4:4, BT.601, full range, as ffmpeg and
 * mpv read it), or raw (".raw", "-"; 4 bytes a pixel: B, G, R, X). All frames have the size of the
 * first; a picture of another size is centred, and cut. Everything here blocks: for a worker.
 */

struct video;

struct video_options {
	const char *path;       /* "-": output_fd, which stays the caller's */
	const char *times_path; /* NULL: as many frames as fps says */
	int output_fd;
	uint32_t fps;
};

struct video_counts {
	uint64_t n_frames; /* in the file */
	uint32_t width, height;
};

/* Whether a file can have that name: else -EINVAL. */
int video_check_path(const char *path);

/* Truncates the files. The options are borrowed. Returns 0, -ENOMEM, or the kernel's error. */
int video_open(const struct video_options *options, struct video **ret_video);
/*
 * Every picture that was shown last in its frame's time is in it then. Returns what went wrong
 * last, or 0: then all is in the file. NULL is fine.
 */
int video_close(struct video *video);

/*
 * What is shown from that time on; times never go back. The image is the video's now. With a rate
 * the frames before are written up to then, the last one that falls into a frame's time counts.
 */
int video_show(struct video *video, struct image *image, uint64_t time_ns);
/* Nothing new until then: with a rate the frames are written. */
int video_hold(struct video *video, uint64_t time_ns);

struct video_counts video_counts(const struct video *video);
