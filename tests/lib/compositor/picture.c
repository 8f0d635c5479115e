#include "picture.h"

#include <stdio.h>
#include <stdlib.h>

#include "canvas.h"
#include "output.h"
#include "record.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"

static const char *
write_ppm(const struct canvas *canvas, const char *path)
{
	FILE *file = fopen(path, "we");
	bool failed;

	if (file == NULL) {
		return "the file can't be opened";
	}
	fprintf(file, "P6\n%d %d\n255\n", canvas->width, canvas->height);
	for (int32_t i = 0; i < canvas->width * canvas->height; i++) {
		putc(canvas->pixels[i].red, file);
		putc(canvas->pixels[i].green, file);
		putc(canvas->pixels[i].blue, file);
	}
	failed = ferror(file) != 0;
	failed = fclose(file) != 0 || failed;
	return failed ? "the file can't be written" : NULL;
}

static const char *
paint(struct canvas *canvas, const struct surface *surface, int32_t scale_120, uint32_t background)
{
	if (surface->width == 0 || surface->height == 0) {
		return "the surface shows nothing";
	}
	return canvas_init(canvas, (surface->width * scale_120 + 60) / 120,
		       (surface->height * scale_120 + 60) / 120, scale_120, background)
		       ? canvas_paint(canvas, surface, 0, 0)
		       : "no memory";
}

const char *
picture_write(struct surface *surface, int32_t scale_120, uint32_t background, const char *path)
{
	struct canvas canvas = { 0 };
	const char *error = paint(&canvas, surface, scale_120, background);

	error = error != NULL ? error : write_ppm(&canvas, path);
	canvas_finish(&canvas);
	return error;
}

/* Where the window is, as this output counts; one that is full-screen and smaller than its own
 * output is in the middle of that. */
static void
find_corner(
	const struct shell_surface *shell, const struct output *on, int32_t *ret_x, int32_t *ret_y)
{
	const struct output *output = shell->placement.output;
	int32_t x = shell->placement.x, y = shell->placement.y;
	int32_t width = shell->has_geometry ? shell->geometry_width : shell->surface->width;
	int32_t height = shell->has_geometry ? shell->geometry_height : shell->surface->height;

	if (shell->window.fullscreen) {
		x = (output_logical_width(output) - width) / 2;
		y = (output_logical_height(output) - height) / 2;
		x = x > 0 ? x : 0;
		y = y > 0 ? y : 0;
	}
	x += output->spec.x - on->spec.x;
	y += output->spec.y - on->spec.y;
	*ret_x = x - (shell->has_geometry ? shell->geometry_x : 0);
	*ret_y = y - (shell->has_geometry ? shell->geometry_y : 0);
}

static const char *
paint_windows(struct canvas *canvas, const struct output *output, bool fullscreen)
{
	struct surface *surface;
	const char *error = NULL;

	wl_list_for_each(surface, &output->compositor->surfaces, link)
	{
		const struct shell_surface *shell = surface->shell;
		int32_t x, y;

		if (error == NULL && shell != NULL && shell->toplevel != NULL &&
			placement_is_on(shell, output) && shell->window.fullscreen == fullscreen) {
			find_corner(shell, output, &x, &y);
			error = canvas_paint(canvas, surface, x, y);
		}
	}
	return error;
}

const char *
picture_write_output(const struct output *output, const char *path, json_object *surfaces)
{
	struct canvas canvas = { 0 };
	const char *error = NULL;

	if (!canvas_init(&canvas, output_physical_width(output), output_physical_height(output),
		    output->spec.scale_120, 0)) {
		return "no memory";
	}
	canvas.surfaces = surfaces;
	error = paint_windows(&canvas, output, false);
	error = error != NULL ? error : paint_windows(&canvas, output, true);
	error = error != NULL ? error : write_ppm(&canvas, path);
	canvas_finish(&canvas);
	return error;
}

/* Where a colour is found: the smallest rectangle around all of its pixels. */
struct patch {
	uint32_t rgb;
	int32_t left, top, right, bottom;
};

static struct patch *
find_patch(struct patch *patches, int *n_patches, uint32_t rgb)
{
	for (int i = 0; i < *n_patches; i++) {
		if (patches[i].rgb == rgb) {
			return &patches[i];
		}
	}
	if (*n_patches == PICTURE_MAX_COLOURS) {
		return NULL;
	}
	patches[*n_patches] = (struct patch){ .rgb = rgb, .left = INT32_MAX, .top = INT32_MAX };
	return &patches[(*n_patches)++];
}

static int
find_patches(const struct canvas *canvas, struct patch *patches)
{
	int n = 0;

	for (int32_t i = 0; i < canvas->width * canvas->height; i++) {
		const struct pixel *pixel = &canvas->pixels[i];
		uint32_t rgb = (uint32_t)pixel->red << 16 | (uint32_t)pixel->green << 8 |
			       (uint32_t)pixel->blue;
		struct patch *patch = find_patch(patches, &n, rgb);
		int32_t x = i % canvas->width, y = i / canvas->width;

		if (patch != NULL) {
			patch->left = x < patch->left ? x : patch->left;
			patch->top = y < patch->top ? y : patch->top;
			patch->right = x >= patch->right ? x + 1 : patch->right;
			patch->bottom = y + 1;
		}
	}
	return n;
}

void
picture_record(struct surface *surface, FILE *log)
{
	struct patch patches[PICTURE_MAX_COLOURS];
	struct canvas canvas = { 0 };
	const char *error = paint(&canvas, surface, 120, 0xff00ff);
	json_object *event = record_new("look");
	json_object *colours = json_object_new_array();
	int n = error == NULL ? find_patches(&canvas, patches) : 0;

	for (int i = 0; i < n; i++) {
		const struct patch *patch = &patches[i];
		json_object *colour = json_object_new_array();
		char text[8];

		snprintf(text, sizeof(text), "%06x", patch->rgb);
		json_object_array_add(colour, json_object_new_string(text));
		record_rect(colour, patch->left, patch->top, patch->right - patch->left,
			patch->bottom - patch->top);
		json_object_array_add(colours, colour);
	}
	record_int(event, "surface", surface->number);
	record_int(event, "width", surface->width);
	record_int(event, "height", surface->height);
	record_text(event, "failed", error);
	json_object_object_add(event, "colours", colours);
	record_write(log, event);
	canvas_finish(&canvas);
}
