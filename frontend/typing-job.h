#pragma once

#include <systemd/sd-event.h>

#include "capture.h"
#include "cli.h"
#include "exit-code.h"

/* --send-keys and --type: attaches, types, and leaves when the VM has it. */

struct typing_job;

/* From the event loop, once; everything is logged. */
typedef void (*typing_job_done_fn)(void *data, enum exit_code code);

/* options, guest and views are borrowed. Returns 0 or -ENOMEM. */
int typing_job_create(sd_event *event, const struct options *options, struct guest *guest,
	const struct view_list *views, typing_job_done_fn done, void *data,
	struct typing_job **ret_job);
/* NULL is fine. */
void typing_job_destroy(struct typing_job *job);

/* The guest answered a sync: the first one begins it, the next one ends it. */
void typing_job_handle_synced(struct typing_job *job);

/*
 * Where keys go: the console that was asked for, else the first that is on, else the first. NULL:
 * it does not exist.
 */
struct view *typing_job_choose(const struct view_list *views, int32_t console);
