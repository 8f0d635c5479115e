#pragma once

#include <json-c/json.h>
#include <stdint.h>

#include "capture.h"
#include "control-socket.h"
#include "input/typing.h"

/*
 * Asks the resident of a VM. Blocking, for a program that has nothing else to do. Responses are
 * the resident's JSON. What went wrong was logged, and comes as an exit code; -ECONNRESET, not
 * logged: the resident left before it answered, and the VM may well be free now.
 */

/* Returns 0, -ENOENT (no resident has this VM), or negative errno, logged. */
int remote_open(const char *key, int *ret_socket);

/* An object as {"command": "list"} returns it. */
int remote_list(int socket, uint32_t timeout_ms, json_object **ret_vm);

struct remote_picture {
	uint32_t console;
	struct scanout scanout;
	struct cursor_image cursor; /* no pixels: there is none */
	int32_t gx, gy;             /* its top left corner */
};

struct remote_wishes {
	const char *path; /* as --path names it, for what the resident reads; NULL: as it likes */
	bool cursor;
};

int remote_screenshot(int socket, const struct capture_request *request,
	const struct remote_wishes *wishes,
	struct remote_picture ret_pictures[static GUEST_MAX_HEADS], uint32_t *ret_n_pictures);

void remote_pictures_finish(struct remote_picture *pictures, uint32_t n_pictures);

/* console: as in options. The answer comes when all of it has been typed. */
int remote_type(int socket, int32_t console, const struct typing *typing);

/*
 * Has the resident serve commands (control-server.h) on fd, where "-" is output_fd; both stay the
 * caller's. request is freed: as control-socket.h has it.
 */
int remote_control(int socket, json_object *request, int fd, int output_fd);

/* One entry of the list for each resident of this user, asked one after the other. */
int remote_list_all(uint32_t timeout_ms, json_object *vms);
