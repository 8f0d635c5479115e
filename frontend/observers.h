#pragma once

#include <stdbool.h>

struct view;

/* Those who want to know what becomes of the VM's monitors, besides the windows. */

/* From the event loop. None of these may add or remove an observer. Each may be NULL. */
struct observer_listener {
	/* The VM has said all that it had to say when it was attached to. */
	void (*synced)(void *data);
	/* It shows another scanout, or new content. */
	void (*changed)(void *data, const struct view *view);
	/* Its monitor is about to go, and with it the view. */
	void (*removed)(void *data, const struct view *view);
	/* As guest_listener.power_done. */
	void (*power_done)(void *data, int error);
};

/* Zero-initialise but for listener and data. */
struct observer {
	const struct observer_listener *listener;
	void *data;
	struct observer *next;
};

struct observers {
	struct observer *first;
	bool synced; /* from then on, until the VM is gone */
};

void observers_add(struct observers *observers, struct observer *observer);
/* Nothing for one that is not among them. */
void observers_remove(struct observers *observers, struct observer *observer);

void observers_tell_synced(struct observers *observers);
/* The VM is gone: synced comes once more when it is back. */
void observers_unsync(struct observers *observers);
void observers_tell_change(struct observers *observers, const struct view *view);
void observers_tell_removed(struct observers *observers, const struct view *view);
void observers_tell_power_done(struct observers *observers, int error);
