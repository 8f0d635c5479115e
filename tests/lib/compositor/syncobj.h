#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct json_object;
struct surface;

/*
 * linux-drm-syncobj-v1: writes down timelines and points and knows every error of the protocol.
 * Nothing is waited for or signalled.
 */

/* What is to be committed with the buffer that is attached meets the protocol; else false, with the
 * error posted. */
bool syncobj_check(struct surface *surface);
void syncobj_record(struct json_object *event, const struct surface *surface);
/* The points were for this commit. */
void syncobj_committed(struct surface *surface);
/* The surface goes. */
void syncobj_forget_surface(struct surface *surface);

void bind_syncobj(struct wl_client *client, void *data, uint32_t version, uint32_t id);
