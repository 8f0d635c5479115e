#include "model.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"

/* Before this nothing counts. */
#define WARM_UP_NS (1000 * NS_PER_MS)
#define FENCE_WAIT_NS (50 * NS_PER_MS)
/* Message to the viewer and what it does with it; its answer back. */
#define WIRE_NS (50 * NS_PER_US)
/* Commit to compositor, and frame callback to viewer. */
#define WAYLAND_NS (50 * NS_PER_US)
/* How long before a refresh a compositor takes what it will show. */
#define LATCH_NS (3 * NS_PER_MS)
#define QUEUE_SIZE 64
#define N_BUFFERS 2 /* of a guest that flips */

struct head;

struct command {
	struct head *head;
	uint64_t flushed; /* this frame; 0: it is rendered */
	uint64_t render_ns;
};

struct head {
	struct model *model;
	struct flow_head *flow_head;
	uint64_t refresh_ns, tick_ns, phase_ns;
	bool hidden;

	/* Frames, from 1. */
	uint64_t drawing, flushed, committed, latched, shown;
	uint64_t flush_ns[MODEL_MAX_FRAMES];
	bool waiting;  /* for the fence of the last flush */
	bool callback; /* asked for */

	uint32_t n_unanswered; /* where several may be in flight */
	bool stuck;            /* as many as may be are */

	uint64_t n_drawn, n_shown, n_refreshes;
	uint64_t start_ns, on_screen_ns; /* of the drawing that goes on */
	uint32_t n_latencies, n_blocked;
	uint64_t latencies[MODEL_MAX_SAMPLES], blocked[MODEL_MAX_SAMPLES];
};

struct model {
	struct flow_clock clock; /* first */
	const struct scenario *scenario;
	struct sim sim;
	uint32_t seed;
	uint64_t armed_ns;

	struct flow *flow;
	struct command queue[QUEUE_SIZE];
	uint32_t first, n_queued, n_unanswered;
	bool rendering;
	struct head heads[MODEL_MAX_HEADS];
};

static void start_frame(void *data, uint64_t number);
static void handle_drawn(void *data, uint64_t number);
static void handle_update(void *data, uint64_t frame);
static void work(struct model *model);

static uint64_t
get_now(struct flow_clock *clock)
{
	return ((struct model *)clock)->sim.now_ns;
}

static void
handle_timer(void *data, uint64_t number)
{
	struct model *model = data;

	if (model->armed_ns == model->sim.now_ns) {
		model->armed_ns = 0;
		flow_expire(model->flow);
	}
}

static void
arm_timer(struct flow_clock *clock, uint64_t at_ns)
{
	struct model *model = (struct model *)clock;

	model->armed_ns = at_ns > model->sim.now_ns ? at_ns : model->sim.now_ns;
	sim_at(&model->sim, model->armed_ns, handle_timer, model, 0);
}

static bool
counts(const struct model *model)
{
	return model->sim.now_ns >= WARM_UP_NS;
}

static uint64_t
render_time(struct model *model)
{
	uint64_t mean = model->scenario->render_ns;

	model->seed = model->seed * 1664525 + 1013904223;
	return mean * 3 / 4 + (uint64_t)(model->seed >> 8) * (mean / 2) / (1 << 24);
}

static void
push(struct model *model, const struct command *command)
{
	assert(model->n_queued < QUEUE_SIZE);
	model->queue[(model->first + model->n_queued++) % QUEUE_SIZE] = *command;
	work(model);
}

/* The guest may go on after a flush: the next frame, now or at its own clock's next tick. */
static void
flip_done(struct head *head)
{
	struct model *model = head->model;
	uint64_t at = model->sim.now_ns;

	if (head->tick_ns > 0) {
		uint64_t since = (at + head->tick_ns - head->phase_ns) % head->tick_ns;
		at += head->tick_ns - since;
	}
	sim_at(&model->sim, at, start_frame, head, 0);
}

static void
handle_fence_timeout(void *data, uint64_t frame)
{
	struct head *head = data;

	if (head->waiting && head->flushed == frame) {
		head->waiting = false;
		flip_done(head);
	}
}

/* What was drawn since the last look went into the buffer that an output shows. */
static void
note_overlap(struct head *head)
{
	uint64_t now = head->model->sim.now_ns;

	if (head->drawing > head->flushed && head->shown > 0 &&
		(head->drawing - head->shown) % N_BUFFERS == 0 && counts(head->model)) {
		head->on_screen_ns += now - head->start_ns;
	}
	head->start_ns = now;
}

static void
flush(struct head *head)
{
	struct model *model = head->model;
	const struct guest_model *guest = model->scenario->guest;

	if (model->n_queued == QUEUE_SIZE) {
		/* The kernel waits for room; only frames that nobody waited for can fill it. */
		sim_at(&model->sim, model->sim.now_ns + NS_PER_MS, handle_drawn, head, 0);
		return;
	}
	note_overlap(head);
	head->flushed = head->drawing;
	head->flush_ns[head->flushed % MODEL_MAX_FRAMES] = model->sim.now_ns;
	head->n_drawn += counts(model);
	head->waiting = guest->waits_fence;
	if (guest->waits_fence) {
		sim_at(&model->sim, model->sim.now_ns + FENCE_WAIT_NS, handle_fence_timeout, head,
			head->flushed);
	}
	if (guest->in_flight > 0) {
		head->n_unanswered++;
		sim_at(&model->sim, model->sim.now_ns + WIRE_NS, handle_update, head,
			head->flushed);
		if (head->n_unanswered == guest->in_flight) {
			head->stuck = true;
			return;
		}
	} else {
		push(model, &(struct command){ .head = head, .flushed = head->flushed });
	}
	if (!guest->waits_fence && guest->poll_ms == 0) {
		flip_done(head);
	}
}

static void
handle_drawn(void *data, uint64_t number)
{
	flush(data);
}

static void
start_frame(void *data, uint64_t number)
{
	struct head *head = data;
	struct model *model = head->model;
	uint64_t render = render_time(model);

	head->drawing++;
	head->start_ns = model->sim.now_ns;
	if (model->scenario->guest->renders_on_gpu) {
		push(model, &(struct command){ .head = head, .render_ns = render });
	} else {
		sim_at(&model->sim, model->sim.now_ns + render, handle_drawn, head, 0);
	}
}

/* The VMM's own clock: whatever the guest has drawn, and without waiting. */
static void
handle_poll(void *data, uint64_t number)
{
	struct head *head = data;
	struct model *model = head->model;

	head->drawing++;
	flush(head);
	sim_at(&model->sim, model->sim.now_ns + model->scenario->guest->poll_ms * NS_PER_MS,
		handle_poll, head, 0);
}

static void
handle_rendered(void *data, uint64_t number)
{
	struct head *head = data;

	head->model->rendering = false;
	flush(head);
	work(head->model);
}

/* At the compositor. */
static void
handle_commit(void *data, uint64_t frame)
{
	struct head *head = data;

	head->committed = frame;
	head->callback = true;
}

/* At the viewer: the serial is the frame's number. */
static void
handle_update(void *data, uint64_t frame)
{
	struct head *head = data;
	struct sim *sim = &head->model->sim;

	sim_at(sim, sim->now_ns + WAYLAND_NS, handle_commit, head, frame);
	flow_head_update(head->flow_head, frame);
	flow_head_committed(head->flow_head);
}

/* QEMU goes on as far as it can. */
static void
work(struct model *model)
{
	struct sim *sim = &model->sim;
	bool polls = model->scenario->guest->poll_ms > 0;

	while (model->n_queued > 0 && !model->rendering && (polls || model->n_unanswered == 0)) {
		struct command *command = &model->queue[model->first];

		model->first = (model->first + 1) % QUEUE_SIZE;
		model->n_queued--;
		if (command->flushed > 0) {
			model->n_unanswered++;
			sim_at(sim, sim->now_ns + WIRE_NS, handle_update, command->head,
				command->flushed);
		} else {
			model->rendering = true;
			sim_at(sim, sim->now_ns + command->render_ns, handle_rendered,
				command->head, 0);
		}
	}
}

/* The answer at QEMU. */
static void
handle_answered(void *data, uint64_t frame)
{
	struct head *head = data;
	struct model *model = head->model;

	if (model->scenario->guest->in_flight > 0) {
		head->n_unanswered--;
	} else {
		model->n_unanswered--;
	}
	if (head->stuck) {
		head->stuck = false;
		flip_done(head);
	}
	if (counts(model) && head->n_blocked < MODEL_MAX_SAMPLES) {
		head->blocked[head->n_blocked++] =
			model->sim.now_ns - head->flush_ns[frame % MODEL_MAX_FRAMES];
	}
	if (head->waiting && head->flushed == frame) {
		head->waiting = false;
		flip_done(head);
	}
	work(model);
}

static void
handle_answer(void *data, uint64_t frame)
{
	struct head *head = data;

	sim_at(&head->model->sim, head->model->sim.now_ns + WIRE_NS, handle_answered, head, frame);
}

static void
handle_callback(void *data, uint64_t number)
{
	struct head *head = data;

	flow_head_shown(head->flow_head);
}

static void
handle_latch(void *data, uint64_t number)
{
	struct head *head = data;
	struct sim *sim = &head->model->sim;

	head->latched = head->committed;
	if (head->callback && !head->hidden) {
		head->callback = false;
		sim_at(sim, sim->now_ns + WAYLAND_NS, handle_callback, head, 0);
	}
	sim_at(sim, sim->now_ns + head->refresh_ns, handle_latch, head, 0);
}

static void
handle_refresh(void *data, uint64_t number)
{
	struct head *head = data;
	struct model *model = head->model;
	bool is_new = head->latched != head->shown && !head->hidden;

	note_overlap(head);
	head->shown = head->latched;
	if (counts(model)) {
		head->n_refreshes++;
		head->n_shown += is_new;
		if (is_new && head->n_latencies < MODEL_MAX_SAMPLES) {
			head->latencies[head->n_latencies++] =
				model->sim.now_ns - head->flush_ns[head->shown % MODEL_MAX_FRAMES];
		}
	}
	sim_at(&model->sim, model->sim.now_ns + head->refresh_ns, handle_refresh, head, 0);
}

static void
start_head(struct model *model, uint32_t number)
{
	const struct scenario *scenario = model->scenario;
	struct head *head = &model->heads[number];
	struct sim *sim = &model->sim;
	uint64_t latch;

	head->model = model;
	head->hidden = scenario->hidden[number];
	/* No two outputs agree exactly: within 10 s they stand in every relation to each other. */
	head->refresh_ns = UINT64_C(1000000000000) /
			   (scenario->refresh_mhz[number] - 100 * scenario->output[number]);
	if (scenario->guest->vblank_mhz > 0) {
		head->tick_ns = UINT64_C(1000000000000) / scenario->guest->vblank_mhz;
		head->phase_ns = head->tick_ns * number / MODEL_MAX_HEADS;
	}
	if (flow_head_create(model->flow, "gpu", handle_answer, head, &head->flow_head) < 0) {
		abort();
	}
	flow_head_set_refresh(head->flow_head, scenario->refresh_mhz[number]);
	flow_head_set_visible(head->flow_head, !head->hidden);
	latch = head->refresh_ns / 2 < LATCH_NS ? head->refresh_ns / 2 : LATCH_NS;
	sim_at(sim, head->refresh_ns, handle_refresh, head, 0);
	sim_at(sim, head->refresh_ns - latch, handle_latch, head, 0);
	sim_at(sim, 3 * NS_PER_MS * number,
		scenario->guest->poll_ms > 0 ? handle_poll : start_frame, head, 0);
}

static int
compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static double
mean_ms(const uint64_t *samples, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += (double)samples[i];
	}
	return n > 0 ? sum / n / NS_PER_MS : 0;
}

static double
percentile_ms(uint64_t *samples, uint32_t n, uint32_t percent)
{
	qsort(samples, n, sizeof(samples[0]), compare);
	return n > 0 ? (double)samples[(n - 1) * percent / 100] / NS_PER_MS : 0;
}

static struct metrics
measure(struct head *head, uint64_t duration_ns)
{
	double seconds = (double)duration_ns / 1e9;

	return (struct metrics){
		.drawn = (double)head->n_drawn / seconds,
		.shown = (double)head->n_shown / seconds,
		.lost = ((double)head->n_drawn - (double)head->n_shown) / seconds,
		.repeated = (double)(head->n_refreshes - head->n_shown) / seconds,
		.latency_ms = mean_ms(head->latencies, head->n_latencies),
		.latency_p95_ms = percentile_ms(head->latencies, head->n_latencies, 95),
		.blocked_ms = mean_ms(head->blocked, head->n_blocked),
		.blocked_p99_ms = percentile_ms(head->blocked, head->n_blocked, 99),
		.on_screen_ms = head->n_drawn > 0 ? (double)head->on_screen_ns /
							    (double)head->n_drawn / NS_PER_MS
						  : 0,
	};
}

void
model_run(const struct scenario *scenario, const struct flow_policy *policy, uint64_t duration_ns,
	struct metrics heads[MODEL_MAX_HEADS])
{
	struct model *model = calloc(1, sizeof(*model));

	if (model == NULL) {
		abort();
	}
	model->clock = (struct flow_clock){ .now_ns = get_now, .arm = arm_timer };
	model->scenario = scenario;
	model->seed = 1;
	if (flow_create(&model->clock, policy, &model->flow) < 0) {
		abort();
	}
	for (uint32_t i = 0; i < scenario->n_heads; i++) {
		start_head(model, i);
	}
	sim_run(&model->sim, WARM_UP_NS + duration_ns);
	for (uint32_t i = 0; i < scenario->n_heads; i++) {
		heads[i] = measure(&model->heads[i], duration_ns);
	}
	flow_destroy(model->flow);
	free(model);
}
