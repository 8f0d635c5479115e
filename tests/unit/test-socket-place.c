#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/broker.h"
#include "socket-place.h"

/* What a viewer that a VM has taken over finds of the viewers of others: nothing. */

static void *
ask_as_a_worker(void *data)
{
	struct broker_hold hold;
	int *answers = data;

	broker_enter_worker();
	answers[0] = socket_place_find_owner("other");
	answers[1] = socket_place_take_vm("other", &hold, &answers[2]);
	return NULL;
}

static void
test_one_vm_only(void **state)
{
	struct broker_rules rules = { 0 };
	int answers[3] = { 0, 0, 0 }, other;
	struct broker_hold hold, none;
	pthread_t thread;
	int fd;

	assert_int_equal(broker_start(&rules), 0);
	fd = socket_place_take_vm("first", &hold, &other);
	assert_true(fd >= 0);
	assert_int_equal(socket_place_find_owner("other"), -EPERM);
	assert_int_equal(socket_place_find_owner("../first"), -EPERM);
	assert_int_equal(socket_place_take_alias("first", "/tmp/qmp", &none), -EPERM);
	/* The other broker was asked for none yet, and is not to be. */
	assert_int_equal(pthread_create(&thread, NULL, ask_as_a_worker, answers), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(answers[0], -EPERM);
	assert_int_equal(answers[1], -EPERM);
	close(fd);
	assert_int_equal(broker_finish(&hold, false), 0);
	broker_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_one_vm_only) };
	char runtime[UNIT_PATH_SIZE], folder[UNIT_PATH_SIZE + 16];
	int failed;

	unit_directory_create(runtime);
	setenv("XDG_RUNTIME_DIR", runtime, 1);
	socket_place_register();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(folder, sizeof(folder), "%s/vitrine", runtime);
	rmdir(folder);
	unit_directory_remove(runtime);
	return failed;
}
