#include "broker/broker-message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/packet.h"

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
	return packet_send(socket, parts, 3, fds, 1 + request->n_fds, 0);
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
	ssize_t size = packet_receive(socket, parts, 2, fds, MAX_FDS, &n_fds);

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
	/* There is room in a socket that is new; whoever fills it up holds nobody here. */
	return packet_send(socket, parts, 2, &answer->fd, answer->fd >= 0, MSG_DONTWAIT);
}

int
broker_message_receive_answer(int socket, struct broker_answer *ret_answer, bool *ret_keeps)
{
	struct answer_head head = { 0 };
	struct iovec parts[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = ret_answer->text, .iov_len = sizeof(ret_answer->text) },
	};
	uint32_t n_fds = 0;
	int fd = -1;
	ssize_t size = packet_receive(socket, parts, 2, &fd, 1, &n_fds);

	if (size < 0) {
		return (int)size;
	}
	ret_answer->text[sizeof(ret_answer->text) - 1] = '\0';
	memcpy(ret_answer->numbers, head.numbers, sizeof(head.numbers));
	ret_answer->error = head.error;
	ret_answer->fd = fd;
	*ret_keeps = head.keeps;
	return 0;
}
