#pragma once

#include "sink.h"

struct layer;
struct timelines;
struct wayland_buffer;

/*
 * Explicit synchronisation (linux-drm-syncobj-v1) for VMs that give timelines: they are passed on,
 * nothing more. So no DRM device is needed, and nobody here waits.
 */

/* For a new buffer. Without the protocol it stays without, and fences count. */
void syncobj_import(struct wayland_buffer *buffer, const struct timelines *timelines);
void syncobj_finish_buffer(struct wayland_buffer *buffer);

/*
 * Before each commit that attaches a buffer: its points. Without points (frame NULL or release 0)
 * or timelines the surface goes back to implicit synchronisation, which is all that shared memory
 * has.
 */
void syncobj_apply(
	struct layer *layer, const struct wayland_buffer *buffer, const struct frame *frame);
/* Before the layer's surface goes. */
void syncobj_finish_layer(struct layer *layer);
