/* The power button, which QEMU presses when QMP says so. */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define COMMANDS "qmp_capabilities\nsystem_powerdown\n"

static int
press(struct wire *wire)
{
	return guest_power(wire->viewer.guest, GUEST_POWER_DOWN);
}

static void
expect_done(struct wire *wire, int error)
{
	WIRE_WAIT(wire, wire->viewer.n_power_done == 1);
	assert_int_equal(wire->viewer.power_error, error);
	assert_int_equal(wire->viewer.n_closed, 0);
}

static void
test_the_button_is_pressed(void **state)
{
	struct wire *wire = *state;

	wire_open_one(wire);
	for (uint32_t i = 1; i <= 2; i++) {
		wire->qmp.log[0] = '\0';
		assert_int_equal(press(wire), 0);
		assert_int_equal(press(wire), -EALREADY);
		assert_int_equal(wire->viewer.n_power_done, i - 1);
		WIRE_WAIT(wire, wire->viewer.n_power_done == i);
		assert_int_equal(wire->viewer.power_error, 0);
		assert_string_equal(wire->qmp.log, COMMANDS);
		/* QMP serves one at a time. */
		WIRE_WAIT(wire, wire->qmp.client_left);
	}
}

static void
test_no_qmp(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	wire_open_fd(wire);
	WIRE_WAIT(wire, console->is_ready);
	assert_int_equal(press(wire), -ENOTSUP);
	wire_settle(wire, console);
	assert_int_equal(wire->viewer.n_power_done, 0);
}

static void
test_qmp_refuses(void **state)
{
	struct wire *wire = *state;

	wire_open_one(wire);
	wire->qmp.fail_command = "system_powerdown";
	assert_int_equal(press(wire), 0);
	expect_done(wire, -EIO);
	assert_non_null(strstr(wire_log(wire), "does not do that to the VM: no"));
}

/* Not before QMP_GREETING_TIMEOUT_MS; pictures go on meanwhile. */
static void
test_qmp_is_held_by_another_program(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire->qmp.greeting = "";
	assert_int_equal(press(wire), 0);
	wire_send_scanout(console, 8, 8, RED);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_scanouts == 1);
	assert_int_equal(wire->viewer.n_power_done, 0);
	expect_done(wire, -EBUSY);
	assert_non_null(strstr(wire_log(wire), "another program holds this socket"));
}

static void
test_qmp_is_gone(void **state)
{
	struct wire *wire = *state;

	wire_open_one(wire);
	fake_qmp_stop(&wire->qmp);
	assert_int_equal(press(wire), 0);
	expect_done(wire, -ENOENT);
}

static void
test_qmp_hangs_up(void **state)
{
	struct wire *wire = *state;

	wire_open_one(wire);
	wire->qmp.greeting = "";
	assert_int_equal(press(wire), 0);
	WIRE_WAIT(wire, wire->qmp.fd >= 0);
	fake_qmp_hang_up(&wire->qmp);
	expect_done(wire, -ECONNRESET);
}

/* QMP is another channel than the one that was taken. */
static void
test_after_a_takeover(void **state)
{
	struct wire *wire = *state;

	wire_open_one(wire);
	fake_qemu_hang_up_control(&wire->qemu);
	WIRE_WAIT(wire, wire->viewer.n_taken_over == 1);
	assert_int_equal(press(wire), 0);
	expect_done(wire, 0);
}

/* The guest obeys so fast that the VM is gone before QMP's answer is read. */
static void
test_the_vm_goes(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire->qmp.greeting = "";
	assert_int_equal(press(wire), 0);
	WIRE_WAIT(wire, wire->qmp.fd >= 0);
	fake_console_hang_up(console);
	fake_qemu_hang_up_control(&wire->qemu);
	sd_event_source_set_enabled(wire->qmp.listen_io, SD_EVENT_OFF);
	wire->qmp.listen_io = sd_event_source_disable_unref(wire->qmp.listen_io);
	close(wire->qmp.listen_fd);
	wire->qmp.listen_fd = dup(STDOUT_FILENO);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.n_power_done, 0);
	assert_int_equal(press(wire), -ENOTCONN);
}

static void
test_leaving(void **state)
{
	struct wire *wire = *state;
	struct guest *guest;

	assert_int_equal(qemu_guest_create(wire->event,
				 &(struct qemu_target){ .qmp_path = wire->qmp_path, .fd = -1 },
				 &viewer_listener, &wire->viewer, &guest),
		0);
	assert_int_equal(guest_power(guest, GUEST_POWER_DOWN), -ENOTCONN);
	guest_destroy(guest);

	/* While it is under way, and inside the callback. */
	wire_open_one(wire);
	assert_int_equal(press(wire), 0);
	viewer_finish(&wire->viewer);
	viewer_init(&wire->viewer);
	fake_qemu_finish(&wire->qemu);
	fake_qemu_init(&wire->qemu, wire->event);
	wire_open_one(wire);
	assert_int_equal(press(wire), 0);
	wire->viewer.leave_at = "power_done";
	WIRE_WAIT(wire, wire->viewer.guest == NULL);
	for (uint32_t i = 0; i < 20; i++) {
		sd_event_run(wire->event, 1000);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_the_button_is_pressed),
		WIRE_TEST(test_no_qmp),
		WIRE_TEST(test_qmp_refuses),
		WIRE_TEST(test_qmp_is_held_by_another_program),
		WIRE_TEST(test_qmp_is_gone),
		WIRE_TEST(test_qmp_hangs_up),
		WIRE_TEST(test_after_a_takeover),
		WIRE_TEST(test_the_vm_goes),
		WIRE_TEST(test_leaving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
