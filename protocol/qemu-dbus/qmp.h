#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

struct json_object;
struct qmp;

/* A socket that is held by somebody else accepts us, but never greets. QEMU greets within 1 ms. */
#define QMP_GREETING_TIMEOUT_MS 2000
/* QEMU's main loop may stand still for a while: firmware loading, another viewer registering. */
#define QMP_REPLY_TIMEOUT_MS 30000
#define QMP_RETRY_MS 100
/* The longest message that we ask for is a list of a few dozen properties. */
#define QMP_LINE_MAX (256 * 1024)

/* Exactly one of result (borrowed) and error (QEMU's own words) is set. May destroy the qmp. */
typedef void (*qmp_reply_fn)(void *data, struct json_object *result, const char *error);

struct qmp_handler {
	/*
	 * Greeted; commands may be sent. Again, where it is waited for and ended, or was silent,
	 * before it answered anything: what was sent before is answered by nobody.
	 */
	void (*ready)(void *data);
	/* Logged already; the last call. */
	void (*failed)(void *data, int error);
};

/*
 * Connects to QMP's UNIX socket without blocking. With `wait` a missing socket, or a QEMU that
 * ends at once or does not answer yet, is tried again for as long as it takes. Nothing is called
 * from inside. Returns 0, -EINVAL (path too long), -ENOMEM.
 */
int qmp_create(sd_event *event, const char *path, bool wait, const struct qmp_handler *handler,
	void *data, struct qmp **ret_qmp);
/* Legal inside every callback. NULL is fine. */
void qmp_destroy(struct qmp *qmp);

/* Commands that wait for their reply. */
#define QMP_MAX_CALLS 8

/*
 * Sends one command. Up to QMP_MAX_CALLS may wait; QEMU answers in order, and asking all at once
 * saves a round trip each. Takes arguments over (NULL: none). An fd (else -1) travels along, in the
 * same message, and stays the caller's; the next may follow after its command's reply. A send error
 * is told by failed(), later.
 */
void qmp_call(struct qmp *qmp, const char *command, struct json_object *arguments, int fd,
	qmp_reply_fn reply, void *data);

/* The string at key; NULL when there is none. */
const char *qmp_string(struct json_object *object, const char *key);
