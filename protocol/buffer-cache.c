#include "buffer-cache.h"

#include <string.h>

#include "base/log.h"
#include "buffer-budget.h"

static void
cache_remove(struct buffer_cache *cache, uint32_t index)
{
	struct buffer *buffer = cache->buffers[index];

	if (cache->removed != NULL) {
		cache->removed(cache->data, buffer);
	}
	cache->n_buffers--;
	memmove(&cache->buffers[index], &cache->buffers[index + 1],
		(cache->n_buffers - index) * sizeof(cache->buffers[0]));
	buffer_unref(buffer);
}

static void
cache_push_front(struct buffer_cache *cache, struct buffer *buffer)
{
	memmove(&cache->buffers[1], &cache->buffers[0],
		cache->n_buffers * sizeof(cache->buffers[0]));
	cache->buffers[0] = buffer;
	cache->n_buffers++;
}

/* NULL when it is none of them. */
static struct buffer *
cache_find(struct buffer_cache *cache, const struct buffer_layout *layout)
{
	struct fd_info infos[BUFFER_MAX_PLANES];

	if (cache->n_buffers == 0 || buffer_identify(layout, infos) < 0) {
		return NULL;
	}
	for (uint32_t i = 0; i < cache->n_buffers; i++) {
		struct buffer *buffer = cache->buffers[i];
		if (buffer_is(buffer, layout, infos)) {
			memmove(&cache->buffers[1], &cache->buffers[0],
				i * sizeof(cache->buffers[0]));
			cache->buffers[0] = buffer;
			return buffer;
		}
	}
	return NULL;
}

static bool
is_another_mode(const struct buffer_layout *a, const struct buffer_layout *b)
{
	return a->width != b->width || a->height != b->height || a->fourcc != b->fourcc ||
	       a->kind != b->kind;
}

/* A VM that wraps the same memory anew for every picture costs the compositor an import each. */
static void
count_miss(struct buffer_cache *cache)
{
	if (++cache->n_misses > BUFFER_CACHE_MAX && !cache->complained) {
		cache->complained = true;
		if (cache->n_complaints != NULL &&
			!log_may_repeat(LOG_LEVEL_WARNING, cache->n_complaints)) {
			return;
		}
		log_warning("the VM has shown new memory in each of the last %u pictures: that "
			    "costs the host an import per picture",
			cache->n_misses);
	}
}

int
buffer_cache_get(
	struct buffer_cache *cache, const struct buffer_layout *layout, struct buffer **ret_buffer)
{
	struct buffer *buffer = cache_find(cache, layout);
	int r;

	if (buffer != NULL) {
		cache->n_misses = 0;
		*ret_buffer = buffer;
		return 0;
	}
	r = buffer_create(layout, &buffer);
	if (r < 0) {
		return r;
	}
	r = buffer_budget_admit(cache->budget, buffer);
	if (r < 0) {
		buffer_unref(buffer);
		return r;
	}
	if (cache->n_buffers > 0 && is_another_mode(&cache->buffers[0]->layout, layout)) {
		cache->n_misses = 0;
		buffer_cache_clear(cache);
	} else if (cache->n_buffers == BUFFER_CACHE_MAX) {
		cache_remove(cache, BUFFER_CACHE_MAX - 1);
	}
	count_miss(cache);
	cache_push_front(cache, buffer);
	*ret_buffer = buffer;
	return 0;
}

void
buffer_cache_clear(struct buffer_cache *cache)
{
	while (cache->n_buffers > 0) {
		cache_remove(cache, cache->n_buffers - 1);
	}
}
