#include "way.h"

#include "base/log.h"
#include "format.h"

static void
release(struct way *way, struct import **import)
{
	if (*import != NULL) {
		way->chain->copied_bytes += (*import)->copied_bytes;
		(*import)->importer->destroy(*import);
		*import = NULL;
	}
}

static void
log_way(const struct way *way)
{
	const struct buffer_layout *layout = &way->buffer->layout;
	const char *reason = way->chain->reason;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE];

	if (log_may_repeat(LOG_LEVEL_INFO, &way->chain->n_news)) {
		log_info("%ux%u %s, modifier 0x%llx: %s%s%s", layout->width, layout->height,
			format_fourcc_text(layout->fourcc, fourcc),
			(unsigned long long)layout->modifier, chain_link_name(way->link),
			reason != NULL ? ", because " : "", reason != NULL ? reason : "");
	}
}

static void
give_up(struct way *way, const char *why)
{
	struct chain *chain = way->chain;
	const struct buffer_layout *layout = &way->buffer->layout;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE];

	way->link = chain_length;
	if (chain->hopeless) {
		return;
	}
	chain->hopeless = true;
	if (log_may_repeat(LOG_LEVEL_ERROR, &chain->n_problems)) {
		log_error("cannot show a picture in %s with modifier 0x%llx (%s); the one before "
			  "stays",
			format_fourcc_text(layout->fourcc, fourcc),
			(unsigned long long)layout->modifier, why);
	}
	chain->listener->hopeless(chain->data);
}

/* Asks importers from this one on until one starts. */
static void
start_import(struct way *way, uint32_t from)
{
	const char *why;
	int r = chain_start(way->chain, way->part, from, chain_length, &way->import, &why);

	if (r < 0) {
		give_up(way, why);
		return;
	}
	way->link = (uint32_t)r;
	way->chain->hopeless = false;
	log_way(way);
}

/* Asks only those that are better than what is there. */
static void
start_better(struct way *way, uint32_t from)
{
	const char *why;
	int r = chain_start(way->chain, way->part, from, way->link, &way->better, &why);

	if (r >= 0) {
		way->better_link = (uint32_t)r;
	}
}

void
way_start(struct way *way, struct chain *chain, struct buffer *buffer, const struct rect *source)
{
	*way = (struct way){ .chain = chain, .buffer = buffer_ref(buffer) };
	/* A buffer of its own is taken and scanned out by more compositors than a part of one. */
	if (buffer_create_part(buffer, source, &way->part) >= 0) {
		way->area = *source;
	} else {
		way->part = buffer_ref(buffer);
		way->area.width = (int32_t)buffer->layout.width;
		way->area.height = (int32_t)buffer->layout.height;
	}
	start_import(way, chain_first(chain, &buffer->layout));
}

void
way_finish(struct way *way)
{
	release(way, &way->better);
	release(way, &way->import);
	buffer_unref(way->part);
	buffer_unref(way->buffer);
	*way = (struct way){ 0 };
}

bool
way_fits(const struct way *way, const struct buffer *buffer, const struct rect *source)
{
	return way->buffer == buffer && (way->part == buffer || rect_equal(&way->area, source));
}

bool
way_is_ready(const struct way *way)
{
	return way->import != NULL && way->import->state == IMPORT_READY;
}

bool
way_has_timelines(const struct way *way)
{
	return way->import != NULL && way->import->has_timelines;
}

static void
shift(struct rect *rect, int32_t x, int32_t y)
{
	rect->x += x;
	rect->y += y;
}

int
way_update(struct way *way, struct frame *frame, struct host_buffer **ret_host)
{
	struct damage damage = frame->damage;

	for (uint32_t i = 0; i < damage.n_rects; i++) {
		shift(&damage.rects[i], -way->area.x, -way->area.y);
	}
	shift(&frame->source, -way->area.x, -way->area.y);
	return way->import->importer->update(way->import, &damage, ret_host, &frame->damage);
}

void
way_fall_back(struct way *way, const char *reason)
{
	uint32_t next = way->link + 1;

	if (log_may_repeat(LOG_LEVEL_INFO, &way->chain->n_news)) {
		log_info("%s is not possible (%s); trying the next way", chain_link_name(way->link),
			reason);
	}
	way->chain->reason = reason;
	release(way, &way->import);
	start_import(way, next);
}

static enum way_news
handle_better_changed(struct way *way)
{
	if (way->better->state == IMPORT_FAILED) {
		chain_refuse(way->chain, way->better_link, &way->buffer->layout);
		way->chain->reason = way->better->reason;
		release(way, &way->better);
		start_better(way, way->better_link + 1);
		return WAY_UNCHANGED;
	}
	release(way, &way->import);
	way->import = way->better;
	way->link = way->better_link;
	way->better = NULL;
	way->chain->hopeless = false;
	log_way(way);
	return WAY_REPLACED;
}

enum way_news
way_handle_import_changed(struct way *way, const struct import *import)
{
	if (import == way->better) {
		return handle_better_changed(way);
	}
	if (import->state == IMPORT_FAILED) {
		/* The next buffer would fare no better. */
		chain_refuse(way->chain, way->link, &way->buffer->layout);
		way_fall_back(way, import->reason);
		return WAY_REPLACED;
	}
	return WAY_READY;
}

/* It was made for another size of the window. */
static bool
is_of_another_size(const struct way *way)
{
	uint32_t enlarged = way->import->enlarged;

	return enlarged > 1 && enlarged != way->chain->sink->enlarge;
}

enum way_news
way_retry(struct way *way)
{
	if (way->import != NULL &&
		(!chain_allows(way->chain, way->link) || is_of_another_size(way))) {
		release(way, &way->better);
		release(way, &way->import);
	}
	if (way->import == NULL) {
		start_import(way, 0);
		return WAY_REPLACED;
	}
	if (way->better == NULL) {
		start_better(way, 0);
	}
	return WAY_UNCHANGED;
}
