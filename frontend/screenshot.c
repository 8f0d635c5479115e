#include "screenshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "headless/encode.h"
#include "headless/image.h"
#include "view.h"
#include "worker.h"

struct shot {
	uint32_t console;
	struct scanout scanout; /* its buffer is referenced */
	struct image *image;
};

struct screenshot {
	const struct options *options;
	enum image_format format;
	sd_event *event;
	screenshot_done_fn done;
	void *data;

	struct capture *capture;
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
		buffer_unref(screenshot->shots[i].scanout.buffer);
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
read_shot(struct shot *shot)
{
	int r = image_read_scanout(&shot->scanout, &shot->image);

	if (r == -ENOTSUP) {
		log_error("console %u: the picture lies in a layout that the CPU cannot read "
			  "(modifier 0x%llx)",
			shot->console, (unsigned long long)shot->scanout.buffer->layout.modifier);
	} else if (r == -ETIMEDOUT) {
		log_error("console %u: the guest's GPU has not finished its picture within %u s",
			shot->console, IMAGE_DRAWING_TIMEOUT_MS / 1000);
	} else if (r < 0) {
		log_error("console %u: cannot read the picture: %s", shot->console, strerror(-r));
	}
	return r;
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
take_shots(void *data)
{
	struct screenshot *screenshot = data;
	bool blank = true;
	int r = 0;

	for (uint32_t i = 0; i < screenshot->n_shots && r >= 0; i++) {
		r = read_shot(&screenshot->shots[i]);
		blank = blank && r >= 0 && is_blank(screenshot->shots[i].image);
	}
	screenshot->is_blank = r >= 0 && blank && !screenshot->take_blank;
	if (screenshot->is_blank) {
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
handle_capture_ready(void *data, const struct view_list *chosen, bool last)
{
	struct screenshot *screenshot = data;
	int r;

	for (uint32_t i = 0; i < chosen->n_views; i++) {
		struct shot *shot = &screenshot->shots[i];

		*shot = (struct shot){
			.console = view_head(chosen->views[i])->console,
			.scanout = *view_scanout(chosen->views[i]),
		};
		buffer_ref(shot->scanout.buffer);
	}
	screenshot->n_shots = chosen->n_views;
	screenshot->take_blank = last;
	r = worker_run(
		screenshot->event, take_shots, handle_worker_done, screenshot, &screenshot->worker);
	if (r < 0) {
		log_error("cannot start a thread: %s", strerror(-r));
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
	screenshot_done_fn done, void *data, struct screenshot **ret_screenshot)
{
	struct screenshot *screenshot = calloc(1, sizeof(*screenshot));
	struct capture_request request = make_request(options);
	int r;

	if (screenshot == NULL) {
		return -ENOMEM;
	}
	screenshot->options = options;
	screenshot->event = sd_event_ref(event);
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
	capture_destroy(screenshot->capture);
	clear_shots(screenshot);
	sd_event_unref(screenshot->event);
	free(screenshot);
}

bool
screenshot_has_pictures(const struct screenshot *screenshot)
{
	return screenshot->worker != NULL;
}

int
screenshot_remote(const struct options *options, int socket)
{
	struct capture_request request = make_request(options);
	struct remote_picture pictures[GUEST_MAX_HEADS];
	struct screenshot screenshot = { .options = options, .take_blank = true };
	int code = remote_screenshot(socket, &request, pictures, &screenshot.n_shots);

	if (code != EXIT_DONE) {
		return code;
	}
	for (uint32_t i = 0; i < screenshot.n_shots; i++) {
		screenshot.shots[i].console = pictures[i].console;
		screenshot.shots[i].scanout = pictures[i].scanout;
	}
	code = encode_format_from_name(options->screenshot, &screenshot.format);
	if (code >= 0) {
		code = take_shots(&screenshot);
	}
	clear_shots(&screenshot);
	return exit_code_of(code);
}
