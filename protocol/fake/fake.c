#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "demo.h"
#include "fake-private.h"
#include "paint.h"

#define DEMO_NAME "built-in demo"

/* sd-event's own default of 250 ms would be no accuracy at all. */
#define TIMER_ACCURACY_US 1

static struct fake *
fake_from_guest(struct guest *guest)
{
	return (struct fake *)guest;
}

static void
fake_free(struct fake *fake)
{
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		fake_head_reset(&fake->heads[i]);
	}
	for (uint32_t i = 0; i < SCRIPT_MAX_MEMORIES; i++) {
		fake_memory_destroy(fake->memories[i]);
	}
	sd_event_source_disable_unref(fake->turn);
	sd_event_source_disable_unref(fake->timer);
	sd_event_source_disable_unref(fake->follow_timer);
	record_close(&fake->record);
	script_destroy(fake->script);
	free(fake->cursor_pixels);
	free(fake);
}

static void
play(struct fake *fake)
{
	fake->calling = true;
	fake_play(fake);
	fake->calling = false;
	if (fake->destroyed) {
		fake_free(fake);
	}
}

static int
handle_turn(sd_event_source *source, void *data)
{
	play(data);
	return 0;
}

static int
handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	play(data);
	return 0;
}

void
fake_wake(struct fake *fake)
{
	/* The source exists; only a dead event loop can refuse. */
	sd_event_source_set_enabled(fake->turn, SD_EVENT_ONESHOT);
}

static void
set_timer(sd_event_source *timer, uint64_t time_ns)
{
	sd_event_source_set_time(timer, time_ns / NS_PER_US + 1);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

void
fake_wake_at(struct fake *fake, uint64_t time_ns)
{
	set_timer(fake->timer, time_ns);
}

void
fake_wake_follow_at(struct fake *fake, uint64_t time_ns)
{
	set_timer(fake->follow_timer, time_ns);
}

void
fake_close(struct fake *fake, int error)
{
	fake->state = FAKE_CLOSED;
	sd_event_source_set_enabled(fake->turn, SD_EVENT_OFF);
	sd_event_source_set_enabled(fake->timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(fake->follow_timer, SD_EVENT_OFF);
	fake->guest.listener->closed(fake->guest.data, error);
}

static int
handle_open(struct guest *guest)
{
	struct fake *fake = fake_from_guest(guest);

	if (fake->state != FAKE_CREATED) {
		return -EALREADY;
	}
	fake->state = FAKE_ATTACHING;
	fake_wake(fake);
	return 0;
}

static void
handle_destroy(struct guest *guest)
{
	struct fake *fake = fake_from_guest(guest);

	record_event(&fake->record, "destroy");
	if (fake->calling) {
		fake->destroyed = true;
		return;
	}
	fake_free(fake);
}

static void
handle_update_done(struct guest *guest, struct guest_head *guest_head, uint64_t serial)
{
	struct fake *fake = fake_from_guest(guest);
	struct fake_head *head = (struct fake_head *)guest_head;
	uint64_t latency_ns;

	if (!fake_head_take_answer(head, serial, &latency_ns)) {
		log_error("the viewer answered update %llu, which is not open: ignored",
			(unsigned long long)serial);
		record_stray_answer(&fake->record, head->base.console, serial);
		return;
	}
	record_answer(&fake->record, head->base.console, serial, latency_ns);
	if (fake->state == FAKE_PLAYING) {
		fake_wake(fake);
	}
}

static void
handle_input(struct guest *guest, struct guest_head *head, const struct input_event *event)
{
	record_input(&fake_from_guest(guest)->record, head->console, event);
}

static int
handle_sync(struct guest *guest)
{
	struct fake *fake = fake_from_guest(guest);

	record_event(&fake->record, "sync");
	if (fake->state == FAKE_CREATED || fake->state == FAKE_CLOSED) {
		return -ENOTCONN;
	}
	fake->n_syncs++;
	fake_wake(fake);
	return 0;
}

static int
handle_set_head(struct guest *guest, struct guest_head *head, const struct head_geometry *geometry)
{
	struct fake *fake = fake_from_guest(guest);

	record_set_head(&fake->record, head->console, geometry);
	if (fake->state == FAKE_CLOSED || fake->taken_over) {
		return -ENOTCONN;
	}
	if (!head_geometry_is_valid(geometry)) {
		return -EINVAL;
	}
	if (!head->resizable) {
		return -ENOTSUP;
	}
	follow_wish(fake, (struct fake_head *)head, geometry->width, geometry->height);
	return 0;
}

static int
handle_power(struct guest *guest, enum guest_power power)
{
	struct fake *fake = fake_from_guest(guest);

	record_event(&fake->record, "power");
	if (fake->state == FAKE_CREATED || fake->state == FAKE_CLOSED) {
		return -ENOTCONN;
	}
	if (fake->powers_down) {
		return -EALREADY;
	}
	fake->powers_down = true;
	fake->power = power;
	fake_wake(fake);
	return 0;
}

static const struct guest_ops fake_ops = {
	.name = "fake",
	.runs_ahead = true,
	.open = handle_open,
	.destroy = handle_destroy,
	.update_done = handle_update_done,
	.input = handle_input,
	.sync = handle_sync,
	.set_head = handle_set_head,
	.power = handle_power,
};

static int
create_timer(struct fake *fake, sd_event *event, sd_event_source **ret_timer)
{
	int r = sd_event_add_time(
		event, ret_timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US, handle_timer, fake);

	return r < 0 ? r : sd_event_source_set_enabled(*ret_timer, SD_EVENT_OFF);
}

static int
create_sources(struct fake *fake, sd_event *event)
{
	int r = sd_event_add_defer(event, &fake->turn, handle_turn, fake);

	if (r >= 0) {
		r = sd_event_source_set_enabled(fake->turn, SD_EVENT_OFF);
	}
	if (r >= 0) {
		r = create_timer(fake, event, &fake->timer);
	}
	if (r >= 0) {
		r = create_timer(fake, event, &fake->follow_timer);
	}
	return r;
}

static void
complain(const struct fake *fake, uint32_t line, const char *what, int error)
{
	log_error("%s:%u: %s: %s; the test guest does not start", fake->script->file, line, what,
		strerror(-error));
}

static void
complain_of_dmabuf(const struct fake *fake, uint32_t line)
{
	complain(fake, line,
		"no dma-buf can be made without /dev/udmabuf (and of `unsealed` memory never), "
		"no timeline without a device of /dev/dri",
		-ENOTSUP);
}

/* All the memory there will be, but for heads that follow: nothing else is allocated later. */
static int
create_memories(struct fake *fake)
{
	const struct script *script = fake->script;

	for (uint32_t i = 0; i < script->n_memories; i++) {
		const struct script_memory *description = &script->memories[i];
		int r = fake_memory_create(description, &fake->memories[i]);

		if (r == -ENOTSUP && description->layout.kind == BUFFER_DMABUF) {
			complain_of_dmabuf(fake, description->line);
			return r;
		}
		if (r < 0) {
			complain(fake, description->line, "this memory can not be a guest's", r);
			return r;
		}
	}
	fake->cursor_pixels = calloc(script->max_cursor_pixels + 1, sizeof(uint32_t));
	return fake->cursor_pixels != NULL ? 0 : -ENOMEM;
}

static int
check_follow(const struct fake *fake, const struct script_command *command)
{
	int r = follow_check(command);

	if (r == -ENOTSUP && command->follow.kind == BUFFER_DMABUF) {
		complain_of_dmabuf(fake, command->line);
	} else if (r < 0) {
		complain(fake, command->line, "this memory can not be made", r);
	}
	return r;
}

static int
check_commands(const struct fake *fake)
{
	for (uint32_t i = 0; i < fake->script->n_commands; i++) {
		const struct script_command *command = &fake->script->commands[i];
		bool draws = command->kind == SCRIPT_DRAW || command->kind == SCRIPT_ANIMATE;
		uint32_t fourcc = command->kind == SCRIPT_FOLLOW
					  ? command->follow.fourcc
					  : fake->script->memories[command->memory].layout.fourcc;
		int r = 0;

		if ((draws || command->kind == SCRIPT_FOLLOW) && !paint_knows(fourcc)) {
			complain(fake, command->line, "nothing can be drawn in this format",
				-EINVAL);
			return -EINVAL;
		}
		if (command->kind == SCRIPT_FOLLOW) {
			r = check_follow(fake, command);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

int
fake_guest_create(sd_event *event, const char *script_path, const struct guest_listener *listener,
	void *data, struct guest **ret_guest)
{
	struct fake *fake = calloc(1, sizeof(*fake));
	int r;

	if (fake == NULL) {
		return -ENOMEM;
	}
	fake->guest.ops = &fake_ops;
	fake->guest.listener = listener;
	fake->guest.data = data;
	fake->record.fd = -1;
	r = script_path != NULL
		    ? script_load(script_path, &fake->script)
		    : script_parse(DEMO_NAME, demo_script, strlen(demo_script), &fake->script);
	if (r >= 0) {
		r = create_memories(fake);
	}
	if (r >= 0) {
		r = check_commands(fake);
	}
	if (r >= 0) {
		r = create_sources(fake, event);
	}
	if (r < 0) {
		fake_free(fake);
		return r;
	}
	*ret_guest = &fake->guest;
	return 0;
}
