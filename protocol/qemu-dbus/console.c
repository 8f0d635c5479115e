#include "qemu-dbus/console.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "qemu-dbus/emit.h"
#include "qemu-dbus/qemu-guest.h"

static void
copy_to_head(struct console *console)
{
	struct guest_head *head = &console->head;

	head->index = console->properties.head;
	console_gpu(&console->properties, head->console, head->gpu);
	snprintf(head->label, sizeof(head->label), "%s", console->properties.label);
}

void
console_init(struct console *console, struct qemu_guest *guest, uint32_t number,
	const struct console_properties *properties)
{
	assert(console->state == CONSOLE_ABSENT);
	*console = (struct console){
		.guest = guest,
		.state = CONSOLE_NEW,
		.properties = *properties,
		.head.console = number,
		.head.resizable = properties->is_graphic,
	};
	copy_to_head(console);
	snprintf(console->path, sizeof(console->path), QEMU_CONSOLE_PREFIX "%u", number);
	picture_init(&console->picture, guest, &console->head);
	devices_init(&console->devices, console);
}

void
console_finish(struct console *console)
{
	listener_close(&console->listener);
	picture_finish(&console->picture);
	cursor_picture_finish(&console->cursor);
	console->state = CONSOLE_ABSENT;
}

static void
tell_pointer_mode(struct console *console)
{
	emit_pointer_mode(console->guest, &console->head,
		console->properties.is_absolute ? POINTER_ABSOLUTE : POINTER_RELATIVE);
}

void
console_tell_added(struct console *console)
{
	console->state = CONSOLE_WAITING;
	emit_head_added(console->guest, &console->head);
	tell_pointer_mode(console);
	/* QEMU says 0 from the start, which the guest did not: only what it lit is known. */
	if (console->properties.leds != 0) {
		emit_leds(console->guest, &console->head, console->properties.leds);
	}
}

void
console_set_properties(struct console *console, const struct console_properties *properties)
{
	struct console_properties old = console->properties;

	console->properties = *properties;
	if (strcmp(old.label, properties->label) != 0) {
		copy_to_head(console);
		emit_head_changed(console->guest, &console->head);
	}
	if (old.is_absolute != properties->is_absolute) {
		tell_pointer_mode(console);
	}
	if (old.leds != properties->leds) {
		emit_leds(console->guest, &console->head, properties->leds);
	}
	if (old.width != properties->width || old.height != properties->height) {
		picture_load_size(&console->picture, properties->width, properties->height);
		picture_tell(&console->picture);
	}
}

static int
handle_reply_size(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct console *console = data;
	struct console_properties properties = console->properties;

	console->size_was_asked = false;
	if (sd_bus_message_get_error(reply) == NULL && console->state != CONSOLE_ABSENT &&
		console_properties_read(&properties, QEMU_CONSOLE_INTERFACE, reply) >= 0) {
		console_set_properties(console, &properties);
		/* It may have been known and not have fitted what came since. */
		picture_load_size(&console->picture, properties.width, properties.height);
		picture_tell(&console->picture);
	}
	return 0;
}

void
console_ask_size(struct console *console)
{
	struct control *control = &console->guest->control;
	sd_bus_message *call;

	if (console->size_was_asked ||
		control_new_call(control, console->path, "org.freedesktop.DBus.Properties",
			"GetAll", &call) < 0) {
		return;
	}
	if (sd_bus_message_append(call, "s", QEMU_CONSOLE_INTERFACE) < 0) {
		sd_bus_message_unref(call);
		return;
	}
	console->size_was_asked = control_send(control, call, handle_reply_size, console) >= 0;
}
