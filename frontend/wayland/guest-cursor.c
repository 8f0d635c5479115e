#include "guest-cursor.h"

#include <errno.h>
#include <string.h>

#include "display-private.h"

#define SLOT_SIZE ((size_t)CURSOR_MAX_DIMENSION * CURSOR_MAX_DIMENSION * sizeof(uint32_t))

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
	if (cursor->surface == NULL) {
		return -ENOMEM;
	}
	if (cursor->pool.pool != NULL) {
		return 0;
	}
	/* Room for the largest; pages that no picture touches cost nothing. */
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
fill_slot(struct guest_cursor *cursor, uint32_t index, const struct cursor_image *image)
{
	struct guest_cursor_slot *slot = &cursor->slots[index];
	size_t row_size = image->width * sizeof(uint32_t);

	if (slot->proxy != NULL && (slot->width != image->width || slot->height != image->height)) {
		wl_buffer_destroy(slot->proxy);
		*slot = (struct guest_cursor_slot){ 0 };
	}
	if (slot->proxy == NULL) {
		slot->proxy = wl_shm_pool_create_buffer(cursor->pool.pool,
			(int32_t)(index * SLOT_SIZE), (int32_t)image->width, (int32_t)image->height,
			(int32_t)row_size, WL_SHM_FORMAT_ARGB8888);
		if (slot->proxy == NULL) {
			return -ENOMEM;
		}
		wl_buffer_add_listener(slot->proxy, &slot_listener, slot);
	}
	slot->width = image->width;
	slot->height = image->height;
	slot->busy = true;
	memcpy(cursor->pool.memory + index * SLOT_SIZE, image->pixels, row_size * image->height);
	return 0;
}

int
guest_cursor_set(
	struct guest_cursor *cursor, struct display *display, const struct cursor_image *image)
{
	uint32_t index;
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
	index = choose_slot(cursor);
	r = fill_slot(cursor, index, image);
	if (r < 0) {
		return r;
	}
	cursor->last = index;
	cursor->kind = GUEST_CURSOR_IMAGE;
	cursor->hot_x = image->hot_x;
	cursor->hot_y = image->hot_y;
	wl_surface_attach(cursor->surface, cursor->slots[index].proxy, 0, 0);
	wl_surface_damage_buffer(
		cursor->surface, 0, 0, (int32_t)image->width, (int32_t)image->height);
	wl_surface_commit(cursor->surface);
	return 0;
}

void
guest_cursor_finish(struct guest_cursor *cursor)
{
	if (cursor->surface != NULL) {
		wl_surface_destroy(cursor->surface);
	}
	for (uint32_t i = 0; i < GUEST_CURSOR_SLOTS; i++) {
		if (cursor->slots[i].proxy != NULL) {
			wl_buffer_destroy(cursor->slots[i].proxy);
		}
	}
	shm_pool_finish(&cursor->pool);
	*cursor = (struct guest_cursor){ 0 };
}
