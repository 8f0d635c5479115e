#pragma once

#include <systemd/sd-event.h>

/*
 * Slow work (reading, encoding, writing files) off the event loop: one thread per job. The
 * thread has all signals blocked, so that they reach the loop, and so that a closed pipe is an
 * error of write() there and nothing else.
 */

struct worker;

/* Runs in the thread. The result is 0 or negative errno. */
typedef int (*worker_fn)(void *data);
/* Runs in the event loop, once, after the work. May destroy the worker. */
typedef void (*worker_done_fn)(void *data, int result);

/* Starts at once. data must live until done was called or worker_destroy() returned. */
int worker_run(sd_event *event, worker_fn work, worker_done_fn done, void *data,
	struct worker **ret_worker);

/*
 * Waits for work that still runs, and frees; done is not called any more. Needed after done as
 * well. NULL is fine. Work that is blocked for longer than WORKER_GRACE_MS, by a pipe that nobody
 * reads for one, gives up as with worker_give_up.
 */
void worker_destroy(struct worker *worker);

#define WORKER_GRACE_MS 1000

/*
 * Waits as worker_destroy() does, and has done called, which may destroy the worker. Where done was
 * called before it does nothing.
 */
void worker_finish(struct worker *worker);

/*
 * Nobody waits for it any more: what may block for ever (fd_write_all to a pipe, a program that is
 * run) ends with -ECANCELED, soon. done follows unless the worker is destroyed. NULL is fine.
 */
void worker_give_up(struct worker *worker);
