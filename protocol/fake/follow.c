#include "follow.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "demo.h"
#include "fake-private.h"
#include "format.h"
#include "paint.h"

/* Linear memory with the rows where a driver would have them. */
static void
describe(enum buffer_kind kind, uint32_t fourcc, uint32_t width, uint32_t height,
	struct script_memory *ret_memory)
{
	uint32_t alignment = kind == BUFFER_DMABUF ? BUFFER_OFFSET_ALIGNMENT : 4;
	uint32_t size = width * format_from_fourcc(fourcc)->bytes_per_pixel;
	struct script_memory memory = {
		.layout = {
			.kind = kind,
			.width = width,
			.height = height,
			.fourcc = fourcc,
			.modifier = DRM_FORMAT_MOD_LINEAR,
			.n_planes = 1,
		},
	};

	memory.layout.planes[0].stride = (size + alignment - 1) / alignment * alignment;
	memory.size = (size_t)memory.layout.planes[0].stride * height;
	*ret_memory = memory;
}

int
follow_check(const struct script_command *command)
{
	struct script_memory description;
	struct fake_memory *memory;
	int r;

	describe(command->follow.kind, command->follow.fourcc, 1, 1, &description);
	r = fake_memory_create(&description, &memory);
	if (r >= 0) {
		fake_memory_destroy(memory);
	}
	return r;
}

/* Wakes follow_run() for the wish that is due first. */
static void
arrange(struct fake *fake)
{
	uint64_t due_ns = UINT64_MAX;

	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		const struct follow *follow = &fake->heads[i].follow;
		if (follow->wished && follow->due_ns < due_ns) {
			due_ns = follow->due_ns;
		}
	}
	if (due_ns != UINT64_MAX) {
		fake_wake_follow_at(fake, due_ns);
	}
}

void
follow_wish(struct fake *fake, struct fake_head *head, uint32_t width, uint32_t height)
{
	struct follow *follow = &head->follow;

	follow->told = true;
	follow->width = width;
	follow->height = height;
	if (!follow->on) {
		return;
	}
	/* Who wishes all the time gets something all the same. */
	if (!follow->wished) {
		follow->due_ns = clock_now_ns() + follow->delay_ns;
	}
	follow->wished = true;
	arrange(fake);
}

void
follow_begin(struct fake *fake, struct fake_head *head, const struct script_command *command)
{
	head->follow.on = true;
	head->follow.kind = command->follow.kind;
	head->follow.fourcc = command->follow.fourcc;
	head->follow.delay_ns = command->follow.delay_ms * NS_PER_MS;
	if (head->follow.told) {
		/* As a driver that is loaded only now. */
		follow_wish(fake, head, head->follow.width, head->follow.height);
	}
}

/* Destroys memory that the head has shown, once it shows something else. */
static void
forget(struct fake *fake, struct fake_head *head, struct fake_memory *memory)
{
	if (memory != NULL && !fake->destroyed) {
		fake->guest.listener->buffer_removed(fake->guest.data, &head->base, memory->buffer);
	}
	fake_memory_destroy(memory);
}

void
follow_forget(struct fake *fake, struct fake_head *head)
{
	struct fake_memory *memory = head->follow.memory;

	head->follow.memory = NULL;
	head->follow.unplugged = false;
	forget(fake, head, memory);
}

/* What `animate` is at goes on at the new size, where it was. */
static int
draw(struct fake *fake, const struct fake_head *head, struct fake_memory *memory)
{
	static const struct script_command rgba = {
		.kind = SCRIPT_DRAW,
		.draw.pattern = SCRIPT_PATTERN_RGBA,
	};
	const struct script_command *command = &fake->script->commands[fake->at];
	struct rect damage;

	if (fake->at < fake->script->n_commands && command->kind == SCRIPT_ANIMATE &&
		command->head == head->base.console && fake->frame > 0) {
		return demo_draw(memory, fake->frame - 1, fake->frame - 1, &damage);
	}
	return paint_draw(memory, &rgba);
}

static int
make(struct fake *fake, const struct fake_head *head, struct fake_memory **ret_memory)
{
	const struct follow *follow = &head->follow;
	struct script_memory description;
	struct fake_memory *memory;
	struct buffer *buffer;
	int r;

	describe(follow->kind, follow->fourcc, follow->width, follow->height, &description);
	r = fake_memory_create(&description, &memory);
	if (r < 0) {
		return r;
	}
	r = draw(fake, head, memory);
	if (r >= 0) {
		r = fake_memory_get_buffer(memory, &buffer);
	}
	if (r < 0) {
		fake_memory_destroy(memory);
		return r;
	}
	*ret_memory = memory;
	return 0;
}

static bool
has_size(const struct fake_head *head)
{
	const struct rect *source = &head->scanout.source;

	if (head->scanout.buffer == NULL) {
		return head->follow.width == 0;
	}
	return source->width == (int32_t)head->follow.width &&
	       source->height == (int32_t)head->follow.height;
}

static void
show(struct fake *fake, struct fake_head *head)
{
	struct follow *follow = &head->follow;
	struct fake_memory *previous = follow->memory, *memory = NULL;
	struct scanout scanout = {
		.source = { 0, 0, (int32_t)follow->width, (int32_t)follow->height },
	};
	bool plugged = follow->width > 0;

	if (has_size(head)) {
		follow->unplugged = !plugged;
		return;
	}
	if (plugged) {
		int r = make(fake, head, &memory);
		if (r < 0) {
			log_warning("head %u can not become %ux%u: %s; it stays as it is",
				head->base.console, follow->width, follow->height, strerror(-r));
			return;
		}
		scanout.buffer = memory->buffer;
	}
	follow->unplugged = !plugged;
	follow->memory = memory;
	fake_head_show(head, plugged ? &scanout : NULL);
	fake->guest.listener->scanout(
		fake->guest.data, &head->base, plugged ? &head->scanout : NULL);
	forget(fake, head, previous);
}

void
follow_run(struct fake *fake)
{
	uint64_t now_ns = clock_now_ns();

	for (uint32_t i = 0; i < GUEST_MAX_HEADS && !fake->destroyed; i++) {
		struct fake_head *head = &fake->heads[i];

		if (head->follow.wished && head->follow.due_ns <= now_ns) {
			head->follow.wished = false;
			show(fake, head);
			/* `frames` and `animate` rest while a head is unplugged. */
			fake_wake(fake);
		}
	}
	if (!fake->destroyed) {
		arrange(fake);
	}
}

void
follow_finish(struct fake_head *head)
{
	fake_memory_destroy(head->follow.memory);
	head->follow = (struct follow){ 0 };
}
