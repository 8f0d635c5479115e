#pragma once

#include <systemd/sd-event.h>

#include "guest.h"

/*
 * A guest that outlives its VM's process (--reconnect). It stands between the frontend and the
 * adapter: when the VM goes its heads stay, with the frontend's windows, and the VM is attached to
 * again when it is back, by another guest of the adapter's behind the same heads. It is the same VM
 * by its UUID, or without one by its name; another one at the same place is left alone.
 */

/*
 * From the VM's end to the first try, and between tries that fail; doubled up to the second. One
 * that is back is to be shown in under a second, which attaching to it has a part of.
 */
#define RECONNECT_FIRST_MS 100
#define RECONNECT_MAX_MS 500
/* Another VM has its place: each look at who is there takes that one's QMP socket for a moment. */
#define RECONNECT_OTHER_MS 500

enum reconnect_loss {
	RECONNECT_GONE,       /* it ended, or cannot be reached */
	RECONNECT_OTHER_VM,   /* the same, and another one is where it was */
	RECONNECT_TAKEN_OVER, /* another viewer has it; see reconnect_now() */
};

struct reconnect_listener {
	/*
	 * Makes a guest of the same target, that waits until the VM is there. identity: whose it is
	 * to be; NULL the first time. Returns 0 or negative errno: then it is tried again later.
	 */
	int (*create)(void *data, const struct guest_identity *identity,
		const struct guest_listener *listener, void *listener_data,
		struct guest **ret_guest);
	/*
	 * The VM is gone; heads stay as they are, and what they showed last can still be read. It
	 * holds no key of ours any more, wants no answer, and takes no input until back(). Called
	 * again when there is another reason.
	 */
	void (*lost)(void *data, enum reconnect_loss loss);
	/*
	 * Another viewer has it: whether what is at the target's place was started since, so that
	 * nobody's channel is taken. Asked every RECONNECT_MAX_MS.
	 */
	bool (*is_anew)(void *data);
	/* It is back, all of it told as for a new guest, but for heads that were there before:
	 * these have changed. synced() comes just before. */
	void (*back)(void *data);
};

struct reconnect;

/*
 * The listener is told what a guest tells; closed() only while it was never attached, or when the
 * VM was left in order. data is for both. Returns 0, or what create() returned.
 */
int reconnect_create(sd_event *event, const struct reconnect_listener *reconnect_listener,
	const struct guest_listener *listener, void *data, struct reconnect **ret_reconnect);
/* To be destroyed as any guest, from the loop's end: not inside a callback. */
struct guest *reconnect_guest(struct reconnect *reconnect);

/* The user wants the VM back from another viewer. Nothing while it is waited for otherwise. */
void reconnect_now(struct reconnect *reconnect);
