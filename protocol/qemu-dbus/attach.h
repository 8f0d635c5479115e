#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "qemu-dbus/survey.h"

struct attach;

struct attach_handler {
	/*
	 * What QMP says about the VM. Answers whether to go on; after a false nothing more happens
	 * or is called, and the attach may already be destroyed.
	 */
	bool (*surveyed)(void *data, const struct survey_result *result);
	/*
	 * The last call: QMP is closed again. The fd is the callee's: our end of the control
	 * connection, or -1 where only questions were asked.
	 */
	void (*attached)(void *data, int fd);
	/* Or this one; logged already. */
	void (*failed)(void *data, int error);
};

/*
 * The way in through QMP: asks who the VM is and, with take_display, hands it one end of a socket
 * pair (getfd, add_client with protocol "@dbus-display"). Nothing is called from inside. Returns 0
 * or negative errno.
 */
int attach_create(sd_event *event, const char *qmp_path, bool wait, bool take_display,
	const struct attach_handler *handler, void *data, struct attach **ret_attach);
/* Legal inside every callback. NULL is fine. */
void attach_destroy(struct attach *attach);
