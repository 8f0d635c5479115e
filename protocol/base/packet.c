#include "base/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

union fd_space {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(PACKET_MAX_FDS * sizeof(int))];
};

int
packet_send(int socket, const struct iovec *parts, size_t n_parts, const int *fds, uint32_t n_fds,
	int flags)
{
	struct msghdr message = {
		.msg_iov = (struct iovec *)(uintptr_t)parts,
		.msg_iovlen = n_parts,
	};
	union fd_space space;

	if (n_fds > PACKET_MAX_FDS) {
		return -EINVAL;
	}
	if (n_fds > 0) {
		message.msg_control = space.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		memset(space.bytes, 0, message.msg_controllen);
		space.header.cmsg_level = SOL_SOCKET;
		space.header.cmsg_type = SCM_RIGHTS;
		space.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&space.header), fds, n_fds * sizeof(int));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL | flags) < 0) {
		if (errno != EINTR) {
			return errno == EPIPE ? -ECONNRESET : -errno;
		}
	}
	return 0;
}

static uint32_t
take_fds(struct msghdr *message, int *ret_fds)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t size;

	if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
		return 0;
	}
	size = header->cmsg_len - CMSG_LEN(0);
	memcpy(ret_fds, CMSG_DATA(header), size);
	return (uint32_t)(size / sizeof(int));
}

ssize_t
packet_receive(int socket, const struct iovec *parts, size_t n_parts, int *ret_fds,
	uint32_t max_fds, uint32_t *ret_n_fds)
{
	union fd_space space;
	struct msghdr message = {
		.msg_iov = (struct iovec *)(uintptr_t)parts,
		.msg_iovlen = n_parts,
		.msg_control = space.bytes,
		/* Not CMSG_SPACE: what that is rounded up by has room for one more. */
		.msg_controllen = CMSG_LEN(max_fds * sizeof(int)),
	};
	ssize_t size;
	uint32_t n_fds;

	if (max_fds > PACKET_MAX_FDS) {
		return -EINVAL;
	}
	size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	if (size < 0) {
		return -errno;
	}
	n_fds = take_fds(&message, ret_fds);
	if (size == 0 || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		for (uint32_t i = 0; i < n_fds; i++) {
			fd_close(&ret_fds[i]);
		}
		return size == 0 ? -ECONNRESET : -EBADMSG;
	}
	*ret_n_fds = n_fds;
	return size;
}
