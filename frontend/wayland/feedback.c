#include "feedback.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "display-private.h"
#include "linux-dmabuf-v1-client.h"

static void
state_clear(struct feedback_state *state)
{
	state->main_device = 0;
	format_set_clear(&state->allowed);
	for (uint32_t i = 0; i < state->n_scanout; i++) {
		format_set_clear(&state->scanout[i].formats);
	}
	state->n_scanout = 0;
}

static void
state_finish(struct feedback_state *state)
{
	format_set_finish(&state->allowed);
	for (uint32_t i = 0; i < FEEDBACK_MAX_SCANOUT_TRANCHES; i++) {
		format_set_finish(&state->scanout[i].formats);
	}
}

const struct feedback_tranche *
feedback_find_scanout(const struct feedback_state *state, uint32_t fourcc, uint64_t modifier)
{
	for (uint32_t i = 0; i < state->n_scanout; i++) {
		if (format_set_contains(&state->scanout[i].formats, fourcc, modifier)) {
			return &state->scanout[i];
		}
	}
	return NULL;
}

static void
handle_feedback_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy)
{
	struct feedback *feedback = data;
	struct feedback_state before = feedback->state;
	bool changed = feedback->coming.main_device != before.main_device ||
		       !format_set_equal(&feedback->coming.allowed, &before.allowed);

	feedback->state = feedback->coming;
	feedback->coming = before;
	state_clear(&feedback->coming);
	if (feedback->changed != NULL) {
		feedback->changed(feedback->data, changed);
	}
}

static void
handle_feedback_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, int32_t table_fd, uint32_t size)
{
	struct feedback *feedback = data;
	AUTO_FD int fd = table_fd;
	struct feedback_entry *table;
	int r;

	free(feedback->table);
	feedback->table = NULL;
	feedback->n_entries = 0;
	if (size == 0 || size % sizeof(*table) != 0 ||
		size / sizeof(*table) > FEEDBACK_MAX_TABLE_ENTRIES) {
		log_limited_here(LOG_LEVEL_WARNING,
			"the compositor's table of dma-buf formats has a bad size (%u bytes): "
			"passing no dma-bufs on",
			size);
		return;
	}
	table = malloc(size);
	r = table == NULL ? -ENOMEM : fd_read_start(fd, table, size);
	if (r < 0) {
		log_limited_here(LOG_LEVEL_WARNING,
			"cannot read the compositor's table of dma-buf formats (%s): passing no "
			"dma-bufs on",
			strerror(-r));
		free(table);
		return;
	}
	feedback->table = table;
	feedback->n_entries = size / sizeof(*table);
}

static dev_t
device_from_array(const struct wl_array *array)
{
	dev_t device = 0;

	if (array->size == sizeof(device)) {
		memcpy(&device, array->data, sizeof(device));
	}
	return device;
}

static void
handle_feedback_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device)
{
	struct feedback *feedback = data;

	feedback->coming.main_device = device_from_array(device);
}

static void
handle_feedback_tranche_target_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device)
{
	struct feedback *feedback = data;

	feedback->tranche_device = device_from_array(device);
}

/* The flags may come after the formats: kept until the tranche is complete. */
static void
handle_feedback_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *indices)
{
	struct feedback *feedback = data;

	if (wl_array_copy(&feedback->tranche_indices, indices) < 0) {
		log_limited_here(LOG_LEVEL_WARNING,
			"out of memory for the compositor's dma-buf formats: leaving some out");
	}
}

static void
handle_feedback_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, uint32_t flags)
{
	struct feedback *feedback = data;

	feedback->tranche_scans_out =
		(flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT) != 0;
}

static void
add_pair(struct format_set *set, const struct feedback_entry *entry)
{
	if (format_set_add(set, entry->fourcc, entry->modifier) < 0) {
		log_debug("dma-buf format %#x with modifier %#llx left out", entry->fourcc,
			(unsigned long long)entry->modifier);
	}
}

static void
handle_feedback_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy)
{
	struct feedback *feedback = data;
	struct feedback_state *coming = &feedback->coming;
	struct feedback_tranche *scanout = NULL;
	const uint16_t *indices = feedback->tranche_indices.data;
	/* Half an index behind the last one is none. */
	size_t n_indices = feedback->tranche_indices.size / sizeof(*indices);

	if (feedback->tranche_scans_out && coming->n_scanout < FEEDBACK_MAX_SCANOUT_TRANCHES) {
		scanout = &coming->scanout[coming->n_scanout++];
		scanout->device = feedback->tranche_device;
	}
	for (size_t i = 0; i < n_indices; i++) {
		if (indices[i] >= feedback->n_entries) {
			continue;
		}
		add_pair(&coming->allowed, &feedback->table[indices[i]]);
		if (scanout != NULL) {
			add_pair(&scanout->formats, &feedback->table[indices[i]]);
		}
	}
	feedback->tranche_indices.size = 0;
	feedback->tranche_device = 0;
	feedback->tranche_scans_out = false;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = handle_feedback_done,
	.format_table = handle_feedback_format_table,
	.main_device = handle_feedback_main_device,
	.tranche_done = handle_feedback_tranche_done,
	.tranche_target_device = handle_feedback_tranche_target_device,
	.tranche_formats = handle_feedback_tranche_formats,
	.tranche_flags = handle_feedback_tranche_flags,
};

void
feedback_init(struct feedback *feedback, struct display *display, struct wl_surface *surface)
{
	struct zwp_linux_dmabuf_v1 *dmabuf = display->globals.dmabuf;

	if (dmabuf == NULL || zwp_linux_dmabuf_v1_get_version(dmabuf) <
				      ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
		return;
	}
	if (surface == NULL) {
		feedback->proxy = zwp_linux_dmabuf_v1_get_default_feedback(dmabuf);
	} else {
		feedback->proxy = zwp_linux_dmabuf_v1_get_surface_feedback(dmabuf, surface);
		feedback->state.main_device = display->feedback.state.main_device;
		if (format_set_copy(&feedback->state.allowed, &display->feedback.state.allowed) <
			0) {
			log_debug("dma-bufs wait for the surface's own formats");
		}
	}
	if (feedback->proxy != NULL) {
		zwp_linux_dmabuf_feedback_v1_add_listener(
			feedback->proxy, &feedback_listener, feedback);
	}
}

void
feedback_finish(struct feedback *feedback)
{
	if (feedback->proxy != NULL) {
		zwp_linux_dmabuf_feedback_v1_destroy(feedback->proxy);
	}
	free(feedback->table);
	wl_array_release(&feedback->tranche_indices);
	state_finish(&feedback->coming);
	state_finish(&feedback->state);
	*feedback = (struct feedback){ 0 };
}

/* Of old servers: the format with whatever layout the driver picks. */
static void
handle_dmabuf_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc)
{
	struct display *display = data;

	add_pair(&display->feedback.state.allowed,
		&(struct feedback_entry){ .fourcc = fourcc, .modifier = DRM_FORMAT_MOD_INVALID });
}

static void
handle_dmabuf_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc,
	uint32_t modifier_high, uint32_t modifier_low)
{
	struct display *display = data;

	add_pair(&display->feedback.state.allowed,
		&(struct feedback_entry){ .fourcc = fourcc,
			.modifier = (uint64_t)modifier_high << 32 | modifier_low });
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = handle_dmabuf_format,
	.modifier = handle_dmabuf_modifier,
};

void
feedback_listen(struct display *display)
{
	zwp_linux_dmabuf_v1_add_listener(display->globals.dmabuf, &dmabuf_listener, display);
	feedback_init(&display->feedback, display, NULL);
}
