#include "image.h"

#include <assert.h>
#include <errno.h>
#include <pixman.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "buffer-fence.h"
#include "buffer.h"
#include "format.h"
#include "large.h"
#include "loops.h"

/* Rows are read and converted in bands that stay in the CPU's cache. */
#define BAND_SIZE (256 * 1024)

#define OPAQUE_BLACK 0xff000000

struct band {
	uint32_t n_rows; /* at most, per read */
	size_t stride;   /* bytes; pixman wants a multiple of 4 */
	void *rows;
};

/* Its pixels are undefined. */
static int
image_allocate(uint32_t width, uint32_t height, struct image **ret_image)
{
	struct image *image;

	if (width == 0 || height == 0 || width > BUFFER_MAX_DIMENSION ||
		height > BUFFER_MAX_DIMENSION) {
		return -EINVAL;
	}
	image = calloc(1, sizeof(*image));
	if (image == NULL) {
		return -ENOMEM;
	}
	image->width = width;
	image->height = height;
	image->stride = (size_t)width * sizeof(uint32_t);
	image->pixels = large_alloc(height * image->stride);
	if (image->pixels == NULL) {
		image_destroy(image);
		return -ENOMEM;
	}
	*ret_image = image;
	return 0;
}

int
image_create(uint32_t width, uint32_t height, struct image **ret_image)
{
	struct image *image;
	int r = image_allocate(width, height, &image);

	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < (size_t)width * height; i++) {
		image->pixels[i] = OPAQUE_BLACK;
	}
	*ret_image = image;
	return 0;
}

void
image_destroy(struct image *image)
{
	if (image == NULL) {
		return;
	}
	free(image->pixels);
	free(image);
}

/* Converts n_rows rows of the band into the image; y is the first one's place in the source. */
static int
convert_band(const struct band *band, pixman_format_code_t code, uint32_t y, uint32_t n_rows,
	bool bottom_up, struct image *image)
{
	uint32_t first = bottom_up ? image->height - 1 - y : y;
	int stride = bottom_up ? -(int)image->stride : (int)image->stride;
	pixman_image_t *source, *target;
	int r = -ENOMEM;

	source = pixman_image_create_bits_no_clear(
		code, (int)image->width, (int)n_rows, band->rows, (int)band->stride);
	/* With an alpha channel on this side only, pixman fills in that all is opaque. */
	target = pixman_image_create_bits_no_clear(PIXMAN_a8r8g8b8, (int)image->width, (int)n_rows,
		image->pixels + (size_t)first * image->width, stride);
	if (source != NULL && target != NULL) {
		pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, target, 0, 0, 0, 0, 0, 0,
			(int)image->width, (int)n_rows);
		r = 0;
	}
	if (source != NULL) {
		pixman_image_unref(source);
	}
	if (target != NULL) {
		pixman_image_unref(target);
	}
	return r;
}

/* Blocks while the guest's GPU draws, until the deadline. */
static int
read_rows(const struct scanout *scanout, const struct rect *rows, void *to, size_t stride,
	uint64_t deadline_ns)
{
	int r;

	while ((r = buffer_read(scanout->buffer, rows, to, stride)) == -EAGAIN) {
		uint64_t now_ns = clock_now_ns();

		if (now_ns >= deadline_ns) {
			return -ETIMEDOUT;
		}
		r = buffer_wait_idle(
			scanout->buffer, (uint32_t)((deadline_ns - now_ns) / NS_PER_MS));
		if (r < 0) {
			return r;
		}
	}
	return r;
}

/* What the guest has where we have nothing may be anything. */
PIXEL_LOOP static void
make_opaque(uint32_t *pixels, size_t n_pixels)
{
	for (size_t i = 0; i < n_pixels; i++) {
		pixels[i] |= OPAQUE_BLACK;
	}
}

/* The guest's pixels are laid out as ours are: read to their place. */
static int
read_in_place(const struct scanout *scanout, const struct rect *rows, uint32_t y,
	uint64_t deadline_ns, struct image *image)
{
	uint32_t *pixels = image->pixels + (size_t)y * image->width;
	int r = read_rows(scanout, rows, pixels, image->stride, deadline_ns);

	if (r >= 0) {
		make_opaque(pixels, (size_t)rows->height * image->width);
	}
	return r;
}

static int
read_bands(const struct scanout *scanout, pixman_format_code_t code, const struct band *band,
	struct image *image)
{
	uint64_t deadline_ns = clock_now_ns() + IMAGE_DRAWING_TIMEOUT_MS * NS_PER_MS;
	bool in_place = code == PIXMAN_x8r8g8b8 && !scanout->bottom_up;
	uint32_t y = 0;

	while (y < image->height) {
		uint32_t left = image->height - y;
		uint32_t n_rows = left < band->n_rows ? left : band->n_rows;
		struct rect rows = {
			.x = scanout->source.x,
			.y = scanout->source.y + (int32_t)y,
			.width = scanout->source.width,
			.height = (int32_t)n_rows,
		};
		int r;

		if (in_place) {
			r = read_in_place(scanout, &rows, y, deadline_ns, image);
		} else {
			r = read_rows(scanout, &rows, band->rows, band->stride, deadline_ns);
			r = r < 0 ? r
				  : convert_band(band, code, y, n_rows, scanout->bottom_up, image);
		}
		if (r < 0) {
			return r;
		}
		y += n_rows;
	}
	return 0;
}

int
image_read_scanout(const struct scanout *scanout, struct image **ret_image)
{
	const struct buffer_layout *layout = &scanout->buffer->layout;
	const struct format *format = format_from_fourcc(format_opaque(layout->fourcc));
	struct rect whole = { 0, 0, (int32_t)layout->width, (int32_t)layout->height };
	struct image *image;
	struct band band;
	int r;

	if (format == NULL || !buffer_is_linear(scanout->buffer)) {
		return -ENOTSUP;
	}
	assert(rect_contains(&whole, &scanout->source));
	r = image_allocate(
		(uint32_t)scanout->source.width, (uint32_t)scanout->source.height, &image);
	if (r < 0) {
		return r;
	}
	band.stride = ((size_t)image->width * format->bytes_per_pixel + 3) & ~(size_t)3;
	/* Rows that lie in the band as they do in the guest's memory are read by one call. */
	if (image->width == layout->width && layout->planes[0].stride % 4 == 0 &&
		layout->planes[0].stride <= BAND_SIZE) {
		band.stride = layout->planes[0].stride;
	}
	band.n_rows = (uint32_t)(BAND_SIZE / band.stride);
	band.rows = malloc(BAND_SIZE);
	r = band.rows != NULL ? read_bands(scanout, format->pixman, &band, image) : -ENOMEM;
	free(band.rows);
	if (r < 0) {
		image_destroy(image);
		return r;
	}
	*ret_image = image;
	return 0;
}

int
image_cut(const struct image *image, const struct rect *region, struct image **ret_image)
{
	struct image *part;
	int r = image_create((uint32_t)region->width, (uint32_t)region->height, &part);

	if (r < 0) {
		return r;
	}
	for (uint32_t y = 0; y < part->height; y++) {
		size_t from = (size_t)(region->y + (int32_t)y) * image->width + (size_t)region->x;

		memcpy(&part->pixels[(size_t)y * part->width], &image->pixels[from], part->stride);
	}
	*ret_image = part;
	return 0;
}
