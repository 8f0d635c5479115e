#include "control-cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

int
control_cursor_create(
	const struct cursor_image *image, int32_t gx, int32_t gy, struct control_cursor *ret_cursor)
{
	size_t size = (size_t)image->width * image->height * sizeof(image->pixels[0]);
	AUTO_FD int fd = memfd_create("vitrine-cursor", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, image->pixels, size);

	if (r < 0) {
		return r;
	}
	*ret_cursor = (struct control_cursor){ fd_take(&fd), image->width, image->height, gx, gy };
	return 0;
}

void
control_cursor_finish(struct control_cursor *cursor)
{
	fd_close(&cursor->fd);
}

json_object *
control_cursor_to_json(const struct control_cursor *cursor, struct control_socket_fds *fds)
{
	json_object *json = json_object_new_object();

	json_object_object_add(json, "width", json_object_new_int64(cursor->width));
	json_object_object_add(json, "height", json_object_new_int64(cursor->height));
	json_object_object_add(json, "x", json_object_new_int64(cursor->gx));
	json_object_object_add(json, "y", json_object_new_int64(cursor->gy));
	fds->fds[fds->n_fds++] = cursor->fd;
	return json;
}

/* False: it has no such number. */
static bool
get(json_object *json, const char *key, int64_t low, int64_t high, int64_t *ret_value)
{
	json_object *value;

	if (!json_object_object_get_ex(json, key, &value)) {
		return false;
	}
	*ret_value = json_object_get_int64(value);
	return *ret_value >= low && *ret_value <= high;
}

int
control_cursor_from_json(json_object *json, const struct control_socket_fds *fds, uint32_t *next_fd,
	struct cursor_image *ret_image, int32_t *ret_gx, int32_t *ret_gy)
{
	int64_t width, height, x, y;
	uint32_t *pixels;
	size_t size;

	if (*next_fd >= fds->n_fds || !get(json, "width", 1, CURSOR_MAX_DIMENSION, &width) ||
		!get(json, "height", 1, CURSOR_MAX_DIMENSION, &height) ||
		!get(json, "x", INT32_MIN, INT32_MAX, &x) ||
		!get(json, "y", INT32_MIN, INT32_MAX, &y)) {
		return -EBADMSG;
	}
	size = (size_t)(width * height) * sizeof(*pixels);
	pixels = malloc(size);
	if (pixels == NULL) {
		return -ENOMEM;
	}
	if (pread(fds->fds[(*next_fd)++], pixels, size, 0) != (ssize_t)size) {
		free(pixels);
		return -EBADMSG;
	}
	*ret_image = (struct cursor_image){
		.width = (uint32_t)width, .height = (uint32_t)height, .pixels = pixels
	};
	*ret_gx = (int32_t)x;
	*ret_gy = (int32_t)y;
	return 0;
}
