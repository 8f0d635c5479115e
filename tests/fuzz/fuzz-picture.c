#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "buffer.h"
#include "fuzz.h"
#include "headless/picture-file.h"
#include "headless/qoi.h"

/* A file with a picture; the input is the file. */

/* Whatever was read can be written, and is the same but for its alpha when it is read once more. */
static void
check_round_trip(const struct image *image)
{
	size_t n_pixels = (size_t)image->width * image->height;
	uint8_t *file = malloc(qoi_bound(n_pixels));
	char error[PICTURE_FILE_ERROR_SIZE];
	struct image *again;
	size_t size;

	FUZZ_EXPECT(file != NULL);
	size = qoi_write(image->pixels, image->width, image->height, file);
	FUZZ_EXPECT(size <= qoi_bound(n_pixels));
	FUZZ_EXPECT(picture_file_decode(file, size, error, &again) == 0);
	FUZZ_EXPECT(again->width == image->width && again->height == image->height);
	for (size_t i = 0; i < n_pixels; i++) {
		FUZZ_EXPECT(again->pixels[i] == (image->pixels[i] | 0xff000000));
	}
	image_destroy(again);
	free(file);
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
	check_round_trip(image);
	image_destroy(image);
	return 0;
}
