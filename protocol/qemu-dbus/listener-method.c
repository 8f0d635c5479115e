#include "qemu-dbus/listener-method.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/listener-call.h"
#include "qemu-dbus/messages.h"
#include "qemu-dbus/qemu-guest.h"

#define MAP_INTERFACE LISTENER_INTERFACE ".Unix.Map"
#define DMABUF2_INTERFACE LISTENER_INTERFACE ".Unix.ScanoutDMABUF2"

/* Delivers an update whose answer waits for the frontend, or answers at once where none is due. */
static void
deliver(struct listener *listener, uint32_t reply_to, const struct rect *rect)
{
	struct console *console = listener->console;
	struct qemu_guest *guest = console->guest;
	struct rect damage;
	uint64_t serial;

	if (!picture_damage(&console->picture, rect, &damage)) {
		listener_answer(listener, reply_to);
		picture_tell(&console->picture);
		return;
	}
	serial = ++guest->last_serial;
	if (reply_to != 0 && !answers_keep(&listener->answers, serial, reply_to)) {
		listener_answer(listener, reply_to);
	}
	picture_tell(&console->picture);
	emit_update(guest, &console->head, &damage, serial);
}

static int
handle_call_scanout(struct listener *listener, struct wire_call *call)
{
	struct message_pixels pixels;
	int r = message_read_scanout(call, &pixels);

	return r < 0 ? r : picture_begin_pixels(&listener->console->picture, &pixels, true);
}

static int
handle_call_update(struct listener *listener, struct wire_call *call)
{
	struct message_pixels pixels;
	int r = message_read_update(call, &pixels);

	return r < 0 ? r : picture_begin_pixels(&listener->console->picture, &pixels, false);
}

static void
handle_tail_pixels(struct listener *listener, const uint8_t *bytes, size_t size)
{
	picture_write_pixels(&listener->console->picture, bytes, size);
}

static int
handle_end_pixels(struct listener *listener, uint32_t reply_to)
{
	struct picture *picture = &listener->console->picture;
	struct rect rect = picture->coming.pixels.pixels.rect;
	bool is_whole = picture->coming.is_whole, grown;
	int r = picture_end_pixels(picture, &grown);

	if (r < 0) {
		return r;
	}
	if (grown) {
		console_ask_size(listener->console);
	}
	/* The same picture once more is an update of all of it. */
	if (!is_whole || picture->told) {
		deliver(listener, reply_to, &rect);
		return 0;
	}
	listener_answer(listener, reply_to);
	picture_tell(picture);
	return 0;
}

static int
load_scanout(struct listener *listener, struct wire_call *call, int r,
	const struct message_scanout *scanout)
{
	struct picture *picture = &listener->console->picture;

	if (r >= 0) {
		r = picture_load_scanout(picture, scanout);
	}
	if (r >= 0) {
		listener_answer(listener, call->reply_to);
	}
	return r;
}

static int
handle_call_scanout_map(struct listener *listener, struct wire_call *call)
{
	struct message_scanout scanout;
	int r = message_read_scanout_map(call, &scanout);

	r = load_scanout(listener, call, r, &scanout);
	if (r >= 0) {
		/* QEMU's main loop stands still until it has this answer: it goes first. */
		wire_connection_flush(listener->connection);
		picture_tell(&listener->console->picture);
	}
	return r;
}

static int
load_dmabuf(struct listener *listener, struct wire_call *call, int r,
	const struct message_scanout *scanout)
{
	if (r >= 0 && scanout->guessed_format && listener->n_complaints == 0) {
		listener->n_complaints++;
		log_limited(LOG_LEVEL_WARNING, &listener->console->guest->n_complaints,
			"console %u: QEMU does not say the format of its dma-buf; taken for "
			"XBGR8888",
			listener->console->head.console);
	}
	r = load_scanout(listener, call, r, scanout);
	if (r >= 0) {
		picture_tell(&listener->console->picture);
	}
	return r;
}

static int
handle_call_scanout_dmabuf(struct listener *listener, struct wire_call *call)
{
	struct message_scanout scanout;
	int r = message_read_scanout_dmabuf(call, &scanout);

	return load_dmabuf(listener, call, r, &scanout);
}

static int
handle_call_scanout_dmabuf2(struct listener *listener, struct wire_call *call)
{
	struct message_scanout scanout;
	int r = message_read_scanout_dmabuf2(call, &scanout);

	return load_dmabuf(listener, call, r, &scanout);
}

/* UpdateMap and UpdateDMABUF: the pixels are in memory that is known. */
static int
handle_call_update_rect(struct listener *listener, struct wire_call *call)
{
	struct rect rect;
	int r = message_read_rect(call, &rect);

	if (r < 0) {
		return r;
	}
	picture_load_update(&listener->console->picture);
	deliver(listener, call->reply_to, &rect);
	return 0;
}

static int
handle_call_disable(struct listener *listener, struct wire_call *call)
{
	if (!wire_reader_is_done(&call->body)) {
		return -EBADMSG;
	}
	picture_disable(&listener->console->picture);
	listener_answer(listener, call->reply_to);
	return 0;
}

static int
handle_call_mouse_set(struct listener *listener, struct wire_call *call)
{
	struct console *console = listener->console;
	struct message_mouse mouse;
	int r = message_read_mouse(call, &mouse);

	if (r < 0) {
		return r;
	}
	listener_answer(listener, call->reply_to);
	emit_cursor_position(console->guest, &console->head, mouse.x, mouse.y, mouse.on);
	return 0;
}

static int
handle_call_cursor_define(struct listener *listener, struct wire_call *call)
{
	struct message_cursor cursor;
	int r = message_read_cursor(call, &cursor);

	return r < 0 ? r : cursor_picture_begin(&listener->console->cursor, &cursor);
}

static void
handle_tail_cursor(struct listener *listener, const uint8_t *bytes, size_t size)
{
	cursor_picture_write(&listener->console->cursor, bytes, size);
}

static int
handle_end_cursor(struct listener *listener, uint32_t reply_to)
{
	struct console *console = listener->console;
	struct cursor_image image;
	bool is_shown = cursor_picture_end(&console->cursor, &image);

	listener_answer(listener, reply_to);
	emit_cursor(console->guest, &console->head, is_shown ? &image : NULL);
	return 0;
}

#define STAYS "the last picture stays"
#define NOT_SHOWN "this update is not shown"

static const struct listener_method methods[] = {
	{ LISTENER_INTERFACE, "UpdateDMABUF", "iiii", NOT_SHOWN, handle_call_update_rect, NULL,
		NULL },
	{ LISTENER_INTERFACE, "ScanoutDMABUF", "huuuutb", STAYS, handle_call_scanout_dmabuf, NULL,
		NULL },
	{ LISTENER_INTERFACE, "Disable", "", "the head stays on", handle_call_disable, NULL, NULL },
	{ LISTENER_INTERFACE, "Update", "iiiiuuay", "this part of the picture is not drawn",
		handle_call_update, handle_tail_pixels, handle_end_pixels },
	{ LISTENER_INTERFACE, "Scanout", "uuuuay", STAYS, handle_call_scanout, handle_tail_pixels,
		handle_end_pixels },
	{ LISTENER_INTERFACE, "MouseSet", "iii", "the cursor stays where it is",
		handle_call_mouse_set, NULL, NULL },
	{ LISTENER_INTERFACE, "CursorDefine", "iiiiay", "the last cursor stays",
		handle_call_cursor_define, handle_tail_cursor, handle_end_cursor },
	{ MAP_INTERFACE, "UpdateMap", "iiii", NOT_SHOWN, handle_call_update_rect, NULL, NULL },
	{ MAP_INTERFACE, "ScanoutMap", "huuuuu", "QEMU goes on by sending copies",
		handle_call_scanout_map, NULL, NULL },
	{ DMABUF2_INTERFACE, "ScanoutDMABUF2", "ahuuuuauauuuuutb", STAYS,
		handle_call_scanout_dmabuf2, NULL, NULL },
};

const char *const listener_interfaces[] = { MAP_INTERFACE, DMABUF2_INTERFACE, NULL };

const struct listener_method *
listener_method_find(const char *interface, const char *member)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const struct listener_method *method = &methods[i];

		if (strcmp(method->member, member) == 0 &&
			(interface[0] == '\0' || strcmp(method->interface, interface) == 0)) {
			return method;
		}
	}
	return NULL;
}

bool
listener_knows_interface(const char *interface)
{
	for (size_t i = 0; listener_interfaces[i] != NULL; i++) {
		if (strcmp(interface, listener_interfaces[i]) == 0) {
			return true;
		}
	}
	return strcmp(interface, LISTENER_INTERFACE) == 0;
}
