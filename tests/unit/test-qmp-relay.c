#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "broker/broker.h"
#include "qemu-dbus/qmp-connection.h"
#include "qemu-dbus/qmp-relay.h"
#include "qemu-dbus/qmp-rules.h"
#include "sandbox.h"

/* A relay in a process of its own, confined as it is in earnest, with a viewer and a QEMU. */
struct fixture {
	int viewer, qemu;
	pid_t pid;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int viewer[2], qemu[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, viewer) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qemu) < 0) {
		return -1;
	}
	f->pid = fork();
	if (f->pid == 0) {
		close(viewer[0]);
		close(qemu[0]);
		/* What it says of commands that nobody sends is part of no test. */
		freopen("/dev/null", "w", stderr);
		if (sandbox_enter_relay() == 0) {
			qmp_relay_run(viewer[1], qemu[1]);
			_exit(0);
		}
		_exit(1);
	}
	close(viewer[1]);
	close(qemu[1]);
	f->viewer = viewer[0];
	f->qemu = qemu[0];
	*state = f;
	return f->pid < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	int status = -1;

	fd_close(&f->viewer);
	fd_close(&f->qemu);
	waitpid(f->pid, &status, 0);
	free(f);
	return status;
}

static void
say(const struct fixture *f, const char *text)
{
	assert_int_equal(send(f->viewer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void
assert_heard(int socket, const char *text)
{
	char got[8192] = "";
	size_t length = strlen(text), size = 0;

	while (size < length) {
		ssize_t n = recv(socket, got + size, length - size, 0);

		assert_true(n > 0);
		size += (size_t)n;
	}
	assert_string_equal(got, text);
}

/* Nothing more was passed on, and both are told. */
static void
assert_ended(const struct fixture *f)
{
	char byte;

	assert_int_equal(recv(f->qemu, &byte, 1, 0), 0);
	assert_true(recv(f->viewer, &byte, 1, 0) <= 0);
}

static void
test_both_ways(void **state)
{
	struct fixture *f = *state;
	static const char greeting[] = "{\"QMP\": {}}\r\n";
	static const char question[] = "{\"execute\":\"query-name\",\"id\":2}";
	static const char nonsense[] = "\0{[\xff";
	char got[sizeof(nonsense)];

	assert_int_equal(write(f->qemu, greeting, strlen(greeting)), strlen(greeting));
	assert_heard(f->viewer, greeting);
	say(f, question);
	assert_heard(f->qemu, question);
	/* Whatever QEMU says. */
	assert_int_equal(write(f->qemu, nonsense, sizeof(nonsense)), sizeof(nonsense));
	assert_int_equal(recv(f->viewer, got, sizeof(got), MSG_WAITALL), sizeof(got));
	assert_memory_equal(got, nonsense, sizeof(got));
}

static void
test_in_pieces_and_at_once(void **state)
{
	struct fixture *f = *state;

	say(f, " {\"exec");
	say(f, "ute\" : \"query-uuid\"}\n {\"execute\":\"system_reset\"}{\"execute\":\"qmp_cap");
	assert_heard(f->qemu, "{\"execute\":\"query-uuid\"}{\"execute\":\"system_reset\"}");
	say(f, "abilities\"}");
	assert_heard(f->qemu, "{\"execute\":\"qmp_capabilities\"}");
}

static void
test_fds(void **state)
{
	static const char getfd[] =
		"{\"execute\":\"query-name\"}{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"" QMP_FD_NAME
		"\"}}";
	const struct iovec part = { .iov_base = (void *)getfd, .iov_len = strlen(getfd) };
	struct fixture *f = *state;
	char name[64], got[512] = "";
	struct stat sent, received;
	size_t size = 0;
	int fd = open("/dev/null", O_RDONLY);

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	assert_int_equal(fstat(fd, &sent), 0);
	assert_int_equal(packet_send(f->viewer, &part, 1, &fd, 1, 0), 0);
	fd_close(&fd);
	/* It arrives with the command that takes it, not before. */
	while (size < strlen(getfd)) {
		struct iovec room = { .iov_base = got + size, .iov_len = sizeof(got) - size - 1 };
		uint32_t n_fds = 0;
		ssize_t n = packet_receive(f->qemu, &room, 1, &fd, 1, &n_fds);

		assert_true(n > 0);
		size += (size_t)n;
		if (n_fds > 0) {
			assert_non_null(strstr(got, "getfd"));
			assert_int_equal(fstat(fd, &received), 0);
			assert_int_equal(received.st_rdev, sent.st_rdev);
		}
	}
	assert_true(fd >= 0);
	fd_close(&fd);
}

static void
test_a_second_fd(void **state)
{
	const struct iovec part = { .iov_base = (void *)" ", .iov_len = 1 };
	struct fixture *f = *state;
	int fd = open("/dev/null", O_RDONLY);

	assert_int_equal(packet_send(f->viewer, &part, 1, &fd, 1, 0), 0);
	assert_int_equal(packet_send(f->viewer, &part, 1, &fd, 1, 0), 0);
	fd_close(&fd);
	assert_ended(f);
}

/* Each is a connection's end, and so a test of its own: of these nothing reaches QEMU. */
static void
test_refused(void **state)
{
	static const char *const texts[] = {
		"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"quit\"}}",
		"{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"exec:id\"}}",
		"{\"execute\":\"query-name\",\"execute\":\"quit\"}",
		"{\"execute\":\"query-name\",\"exec-oob\":\"migrate-pause\"}",
		"{\"exec-oob\":\"migrate-pause\"}",
		"{\"execute\":\"query-name\",\"arguments\":{\"a\":1}}",
		"{\"execute\":\"query-name\",\"control\":{}}",
		"{\"execute\":\"query-name\",\"id\":{}}",
		"{\"execute\":\"query-name\\u0000\"}",
		"{\"execute\":\"QUERY-NAME\"}",
		"{\"execute\":[\"quit\"]}",
		"{}",
		"[{\"execute\":\"query-name\"}]",
		"{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/objects/s\",\"property\":\"data\"}}",
		"{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/\"}}",
		"{\"execute\":\"qom-get\",\"arguments\":{\"path\":7,\"property\":\"type\"}}",
		"{\"execute\":\"qom-list\",\"arguments\":[\"/\"]}",
		"{\"execute\":\"qom-list\"}",
		"{\"execute\":\"add_client\",\"arguments\":{\"protocol\":\"vnc\",\"fdname\":\"" QMP_FD_NAME
		"\"}}",
		"{\"execute\":\"add_client\",\"arguments\":{\"protocol\":\"@dbus-display\",\"fdname\":\"x\"}}",
		"{\"execute\":\"add_client\",\"arguments\":{\"protocol\":\"@dbus-display\",\"fdname\":"
		"\"" QMP_FD_NAME "\",\"skipauth\":true}}",
		/* without an fd */
		"{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"" QMP_FD_NAME "\"}}",
		"not JSON",
		"{'execute':'query-name'}",
		"/* */{\"execute\":\"query-name\"}",
		"{\"execute\":\"query-name\"",
		"{\"execute\":{\"a\":{\"b\":{\"c\":{}}}}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		void *other = NULL;
		struct fixture *f;

		assert_int_equal(set_up(&other), 0);
		f = other;
		say(f, texts[i]);
		shutdown(f->viewer, SHUT_WR);
		assert_ended(f);
		assert_int_equal(tear_down(&other), 0);
	}
}

static void
test_too_long(void **state)
{
	struct fixture *f = *state;
	char text[QMP_RELAY_MAX_COMMAND + 1];

	/* As long as may be, with spaces; then one more. */
	memset(text, ' ', sizeof(text));
	memcpy(text + QMP_RELAY_MAX_COMMAND - 24, "{\"execute\":\"query-name\"}", 24);
	text[QMP_RELAY_MAX_COMMAND] = '\0';
	say(f, text);
	assert_heard(f->qemu, "{\"execute\":\"query-name\"}");
	memset(text, ' ', sizeof(text) - 1);
	say(f, text);
	say(f, " ");
	assert_ended(f);
}

static void
test_ends(void **state)
{
	struct fixture *f = *state;
	static const char last[] = "{\"event\":\"SHUTDOWN\"}";
	char byte;

	/* What QEMU said last is heard. */
	assert_int_equal(write(f->qemu, last, strlen(last)), strlen(last));
	shutdown(f->qemu, SHUT_WR);
	assert_heard(f->viewer, last);
	assert_int_equal(recv(f->viewer, &byte, 1, 0), 0);
}

static void
test_through_the_broker(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct broker_rules rules = { 0 };
	AUTO_FD int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	AUTO_FD int qemu = -1;
	char folder[UNIT_PATH_SIZE], other[UNIT_PATH_SIZE + 8];
	struct broker_hold hold;
	char byte;
	int fd;

	unit_directory_create(folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/qmp", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	broker_rules_add(&rules, BROKER_PATH, BROKER_CONNECT, address.sun_path, NULL);
	qmp_connection_register(NULL);
	assert_int_equal(broker_start(&rules), 0);
	broker_rules_finish(&rules);
	assert_int_equal(qmp_connection_open(other, &hold), -EPERM);
	assert_int_equal(qmp_connection_open(address.sun_path, &hold), -ENOENT);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(qmp_connection_open(address.sun_path, &hold), -ECONNREFUSED);
	assert_int_equal(listen(listener, 1), 0);
	fd = qmp_connection_open(address.sun_path, &hold);
	assert_true(fd >= 0 && hold.fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	qemu = accept(listener, NULL, NULL);
	assert_int_equal(write(fd, "{\"execute\":\"quit\"}{", 19), 19);
	assert_int_equal(recv(qemu, &byte, 1, 0), 0);
	qmp_connection_close(&fd, &hold);
	/* The queue of those that wait is full. */
	for (int i = 0; i < 2; i++) {
		AUTO_FD int waiting = socket(AF_UNIX, SOCK_STREAM, 0);

		assert_int_equal(connect(waiting, (struct sockaddr *)&address, sizeof(address)), 0);
		fd = fd_dup(waiting);
		assert_true(fd >= 0);
	}
	assert_int_equal(qmp_connection_open(address.sun_path, &hold), -EAGAIN);
	broker_stop();
	unit_directory_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both_ways, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_pieces_and_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_second_fd, set_up, tear_down),
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
		cmocka_unit_test(test_through_the_broker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
