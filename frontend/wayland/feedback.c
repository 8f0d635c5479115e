#include "feedback.h"

#include <drm_fourcc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/log.h"
#include "display-private.h"
#include "linux-dmabuf-v1-client.h"

static void
handle_feedback_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy)
{
	struct feedback *feedback = data;
	struct format_set before = feedback->allowed;
	bool changed = !format_set_equal(&feedback->coming, &before);

	feedback->allowed = feedback->coming;
	feedback->coming = before;
	format_set_clear(&feedback->coming);
	if (changed && feedback->changed != NULL) {
		feedback->changed(feedback->data);
	}
}

static void
handle_feedback_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, int32_t table_fd, uint32_t size)
{
	struct feedback *feedback = data;
	AUTO_FD int fd = table_fd;
	struct feedback_entry *table;
	void *map;

	free(feedback->table);
	feedback->table = NULL;
	feedback->n_entries = 0;
	if (size == 0 || size % sizeof(*table) != 0 ||
		size / sizeof(*table) > FEEDBACK_MAX_TABLE_ENTRIES) {
		log_warning("the compositor's table of dma-buf formats has a bad size (%u bytes): "
			    "passing no dma-bufs on",
			size);
		return;
	}
	/* Private: the compositor's own copy may be one that it can not share for writing. */
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	table = map == MAP_FAILED ? NULL : malloc(size);
	if (table == NULL) {
		log_warning("can not read the compositor's table of dma-buf formats: passing no "
			    "dma-bufs on");
	} else {
		memcpy(table, map, size);
		feedback->table = table;
		feedback->n_entries = size / sizeof(*table);
	}
	if (map != MAP_FAILED) {
		munmap(map, size);
	}
}

static void
handle_feedback_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device)
{
}

static void
handle_feedback_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy)
{
}

static void
handle_feedback_tranche_target_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device)
{
}

static void
handle_feedback_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *indices)
{
	struct feedback *feedback = data;
	const uint16_t *index;

	wl_array_for_each(index, indices)
	{
		if (*index >= feedback->n_entries) {
			continue;
		}
		const struct feedback_entry *entry = &feedback->table[*index];
		if (format_set_add(&feedback->coming, entry->fourcc, entry->modifier) < 0) {
			log_warning("out of memory for the compositor's dma-buf formats: "
				    "taking the first %zu",
				feedback->coming.n_pairs);
			return;
		}
	}
}

static void
handle_feedback_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, uint32_t flags)
{
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
		if (format_set_copy(&feedback->allowed, &display->feedback.allowed) < 0) {
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
	format_set_finish(&feedback->coming);
	format_set_finish(&feedback->allowed);
	*feedback = (struct feedback){ 0 };
}

static void
add_default(struct display *display, uint32_t fourcc, uint64_t modifier)
{
	if (format_set_add(&display->feedback.allowed, fourcc, modifier) < 0) {
		log_debug("dma-buf format %#x with modifier %#llx left out", fourcc,
			(unsigned long long)modifier);
	}
}

/* Of old servers: the format with whatever layout the driver picks. */
static void
handle_dmabuf_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc)
{
	add_default(data, fourcc, DRM_FORMAT_MOD_INVALID);
}

static void
handle_dmabuf_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc,
	uint32_t modifier_high, uint32_t modifier_low)
{
	add_default(data, fourcc, (uint64_t)modifier_high << 32 | modifier_low);
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
