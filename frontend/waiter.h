#pragma once

#include <systemd/sd-event.h>

#include "exit-code.h"
#include "headless/condition.h"
#include "headless/image.h"
#include "view-list.h"

/*
 * Waits until the picture of one monitor is as a condition says, or looks whether it is. By what
 * the VM tells: it looks again when something has changed, and never otherwise. Reading and judging
 * happen in a worker; what changes meanwhile is looked at next.
 */

struct waiter;
struct fetch_means;

#define WAITER_TEXT_SIZE 1024

struct waiter_result {
	enum exit_code code;         /* EXIT_DONE: it is as it should be */
	char text[WAITER_TEXT_SIZE]; /* what was waited for, and what is there instead */
	/* What was looked at last, and the file that it was to be like; or NULL. The waiter's. */
	const struct image *image, *reference;
};

/* From the event loop, once. May destroy the waiter. */
typedef void (*waiter_done_fn)(void *data, const struct waiter_result *result);

struct waiter_request {
	int32_t console;                   /* a number, or CLI_CONSOLE_FIRST */
	const struct condition *condition; /* borrowed */
	const char *path;                  /* of MATCH's file, as it is opened; borrowed */
	uint32_t timeout_ms;               /* 0: now or not */
	/* Of CHANGE: what it is to be unlike, the waiter's once it is made; NULL: what is there
	 * first. */
	struct image *seen;
};

/* views and means are borrowed. Returns 0 or negative errno. */
int waiter_create(sd_event *event, const struct view_list *views, const struct fetch_means *means,
	const struct waiter_request *request, waiter_done_fn done, void *data,
	struct waiter **ret_waiter);
/* Stops looking. NULL is fine. */
void waiter_destroy(struct waiter *waiter);

/* Once it is done: what was looked at last, and on which console; the caller's. NULL: nothing. */
struct image *waiter_take_image(struct waiter *waiter, uint32_t *ret_console);
