/* Consoles that come and go, listeners and control connections that end, and waiting for pictures.
 */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "qemu-dbus/objects.h"

static void
test_consoles_are_registered_one_by_one(void **state)
{
	struct wire *wire = *state;
	struct fake_console *consoles[4];

	/* In another order than that of their numbers. */
	for (uint32_t i = 0; i < 4; i++) {
		consoles[i] = fake_qemu_add(&wire->qemu, 3 - i);
	}
	wire_open(wire);
	for (uint32_t i = 0; i < 4; i++) {
		WIRE_WAIT(wire, consoles[i]->is_ready);
	}
	assert_int_equal(wire->qemu.n_hasty, 0);
	assert_string_equal(wire->qemu.log, "0 RegisterListener\n1 RegisterListener\n"
					    "2 RegisterListener\n3 RegisterListener\n");
	assert_int_equal(wire->viewer.n_ready, 1);
}

static void
test_old_qemu_never_asks_for_interfaces(void **state)
{
	struct wire *wire = *state;
	struct fake_console *a, *b;

	wire->qemu.old = true;
	a = fake_qemu_add(&wire->qemu, 0);
	b = fake_qemu_add(&wire->qemu, 1);
	wire_open(wire);
	WIRE_WAIT(wire, a->is_ready && b->is_ready);
	wire_send_scanout(b, 8, 8, RED);
	WIRE_WAIT(wire, wire->viewer.heads[1].n_scanouts == 1);
}

static void
test_text_consoles_are_no_heads(void **state)
{
	struct wire *wire = *state;
	struct fake_console *text = fake_qemu_add(&wire->qemu, 0);
	struct fake_console *graphic = fake_qemu_add(&wire->qemu, 1);

	text->type = "Text";
	graphic->address = "";
	graphic->head = 2;
	wire_open(wire);
	WIRE_WAIT(wire, graphic->is_ready);
	assert_null(wire->viewer.heads[0].head);
	assert_int_equal(text->n_registered, 0);
	/* A device that is not on PCI is a GPU of its own. */
	assert_string_equal(wire->viewer.heads[1].head->gpu, "console/1");
	assert_int_equal(wire->viewer.heads[1].head->index, 2);
	assert_string_equal(wire->viewer.heads[1].head->label, "VGA");
}

static void
test_more_consoles_than_heads(void **state)
{
	struct wire *wire = *state;
	uint32_t n = 0;

	for (uint32_t i = 0; i < FAKE_MAX_CONSOLES; i++) {
		fake_qemu_add(&wire->qemu, i);
	}
	wire_open(wire);
	WIRE_WAIT(wire, wire->viewer.n_ready == 1);
	for (uint32_t i = 0; i < FAKE_MAX_CONSOLES; i++) {
		n += wire->viewer.heads[i].head != NULL;
	}
	assert_int_equal(n, GUEST_MAX_HEADS);
}

static void
test_labels_follow(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	console->label = "a label that is longer than anybody would ever make one, so long indeed "
			 "that it has to be cut somewhere, which is fine as nobody reads so far";
	fake_console_changed(console, "Console", "Label");
	WIRE_WAIT(wire, wire_count(wire->viewer.log, "head_changed 0") == 1);
	assert_int_equal(strlen(wire->viewer.heads[0].head->label), GUEST_TEXT_SIZE - 1);
}

static void
test_consoles_come_and_go(void **state)
{
	struct wire *wire = *state;
	struct fake_console *first = wire_open_one(wire), *second;

	wire->viewer.holds_answers = true;
	for (uint32_t round = 0; round < 3; round++) {
		second = fake_qemu_add(&wire->qemu, 5);
		second->n_registered = 0;
		second->is_ready = false;
		fake_console_plug(second);
		WIRE_WAIT(wire, second->is_ready);
		assert_non_null(wire->viewer.heads[5].head);
		wire_send_scanout(second, 8, 8, RED);
		wire_send_update(second, 0, 0, 4, 4, BLUE);
		WIRE_WAIT(wire, wire->viewer.heads[5].n_updates == 1);
		/* With an update that nobody will answer any more. */
		fake_console_unplug(second);
		WIRE_WAIT(wire, wire->viewer.heads[5].head == NULL);
	}
	assert_int_equal(wire->viewer.n_closed, 0);
	wire_send_scanout(first, 8, 8, RED);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_scanouts == 1);
}

/* Each is a window, with budgets of its own for what it shows: these are not to be had for ever. */
static void
test_consoles_do_not_come_and_go_without_end(void **state)
{
	struct wire *wire = *state;
	struct fake_console *first = wire_open_one(wire);
	struct fake_console *second = fake_qemu_add(&wire->qemu, 5);
	uint64_t began_ns = clock_now_ns(), n_seconds;
	uint32_t n;

	for (uint32_t i = 0; i < 2 * OBJECTS_CONSOLES_BURST; i++) {
		fake_console_plug(second);
		fake_console_unplug(second);
	}
	first->label = "the last word";
	fake_console_changed(first, "Console", "Label");
	WIRE_WAIT(wire, wire_count(wire->viewer.log, "head_changed 0") == 1);
	n = wire_count(wire->viewer.log, "head_added 5");
	n_seconds = (clock_now_ns() - began_ns) / NS_PER_S + 1;
	/* The first console is one of them. */
	assert_in_range(n, OBJECTS_CONSOLES_BURST - 1,
		OBJECTS_CONSOLES_BURST + n_seconds * OBJECTS_CONSOLES_PER_S);
	assert_int_equal(wire->viewer.n_closed, 0);
	assert_non_null(strstr(wire_log(wire), "come too often"));
}

static void
test_a_console_that_refuses_leaves_the_others(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;

	fake_qemu_add(&wire->qemu, 0);
	wire->qemu.fail_register = "no";
	wire_open(wire);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 RegisterListener") == 1);
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	WIRE_WAIT(wire, wire->viewer.n_synced == 1);
	wire->qemu.fail_register = NULL;
	console = fake_qemu_add(&wire->qemu, 1);
	fake_console_plug(console);
	WIRE_WAIT(wire, console->is_ready);
	assert_non_null(strstr(wire_log(wire), "QEMU does not show it: no"));
}

/* QEMU 9.0 to 10.2 never forgets a listener: asking again and again would slow the VM down. */
static void
test_zombie_listeners_are_not_made_in_a_loop(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	struct fake_console *other = fake_qemu_add(&wire->qemu, 1);

	fake_console_plug(other);
	WIRE_WAIT(wire, other->is_ready);
	wire_send_scanout(console, 8, 8, RED);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_scanouts == 1);
	fake_console_hang_up(console);
	WIRE_WAIT(wire, console->n_registered == 2 && console->is_ready);
	wire_send_scanout(console, 8, 8, BLUE);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_updates == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), BLUE);

	fake_console_hang_up(console);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_offs == 1);
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	WIRE_WAIT(wire, wire->viewer.n_synced == 1);
	assert_int_equal(console->n_registered, 2);
	/* The others and the control connection live. */
	wire_send_scanout(other, 8, 8, GREEN);
	WIRE_WAIT(wire, wire->viewer.heads[1].n_scanouts == 1);
	assert_int_equal(wire->viewer.n_closed, 0);
	assert_int_equal(other->n_registered, 1);
}

static void
test_garbage_closes_that_listener_only(void **state)
{
	static const char garbage[] = "no D-Bus message starts like this, nor has such a length";
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	struct fake_console *other = fake_qemu_add(&wire->qemu, 1);

	fake_console_plug(other);
	WIRE_WAIT(wire, other->is_ready);
	for (uint32_t i = 1; i <= 2; i++) {
		WIRE_WAIT(wire, console->n_registered == i && console->is_ready);
		assert_int_equal(write(sd_bus_get_fd(console->listener), garbage, strlen(garbage)),
			strlen(garbage));
		WIRE_WAIT(wire, sd_bus_is_open(console->listener) <= 0);
	}
	wire_send_scanout(other, 8, 8, GREEN);
	WIRE_WAIT(wire, wire->viewer.heads[1].n_scanouts == 1);
	assert_int_equal(other->n_registered, 1);
	assert_int_equal(wire->viewer.n_closed, 0);
	assert_non_null(
		strstr(wire_log(wire), "console 0: QEMU's connection for its picture broke"));
}

static void
test_another_viewer_takes_over(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	struct input_event event = { .kind = INPUT_KEY };

	event.key.code = 30;
	fake_qemu_hang_up_control(&wire->qemu);
	WIRE_WAIT(wire, wire->viewer.n_taken_over == 1);
	assert_int_equal(wire->viewer.n_closed, 0);
	/* Pictures go on, input does not, sync still answers. */
	wire_send_scanout(console, 8, 8, GREEN);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_scanouts == 1);
	guest_input(wire->viewer.guest, wire->viewer.heads[0].head, &event);
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	WIRE_WAIT(wire, wire->viewer.n_synced == 1);
	fake_console_hang_up(console);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -ECONNRESET);
	assert_int_equal(wire->viewer.n_taken_over, 1);
}

/* On QEMU 7.2 the other viewer's listeners replace ours: all our connections end. */
static void
test_takeover_that_ends_all_connections(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	fake_qemu_hang_up_control(&wire->qemu);
	fake_console_hang_up(console);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.n_taken_over, 1);
	assert_int_equal(wire->viewer.error, -ECONNRESET);
}

/* The next one listens before it is asked whether the last one still does. */
static void
test_a_vm_that_is_started_again_is_no_takeover(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	fake_qmp_stop(&wire->qmp);
	fake_qemu_hang_up_control(&wire->qemu);
	fake_console_hang_up(console);
	wire_start_qmp(wire, wire->qmp_path);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.n_taken_over, 0);
	assert_int_equal(wire->viewer.error, -ECONNRESET);
}

static void
test_the_vm_dies(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire_send_scanout(console, 8, 8, RED);
	WIRE_WAIT(wire, wire->viewer.heads[0].n_scanouts == 1);
	fake_qmp_stop(&wire->qmp);
	fake_console_hang_up(console);
	fake_qemu_hang_up_control(&wire->qemu);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.n_taken_over, 0);
	assert_int_equal(wire->viewer.error, -ECONNRESET);
	/* After it nothing works, and nothing breaks. */
	assert_int_equal(guest_sync(wire->viewer.guest), -ENOTCONN);
	guest_update_done(wire->viewer.guest, wire->viewer.heads[0].head, 1);
}

static void
test_sync_waits_for_pictures_that_are_under_way(void **state)
{
	struct wire *wire = *state;
	struct fake_console *a = fake_qemu_add(&wire->qemu, 0);
	struct fake_console *b = fake_qemu_add(&wire->qemu, 1);
	const char *picture, *synced;

	wire_open(wire);
	/* Before anything is attached: it is for what will have been shown then. */
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	WIRE_WAIT(wire, a->is_ready);
	wire_send_scanout(a, 2000, 1500, RED);
	WIRE_WAIT(wire, b->is_ready);
	wire_send_scanout(b, 2000, 1500, BLUE);
	WIRE_WAIT(wire, wire->viewer.n_synced == 2);
	picture = strstr(wire->viewer.log, "scanout 1");
	synced = strstr(wire->viewer.log, "synced");
	assert_non_null(picture);
	assert_true(picture < synced);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 1999, 1499), RED);
	assert_int_equal(viewer_pixel(&wire->viewer, 1, 1999, 1499), BLUE);
}

static void
handle_asked_name(struct fake_qemu *qemu, uint32_t n)
{
	if (n == 2) {
		wire_send_scanout(&qemu->consoles[0], 4000, 3000, RED);
	}
}

/* The last answer on the control connection overtakes a large picture on the listener's. */
static void
test_sync_waits_for_the_listener_to_be_drained(void **state)
{
	struct wire *wire = *state;

	wire_open_one(wire);
	wire->qemu.asked_name = handle_asked_name;
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	WIRE_WAIT(wire, wire->viewer.n_synced == 1);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 3999, 2999), RED);
}

static void
test_sync_survives_a_listener_that_ends_meanwhile(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(guest_sync(wire->viewer.guest), 0);
		fake_console_hang_up(console);
		WIRE_WAIT(wire, wire->viewer.n_synced == i + 1);
	}
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	fake_qemu_hang_up_control(&wire->qemu);
	WIRE_WAIT(wire, wire->viewer.n_synced == 3 || wire->viewer.n_closed == 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_consoles_are_registered_one_by_one),
		WIRE_TEST(test_old_qemu_never_asks_for_interfaces),
		WIRE_TEST(test_text_consoles_are_no_heads),
		WIRE_TEST(test_more_consoles_than_heads),
		WIRE_TEST(test_labels_follow),
		WIRE_TEST(test_consoles_come_and_go),
		WIRE_TEST(test_consoles_do_not_come_and_go_without_end),
		WIRE_TEST(test_a_console_that_refuses_leaves_the_others),
		WIRE_TEST(test_zombie_listeners_are_not_made_in_a_loop),
		WIRE_TEST(test_garbage_closes_that_listener_only),
		WIRE_TEST(test_another_viewer_takes_over),
		WIRE_TEST(test_takeover_that_ends_all_connections),
		WIRE_TEST(test_a_vm_that_is_started_again_is_no_takeover),
		WIRE_TEST(test_the_vm_dies),
		WIRE_TEST(test_sync_waits_for_pictures_that_are_under_way),
		WIRE_TEST(test_sync_waits_for_the_listener_to_be_drained),
		WIRE_TEST(test_sync_survives_a_listener_that_ends_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
