#include "screenshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "headless/image.h"
#include "shot.h"

struct screenshot {
	screenshot_done_fn done;
	void *data;
	struct shot *shot;
};

static struct shot_request
make_request(const struct options *options)
{
	struct shot_request request = {
		.capture = {
			.console = options->console,
			.wait_stable_ms = options->wait_stable_ms,
			.timeout_ms = options->timeout_ms,
		},
		.cursor = options->cursor,
		.options = {
			.path = options->screenshot,
			.output_fd = STDOUT_FILENO,
			.all = options->console == CLI_CONSOLE_ALL,
			.stitch = options->stitch,
		},
	};

	/* The command line was checked. */
	encode_format_from_name(options->screenshot, &request.options.format);
	return request;
}

static void
handle_shot(void *data, const struct shot_result *result)
{
	struct screenshot *screenshot = data;

	if (result->code != EXIT_DONE) {
		log_error("%s", result->text);
	}
	screenshot->done(screenshot->data, result->code);
}

int
screenshot_create(sd_event *event, const struct options *options, const struct view_list *views,
	const struct fetch_means *means, screenshot_done_fn done, void *data,
	struct screenshot **ret_screenshot)
{
	struct screenshot *screenshot = calloc(1, sizeof(*screenshot));
	struct shot_request request = make_request(options);
	int r;

	if (screenshot == NULL) {
		return -ENOMEM;
	}
	screenshot->done = done;
	screenshot->data = data;
	r = shot_create(event, views, means, &request, handle_shot, screenshot, &screenshot->shot);
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
	shot_destroy(screenshot->shot);
	free(screenshot);
}

bool
screenshot_has_pictures(const struct screenshot *screenshot)
{
	return shot_has_pictures(screenshot->shot);
}

/* Here nothing has to go on meanwhile. */
static int
read_remote(struct remote_picture *pictures, uint32_t n_pictures, struct shot_set *set)
{
	int r = 0;

	for (uint32_t i = 0; i < n_pictures && r >= 0; i++) {
		struct shot_picture *picture = &set->pictures[set->n_pictures++];

		*picture = (struct shot_picture){
			.console = pictures[i].console,
			.has_cursor = pictures[i].cursor.pixels != NULL,
			.cursor = pictures[i].cursor,
			.gx = pictures[i].gx,
			.gy = pictures[i].gy,
		};
		pictures[i].cursor.pixels = NULL;
		r = image_read_scanout(&pictures[i].scanout, &picture->image);
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
	struct shot_request request = make_request(options);
	struct remote_picture pictures[GUEST_MAX_HEADS];
	struct shot_set set = { 0 };
	const struct remote_wishes wishes = {
		.path = options->path != NULL ? options->path->name : NULL,
		.cursor = options->cursor,
	};
	char error[SHOT_ERROR_SIZE];
	uint32_t n_pictures = 0;
	int code = remote_screenshot(socket, &request.capture, &wishes, pictures, &n_pictures);
	int r;

	if (code != EXIT_DONE) {
		return code;
	}
	r = read_remote(pictures, n_pictures, &set);
	if (r >= 0) {
		r = shot_set_write(&set, &request.options, error);
		if (r < 0) {
			log_error("%s", error);
		}
	}
	remote_pictures_finish(pictures, n_pictures);
	shot_set_finish(&set);
	return shot_code(r);
}
