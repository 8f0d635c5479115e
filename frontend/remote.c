#include "remote.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control-cursor.h"
#include "exit-code.h"
#include "socket-place.h"
#include "typist.h"

/* The resident keeps to the timeout itself; this much more is given to the way there and back. */
#define REMOTE_MARGIN_MS 2000
/* Of more, the shell sees the lowest byte only, which may be that of success. */
#define MAX_EXIT_STATUS 255

int
remote_open(const char *key, int *ret_socket)
{
	int fd = socket_place_find_owner(key);

	/* Refused: a socket left behind by a process that is gone. */
	if (fd == -ENOENT || fd == -ECONNREFUSED) {
		return -ENOENT;
	}
	if (fd < 0) {
		log_error("cannot talk to the viewer that has %s: %s", key, strerror(-fd));
		return fd;
	}
	*ret_socket = fd;
	return 0;
}

/* Waits for a response. As the public functions. */
static int
receive(int socket, uint32_t timeout_ms, json_object **ret_response,
	struct control_socket_fds *ret_fds)
{
	struct pollfd wait = { .fd = socket, .events = POLLIN };
	json_object *response, *value;
	int r;

	do {
		r = poll(&wait, 1, (int)timeout_ms + REMOTE_MARGIN_MS);
	} while (r < 0 && errno == EINTR);
	if (r == 0) {
		log_error("the viewer that shows this VM does not answer");
		return EXIT_TIMED_OUT;
	}
	r = r < 0 ? -errno : control_socket_receive(socket, &response, ret_fds);
	if (r == -ECONNRESET) {
		return -ECONNRESET;
	}
	if (r < 0) {
		log_error("no answer from the viewer that shows this VM: %s", strerror(-r));
		return EXIT_FAILED;
	}
	if (json_object_object_get_ex(response, "error", &value)) {
		int code = EXIT_FAILED;

		log_error("%s", json_object_get_string(value));
		if (json_object_object_get_ex(response, "code", &value)) {
			code = json_object_get_int(value);
			code = code > 0 && code <= MAX_EXIT_STATUS ? code : EXIT_FAILED;
		}
		json_object_put(response);
		control_socket_fds_close(ret_fds);
		return code;
	}
	*ret_response = response;
	return 0;
}

/* Sends the request, which is freed, and waits for the response. */
static int
ask_with(int socket, json_object *request, const struct control_socket_fds *sent,
	uint32_t timeout_ms, json_object **ret_response, struct control_socket_fds *ret_fds)
{
	int r = control_socket_send(socket, request, sent);

	json_object_put(request);
	/* A resident that is full sends its refusal and closes: there may be something to read. */
	if (r < 0 && r != -ECONNRESET) {
		log_error("no answer from the viewer that shows this VM: %s", strerror(-r));
		return EXIT_FAILED;
	}
	return receive(socket, timeout_ms, ret_response, ret_fds);
}

static int
ask(int socket, json_object *request, uint32_t timeout_ms, json_object **ret_response,
	struct control_socket_fds *ret_fds)
{
	return ask_with(socket, request, NULL, timeout_ms, ret_response, ret_fds);
}

int
remote_list(int socket, uint32_t timeout_ms, json_object **ret_vm)
{
	json_object *request = json_object_new_object();
	struct control_socket_fds fds = { 0 };
	int code;

	json_object_object_add(request, "command", json_object_new_string("list"));
	code = ask(socket, request, timeout_ms, ret_vm, &fds);
	control_socket_fds_close(&fds);
	return code;
}

void
remote_pictures_finish(struct remote_picture *pictures, uint32_t n_pictures)
{
	for (uint32_t i = 0; i < n_pictures; i++) {
		buffer_unref(pictures[i].scanout.buffer);
		free((void *)(uintptr_t)pictures[i].cursor.pixels);
	}
}

static int
take_picture(json_object *json, const struct control_socket_fds *fds, uint32_t *next_fd,
	struct remote_picture *ret_picture)
{
	struct remote_picture picture = { 0 };
	json_object *value;
	int r = control_socket_scanout_from_json(json, fds, next_fd, &picture.scanout);

	if (r < 0) {
		return r;
	}
	if (json_object_object_get_ex(json, "console", &value)) {
		picture.console = (uint32_t)json_object_get_int64(value);
	}
	if (json_object_object_get_ex(json, "cursor", &value)) {
		r = control_cursor_from_json(
			value, fds, next_fd, &picture.cursor, &picture.gx, &picture.gy);
	}
	if (r < 0) {
		remote_pictures_finish(&picture, 1);
		return r;
	}
	*ret_picture = picture;
	return 0;
}

static json_object *
make_request(const struct capture_request *capture, const struct remote_wishes *wishes)
{
	json_object *request = json_object_new_object();

	json_object_object_add(request, "command", json_object_new_string("screenshot"));
	json_object_object_add(request, "console", json_object_new_int(capture->console));
	json_object_object_add(
		request, "wait_stable_ms", json_object_new_int64(capture->wait_stable_ms));
	json_object_object_add(request, "timeout_ms", json_object_new_int64(capture->timeout_ms));
	json_object_object_add(request, "cursor", json_object_new_int(wishes->cursor));
	if (wishes->path != NULL) {
		json_object_object_add(request, "path", json_object_new_string(wishes->path));
	}
	return request;
}

int
remote_screenshot(int socket, const struct capture_request *capture,
	const struct remote_wishes *wishes,
	struct remote_picture ret_pictures[static GUEST_MAX_HEADS], uint32_t *ret_n_pictures)
{
	json_object *response, *pictures;
	struct control_socket_fds fds = { 0 };
	uint32_t n_pictures = 0, next_fd = 0;
	int code = ask(socket, make_request(capture, wishes), capture->timeout_ms, &response, &fds);

	if (code != 0) {
		return code;
	}
	if (!json_object_object_get_ex(response, "pictures", &pictures) ||
		!json_object_is_type(pictures, json_type_array) ||
		json_object_array_length(pictures) > GUEST_MAX_HEADS) {
		pictures = NULL;
	}
	while (pictures != NULL && n_pictures < json_object_array_length(pictures) &&
		take_picture(json_object_array_get_idx(pictures, n_pictures), &fds, &next_fd,
			&ret_pictures[n_pictures]) >= 0) {
		n_pictures++;
	}
	if (pictures == NULL || n_pictures < json_object_array_length(pictures)) {
		log_error("the viewer that shows this VM sent an answer that makes no sense");
		code = EXIT_FAILED;
		remote_pictures_finish(ret_pictures, n_pictures);
		n_pictures = 0;
	}
	json_object_put(response);
	control_socket_fds_close(&fds);
	*ret_n_pictures = n_pictures;
	return code;
}

int
remote_type(int socket, int32_t console, const struct typing *typing)
{
	/* As long as it takes, and once more for a machine that is busy. */
	uint32_t timeout_ms = typing->n_strokes * 4 * TYPIST_STEP_US / US_PER_MS;
	json_object *request = json_object_new_object();
	json_object *response = NULL;
	struct control_socket_fds fds = { 0 };
	int code;

	json_object_object_add(request, "command", json_object_new_string("type"));
	json_object_object_add(request, "console", json_object_new_int(console));
	json_object_object_add(request, "strokes", control_socket_typing_to_json(typing));
	/* One that leaves before it has begun can be asked again. */
	code = ask(socket, request, 0, &response, &fds);
	if (code == 0 && json_object_object_get_ex(response, "again", NULL)) {
		code = -ECONNRESET;
	} else if (code == 0) {
		json_object_put(response);
		control_socket_fds_close(&fds);
		response = NULL;
		code = receive(socket, timeout_ms, &response, &fds);
		if (code == -ECONNRESET) {
			log_error("the viewer that has this VM left before all was typed");
			code = EXIT_FAILED;
		}
	}
	json_object_put(response);
	control_socket_fds_close(&fds);
	return code;
}

int
remote_control(int socket, json_object *request, int fd, int output_fd)
{
	const struct control_socket_fds sent = { 2, { fd, output_fd } };
	struct control_socket_fds fds = { 0 };
	json_object *response = NULL;
	int code = ask_with(socket, request, &sent, 0, &response, &fds);

	if (code == 0 && json_object_object_get_ex(response, "again", NULL)) {
		code = -ECONNRESET;
	}
	json_object_put(response);
	control_socket_fds_close(&fds);
	return code;
}

static bool
is_lock(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && strcmp(dot, ".lock") == 0;
}

int
remote_list_all(uint32_t timeout_ms, json_object *vms)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct dirent *entry;
	DIR *directory;

	if (control_socket_directory(path) < 0) {
		return EXIT_FAILED;
	}
	directory = opendir(path);
	if (directory == NULL) {
		log_error("cannot read %s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	while ((entry = readdir(directory)) != NULL) {
		AUTO_FD int fd = -1;
		json_object *vm;

		if (entry->d_name[0] == '.' || is_lock(entry->d_name) ||
			control_socket_is_alias(entry->d_name) ||
			remote_open(entry->d_name, &fd) < 0) {
			continue;
		}
		if (remote_list(fd, timeout_ms, &vm) == 0) {
			json_object_array_add(vms, vm);
		}
	}
	closedir(directory);
	return EXIT_DONE;
}
