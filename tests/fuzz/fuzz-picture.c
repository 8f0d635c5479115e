#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "buffer.h"
#include "fuzz.h"
#include "headless/picture-file.h"
#include "headless/png-file.h"
#include "headless/qoi.h"

/* A file with a picture; the input is the file. */

/* More take too long. */
#define MAX_PNG_PIXELS (1024 * 1024)

/* The same picture, but that all of it is opaque. Frees the file. */
static void
check_written(const struct image *image, uint8_t *file, size_t size)
{
	char error[PICTURE_FILE_ERROR_SIZE];
	struct image *again;

	FUZZ_EXPECT(picture_file_decode(file, size, error, &again) == 0);
	FUZZ_EXPECT(again->width == image->width && again->height == image->height);
	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		FUZZ_EXPECT(again->pixels[i] == (image->pixels[i] | 0xff000000));
	}
	image_destroy(again);
	free(file);
}

/* Whatever was read can be written, and is the same when it is read once more. */
static void
check_round_trips(const struct image *image)
{
	size_t n_pixels = (size_t)image->width * image->height, size;
	uint8_t *file = malloc(qoi_bound(n_pixels));

	FUZZ_EXPECT(file != NULL);
	size = qoi_write(image->pixels, image->width, image->height, file);
	FUZZ_EXPECT(size <= qoi_bound(n_pixels));
	check_written(image, file, size);
	if (n_pixels <= MAX_PNG_PIXELS) {
		FUZZ_EXPECT(png_file_encode(image, &file, &size) == 0);
		check_written(image, file, size);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[PICTURE_FILE_ERROR_SIZE] = "", clean[PICTURE_FILE_ERROR_SIZE];
	struct image *image;
	int r = picture_file_decode(data, size, error, &image);

	if (r < 0) {
		FUZZ_EXPECT(r == -EBADMSG || r == -ENOTSUP || r == -EFBIG);
		FUZZ_EXPECT(error[0] != '\0' && memchr(error, '\0', sizeof(error)) != NULL);
		text_copy(clean, sizeof(clean), error);
		FUZZ_EXPECT(strcmp(clean, error) == 0);
		return 0;
	}
	FUZZ_EXPECT(image->width >= 1 && image->width <= BUFFER_MAX_DIMENSION);
	FUZZ_EXPECT(image->height >= 1 && image->height <= BUFFER_MAX_DIMENSION);
	FUZZ_EXPECT(image->stride == image->width * sizeof(uint32_t));
	check_round_trips(image);
	image_destroy(image);
	return 0;
}
