#include "devices/fake-node.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "devices/device-node.h"

struct fake_node fake_nodes[FAKE_NODES_MAX];

struct change {
	uint32_t code, pressed;
};

void
fake_nodes_reset(void)
{
	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		fake_nodes[i] = (struct fake_node){ .fd = -1, .other_fd = -1 };
	}
}

struct fake_node *
fake_node_plug(const char *path, dev_t number)
{
	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		if (fake_nodes[i].path == NULL) {
			fake_nodes[i].path = path;
			fake_nodes[i].number = number;
			return &fake_nodes[i];
		}
	}
	assert(false);
	return NULL;
}

void
fake_node_unplug(struct fake_node *node)
{
	fd_close(&node->other_fd);
	*node = (struct fake_node){ .fd = -1, .other_fd = -1 };
}

void
fake_node_key(struct fake_node *node, uint32_t code, bool pressed)
{
	const struct change change = { code, pressed };

	device_keys_note(&node->keys, code, pressed);
	if (!node->is_grabbed && node->other_fd >= 0) {
		assert(write(node->other_fd, &change, sizeof(change)) == sizeof(change));
	}
}

static struct fake_node *
find(int fd)
{
	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		if (fake_nodes[i].fd == fd) {
			return &fake_nodes[i];
		}
	}
	return NULL;
}

int
device_node_open(const char *path, dev_t *ret_number)
{
	int fds[2];

	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		struct fake_node *node = &fake_nodes[i];

		if (node->path == NULL || strcmp(node->path, path) != 0) {
			continue;
		}
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0) {
			return -errno;
		}
		fd_close(&node->other_fd);
		node->fd = fds[0];
		node->other_fd = fds[1];
		*ret_number = node->number;
		return node->fd;
	}
	return -ENOENT;
}

int
device_node_read_keys(int fd, struct device_keys *ret_keys)
{
	const struct fake_node *node = find(fd);

	if (node == NULL) {
		return -ENODEV;
	}
	*ret_keys = node->keys;
	return 0;
}

uint32_t
device_node_leds(int fd)
{
	const struct fake_node *node = find(fd);

	return node != NULL ? node->leds : 0;
}

void
device_node_set_leds(int fd, uint32_t leds)
{
	struct fake_node *node = find(fd);

	if (node != NULL) {
		node->leds = leds;
	}
}

int
device_node_follow(int fd, struct device_keys *keys, device_node_press_fn press, void *data)
{
	struct change change;
	ssize_t size;

	while ((size = read(fd, &change, sizeof(change))) == sizeof(change)) {
		if (change.pressed) {
			press(data, change.code);
		}
		device_keys_note(keys, change.code, change.pressed);
	}
	return size < 0 && errno == EAGAIN ? 0 : -ENODEV;
}

int
device_node_grab(int fd, struct device_keys *keys, uint32_t leds)
{
	struct fake_node *node = find(fd);

	if (node == NULL) {
		return -ENODEV;
	}
	node->n_grabs++;
	if (node->grab_error < 0) {
		return node->grab_error;
	}
	*keys = node->keys;
	if (!device_keys_is_empty(keys)) {
		return -EAGAIN;
	}
	node->is_grabbed = true;
	return 0;
}

void
device_node_ungrab(int fd, uint32_t leds)
{
	struct fake_node *node = find(fd);

	if (node != NULL) {
		node->is_grabbed = false;
		node->leds = leds;
	}
}
