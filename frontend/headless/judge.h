#pragma once

#include <stdbool.h>

#include "headless/compare.h"
#include "headless/condition.h"
#include "headless/image.h"

#define JUDGEMENT_SIZE 256

struct judgement {
	bool met;
	bool black;                /* all over: nothing is shown */
	char text[JUDGEMENT_SIZE]; /* how the picture is instead */
};

/*
 * Whether the picture is as the condition says. reference: the file's picture for MATCH, what it is
 * to be like or unlike for STABLE and CHANGE, else unused. Blocks, for seconds where a program has
 * to read it: for a worker. Returns 0, or negative errno with why in the judgement's text: it
 * cannot be told, and will not be.
 */
int judge(const struct condition *condition, const struct image *image,
	const struct image *reference, struct judgement *ret_judgement);

/* How the condition has the reference compared with a picture. */
struct compare_rules judge_rules(const struct condition *condition, const struct image *image);

/* One colour all over: what QEMU shows before the guest has drawn anything. */
bool judge_is_blank(const struct image *image);
bool judge_is_black(const struct image *image);
