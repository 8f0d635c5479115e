#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"

struct ends {
	int fds[2];
};

static int
set_up(void **state)
{
	static struct ends ends;

	*state = &ends;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.fds);
}

static int
tear_down(void **state)
{
	struct ends *ends = *state;

	fd_close(&ends->fds[0]);
	fd_close(&ends->fds[1]);
	return 0;
}

static int
send_with(const struct ends *ends, uint32_t n_fds)
{
	char text[] = "text";
	const struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	int fds[PACKET_MAX_FDS + 1];

	for (uint32_t i = 0; i <= PACKET_MAX_FDS; i++) {
		fds[i] = ends->fds[0];
	}
	return packet_send(ends->fds[0], &part, 1, fds, n_fds, MSG_DONTWAIT);
}

/* Odd numbers of descriptors, too: what the kernel's headers round up has room for one more. */
static void
test_as_many_as_there_is_room_for(void **state)
{
	struct ends *ends = *state;
	char text[8];
	const struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	uint32_t n_open = unit_count_fds();

	for (uint32_t max = 0; max <= PACKET_MAX_FDS; max = max < 6 ? max + 1 : max + 37) {
		int fds[PACKET_MAX_FDS + 1];
		uint32_t n_fds = 99;

		assert_int_equal(send_with(ends, max), 0);
		assert_int_equal(packet_receive(ends->fds[1], &part, 1, fds, max, &n_fds), 5);
		assert_int_equal(n_fds, max);
		assert_string_equal(text, "text");
		for (uint32_t i = 0; i < n_fds; i++) {
			assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
			fd_close(&fds[i]);
		}
		if (max == PACKET_MAX_FDS) {
			break;
		}
		/* One more: nothing is kept, nothing written behind. */
		fds[max] = -7;
		assert_int_equal(send_with(ends, max + 1), 0);
		assert_int_equal(
			packet_receive(ends->fds[1], &part, 1, fds, max, &n_fds), -EBADMSG);
		assert_int_equal(fds[max], -7);
		assert_int_equal(unit_count_fds(), n_open);
	}
	assert_int_equal(send_with(ends, PACKET_MAX_FDS + 1), -EINVAL);
	assert_int_equal(
		packet_receive(ends->fds[1], &part, 1, NULL, PACKET_MAX_FDS + 1, NULL), -EINVAL);
}

static void
test_too_long(void **state)
{
	struct ends *ends = *state;
	char text[4];
	const struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	uint32_t n_open = unit_count_fds(), n_fds;
	int fd;

	assert_int_equal(send_with(ends, 1), 0);
	assert_int_equal(packet_receive(ends->fds[1], &part, 1, &fd, 1, &n_fds), -EBADMSG);
	assert_int_equal(unit_count_fds(), n_open);
}

static void
test_nobody(void **state)
{
	struct ends *ends = *state;
	char text[8];
	const struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	uint32_t n_fds;
	int fd;

	assert_int_equal(fd_set_nonblocking(ends->fds[1]), 0);
	assert_int_equal(packet_receive(ends->fds[1], &part, 1, &fd, 1, &n_fds), -EAGAIN);
	while (send_with(ends, 0) == 0) {
	}
	assert_int_equal(send_with(ends, 0), -EAGAIN);
	fd_close(&ends->fds[1]);
	assert_int_equal(send_with(ends, 0), -ECONNRESET);
	assert_int_equal(packet_receive(ends->fds[0], &part, 1, &fd, 1, &n_fds), -ECONNRESET);
}

#define WITH_ENDS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ENDS(test_as_many_as_there_is_room_for),
		WITH_ENDS(test_too_long),
		WITH_ENDS(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
