#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

struct worker {
	worker_fn work;
	worker_done_fn done;
	void *data;
	int result; /* written by the thread, read once it was joined */
	int finished_fd;
	sd_event_source *finished;
	pthread_t thread;
	bool joinable;
};

static void *
run(void *data)
{
	struct worker *worker = data;
	uint64_t one = 1;

	worker->result = worker->work(worker->data);
	/* Can not fail: the counter is at zero, and the fd stays open until we are joined. */
	while (write(worker->finished_fd, &one, sizeof(one)) < 0 && errno == EINTR) {
	}
	return NULL;
}

static void
join(struct worker *worker)
{
	if (worker->joinable) {
		pthread_join(worker->thread, NULL);
		worker->joinable = false;
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
	worker->work = work;
	worker->done = done;
	worker->data = data;
	worker->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = worker->finished_fd < 0 ? -errno : 0;
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
	join(worker);
	sd_event_source_disable_unref(worker->finished);
	fd_close(&worker->finished_fd);
	free(worker);
}
