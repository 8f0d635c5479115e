#pragma once

#include <stdint.h>

#include "guest.h"
#include "input.h"

/*
 * What comes back from the frontend, as lines of JSON in a file, each written at once. fake.h
 * describes them.
 */
struct record {
	int fd; /* -1: nothing is recorded */
};

/* Starts the file anew. A pipe must have its reader. Returns 0 or the kernel's error. */
int record_open(struct record *record, const char *path);
void record_close(struct record *record);

/* "sync", "power", "destroy" */
void record_event(struct record *record, const char *event);
void record_answer(struct record *record, uint32_t head, uint64_t serial, uint64_t latency_ns);
/* An answer to an update that was never sent, or was answered before. */
void record_stray_answer(struct record *record, uint32_t head, uint64_t serial);
void record_set_head(struct record *record, uint32_t head, const struct head_geometry *geometry);
void record_input(struct record *record, uint32_t head, const struct input_event *event);
