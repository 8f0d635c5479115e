/* VMs on a D-Bus bus (a daemon of the test's own), and what --list finds out. */
#include "wire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qemu-dbus/discover.h"
#include "qemu-dbus/vm-list.h"

struct bus {
	char address[300], config[300], socket[300];
	pid_t pid;
};

/* Skips the test where there is no daemon. */
static void
bus_start(struct wire *wire, struct bus *bus)
{
	static const char text[] =
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\""
		" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
		"<busconfig><type>session</type><listen>%s</listen><policy context=\"default\">"
		"<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>"
		"<allow own=\"*\"/></policy></busconfig>";
	FILE *file;

	if (system("command -v dbus-daemon >/dev/null") != 0) {
		print_message("skipped: there is no dbus-daemon here\n");
		skip();
	}
	snprintf(bus->socket, sizeof(bus->socket), "%s/bus", wire->directory);
	snprintf(bus->address, sizeof(bus->address), "unix:path=%.280s", bus->socket);
	snprintf(bus->config, sizeof(bus->config), "%s/bus.conf", wire->directory);
	file = fopen(bus->config, "we");
	assert_non_null(file);
	fprintf(file, text, bus->address);
	fclose(file);
	bus->pid = fork();
	assert_true(bus->pid >= 0);
	if (bus->pid == 0) {
		char option[320];

		/* Also when the test fails. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		snprintf(option, sizeof(option), "--config-file=%s", bus->config);
		execlp("dbus-daemon", "dbus-daemon", option, "--nofork", (char *)NULL);
		_exit(127);
	}
	WIRE_WAIT(wire, access(bus->socket, F_OK) == 0 || sd_event_run(wire->event, 10000) < 0);
}

static void
bus_stop(struct bus *bus)
{
	kill(bus->pid, SIGTERM);
	waitpid(bus->pid, NULL, 0);
	unlink(bus->socket);
	unlink(bus->config);
}

static int
handle_name_requested(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	bool *done = data;

	*done = true;
	return 0;
}

/* A scripted QEMU on the bus, that has or waits for the name. */
static sd_bus *
start_on_bus(struct wire *wire, const struct bus *address)
{
	sd_bus *bus;

	assert_true(sd_bus_new(&bus) >= 0);
	assert_true(sd_bus_set_address(bus, address->address) >= 0);
	assert_true(sd_bus_set_bus_client(bus, 1) >= 0);
	assert_true(sd_bus_negotiate_fds(bus, 1) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	assert_true(sd_bus_attach_event(bus, wire->event, 0) >= 0);
	return bus;
}

static void
take_name(struct wire *wire, sd_bus *bus)
{
	bool done = false;

	assert_true(sd_bus_request_name_async(bus, NULL, "org.qemu", SD_BUS_NAME_QUEUE,
			    handle_name_requested, &done) >= 0);
	WIRE_WAIT(wire, done);
}

static void
join_bus(struct wire *wire, struct fake_qemu *qemu, const struct bus *address)
{
	sd_bus *bus = start_on_bus(wire, address);

	fake_qemu_connect_bus(qemu, bus);
	take_name(wire, bus);
}

static void
test_the_only_vm_on_a_bus(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	struct bus bus;

	bus_start(wire, &bus);
	console = fake_qemu_add(&wire->qemu, 0);
	join_bus(wire, &wire->qemu, &bus);
	wire_open_target(wire, &(struct qemu_target){ .fd = -1, .address = bus.address });
	WIRE_WAIT(wire, console->is_ready);
	assert_string_equal(wire->viewer.identity.name, "fd machine");
	wire_send_scanout(console, 8, 8, RED);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_scanouts == 1);
	console->leds = 2;
	fake_console_changed(console, "Keyboard", "Modifiers");
	WIRE_WAIT(wire, wire->viewer.heads[0].leds == 2);
	/* The VM leaves the bus. */
	fake_console_hang_up(console);
	fake_qemu_hang_up_control(&wire->qemu);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -ECONNRESET);
	assert_int_equal(wire->viewer.n_taken_over, 0);
	bus_stop(&bus);
}

static void
test_several_vms_on_a_bus(void **state)
{
	static struct fake_qemu other;
	struct wire *wire = *state;
	struct fake_console *console;
	const char *log;
	struct bus bus;

	bus_start(wire, &bus);
	fake_qemu_init(&other, wire->event);
	other.name = "other machine";
	other.uuid = "";
	console = fake_qemu_add(&other, 3);
	join_bus(wire, &wire->qemu, &bus);
	join_bus(wire, &other, &bus);

	/* By name the one that only waits for org.qemu. */
	wire_open_target(wire,
		&(struct qemu_target){ .fd = -1, .address = bus.address, .vm = "other machine" });
	WIRE_WAIT(wire, console->is_ready);
	assert_string_equal(wire->viewer.identity.uuid, "");
	viewer_finish(&wire->viewer);

	/* By UUID, in any case. */
	viewer_init(&wire->viewer);
	wire_open_target(wire, &(struct qemu_target){ .fd = -1,
				       .address = bus.address,
				       .vm = "aaaaaaaa-BBBB-cccc-dddd-eeeeeeeeeeee" });
	WIRE_WAIT(wire, wire->viewer.n_ready == 1);
	assert_string_equal(wire->viewer.identity.name, "fd machine");
	viewer_finish(&wire->viewer);

	/* None by that name. */
	viewer_init(&wire->viewer);
	wire_open_target(
		wire, &(struct qemu_target){ .fd = -1, .address = bus.address, .vm = "third" });
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -ENODEV);
	viewer_finish(&wire->viewer);

	/* Which one? */
	viewer_init(&wire->viewer);
	wire_open_target(wire, &(struct qemu_target){ .fd = -1, .address = bus.address });
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -ENOTUNIQ);
	log = wire_log(wire);
	assert_non_null(strstr(log, "other machine (no UUID)"));
	assert_non_null(strstr(log, "fd machine (aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee)"));
	fake_qemu_finish(&other);
	bus_stop(&bus);
}

static void
test_waiting_for_a_vm_on_a_bus(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	struct bus bus;
	char address[300];

	/* First for the bus itself. */
	snprintf(address, sizeof(address), "unix:path=%s/bus", wire->directory);
	wire_open_target(wire, &(struct qemu_target){ .fd = -1, .address = address, .wait = true });
	for (uint32_t i = 0; i < 5; i++) {
		sd_event_run(wire->event, 100000);
	}
	bus_start(wire, &bus);
	for (uint32_t i = 0; i < 5; i++) {
		sd_event_run(wire->event, 100000);
	}
	assert_string_equal(wire->viewer.log, "");
	console = fake_qemu_add(&wire->qemu, 0);
	join_bus(wire, &wire->qemu, &bus);
	WIRE_WAIT(wire, console->is_ready);
	bus_stop(&bus);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -ECONNRESET);
}

static void
test_no_bus_and_an_empty_bus(void **state)
{
	struct wire *wire = *state;
	struct bus bus;

	wire_open_target(
		wire, &(struct qemu_target){ .fd = -1, .address = "unix:path=/nonexistent/bus" });
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -ENOENT);
	viewer_finish(&wire->viewer);

	bus_start(wire, &bus);
	viewer_init(&wire->viewer);
	wire_open_target(wire, &(struct qemu_target){ .fd = -1, .address = bus.address });
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -ENODEV);
	bus_stop(&bus);
}

struct found {
	uint32_t n_calls;
	int error;
	uint32_t n_vms;
	struct qemu_vm vms[2];
	struct qemu_discovery *discovery;
};

static void
handle_discovered(void *data, int error, const struct qemu_vm *vms, uint32_t n_vms)
{
	struct found *found = data;

	found->n_calls++;
	found->error = error;
	found->n_vms = n_vms;
	for (uint32_t i = 0; i < n_vms && i < 2; i++) {
		found->vms[i] = vms[i];
	}
	qemu_discovery_destroy(found->discovery);
	found->discovery = NULL;
}

static void
discover(struct wire *wire, const struct qemu_target *target, struct found *found)
{
	*found = (struct found){ 0 };
	assert_int_equal(
		qemu_discover(wire->event, target, handle_discovered, found, &found->discovery), 0);
	assert_int_equal(found->n_calls, 0);
	WIRE_WAIT(wire, found->n_calls == 1);
}

static void
test_discover_by_qmp_takes_nothing(void **state)
{
	struct wire *wire = *state;
	struct found found;

	wire->qmp.n_consoles = 2;
	wire->qmp.types[1] = "virtio-gpu-pci";
	discover(wire, &(struct qemu_target){ .fd = -1, .qmp_path = wire->qmp_path }, &found);
	assert_int_equal(found.error, 0);
	assert_int_equal(found.n_vms, 1);
	assert_string_equal(found.vms[0].identity.name, "test machine");
	assert_string_equal(found.vms[0].identity.uuid, "12345678-1234-1234-1234-1234567890ab");
	assert_string_equal(found.vms[0].version, "10.0.2");
	assert_int_equal(found.vms[0].n_consoles, 2);
	assert_int_equal(found.vms[0].consoles[1].console, 1);
	assert_string_equal(found.vms[0].consoles[1].type, "virtio-gpu-pci");
	assert_string_equal(found.vms[0].consoles[1].label, "gpu1");
	assert_string_equal(found.vms[0].consoles[1].gpu, "pci/0000/03.0");
	assert_int_equal(wire_count(wire->qmp.log, "getfd"), 0);
	assert_int_equal(wire_count(wire->qmp.log, "add_client"), 0);
	WIRE_WAIT(wire, wire->qmp.client_left);
}

static void
test_discover_a_vm_that_tells_little(void **state)
{
	struct wire *wire = *state;
	struct found found;

	wire->qmp.name = NULL;
	wire->qmp.uuid = "00000000-0000-0000-0000-000000000000";
	wire->qmp.fail_command = "qom-list";
	discover(wire, &(struct qemu_target){ .fd = -1, .qmp_path = wire->qmp_path }, &found);
	assert_int_equal(found.error, 0);
	assert_string_equal(found.vms[0].identity.name, "");
	assert_string_equal(found.vms[0].identity.uuid, "");
	assert_int_equal(found.vms[0].n_consoles, 0);
}

static void
test_discover_without_qemu(void **state)
{
	struct wire *wire = *state;
	struct found found;

	discover(wire, &(struct qemu_target){ .fd = -1, .qmp_path = "/nonexistent/qmp" }, &found);
	assert_int_equal(found.error, -ENOENT);
	assert_int_equal(found.n_vms, 0);
	discover(wire, &(struct qemu_target){ .fd = -1, .address = "unix:path=/nonexistent/bus" },
		&found);
	assert_int_equal(found.error, -ENOENT);
	assert_int_equal(qemu_discover(wire->event, &(struct qemu_target){ .fd = -1 },
				 handle_discovered, &found, &found.discovery),
		-EINVAL);
}

static void
test_discover_on_a_bus_registers_nothing(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	struct found found;
	struct bus bus;

	bus_start(wire, &bus);
	discover(wire, &(struct qemu_target){ .fd = -1, .address = bus.address }, &found);
	assert_int_equal(found.error, 0);
	assert_int_equal(found.n_vms, 0);
	console = fake_qemu_add(&wire->qemu, 4);
	console->width = 800;
	console->height = 600;
	fake_qemu_add(&wire->qemu, 2);
	fake_qemu_add(&wire->qemu, 3)->type = "Text";
	join_bus(wire, &wire->qemu, &bus);
	discover(wire, &(struct qemu_target){ .fd = -1, .address = bus.address }, &found);
	assert_int_equal(found.n_vms, 1);
	assert_string_equal(found.vms[0].identity.name, "fd machine");
	assert_int_equal(found.vms[0].n_consoles, 2);
	assert_int_equal(found.vms[0].consoles[0].console, 2);
	assert_int_equal(found.vms[0].consoles[1].console, 4);
	assert_int_equal(found.vms[0].consoles[1].width, 800);
	assert_string_equal(found.vms[0].consoles[1].gpu, "pci/0000/02.0");
	assert_string_equal(wire->qemu.log, "");
	bus_stop(&bus);
}

/* Programs that queue for QEMU's name and tell nothing. */
static void
test_more_vms_than_are_listed(void **state)
{
	struct wire *wire = *state;
	sd_bus *others[VM_LIST_MAX + 1];
	struct found found;
	struct bus bus;

	bus_start(wire, &bus);
	for (int i = 0; i <= VM_LIST_MAX; i++) {
		others[i] = start_on_bus(wire, &bus);
		take_name(wire, others[i]);
		if (i >= VM_LIST_MAX - 2) {
			discover(wire, &(struct qemu_target){ .fd = -1, .address = bus.address },
				&found);
			assert_int_equal(found.error, 0);
			assert_int_equal(found.n_vms, i < VM_LIST_MAX ? i + 1 : VM_LIST_MAX);
		}
	}
	for (int i = 0; i <= VM_LIST_MAX; i++) {
		sd_bus_flush_close_unref(others[i]);
	}
	bus_stop(&bus);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_the_only_vm_on_a_bus),
		WIRE_TEST(test_several_vms_on_a_bus),
		WIRE_TEST(test_waiting_for_a_vm_on_a_bus),
		WIRE_TEST(test_no_bus_and_an_empty_bus),
		WIRE_TEST(test_discover_by_qmp_takes_nothing),
		WIRE_TEST(test_discover_a_vm_that_tells_little),
		WIRE_TEST(test_discover_without_qemu),
		WIRE_TEST(test_discover_on_a_bus_registers_nothing),
		WIRE_TEST(test_more_vms_than_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
