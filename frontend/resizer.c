#include "resizer.h"

#include "base/clock.h"

static void
enter(struct resizer *resizer, enum resizer_state next, uint64_t at_ns)
{
	resizer->state = next;
	deadline_set(&resizer->deadline, at_ns);
}

static void
go_idle(struct resizer *resizer)
{
	enter(resizer, RESIZER_IDLE, DEADLINE_NEVER);
}

static void
tell(struct resizer *resizer)
{
	resizer->told_width = resizer->wanted_width;
	resizer->told_height = resizer->wanted_height;
	enter(resizer, RESIZER_WAITING, clock_now_ns() + RESIZER_PATIENCE_NS);
	resizer->listener->tell(resizer->data, resizer->told_width, resizer->told_height);
}

static void
give_up(struct resizer *resizer)
{
	if (resizer->n_strikes < RESIZER_MAX_STRIKES) {
		resizer->n_strikes++;
	}
	go_idle(resizer);
	resizer->listener->give_up(resizer->data);
}

static void
handle_deadline(void *data)
{
	struct resizer *resizer = data;

	switch (resizer->state) {
	case RESIZER_RESTING:
		tell(resizer);
		break;
	case RESIZER_WAITING:
		give_up(resizer);
		break;
	case RESIZER_IDLE:
		break;
	}
}

void
resizer_init(struct resizer *resizer, struct deadlines *deadlines, bool even,
	const struct resizer_listener *listener, void *data)
{
	*resizer = (struct resizer){ .listener = listener, .data = data, .even = even };
	deadline_init(&resizer->deadline, deadlines, handle_deadline, resizer);
}

void
resizer_finish(struct resizer *resizer)
{
	deadline_finish(&resizer->deadline);
}

static bool
is_told(const struct resizer *resizer, int32_t width, int32_t height)
{
	return resizer->told_width == width && resizer->told_height == height;
}

void
resizer_want(struct resizer *resizer, int32_t width, int32_t height, bool at_once)
{
	uint64_t at_ns = at_once ? DEADLINE_NOW : clock_now_ns() + RESIZER_REST_NS;

	if (resizer->even) {
		width -= width % 2;
	}
	width = width < RESIZER_MIN_SIZE ? RESIZER_MIN_SIZE : width;
	height = height < RESIZER_MIN_SIZE ? RESIZER_MIN_SIZE : height;
	if (resizer->state != RESIZER_IDLE && width == resizer->wanted_width &&
		height == resizer->wanted_height) {
		return;
	}
	resizer->wanted_width = width;
	resizer->wanted_height = height;
	if (is_told(resizer, width, height)) {
		/* Back at what it is to have anyway: it may be on its way there. */
		if (resizer->state == RESIZER_RESTING) {
			enter(resizer, RESIZER_WAITING, clock_now_ns() + RESIZER_PATIENCE_NS);
		}
		return;
	}
	enter(resizer, RESIZER_RESTING, at_ns);
}

void
resizer_want_nothing(struct resizer *resizer)
{
	if (resizer->state == RESIZER_RESTING) {
		go_idle(resizer);
	}
}

void
resizer_handle_picture(struct resizer *resizer, int32_t width, int32_t height)
{
	bool moved = width != resizer->picture_width || height != resizer->picture_height;

	resizer->picture_width = width;
	resizer->picture_height = height;
	if (width == 0 || !moved) {
		return;
	}
	if (is_told(resizer, width, height)) {
		resizer->n_strikes = 0;
		if (resizer->state == RESIZER_WAITING) {
			go_idle(resizer);
		}
	} else if (resizer->state == RESIZER_WAITING) {
		/* On its way, or as near as it gets. */
		resizer->n_strikes = 0;
		deadline_set(&resizer->deadline, clock_now_ns() + RESIZER_SETTLE_NS);
	}
}

void
resizer_note_told(struct resizer *resizer, int32_t width, int32_t height)
{
	resizer->told_width = width;
	resizer->told_height = height;
}

bool
resizer_is_ignored(const struct resizer *resizer)
{
	return resizer->n_strikes >= RESIZER_MAX_STRIKES;
}
