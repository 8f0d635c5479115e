/*
 * bench-floor-input SOCKET
 *
 * The least that a viewer can do with a key or a motion: wait, read it, write a call that was made
 * before, in one thread. It believes the compositor, knows one key, and asks for no reply.
 *
 * libwayland sets the window up. From then on its connection is read here; the numbers of objects
 * that are used for that are taken from it before.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-client.h>

#include "call.h"
#include "xdg-shell-client.h"

#define WIDTH 320
#define HEIGHT 200
#define WAYLAND (-1)
#define KEYBOARD_KEY 3
#define POINTER_MOTION 2
#define KEY_STATE_AT 20
#define MOTION_X_AT 12
#define FIXED_BITS 8

static struct wl_display *display;
static struct wl_compositor *compositor;
static struct wl_shm *shm;
static struct wl_seat *seat;
static struct xdg_wm_base *wm_base;
static uint32_t keyboard, pointer; /* their numbers */
static struct call press, release, motion;
static uint8_t inbox[4096];
static size_t inbox_size;
static int vmm_fd, head_fd;
static uint32_t last_serial;

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
	} else if (strcmp(interface, "wl_seat") == 0) {
		seat = wl_registry_bind(registry, name, &wl_seat_interface, 5);
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
open_window(void)
{
	struct wl_surface *surface = wl_compositor_create_surface(compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, surface);
	int fd = memfd_create("picture", MFD_CLOEXEC);
	struct wl_shm_pool *pool;

	xdg_surface_add_listener(xdg_surface, &xdg_surface_listener, NULL);
	xdg_surface_get_toplevel(xdg_surface);
	wl_surface_commit(surface);
	wl_display_roundtrip(display);
	if (fd < 0 || ftruncate(fd, WIDTH * HEIGHT * 4) < 0) {
		err(1, "a picture");
	}
	pool = wl_shm_create_pool(shm, fd, WIDTH * HEIGHT * 4);
	wl_surface_attach(surface,
		wl_shm_pool_create_buffer(
			pool, 0, WIDTH, HEIGHT, WIDTH * 4, WL_SHM_FORMAT_XRGB8888),
		0, 0);
	wl_surface_commit(surface);
	keyboard = wl_proxy_get_id((struct wl_proxy *)wl_seat_get_keyboard(seat));
	pointer = wl_proxy_get_id((struct wl_proxy *)wl_seat_get_pointer(seat));
	wl_display_roundtrip(display);
}

static void
handle_event(const uint8_t *event)
{
	uint32_t object, opcode, argument;

	memcpy(&object, event, sizeof(object));
	memcpy(&opcode, event + 4, sizeof(opcode));
	opcode &= 0xffff;
	if (object == keyboard && opcode == KEYBOARD_KEY) {
		memcpy(&argument, event + KEY_STATE_AT, sizeof(argument));
		call_send(argument ? &press : &release, vmm_fd, ++last_serial, -1);
	} else if (object == pointer && opcode == POINTER_MOTION) {
		memcpy(&argument, event + MOTION_X_AT, sizeof(argument));
		argument >>= FIXED_BITS;
		memcpy(motion.bytes + motion.size - 8, &argument, sizeof(argument));
		call_send(&motion, vmm_fd, ++last_serial, -1);
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
		uint32_t header[2];

		memcpy(header, inbox + at, sizeof(header));
		if (inbox_size - at < header[1] >> 16) {
			break;
		}
		handle_event(inbox + at);
		at += header[1] >> 16;
	}
	inbox_size -= at;
	memmove(inbox, inbox + at, inbox_size);
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		err(1, "%s", path);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	static const uint32_t key = 30, position[2];
	struct epoll_event event = { .events = EPOLLIN, .data.fd = WAYLAND };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (argc != 2) {
		errx(2, "usage: bench-floor-input SOCKET");
	}
	display = wl_display_connect(NULL);
	if (display == NULL) {
		err(1, "the compositor");
	}
	wl_registry_add_listener(wl_display_get_registry(display), &registry_listener, NULL);
	wl_display_roundtrip(display);
	call_init(&press, "org.qemu.Display1.Keyboard", "Press", "u", &key, sizeof(key), false,
		false);
	call_init(&release, "org.qemu.Display1.Keyboard", "Release", "u", &key, sizeof(key), false,
		false);
	call_init(&motion, "org.qemu.Display1.Mouse", "SetAbsPosition", "uu", position,
		sizeof(position), false, false);
	/* Its head, which is not looked at, and the connection for input. */
	head_fd = connect_to(argv[1]);
	vmm_fd = connect_to(argv[1]);
	open_window();
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wl_display_get_fd(display), &event) < 0) {
		err(1, "epoll_ctl");
	}
	for (;;) {
		if (epoll_wait(epoll_fd, &event, 1, -1) > 0) {
			read_events();
		}
	}
}
