#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "paint.h"
#include "play.h"

/* A script that never waits must let the event loop breathe. */
#define MAX_COMMANDS_PER_TURN 1000
/* How often `wait-point` looks. */
#define POINT_POLL_NS (20 * NS_PER_MS)

typedef enum outcome (*play_fn)(struct fake *fake, const struct script_command *command);

enum outcome
play_fail(const struct fake *fake, const struct script_command *command, const char *why)
{
	log_error("%s:%u: %s; the test guest closes", fake->script->file, command->line, why);
	return OUTCOME_FAIL;
}

bool
play_is_time(struct fake *fake)
{
	if (clock_now_ns() >= fake->wake_ns) {
		return true;
	}
	fake_wake_at(fake, fake->wake_ns);
	return false;
}

static enum outcome
play_cursor(struct fake *fake, const struct script_command *command)
{
	struct guest_head *head = &fake->heads[command->head].base;
	struct cursor_image image = {
		.width = command->cursor.width,
		.height = command->cursor.height,
		.hot_x = command->cursor.hot_x,
		.hot_y = command->cursor.hot_y,
		.pixels = fake->cursor_pixels,
	};

	paint_cursor(fake->cursor_pixels, command);
	fake->guest.listener->cursor(fake->guest.data, head, image.width > 0 ? &image : NULL);
	return OUTCOME_NEXT;
}

static enum outcome
play_cursor_position(struct fake *fake, const struct script_command *command)
{
	fake->guest.listener->cursor_position(fake->guest.data, &fake->heads[command->head].base,
		command->position.gx, command->position.gy, command->position.on);
	return OUTCOME_NEXT;
}

static enum outcome
play_pointer(struct fake *fake, const struct script_command *command)
{
	fake->guest.listener->pointer_mode(fake->guest.data, &fake->heads[command->head].base,
		command->relative ? POINTER_RELATIVE : POINTER_ABSOLUTE);
	return OUTCOME_NEXT;
}

static enum outcome
play_leds(struct fake *fake, const struct script_command *command)
{
	fake->guest.listener->leds(
		fake->guest.data, &fake->heads[command->head].base, command->leds);
	return OUTCOME_NEXT;
}

static enum outcome
play_sleep(struct fake *fake, const struct script_command *command)
{
	if (fake->wake_ns == 0) {
		fake->wake_ns = clock_now_ns() + command->sleep_ms * NS_PER_MS;
	}
	return play_is_time(fake) ? OUTCOME_NEXT : OUTCOME_WAIT;
}

static enum outcome
play_repeat(struct fake *fake, const struct script_command *command)
{
	fake->rounds[fake->n_rounds++] = command->repeat.count;
	return OUTCOME_NEXT;
}

static enum outcome
play_end(struct fake *fake, const struct script_command *command)
{
	if (--fake->rounds[fake->n_rounds - 1] > 0) {
		fake->at = command->begin;
	} else {
		fake->n_rounds--;
	}
	return OUTCOME_NEXT;
}

static enum outcome
play_wait_answers(struct fake *fake, const struct script_command *command)
{
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		if (fake->heads[i].n_pending > 0) {
			return OUTCOME_WAIT;
		}
	}
	return OUTCOME_NEXT;
}

static enum outcome
play_wait_point(struct fake *fake, const struct script_command *command)
{
	int r = fake_memory_is_released(fake->memories[command->memory], command->point);

	if (r < 0) {
		return play_fail(fake, command, strerror(-r));
	}
	if (r == 0) {
		fake_wake_at(fake, clock_now_ns() + POINT_POLL_NS);
		return OUTCOME_WAIT;
	}
	return OUTCOME_NEXT;
}

static enum outcome
play_record(struct fake *fake, const struct script_command *command)
{
	int r = record_open(&fake->record, command->path);

	return r < 0 ? play_fail(fake, command, strerror(-r)) : OUTCOME_NEXT;
}

static enum outcome
play_take_over(struct fake *fake, const struct script_command *command)
{
	fake->taken_over = true;
	fake->guest.listener->taken_over(fake->guest.data);
	return OUTCOME_NEXT;
}

static enum outcome
play_close(struct fake *fake, const struct script_command *command)
{
	fake_close(fake, command->error);
	return OUTCOME_WAIT;
}

static enum outcome
play_hold(struct fake *fake, const struct script_command *command)
{
	fake->state = FAKE_HOLDING;
	return OUTCOME_WAIT;
}

static const struct {
	play_fn play;
	bool needs_head; /* the head must be there */
	bool unready;    /* may come before ready() */
} plays[] = {
	[SCRIPT_HEAD] = { play_head, false, true },
	[SCRIPT_SCANOUT] = { play_scanout, true, false },
	[SCRIPT_DRAW] = { play_draw, false, true },
	[SCRIPT_UPDATE] = { play_update, true, false },
	[SCRIPT_OFF] = { play_off, true, false },
	[SCRIPT_REMOVE] = { play_remove, true, false },
	[SCRIPT_CURSOR] = { play_cursor, true, false },
	[SCRIPT_CURSOR_POSITION] = { play_cursor_position, true, false },
	[SCRIPT_POINTER] = { play_pointer, true, false },
	[SCRIPT_LEDS] = { play_leds, true, false },
	[SCRIPT_TRUNCATE] = { play_truncate, false, false },
	[SCRIPT_FORGET] = { play_forget, true, false },
	[SCRIPT_FENCE] = { play_fence, false, true },
	[SCRIPT_FOLLOW] = { play_follow, true, true },
	[SCRIPT_UNRESIZABLE] = { play_unresizable, true, true },
	[SCRIPT_SLEEP] = { play_sleep, false, false },
	[SCRIPT_REPEAT] = { play_repeat, false, false },
	[SCRIPT_END] = { play_end, false, false },
	[SCRIPT_WAIT_ANSWERS] = { play_wait_answers, false, false },
	[SCRIPT_WAIT_POINT] = { play_wait_point, false, false },
	[SCRIPT_FRAMES] = { play_frames, true, false },
	[SCRIPT_ANIMATE] = { play_animate, true, false },
	[SCRIPT_RECORD] = { play_record, false, true },
	[SCRIPT_TAKE_OVER] = { play_take_over, false, false },
	[SCRIPT_CLOSE] = { play_close, false, false },
	[SCRIPT_HOLD] = { play_hold, false, false },
};

/* One command, or what has to be told before it. */
static enum outcome
play_command(struct fake *fake)
{
	static const struct script_command end = { .kind = SCRIPT_HOLD };
	const struct script_command *command =
		fake->at < fake->script->n_commands ? &fake->script->commands[fake->at] : &end;
	enum outcome outcome;

	if (fake->state == FAKE_STARTING && !plays[command->kind].unready) {
		fake->state = FAKE_PLAYING;
		fake->guest.listener->ready(fake->guest.data);
		return OUTCOME_NEXT;
	}
	if (plays[command->kind].needs_head && !fake->heads[command->head].present) {
		return play_fail(fake, command, "this head is not there");
	}
	outcome = plays[command->kind].play(fake, command);
	if (outcome == OUTCOME_NEXT) {
		fake->at++;
		fake->frame = 0;
		fake->wake_ns = 0;
	}
	return outcome;
}

static void
attach(struct fake *fake)
{
	int r = fake->guest.listener->identified(fake->guest.data, &fake->script->identity);

	if (fake->destroyed) {
		return;
	}
	if (r < 0) {
		fake_close(fake, r);
		return;
	}
	fake->state = FAKE_STARTING;
}

static void
answer_syncs(struct fake *fake)
{
	while (fake->n_syncs > 0 && !fake->destroyed) {
		fake->n_syncs--;
		fake->guest.listener->synced(fake->guest.data);
	}
}

static void
answer_power(struct fake *fake)
{
	if (fake->powers_down && !fake->destroyed) {
		fake->powers_down = false;
		fake->guest.listener->power_done(fake->guest.data, fake->power, 0);
	}
}

void
fake_play(struct fake *fake)
{
	enum outcome outcome = OUTCOME_NEXT;
	uint32_t n_played = 0;
	bool goes_on = false;

	if (fake->state == FAKE_ATTACHING) {
		attach(fake);
	}
	while (outcome == OUTCOME_NEXT && !fake->destroyed &&
		(fake->state == FAKE_STARTING || fake->state == FAKE_PLAYING)) {
		if (n_played++ == MAX_COMMANDS_PER_TURN) {
			fake_wake(fake);
			goes_on = true;
			break;
		}
		outcome = play_command(fake);
	}
	if (fake->destroyed || fake->state == FAKE_CLOSED) {
		return;
	}
	if (outcome == OUTCOME_FAIL) {
		fake_close(fake, -EINVAL);
		return;
	}
	/* Not before ready(). */
	if (fake->state != FAKE_STARTING) {
		follow_run(fake);
	}
	answer_power(fake);
	/* A script that goes on has not shown all it has to. */
	if (!goes_on) {
		answer_syncs(fake);
	}
}
