/*
 * bench-floor SOCKET HEADS
 *
 * The least that a viewer of this VMM can do in one thread: wait, read, write what was made before,
 * and the same for the answer. It believes whatever bench-vmm (`plain`) sends, and has no cursor,
 * input, resizing or errors: the measure for those who have.
 *
 * libwayland sets the windows up. From then on its connection is read and written here; the numbers
 * of objects that are used for that are taken from it before.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-client.h>

#include "linux-dmabuf-v1-client.h"
#include "xdg-shell-client.h"

#define MAX_HEADS 16
#define MAX_BUFFERS 8
#define HEADER_SIZE 16
#define NO_REPLY_EXPECTED 1
/* What the calls are told apart by. */
#define UPDATE_SIZE 16
#define SCANOUT_MAP_SIZE 24
#define SCANOUT_DMABUF_SIZE 36
#define DISPLAY_OBJECT 1
#define DELETE_ID 1
#define WAYLAND (-1) /* in place of a head's number */

/* Of a frame, as they go over the wire. */
struct requests {
	struct {
		uint32_t object, header, callback;
	} frame;
	struct {
		uint32_t object, header, buffer, x, y;
	} attach;
	struct {
		uint32_t object, header, x, y, width, height;
	} damage;
	struct {
		uint32_t object, header;
	} commit;
};

#define HEADER(request, opcode) ((uint32_t)sizeof(request) << 16 | (opcode))

struct window {
	int fd;
	uint8_t inbox[4096];
	size_t inbox_size;
	struct wl_surface *surface;
	uint32_t callback;
	struct {
		ino_t inode;
		uint32_t id;
	} buffers[MAX_BUFFERS];
	uint32_t n_buffers;
	uint32_t width, height;
	bool awaits_callback;
	struct requests requests;
	uint32_t to_answer; /* number of the call; 0: none */
	uint32_t last_serial;
};

static struct wl_display *display;
static struct wl_compositor *compositor;
static struct wl_shm *shm;
static struct xdg_wm_base *wm_base;
static struct zwp_linux_dmabuf_v1 *dmabuf;
static struct window windows[MAX_HEADS];
static int n_windows;
static uint8_t inbox[4096];
static size_t inbox_size;

static void
handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t v)
{
	if (strcmp(interface, "wl_compositor") == 0) {
		compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, "wl_shm") == 0) {
		shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, "xdg_wm_base") == 0) {
		wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
	} else if (strcmp(interface, "zwp_linux_dmabuf_v1") == 0) {
		dmabuf = wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface, 3);
	}
}

static void
handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void
handle_xdg_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = handle_xdg_surface_configure,
};

static void
make_requests(struct window *window, uint32_t buffer)
{
	struct requests *requests = &window->requests;
	uint32_t surface = wl_proxy_get_id((struct wl_proxy *)window->surface);

	*requests = (struct requests){
		.frame = { surface, HEADER(requests->frame, WL_SURFACE_FRAME), window->callback },
		.attach = { surface, HEADER(requests->attach, WL_SURFACE_ATTACH), buffer, 0, 0 },
		.damage = { surface, HEADER(requests->damage, WL_SURFACE_DAMAGE_BUFFER), 0, 0,
			window->width, window->height },
		.commit = { surface, HEADER(requests->commit, WL_SURFACE_COMMIT) },
	};
}

static uint32_t
import(struct window *window, int fd, const uint32_t *body, uint32_t body_size, size_t size)
{
	struct wl_buffer *buffer;

	if (body_size == SCANOUT_DMABUF_SIZE) {
		struct zwp_linux_buffer_params_v1 *params =
			zwp_linux_dmabuf_v1_create_params(dmabuf);
		zwp_linux_buffer_params_v1_add(params, fd, 0, 0, body[3], body[6], body[5]);
		buffer = zwp_linux_buffer_params_v1_create_immed(
			params, (int32_t)body[1], (int32_t)body[2], body[4], 0);
	} else {
		struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, (int32_t)size);
		buffer = wl_shm_pool_create_buffer(pool, (int32_t)body[1], (int32_t)body[2],
			(int32_t)body[3], (int32_t)body[4], WL_SHM_FORMAT_XRGB8888);
	}
	window->width = body[body_size == SCANOUT_DMABUF_SIZE ? 1 : 2];
	window->height = body[body_size == SCANOUT_DMABUF_SIZE ? 2 : 3];
	wl_display_flush(display);
	return wl_proxy_get_id((struct wl_proxy *)buffer);
}

static void
set_scanout(struct window *window, int fd, const uint32_t *body, uint32_t body_size)
{
	struct stat status;
	uint32_t i = 0;

	fstat(fd, &status);
	while (i < window->n_buffers && window->buffers[i].inode != status.st_ino) {
		i++;
	}
	if (i == window->n_buffers) {
		if (i == MAX_BUFFERS) {
			errx(1, "too many buffers");
		}
		window->n_buffers++;
		window->buffers[i].inode = status.st_ino;
		window->buffers[i].id = import(window, fd, body, body_size, (size_t)status.st_size);
	}
	close(fd);
	make_requests(window, window->buffers[i].id);
}

/* One callback at a time: its number is free again when the last one is gone. */
static void
present(struct window *window)
{
	size_t skipped = window->awaits_callback ? sizeof(window->requests.frame) : 0;
	size_t size = sizeof(window->requests) - skipped;

	window->awaits_callback = true;
	if (send(wl_display_get_fd(display), (const uint8_t *)&window->requests + skipped, size,
		    MSG_NOSIGNAL) != (ssize_t)size) {
		err(1, "a frame");
	}
}

static void
answer(struct window *window, uint32_t call)
{
	const uint32_t reply[] = { 'l' | 2 << 8 | NO_REPLY_EXPECTED << 16 | 1 << 24, 0,
		++window->last_serial, 8, 5 | 1 << 8 | 'u' << 16, call };

	if (send(window->fd, reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply)) {
		err(1, "answer");
	}
}

/* Each call that is complete; only the first may come with an fd. */
static void
handle_calls(struct window *window, int fd)
{
	size_t at = 0;

	while (window->inbox_size - at >= HEADER_SIZE) {
		const uint8_t *call = window->inbox + at;
		uint32_t body_size, serial, fields_size, body[SCANOUT_DMABUF_SIZE / 4];
		size_t start;

		memcpy(&body_size, call + 4, 4);
		memcpy(&serial, call + 8, 4);
		memcpy(&fields_size, call + 12, 4);
		start = HEADER_SIZE + (fields_size + 7) / 8 * 8;
		if (body_size > sizeof(body) || window->inbox_size - at < start + body_size) {
			break;
		}
		memcpy(body, call + start, body_size);
		if (body_size > UPDATE_SIZE) {
			set_scanout(window, fd, body, body_size);
		} else if (body_size == UPDATE_SIZE) {
			present(window);
		}
		if (body_size == SCANOUT_MAP_SIZE) {
			answer(window, serial);
		} else if (!(call[2] & NO_REPLY_EXPECTED)) {
			window->to_answer = serial;
		}
		at += start + body_size;
	}
	window->inbox_size -= at;
	memmove(window->inbox, window->inbox + at, window->inbox_size);
}

static void
read_calls(struct window *window)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iovec;
	struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1, .msg_control = &control };
	int fd;

	do {
		ssize_t n;

		iovec.iov_base = window->inbox + window->inbox_size;
		iovec.iov_len = sizeof(window->inbox) - window->inbox_size;
		message.msg_controllen = sizeof(control);
		fd = -1;
		n = recvmsg(window->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n < 0 && errno == EAGAIN) {
			return;
		}
		if (n <= 0) {
			exit(0);
		}
		if (CMSG_FIRSTHDR(&message) != NULL) {
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
		}
		window->inbox_size += (size_t)n;
		handle_calls(window, fd);
		/* A read ends behind an fd: what belongs to it is there already. */
	} while (fd >= 0);
}

static void
handle_event(uint32_t object, uint32_t opcode, uint32_t argument)
{
	bool is_gone = object == DISPLAY_OBJECT && opcode == DELETE_ID;

	for (int i = 0; i < n_windows; i++) {
		if (is_gone && windows[i].callback == argument) {
			windows[i].awaits_callback = false;
		} else if (windows[i].callback == object && windows[i].to_answer != 0) {
			answer(&windows[i], windows[i].to_answer);
			windows[i].to_answer = 0;
		}
	}
}

static void
read_events(void)
{
	ssize_t n = recv(wl_display_get_fd(display), inbox + inbox_size, sizeof(inbox) - inbox_size,
		MSG_DONTWAIT);
	size_t at = 0;

	if (n <= 0) {
		err(1, "the compositor");
	}
	inbox_size += (size_t)n;
	while (inbox_size - at >= 8) {
		uint32_t header[2], argument = 0;

		memcpy(header, inbox + at, sizeof(header));
		if (inbox_size - at < header[1] >> 16) {
			break;
		}
		if (header[1] >> 16 >= sizeof(header) + sizeof(argument)) {
			memcpy(&argument, inbox + at + sizeof(header), sizeof(argument));
		}
		handle_event(header[0], header[1] & 0xffff, argument);
		at += header[1] >> 16;
	}
	inbox_size -= at;
	memmove(inbox, inbox + at, inbox_size);
}

static void
open_window(struct window *window, const struct sockaddr_un *address)
{
	struct xdg_surface *xdg_surface;

	window->surface = wl_compositor_create_surface(compositor);
	xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, window->surface);
	xdg_surface_add_listener(xdg_surface, &xdg_surface_listener, NULL);
	xdg_surface_get_toplevel(xdg_surface);
	wl_surface_commit(window->surface);
	/* Never destroyed, so that libwayland does not use the number, while the server's is free.
	 */
	window->callback = wl_proxy_get_id((struct wl_proxy *)wl_display_sync(display));
	wl_display_roundtrip(display);
	window->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(window->fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		err(1, "%s", address->sun_path);
	}
}

static void
watch(int epoll_fd, int fd, int number)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = number };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		err(1, "epoll_ctl");
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	n_windows = argc == 3 ? atoi(argv[2]) : 0;
	if (n_windows < 1 || n_windows > MAX_HEADS) {
		errx(2, "usage: bench-floor SOCKET HEADS");
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	display = wl_display_connect(NULL);
	if (display == NULL) {
		err(1, "the compositor");
	}
	wl_registry_add_listener(wl_display_get_registry(display), &registry_listener, NULL);
	wl_display_roundtrip(display);
	for (int i = 0; i < n_windows; i++) {
		open_window(&windows[i], &address);
		watch(epoll_fd, windows[i].fd, i);
	}
	watch(epoll_fd, wl_display_get_fd(display), WAYLAND);
	for (;;) {
		struct epoll_event events[MAX_HEADS + 1];
		int n = epoll_wait(epoll_fd, events, MAX_HEADS + 1, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == WAYLAND) {
				read_events();
			} else {
				read_calls(&windows[events[i].data.fd]);
			}
		}
	}
}
