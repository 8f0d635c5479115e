#include "format-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
compare(const struct format_pair *pair, uint32_t fourcc, uint64_t modifier)
{
	if (pair->fourcc != fourcc) {
		return pair->fourcc < fourcc ? -1 : 1;
	}
	if (pair->modifier != modifier) {
		return pair->modifier < modifier ? -1 : 1;
	}
	return 0;
}

/* Where the pair is, or would have to be inserted. */
static size_t
find(const struct format_set *set, uint32_t fourcc, uint64_t modifier)
{
	size_t low = 0, high = set->n_pairs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&set->pairs[middle], fourcc, modifier) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

void
format_set_finish(struct format_set *set)
{
	free(set->pairs);
	*set = (struct format_set){ 0 };
}

void
format_set_clear(struct format_set *set)
{
	set->n_pairs = 0;
}

int
format_set_add(struct format_set *set, uint32_t fourcc, uint64_t modifier)
{
	size_t place = find(set, fourcc, modifier);

	if (format_set_contains(set, fourcc, modifier)) {
		return 0;
	}
	if (set->n_pairs == FORMAT_SET_MAX_PAIRS) {
		return -E2BIG;
	}
	if (set->n_pairs == set->capacity) {
		size_t capacity = set->capacity == 0 ? 64 : set->capacity * 2;
		struct format_pair *pairs =
			reallocarray(set->pairs, capacity, sizeof(set->pairs[0]));
		if (pairs == NULL) {
			return -ENOMEM;
		}
		set->pairs = pairs;
		set->capacity = capacity;
	}
	memmove(&set->pairs[place + 1], &set->pairs[place],
		(set->n_pairs - place) * sizeof(set->pairs[0]));
	set->pairs[place] = (struct format_pair){ fourcc, modifier };
	set->n_pairs++;
	return 0;
}

bool
format_set_contains_fourcc(const struct format_set *set, uint32_t fourcc)
{
	size_t place = find(set, fourcc, 0);

	return place < set->n_pairs && set->pairs[place].fourcc == fourcc;
}

bool
format_set_contains(const struct format_set *set, uint32_t fourcc, uint64_t modifier)
{
	size_t place = find(set, fourcc, modifier);

	return place < set->n_pairs && compare(&set->pairs[place], fourcc, modifier) == 0;
}

uint32_t
format_set_list_modifiers(
	const struct format_set *set, uint32_t fourcc, uint64_t *ret_modifiers, uint32_t max)
{
	uint32_t n_modifiers = 0;

	for (size_t i = find(set, fourcc, 0); i < set->n_pairs && set->pairs[i].fourcc == fourcc;
		i++) {
		if (n_modifiers < max) {
			ret_modifiers[n_modifiers++] = set->pairs[i].modifier;
		}
	}
	return n_modifiers;
}

int
format_set_copy(struct format_set *set, const struct format_set *other)
{
	struct format_pair *pairs;

	if (other->n_pairs == 0) {
		format_set_clear(set);
		return 0;
	}
	pairs = reallocarray(set->pairs, other->n_pairs, sizeof(set->pairs[0]));
	if (pairs == NULL) {
		return -ENOMEM;
	}
	memcpy(pairs, other->pairs, other->n_pairs * sizeof(pairs[0]));
	set->pairs = pairs;
	set->n_pairs = other->n_pairs;
	set->capacity = other->n_pairs;
	return 0;
}

bool
format_set_equal(const struct format_set *a, const struct format_set *b)
{
	if (a->n_pairs != b->n_pairs) {
		return false;
	}
	for (size_t i = 0; i < a->n_pairs; i++) {
		if (compare(&a->pairs[i], b->pairs[i].fourcc, b->pairs[i].modifier) != 0) {
			return false;
		}
	}
	return true;
}
