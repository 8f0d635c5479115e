#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "guest.h"

/* QEMU numbers its consoles from 0; the limit keeps object paths and array sizes sane. */
#define CONSOLE_MAX_NUMBER 9999

/* What QEMU says about one console, over all interfaces of its object. Zero-initialise. */
struct console_properties {
	char label[GUEST_TEXT_SIZE];
	char address[GUEST_TEXT_SIZE]; /* of its device, "pci/0000/02.0"; empty when not on PCI */
	uint32_t head;
	uint32_t width, height; /* 0: unknown */
	uint32_t leds;
	bool is_graphic, is_absolute, has_touch;
};

/*
 * Reads "a{sv}", properties of one interface: unknown ones are skipped, those that are missing keep
 * their value. Returns 0 or -EBADMSG.
 */
int console_properties_read(
	struct console_properties *properties, const char *interface, sd_bus_message *message);

/* Reads "a{sa{sv}}", as of a new object. Returns 0 or -EBADMSG. */
int console_properties_read_interfaces(
	struct console_properties *properties, sd_bus_message *message);

/* The number in "/org/qemu/Display1/Console_<number>"; false for every other path. */
bool console_number_from_path(const char *path, uint32_t *ret_number);

/*
 * The identity of the GPU: its address. QEMU knows none for what is not on PCI: such a console is
 * alone on a GPU that is named after it.
 */
void console_gpu(
	const struct console_properties *properties, uint32_t number, char gpu[GUEST_TEXT_SIZE]);
