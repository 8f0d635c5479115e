#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Packets with descriptors, on SOCK_SEQPACKET sockets (unix(7), SCM_RIGHTS). */

#define PACKET_MAX_FDS 80

/*
 * The fds stay the caller's. flags: MSG_DONTWAIT or 0. 0, -EAGAIN where that says so, or negative
 * errno; -ECONNRESET: nobody reads any more.
 */
int packet_send(int socket, const struct iovec *parts, size_t n_parts, const int *fds,
	uint32_t n_fds, int flags);

/*
 * One, whole, with at most max_fds (PACKET_MAX_FDS) descriptors, close-on-exec, which are the
 * caller's. The size in bytes; -ECONNRESET: the other side is gone; -EBADMSG: more than there is
 * room for, and all that it carried is closed; -EINTR and other negative errno.
 */
ssize_t packet_receive(int socket, const struct iovec *parts, size_t n_parts, int *ret_fds,
	uint32_t max_fds, uint32_t *ret_n_fds);
