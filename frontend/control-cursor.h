#pragma once

#include <json-c/json.h>

#include "control-socket.h"
#include "cursor.h"

/* The guest's cursor on the control socket: a JSON object, and its pixels in a file of their own.
 */
struct control_cursor {
	int fd; /* -1: there is none */
	uint32_t width, height;
	int32_t gx, gy; /* its top left corner, guest pixels */
};

/* Returns 0 or negative errno. */
int control_cursor_create(const struct cursor_image *image, int32_t gx, int32_t gy,
	struct control_cursor *ret_cursor);
void control_cursor_finish(struct control_cursor *cursor);

/* Its fd is appended to fds, not duplicated. */
json_object *control_cursor_to_json(
	const struct control_cursor *cursor, struct control_socket_fds *fds);
/*
 * The reverse, with the next fd of fds, moving *next_fd. ret_image->pixels is to be freed. Returns
 * 0, -EBADMSG for anything odd, or -ENOMEM.
 */
int control_cursor_from_json(json_object *json, const struct control_socket_fds *fds,
	uint32_t *next_fd, struct cursor_image *ret_image, int32_t *ret_gx, int32_t *ret_gy);
