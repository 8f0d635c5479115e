#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "worker.h"

struct job {
	pthread_t main_thread;
	struct worker *worker;
	int gate[2]; /* the work waits until something can be read */
	int result;
	bool worked, done;
	bool destroy_in_done;
};

static int
work(void *data)
{
	struct job *job = data;
	char byte;

	if (pthread_equal(pthread_self(), job->main_thread)) {
		return -EDEADLK;
	}
	if (read(job->gate[0], &byte, 1) < 0) {
		return -errno;
	}
	job->worked = true;
	return job->result;
}

static void
handle_done(void *data, int result)
{
	struct job *job = data;

	assert_true(pthread_equal(pthread_self(), job->main_thread));
	assert_true(job->worked);
	assert_false(job->done);
	assert_int_equal(result, job->result);
	job->done = true;
	if (job->destroy_in_done) {
		worker_destroy(job->worker);
		job->worker = NULL;
	}
}

struct fixture {
	sd_event *event;
	struct job job;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_true(sd_event_new(&fixture->event) >= 0);
	assert_int_equal(pipe2(fixture->job.gate, O_CLOEXEC), 0);
	fixture->job.main_thread = pthread_self();
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	worker_destroy(fixture->job.worker);
	close(fixture->job.gate[0]);
	close(fixture->job.gate[1]);
	sd_event_unref(fixture->event);
	free(fixture);
	return 0;
}

static void
start(struct fixture *fixture)
{
	assert_int_equal(
		worker_run(fixture->event, work, handle_done, &fixture->job, &fixture->job.worker),
		0);
}

static void
open_gate(struct fixture *fixture)
{
	assert_int_equal(write(fixture->job.gate[1], "", 1), 1);
}

static void
run_until_done(struct fixture *fixture)
{
	while (!fixture->job.done) {
		assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
	}
}

static void
test_done_comes_from_the_loop(void **state)
{
	struct fixture *fixture = *state;

	fixture->job.result = -EIO;
	start(fixture);
	/* The loop goes on while the work does not. */
	assert_int_equal(sd_event_run(fixture->event, 0), 0);
	assert_false(fixture->job.done);
	open_gate(fixture);
	run_until_done(fixture);
	/* Once only. */
	assert_int_equal(sd_event_run(fixture->event, 0), 0);
}

static void
test_destroy_in_done(void **state)
{
	struct fixture *fixture = *state;

	fixture->job.destroy_in_done = true;
	start(fixture);
	open_gate(fixture);
	run_until_done(fixture);
	assert_null(fixture->job.worker);
}

static void
test_destroy_waits_and_says_nothing(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	open_gate(fixture);
	worker_destroy(fixture->job.worker);
	fixture->job.worker = NULL;
	assert_true(fixture->job.worked);
	assert_int_equal(sd_event_run(fixture->event, 0), 0);
	assert_false(fixture->job.done);
	worker_destroy(NULL);
}

static int
write_to_closed_pipe(void *data)
{
	struct job *job = data;
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		return -errno;
	}
	close(pipe_fds[0]);
	job->worked = true;
	job->result = write(pipe_fds[1], "", 1) < 0 ? -errno : 0;
	close(pipe_fds[1]);
	return job->result;
}

/* Nobody has to ignore SIGPIPE for a worker's sake. */
static void
test_closed_pipe_does_not_kill(void **state)
{
	struct fixture *fixture = *state;
	void (*before)(int) = signal(SIGPIPE, SIG_DFL);

	assert_int_equal(worker_run(fixture->event, write_to_closed_pipe, handle_done,
				 &fixture->job, &fixture->job.worker),
		0);
	run_until_done(fixture);
	signal(SIGPIPE, before);
	assert_int_equal(fixture->job.result, -EPIPE);
}

static void
test_signals_reach_the_loop(void **state)
{
	struct fixture *fixture = *state;
	sigset_t before, after;

	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
	start(fixture);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	assert_int_equal(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
	open_gate(fixture);
	run_until_done(fixture);
}

/* More than the gate holds, which nobody reads. */
static int
fill_gate(void *data)
{
	static const char much[1 << 20];
	struct job *job = data;

	job->worked = true;
	return fd_write_all(job->gate[1], much, sizeof(much));
}

static void
start_filling(struct fixture *fixture)
{
	fixture->job.result = -ECANCELED;
	assert_int_equal(worker_run(fixture->event, fill_gate, handle_done, &fixture->job,
				 &fixture->job.worker),
		0);
}

static void
test_gives_up(void **state)
{
	struct fixture *fixture = *state;

	start_filling(fixture);
	worker_give_up(fixture->job.worker);
	worker_give_up(fixture->job.worker);
	run_until_done(fixture);
	worker_give_up(fixture->job.worker);
	/* What would come from the next interruption. */
	assert_true(sd_event_run(fixture->event, 20000) >= 0);
}

static void
test_blocked_work_gives_up_in_the_end(void **state)
{
	struct fixture *fixture = *state;

	start_filling(fixture);
	worker_destroy(fixture->job.worker);
	fixture->job.worker = NULL;
	assert_false(fixture->job.done);
}

static void
test_finish(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	open_gate(fixture);
	worker_finish(fixture->job.worker);
	assert_true(fixture->job.done);
	worker_finish(fixture->job.worker);
	assert_true(sd_event_run(fixture->event, 0) >= 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_done_comes_from_the_loop),
		TEST(test_destroy_in_done),
		TEST(test_destroy_waits_and_says_nothing),
		TEST(test_closed_pipe_does_not_kill),
		TEST(test_signals_reach_the_loop),
		TEST(test_gives_up),
		TEST(test_blocked_work_gives_up_in_the_end),
		TEST(test_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
