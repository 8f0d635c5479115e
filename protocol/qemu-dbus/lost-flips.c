#include "qemu-dbus/lost-flips.h"

#include "base/log.h"
#include "qemu-dbus/hint.h"

void
lost_flips_scanout(struct lost_flips *flips)
{
	flips->disabled = false;
	flips->n_lost = 0;
}

void
lost_flips_disable(struct lost_flips *flips)
{
	flips->disabled = true;
}

bool
lost_flips_update(struct lost_flips *flips, uint32_t console, uint32_t *n_complaints)
{
	if (!flips->disabled || flips->n_lost == LOST_FLIPS_MAX) {
		return false;
	}
	flips->disabled = false;
	if (++flips->n_lost < LOST_FLIPS_MAX) {
		return false;
	}
	if (!flips->logged) {
		flips->logged = true;
		log_limited(LOG_LEVEL_WARNING, n_complaints,
			"console %u: its picture stands still: " HINT_LOST_FLIPS, console);
	}
	return true;
}
