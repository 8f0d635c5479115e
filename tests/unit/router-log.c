#include "router-log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
handle_event(void *data, const struct input_event *event)
{
	struct router_log *log = data;

	assert_true(log->n_events < ROUTER_LOG_MAX);
	log->events[log->n_events++] = *event;
}

static int
handle_lock_pointer(void *data, bool lock)
{
	struct router_log *log = data;

	if (log->refuses) {
		log->n_lock++;
		return -1;
	}
	if (lock) {
		log->n_lock++;
	} else {
		log->n_unlock++;
	}
	if (!log->slow) {
		router_set_locked(log->router, lock);
	}
	return 0;
}

static void
handle_inhibit_shortcuts(void *data, bool inhibit)
{
	struct router_log *log = data;

	if (inhibit) {
		log->n_inhibit++;
	} else {
		log->n_let++;
	}
	if (!log->slow) {
		router_set_shortcuts(
			log->router, inhibit ? ROUTER_SHORTCUTS_INHIBITED : ROUTER_SHORTCUTS_HOST);
	}
}

static void
handle_action(void *data, const struct hotkey *hotkey)
{
	struct router_log *log = data;

	log->n_actions++;
	log->action = *hotkey;
}

static void
handle_hint_changed(void *data)
{
	struct router_log *log = data;

	log->n_hints++;
}

static const struct router_listener listener = {
	.event = handle_event,
	.lock_pointer = handle_lock_pointer,
	.inhibit_shortcuts = handle_inhibit_shortcuts,
	.action = handle_action,
	.hint_changed = handle_hint_changed,
};

int
router_log_set_up(void **state)
{
	struct router_log *log = calloc(1, sizeof(*log));

	*state = log;
	hotkeys_init(&log->options.hotkeys);
	return router_create(&log->options, &log->deadlines, &listener, log, &log->router);
}

int
router_log_tear_down(void **state)
{
	struct router_log *log = *state;

	router_destroy(log->router);
	free(log);
	return 0;
}

void
router_log_start(struct router_log *log)
{
	router_destroy(log->router);
	assert_int_equal(
		router_create(&log->options, &log->deadlines, &listener, log, &log->router), 0);
	log->n_events = 0;
}

void
router_log_key_at(struct router_log *log, uint32_t code, bool pressed, uint32_t time_ms)
{
	struct input_event event = { .kind = INPUT_KEY,
		.key = { .code = code, .pressed = pressed, .time_ms = time_ms } };

	router_handle_event(log->router, &event);
}

void
router_log_key(struct router_log *log, uint32_t code, bool pressed)
{
	router_log_key_at(log, code, pressed, 0);
}

void
router_log_button(struct router_log *log, uint32_t code, bool pressed)
{
	struct input_event event = { .kind = INPUT_BUTTON,
		.button = { .code = code, .pressed = pressed } };

	router_handle_event(log->router, &event);
}

void
router_log_expect(struct router_log *log, const char *events)
{
	char text[UNIT_TEXT_SIZE] = "";
	size_t length = 0;

	for (uint32_t i = 0; i < log->n_events; i++) {
		const struct input_event *event = &log->events[i];
		bool is_key = event->kind == INPUT_KEY;

		assert_true(is_key || event->kind == INPUT_BUTTON);
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%c%u",
			i > 0 ? " " : "",
			(is_key ? event->key.pressed : event->button.pressed) ? '+' : '-',
			is_key ? event->key.code : event->button.code);
	}
	assert_string_equal(text, events);
	log->n_events = 0;
}

void
router_log_expect_hint(const struct router_log *log, const char *hint)
{
	assert_string_equal(router_hint(log->router), hint);
}
