#include "stats-file.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "broker/broker.h"
#include "worker.h"

/* How long the thread waits for room before it looks whether it is still wanted. */
#define STATS_FILE_WAIT_MS 100

struct stats_file {
	sd_event *event;
	char *name;
	int fd;
	bool failed; /* nothing is written any more; set by the thread only when it is waited for */
	uint64_t n_dropped;
	atomic_bool closing;

	struct worker *worker; /* NULL: nothing is being written */
	char pending[STATS_FILE_MAX_PENDING], writing[STATS_FILE_MAX_PENDING];
	size_t n_pending, n_writing;
};

/*
 * In the thread. A pipe that has room at all takes PIPE_BUF bytes, so no write waits; files on disk
 * always have room.
 */
static int
write_lines(void *data)
{
	struct stats_file *file = data;
	size_t done = 0;

	while (done < file->n_writing) {
		struct pollfd wait = { .fd = file->fd, .events = POLLOUT };
		size_t left = file->n_writing - done;
		ssize_t n;

		if (poll(&wait, 1, STATS_FILE_WAIT_MS) == 0) {
			if (atomic_load(&file->closing)) {
				file->failed = true;
				return 0;
			}
			continue;
		}
		n = write(file->fd, file->writing + done, left < PIPE_BUF ? left : PIPE_BUF);
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			return -errno;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void start_writing(struct stats_file *file);

static void
fail(struct stats_file *file, int error)
{
	if (!file->failed) {
		file->failed = true;
		log_error("cannot write statistics to %s: %s; no more of them are written",
			file->name, strerror(-error));
	}
}

static void
handle_written(void *data, int result)
{
	struct stats_file *file = data;

	worker_destroy(file->worker);
	file->worker = NULL;
	if (result < 0) {
		fail(file, result);
	}
	start_writing(file);
}

static void
take_pending(struct stats_file *file)
{
	memcpy(file->writing, file->pending, file->n_pending);
	file->n_writing = file->n_pending;
	file->n_pending = 0;
}

static void
start_writing(struct stats_file *file)
{
	int r;

	/* Without a loop the rest waits to be written by stats_file_close(). */
	if (file->worker != NULL || file->n_pending == 0 || file->failed ||
		sd_event_get_state(file->event) == SD_EVENT_FINISHED) {
		return;
	}
	take_pending(file);
	r = worker_run(file->event, write_lines, handle_written, file, &file->worker);
	if (r < 0) {
		fail(file, r);
	}
}

static int
open_target(const char *name)
{
	AUTO_FD int fd = -1;
	int r;

	if (strcmp(name, "-") == 0) {
		return fd_dup(STDOUT_FILENO);
	}
	fd = broker_create(name);
	if (fd < 0) {
		return fd;
	}
	/* So that a pipe that nobody reads does not hold us. */
	r = fd_set_nonblocking(fd);
	return r < 0 ? r : fd_take(&fd);
}

int
stats_file_open(sd_event *event, const char *name, struct stats_file **ret_file)
{
	struct stats_file *file = calloc(1, sizeof(*file));
	int r = -ENOMEM;

	if (file != NULL) {
		file->event = sd_event_ref(event);
		file->name = strdup(name);
		file->fd = r = open_target(name);
	}
	if (r >= 0 && file->name == NULL) {
		r = -ENOMEM;
	}
	if (r < 0) {
		log_error("cannot open %s: %s; no statistics are written", name, strerror(-r));
		stats_file_close(file);
		return r;
	}
	*ret_file = file;
	return 0;
}

void
stats_file_add(struct stats_file *file, json_object *line)
{
	const char *text = NULL;
	size_t size;

	if (line != NULL && !file->failed) {
		json_object_object_add(
			line, "dropped", json_object_new_int64((int64_t)file->n_dropped));
		text = json_object_to_json_string_ext(
			line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	}
	size = text != NULL ? strlen(text) + 1 : 0;
	if (size == 0 || size > STATS_FILE_MAX_PENDING - file->n_pending) {
		file->n_dropped++;
	} else {
		memcpy(file->pending + file->n_pending, text, size - 1);
		file->n_pending += size;
		file->pending[file->n_pending - 1] = '\n';
		start_writing(file);
	}
	json_object_put(line);
}

void
stats_file_close(struct stats_file *file)
{
	int r;

	if (file == NULL) {
		return;
	}
	/* From here on nobody waits for a reader. */
	atomic_store(&file->closing, true);
	worker_destroy(file->worker);
	take_pending(file);
	r = file->failed ? 0 : write_lines(file);
	if (r < 0) {
		fail(file, r);
	}
	fd_close(&file->fd);
	sd_event_unref(file->event);
	free(file->name);
	free(file);
}
