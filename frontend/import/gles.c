#include "import/gles.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "buffer-budget.h"
#include "format.h"

/*
 * The GPU draws what changed into buffers that the compositor takes: for layouts and formats that
 * it does not. That happens in a process of its own (gpu-helper.h), so an update is answered with
 * -EBUSY until the picture is there. The host buffers have the guest's rows in the guest's order.
 */

enum gles_slot_state {
	SLOT_FREE,
	SLOT_DRAWING, /* one at most */
	SLOT_DRAWN,   /* and not shown yet; one at most */
};

struct gles_slot {
	struct host_buffer *host;
	enum gles_slot_state state;
	bool imported;
	struct damage stale; /* what it has not got yet */
	struct damage news;  /* what was drawn into it that the sink has not seen, once drawn */
};

struct gles {
	struct import base;
	struct gpu_user user;
	struct rect bounds;
	uint64_t host_bytes; /* of its targets, about, as the buffer's budget counts them */
	struct gles_slot slots[GPU_TARGETS];
	uint32_t n_targets;
	struct damage unshown; /* since what was last drawn */
	bool starved;          /* every slot was busy when one was needed */
};

static struct gpu_helper *shared_helper;

static const char not_taken[] = "the GPU helper takes no messages";

void
gles_set_helper(struct gpu_helper *helper)
{
	shared_helper = helper;
}

static void
fail(struct gles *gles, const char *reason)
{
	if (gles->base.state != IMPORT_FAILED) {
		gles->base.state = IMPORT_FAILED;
		gles->base.reason = reason;
		gles->base.notify(gles->base.data, &gles->base);
	}
}

static void
handle_host_imported(void *data, struct host_buffer *host, int error)
{
	struct gles *gles = data;

	if (error < 0) {
		fail(gles, "the compositor refused the GPU's buffer");
		return;
	}
	if (gles->base.state != IMPORT_PENDING) {
		return;
	}
	for (uint32_t i = 0; i < gles->n_targets; i++) {
		gles->slots[i].imported |= gles->slots[i].host == host;
	}
	for (int i = 0; i < GPU_TARGETS; i++) {
		if (!gles->slots[i].imported) {
			return;
		}
	}
	gles->base.state = IMPORT_READY;
	gles->base.notify(gles->base.data, &gles->base);
}

static void
handle_host_released(void *data, struct host_buffer *host)
{
	struct gles *gles = data;

	if (gles->starved) {
		gles->starved = false;
		gles->base.notify(gles->base.data, &gles->base);
	}
}

static const struct host_buffer_listener host_listener = {
	.imported = handle_host_imported,
	.released = handle_host_released,
};

static void
gles_destroy(struct import *base)
{
	struct gles *gles = (struct gles *)base;

	if (gles == NULL) {
		return;
	}
	for (uint32_t i = 0; i < gles->n_targets; i++) {
		base->sink->ops->drop(base->sink, gles->slots[i].host);
	}
	gpu_helper_leave(&gles->user);
	buffer_budget_give(base->buffer, gles->host_bytes);
	import_finish(base);
	free(gles);
}

/* A buffer of this kind and format, if the sink takes one. */
static void
add_offer(
	const struct gles *gles, struct gpu_import *import, enum buffer_kind kind, uint32_t fourcc)
{
	struct sink *sink = gles->base.sink;
	struct gpu_offer *offer = &import->offers[import->n_offers];

	*offer = (struct gpu_offer){ .kind = kind, .fourcc = fourcc };
	if (kind == BUFFER_DMABUF) {
		offer->n_modifiers = sink->ops->list_modifiers(
			sink, fourcc, offer->modifiers, GPU_MAX_MODIFIERS);
		import->n_offers += offer->n_modifiers > 0;
	} else {
		import->n_offers += sink->ops->takes(sink, kind, fourcc, DRM_FORMAT_MOD_LINEAR);
	}
}

static int
send_import(struct gles *gles)
{
	static const enum buffer_kind kinds[] = { BUFFER_DMABUF, BUFFER_MEMORY };
	const struct buffer_layout *layout = &gles->base.buffer->layout;
	uint32_t deep = format_deep(layout->fourcc);
	struct gpu_message message = {
		.type = GPU_IMPORT,
		.import = { .n_targets = GPU_TARGETS },
	};
	int fds[BUFFER_MAX_PLANES];

	gpu_layout_from_buffer(&message.import.layout, layout);
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		fds[i] = layout->planes[i].fd;
	}
	for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (deep != 0) {
			add_offer(gles, &message.import, kinds[i], deep);
		}
		add_offer(gles, &message.import, kinds[i], DRM_FORMAT_XRGB8888);
	}
	return gpu_helper_send(&gles->user, &message, fds, layout->n_planes);
}

static void
handle_helper_ready(void *data)
{
	struct gles *gles = data;

	if (send_import(gles) < 0) {
		fail(gles, not_taken);
	}
}

/* Whether the sink can be asked to take what the helper says that it has made. */
static int
check_target(const struct gles *gles, const struct buffer_layout *layout)
{
	struct sink *sink = gles->base.sink;
	struct fd_info infos[BUFFER_MAX_PLANES];
	int r = buffer_layout_check(layout, infos);

	if (r < 0) {
		return r;
	}
	if (layout->width != (uint32_t)gles->bounds.width ||
		layout->height != (uint32_t)gles->bounds.height ||
		(layout->kind == BUFFER_MEMORY && !(infos[0].sealed && infos[0].writable))) {
		return -EBADMSG;
	}
	return sink->ops->takes(sink, layout->kind, layout->fourcc, layout->modifier) ? 0
										      : -ENOTSUP;
}

/* What the sink takes may have changed since it was asked for: that is no offence. */
static int
handle_helper_target(void *data, const struct gpu_target *target, const int *fds)
{
	struct gles *gles = data;
	struct sink *sink = gles->base.sink;
	struct gles_slot *slot = &gles->slots[gles->n_targets];
	struct buffer_layout layout;
	int r;

	if (gles->n_targets == GPU_TARGETS || target->index != gles->n_targets ||
		(target->last != 0) != (target->index == GPU_TARGETS - 1)) {
		return -EBADMSG;
	}
	gpu_layout_to_buffer(&target->layout, fds, &layout);
	r = check_target(gles, &layout);
	if (r == -EBADMSG) {
		return r;
	}
	if (r >= 0) {
		r = sink->ops->import(sink, &layout, &host_listener, gles, &slot->host);
	}
	if (r < 0) {
		fail(gles, "the compositor does not take the GPU's buffer");
		return 0;
	}
	gles->n_targets++;
	damage_add(&slot->stale, &gles->bounds, &gles->bounds);
	return 0;
}

static struct gles_slot *
slot_in(struct gles *gles, enum gles_slot_state state)
{
	for (int i = 0; i < GPU_TARGETS; i++) {
		if (gles->slots[i].state == state) {
			return &gles->slots[i];
		}
	}
	return NULL;
}

/* What it shows is not to be shown any more; what the sink does not know yet stays due. */
static void
discard(struct gles *gles, struct gles_slot *slot)
{
	damage_add_damage(&gles->unshown, &slot->news, &gles->bounds);
	damage_clear(&slot->news);
	slot->state = SLOT_FREE;
}

static int
handle_helper_drawn(void *data, const struct gpu_drawn *drawn)
{
	struct gles *gles = data;
	struct gles_slot *slot = &gles->slots[drawn->index];
	struct gles_slot *older = slot_in(gles, SLOT_DRAWN);

	if (slot->state != SLOT_DRAWING) {
		return -EBADMSG;
	}
	if (drawn->error < 0) {
		fail(gles, "the GPU could not draw it");
		return 0;
	}
	slot->state = SLOT_DRAWN;
	if (older != NULL) {
		damage_add_damage(&slot->news, &older->news, &gles->bounds);
		damage_clear(&older->news);
		older->state = SLOT_FREE;
	}
	gles->base.notify(gles->base.data, &gles->base);
	return 0;
}

static void
handle_helper_failed(void *data, int error, const char *reason)
{
	fail(data, reason);
}

static const struct gpu_user_listener user_listener = {
	.ready = handle_helper_ready,
	.target = handle_helper_target,
	.drawn = handle_helper_drawn,
	.failed = handle_helper_failed,
};

static int
gles_create(struct buffer *buffer, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason)
{
	bool cpu_can = buffer_is_linear(buffer) && format_from_fourcc(buffer->layout.fourcc);
	uint64_t host_bytes =
		GPU_TARGETS * UINT64_C(4) * buffer->layout.width * buffer->layout.height;
	struct gles *gles;
	int r;

	if (buffer->layout.kind != BUFFER_DMABUF) {
		*ret_reason = "the VM gives plain memory, not a dma-buf";
		return -ENOTSUP;
	}
	if (shared_helper == NULL) {
		*ret_reason = "there is no GPU helper";
		return -ENOTSUP;
	}
	gles = calloc(1, sizeof(*gles));
	if (gles == NULL) {
		*ret_reason = "out of memory";
		return -ENOMEM;
	}
	import_init(&gles->base, &importer_gles, buffer, sink, notify, data);
	gles->user.listener = &user_listener;
	gles->user.data = gles;
	gles->bounds.width = (int32_t)buffer->layout.width;
	gles->bounds.height = (int32_t)buffer->layout.height;
	r = buffer_budget_take(buffer, host_bytes);
	if (r < 0) {
		*ret_reason = "the VM's pictures take too much memory to be drawn";
	} else {
		gles->host_bytes = host_bytes;
		r = gpu_helper_join(
			shared_helper, &gles->user, sink->ops->device(sink), cpu_can, ret_reason);
	}
	if (r >= 0 && gpu_helper_is_ready(shared_helper)) {
		r = send_import(gles);
		if (r < 0) {
			*ret_reason = not_taken;
		}
	}
	if (r < 0) {
		gles_destroy(&gles->base);
		return r;
	}
	*ret_import = &gles->base;
	return 0;
}

static int
start_drawing(struct gles *gles)
{
	struct gpu_message message = { .type = GPU_DRAW };
	struct gles_slot *slot = NULL;
	int r;

	for (uint32_t i = 0; i < GPU_TARGETS && slot == NULL; i++) {
		if (gles->slots[i].state == SLOT_FREE && !gles->slots[i].host->busy) {
			slot = &gles->slots[i];
			message.draw.index = i;
		}
	}
	if (slot == NULL) {
		gles->starved = true;
		return 0;
	}
	message.draw.n_rects = slot->stale.n_rects;
	memcpy(message.draw.rects, slot->stale.rects, sizeof(message.draw.rects));
	r = gpu_helper_send(&gles->user, &message, NULL, 0);
	if (r < 0) {
		/* -EAGAIN would say that the guest still draws: importer.h. */
		return r == -EAGAIN ? -ENOBUFS : r;
	}
	gles->starved = false;
	slot->state = SLOT_DRAWING;
	slot->news = gles->unshown;
	damage_clear(&gles->unshown);
	damage_clear(&slot->stale);
	return 0;
}

static int
gles_update(struct import *base, const struct damage *damage, struct host_buffer **ret_host,
	struct damage *ret_host_damage)
{
	struct gles *gles = (struct gles *)base;
	struct gles_slot *drawn = slot_in(gles, SLOT_DRAWN);
	int r = 0;

	if (!damage_is_empty(damage)) {
		/* The guest went on: what was drawn may be of long ago, if others were shown. */
		if (drawn != NULL) {
			discard(gles, drawn);
			drawn = NULL;
		}
		damage_add_damage(&gles->unshown, damage, &gles->bounds);
		for (int i = 0; i < GPU_TARGETS; i++) {
			damage_add_damage(&gles->slots[i].stale, damage, &gles->bounds);
		}
	}
	if (!damage_is_empty(&gles->unshown) && slot_in(gles, SLOT_DRAWING) == NULL) {
		r = start_drawing(gles);
	}
	if (r < 0) {
		/* Its end is often noticed here first. */
		gles->base.reason = "the GPU helper failed";
		return r;
	}
	if (drawn != NULL) {
		drawn->state = SLOT_FREE;
		*ret_host = drawn->host;
		*ret_host_damage = drawn->news;
		damage_clear(&drawn->news);
		return 0;
	}
	if (slot_in(gles, SLOT_DRAWING) == NULL && !gles->starved) {
		/* There is nothing new. */
		*ret_host = gles->slots[0].host;
		damage_clear(ret_host_damage);
		return 0;
	}
	return -EBUSY;
}

const struct importer importer_gles = {
	.name = "gles",
	.create = gles_create,
	.update = gles_update,
	.destroy = gles_destroy,
};
