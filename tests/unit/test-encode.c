#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "headless/encode.h"

#define WIDTH 301
#define HEIGHT 77
#define OLD_CONTENT "what was there before"

struct fixture {
	char directory[UNIT_PATH_SIZE];
	char path[UNIT_PATH_SIZE + 32];
	struct image *image;
	uint8_t *data;
	size_t size;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	uint32_t seed = 5;

	unit_directory_create(fixture->directory);
	snprintf(fixture->path, sizeof(fixture->path), "%s/picture.png", fixture->directory);
	assert_int_equal(image_create(WIDTH, HEIGHT, &fixture->image), 0);
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		/* Half of it compresses, half does not. */
		uint32_t rgb = i < WIDTH * HEIGHT / 2 ? i / 16 * 0x010307 : unit_random(&seed);
		fixture->image->pixels[i] = 0xff000000 | (rgb & 0xffffff);
	}
	assert_int_equal(
		encode_image(fixture->image, IMAGE_FORMAT_PNG, &fixture->data, &fixture->size), 0);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(chmod(fixture->directory, 0700), 0);
	unit_directory_remove(fixture->directory);
	image_destroy(fixture->image);
	free(fixture->data);
	free(fixture);
	return 0;
}

static void
write_old(const char *path)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, OLD_CONTENT, strlen(OLD_CONTENT)), strlen(OLD_CONTENT));
}

static void
check_content(const char *path, const void *data, size_t size)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *content = malloc(size + 1);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, content, size + 1), size);
	assert_memory_equal(content, data, size);
	free(content);
}

static void
check_old(const struct fixture *fixture)
{
	check_content(fixture->path, OLD_CONTENT, strlen(OLD_CONTENT));
	/* Nothing else was left behind. */
	assert_int_equal(unit_directory_count(fixture->directory), 1);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		int result;
		enum image_format format;
	} cases[] = {
		{ "a.png", 0, IMAGE_FORMAT_PNG },
		{ "A.PNG", 0, IMAGE_FORMAT_PNG },
		{ "a.ppm.png", 0, IMAGE_FORMAT_PNG },
		{ "/x.y/a.ppm", 0, IMAGE_FORMAT_PPM },
		{ "a.raw", 0, IMAGE_FORMAT_RAW },
		{ "a.qoi", 0, IMAGE_FORMAT_QOI },
		{ "a.QoI", 0, IMAGE_FORMAT_QOI },
		{ ".raw", 0, IMAGE_FORMAT_RAW },
		{ "-", 0, IMAGE_FORMAT_PNG },
		{ "a.jpg", -EINVAL, IMAGE_FORMAT_PNG },
		{ "png", -EINVAL, IMAGE_FORMAT_PNG },
		{ "a.png/b", -EINVAL, IMAGE_FORMAT_PNG },
		{ "", -EINVAL, IMAGE_FORMAT_PNG },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum image_format format = IMAGE_FORMAT_PNG;

		assert_int_equal(encode_format_from_name(cases[i].name, &format), cases[i].result);
		assert_int_equal(format, cases[i].format);
	}
}

/* Read back by libpng, which checks every checksum. */
static void
test_png_is_what_libpng_reads(void **state)
{
	struct fixture *fixture = *state;
	png_image png = { .version = PNG_IMAGE_VERSION };
	uint8_t *rgb;

	assert_true(png_image_begin_read_from_memory(&png, fixture->data, fixture->size));
	assert_int_equal(png.width, WIDTH);
	assert_int_equal(png.height, HEIGHT);
	assert_int_equal(png.format, PNG_FORMAT_RGB);
	rgb = malloc(PNG_IMAGE_SIZE(png));
	assert_true(png_image_finish_read(&png, NULL, rgb, 0, NULL));
	assert_int_equal(png.warning_or_error, 0);
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		uint32_t pixel = 0xff000000 | (uint32_t)rgb[3 * i] << 16 | rgb[3 * i + 1] << 8 |
				 rgb[3 * i + 2];
		assert_int_equal(pixel, fixture->image->pixels[i]);
	}
	free(rgb);
}

static void
test_png_of_one_pixel(void **state)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	struct image *image;
	uint8_t *data, rgb[3];
	size_t size;

	assert_int_equal(image_create(1, 1, &image), 0);
	image->pixels[0] = 0xff123456;
	assert_int_equal(encode_image(image, IMAGE_FORMAT_PNG, &data, &size), 0);
	assert_true(png_image_begin_read_from_memory(&png, data, size));
	assert_true(png_image_finish_read(&png, NULL, rgb, 0, NULL));
	assert_memory_equal(rgb, "\x12\x34\x56", 3);
	free(data);
	image_destroy(image);
}

static void
test_ppm(void **state)
{
	static const uint8_t wanted[] = "P6\n2 1\n255\n\x01\x02\x03\xff\xfe\xfd";
	struct image *image;
	uint8_t *data;
	size_t size;

	assert_int_equal(image_create(2, 1, &image), 0);
	image->pixels[0] = 0xff010203;
	image->pixels[1] = 0xfffffefd;
	assert_int_equal(encode_image(image, IMAGE_FORMAT_PPM, &data, &size), 0);
	assert_int_equal(size, sizeof(wanted) - 1);
	assert_memory_equal(data, wanted, size);
	free(data);
	image_destroy(image);
}

/* Around what is packed at once. */
static void
test_ppm_of_any_width(void **state)
{
	for (uint32_t width = 1; width < 70; width++) {
		uint32_t seed = width;
		struct image *image;
		uint8_t *data;
		size_t size, header;

		assert_int_equal(image_create(width, 1, &image), 0);
		for (uint32_t x = 0; x < width; x++) {
			image->pixels[x] = 0xff000000 | unit_random(&seed);
		}
		assert_int_equal(encode_image(image, IMAGE_FORMAT_PPM, &data, &size), 0);
		header = size - 3 * (size_t)width;
		for (uint32_t x = 0; x < width; x++) {
			assert_int_equal(data[header + 3 * x], image->pixels[x] >> 16 & 255);
			assert_int_equal(data[header + 3 * x + 1], image->pixels[x] >> 8 & 255);
			assert_int_equal(data[header + 3 * x + 2], image->pixels[x] & 255);
		}
		free(data);
		image_destroy(image);
	}
}

static void
test_raw(void **state)
{
	struct image *image;
	uint8_t *data;
	size_t size;

	assert_int_equal(image_create(2, 2, &image), 0);
	image->pixels[1] = 0xff123456;
	image->pixels[2] = 0xffabcdef;
	assert_int_equal(encode_image(image, IMAGE_FORMAT_RAW, &data, &size), 0);
	assert_int_equal(size, 16);
	assert_memory_equal(data, "\0\0\0\xff\x56\x34\x12\xff\xef\xcd\xab\xff\0\0\0\xff", 16);
	free(data);
	image_destroy(image);
}

/* Chunk by chunk, as the specification's text has them; test-picture-file.c reads them. */
static void
test_qoi(void **state)
{
	static const uint32_t pixels[] = {
		0xff000000, 0xff000000, /* a run of what is there at first */
		0xff804020,             /* as it is */
		0xff814021,             /* by a little more */
		0xff854527,             /* by green, and the others beside it */
		0xff834325,             /* green by -2, the others alike: the small difference */
		0xff804020,             /* as seen before */
		0xff804020,             /* a run of one */
		0xff024020,             /* red alone by too much, up or down */
		0xffff4020,             /* by -3, around zero */
	};
	static const uint8_t expected[] = "qoif\0\0\0\5\0\0\0\2\3\0"
					  "\xc1"
					  "\xfe\x80\x40\x20"
					  "\x7b"
					  "\xa5\x79"
					  "\x40"
					  "\x15"
					  "\xc0"
					  "\xfe\x02\x40\x20"
					  "\xa0\x58"
					  "\0\0\0\0\0\0\0\1";
	struct image *image;
	uint8_t *data;
	size_t size;

	assert_int_equal(image_create(5, 2, &image), 0);
	memcpy(image->pixels, pixels, sizeof(pixels));
	assert_int_equal(encode_image(image, IMAGE_FORMAT_QOI, &data, &size), 0);
	assert_int_equal(size, sizeof(expected) - 1);
	assert_memory_equal(data, expected, size);
	free(data);
	image_destroy(image);
}

/* Runs around the longest one, and one that ends with the picture. */
static void
test_qoi_runs(void **state)
{
	static const struct {
		uint32_t width;
		const char *chunks;
		size_t size;
	} cases[] = {
		{ 61, "\xfc", 1 },
		{ 62, "\xfd", 1 },
		{ 63, "\xfd\xc0", 2 },
		{ 124, "\xfd\xfd", 2 },
		{ 125, "\xfd\xfd\xc0", 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image *image;
		uint8_t *data;
		size_t size;

		assert_int_equal(image_create(cases[i].width, 1, &image), 0);
		assert_int_equal(encode_image(image, IMAGE_FORMAT_QOI, &data, &size), 0);
		assert_int_equal(size, 14 + cases[i].size + 8);
		assert_memory_equal(data + 14, cases[i].chunks, cases[i].size);
		free(data);
		image_destroy(image);
	}
}

static void
test_new_file(void **state)
{
	struct fixture *fixture = *state;
	mode_t mask = umask(026);
	struct stat status;

	assert_int_equal(encode_image_to_file(fixture->image, IMAGE_FORMAT_PNG, fixture->path), 0);
	umask(mask);
	check_content(fixture->path, fixture->data, fixture->size);
	assert_int_equal(unit_directory_count(fixture->directory), 1);
	/* As any new file. */
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
}

static void
test_existing_file_is_replaced_at_once(void **state)
{
	struct fixture *fixture = *state;
	AUTO_FD int reader = -1;
	char content[sizeof(OLD_CONTENT)] = "";

	write_old(fixture->path);
	reader = open(fixture->path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(encode_write_file(fixture->path, fixture->data, fixture->size), 0);
	check_content(fixture->path, fixture->data, fixture->size);
	assert_int_equal(unit_directory_count(fixture->directory), 1);
	/* Who was reading the old one still does: it was never written to. */
	assert_int_equal(read(reader, content, sizeof(content)), strlen(OLD_CONTENT));
	assert_string_equal(content, OLD_CONTENT);
}

static void
test_in_the_working_directory(void **state)
{
	struct fixture *fixture = *state;
	char *before = getcwd(NULL, 0);

	assert_int_equal(chdir(fixture->directory), 0);
	assert_int_equal(encode_write_file("picture.png", fixture->data, fixture->size), 0);
	assert_int_equal(chdir(before), 0);
	free(before);
	check_content(fixture->path, fixture->data, fixture->size);
}

static void
test_longest_name(void **state)
{
	struct fixture *fixture = *state;
	char path[UNIT_PATH_SIZE + 300];
	char name[256];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
	assert_int_equal(encode_write_file(path, fixture->data, fixture->size), 0);
	check_content(path, fixture->data, fixture->size);
}

static void
test_symbolic_link_is_followed(void **state)
{
	struct fixture *fixture = *state;
	char link[UNIT_PATH_SIZE + 32];
	struct stat status;

	snprintf(link, sizeof(link), "%s/link.png", fixture->directory);
	write_old(fixture->path);
	assert_int_equal(symlink("picture.png", link), 0);
	assert_int_equal(encode_write_file(link, fixture->data, fixture->size), 0);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	check_content(fixture->path, fixture->data, fixture->size);
}

/* A limit on the file's size stands for the full disk: the write fails half way. */
static void
test_full_disk_keeps_the_old_file(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, small;
	int r;

	write_old(fixture->path);
	assert_true(fixture->size > 4096);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 4096, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = encode_write_file(fixture->path, fixture->data, fixture->size);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, -EFBIG);
	check_old(fixture);
}

static void
test_full_device(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(encode_write_file("/dev/full", fixture->data, fixture->size), -ENOSPC);
	assert_int_equal(access("/dev/full", F_OK), 0);
}

static void
test_directories(void **state)
{
	struct fixture *fixture = *state;
	char path[UNIT_PATH_SIZE + 64];

	snprintf(path, sizeof(path), "%s/missing/picture.png", fixture->directory);
	assert_int_equal(encode_write_file(path, fixture->data, fixture->size), -ENOENT);
	assert_int_equal(
		encode_write_file(fixture->directory, fixture->data, fixture->size), -EISDIR);
	snprintf(path, sizeof(path), "%s/picture.png", "/proc");
	assert_true(encode_write_file(path, fixture->data, fixture->size) < 0);
	write_old(fixture->path);
	snprintf(path, sizeof(path), "%s/below.png", fixture->path);
	assert_int_equal(encode_write_file(path, fixture->data, fixture->size), -ENOTDIR);
	check_old(fixture);
}

/* In a child, as another user: root may write anywhere. */
static int
write_as_nobody(const struct fixture *fixture)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0)) {
			_exit(255);
		}
		_exit(-encode_write_file(fixture->path, fixture->data, fixture->size));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void
test_unwritable_directory(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(chmod(fixture->directory, 0555), 0);
	assert_int_equal(write_as_nobody(fixture), -EACCES);
	assert_int_equal(unit_directory_count(fixture->directory), 0);
}

static void
test_read_only_file_is_not_replaced(void **state)
{
	struct fixture *fixture = *state;

	write_old(fixture->path);
	assert_int_equal(chmod(fixture->path, 0444), 0);
	assert_int_equal(chmod(fixture->directory, 0777), 0);
	assert_int_equal(write_as_nobody(fixture), -EACCES);
	check_old(fixture);
}

static void
test_pipe(void **state)
{
	struct fixture *fixture = *state;
	AUTO_FD int reader = -1;
	char byte;

	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	/* Does not wait for somebody to come. */
	assert_int_equal(encode_write_file(fixture->path, "abc", 3), -ENXIO);
	reader = open(fixture->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(encode_write_file(fixture->path, "abc", 3), 0);
	assert_int_equal(read(reader, &byte, 1), 1);
	assert_int_equal(byte, 'a');
	assert_int_equal(unit_directory_count(fixture->directory), 1);
}

static void
test_standard_output(void **state)
{
	struct unit_output output;

	unit_output_begin(&output, STDOUT_FILENO);
	assert_int_equal(encode_write_file("-", "abc", 3), 0);
	unit_output_end(&output);
	assert_string_equal(output.text, "abc");
}

static void
test_closed_pipe(void **state)
{
	struct fixture *fixture = *state;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	struct unit_output output;
	int pipe_fds[2];
	int r;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	close(pipe_fds[0]);
	unit_output_begin(&output, STDOUT_FILENO);
	dup2(pipe_fds[1], STDOUT_FILENO);
	r = encode_write_file("-", fixture->data, fixture->size);
	unit_output_end(&output);
	close(pipe_fds[1]);
	signal(SIGPIPE, before);
	assert_int_equal(r, -EPIPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		TEST(test_png_is_what_libpng_reads),
		cmocka_unit_test(test_png_of_one_pixel),
		cmocka_unit_test(test_ppm),
		cmocka_unit_test(test_ppm_of_any_width),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_qoi),
		cmocka_unit_test(test_qoi_runs),
		TEST(test_new_file),
		TEST(test_existing_file_is_replaced_at_once),
		TEST(test_in_the_working_directory),
		TEST(test_longest_name),
		TEST(test_symbolic_link_is_followed),
		TEST(test_full_disk_keeps_the_old_file),
		TEST(test_full_device),
		TEST(test_directories),
		TEST(test_unwritable_directory),
		TEST(test_read_only_file_is_not_replaced),
		TEST(test_pipe),
		cmocka_unit_test(test_standard_output),
		TEST(test_closed_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
