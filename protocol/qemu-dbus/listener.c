#include "qemu-dbus/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "qemu-dbus/cursor-picture.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/loss.h"
#include "qemu-dbus/messages.h"
#include "qemu-dbus/qemu-guest.h"

#define PATH "/org/qemu/Display1/Listener"
#define INTERFACE "org.qemu.Display1.Listener"
#define MAP_INTERFACE INTERFACE ".Unix.Map"
#define DMABUF2_INTERFACE INTERFACE ".Unix.ScanoutDMABUF2"
/* What can have been read together with the handshake is a call or two; never stay for more. */
#define LISTENER_FIRST_CALLS 8

/* Answers a bad call with an error and says so; the listener lives on. */
static int
refuse(struct listener *listener, sd_bus_message *call, int r, const char *consequence)
{
	const char *name = r == -ENOTSUP ? "org.qemu.Display1.Error.Unsupported"
					 : "org.qemu.Display1.Error.Invalid";
	const char *reason;

	switch (r) {
	case -ENOTSUP:
		reason = "a pixel format that is not supported";
		break;
	case -EBADMSG:
		reason = "numbers or a file descriptor that can't be a picture";
		break;
	default:
		reason = strerror(-r);
		break;
	}
	if (listener->n_complaints < LISTENER_MAX_COMPLAINTS) {
		listener->n_complaints++;
		log_warning("console %u: %s refused: %s; %s", listener->console->head.console,
			sd_bus_message_get_member(call), reason, consequence);
	}
	sd_bus_reply_method_errorf(call, name, "%s", reason);
	return 1;
}

static int
answer(sd_bus_message *call)
{
	sd_bus_reply_method_return(call, NULL);
	return 1;
}

static bool
is_over(const struct listener *listener)
{
	return guest_is_over(listener->console->guest);
}

/* Delivers an update whose answer waits for the frontend, or answers at once where none is due. */
static int
deliver(struct listener *listener, sd_bus_message *call, const struct rect *rect)
{
	struct console *console = listener->console;
	struct qemu_guest *guest = console->guest;
	struct rect damage;
	uint64_t serial;

	if (!picture_damage(&console->picture, rect, &damage)) {
		picture_tell(&console->picture);
		return answer(call);
	}
	serial = ++guest->last_serial;
	answers_keep(&listener->answers, call, serial);
	picture_tell(&console->picture);
	emit_update(guest, &console->head, &damage, serial);
	return 1;
}

static int
handle_method_scanout(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;
	struct picture *picture = &listener->console->picture;
	struct message_pixels pixels;
	int r = message_read_scanout(call, &pixels);

	if (r >= 0) {
		r = picture_load_pixels(picture, &pixels);
	}
	if (r < 0) {
		refuse(listener, call, r, "the last picture stays");
		picture_tell(picture);
		return 1;
	}
	/* The same picture once more is an update of all of it. */
	if (picture->told) {
		return deliver(listener, call, &pixels.rect);
	}
	answer(call);
	picture_tell(picture);
	return 1;
}

static int
handle_method_update(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;
	struct picture *picture = &listener->console->picture;
	struct message_pixels pixels;
	bool grown = false;
	int r = message_read_update(call, &pixels);

	if (r >= 0) {
		r = picture_load_part(picture, &pixels, &grown);
	}
	if (grown) {
		console_ask_size(listener->console);
	}
	if (r < 0) {
		refuse(listener, call, r, "this part of the picture is not drawn");
		picture_tell(picture);
		return 1;
	}
	return deliver(listener, call, &pixels.rect);
}

static int
load_scanout(struct listener *listener, sd_bus_message *call, int r,
	const struct message_scanout *scanout, const char *consequence)
{
	struct picture *picture = &listener->console->picture;

	if (r >= 0) {
		r = picture_load_scanout(picture, scanout);
	}
	if (r < 0) {
		return refuse(listener, call, r, consequence);
	}
	/* QEMU's main loop stands still until it has this answer: it goes first. */
	answer(call);
	picture_tell(picture);
	return 1;
}

static int
handle_method_scanout_map(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct message_scanout scanout;
	int r = message_read_scanout_map(call, &scanout);

	return load_scanout(data, call, r, &scanout, "QEMU goes on by sending copies");
}

static int
load_dmabuf(struct listener *listener, sd_bus_message *call, int r,
	const struct message_scanout *scanout)
{
	if (r >= 0 && scanout->guessed_format && listener->n_complaints == 0) {
		listener->n_complaints++;
		log_warning("console %u: QEMU does not say the format of its dma-buf; taken for "
			    "XBGR8888",
			listener->console->head.console);
	}
	return load_scanout(listener, call, r, scanout, "the last picture stays");
}

static int
handle_method_scanout_dmabuf(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct message_scanout scanout;
	int r = message_read_scanout_dmabuf(call, &scanout);

	return load_dmabuf(data, call, r, &scanout);
}

static int
handle_method_scanout_dmabuf2(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct message_scanout scanout;
	int r = message_read_scanout_dmabuf2(call, &scanout);

	return load_dmabuf(data, call, r, &scanout);
}

/* UpdateMap and UpdateDMABUF: the pixels are in memory that is known. */
static int
handle_method_update_rect(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;
	struct rect rect;
	int r = message_read_rect(call, &rect);

	if (r < 0) {
		return refuse(listener, call, r, "this update is not shown");
	}
	picture_load_update(&listener->console->picture);
	return deliver(listener, call, &rect);
}

static int
handle_method_disable(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;

	picture_disable(&listener->console->picture);
	return answer(call);
}

static int
handle_method_mouse_set(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;
	struct console *console = listener->console;
	struct message_mouse mouse;
	int r = message_read_mouse(call, &mouse);

	if (r < 0) {
		return refuse(listener, call, r, "the cursor stays where it is");
	}
	answer(call);
	emit_cursor_position(console->guest, &console->head, mouse.x, mouse.y, mouse.on);
	return 1;
}

static int
handle_method_cursor_define(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;
	struct console *console = listener->console;
	struct message_cursor cursor;
	struct cursor_image image;
	int r = message_read_cursor(call, &cursor);
	bool hide = r >= 0 && cursor.width == 0;

	if (r >= 0 && !hide) {
		r = cursor_picture_load(&console->cursor, &cursor, &image);
	}
	if (r < 0) {
		return refuse(listener, call, r, "the last cursor stays");
	}
	answer(call);
	emit_cursor(console->guest, &console->head, hide ? NULL : &image);
	return 1;
}

/*
 * QEMU <= 10.2 asks for this list and breaks a rule of its library when it is missing, which is
 * fatal with G_DEBUG=fatal-criticals (ui/dbus-listener.c, dbus_display_listener_implements).
 */
static int
handle_property_interfaces(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	return sd_bus_message_append(reply, "as", 2, MAP_INTERFACE, DMABUF2_INTERFACE);
}

#define METHOD(member, signature, handler) \
	SD_BUS_METHOD(member, signature, "", handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable listener_vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Scanout", "uuuuay", handle_method_scanout),
	METHOD("Update", "iiiiuuay", handle_method_update),
	METHOD("ScanoutDMABUF", "huuuutb", handle_method_scanout_dmabuf),
	METHOD("UpdateDMABUF", "iiii", handle_method_update_rect),
	METHOD("Disable", "", handle_method_disable),
	METHOD("MouseSet", "iii", handle_method_mouse_set),
	METHOD("CursorDefine", "iiiiay", handle_method_cursor_define),
	SD_BUS_PROPERTY(
		"Interfaces", "as", handle_property_interfaces, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable map_vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("ScanoutMap", "huuuuu", handle_method_scanout_map),
	METHOD("UpdateMap", "iiii", handle_method_update_rect),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable dmabuf2_vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("ScanoutDMABUF2", "ahuuuuauauuuuutb", handle_method_scanout_dmabuf2),
	SD_BUS_VTABLE_END,
};

static int
handle_signal_disconnected(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;

	if (!is_over(listener)) {
		loss_of_listener(listener->console);
	}
	return 0;
}

static int
handle_defer_first_read(sd_event_source *source, void *data)
{
	struct listener *listener = data;
	sd_bus *bus = sd_bus_ref(listener->bus);

	for (int i = 0; i < LISTENER_FIRST_CALLS && listener->bus == bus; i++) {
		if (sd_bus_process(bus, NULL) <= 0) {
			break;
		}
	}
	sd_bus_unref(bus);
	return 0;
}

/*
 * QEMU's first call often arrives together with the end of the handshake. sd-bus reads both at once
 * and then waits for more bytes, which never come: QEMU's main loop stands still until it has the
 * answer. So what was read already is looked at once more.
 */
static int
handle_signal_connected(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
	struct listener *listener = data;

	return sd_event_add_defer(sd_bus_get_event(listener->bus), &listener->first_read,
		handle_defer_first_read, listener);
}

/* QEMU asks as soon as it has the other end: everything is there before the start. */
static int
start(struct listener *listener, sd_event *event, int fd)
{
	sd_bus *bus = listener->bus;
	int r = sd_bus_set_fd(bus, fd, fd);

	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_bus_negotiate_fds(bus, 1);
	if (r >= 0) {
		r = sd_bus_add_object_vtable(bus, NULL, PATH, INTERFACE, listener_vtable, listener);
	}
	if (r >= 0) {
		r = sd_bus_add_object_vtable(bus, NULL, PATH, MAP_INTERFACE, map_vtable, listener);
	}
	if (r >= 0) {
		r = sd_bus_add_object_vtable(
			bus, NULL, PATH, DMABUF2_INTERFACE, dmabuf2_vtable, listener);
	}
	if (r >= 0) {
		r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local",
			"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
			handle_signal_disconnected, listener);
	}
	if (r >= 0) {
		r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local",
			"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Connected",
			handle_signal_connected, listener);
	}
	if (r >= 0) {
		r = sd_bus_set_connected_signal(bus, 1);
	}
	if (r >= 0) {
		r = sd_bus_start(bus);
	}
	if (r >= 0) {
		r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
	}
	return r;
}

int
listener_open(struct listener *listener, sd_event *event, struct console *console, int *ret_peer_fd)
{
	AUTO_FD int peer_fd = -1;
	int fds[2];
	int r;

	*listener = (struct listener){ .console = console };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
		return -errno;
	}
	peer_fd = fds[1];
	r = sd_bus_new(&listener->bus);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	r = start(listener, event, fds[0]);
	if (r < 0) {
		listener_close(listener);
		return r;
	}
	*ret_peer_fd = fd_take(&peer_fd);
	return 0;
}

void
listener_close(struct listener *listener)
{
	if (listener->bus == NULL) {
		return;
	}
	answers_send_all(&listener->answers);
	listener->first_read = sd_event_source_disable_unref(listener->first_read);
	sd_bus_detach_event(listener->bus);
	sd_bus_close(listener->bus);
	listener->bus = sd_bus_unref(listener->bus);
}

bool
listener_is_open(const struct listener *listener)
{
	return listener->bus != NULL;
}

int
listener_ping(
	struct listener *listener, uint64_t timeout_us, sd_bus_message_handler_t reply, void *data)
{
	sd_bus_message *call;
	int r = sd_bus_message_new_method_call(
		listener->bus, &call, NULL, "/", "org.freedesktop.DBus.Peer", "Ping");

	if (r < 0) {
		return r;
	}
	r = sd_bus_call_async(listener->bus, NULL, call, reply, data, timeout_us);
	sd_bus_message_unref(call);
	return r < 0 ? r : 0;
}
