#pragma once

#include <systemd/sd-event.h>

#include "text/text-module.h"

/*
 * Draws text off the event loop: finding fonts may take hundreds of milliseconds. The process that
 * draws is started for the first text.
 */

struct text_renderer;
struct text_job;

/*
 * From the event loop, once per job, which is over then. error: 0; -ENOSPC, there was no room; or
 * another negative errno, logged once, because of which there is no text at all. The picture is
 * lent for the call; NULL with an error.
 */
typedef void (*text_done_fn)(void *data, int error, const struct text_picture *picture);

/* Cheap: nothing is loaded, no thread started. */
int text_renderer_create(sd_event *event, struct text_renderer **ret_renderer);
/* Waits for what is being drawn. Jobs must be over or cancelled. NULL is fine. */
void text_renderer_destroy(struct text_renderer *renderer);

/* The request is copied. Jobs are drawn one after the other. Returns 0, or
 * negative errno when no thread can be had. */
int text_renderer_draw(struct text_renderer *renderer, const struct text_request *request,
	text_done_fn done, void *data, struct text_job **ret_job);
/* done is not called; waits for nothing. Only for a job that is not over. NULL is fine. */
void text_job_cancel(struct text_job *job);
