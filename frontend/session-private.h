#pragma once

#include "gesture.h"
#include "input/held-keys.h"
#include "session.h"
#include "shot.h"
#include "typist.h"
#include "waiter.h"
#include "worker.h"

/* What session.c (commands and answers), session-look.c (pictures) and session-act.c (input, power)
 * share. */

#define SESSION_TEXT_SIZE 1280

struct recording;

/* Of something that went wrong. */
struct session_evidence {
	char *picture, *difference; /* file names; NULL: there is none */
	const struct waiter_result *result;
	int error; /* of writing them */
};

struct session {
	struct session_context context;
	session_done_fn done;
	void *data;
	struct observer observer;

	/* Of the command under way. */
	const struct command *command; /* NULL: none is */
	const char *label;
	uint64_t begun_ns;
	bool started; /* it had to wait for the VM to say what it shows */
	bool powers;  /* the VM has been told */
	bool told;    /* it has answered that, with power_error */
	int power_error;
	sd_event_source *due, *timer;
	struct shot *shot;
	struct waiter *waiter;
	struct typist *typist;
	struct gesture *gesture;
	char *path; /* as the command's, from our directory */
	struct waiter_result result;
	struct session_evidence evidence;
	struct worker *worker; /* writes the evidence */
	json_object *files;

	struct image *seen; /* what was looked at last; NULL: nothing */
	uint32_t seen_console;
	struct held_keys held;
	uint32_t held_console; /* where */
	struct recording *recording;
};

/* Answer. From the loop. */
void session_finish(struct session *session, enum exit_code code, const char *text);
void session_end(struct session *session, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A name as it is to be opened; NULL: no memory. "-" stays. */
char *session_path(const struct session *session, const char *name);
/* The console that the command is about; CLI_CONSOLE_*. */
int32_t session_console(const struct session *session);
/* One console for a command that needs one. False: failed. */
bool session_takes_one(struct session *session);
uint32_t session_timeout_ms(const struct session *session);

void session_shoot(struct session *session);
void session_wait(struct session *session);
/* Of the wait that is over: the next one for a change begins with it. */
void session_keep_seen(struct session *session);
void session_record(struct session *session);
void session_end_recording(struct session *session);

void session_type(struct session *session);
void session_gesture(struct session *session);
void session_power(struct session *session);
