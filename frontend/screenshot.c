#include "screenshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "headless/encode.h"
#include "headless/image.h"
#include "scanout-reader.h"
#include "view.h"
#include "worker.h"

struct shot {
	uint32_t console;
	struct image *image;
};

struct screenshot {
	const struct options *options;
	enum image_format format;
	sd_event *event;
	screenshot_done_fn done;
	void *data;

	const struct fetch_means *means;
	struct capture *capture;
	struct scanout_reader *reader;
	struct worker *worker;
	uint32_t n_shots;
	struct shot shots[GUEST_MAX_HEADS];
	bool take_blank; /* a blank picture is as good as any */
	bool is_blank;   /* the worker's finding: nothing was written */
};

static void
clear_shots(struct screenshot *screenshot)
{
	for (uint32_t i = 0; i < screenshot->n_shots; i++) {
		image_destroy(screenshot->shots[i].image);
	}
	screenshot->n_shots = 0;
}

/* One colour all over: what QEMU shows before the guest has drawn anything. */
static bool
is_blank(const struct image *image)
{
	for (uint32_t y = 0; y < image->height; y++) {
		const uint32_t *row = &image->pixels[y * (image->stride / sizeof(uint32_t))];
		for (uint32_t x = 0; x < image->width; x++) {
			if (row[x] != image->pixels[0]) {
				return false;
			}
		}
	}
	return true;
}

/* "shot.png" with --console all: "shot-0.png". NULL: out of memory. */
static char *
file_name(const struct screenshot *screenshot, const struct shot *shot)
{
	const char *name = screenshot->options->screenshot;
	const char *suffix = strrchr(name, '.');
	char *text;

	if (screenshot->options->console != CLI_CONSOLE_ALL) {
		return strdup(name);
	}
	if (asprintf(&text, "%.*s-%u%s", (int)(suffix - name), name, shot->console, suffix) < 0) {
		return NULL;
	}
	return text;
}

static int
write_shot(struct screenshot *screenshot, const struct shot *shot)
{
	char *name = file_name(screenshot, shot);
	int r = name != NULL ? encode_image_to_file(shot->image, screenshot->format, name)
			     : -ENOMEM;

	if (r < 0) {
		log_error("cannot write %s: %s", name != NULL ? name : "the picture", strerror(-r));
	}
	free(name);
	return r;
}

/* In the worker. */
static int
write_shots(void *data)
{
	struct screenshot *screenshot = data;
	bool blank = !screenshot->take_blank;
	int r = 0;

	for (uint32_t i = 0; i < screenshot->n_shots && blank; i++) {
		blank = is_blank(screenshot->shots[i].image);
	}
	screenshot->is_blank = blank;
	if (blank) {
		return 0;
	}
	for (uint32_t i = 0; i < screenshot->n_shots && r >= 0; i++) {
		r = write_shot(screenshot, &screenshot->shots[i]);
	}
	return r;
}

static int
exit_code_of(int result)
{
	if (result == -ETIMEDOUT) {
		return EXIT_TIMED_OUT;
	}
	return result < 0 ? EXIT_FAILED : EXIT_DONE;
}

static void
handle_worker_done(void *data, int result)
{
	struct screenshot *screenshot = data;

	worker_destroy(screenshot->worker);
	screenshot->worker = NULL;
	clear_shots(screenshot);
	if (screenshot->is_blank) {
		capture_wait_change(screenshot->capture);
		return;
	}
	screenshot->done(screenshot->data, exit_code_of(result));
}

static void
log_unread(const struct screenshot *screenshot)
{
	uint32_t i;
	const char *reason = scanout_reader_reason(screenshot->reader, &i);

	log_error("console %u: cannot read the picture: %s", screenshot->shots[i].console, reason);
}

static void
handle_read(void *data, int error)
{
	struct screenshot *screenshot = data;

	if (error >= 0) {
		for (uint32_t i = 0; i < screenshot->n_shots; i++) {
			screenshot->shots[i].image =
				scanout_reader_take_image(screenshot->reader, i);
		}
		error = worker_run(screenshot->event, write_shots, handle_worker_done, screenshot,
			&screenshot->worker);
		if (error < 0) {
			log_error("cannot start a thread: %s", strerror(-error));
		}
	} else {
		log_unread(screenshot);
	}
	scanout_reader_destroy(screenshot->reader);
	screenshot->reader = NULL;
	if (error < 0) {
		screenshot->done(screenshot->data, exit_code_of(error));
	}
}

static void
handle_capture_ready(void *data, const struct view_list *chosen, bool last)
{
	struct screenshot *screenshot = data;
	struct scanout scanouts[GUEST_MAX_HEADS];
	int r;

	for (uint32_t i = 0; i < chosen->n_views; i++) {
		screenshot->shots[i] =
			(struct shot){ .console = view_head(chosen->views[i])->console };
		scanouts[i] = *view_scanout(chosen->views[i]);
	}
	screenshot->n_shots = chosen->n_views;
	screenshot->take_blank = last;
	r = scanout_reader_create(screenshot->event, screenshot->means, scanouts, chosen->n_views,
		handle_read, screenshot, &screenshot->reader);
	if (r < 0) {
		log_error("cannot read the picture: %s", strerror(-r));
		screenshot->done(screenshot->data, EXIT_FAILED);
	}
}

static void
handle_capture_timed_out(void *data, const char *why)
{
	struct screenshot *screenshot = data;

	log_error("no picture within %u s: %s", screenshot->options->timeout_ms / 1000, why);
	screenshot->done(screenshot->data, EXIT_TIMED_OUT);
}

static const struct capture_listener capture_listener = {
	.ready = handle_capture_ready,
	.timed_out = handle_capture_timed_out,
};

static struct capture_request
make_request(const struct options *options)
{
	return (struct capture_request){
		.console = options->console,
		.wait_stable_ms = options->wait_stable_ms,
		.timeout_ms = options->timeout_ms,
	};
}

int
screenshot_create(sd_event *event, const struct options *options, const struct view_list *views,
	const struct fetch_means *means, screenshot_done_fn done, void *data,
	struct screenshot **ret_screenshot)
{
	struct screenshot *screenshot = calloc(1, sizeof(*screenshot));
	struct capture_request request = make_request(options);
	int r;

	if (screenshot == NULL) {
		return -ENOMEM;
	}
	screenshot->options = options;
	screenshot->event = sd_event_ref(event);
	screenshot->means = means;
	screenshot->done = done;
	screenshot->data = data;
	r = encode_format_from_name(options->screenshot, &screenshot->format);
	if (r >= 0) {
		r = capture_create(event, views, &request, &capture_listener, screenshot,
			&screenshot->capture);
	}
	if (r < 0) {
		screenshot_destroy(screenshot);
		return r;
	}
	*ret_screenshot = screenshot;
	return 0;
}

void
screenshot_destroy(struct screenshot *screenshot)
{
	if (screenshot == NULL) {
		return;
	}
	worker_destroy(screenshot->worker);
	scanout_reader_destroy(screenshot->reader);
	capture_destroy(screenshot->capture);
	clear_shots(screenshot);
	sd_event_unref(screenshot->event);
	free(screenshot);
}

bool
screenshot_has_pictures(const struct screenshot *screenshot)
{
	return screenshot->reader != NULL || screenshot->worker != NULL;
}

/* Here nothing has to go on meanwhile. */
static int
read_remote(struct screenshot *screenshot, const struct remote_picture *pictures)
{
	int r = 0;

	for (uint32_t i = 0; i < screenshot->n_shots && r >= 0; i++) {
		screenshot->shots[i].console = pictures[i].console;
		r = image_read_scanout(&pictures[i].scanout, &screenshot->shots[i].image);
		if (r < 0) {
			log_error("console %u: cannot read the picture: %s", pictures[i].console,
				r == -ETIMEDOUT ? IMAGE_DRAWING_TIMEOUT_REASON : strerror(-r));
		}
	}
	return r;
}

int
screenshot_remote(const struct options *options, int socket)
{
	struct capture_request request = make_request(options);
	struct remote_picture pictures[GUEST_MAX_HEADS];
	struct screenshot screenshot = { .options = options, .take_blank = true };
	const char *path = options->path != NULL ? options->path->name : NULL;
	int code = remote_screenshot(socket, &request, path, pictures, &screenshot.n_shots);
	int r;

	if (code != EXIT_DONE) {
		return code;
	}
	r = encode_format_from_name(options->screenshot, &screenshot.format);
	if (r >= 0) {
		r = read_remote(&screenshot, pictures);
	}
	if (r >= 0) {
		r = write_shots(&screenshot);
	}
	for (uint32_t i = 0; i < screenshot.n_shots; i++) {
		buffer_unref(pictures[i].scanout.buffer);
	}
	clear_shots(&screenshot);
	return exit_code_of(r);
}
