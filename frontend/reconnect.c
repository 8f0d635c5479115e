#include "reconnect-private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static void
enter(struct reconnect *reconnect, enum reconnect_state next)
{
	static const bool allowed[N_STATES][N_STATES] = {
		[RECONNECT_FIRST] = { [RECONNECT_ATTACHED] = true, [RECONNECT_OVER] = true },
		[RECONNECT_ATTACHED] = { [RECONNECT_WAITING] = true,
			[RECONNECT_TAKEN] = true,
			[RECONNECT_OVER] = true },
		[RECONNECT_WAITING] = { [RECONNECT_WAITING] = true, [RECONNECT_TRYING] = true },
		[RECONNECT_TAKEN] = { [RECONNECT_WAITING] = true },
		[RECONNECT_TRYING] = { [RECONNECT_WAITING] = true, [RECONNECT_SYNCING] = true },
		[RECONNECT_SYNCING] = { [RECONNECT_WAITING] = true,
			[RECONNECT_TAKEN] = true,
			[RECONNECT_ATTACHED] = true,
			[RECONNECT_OVER] = true },
	};

	assert(allowed[reconnect->state][next]);
	reconnect->state = next;
}

static void
set_timer(struct reconnect *reconnect, uint64_t delay_ms)
{
	/* The source exists; only a dead event loop can refuse. */
	sd_event_source_set_time_relative(reconnect->timer, delay_ms * US_PER_MS);
	sd_event_source_set_enabled(reconnect->timer, SD_EVENT_ONESHOT);
}

static void
wait_for_next_try(struct reconnect *reconnect)
{
	enter(reconnect, RECONNECT_WAITING);
	set_timer(reconnect, reconnect->is_other ? RECONNECT_OTHER_MS : reconnect->delay_ms);
	reconnect->delay_ms *= 2;
	if (reconnect->delay_ms > RECONNECT_MAX_MS) {
		reconnect->delay_ms = RECONNECT_MAX_MS;
	}
}

static void
drop_inner(struct reconnect *reconnect)
{
	struct guest *inner = reconnect->inner;

	reconnect->inner = NULL;
	reconnect_detach_heads(reconnect);
	guest_destroy(inner);
}

/* The last thing that a handler does. */
static void
tell_lost(struct reconnect *reconnect, enum reconnect_loss loss)
{
	reconnect->told = loss;
	reconnect->listener->lost(reconnect->base.data, loss);
}

static void
lose(struct reconnect *reconnect)
{
	bool taken_over = reconnect->taken_over;

	/* From here on the same is tried, and fails, over and over. */
	log_set_repeats(false);
	reconnect->taken_over = reconnect->is_other = false;
	reconnect->delay_ms = RECONNECT_FIRST_MS;
	if (taken_over) {
		enter(reconnect, RECONNECT_TAKEN);
		set_timer(reconnect, RECONNECT_MAX_MS);
	} else {
		wait_for_next_try(reconnect);
	}
	tell_lost(reconnect, taken_over ? RECONNECT_TAKEN_OVER : RECONNECT_GONE);
}

static bool
is_ours(const struct reconnect *reconnect, const struct guest_identity *identity)
{
	const struct guest_identity *known = &reconnect->identity;

	return strcmp(known->uuid, identity->uuid) == 0 &&
	       (known->uuid[0] != '\0' || strcmp(known->name, identity->name) == 0);
}

static int
handle_identified(void *data, const struct guest_identity *identity)
{
	struct reconnect *reconnect = data;

	if (reconnect->state == RECONNECT_FIRST) {
		reconnect->identity = *identity;
		return reconnect->base.listener->identified(reconnect->base.data, identity);
	}
	reconnect->is_other = !is_ours(reconnect, identity);
	return reconnect->is_other ? -EXDEV : 0;
}

static void
become_attached(struct reconnect *reconnect)
{
	enter(reconnect, RECONNECT_ATTACHED);
	log_set_repeats(true);
	reconnect_remove_absent_heads(reconnect);
	reconnect->base.listener->synced(reconnect->base.data);
	reconnect->listener->back(reconnect->base.data);
}

static void
handle_ready(void *data)
{
	struct reconnect *reconnect = data;

	if (reconnect->state == RECONNECT_FIRST) {
		enter(reconnect, RECONNECT_ATTACHED);
		reconnect->base.listener->ready(reconnect->base.data);
		return;
	}
	enter(reconnect, RECONNECT_SYNCING);
	if (guest_sync(reconnect->inner) < 0) {
		become_attached(reconnect);
	}
}

static void
handle_synced(void *data)
{
	struct reconnect *reconnect = data;

	if (reconnect->state == RECONNECT_SYNCING) {
		become_attached(reconnect);
	} else {
		reconnect->base.listener->synced(reconnect->base.data);
	}
}

static void
handle_power_done(void *data, enum guest_power power, int error)
{
	struct reconnect *reconnect = data;

	reconnect->base.listener->power_done(reconnect->base.data, power, error);
}

static void
handle_taken_over(void *data)
{
	struct reconnect *reconnect = data;

	reconnect->taken_over = true;
	reconnect->base.listener->taken_over(reconnect->base.data);
}

static void
handle_closed(void *data, int error)
{
	struct reconnect *reconnect = data;

	drop_inner(reconnect);
	if (reconnect->state == RECONNECT_TRYING) {
		wait_for_next_try(reconnect);
		if (reconnect->is_other && reconnect->told != RECONNECT_OTHER_VM) {
			tell_lost(reconnect, RECONNECT_OTHER_VM);
		}
	} else if (reconnect->state == RECONNECT_FIRST || error == 0) {
		enter(reconnect, RECONNECT_OVER);
		reconnect->base.listener->closed(reconnect->base.data, error);
	} else {
		lose(reconnect);
	}
}

static const struct guest_listener inner_listener = {
	.identified = handle_identified,
	.ready = handle_ready,
	.head_added = reconnect_handle_head_added,
	.head_changed = reconnect_handle_head_changed,
	.head_removed = reconnect_handle_head_removed,
	.scanout = reconnect_handle_scanout,
	.buffer_removed = reconnect_handle_buffer_removed,
	.update = reconnect_handle_update,
	.settled = reconnect_handle_settled,
	.cursor = reconnect_handle_cursor,
	.cursor_position = reconnect_handle_cursor_position,
	.pointer_mode = reconnect_handle_pointer_mode,
	.leds = reconnect_handle_leds,
	.synced = handle_synced,
	.power_done = handle_power_done,
	.taken_over = handle_taken_over,
	.closed = handle_closed,
};

static void
try_again(struct reconnect *reconnect)
{
	int r = reconnect->listener->create(reconnect->base.data, &reconnect->identity,
		&inner_listener, reconnect, &reconnect->inner);

	reconnect->is_other = false;
	if (r >= 0) {
		enter(reconnect, RECONNECT_TRYING);
		r = guest_open(reconnect->inner);
	}
	if (r < 0) {
		drop_inner(reconnect);
		wait_for_next_try(reconnect);
	}
}

static int
handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct reconnect *reconnect = data;

	if (reconnect->state == RECONNECT_WAITING) {
		try_again(reconnect);
	} else if (reconnect->state == RECONNECT_TAKEN) {
		if (reconnect->listener->is_anew(reconnect->base.data)) {
			reconnect_now(reconnect);
		} else {
			set_timer(reconnect, RECONNECT_MAX_MS);
		}
	}
	return 0;
}

void
reconnect_now(struct reconnect *reconnect)
{
	if (reconnect->state == RECONNECT_TAKEN) {
		enter(reconnect, RECONNECT_WAITING);
		set_timer(reconnect, 0);
		tell_lost(reconnect, RECONNECT_GONE);
	}
}

static struct reconnect *
from_base(struct guest *base)
{
	return (struct reconnect *)base;
}

static int
reconnect_open(struct guest *base)
{
	return guest_open(from_base(base)->inner);
}

static void
reconnect_destroy(struct guest *base)
{
	struct reconnect *reconnect = from_base(base);

	log_set_repeats(true);
	guest_destroy(reconnect->inner);
	sd_event_source_disable_unref(reconnect->timer);
	free(reconnect);
}

static void
reconnect_update_done(struct guest *base, struct guest_head *head, uint64_t serial)
{
	struct guest_head *inner = reconnect_inner_head(head);

	/* The VM that is gone wants no answer. */
	if (inner != NULL) {
		guest_update_done(from_base(base)->inner, inner, serial);
	}
}

static void
reconnect_input(struct guest *base, struct guest_head *head, const struct input_event *event)
{
	struct reconnect *reconnect = from_base(base);
	struct guest_head *inner = reconnect_inner_head(head);

	if (reconnect->state == RECONNECT_ATTACHED && inner != NULL) {
		guest_input(reconnect->inner, inner, event);
	}
}

static int
reconnect_sync(struct guest *base)
{
	struct reconnect *reconnect = from_base(base);

	/* While it is gone synced() comes with it. */
	return reconnect->state == RECONNECT_ATTACHED ? guest_sync(reconnect->inner) : 0;
}

static int
reconnect_set_head(
	struct guest *base, struct guest_head *head, const struct head_geometry *geometry)
{
	struct guest_head *inner = reconnect_inner_head(head);

	return inner != NULL ? guest_set_head(from_base(base)->inner, inner, geometry) : -ENOTCONN;
}

static int
reconnect_power(struct guest *base, enum guest_power power)
{
	struct reconnect *reconnect = from_base(base);

	return reconnect->state == RECONNECT_ATTACHED ? guest_power(reconnect->inner, power)
						      : -ENOTCONN;
}

static const struct guest_ops reconnect_ops = {
	.open = reconnect_open,
	.destroy = reconnect_destroy,
	.update_done = reconnect_update_done,
	.input = reconnect_input,
	.sync = reconnect_sync,
	.set_head = reconnect_set_head,
	.power = reconnect_power,
};

int
reconnect_create(sd_event *event, const struct reconnect_listener *reconnect_listener,
	const struct guest_listener *listener, void *data, struct reconnect **ret_reconnect)
{
	struct reconnect *reconnect = calloc(1, sizeof(*reconnect));
	int r;

	if (reconnect == NULL) {
		return -ENOMEM;
	}
	reconnect->listener = reconnect_listener;
	reconnect->base.listener = listener;
	reconnect->base.data = data;
	r = sd_event_add_time(
		event, &reconnect->timer, CLOCK_MONOTONIC, 0, 1, handle_timer, reconnect);
	if (r >= 0) {
		r = sd_event_source_set_enabled(reconnect->timer, SD_EVENT_OFF);
	}
	if (r >= 0) {
		r = reconnect_listener->create(
			data, NULL, &inner_listener, reconnect, &reconnect->inner);
	}
	if (r < 0) {
		reconnect_destroy(&reconnect->base);
		return r;
	}
	/* What is known of the adapter is true of all guests that it makes. */
	reconnect->ops = reconnect_ops;
	reconnect->ops.name = reconnect->inner->ops->name;
	reconnect->ops.runs_ahead = reconnect->inner->ops->runs_ahead;
	reconnect->base.ops = &reconnect->ops;
	*ret_reconnect = reconnect;
	return 0;
}

struct guest *
reconnect_guest(struct reconnect *reconnect)
{
	return &reconnect->base;
}
