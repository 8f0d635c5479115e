#include "output.h"

#include <stdlib.h>

#include "display-private.h"
#include "window-private.h"

static void
handle_output_geometry(void *data, struct wl_output *proxy, int32_t x, int32_t y, int32_t width_mm,
	int32_t height_mm, int32_t subpixel, const char *make, const char *model, int32_t transform)
{
	struct output *output = data;

	output->turned = transform % 2 != 0;
}

static void
handle_output_mode(void *data, struct wl_output *proxy, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh_mhz)
{
	struct output *output = data;

	if (flags & WL_OUTPUT_MODE_CURRENT) {
		output->refresh_mhz = refresh_mhz > 0 ? (uint32_t)refresh_mhz : 0;
		output->width = width;
		output->height = height;
	}
}

static void
handle_output_done(void *data, struct wl_output *proxy)
{
	struct output *output = data;

	/* Windows on it compare and tell. */
	display_notify_later(output->display);
}

static void
handle_output_scale(void *data, struct wl_output *proxy, int32_t scale)
{
	struct output *output = data;

	output->scale = scale > 1 ? (uint32_t)scale : 1;
}

static void
handle_output_name(void *data, struct wl_output *proxy, const char *name)
{
}

static void
handle_output_description(void *data, struct wl_output *proxy, const char *description)
{
}

static const struct wl_output_listener output_listener = {
	.geometry = handle_output_geometry,
	.mode = handle_output_mode,
	.done = handle_output_done,
	.scale = handle_output_scale,
	.name = handle_output_name,
	.description = handle_output_description,
};

static void
release(struct wl_output *proxy)
{
	if (wl_output_get_version(proxy) >= WL_OUTPUT_RELEASE_SINCE_VERSION) {
		wl_output_release(proxy);
	} else {
		wl_output_destroy(proxy);
	}
}

void
output_create(struct display *display, struct wl_output *proxy, uint32_t name)
{
	struct output *output = calloc(1, sizeof(*output));

	if (output == NULL) {
		release(proxy);
		return;
	}
	output->display = display;
	output->proxy = proxy;
	output->name = name;
	output->scale = 1;
	wl_list_insert(&display->outputs, &output->link);
	wl_output_add_listener(proxy, &output_listener, output);
}

static void
output_destroy(struct output *output)
{
	struct window *window;

	wl_list_for_each(window, &output->display->windows, link)
	{
		window_leave_output(window, output);
	}
	wl_list_remove(&output->link);
	release(output->proxy);
	free(output);
}

void
output_remove_by_name(struct display *display, uint32_t name)
{
	struct output *output, *next;

	wl_list_for_each_safe(output, next, &display->outputs, link)
	{
		if (output->name == name) {
			output_destroy(output);
		}
	}
}

void
output_remove_all(struct display *display)
{
	struct output *output, *next;

	wl_list_for_each_safe(output, next, &display->outputs, link)
	{
		output_destroy(output);
	}
}

int32_t
output_largest_dimension(const struct display *display)
{
	int32_t largest = 0;
	struct output *output;

	wl_list_for_each(output, &display->outputs, link)
	{
		largest = output->width > largest ? output->width : largest;
		largest = output->height > largest ? output->height : largest;
	}
	return largest > 0 ? largest : OUTPUT_DEFAULT_DIMENSION;
}

struct output *
output_find(struct display *display, struct wl_output *proxy)
{
	struct output *output;

	wl_list_for_each(output, &display->outputs, link)
	{
		if (output->proxy == proxy) {
			return output;
		}
	}
	return NULL;
}
