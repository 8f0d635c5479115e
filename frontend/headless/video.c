#include "headless/video.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "broker/broker.h"

#define N_PLANES 3 /* of Y4M */

struct video {
	const struct video_options *options;
	bool y4m;
	int fd; /* -1: options->output_fd */
	int times_fd;
	struct image *image; /* shown now; NULL: nothing yet */
	bool unwritten;      /* it is in no frame yet */
	uint8_t *frame;      /* the same, as it is written */
	size_t frame_size;
	uint32_t width, height; /* of all frames; 0: not known yet */
	uint64_t first_ns;
	uint64_t n_frames;
	int error;
};

static bool
ends_with(const char *path, const char *suffix)
{
	size_t length = strlen(path);

	return length > strlen(suffix) && strcasecmp(path + length - strlen(suffix), suffix) == 0;
}

int
video_check_path(const char *path)
{
	return strcmp(path, "-") == 0 || ends_with(path, ".y4m") || ends_with(path, ".raw")
		       ? 0
		       : -EINVAL;
}

static int
open_file(const char *path, int *ret_fd)
{
	int fd = broker_create(path);

	if (fd < 0) {
		return fd;
	}
	*ret_fd = fd;
	return 0;
}

int
video_open(const struct video_options *options, struct video **ret_video)
{
	struct video *video = calloc(1, sizeof(*video));
	int r = 0;

	if (video == NULL) {
		return -ENOMEM;
	}
	video->options = options;
	video->y4m = ends_with(options->path, ".y4m");
	video->fd = video->times_fd = -1;
	if (strcmp(options->path, "-") != 0) {
		r = open_file(options->path, &video->fd);
	}
	if (r >= 0 && options->times_path != NULL) {
		r = open_file(options->times_path, &video->times_fd);
	}
	if (r < 0) {
		video_close(video);
		return r;
	}
	*ret_video = video;
	return 0;
}

static void
close_file(struct video *video, int *fd)
{
	if (*fd >= 0 && close(fd_take(fd)) < 0 && video->error == 0) {
		/* Network file systems report a full disk only now. */
		video->error = -errno;
	}
}

static int
write_out(struct video *video, const void *data, size_t size)
{
	int fd = video->fd >= 0 ? video->fd : video->options->output_fd;

	if (video->error == 0) {
		video->error = fd_write_all(fd, data, size);
	}
	return video->error;
}

/* The first picture says what all frames are. */
static int
begin(struct video *video, const struct image *image, uint64_t time_ns)
{
	char header[128];
	size_t bytes = video->y4m ? N_PLANES : sizeof(uint32_t);

	video->width = image->width;
	video->height = image->height;
	video->first_ns = time_ns;
	video->frame_size = (size_t)image->width * image->height * bytes;
	video->frame = malloc(video->frame_size);
	if (video->frame == NULL) {
		video->error = -ENOMEM;
		return video->error;
	}
	if (!video->y4m) {
		return 0;
	}
	snprintf(header, sizeof(header),
		"YUV4MPEG2 W%" PRIu32 " H%" PRIu32 " F%" PRIu32 ":1 Ip A1:1 C444 "
		"XCOLORRANGE=FULL\n",
		video->width, video->height, video->options->fps);
	return write_out(video, header, strlen(header));
}

/* The row of a frame, in place or black. */
static void
take_row(const struct video *video, uint32_t y, uint32_t *row)
{
	const struct image *image = video->image;
	int64_t left = ((int64_t)video->width - image->width) / 2;
	int64_t top = ((int64_t)video->height - image->height) / 2;
	int64_t from = left < 0 ? -left : 0, at = left > 0 ? left : 0;
	size_t n = image->width < video->width ? image->width : video->width;

	for (uint32_t x = 0; x < video->width; x++) {
		row[x] = 0xff000000;
	}
	if (y >= top && y - top < image->height) {
		memcpy(row + at, image->pixels + (size_t)(y - top) * image->width + from,
			n * sizeof(*row));
	}
}

static void
put_yuv(const struct video *video, uint32_t y, const uint32_t *row)
{
	size_t plane = (size_t)video->width * video->height;
	uint8_t *out = video->frame + (size_t)y * video->width;

	for (uint32_t x = 0; x < video->width; x++) {
		int r = (int)(row[x] >> 16 & 0xff), g = (int)(row[x] >> 8 & 0xff);
		int b = (int)(row[x] & 0xff);

		out[x] = (uint8_t)((77 * r + 150 * g + 29 * b + 128) >> 8);
		out[plane + x] = (uint8_t)((-43 * r - 84 * g + 127 * b + 128 * 256 + 128) >> 8);
		out[2 * plane + x] = (uint8_t)((127 * r - 106 * g - 21 * b + 128 * 256 + 128) >> 8);
	}
}

static void
put_raw(const struct video *video, uint32_t y, const uint32_t *row)
{
	uint8_t *out = video->frame + (size_t)y * video->width * sizeof(*row);

	for (uint32_t x = 0; x < video->width; x++) {
		out[4 * x] = (uint8_t)row[x];
		out[4 * x + 1] = (uint8_t)(row[x] >> 8);
		out[4 * x + 2] = (uint8_t)(row[x] >> 16);
		out[4 * x + 3] = 0xff;
	}
}

static int
make_frame(struct video *video)
{
	uint32_t *row = malloc(video->width * sizeof(*row));

	if (row == NULL) {
		return -ENOMEM;
	}
	for (uint32_t y = 0; y < video->height; y++) {
		take_row(video, y, row);
		if (video->y4m) {
			put_yuv(video, y, row);
		} else {
			put_raw(video, y, row);
		}
	}
	free(row);
	return 0;
}

static int
write_frame(struct video *video)
{
	static const char header[] = "FRAME\n";

	if (video->y4m) {
		write_out(video, header, strlen(header));
	}
	write_out(video, video->frame, video->frame_size);
	video->n_frames += video->error == 0;
	video->unwritten = false;
	return video->error;
}

int
video_close(struct video *video)
{
	int error;

	if (video == NULL) {
		return 0;
	}
	if (video->unwritten) {
		write_frame(video);
	}
	close_file(video, &video->fd);
	close_file(video, &video->times_fd);
	error = video->error;
	image_destroy(video->image);
	free(video->frame);
	free(video);
	return error;
}

/* Milliseconds with a fraction, as mkvmerge's timestamp format 2 has them. */
static int
write_time(struct video *video, uint64_t time_ns)
{
	char line[64];
	uint64_t us = (time_ns - video->first_ns) / NS_PER_US;

	snprintf(line, sizeof(line), "%s%" PRIu64 ".%03" PRIu64 "\n",
		video->n_frames == 0 ? "# timestamp format v2\n" : "", us / 1000, us % 1000);
	if (video->error == 0) {
		video->error = fd_write_all(video->times_fd, line, strlen(line));
	}
	return video->error;
}

int
video_hold(struct video *video, uint64_t time_ns)
{
	uint64_t due;

	if (video->image == NULL || video->times_fd >= 0) {
		return video->error;
	}
	/* Frames whose time has begun by then. */
	due = (time_ns - video->first_ns) * video->options->fps / NS_PER_S;
	while (video->error == 0 && video->n_frames < due) {
		write_frame(video);
	}
	return video->error;
}

int
video_show(struct video *video, struct image *image, uint64_t time_ns)
{
	bool first = video->image == NULL;

	if (first) {
		begin(video, image, time_ns);
	} else {
		video_hold(video, time_ns);
	}
	image_destroy(video->image);
	video->image = image;
	video->unwritten = true;
	if (video->error == 0) {
		video->error = make_frame(video);
	}
	if (video->error == 0 && video->times_fd >= 0) {
		write_time(video, time_ns);
		write_frame(video);
	}
	return video->error;
}

struct video_counts
video_counts(const struct video *video)
{
	return (struct video_counts){ video->n_frames, video->width, video->height };
}
