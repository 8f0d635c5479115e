/* What a VM can make us write and show, however long it tries. */
#include "wire.h"

#include <pixman.h>
#include <string.h>

#include "base/log.h"
#include "qemu-dbus/listener.h"

#define N_ROUNDS 60

static uint32_t
count_lines(const char *text)
{
	uint32_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++) {
		n++;
	}
	return n;
}

/* Consoles come and go, and each of them does what makes us complain. */
static void
test_the_log_cannot_be_written_full(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	const char *log;

	wire_open_one(wire);
	for (uint32_t round = 0; round < N_ROUNDS; round++) {
		console = fake_qemu_add(&wire->qemu, 5);
		console->n_registered = console->n_errors = 0;
		console->is_ready = false;
		fake_console_plug(console);
		WIRE_WAIT(wire, console->is_ready);
		for (uint32_t i = 0; i < 2; i++) {
			fake_call_bytes(
				console, "Scanout", "", 0, "uuuu", 1, 1, 4, PIXMAN_x8r8g8b8);
		}
		WIRE_WAIT(wire, console->n_errors == 2);
		fake_console_unplug(console);
		WIRE_WAIT(wire, wire->viewer.heads[5].head == NULL);
	}
	log = wire_log(wire);
	assert_int_equal(count_lines(log), LOG_MAX_LINES + 1);
	assert_int_equal(
		wire_count(log, "vitrine: warning: more lines like those before are left out"), 1);
}

static void
test_errors_that_repeat_are_not_written_for_ever(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;

	wire_open_one(wire);
	wire->qemu.fail_register = "no\x1b[2J\n";
	for (uint32_t round = 0; round < N_ROUNDS; round++) {
		console = fake_qemu_add(&wire->qemu, 5);
		console->n_registered = console->n_errors = 0;
		console->is_ready = false;
		fake_console_plug(console);
		WIRE_WAIT(wire, wire_count(wire->qemu.log, "5 RegisterListener") == round + 1);
		fake_console_unplug(console);
		WIRE_WAIT(wire, wire->viewer.heads[5].head == NULL);
	}
	assert_int_equal(count_lines(wire_log(wire)), LOG_MAX_LINES + 1);
	assert_null(strchr(wire->output.text, '\x1b'));
}

/* Of a name that does not fit, too, only whole characters are kept. */
static void
test_names_are_clean_and_cut(void **state)
{
	struct wire *wire = *state;
	char label[2 * GUEST_TEXT_SIZE] = "\x1b[31m\xe2\x80\xae";
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);
	const char *got;

	while (strlen(label) < GUEST_TEXT_SIZE) {
		strcat(label, "\xc3\xbc");
	}
	console->label = label;
	wire_open(wire);
	WIRE_WAIT(wire, console->is_ready);
	got = wire->viewer.heads[0].head->label;
	assert_memory_equal(got, "?[31m???\xc3\xbc", 10);
	assert_in_range(strlen(got), GUEST_TEXT_SIZE - 2, GUEST_TEXT_SIZE - 1);
	assert_int_equal((uint8_t)got[strlen(got) - 1], 0xbc);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_the_log_cannot_be_written_full),
		WIRE_TEST(test_errors_that_repeat_are_not_written_for_ever),
		WIRE_TEST(test_names_are_clean_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
