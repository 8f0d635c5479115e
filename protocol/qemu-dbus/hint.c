#include "qemu-dbus/hint.h"

#include <stddef.h>
#include <string.h>

#define CURE "'-device virtio-vga-gl' with '-display dbus,gl=on'"

/*
 * Devices whose picture QEMU draws itself, from the guest's video memory: it looks for changes when
 * its GUI timer says so, every 30 ms (GUI_REFRESH_INTERVAL_DEFAULT in include/ui/console.h).
 */
static bool
is_polled(const char *label)
{
	static const char *const types[] = {
		"VGA",
		"ati-vga",
		"bochs-display",
		"cirrus-vga",
		"isa-cirrus-vga",
		"isa-vga",
		"qxl",
		"qxl-vga",
		"ramfb",
		"secondary-vga",
		"vmware-svga",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(label, types[i]) == 0) {
			return true;
		}
	}
	return false;
}

const char *
hint_for(const char *label, enum buffer_kind kind, bool copied)
{
	bool polled = is_polled(label);

	if (kind == BUFFER_DMABUF) {
		return polled ? "QEMU draws this display itself, 33 times a second at most: "
				"'-device virtio-vga-gl' gives the guest's own pictures"
			      : NULL;
	}
	if (polled) {
		return copied ? "QEMU draws this display itself, 33 times a second at most, and "
				"copies it: " CURE " does not"
			      : "QEMU draws this display itself, 33 times a second at most: " CURE
				" does not";
	}
	return copied ? "QEMU copies what changed, as without GL it does for most displays, and for "
			"all before 9.2: " CURE " does not"
		      : "QEMU runs without GL, so the picture is in plain memory: " CURE
			", or blob=true and a memory-backend-memfd, gives dma-bufs";
}
