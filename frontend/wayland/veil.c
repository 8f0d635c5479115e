#include "veil.h"

#include <errno.h>
#include <string.h>

#include "display-private.h"
#include "subsurface.h"
#include "viewporter-client.h"

/* Three quarters: white in the picture is dark enough for white letters, all of it to be seen. */
static const uint32_t veil_pixel = 0xbf000000;

static int
create_pixel(struct veil *veil, struct display *display)
{
	int r = shm_pool_init(&veil->pool, display->globals.shm, sizeof(veil_pixel));

	if (r < 0) {
		return r;
	}
	memcpy(veil->pool.memory, &veil_pixel, sizeof(veil_pixel));
	veil->proxy = wl_shm_pool_create_buffer(
		veil->pool.pool, 0, 1, 1, sizeof(veil_pixel), WL_SHM_FORMAT_ARGB8888);
	return veil->proxy != NULL ? 0 : -ENOMEM;
}

static int
create_surface(struct veil *veil, struct display *display, struct wl_surface *parent)
{
	int r = create_pixel(veil, display);

	if (r < 0) {
		return r;
	}
	veil->surface = wl_compositor_create_surface(display->globals.compositor);
	if (veil->surface == NULL) {
		return -ENOMEM;
	}
	veil->viewport = wp_viewporter_get_viewport(display->globals.viewporter, veil->surface);
	return veil->viewport != NULL
		       ? subsurface_create(display, veil->surface, parent, &veil->subsurface)
		       : -ENOMEM;
}

int
veil_set(struct veil *veil, struct display *display, struct wl_surface *parent, int32_t width,
	int32_t height)
{
	int r;

	if (veil->surface != NULL) {
		return 0;
	}
	r = create_surface(veil, display, parent);
	if (r < 0) {
		veil_finish(veil);
		return r;
	}
	wl_surface_attach(veil->surface, veil->proxy, 0, 0);
	wl_surface_damage_buffer(veil->surface, 0, 0, 1, 1);
	veil_fit(veil, width, height);
	/* A new subsurface counts from its parent's next commit, and so does what is sync on it. */
	wl_surface_commit(parent);
	return 0;
}

void
veil_fit(struct veil *veil, int32_t width, int32_t height)
{
	if (veil->surface != NULL) {
		wp_viewport_set_destination(veil->viewport, width, height);
		wl_surface_commit(veil->surface);
	}
	overlay_fit(&veil->words, width, height);
}

void
veil_finish(struct veil *veil)
{
	overlay_finish(&veil->words);
	if (veil->subsurface != NULL) {
		wl_subsurface_destroy(veil->subsurface);
	}
	if (veil->viewport != NULL) {
		wp_viewport_destroy(veil->viewport);
	}
	if (veil->surface != NULL) {
		wl_surface_destroy(veil->surface);
	}
	if (veil->proxy != NULL) {
		wl_buffer_destroy(veil->proxy);
	}
	shm_pool_finish(&veil->pool);
	*veil = (struct veil){ 0 };
}
