#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "demo.h"
#include "paint.h"
#include "play.h"

/* Heads of one GPU are numbered from 0; one that left makes room. */
static uint32_t
find_free_index(const struct fake *fake, const char *gpu)
{
	uint32_t taken = 0;
	uint32_t index = 0;

	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		const struct fake_head *head = &fake->heads[i];
		if (head->present && strcmp(head->base.gpu, gpu) == 0) {
			taken |= 1u << head->base.index;
		}
	}
	while (taken & 1u << index) {
		index++;
	}
	return index;
}

enum outcome
play_head(struct fake *fake, const struct script_command *command)
{
	struct fake_head *head = &fake->heads[command->head];
	const char *label = command->heading.label;
	const char *gpu = command->heading.gpu[0] != '\0' ? command->heading.gpu : "fake";

	if (head->present) {
		if (label[0] == '\0' || command->heading.gpu[0] != '\0') {
			return play_fail(
				fake, command, "this head is there; only its label can change");
		}
		strcpy(head->base.label, label);
		fake->guest.listener->head_changed(fake->guest.data, &head->base);
		return OUTCOME_NEXT;
	}
	memset(&head->base, 0, sizeof(head->base));
	head->base.resizable = true;
	head->base.takes_refresh = true;
	head->base.console = command->head;
	head->base.index = find_free_index(fake, gpu);
	strcpy(head->base.gpu, gpu);
	if (label[0] != '\0') {
		strcpy(head->base.label, label);
	} else {
		snprintf(head->base.label, sizeof(head->base.label), "Head %u", command->head);
	}
	head->present = true;
	fake->guest.listener->head_added(fake->guest.data, &head->base);
	return OUTCOME_NEXT;
}

enum outcome
play_remove(struct fake *fake, const struct script_command *command)
{
	struct fake_head *head = &fake->heads[command->head];

	fake->guest.listener->head_removed(fake->guest.data, &head->base);
	/* Only now: the frontend may still have answered. */
	fake_head_reset(head);
	return OUTCOME_NEXT;
}

/* Errors are those that a VM can cause: memory that became too short is not shown. */
static void
show(struct fake *fake, struct fake_head *head, uint32_t index, struct scanout *scanout)
{
	int r = fake_memory_get_buffer(fake->memories[index], &scanout->buffer);

	if (r < 0) {
		log_warning("buffer %s can not be shown: %s; the guest goes on",
			fake->script->memories[index].name, strerror(-r));
		return;
	}
	fake_head_show(head, scanout);
	fake->guest.listener->scanout(fake->guest.data, &head->base, &head->scanout);
	follow_forget(fake, head);
}

/* Shows the memory as it was described. */
static void
show_memory(struct fake *fake, struct fake_head *head, uint32_t index)
{
	const struct script_memory *description = &fake->script->memories[index];
	struct scanout scanout = {
		.source = description->source,
		.bottom_up = description->bottom_up,
		.placeholder = description->placeholder,
	};

	show(fake, head, index, &scanout);
}

enum outcome
play_scanout(struct fake *fake, const struct script_command *command)
{
	struct fake_head *head = &fake->heads[command->head];
	struct scanout scanout = {
		.source = command->scanout.source,
		.bottom_up = command->scanout.bottom_up,
		.placeholder = command->scanout.placeholder,
		.acquire_point = command->scanout.acquire_point,
		.release_point = command->scanout.release_point,
	};

	if (command->scanout.own) {
		show(fake, head, command->memory, &scanout);
	} else {
		show_memory(fake, head, command->memory);
	}
	return OUTCOME_NEXT;
}

enum outcome
play_off(struct fake *fake, const struct script_command *command)
{
	struct fake_head *head = &fake->heads[command->head];

	fake_head_show(head, NULL);
	fake->guest.listener->scanout(fake->guest.data, &head->base, NULL);
	follow_forget(fake, head);
	return OUTCOME_NEXT;
}

enum outcome
play_follow(struct fake *fake, const struct script_command *command)
{
	follow_begin(fake, &fake->heads[command->head], command);
	return OUTCOME_NEXT;
}

enum outcome
play_unresizable(struct fake *fake, const struct script_command *command)
{
	struct guest_head *head = &fake->heads[command->head].base;

	head->resizable = false;
	fake->guest.listener->head_changed(fake->guest.data, head);
	return OUTCOME_NEXT;
}

enum outcome
play_forget(struct fake *fake, const struct script_command *command)
{
	struct fake_memory *memory = fake->memories[command->memory];
	struct buffer *buffer = memory->buffer;

	if (buffer != NULL) {
		fake->guest.listener->buffer_removed(
			fake->guest.data, &fake->heads[command->head].base, buffer);
		memory->buffer = NULL;
		buffer_unref(buffer);
	}
	return OUTCOME_NEXT;
}

enum outcome
play_draw(struct fake *fake, const struct script_command *command)
{
	int r = paint_draw(fake->memories[command->memory], command);

	return r < 0 ? play_fail(fake, command, strerror(-r)) : OUTCOME_NEXT;
}

enum outcome
play_truncate(struct fake *fake, const struct script_command *command)
{
	int r = fake_memory_truncate(fake->memories[command->memory], command->size);

	return r < 0 ? play_fail(fake, command, strerror(-r)) : OUTCOME_NEXT;
}

enum outcome
play_fence(struct fake *fake, const struct script_command *command)
{
	int r = fake_memory_set_fence(fake->memories[command->memory], command->signalled);

	return r < 0 ? play_fail(fake, command, strerror(-r)) : OUTCOME_NEXT;
}

static enum outcome
send_update(struct fake *fake, const struct script_command *command, const struct rect *damage)
{
	struct fake_head *head = &fake->heads[command->head];

	if (head->scanout.buffer == NULL || !rect_contains(&head->scanout.source, damage)) {
		return play_fail(fake, command, "the update is not inside what the head shows");
	}
	if (fake_head_add_update(head, fake->last_serial + 1) < 0) {
		return play_fail(fake, command, "the viewer does not answer");
	}
	fake->last_serial++;
	fake->guest.listener->update(fake->guest.data, &head->base, damage, fake->last_serial);
	return OUTCOME_NEXT;
}

enum outcome
play_update(struct fake *fake, const struct script_command *command)
{
	const struct fake_head *head = &fake->heads[command->head];
	struct rect damage = command->update;

	/* Whatever size it has taken. */
	if (head->follow.on) {
		damage = rect_intersect(&damage, &head->scanout.source);
		if (rect_is_empty(&damage)) {
			return OUTCOME_NEXT;
		}
	}
	return send_update(fake, command, &damage);
}

/* Whether the next frame is due: the last one was answered, and its time is over. */
static bool
is_frame_due(struct fake *fake, const struct script_command *command, uint32_t hz)
{
	const struct fake_head *head = &fake->heads[command->head];
	uint64_t now_ns = clock_now_ns();

	/* While a head is unplugged nobody draws for it: follow_run() wakes us. */
	if (head->n_pending > 0 || head->follow.unplugged || !play_is_time(fake)) {
		return false;
	}
	if (hz > 0) {
		uint64_t interval_ns = NS_PER_US * US_PER_S / hz;
		/* Who is late gets no burst afterwards. */
		fake->wake_ns += interval_ns;
		if (fake->wake_ns < now_ns) {
			fake->wake_ns = now_ns + interval_ns;
		}
	}
	return true;
}

enum outcome
play_frames(struct fake *fake, const struct script_command *command)
{
	struct fake_head *head = &fake->heads[command->head];
	enum outcome outcome;

	if (!is_frame_due(fake, command, command->frames.hz)) {
		return OUTCOME_WAIT;
	}
	if (command->frames.flip) {
		show_memory(fake, head, command->frames.memories[fake->frame % 2]);
		if (fake->destroyed) {
			return OUTCOME_WAIT;
		}
	}
	outcome = send_update(fake, command, &head->scanout.source);
	fake->frame++;
	if (outcome == OUTCOME_FAIL || fake->frame == command->frames.count) {
		return outcome;
	}
	return OUTCOME_WAIT;
}

enum outcome
play_animate(struct fake *fake, const struct script_command *command)
{
	struct fake_head *head = &fake->heads[command->head];
	const struct script_memory *description = &fake->script->memories[command->memory];
	struct fake_memory *followed = head->follow.memory;
	struct fake_memory *memory = followed != NULL ? followed : fake->memories[command->memory];
	uint32_t previous = fake->frame > 0 ? fake->frame - 1 : 0;
	struct rect damage;
	int r;

	if (!is_frame_due(fake, command, command->hz)) {
		return OUTCOME_WAIT;
	}
	r = demo_draw(memory, previous, fake->frame, &damage);
	if (r < 0) {
		return play_fail(fake, command, strerror(-r));
	}
	/* What `source` leaves out needs no update. */
	damage = rect_intersect(
		&damage, followed != NULL ? &head->scanout.source : &description->source);
	if (fake->frame == 0 && followed == NULL) {
		show_memory(fake, head, command->memory);
	} else if (!rect_is_empty(&damage) && send_update(fake, command, &damage) == OUTCOME_FAIL) {
		return OUTCOME_FAIL;
	}
	/* Frame 0 draws everything: never again. */
	fake->frame = fake->frame == UINT32_MAX ? 1 : fake->frame + 1;
	/* Not every frame has an update whose answer would. */
	fake_wake(fake);
	return OUTCOME_WAIT;
}
