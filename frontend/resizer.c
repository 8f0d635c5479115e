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

static bool
is_told(const struct resizer *resizer, int32_t width, int32_t height)
{
	return resizer->told_width == width && resizer->told_height == height;
}

/* The picture has the size that was told. */
static bool
is_done(const struct resizer *resizer)
{
	return is_told(resizer, resizer->picture_width, resizer->picture_height);
}

static void
wait_for_picture(struct resizer *resizer)
{
	enter(resizer, RESIZER_WAITING, clock_now_ns() + RESIZER_PATIENCE_NS);
}

static void
tell(struct resizer *resizer)
{
	bool is_news = !is_told(resizer, resizer->wanted_width, resizer->wanted_height);

	wait_for_picture(resizer);
	if (is_news) {
		resizer->told_width = resizer->wanted_width;
		resizer->told_height = resizer->wanted_height;
		resizer->noticed = false;
		resizer->listener->tell(resizer->data, resizer->told_width, resizer->told_height);
	}
}

static void
end_wait(struct resizer *resizer)
{
	go_idle(resizer);
	if (is_done(resizer)) {
		/* Maybe all along: it was told another size for a moment only. */
		if (!resizer->differs) {
			return;
		}
	} else if (resizer->on && !resizer->noticed && resizer->n_strikes < RESIZER_MAX_STRIKES) {
		resizer->n_strikes++;
	}
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
		end_wait(resizer);
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

void
resizer_want(struct resizer *resizer, int32_t width, int32_t height, bool at_once)
{
	uint64_t at_ns = at_once ? DEADLINE_NOW : clock_now_ns() + RESIZER_REST_NS;
	int32_t window_width = width, window_height = height;

	width = resizer_limit_width(width, resizer->even);
	height = resizer_limit_height(height);
	resizer->differs = width != window_width || height != window_height;
	if (resizer->state != RESIZER_IDLE && width == resizer->wanted_width &&
		height == resizer->wanted_height) {
		if (resizer->state == RESIZER_RESTING && at_once) {
			deadline_set(&resizer->deadline, at_ns);
		}
		return;
	}
	resizer->wanted_width = width;
	resizer->wanted_height = height;
	if (!is_told(resizer, width, height)) {
		enter(resizer, RESIZER_RESTING, at_ns);
	} else if (resizer->state == RESIZER_RESTING) {
		/* Back at what it is to have anyway: it may be on its way there. */
		if (is_done(resizer)) {
			go_idle(resizer);
		} else {
			wait_for_picture(resizer);
		}
	}
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

	resizer->on = width != 0;
	if (!resizer->on) {
		/* On the way to another mode or for good: no answer in either case. */
		return;
	}
	resizer->picture_width = width;
	resizer->picture_height = height;
	if (is_done(resizer)) {
		resizer->n_strikes = 0;
	}
	if (resizer->state != RESIZER_WAITING) {
		return;
	}
	if (is_done(resizer) && !resizer->differs) {
		go_idle(resizer);
	} else if (moved) {
		/* On its way, or as near as it gets. */
		resizer->noticed = true;
		resizer->n_strikes = 0;
		deadline_set(&resizer->deadline, clock_now_ns() + RESIZER_SETTLE_NS);
	}
}

void
resizer_note_told(struct resizer *resizer, int32_t width, int32_t height)
{
	resizer->told_width = width;
	resizer->told_height = height;
	if (width == 0) {
		go_idle(resizer);
	}
}

void
resizer_forget(struct resizer *resizer)
{
	go_idle(resizer);
	resizer->n_strikes = 0;
	resizer->noticed = false;
	/* What its picture has, and what is wanted, come again. */
	resizer->picture_width = resizer->picture_height = 0;
	resizer->on = false;
}

int32_t
resizer_limit_height(int32_t height)
{
	if (height < RESIZER_MIN_SIZE) {
		return RESIZER_MIN_SIZE;
	}
	return height < RESIZER_MAX_SIZE ? height : RESIZER_MAX_SIZE;
}

int32_t
resizer_limit_width(int32_t width, bool even)
{
	return resizer_limit_height(even ? width - width % 2 : width);
}

bool
resizer_is_ignored(const struct resizer *resizer)
{
	return resizer->n_strikes >= RESIZER_MAX_STRIKES;
}
