#include "headless/ocr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <pixman.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker-act.h"
#include "broker/broker-child.h"
#include "headless/encode.h"

/* Screens have letters of 8 to 20 pixels, and tesseract reads those of print, of 30 and more. */
#define ENLARGEMENT 3
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* A part of the picture, enlarged. */
static int
cut_out(const struct image *image, const struct rect *part, struct image **ret_image)
{
	pixman_transform_t transform;
	pixman_image_t *source, *target;
	struct image *large;
	int r = image_create(
		(uint32_t)part->width * ENLARGEMENT, (uint32_t)part->height * ENLARGEMENT, &large);

	if (r < 0) {
		return r;
	}
	source = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, (int)image->width,
		(int)image->height, image->pixels, (int)image->stride);
	target = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, (int)large->width,
		(int)large->height, large->pixels, (int)large->stride);
	r = source == NULL || target == NULL ? -ENOMEM : 0;
	if (r >= 0) {
		pixman_transform_init_scale(
			&transform, pixman_fixed_1 / ENLARGEMENT, pixman_fixed_1 / ENLARGEMENT);
		transform.matrix[0][2] = pixman_int_to_fixed(part->x);
		transform.matrix[1][2] = pixman_int_to_fixed(part->y);
		pixman_image_set_transform(source, &transform);
		pixman_image_set_filter(source, PIXMAN_FILTER_BILINEAR, NULL, 0);
		pixman_image_set_repeat(source, PIXMAN_REPEAT_PAD);
		pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, target, 0, 0, 0, 0, 0, 0,
			(int)large->width, (int)large->height);
		*ret_image = large;
	} else {
		image_destroy(large);
	}
	if (source != NULL) {
		pixman_image_unref(source);
	}
	if (target != NULL) {
		pixman_image_unref(target);
	}
	return r;
}

/* A file without a name that stays as it is. */
static int
make_file(const struct image *image, int *ret_fd)
{
	AUTO_FD int fd = memfd_create("vitrine-ocr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t *data;
	size_t size;
	int r = fd < 0 ? -errno : encode_image(image, IMAGE_FORMAT_PPM, &data, &size);

	if (r < 0) {
		return r;
	}
	r = fd_write_all(fd, data, size);
	free(data);
	if (r >= 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
		r = -errno;
	}
	if (r >= 0) {
		*ret_fd = fd_take(&fd);
	}
	return r;
}

/* Of its language files: no option, and no way out of their folder. */
static bool
is_language(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+/";

	return text[0] != '/' && text[strspn(text, allowed)] == '\0';
}

/*
 * What tesseract takes for anything but a picture may be the names of others. So it is looked at,
 * in memory that cannot change any more, and handed on by an fd that is not the asker's.
 */
static int
open_picture(int fd)
{
	AUTO_FD int own = -1;
	char path[64], magic[2];
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS ||
		pread(fd, magic, sizeof(magic), 0) != sizeof(magic) || magic[0] != 'P' ||
		magic[1] != '6') {
		return -EPERM;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_RDONLY | O_CLOEXEC);
	return own < 0 ? -errno : fd_take(&own);
}

static int
find_program(const char *name, char path[PATH_MAX])
{
	const char *folder = getenv("PATH");

	if (folder == NULL) {
		folder = _PATH_DEFPATH;
	}
	for (; folder != NULL; folder = *folder == ':' ? folder + 1 : NULL) {
		int length = (int)strcspn(folder, ":");

		if (length > 0 &&
			snprintf(path, PATH_MAX, "%.*s/%s", length, folder, name) < PATH_MAX &&
			access(path, X_OK) == 0) {
			return 0;
		}
		folder += length;
	}
	return -ENOENT;
}

static int (*confine_program)(const char *program);

/* In a child of the broker's. Without its libraries a program ends with the same status. */
_Noreturn static void
become(const char *program, const char *language)
{
	static const char *const bindings[] = { "OMP_PROC_BIND", "OMP_PLACES",
		"GOMP_CPU_AFFINITY" };
	const char *arguments[] = { "tesseract", "stdin", "stdout", "--psm", "6",
		language != NULL ? "-l" : NULL, language, NULL };

	/* Its threads are started on CPUs of their own, which a confined process cannot do. */
	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
		unsetenv(bindings[i]);
	}
	if (confine_program != NULL) {
		confine_program(program);
	}
	execv(program, (char *const *)(uintptr_t)arguments);
	_exit(BROKER_CHILD_NOT_STARTED);
}

/* In the broker. What is read comes first, where it is written to second. */
static void
act_ocr(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const char *language = request->text[0][0] != '\0' ? request->text[0] : NULL;
	AUTO_FD int picture = -1, nowhere = -1;
	char program[PATH_MAX];
	pid_t pid;

	if (request->n_fds != 2 || !is_language(request->text[0])) {
		answer->error = -EINVAL;
		return;
	}
	picture = open_picture(request->fds[0]);
	answer->error = picture < 0 ? picture : find_program("tesseract", program);
	if (answer->error < 0) {
		return;
	}
	nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* Standard input, output and error. */
	pid = broker_child_fork(
		NULL, STDIN_FILENO, (const int[]){ picture, request->fds[1], nowhere }, 3);
	if (pid == 0) {
		become(program, language);
	}
	answer->error = pid < 0 ? pid : 0;
	kept->pid = pid < 0 ? 0 : pid;
}

void
ocr_register(int (*confine)(const char *program))
{
	confine_program = confine;
	broker_act_register(BROKER_ACT_OCR, act_ocr);
}

static int
start(int input, int output, const char *language, struct broker_hold *hold)
{
	struct broker_request request = {
		.act = BROKER_ACT_OCR,
		.text = { language },
		.fds = { input, output },
		.n_fds = 2,
	};
	struct broker_answer answer;

	return broker_ask(&request, &answer, hold);
}

/* To its end, however long that is, unless we are to give up: the program has to be able to write.
 */
static int
read_text(int fd, char **ret_text)
{
	char *text = malloc(OCR_MAX_TEXT + 1), rest[4096];
	size_t size = 0;
	ssize_t n;

	if (text == NULL) {
		return -ENOMEM;
	}
	for (;;) {
		bool full = size == OCR_MAX_TEXT;

		n = read(fd, full ? rest : text + size, full ? sizeof(rest) : OCR_MAX_TEXT - size);
		if (n < 0 && errno == EINTR && fd_gives_up()) {
			free(text);
			return -ECANCELED;
		}
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			break;
		}
		size += full ? 0 : (size_t)n;
	}
	text[size] = '\0';
	*ret_text = text;
	return 0;
}

static int
run(int input, const char *language, char **ret_text, char *error, size_t error_size)
{
	struct broker_hold tesseract;
	struct broker_end end = { 0 };
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	r = start(input, ends[1], language, &tesseract);
	fd_close(&ends[1]);
	if (r < 0) {
		fd_close(&ends[0]);
		if (r == -ENOENT) {
			snprintf(
				error, error_size, "tesseract, which reads text, is not installed");
		} else {
			snprintf(error, error_size, "cannot start tesseract: %s", strerror(-r));
		}
		return r;
	}
	r = read_text(ends[0], ret_text);
	fd_close(&ends[0]);
	if (r < 0) {
		broker_finish(&tesseract, false);
		snprintf(error, error_size, "%s",
			r == -ECANCELED ? "tesseract has not come to an end" : strerror(-r));
		return r;
	}
	r = broker_wait(&tesseract, &end);
	if (r >= 0 && end.code == CLD_EXITED && end.status == BROKER_CHILD_NOT_STARTED) {
		free(*ret_text);
		snprintf(error, error_size,
			"tesseract cannot be started (confined, it has to be where the system "
			"has programs)");
		return -EACCES;
	}
	if (r < 0 || end.code != CLD_EXITED || end.status != 0) {
		free(*ret_text);
		snprintf(error, error_size, "tesseract failed (does it have the language %s?)",
			language != NULL ? language : "eng");
		return r == -ECANCELED ? r : -EIO;
	}
	return 0;
}

int
ocr_read(const struct image *image, const struct rect *region, const char *language,
	char **ret_text, char *error, size_t error_size)
{
	struct rect whole = { 0, 0, (int32_t)image->width, (int32_t)image->height };
	struct rect part = rect_is_empty(region) ? whole : rect_intersect(&whole, region);
	AUTO_FD int input = -1;
	struct image *large;
	int r;

	if (rect_is_empty(&part)) {
		*ret_text = strdup("");
		return *ret_text != NULL ? 0 : -ENOMEM;
	}
	r = cut_out(image, &part, &large);
	if (r >= 0) {
		r = make_file(large, &input);
		image_destroy(large);
	}
	if (r < 0) {
		snprintf(error, error_size, "cannot hand the picture to tesseract: %s",
			strerror(-r));
		return r;
	}
	return run(input, language, ret_text, error, error_size);
}
