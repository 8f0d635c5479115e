#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The error that a compositor sent before it closed the connection, where libwayland does not tell
 * it: a compositor that closes with requests of ours unread makes our next write fail (ECONNRESET),
 * after which libwayland reads nothing more, and from 1.23 on a read as well, since it goes on
 * until nothing is left. Until libwayland has read them the words are in the socket all the same.
 */

/* A compositor does not let more than this wait for a client, by and large. */
#define LAST_WORDS_MAX_BYTES 16384

struct last_words {
	uint32_t object; /* the id of what the error is about */
	uint32_t code;   /* of that object's interface */
	char text[128];  /* the compositor's own, cut short; not escaped */
};

/*
 * Takes all that is left in the socket, and looks at its first LAST_WORDS_MAX_BYTES; it waits for
 * nothing. Returns 0, or -ENOENT when no error is in it, or what is in it is not the wire format's
 * whole messages.
 */
int last_words_read(int fd, struct last_words *ret_words);
