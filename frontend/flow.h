#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Flow owns the answers. Until an update is answered, QEMU holds the whole GPU it came from,
 * every head of it; so each update is answered exactly once: when the sink has shown it, at the
 * deadline of that GPU's fastest visible head, at once where nobody sees it, and on every error
 * path. See ARCHITECTURE.md, "The life of a frame".
 */

/* Unanswered updates of one head; one more answers the oldest at once. QEMU has 1, in bursts more.
 */
#define FLOW_MAX_PENDING 64
/* Never hold a VM longer than this: a Linux guest gives up after 50 ms, QEMU after 1 s. */
#define FLOW_DEADLINE_NS UINT64_C(16000000)

struct flow;
struct flow_head;

typedef void (*flow_answer_fn)(void *data, uint64_t serial);

int flow_create(sd_event *event, struct flow **ret_flow);
/* All heads must be gone. NULL is fine. */
void flow_destroy(struct flow *flow);

/* gpu: heads with the same text share their deadline. Starts hidden. */
int flow_head_create(struct flow *flow, const char *gpu, flow_answer_fn answer, void *data,
	struct flow_head **ret_head);
/* Answers whatever is still open. NULL is fine. */
void flow_head_destroy(struct flow_head *head);

/* An update arrived. May call answer, for this or an older one. */
void flow_head_update(struct flow_head *head, uint64_t serial);
/* The sink showed the last frame, or will never show it: answers all. */
void flow_head_done(struct flow_head *head);
/* Hidden heads never hold anything. */
void flow_head_set_visible(struct flow_head *head, bool visible);
/* Refresh of the output that shows it, in mHz; 0: unknown. */
void flow_head_set_refresh(struct flow_head *head, uint32_t refresh_mhz);

struct flow_counts {
	uint64_t received, answered, by_deadline;
};
struct flow_counts flow_head_counts(const struct flow_head *head);
