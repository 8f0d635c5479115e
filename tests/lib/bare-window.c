/*
 * bare-window [--lock-keys] WIDTHxHEIGHT
 *
 * A window of the viewer's with neither guest nor router behind it: shows a grey picture, does what
 * the lines on its input say, and writes down what it is told, as lines of JSON (fake/record.h for
 * what the user does). For what depends on the window alone; ends with its input.
 */
#include <err.h>
#include <errno.h>
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "buffer.h"
#include "deadline.h"
#include "fake/record.h"
#include "wayland/display.h"
#include "wayland/window.h"

#define MAX_LINE 256
#define MAX_WORDS 8
#define CONNECT_MS 10000

struct bare {
	sd_event *event;
	struct deadlines deadlines;
	struct display *display;
	struct window *window; /* NULL: destroyed */
	struct host_buffer *host;
	struct frame frame;
	struct record record;
	const char *destroy_in; /* the callback that is to be the window's last; NULL: none */
	size_t length;
	char line[MAX_LINE];
};

static void
destroy_window(struct bare *bare)
{
	struct sink *sink = window_sink(bare->window);

	sink->ops->drop(sink, bare->host);
	window_destroy(bare->window);
	bare->window = NULL;
	record_event(&bare->record, "destroyed");
}

/* At the end of each callback. */
static void
told(struct bare *bare, const char *callback)
{
	if (bare->destroy_in != NULL && strcmp(bare->destroy_in, callback) == 0) {
		destroy_window(bare);
	}
}

static void
handle_frame_done(void *data, uint64_t time_ns)
{
}

static void
handle_visible(void *data, bool visible)
{
}

static void
handle_formats_changed(void *data)
{
}

static void
handle_presented(void *data, const struct presentation_info *info)
{
}

static void
handle_committed(void *data, uint64_t time_ns)
{
}

static void
handle_close(void *data)
{
	struct bare *bare = data;

	record_event(&bare->record, "close");
	told(bare, "close");
}

static void
handle_input(void *data, const struct input_event *event)
{
	struct bare *bare = data;

	record_input(&bare->record, 0, event);
	told(bare, "input");
}

static void
handle_focus(void *data, bool focused, const uint32_t *keys, size_t n_keys)
{
	dprintf(STDOUT_FILENO, "{\"event\":\"focus\",\"focused\":%s,\"keys\":[",
		focused ? "true" : "false");
	for (size_t i = 0; i < n_keys; i++) {
		dprintf(STDOUT_FILENO, "%s%u", i > 0 ? "," : "", keys[i]);
	}
	dprintf(STDOUT_FILENO, "]}\n");
	told(data, "focus");
}

static void
handle_locks(void *data, uint32_t mask)
{
	struct bare *bare = data;

	dprintf(STDOUT_FILENO, "{\"event\":\"locks\",\"mask\":%u,\"known\":%u}\n", mask,
		window_known_locks(bare->window));
	told(bare, "locks");
}

static void
handle_shortcuts(void *data, enum window_shortcuts state)
{
	static const char *const names[] = {
		[WINDOW_SHORTCUTS_HOST] = "host",
		[WINDOW_SHORTCUTS_ASKED] = "asked",
		[WINDOW_SHORTCUTS_INHIBITED] = "inhibited",
		[WINDOW_SHORTCUTS_TAKEN_BACK] = "taken-back",
		[WINDOW_SHORTCUTS_UNSUPPORTED] = "unsupported",
	};

	dprintf(STDOUT_FILENO, "{\"event\":\"shortcuts\",\"state\":\"%s\"}\n", names[state]);
	told(data, "shortcuts");
}

static void
handle_hover(void *data, bool over)
{
	dprintf(STDOUT_FILENO, "{\"event\":\"hover\",\"over\":%s}\n", over ? "true" : "false");
	told(data, "hover");
}

static void
handle_pointer_locked(void *data, bool locked)
{
	dprintf(STDOUT_FILENO, "{\"event\":\"pointer_locked\",\"locked\":%s}\n",
		locked ? "true" : "false");
	told(data, "pointer_locked");
}

static void
handle_refresh(void *data, uint32_t refresh_mhz)
{
}

static void
handle_room(void *data, const struct window_room *room)
{
}

static void
handle_report_changed(void *data)
{
}

static const struct window_listener window_listener = {
	.sink = {
		.frame_done = handle_frame_done,
		.visible = handle_visible,
		.formats_changed = handle_formats_changed,
		.presented = handle_presented,
		.committed = handle_committed,
	},
	.close = handle_close,
	.input = handle_input,
	.focus = handle_focus,
	.locks = handle_locks,
	.shortcuts = handle_shortcuts,
	.hover = handle_hover,
	.pointer_locked = handle_pointer_locked,
	.refresh = handle_refresh,
	.room = handle_room,
	.report_changed = handle_report_changed,
};

static void
handle_outputs_changed(void *data)
{
}

static void
handle_lost(void *data, enum display_loss loss)
{
	struct bare *bare = data;

	record_event(&bare->record, "lost");
	sd_event_exit(bare->event, 1);
}

static const struct display_listener display_listener = {
	.outputs_changed = handle_outputs_changed,
	.lost = handle_lost,
};

static void
present(struct bare *bare)
{
	struct sink *sink = window_sink(bare->window);

	sink->ops->present(sink, bare->host, &bare->frame);
}

static void
handle_imported(void *data, struct host_buffer *host, int error)
{
	if (error < 0) {
		errx(1, "the picture is refused: %s", strerror(-error));
	}
	present(data);
}

static void
handle_released(void *data, struct host_buffer *host)
{
}

static const struct host_buffer_listener host_listener = {
	.imported = handle_imported,
	.released = handle_released,
};

static void
import(struct bare *bare, uint32_t width, uint32_t height)
{
	struct sink *sink = window_sink(bare->window);
	size_t size = (size_t)width * height * sizeof(uint32_t);
	int fd = memfd_create("bare-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = width,
		.height = height,
		.fourcc = DRM_FORMAT_XRGB8888,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = width * sizeof(uint32_t) } },
	};
	void *pixels;
	int r;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0) {
		err(1, "memory for a picture");
	}
	pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED) {
		err(1, "memory for a picture");
	}
	memset(pixels, 0x80, size);
	munmap(pixels, size);
	r = sink->ops->import(sink, &layout, &host_listener, bare, &bare->host);
	if (r < 0) {
		errx(1, "the picture is refused: %s", strerror(-r));
	}
	close(fd);
	bare->frame.source = (struct rect){ 0, 0, (int32_t)width, (int32_t)height };
	damage_add(&bare->frame.damage, &bare->frame.source, &bare->frame.source);
}

/* A red cursor, with a pixel's place in its green and blue: WIDTHxHEIGHT HOT_X HOT_Y, or "none". */
static int
set_cursor(struct bare *bare, char **words)
{
	static uint32_t pixels[CURSOR_MAX_DIMENSION * CURSOR_MAX_DIMENSION];
	struct cursor_image image = { .pixels = pixels };

	if (strcmp(words[1], "none") == 0) {
		return window_set_cursor(bare->window, NULL);
	}
	if (sscanf(words[1], "%ux%u", &image.width, &image.height) != 2) {
		return -EINVAL;
	}
	image.hot_x = atoi(words[2]);
	image.hot_y = atoi(words[3]);
	for (size_t i = 0; i < (size_t)image.width * image.height; i++) {
		pixels[i] = 0xffff0000 | (uint32_t)(i % image.width) % 256 << 8 |
			    (uint32_t)(i / image.width) % 256;
	}
	return window_set_cursor(bare->window, &image);
}

static int
run_window_command(struct bare *bare, char **words)
{
	struct window *window = bare->window;
	const char *name = words[0];

	if (strcmp(name, "inhibit") == 0) {
		window_inhibit_shortcuts(window, atoi(words[1]));
	} else if (strcmp(name, "lock") == 0) {
		return window_lock_pointer(window);
	} else if (strcmp(name, "unlock") == 0) {
		window_unlock_pointer(window);
	} else if (strcmp(name, "hint") == 0) {
		window_set_pointer_hint(window, atof(words[1]), atof(words[2]));
	} else if (strcmp(name, "warp") == 0) {
		window_warp_pointer(window, atof(words[1]), atof(words[2]));
	} else if (strcmp(name, "cursor") == 0) {
		return set_cursor(bare, words);
	} else if (strcmp(name, "cursor-position") == 0) {
		window_set_cursor_position(window, atoi(words[1]), atoi(words[2]));
	} else if (strcmp(name, "present") == 0) {
		present(bare);
	} else if (strcmp(name, "title") == 0) {
		window_set_title(window, words[1]);
	} else if (strcmp(name, "destroy") == 0) {
		destroy_window(bare);
	} else {
		errx(1, "there is no command %s", name);
	}
	return 0;
}

static void
run_line(struct bare *bare, char *line)
{
	static char empty[] = "";
	char *words[MAX_WORDS + 1];
	size_t n = 0;

	for (char *word = strtok(line, " "); word != NULL && n < MAX_WORDS;
		word = strtok(NULL, " ")) {
		words[n++] = word;
	}
	for (size_t i = n; i <= MAX_WORDS; i++) {
		words[i] = empty;
	}
	if (strcmp(words[0], "destroy-in") == 0) {
		bare->destroy_in = strdup(words[1]);
	} else if (bare->window != NULL) {
		int r = run_window_command(bare, words);
		if (r < 0) {
			dprintf(STDOUT_FILENO,
				"{\"event\":\"error\",\"command\":\"%s\",\"error\":\"%s\"}\n",
				words[0], strerror(-r));
		}
	}
}

static int
handle_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct bare *bare = data;
	ssize_t n = read(fd, bare->line + bare->length, sizeof(bare->line) - bare->length);
	char *end;

	if (n <= 0) {
		return sd_event_exit(bare->event, 0);
	}
	bare->length += (size_t)n;
	while ((end = memchr(bare->line, '\n', bare->length)) != NULL) {
		size_t used = (size_t)(end - bare->line) + 1;

		*end = '\0';
		run_line(bare, bare->line);
		bare->length -= used;
		memmove(bare->line, end + 1, bare->length);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct bare bare = { .record = { STDOUT_FILENO } };
	struct display_options options = { 0 };
	unsigned int width, height;
	int r;

	if (argc == 3 && strcmp(argv[1], "--lock-keys") == 0) {
		options.lock_keys = true;
	} else if (argc != 2) {
		errx(2, "usage: bare-window [--lock-keys] WIDTHxHEIGHT");
	}
	if (sscanf(argv[argc - 1], "%ux%u", &width, &height) != 2 || width > BUFFER_MAX_DIMENSION ||
		height > BUFFER_MAX_DIMENSION) {
		errx(2, "there is no such size");
	}
	if (sd_event_new(&bare.event) < 0 || sd_event_add_io(bare.event, NULL, STDIN_FILENO,
						     EPOLLIN, handle_readable, &bare) < 0) {
		errx(1, "no event loop");
	}
	if (display_create(bare.event, &bare.deadlines, CONNECT_MS, &options, &display_listener,
		    &bare, &bare.display) < 0 ||
		window_create(bare.display, "bare", "bare", &window_listener, &bare, &bare.window) <
			0) {
		errx(1, "no window");
	}
	import(&bare, width, height);
	r = deadlines_loop(&bare.deadlines, bare.event);
	if (bare.window != NULL) {
		destroy_window(&bare);
	}
	display_destroy(bare.display);
	sd_event_unref(bare.event);
	free((char *)bare.destroy_in);
	return r;
}
