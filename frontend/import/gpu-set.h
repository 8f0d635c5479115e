#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "import/gpu-helper.h"
#include "import/gpu-nodes.h"

/*
 * The helpers of all GPUs, for pictures that one GPU does not take: without a compositor nobody
 * says which GPU the VM draws with. First comes the helper that others use, too, then one for each
 * other GPU, made when it is first tried.
 */
struct gpu_set;

/*
 * shared is borrowed. available: see gpu_helper_options, for all but the shared one, whose owner
 * knows. 0 or -ENOMEM.
 */
int gpu_set_create(sd_event *event, struct gpu_helper *shared, const struct gpu_node *nodes,
	uint32_t n_nodes, void (*available)(void *data), void *data, struct gpu_set **ret_set);
/* Nobody may be using them any more. NULL is fine. */
void gpu_set_destroy(struct gpu_set *set);

/* One buffer's way through the set. Zero-initialise. */
struct gpu_choice {
	struct gpu_helper *helper; /* NULL: all have been tried */
	dev_t device;              /* to join it with, if it is not the shared one; else 0 */
	uint32_t index;
	uint32_t tried; /* a bit each */
};

/*
 * The next one that was not tried: the one that took the last buffer, the shared one, those of the
 * vendor who lays out memory like that, the others.
 */
void gpu_set_choose(struct gpu_set *set, uint64_t modifier, struct gpu_choice *choice);
/* Whether the helper, which is ready, draws with the GPU that it is for. */
bool gpu_set_is_right(const struct gpu_set *set, const struct gpu_choice *choice);
/* It took a buffer. */
void gpu_set_remember(struct gpu_set *set, const struct gpu_choice *choice);
