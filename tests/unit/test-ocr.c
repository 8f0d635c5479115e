#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker-act.h"
#include "headless/ocr.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define PPM "P6\n1 1\n255\nabc"

/* A program in tesseract's place that says how it was started, and what its picture begins with. */
static const char program[] = "#!/bin/sh\necho \"$@\"\nexec head -c 2\n";
static char folder[UNIT_PATH_SIZE];

static int
install(const char *text)
{
	char path[UNIT_PATH_SIZE + 16];
	AUTO_FD int fd = -1;

	snprintf(path, sizeof(path), "%s/tesseract", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	return fd < 0 ? -1 : fd_write_all(fd, text, strlen(text));
}

static int
set_up(void **state)
{
	char path[UNIT_PATH_SIZE + 16];

	unit_directory_create(folder);
	if (install(program) < 0) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", folder);
	ocr_register(NULL);
	return setenv("PATH", path, 1);
}

static int
tear_down(void **state)
{
	broker_stop();
	unit_directory_remove(folder);
	return 0;
}

static int
make_memory(const char *text, int seals)
{
	int fd = unit_memfd(0, 0);

	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* What it wrote; "" and the error, when the broker did not start it. */
static int
ask(int picture, const char *language, char text[UNIT_PATH_SIZE])
{
	struct broker_request request = {
		.act = BROKER_ACT_OCR,
		.text = { language },
		.fds = { picture },
		.n_fds = 2,
	};
	struct broker_answer answer;
	struct broker_hold hold;
	struct broker_end end;
	size_t size = 0;
	ssize_t n;
	int ends[2], r;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	request.fds[1] = ends[1];
	r = broker_ask(&request, &answer, &hold);
	close(ends[1]);
	while ((n = read(ends[0], text + size, UNIT_PATH_SIZE - 1 - size)) > 0) {
		size += (size_t)n;
	}
	text[size] = '\0';
	close(ends[0]);
	if (r >= 0) {
		assert_int_equal(broker_wait(&hold, &end), 0);
		assert_int_equal(end.code, CLD_EXITED);
	}
	return r;
}

static void
test_a_picture_that_is_sealed(void **state)
{
	AUTO_FD int fd = make_memory(PPM, SEALS);
	char text[UNIT_PATH_SIZE];

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(ask(fd, NULL, text), 0);
	assert_string_equal(text, "stdin stdout --psm 6\nP6");
	/* By a descriptor of its own: how far it has read is not seen here. */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_int_equal(ask(fd, "chi_sim+eng", text), 0);
	assert_string_equal(text, "stdin stdout --psm 6 -l chi_sim+eng\nP6");
}

/* What tesseract may take for a list of files to read, or can be made one meanwhile. */
static void
test_anything_else(void **state)
{
	static const int missing[] = { F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL };
	static const char *const others[] = { "", "P", "P5\n1 1\n255\na", "p6\n", "/etc/passwd\n",
		" P6\n" };
	char text[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 16];
	int ends[2], fd;

	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		fd = make_memory(PPM, SEALS & ~missing[i]);
		assert_int_equal(ask(fd, NULL, text), -EPERM);
		assert_string_equal(text, "");
		close(fd);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		fd = make_memory(others[i], SEALS);
		assert_int_equal(ask(fd, NULL, text), -EPERM);
		assert_string_equal(text, "");
		close(fd);
	}
	/* Files with a name, and pipes, cannot be sealed at all. */
	snprintf(path, sizeof(path), "%s/a.ppm", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fd_write_all(fd, PPM, strlen(PPM)), 0);
	assert_int_equal(ask(fd, NULL, text), -EPERM);
	close(fd);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(ends[1], PPM, strlen(PPM)), 0);
	assert_int_equal(ask(ends[0], NULL, text), -EPERM);
	close(ends[0]);
	close(ends[1]);
}

/* No option of tesseract's, and no file outside its folder. */
static void
test_languages(void **state)
{
	static const char *const others[] = { "-c", "--user-words=x", "/etc/passwd", "../eng",
		"eng -c", "eng\n" };
	AUTO_FD int fd = make_memory(PPM, SEALS);
	char text[UNIT_PATH_SIZE];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(ask(fd, others[i], text), -EINVAL);
		assert_string_equal(text, "");
	}
}

static void
test_what_is_read(void **state)
{
	const struct rect all = { 0 };
	struct image *image;
	char *text, why[128] = "";

	assert_int_equal(image_create(4, 3, &image), 0);
	assert_int_equal(ocr_read(image, &all, NULL, &text, why, sizeof(why)), 0);
	assert_string_equal(text, "stdin stdout --psm 6\nP6");
	free(text);
	image_destroy(image);
}

/* It may say what it likes: that is read to its end, and the first of it kept. */
static void
test_endless_text(void **state)
{
	static const int sizes[] = { OCR_MAX_TEXT, OCR_MAX_TEXT + 1, 3 * OCR_MAX_TEXT };
	const struct rect all = { 0 };
	struct image *image;

	assert_int_equal(image_create(4, 3, &image), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char script[128], *text, why[128] = "";

		snprintf(script, sizeof(script), "#!/bin/sh\nhead -c %d /dev/zero | tr '\\0' a\n",
			sizes[i]);
		assert_int_equal(install(script), 0);
		assert_int_equal(ocr_read(image, &all, NULL, &text, why, sizeof(why)), 0);
		assert_int_equal(strlen(text), OCR_MAX_TEXT);
		free(text);
	}
	image_destroy(image);
	assert_int_equal(install(program), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_picture_that_is_sealed),
		cmocka_unit_test(test_anything_else),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_what_is_read),
		cmocka_unit_test(test_endless_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
