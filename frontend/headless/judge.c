#include "headless/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "headless/ocr.h"

bool
judge_is_blank(const struct image *image)
{
	size_t row_pixels = image->stride / sizeof(uint32_t);

	for (uint32_t x = 1; x < image->width; x++) {
		if (image->pixels[x] != image->pixels[0]) {
			return false;
		}
	}
	for (uint32_t y = 1; y < image->height; y++) {
		if (memcmp(&image->pixels[y * row_pixels], image->pixels,
			    image->width * sizeof(uint32_t)) != 0) {
			return false;
		}
	}
	return true;
}

bool
judge_is_black(const struct image *image)
{
	return (image->pixels[0] & 0xffffff) == 0 && judge_is_blank(image);
}

struct compare_rules
judge_rules(const struct condition *condition, const struct image *image)
{
	bool whole = rect_is_empty(&condition->region);
	double area = whole ? (double)image->width * image->height
			    : (double)condition->region.width * condition->region.height;
	uint64_t part = (uint64_t)(area * condition->max_percent / 100);

	return (struct compare_rules){
		.region = condition->region,
		.tolerance = (uint8_t)condition->tolerance,
		.n_tolerated = part > condition->max_pixels ? part : condition->max_pixels,
	};
}

static void
judge_pixel(
	const struct condition *condition, const struct image *image, struct judgement *judgement)
{
	uint32_t x = (uint32_t)condition->x, y = (uint32_t)condition->y, colour;

	if (x >= image->width || y >= image->height) {
		snprintf(judgement->text, sizeof(judgement->text),
			"the picture has %ux%u pixels, and none at %u,%u", image->width,
			image->height, x, y);
		return;
	}
	colour = image->pixels[y * (image->stride / sizeof(uint32_t)) + x] & 0xffffff;
	judgement->met = true;
	for (int shift = 0; shift < 24; shift += 8) {
		int is = (int)(colour >> shift & 0xff);
		int wanted = (int)(condition->colour >> shift & 0xff);

		judgement->met &= abs(is - wanted) <= (int)condition->tolerance;
	}
	snprintf(judgement->text, sizeof(judgement->text), "the pixel at %u,%u is #%06x", x, y,
		colour);
}

static void
judge_size(
	const struct condition *condition, const struct image *image, struct judgement *judgement)
{
	judgement->met = image->width == condition->width && image->height == condition->height;
	snprintf(judgement->text, sizeof(judgement->text), "the picture has %ux%u pixels",
		image->width, image->height);
}

/* Against the file, or what was there before. */
static void
judge_likeness(const struct condition *condition, const struct image *image,
	const struct image *reference, struct judgement *judgement)
{
	const struct rect *region = &condition->region;
	struct compare_rules rules = judge_rules(condition, image);
	struct compare_result result;

	compare_images(image, reference, &rules, &result);
	switch (result.verdict) {
	case COMPARE_MATCH:
		snprintf(judgement->text, sizeof(judgement->text), "the picture has not changed");
		break;
	case COMPARE_DIFFERENT:
		snprintf(judgement->text, sizeof(judgement->text),
			"%" PRIu64 " pixels differ, the first at %u,%u, by up to %u",
			result.n_different, result.x, result.y, result.max_difference);
		break;
	case COMPARE_OTHER_SIZE:
		snprintf(judgement->text, sizeof(judgement->text),
			"the picture has %ux%u pixels, %s %ux%u", image->width, image->height,
			condition->kind == CONDITION_MATCH ? "the file" : "the one before",
			reference->width, reference->height);
		break;
	case COMPARE_OUTSIDE:
		snprintf(judgement->text, sizeof(judgement->text),
			"the picture has %ux%u pixels: no region of %dx%d at %d,%d", image->width,
			image->height, region->width, region->height, region->x, region->y);
		break;
	}
	judgement->met = result.verdict == COMPARE_MATCH;
	if (condition->kind == CONDITION_CHANGE) {
		/* A picture of another size is another picture. */
		judgement->met =
			result.verdict == COMPARE_DIFFERENT || result.verdict == COMPARE_OTHER_SIZE;
	}
}

/* Blanks and ends of lines are as the typesetting has them: runs of them count as one blank. */
static void
squeeze(char *text)
{
	char *out = text;

	for (const char *at = text; *at != '\0'; at++) {
		bool blank = strchr(" \t\r\n\f\v", *at) != NULL;

		if (!blank) {
			*out++ = *at;
		} else if (out > text && out[-1] != ' ') {
			*out++ = ' ';
		}
	}
	out -= out > text && out[-1] == ' ';
	*out = '\0';
}

static int
judge_text(
	const struct condition *condition, const struct image *image, struct judgement *judgement)
{
	char *found, *wanted = strdup(condition->text);
	int r = wanted == NULL ? -ENOMEM
			       : ocr_read(image, &condition->region, condition->language, &found,
					 judgement->text, sizeof(judgement->text));

	if (r >= 0) {
		squeeze(found);
		squeeze(wanted);
		judgement->met = strstr(found, wanted) != NULL;
		snprintf(judgement->text, sizeof(judgement->text), "the text there is '%.200s'",
			found);
		text_clean(judgement->text);
		free(found);
	}
	free(wanted);
	return r;
}

int
judge(const struct condition *condition, const struct image *image, const struct image *reference,
	struct judgement *ret_judgement)
{
	struct judgement judgement = { .black = judge_is_black(image) };
	int r = 0;

	switch (condition->kind) {
	case CONDITION_PIXEL:
		judge_pixel(condition, image, &judgement);
		break;
	case CONDITION_SIZE:
		judge_size(condition, image, &judgement);
		break;
	case CONDITION_STABLE:
	case CONDITION_CHANGE:
	case CONDITION_MATCH:
		judge_likeness(condition, image, reference, &judgement);
		break;
	case CONDITION_TEXT:
		r = judge_text(condition, image, &judgement);
		break;
	}
	*ret_judgement = judgement;
	return r;
}
