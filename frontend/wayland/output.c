#include "output.h"

#include <stdlib.h>

#include "base/text.h"
#include "display-private.h"
#include "scale.h"
#include "window-private.h"
#include "xdg-output-unstable-v1-client.h"

static int32_t
clamp(int32_t number, int32_t min)
{
	if (number < min) {
		return min;
	}
	return number < OUTPUT_MAX_NUMBER ? number : OUTPUT_MAX_NUMBER;
}

static void
set_position(struct output *output, int32_t x, int32_t y)
{
	output->x = clamp(x, -OUTPUT_MAX_NUMBER);
	output->y = clamp(y, -OUTPUT_MAX_NUMBER);
}

static void
note_change(struct output *output)
{
	struct window *window;

	wl_list_for_each(window, &output->display->windows, link)
	{
		window_handle_output_changed(window);
	}
	output->display->outputs_due = true;
	display_notify_later(output->display);
}

static void
handle_output_geometry(void *data, struct wl_output *proxy, int32_t x, int32_t y, int32_t width_mm,
	int32_t height_mm, int32_t subpixel, const char *make, const char *model, int32_t transform)
{
	struct output *output = data;

	set_position(output, x, y);
	output->width_mm = clamp(width_mm, 0);
	output->height_mm = clamp(height_mm, 0);
	output->turned = transform % 2 != 0;
	text_copy(output->identity.make, sizeof(output->identity.make), make);
	text_copy(output->identity.model, sizeof(output->identity.model), model);
}

static void
handle_output_mode(void *data, struct wl_output *proxy, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh_mhz)
{
	struct output *output = data;

	if (flags & WL_OUTPUT_MODE_CURRENT) {
		output->refresh_mhz = refresh_mhz > 0 ? (uint32_t)refresh_mhz : 0;
		output->width = clamp(width, 0);
		output->height = clamp(height, 0);
	}
}

static void
handle_output_done(void *data, struct wl_output *proxy)
{
	note_change(data);
}

static void
handle_output_scale(void *data, struct wl_output *proxy, int32_t scale)
{
	struct output *output = data;

	output->scale = (uint32_t)clamp(scale, 1);
}

static void
handle_output_name(void *data, struct wl_output *proxy, const char *name)
{
	struct output *output = data;

	text_copy(output->identity.name, sizeof(output->identity.name), name);
}

static void
handle_output_description(void *data, struct wl_output *proxy, const char *description)
{
	struct output *output = data;

	text_copy(output->identity.description, sizeof(output->identity.description), description);
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
handle_xdg_output_logical_position(
	void *data, struct zxdg_output_v1 *xdg_output, int32_t x, int32_t y)
{
	struct output *output = data;

	set_position(output, x, y);
}

static void
handle_xdg_output_logical_size(
	void *data, struct zxdg_output_v1 *xdg_output, int32_t width, int32_t height)
{
	struct output *output = data;

	output->logical_width = clamp(width, 0);
	output->logical_height = clamp(height, 0);
}

/* Before version 3; since then wl_output.done comes for this as well. */
static void
handle_xdg_output_done(void *data, struct zxdg_output_v1 *xdg_output)
{
	note_change(data);
}

/* wl_output has said both, in version 4. */
static void
handle_xdg_output_name(void *data, struct zxdg_output_v1 *xdg_output, const char *name)
{
	struct output *output = data;

	text_copy(output->identity.name, sizeof(output->identity.name), name);
}

static void
handle_xdg_output_description(
	void *data, struct zxdg_output_v1 *xdg_output, const char *description)
{
	struct output *output = data;

	text_copy(output->identity.description, sizeof(output->identity.description), description);
}

static const struct zxdg_output_v1_listener xdg_output_listener = {
	.logical_position = handle_xdg_output_logical_position,
	.logical_size = handle_xdg_output_logical_size,
	.done = handle_xdg_output_done,
	.name = handle_xdg_output_name,
	.description = handle_xdg_output_description,
};

static void
listen(struct output *output)
{
	struct zxdg_output_manager_v1 *manager = output->display->globals.xdg_output_manager;

	if (manager == NULL || output->xdg != NULL) {
		return;
	}
	output->xdg = zxdg_output_manager_v1_get_xdg_output(manager, output->proxy);
	if (output->xdg != NULL) {
		zxdg_output_v1_add_listener(output->xdg, &xdg_output_listener, output);
	}
}

void
output_listen_all(struct display *display)
{
	struct output *output;

	wl_list_for_each(output, &display->outputs, link)
	{
		listen(output);
	}
}

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
	listen(output);
}

static void
output_destroy(struct output *output)
{
	wl_list_remove(&output->link);
	if (output->xdg != NULL) {
		zxdg_output_v1_destroy(output->xdg);
	}
	release(output->proxy);
	free(output);
}

static void
output_remove(struct output *output)
{
	struct display *display = output->display;
	struct window *window;

	wl_list_for_each(window, &display->windows, link)
	{
		window_leave_output(window, output);
	}
	wl_list_remove(&output->link);
	/*
	 * libwayland 1.23 loses a little memory with each event that it has read and that names an
	 * object which is destroyed before it is told: surfaces often leave right after this.
	 */
	wl_list_insert(&display->removed_outputs, &output->link);
	note_change(output);
}

void
output_remove_by_name(struct display *display, uint32_t name)
{
	struct output *output = output_find_by_name(display, name);

	if (output != NULL) {
		output_remove(output);
	}
}

static void
destroy_all(struct wl_list *outputs)
{
	struct output *output, *next;

	wl_list_for_each_safe(output, next, outputs, link)
	{
		output_destroy(output);
	}
}

void
output_release_removed(struct display *display)
{
	destroy_all(&display->removed_outputs);
}

void
output_remove_all(struct display *display)
{
	destroy_all(&display->outputs);
	destroy_all(&display->removed_outputs);
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

void
output_desktop_size(const struct display *display, int32_t *ret_width, int32_t *ret_height)
{
	int32_t left = INT32_MAX, top = INT32_MAX, right = INT32_MIN, bottom = INT32_MIN;
	struct output *output;

	wl_list_for_each(output, &display->outputs, link)
	{
		struct rect rect = output_logical(output);

		left = rect.x < left ? rect.x : left;
		top = rect.y < top ? rect.y : top;
		right = rect.x + rect.width > right ? rect.x + rect.width : right;
		bottom = rect.y + rect.height > bottom ? rect.y + rect.height : bottom;
	}
	*ret_width = right > left ? right - left : OUTPUT_DEFAULT_DIMENSION;
	*ret_height = bottom > top ? bottom - top : OUTPUT_DEFAULT_DIMENSION;
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

struct output *
output_find_by_name(struct display *display, uint32_t name)
{
	struct output *output;

	wl_list_for_each(output, &display->outputs, link)
	{
		if (output->name == name) {
			return output;
		}
	}
	return NULL;
}

void
output_size(const struct output *output, int32_t *ret_width, int32_t *ret_height)
{
	*ret_width = output->turned ? output->height : output->width;
	*ret_height = output->turned ? output->width : output->height;
}

struct rect
output_logical(const struct output *output)
{
	struct rect rect = { .x = output->x, .y = output->y };

	output_size(output, &rect.width, &rect.height);
	rect.width = output->logical_width > 0 ? output->logical_width
					       : rect.width / (int32_t)output->scale;
	rect.height = output->logical_height > 0 ? output->logical_height
						 : rect.height / (int32_t)output->scale;
	return rect;
}

uint32_t
output_scale_120(const struct output *output)
{
	int32_t width, height;
	int64_t scale;

	output_size(output, &width, &height);
	if (output->logical_width == 0 || width == 0) {
		scale = (int64_t)output->scale * SCALE_ONE;
	} else if (height > width && output->logical_height > 0) {
		/* The longer side is rounded least. */
		scale = ((int64_t)height * SCALE_ONE + output->logical_height / 2) /
			output->logical_height;
	} else {
		scale = ((int64_t)width * SCALE_ONE + output->logical_width / 2) /
			output->logical_width;
	}
	if (scale < 1) {
		return 1;
	}
	return scale < SCALE_MAX ? (uint32_t)scale : SCALE_MAX;
}
