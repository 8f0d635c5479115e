#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rect.h"
#include "cursor.h"
#include "input.h"
#include "scanout.h"

/*
 * The seam between the two halves: a VM as the frontend sees it, and what a VMM adapter
 * (qemu-dbus, fake) implements. The model is the rich one, buffers with identity and several
 * updates in flight; QEMU is the case of one update in flight.
 *
 * Rules. Listener calls come from the event loop, never from inside an operation. destroy is
 * legal inside any callback, and nothing is called after it. Nothing blocks. Bytes from the VM
 * are untrusted: the adapter has checked everything that a listener call carries.
 */

#define GUEST_TEXT_SIZE 128 /* names and labels; longer ones are cut */
#define GUEST_UUID_SIZE 37
#define GUEST_MAX_HEADS 16

struct guest;

enum pointer_mode {
	POINTER_RELATIVE,
	POINTER_ABSOLUTE,
};

struct guest_identity {
	char name[GUEST_TEXT_SIZE]; /* may be empty */
	char uuid[GUEST_UUID_SIZE]; /* lower case with dashes; empty when the VM has none */
	/* The VMM goes on working for who has left: better to stay than to come again. */
	bool never_forgets;
};

/* The monitor that a head is to be connected to, as its EDID would have it. */
struct head_geometry {
	uint32_t width, height;       /* pixels; 0 for both: unplugged */
	uint32_t width_mm, height_mm; /* of the visible area; 0: not known */
	int32_t x, y;                 /* its top left corner in the layout of all heads, pixels */
	uint32_t refresh_mhz;         /* 0: not known */
};
/* Beyond this no VMM makes an EDID. */
#define HEAD_GEOMETRY_MAX_SIZE 16384

/* Both sizes within the limit, and both 0 or neither. */
static inline bool
head_geometry_is_valid(const struct head_geometry *geometry)
{
	return geometry->width <= HEAD_GEOMETRY_MAX_SIZE &&
	       geometry->height <= HEAD_GEOMETRY_MAX_SIZE &&
	       (geometry->width == 0) == (geometry->height == 0);
}

enum guest_power {
	GUEST_POWER_DOWN,  /* as by the power button: the guest may refuse */
	GUEST_POWER_RESET, /* at once, as by the reset button */
};

/* A monitor connector of the guest. The adapter owns it, from head_added to head_removed. */
struct guest_head {
	char gpu[GUEST_TEXT_SIZE]; /* (gpu, index) is the stable identity; heads of a GPU stall
				      together */
	uint32_t index;            /* connector number on that GPU */
	uint32_t console;          /* the VMM's own number: what the user names with --console */
	char label[GUEST_TEXT_SIZE];
	bool resizable; /* set_head may work: until the VMM says no, yes */
	/* set_head carries the refresh rate to the guest */
	bool takes_refresh;
	void *frontend; /* the listener's own */
};

/* Every member must be set. */
struct guest_listener {
	/*
	 * Who the VM is, told before the adapter takes its display: a negative errno makes the
	 * adapter give up with closed(that error), leaving a viewer that is attached undisturbed.
	 */
	int (*identified)(void *data, const struct guest_identity *identity);
	/* Attached; the heads known so far have been added. */
	void (*ready)(void *data);

	void (*head_added)(void *data, struct guest_head *head);
	void (*head_changed)(void *data, struct guest_head *head); /* label, resizable, console */
	void (*head_removed)(void *data, struct guest_head *head);

	/*
	 * What the head shows from now on; NULL: nothing. Show it at once, with full damage: an
	 * update may or may not follow. Valid until the next scanout; the frontend refs the buffer
	 * if it keeps it longer.
	 */
	void (*scanout)(void *data, struct guest_head *head, const struct scanout *scanout);
	/* The guest will not use this buffer again: host buffers made from it can go. */
	void (*buffer_removed)(void *data, struct guest_head *head, struct buffer *buffer);
	/*
	 * New content within damage (buffer pixels, inside the scanout's source). To be answered
	 * exactly once with update_done(head, serial), unless the head is removed first.
	 */
	void (*update)(
		void *data, struct guest_head *head, const struct rect *damage, uint64_t serial);

	/*
	 * All that had come for the head has been told: what is one frame in several calls is
	 * whole. A frontend that waits for this may not wait for long: adapters that do not read
	 * messages never tell it.
	 */
	void (*settled)(void *data, struct guest_head *head);

	/* The cursor's picture; NULL hides it. */
	void (*cursor)(void *data, struct guest_head *head, const struct cursor_image *image);
	/* Where the guest put the cursor's top left corner, and whether it is shown. */
	void (*cursor_position)(
		void *data, struct guest_head *head, int32_t gx, int32_t gy, bool on);
	void (*pointer_mode)(void *data, struct guest_head *head, enum pointer_mode mode);
	/*
	 * Which LEDs the guest lights on its keyboard (INPUT_LOCK_*). Told once the guest has lit
	 * one, before the viewer came or after, and at each change from then on. Until then nobody
	 * knows the state of its lock keys: a VMM that has heard nothing says that none is lit.
	 */
	void (*leds)(void *data, struct guest_head *head, uint32_t mask);

	/* Answer to sync: everything that the VMM had to show when it was asked has been delivered.
	 */
	void (*synced)(void *data);
	/* power() has been passed on (0), or could not be (negative errno, logged). */
	void (*power_done)(void *data, enum guest_power power, int error);
	/* Another viewer owns the channel now: pictures may go on, input does not. */
	void (*taken_over)(void *data);
	/*
	 * Last. 0: left in order; -ECONNRESET: the VM went away; anything else: could not attach,
	 * already logged. Heads still present are removed without a call each.
	 */
	void (*closed)(void *data, int error);
};

struct guest_ops {
	const char *name;
	/* The VM goes on while updates are unanswered: there may be several frames in flight. */
	bool runs_ahead;
	/* Starts attaching; returns at once. 0, or negative errno when it can not even start. */
	int (*open)(struct guest *guest);
	/* Leaves the VM as it is, releases what is held there, frees the guest. */
	void (*destroy)(struct guest *guest);
	void (*update_done)(struct guest *guest, struct guest_head *head, uint64_t serial);
	/*
	 * Events that the guest's devices can not take are dropped; all of them after closed().
	 * For a VM that takes none a few hundred presses are kept, and motion adds up; what is
	 * pressed beyond that is dropped, and all that is down is released when the VM goes on
	 * (logged). Whoever makes more than that without hands has to pace itself.
	 */
	void (*input)(
		struct guest *guest, struct guest_head *head, const struct input_event *event);
	/* Asks for one synced(). */
	int (*sync)(struct guest *guest);
	/*
	 * Tells the guest what is connected to that head now; what it makes of it comes as
	 * scanouts, or does not. The last call counts: the adapter has one request under way at
	 * most. 0; -ENOTSUP: this head cannot be told, known already or said by the VMM to an
	 * earlier call (then head_changed was called); -ENOTCONN: after closed() or taken_over();
	 * -EINVAL: no such geometry.
	 */
	int (*set_head)(
		struct guest *guest, struct guest_head *head, const struct head_geometry *geometry);
	/*
	 * 0: power_done() follows, unless closed() comes first. -ENOTSUP: there is no channel for
	 * it; -EALREADY: one is under way; -ENOTCONN: before open and after closed().
	 */
	int (*power)(struct guest *guest, enum guest_power power);
};

/* Embedded first by each adapter. */
struct guest {
	const struct guest_ops *ops;
	const struct guest_listener *listener;
	void *data;
};

static inline int
guest_open(struct guest *guest)
{
	return guest->ops->open(guest);
}

static inline void
guest_destroy(struct guest *guest)
{
	if (guest != NULL) {
		guest->ops->destroy(guest);
	}
}

static inline void
guest_update_done(struct guest *guest, struct guest_head *head, uint64_t serial)
{
	guest->ops->update_done(guest, head, serial);
}

static inline void
guest_input(struct guest *guest, struct guest_head *head, const struct input_event *event)
{
	guest->ops->input(guest, head, event);
}

static inline int
guest_sync(struct guest *guest)
{
	return guest->ops->sync(guest);
}

static inline int
guest_set_head(struct guest *guest, struct guest_head *head, const struct head_geometry *geometry)
{
	return guest->ops->set_head(guest, head, geometry);
}

static inline int
guest_power(struct guest *guest, enum guest_power power)
{
	return guest->ops->power(guest, power);
}
