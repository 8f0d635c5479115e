#pragma once

#include <systemd/sd-event.h>

#include "cli.h"
#include "exit-code.h"
#include "view-list.h"

/* --send-keys and --type: attaches, types, and leaves when the VM has it. */

struct typing_job;

/* From the event loop, once; everything is logged. */
typedef void (*typing_job_done_fn)(void *data, enum exit_code code);

/*
 * options, guest and views are borrowed. The first answer to a sync begins it, the next one ends
 * it. Returns 0 or -ENOMEM.
 */
int typing_job_create(sd_event *event, const struct options *options, struct guest *guest,
	const struct view_list *views, typing_job_done_fn done, void *data,
	struct typing_job **ret_job);
/* NULL is fine. */
void typing_job_destroy(struct typing_job *job);
