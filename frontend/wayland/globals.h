#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

struct display;

/* The compositor's singletons that we use; optional ones are NULL when it lacks them. */
struct globals {
	struct wl_registry *registry;
	uint32_t seen; /* a bit per row of the table */
	bool is_kwin;  /* which never says that it scans out */

	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_subcompositor *subcompositor;
	struct xdg_wm_base *wm_base;
	struct wp_viewporter *viewporter;
	struct wp_presentation *presentation;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	struct zxdg_decoration_manager_v1 *decoration_manager;
	struct zxdg_output_manager_v1 *xdg_output_manager;
	struct wp_fractional_scale_manager_v1 *fractional_scale_manager;
	struct wp_single_pixel_buffer_manager_v1 *single_pixel_manager;
	struct zwp_idle_inhibit_manager_v1 *idle_inhibit_manager;
	struct xdg_activation_v1 *activation;
	struct xdg_toplevel_icon_manager_v1 *icon_manager;
	struct zwp_relative_pointer_manager_v1 *relative_pointer_manager;
	struct zwp_pointer_constraints_v1 *pointer_constraints;
	struct zwp_tablet_manager_v2 *tablet_manager;
	struct zwp_keyboard_shortcuts_inhibit_manager_v1 *shortcuts_inhibit_manager;
	struct wp_pointer_warp_v1 *pointer_warp; /* NULL also where we were built without it */
	struct wp_cursor_shape_manager_v1 *cursor_shape_manager;
	struct wp_tearing_control_manager_v1 *tearing_control_manager;
	struct wp_fifo_manager_v1 *fifo_manager;
	struct wp_linux_drm_syncobj_manager_v1 *syncobj_manager;
};

/* Asks for the registry: globals are bound as they are announced, then and later. */
int globals_init(struct display *display);
/* After a round trip: -EPROTO when a required global is missing; logged. */
int globals_check(struct display *display);
void globals_finish(struct display *display);
