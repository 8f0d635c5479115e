#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "vmm-head.h"

/* So many frames of each head, at a precise rate, and what became of each. */

#define MAX_HEADS 16

struct record {
	uint64_t sent_ns, answered_ns; /* 0: not answered */
	uint64_t inode;                /* of the buffer that is shown */
	uint32_t head, padding;
};

struct vmm_run {
	sd_event_source *ticks;
	struct vmm_head *heads;
	uint32_t n_heads;

	uint64_t count; /* of each head; 0: nothing runs */
	enum frame_kind kind;
	uint64_t rate; /* Hz; 0: each as soon as the one before was answered */
	bool spread;   /* the heads one after another, not all at once */
	uint64_t step, start_ns;
	uint64_t n_sent[MAX_HEADS], n_skipped;
	struct record *records, *last_of[MAX_HEADS];
	uint64_t n_records;
	char path[256];
};

void vmm_run_init(struct vmm_run *run, sd_event *event, struct vmm_head *heads, uint32_t n_heads);
/* As the line says (vmm.c); ends the program when it makes no sense. */
void vmm_run_start(struct vmm_run *run, const char *line);
/* The head has the answers to all that it sent. */
void vmm_run_answered(struct vmm_run *run, uint32_t number);
