#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "sink.h"

/*
 * What a window shows while there is no picture for it, as its monitor is off: a heading, whose
 * monitor it is and what is to be said of it, in the middle of black. A picture like any other, in
 * memory of ours and as large as the window, so that the window needs no second way. It has a
 * struct picture of its own: which way the guest's pictures take, and what is known of that, is not
 * touched. The window does not tell them apart: it counts its frames.
 */

struct deadlines;
struct off_message;
struct text_renderer;

/* Static text, of a line each. */
struct off_words {
	const char *heading, *hint;
};

/*
 * Shows it as soon as the text is drawn; without text, black at once. width, height: the window's;
 * 0 where there is none yet. All are borrowed but for the words. Returns 0 or negative errno.
 */
int off_message_create(sd_event *event, struct deadlines *deadlines, struct text_renderer *renderer,
	struct sink *sink, const struct off_words *words, const char *vm_name, const char *label,
	int32_t width, int32_t height, struct off_message **ret_message);
/* What is on screen stays until somebody else presents. NULL is fine. */
void off_message_destroy(struct off_message *message);

/* The window has this size now. */
void off_message_resize(struct off_message *message, int32_t width, int32_t height);
