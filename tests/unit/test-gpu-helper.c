#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "import/gpu-helper.h"
#include "import/gpu-process.h"

/*
 * How long a helper that fails is left alone. Its process and time are played here: these are the
 * functions of gpu-process.h, of clock.h, and the one of sd-event that sets the helper's timer.
 */

#define START_NS UINT64_C(1000000000000)

struct gpu_process {
	int socket;
	gpu_process_ended_fn ended;
	void *data;
};

static struct fake {
	uint64_t now_ns;
	sd_event_source *timer;
	uint64_t timer_us; /* what it was set to last */
	struct gpu_process process;
	bool has_process;
} fake;

uint64_t
clock_now_ns(void)
{
	return fake.now_ns;
}

/* Time goes by only where this test says so. */
int
sd_event_source_set_time_relative(sd_event_source *source, uint64_t usec)
{
	fake.timer = source;
	fake.timer_us = usec;
	return sd_event_source_set_time(source, UINT64_MAX - 1);
}

int
gpu_process_start(sd_event *event, int socket, dev_t device, gpu_process_ended_fn ended, void *data,
	struct gpu_process **ret_process)
{
	assert_false(fake.has_process);
	fake.has_process = true;
	fake.process = (struct gpu_process){ fd_dup(socket), ended, data };
	*ret_process = &fake.process;
	return 0;
}

void
gpu_process_abandon(struct gpu_process *process)
{
	if (process != NULL) {
		fake.has_process = false;
		fd_close(&fake.process.socket);
	}
}

static void
handle_available(void *data)
{
}

static const struct gpu_helper_options options = { .available = handle_available };

/* What its failure makes of the time that it is left alone, in ms. */
static uint64_t
let_fail(void)
{
	struct broker_end end = { .code = CLD_KILLED, .status = SIGSEGV };

	assert_true(fake.has_process);
	fake.has_process = false;
	fd_close(&fake.process.socket);
	fake.process.ended(fake.process.data, &end);
	return fake.timer_us / US_PER_MS;
}

/* Until the helper's timer is due. */
static void
pass_rest(sd_event *event)
{
	fake.now_ns += fake.timer_us * NS_PER_US;
	assert_return_code(sd_event_source_set_time(fake.timer, 0), 0);
	assert_true(sd_event_run(event, 0) > 0);
}

struct fixture {
	sd_event *event;
	struct gpu_helper *helper;
};

static int
set_up(void **state)
{
	static struct fixture fixture;
	const char *reason;
	struct gpu_user user = { 0 };

	fake = (struct fake){ .now_ns = START_NS };
	assert_return_code(sd_event_new(&fixture.event), 0);
	assert_return_code(gpu_helper_create(fixture.event, &options, &fixture.helper), 0);
	/* Somebody wants it: from then on it comes back by itself. */
	assert_return_code(gpu_helper_join(fixture.helper, &user, 0, false, &reason), 0);
	gpu_helper_leave(&user);
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	gpu_helper_destroy(fixture->helper);
	sd_event_unref(fixture->event);
	return 0;
}

static void
test_one_that_always_fails_is_left_alone_for_a_minute(void **state)
{
	static const uint64_t rests_ms[] = { 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000,
		60000, 60000, 60000 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rests_ms) / sizeof(rests_ms[0]); i++) {
		/* It takes as long as it may until it is given up. */
		fake.now_ns += 10 * NS_PER_S;
		assert_int_equal(let_fail(), rests_ms[i]);
		assert_int_equal(gpu_helper_is_coming_back(fixture->helper), i < 2);
		pass_rest(fixture->event);
	}
}

static void
test_one_that_did_well_for_a_minute_is_forgiven(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 9; i++) {
		let_fail();
		pass_rest(fixture->event);
	}
	fake.now_ns += 61 * NS_PER_S;
	assert_int_equal(let_fail(), 500);
	assert_true(gpu_helper_is_coming_back(fixture->helper));
}

/* As many as its process has room for; one that leaves makes room. */
static void
test_it_takes_no_more_than_it_has_room_for(void **state)
{
	static struct gpu_user users[GPU_MAX_IMPORTS + 1];
	struct fixture *fixture = *state;
	const char *reason = NULL;

	for (int i = 0; i < GPU_MAX_IMPORTS; i++) {
		assert_return_code(
			gpu_helper_join(fixture->helper, &users[i], 0, false, &reason), 0);
	}
	assert_true(
		gpu_helper_join(fixture->helper, &users[GPU_MAX_IMPORTS], 0, false, &reason) < 0);
	assert_string_equal(reason, "the GPU helper has too many buffers already");
	gpu_helper_leave(&users[0]);
	assert_return_code(
		gpu_helper_join(fixture->helper, &users[GPU_MAX_IMPORTS], 0, false, &reason), 0);
	for (int i = 1; i <= GPU_MAX_IMPORTS; i++) {
		gpu_helper_leave(&users[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_one_that_always_fails_is_left_alone_for_a_minute, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_that_did_well_for_a_minute_is_forgiven, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_it_takes_no_more_than_it_has_room_for, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
