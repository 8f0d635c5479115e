#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/packet.h"
#include "broker/broker-act.h"
#include "broker/broker-message.h"
#include "broker/broker-place.h"
#include "broker/broker.h"

/* How much a viewer that was taken over may ask its broker for at once. */

/* Beside the one to answer on. */
static void
test_descriptors_of_a_request(void **state)
{
	const struct broker_request request = { .act = BROKER_ACT_LOOK };
	struct broker_request received;
	struct broker_request_texts texts;
	int ends[2], fds[BROKER_MAX_REQUEST_FDS + 2], reply;
	char bytes[128];
	struct iovec part = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	uint32_t n_fds;
	ssize_t size;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	/* The bytes of one without any. */
	assert_int_equal(broker_message_send_request(ends[0], &request, ends[0]), 0);
	size = packet_receive(ends[1], &part, 1, fds, 1, &n_fds);
	assert_true(size > 0);
	part.iov_len = (size_t)size;
	close(fds[0]);
	for (uint32_t i = 0; i < BROKER_MAX_REQUEST_FDS + 2; i++) {
		fds[i] = ends[0];
	}
	assert_true(packet_send(ends[0], &part, 1, fds, BROKER_MAX_REQUEST_FDS + 1, 0) >= 0);
	assert_int_equal(broker_message_receive_request(ends[1], &received, &texts, &reply), 0);
	assert_int_equal(received.n_fds, BROKER_MAX_REQUEST_FDS);
	close(reply);
	for (uint32_t i = 0; i < received.n_fds; i++) {
		close(received.fds[i]);
	}
	assert_true(packet_send(ends[0], &part, 1, fds, BROKER_MAX_REQUEST_FDS + 2, 0) >= 0);
	assert_int_equal(
		broker_message_receive_request(ends[1], &received, &texts, &reply), -EBADMSG);
	close(ends[0]);
	close(ends[1]);
}

/* A link that leads to a.png through n - 1 others. */
static void
make_links(const char *folder, int n, char path[static UNIT_PATH_SIZE + 16])
{
	char target[16] = "a.png";

	for (int i = 1; i <= n; i++) {
		snprintf(path, UNIT_PATH_SIZE + 16, "%s/%d.png", folder, i);
		unlink(path);
		assert_int_equal(symlink(target, path), 0);
		snprintf(target, sizeof(target), "%d.png", i);
	}
}

static void
test_links_to_links(void **state)
{
	struct broker_rules rules = { 0 };
	char folder[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 16];
	int fd;

	unit_directory_create(folder);
	snprintf(path, sizeof(path), "%s/a.png", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	broker_rules_add(
		&rules, BROKER_ENDING, BROKER_READ | BROKER_WRITE | BROKER_REPLACE, ".png", NULL);
	assert_int_equal(broker_start(&rules), 0);
	broker_rules_finish(&rules);
	make_links(folder, BROKER_PLACE_MAX_LINKS, path);
	fd = broker_open(path);
	assert_true(fd >= 0);
	close(fd);
	fd = broker_create(path);
	assert_true(fd >= 0);
	close(fd);
	make_links(folder, BROKER_PLACE_MAX_LINKS + 1, path);
	assert_int_equal(broker_open(path), -ELOOP);
	assert_int_equal(broker_create(path), -ELOOP);
	broker_stop();
	unit_directory_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors_of_a_request),
		cmocka_unit_test(test_links_to_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
