#include "qemu-dbus/adapter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "qemu-dbus/identity.h"
#include "qemu-dbus/loss.h"
#include "qemu-dbus/objects.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/search.h"

static struct qemu_guest *
from_base(struct guest *base)
{
	return (struct qemu_guest *)base;
}

/* The last that the VM hears of our input. */
static void
release_all(struct qemu_guest *guest)
{
	input_queue_leave(&guest->input_queue);
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		if (guest->consoles[i].state != CONSOLE_ABSENT) {
			devices_release_all(&guest->consoles[i].devices);
		}
	}
}

/* Leaves the VM as it was found and lets go of everything but the guest's own memory. */
static void
leave(struct qemu_guest *guest)
{
	guest->state = QEMU_GUEST_OVER;
	release_all(guest);
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		if (guest->consoles[i].state != CONSOLE_ABSENT) {
			console_finish(&guest->consoles[i]);
		}
	}
	sync_finish(guest);
	guest->exit = sd_event_source_disable_unref(guest->exit);
	guest->timer = sd_event_source_disable_unref(guest->timer);
	control_close(&guest->control);
	attach_destroy(guest->attach);
	guest->attach = NULL;
	power_finish(guest);
	vm_list_destroy(guest->vm_list);
	guest->vm_list = NULL;
	fd_close(&guest->fd);
}

/*
 * sd-bus closes its connection when the loop ends: whoever releases what is held only after that,
 * as a viewer does that destroys its guest at the very end, would leave it held in the VM.
 */
static int
handle_exit(sd_event_source *source, void *data)
{
	release_all(data);
	return 0;
}

void
qemu_guest_close(struct qemu_guest *guest, int error)
{
	if (guest->state != QEMU_GUEST_OVER) {
		leave(guest);
		guest->base.listener->closed(guest->base.data, error);
	}
}

/* Closed listeners are fed until the VM ends: QEMU's filter holds a reference to each. */
static bool
never_forgets(const char *version)
{
	unsigned major = 0, minor = 0;

	return sscanf(version, "%u.%u", &major, &minor) == 2 &&
	       (major == 9 || (major == 10 && minor <= 2));
}

static bool
handle_attach_surveyed(void *data, const struct survey_result *result)
{
	struct qemu_guest *guest = data;
	int r;

	guest->identity = result->vm.identity;
	guest->identity.never_forgets = never_forgets(result->vm.version);
	guest->gl = result->gl;
	for (uint32_t i = 0; i < result->vm.n_consoles; i++) {
		if (survey_type_needs_gl(result->vm.consoles[i].type)) {
			guest->needs_gl[guest->n_surveyed++] = result->vm.consoles[i].console;
		}
	}
	r = guest->base.listener->identified(guest->base.data, &guest->identity);
	if (guest->state == QEMU_GUEST_OVER) {
		return false;
	}
	if (r < 0) {
		qemu_guest_close(guest, r);
		return false;
	}
	guest->identified = true;
	return true;
}

static void
handle_attach_attached(void *data, int fd)
{
	struct qemu_guest *guest = data;
	int r;

	attach_destroy(guest->attach);
	guest->attach = NULL;
	if (fd >= 0) {
		guest->fd = fd;
	}
	loss_note_qmp(guest);
	r = search_start(guest);
	if (r < 0) {
		log_error("QEMU's display: %s; giving up", strerror(-r));
		qemu_guest_close(guest, r);
	}
}

static void
handle_attach_failed(void *data, int error)
{
	qemu_guest_close(data, error);
}

static const struct attach_handler attach_handler = {
	.surveyed = handle_attach_surveyed,
	.attached = handle_attach_attached,
	.failed = handle_attach_failed,
};

static int
qemu_guest_open(struct guest *base)
{
	struct qemu_guest *guest = from_base(base);
	bool has_display = guest->fd >= 0 || guest->address != NULL || guest->session_bus;

	if (guest->state != QEMU_GUEST_NEW) {
		return -EALREADY;
	}
	if (guest->qmp_path != NULL) {
		guest->state = QEMU_GUEST_SURVEYING;
		return attach_create(guest->event, guest->qmp_path, guest->wait, !has_display,
			&attach_handler, guest, &guest->attach);
	}
	return search_start(guest);
}

static void
free_guest(void *data)
{
	struct qemu_guest *guest = data;

	free(guest->qmp_path);
	free(guest->address);
	free(guest->vm);
	buffer_budget_unref(guest->budget);
	free(guest);
}

static int
handle_defer_free(sd_event_source *source, void *data)
{
	sd_event_source_disable_unref(source);
	return 0;
}

/*
 * The frontend may destroy us inside any callback, so the memory must outlive the handlers that are
 * on the stack: a source that nobody holds frees it when the loop comes round, or ends.
 */
static void
qemu_guest_destroy(struct guest *base)
{
	struct qemu_guest *guest = from_base(base);
	sd_event_source *source;
	int r;

	if (guest->state != QEMU_GUEST_OVER) {
		leave(guest);
	}
	r = sd_event_add_defer(guest->event, &source, handle_defer_free, guest);
	guest->event = sd_event_unref(guest->event);
	if (r < 0) {
		free_guest(guest); /* the loop is over, and no handler on the stack */
		return;
	}
	sd_event_source_set_destroy_callback(source, free_guest);
	sd_event_source_set_floating(source, 1);
	sd_event_source_unref(source);
}

static void
qemu_guest_update_done(struct guest *base, struct guest_head *head, uint64_t serial)
{
	struct console *console = (struct console *)head;

	listener_update_done(&console->listener, serial);
}

static void
qemu_guest_input(struct guest *base, struct guest_head *head, const struct input_event *event)
{
	struct qemu_guest *guest = from_base(base);
	struct console *console = (struct console *)head;

	if (guest->state == QEMU_GUEST_ATTACHED) {
		input_queue_push(&guest->input_queue, console, event);
	}
}

static int
qemu_guest_sync(struct guest *base)
{
	return sync_request(from_base(base));
}

static int
qemu_guest_set_head(
	struct guest *base, struct guest_head *head, const struct head_geometry *geometry)
{
	return ui_info_set((struct console *)head, geometry);
}

static int
qemu_guest_power(struct guest *base, enum guest_power power)
{
	return power_request(from_base(base), power);
}

static const struct guest_ops qemu_guest_ops = {
	.name = "qemu-dbus",
	.open = qemu_guest_open,
	.destroy = qemu_guest_destroy,
	.update_done = qemu_guest_update_done,
	.input = qemu_guest_input,
	.sync = qemu_guest_sync,
	.set_head = qemu_guest_set_head,
	.power = qemu_guest_power,
};

static int
copy_text(char **text, const char *source)
{
	if (source != NULL) {
		*text = strdup(source);
		if (*text == NULL) {
			return -ENOMEM;
		}
	}
	return 0;
}

int
qemu_guest_create(sd_event *event, const struct qemu_target *target,
	const struct guest_listener *listener, void *data, struct guest **ret_guest)
{
	AUTO_FD int fd = target->fd;
	struct qemu_guest *guest;
	int n_ways = (fd >= 0) + (target->address != NULL) + target->session_bus;
	int r;

	if (n_ways > 1 || (n_ways == 0 && target->qmp_path == NULL)) {
		return -EINVAL;
	}
	guest = calloc(1, sizeof(*guest));
	if (guest == NULL) {
		return -ENOMEM;
	}
	guest->base = (struct guest){
		.ops = &qemu_guest_ops,
		.listener = listener,
		.data = data,
	};
	guest->event = sd_event_ref(event);
	guest->session_bus = target->session_bus;
	guest->wait = target->wait;
	guest->gl = true;
	guest->fd = -1;
	rate_init(&guest->new_consoles, OBJECTS_CONSOLES_PER_S, OBJECTS_CONSOLES_BURST);
	input_queue_init(&guest->input_queue, guest);
	r = copy_text(&guest->qmp_path, target->qmp_path);
	if (r >= 0) {
		r = copy_text(&guest->address, target->address);
	}
	if (r >= 0) {
		r = copy_text(&guest->vm, target->vm);
	}
	if (r >= 0) {
		r = buffer_budget_create(
			target->max_memory != 0 ? target->max_memory : BUFFER_BUDGET_DEFAULT_BYTES,
			&guest->budget);
	}
	if (r >= 0) {
		r = sd_event_add_exit(event, &guest->exit, handle_exit, guest);
	}
	if (r >= 0) {
		r = sd_event_source_set_priority(guest->exit, SD_EVENT_PRIORITY_IMPORTANT);
	}
	if (r < 0) {
		sd_event_source_disable_unref(guest->exit);
		sd_event_unref(guest->event);
		free_guest(guest);
		return r;
	}
	guest->fd = fd_take(&fd);
	*ret_guest = &guest->base;
	return 0;
}
