/* Listeners of several heads that have something to be read at the same time. */
#include "raw.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define N_HEADS 3

static struct fake_console *consoles[N_HEADS];

static void
open_heads(struct wire *wire)
{
	wire->qemu.raw = true;
	for (uint32_t i = 0; i < N_HEADS; i++) {
		consoles[i] = fake_qemu_add(&wire->qemu, i);
		consoles[i]->head = i;
	}
	wire_open(wire);
	for (uint32_t i = 0; i < N_HEADS; i++) {
		WIRE_WAIT(wire, consoles[i]->raw_fd >= 0);
		raw_read_handshake(consoles[i]->raw_fd);
		assert_int_equal(
			send(consoles[i]->raw_fd, raw_welcome, strlen(raw_welcome), MSG_NOSIGNAL),
			strlen(raw_welcome));
	}
	WIRE_WAIT(wire, wire->viewer.n_ready == 1);
}

/* Two calls of each that want an answer. */
static void
draw_all(void)
{
	for (uint32_t i = 0; i < N_HEADS; i++) {
		int memory = wire_picture(64, 48, GREEN);
		struct raw raw;

		raw_make_scanout_dmabuf(&raw, 2);
		raw_send_fds(consoles[i]->raw_fd, &raw, &memory, 1);
		raw_make_update_dmabuf(&raw, 3);
		raw_send(consoles[i]->raw_fd, &raw);
		close(memory);
	}
}

static uint32_t
count_updates(struct wire *wire)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < N_HEADS; i++) {
		n += wire->viewer.heads[i].n_updates;
	}
	return n;
}

static void
handle_event_before_answers(void *data, const char *event)
{
	if (strcmp(event, "update") == 0) {
		for (uint32_t i = 0; i < N_HEADS; i++) {
			assert_false(raw_readable(consoles[i]->raw_fd));
		}
	}
}

static void
test_all_frames_come_before_the_first_answer(void **state)
{
	struct wire *wire = *state;

	open_heads(wire);
	wire->viewer.watch = handle_event_before_answers;
	for (uint32_t round = 1; round <= 3; round++) {
		draw_all();
		WIRE_WAIT(wire, count_updates(wire) == round * N_HEADS);
		for (uint32_t i = 0; i < 2 * N_HEADS; i++) {
			assert_int_equal(raw_read_reply(wire, consoles[i / 2]->raw_fd), RAW_RETURN);
		}
	}
}

/* Those that are left are not read any more. */
static void
test_the_frontend_leaves_in_the_midst(void **state)
{
	struct wire *wire = *state;

	open_heads(wire);
	wire->viewer.leave_at = "update";
	draw_all();
	WIRE_WAIT(wire, wire->viewer.guest == NULL);
	assert_int_equal(count_updates(wire), 1);
}

/* The others, before and behind it, are read all the same; it is registered once more. */
static void
test_one_ends_in_the_midst(void **state)
{
	struct wire *wire = *state;
	struct raw garbage = { .size = 64 };

	open_heads(wire);
	memset(garbage.bytes, 'x', garbage.size);
	raw_send(consoles[1]->raw_fd, &garbage);
	draw_all();
	WIRE_WAIT(wire, count_updates(wire) == N_HEADS - 1);
	WIRE_WAIT(wire, consoles[1]->n_registered == 2);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(raw_read_reply(wire, consoles[i / 2 * 2]->raw_fd), RAW_RETURN);
	}
}

/* The last one's end ends the hub, and the next one's start starts it. */
static void
test_all_end(void **state)
{
	struct wire *wire = *state;
	struct raw garbage = { .size = 64 };

	open_heads(wire);
	memset(garbage.bytes, 'x', garbage.size);
	for (uint32_t i = 0; i < N_HEADS; i++) {
		raw_send(consoles[i]->raw_fd, &garbage);
	}
	for (uint32_t i = 0; i < N_HEADS; i++) {
		WIRE_WAIT(wire, consoles[i]->n_registered == 2);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_all_frames_come_before_the_first_answer),
		WIRE_TEST(test_the_frontend_leaves_in_the_midst),
		WIRE_TEST(test_one_ends_in_the_midst),
		WIRE_TEST(test_all_end),
	};

	fd_let_memory_pass_as_dmabuf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
