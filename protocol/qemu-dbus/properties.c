#include "qemu-dbus/properties.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "qemu-dbus/control.h"

static int
read_text(sd_bus_message *message, char text[GUEST_TEXT_SIZE])
{
	const char *value;
	int r = sd_bus_message_read(message, "v", "s", &value);

	if (r >= 0) {
		text_copy(text, GUEST_TEXT_SIZE, value);
	}
	return r;
}

static int
read_type(sd_bus_message *message, bool *is_graphic)
{
	const char *type;
	int r = sd_bus_message_read(message, "v", "s", &type);

	if (r >= 0) {
		*is_graphic = strcmp(type, "Graphic") == 0;
	}
	return r;
}

static int
read_bool(sd_bus_message *message, bool *value)
{
	int number;
	int r = sd_bus_message_read(message, "v", "b", &number);

	if (r >= 0) {
		*value = number;
	}
	return r;
}

static int
read_console_property(
	struct console_properties *properties, const char *name, sd_bus_message *message)
{
	if (strcmp(name, "Label") == 0) {
		return read_text(message, properties->label);
	}
	if (strcmp(name, "DeviceAddress") == 0) {
		return read_text(message, properties->address);
	}
	if (strcmp(name, "Type") == 0) {
		return read_type(message, &properties->is_graphic);
	}
	if (strcmp(name, "Head") == 0) {
		return sd_bus_message_read(message, "v", "u", &properties->head);
	}
	if (strcmp(name, "Width") == 0) {
		return sd_bus_message_read(message, "v", "u", &properties->width);
	}
	if (strcmp(name, "Height") == 0) {
		return sd_bus_message_read(message, "v", "u", &properties->height);
	}
	return sd_bus_message_skip(message, "v");
}

static int
read_property(struct console_properties *properties, const char *interface, const char *name,
	sd_bus_message *message)
{
	if (strcmp(interface, QEMU_CONSOLE_INTERFACE) == 0) {
		return read_console_property(properties, name, message);
	}
	if (strcmp(interface, QEMU_MOUSE_INTERFACE) == 0 && strcmp(name, "IsAbsolute") == 0) {
		return read_bool(message, &properties->is_absolute);
	}
	if (strcmp(interface, QEMU_KEYBOARD_INTERFACE) == 0 && strcmp(name, "Modifiers") == 0) {
		return sd_bus_message_read(message, "v", "u", &properties->leds);
	}
	return sd_bus_message_skip(message, "v");
}

int
console_properties_read(
	struct console_properties *properties, const char *interface, sd_bus_message *message)
{
	const char *name;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0) {
			r = read_property(properties, interface, name, message);
		}
		if (r >= 0) {
			r = sd_bus_message_exit_container(message);
		}
	}
	return r < 0 || sd_bus_message_exit_container(message) < 0 ? -EBADMSG : 0;
}

int
console_properties_read_interfaces(struct console_properties *properties, sd_bus_message *message)
{
	const char *interface;
	int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		r = sd_bus_message_read(message, "s", &interface);
		if (r >= 0) {
			if (strcmp(interface, QEMU_TOUCH_INTERFACE) == 0) {
				properties->has_touch = true;
			}
			r = console_properties_read(properties, interface, message);
		}
		if (r >= 0) {
			r = sd_bus_message_exit_container(message);
		}
	}
	return r < 0 || sd_bus_message_exit_container(message) < 0 ? -EBADMSG : 0;
}

bool
console_number_from_path(const char *path, uint32_t *ret_number)
{
	static const char prefix[] = QEMU_CONSOLE_PREFIX;
	uint32_t number = 0;
	const char *digits;

	if (strncmp(path, prefix, strlen(prefix)) != 0) {
		return false;
	}
	digits = path + strlen(prefix);
	if (*digits == '\0') {
		return false;
	}
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9') {
			return false;
		}
		number = number * 10 + (uint32_t)(*digits - '0');
		if (number > CONSOLE_MAX_NUMBER) {
			return false;
		}
	}
	*ret_number = number;
	return true;
}

void
console_gpu(const struct console_properties *properties, uint32_t number, char gpu[GUEST_TEXT_SIZE])
{
	if (properties->address[0] != '\0') {
		snprintf(gpu, GUEST_TEXT_SIZE, "%s", properties->address);
	} else {
		snprintf(gpu, GUEST_TEXT_SIZE, "console/%u", number);
	}
}
