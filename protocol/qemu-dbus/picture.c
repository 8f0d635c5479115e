#include "qemu-dbus/picture.h"

#include <assert.h>
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/hint.h"
#include "qemu-dbus/pixel-copy.h"
#include "qemu-dbus/placeholder.h"
#include "qemu-dbus/qemu-guest.h"

/* The frontend hears about it when the state is consistent again: it may destroy us. */
static void
retire(struct picture *picture, struct buffer *buffer)
{
	assert(picture->n_retired < 2 * BUFFER_CACHE_MAX);
	picture->retired[picture->n_retired++] = buffer_ref(buffer);
}

static void
handle_cache_removed(void *data, struct buffer *buffer)
{
	struct picture *picture = data;

	retire(picture, buffer);
}

static void
drop_copy(struct picture *picture)
{
	if (picture->copy != NULL) {
		retire(picture, picture->copy);
		buffer_unref(picture->copy);
		picture->copy = NULL;
	}
}

/* Starts it, unless it runs. */
static void
start_timer(struct picture *picture, sd_event_source **timer, uint64_t delay_ms,
	sd_event_time_handler_t handler)
{
	uint64_t delay_us = delay_ms * US_PER_MS;

	if (*timer == NULL) {
		sd_event_add_time_relative(picture->guest->event, timer, CLOCK_MONOTONIC, delay_us,
			1, handler, picture);
	} else if (sd_event_source_get_enabled(*timer, NULL) == 0) {
		sd_event_source_set_time_relative(*timer, delay_us);
		sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
	}
}

static void
cancel_timer(sd_event_source *timer)
{
	if (timer != NULL) {
		sd_event_source_set_enabled(timer, SD_EVENT_OFF);
	}
}

static void
check_placeholder(struct picture *picture)
{
	bool is = placeholder_is(&picture->current);

	if (is != picture->current.placeholder) {
		picture->current.placeholder = is;
		picture->told = false;
	}
}

static void
set_source(struct picture *picture, uint32_t width, uint32_t height)
{
	struct rect source = { .width = (int32_t)width, .height = (int32_t)height };

	if (!rect_equal(&picture->current.source, &source)) {
		picture->current.source = source;
		picture->told = false;
		check_placeholder(picture);
	}
}

static void
set_current(struct picture *picture, const struct scanout *scanout)
{
	struct buffer *old = picture->current.buffer;

	picture->current = *scanout;
	buffer_ref(picture->current.buffer);
	buffer_unref(old);
	picture->current.placeholder = placeholder_is(&picture->current);
	picture->current.hint = hint_for(picture->head->label, scanout->buffer->layout.kind,
		scanout->buffer == picture->copy);
	picture->told = false;
	cancel_timer(picture->off_timer);
}

void
picture_init(struct picture *picture, struct qemu_guest *guest, struct guest_head *head)
{
	picture->guest = guest;
	picture->head = head;
	picture->cache.removed = handle_cache_removed;
	picture->cache.data = picture;
}

static void
release_retired(struct picture *picture)
{
	for (uint32_t i = 0; i < picture->n_retired; i++) {
		buffer_unref(picture->retired[i]);
	}
	picture->n_retired = 0;
}

void
picture_finish(struct picture *picture)
{
	picture->off_timer = sd_event_source_disable_unref(picture->off_timer);
	picture->size_timer = sd_event_source_disable_unref(picture->size_timer);
	release_retired(picture);
	buffer_cache_clear(&picture->cache);
	drop_copy(picture);
	release_retired(picture);
	buffer_unref(picture->current.buffer);
	picture->current = (struct scanout){ 0 };
	picture->told = false;
	picture->off = false;
}

int
picture_load_scanout(struct picture *picture, const struct message_scanout *message)
{
	struct scanout scanout = {
		.source = message->source,
		.bottom_up = message->bottom_up,
	};
	int r = buffer_cache_get(&picture->cache, &message->layout, &scanout.buffer);

	if (r < 0) {
		return r;
	}
	drop_copy(picture);
	cancel_timer(picture->size_timer);
	set_current(picture, &scanout);
	return 0;
}

static void
set_current_copy(struct picture *picture, uint32_t width, uint32_t height)
{
	struct scanout scanout = {
		.buffer = picture->copy,
		.source = { .width = (int32_t)width, .height = (int32_t)height },
	};

	set_current(picture, &scanout);
}

static bool
copy_is_current(const struct picture *picture)
{
	return picture->copy != NULL && picture->current.buffer == picture->copy;
}

static int
replace_copy(struct picture *picture, uint32_t width, uint32_t height, const struct format *format,
	bool keep_content)
{
	struct buffer *copy;
	int r = pixel_copy_create(width, height, format, &copy);

	if (r >= 0 && keep_content) {
		r = pixel_copy_take_over(copy, picture->copy);
		if (r < 0) {
			buffer_unref(copy);
		}
	}
	if (r < 0) {
		return r;
	}
	drop_copy(picture);
	buffer_cache_clear(&picture->cache);
	picture->copy = copy;
	return 0;
}

int
picture_load_pixels(struct picture *picture, const struct message_pixels *pixels)
{
	uint32_t width = (uint32_t)pixels->rect.width, height = (uint32_t)pixels->rect.height;
	bool known = copy_is_current(picture) && picture->copy->layout.width == width &&
		     picture->copy->layout.height == height &&
		     picture->copy->layout.fourcc == pixels->format->fourcc &&
		     (picture->current.placeholder || !placeholder_is_in(pixels));
	/* The guest's last picture, which may still be on a screen, is not drawn over. */
	int r = known ? 0 : replace_copy(picture, width, height, pixels->format, false);

	if (r < 0) {
		return r;
	}
	/* It brings its size along. */
	cancel_timer(picture->size_timer);
	r = pixel_copy_write(picture->copy, pixels);
	if (known) {
		picture_load_update(picture);
		set_source(picture, width, height);
		check_placeholder(picture);
	} else {
		set_current_copy(picture, width, height);
	}
	return r;
}

static uint32_t
max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Makes room for at least this size, keeping what is drawn. Only on a copy that is current. */
static int
grow_copy(struct picture *picture, uint32_t width, uint32_t height)
{
	const struct buffer_layout *layout = &picture->copy->layout;
	int r = 0;

	if (width > layout->width || height > layout->height) {
		r = replace_copy(picture, max_u32(width, layout->width),
			max_u32(height, layout->height), format_from_fourcc(layout->fourcc), true);
		if (r >= 0) {
			set_current_copy(picture, width, height);
		}
	}
	return r;
}

int
picture_load_part(struct picture *picture, const struct message_pixels *pixels, bool *ret_grown)
{
	uint32_t right = (uint32_t)(pixels->rect.x + pixels->rect.width);
	uint32_t bottom = (uint32_t)(pixels->rect.y + pixels->rect.height);
	bool known =
		copy_is_current(picture) && picture->copy->layout.fourcc == pixels->format->fourcc;
	struct rect old = { 0 };
	int r;

	if (known) {
		old = picture->current.source;
		right = max_u32(right, (uint32_t)old.width);
		bottom = max_u32(bottom, (uint32_t)old.height);
		r = grow_copy(picture, right, bottom);
	} else {
		r = replace_copy(picture, right, bottom, pixels->format, false);
	}
	if (r < 0) {
		return r;
	}
	r = pixel_copy_write(picture->copy, pixels);
	if (known) {
		picture_load_update(picture);
		set_source(picture, right, bottom);
	} else {
		set_current_copy(picture, right, bottom);
	}
	*ret_grown = !known || !rect_equal(&old, &picture->current.source);
	return r;
}

static void
take_size(struct picture *picture)
{
	uint32_t width = picture->size_width, height = picture->size_height;

	if (!copy_is_current(picture)) {
		return;
	}
	/* What lies outside stays in the buffer: the news may have overtaken the picture. */
	if (grow_copy(picture, width, height) < 0) {
		if (log_may_repeat(LOG_LEVEL_WARNING, &picture->guest->n_complaints)) {
			log_warning("console %u: its new size of %ux%u is out of reach; it keeps "
				    "the old one",
				picture->head->console, width, height);
		}
		return;
	}
	set_source(picture, width, height);
}

static int
handle_timer_size(sd_event_source *source, uint64_t usec, void *data)
{
	struct picture *picture = data;

	take_size(picture);
	picture_tell(picture);
	return 0;
}

void
picture_settle(struct picture *picture)
{
	if (picture->size_timer != NULL &&
		sd_event_source_get_enabled(picture->size_timer, NULL) > 0) {
		cancel_timer(picture->size_timer);
		take_size(picture);
		picture_tell(picture);
	}
}

void
picture_load_size(struct picture *picture, uint32_t width, uint32_t height)
{
	if (!copy_is_current(picture) || width == 0 || height == 0) {
		return;
	}
	picture->size_width = width;
	picture->size_height = height;
	/* Without memory for a timer the picture keeps its size. */
	start_timer(picture, &picture->size_timer, PICTURE_SIZE_DELAY_MS, handle_timer_size);
}

void
picture_load_update(struct picture *picture)
{
	cancel_timer(picture->off_timer);
	if (picture->off) {
		picture->told = false;
	}
	/* QEMU's messages come as new pictures; but guests draw into the surface that shows one. */
	if (picture->current.placeholder) {
		check_placeholder(picture);
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
	/* After destruction the list is empty. */
	for (uint32_t i = 0; i < picture->n_retired; i++) {
		emit_buffer_removed(guest, picture->head, picture->retired[i]);
	}
	release_retired(picture);
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
	cancel_timer(picture->off_timer);
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
	/* Without memory for a timer the head just stays on. */
	start_timer(picture, &picture->off_timer, PICTURE_OFF_DELAY_MS, handle_timer_off);
}
