#pragma once

#include "reconnect.h"

/* What reconnect.c (whether there is a VM) and reconnect-heads.c (its monitors, and what they tell)
 * share. */

enum reconnect_state {
	RECONNECT_FIRST,    /* never attached: what fails is the end */
	RECONNECT_ATTACHED, /* all is as with the adapter's guest alone */
	RECONNECT_WAITING,  /* for the time of the next try */
	RECONNECT_TAKEN,    /* for the user, or another VM process: somebody else has this one */
	RECONNECT_TRYING,   /* a guest waits for the VM, or attaches */
	RECONNECT_SYNCING,  /* attached again: what the VM shows is being told */
	RECONNECT_OVER,
	N_STATES,
};

/* A monitor as the frontend knows it, with that of the present guest behind it. */
struct lasting_head {
	struct guest_head base;
	struct guest_head *inner; /* NULL: the present guest has none, or there is no guest */
	bool used;
};

struct reconnect {
	struct guest base;
	struct guest_ops ops;
	const struct reconnect_listener *listener;
	enum reconnect_state state;
	struct guest *inner; /* NULL: there is none */
	struct guest_identity identity;
	bool taken_over; /* the present guest was */
	bool is_other;   /* so is the VM that has just answered */
	enum reconnect_loss told;
	sd_event_source *timer;
	uint64_t delay_ms;
	struct lasting_head heads[GUEST_MAX_HEADS];
};

/* The listener of the adapter's guest, as far as it is about one head; data: the reconnect. */
void reconnect_handle_head_added(void *data, struct guest_head *inner);
void reconnect_handle_head_changed(void *data, struct guest_head *inner);
void reconnect_handle_head_removed(void *data, struct guest_head *inner);
void reconnect_handle_scanout(void *data, struct guest_head *inner, const struct scanout *scanout);
void reconnect_handle_buffer_removed(void *data, struct guest_head *inner, struct buffer *buffer);
void reconnect_handle_update(
	void *data, struct guest_head *inner, const struct rect *damage, uint64_t serial);
void reconnect_handle_settled(void *data, struct guest_head *inner);
void reconnect_handle_cursor(
	void *data, struct guest_head *inner, const struct cursor_image *image);
void reconnect_handle_cursor_position(
	void *data, struct guest_head *inner, int32_t gx, int32_t gy, bool on);
void reconnect_handle_pointer_mode(void *data, struct guest_head *inner, enum pointer_mode mode);
void reconnect_handle_leds(void *data, struct guest_head *inner, uint32_t mask);

/* The adapter's guest is gone: the heads have nothing behind them. */
void reconnect_detach_heads(struct reconnect *reconnect);
/* Another one has told of all that it has: the others go. */
void reconnect_remove_absent_heads(struct reconnect *reconnect);
/* NULL: the guest that is there has no such one. */
struct guest_head *reconnect_inner_head(struct guest_head *head);
