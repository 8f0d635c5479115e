#include "canvas.h"

#include <math.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#include "record.h"
#include "surface.h"

struct box {
	int32_t x, y, width, height;
};

/* What is shown of a buffer, in its pixels after its transform. */
struct part {
	double x, y, width, height;
};

bool
canvas_init(
	struct canvas *canvas, int32_t width, int32_t height, int32_t scale_120, uint32_t colour)
{
	size_t n = (size_t)width * (size_t)height;

	*canvas = (struct canvas){ .width = width, .height = height, .scale_120 = scale_120 };
	canvas->pixels = malloc(n * sizeof(*canvas->pixels));
	for (size_t i = 0; canvas->pixels != NULL && i < n; i++) {
		canvas->pixels[i] = (struct pixel){
			.red = (uint8_t)(colour >> 16),
			.green = (uint8_t)(colour >> 8),
			.blue = (uint8_t)colour,
			.alpha = 255,
		};
	}
	return canvas->pixels != NULL;
}

void
canvas_finish(struct canvas *canvas)
{
	free(canvas->pixels);
	canvas->pixels = NULL;
}

static int32_t
to_physical(const struct canvas *canvas, int32_t logical)
{
	return (int32_t)lround((double)logical * canvas->scale_120 / 120);
}

static struct box
find_box(const struct canvas *canvas, const struct surface *surface, int32_t x, int32_t y)
{
	int32_t left = to_physical(canvas, x), top = to_physical(canvas, y);

	return (struct box){
		.x = left,
		.y = top,
		.width = to_physical(canvas, x + surface->width) - left,
		.height = to_physical(canvas, y + surface->height) - top,
	};
}

static struct part
find_part(const struct surface_state *state, const struct buffer_memory *memory)
{
	bool turned = state->transform % 2 != 0;
	double scale = state->scale;

	if (state->has_source) {
		return (struct part){
			.x = state->source_x * scale,
			.y = state->source_y * scale,
			.width = state->source_width * scale,
			.height = state->source_height * scale,
		};
	}
	return (struct part){
		.width = turned ? memory->height : memory->width,
		.height = turned ? memory->width : memory->height,
	};
}

/* Each pixel of the box is exactly one of the buffer; a single one is a colour. */
static bool
is_exact(const struct part *part, const struct box *box)
{
	if (part->width == 1 && part->height == 1) {
		return true;
	}
	return part->width == box->width && part->height == box->height &&
	       floor(part->x) == part->x && floor(part->y) == part->y;
}

static void
record_surface(json_object *surfaces, const struct surface *surface, const struct box *box,
	const struct part *part)
{
	json_object *object = json_object_new_object();

	record_int(object, "surface", surface->number);
	record_int(object, "x", box->x);
	record_int(object, "y", box->y);
	record_int(object, "width", box->width);
	record_int(object, "height", box->height);
	record_double(object, "buffer_width", part->width);
	record_double(object, "buffer_height", part->height);
	record_bool(object, "scaled", !is_exact(part, box));
	json_object_array_add(surfaces, object);
}

/* From a pixel of the picture (tx, ty) to that of the buffer, which was turned counter-clockwise,
 * as wl_output.transform has it, after it was flipped from left to right. */
static void
turn_back(int32_t transform, const struct buffer_memory *memory, int32_t *x, int32_t *y)
{
	int32_t right = memory->width - 1, bottom = memory->height - 1;
	int32_t tx = *x, ty = *y;

	switch (transform) {
	case WL_OUTPUT_TRANSFORM_90:
		*x = ty;
		*y = bottom - tx;
		break;
	case WL_OUTPUT_TRANSFORM_180:
		*x = right - tx;
		*y = bottom - ty;
		break;
	case WL_OUTPUT_TRANSFORM_270:
		*x = right - ty;
		*y = tx;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED:
		*x = right - tx;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED_90:
		*x = ty;
		*y = tx;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED_180:
		*y = bottom - ty;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED_270:
		*x = right - ty;
		*y = bottom - tx;
		break;
	default:
		break;
	}
}

static int32_t
clamp(double value, int32_t end)
{
	int32_t whole = (int32_t)value;

	return whole >= end ? end - 1 : whole;
}

static const char *
paint_pixels(struct canvas *canvas, const struct surface *surface, const struct box *box,
	const struct buffer_memory *memory, const uint8_t *data)
{
	const struct surface_state *state = &surface->current;
	const struct pixel_format *format = pixel_format_find(memory->fourcc);
	struct part part = find_part(state, memory);
	bool turned = state->transform % 2 != 0;
	int32_t end_x = turned ? memory->height : memory->width;
	int32_t end_y = turned ? memory->width : memory->height;
	int32_t left = box->x < 0 ? -box->x : 0, top = box->y < 0 ? -box->y : 0;
	int32_t right = box->width, bottom = box->height;

	if (format == NULL) {
		return "a buffer has a format that can't be read here";
	}
	if (canvas->surfaces != NULL) {
		record_surface(canvas->surfaces, surface, box, &part);
	}
	right = right > canvas->width - box->x ? canvas->width - box->x : right;
	bottom = bottom > canvas->height - box->y ? canvas->height - box->y : bottom;
	for (int32_t y = top; y < bottom; y++) {
		for (int32_t x = left; x < right; x++) {
			/* The nearest pixel to this one's centre. */
			int32_t bx = clamp(part.x + (x + 0.5) * part.width / box->width, end_x);
			int32_t by = clamp(part.y + (y + 0.5) * part.height / box->height, end_y);
			struct pixel *pixel =
				&canvas->pixels[(box->y + y) * canvas->width + box->x + x];

			turn_back(state->transform, memory, &bx, &by);
			*pixel = pixel_blend(
				pixel_decode(format, data + (size_t)by * memory->strides[0] +
							     (size_t)bx * format->bytes),
				*pixel);
		}
	}
	return NULL;
}

static const char *
paint_one(struct canvas *canvas, const struct surface *surface, int32_t x, int32_t y)
{
	const struct buffer *buffer = surface->current.buffer;
	struct box box = find_box(canvas, surface, x, y);
	const char *error = NULL;
	uint8_t *data;

	if (buffer->memory.n_planes == 0) {
		return surface->texture.data != NULL
			       ? paint_pixels(canvas, surface, &box, &surface->texture.memory,
					 surface->texture.data)
			       : "nothing was uploaded";
	}
	data = texture_read_dmabuf(&buffer->memory, &error);
	if (data != NULL) {
		error = paint_pixels(canvas, surface, &box, &buffer->memory, data);
		free(data);
	}
	return error;
}

const char *
canvas_paint(struct canvas *canvas, const struct surface *surface, int32_t x, int32_t y)
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
				      : canvas_paint(canvas, child, x + child->x, y + child->y);
	}
	error = error != NULL ? error : paint_one(canvas, surface, x, y);
	wl_list_for_each(child, &surface->above, sibling_link)
	{
		error = error != NULL ? error
				      : canvas_paint(canvas, child, x + child->x, y + child->y);
	}
	return error;
}
