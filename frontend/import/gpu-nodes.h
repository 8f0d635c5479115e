#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The host's GPUs, by their render nodes: no driver is asked, so it costs next to nothing. */

/* Machines have one or two; more are left out. */
#define GPU_MAX_NODES 4

struct gpu_node {
	dev_t device;
	uint32_t vendor; /* its number on the PCI bus; 0: not there */
};

/* In the order of the kernel; their number. */
uint32_t gpu_nodes_find(struct gpu_node ret_nodes[static GPU_MAX_NODES]);

/* Whether the modifier is one of that vendor's: others' GPUs do not read such buffers. */
bool gpu_node_made(const struct gpu_node *node, uint64_t modifier);
