#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "base/clock.h"
#include "base/log.h"
#include "buffer-fence.h"
#include "fence.h"
#include "way.h"

/*
 * A flip is a scanout and an update, which may come one by one: so long a scanout waits for its
 * update, to be one frame with it. Not every scanout has one.
 */
#define PICTURE_UPDATE_WAIT_NS UINT64_C(4000000)

/*
 * A guest buffer as the sink has it. A frame whose fence is not signalled yet stays with its slot:
 * what comes after it in another buffer is not kept from the screen, and a guest that is slower
 * than its answers is still shown.
 */
struct slot {
	struct picture *picture;
	struct way way; /* without a buffer: the slot is free */
	bool forgotten; /* by the guest; goes when it is no longer current */

	struct frame frame; /* to be shown when the fence is signalled */
	uint64_t number;    /* of that frame */
	struct fence fence;
};

struct picture {
	struct deadline present; /* of the frame to come */
	struct admission admission;
	struct sink *sink;
	const struct picture_listener *listener;
	void *data;
	struct chain chain;

	bool on;
	struct scanout scanout; /* its buffer is held by a slot */
	struct slot *current;   /* the scanout's */
	struct damage pending;  /* of the scanout, in no frame yet */
	struct slot slots[PICTURE_MAX_IMPORTS];
	uint64_t last_number;  /* of the frames so far */
	uint64_t shown_number; /* older ones are not shown any more */

	uint64_t presented;
};

static void
free_slot(struct slot *slot)
{
	fence_cancel(&slot->fence);
	way_finish(&slot->way);
	slot->forgotten = false;
	slot->number = 0;
}

static void
free_forgotten(struct picture *picture)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		if (slot->forgotten && slot != picture->current) {
			free_slot(slot);
		}
	}
}

/* Once the messages at hand have been read: a flip is several, and becomes one frame. */
static void
schedule_present(struct picture *picture)
{
	deadline_set(&picture->present, DEADLINE_NOW);
}

/* All that is visible is to be shown anew. */
static void
damage_all(struct picture *picture)
{
	damage_clear(&picture->pending);
	damage_add(&picture->pending, &picture->scanout.source, &picture->scanout.source);
}

static void show(struct picture *picture, struct slot *slot);

static void
handle_way_news(struct picture *picture, struct slot *slot, enum way_news news)
{
	if (news == WAY_REPLACED) {
		/* The frame that waits says too little about the picture now. */
		fence_cancel(&slot->fence);
	}
	if (slot != picture->current) {
		/* The guest has flipped on while this was drawn: still newer than what is shown. */
		if (news == WAY_READY && picture->on && slot->number > picture->shown_number &&
			!fence_is_waiting(&slot->fence)) {
			show(picture, slot);
		}
		return;
	}
	if (news == WAY_REPLACED) {
		damage_all(picture);
	}
	if (news == WAY_REPLACED || news == WAY_READY) {
		schedule_present(picture);
	}
}

static void
handle_import_changed(void *data, struct import *import)
{
	struct picture *picture = data;
	struct slot *slot = picture->slots;

	while (slot->way.import != import && slot->way.better != import) {
		slot++;
	}
	handle_way_news(picture, slot, way_handle_import_changed(&slot->way, import));
}

static void
handle_chain_hopeless(void *data)
{
	struct picture *picture = data;

	picture->listener->hopeless(picture->data);
}

static const struct chain_listener chain_listener = {
	.import_changed = handle_import_changed,
	.hopeless = handle_chain_hopeless,
};

/* False: nobody draws into the buffer, the frame can be shown now. */
static bool
wait_for_fence(struct picture *picture, struct slot *slot)
{
	int r;

	if ((slot->frame.release_point > 0 && way_has_timelines(&slot->way)) ||
		!buffer_is_busy(slot->way.buffer)) {
		return false;
	}
	r = fence_wait(&slot->fence, slot->way.buffer);
	if (r < 0) {
		if (log_may_repeat(LOG_LEVEL_WARNING, &picture->chain.n_problems)) {
			log_warning("cannot wait until the guest has drawn its picture: %s; "
				    "the last one stays",
				strerror(-r));
		}
		if (slot == picture->current) {
			damage_add_damage(
				&picture->pending, &slot->frame.damage, &picture->scanout.source);
		}
		picture->listener->skipped(picture->data);
	}
	return true;
}

/* Shows the slot's frame. */
static void
show(struct picture *picture, struct slot *slot)
{
	struct host_buffer *host;
	struct frame frame = slot->frame;
	int r = way_update(&slot->way, &frame, &host);

	damage_clear(&slot->frame.damage);
	if (r == -EBUSY) {
		return;
	}
	if (r == -EAGAIN) {
		if (!wait_for_fence(picture, slot)) {
			schedule_present(picture);
		}
		return;
	}
	if (r < 0) {
		way_fall_back(&slot->way, slot->way.import->reason);
		handle_way_news(picture, slot, WAY_REPLACED);
		picture->listener->skipped(picture->data);
		return;
	}
	if (damage_is_empty(&frame.damage)) {
		picture->listener->skipped(picture->data);
		return;
	}
	picture->sink->ops->present(picture->sink, host, &frame);
	picture->presented++;
	picture->shown_number = slot->number;
	picture->listener->committed(picture->data);
}

static void
handle_present_reached(void *data)
{
	struct picture *picture = data;
	struct slot *slot = picture->current;

	if (!picture->on) {
		return;
	}
	if (slot->way.import == NULL) {
		picture->listener->skipped(picture->data);
		return;
	}
	/* A frame of the same buffer still waits: this one comes after it. */
	if (!way_is_ready(&slot->way) || fence_is_waiting(&slot->fence)) {
		return;
	}
	slot->frame.source = picture->scanout.source;
	slot->frame.bottom_up = picture->scanout.bottom_up;
	slot->frame.own = picture->chain.policy->own;
	slot->frame.acquire_point = picture->scanout.acquire_point;
	slot->frame.release_point = picture->scanout.release_point;
	picture->scanout.acquire_point = picture->scanout.release_point = 0;
	slot->frame.damage = picture->pending;
	slot->number = ++picture->last_number;
	damage_clear(&picture->pending);
	if (!wait_for_fence(picture, slot)) {
		show(picture, slot);
	}
}

static void
handle_fence_signalled(void *data)
{
	struct slot *slot = data;
	struct picture *picture = slot->picture;

	/* Something newer is on screen: this frame came too late. */
	if (slot->number > picture->shown_number && way_is_ready(&slot->way)) {
		show(picture, slot);
	}
	if (slot == picture->current && !damage_is_empty(&picture->pending)) {
		schedule_present(picture);
	}
}

static bool
is_resize(const struct picture *picture, const struct scanout *scanout)
{
	const struct rect *before = &picture->scanout.source, *after = &scanout->source;

	return picture->current != NULL &&
	       (before->width != after->width || before->height != after->height);
}

static void
handle_admission_reached(void *data)
{
	struct picture *picture = data;
	struct scanout scanout;
	bool forgotten;

	admission_take(&picture->admission, &scanout, &forgotten);
	picture_set_scanout(picture, &scanout);
	if (forgotten) {
		picture_forget_buffer(picture, scanout.buffer);
	}
	buffer_unref(scanout.buffer);
}

int
picture_create(sd_event *event, struct deadlines *deadlines, struct sink *sink,
	const struct picture_policy *policy, const struct picture_listener *listener, void *data,
	struct picture **ret_picture)
{
	struct picture *picture = calloc(1, sizeof(*picture));

	if (picture == NULL) {
		return -ENOMEM;
	}
	picture->sink = sink;
	picture->listener = listener;
	picture->data = data;
	chain_init(&picture->chain, sink, policy, &chain_listener, picture);
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		slot->picture = picture;
		fence_init(&slot->fence, event, handle_fence_signalled, slot);
	}
	deadline_init(&picture->present, deadlines, handle_present_reached, picture);
	admission_init(&picture->admission, deadlines, handle_admission_reached, picture);
	*ret_picture = picture;
	return 0;
}

void
picture_destroy(struct picture *picture)
{
	if (picture == NULL) {
		return;
	}
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (picture->slots[i].way.buffer != NULL) {
			free_slot(&picture->slots[i]);
		}
		fence_finish(&picture->slots[i].fence);
	}
	admission_finish(&picture->admission);
	deadline_finish(&picture->present);
	free(picture);
}

/* NULL when it is new. */
static struct slot *
find_slot(struct picture *picture, const struct scanout *scanout)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (way_fits(&picture->slots[i].way, scanout->buffer, &scanout->source)) {
			return &picture->slots[i];
		}
	}
	return NULL;
}

/* One that is free, or that is not current. */
static struct slot *
take_slot(struct picture *picture)
{
	struct slot *victim = NULL;

	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		if (slot->way.buffer == NULL) {
			return slot;
		}
		if (slot != picture->current) {
			victim = slot;
		}
	}
	free_slot(victim);
	return victim;
}

/* Nothing that still waits is to be shown later. */
static void
drop_frames(struct picture *picture)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		fence_cancel(&picture->slots[i].fence);
		picture->slots[i].number = 0;
	}
}

void
picture_set_scanout(struct picture *picture, const struct scanout *scanout)
{
	struct slot *slot;
	bool is_known;

	picture->on = scanout != NULL;
	if (scanout == NULL) {
		admission_drop(&picture->admission);
		drop_frames(picture);
		return;
	}
	slot = find_slot(picture, scanout);
	is_known = slot != NULL && slot->way.import != NULL;
	/* Words of ours follow the user: they are never too many. */
	if (!picture->chain.policy->own && !admission_ask(&picture->admission, scanout, !is_known,
						   is_resize(picture, scanout))) {
		return;
	}
	slot = slot != NULL ? slot : take_slot(picture);
	picture->scanout = *scanout;
	picture->current = slot;
	slot->forgotten = false;
	if (!is_known) {
		free_slot(slot);
		way_start(&slot->way, &picture->chain, scanout->buffer, &scanout->source);
	}
	free_forgotten(picture);
	damage_all(picture);
	if (picture->presented == 0) {
		schedule_present(picture);
	} else if (picture->present.at_ns == DEADLINE_NEVER) {
		deadline_set(&picture->present, clock_now_ns() + PICTURE_UPDATE_WAIT_NS);
	}
}

void
picture_add_damage(struct picture *picture, const struct rect *damage)
{
	if (!picture->on || admission_has_one(&picture->admission)) {
		picture->listener->skipped(picture->data);
		return;
	}
	damage_add(&picture->pending, damage, &picture->scanout.source);
	schedule_present(picture);
}

void
picture_present_due(struct picture *picture)
{
	if (picture->present.at_ns == DEADLINE_NOW) {
		deadline_set(&picture->present, DEADLINE_NEVER);
		handle_present_reached(picture);
	}
}

void
picture_forget_buffer(struct picture *picture, const struct buffer *buffer)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (picture->slots[i].way.buffer == buffer) {
			picture->slots[i].forgotten = true;
		}
	}
	admission_forget_buffer(&picture->admission, buffer);
	free_forgotten(picture);
}

void
picture_forget_all(struct picture *picture)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		picture->slots[i].forgotten = true;
	}
	free_forgotten(picture);
}

void
picture_retry(struct picture *picture)
{
	chain_reset(&picture->chain);
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		if (slot->way.import != NULL || slot == picture->current) {
			handle_way_news(picture, slot, way_retry(&slot->way));
		}
	}
}

bool
picture_is_blank(const struct picture *picture)
{
	return picture->chain.hopeless && picture->presented == 0;
}

struct picture_verdict
picture_verdict(const struct picture *picture)
{
	struct picture_verdict verdict = {
		.path = "none",
		.reason = picture->chain.reason,
		.copied_bytes = picture->chain.copied_bytes,
		.presented = picture->presented,
	};

	if (picture->current != NULL && picture->current->way.import != NULL) {
		verdict.path = picture->current->way.import->importer->name;
	}
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		const struct import *import = picture->slots[i].way.import;
		if (import != NULL) {
			verdict.copied_bytes += import->copied_bytes;
		}
	}
	return verdict;
}
