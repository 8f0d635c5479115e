#pragma once

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "scale.h"
#include "texture.h"

struct buffer;
struct compositor;
struct json_object;
struct shell_surface;
struct syncobj_surface;

enum surface_role {
	ROLE_NONE,
	ROLE_TOPLEVEL,
	ROLE_SUBSURFACE,
	ROLE_CURSOR,
	ROLE_TOOL_CURSOR,
};

/* The double-buffered state: pending, cached by a synchronised subsurface, or
 * current. */
struct surface_state {
	bool changed;    /* something was moved here since it was last moved on */
	bool has_buffer; /* an attach (of NULL, too) waits here; of the current one:
			    always */
	struct buffer *buffer;
	struct json_object *damage;         /* as sent, in buffer pixels */
	struct json_object *surface_damage; /* as sent by the old request */
	struct wl_list callbacks;           /* links of wl_callback resources */
	struct wl_list feedbacks;           /* links of wp_presentation_feedback resources */
	int32_t transform, scale;
	bool has_source, has_destination;
	double source_x, source_y, source_width, source_height;
	int32_t destination_width, destination_height;
	pixman_region32_t opaque, input;
	bool input_everywhere;
};

struct surface {
	struct compositor *compositor;
	struct wl_list link;
	uint32_t number;
	struct wl_resource *resource;
	struct wl_resource *viewport;
	struct syncobj_surface *syncobj;
	enum surface_role role;
	uint32_t tool;               /* whose cursor it is; 0: none's */
	struct shell_surface *shell; /* with its xdg_surface */
	struct surface_state pending, cached, current;
	struct texture texture;
	struct scale_state scale;
	int32_t width, height; /* of the current content, surface-local; 0: unmapped */

	/* As a subsurface: its parent, NULL when that is gone, and where it is. */
	struct wl_resource *subsurface;
	struct surface *parent;
	struct wl_list sibling_link; /* in the parent's below or above */
	bool synchronized;
	int32_t x, y, pending_x, pending_y;
	/* As a parent: from bottom to top. */
	struct wl_list below, above;
};

struct surface *surface_from_resource(struct wl_resource *resource);
struct surface *surface_find(struct compositor *compositor, uint32_t number);

/* False, with the error posted to `object`, when the surface already has
 * another role. */
bool surface_set_role(struct surface *surface, enum surface_role role, struct wl_resource *object,
	uint32_t error_code);

/* Moves state on into the current one, and those of synchronised children. */
void surface_apply(struct surface *surface, struct surface_state *state);
/* Whether commits wait for the parent's. */
bool surface_is_synchronized(const struct surface *surface);

/* The buffer was destroyed between attach and commit. */
void surfaces_forget_attached(struct compositor *compositor, struct buffer *buffer);

/* wl_subcompositor and wp_viewporter: subsurface.c. */
void subsurface_finish(struct surface *surface);
void bind_subcompositor(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void bind_viewporter(struct wl_client *client, void *data, uint32_t version, uint32_t id);
/* wl_compositor */
void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/*
 * Checks what the state would show once committed and says its size (0x0
 * without a buffer). False with the error posted.
 */
bool surface_state_check(struct surface *surface, const struct surface_state *state,
	const struct buffer *buffer, int32_t *ret_width, int32_t *ret_height);
