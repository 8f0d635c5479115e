#pragma once

#include <systemd/sd-event.h>

#include "input/typing.h"
#include "view-list.h"

/* Types into a guest, stroke by stroke, as fast as guests can read: firmware has a buffer of 16
 * bytes. */

struct typist;

/* From a key's way down to its way up, and to the next one's way down. */
#define TYPIST_STEP_US 10000

/*
 * From the event loop, once; may destroy the typist. 0; -ENODEV: the console went away; -ENOTCONN:
 * another viewer has the VM.
 */
typedef void (*typist_done_fn)(void *data, int error);

/* views is borrowed, typing is copied. Returns 0 or negative errno. */
int typist_create(sd_event *event, const struct view_list *views, uint32_t console,
	const struct typing *typing, typist_done_fn done, void *data, struct typist **ret_typist);
/* Lets go of what it holds down. NULL is fine. */
void typist_destroy(struct typist *typist);
