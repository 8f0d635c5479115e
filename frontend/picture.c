#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "format.h"

/* Those that the guest cycles through, and the one still shown from before a mode change. */
#define PICTURE_MAX_IMPORTS (BUFFER_CACHE_MAX + 1)

/* A VM that floods us with messages still gets its pictures shown this often. */
#define PICTURE_MAX_DELAY_NS UINT64_C(16000000)

/* In order of worth. */
static const struct importer *const chain[] = {
	&importer_direct,
	&importer_shm,
	&importer_copy,
};

#define CHAIN_LENGTH (sizeof(chain) / sizeof(chain[0]))

struct slot {
	struct buffer *buffer; /* NULL: free */
	struct import *import; /* NULL: no importer takes it */
	uint32_t step;         /* of the chain */
	bool forgotten;        /* by the guest; goes when no longer shown */
};

struct picture {
	sd_event_source *present_source;
	struct sink *sink;
	const struct picture_policy *policy;
	const struct picture_listener *listener;
	void *data;

	bool on;
	struct scanout scanout; /* its buffer is held by a slot */
	struct slot *current;   /* the scanout's; NULL: none could be had */
	struct slot *shown;     /* what the sink shows; often the same */
	struct damage pending;
	struct slot slots[PICTURE_MAX_IMPORTS];

	/* Steps below this were refused by the sink for this kind of buffer: not asked again. */
	uint32_t first_step;
	struct buffer_layout first_step_for;

	bool hopeless; /* it was said that nothing works; until something does */
	const char *reason;
	uint64_t scheduled_ns; /* when the frame that is still to come was asked for; 0: none is */
	uint64_t copied_bytes; /* by imports that are gone */
	uint64_t presented;
};

static void handle_import_changed(void *data, struct import *import);

static void
release_import(struct picture *picture, struct slot *slot)
{
	if (slot->import != NULL) {
		picture->copied_bytes += slot->import->copied_bytes;
		slot->import->importer->destroy(slot->import);
		slot->import = NULL;
	}
}

static void
free_slot(struct picture *picture, struct slot *slot)
{
	release_import(picture, slot);
	buffer_unref(slot->buffer);
	if (picture->current == slot) {
		picture->current = NULL;
	}
	if (picture->shown == slot) {
		picture->shown = NULL;
	}
	*slot = (struct slot){ 0 };
}

static void
free_forgotten(struct picture *picture)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		if (slot->buffer != NULL && slot->forgotten && slot != picture->shown &&
			slot != picture->current) {
			free_slot(picture, slot);
		}
	}
}

static bool
is_ruled_out(const struct picture_policy *policy, const struct importer *importer)
{
	return policy->forced != NULL && policy->forced != importer;
}

/* NULL when the importer may be used; else why not. */
static const char *
policy_refuses(const struct picture_policy *policy, const struct importer *importer)
{
	if (policy->distrust_memory && importer == &importer_shm) {
		return "the VM's memory is not trusted";
	}
	if (policy->distrust_dmabufs && importer == &importer_direct) {
		return "the compositor broke the connection over an earlier buffer";
	}
	return NULL;
}

static bool
same_kind(const struct buffer_layout *a, const struct buffer_layout *b)
{
	return a->kind == b->kind && a->fourcc == b->fourcc && a->modifier == b->modifier;
}

/* Whether the importer is for this kind of memory at all: that it is not is no reason to tell. */
static bool
fits_kind(const struct importer *importer, enum buffer_kind kind)
{
	return importer == &importer_copy ||
	       (importer == &importer_direct) == (kind == BUFFER_DMABUF);
}

static void
give_up(struct picture *picture, struct slot *slot, const char *reason)
{
	const struct buffer_layout *layout = &slot->buffer->layout;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE];

	slot->step = CHAIN_LENGTH;
	if (picture->hopeless) {
		return;
	}
	picture->hopeless = true;
	log_error("cannot show a picture in %s with modifier 0x%llx (%s); %s",
		format_fourcc_text(layout->fourcc, fourcc), (unsigned long long)layout->modifier,
		reason != NULL ? reason : "no way is left",
		picture->shown != NULL ? "the last one stays" : "nothing is shown");
	picture->listener->hopeless(picture->data);
}

/* Asks importers from this step on until one starts. */
static void
start_import(struct picture *picture, struct slot *slot, uint32_t step)
{
	const struct buffer_layout *layout = &slot->buffer->layout;
	const char *reason = picture->reason;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE];

	for (; step < CHAIN_LENGTH; step++) {
		const char *why = policy_refuses(picture->policy, chain[step]);
		int r = -ENOTSUP;

		if (is_ruled_out(picture->policy, chain[step])) {
			continue;
		}
		if (why == NULL) {
			r = chain[step]->create(slot->buffer, picture->sink, handle_import_changed,
				picture, &slot->import, &why);
		}
		if (r >= 0) {
			slot->step = step;
			picture->hopeless = false;
			log_info("%ux%u %s, modifier 0x%llx: %s%s%s", layout->width, layout->height,
				format_fourcc_text(layout->fourcc, fourcc),
				(unsigned long long)layout->modifier, chain[step]->name,
				picture->reason != NULL ? ", because " : "",
				picture->reason != NULL ? picture->reason : "");
			return;
		}
		if (fits_kind(chain[step], layout->kind)) {
			picture->reason = reason = why;
		} else if (reason == NULL) {
			reason = why;
		}
	}
	give_up(picture, slot, reason);
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

static struct slot *
slot_of_import(struct picture *picture, const struct import *import)
{
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		if (picture->slots[i].import == import) {
			return &picture->slots[i];
		}
	}
	return NULL;
}

/* This importer cannot do it after all: on to the next one. */
static void
fall_back(struct picture *picture, struct slot *slot, const char *reason)
{
	uint32_t next = slot->step + 1;

	log_info("%s is not possible (%s); trying the next way", chain[slot->step]->name, reason);
	picture->reason = reason;
	release_import(picture, slot);
	if (picture->shown == slot) {
		picture->shown = NULL;
	}
	start_import(picture, slot, next);
	if (slot == picture->current) {
		damage_all(picture);
	}
}

static void
handle_import_changed(void *data, struct import *import)
{
	struct picture *picture = data;
	struct slot *slot = slot_of_import(picture, import);

	if (import->state == IMPORT_FAILED) {
		/* The compositor would say the same to the next buffer of this kind. */
		picture->first_step = slot->step + 1;
		picture->first_step_for = slot->buffer->layout;
		fall_back(picture, slot, "the compositor refused the buffer");
	} else if (slot == picture->current) {
		schedule_present(picture);
	}
}

static void
present(struct picture *picture)
{
	struct slot *slot = picture->current;
	struct host_buffer *host;
	struct frame frame;
	int r;

	picture->scheduled_ns = 0;
	if (!picture->on) {
		return;
	}
	if (slot == NULL || slot->import == NULL) {
		picture->listener->skipped(picture->data);
		return;
	}
	if (slot->import->state != IMPORT_READY) {
		return;
	}
	r = slot->import->importer->update(slot->import, &picture->pending, &host, &frame.damage);
	if (r == -EBUSY) {
		damage_clear(&picture->pending);
		return;
	}
	if (r < 0) {
		fall_back(picture, slot, "its memory cannot be read");
		picture->listener->skipped(picture->data);
		return;
	}
	damage_clear(&picture->pending);
	if (damage_is_empty(&frame.damage)) {
		picture->listener->skipped(picture->data);
		return;
	}
	frame.source = picture->scanout.source;
	frame.bottom_up = picture->scanout.bottom_up;
	picture->sink->ops->present(picture->sink, host, &frame);
	picture->presented++;
	if (picture->shown != slot) {
		picture->shown = slot;
		free_forgotten(picture);
	}
}

static int
handle_present(sd_event_source *source, void *data)
{
	present(data);
	return 0;
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
	picture->policy = policy;
	picture->listener = listener;
	picture->data = data;
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
			free_slot(picture, &picture->slots[i]);
		}
	}
	sd_event_source_disable_unref(picture->present_source);
	free(picture);
}

/* A slot for the buffer: its own, a free one, or that of a buffer which is neither shown nor
 * current. */
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
		if (slot != picture->shown && slot != picture->current) {
			victim = slot;
		}
	}
	free_slot(picture, victim);
	return victim;
}

void
picture_set_scanout(struct picture *picture, const struct scanout *scanout)
{
	struct slot *slot;

	picture->on = scanout != NULL;
	if (scanout == NULL) {
		return;
	}
	picture->scanout = *scanout;
	slot = take_slot(picture, scanout->buffer);
	picture->current = slot;
	if (slot->buffer == NULL) {
		const struct buffer_layout *layout = &scanout->buffer->layout;
		if (!same_kind(layout, &picture->first_step_for)) {
			picture->first_step = 0;
			picture->reason = NULL;
		}
		slot->buffer = buffer_ref(scanout->buffer);
	}
	if (slot->import == NULL) {
		start_import(picture, slot, picture->first_step);
	}
	slot->forgotten = false;
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

void
picture_retry(struct picture *picture)
{
	picture->first_step = 0;
	picture->reason = NULL;
	for (int i = 0; i < PICTURE_MAX_IMPORTS; i++) {
		struct slot *slot = &picture->slots[i];
		if (slot->buffer != NULL && slot != picture->current) {
			free_slot(picture, slot);
		}
	}
	if (picture->current != NULL) {
		release_import(picture, picture->current);
		picture->shown = NULL;
		start_import(picture, picture->current, 0);
		damage_all(picture);
	}
}

struct picture_verdict
picture_verdict(const struct picture *picture)
{
	struct picture_verdict verdict = {
		.path = "none",
		.reason = picture->reason,
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
