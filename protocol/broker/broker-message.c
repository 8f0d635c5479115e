#include "broker/broker-message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/fd.h"

#define MAX_FDS (1 + BROKER_MAX_REQUEST_FDS)

struct request_head {
	uint32_t act, flags;
	int64_t number;
	uint32_t sizes[2]; /* of the texts, with the 0 at their ends */
};

struct answer_head {
	int64_t numbers[4];
	int32_t error;
	bool keeps;
};

union fd_space {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
};

static int
send_packet(int socket, struct iovec *parts, size_t n_parts, const int *fds, size_t n_fds)
{
	union fd_space space = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = n_parts };

	if (n_fds > 0) {
		message.msg_control = space.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		space.header.cmsg_level = SOL_SOCKET;
		space.header.cmsg_type = SCM_RIGHTS;
		space.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&space.header), fds, n_fds * sizeof(int));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR) {
			return errno == EPIPE ? -ECONNRESET : -errno;
		}
	}
	return 0;
}

/* The size, or negative errno. What does not fit is an error, and its fds are closed. */
static ssize_t
receive_packet(int socket, struct iovec *parts, size_t n_parts, int *ret_fds, uint32_t *ret_n_fds)
{
	union fd_space space;
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = n_parts,
		.msg_control = space.bytes,
		.msg_controllen = sizeof(space),
	};
	ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	uint32_t n_fds = 0;

	if (size < 0) {
		return -errno;
	}
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			size_t fd_size = c->cmsg_len - CMSG_LEN(0);

			memcpy(ret_fds, CMSG_DATA(c), fd_size);
			n_fds = (uint32_t)(fd_size / sizeof(int));
		}
	}
	if (size == 0 || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		for (uint32_t i = 0; i < n_fds; i++) {
			fd_close(&ret_fds[i]);
		}
		return size == 0 ? -ECONNRESET : -EBADMSG;
	}
	*ret_n_fds = n_fds;
	return size;
}

int
broker_message_send_request(int socket, const struct broker_request *request, int reply)
{
	struct request_head head = {
		.act = request->act,
		.flags = request->flags,
		.number = request->number,
	};
	struct iovec parts[3] = { { .iov_base = &head, .iov_len = sizeof(head) } };
	int fds[MAX_FDS] = { reply };

	for (int i = 0; i < 2; i++) {
		const char *text = request->text[i] != NULL ? request->text[i] : "";

		head.sizes[i] = (uint32_t)strlen(text) + 1;
		if (head.sizes[i] > BROKER_TEXT_SIZE) {
			return -ENAMETOOLONG;
		}
		parts[1 + i].iov_base = (void *)(uintptr_t)text;
		parts[1 + i].iov_len = head.sizes[i];
	}
	memcpy(fds + 1, request->fds, request->n_fds * sizeof(int));
	return send_packet(socket, parts, 3, fds, 1 + request->n_fds);
}

int
broker_message_receive_request(int socket, struct broker_request *ret_request,
	struct broker_request_texts *texts, int *ret_reply)
{
	char both[2 * BROKER_TEXT_SIZE];
	struct request_head head = { 0 };
	struct iovec parts[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = both, .iov_len = sizeof(both) },
	};
	int fds[MAX_FDS];
	uint32_t n_fds = 0;
	ssize_t size = receive_packet(socket, parts, 2, fds, &n_fds);

	if (size < 0) {
		return (int)size;
	}
	if ((size_t)size < sizeof(head) || n_fds == 0 || head.sizes[0] == 0 || head.sizes[1] == 0 ||
		head.sizes[0] > BROKER_TEXT_SIZE || head.sizes[1] > BROKER_TEXT_SIZE ||
		(size_t)size != sizeof(head) + head.sizes[0] + head.sizes[1] ||
		strnlen(both, head.sizes[0]) != head.sizes[0] - 1 ||
		strnlen(both + head.sizes[0], head.sizes[1]) != head.sizes[1] - 1) {
		for (uint32_t i = 0; i < n_fds; i++) {
			fd_close(&fds[i]);
		}
		return -EBADMSG;
	}
	memcpy(texts->first, both, head.sizes[0]);
	memcpy(texts->second, both + head.sizes[0], head.sizes[1]);
	*ret_request = (struct broker_request){
		.act = head.act,
		.flags = head.flags,
		.number = head.number,
		.text = { texts->first, texts->second },
		.n_fds = n_fds - 1,
	};
	memcpy(ret_request->fds, fds + 1, (n_fds - 1) * sizeof(int));
	*ret_reply = fds[0];
	return 0;
}

int
broker_message_send_answer(int socket, const struct broker_answer *answer, bool keeps)
{
	struct answer_head head = { .error = answer->error, .keeps = keeps };
	struct iovec parts[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)answer->text,
			.iov_len = strlen(answer->text) + 1 },
	};

	memcpy(head.numbers, answer->numbers, sizeof(head.numbers));
	return send_packet(socket, parts, 2, &answer->fd, answer->fd >= 0);
}

int
broker_message_receive_answer(int socket, struct broker_answer *ret_answer, bool *ret_keeps)
{
	struct answer_head head = { 0 };
	struct iovec parts[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = ret_answer->text, .iov_len = sizeof(ret_answer->text) },
	};
	int fds[MAX_FDS] = { -1, -1, -1 };
	uint32_t n_fds = 0;
	ssize_t size = receive_packet(socket, parts, 2, fds, &n_fds);

	if (size < 0) {
		return (int)size;
	}
	ret_answer->text[sizeof(ret_answer->text) - 1] = '\0';
	memcpy(ret_answer->numbers, head.numbers, sizeof(head.numbers));
	ret_answer->error = head.error;
	ret_answer->fd = fds[0];
	*ret_keeps = head.keeps;
	return 0;
}
