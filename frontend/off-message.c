#include "off-message.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "picture.h"
#include "text/text-renderer.h"

/* Of a window that had no picture yet. */
#define DEFAULT_WIDTH 640
#define DEFAULT_HEIGHT 480
/* Larger windows show it scaled: a compositor's wish must not choose how much memory it takes. */
#define MAX_DIMENSION TEXT_MAX_DIMENSION
/* Longer names are cut; what is left is more than a line. */
#define NAME_SIZE 160

struct off_message {
	struct text_renderer *renderer;
	struct off_words words;
	char name[2 * NAME_SIZE + 8];
	uint32_t width, height;             /* wanted */
	uint32_t drawn_width, drawn_height; /* of the job at hand, else of what is shown; 0: none */
	struct text_job *job;               /* NULL: nothing is being drawn */
	struct picture *picture;
	struct buffer *buffer; /* shown; NULL before */
};

/* Nobody waits for it. */
static void
handle_picture_committed(void *data)
{
}

static void
handle_picture_skipped(void *data)
{
}

/* Logged; the title says it, too. */
static void
handle_picture_hopeless(void *data)
{
}

static const struct picture_listener picture_listener = {
	.committed = handle_picture_committed,
	.skipped = handle_picture_skipped,
	.hopeless = handle_picture_hopeless,
};

/* The user's policy is for what comes from a VM. */
static const struct picture_policy policy = { .own = true };

static int
write_row(int fd, const uint32_t *pixels, size_t n_pixels, uint64_t at)
{
	size_t size = n_pixels * sizeof(*pixels);
	ssize_t n = pwrite(fd, pixels, size, (off_t)at);

	return n == (ssize_t)size ? 0 : n < 0 ? -errno : -EIO;
}

/* Black, with the text in the middle. Fresh memory is black, and takes no space where it stays so.
 */
static int
make_buffer(uint32_t width, uint32_t height, const struct text_picture *text,
	struct buffer **ret_buffer)
{
	AUTO_FD int fd = memfd_create("vitrine-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint32_t stride = width * (uint32_t)sizeof(uint32_t);
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = width,
		.height = height,
		.fourcc = DRM_FORMAT_XRGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = stride } },
	};
	int r;

	if (fd < 0 || ftruncate(fd, (off_t)stride * height) < 0) {
		return -errno;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	for (uint32_t y = 0; text != NULL && y < text->height; y++) {
		uint64_t row = (height - text->height) / 2 + y;

		r = write_row(fd, text->pixels + (size_t)y * text->width, text->width,
			row * stride + (width - text->width) / 2 * sizeof(uint32_t));
		if (r < 0) {
			return r;
		}
	}
	return buffer_create(&layout, ret_buffer);
}

static void
show(struct off_message *message, const struct text_picture *text)
{
	struct buffer *old = message->buffer;
	struct scanout scanout = { .source = { .width = (int32_t)message->drawn_width,
					   .height = (int32_t)message->drawn_height } };
	int r = make_buffer(message->drawn_width, message->drawn_height, text, &scanout.buffer);

	if (r < 0) {
		log_warning("cannot show that a monitor is off: %s; its window stays as it is",
			strerror(-r));
		return;
	}
	message->buffer = scanout.buffer;
	picture_set_scanout(message->picture, &scanout);
	if (old != NULL) {
		picture_forget_buffer(message->picture, old);
		buffer_unref(old);
	}
}

static void draw(struct off_message *message);

static void
handle_text_done(void *data, int error, const struct text_picture *picture)
{
	struct off_message *message = data;

	message->job = NULL;
	if (message->width == message->drawn_width && message->height == message->drawn_height) {
		show(message, picture);
	} else {
		/* The window's size has changed meanwhile; the old one would be its size again. */
		draw(message);
	}
}

static void
draw(struct off_message *message)
{
	struct text_request request = {
		.style = TEXT_MESSAGE,
		.scale = 1,
		.max_width = message->width,
		.max_height = message->height,
	};
	int r;

	if (message->job != NULL || (message->width == message->drawn_width &&
					    message->height == message->drawn_height)) {
		return;
	}
	snprintf(request.text, sizeof(request.text), "%s\n%s\n%s", message->words.heading,
		message->name, message->words.hint);
	message->drawn_width = message->width;
	message->drawn_height = message->height;
	r = text_renderer_draw(
		message->renderer, &request, handle_text_done, message, &message->job);
	if (r < 0) {
		show(message, NULL);
	}
}

static uint32_t
clamp_dimension(int32_t size, uint32_t otherwise)
{
	if (size <= 0) {
		return otherwise;
	}
	return size < MAX_DIMENSION ? (uint32_t)size : MAX_DIMENSION;
}

int
off_message_create(sd_event *event, struct deadlines *deadlines, struct text_renderer *renderer,
	struct sink *sink, const struct off_words *words, const char *vm_name, const char *label,
	int32_t width, int32_t height, struct off_message **ret_message)
{
	struct off_message *message = calloc(1, sizeof(*message));
	char vm[NAME_SIZE], head[NAME_SIZE];
	int r;

	if (message == NULL) {
		return -ENOMEM;
	}
	text_copy(vm, sizeof(vm), vm_name);
	text_copy(head, sizeof(head), label);
	snprintf(message->name, sizeof(message->name), "%s — %s", vm, head);
	message->renderer = renderer;
	message->words = *words;
	r = picture_create(
		event, deadlines, sink, &policy, &picture_listener, message, &message->picture);
	if (r < 0) {
		off_message_destroy(message);
		return r;
	}
	off_message_resize(message, width, height);
	*ret_message = message;
	return 0;
}

void
off_message_destroy(struct off_message *message)
{
	if (message == NULL) {
		return;
	}
	text_job_cancel(message->job);
	picture_destroy(message->picture);
	buffer_unref(message->buffer);
	free(message);
}

void
off_message_resize(struct off_message *message, int32_t width, int32_t height)
{
	message->width = clamp_dimension(width, DEFAULT_WIDTH);
	message->height = clamp_dimension(height, DEFAULT_HEIGHT);
	draw(message);
}
