#include "scanout-fetch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "buffer-fence.h"
#include "fence.h"
#include "format.h"
#include "guest.h"
#include "headless/image.h"
#include "importer.h"

#define REASON_SIZE 192

struct fetch_item {
	struct scanout_fetch *fetch;
	struct scanout scanout; /* the guest's, then what the CPU reads */
	struct fence fence;     /* the guest's GPU is still drawing */
	struct gpu_read *read;
};

struct scanout_fetch {
	struct fetch_means means;
	scanout_fetch_done_fn done;
	void *data;
	sd_event_source *finisher; /* calls done, from outside of everything */
	sd_event_source *deadline; /* of the fences */
	uint32_t n_items, n_due;
	struct fetch_item items[GUEST_MAX_HEADS];

	int error;
	uint32_t failed; /* index of an item */
	char reason[REASON_SIZE];
};

enum fetch_way
fetch_way_from_path(const char *path)
{
	if (path != NULL && strcmp(path, importer_gles.name) == 0) {
		return FETCH_BY_GPU;
	}
	if (path != NULL && strcmp(path, importer_copy.name) == 0) {
		return FETCH_MAPPED;
	}
	return FETCH_ANY;
}

/* The source exists; only a dead event loop can refuse. */
static void
finish(struct scanout_fetch *fetch)
{
	sd_event_source_set_enabled(fetch->finisher, SD_EVENT_ONESHOT);
}

/* The first failure is told. */
static void
fail(struct fetch_item *item, int error, const char *reason)
{
	struct scanout_fetch *fetch = item->fetch;

	if (fetch->error < 0) {
		return;
	}
	fetch->error = error;
	fetch->failed = (uint32_t)(item - fetch->items);
	snprintf(fetch->reason, sizeof(fetch->reason), "%s", reason);
	finish(fetch);
}

static void
item_is_there(struct fetch_item *item)
{
	if (--item->fetch->n_due == 0) {
		finish(item->fetch);
	}
}

/* Why the GPU is asked is half of the answer. */
static void
fail_on_gpu(struct fetch_item *item, int error, const char *reason)
{
	const struct buffer_layout *layout = &item->scanout.buffer->layout;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE], text[REASON_SIZE];

	if (error != -ENOTSUP || item->fetch->means.way == FETCH_BY_GPU) {
		fail(item, error, reason);
		return;
	}
	snprintf(text, sizeof(text), "the CPU cannot read its layout (%s, modifier 0x%llx), and %s",
		format_fourcc_text(layout->fourcc, fourcc), (unsigned long long)layout->modifier,
		reason);
	fail(item, error, text);
}

static void
handle_gpu_done(void *data, int error, const char *reason)
{
	struct fetch_item *item = data;

	if (error < 0) {
		fail_on_gpu(item, error, reason);
		return;
	}
	buffer_unref(item->scanout.buffer);
	item->scanout.buffer = buffer_ref(gpu_read_memory(item->read));
	item_is_there(item);
}

static void
start_gpu(struct fetch_item *item)
{
	const struct scanout *scanout = &item->scanout;
	const char *reason;
	int r = gpu_read_start(item->fetch->means.gpu, scanout->buffer, &scanout->source,
		item->fetch->means.device, handle_gpu_done, item, &item->read, &reason);

	if (r < 0) {
		fail_on_gpu(item, r, reason);
	}
}

static void
handle_fence_signalled(void *data)
{
	start_gpu(data);
}

static int
handle_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	struct scanout_fetch *fetch = data;

	for (uint32_t i = 0; i < fetch->n_items; i++) {
		if (fence_is_waiting(&fetch->items[i].fence)) {
			fail(&fetch->items[i], -ETIMEDOUT, IMAGE_DRAWING_TIMEOUT_REASON);
		}
	}
	return 0;
}

/* A GPU would wait by itself, and the helper seem to hang. */
static int
wait_for_fence(struct fetch_item *item)
{
	struct scanout_fetch *fetch = item->fetch;
	sd_event *event = sd_event_source_get_event(fetch->finisher);
	int r = fence_wait(&item->fence, item->scanout.buffer);

	if (r >= 0 && fetch->deadline == NULL) {
		r = sd_event_add_time_relative(event, &fetch->deadline, CLOCK_MONOTONIC,
			IMAGE_DRAWING_TIMEOUT_MS * US_PER_MS, 0, handle_deadline, fetch);
	}
	return r;
}

static int
fetch_by_gpu(struct fetch_item *item)
{
	if (item->scanout.buffer->layout.kind != BUFFER_DMABUF) {
		fail(item, -ENOTSUP, "the VM gives plain memory, not a dma-buf");
	} else if (item->fetch->means.gpu == NULL) {
		fail_on_gpu(item, -ENOTSUP, "there is no GPU helper");
	} else if (buffer_is_busy(item->scanout.buffer)) {
		return wait_for_fence(item);
	} else {
		start_gpu(item);
	}
	return 0;
}

/* The loop may read the same buffer meanwhile: memory is read without a trace, a map is not. */
static int
take_for_cpu(struct fetch_item *item)
{
	struct buffer *buffer = item->scanout.buffer, *copy;
	int r;

	if (!buffer_is_linear(buffer) ||
		format_from_fourcc(format_opaque(buffer->layout.fourcc)) == NULL) {
		return -ENOTSUP;
	}
	if (buffer->infos[0].kind == FD_KIND_MEMORY) {
		return 0;
	}
	r = buffer_create_copy(buffer, &copy);
	if (r < 0) {
		return r;
	}
	if (buffer_map(copy) < 0) {
		buffer_unref(copy);
		return -ENOTSUP;
	}
	buffer_unref(buffer);
	item->scanout.buffer = copy;
	return 0;
}

static int
start_item(struct fetch_item *item)
{
	enum fetch_way way = item->fetch->means.way;
	int r = way == FETCH_BY_GPU ? -ENOTSUP : take_for_cpu(item);

	if (r == -ENOTSUP && way == FETCH_MAPPED) {
		fail_on_gpu(item, r, "--path copy rules the GPU out");
		return 0;
	}
	if (r == -ENOTSUP) {
		return fetch_by_gpu(item);
	}
	if (r >= 0) {
		item_is_there(item);
	}
	return r;
}

static int
handle_finished(sd_event_source *source, void *data)
{
	struct scanout_fetch *fetch = data;

	for (uint32_t i = 0; i < fetch->n_items && fetch->error < 0; i++) {
		fence_cancel(&fetch->items[i].fence);
		gpu_read_finish(fetch->items[i].read);
		fetch->items[i].read = NULL;
	}
	fetch->deadline = sd_event_source_disable_unref(fetch->deadline);
	fetch->done(fetch->data, fetch->error);
	return 0;
}

int
scanout_fetch_create(sd_event *event, const struct fetch_means *means,
	const struct scanout *scanouts, uint32_t n_scanouts, scanout_fetch_done_fn done, void *data,
	struct scanout_fetch **ret_fetch)
{
	struct scanout_fetch *fetch = calloc(1, sizeof(*fetch));
	int r;

	assert(n_scanouts <= GUEST_MAX_HEADS);
	if (fetch == NULL) {
		return -ENOMEM;
	}
	fetch->means = *means;
	fetch->done = done;
	fetch->data = data;
	fetch->n_items = fetch->n_due = n_scanouts;
	for (uint32_t i = 0; i < n_scanouts; i++) {
		struct fetch_item *item = &fetch->items[i];

		item->fetch = fetch;
		item->scanout = scanouts[i];
		buffer_ref(item->scanout.buffer);
		fence_init(&item->fence, event, handle_fence_signalled, item);
	}
	r = sd_event_add_defer(event, &fetch->finisher, handle_finished, fetch);
	if (r >= 0 && n_scanouts > 0) {
		r = sd_event_source_set_enabled(fetch->finisher, SD_EVENT_OFF);
	}
	for (uint32_t i = 0; i < n_scanouts && r >= 0; i++) {
		r = start_item(&fetch->items[i]);
	}
	if (r < 0) {
		scanout_fetch_destroy(fetch);
		return r;
	}
	*ret_fetch = fetch;
	return 0;
}

void
scanout_fetch_destroy(struct scanout_fetch *fetch)
{
	if (fetch == NULL) {
		return;
	}
	for (uint32_t i = 0; i < fetch->n_items; i++) {
		fence_finish(&fetch->items[i].fence);
		buffer_unref(fetch->items[i].scanout.buffer);
		gpu_read_finish(fetch->items[i].read);
	}
	sd_event_source_disable_unref(fetch->deadline);
	sd_event_source_disable_unref(fetch->finisher);
	free(fetch);
}

const struct scanout *
scanout_fetch_scanout(const struct scanout_fetch *fetch, uint32_t i)
{
	assert(i < fetch->n_items);
	return &fetch->items[i].scanout;
}

void
scanout_fetch_give_away(struct scanout_fetch *fetch)
{
	for (uint32_t i = 0; i < fetch->n_items; i++) {
		if (fetch->items[i].read != NULL) {
			gpu_read_give_away(fetch->items[i].read);
		}
	}
}

const char *
scanout_fetch_reason(const struct scanout_fetch *fetch, uint32_t *ret_i)
{
	*ret_i = fetch->failed;
	return fetch->reason;
}
