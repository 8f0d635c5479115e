#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "broker/broker-act.h"

/* For acts that start a process below the broker's. */

/* Of a child that did not come to its work; as shells have it for a program that is not there. */
#define BROKER_CHILD_NOT_STARTED 127
#define BROKER_CHILD_MAX_FDS 4

/*
 * Like fork(): 0 in the child, its pid in the broker, or negative errno. In the child the fds,
 * which may be any, are first, first + 1 and so on, and stay open when a program is executed; but
 * for these and standard input to error all are closed, and no signal is blocked. name: as which it
 * is listed; NULL: as the broker.
 */
pid_t broker_child_fork(const char *name, int first, const int *fds, uint32_t n_fds);

/*
 * A process that serves one end of a socket until that is closed: the asker gets the other end, in
 * answer, and kept is the process. type: SOCK_STREAM or SOCK_SEQPACKET; SOCK_NONBLOCK is for the
 * asker's end alone. serve() is called in the process, with its end, and with fd if that is not -1;
 * neither is non-blocking.
 */
void broker_child_serve(const char *name, int type, void (*serve)(int end, int fd), int fd,
	struct broker_answer *answer, struct broker_kept *kept);
