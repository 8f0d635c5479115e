#include "qemu-dbus/picture-private.h"

#include <errno.h>

#include "base/log.h"
#include "buffer-budget.h"
#include "qemu-dbus/placeholder.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/timer.h"

/* Pictures that come as bytes, and the copy of our own that they are brought into. */

void
picture_drop_copy(struct picture *picture)
{
	if (picture->copy != NULL) {
		picture_retire(picture, picture->copy);
		buffer_unref(picture->copy);
		picture->copy = NULL;
	}
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
	if (r == -EDQUOT && picture_make_room(picture)) {
		r = buffer_budget_admit(budget, copy);
	}
	if (r < 0) {
		buffer_unref(copy);
		return r;
	}
	*ret_copy = copy;
	return 0;
}

static void
set_current_copy(struct picture *picture, uint32_t width, uint32_t height)
{
	struct scanout scanout = {
		.buffer = picture->copy,
		.source = { .width = (int32_t)width, .height = (int32_t)height },
	};

	picture_set_current(picture, &scanout);
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
	picture_drop_copy(picture);
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
		picture_set_source(picture, coming->width, coming->height);
		if (coming->is_whole) {
			picture_check_placeholder(picture);
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
		picture_set_source(picture, width, height);
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
