/* What a frame costs on the listener's connection: system calls of ours, and memory of anybody's.
 */
#include "raw.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_FRAMES 300

/* Only while the adapter runs. */
static struct {
	bool on;
	uint32_t allocations, receives, sends;
} counts;

#if !defined(__SANITIZE_ADDRESS__)
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

void *
malloc(size_t size)
{
	counts.allocations += counts.on;
	return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	counts.allocations += counts.on;
	return __libc_calloc(n, size);
}

void *
realloc(void *memory, size_t size)
{
	counts.allocations += counts.on;
	return __libc_realloc(memory, size);
}
#endif

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	counts.receives += counts.on;
	return syscall(SYS_recvmsg, fd, message, flags);
}

ssize_t
send(int fd, const void *bytes, size_t size, int flags)
{
	counts.sends += counts.on;
	return syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
}

static void
run_until_idle(struct wire *wire)
{
	while (sd_event_run(wire->event, 0) > 0) {
	}
}

static void
run_until_answered(struct wire *wire, struct fake_console *console, uint32_t n)
{
	counts.on = true;
	run_until_idle(wire);
	counts.on = false;
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	}
}

static struct viewer_head *
head(struct wire *wire)
{
	return &wire->viewer.heads[0];
}

static struct fake_console *
open_with_picture(struct wire *wire, int fd)
{
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	raw_make_scanout_dmabuf(&raw, 2);
	raw_send_fds(console->raw_fd, &raw, &fd, 1);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	run_until_idle(wire);
	memset(&counts, 0, sizeof(counts));
	return console;
}

static void
test_an_update(void **state)
{
	struct wire *wire = *state;
	int fd = wire_picture(64, 48, GREEN);
	struct fake_console *console = open_with_picture(wire, fd);
	struct raw raw;

	for (uint32_t i = 0; i < N_FRAMES; i++) {
		raw_make_update_dmabuf(&raw, 3 + i);
		raw_send(console->raw_fd, &raw);
		run_until_answered(wire, console, 1);
	}
	assert_int_equal(head(wire)->n_updates, N_FRAMES);
	assert_int_equal(counts.allocations, 0);
	assert_int_equal(counts.receives, N_FRAMES);
	assert_int_equal(counts.sends, N_FRAMES);
	close(fd);
}

/* The kernel ends a read behind an fd: two for a flip, and one for all its answers. */
static void
test_a_flip(void **state)
{
	struct wire *wire = *state;
	int fds[2] = { wire_picture(64, 48, GREEN), wire_picture(64, 48, RED) };
	struct fake_console *console = open_with_picture(wire, fds[0]);
	struct raw raw;

	for (uint32_t i = 0; i < N_FRAMES; i++) {
		/* Before both pictures are known memory is needed, and for the timer of Disable. */
		if (i == 2) {
			memset(&counts, 0, sizeof(counts));
		}
		raw_make_scanout_dmabuf(&raw, 3);
		raw_send_fds(console->raw_fd, &raw, &fds[(i + 1) % 2], 1);
		raw_make_disable(&raw, 4);
		raw_send(console->raw_fd, &raw);
		raw_make_update_dmabuf(&raw, 5);
		raw_send(console->raw_fd, &raw);
		run_until_answered(wire, console, 3);
	}
	assert_int_equal(head(wire)->n_updates, N_FRAMES);
	assert_int_equal(counts.allocations, 0);
	assert_int_equal(counts.receives, 2 * (N_FRAMES - 2));
	assert_int_equal(counts.sends, N_FRAMES - 2);
	close(fds[0]);
	close(fds[1]);
}

static void
test_answers_that_become_due_together(void **state)
{
	struct wire *wire = *state;
	int fd = wire_picture(64, 48, GREEN);
	struct fake_console *console = open_with_picture(wire, fd);
	struct raw raw;

	wire->viewer.holds_answers = true;
	for (uint32_t i = 0; i < 5; i++) {
		raw_make_update_dmabuf(&raw, 3 + i);
		raw_send(console->raw_fd, &raw);
	}
	run_until_answered(wire, console, 0);
	assert_int_equal(wire->viewer.n_held, 5);
	assert_int_equal(counts.sends, 0);
	viewer_answer_all(&wire->viewer, 0);
	run_until_answered(wire, console, 5);
	assert_int_equal(counts.sends, 1);
	assert_int_equal(counts.receives, 1);
	close(fd);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_an_update),
		WIRE_TEST(test_a_flip),
		WIRE_TEST(test_answers_that_become_due_together),
	};

	fd_let_memory_pass_as_dmabuf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
