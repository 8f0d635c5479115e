#pragma once

#include <poll.h>

#include "broker/broker-message.h"
#include "broker/broker-rules.h"

/*
 * What the broker finds in a world where no file is touched, nothing connected to and no process
 * started or killed: its calls of the kernel end here, and each must be one that the rules allow.
 * broker-act.c and broker-server.c are a part of broker-world.c.
 */

#define WORLD_MAX_HOLDS 160

/* What the kernel finds and does for a request. */
enum world_state {
	WORLD_MISSING = 0,
	WORLD_FILE,
	WORLD_PIPE,
	WORLD_DEVICE,
	WORLD_THERE = 3,      /* mask */
	WORLD_FAILS = 4,      /* the call itself does */
	WORLD_UNDONE = 8,     /* to finish it does */
	WORLD_HANGS = 16,     /* a child cannot be killed */
	WORLD_NO_FOLDER = 32, /* nothing is known of a path */
	WORLD_ELSEWHERE = 64, /* a path leads below a hidden folder */
};

/* The viewer's end of a reply. */
struct end {
	int fd, theirs;
	uint32_t n_holds;
	bool is_left;       /* said to be done with, or closed */
	bool said_complete; /* in whatever was sent */
};

/* What the broker keeps. */
struct hold {
	struct end *end; /* NULL: nobody is to hear of it */
	bool is_thing, is_child;
	bool is_finished;                     /* the thing */
	bool fails, hangs;                    /* to finish, when killed */
	bool is_killed, has_ended, is_reaped; /* the child */
};

struct world {
	struct broker_rules rules;
	int memory; /* any fd; -1: not set up */
	struct hold holds[WORLD_MAX_HOLDS];
	uint32_t n_holds;
	/* Of the step that is under way. */
	struct {
		enum {
			NOTHING,
			ASKED,
			FINISHED
		} what;
		struct end *end;   /* who is to hear of it; NULL: nobody */
		struct hold *kept; /* for a request */
		bool is_sense;     /* it is one */
		bool was_full;     /* as much as possible was kept */
		uint8_t state;     /* of enum world_state */
		struct broker_request request;
		struct broker_request_texts texts;
	} now;
};
extern struct world world;

void world_set_up(void);
bool world_knows_act(uint32_t act);
void world_end_child(struct hold *child);
/* Once the broker has ended: nothing is left behind. */
void world_check_end(void);

/* The target's: called wherever the broker would wait. */
int world_poll(struct pollfd *polls, nfds_t n_polls, int timeout);
