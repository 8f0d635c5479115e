#include "buffer-budget.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int
buffer_budget_create(uint64_t max_bytes, struct buffer_budget **ret_budget)
{
	struct buffer_budget *budget = calloc(1, sizeof(*budget));

	if (budget == NULL) {
		return -ENOMEM;
	}
	budget->refs = 1;
	budget->max_bytes = max_bytes;
	*ret_budget = budget;
	return 0;
}

void
buffer_budget_unref(struct buffer_budget *budget)
{
	if (budget != NULL && --budget->refs == 0) {
		assert(budget->first == NULL && budget->guest_bytes == 0 && budget->n_fds == 0);
		free(budget);
	}
}

/* Whether one of the first n planes lies in this memory. */
static bool
lies_in(const struct buffer *buffer, uint32_t n, const struct fd_info *memory)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct fd_info *info = &buffer->infos[i];

		/* What the VM has enlarged meanwhile counts once more. */
		if (info->device == memory->device && info->inode == memory->inode &&
			info->size == memory->size) {
			return true;
		}
	}
	return false;
}

static bool
is_counted(const struct buffer_budget *budget, const struct fd_info *memory)
{
	for (const struct buffer *other = budget->first; other != NULL; other = other->next) {
		if (lies_in(other, other->layout.n_planes, memory)) {
			return true;
		}
	}
	return false;
}

/* Of the memory that no counted buffer lies in. Sizes may be any numbers. */
static uint64_t
own_bytes(const struct buffer_budget *budget, const struct buffer *buffer)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < buffer->layout.n_planes; i++) {
		const struct fd_info *info = &buffer->infos[i];

		if (lies_in(buffer, i, info) || is_counted(budget, info)) {
			continue;
		}
		bytes = info->size < UINT64_MAX - bytes ? bytes + info->size : UINT64_MAX;
	}
	return bytes;
}

static uint32_t
count_fds(const struct buffer *buffer)
{
	return buffer->layout.n_planes + (buffer->layout.timelines != NULL ? 2 : 0);
}

int
buffer_budget_admit(struct buffer_budget *budget, struct buffer *buffer)
{
	uint64_t bytes;

	if (budget == NULL) {
		return 0;
	}
	assert(buffer->budget == NULL && buffer->whole == NULL);
	bytes = own_bytes(budget, buffer);
	if (bytes > budget->max_bytes - budget->guest_bytes ||
		count_fds(buffer) > BUFFER_BUDGET_MAX_FDS - budget->n_fds) {
		return -EDQUOT;
	}
	budget->guest_bytes += bytes;
	budget->n_fds += count_fds(buffer);
	budget->refs++;
	buffer->budget = budget;
	buffer->next = budget->first;
	if (buffer->next != NULL) {
		buffer->next->before = buffer;
	}
	budget->first = buffer;
	return 0;
}

void
buffer_budget_forget(struct buffer *buffer)
{
	struct buffer_budget *budget = buffer->budget;

	if (budget == NULL) {
		return;
	}
	*(buffer->before != NULL ? &buffer->before->next : &budget->first) = buffer->next;
	if (buffer->next != NULL) {
		buffer->next->before = buffer->before;
	}
	buffer->budget = NULL;
	budget->guest_bytes -= own_bytes(budget, buffer);
	budget->n_fds -= count_fds(buffer);
	buffer_budget_unref(budget);
}

static struct buffer_budget *
budget_of(const struct buffer *buffer)
{
	return buffer->whole != NULL ? buffer->whole->budget : buffer->budget;
}

int
buffer_budget_take(struct buffer *buffer, uint64_t host_bytes)
{
	struct buffer_budget *budget = budget_of(buffer);

	if (budget == NULL) {
		return 0;
	}
	if (host_bytes > BUFFER_BUDGET_HOST_SHARE * budget->max_bytes - budget->host_bytes) {
		return -EDQUOT;
	}
	budget->host_bytes += host_bytes;
	return 0;
}

void
buffer_budget_give(struct buffer *buffer, uint64_t host_bytes)
{
	struct buffer_budget *budget = budget_of(buffer);

	if (budget != NULL) {
		assert(budget->host_bytes >= host_bytes);
		budget->host_bytes -= host_bytes;
	}
}
