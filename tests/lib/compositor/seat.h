#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct surface;

#define SEATS_MAX 2

/* Where a locked pointer is to come back to. */
struct lock_hint {
	bool set;
	double sx, sy;
};

/* wl_seat with all three devices; relative motion, constraints and cursor
 * shapes on top. */
struct seat {
	struct compositor *compositor;
	struct wl_global *global; /* NULL: it is not there */
	uint32_t capabilities;
	struct wl_list resources;                                       /* of the seat itself */
	struct wl_list pointers, keyboards, touches, relative_pointers; /* resources */
	struct wl_list tablet_seats, tablets, tools, pads;              /* of tablet.c */
	struct surface *pointer_focus, *keyboard_focus;
	uint32_t enter_serial;
	uint32_t locked;                /* modifiers, as keymap.h has them */
	struct wl_resource *constraint; /* a lock or confinement */
	const struct surface *constraint_surface;
	bool constraint_is_lock, constraint_active;
	struct lock_hint hint, pending_hint; /* of the lock; pending until the surface's commit */
};

/* One of them, not announced yet. */
void seats_init(struct compositor *compositor);
void seats_forget_surface(struct compositor *compositor, struct surface *surface);
void seat_announce(struct seat *seat);
/* As when its cable is pulled: nobody says leave. */
void seat_remove(struct seat *seat);
void seat_set_capabilities(struct seat *seat, uint32_t capabilities);

/* Events as by a user. Those without a focus go nowhere and return false. */
bool seat_keyboard_enter(
	struct seat *seat, struct surface *surface, const uint32_t *keys, uint32_t n_keys);
bool seat_keyboard_leave(struct seat *seat);
bool seat_key(struct seat *seat, uint32_t code, bool pressed);
bool seat_lock_modifiers(struct seat *seat, uint32_t locked);
/* To all keyboards, as when the user changes the layout. */
void seat_send_keymap(struct seat *seat);
bool seat_pointer_enter(struct seat *seat, struct surface *surface, double sx, double sy);
bool seat_pointer_leave(struct seat *seat);
bool seat_motion(struct seat *seat, double sx, double sy);
bool seat_button(struct seat *seat, uint32_t code, bool pressed);
/* 120 is a notch of the wheel; positive is down. inverted: natural scrolling made that of it. */
bool seat_axis(struct seat *seat, bool horizontal, int32_t value_120, bool inverted);
/* A touchpad's, without steps; 10 is about a centimetre. */
bool seat_axis_smooth(struct seat *seat, bool horizontal, double value);
/* The fingers were lifted. */
bool seat_axis_stop(struct seat *seat, bool horizontal);
bool seat_frame(struct seat *seat);
bool seat_relative(struct seat *seat, double dx, double dy);
bool seat_touch_down(struct seat *seat, struct surface *surface, int32_t id, double sx, double sy);
bool seat_touch_motion(struct seat *seat, int32_t id, double sx, double sy);
bool seat_touch_up(struct seat *seat, int32_t id);
bool seat_touch_cancel(struct seat *seat);
bool seat_touch_frame(struct seat *seat);
/* locked/confined or unlocked/unconfined. False: there is no constraint. */
bool seat_constrain(struct seat *seat, bool active);
/* What is double-buffered with the surface counts. */
void seats_commit(struct compositor *compositor, const struct surface *surface);

/* constraints.c */
void bind_constraints(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* pointer-warp.c, with HAVE_POINTER_WARP */
void bind_pointer_warp(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* pointer.c: what is done with a pointer. */
extern const struct wl_pointer_interface pointer_implementation;
void bind_relative_pointer(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void handle_shape_manager_get_tool(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *tool); /* tablet.c */
void bind_cursor_shape(struct wl_client *client, void *data, uint32_t version, uint32_t id);
