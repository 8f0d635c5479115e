#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "output-spec.h"

struct compositor;

/* What a window is shown on is a set of bits. */
#define OUTPUTS_MAX 64

/* A monitor: a wl_output. */
struct output {
	struct compositor *compositor;
	struct wl_list link;
	struct output_spec spec; /* everything in it is said */
	unsigned index;          /* of its bit; free again once it is removed */
	struct wl_global *global;
	bool removed;               /* its proxies may live on */
	struct wl_list resources;   /* of wl_output */
	struct wl_list xdg_outputs; /* of zxdg_output_v1 */
	struct wl_event_source *frame_timer;
	bool frame_timer_runs;
};

/*
 * Adds one, announced at once. Without a name it is MINI-1, MINI-2 ...; without a mode it has
 * 1920x1080 at 60 Hz, without a scale that of --scale, without a place it is right of the others.
 * NULL: the name is taken, or there are too many.
 */
struct output *output_add(struct compositor *compositor, const struct output_spec *spec);

/* Tells everybody that it is set up differently; the name stays. */
void output_change(struct output *output, const struct output_spec *spec);

/*
 * Unplugs it. destroys: who binds it now that does not know yet gets an error; else an object that
 * nothing is said of, as real compositors do it. leaves: the windows on it are told that they left.
 */
void output_remove(struct output *output, bool destroys, bool leaves);

void outputs_finish(struct compositor *compositor);

/* NULL: there is none of that name. */
struct output *output_find(struct compositor *compositor, const char *name);
/* NULL: there is none at all. */
struct output *output_first(struct compositor *compositor);
/* May be a removed one. */
struct output *output_from_resource(struct wl_resource *resource);

/* Physical pixels as the user sees them, turned. */
int32_t output_physical_width(const struct output *output);
int32_t output_physical_height(const struct output *output);
int32_t output_logical_width(const struct output *output);
int32_t output_logical_height(const struct output *output);

/* zxdg_output_manager_v1, xdg-output.c */
void xdg_output_send_logical(struct output *output);
void bind_xdg_output_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id);
