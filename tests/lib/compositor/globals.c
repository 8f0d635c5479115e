#include "globals.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "activation.h"
#include "cadence.h"
#include "cursor-shape-v1-server-protocol.h"
#include "fifo-v1-server-protocol.h"
#include "fractional-scale-v1-server-protocol.h"
#include "idle-inhibit-unstable-v1-server-protocol.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-server-protocol.h"
#include "linux-dmabuf-v1-server-protocol.h"
#include "linux-drm-syncobj-v1-server-protocol.h"
#include "pointer-constraints-unstable-v1-server-protocol.h"
#include "presentation-time-server-protocol.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "single-pixel-buffer-v1-server-protocol.h"
#include "tablet-v2-server-protocol.h"
#include "tearing-control-v1-server-protocol.h"
#include "viewporter-server-protocol.h"
#include "xdg-activation-v1-server-protocol.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"
#include "xdg-output-unstable-v1-server-protocol.h"
#include "xdg-shell-server-protocol.h"
#include "xdg-toplevel-icon-v1-server-protocol.h"
#include "icon.h"
#include "idle.h"
#include "output.h"
#include "scale.h"
#include "shell.h"
#include "shortcuts.h"
#include "single-pixel.h"
#include "surface.h"
#include "syncobj.h"
#include "tablet.h"
#include "compositor.h"

#ifdef HAVE_POINTER_WARP
#include "pointer-warp-v1-server-protocol.h"
#endif

static void
bind_nothing(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
}

/* One that only KWin has; nobody is to use it. */
static const struct wl_interface kwin_interface = { "kde_output_management_v2", 1, 0, NULL, 0,
	NULL };

/* What is announced, in which version; --global=INTERFACE:VERSION and --without
 * change it. */
struct global {
	const struct wl_interface *interface;
	int version;
	wl_global_bind_func_t bind; /* NULL: announced elsewhere */
	bool absent;
};

static struct global globals[] = {
	{ &wl_compositor_interface, 6, bind_compositor },
	{ &wl_subcompositor_interface, 1, bind_subcompositor },
	{ &wl_shm_interface, 2, NULL },
	{ &wl_output_interface, 4, NULL },
	{ &wl_seat_interface, 9, NULL },
	{ &xdg_wm_base_interface, 6, bind_wm_base },
	{ &wp_viewporter_interface, 1, bind_viewporter },
	{ &zwp_linux_dmabuf_v1_interface, 5, bind_dmabuf },
	{ &wp_presentation_interface, 2, bind_presentation },
	{ &zxdg_decoration_manager_v1_interface, 1, bind_decoration_manager },
	{ &zwp_relative_pointer_manager_v1_interface, 1, bind_relative_pointer },
	{ &zwp_pointer_constraints_v1_interface, 1, bind_constraints },
	{ &zwp_tablet_manager_v2_interface, 2, bind_tablet_manager },
	{ &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1, bind_shortcuts },
	{ &wp_cursor_shape_manager_v1_interface, 1, bind_cursor_shape },
	{ &wp_tearing_control_manager_v1_interface, 1, bind_tearing_control },
	{ &wp_fifo_manager_v1_interface, 1, bind_fifo },
	{ &zxdg_output_manager_v1_interface, 3, bind_xdg_output_manager },
	{ &wp_linux_drm_syncobj_manager_v1_interface, 1, bind_syncobj },
	{ &wp_fractional_scale_manager_v1_interface, 1, bind_fractional_scale_manager,
		.absent = true },
	{ &zwp_idle_inhibit_manager_v1_interface, 1, bind_idle_inhibit_manager, .absent = true },
	{ &xdg_activation_v1_interface, 1, bind_activation, .absent = true },
	{ &xdg_toplevel_icon_manager_v1_interface, 1, bind_icon_manager, .absent = true },
	{ &wp_single_pixel_buffer_manager_v1_interface, 1, bind_single_pixel, .absent = true },
#ifdef HAVE_POINTER_WARP
	{ &wp_pointer_warp_v1_interface, 1, bind_pointer_warp, .absent = true },
#endif
	{ &kwin_interface, 1, bind_nothing, .absent = true },
};

#define N_GLOBALS (sizeof(globals) / sizeof(globals[0]))

static struct global *
find_global(const char *interface, size_t length)
{
	for (size_t i = 0; i < N_GLOBALS; i++) {
		if (strlen(globals[i].interface->name) == length &&
			strncmp(globals[i].interface->name, interface, length) == 0) {
			return &globals[i];
		}
	}
	return NULL;
}

bool
globals_set_version(const char *text)
{
	const char *colon = strchr(text, ':');
	struct global *global = colon != NULL ? find_global(text, (size_t)(colon - text)) : NULL;
	int version = colon != NULL ? atoi(colon + 1) : 0;

	/* wl_shm comes from libwayland in the version that it has. */
	if (global == NULL || global->interface == &wl_shm_interface || version < 1 ||
		version > global->interface->version) {
		return false;
	}
	global->version = version;
	global->absent = false;
	return true;
}

bool
globals_set_absent(const char *text)
{
	struct global *global = find_global(text, strlen(text));

	if (global == NULL) {
		return false;
	}
	global->absent = true;
	return true;
}

void
globals_set_present(const char *interface)
{
	find_global(interface, strlen(interface))->absent = false;
}

bool
globals_has(const char *interface)
{
	return !find_global(interface, strlen(interface))->absent;
}

int
globals_version(const char *interface)
{
	return find_global(interface, strlen(interface))->version;
}

void
globals_create(struct compositor *compositor)
{
	for (size_t i = 0; i < N_GLOBALS; i++) {
		const struct global *global = &globals[i];

		if (!global->absent && global->bind != NULL) {
			wl_global_create(compositor->display, global->interface, global->version,
				compositor, global->bind);
		}
	}
}
