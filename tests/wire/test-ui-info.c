/* The monitors that QEMU's consoles are said to be connected to. */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
set_head(struct wire *wire, uint32_t console, uint32_t width, uint32_t height)
{
	struct head_geometry geometry = { .width = width, .height = height };

	return guest_set_head(wire->viewer.guest, wire->viewer.heads[console].head, &geometry);
}

/* Returns once QEMU has answered all that it was asked before, and the answers were read. */
static void
settle(struct wire *wire)
{
	uint32_t n = wire->viewer.n_synced;

	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	WIRE_WAIT(wire, wire->viewer.n_synced == n + 1);
}

#define TOLD(console, size) #console " SetUIInfo " size " at 0,0, 0x0 mm"

static uint32_t
count_told(struct wire *wire)
{
	uint32_t n = 0;

	for (const char *at = wire->qemu.log; (at = strstr(at, "SetUIInfo")) != NULL; at++) {
		n++;
	}
	return n;
}

static void
test_a_size_is_told(void **state)
{
	struct wire *wire = *state;
	struct head_geometry geometry = {
		.width = 2560,
		.height = 1440,
		.width_mm = 597,
		.height_mm = 336,
		.x = -2560,
		.y = 7,
		.refresh_mhz = 144000,
	};
	const struct guest_head *head;

	wire_open_one(wire);
	head = wire->viewer.heads[0].head;
	assert_true(head->resizable);
	assert_false(head->takes_refresh);
	assert_int_equal(
		guest_set_head(wire->viewer.guest, wire->viewer.heads[0].head, &geometry), 0);
	WIRE_WAIT(wire, count_told(wire) == 1);
	assert_non_null(strstr(wire->qemu.log, "0 SetUIInfo 2560x1440 at -2560,7, 597x336 mm\n"));
	settle(wire);
	/* QEMU cannot be told of the rate: there is nothing new. */
	geometry.refresh_mhz = 60000;
	assert_int_equal(
		guest_set_head(wire->viewer.guest, wire->viewer.heads[0].head, &geometry), 0);
	settle(wire);
	assert_int_equal(count_told(wire), 1);
	/* Unplugged, which is never all zeroes, and plugged in again. */
	assert_int_equal(set_head(wire, 0, 0, 0), 0);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 SetUIInfo 0x0 at 0,0, 1x1 mm") == 1);
	assert_int_equal(set_head(wire, 0, 16384, 16384), 0);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, TOLD(0, "16384x16384")) == 1);
	settle(wire);
	assert_int_equal(wire_count(wire->viewer.log, "head_changed 0"), 0);
	assert_true(head->resizable);
}

static void
test_each_part_counts(void **state)
{
	struct wire *wire = *state;
	struct head_geometry geometry = { 10, 20, 30, 40, 50, 60, 0 };
	uint32_t n = 0;

	wire_open_one(wire);
	for (uint32_t i = 0; i < 7; i++) {
		geometry.width += i == 1;
		geometry.height += i == 2;
		geometry.width_mm += i == 3;
		geometry.height_mm += i == 4;
		geometry.x += i == 5;
		geometry.y += i == 6;
		assert_int_equal(
			guest_set_head(wire->viewer.guest, wire->viewer.heads[0].head, &geometry),
			0);
		n++;
		WIRE_WAIT(wire, count_told(wire) == n);
		settle(wire);
	}
	assert_int_equal(wire_count(wire->qemu.log, "0 SetUIInfo 11x21 at 51,61, 31x41 mm"), 1);
}

static void
test_sizes_that_no_monitor_has(void **state)
{
	struct wire *wire = *state;
	struct head_geometry geometry = {
		.width = 100,
		.height = 100,
		.width_mm = 65536,
		.height_mm = UINT32_MAX,
	};

	wire_open_one(wire);
	assert_int_equal(set_head(wire, 0, 16385, 100), -EINVAL);
	assert_int_equal(set_head(wire, 0, 100, UINT32_MAX), -EINVAL);
	assert_int_equal(set_head(wire, 0, 100, 0), -EINVAL);
	assert_int_equal(set_head(wire, 0, 0, 100), -EINVAL);
	assert_int_equal(
		guest_set_head(wire->viewer.guest, wire->viewer.heads[0].head, &geometry), 0);
	settle(wire);
	assert_int_equal(
		wire_count(wire->qemu.log, "0 SetUIInfo 100x100 at 0,0, 65535x65535 mm"), 1);
	assert_int_equal(count_told(wire), 1);
}

/* QEMU's main loop stands still, and a window is being resized. */
static void
test_only_the_last_wish_is_told(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	console->holds_ui_info = true;
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	for (uint32_t i = 1; i <= 50; i++) {
		assert_int_equal(set_head(wire, 0, 100 + i, 100), 0);
	}
	settle(wire);
	assert_int_equal(count_told(wire), 1);
	fake_console_answer_ui_info(console);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	assert_int_equal(wire_count(wire->qemu.log, TOLD(0, "150x100")), 1);
	/* Back to what is being told: nothing is left to tell. */
	assert_int_equal(set_head(wire, 0, 160, 100), 0);
	assert_int_equal(set_head(wire, 0, 150, 100), 0);
	fake_console_answer_ui_info(console);
	settle(wire);
	assert_int_equal(count_told(wire), 2);
	assert_null(console->held_ui_info);
}

static void
test_each_console_for_itself(void **state)
{
	struct wire *wire = *state;
	struct fake_console *first = wire_open_one(wire);
	struct fake_console *second = fake_qemu_add(&wire->qemu, 1);

	second->head = 1;
	fake_console_plug(second);
	WIRE_WAIT(wire, second->is_ready);
	first->holds_ui_info = true;
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	assert_int_equal(set_head(wire, 1, 200, 100), 0);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, TOLD(1, "200x100")) == 1);
	settle(wire);
	assert_int_equal(set_head(wire, 1, 300, 100), 0);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, TOLD(1, "300x100")) == 1);
	assert_non_null(first->held_ui_info);
}

/* While a listener registers, QEMU answers nothing; nobody here waits for it. */
static void
test_told_while_a_listener_registers(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	wire_open(wire);
	WIRE_WAIT(wire, wire->viewer.n_ready == 1);
	assert_false(console->is_ready);
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	assert_int_equal(set_head(wire, 0, 200, 100), 0);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, TOLD(0, "200x100")) == 1);
	assert_true(console->is_ready);
	assert_int_equal(count_told(wire), 2);
}

/* VGA, bochs-display and ramfb have no monitor that could change. */
static void
test_a_device_that_takes_no_size(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	const char *log;

	console->holds_ui_info = true;
	console->ui_info_error = "Unsupported";
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	assert_int_equal(set_head(wire, 0, 200, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	fake_console_answer_ui_info(console);
	WIRE_WAIT(wire, wire_count(wire->viewer.log, "head_changed 0") == 1);
	assert_false(wire->viewer.heads[0].head->resizable);
	assert_int_equal(set_head(wire, 0, 300, 100), -ENOTSUP);
	settle(wire);
	assert_int_equal(count_told(wire), 1);
	assert_int_equal(wire_count(wire->viewer.log, "head_changed 0"), 1);
	log = wire_log(wire);
	assert_non_null(strstr(log, "info: console 0: this display device has no monitor"));
	assert_null(strstr(log, "warning:"));
}

static void
test_an_error_is_no_reason_to_stop(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	const char *log, *warning;

	console->ui_info_error = "Failed";
	/* The same again may be worth a try after an error. */
	for (uint32_t i = 1; i <= 3; i++) {
		assert_int_equal(set_head(wire, 0, 100, 100), 0);
		WIRE_WAIT(wire, wire_count(wire->qemu.log, TOLD(0, "100x100")) == i);
		settle(wire);
	}
	/* With another that waits. */
	console->holds_ui_info = true;
	assert_int_equal(set_head(wire, 0, 200, 100), 0);
	assert_int_equal(set_head(wire, 0, 300, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	fake_console_answer_ui_info(console);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, TOLD(0, "300x100")) == 1);
	assert_true(wire->viewer.heads[0].head->resizable);
	assert_int_equal(wire_count(wire->viewer.log, "head_changed 0"), 0);
	log = wire_log(wire);
	warning = strstr(log, "warning: console 0: QEMU does not take the size");
	assert_non_null(warning);
	assert_non_null(strstr(warning, "no such monitor"));
	assert_null(strstr(warning + 1, "warning:"));
}

/* The answer is for a console that is gone, and not for the one in its place. */
static void
test_a_console_goes_while_it_is_told(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console, *next;
	sd_bus_message *call;

	wire_open_one(wire);
	console = fake_qemu_add(&wire->qemu, 5);
	fake_console_plug(console);
	WIRE_WAIT(wire, console->is_ready);
	console->holds_ui_info = true;
	console->ui_info_error = "Unsupported";
	assert_int_equal(set_head(wire, 5, 100, 100), 0);
	assert_int_equal(set_head(wire, 5, 200, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	call = console->held_ui_info;
	console->held_ui_info = NULL;
	fake_console_unplug(console);
	WIRE_WAIT(wire, wire->viewer.heads[5].head == NULL);

	next = fake_qemu_add(&wire->qemu, 6);
	assert_ptr_equal(next, console);
	next->is_ready = false;
	fake_console_plug(next);
	WIRE_WAIT(wire, next->is_ready);
	assert_int_equal(set_head(wire, 6, 300, 100), 0);
	WIRE_WAIT(wire, next->held_ui_info != NULL);
	assert_true(sd_bus_reply_method_errorf(
			    call, "org.qemu.Display1.Error.Unsupported", "late") >= 0);
	sd_bus_message_unref(call);
	settle(wire);
	assert_true(wire->viewer.heads[6].head->resizable);
	assert_int_equal(count_told(wire), 2);
	/* Its own answer is still to come. */
	assert_int_equal(set_head(wire, 6, 400, 100), 0);
	settle(wire);
	assert_int_equal(count_told(wire), 2);
	next->ui_info_error = NULL;
	fake_console_answer_ui_info(next);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, TOLD(6, "400x100")) == 1);
}

static void
test_another_viewer_takes_over(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	console->holds_ui_info = true;
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	assert_int_equal(set_head(wire, 0, 200, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	fake_qemu_hang_up_control(&wire->qemu);
	WIRE_WAIT(wire, wire->viewer.n_taken_over == 1);
	assert_int_equal(set_head(wire, 0, 300, 100), -ENOTCONN);
	assert_true(wire->viewer.heads[0].head->resizable);
	assert_int_equal(count_told(wire), 1);
	assert_null(strstr(wire_log(wire), "does not take the size"));
}

static void
test_the_vm_dies_while_it_is_told(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	console->holds_ui_info = true;
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	fake_qmp_stop(&wire->qmp);
	fake_console_hang_up(console);
	fake_qemu_hang_up_control(&wire->qemu);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(set_head(wire, 0, 300, 100), -ENOTCONN);
	assert_null(strstr(wire_log(wire), "does not take the size"));
}

static void
test_leaving_while_it_is_told(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	console->holds_ui_info = true;
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	assert_int_equal(set_head(wire, 0, 200, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	/* With a wish that waits, inside the callback that tells of the refusal. */
	console->ui_info_error = "Unsupported";
	wire->viewer.leave_at = "head_changed";
	fake_console_answer_ui_info(console);
	WIRE_WAIT(wire, wire->viewer.guest == NULL);
	for (uint32_t i = 0; i < 20; i++) {
		sd_event_run(wire->event, 1000);
	}
	assert_int_equal(count_told(wire), 1);
}

static void
test_leaving_before_the_answer(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	console->holds_ui_info = true;
	assert_int_equal(set_head(wire, 0, 100, 100), 0);
	WIRE_WAIT(wire, console->held_ui_info != NULL);
	viewer_finish(&wire->viewer);
	for (uint32_t i = 0; i < 20; i++) {
		sd_event_run(wire->event, 1000);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_a_size_is_told),
		WIRE_TEST(test_each_part_counts),
		WIRE_TEST(test_sizes_that_no_monitor_has),
		WIRE_TEST(test_only_the_last_wish_is_told),
		WIRE_TEST(test_each_console_for_itself),
		WIRE_TEST(test_told_while_a_listener_registers),
		WIRE_TEST(test_a_device_that_takes_no_size),
		WIRE_TEST(test_an_error_is_no_reason_to_stop),
		WIRE_TEST(test_a_console_goes_while_it_is_told),
		WIRE_TEST(test_another_viewer_takes_over),
		WIRE_TEST(test_the_vm_dies_while_it_is_told),
		WIRE_TEST(test_leaving_while_it_is_told),
		WIRE_TEST(test_leaving_before_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
