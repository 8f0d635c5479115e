#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A DRM syncobj timeline of the test guest. Where memory passes as a dma-buf a memfd stands in for
 * it, which can be told apart and has no points.
 */
struct fake_timeline {
	int fd;          /* what the frontend gets to see */
	int device_fd;   /* that it was made on; -1: it only stands in */
	uint32_t handle; /* there */
};

/* For what was never opened: all of these take it. */
#define FAKE_TIMELINE_NONE ((struct fake_timeline){ .fd = -1, .device_fd = -1 })

/*
 * On the first render node that has timelines. Returns 0, -ENOTSUP (there is none), or the kernel's
 * error.
 */
int fake_timeline_open(struct fake_timeline *ret_timeline);
void fake_timeline_close(struct fake_timeline *timeline);

/* Returns 0 or 1, -ENOTSUP (there are no points), or the kernel's error. */
int fake_timeline_has_reached(const struct fake_timeline *timeline, uint64_t point);
