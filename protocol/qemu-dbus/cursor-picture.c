#include "qemu-dbus/cursor-picture.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPAQUE 0xff000000u

static bool
is_straight(const uint32_t *pixels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t alpha = pixels[i] >> 24;

		if ((pixels[i] >> 16 & 0xff) > alpha || (pixels[i] >> 8 & 0xff) > alpha ||
			(pixels[i] & 0xff) > alpha) {
			return true;
		}
	}
	return false;
}

static uint32_t
multiply(uint32_t channel, uint32_t alpha)
{
	return ((channel & 0xff) * alpha + 127) / 255;
}

static void
premultiply(uint32_t *pixels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t p = pixels[i], alpha = p >> 24;

		pixels[i] = alpha << 24 | multiply(p >> 16, alpha) << 16 |
			    multiply(p >> 8, alpha) << 8 | multiply(p, alpha);
	}
}

static bool
inverts(uint32_t pixel)
{
	return pixel >> 24 == 0 && pixel != 0;
}

/* Whether some pixels would invert what is behind, and all others are transparent. */
static bool
only_inverts(const uint32_t *pixels, size_t n)
{
	size_t n_inverting = 0;

	for (size_t i = 0; i < n; i++) {
		if (pixels[i] >> 24 != 0) {
			return false;
		}
		n_inverting += inverts(pixels[i]);
	}
	return n_inverting > 0 && n_inverting < n;
}

/* Makes pixels that invert opaque, and those beside them black. */
static void
outline(uint32_t *pixels, uint32_t width, uint32_t height)
{
	const size_t n = (size_t)width * height;

	for (size_t i = 0; i < n; i++) {
		size_t x = i % width;

		if (pixels[i] == 0 && ((x > 0 && inverts(pixels[i - 1])) ||
					      (x + 1 < width && inverts(pixels[i + 1])) ||
					      (i >= width && inverts(pixels[i - width])) ||
					      (i + width < n && inverts(pixels[i + width])))) {
			pixels[i] = OPAQUE;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (inverts(pixels[i])) {
			pixels[i] |= OPAQUE;
		}
	}
}

static size_t
count_pixels(const struct message_cursor *cursor)
{
	return (size_t)cursor->width * cursor->height;
}

int
cursor_picture_begin(struct cursor_picture *picture, const struct message_cursor *cursor)
{
	size_t n = count_pixels(cursor);

	if (n > picture->capacity) {
		uint32_t *pixels = realloc(picture->pixels, n * sizeof(*pixels));
		if (pixels == NULL) {
			return -ENOMEM;
		}
		picture->pixels = pixels;
		picture->capacity = n;
	}
	picture->coming = *cursor;
	picture->at = 0;
	return 0;
}

void
cursor_picture_write(struct cursor_picture *picture, const uint8_t *bytes, size_t size)
{
	assert(size <= count_pixels(&picture->coming) * sizeof(*picture->pixels) - picture->at);
	memcpy((uint8_t *)picture->pixels + picture->at, bytes, size);
	picture->at += size;
}

bool
cursor_picture_end(struct cursor_picture *picture, struct cursor_image *ret_image)
{
	const struct message_cursor *cursor = &picture->coming;
	size_t n = count_pixels(cursor);

	if (n == 0) {
		return false;
	}
	if (only_inverts(picture->pixels, n)) {
		outline(picture->pixels, cursor->width, cursor->height);
	} else if (is_straight(picture->pixels, n)) {
		premultiply(picture->pixels, n);
	}
	*ret_image = (struct cursor_image){
		.width = cursor->width,
		.height = cursor->height,
		.hot_x = cursor->hot_x,
		.hot_y = cursor->hot_y,
		.pixels = picture->pixels,
	};
	return true;
}

void
cursor_picture_finish(struct cursor_picture *picture)
{
	free(picture->pixels);
	*picture = (struct cursor_picture){ 0 };
}
