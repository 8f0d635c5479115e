#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "control-server.h"
#include "observers.h"
#include "resident.h"
#include "socket-place.h"

/* Who connects over and over is served so often in a second; the rest wait until the next one. */

#define KEY "a-vm"

struct place {
	uint32_t most;
	void (*start)(sd_event *event);
	void (*stop)(void);
	int (*connect)(void);
};

static struct control_server *server;
static struct resident *resident;
static const struct guest_identity identity = { .name = "a VM" };
static struct observers observers;
static const struct view_list no_views = { .observers = &observers };
static char control_path[UNIT_PATH_SIZE + 16];

static void
start_control(sd_event *event)
{
	const struct session_context context = {
		.event = event,
		.views = &no_views,
		.output_fd = -1,
	};

	assert_int_equal(control_server_create(&context, &server), 0);
	assert_true(control_server_listen(server, control_path) >= 0);
}

static void
stop_control(void)
{
	control_server_destroy(server);
}

static int
connect_control(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(control_path) < sizeof(address.sun_path));
	strcpy(address.sun_path, control_path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
start_resident(sd_event *event)
{
	int other;

	assert_int_equal(resident_create(event, KEY, &identity, NULL, NULL, NULL, NULL, NULL,
				 &other, &resident),
		0);
}

static void
stop_resident(void)
{
	resident_destroy(resident);
}

static int
connect_resident(void)
{
	return socket_place_find_owner(KEY);
}

static void
run_all(sd_event *event)
{
	while (sd_event_run(event, 0) > 0) {
	}
}

/* Whether the one that connects is accepted at once; then it leaves. */
static bool
is_served(sd_event *event, const struct place *place)
{
	uint32_t n_before = unit_count_fds();
	int fd = place->connect();
	bool is_accepted;

	assert_true(fd >= 0);
	run_all(event);
	is_accepted = unit_count_fds() == n_before + 2;
	close(fd);
	run_all(event);
	return is_accepted;
}

/* False: it took more than the second. */
static bool
try(const struct place *place)
{
	uint64_t begun_ns = clock_now_ns();
	uint32_t n_served = 0, n_fds;
	sd_event *event;
	bool in_time;

	assert_true(sd_event_new(&event) >= 0);
	/* The loop's own fd for what is to come later is there before fds are counted. */
	assert_true(
		sd_event_add_time(event, NULL, CLOCK_MONOTONIC, UINT64_MAX, 0, NULL, NULL) >= 0);
	place->start(event);
	while (n_served < 2 * place->most && is_served(event, place)) {
		n_served++;
	}
	in_time = clock_now_ns() - begun_ns < NS_PER_S;
	if (in_time) {
		int fd = place->connect();

		assert_int_equal(n_served, place->most);
		/* It comes later, after the one that gave up waiting. */
		n_fds = unit_count_fds();
		while (unit_count_fds() == n_fds) {
			assert_true(sd_event_run(event, UINT64_MAX) > 0);
		}
		close(fd);
	}
	place->stop();
	sd_event_unref(event);
	return in_time;
}

static void
test_control(void **state)
{
	static const struct place control = { CONTROL_SERVER_MAX_CONNECTIONS_PER_S, start_control,
		stop_control, connect_control };

	while (!try(&control)) {
	}
}

static void
test_resident(void **state)
{
	static const struct place of_a_vm = { RESIDENT_MAX_CONNECTIONS_PER_S, start_resident,
		stop_resident, connect_resident };

	while (!try(&of_a_vm)) {
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_resident),
	};
	char runtime[UNIT_PATH_SIZE], folder[UNIT_PATH_SIZE + 16];
	int failed;

	unit_directory_create(runtime);
	setenv("XDG_RUNTIME_DIR", runtime, 1);
	snprintf(control_path, sizeof(control_path), "%s/control", runtime);
	socket_place_register();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(folder, sizeof(folder), "%s/vitrine", runtime);
	rmdir(folder);
	unit_directory_remove(runtime);
	return failed;
}
