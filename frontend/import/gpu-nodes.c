#include "import/gpu-nodes.h"

#include <drm_fourcc.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The kernel numbers them so. */
#define FIRST_RENDER_NODE 128
#define N_RENDER_NODES 64

static uint32_t
read_vendor(dev_t device)
{
	char path[64];
	uint32_t vendor = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device/vendor", major(device),
		minor(device));
	file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%x", &vendor) != 1) {
			vendor = 0;
		}
		fclose(file);
	}
	return vendor;
}

static uint32_t
look(struct gpu_node nodes[static GPU_MAX_NODES])
{
	uint32_t n_nodes = 0;

	for (uint32_t i = 0; i < N_RENDER_NODES && n_nodes < GPU_MAX_NODES; i++) {
		char path[32];
		struct stat status;

		snprintf(path, sizeof(path), "/dev/dri/renderD%u", FIRST_RENDER_NODE + i);
		if (stat(path, &status) == 0 && S_ISCHR(status.st_mode)) {
			nodes[n_nodes++] = (struct gpu_node){
				.device = status.st_rdev,
				.vendor = read_vendor(status.st_rdev),
			};
		}
	}
	return n_nodes;
}

uint32_t
gpu_nodes_find(struct gpu_node ret_nodes[static GPU_MAX_NODES])
{
	/* Once: a process that is confined sees none. */
	static struct gpu_node nodes[GPU_MAX_NODES];
	static uint32_t n_nodes;
	static bool known;

	if (!known) {
		known = true;
		n_nodes = look(nodes);
	}
	memcpy(ret_nodes, nodes, n_nodes * sizeof(nodes[0]));
	return n_nodes;
}

bool
gpu_node_made(const struct gpu_node *node, uint64_t modifier)
{
	static const struct {
		uint32_t modifiers, pci;
	} vendors[] = {
		{ DRM_FORMAT_MOD_VENDOR_INTEL, 0x8086 },
		{ DRM_FORMAT_MOD_VENDOR_AMD, 0x1002 },
		{ DRM_FORMAT_MOD_VENDOR_NVIDIA, 0x10de },
	};

	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
		if (modifier >> 56 == vendors[i].modifiers && node->vendor == vendors[i].pci) {
			return true;
		}
	}
	return false;
}
