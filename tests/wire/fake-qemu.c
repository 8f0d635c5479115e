#include "fake-qemu.h"

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOT "/org/qemu/Display1"
#define NAME "org.qemu.Display1"
#define LISTENER NAME ".Listener"

static void
append(struct fake_qemu *qemu, const struct fake_console *console, const char *text)
{
	size_t length = strlen(qemu->log);

	snprintf(qemu->log + length, sizeof(qemu->log) - length, "%u %s\n", console->number, text);
}

static int
handle_property(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct fake_console *console = data;

	if (strcmp(property, "Label") == 0) {
		return sd_bus_message_append(reply, "s", console->label);
	}
	if (strcmp(property, "Type") == 0) {
		return sd_bus_message_append(reply, "s", console->type);
	}
	if (strcmp(property, "DeviceAddress") == 0) {
		return sd_bus_message_append(reply, "s", console->address);
	}
	if (strcmp(property, "IsAbsolute") == 0) {
		return sd_bus_message_append(reply, "b", console->is_absolute);
	}
	return sd_bus_message_append(reply, "u",
		strcmp(property, "Head") == 0     ? console->head
		: strcmp(property, "Width") == 0  ? console->width
		: strcmp(property, "Height") == 0 ? console->height
						  : console->leds);
}

static int
handle_property_vm(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct fake_qemu *qemu = data;

	if (strcmp(property, "Name") == 0 && qemu->asked_name != NULL) {
		qemu->asked_name(qemu, ++qemu->n_asked_name);
	}
	return sd_bus_message_append(
		reply, "s", strcmp(property, "Name") == 0 ? qemu->name : qemu->uuid);
}

static int
handle_property_slots(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	return sd_bus_message_append(reply, "i", 10);
}

static void
finish_registering(struct fake_console *console)
{
	struct fake_qemu *qemu = console->qemu;

	console->is_ready = true;
	if (--qemu->n_registering == 0 && qemu->control != NULL &&
		sd_bus_get_event(qemu->control) == NULL) {
		sd_bus_attach_event(qemu->control, qemu->event, 0);
	}
}

static void ask(struct fake_console *console, const char *interface);

static void
read_interfaces(struct fake_console *console, sd_bus_message *reply)
{
	const char *key, *interface;

	assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") > 0);
	while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
		assert_true(sd_bus_message_read(reply, "s", &key) > 0);
		if (strcmp(key, "Interfaces") != 0) {
			sd_bus_message_skip(reply, "v");
		} else {
			sd_bus_message_enter_container(reply, 'v', "as");
			sd_bus_message_enter_container(reply, 'a', "s");
			while (sd_bus_message_read(reply, "s", &interface) > 0) {
				if (strcmp(interface, LISTENER ".Unix.Map") == 0) {
					console->has_map = true;
				}
				if (strcmp(interface, LISTENER ".Unix.ScanoutDMABUF2") == 0) {
					console->has_dmabuf2 = true;
				}
			}
			sd_bus_message_exit_container(reply);
			sd_bus_message_exit_container(reply);
		}
		sd_bus_message_exit_container(reply);
	}
}

static int
handle_reply_question(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct fake_console *console = data;

	if (sd_bus_message_is_method_error(reply, NULL)) {
		finish_registering(console);
		return 0;
	}
	switch (console->n_questions++) {
	case 0:
		read_interfaces(console, reply);
		ask(console, LISTENER ".Unix.Map");
		break;
	case 1:
		ask(console, LISTENER ".Unix.ScanoutDMABUF2");
		break;
	default:
		finish_registering(console);
		break;
	}
	return 0;
}

static void
ask(struct fake_console *console, const char *interface)
{
	assert_true(sd_bus_call_method_async(console->listener, NULL, NULL, ROOT "/Listener",
			    "org.freedesktop.DBus.Properties", "GetAll", handle_reply_question,
			    console, "s", interface) >= 0);
}

/* Sees every reply: a second one to the same call would be dropped silently elsewhere. */
static int
handle_filter(sd_bus_message *message, void *data, sd_bus_error *ret_error)
{
	struct fake_console *console = data;
	uint64_t cookie;

	if (sd_bus_message_get_reply_cookie(message, &cookie) >= 0) {
		assert_true(cookie < FAKE_MAX_COOKIES);
		console->n_strays += console->was_answered[cookie];
		console->was_answered[cookie] = true;
	}
	return 0;
}

static sd_bus *
open_server(struct fake_qemu *qemu, int fd)
{
	static const sd_id128_t id = { .bytes = { 1, 2, 3 } };
	sd_bus *bus;

	assert_true(sd_bus_new(&bus) >= 0);
	assert_true(sd_bus_set_fd(bus, fd, fd) >= 0);
	assert_true(sd_bus_set_server(bus, 1, id) >= 0);
	assert_true(sd_bus_negotiate_fds(bus, 1) >= 0);
	return bus;
}

/* Whether another RegisterListener waits already behind the one that is being served. */
static void
look_at_queue(struct fake_qemu *qemu)
{
	char bytes[4096];
	ssize_t n =
		recv(sd_bus_get_fd(qemu->control), bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	if (n > 0 && memmem(bytes, (size_t)n, "RegisterListener", strlen("RegisterListener"))) {
		qemu->n_hasty++;
	}
}

static void
open_listener(struct fake_console *console, int fd)
{
	struct fake_qemu *qemu = console->qemu;

	/* QEMU 7.2 forgets the one before. */
	fake_console_hang_up(console);
	console->n_registered++;
	if (qemu->raw) {
		console->raw_fd = fd;
		return;
	}
	console->is_ready = false;
	memset(console->was_answered, 0, sizeof(console->was_answered));
	console->n_questions = 0;
	console->listener = open_server(qemu, fd);
	assert_true(sd_bus_add_filter(console->listener, NULL, handle_filter, console) >= 0);
	assert_true(sd_bus_start(console->listener) >= 0);
	assert_true(sd_bus_attach_event(console->listener, qemu->event, 0) >= 0);
	qemu->n_registering++;
	if (qemu->old) {
		finish_registering(console);
		return;
	}
	sd_bus_detach_event(qemu->control);
	ask(console, LISTENER);
	look_at_queue(qemu);
}

static int
handle_register(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct fake_console *console = data;
	int fd, copy;

	append(console->qemu, console, "RegisterListener");
	if (console->qemu->fail_register != NULL) {
		return sd_bus_reply_method_errorf(
			call, NAME ".Error.Failed", "%s", console->qemu->fail_register);
	}
	assert_true(sd_bus_message_read(call, "h", &fd) >= 0);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	assert_true(copy >= 0);
	sd_bus_reply_method_return(call, NULL);
	open_listener(console, copy);
	return 1;
}

static int
handle_input(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct fake_console *console = data;
	const char *signature = sd_bus_message_get_signature(call, 1);
	const char *member = sd_bus_message_get_member(call);
	const char *interface = strrchr(sd_bus_message_get_interface(call), '.') + 1;
	char text[128];
	uint32_t a, b;
	int32_t dx, dy;

	if (strcmp(signature, "u") == 0) {
		sd_bus_message_read(call, "u", &a);
		snprintf(text, sizeof(text), "%s.%s %u", interface, member, a);
	} else if (strcmp(signature, "uu") == 0) {
		sd_bus_message_read(call, "uu", &a, &b);
		snprintf(text, sizeof(text), "%s %u,%u", member, a, b);
	} else if (strcmp(signature, "ii") == 0) {
		sd_bus_message_read(call, "ii", &dx, &dy);
		snprintf(text, sizeof(text), "%s %d,%d", member, dx, dy);
	} else {
		uint64_t slot;
		double x, y;

		sd_bus_message_read(call, "utdd", &a, &slot, &x, &y);
		snprintf(text, sizeof(text), "%s %u slot %u %g,%g", member, a, (unsigned int)slot,
			x, y);
	}
	append(console->qemu, console, text);
	if (console->qemu->refuses) {
		return sd_bus_reply_method_errorf(call, NAME ".Error.Invalid", "not now");
	}
	return console->qemu->frozen ? 1 : sd_bus_reply_method_return(call, NULL);
}

static int
answer_ui_info(struct fake_console *console, sd_bus_message *call)
{
	char name[64];

	if (console->ui_info_error == NULL) {
		return sd_bus_reply_method_return(call, NULL);
	}
	snprintf(name, sizeof(name), NAME ".Error.%s", console->ui_info_error);
	return sd_bus_reply_method_errorf(call, name, "no such monitor");
}

static int
handle_set_ui_info(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	struct fake_console *console = data;
	uint16_t width_mm, height_mm;
	uint32_t width, height;
	int32_t x, y;
	char text[128];

	assert_true(sd_bus_message_read(
			    call, "qqiiuu", &width_mm, &height_mm, &x, &y, &width, &height) > 0);
	snprintf(text, sizeof(text), "SetUIInfo %ux%u at %d,%d, %ux%u mm", width, height, x, y,
		width_mm, height_mm);
	append(console->qemu, console, text);
	if (!console->holds_ui_info) {
		return answer_ui_info(console, call);
	}
	/* One under way at most. */
	assert_null(console->held_ui_info);
	console->held_ui_info = sd_bus_message_ref(call);
	return 1;
}

void
fake_console_answer_ui_info(struct fake_console *console)
{
	assert_non_null(console->held_ui_info);
	assert_true(answer_ui_info(console, console->held_ui_info) >= 0);
	console->held_ui_info = sd_bus_message_unref(console->held_ui_info);
}

#define METHOD(name, signature, handler) \
	SD_BUS_METHOD(name, signature, "", handler, SD_BUS_VTABLE_UNPRIVILEGED)
#define PROPERTY(name, signature) \
	SD_BUS_PROPERTY(name, signature, handle_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)

static const sd_bus_vtable console_vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("RegisterListener", "h", handle_register),
	METHOD("SetUIInfo", "qqiiuu", handle_set_ui_info),
	PROPERTY("Label", "s"),
	PROPERTY("Head", "u"),
	PROPERTY("Type", "s"),
	PROPERTY("Width", "u"),
	PROPERTY("Height", "u"),
	PROPERTY("DeviceAddress", "s"),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable keyboard_vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Press", "u", handle_input),
	METHOD("Release", "u", handle_input),
	PROPERTY("Modifiers", "u"),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable mouse_vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Press", "u", handle_input),
	METHOD("Release", "u", handle_input),
	METHOD("SetAbsPosition", "uu", handle_input),
	METHOD("RelMotion", "ii", handle_input),
	PROPERTY("IsAbsolute", "b"),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable touch_vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("SendEvent", "utdd", handle_input),
	SD_BUS_PROPERTY("MaxSlots", "i", handle_property_slots, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable vm_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", handle_property_vm, 0, 0),
	SD_BUS_PROPERTY("UUID", "s", handle_property_vm, 0, 0),
	SD_BUS_VTABLE_END,
};

static void
add_object(struct fake_console *console)
{
	static const struct {
		const char *name;
		const sd_bus_vtable *vtable;
	} interfaces[] = {
		{ NAME ".Console", console_vtable },
		{ NAME ".Keyboard", keyboard_vtable },
		{ NAME ".Mouse", mouse_vtable },
		{ NAME ".MultiTouch", touch_vtable },
	};

	for (uint32_t i = 0; i < 4; i++) {
		if (i == 3 && console->qemu->old) {
			break;
		}
		assert_true(sd_bus_add_object_vtable(console->qemu->control, &console->slots[i],
				    console->path, interfaces[i].name, interfaces[i].vtable,
				    console) >= 0);
	}
}

void
fake_qemu_init(struct fake_qemu *qemu, sd_event *event)
{
	memset(qemu, 0, sizeof(*qemu));
	qemu->event = event;
	qemu->name = "fd machine";
	qemu->uuid = "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE";
	for (uint32_t i = 0; i < FAKE_MAX_CONSOLES; i++) {
		qemu->consoles[i].qemu = qemu;
		qemu->consoles[i].raw_fd = -1;
	}
}

struct fake_console *
fake_qemu_add(struct fake_qemu *qemu, uint32_t number)
{
	for (uint32_t i = 0; i < FAKE_MAX_CONSOLES; i++) {
		struct fake_console *console = &qemu->consoles[i];

		if (!console->exists) {
			console->exists = true;
			console->number = number;
			snprintf(console->path, sizeof(console->path), ROOT "/Console_%u", number);
			console->label = "VGA";
			console->type = "Graphic";
			console->address = "pci/0000/02.0";
			return console;
		}
	}
	fail();
	return NULL;
}

static void
add_objects(struct fake_qemu *qemu)
{
	assert_true(sd_bus_add_object_manager(qemu->control, NULL, ROOT) >= 0);
	assert_true(sd_bus_add_object_vtable(
			    qemu->control, NULL, ROOT "/VM", NAME ".VM", vm_vtable, qemu) >= 0);
	for (uint32_t i = 0; i < FAKE_MAX_CONSOLES; i++) {
		if (qemu->consoles[i].exists) {
			add_object(&qemu->consoles[i]);
		}
	}
}

void
fake_qemu_connect(struct fake_qemu *qemu, int fd)
{
	fake_qemu_hang_up_control(qemu);
	qemu->control = open_server(qemu, fd);
	add_objects(qemu);
	assert_true(sd_bus_start(qemu->control) >= 0);
	assert_true(sd_bus_attach_event(qemu->control, qemu->event, 0) >= 0);
}

void
fake_qemu_connect_bus(struct fake_qemu *qemu, sd_bus *bus)
{
	qemu->control = bus;
	add_objects(qemu);
}

static void
close_bus(sd_bus **bus)
{
	if (*bus != NULL) {
		sd_bus_detach_event(*bus);
		sd_bus_close(*bus);
		*bus = sd_bus_unref(*bus);
	}
}

void
fake_qemu_hang_up_control(struct fake_qemu *qemu)
{
	for (uint32_t i = 0; i < FAKE_MAX_CONSOLES; i++) {
		qemu->consoles[i].held_ui_info =
			sd_bus_message_unref(qemu->consoles[i].held_ui_info);
		for (uint32_t j = 0; j < 4; j++) {
			qemu->consoles[i].slots[j] = sd_bus_slot_unref(qemu->consoles[i].slots[j]);
		}
	}
	close_bus(&qemu->control);
}

void
fake_qemu_stop(struct fake_qemu *qemu)
{
	assert_true(sd_bus_detach_event(qemu->control) >= 0);
}

void
fake_qemu_continue(struct fake_qemu *qemu)
{
	assert_true(sd_bus_attach_event(qemu->control, qemu->event, 0) >= 0);
}

void
fake_console_hang_up(struct fake_console *console)
{
	close_bus(&console->listener);
	if (console->raw_fd >= 0) {
		close(console->raw_fd);
		console->raw_fd = -1;
	}
}

void
fake_qemu_finish(struct fake_qemu *qemu)
{
	fake_qemu_hang_up_control(qemu);
	for (uint32_t i = 0; i < FAKE_MAX_CONSOLES; i++) {
		fake_console_hang_up(&qemu->consoles[i]);
	}
}

void
fake_console_plug(struct fake_console *console)
{
	add_object(console);
	assert_true(sd_bus_emit_object_added(console->qemu->control, console->path) >= 0);
}

void
fake_console_unplug(struct fake_console *console)
{
	assert_true(sd_bus_emit_object_removed(console->qemu->control, console->path) >= 0);
	for (uint32_t j = 0; j < 4; j++) {
		console->slots[j] = sd_bus_slot_unref(console->slots[j]);
	}
	fake_console_hang_up(console);
	console->exists = false;
}

void
fake_console_changed(struct fake_console *console, const char *interface, const char *property)
{
	char name[64];

	snprintf(name, sizeof(name), NAME ".%s", interface);
	assert_true(sd_bus_emit_properties_changed(
			    console->qemu->control, console->path, name, property, NULL) >= 0);
}
