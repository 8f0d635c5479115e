#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * What the kernel says of GPUs. /sys is read once, by whoever asks first: GPUs that are plugged in
 * later are not known.
 */
void drm_device_prepare(void);

#define DRM_DEVICE_NODE_SIZE 64
#define DRM_DEVICE_DRIVER_SIZE 32

/*
 * Whether two numbers name the same device: a GPU has several nodes, so the numbers themselves do
 * not tell. Without an answer from the kernel, false.
 */
bool drm_device_is_same(dev_t a, dev_t b);

/* The path of its render node, and its driver's name. Empty texts where there is none. */
void drm_device_describe(dev_t device, char ret_render_node[static DRM_DEVICE_NODE_SIZE],
	char ret_driver[static DRM_DEVICE_DRIVER_SIZE]);
