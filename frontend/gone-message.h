#pragma once

#include <systemd/sd-event.h>

/*
 * What is over a window's last picture while its VM is gone: the picture is dimmed, and words in
 * its middle say what has become of the VM. It is neither read nor replaced, so that any picture
 * can be dimmed, and the window be resized meanwhile.
 */

struct gone_message;
struct text_renderer;
struct window;

/* All are borrowed. Returns 0 or negative errno. */
int gone_message_create(sd_event *event, struct text_renderer *renderer, struct window *window,
	const char *heading, const char *hint, struct gone_message **ret_message);
/* The picture is as it is from now on. NULL is fine. */
void gone_message_destroy(struct gone_message *message);

/* The window is there, or has another size. */
void gone_message_refresh(struct gone_message *message);
