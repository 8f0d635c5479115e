#pragma once

#include <sys/socket.h>

#include "qemu-dbus/wire-header.h"

/*
 * The fds that came on a connection and wait for the message that announces them. They come with
 * bytes of it (unix(7), SCM_RIGHTS), in the order in which messages announce them. Zero-initialise.
 */
struct wire_fds {
	uint32_t n;
	int fds[WIRE_MAX_FDS];
	uint64_t ends[WIRE_MAX_FDS]; /* where in the stream the bytes end that each came with */
};

union wire_fds_control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(WIRE_MAX_FDS * sizeof(int))];
};

/*
 * Takes what came with a read that ended there in the stream. Returns 0; -EMFILE when the kernel
 * had to drop fds, -EMSGSIZE when more than WIRE_MAX_FDS wait.
 */
int wire_fds_add(struct wire_fds *fds, struct msghdr *message, uint64_t end);

/* Hands over the oldest n, or fewer where there are fewer. Returns how many. */
uint32_t wire_fds_take(struct wire_fds *fds, uint32_t n, int ret_fds[WIRE_MAX_FDS]);

/* Closes those that came before start: a message that begins there cannot announce them. */
void wire_fds_drop(struct wire_fds *fds, uint64_t start);

void wire_fds_finish(struct wire_fds *fds);
