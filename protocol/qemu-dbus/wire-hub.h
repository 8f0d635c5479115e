#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "guest.h"

/*
 * The connections of one VM, which the loop sees as one source. Of heads that draw together each is
 * read, and its frame shown, in one turn of the loop, and only then the answers are sent: nobody's
 * frame waits for another one's answer, or for the loop. Zero-initialise; the first member opens
 * it and the last one closes it. The memory has to stay until the loop comes round.
 */
struct wire_hub {
	int epoll_fd;
	sd_event_source *source; /* NULL: closed */
	struct wire_member *first;
	uint32_t n_members, n_due;
	struct epoll_event ready[GUEST_MAX_HEADS]; /* those that are being read in this turn */
	int n_ready;
};

/* Embedded first by each connection. The callbacks may remove any member. */
struct wire_member {
	struct wire_hub *hub;
	struct wire_member *next;
	int fd;
	bool is_due;
	/* events: what of EPOLLIN and EPOLLOUT there may be. */
	void (*ready)(struct wire_member *member, uint32_t events);
	/* It was due. */
	void (*flush)(struct wire_member *member);
};

/* The member has its fd and callbacks. Returns 0 or negative errno. */
int wire_hub_add(struct wire_hub *hub, sd_event *event, struct wire_member *member);
/* Nothing happens to one that was not added. */
void wire_hub_remove(struct wire_member *member);

/* Has it flushed once all that is readable now has been read, or before the loop sleeps. */
void wire_hub_flush_later(struct wire_member *member);

/* EPOLLIN, at first. */
void wire_hub_set_events(struct wire_member *member, uint32_t events);
