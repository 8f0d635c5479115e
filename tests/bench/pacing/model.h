#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"
#include "sim.h"

/*
 * A guest, its QEMU, the viewer and the host's outputs, as far as pacing goes; the answers are
 * those of the real flow.
 *
 * QEMU works off one queue per GPU. A flush becomes an update for the viewer, and nothing more is
 * taken from the queue until the answer. The viewer commits at once. An output latches what was
 * committed a little before each of its refreshes, sends the frame callbacks then, and shows it at
 * the refresh.
 */

#define MODEL_MAX_HEADS 4
#define MODEL_MAX_FRAMES 256
#define MODEL_MAX_SAMPLES 32768

struct guest_model {
	const char *name;
	bool waits_fence;    /* the kernel waits for the answer, 50 ms at most */
	uint32_t in_flight;  /* updates that may be unanswered, on a VMM without a queue; 0: QEMU */
	bool renders_on_gpu; /* rendering goes through QEMU's queue, and stands still with it */
	uint32_t vblank_mhz; /* the next frame starts at a tick of this; 0: at once */
	uint32_t poll_ms;    /* QEMU looks for itself, and waits for nobody; 0: it does not */
};

struct scenario {
	const struct guest_model *guest;
	uint64_t render_ns; /* mean; one frame takes up to a quarter more or less */
	uint32_t n_heads;
	uint32_t refresh_mhz[MODEL_MAX_HEADS]; /* of the output of each head */
	uint32_t output[MODEL_MAX_HEADS];      /* which one that is; heads may share it */
	bool hidden[MODEL_MAX_HEADS];
};

/* Per head, and second where it is a rate. */
#define METRICS_SIZE (sizeof(struct metrics) / sizeof(double))
struct metrics {
	double drawn;                      /* frames that the guest flushed */
	double shown;                      /* frames that a refresh showed first */
	double lost;                       /* frames that no refresh showed */
	double repeated;                   /* refreshes that showed an old frame */
	double latency_ms, latency_p95_ms; /* guest's flush to refresh */
	double blocked_ms, blocked_p99_ms; /* guest's flush to QEMU's going on */
	double on_screen_ms; /* of drawing a frame: into what an output still showed */
};

/* heads: metrics of each. */
void model_run(const struct scenario *scenario, const struct flow_policy *policy,
	uint64_t duration_ns, struct metrics heads[MODEL_MAX_HEADS]);
