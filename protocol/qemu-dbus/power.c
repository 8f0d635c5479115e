#include "qemu-dbus/power.h"

#include <errno.h>

#include "base/log.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/qemu-guest.h"

static void
finish(struct qemu_guest *guest, int error)
{
	enum guest_power power = guest->power;

	power_finish(guest);
	emit_power_done(guest, power, error);
}

static void
handle_reply(void *data, struct json_object *result, const char *error)
{
	if (error != NULL) {
		log_error("QEMU does not do that to the VM: %s; it goes on", error);
	}
	finish(data, error != NULL ? -EIO : 0);
}

static const char *const commands[] = {
	[GUEST_POWER_DOWN] = "system_powerdown",
	[GUEST_POWER_RESET] = "system_reset",
};

static void
handle_qmp_ready(void *data)
{
	struct qemu_guest *guest = data;

	qmp_call(guest->power_qmp, commands[guest->power], NULL, -1, handle_reply, guest);
}

static void
handle_qmp_failed(void *data, int error)
{
	finish(data, error);
}

static const struct qmp_handler qmp_handler = {
	.ready = handle_qmp_ready,
	.failed = handle_qmp_failed,
};

int
power_request(struct qemu_guest *guest, enum guest_power power)
{
	if (guest->state == QEMU_GUEST_NEW || guest_is_over(guest)) {
		return -ENOTCONN;
	}
	if (guest->qmp_path == NULL) {
		return -ENOTSUP;
	}
	if (guest->power_qmp != NULL) {
		return -EALREADY;
	}
	guest->power = power;
	return qmp_create(
		guest->event, guest->qmp_path, false, &qmp_handler, guest, &guest->power_qmp);
}

void
power_finish(struct qemu_guest *guest)
{
	qmp_destroy(guest->power_qmp);
	guest->power_qmp = NULL;
}
