#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "buffer-cache.h"
#include "chain.h"
#include "fence.h"
#include "format.h"

/* Those that the guest cycles through, and the one still shown from before a mode change. */
#define PICTURE_MAX_IMPORTS (BUFFER_CACHE_MAX + 1)

/* A VM that floods us with messages still gets its pictures shown this often. */
#define PICTURE_MAX_DELAY_NS UINT64_C(16000000)

/* Of what a VM can cause again and again; more lines are left out. */
#define PICTURE_MAX_LINES 32

/*
 * A guest buffer as the sink has it. A frame whose fence is not signalled yet stays with its slot:
 * what comes after it in another buffer is not kept from the screen, and a guest that is slower
 * than its answers is still shown.
 */
struct slot {
	struct picture *picture;
	struct buffer *buffer; /* NULL: free */
	struct import *import; /* NULL: no importer takes it */
	uint32_t link;         /* of the chain; chain_length without an import */
	struct import *better; /* takes the import's place once it is ready; else NULL */
	uint32_t better_link;
	bool forgotten; /* by the guest; goes when it is no longer current */

	struct frame frame; /* to be shown when the fence is signalled */
	uint64_t number;    /* of that frame */
	struct fence fence;
};

struct picture {
	sd_event_source *present_source;
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

	bool hopeless;         /* it was said that nothing works; until something does */
	uint32_t n_lines;      /* that count against PICTURE_MAX_LINES */
	uint64_t scheduled_ns; /* when the frame that is still to come was asked for; 0: none is */
	uint64_t copied_bytes; /* by imports that are gone */
	uint64_t presented;
};

/* Whether one more line about what the VM does may be logged. */
static bool
may_log(struct picture *picture)
{
	if (picture->n_lines == PICTURE_MAX_LINES) {
		return false;
	}
	picture->n_lines++;
	return true;
}

static void
release_import(struct picture *picture, struct import **import)
{
	if (*import != NULL) {
		picture->copied_bytes += (*import)->copied_bytes;
		(*import)->importer->destroy(*import);
		*import = NULL;
	}
}

static void
free_slot(struct slot *slot)
{
	struct picture *picture = slot->picture;

	fence_cancel(&slot->fence);
	release_import(picture, &slot->better);
	release_import(picture, &slot->import);
	buffer_unref(slot->buffer);
	slot->buffer = NULL;
	slot->forgotten = false;
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

static void
log_path(struct picture *picture, const struct slot *slot)
{
	const struct buffer_layout *layout = &slot->buffer->layout;
	const char *reason = picture->chain.reason;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE];

	if (may_log(picture)) {
		log_info("%ux%u %s, modifier 0x%llx: %s%s%s", layout->width, layout->height,
			format_fourcc_text(layout->fourcc, fourcc),
			(unsigned long long)layout->modifier, chain_link_name(slot->link),
			reason != NULL ? ", because " : "", reason != NULL ? reason : "");
	}
}

static void
give_up(struct picture *picture, struct slot *slot, const char *why)
{
	const struct buffer_layout *layout = &slot->buffer->layout;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE];

	if (picture->hopeless) {
		return;
	}
	picture->hopeless = true;
	if (may_log(picture)) {
		log_error("cannot show a picture in %s with modifier 0x%llx (%s); %s",
			format_fourcc_text(layout->fourcc, fourcc),
			(unsigned long long)layout->modifier, why,
			picture->presented > 0 ? "the last one stays" : "nothing is shown");
	}
	picture->listener->hopeless(picture->data);
}

/* Asks importers from this one on until one starts. */
static void
start_import(struct picture *picture, struct slot *slot, uint32_t from)
{
	const char *why;
	int r = chain_start(&picture->chain, slot->buffer, from, chain_length, &slot->import, &why);

	if (r < 0) {
		slot->link = chain_length;
		give_up(picture, slot, why);
		return;
	}
	slot->link = (uint32_t)r;
	picture->hopeless = false;
	log_path(picture, slot);
}

/* Asks only those that are better than what is there, which goes on meanwhile. */
static void
start_better(struct picture *picture, struct slot *slot, uint32_t from)
{
	const char *why;
	int r = chain_start(&picture->chain, slot->buffer, from, slot->link, &slot->better, &why);

	if (r >= 0) {
		slot->better_link = (uint32_t)r;
	}
}

static void present(struct picture *picture);

/* Soon; at once when messages have kept the loop from it for a whole frame already. */
static void
schedule_present(struct picture *picture)
{
	uint64_t now = clock_now_ns();
	int r;

	if (picture->scheduled_ns == 0) {
		picture->scheduled_ns = now;
	} else if (now - picture->scheduled_ns > PICTURE_MAX_DELAY_NS) {
		present(picture);
		return;
	}
	r = sd_event_source_set_enabled(picture->present_source, SD_EVENT_ONESHOT);
	if (r < 0) {
		log_error("cannot schedule a frame: %s", strerror(-r));
	}
}

static void
damage_all(struct picture *picture)
{
	struct rect all = { 0, 0, (int32_t)picture->scanout.buffer->layout.width,
		(int32_t)picture->scanout.buffer->layout.height };

	damage_clear(&picture->pending);
	damage_add(&picture->pending, &all, &all);
	schedule_present(picture);
}

/* This importer cannot do it after all: on to the next one. */
static void
fall_back(struct picture *picture, struct slot *slot, const char *reason)
{
	uint32_t next = slot->link + 1;

	if (may_log(picture)) {
		log_info("%s is not possible (%s); trying the next way",
			chain_link_name(slot->link), reason);
	}
	picture->chain.reason = reason;
	fence_cancel(&slot->fence);
	release_import(picture, &slot->import);
	start_import(picture, slot, next);
	if (slot == picture->current) {
		damage_all(picture);
	}
}

static void
handle_better_changed(struct picture *picture, struct slot *slot)
{
	uint32_t link = slot->better_link;

	if (slot->better->state == IMPORT_FAILED) {
		chain_refuse(&picture->chain, link, &slot->buffer->layout);
		picture->chain.reason = "the compositor refused the buffer";
		release_import(picture, &slot->better);
		start_better(picture, slot, link + 1);
		return;
	}
	release_import(picture, &slot->import);
	slot->import = slot->better;
	slot->link = link;
	slot->better = NULL;
	log_path(picture, slot);
	if (slot == picture->current) {
		damage_all(picture);
	}
}

static void
handle_import_changed(void *data, struct import *import)
{
	struct picture *picture = data;
	struct slot *slot = picture->slots;

	while (slot->import != import && slot->better != import) {
		slot++;
	}
	if (slot->better == import) {
		handle_better_changed(picture, slot);
	} else if (import->state == IMPORT_FAILED) {
		chain_refuse(&picture->chain, slot->link, &slot->buffer->layout);
		fall_back(picture, slot, "the compositor refused the buffer");
	} else if (slot == picture->current) {
		schedule_present(picture);
	}
}

/* False: nobody draws into the buffer, the frame can be shown now. */
static bool
wait_for_fence(struct picture *picture, struct slot *slot)
{
	int r;

	if (!buffer_is_busy(slot->buffer)) {
		return false;
	}
	r = fence_wait(&slot->fence, slot->buffer);
	if (r < 0) {
		if (may_log(picture)) {
			log_warning("cannot wait until the guest has drawn its picture: %s; "
				    "the last one stays",
				strerror(-r));
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
	int r = slot->import->importer->update(
		slot->import, &slot->frame.damage, &host, &frame.damage);

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
		fall_back(picture, slot, "its memory cannot be read");
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
}

static void
present(struct picture *picture)
{
	struct slot *slot = picture->current;

	picture->scheduled_ns = 0;
	if (!picture->on) {
		return;
	}
	if (slot->import == NULL) {
		picture->listener->skipped(picture->data);
		return;
	}
	/* A frame of the same buffer still waits: this one comes after it. */
	if (slot->import->state != IMPORT_READY || fence_is_waiting(&slot->fence)) {
		return;
	}
	slot->frame.source = picture->scanout.source;
	slot->frame.bottom_up = picture->scanout.bottom_up;
	slot->frame.damage = picture->pending;
	slot->number = ++picture->last_number;
	damage_clear(&picture->pending);
	if (!wait_for_fence(picture, slot)) {
		show(picture, slot);
	}
}

static int
handle_present(sd_event_source *source, void *data)
{
	present(data);
	return 0;
}

static void
handle_fence_signalled(void *data)
{
	struct slot *slot = data;
	struct picture *picture = slot->picture;

	/* Something newer is on screen: this frame came too late. */
	if (slot->number > picture->shown_number) {
		show(picture, slot);
	}
	if (slot == picture->current && !damage_is_empty(&picture->pending)) {
		schedule_present(picture);
	}
}

int
picture_create(sd_event *event, struct sink *sink, const struct picture_policy *policy,
	const struct picture_listener *listener, void *data, struct picture **ret_picture)
{
	struct picture *picture = calloc(1, sizeof(*picture));
	int r;

	if (picture == NULL) {
		return -ENOMEM;
	}
	picture->sink = sink;
	picture->listener = listener;
	picture->data = data;
	chain_init(&picture->chain, sink, policy, handle_import_changed, picture);
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		slot->picture = picture;
		fence_init(&slot->fence, event, handle_fence_signalled, slot);
	}
	/*
	 * A flip comes as several messages. Presenting only when nothing else is waiting to be
	 * handled makes one commit of them.
	 */
	r = sd_event_add_defer(event, &picture->present_source, handle_present, picture);
	if (r >= 0) {
		r = sd_event_source_set_priority(
			picture->present_source, SD_EVENT_PRIORITY_NORMAL + 10);
	}
	if (r >= 0) {
		r = sd_event_source_set_enabled(picture->present_source, SD_EVENT_OFF);
	}
	if (r < 0) {
		picture_destroy(picture);
		return r;
	}
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
		if (picture->slots[i].buffer != NULL) {
			free_slot(&picture->slots[i]);
		}
		fence_finish(&picture->slots[i].fence);
	}
	sd_event_source_disable_unref(picture->present_source);
	free(picture);
}

/* A slot for the buffer: its own, a free one, or that of a buffer which is not current. */
static struct slot *
take_slot(struct picture *picture, struct buffer *buffer)
{
	struct slot *victim = NULL;

	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (picture->slots[i].buffer == buffer) {
			return &picture->slots[i];
		}
	}
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		if (slot->buffer == NULL) {
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
	}
}

void
picture_set_scanout(struct picture *picture, const struct scanout *scanout)
{
	struct slot *slot;

	picture->on = scanout != NULL;
	if (scanout == NULL) {
		drop_frames(picture);
		return;
	}
	slot = take_slot(picture, scanout->buffer);
	if (slot->buffer == NULL) {
		slot->buffer = buffer_ref(scanout->buffer);
	}
	picture->scanout = *scanout;
	picture->current = slot;
	slot->forgotten = false;
	if (slot->import == NULL) {
		start_import(picture, slot, chain_first(&picture->chain, &scanout->buffer->layout));
	}
	free_forgotten(picture);
	damage_all(picture);
}

void
picture_add_damage(struct picture *picture, const struct rect *damage)
{
	if (!picture->on) {
		picture->listener->skipped(picture->data);
		return;
	}
	damage_add(&picture->pending, damage, &picture->scanout.source);
	schedule_present(picture);
}

void
picture_forget_buffer(struct picture *picture, const struct buffer *buffer)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (picture->slots[i].buffer == buffer) {
			picture->slots[i].forgotten = true;
		}
	}
	free_forgotten(picture);
}

static void
retry_slot(struct picture *picture, struct slot *slot)
{
	if (slot->import != NULL && !chain_allows(&picture->chain, slot->link)) {
		fence_cancel(&slot->fence);
		release_import(picture, &slot->better);
		release_import(picture, &slot->import);
	}
	if (slot->import != NULL && slot->better == NULL) {
		start_better(picture, slot, 0);
	} else if (slot->import == NULL && slot == picture->current) {
		start_import(picture, slot, 0);
		damage_all(picture);
	}
}

void
picture_retry(struct picture *picture)
{
	chain_reset(&picture->chain);
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (picture->slots[i].buffer != NULL) {
			retry_slot(picture, &picture->slots[i]);
		}
	}
}

struct picture_verdict
picture_verdict(const struct picture *picture)
{
	struct picture_verdict verdict = {
		.path = "none",
		.reason = picture->chain.reason,
		.copied_bytes = picture->copied_bytes,
		.presented = picture->presented,
	};

	if (picture->current != NULL && picture->current->import != NULL) {
		verdict.path = picture->current->import->importer->name;
	}
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (picture->slots[i].import != NULL) {
			verdict.copied_bytes += picture->slots[i].import->copied_bytes;
		}
	}
	return verdict;
}
