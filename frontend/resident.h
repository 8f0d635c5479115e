#pragma once

#include <systemd/sd-event.h>

#include "guest.h"
#include "scanout-fetch.h"
#include "view-list.h"

/*
 * The process that owns a VM's channel, and its control socket: whoever else of this user's wants
 * to look at the VM asks here, so that an open window never loses its input.
 */

struct control_server;
struct resident;

/* Requests that are answered at the same time; more are told to come back. */
#define RESIDENT_MAX_CLIENTS 16
/* More wait. */
#define RESIDENT_MAX_CONNECTIONS_PER_S 100

/*
 * Takes the VM, whose QMP socket leads here as well (NULL: none is known). job is told to those who
 * ask: RESIDENT_JOB_*. Returns 0; -EEXIST: another process has it, to which *ret_other is a
 * connection, or -1 while it takes none; or negative errno, logged.
 * views, means, control and identity are borrowed for the resident's life.
 */
#define RESIDENT_JOB_WINDOWS "windows"
#define RESIDENT_JOB_HEADLESS "headless"
#define RESIDENT_JOB_SCRIPT "script"         /* takes others' until its own is done */
#define RESIDENT_JOB_SCREENSHOT "screenshot" /* soon gone */
#define RESIDENT_JOB_TYPING "typing"         /* the same */
int resident_create(sd_event *event, const char *key, const struct guest_identity *identity,
	const char *job, const struct view_list *views, const struct fetch_means *means,
	const char *qmp_path, struct control_server *control, int *ret_other,
	struct resident **ret_resident);
/* The VM is gone, as views->gone says: who waits for something of it is told so. */
void resident_handle_lost(struct resident *resident);
/* It is back; at its QMP socket, if there is one, which may be another one than before. */
void resident_handle_back(struct resident *resident, const char *qmp_path);
/* NULL is fine. */
void resident_destroy(struct resident *resident);
