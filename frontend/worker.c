#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "broker/broker.h"

/* Interrupts a system call of the thread. By default it is ignored: it can do no harm. */
#define INTERRUPTION SIGURG
/* How often: the one before may have come when the thread was not blocked yet. */
#define INTERRUPTION_MS 5

struct worker {
	sd_event *event;
	worker_fn work;
	worker_done_fn done;
	void *data;
	int result; /* written by the thread, read once it was joined */
	int finished_fd;
	sd_event_source *finished;
	pthread_t thread;
	bool joinable;
	atomic_bool gives_up;
	sd_event_source *interruption;
};

static void *
run(void *data)
{
	struct worker *worker = data;
	uint64_t one = 1;
	sigset_t interruption;

	sigemptyset(&interruption);
	sigaddset(&interruption, INTERRUPTION);
	pthread_sigmask(SIG_UNBLOCK, &interruption, NULL);
	fd_give_up_on(&worker->gives_up);
	broker_enter_worker();
	worker->result = worker->work(worker->data);
	/* Can not fail: the counter is at zero, and the fd stays open until we are joined. */
	while (write(worker->finished_fd, &one, sizeof(one)) < 0 && errno == EINTR) {
	}
	return NULL;
}

static void
handle_interruption(int signal)
{
}

static bool
is_finished(const struct worker *worker, int timeout_ms)
{
	struct pollfd finished = { .fd = worker->finished_fd, .events = POLLIN };

	return poll(&finished, 1, timeout_ms) > 0;
}

/* Without SA_RESTART. Once is enough; again does no harm. */
static int
allow_interruptions(void)
{
	const struct sigaction action = { .sa_handler = handle_interruption };

	return sigaction(INTERRUPTION, &action, NULL) < 0 ? -errno : 0;
}

/* The thread is there until it is joined. */
static void
interrupt(struct worker *worker)
{
	atomic_store(&worker->gives_up, true);
	pthread_kill(worker->thread, INTERRUPTION);
}

static int
handle_interruption_due(sd_event_source *source, uint64_t time_us, void *data)
{
	struct worker *worker = data;

	if (worker->joinable) {
		interrupt(worker);
		sd_event_source_set_time_relative(source, INTERRUPTION_MS * US_PER_MS);
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	return 0;
}

void
worker_give_up(struct worker *worker)
{
	if (worker == NULL || !worker->joinable || worker->interruption != NULL) {
		return;
	}
	interrupt(worker);
	/* Where this fails, worker_destroy() goes on with it. */
	sd_event_add_time_relative(worker->event, &worker->interruption, CLOCK_MONOTONIC,
		INTERRUPTION_MS * US_PER_MS, 0, handle_interruption_due, worker);
}

static void
join(struct worker *worker)
{
	if (worker->joinable) {
		pthread_join(worker->thread, NULL);
		worker->joinable = false;
	}
}

/* Its end, or makes it. */
static void
await(struct worker *worker)
{
	if (worker->joinable &&
		!is_finished(worker, atomic_load(&worker->gives_up) ? 0 : WORKER_GRACE_MS)) {
		do {
			interrupt(worker);
		} while (!is_finished(worker, INTERRUPTION_MS));
	}
}

static int
handle_worker_finished(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct worker *worker = data;

	join(worker);
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	worker->done(worker->data, worker->result);
	return 0;
}

static int
start_thread(struct worker *worker)
{
	sigset_t all, previous;
	int r;

	/* A thread starts with the mask of the one that makes it. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &previous);
	r = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &previous, NULL);
	worker->joinable = r == 0;
	return -r;
}

int
worker_run(sd_event *event, worker_fn work, worker_done_fn done, void *data,
	struct worker **ret_worker)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (worker == NULL) {
		return -ENOMEM;
	}
	worker->event = sd_event_ref(event);
	worker->work = work;
	worker->done = done;
	worker->data = data;
	worker->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = worker->finished_fd < 0 ? -errno : allow_interruptions();
	if (r >= 0) {
		r = sd_event_add_io(event, &worker->finished, worker->finished_fd, EPOLLIN,
			handle_worker_finished, worker);
	}
	if (r >= 0) {
		r = start_thread(worker);
	}
	if (r < 0) {
		worker_destroy(worker);
		return r;
	}
	*ret_worker = worker;
	return 0;
}

void
worker_destroy(struct worker *worker)
{
	if (worker == NULL) {
		return;
	}
	await(worker);
	join(worker);
	sd_event_source_disable_unref(worker->interruption);
	sd_event_source_disable_unref(worker->finished);
	sd_event_unref(worker->event);
	fd_close(&worker->finished_fd);
	free(worker);
}

void
worker_finish(struct worker *worker)
{
	if (worker->joinable) {
		await(worker);
		join(worker);
		sd_event_source_set_enabled(worker->finished, SD_EVENT_OFF);
		worker->done(worker->data, worker->result);
	}
}
