#include "stage.h"

#include "base/clock.h"
#include "base/log.h"
#include "display-private.h"
#include "output.h"
#include "subsurface.h"
#include "toplevel.h"
#include "wayland-buffer.h"

static void
handle_callback_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct stage *stage = data;

	wl_callback_destroy(callback);
	stage->callback = NULL;
	sight_end_wait(&stage->sight, true);
	picture_cursor_handle_frame(&stage->cursor);
	stage->frame_done(stage->data);
}

static const struct wl_callback_listener callback_listener = {
	.done = handle_callback_done,
};

static void
request_callback(struct stage *stage, struct layer *layer)
{
	if (stage->callback != NULL) {
		return;
	}
	stage->callback = wl_surface_frame(layer->surface);
	if (stage->callback != NULL) {
		wl_callback_add_listener(stage->callback, &callback_listener, stage);
		sight_wait(&stage->sight);
	}
}

static void
cancel_callback(struct stage *stage)
{
	if (stage->callback != NULL) {
		wl_callback_destroy(stage->callback);
		stage->callback = NULL;
		sight_end_wait(&stage->sight, false);
	}
}

int
stage_init(struct stage *stage, struct display *display, const struct guest_cursor *cursor,
	void (*sight_changed)(void *data), void *sight_data)
{
	int r;

	stage->display = display;
	sight_init(&stage->sight, display->deadlines, sight_changed, sight_data);
	r = layer_init(&stage->base, display);
	picture_cursor_init(&stage->cursor, display, stage->base.surface, &stage->geometry, cursor,
		&stage->sight);
	return r;
}

void
stage_finish(struct stage *stage)
{
	cancel_callback(stage);
	timing_finish(&stage->timing);
	overlay_finish(&stage->overlay);
	veil_finish(&stage->veil);
	picture_cursor_finish(&stage->cursor);
	if (stage->subsurface != NULL) {
		wl_subsurface_destroy(stage->subsurface);
	}
	layer_finish(&stage->child);
	layer_finish(&stage->base);
	wayland_buffer_set_shown(stage->next, false);
	if (stage->shown != stage->next) {
		wayland_buffer_set_shown(stage->shown, false);
	}
	sight_finish(&stage->sight);
	*stage = (struct stage){ 0 };
}

void
stage_queue(struct stage *stage, struct wayland_buffer *buffer, const struct frame *frame)
{
	const struct rect whole = { 0, 0, (int32_t)buffer->width, (int32_t)buffer->height };
	struct wayland_buffer *before = stage->next;
	struct damage damage = frame->damage;

	if (before != NULL) {
		stage->n_superseded += !stage->frame.own;
		if (before->width == buffer->width && before->height == buffer->height) {
			damage_add_damage(&damage, &stage->frame.damage, &whole);
		} else {
			damage_add(&damage, &whole, &whole);
		}
	}
	stage->next = buffer;
	stage->frame = *frame;
	stage->frame.damage = damage;
	wayland_buffer_set_shown(buffer, true);
	if (before != NULL && before != buffer && before != stage->shown) {
		wayland_buffer_set_shown(before, false);
	}
}

static void
measure(struct stage *stage, struct layer *layer)
{
	if (stage->frame.own) {
		return;
	}
	stage->n_commits++;
	timing_request(&stage->timing, layer->surface, !stage->shown->timed);
	stage->shown->timed = true;
	if (stage->timing.every) {
		stage->committed(stage->data, clock_now_ns());
	}
}

/* What the geometry cuts off is at the right and at the bottom of what is seen. */
static struct frame
cut_frame(const struct stage *stage)
{
	const struct geometry *geometry = &stage->geometry;
	struct frame frame = stage->frame;

	if (frame.bottom_up) {
		frame.source.y += frame.source.height - geometry->shown_height;
	}
	frame.source.width = geometry->shown_width;
	frame.source.height = geometry->shown_height;
	return frame;
}

static bool
is_cut_anew(const struct stage *stage)
{
	return stage->geometry.shown_width != stage->shown_width ||
	       stage->geometry.shown_height != stage->shown_height;
}

/* Puts the picture on a layer: the queued one, or the one shown so far on another layer. */
static void
attach(struct stage *stage, struct layer *layer)
{
	struct wayland_buffer *before = stage->shown;
	struct frame frame;

	if (stage->next != NULL) {
		stage->shown = stage->next;
		stage->next = NULL;
	}
	stage->shown->base.busy = true;
	frame = cut_frame(stage);
	layer_attach_picture(layer, stage->shown, &frame);
	stage->shown_width = frame.source.width;
	stage->shown_height = frame.source.height;
	/* They were for this commit. */
	stage->frame.acquire_point = stage->frame.release_point = 0;
	request_callback(stage, layer);
	/* What nobody sees need not wait for its turn, and must not pile up. */
	if (sight_is_visible(&stage->sight)) {
		cadence_queue(&layer->cadence);
	}
	measure(stage, layer);
	if (before != stage->shown) {
		wayland_buffer_set_shown(before, false);
	}
}

static int
create_child(struct stage *stage)
{
	int r;

	if (stage->subsurface != NULL) {
		return 0;
	}
	r = layer_init(&stage->child, stage->display);
	if (r >= 0) {
		r = subsurface_create(stage->display, stage->child.surface, stage->base.surface,
			&stage->subsurface);
	}
	if (r < 0) {
		layer_finish(&stage->child);
		return r;
	}
	/* A new one comes on top: of the overlay, too. */
	wl_subsurface_place_above(stage->subsurface, stage->base.surface);
	return 0;
}

static enum stage_shape
wanted_shape(struct stage *stage)
{
	if (geometry_is_direct(&stage->geometry)) {
		return STAGE_DIRECT;
	}
	if (create_child(stage) < 0) {
		log_warning("out of memory for black bars: the picture is stretched");
		return STAGE_DIRECT;
	}
	return STAGE_LETTERBOX;
}

static void
commit_direct(struct stage *stage, bool reshape)
{
	layer_set_size(&stage->base, stage->geometry.width, stage->geometry.height);
	if (reshape && stage->child.content == LAYER_PICTURE) {
		/* In sync mode nothing of this is seen before the parent's commit. */
		wl_subsurface_set_sync(stage->subsurface);
		layer_detach(&stage->child);
		wl_surface_commit(stage->child.surface);
	}
	if (reshape || stage->next != NULL || is_cut_anew(stage)) {
		attach(stage, &stage->base);
	}
	picture_cursor_commit(&stage->cursor);
	wl_surface_commit(stage->base.surface);
}

static void
commit_letterbox(struct stage *stage, bool reshape)
{
	const struct rect *fit = &stage->geometry.fit;

	wl_subsurface_set_sync(stage->subsurface);
	layer_set_size(&stage->child, fit->width, fit->height);
	if (reshape || stage->next != NULL || is_cut_anew(stage)) {
		attach(stage, &stage->child);
	}
	wl_surface_commit(stage->child.surface);
	wl_subsurface_set_position(stage->subsurface, fit->x, fit->y);

	layer_set_size(&stage->base, stage->geometry.width, stage->geometry.height);
	if (reshape) {
		layer_attach_black(&stage->base);
	}
	picture_cursor_commit(&stage->cursor);
	wl_surface_commit(stage->base.surface);
	/* From now on a frame needs the commit of its own surface only. */
	wl_subsurface_set_desync(stage->subsurface);
}

/* Shows picture, sizes and shape as they are now, all at once. */
static void
commit_layout(struct stage *stage)
{
	enum stage_shape shape = wanted_shape(stage);
	bool reshape = shape != stage->shape;

	stage->laid_out(stage->data);
	overlay_fit(&stage->overlay, stage->geometry.width, stage->geometry.height);
	veil_fit(&stage->veil, stage->geometry.width, stage->geometry.height);
	toplevel_apply(stage->toplevel, stage->geometry.width, stage->geometry.height);
	timing_expect_change(&stage->timing);
	if (reshape) {
		/* Asked for on the surface that loses the picture, it might never come. */
		cancel_callback(stage);
		stage->shape = shape;
	}
	if (shape == STAGE_DIRECT) {
		commit_direct(stage, reshape);
	} else {
		commit_letterbox(stage, reshape);
	}
}

static bool
measure_picture(struct stage *stage)
{
	stage->geometry.max_floating = output_largest_dimension(stage->base.display);
	return (stage->frame.own ? geometry_set_words : geometry_set_picture)(
		&stage->geometry, stage->frame.source.width, stage->frame.source.height);
}

bool
stage_commit(struct stage *stage)
{
	struct layer *layer = stage->shape == STAGE_DIRECT ? &stage->base : &stage->child;

	if (measure_picture(stage)) {
		commit_layout(stage);
		return true;
	}
	attach(stage, layer);
	if (layer == &stage->base) {
		picture_cursor_commit(&stage->cursor);
	}
	wl_surface_commit(layer->surface);
	return false;
}

void
stage_configure(struct stage *stage, int32_t width, int32_t height, bool fixed)
{
	measure_picture(stage);
	geometry_configure(&stage->geometry, width, height, fixed);
	commit_layout(stage);
}

void
stage_relayout(struct stage *stage)
{
	measure_picture(stage);
	commit_layout(stage);
}
