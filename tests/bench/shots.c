/*
 * bench-shots WIDTH HEIGHT TEXT FOLDER ROUNDS
 *
 * What a picture of a desktop costs to be read, packed and written, in turn with what it is
 * compared with. Leaves FOLDER/desktop.raw. Prints one JSON line: the least time of each in ns, and
 * sizes of files.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <png.h>
#include <drm_fourcc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "buffer.h"
#include "desktop-picture.h"
#include "headless/encode.h"
#include "headless/large.h"
#include "headless/pack.h"

struct bench {
	const char *folder;
	struct image *image;
	struct scanout scanout; /* the same picture, in a memfd */
	size_t size;            /* of the last file */
};

static void
encode(struct bench *bench, enum image_format format)
{
	uint8_t *data;

	if (encode_image(bench->image, format, &data, &bench->size) < 0) {
		errx(1, "can not encode");
	}
	free(data);
}

static void
run_png(struct bench *bench)
{
	encode(bench, IMAGE_FORMAT_PNG);
}

static void
run_ppm(struct bench *bench)
{
	encode(bench, IMAGE_FORMAT_PPM);
}

static void
run_qoi(struct bench *bench)
{
	encode(bench, IMAGE_FORMAT_QOI);
}

static void
copy(struct bench *bench, size_t bytes_per_pixel)
{
	size_t size = (size_t)bench->image->width * bench->image->height * bytes_per_pixel;
	uint8_t *data = large_alloc(size);

	if (data == NULL) {
		errx(1, "no memory");
	}
	memcpy(data, bench->image->pixels, size);
	/* Or the compiler would leave all of it out. */
	__asm__ volatile("" : : "r"(data) : "memory");
	free(data);
}

/* As many bytes as the PPM has, three quarters of the picture's. */
static void
run_copy_ppm(struct bench *bench)
{
	copy(bench, PACK_BYTES_PER_PIXEL);
}

/* All of the picture. */
static void
run_copy(struct bench *bench)
{
	copy(bench, sizeof(uint32_t));
}

static void
write_png_data(png_structp png, png_bytep data, size_t size)
{
	struct bench *bench = png_get_io_ptr(png);

	bench->size += size;
}

static void
flush_png_data(png_structp png)
{
}

/* All as libpng has it by default. */
static void
run_libpng(struct bench *bench)
{
	const struct image *image = bench->image;
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	uint8_t *row = malloc((size_t)image->width * PACK_BYTES_PER_PIXEL);

	if (info == NULL || row == NULL) {
		errx(1, "no memory");
	}
	bench->size = 0;
	png_set_write_fn(png, bench, write_png_data, flush_png_data);
	png_set_IHDR(png, info, image->width, image->height, 8, PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (uint32_t y = 0; y < image->height; y++) {
		pack_rgb(image->pixels + (size_t)y * image->width, image->width, row);
		png_write_row(png, row);
	}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(row);
}

/* Its fastest level on rows without a filter, and without a PNG around: what we had before. */
static void
run_libdeflate(struct bench *bench)
{
	size_t n_pixels = (size_t)bench->image->width * bench->image->height;
	size_t size = n_pixels * PACK_BYTES_PER_PIXEL;
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(1);
	size_t bound = libdeflate_zlib_compress_bound(compressor, size);
	uint8_t *rgb = malloc(size), *data = malloc(bound);

	if (compressor == NULL || rgb == NULL || data == NULL) {
		errx(1, "no memory");
	}
	pack_rgb(bench->image->pixels, n_pixels, rgb);
	bench->size = libdeflate_zlib_compress(compressor, rgb, size, data, bound);
	free(rgb);
	free(data);
	libdeflate_free_compressor(compressor);
}

static void
run_read(struct bench *bench)
{
	struct image *image;

	if (image_read_scanout(&bench->scanout, &image) < 0) {
		errx(1, "can not read");
	}
	image_destroy(image);
}

/* Reads, encodes, and writes a file. */
static void
run_shot(struct bench *bench)
{
	struct image *image;
	char path[4096];

	snprintf(path, sizeof(path), "%s/shot.png", bench->folder);
	if (image_read_scanout(&bench->scanout, &image) < 0 ||
		encode_image_to_file(image, IMAGE_FORMAT_PNG, path) < 0) {
		errx(1, "no shot");
	}
	image_destroy(image);
}

static const struct {
	const char *name;
	void (*run)(struct bench *bench);
} runs[] = {
	{ "png", run_png },
	{ "libpng", run_libpng },
	{ "libdeflate", run_libdeflate },
	{ "qoi", run_qoi },
	{ "ppm", run_ppm },
	{ "copy_ppm", run_copy_ppm },
	{ "read", run_read },
	{ "copy", run_copy },
	{ "shot", run_shot },
};

#define N_RUNS (sizeof(runs) / sizeof(runs[0]))

static void
make_scanout(struct bench *bench)
{
	const struct image *image = bench->image;
	size_t size = image->stride * image->height;
	int fd = memfd_create("desktop", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = image->width,
		.height = image->height,
		.fourcc = DRM_FORMAT_XRGB8888,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = (uint32_t)image->stride } },
	};

	if (fd < 0 || write(fd, image->pixels, size) != (ssize_t)size ||
		buffer_create(&layout, &bench->scanout.buffer) < 0) {
		err(1, "no scanout");
	}
	close(fd);
	bench->scanout.source =
		(struct rect){ 0, 0, (int32_t)image->width, (int32_t)image->height };
}

int
main(int argc, char **argv)
{
	uint64_t least_ns[N_RUNS];
	size_t sizes[N_RUNS];
	struct bench bench = { 0 };
	int n_rounds = argc == 6 ? atoi(argv[5]) : 0;
	char path[4096];

	if (n_rounds < 1) {
		errx(2, "usage: bench-shots WIDTH HEIGHT TEXT FOLDER ROUNDS");
	}
	bench.folder = argv[4];
	if (image_create((uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]), &bench.image) < 0 ||
		desktop_picture_draw(bench.image->pixels, (int)bench.image->width,
			(int)bench.image->height, argv[3]) < 0) {
		errx(1, "no picture");
	}
	snprintf(path, sizeof(path), "%s/desktop.raw", bench.folder);
	if (encode_image_to_file(bench.image, IMAGE_FORMAT_RAW, path) < 0) {
		errx(1, "%s: can not be written", path);
	}
	make_scanout(&bench);
	for (int round = 0; round < n_rounds; round++) {
		for (size_t i = 0; i < N_RUNS; i++) {
			uint64_t start_ns, took_ns;

			/* The caches are the same for all of them. */
			runs[i].run(&bench);
			bench.size = 0;
			start_ns = clock_now_ns();
			runs[i].run(&bench);
			took_ns = clock_now_ns() - start_ns;
			least_ns[i] = round == 0 || took_ns < least_ns[i] ? took_ns : least_ns[i];
			sizes[i] = bench.size;
		}
	}
	for (size_t i = 0; i < N_RUNS; i++) {
		printf("%s\"%s\": {\"ns\": %" PRIu64 ", \"size\": %zu}", i == 0 ? "{" : ", ",
			runs[i].name, least_ns[i], sizes[i]);
	}
	printf("}\n");
	return 0;
}
