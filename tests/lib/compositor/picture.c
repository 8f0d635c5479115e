#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#include "pixel.h"
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

const char *
picture_write(struct surface *surface, uint32_t background, const char *path)
{
	struct canvas canvas = { .width = surface->width, .height = surface->height };
	const char *error;
	size_t n = (size_t)canvas.width * (size_t)canvas.height;

	if (n == 0) {
		return "the surface shows nothing";
	}
	canvas.pixels = malloc(n * sizeof(*canvas.pixels));
	if (canvas.pixels == NULL) {
		return "no memory";
	}
	for (size_t i = 0; i < n; i++) {
		canvas.pixels[i] = (struct pixel){
			.red = (uint8_t)(background >> 16),
			.green = (uint8_t)(background >> 8),
			.blue = (uint8_t)background,
			.alpha = 255,
		};
	}
	error = paint_tree(&canvas, surface, 0, 0);
	error = error != NULL ? error : write_ppm(&canvas, path);
	free(canvas.pixels);
	return error;
}
