#include "layout.h"

#include <assert.h>
#include <string.h>

/* How alike two monitors are: the larger, the more. */
enum likeness {
	LIKENESS_NONE,
	LIKENESS_NAME,
	LIKENESS_MODEL,
	LIKENESS_MODEL_AND_NAME,
	LIKENESS_DESCRIPTION,
	LIKENESS_ALL,
};

static enum likeness
compare(const struct output_name *a, const struct output_name *b)
{
	bool name = a->name[0] != '\0' && strcmp(a->name, b->name) == 0;
	bool model = strcmp(a->make, b->make) == 0 && strcmp(a->model, b->model) == 0;
	bool has_model = a->make[0] != '\0' || a->model[0] != '\0';

	if (model && a->description[0] != '\0' && strcmp(a->description, b->description) == 0) {
		return name ? LIKENESS_ALL : LIKENESS_DESCRIPTION;
	}
	if (model && has_model) {
		return name ? LIKENESS_MODEL_AND_NAME : LIKENESS_MODEL;
	}
	return name ? LIKENESS_NAME : LIKENESS_NONE;
}

const struct layout_head *
layout_find_head(const struct layout *layout, const char *gpu, uint32_t index)
{
	for (uint32_t i = 0; i < layout->n_heads; i++) {
		const struct layout_head *head = &layout->heads[i];

		if (head->index == index && strcmp(head->gpu, gpu) == 0) {
			return head;
		}
	}
	return NULL;
}

int32_t
layout_find_output(
	const struct output_name *wanted, const struct output_name *present, uint32_t n_present)
{
	enum likeness best = LIKENESS_NONE;
	int32_t found = -1;

	for (uint32_t i = 0; i < n_present; i++) {
		enum likeness likeness = compare(wanted, &present[i]);

		if (likeness > best) {
			best = likeness;
			found = (int32_t)i;
		}
	}
	return found;
}

bool
layout_is_same_output(const struct output_name *a, const struct output_name *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->make, b->make) == 0 &&
	       strcmp(a->model, b->model) == 0 && strcmp(a->description, b->description) == 0;
}

/* Whether a head that was elsewhere has it already. */
static bool
is_taken(const struct layout *layout, const int32_t *indices, const struct output_name *wanted,
	int32_t index)
{
	for (uint32_t i = 0; i < layout->n_heads; i++) {
		if (indices[i] == index &&
			!layout_is_same_output(&layout->heads[i].output, wanted)) {
			return true;
		}
	}
	return false;
}

/* The first free monitor that is just so much like the head's. */
static int32_t
find_free(const struct layout *layout, const int32_t *indices, const struct output_name *wanted,
	const struct output_name *present, uint32_t n_present, enum likeness likeness)
{
	for (uint32_t i = 0; i < n_present; i++) {
		if (compare(wanted, &present[i]) == likeness &&
			!is_taken(layout, indices, wanted, (int32_t)i)) {
			return (int32_t)i;
		}
	}
	return -1;
}

void
layout_assign_outputs(const struct layout *layout, const struct output_name *present,
	uint32_t n_present, int32_t ret_indices[static GUEST_MAX_HEADS])
{
	assert(layout->n_heads <= GUEST_MAX_HEADS);
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		ret_indices[i] = -1;
	}
	/* All heads that are sure come before any that guesses. */
	for (enum likeness likeness = LIKENESS_ALL; likeness > LIKENESS_NONE; likeness--) {
		for (uint32_t i = 0; i < layout->n_heads; i++) {
			const struct layout_head *head = &layout->heads[i];

			if (ret_indices[i] < 0 && head->has_output) {
				ret_indices[i] = find_free(layout, ret_indices, &head->output,
					present, n_present, likeness);
			}
		}
	}
}
