#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/packet.h"
#include "qemu-dbus/wire-connection.h"
#include "qemu-dbus/wire-writer.h"

#define N_CALLS (3 * WIRE_READS_MAX)

/* Calls that came until all was read that one wake reads. */
struct fixture {
	uint32_t n_calls, n_wakes;
	uint32_t calls_of_wake[N_CALLS];
};

static void
handle_call(void *data, struct wire_call *call)
{
	struct fixture *f = data;

	assert_int_equal(call->n_fds, 1);
	f->n_calls++;
}

static void
handle_read_all(void *data)
{
	struct fixture *f = data;

	f->calls_of_wake[f->n_wakes++] = f->n_calls;
	f->n_calls = 0;
}

static void
handle_closed(void *data, int error)
{
	fail_msg("it ended: %d", error);
}

static const struct wire_handler handler = {
	.call = handle_call,
	.read_all = handle_read_all,
	.closed = handle_closed,
};

/* The kernel ends a read behind the fd of each: they are as good as pieces of a large picture. */
static void
send_calls(int fd, uint32_t n)
{
	uint8_t bytes[256];

	for (uint32_t i = 0; i < n; i++) {
		struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
		struct iovec part = { .iov_base = bytes };

		wire_writer_begin(&writer, WIRE_CALL, WIRE_FLAG_NO_REPLY);
		wire_writer_field_text(&writer, WIRE_FIELD_PATH, "/a");
		wire_writer_field_text(&writer, WIRE_FIELD_MEMBER, "B");
		wire_writer_field_u32(&writer, WIRE_FIELD_UNIX_FDS, 1);
		wire_writer_body(&writer);
		assert_int_equal(wire_writer_end(&writer), 0);
		part.iov_len = writer.size;
		assert_true(packet_send(fd, &part, 1, &fd, 1, 0) >= 0);
	}
}

/* Others have their turn in between, however much there is. */
static void
test_how_often_one_wake_reads(void **state)
{
	static const char welcome[] = "DATA\r\nOK 0\r\nAGREE_UNIX_FD\r\n";
	struct wire_connection *connection;
	struct wire_hub hub = { 0 };
	struct fixture f = { 0 };
	sd_event *event;
	int ends[2];

	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(
		wire_connection_create(&hub, event, ends[0], &handler, &f, &connection), 0);
	assert_int_equal(write(ends[1], welcome, strlen(welcome)), strlen(welcome));
	assert_true(sd_event_run(event, 0) > 0);
	assert_int_equal(f.n_wakes, 1);
	/* As often as may be; one more than that; and far more. */
	send_calls(ends[1], WIRE_READS_MAX);
	assert_true(sd_event_run(event, 0) > 0);
	send_calls(ends[1], WIRE_READS_MAX + 1);
	assert_true(sd_event_run(event, 0) > 0);
	assert_true(sd_event_run(event, 0) > 0);
	send_calls(ends[1], N_CALLS);
	for (uint32_t i = 0; i < N_CALLS / WIRE_READS_MAX; i++) {
		assert_true(sd_event_run(event, 0) > 0);
	}
	assert_int_equal(f.calls_of_wake[1], WIRE_READS_MAX);
	assert_int_equal(f.calls_of_wake[2], WIRE_READS_MAX);
	assert_int_equal(f.calls_of_wake[3], 1);
	for (uint32_t i = 0; i < N_CALLS / WIRE_READS_MAX; i++) {
		assert_int_equal(f.calls_of_wake[4 + i], WIRE_READS_MAX);
	}
	wire_connection_destroy(connection);
	close(ends[1]);
	sd_event_run(event, 0);
	sd_event_unref(event);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_often_one_wake_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
