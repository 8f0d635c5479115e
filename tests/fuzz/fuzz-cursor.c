#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "qemu-dbus/cursor-picture.h"

/*
 * Cursors as QEMU sends them, one after the other in the same memory: two bytes of size, one that
 * says in what pieces the pixels come, and the pixels; what is missing of those stays away.
 */

#define HEAD_SIZE 3

/* What every user of a cursor relies on. */
static void
check_image(const struct cursor_image *image, const struct message_cursor *cursor)
{
	FUZZ_EXPECT(image->width == cursor->width && image->height == cursor->height);
	FUZZ_EXPECT(image->hot_x >= 0 && image->hot_x < (int32_t)image->width);
	FUZZ_EXPECT(image->hot_y >= 0 && image->hot_y < (int32_t)image->height);
	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		uint32_t pixel = image->pixels[i], alpha = pixel >> 24;

		/* Premultiplied. */
		FUZZ_EXPECT((pixel >> 16 & 0xff) <= alpha && (pixel >> 8 & 0xff) <= alpha &&
			    (pixel & 0xff) <= alpha);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor_picture picture = { 0 };
	size_t at = 0;

	while (size - at >= HEAD_SIZE) {
		struct message_cursor cursor = { .width = data[at] % 65,
			.height = data[at + 1] % 65 };
		size_t piece = (size_t)data[at + 2] + 1, wanted, n;
		struct cursor_image image;

		at += HEAD_SIZE;
		if (cursor.width == 0 || cursor.height == 0) {
			cursor.width = cursor.height = 0;
		} else {
			cursor.hot_x = (int32_t)(piece % cursor.width);
			cursor.hot_y = (int32_t)(piece % cursor.height);
		}
		wanted = (size_t)cursor.width * cursor.height * sizeof(uint32_t);
		wanted = wanted < size - at ? wanted : size - at;
		FUZZ_EXPECT(cursor_picture_begin(&picture, &cursor) == 0);
		for (size_t done = 0; done < wanted; done += n) {
			n = wanted - done < piece ? wanted - done : piece;
			cursor_picture_write(&picture, data + at + done, n);
		}
		at += wanted;
		if (wanted == (size_t)cursor.width * cursor.height * sizeof(uint32_t) &&
			cursor_picture_end(&picture, &image)) {
			check_image(&image, &cursor);
		}
	}
	cursor_picture_finish(&picture);
	return 0;
}
