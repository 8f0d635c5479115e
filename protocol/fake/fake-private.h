#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "fake-head.h"
#include "guest.h"
#include "memory.h"
#include "record.h"
#include "script.h"

/* The test guest: fake.c is its life, play.c and play-picture.c what it does. */

enum fake_state {
	FAKE_CREATED,
	FAKE_ATTACHING, /* opened; identified() is next */
	FAKE_STARTING,  /* up to the first command that needs ready() before it */
	FAKE_PLAYING,
	FAKE_HOLDING, /* nothing more will come but synced() */
	FAKE_CLOSED,
};

struct fake {
	struct guest guest;
	sd_event_source *turn;         /* fires once in the next round of the loop */
	sd_event_source *timer;        /* at wake_ns */
	sd_event_source *follow_timer; /* when the next head is to take its size */
	struct script *script;
	struct fake_memory *memories[SCRIPT_MAX_MEMORIES];
	struct fake_head heads[GUEST_MAX_HEADS];
	struct record record;
	uint32_t *cursor_pixels;

	enum fake_state state;
	uint32_t at;                         /* the command that is next, or goes on */
	uint32_t rounds[SCRIPT_MAX_NESTING]; /* of the open loops, still to come */
	uint32_t n_rounds;
	uint32_t frame;   /* within `frames` and `animate` */
	uint64_t wake_ns; /* when the command goes on; 0: it just began */
	uint64_t last_serial;
	uint32_t n_syncs;       /* asked for, not answered */
	bool powers_down;       /* asked for, not answered */
	enum guest_power power; /* what it is to do */
	bool taken_over;

	/* destroy inside a callback: the memory lives on until the callback returns. */
	bool calling;
	bool destroyed;
};

/* Goes on with the script as far as it goes. */
void fake_play(struct fake *fake);

/* Has fake_play() called from the event loop, as soon as possible or at a time. */
void fake_wake(struct fake *fake);
void fake_wake_at(struct fake *fake, uint64_t time_ns);
void fake_wake_follow_at(struct fake *fake, uint64_t time_ns);

/* Nothing more will happen; tells closed(). */
void fake_close(struct fake *fake, int error);
