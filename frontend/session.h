#pragma once

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "exit-code.h"
#include "guest.h"
#include "script/command.h"
#include "view-list.h"

/*
 * Somebody who gives commands to the VM, one after the other: a script, or a client of the control
 * socket. Whoever it is gets an answer to each, a JSON object:
 *
 *   "ok"          whether it was done
 *   "code"        enum exit_code
 *   "command"     its name
 *   "seconds"     how long it took
 *   "text"        what was seen, or went wrong, in words
 *   "files"       that were written
 *   "picture", "difference"   of what went wrong: the picture at that time, and where it is not as
 *                 it should be
 */

struct session;
struct fetch_means;

struct session_context {
	sd_event *event;
	struct guest *guest;
	const struct view_list *views;
	const struct fetch_means *means;
	const char *directory; /* that file names are relative to; NULL: ours */
	const char *artifacts; /* where pictures of what went wrong go; NULL: nowhere */
	int output_fd;         /* what "-" is; -1: nothing */
	int32_t console;       /* until a command says otherwise; CLI_CONSOLE_* */
	uint32_t timeout_ms;   /* the same */
};

/* From the event loop, once for each command; the answer is borrowed. May destroy the session. */
typedef void (*session_done_fn)(void *data, enum exit_code code, json_object *answer);

/* The context is copied, what it points to is borrowed. Returns 0 or negative errno. */
int session_create(const struct session_context *context, session_done_fn done, void *data,
	struct session **ret_session);
/* Lets go of what is held down, and ends a recording, which waits for its file. NULL is fine. */
void session_destroy(struct session *session);

/*
 * One at a time. command and label are borrowed until done. label: how the files of what goes wrong
 * begin; NULL: there are none.
 */
void session_perform(struct session *session, const struct command *command, const char *label);
/* Lets go of what is held down. */
void session_release_all(struct session *session);
bool session_is_busy(const struct session *session);
/* Whether a recording was begun and not ended. */
bool session_records(const struct session *session);
/* The VM is gone: closes what is recorded, up to now. Returns 0 or negative errno. */
int session_close_recording(struct session *session);
/* The VM is gone: ends the command under way, if there is one, from inside. */
void session_handle_closed(struct session *session);
