#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

struct display;
struct toplevel;

/* Smaller windows can not be grabbed any more. A hint: the picture's own size wins. */
#define TOPLEVEL_MIN_SIZE 64

/* In the icon theme. */
#define TOPLEVEL_ICON "vitrine"

struct toplevel_configure {
	int32_t width, height; /* of the content, logical; 0: the window's choice */
	bool fixed;            /* maximised, fullscreen or tiled */
	bool maximized;        /* also while it is on full screen, as most compositors say it */
	bool fullscreen;
	bool suspended; /* nobody sees it */
};

struct toplevel_listener {
	/* Call toplevel_apply with the size taken, then commit the surface, in this call. */
	void (*configure)(void *data, const struct toplevel_configure *configure);
	void (*close)(void *data);
	/* Decorations around the content changed: commit the surface. */
	void (*commit)(void *data);
};

struct toplevel_ops {
	void (*start)(struct toplevel *toplevel);
	void (*set_title)(struct toplevel *toplevel, const char *title);
	void (*maximize)(struct toplevel *toplevel);
	void (*set_fullscreen)(
		struct toplevel *toplevel, bool fullscreen, struct wl_output *output);
	void (*apply)(struct toplevel *toplevel, int32_t width, int32_t height);
	void (*destroy)(struct toplevel *toplevel);
};

/*
 * What makes a surface a window of the desktop: xdg-shell by our own hands, with decorations
 * by the compositor or none, or (decor.h) through libdecor. Embedded first by both.
 */
struct toplevel {
	const struct toplevel_ops *ops;
	const struct toplevel_listener *listener;
	void *data;
};

/* title: clean text (base/text.h); anything else breaks the protocol. Returns 0 or -ENOMEM. */
int toplevel_create(struct display *display, struct wl_surface *surface, const char *title,
	const char *app_id, const struct toplevel_listener *listener, void *data,
	struct toplevel **ret_toplevel);

/* Asks for the first configure. */
static inline void
toplevel_start(struct toplevel *toplevel)
{
	toplevel->ops->start(toplevel);
}

static inline void
toplevel_set_title(struct toplevel *toplevel, const char *title)
{
	toplevel->ops->set_title(toplevel, title);
}

/* Asks for it; what comes of it is a configure. */
static inline void
toplevel_maximize(struct toplevel *toplevel)
{
	toplevel->ops->maximize(toplevel);
}

/* Asks for it; what comes of it is a configure. output: to cover; NULL: any. */
static inline void
toplevel_set_fullscreen(struct toplevel *toplevel, bool fullscreen, struct wl_output *output)
{
	toplevel->ops->set_fullscreen(toplevel, fullscreen, output);
}

/* The next commit of the surface has content of this size; answers a configure if one is open. */
static inline void
toplevel_apply(struct toplevel *toplevel, int32_t width, int32_t height)
{
	toplevel->ops->apply(toplevel, width, height);
}

/* Before its surface. NULL is fine. */
static inline void
toplevel_destroy(struct toplevel *toplevel)
{
	if (toplevel != NULL) {
		toplevel->ops->destroy(toplevel);
	}
}
