#include "viewer.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static void
write_down(struct viewer *viewer, const char *event, const struct guest_head *head)
{
	size_t length = strlen(viewer->log);
	char *end = viewer->log + length;

	/* After the guest is gone nothing may come. */
	assert_non_null(viewer->guest);
	if (head != NULL) {
		snprintf(end, sizeof(viewer->log) - length, "%s %u\n", event, head->console);
	} else {
		snprintf(end, sizeof(viewer->log) - length, "%s\n", event);
	}
	if (viewer->watch != NULL) {
		viewer->watch(viewer->watch_data, event);
	}
	if (viewer->leave_at != NULL && strcmp(viewer->leave_at, event) == 0) {
		guest_destroy(viewer->guest);
		viewer->guest = NULL;
	}
}

static struct viewer_head *
find(struct viewer *viewer, struct guest_head *head)
{
	return &viewer->heads[head->console];
}

static int
handle_guest_identified(void *data, const struct guest_identity *identity)
{
	struct viewer *viewer = data;

	viewer->identity = *identity;
	viewer->n_identified++;
	write_down(viewer, "identified", NULL);
	return viewer->identified_answer;
}

static void
handle_guest_ready(void *data)
{
	struct viewer *viewer = data;

	viewer->n_ready++;
	write_down(viewer, "ready", NULL);
}

static void
handle_guest_head_added(void *data, struct guest_head *head)
{
	struct viewer *viewer = data;

	assert_null(find(viewer, head)->head);
	find(viewer, head)->head = head;
	write_down(viewer, "head_added", head);
}

static void
handle_guest_head_changed(void *data, struct guest_head *head)
{
	write_down(data, "head_changed", head);
}

static void
handle_guest_head_removed(void *data, struct guest_head *head)
{
	struct viewer *viewer = data;
	struct viewer_head *own = find(viewer, head);

	assert_ptr_equal(own->head, head);
	buffer_unref(own->scanout.buffer);
	*own = (struct viewer_head){ 0 };
	write_down(viewer, "head_removed", head);
}

static void
handle_guest_scanout(void *data, struct guest_head *head, const struct scanout *scanout)
{
	struct viewer *viewer = data;
	struct viewer_head *own = find(viewer, head);

	buffer_unref(own->scanout.buffer);
	own->scanout = (struct scanout){ 0 };
	if (scanout != NULL) {
		struct rect whole = {
			.width = (int32_t)scanout->buffer->layout.width,
			.height = (int32_t)scanout->buffer->layout.height,
		};

		assert_false(rect_is_empty(&scanout->source));
		assert_true(rect_contains(&whole, &scanout->source));
		own->scanout = *scanout;
		buffer_ref(scanout->buffer);
		own->n_scanouts++;
	} else {
		own->n_offs++;
	}
	write_down(viewer, scanout != NULL ? "scanout" : "off", head);
}

static void
handle_guest_buffer_removed(void *data, struct guest_head *head, struct buffer *buffer)
{
	struct viewer *viewer = data;

	find(viewer, head)->n_removed_buffers++;
	write_down(viewer, "buffer_removed", head);
}

static void
handle_guest_update(void *data, struct guest_head *head, const struct rect *damage, uint64_t serial)
{
	struct viewer *viewer = data;
	struct viewer_head *own = find(viewer, head);

	assert_false(rect_is_empty(damage));
	assert_true(rect_contains(&own->scanout.source, damage));
	own->damage = *damage;
	own->n_updates++;
	if (!viewer->holds_answers) {
		guest_update_done(viewer->guest, head, serial);
	} else {
		assert_true(viewer->n_held < VIEWER_MAX_UPDATES);
		viewer->held[viewer->n_held++] = serial;
	}
	write_down(viewer, "update", head);
}

static void
handle_guest_cursor(void *data, struct guest_head *head, const struct cursor_image *image)
{
	struct viewer *viewer = data;
	struct viewer_head *own = find(viewer, head);

	own->n_cursors++;
	own->cursor = image != NULL ? *image : (struct cursor_image){ 0 };
	own->first_pixel = image != NULL ? image->pixels[0] : 0;
	own->cursor.pixels = NULL;
	write_down(viewer, image != NULL ? "cursor" : "no_cursor", head);
}

static void
handle_guest_cursor_position(void *data, struct guest_head *head, int32_t gx, int32_t gy, bool on)
{
	struct viewer *viewer = data;
	struct viewer_head *own = find(viewer, head);

	own->cursor_x = gx;
	own->cursor_y = gy;
	own->cursor_on = on;
	write_down(viewer, "cursor_position", head);
}

static void
handle_guest_pointer_mode(void *data, struct guest_head *head, enum pointer_mode mode)
{
	struct viewer *viewer = data;

	find(viewer, head)->pointer_mode = mode;
	write_down(viewer, "pointer_mode", head);
}

static void
handle_guest_leds(void *data, struct guest_head *head, uint32_t mask)
{
	struct viewer *viewer = data;

	find(viewer, head)->leds = mask;
	write_down(viewer, "leds", head);
}

static void
handle_guest_settled(void *data, struct guest_head *head)
{
	struct viewer *viewer = data;

	if (viewer->writes_settled) {
		write_down(viewer, "settled", head);
	}
}

static void
handle_guest_synced(void *data)
{
	struct viewer *viewer = data;

	viewer->n_synced++;
	write_down(viewer, "synced", NULL);
}

static void
handle_guest_power_done(void *data, enum guest_power power, int error)
{
	struct viewer *viewer = data;

	assert_int_equal(power, GUEST_POWER_DOWN);
	viewer->n_power_done++;
	viewer->power_error = error;
	write_down(viewer, "power_done", NULL);
}

static void
handle_guest_taken_over(void *data)
{
	struct viewer *viewer = data;

	viewer->n_taken_over++;
	write_down(viewer, "taken_over", NULL);
}

static void
handle_guest_closed(void *data, int error)
{
	struct viewer *viewer = data;

	viewer->n_closed++;
	viewer->error = error;
	write_down(viewer, "closed", NULL);
}

const struct guest_listener viewer_listener = {
	.identified = handle_guest_identified,
	.ready = handle_guest_ready,
	.head_added = handle_guest_head_added,
	.head_changed = handle_guest_head_changed,
	.head_removed = handle_guest_head_removed,
	.scanout = handle_guest_scanout,
	.buffer_removed = handle_guest_buffer_removed,
	.update = handle_guest_update,
	.settled = handle_guest_settled,
	.cursor = handle_guest_cursor,
	.cursor_position = handle_guest_cursor_position,
	.pointer_mode = handle_guest_pointer_mode,
	.leds = handle_guest_leds,
	.synced = handle_guest_synced,
	.power_done = handle_guest_power_done,
	.taken_over = handle_guest_taken_over,
	.closed = handle_guest_closed,
};

void
viewer_init(struct viewer *viewer)
{
	memset(viewer, 0, sizeof(*viewer));
}

void
viewer_finish(struct viewer *viewer)
{
	guest_destroy(viewer->guest);
	viewer->guest = NULL;
	for (uint32_t i = 0; i < sizeof(viewer->heads) / sizeof(viewer->heads[0]); i++) {
		buffer_unref(viewer->heads[i].scanout.buffer);
		viewer->heads[i].scanout.buffer = NULL;
	}
}

void
viewer_answer_all(struct viewer *viewer, uint32_t console)
{
	for (uint32_t i = 0; i < viewer->n_held; i++) {
		guest_update_done(viewer->guest, viewer->heads[console].head, viewer->held[i]);
	}
	viewer->n_held = 0;
}

uint32_t
viewer_pixel(struct viewer *viewer, uint32_t console, int32_t x, int32_t y)
{
	const struct scanout *scanout = &viewer->heads[console].scanout;
	struct rect rect = { scanout->source.x + x, scanout->source.y + y, 1, 1 };
	uint32_t pixel = 0;

	assert_non_null(scanout->buffer);
	assert_int_equal(buffer_read(scanout->buffer, &rect, &pixel, sizeof(pixel)), 0);
	return pixel & 0xffffff;
}
