#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#include "pixel.h"
#include "record.h"
#include "surface.h"

struct canvas {
	int32_t width, height;
	struct pixel *pixels;
};

static const char *
paint_pixels(struct canvas *canvas, const struct surface *surface, int32_t ox, int32_t oy,
	const struct buffer_memory *memory, const uint8_t *data)
{
	const struct surface_state *state = &surface->current;
	const struct pixel_format *format = pixel_format_find(memory->fourcc);
	double scale = state->scale;
	double source_x = 0, source_y = 0;
	double source_width = memory->width / scale, source_height = memory->height / scale;

	if (format == NULL) {
		return "a buffer has a format that can't be read here";
	}
	if (state->transform != WL_OUTPUT_TRANSFORM_NORMAL &&
		state->transform != WL_OUTPUT_TRANSFORM_FLIPPED_180) {
		return "a surface has a transform that is not painted here";
	}
	if (state->has_source) {
		source_x = state->source_x;
		source_y = state->source_y;
		source_width = state->source_width;
		source_height = state->source_height;
	}
	for (int32_t y = 0; y < surface->height; y++) {
		for (int32_t x = 0; x < surface->width; x++) {
			int32_t cx = ox + x, cy = oy + y;
			int32_t bx, by;
			struct pixel *pixel;

			if (cx < 0 || cy < 0 || cx >= canvas->width || cy >= canvas->height) {
				continue;
			}
			/* The nearest pixel to this one's centre, in the turned buffer. */
			bx = (int32_t)((source_x + (x + 0.5) * source_width / surface->width) *
				       scale);
			by = (int32_t)((source_y + (y + 0.5) * source_height / surface->height) *
				       scale);
			bx = bx >= memory->width ? memory->width - 1 : bx;
			by = by >= memory->height ? memory->height - 1 : by;
			if (state->transform == WL_OUTPUT_TRANSFORM_FLIPPED_180) {
				by = memory->height - 1 - by;
			}
			pixel = &canvas->pixels[cy * canvas->width + cx];
			*pixel = pixel_blend(
				pixel_decode(format, data + (size_t)by * memory->strides[0] +
							     (size_t)bx * format->bytes),
				*pixel);
		}
	}
	return NULL;
}

static const char *
paint_one(struct canvas *canvas, const struct surface *surface, int32_t ox, int32_t oy)
{
	const struct buffer *buffer = surface->current.buffer;
	const char *error = NULL;
	uint8_t *data;

	if (buffer == NULL) {
		return NULL;
	}
	if (buffer->memory.n_planes == 0) {
		return surface->texture.data != NULL
			       ? paint_pixels(canvas, surface, ox, oy, &surface->texture.memory,
					 surface->texture.data)
			       : "nothing was uploaded";
	}
	data = texture_read_dmabuf(&buffer->memory, &error);
	if (data != NULL) {
		error = paint_pixels(canvas, surface, ox, oy, &buffer->memory, data);
		free(data);
	}
	return error;
}

static const char *
paint_tree(struct canvas *canvas, const struct surface *surface, int32_t ox, int32_t oy)
{
	const struct surface *child;
	const char *error = NULL;

	/* Without a picture of its own a surface hides those on it. */
	if (surface->current.buffer == NULL) {
		return NULL;
	}
	wl_list_for_each(child, &surface->below, sibling_link)
	{
		error = error != NULL ? error
				      : paint_tree(canvas, child, ox + child->x, oy + child->y);
	}
	error = error != NULL ? error : paint_one(canvas, surface, ox, oy);
	wl_list_for_each(child, &surface->above, sibling_link)
	{
		error = error != NULL ? error
				      : paint_tree(canvas, child, ox + child->x, oy + child->y);
	}
	return error;
}

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
paint(struct canvas *canvas, const struct surface *surface, uint32_t background)
{
	size_t n = (size_t)surface->width * (size_t)surface->height;

	if (n == 0) {
		return "the surface shows nothing";
	}
	canvas->width = surface->width;
	canvas->height = surface->height;
	canvas->pixels = malloc(n * sizeof(*canvas->pixels));
	if (canvas->pixels == NULL) {
		return "no memory";
	}
	for (size_t i = 0; i < n; i++) {
		canvas->pixels[i] = (struct pixel){
			.red = (uint8_t)(background >> 16),
			.green = (uint8_t)(background >> 8),
			.blue = (uint8_t)background,
			.alpha = 255,
		};
	}
	return paint_tree(canvas, surface, 0, 0);
}

const char *
picture_write(struct surface *surface, uint32_t background, const char *path)
{
	struct canvas canvas = { 0 };
	const char *error = paint(&canvas, surface, background);

	error = error != NULL ? error : write_ppm(&canvas, path);
	free(canvas.pixels);
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
	const char *error = paint(&canvas, surface, 0xff00ff);
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
	free(canvas.pixels);
}
