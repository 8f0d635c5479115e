#include "observers.h"

#include <stddef.h>

void
observers_add(struct observers *observers, struct observer *observer)
{
	observer->next = observers->first;
	observers->first = observer;
}

void
observers_remove(struct observers *observers, struct observer *observer)
{
	for (struct observer **link = &observers->first; *link != NULL; link = &(*link)->next) {
		if (*link == observer) {
			*link = observer->next;
			return;
		}
	}
}

void
observers_tell_synced(struct observers *observers)
{
	observers->synced = true;
	for (struct observer *o = observers->first; o != NULL; o = o->next) {
		if (o->listener->synced != NULL) {
			o->listener->synced(o->data);
		}
	}
}

void
observers_unsync(struct observers *observers)
{
	observers->synced = false;
}

void
observers_tell_change(struct observers *observers, const struct view *view)
{
	for (struct observer *o = observers->first; o != NULL; o = o->next) {
		if (o->listener->changed != NULL) {
			o->listener->changed(o->data, view);
		}
	}
}

void
observers_tell_removed(struct observers *observers, const struct view *view)
{
	for (struct observer *o = observers->first; o != NULL; o = o->next) {
		if (o->listener->removed != NULL) {
			o->listener->removed(o->data, view);
		}
	}
}

void
observers_tell_power_done(struct observers *observers, int error)
{
	for (struct observer *o = observers->first; o != NULL; o = o->next) {
		if (o->listener->power_done != NULL) {
			o->listener->power_done(o->data, error);
		}
	}
}
