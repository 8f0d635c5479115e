#include "shot-set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "broker/broker.h"
#include "headless/compose.h"
#include "headless/judge.h"

/* How many digits a number of a series may be filled up to. */
#define MAX_DIGITS 9

void
shot_set_finish(struct shot_set *set)
{
	for (uint32_t i = 0; i < set->n_pictures; i++) {
		image_destroy(set->pictures[i].image);
		free((void *)(uintptr_t)set->pictures[i].cursor.pixels);
	}
	for (uint32_t i = 0; i < set->n_files; i++) {
		free(set->files[i]);
	}
	*set = (struct shot_set){ 0 };
}

int
shot_set_add_cursor(struct shot_set *set, const struct cursor_image *cursor, int32_t gx, int32_t gy)
{
	struct shot_picture *picture = &set->pictures[set->n_pictures - 1];
	size_t size = (size_t)cursor->width * cursor->height * sizeof(cursor->pixels[0]);
	uint32_t *pixels = malloc(size);

	if (pixels == NULL) {
		return -ENOMEM;
	}
	memcpy(pixels, cursor->pixels, size);
	picture->has_cursor = true;
	picture->cursor = *cursor;
	picture->cursor.pixels = pixels;
	picture->gx = gx;
	picture->gy = gy;
	return 0;
}

bool
shot_set_is_blank(const struct shot_set *set)
{
	for (uint32_t i = 0; i < set->n_pictures; i++) {
		if (!judge_is_blank(set->pictures[i].image)) {
			return false;
		}
	}
	return true;
}

/* %d, %3d or %03d: where, how long, and how it is to be printed. NULL: there is none. */
static const char *
find_number(const char *path, size_t *ret_length, int *ret_digits, bool *ret_zeroes)
{
	for (const char *at = strchr(path, '%'); at != NULL; at = strchr(at + 1, '%')) {
		const char *end = at + 1;
		bool zeroes = *end == '0';
		int digits = 0;

		end += zeroes;
		if (*end >= '1' && *end <= '0' + MAX_DIGITS) {
			digits = *end++ - '0';
		}
		if (*end == 'd') {
			*ret_length = (size_t)(end + 1 - at);
			*ret_digits = digits;
			*ret_zeroes = zeroes;
			return at;
		}
	}
	return NULL;
}

bool
shot_set_is_series(const char *path)
{
	size_t length;
	bool zeroes;
	int digits;

	return find_number(path, &length, &digits, &zeroes) != NULL;
}

char *
shot_set_series(const char *path)
{
	size_t length;
	bool zeroes;
	int digits;
	const char *at = find_number(path, &length, &digits, &zeroes);
	char *series = strdup(path);

	if (series != NULL && at != NULL) {
		strcpy(series + (at - path), at + length);
	}
	return series;
}

/* console: -1 for none in the name. NULL: out of memory. */
static char *
make_name(const char *path, uint32_t number, int64_t console)
{
	char numbered[16] = "", consoled[16] = "";
	const char *suffix = strrchr(path, '.');
	size_t length = 0;
	bool zeroes;
	int digits;
	const char *at = find_number(path, &length, &digits, &zeroes);
	char *name;

	suffix = suffix != NULL ? suffix : path + strlen(path);
	if (at == NULL) {
		at = suffix;
	} else {
		snprintf(numbered, sizeof(numbered), zeroes ? "%0*u" : "%*u", digits, number);
	}
	if (console >= 0) {
		snprintf(consoled, sizeof(consoled), "-%u", (uint32_t)console);
	}
	if (asprintf(&name, "%.*s%s%.*s%s%s", (int)(at - path), path, numbered,
		    (int)(suffix - at - (ptrdiff_t)length), at + length, consoled, suffix) < 0) {
		return NULL;
	}
	return name;
}

int
shot_set_check_path(const char *path, bool all, char error[static SHOT_ERROR_SIZE])
{
	enum image_format format;
	const char *suffix = strrchr(path, '.');
	size_t length;
	bool zeroes;
	int digits;
	const char *at = find_number(path, &length, &digits, &zeroes);

	if (strcmp(path, "-") == 0 && all) {
		snprintf(error, SHOT_ERROR_SIZE,
			"standard output takes one picture: all consoles "
			"need a file name, or to be stitched");
		return -EINVAL;
	}
	if (encode_format_from_name(path, &format) < 0) {
		snprintf(error, SHOT_ERROR_SIZE,
			"the name must end in " ENCODE_SUFFIXES ", or be - for standard output");
		return -EINVAL;
	}
	if (at != NULL && (strchr(at, '/') != NULL || at > suffix)) {
		snprintf(error, SHOT_ERROR_SIZE,
			"a number, as in %%d, belongs into the file's own "
			"name");
		return -EINVAL;
	}
	return 0;
}

/* The first of which no file is there yet. 0: there are too many. */
static uint32_t
choose_number(const char *path, int64_t console)
{
	size_t length;
	bool zeroes;
	int digits;

	if (find_number(path, &length, &digits, &zeroes) == NULL) {
		return 1;
	}
	for (uint32_t number = 1; number <= SHOT_MAX_NUMBER; number++) {
		char *name = make_name(path, number, console);
		bool taken = name != NULL && broker_look(name, NULL) >= 0;

		free(name);
		if (!taken) {
			return number;
		}
	}
	return 0;
}

static int
write_image(const struct image *image, const struct shot_options *options, const char *name)
{
	uint8_t *data;
	size_t size;
	int r;

	if (strcmp(name, "-") != 0) {
		return encode_image_to_file(image, options->format, name);
	}
	r = encode_image(image, options->format, &data, &size);
	if (r >= 0) {
		r = fd_write_all(options->output_fd, data, size);
		free(data);
	}
	return r;
}

/* console: as in make_name. */
static int
write_file(struct shot_set *set, const struct image *image, const struct shot_options *options,
	uint32_t number, int64_t console, char error[static SHOT_ERROR_SIZE])
{
	char *name = make_name(options->path, number, console);
	int r = name == NULL ? -ENOMEM : write_image(image, options, name);

	if (r < 0) {
		snprintf(error, SHOT_ERROR_SIZE, "cannot write %.150s: %s",
			name != NULL ? name : options->path, strerror(-r));
		text_clean(error);
		free(name);
		return r;
	}
	set->files[set->n_files++] = name;
	return 0;
}

static int
draw_and_cut(
	struct shot_picture *picture, const struct rect *region, char error[static SHOT_ERROR_SIZE])
{
	struct image *image = picture->image;
	struct rect whole = { 0, 0, (int32_t)image->width, (int32_t)image->height };
	int r;

	if (picture->has_cursor) {
		compose_draw_cursor(image, &picture->cursor, picture->gx, picture->gy);
	}
	if (rect_is_empty(region)) {
		return 0;
	}
	if (!rect_contains(&whole, region)) {
		snprintf(error, SHOT_ERROR_SIZE,
			"console %u shows %ux%u pixels: no region of %dx%d at %d,%d",
			picture->console, image->width, image->height, region->width,
			region->height, region->x, region->y);
		return -ERANGE;
	}
	r = image_cut(image, region, &picture->image);
	if (r >= 0) {
		image_destroy(image);
	}
	return r;
}

/* From left to right by console: no VMM says how the guest has arranged them. */
static int
write_stitched(struct shot_set *set, const struct shot_options *options, uint32_t number,
	char error[static SHOT_ERROR_SIZE])
{
	const struct image *images[GUEST_MAX_HEADS];
	struct compose_place places[GUEST_MAX_HEADS];
	struct image *stitched;
	int64_t x = 0;
	int r;

	for (uint32_t i = 0; i < set->n_pictures; i++) {
		images[i] = set->pictures[i].image;
		places[i] = (struct compose_place){ (int32_t)x, 0 };
		x += images[i]->width;
	}
	r = compose_stitch(images, places, set->n_pictures, &stitched);
	if (r < 0) {
		snprintf(error, SHOT_ERROR_SIZE, "all consoles together make no picture: %s",
			strerror(-r));
		return r;
	}
	r = write_file(set, stitched, options, number, -1, error);
	image_destroy(stitched);
	return r;
}

int
shot_set_write(struct shot_set *set, const struct shot_options *options,
	char error[static SHOT_ERROR_SIZE])
{
	bool each = options->all && !options->stitch;
	int64_t console = each ? (int64_t)set->pictures[0].console : -1;
	uint32_t number = choose_number(options->path, console);
	int r = 0;

	snprintf(error, SHOT_ERROR_SIZE, "%s", strerror(ENOMEM));
	if (number == 0) {
		snprintf(error, SHOT_ERROR_SIZE, "there are %d such pictures already",
			SHOT_MAX_NUMBER);
		return -EEXIST;
	}
	for (uint32_t i = 0; i < set->n_pictures && r >= 0; i++) {
		r = draw_and_cut(&set->pictures[i], &options->region, error);
	}
	if (options->stitch) {
		return r < 0 ? r : write_stitched(set, options, number, error);
	}
	for (uint32_t i = 0; i < set->n_pictures && r >= 0; i++) {
		const struct shot_picture *picture = &set->pictures[i];

		r = write_file(set, picture->image, options, number,
			each ? (int64_t)picture->console : -1, error);
	}
	return r;
}
