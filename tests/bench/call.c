#include "call.h"

#include <assert.h>
#include <err.h>
#include <string.h>
#include <sys/socket.h>

#define TYPE_CALL 1
#define NO_REPLY_EXPECTED 1
#define HEADER_SIZE 16
#define SERIAL_AT 8
#define FIELDS_SIZE_AT 12

enum field {
	FIELD_PATH = 1,
	FIELD_INTERFACE = 2,
	FIELD_MEMBER = 3,
	FIELD_SIGNATURE = 8,
	FIELD_UNIX_FDS = 9,
};

static void
put(struct call *call, const void *bytes, size_t size, size_t alignment)
{
	while (call->size % alignment != 0) {
		call->bytes[call->size++] = 0;
	}
	assert(call->size + size <= sizeof(call->bytes));
	memcpy(call->bytes + call->size, bytes, size);
	call->size += size;
}

static void
put_text(struct call *call, enum field field, char type, const char *text)
{
	const uint8_t start[4] = { (uint8_t)field, 1, (uint8_t)type, 0 };
	uint32_t length = (uint32_t)strlen(text);

	put(call, start, sizeof(start), 8);
	/* A signature's length is one byte, of the others four; little endian either way. */
	put(call, &length, type == 'g' ? 1 : 4, 1);
	put(call, text, length + 1, 1);
}

void
call_init(struct call *call, const char *interface, const char *member, const char *signature,
	const void *body, size_t body_size, bool with_fd, bool with_reply)
{
	const uint8_t start[4] = { 'l', TYPE_CALL, with_reply ? 0 : NO_REPLY_EXPECTED, 1 };
	const uint32_t numbers[3] = { (uint32_t)body_size };
	static const uint8_t fds_start[4] = { FIELD_UNIX_FDS, 1, 'u', 0 };
	static const uint32_t one = 1;
	uint32_t fields_size;

	*call = (struct call){ .size = 0 };
	put(call, start, sizeof(start), 1);
	put(call, numbers, sizeof(numbers), 1);
	put_text(call, FIELD_PATH, 'o', "/org/qemu/Display1/Listener");
	put_text(call, FIELD_INTERFACE, 's', interface);
	put_text(call, FIELD_MEMBER, 's', member);
	if (signature[0] != '\0') {
		put_text(call, FIELD_SIGNATURE, 'g', signature);
	}
	if (with_fd) {
		put(call, fds_start, sizeof(fds_start), 8);
		put(call, &one, sizeof(one), 4);
	}
	fields_size = (uint32_t)call->size - HEADER_SIZE;
	memcpy(call->bytes + FIELDS_SIZE_AT, &fields_size, sizeof(fields_size));
	put(call, "", 0, 8);
	put(call, body, body_size, 1);
}

void
call_send(struct call *call, int socket_fd, uint32_t serial, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS } };
	struct iovec iovec = { .iov_base = call->bytes, .iov_len = call->size };
	struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1 };

	memcpy(call->bytes + SERIAL_AT, &serial, sizeof(serial));
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) != (ssize_t)call->size) {
		err(1, "a listener takes no more calls");
	}
}
