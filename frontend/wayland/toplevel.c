#include "toplevel.h"

#include <errno.h>
#include <stdlib.h>

#include "decor.h"
#include "display-private.h"
#include "xdg-decoration-unstable-v1-client.h"
#include "xdg-shell-client.h"
#include "xdg-toplevel-icon-v1-client.h"

struct plain_toplevel {
	struct toplevel base;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *xdg_toplevel;
	struct zxdg_toplevel_decoration_v1 *decoration;
	struct toplevel_configure coming; /* until xdg_surface.configure completes it */
	uint32_t serial;                  /* of the configure to answer */
	bool unanswered;
};

static void
handle_xdg_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct plain_toplevel *plain = data;

	plain->serial = serial;
	plain->unanswered = true;
	plain->base.listener->configure(plain->base.data, &plain->coming);
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = handle_xdg_surface_configure,
};

static void
handle_toplevel_configure(void *data, struct xdg_toplevel *xdg_toplevel, int32_t width,
	int32_t height, struct wl_array *states)
{
	struct plain_toplevel *plain = data;
	const uint32_t *state;

	plain->coming = (struct toplevel_configure){ .width = width, .height = height };
	wl_array_for_each(state, states)
	{
		plain->coming.maximized |= *state == XDG_TOPLEVEL_STATE_MAXIMIZED;
		plain->coming.fullscreen |= *state == XDG_TOPLEVEL_STATE_FULLSCREEN;
		switch (*state) {
		case XDG_TOPLEVEL_STATE_MAXIMIZED:
		case XDG_TOPLEVEL_STATE_FULLSCREEN:
		case XDG_TOPLEVEL_STATE_TILED_LEFT:
		case XDG_TOPLEVEL_STATE_TILED_RIGHT:
		case XDG_TOPLEVEL_STATE_TILED_TOP:
		case XDG_TOPLEVEL_STATE_TILED_BOTTOM:
			plain->coming.fixed = true;
			break;
		case XDG_TOPLEVEL_STATE_SUSPENDED:
			plain->coming.suspended = true;
			break;
		default:
			break;
		}
	}
}

static void
handle_toplevel_close(void *data, struct xdg_toplevel *xdg_toplevel)
{
	struct plain_toplevel *plain = data;

	plain->base.listener->close(plain->base.data);
}

static void
handle_toplevel_configure_bounds(
	void *data, struct xdg_toplevel *xdg_toplevel, int32_t width, int32_t height)
{
}

static void
handle_toplevel_wm_capabilities(
	void *data, struct xdg_toplevel *xdg_toplevel, struct wl_array *capabilities)
{
}

static const struct xdg_toplevel_listener xdg_toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_toplevel_close,
	.configure_bounds = handle_toplevel_configure_bounds,
	.wm_capabilities = handle_toplevel_wm_capabilities,
};

static void
plain_start(struct toplevel *toplevel)
{
	struct plain_toplevel *plain = (struct plain_toplevel *)toplevel;

	wl_surface_commit(plain->surface);
}

static void
plain_set_title(struct toplevel *toplevel, const char *title)
{
	struct plain_toplevel *plain = (struct plain_toplevel *)toplevel;

	xdg_toplevel_set_title(plain->xdg_toplevel, title);
}

static void
plain_maximize(struct toplevel *toplevel)
{
	struct plain_toplevel *plain = (struct plain_toplevel *)toplevel;

	xdg_toplevel_set_maximized(plain->xdg_toplevel);
}

static void
plain_set_fullscreen(struct toplevel *toplevel, bool fullscreen, struct wl_output *output)
{
	struct plain_toplevel *plain = (struct plain_toplevel *)toplevel;

	if (fullscreen) {
		xdg_toplevel_set_fullscreen(plain->xdg_toplevel, output);
	} else {
		xdg_toplevel_unset_fullscreen(plain->xdg_toplevel);
	}
}

/* No window geometry is set: without one it is the surface's own rectangle. */
static void
plain_apply(struct toplevel *toplevel, int32_t width, int32_t height)
{
	struct plain_toplevel *plain = (struct plain_toplevel *)toplevel;

	if (plain->unanswered) {
		plain->unanswered = false;
		xdg_surface_ack_configure(plain->xdg_surface, plain->serial);
	}
}

static void
plain_destroy(struct toplevel *toplevel)
{
	struct plain_toplevel *plain = (struct plain_toplevel *)toplevel;

	if (plain->decoration != NULL) {
		zxdg_toplevel_decoration_v1_destroy(plain->decoration);
	}
	if (plain->xdg_toplevel != NULL) {
		xdg_toplevel_destroy(plain->xdg_toplevel);
	}
	if (plain->xdg_surface != NULL) {
		xdg_surface_destroy(plain->xdg_surface);
	}
	free(plain);
}

static const struct toplevel_ops plain_ops = {
	.start = plain_start,
	.set_title = plain_set_title,
	.maximize = plain_maximize,
	.set_fullscreen = plain_set_fullscreen,
	.apply = plain_apply,
	.destroy = plain_destroy,
};

static void
handle_decoration_configure(
	void *data, struct zxdg_toplevel_decoration_v1 *decoration, uint32_t mode)
{
	/* The compositor has the last word; where it says no, the window has no title bar. */
}

static const struct zxdg_toplevel_decoration_v1_listener decoration_listener = {
	.configure = handle_decoration_configure,
};

/* By name, from the icon theme: the desktop entry's, also where no entry is installed. */
static void
set_icon(struct plain_toplevel *plain, struct display *display)
{
	struct xdg_toplevel_icon_manager_v1 *manager = display->globals.icon_manager;
	struct xdg_toplevel_icon_v1 *icon;

	if (manager == NULL) {
		return;
	}
	icon = xdg_toplevel_icon_manager_v1_create_icon(manager);
	if (icon != NULL) {
		xdg_toplevel_icon_v1_set_name(icon, TOPLEVEL_ICON);
		xdg_toplevel_icon_manager_v1_set_icon(manager, plain->xdg_toplevel, icon);
		xdg_toplevel_icon_v1_destroy(icon);
	}
}

static int
plain_create(struct display *display, struct wl_surface *surface, const char *title,
	const char *app_id, struct plain_toplevel **ret_plain)
{
	struct plain_toplevel *plain = calloc(1, sizeof(*plain));

	if (plain == NULL) {
		return -ENOMEM;
	}
	plain->base.ops = &plain_ops;
	plain->surface = surface;
	plain->xdg_surface = xdg_wm_base_get_xdg_surface(display->globals.wm_base, surface);
	if (plain->xdg_surface != NULL) {
		plain->xdg_toplevel = xdg_surface_get_toplevel(plain->xdg_surface);
	}
	if (plain->xdg_toplevel == NULL) {
		plain_destroy(&plain->base);
		return -ENOMEM;
	}
	xdg_surface_add_listener(plain->xdg_surface, &xdg_surface_listener, plain);
	xdg_toplevel_add_listener(plain->xdg_toplevel, &xdg_toplevel_listener, plain);
	xdg_toplevel_set_title(plain->xdg_toplevel, title);
	xdg_toplevel_set_app_id(plain->xdg_toplevel, app_id);
	xdg_toplevel_set_min_size(plain->xdg_toplevel, TOPLEVEL_MIN_SIZE, TOPLEVEL_MIN_SIZE);
	set_icon(plain, display);
	if (display->globals.decoration_manager != NULL) {
		plain->decoration = zxdg_decoration_manager_v1_get_toplevel_decoration(
			display->globals.decoration_manager, plain->xdg_toplevel);
	}
	if (plain->decoration != NULL) {
		zxdg_toplevel_decoration_v1_add_listener(
			plain->decoration, &decoration_listener, plain);
		zxdg_toplevel_decoration_v1_set_mode(
			plain->decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	}
	*ret_plain = plain;
	return 0;
}

int
toplevel_create(struct display *display, struct wl_surface *surface, const char *title,
	const char *app_id, const struct toplevel_listener *listener, void *data,
	struct toplevel **ret_toplevel)
{
	struct plain_toplevel *plain;
	int r;

	if (display->libdecor != NULL) {
		r = decor_create(display, surface, title, app_id, listener, data, ret_toplevel);
		if (r != -ENOTSUP) {
			return r;
		}
	}
	r = plain_create(display, surface, title, app_id, &plain);
	if (r < 0) {
		return r;
	}
	plain->base.listener = listener;
	plain->base.data = data;
	*ret_toplevel = &plain->base;
	return 0;
}
