#include "qemu-dbus/ui-info.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/qemu-guest.h"

/* What QEMU says of every device but virtio-gpu, VFIO with an EDID, and xenfb. */
#define UNSUPPORTED_ERROR "org.qemu.Display1.Error.Unsupported"

/*
 * QEMU drops what it has been told already, and before anybody tells it anything that is all zeroes
 * (7.2 to 11): a monitor could not be unplugged that was plugged in by QEMU itself. Of one that is
 * not there it reads no millimetres.
 */
#define UNPLUGGED_MM 1

static uint16_t
clamp_mm(uint32_t mm)
{
	return mm < UINT16_MAX ? (uint16_t)mm : UINT16_MAX;
}

static bool
is_same(const struct ui_info_values *a, const struct ui_info_values *b)
{
	return a->width_mm == b->width_mm && a->height_mm == b->height_mm && a->x == b->x &&
	       a->y == b->y && a->width == b->width && a->height == b->height;
}

static int send_values(struct console *console, const struct ui_info_values *values);

static void
complain(struct console *console, const char *why)
{
	if (!console->ui_info.error_was_logged) {
		console->ui_info.error_was_logged = true;
		log_limited(LOG_LEVEL_WARNING, &console->guest->n_complaints,
			"console %u: QEMU does not take the size of its monitor: %s; the guest goes "
			"on as it is",
			console->head.console, why);
	}
}

static void
handle_error(struct console *console, const sd_bus_error *error)
{
	struct ui_info *info = &console->ui_info;

	/* The same may be asked for again. */
	info->was_sent = false;
	if (strcmp(error->name, UNSUPPORTED_ERROR) != 0) {
		complain(console, error->message != NULL ? error->message : error->name);
		return;
	}
	log_limited(LOG_LEVEL_INFO, &console->guest->n_complaints,
		"console %u: this display device has no monitor whose size could change",
		console->head.console);
	info->waits = false;
	console->head.resizable = false;
	emit_head_changed(console->guest, &console->head);
}

static int
handle_reply_set_ui_info(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct console *console = data;
	struct ui_info *info = &console->ui_info;
	struct qemu_guest *guest = console->guest;
	const sd_bus_error *error = sd_bus_message_get_error(reply);
	uint64_t cookie;
	int r;

	/* Its console may be gone, and another one in its place. */
	if (sd_bus_message_get_reply_cookie(reply, &cookie) < 0 || cookie != info->cookie) {
		return 0;
	}
	info->cookie = 0;
	/* The connection's end fails all calls: that is told once, elsewhere. */
	if (!control_is_open(&guest->control) || sd_bus_is_open(guest->control.bus) <= 0) {
		return 0;
	}
	if (error != NULL) {
		handle_error(console, error);
	}
	if (info->waits && !guest_is_over(guest)) {
		info->waits = false;
		r = send_values(console, &info->next);
		if (r < 0) {
			complain(console, strerror(-r));
		}
	}
	return 0;
}

static int
send_values(struct console *console, const struct ui_info_values *values)
{
	struct ui_info *info = &console->ui_info;
	struct control *control = &console->guest->control;
	sd_bus_message *call;
	int r = control_new_call(
		control, console->path, QEMU_CONSOLE_INTERFACE, "SetUIInfo", &call);

	if (r < 0) {
		return r;
	}
	r = sd_bus_message_append(call, "qqiiuu", values->width_mm, values->height_mm, values->x,
		values->y, values->width, values->height);
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	sd_bus_message_ref(call);
	r = control_send(control, call, handle_reply_set_ui_info, console);
	if (r >= 0) {
		info->sent = *values;
		info->was_sent = true;
		/* It has one since it was sent. */
		sd_bus_message_get_cookie(call, &info->cookie);
	}
	sd_bus_message_unref(call);
	return r;
}

int
ui_info_set(struct console *console, const struct head_geometry *geometry)
{
	struct ui_info *info = &console->ui_info;
	struct ui_info_values values = {
		.width_mm = clamp_mm(geometry->width_mm),
		.height_mm = clamp_mm(geometry->height_mm),
		.x = geometry->x,
		.y = geometry->y,
		.width = geometry->width,
		.height = geometry->height,
	};

	if (values.width == 0) {
		values.width_mm = values.height_mm = UNPLUGGED_MM;
	}
	if (console->guest->state != QEMU_GUEST_ATTACHED) {
		return -ENOTCONN;
	}
	if (!head_geometry_is_valid(geometry)) {
		return -EINVAL;
	}
	if (!console->head.resizable) {
		return -ENOTSUP;
	}
	/* The last wish counts: it takes back what waits. */
	info->waits = false;
	if (info->was_sent && is_same(&info->sent, &values)) {
		return 0;
	}
	if (info->cookie != 0) {
		info->next = values;
		info->waits = true;
		return 0;
	}
	return send_values(console, &values);
}
