#include "qemu-dbus/picture-private.h"

#include <assert.h>
#include <errno.h>

#include "qemu-dbus/emit.h"
#include "qemu-dbus/hint.h"
#include "qemu-dbus/placeholder.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/timer.h"

void
picture_retire(struct picture *picture, struct buffer *buffer)
{
	assert(picture->n_retired < 2 * BUFFER_CACHE_MAX);
	picture->retired[picture->n_retired++] = buffer_ref(buffer);
}

static void
handle_cache_removed(void *data, struct buffer *buffer)
{
	struct picture *picture = data;

	picture_retire(picture, buffer);
}

void
picture_check_placeholder(struct picture *picture)
{
	bool is = placeholder_is(&picture->current);

	if (is != picture->current.placeholder) {
		picture->current.placeholder = is;
		picture->told = false;
	}
}

void
picture_set_source(struct picture *picture, uint32_t width, uint32_t height)
{
	struct rect source = { .width = (int32_t)width, .height = (int32_t)height };

	if (!rect_equal(&picture->current.source, &source)) {
		picture->current.source = source;
		picture->told = false;
		picture_check_placeholder(picture);
	}
}

static void
stay_on(struct picture *picture)
{
	picture->off_due = false;
	timer_stop(picture->off_timer);
}

/*
 * dma-bufs can be slow to read, and no flip waits for that: only new ones are looked at, and what
 * follows a placeholder.
 */
static bool
may_be_placeholder(const struct picture *picture, const struct buffer *buffer)
{
	return buffer->layout.kind == BUFFER_MEMORY || picture->cache.n_misses > 0 ||
	       picture->current.placeholder;
}

void
picture_set_current(struct picture *picture, const struct scanout *scanout)
{
	struct buffer *old = picture->current.buffer;
	bool look = may_be_placeholder(picture, scanout->buffer);

	picture->current = *scanout;
	buffer_ref(picture->current.buffer);
	buffer_unref(old);
	picture->current.placeholder = look && placeholder_is(&picture->current);
	picture->current.hint = hint_for(picture->head->label, scanout->buffer->layout.kind,
		scanout->buffer == picture->copy);
	lost_flips_scanout(&picture->lost_flips);
	picture->told = false;
	stay_on(picture);
}

void
picture_init(struct picture *picture, struct qemu_guest *guest, struct guest_head *head)
{
	picture->guest = guest;
	picture->head = head;
	picture->cache.removed = handle_cache_removed;
	picture->cache.data = picture;
	picture->cache.budget = guest->budget;
	picture->cache.n_complaints = &guest->n_complaints;
}

static void
release_retired(struct picture *picture)
{
	for (uint32_t i = 0; i < picture->n_retired; i++) {
		buffer_unref(picture->retired[i]);
	}
	picture->n_retired = 0;
}

static void
tell_retired(struct picture *picture)
{
	/* After destruction the list is empty. */
	for (uint32_t i = 0; i < picture->n_retired; i++) {
		emit_buffer_removed(picture->guest, picture->head, picture->retired[i]);
	}
	release_retired(picture);
}

bool
picture_make_room(struct picture *picture)
{
	if (picture->cache.n_buffers == 0) {
		return false;
	}
	buffer_cache_clear(&picture->cache);
	tell_retired(picture);
	return !guest_is_over(picture->guest);
}

void
picture_finish(struct picture *picture)
{
	picture->off_timer = sd_event_source_disable_unref(picture->off_timer);
	picture->size_timer = sd_event_source_disable_unref(picture->size_timer);
	picture_drop_pixels(picture);
	release_retired(picture);
	buffer_cache_clear(&picture->cache);
	picture_drop_copy(picture);
	release_retired(picture);
	buffer_unref(picture->current.buffer);
	picture->current = (struct scanout){ 0 };
	picture->told = false;
	picture->off = picture->off_due = false;
}

int
picture_load_scanout(struct picture *picture, const struct message_scanout *message)
{
	struct scanout scanout = {
		.source = message->source,
		.bottom_up = message->bottom_up,
	};
	int r = buffer_cache_get(&picture->cache, &message->layout, &scanout.buffer);

	if (r == -EDQUOT && picture_make_room(picture)) {
		r = buffer_cache_get(&picture->cache, &message->layout, &scanout.buffer);
	}
	if (r < 0) {
		return r;
	}
	picture_drop_copy(picture);
	timer_stop(picture->size_timer);
	picture_set_current(picture, &scanout);
	return 0;
}

void
picture_load_update(struct picture *picture)
{
	stay_on(picture);
	if (lost_flips_update(
		    &picture->lost_flips, picture->head->console, &picture->guest->n_complaints)) {
		picture->current.hint = HINT_LOST_FLIPS;
		picture->told = false;
	}
	if (picture->off) {
		picture->told = false;
	}
	/* QEMU's messages come as new pictures; but guests draw into the surface that shows one. */
	if (picture->current.placeholder) {
		picture_check_placeholder(picture);
	}
}

void
picture_tell(struct picture *picture)
{
	struct qemu_guest *guest = picture->guest;

	if (!picture->told && picture->current.buffer != NULL) {
		picture->told = true;
		picture->off = false;
		emit_scanout(guest, picture->head, &picture->current);
	}
	tell_retired(picture);
}

bool
picture_damage(const struct picture *picture, const struct rect *rect, struct rect *ret_damage)
{
	const struct scanout *current = &picture->current;
	struct rect whole = { .width = current->source.width, .height = current->source.height };
	struct rect damage = rect_intersect(rect, &whole);

	if (current->buffer == NULL || rect_is_empty(&damage)) {
		return false;
	}
	/*
	 * QEMU is not of one mind about where rectangles of mirrored pictures and of parts of a
	 * larger framebuffer count from. Too much damage is cheap, too little shows.
	 */
	if (current->bottom_up || current->source.x != 0 || current->source.y != 0) {
		damage = current->source;
	}
	*ret_damage = damage;
	return true;
}

void
picture_blank(struct picture *picture)
{
	stay_on(picture);
	if (picture->current.buffer != NULL && !picture->off) {
		picture->off = true;
		emit_scanout(picture->guest, picture->head, NULL);
	}
}

static int
handle_timer_off(sd_event_source *source, uint64_t usec, void *data)
{
	struct picture *picture = data;

	picture_blank(picture);
	return 0;
}

void
picture_disable(struct picture *picture)
{
	lost_flips_disable(&picture->lost_flips);
	picture->off_due = true;
}

void
picture_wait_off(struct picture *picture)
{
	if (picture->off_due) {
		/* Without memory for a timer the head just stays on. */
		timer_start(&picture->off_timer, picture->guest->event, PICTURE_OFF_DELAY_MS,
			handle_timer_off, picture);
	}
}
