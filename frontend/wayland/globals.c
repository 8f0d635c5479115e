#include "globals.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "cursor-shape-v1-client.h"
#include "display-private.h"
#include "fifo-v1-client.h"
#include "format.h"
#include "fractional-scale-v1-client.h"
#include "idle-inhibit-unstable-v1-client.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client.h"
#include "linux-dmabuf-v1-client.h"
#include "linux-drm-syncobj-v1-client.h"
#include "pointer-constraints-unstable-v1-client.h"
#include "presentation-time-client.h"
#include "relative-pointer-unstable-v1-client.h"
#include "single-pixel-buffer-v1-client.h"
#include "tablet-v2-client.h"
#include "tearing-control-v1-client.h"
#include "timing.h"
#include "viewporter-client.h"
#include "xdg-activation-v1-client.h"
#include "xdg-decoration-unstable-v1-client.h"
#include "xdg-output-unstable-v1-client.h"
#include "xdg-shell-client.h"
#include "xdg-toplevel-icon-v1-client.h"

#ifdef HAVE_POINTER_WARP
#include "pointer-warp-v1-client.h"
#endif

/* What we were built with. */
#ifdef WL_POINTER_WARP_SINCE_VERSION
#define SEAT_HIGHEST 11
#else
#define SEAT_HIGHEST 9
#endif

static void
handle_shm_format(void *data, struct wl_shm *shm, uint32_t code)
{
	struct display *display = data;
	const struct format *format;

	for (uint32_t i = 0; (format = format_at(i)) != NULL && i < 64; i++) {
		if (format->shm == code) {
			display->shm_formats |= UINT64_C(1) << i;
		}
	}
}

static const struct wl_shm_listener shm_listener = {
	.format = handle_shm_format,
};

static void
handle_wm_base_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial)
{
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {
	.ping = handle_wm_base_ping,
};

static void
bound_shm(struct display *display, void *proxy, uint32_t name)
{
	wl_shm_add_listener(proxy, &shm_listener, display);
}

static void
bound_wm_base(struct display *display, void *proxy, uint32_t name)
{
	xdg_wm_base_add_listener(proxy, &wm_base_listener, display);
}

static void
bound_dmabuf(struct display *display, void *proxy, uint32_t name)
{
	feedback_listen(display);
}

static void
bound_presentation(struct display *display, void *proxy, uint32_t name)
{
	timing_listen(display);
}

static void
bound_output(struct display *display, void *proxy, uint32_t name)
{
	output_create(display, proxy, name);
}

static void
bound_xdg_output(struct display *display, void *proxy, uint32_t name)
{
	output_listen_all(display);
}

static void
bound_seat(struct display *display, void *proxy, uint32_t name)
{
	seat_create(display, proxy, name);
}

static void
bound_tablet_manager(struct display *display, void *proxy, uint32_t name)
{
	seats_start_tablets(display);
}

/* Of these the compositor may have several, which come and go. */
#define NO_FIELD SIZE_MAX

struct global_row {
	const struct wl_interface *interface;
	uint32_t lowest, highest; /* versions that we can work with */
	bool required;
	const char *why;
	size_t field; /* in struct globals */
	void (*bound)(struct display *display, void *proxy, uint32_t name);
};

#define FIELD(name) offsetof(struct globals, name)

static const struct global_row rows[] = {
	{ &wl_compositor_interface, 4, 6, true, "damage in buffer pixels", FIELD(compositor) },
	{ &wl_shm_interface, 1, 1, true, "pictures in memory, the cursor, black bars", FIELD(shm),
		bound_shm },
	{ &wl_subcompositor_interface, 1, 1, true, "black bars", FIELD(subcompositor) },
	{ &wp_viewporter_interface, 1, 1, true, "scaling without touching pixels",
		FIELD(viewporter) },
	{ &xdg_wm_base_interface, 1, 6, true, "windows; 6 tells when nobody sees them",
		FIELD(wm_base), bound_wm_base },
	{ &wl_output_interface, 2, 4, false, "sizes, refresh rates, scales; 4 has names", NO_FIELD,
		bound_output },
	{ &zxdg_output_manager_v1_interface, 1, 3, false, "where monitors are, and exact scales",
		FIELD(xdg_output_manager), bound_xdg_output },
	{ &wp_fractional_scale_manager_v1_interface, 1, 1, false, "a guest pixel for each pixel",
		FIELD(fractional_scale_manager) },
	{ &wl_seat_interface, 5, SEAT_HIGHEST, false,
		"input; 5 groups pointer events, 8 has fine wheel steps", NO_FIELD, bound_seat },
	{ &zwp_linux_dmabuf_v1_interface, 3, 5, false,
		"pictures in graphics memory; 3 has modifiers", FIELD(dmabuf), bound_dmabuf },
	{ &wp_presentation_interface, 1, 2, false,
		"when frames were shown, and whether without a copy", FIELD(presentation),
		bound_presentation },
	{ &zxdg_decoration_manager_v1_interface, 1, 1, false, "title bars by the compositor",
		FIELD(decoration_manager) },
	{ &wp_single_pixel_buffer_manager_v1_interface, 1, 1, false,
		"black bars that compositors know to be black, and may scan out beside",
		FIELD(single_pixel_manager) },
	{ &zwp_idle_inhibit_manager_v1_interface, 1, 1, false, "no blank screen over a guest",
		FIELD(idle_inhibit_manager) },
	{ &xdg_activation_v1_interface, 1, 1, false, "the focus, when a launcher passes it on",
		FIELD(activation) },
	{ &xdg_toplevel_icon_manager_v1_interface, 1, 1, false,
		"the icon where no desktop entry is installed", FIELD(icon_manager) },
	{ &zwp_relative_pointer_manager_v1_interface, 1, 1, false, "relative mice",
		FIELD(relative_pointer_manager) },
	{ &zwp_pointer_constraints_v1_interface, 1, 1, false, "relative mice",
		FIELD(pointer_constraints) },
	{ &zwp_tablet_manager_v2_interface, 1, 1, false, "pens", FIELD(tablet_manager),
		bound_tablet_manager },
	{ &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1, 1, false,
		"all keys for the guest, the desktop's own as well",
		FIELD(shortcuts_inhibit_manager) },
#ifdef HAVE_POINTER_WARP
	{ &wp_pointer_warp_v1_interface, 1, 1, false, "the pointer where the guest puts its own",
		FIELD(pointer_warp) },
#endif
	{ &wp_linux_drm_syncobj_manager_v1_interface, 1, 1, false,
		"timelines of VMs that have them", FIELD(syncobj_manager) },
	{ &wp_cursor_shape_manager_v1_interface, 1, 1, false, "the host's own arrow",
		FIELD(cursor_shape_manager) },
	{ &wp_tearing_control_manager_v1_interface, 1, 1, false, "--tearing",
		FIELD(tearing_control_manager) },
	{ &wp_fifo_manager_v1_interface, 1, 1, false, "--fifo", FIELD(fifo_manager) },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void **
field_of(struct globals *globals, const struct global_row *row)
{
	return (void **)((char *)globals + row->field);
}

/*
 * Every KWin from 5.27 on announces its outputs and its shell to all clients by such names. Others
 * have taken over org_kde_kwin_server_decoration_manager, so that one tells nothing.
 */
static bool
is_of_kwin(const char *interface)
{
	static const char *const prefixes[] = { "kde_output_", "org_kde_plasma_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(interface, prefixes[i], strlen(prefixes[i])) == 0) {
			return true;
		}
	}
	return false;
}

static void
handle_registry_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct display *display = data;

	display->globals.is_kwin |= is_of_kwin(interface);
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct global_row *row = &rows[i];
		void *proxy;

		if (strcmp(interface, row->interface->name) != 0 || version < row->lowest) {
			continue;
		}
		if (row->field != NO_FIELD && *field_of(&display->globals, row) != NULL) {
			return;
		}
		proxy = wl_registry_bind(registry, name, row->interface,
			version < row->highest ? version : row->highest);
		if (proxy == NULL) {
			return;
		}
		display->globals.seen |= 1u << i;
		if (row->field != NO_FIELD) {
			*field_of(&display->globals, row) = proxy;
		}
		if (row->bound != NULL) {
			row->bound(display, proxy, name);
		}
		return;
	}
}

static void
handle_registry_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	struct display *display = data;

	output_remove_by_name(display, name);
	seat_remove_by_name(display, name);
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_registry_global,
	.global_remove = handle_registry_global_remove,
};

int
globals_init(struct display *display)
{
	display->globals.registry = wl_display_get_registry(display->connection);
	if (display->globals.registry == NULL) {
		return -ENOMEM;
	}
	wl_registry_add_listener(display->globals.registry, &registry_listener, display);
	return 0;
}

int
globals_check(struct display *display)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].required && (display->globals.seen & 1u << i) == 0) {
			log_error("this compositor has no %s in version %u or later, needed for "
				  "%s: no window can be shown on it",
				rows[i].interface->name, rows[i].lowest, rows[i].why);
			return -EPROTO;
		}
	}
	return 0;
}

void
globals_finish(struct display *display)
{
	/* The connection ends right after: no need to tell the compositor about each of them. */
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].field != NO_FIELD) {
			void *proxy = *field_of(&display->globals, &rows[i]);
			if (proxy != NULL) {
				wl_proxy_destroy(proxy);
			}
		}
	}
	if (display->globals.registry != NULL) {
		wl_registry_destroy(display->globals.registry);
	}
	display->globals = (struct globals){ 0 };
}
