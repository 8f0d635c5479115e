#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What every refused attachment has in common. */
static void
expect_closed(struct wire *wire, int error, const char *in_log)
{
	const char *log;

	WIRE_WAIT(wire, wire->viewer.n_closed > 0);
	assert_int_equal(wire->viewer.error, error);
	assert_int_equal(wire->viewer.n_ready, 0);
	log = wire_log(wire);
	if (strstr(log, in_log) == NULL) {
		fail_msg("\"%s\" is not in the log: %s", in_log, log);
	}
}

static void
test_attach_by_qmp(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	assert_string_equal(wire->viewer.identity.name, "test machine");
	assert_string_equal(wire->viewer.identity.uuid, "12345678-1234-1234-1234-1234567890ab");
	assert_int_equal(wire->viewer.n_ready, 1);
	assert_true(console->has_map);
	assert_true(console->has_dmabuf2);
	/* QMP serves one at a time: it was left as soon as possible. */
	assert_true(wire->qmp.client_left);
	assert_int_equal(wire_count(wire->qmp.log, "add_client"), 1);
	assert_int_equal(strncmp(wire->viewer.log, "identified\nhead_added 0\n", 24), 0);
}

static void
test_attach_among_qmp_events(void **state)
{
	struct wire *wire = *state;

	wire->qmp.chatty = true;
	wire_open_one(wire);
	assert_int_equal(wire->viewer.n_ready, 1);
}

static void
test_attach_by_fd(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	wire_open_fd(wire);
	WIRE_WAIT(wire, console->is_ready);
	assert_string_equal(wire->viewer.identity.name, "fd machine");
	assert_string_equal(wire->viewer.identity.uuid, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
	assert_string_equal(wire->qmp.log, "");
}

static void
test_attach_by_fd_asks_qmp_too(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fake_qemu_connect(&wire->qemu, fds[1]);
	wire_open_target(wire, &(struct qemu_target){ .fd = fds[0], .qmp_path = wire->qmp_path });
	WIRE_WAIT(wire, console->is_ready);
	assert_string_equal(wire->viewer.identity.name, "test machine");
	assert_int_equal(wire_count(wire->qmp.log, "query-uuid"), 1);
	assert_int_equal(wire_count(wire->qmp.log, "getfd"), 0);
	assert_int_equal(wire_count(wire->qmp.log, "add_client"), 0);
	assert_int_equal(wire->viewer.n_identified, 1);
}

static void
test_contradicting_targets(void **state)
{
	struct wire *wire = *state;
	struct guest *guest;
	int fds[2];

	assert_int_equal(qemu_guest_create(wire->event, &(struct qemu_target){ .fd = -1 },
				 &viewer_listener, &wire->viewer, &guest),
		-EINVAL);
	assert_int_equal(
		qemu_guest_create(wire->event,
			&(struct qemu_target){ .fd = -1, .address = "x", .session_bus = true },
			&viewer_listener, &wire->viewer, &guest),
		-EINVAL);
	/* The fd is taken over even so: the count of fds in the end tells. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(qemu_guest_create(wire->event,
				 &(struct qemu_target){ .fd = fds[0], .address = "x" },
				 &viewer_listener, &wire->viewer, &guest),
		-EINVAL);
	close(fds[1]);
}

static void
test_a_frontend_that_refuses_disturbs_nobody(void **state)
{
	struct wire *wire = *state;

	wire->viewer.identified_answer = -EEXIST;
	wire_open(wire);
	WIRE_WAIT(wire, wire->viewer.n_closed > 0);
	assert_int_equal(wire->viewer.error, -EEXIST);
	assert_int_equal(wire_count(wire->qmp.log, "getfd"), 0);
	assert_string_equal(wire->viewer.log, "identified\nclosed\n");
}

static void
test_leaving_inside_every_callback(void **state)
{
	static const char *const events[] = { "identified", "head_added", "pointer_mode", "leds",
		"ready", "scanout", "update", "synced", "off" };
	struct wire *wire = *state;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct fake_console *console;

		viewer_init(&wire->viewer);
		fake_qemu_finish(&wire->qemu);
		fake_qemu_init(&wire->qemu, wire->event);
		console = fake_qemu_add(&wire->qemu, 0);
		console->leds = INPUT_LOCK_NUM;
		wire->viewer.leave_at = events[i];
		wire_open(wire);
		if (i > 4) {
			WIRE_WAIT(wire, console->is_ready);
			wire_send_scanout(console, 16, 16, RED);
			wire_send_update(console, 0, 0, 8, 8, BLUE);
			fake_call(console, "", "Disable", "");
		}
		if (strcmp(events[i], "synced") == 0) {
			assert_int_equal(guest_sync(wire->viewer.guest), 0);
		}
		WIRE_WAIT(wire, wire->viewer.guest == NULL);
		/* Whatever is on its way arrives at nobody: the viewer would notice. */
		for (uint32_t j = 0; j < 20; j++) {
			sd_event_run(wire->event, 1000);
		}
		viewer_finish(&wire->viewer);
	}
}

static void
test_no_such_socket(void **state)
{
	struct wire *wire = *state;
	struct qemu_target target = { .fd = -1, .qmp_path = "/nonexistent/qmp" };

	wire_open_target(wire, &target);
	expect_closed(wire, -ENOENT, "no such socket");
}

static void
test_nobody_listens(void **state)
{
	struct wire *wire = *state;

	sd_event_source_set_enabled(wire->qmp.listen_io, SD_EVENT_OFF);
	wire->qmp.listen_io = sd_event_source_disable_unref(wire->qmp.listen_io);
	close(wire->qmp.listen_fd);
	wire->qmp.listen_fd = dup(STDOUT_FILENO);
	wire_open(wire);
	expect_closed(wire, -ECONNREFUSED, "nobody listens");
}

static void
test_no_permission(void **state)
{
	struct wire *wire = *state;

	/* Not even for its owner. */
	assert_int_equal(chmod(wire->directory, 0755), 0);
	assert_int_equal(chmod(wire->qmp_path, 0), 0);
	if (geteuid() == 0 && seteuid(65534) < 0) {
		skip();
	}
	wire_open(wire);
	WIRE_WAIT(wire, wire->viewer.n_closed > 0);
	(void)!seteuid(getuid());
	expect_closed(wire, -EACCES, "no permission");
}

static void
test_wait_until_qemu_is_there(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);
	char path[120];
	const char *log;

	snprintf(path, sizeof(path), "%s.later", wire->qmp_path);
	wire_open_target(wire, &(struct qemu_target){ .fd = -1, .qmp_path = path, .wait = true });
	for (uint32_t i = 0; i < 3; i++) {
		sd_event_run(wire->event, 1000000);
	}
	assert_string_equal(wire->viewer.log, "");
	fake_qmp_stop(&wire->qmp);
	wire_start_qmp(wire, path);
	WIRE_WAIT(wire, console->is_ready);
	log = wire_log(wire);
	assert_non_null(strstr(log, "waiting for QEMU"));
	assert_null(strstr(strstr(log, "waiting for QEMU") + 1, "waiting for QEMU"));
}

/* It fails over its own options: its socket is there already, and may greet. */
static void
test_wait_for_a_qemu_that_ends_at_once(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	wire->qmp.greeting = "";
	wire->qmp.n_ends = 2;
	wire_open_target(
		wire, &(struct qemu_target){ .fd = -1, .qmp_path = wire->qmp_path, .wait = true });
	WIRE_WAIT(wire, wire->qmp.fd >= 0);
	wire->qmp.greeting = NULL;
	fake_qmp_hang_up(&wire->qmp);
	WIRE_WAIT(wire, console->is_ready);
	assert_int_equal(wire->qmp.n_ends, 0);
	assert_non_null(strstr(wire_log(wire), "waiting for QEMU"));
}

/* It listens, and goes on to fill the guest's memory. */
static void
test_wait_for_a_qemu_that_is_slow(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	wire->qmp.greeting = "";
	wire_open_target(
		wire, &(struct qemu_target){ .fd = -1, .qmp_path = wire->qmp_path, .wait = true });
	/* Not before QMP_GREETING_TIMEOUT_MS. */
	WIRE_WAIT(wire, wire->qmp.client_left || wire->viewer.n_closed > 0);
	assert_int_equal(wire->viewer.n_closed, 0);
	wire->qmp.greeting = NULL;
	WIRE_WAIT(wire, console->is_ready);
	assert_non_null(strstr(wire_log(wire), "or QEMU has not started yet; waiting for QEMU"));
}

static void
test_qmp_held_by_another_program(void **state)
{
	struct wire *wire = *state;

	wire->qmp.greeting = "";
	wire_open(wire);
	expect_closed(wire, -EBUSY, "another program holds this socket");
}

static void
test_qmp_that_is_something_else(void **state)
{
	struct wire *wire = *state;

	wire->qmp.greeting = "220 mail.example.org ESMTP\r\n";
	wire_open(wire);
	expect_closed(wire, -EPROTO, "this is not a QMP socket");
}

static void
test_qmp_that_never_ends_a_line(void **state)
{
	struct wire *wire = *state;
	static char text[300 * 1024];

	memset(text, 'x', sizeof(text) - 1);
	wire->qmp.greeting = "{";
	wire_open(wire);
	WIRE_WAIT(wire, wire->qmp.fd >= 0);
	for (size_t sent = 0; sent < sizeof(text) && wire->viewer.n_closed == 0;) {
		ssize_t n = send(wire->qmp.fd, text + sent, sizeof(text) - sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		sd_event_run(wire->event, 0);
	}
	expect_closed(wire, -EPROTO, "too long");
}

static void
test_qemu_dies_at_qmp(void **state)
{
	struct wire *wire = *state;

	wire->qmp.greeting = "";
	wire_open(wire);
	WIRE_WAIT(wire, wire->qmp.fd >= 0);
	fake_qmp_hang_up(&wire->qmp);
	expect_closed(wire, -ECONNRESET, "closed the QMP connection");
}

static void
test_another_display(void **state)
{
	struct wire *wire = *state;

	wire->qmp.display = "{\"type\":\"gtk\"}";
	wire_open(wire);
	expect_closed(wire, -ENOTSUP, "-display dbus,p2p=on");
	assert_int_equal(wire_count(wire->qmp.log, "getfd"), 0);
}

static void
test_a_display_on_a_bus(void **state)
{
	struct wire *wire = *state;

	wire->qmp.display = "{\"type\":\"dbus\",\"addr\":\"unix:path=/x\"}";
	wire_open(wire);
	expect_closed(wire, -ENOTSUP, "on a D-Bus bus");
}

static void
test_add_client_fails(void **state)
{
	struct wire *wire = *state;

	wire->qmp.fail_command = "add_client";
	wire_open(wire);
	expect_closed(wire, -ENOTSUP, "does not hand out its display");
}

static void
test_getfd_fails(void **state)
{
	struct wire *wire = *state;

	wire->qmp.fail_command = "getfd";
	wire_open(wire);
	expect_closed(wire, -ENOTSUP, "does not take our socket");
}

static void
test_display_dies_before_it_answers(void **state)
{
	struct wire *wire = *state;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	wire_open_target(wire, &(struct qemu_target){ .fd = fds[0] });
	close(fds[1]);
	WIRE_WAIT(wire, wire->viewer.n_closed > 0);
	assert_true(wire->viewer.error < 0);
	assert_string_equal(wire->viewer.log, "closed\n");
}

static void
test_display_that_speaks_no_dbus(void **state)
{
	static const char garbage[] = "HTTP/1.1 400 Bad Request\r\nServer: none\r\n\r\n";
	struct wire *wire = *state;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(write(fds[1], garbage, strlen(garbage)), strlen(garbage));
	wire_open_target(wire, &(struct qemu_target){ .fd = fds[0] });
	WIRE_WAIT(wire, wire->viewer.n_closed > 0);
	assert_true(wire->viewer.error < 0);
	close(fds[1]);
}

/* A console that would end a QEMU without GL (its picture exists as dma-buf only) is left alone. */
static void
test_vhost_user_gpu_without_gl_is_not_registered(void **state)
{
	struct wire *wire = *state;
	struct fake_console *vga = fake_qemu_add(&wire->qemu, 0);
	struct fake_console *vhost = fake_qemu_add(&wire->qemu, 1);
	const char *log;

	wire->qmp.n_consoles = 2;
	wire->qmp.types[1] = "vhost-user-vga";
	wire_open(wire);
	WIRE_WAIT(wire, vga->is_ready);
	wire_settle(wire, vga);
	assert_int_equal(vhost->n_registered, 0);
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	WIRE_WAIT(wire, wire->viewer.n_synced == 1);
	assert_int_equal(vhost->n_registered, 0);
	log = wire_log(wire);
	assert_non_null(strstr(log, "gl=on"));
}

static void
test_vhost_user_gpu_with_gl_is_registered(void **state)
{
	struct wire *wire = *state;
	struct fake_console *vhost = fake_qemu_add(&wire->qemu, 0);

	wire->qmp.types[0] = "vhost-user-gpu-pci";
	wire->qmp.display = "{\"type\":\"dbus\",\"p2p\":true,\"gl\":\"on\"}";
	wire_open(wire);
	WIRE_WAIT(wire, vhost->is_ready);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_attach_by_qmp),
		WIRE_TEST(test_attach_among_qmp_events),
		WIRE_TEST(test_attach_by_fd),
		WIRE_TEST(test_attach_by_fd_asks_qmp_too),
		WIRE_TEST(test_contradicting_targets),
		WIRE_TEST(test_a_frontend_that_refuses_disturbs_nobody),
		WIRE_TEST(test_leaving_inside_every_callback),
		WIRE_TEST(test_no_such_socket),
		WIRE_TEST(test_nobody_listens),
		WIRE_TEST(test_no_permission),
		WIRE_TEST(test_wait_until_qemu_is_there),
		WIRE_TEST(test_wait_for_a_qemu_that_ends_at_once),
		WIRE_TEST(test_wait_for_a_qemu_that_is_slow),
		WIRE_TEST(test_qmp_held_by_another_program),
		WIRE_TEST(test_qmp_that_is_something_else),
		WIRE_TEST(test_qmp_that_never_ends_a_line),
		WIRE_TEST(test_qemu_dies_at_qmp),
		WIRE_TEST(test_another_display),
		WIRE_TEST(test_a_display_on_a_bus),
		WIRE_TEST(test_add_client_fails),
		WIRE_TEST(test_getfd_fails),
		WIRE_TEST(test_display_dies_before_it_answers),
		WIRE_TEST(test_display_that_speaks_no_dbus),
		WIRE_TEST(test_vhost_user_gpu_without_gl_is_not_registered),
		WIRE_TEST(test_vhost_user_gpu_with_gl_is_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
