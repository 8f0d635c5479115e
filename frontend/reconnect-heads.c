#include "reconnect-private.h"

#include <string.h>

#include "base/log.h"

static void
remove_head(struct reconnect *reconnect, struct lasting_head *head)
{
	reconnect->base.listener->head_removed(reconnect->base.data, &head->base);
	*head = (struct lasting_head){ 0 };
}

void
reconnect_detach_heads(struct reconnect *reconnect)
{
	for (int i = 0; i < GUEST_MAX_HEADS; i++) {
		reconnect->heads[i].inner = NULL;
	}
}

void
reconnect_remove_absent_heads(struct reconnect *reconnect)
{
	for (int i = 0; i < GUEST_MAX_HEADS; i++) {
		if (reconnect->heads[i].used && reconnect->heads[i].inner == NULL) {
			remove_head(reconnect, &reconnect->heads[i]);
		}
	}
}

struct guest_head *
reconnect_inner_head(struct guest_head *head)
{
	return ((struct lasting_head *)head)->inner;
}

/* What the frontend may read; its own pointer stays. */
static void
take_description(struct lasting_head *head, const struct guest_head *inner)
{
	void *frontend = head->base.frontend;

	head->base = *inner;
	head->base.frontend = frontend;
}

/* The one that has been there before, a free one, or one that its VM seems not to have any more. */
static struct lasting_head *
find_place(struct reconnect *reconnect, const struct guest_head *inner)
{
	struct lasting_head *place = NULL;

	for (int i = 0; i < GUEST_MAX_HEADS; i++) {
		struct lasting_head *head = &reconnect->heads[i];

		if (head->inner != NULL) {
			continue;
		}
		if (head->used && head->base.index == inner->index &&
			strcmp(head->base.gpu, inner->gpu) == 0) {
			return head;
		}
		if (place == NULL || (place->used && !head->used)) {
			place = head;
		}
	}
	if (place != NULL && place->used) {
		remove_head(reconnect, place);
	}
	return place;
}

void
reconnect_handle_head_added(void *data, struct guest_head *inner)
{
	struct reconnect *reconnect = data;
	struct lasting_head *head = find_place(reconnect, inner);
	bool is_known = head != NULL && head->used;

	inner->frontend = head;
	if (head == NULL) {
		log_warning("more than %d consoles; %s is left out", GUEST_MAX_HEADS, inner->label);
		return;
	}
	head->used = true;
	head->inner = inner;
	take_description(head, inner);
	if (is_known) {
		reconnect->base.listener->head_changed(reconnect->base.data, &head->base);
	} else {
		reconnect->base.listener->head_added(reconnect->base.data, &head->base);
	}
}

void
reconnect_handle_head_changed(void *data, struct guest_head *inner)
{
	struct reconnect *reconnect = data;
	struct lasting_head *head = inner->frontend;

	if (head != NULL) {
		take_description(head, inner);
		reconnect->base.listener->head_changed(reconnect->base.data, &head->base);
	}
}

void
reconnect_handle_head_removed(void *data, struct guest_head *inner)
{
	if (inner->frontend != NULL) {
		remove_head(data, inner->frontend);
	}
}

void
reconnect_handle_scanout(void *data, struct guest_head *inner, const struct scanout *scanout)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->scanout(reconnect->base.data, inner->frontend, scanout);
	}
}

void
reconnect_handle_buffer_removed(void *data, struct guest_head *inner, struct buffer *buffer)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->buffer_removed(
			reconnect->base.data, inner->frontend, buffer);
	}
}

void
reconnect_handle_update(
	void *data, struct guest_head *inner, const struct rect *damage, uint64_t serial)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->update(
			reconnect->base.data, inner->frontend, damage, serial);
	} else {
		guest_update_done(reconnect->inner, inner, serial);
	}
}

void
reconnect_handle_settled(void *data, struct guest_head *inner)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->settled(reconnect->base.data, inner->frontend);
	}
}

void
reconnect_handle_cursor(void *data, struct guest_head *inner, const struct cursor_image *image)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->cursor(reconnect->base.data, inner->frontend, image);
	}
}

void
reconnect_handle_cursor_position(
	void *data, struct guest_head *inner, int32_t gx, int32_t gy, bool on)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->cursor_position(
			reconnect->base.data, inner->frontend, gx, gy, on);
	}
}

void
reconnect_handle_pointer_mode(void *data, struct guest_head *inner, enum pointer_mode mode)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->pointer_mode(reconnect->base.data, inner->frontend, mode);
	}
}

void
reconnect_handle_leds(void *data, struct guest_head *inner, uint32_t mask)
{
	struct reconnect *reconnect = data;

	if (inner->frontend != NULL) {
		reconnect->base.listener->leds(reconnect->base.data, inner->frontend, mask);
	}
}
