#pragma once

#include "cli.h"
#include "exit-code.h"
#include "session.h"

/* --script and -e: attaches, does all of it, and leaves. */

struct script_job;

/* From the event loop, once; everything is logged. */
typedef void (*script_job_done_fn)(void *data, enum exit_code code);

/* options is borrowed, context copied. It begins when the VM has said what it shows. */
int script_job_create(const struct options *options, const struct session_context *context,
	script_job_done_fn done, void *data, struct script_job **ret_job);
/* NULL is fine. */
void script_job_destroy(struct script_job *job);

/* The VM is gone: says what was under way. Returns the exit code, and done is not called. */
enum exit_code script_job_handle_closed(struct script_job *job);

/* Of an answer of a resident's, with the line's end; longer ones are no answers of ours. */
#define SCRIPT_REMOTE_MAX_ANSWER 65536

/* The same through a resident, blocking. An exit code, or -ECONNRESET as in remote.h. */
int script_job_remote(const struct options *options, int socket);
