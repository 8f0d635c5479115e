#include "scanout-reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "worker.h"

struct scanout_reader {
	sd_event *event;
	scanout_reader_done_fn done;
	void *data;
	struct scanout_fetch *fetch;
	struct worker *worker;
	uint32_t n_scanouts;
	struct image *images[GUEST_MAX_HEADS];
	const char *reason;
	uint32_t failed; /* index of a scanout */
};

static const char *
reason_of(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return IMAGE_DRAWING_TIMEOUT_REASON;
	case -EIO:
		return "the VM has cut its memory short";
	default:
		return strerror(-error);
	}
}

/* In the worker. */
static int
read_all(void *data)
{
	struct scanout_reader *reader = data;
	int r = 0;

	for (uint32_t i = 0; i < reader->n_scanouts && r >= 0; i++) {
		r = image_read_scanout(scanout_fetch_scanout(reader->fetch, i), &reader->images[i]);
		reader->failed = i;
	}
	return r;
}

static void
finish(struct scanout_reader *reader, int error)
{
	for (uint32_t i = 0; i < reader->n_scanouts && error < 0; i++) {
		image_destroy(reader->images[i]);
		reader->images[i] = NULL;
	}
	reader->done(reader->data, error);
}

static void
handle_read(void *data, int error)
{
	struct scanout_reader *reader = data;

	worker_destroy(reader->worker);
	reader->worker = NULL;
	/* What the GPU has drawn into can be drawn into again. */
	scanout_fetch_destroy(reader->fetch);
	reader->fetch = NULL;
	if (error < 0) {
		reader->reason = reason_of(error);
	}
	finish(reader, error);
}

static void
handle_fetched(void *data, int error)
{
	struct scanout_reader *reader = data;

	if (error < 0) {
		reader->reason = scanout_fetch_reason(reader->fetch, &reader->failed);
	} else {
		error = worker_run(reader->event, read_all, handle_read, reader, &reader->worker);
		if (error >= 0) {
			return;
		}
		reader->reason = "cannot start a thread";
	}
	finish(reader, error);
}

int
scanout_reader_create(sd_event *event, const struct fetch_means *means,
	const struct scanout *scanouts, uint32_t n_scanouts, scanout_reader_done_fn done,
	void *data, struct scanout_reader **ret_reader)
{
	struct scanout_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (reader == NULL) {
		return -ENOMEM;
	}
	reader->event = sd_event_ref(event);
	reader->done = done;
	reader->data = data;
	reader->n_scanouts = n_scanouts;
	r = scanout_fetch_create(
		event, means, scanouts, n_scanouts, handle_fetched, reader, &reader->fetch);
	if (r < 0) {
		scanout_reader_destroy(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

void
scanout_reader_destroy(struct scanout_reader *reader)
{
	if (reader == NULL) {
		return;
	}
	worker_destroy(reader->worker);
	scanout_fetch_destroy(reader->fetch);
	for (uint32_t i = 0; i < reader->n_scanouts; i++) {
		image_destroy(reader->images[i]);
	}
	sd_event_unref(reader->event);
	free(reader);
}

struct image *
scanout_reader_take_image(struct scanout_reader *reader, uint32_t i)
{
	struct image *image = reader->images[i];

	assert(i < reader->n_scanouts && image != NULL);
	reader->images[i] = NULL;
	return image;
}

const char *
scanout_reader_reason(const struct scanout_reader *reader, uint32_t *ret_i)
{
	*ret_i = reader->failed;
	return reader->reason;
}
