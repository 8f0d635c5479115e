#include "qemu-dbus/picture.h"

#include <assert.h>
#include <errno.h>

#include "base/log.h"
#include "buffer-budget.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/hint.h"
#include "qemu-dbus/placeholder.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/timer.h"

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

static void
set_current(struct picture *picture, const struct scanout *scanout)
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

/*
 * The VM's memory is at its limit: all goes that this head is not showing now. It may never be
 * shown again, as after a change of the mode. False: there is none, or nobody to be shown to.
 */
static bool
make_room(struct picture *picture)
{
	if (picture->cache.n_buffers == 0) {
		return false;
	}
	buffer_cache_clear(&picture->cache);
	tell_retired(picture);
	return !guest_is_over(picture->guest);
}

static int
create_copy(struct picture *picture, uint32_t width, uint32_t height, const struct format *format,
	struct buffer **ret_copy)
{
	struct buffer_budget *budget = picture->cache.budget;
	struct buffer *copy;
	int r = pixel_copy_create(width, height, format, &copy);

	if (r < 0) {
		return r;
	}
	r = buffer_budget_admit(budget, copy);
	if (r == -EDQUOT && make_room(picture)) {
		r = buffer_budget_admit(budget, copy);
	}
	if (r < 0) {
		buffer_unref(copy);
		return r;
	}
	*ret_copy = copy;
	return 0;
}

void
picture_finish(struct picture *picture)
{
	picture->off_timer = sd_event_source_disable_unref(picture->off_timer);
	picture->size_timer = sd_event_source_disable_unref(picture->size_timer);
	picture_drop_pixels(picture);
	release_retired(picture);
	buffer_cache_clear(&picture->cache);
	drop_copy(picture);
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

	if (r == -EDQUOT && make_room(picture)) {
		r = buffer_cache_get(&picture->cache, &message->layout, &scanout.buffer);
	}
	if (r < 0) {
		return r;
	}
	drop_copy(picture);
	timer_stop(picture->size_timer);
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

static uint32_t
max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* A copy of that size for what is there and what comes, with the content of the present one. */
static int
create_grown(struct picture *picture, uint32_t width, uint32_t height, struct buffer **ret_copy)
{
	const struct buffer_layout *layout = &picture->copy->layout;
	struct buffer *copy;
	int r = create_copy(picture, max_u32(width, layout->width), max_u32(height, layout->height),
		format_from_fourcc(layout->fourcc), &copy);

	if (r < 0) {
		return r;
	}
	r = pixel_copy_take_over(copy, picture->copy);
	if (r < 0) {
		buffer_unref(copy);
		return r;
	}
	*ret_copy = copy;
	return 0;
}

/* Takes the reference over. */
static void
replace_copy(struct picture *picture, struct buffer *copy, uint32_t width, uint32_t height)
{
	drop_copy(picture);
	buffer_cache_clear(&picture->cache);
	picture->copy = copy;
	set_current_copy(picture, width, height);
}

/* Whether a picture of at least, or of just this size has room in the copy. */
static bool
copy_has_room(const struct picture *picture, uint32_t width, uint32_t height, bool is_whole)
{
	const struct buffer_layout *layout = &picture->copy->layout;

	return is_whole ? width == layout->width && height == layout->height
			: width <= layout->width && height <= layout->height;
}

int
picture_begin_pixels(struct picture *picture, const struct message_pixels *pixels, bool is_whole)
{
	struct picture_coming *coming = &picture->coming;
	const struct rect *source = &picture->current.source;
	uint32_t width = (uint32_t)(pixels->rect.x + pixels->rect.width);
	uint32_t height = (uint32_t)(pixels->rect.y + pixels->rect.height);
	bool known =
		copy_is_current(picture) && picture->copy->layout.fourcc == pixels->format->fourcc;
	bool grows = !known && !is_whole;
	struct buffer *copy;
	int r = 0;

	if (known && !is_whole) {
		grows = width > (uint32_t)source->width || height > (uint32_t)source->height;
		width = max_u32(width, (uint32_t)source->width);
		height = max_u32(height, (uint32_t)source->height);
	}
	if (known && copy_has_room(picture, width, height, is_whole)) {
		copy = buffer_ref(picture->copy);
	} else if (known && !is_whole) {
		r = create_grown(picture, width, height, &copy);
	} else {
		r = create_copy(picture, width, height, pixels->format, &copy);
	}
	if (r < 0) {
		return r;
	}
	coming->is_whole = is_whole;
	coming->grows = grows;
	coming->width = width;
	coming->height = height;
	pixel_copy_begin(&coming->pixels, copy, pixels);
	buffer_unref(copy);
	return 0;
}

/*
 * The guest's last picture, which may still be on a screen, is not drawn over by a placeholder.
 * That it is one is seen at its end only, but at its start that it may be.
 */
static void
set_aside(struct picture *picture, const uint8_t *bytes, size_t size)
{
	struct pixel_copy *pixels = &picture->coming.pixels;
	const struct buffer_layout *layout = &pixels->buffer->layout;
	struct buffer *copy;

	if (pixels->buffer != picture->copy || !picture->coming.is_whole ||
		picture->current.placeholder ||
		!placeholder_may_begin(&pixels->pixels, bytes, size)) {
		return;
	}
	pixels->error =
		create_copy(picture, layout->width, layout->height, pixels->pixels.format, &copy);
	if (pixels->error >= 0) {
		buffer_unref(pixels->buffer);
		pixels->buffer = copy;
		picture->coming.is_aside = true;
	}
}

void
picture_write_pixels(struct picture *picture, const uint8_t *bytes, size_t size)
{
	if (picture->coming.pixels.at == 0 && picture->coming.pixels.error == 0) {
		set_aside(picture, bytes, size);
	}
	pixel_copy_write(&picture->coming.pixels, bytes, size);
}

/* Brings what was set aside into the picture after all, unless it is a placeholder. */
static int
take_back(struct picture *picture)
{
	struct picture_coming *coming = &picture->coming;
	struct buffer *copy = coming->pixels.buffer;
	const struct scanout scanout = {
		.buffer = copy,
		.source = coming->pixels.pixels.rect,
	};
	int r;

	if (placeholder_is(&scanout)) {
		return 0;
	}
	r = pixel_copy_take_over(picture->copy, copy);
	coming->pixels.buffer = buffer_ref(picture->copy);
	buffer_unref(copy);
	return r;
}

int
picture_end_pixels(struct picture *picture, bool *ret_grown)
{
	struct picture_coming *coming = &picture->coming;
	struct buffer *copy;
	int r = coming->pixels.error;

	if (r >= 0 && coming->is_aside) {
		r = take_back(picture);
	}
	copy = coming->pixels.buffer;
	if (r >= 0 && coming->is_whole) {
		/* It brings its size along. */
		timer_stop(picture->size_timer);
		coming->size_is_due = false;
	}
	if (r >= 0 && copy != picture->copy) {
		replace_copy(picture, buffer_ref(copy), coming->width, coming->height);
	} else if (r >= 0) {
		lost_flips_scanout(&picture->lost_flips);
		picture_load_update(picture);
		set_source(picture, coming->width, coming->height);
		if (coming->is_whole) {
			check_placeholder(picture);
		}
	}
	*ret_grown = r >= 0 && coming->grows;
	picture_drop_pixels(picture);
	return r;
}

static void
take_size(struct picture *picture)
{
	uint32_t width = picture->size_width, height = picture->size_height;
	struct buffer *copy;

	if (!copy_is_current(picture)) {
		return;
	}
	if (picture->coming.pixels.buffer != NULL) {
		picture->coming.size_is_due = true;
		return;
	}
	/* What lies outside stays in the buffer: the news may have overtaken the picture. */
	if (copy_has_room(picture, width, height, false)) {
		set_source(picture, width, height);
	} else if (create_grown(picture, width, height, &copy) >= 0) {
		replace_copy(picture, copy, width, height);
	} else if (log_may_repeat(LOG_LEVEL_WARNING, &picture->guest->n_complaints)) {
		log_warning(
			"console %u: its new size of %ux%u is out of reach; it keeps the old one",
			picture->head->console, width, height);
	}
}

void
picture_drop_pixels(struct picture *picture)
{
	bool size_is_due = picture->coming.size_is_due;

	pixel_copy_finish(&picture->coming.pixels);
	picture->coming = (struct picture_coming){ 0 };
	if (size_is_due) {
		take_size(picture);
	}
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
		timer_stop(picture->size_timer);
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
	timer_start(&picture->size_timer, picture->guest->event, PICTURE_SIZE_DELAY_MS,
		handle_timer_size, picture);
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
