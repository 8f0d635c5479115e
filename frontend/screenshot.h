#pragma once

#include <systemd/sd-event.h>

#include "capture.h"
#include "cli.h"
#include "exit-code.h"
#include "remote.h"
#include "scanout-fetch.h"

/* --screenshot: waits for the moment, then reads, encodes and writes in a worker. */

struct screenshot;

/* From the event loop, once; everything is logged. */
typedef void (*screenshot_done_fn)(void *data, enum exit_code code);

/* options, views and means are borrowed. The time-out runs from here. */
int screenshot_create(sd_event *event, const struct options *options, const struct view_list *views,
	const struct fetch_means *means, screenshot_done_fn done, void *data,
	struct screenshot **ret_screenshot);
/* Waits for a file that is being written. NULL is fine. */
void screenshot_destroy(struct screenshot *screenshot);

/* Whether the VM is not needed any more: the pictures are taken, files are being written. */
bool screenshot_has_pictures(const struct screenshot *screenshot);

/* The same through a resident, blocking. An exit code, or -ECONNRESET as in remote.h. */
int screenshot_remote(const struct options *options, int socket);
