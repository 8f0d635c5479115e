#include "guest-cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "display-private.h"
#include "viewporter-client.h"

#define SLOT_DIMENSION ((size_t)CURSOR_MAX_DIMENSION + 2 * CURSOR_SCALE_MAX_PAD)
#define SLOT_SIZE (SLOT_DIMENSION * SLOT_DIMENSION * sizeof(uint32_t))
#define IMAGE_SIZE ((size_t)CURSOR_MAX_DIMENSION * CURSOR_MAX_DIMENSION * sizeof(uint32_t))

static void
handle_slot_release(void *data, struct wl_buffer *proxy)
{
	struct guest_cursor_slot *slot = data;

	slot->busy = false;
}

static const struct wl_buffer_listener slot_listener = {
	.release = handle_slot_release,
};

static int
prepare(struct guest_cursor *cursor, struct display *display)
{
	if (cursor->surface == NULL) {
		cursor->surface = wl_compositor_create_surface(display->globals.compositor);
	}
	if (cursor->surface != NULL && cursor->viewport == NULL) {
		cursor->viewport =
			wp_viewporter_get_viewport(display->globals.viewporter, cursor->surface);
	}
	/* Pages that no image touches cost nothing. */
	if (cursor->pixels == NULL) {
		cursor->pixels = malloc(IMAGE_SIZE);
	}
	if (cursor->viewport == NULL || cursor->pixels == NULL) {
		return -ENOMEM;
	}
	if (cursor->pool.pool != NULL) {
		return 0;
	}
	return shm_pool_init(&cursor->pool, display->globals.shm, SLOT_SIZE * GUEST_CURSOR_SLOTS);
}

/* The next free slot. When none is, the oldest: a torn cursor is better than a late one. */
static uint32_t
choose_slot(const struct guest_cursor *cursor)
{
	for (uint32_t i = 1; i <= GUEST_CURSOR_SLOTS; i++) {
		uint32_t index = (cursor->last + i) % GUEST_CURSOR_SLOTS;
		if (!cursor->slots[index].busy) {
			return index;
		}
	}
	return (cursor->last + 1) % GUEST_CURSOR_SLOTS;
}

static int
prepare_slot(struct guest_cursor *cursor, uint32_t index, const struct cursor_plan *plan)
{
	struct guest_cursor_slot *slot = &cursor->slots[index];

	if (slot->proxy != NULL && (slot->width != plan->width || slot->height != plan->height)) {
		wl_buffer_destroy(slot->proxy);
		*slot = (struct guest_cursor_slot){ 0 };
	}
	if (slot->proxy == NULL) {
		slot->proxy = wl_shm_pool_create_buffer(cursor->pool.pool,
			(int32_t)(index * SLOT_SIZE), (int32_t)plan->width, (int32_t)plan->height,
			(int32_t)(plan->width * sizeof(uint32_t)), WL_SHM_FORMAT_ARGB8888);
		if (slot->proxy == NULL) {
			return -ENOMEM;
		}
		wl_buffer_add_listener(slot->proxy, &slot_listener, slot);
	}
	slot->width = plan->width;
	slot->height = plan->height;
	slot->busy = true;
	return 0;
}

static void
fill_slot(struct guest_cursor *cursor, uint32_t index, const struct cursor_plan *plan)
{
	const struct cursor_image *image = &cursor->image;
	uint32_t *pixels = (uint32_t *)(cursor->pool.memory + index * SLOT_SIZE);

	memset(pixels, 0, (size_t)plan->width * plan->height * sizeof(*pixels));
	for (uint32_t y = 0; y < image->height; y++) {
		memcpy(pixels + (size_t)(plan->pad_y + y) * plan->width + plan->pad_x,
			cursor->pixels + (size_t)y * image->width, image->width * sizeof(*pixels));
	}
}

/* The image in the scale of now. */
static int
draw(struct guest_cursor *cursor, struct display *display)
{
	const struct cursor_image *image = &cursor->image;
	uint32_t index = choose_slot(cursor);
	struct cursor_plan plan;
	int r;

	cursor_scale_plan(
		&cursor->scale, image->width, image->height, image->hot_x, image->hot_y, &plan);
	r = prepare_slot(cursor, index, &plan);
	if (r < 0) {
		return r;
	}
	fill_slot(cursor, index, &plan);
	cursor->last = index;
	cursor->serial = ++display->n_cursors;
	cursor->hot_x = plan.hot_x;
	cursor->hot_y = plan.hot_y;
	cursor->width = plan.logical_width;
	cursor->height = plan.logical_height;
	wp_viewport_set_destination(cursor->viewport, plan.logical_width, plan.logical_height);
	wl_surface_attach(cursor->surface, cursor->slots[index].proxy, 0, 0);
	wl_surface_damage_buffer(cursor->surface, 0, 0, (int32_t)plan.width, (int32_t)plan.height);
	wl_surface_commit(cursor->surface);
	return 0;
}

int
guest_cursor_set(
	struct guest_cursor *cursor, struct display *display, const struct cursor_image *image)
{
	int r;

	if (image == NULL) {
		cursor->kind = GUEST_CURSOR_HIDDEN;
		return 0;
	}
	if (image->width == 0 || image->height == 0 || image->width > CURSOR_MAX_DIMENSION ||
		image->height > CURSOR_MAX_DIMENSION) {
		return -EINVAL;
	}
	r = prepare(cursor, display);
	if (r < 0) {
		return r;
	}
	memcpy(cursor->pixels, image->pixels,
		(size_t)image->width * image->height * sizeof(*cursor->pixels));
	cursor->image = *image;
	cursor->image.pixels = cursor->pixels;
	r = draw(cursor, display);
	if (r >= 0) {
		cursor->kind = GUEST_CURSOR_IMAGE;
	}
	return r;
}

void
guest_cursor_forget(struct guest_cursor *cursor)
{
	cursor->kind = GUEST_CURSOR_UNKNOWN;
}

void
guest_cursor_set_scale(
	struct guest_cursor *cursor, struct display *display, const struct cursor_scale *scale)
{
	if (memcmp(scale, &cursor->scale, sizeof(*scale)) == 0) {
		return;
	}
	cursor->scale = *scale;
	if (cursor->kind == GUEST_CURSOR_IMAGE && draw(cursor, display) < 0) {
		log_warning("no memory for the guest's cursor in its new size; it stays as it is");
	}
}

void
guest_cursor_finish(struct guest_cursor *cursor)
{
	if (cursor->viewport != NULL) {
		wp_viewport_destroy(cursor->viewport);
	}
	if (cursor->surface != NULL) {
		wl_surface_destroy(cursor->surface);
	}
	free(cursor->pixels);
	for (uint32_t i = 0; i < GUEST_CURSOR_SLOTS; i++) {
		if (cursor->slots[i].proxy != NULL) {
			wl_buffer_destroy(cursor->slots[i].proxy);
		}
	}
	shm_pool_finish(&cursor->pool);
	*cursor = (struct guest_cursor){ 0 };
}
