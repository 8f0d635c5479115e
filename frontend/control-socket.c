#include "control-socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/packet.h"
#include "broker/broker.h"

void
control_socket_fds_close(struct control_socket_fds *fds)
{
	for (uint32_t i = 0; i < fds->n_fds; i++) {
		fd_close(&fds->fds[i]);
	}
	fds->n_fds = 0;
}

int
control_socket_directory(char ret_path[static sizeof(((struct sockaddr_un *)0)->sun_path)])
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat status;
	int length;

	if (runtime != NULL && runtime[0] == '/') {
		length = snprintf(path, sizeof(path), "%s/vitrine", runtime);
	} else {
		length = snprintf(path, sizeof(path), "/tmp/vitrine-%u", (unsigned)getuid());
	}
	if (length < 0 || (size_t)length >= sizeof(path)) {
		log_error("XDG_RUNTIME_DIR is too long for a socket in it");
		return -ENAMETOOLONG;
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		int error = errno;
		log_error("cannot make %s: %s", path, strerror(error));
		return -error;
	}
	if (lstat(path, &status) < 0) {
		return -errno;
	}
	if (!S_ISDIR(status.st_mode) || status.st_uid != getuid() || (status.st_mode & 077) != 0) {
		log_error("%s is not a directory of this user's alone; not used", path);
		return -EPERM;
	}
	memcpy(ret_path, path, (size_t)length + 1);
	return 0;
}

void
control_socket_key(const struct guest_identity *identity, const char *qmp_path,
	char ret_key[static CONTROL_SOCKET_KEY_SIZE])
{
	struct stat status;

	if (identity->uuid[0] != '\0') {
		snprintf(ret_key, CONTROL_SOCKET_KEY_SIZE, "%s", identity->uuid);
	} else if (qmp_path != NULL && broker_look(qmp_path, &status) >= 0) {
		snprintf(ret_key, CONTROL_SOCKET_KEY_SIZE, "qmp-%llx-%llx",
			(unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
	} else {
		snprintf(ret_key, CONTROL_SOCKET_KEY_SIZE, "process-%ld", (long)getpid());
	}
}

static const char alias_start[] = "of-qmp-";

int
control_socket_alias(const char *qmp_path, char ret_alias[static CONTROL_SOCKET_KEY_SIZE])
{
	struct stat status;

	if (broker_look(qmp_path, &status) < 0) {
		return -ENOENT;
	}
	snprintf(ret_alias, CONTROL_SOCKET_KEY_SIZE, "%s%llx-%llx-%llx-%lx", alias_start,
		(unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
		(unsigned long long)status.st_ctim.tv_sec, (unsigned long)status.st_ctim.tv_nsec);
	return 0;
}

bool
control_socket_is_alias(const char *name)
{
	return strncmp(name, alias_start, strlen(alias_start)) == 0;
}

int
control_socket_address(const char *key, const char *suffix, struct sockaddr_un *ret_address)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char directory[sizeof(address.sun_path)];
	int r = control_socket_directory(directory);

	if (r < 0) {
		return r;
	}
	r = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s%s", directory, key, suffix);
	if (r < 0 || (size_t)r >= sizeof(address.sun_path)) {
		log_error("the path of the control socket %s is too long", key);
		return -ENAMETOOLONG;
	}
	*ret_address = address;
	return 0;
}

bool
control_socket_is_from_us(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
		(peer.uid != getuid() && peer.uid != 0)) {
		log_limited_here(
			LOG_LEVEL_WARNING, "a control client of another user was turned away");
		return false;
	}
	return true;
}

int
control_socket_send(int socket, json_object *message, const struct control_socket_fds *fds)
{
	size_t size;
	const char *text =
		json_object_to_json_string_length(message, JSON_C_TO_STRING_PLAIN, &size);
	const struct iovec part = { .iov_base = (void *)(uintptr_t)text, .iov_len = size };

	if (text == NULL || size > CONTROL_SOCKET_MAX_MESSAGE) {
		return -EMSGSIZE;
	}
	return packet_send(socket, &part, 1, fds != NULL ? fds->fds : NULL,
		fds != NULL ? fds->n_fds : 0, MSG_DONTWAIT);
}

int
control_socket_receive(int socket, json_object **ret_message, struct control_socket_fds *ret_fds)
{
	static char text[CONTROL_SOCKET_MAX_MESSAGE + 1];
	const struct iovec part = { .iov_base = text, .iov_len = CONTROL_SOCKET_MAX_MESSAGE };
	struct control_socket_fds fds = { 0 };
	json_object *message;
	ssize_t size =
		packet_receive(socket, &part, 1, fds.fds, CONTROL_SOCKET_MAX_FDS, &fds.n_fds);

	if (size < 0) {
		return size == -EINTR ? -EAGAIN : (int)size;
	}
	text[size] = '\0';
	message = json_tokener_parse(text);
	if (!json_object_is_type(message, json_type_object)) {
		json_object_put(message);
		control_socket_fds_close(&fds);
		return -EBADMSG;
	}
	*ret_message = message;
	*ret_fds = fds;
	return 0;
}

static void
add_int(json_object *json, const char *key, int64_t value)
{
	json_object_object_add(json, key, json_object_new_int64(value));
}

json_object *
control_socket_scanout_to_json(const struct scanout *scanout, struct control_socket_fds *fds)
{
	const struct buffer_layout *layout = &scanout->buffer->layout;
	json_object *json = json_object_new_object();
	json_object *planes = json_object_new_array();

	add_int(json, "dmabuf", layout->kind == BUFFER_DMABUF);
	add_int(json, "width", layout->width);
	add_int(json, "height", layout->height);
	add_int(json, "fourcc", layout->fourcc);
	/* The modifier's 64 bits pass through a signed number unchanged. */
	add_int(json, "modifier", (int64_t)layout->modifier);
	add_int(json, "source_x", scanout->source.x);
	add_int(json, "source_y", scanout->source.y);
	add_int(json, "source_width", scanout->source.width);
	add_int(json, "source_height", scanout->source.height);
	add_int(json, "bottom_up", scanout->bottom_up);
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		json_object *plane = json_object_new_object();
		add_int(plane, "offset", layout->planes[i].offset);
		add_int(plane, "stride", layout->planes[i].stride);
		json_object_array_add(planes, plane);
		fds->fds[fds->n_fds++] = layout->planes[i].fd;
	}
	json_object_object_add(json, "planes", planes);
	return json;
}

static int64_t
get_int(json_object *json, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(json, key, &value) ? json_object_get_int64(value) : 0;
}

/* False: a number of more than 32 bits, which would be another one in the layout. */
static bool
get_u32(json_object *json, const char *key, uint32_t *ret_value)
{
	int64_t value = get_int(json, key);

	*ret_value = (uint32_t)value;
	return value == *ret_value;
}

static bool
get_i32(json_object *json, const char *key, int32_t *ret_value)
{
	int64_t value = get_int(json, key);

	*ret_value = (int32_t)value;
	return value == *ret_value;
}

int
control_socket_scanout_from_json(json_object *json, const struct control_socket_fds *fds,
	uint32_t *next_fd, struct scanout *ret_scanout)
{
	struct buffer_layout layout = {
		.kind = get_int(json, "dmabuf") ? BUFFER_DMABUF : BUFFER_MEMORY,
		.modifier = (uint64_t)get_int(json, "modifier"),
	};
	struct scanout scanout = { .bottom_up = get_int(json, "bottom_up") };
	struct rect bounds;
	json_object *planes;
	int r;

	if (!get_u32(json, "width", &layout.width) || !get_u32(json, "height", &layout.height) ||
		!get_u32(json, "fourcc", &layout.fourcc) ||
		!get_i32(json, "source_x", &scanout.source.x) ||
		!get_i32(json, "source_y", &scanout.source.y) ||
		!get_i32(json, "source_width", &scanout.source.width) ||
		!get_i32(json, "source_height", &scanout.source.height)) {
		return -EBADMSG;
	}
	if (!json_object_object_get_ex(json, "planes", &planes) ||
		!json_object_is_type(planes, json_type_array) ||
		json_object_array_length(planes) > BUFFER_MAX_PLANES ||
		json_object_array_length(planes) > fds->n_fds - *next_fd) {
		return -EBADMSG;
	}
	layout.n_planes = (uint32_t)json_object_array_length(planes);
	for (uint32_t i = 0; i < layout.n_planes; i++) {
		json_object *plane = json_object_array_get_idx(planes, i);
		layout.planes[i].fd = fds->fds[(*next_fd)++];
		if (!get_u32(plane, "offset", &layout.planes[i].offset) ||
			!get_u32(plane, "stride", &layout.planes[i].stride)) {
			return -EBADMSG;
		}
	}
	r = buffer_create(&layout, &scanout.buffer);
	if (r < 0) {
		return r;
	}
	bounds = (struct rect){ 0, 0, (int32_t)layout.width, (int32_t)layout.height };
	if (rect_is_empty(&scanout.source) || !rect_contains(&bounds, &scanout.source)) {
		buffer_unref(scanout.buffer);
		return -EBADMSG;
	}
	*ret_scanout = scanout;
	return 0;
}

json_object *
control_socket_typing_to_json(const struct typing *typing)
{
	json_object *strokes = json_object_new_array();

	for (uint32_t i = 0; i < typing->n_strokes; i++) {
		json_object *codes = json_object_new_array();

		for (uint16_t k = 0; k < typing->strokes[i].n_codes; k++) {
			json_object_array_add(
				codes, json_object_new_int(typing->strokes[i].codes[k]));
		}
		json_object_array_add(strokes, codes);
	}
	return strokes;
}

static int
stroke_from_json(json_object *json, struct typing_stroke *ret_stroke)
{
	struct typing_stroke stroke = { 0 };

	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) == 0 ||
		json_object_array_length(json) > CHORD_MAX_CODES) {
		return -EBADMSG;
	}
	for (size_t i = 0; i < json_object_array_length(json); i++) {
		json_object *code = json_object_array_get_idx(json, i);

		if (!json_object_is_type(code, json_type_int) || json_object_get_int64(code) < 1 ||
			json_object_get_int64(code) > UINT16_MAX) {
			return -EBADMSG;
		}
		stroke.codes[stroke.n_codes++] = (uint16_t)json_object_get_int(code);
	}
	*ret_stroke = stroke;
	return 0;
}

int
control_socket_typing_from_json(json_object *json, struct typing *ret_typing)
{
	ret_typing->n_strokes = 0;
	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) == 0 ||
		json_object_array_length(json) > TYPING_MAX_STROKES) {
		return -EBADMSG;
	}
	for (size_t i = 0; i < json_object_array_length(json); i++) {
		int r = stroke_from_json(
			json_object_array_get_idx(json, i), &ret_typing->strokes[i]);

		if (r < 0) {
			return r;
		}
	}
	ret_typing->n_strokes = (uint32_t)json_object_array_length(json);
	return 0;
}
