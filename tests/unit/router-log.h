#pragma once

#include "deadline.h"
#include "input/router.h"
#include "unit.h"

/* A router between nobody and nothing: what the guest got, and what was asked of the window. */

#define ROUTER_LOG_MAX 2048

struct router_log {
	struct input_options options;
	struct deadlines deadlines;
	struct router *router;
	struct input_event events[ROUTER_LOG_MAX];
	uint32_t n_events;
	uint32_t n_lock, n_unlock;
	uint32_t n_inhibit, n_let; /* the host's combinations */
	uint32_t n_actions;
	struct hotkey action; /* the last one */
	uint32_t n_hints;
	bool refuses, slow; /* to lock */
};

/* cmocka's: a router with the default options. */
int router_log_set_up(void **state);
int router_log_tear_down(void **state);
/* Another router, with the options as they are now. */
void router_log_start(struct router_log *log);

void router_log_key(struct router_log *log, uint32_t code, bool pressed);
/* At a time of its own; the others are all at 0. */
void router_log_key_at(struct router_log *log, uint32_t code, bool pressed, uint32_t time_ms);
void router_log_button(struct router_log *log, uint32_t code, bool pressed);

/* "+29 -29": what the guest got since the last time, keys and buttons. */
void router_log_expect(struct router_log *log, const char *events);
void router_log_expect_hint(const struct router_log *log, const char *hint);
