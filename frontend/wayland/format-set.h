#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No compositor announces nearly as many; linux-dmabuf's indices have 16 bits. */
#define FORMAT_SET_MAX_PAIRS 65536

struct format_pair {
	uint32_t fourcc;   /* DRM_FORMAT_* */
	uint64_t modifier; /* DRM_FORMAT_MOD_* */
};

/* The pairs of pixel format and modifier that a compositor takes. Zero-initialise. */
struct format_set {
	struct format_pair *pairs; /* sorted, each once */
	size_t n_pairs;
	size_t capacity;
};

void format_set_finish(struct format_set *set);
/* Keeps the memory. */
void format_set_clear(struct format_set *set);
/* 0, -ENOMEM, or -E2BIG when the set is full. A pair that is already there changes nothing. */
int format_set_add(struct format_set *set, uint32_t fourcc, uint64_t modifier);
/* In any layout. */
bool format_set_contains_fourcc(const struct format_set *set, uint32_t fourcc);
bool format_set_contains(const struct format_set *set, uint32_t fourcc, uint64_t modifier);
/* The modifiers that go with the format, lowest first: how many, of max at most. */
uint32_t format_set_list_modifiers(
	const struct format_set *set, uint32_t fourcc, uint64_t *ret_modifiers, uint32_t max);
/* set becomes equal to other; -ENOMEM leaves it as it was. */
int format_set_copy(struct format_set *set, const struct format_set *other);
bool format_set_equal(const struct format_set *a, const struct format_set *b);
