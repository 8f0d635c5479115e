#include "import/gpu-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct gpu_set {
	sd_event *event;
	void (*available)(void *data);
	void *data;
	uint32_t n_nodes;
	struct gpu_node nodes[GPU_MAX_NODES];
	/* The shared one, then one for each node: NULL before it was tried. */
	struct gpu_helper *helpers[1 + GPU_MAX_NODES];
	uint32_t last; /* that took a buffer */
};

int
gpu_set_create(sd_event *event, struct gpu_helper *shared, const struct gpu_node *nodes,
	uint32_t n_nodes, void (*available)(void *data), void *data, struct gpu_set **ret_set)
{
	struct gpu_set *set = calloc(1, sizeof(*set));

	if (set == NULL) {
		return -ENOMEM;
	}
	set->event = sd_event_ref(event);
	set->available = available;
	set->data = data;
	set->n_nodes = n_nodes;
	memcpy(set->nodes, nodes, n_nodes * sizeof(*nodes));
	set->helpers[0] = shared;
	*ret_set = set;
	return 0;
}

void
gpu_set_destroy(struct gpu_set *set)
{
	if (set == NULL) {
		return;
	}
	for (uint32_t i = 1; i <= set->n_nodes; i++) {
		gpu_helper_destroy(set->helpers[i]);
	}
	sd_event_unref(set->event);
	free(set);
}

/* The shared one has that GPU, or has found none at all, or its own has found another. */
static bool
is_in_vain(const struct gpu_set *set, uint32_t i)
{
	const struct gpu_helper *shared = set->helpers[0], *own = set->helpers[i];
	dev_t device = set->nodes[i - 1].device;

	if (gpu_helper_is_ready(shared) &&
		(gpu_helper_device(shared) == 0 || gpu_helper_device(shared) == device)) {
		return true;
	}
	return own != NULL && gpu_helper_is_ready(own) && gpu_helper_device(own) != device;
}

static bool
take(struct gpu_set *set, uint32_t i, struct gpu_choice *choice)
{
	const struct gpu_helper_options options = {
		.only_way = true,
		.available = set->available,
		.data = set->data,
	};

	if (choice->tried & 1u << i) {
		return false;
	}
	choice->tried |= 1u << i;
	if (i > 0 && is_in_vain(set, i)) {
		return false;
	}
	if (set->helpers[i] == NULL &&
		gpu_helper_create(set->event, &options, &set->helpers[i]) < 0) {
		return false;
	}
	choice->helper = set->helpers[i];
	choice->device = i > 0 ? set->nodes[i - 1].device : 0;
	choice->index = i;
	return true;
}

void
gpu_set_choose(struct gpu_set *set, uint64_t modifier, struct gpu_choice *choice)
{
	choice->helper = NULL;
	if (take(set, set->last, choice) || take(set, 0, choice)) {
		return;
	}
	for (uint32_t i = 1; i <= set->n_nodes; i++) {
		if (gpu_node_made(&set->nodes[i - 1], modifier) && take(set, i, choice)) {
			return;
		}
	}
	for (uint32_t i = 1; i <= set->n_nodes; i++) {
		if (take(set, i, choice)) {
			return;
		}
	}
}

bool
gpu_set_is_right(const struct gpu_set *set, const struct gpu_choice *choice)
{
	return choice->index == 0 || gpu_helper_device(choice->helper) == choice->device;
}

void
gpu_set_remember(struct gpu_set *set, const struct gpu_choice *choice)
{
	set->last = choice->index;
}
