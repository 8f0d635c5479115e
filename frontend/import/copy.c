#include "importer.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <pixman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "buffer-budget.h"
#include "format.h"

/*
 * The CPU copies what changed into shared memory of ours: for what the compositor does not take,
 * and for memory that is not to be trusted. Works for every linear buffer of a known format. It
 * also enlarges pictures whose pixels are to be seen: compositors have no such filter.
 */

/* One that the compositor reads, one to write, and one because compositors let go late. */
#define COPY_RING 3
/* Rows that are converted at once; bounds the scratch memory. */
#define COPY_BAND_ROWS 64

struct copy_slot {
	struct host_buffer *host;
	int fd;
	uint8_t *map;
	pixman_image_t *image; /* of map */
	struct damage stale;   /* what this slot has not got yet */
	bool imported;
};

struct copy {
	struct import base;
	const struct format *from, *to;
	struct rect bounds;
	uint32_t factor; /* pixels of the slots for one of the guest's, each way */
	uint32_t stride; /* of the slots */
	size_t size;     /* of each slot */
	bool counted;    /* the slots' memory, for the guest buffer's budget */
	struct copy_slot slots[COPY_RING];
	struct damage unshown; /* since the last update that returned a slot */
	bool starved;          /* every slot was busy when one was needed */
	/* Where formats differ: a band of guest rows. */
	uint8_t *scratch;
	uint32_t scratch_stride;
	pixman_image_t *scratch_image;
};

static struct copy_slot *
slot_of(struct copy *copy, const struct host_buffer *host)
{
	for (int i = 0; i < COPY_RING; i++) {
		if (copy->slots[i].host == host) {
			return &copy->slots[i];
		}
	}
	return NULL;
}

static void
handle_host_imported(void *data, struct host_buffer *host, int error)
{
	struct copy *copy = data;

	if (copy->base.state == IMPORT_FAILED) {
		return;
	}
	if (error < 0) {
		copy->base.state = IMPORT_FAILED;
		copy->base.reason = "the compositor refused memory of ours";
	} else {
		slot_of(copy, host)->imported = true;
		for (int i = 0; i < COPY_RING; i++) {
			if (!copy->slots[i].imported) {
				return;
			}
		}
		copy->base.state = IMPORT_READY;
	}
	copy->base.notify(copy->base.data, &copy->base);
}

static void
handle_host_released(void *data, struct host_buffer *host)
{
	struct copy *copy = data;

	if (copy->starved) {
		copy->starved = false;
		copy->base.notify(copy->base.data, &copy->base);
	}
}

static const struct host_buffer_listener host_listener = {
	.imported = handle_host_imported,
	.released = handle_host_released,
};

static void
copy_destroy(struct import *base)
{
	struct copy *copy = (struct copy *)base;

	if (copy == NULL) {
		return;
	}
	for (int i = 0; i < COPY_RING; i++) {
		struct copy_slot *slot = &copy->slots[i];
		if (slot->host != NULL) {
			base->sink->ops->drop(base->sink, slot->host);
		}
		if (slot->image != NULL) {
			pixman_image_unref(slot->image);
		}
		if (slot->map != NULL) {
			munmap(slot->map, copy->size);
		}
		fd_close(&slot->fd);
	}
	if (copy->scratch_image != NULL) {
		pixman_image_unref(copy->scratch_image);
	}
	free(copy->scratch);
	if (copy->counted) {
		buffer_budget_give(base->buffer, COPY_RING * (uint64_t)copy->size);
	}
	import_finish(base);
	free(copy);
}

static int
slot_init(struct copy *copy, struct copy_slot *slot)
{
	struct sink *sink = copy->base.sink;
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = (uint32_t)copy->bounds.width * copy->factor,
		.height = (uint32_t)copy->bounds.height * copy->factor,
		.fourcc = copy->to->fourcc,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.planes = { { .stride = copy->stride } },
	};
	void *map;
	int r;

	slot->fd = memfd_create("vitrine-copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (slot->fd < 0 || ftruncate(slot->fd, (off_t)copy->size) < 0 ||
		fcntl(slot->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		return -errno;
	}
	map = mmap(NULL, copy->size, PROT_READ | PROT_WRITE, MAP_SHARED, slot->fd, 0);
	if (map == MAP_FAILED) {
		return -errno;
	}
	slot->map = map;
	slot->image = pixman_image_create_bits_no_clear(copy->to->pixman, (int)layout.width,
		(int)layout.height, (uint32_t *)map, (int)copy->stride);
	if (slot->image == NULL) {
		return -ENOMEM;
	}
	damage_add(&slot->stale, &copy->bounds, &copy->bounds);
	layout.planes[0].fd = slot->fd;
	r = sink->ops->import(sink, &layout, &host_listener, copy, &slot->host);
	if (r >= 0) {
		slot->host->enlarged = copy->factor;
	}
	return r;
}

static int
scratch_init(struct copy *copy)
{
	copy->scratch_stride =
		((uint32_t)copy->bounds.width * copy->from->bytes_per_pixel + 3) & ~3u;
	copy->scratch = malloc((size_t)copy->scratch_stride * COPY_BAND_ROWS);
	if (copy->scratch == NULL) {
		return -ENOMEM;
	}
	copy->scratch_image = pixman_image_create_bits_no_clear(
		format_from_fourcc(copy->from->opaque)->pixman, copy->bounds.width, COPY_BAND_ROWS,
		(uint32_t *)(void *)copy->scratch, (int)copy->scratch_stride);
	if (copy->scratch_image == NULL) {
		return -ENOMEM;
	}
	if (copy->factor > 1) {
		pixman_transform_t shrink;
		pixman_fixed_t scale = pixman_int_to_fixed(1) / (int)copy->factor;

		pixman_transform_init_scale(&shrink, scale, scale);
		pixman_image_set_transform(copy->scratch_image, &shrink);
		pixman_image_set_filter(copy->scratch_image, PIXMAN_FILTER_NEAREST, NULL, 0);
	}
	return 0;
}

static int
create(const struct importer *importer, uint32_t factor, struct buffer *buffer, struct sink *sink,
	import_notify_fn notify, void *data, struct import **ret_import, const char **ret_reason)
{
	const struct format *from = format_from_fourcc(buffer->layout.fourcc);
	const struct format *to;
	struct copy *copy;
	int r = 0;

	if (from == NULL || !buffer_is_linear(buffer)) {
		*ret_reason = "the CPU cannot read this format and modifier";
		return -ENOTSUP;
	}
	/*
	 * Keeps the depth where the compositor can show it; XRGB8888 is always there, and the only
	 * one for three bytes per pixel, which do not divide our strides.
	 */
	to = format_from_fourcc(from->opaque);
	if (to->bytes_per_pixel == 3 ||
		!sink->ops->takes(sink, BUFFER_MEMORY, to->fourcc, DRM_FORMAT_MOD_LINEAR)) {
		to = format_from_fourcc(DRM_FORMAT_XRGB8888);
	}
	if ((uint64_t)buffer->layout.width * factor * to->bytes_per_pixel * buffer->layout.height *
			factor >
		COPY_MAX_SIZE) {
		*ret_reason = "the picture is too large to copy";
		return -ENOTSUP;
	}
	copy = calloc(1, sizeof(*copy));
	if (copy == NULL) {
		*ret_reason = "out of memory";
		return -ENOMEM;
	}
	import_init(&copy->base, importer, buffer, sink, notify, data);
	copy->base.enlarged = copy->factor = factor;
	copy->from = from;
	copy->to = to;
	copy->bounds.width = (int32_t)buffer->layout.width;
	copy->bounds.height = (int32_t)buffer->layout.height;
	copy->stride = (buffer->layout.width * factor * to->bytes_per_pixel + 63) & ~63u;
	copy->size = (size_t)copy->stride * buffer->layout.height * factor;
	for (int i = 0; i < COPY_RING; i++) {
		copy->slots[i].fd = -1;
	}
	r = buffer_budget_take(buffer, COPY_RING * (uint64_t)copy->size);
	copy->counted = r >= 0;
	if (r >= 0 && (to->fourcc != from->opaque || factor > 1)) {
		r = scratch_init(copy);
	}
	for (int i = 0; i < COPY_RING && r >= 0; i++) {
		r = slot_init(copy, &copy->slots[i]);
	}
	if (r < 0) {
		*ret_reason = r == -EDQUOT ? "the VM's pictures take too much memory to be copied"
					   : "no memory to copy into";
		copy_destroy(&copy->base);
		return r;
	}
	*ret_import = &copy->base;
	return 0;
}

static int
copy_create(struct buffer *buffer, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason)
{
	return create(&importer_copy, 1, buffer, sink, notify, data, ret_import, ret_reason);
}

static int
enlarge_create(struct buffer *buffer, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason)
{
	if (sink->enlarge <= 1) {
		*ret_reason = "nothing is to be enlarged";
		return -ENOTSUP;
	}
	return create(&importer_enlarge, sink->enlarge, buffer, sink, notify, data, ret_import,
		ret_reason);
}

static int
convert_rect(struct copy *copy, struct copy_slot *slot, const struct rect *rect)
{
	struct rect band = *rect;
	int32_t end = rect->y + rect->height;
	int32_t factor = (int32_t)copy->factor;

	for (; band.y < end; band.y += band.height) {
		int r;

		band.height = end - band.y < COPY_BAND_ROWS ? end - band.y : COPY_BAND_ROWS;
		r = buffer_read(copy->base.buffer, &band, copy->scratch, copy->scratch_stride);
		if (r < 0) {
			return r;
		}
		pixman_image_composite32(PIXMAN_OP_SRC, copy->scratch_image, NULL, slot->image, 0,
			0, 0, 0, band.x * factor, band.y * factor, band.width * factor,
			band.height * factor);
	}
	return 0;
}

static int
fill_slot(struct copy *copy, struct copy_slot *slot)
{
	for (uint32_t i = 0; i < slot->stale.n_rects; i++) {
		const struct rect *rect = &slot->stale.rects[i];
		int r;

		if (copy->scratch != NULL) {
			r = convert_rect(copy, slot, rect);
		} else {
			size_t offset = (size_t)rect->y * copy->stride +
					(size_t)rect->x * copy->to->bytes_per_pixel;
			r = buffer_read(copy->base.buffer, rect, slot->map + offset, copy->stride);
		}
		if (r < 0) {
			return r;
		}
		copy->base.copied_bytes += (uint64_t)rect->width * (uint64_t)rect->height *
					   copy->from->bytes_per_pixel;
	}
	damage_clear(&slot->stale);
	return 0;
}

static int
copy_update(struct import *base, const struct damage *damage, struct host_buffer **ret_host,
	struct damage *ret_host_damage)
{
	struct copy *copy = (struct copy *)base;
	struct copy_slot *free_slot = NULL;
	int r;

	damage_add_damage(&copy->unshown, damage, &copy->bounds);
	for (int i = 0; i < COPY_RING; i++) {
		damage_add_damage(&copy->slots[i].stale, damage, &copy->bounds);
		if (!copy->slots[i].host->busy) {
			free_slot = &copy->slots[i];
		}
	}
	if (free_slot == NULL) {
		copy->starved = true;
		return -EBUSY;
	}
	r = fill_slot(copy, free_slot);
	if (r < 0) {
		copy->base.reason = "its memory cannot be read";
		return r;
	}
	*ret_host = free_slot->host;
	*ret_host_damage = copy->unshown;
	damage_clear(&copy->unshown);
	return 0;
}

const struct importer importer_enlarge = {
	.name = "enlarge",
	.create = enlarge_create,
	.update = copy_update,
	.destroy = copy_destroy,
};

const struct importer importer_copy = {
	.name = "copy",
	.create = copy_create,
	.update = copy_update,
	.destroy = copy_destroy,
};
