#pragma once

#include <systemd/sd-event.h>

#include "capture.h"
#include "exit-code.h"
#include "shot-set.h"

/*
 * A picture of the VM as a file: waits for the moment, reads what the monitors show then, and
 * draws, encodes and writes in a worker.
 */

struct shot;
struct fetch_means;

struct shot_request {
	struct capture_request capture;
	bool cursor;    /* the guest's is to be seen */
	bool any_blank; /* a picture of one colour is as good as any, at once */
	struct shot_options options;
};

struct shot_result {
	enum exit_code code;
	const char *text; /* why not; "" */
	const struct shot_set *set;
};

/* From the event loop, once. May destroy the shot. */
typedef void (*shot_done_fn)(void *data, const struct shot_result *result);

/*
 * views, means and what the request points to are borrowed for the shot's life. The time-out runs
 * from here. Returns 0 or negative errno.
 */
int shot_create(sd_event *event, const struct view_list *views, const struct fetch_means *means,
	const struct shot_request *request, shot_done_fn done, void *data, struct shot **ret_shot);
/* Waits for a file that is being written. NULL is fine. */
void shot_destroy(struct shot *shot);

/* Whether the VM is not needed any more: the pictures are taken, files are being written. */
bool shot_has_pictures(const struct shot *shot);

/* Where it has: waits for them, and done is called. */
void shot_finish(struct shot *shot);

/* What went wrong with reading or writing, as an exit code. */
enum exit_code shot_code(int error);
