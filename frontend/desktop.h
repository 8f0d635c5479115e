#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "picture.h"
#include "view-list.h"
#include "wayland/display.h"

/*
 * The user's desktop as the app has it: the connection to the compositor, and a window for each
 * head that is to have one. A compositor that goes away is waited for; the VM notices nothing.
 */

struct deadlines;
struct desktop;
struct monitors;

struct desktop_listener {
	/* The compositor does not come back, or we cannot live with it; logged. */
	void (*lost)(void *data);
};

/*
 * Connects (blocking: before attaching). A compositor that goes away later is waited for timeout_s,
 * asked at growing intervals. options, views, monitors, which say who gets a window, and
 * policy are borrowed for the desktop's life; it tightens the policy when the compositor ends the
 * connection over what it was sent. Returns 0, or negative errno, logged: there is no compositor
 * that will do.
 */
int desktop_create(sd_event *event, struct deadlines *deadlines,
	const struct display_options *options, uint32_t timeout_s, const struct view_list *views,
	struct monitors *monitors, struct picture_policy *policy,
	const struct desktop_listener *listener, void *data, struct desktop **ret_desktop);
/* Title bars by a library in this process, which reads files for them. */
bool desktop_draws_decorations(const struct desktop *desktop);
/* The views must be hidden or gone. NULL is fine. */
void desktop_destroy(struct desktop *desktop);

/* For titles. */
void desktop_set_vm_name(struct desktop *desktop, const char *name);
/* The VM has said what it shows: when no head is on, one is shown all the same. */
void desktop_set_synced(struct desktop *desktop);

/*
 * After views came, went, or changed between on and off: opens windows at once. A head that goes
 * off keeps its last picture for DESKTOP_HOLD_NS; then its window goes, or says that it is off.
 */
void desktop_arrange(struct desktop *desktop);

/*
 * Guests switch modes and load drivers, and VMMs show placeholders in between. Most are through
 * within a second; a monitor of one's own stays dark about as long.
 */
#define DESKTOP_HOLD_NS UINT64_C(1000000000)
