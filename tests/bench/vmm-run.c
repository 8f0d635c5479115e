#include "vmm-run.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define NS_PER_SECOND (US_PER_S * NS_PER_US)

static void
finish_run(struct vmm_run *run)
{
	uint64_t now = clock_now_ns(), n_answered = 0;
	FILE *file = fopen(run->path, "we");

	if (file == NULL ||
		fwrite(run->records, sizeof(struct record), run->n_records, file) !=
			run->n_records ||
		fclose(file) != 0) {
		err(1, "%s", run->path);
	}
	for (uint64_t i = 0; i < run->n_records; i++) {
		n_answered += run->records[i].answered_ns != 0;
	}
	printf("{\"frames\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"skipped\":%" PRIu64
	       ",\"seconds\":%.6f}\n",
		run->n_records, n_answered, run->n_skipped,
		(double)(now - run->start_ns) / NS_PER_SECOND);
	free(run->records);
	run->records = NULL;
	run->count = 0;
	sd_event_source_set_enabled(run->ticks, SD_EVENT_OFF);
}

static bool
is_complete(const struct vmm_run *run)
{
	for (uint32_t i = 0; i < run->n_heads; i++) {
		if (run->n_sent[i] < run->count || run->heads[i].n_unanswered > 0) {
			return false;
		}
	}
	return true;
}

static void
draw(struct vmm_run *run, uint32_t number)
{
	struct vmm_head *head = &run->heads[number];
	struct record *record;

	if (run->n_sent[number] == run->count) {
		return;
	}
	if (head->n_unanswered > 0) {
		run->n_skipped++;
		return;
	}
	run->n_sent[number]++;
	record = &run->records[run->n_records++];
	record->head = number;
	record->sent_ns = clock_now_ns();
	vmm_head_frame(head, run->kind);
	record->inode = head->buffers[head->shown].inode;
	run->last_of[number] = record;
}

static uint64_t
due_ns(const struct vmm_run *run)
{
	uint64_t steps_per_s = run->rate * (run->spread ? run->n_heads : 1);

	return run->start_ns + run->step * NS_PER_SECOND / steps_per_s;
}

static int
handle_tick(sd_event_source *source, uint64_t usec, void *data)
{
	struct vmm_run *run = data;
	uint64_t now = clock_now_ns();

	if (is_complete(run)) {
		finish_run(run);
		return 0;
	}
	while (due_ns(run) <= now) {
		if (run->spread) {
			draw(run, (uint32_t)(run->step % run->n_heads));
		}
		for (uint32_t i = 0; !run->spread && i < run->n_heads; i++) {
			draw(run, i);
		}
		run->step++;
	}
	/* Rounded up: it goes off when it is due. */
	sd_event_source_set_time(source, due_ns(run) / NS_PER_US + 1);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

void
vmm_run_init(struct vmm_run *run, sd_event *event, struct vmm_head *heads, uint32_t n_heads)
{
	run->heads = heads;
	run->n_heads = n_heads;
	/* 0 would mean sd-event's default accuracy, a quarter of a second. */
	if (sd_event_add_time(event, &run->ticks, CLOCK_MONOTONIC, 0, 1, handle_tick, run) < 0 ||
		sd_event_source_set_enabled(run->ticks, SD_EVENT_OFF) < 0) {
		errx(1, "no memory");
	}
}

void
vmm_run_start(struct vmm_run *run, const char *line)
{
	static const char *const kinds[] = { "update", "flip", "mode" };
	char kind[8], order[8];
	size_t size;

	run->kind = 0;
	if (run->count > 0 ||
		sscanf(line, "%7s %" SCNu64 " %" SCNu64 " %7s %255s", kind, &run->count, &run->rate,
			order, run->path) != 5 ||
		run->count == 0 || (run->rate == 0 && run->heads[0].memory == MEMORY_MAP)) {
		errx(2, "not now, or not so: %s", line);
	}
	while (strcmp(kinds[run->kind], kind) != 0) {
		if (++run->kind > FRAME_MODE) {
			errx(2, "no such kind: %s", kind);
		}
	}
	run->spread = strcmp(order, "spread") == 0;
	size = run->count * run->n_heads * sizeof(struct record);
	run->records = malloc(size);
	if (run->records == NULL) {
		err(1, "records");
	}
	/* Unlike memset, never left out: its pages come now, not while time is taken. */
	explicit_bzero(run->records, size);
	memset(run->n_sent, 0, sizeof(run->n_sent));
	memset(run->last_of, 0, sizeof(run->last_of));
	run->n_records = run->n_skipped = run->step = 0;
	run->start_ns = clock_now_ns();
	if (run->rate > 0) {
		sd_event_source_set_time(run->ticks, 0);
		sd_event_source_set_enabled(run->ticks, SD_EVENT_ONESHOT);
		return;
	}
	for (uint32_t i = 0; i < run->n_heads; i++) {
		draw(run, i);
	}
}

void
vmm_run_answered(struct vmm_run *run, uint32_t number)
{
	if (run->last_of[number] == NULL) {
		return;
	}
	run->last_of[number]->answered_ns = clock_now_ns();
	run->last_of[number] = NULL;
	if (run->rate == 0) {
		draw(run, number);
		if (is_complete(run)) {
			finish_run(run);
		}
	}
}
