#include "qemu-dbus/wire-connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "qemu-dbus/wire-fds.h"
#include "qemu-dbus/wire-handshake.h"
#include "qemu-dbus/wire-memory.h"
#include "qemu-dbus/wire-reply.h"

struct wire_connection {
	struct wire_member member; /* its fd is -1: destroyed */
	const struct wire_handler *handler;
	void *data;
	bool is_reading; /* the memory stays until that is over */
	bool is_waiting; /* for room in the peer's socket */
	bool is_choked;
	struct wire_handshake handshake;
	uint32_t tail_size; /* to come */
	bool has_tail;
	struct wire_fds fds;
	struct wire_memory memory;
	uint64_t received; /* bytes, ever */
	size_t begin, end; /* of what is in input and has not been looked at */
	struct wire_writer writer;
	uint8_t input[WIRE_INPUT_SIZE];
	uint8_t output[WIRE_OUTPUT_SIZE];
};

static uint64_t
position(const struct wire_connection *connection)
{
	return connection->received - (connection->end - connection->begin);
}

static void
wait_for_room(struct wire_connection *connection, bool wait)
{
	if (connection->is_waiting != wait) {
		connection->is_waiting = wait;
		wire_hub_set_events(&connection->member, wait ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
}

void
wire_connection_flush(struct wire_connection *connection)
{
	struct wire_writer *writer = &connection->writer;

	while (writer->size > 0) {
		ssize_t n = send(connection->member.fd, writer->data, writer->size,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			break;
		}
		/* A peer that is gone will be read of; what is there may still be read. */
		wire_writer_take(writer, n < 0 ? writer->size : (size_t)n);
	}
	wait_for_room(connection, writer->size > 0);
}

/* Returns what was received, 0 for nothing; -ECONNRESET at the end, -EMFILE. */
static ssize_t
receive(struct wire_connection *connection, bool *ret_more)
{
	size_t rest = connection->end - connection->begin;
	union wire_fds_control control;
	struct iovec iovec;
	struct msghdr message = {
		.msg_iov = &iovec,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	uint32_t n_fds;
	ssize_t n;
	int r;

	memmove(connection->input, connection->input + connection->begin, rest);
	connection->begin = 0;
	connection->end = rest;
	iovec.iov_base = connection->input + rest;
	iovec.iov_len = sizeof(connection->input) - rest;
	do {
		n = recvmsg(connection->member.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		return 0;
	}
	if (n <= 0) {
		return n < 0 ? -errno : -ECONNRESET;
	}
	connection->end += (size_t)n;
	connection->received += (size_t)n;
	n_fds = connection->fds.n;
	r = wire_fds_add(&connection->fds, &message, connection->received);
	if (r < 0) {
		return r;
	}
	/* The kernel ends a read behind the bytes that fds came with. */
	*ret_more = (size_t)n == iovec.iov_len || connection->fds.n > n_fds;
	return n;
}

static void
dispatch(struct wire_connection *connection, const struct wire_header *header, const uint8_t *data)
{
	int fds[WIRE_MAX_FDS];
	struct wire_call call = {
		.header = header,
		.reply_to = header->flags & WIRE_FLAG_NO_REPLY ? 0 : header->serial,
		.body = { .data = data + header->header_size, .size = header->body_size },
		.fds = fds,
	};

	call.n_fds = wire_fds_take(&connection->fds, header->n_fds, fds);
	switch (header->type) {
	case WIRE_CALL:
		connection->handler->call(connection->data, &call);
		break;
	case WIRE_RETURN:
	case WIRE_ERROR:
		connection->handler->reply(connection->data, header->reply_serial);
		break;
	default:
		break;
	}
	for (uint32_t i = 0; i < call.n_fds; i++) {
		fd_close(&fds[i]);
	}
}

/* The following return how many bytes they used, 0 when they need more, or negative errno. */

static ssize_t
read_message(struct wire_connection *connection, const uint8_t *data, size_t size)
{
	struct wire_header header;
	size_t needed;
	int r;

	wire_fds_drop(&connection->fds, position(connection));
	r = wire_header_read(data, size, &connection->memory, &header);
	if (r < 0) {
		return r == -EAGAIN ? 0 : r;
	}
	needed = (size_t)header.header_size + header.body_size;
	if (size < needed) {
		return 0;
	}
	connection->has_tail = header.has_tail;
	connection->tail_size = header.tail_size;
	dispatch(connection, &header, data);
	return (ssize_t)needed;
}

static ssize_t
read_tail(struct wire_connection *connection, const uint8_t *data, size_t size)
{
	if (size > connection->tail_size) {
		size = connection->tail_size;
	}
	connection->tail_size -= (uint32_t)size;
	if (size > 0) {
		connection->handler->tail(connection->data, data, size);
	}
	return (ssize_t)size;
}

static ssize_t
read_next(struct wire_connection *connection)
{
	const uint8_t *data = connection->input + connection->begin;
	size_t size = connection->end - connection->begin;

	if (!wire_handshake_is_over(&connection->handshake)) {
		return wire_handshake_read(&connection->handshake, data, size);
	}
	if (connection->has_tail) {
		return read_tail(connection, data, size);
	}
	return read_message(connection, data, size);
}

static ssize_t
read_all(struct wire_connection *connection)
{
	while (connection->member.fd >= 0 && !connection->is_choked) {
		ssize_t n;

		if (connection->has_tail && connection->tail_size == 0) {
			connection->has_tail = false;
			connection->handler->tail_end(connection->data);
			continue;
		}
		n = read_next(connection);
		if (n <= 0) {
			return n;
		}
		connection->begin += (size_t)n;
	}
	return connection->is_choked ? -ENOBUFS : 0;
}

static ssize_t
receive_all(struct wire_connection *connection)
{
	bool more = true;
	ssize_t n = 1;

	for (uint32_t i = 0; i < WIRE_READS_MAX && more && n > 0; i++) {
		more = false;
		n = receive(connection, &more);
		if (n > 0) {
			ssize_t r = read_all(connection);

			n = r < 0 || connection->member.fd < 0 ? r : n;
		}
	}
	return n;
}

static void
handle_ready(struct wire_member *member, uint32_t events)
{
	struct wire_connection *connection = (struct wire_connection *)member;
	ssize_t r;

	connection->is_reading = true;
	r = receive_all(connection);
	if (r >= 0 && connection->member.fd >= 0) {
		connection->handler->read_all(connection->data);
	}
	connection->is_reading = false;
	if (connection->member.fd < 0) {
		free(connection);
	} else if (r < 0) {
		wire_connection_flush(connection);
		connection->handler->closed(connection->data, (int)r);
	} else if (events & EPOLLOUT && connection->is_waiting) {
		wire_hub_flush_later(member);
	}
}

static void
handle_flush(struct wire_member *member)
{
	struct wire_connection *connection = (struct wire_connection *)member;

	wire_connection_flush(connection);
	if (connection->is_choked) {
		connection->handler->closed(connection->data, -ENOBUFS);
	}
}

int
wire_connection_create(struct wire_hub *hub, sd_event *event, int fd,
	const struct wire_handler *handler, void *data, struct wire_connection **ret_connection)
{
	struct wire_connection *connection = malloc(sizeof(*connection));
	int r;

	if (connection == NULL) {
		fd_close(&fd);
		return -ENOMEM;
	}
	/* The buffers are not touched before they are needed. */
	memset(connection, 0, offsetof(struct wire_connection, input));
	connection->handler = handler;
	connection->data = data;
	connection->member.fd = fd;
	connection->member.ready = handle_ready;
	connection->member.flush = handle_flush;
	connection->writer.data = connection->output;
	connection->writer.capacity = sizeof(connection->output);
	r = wire_handshake_send(fd);
	if (r >= 0) {
		r = wire_hub_add(hub, event, &connection->member);
	}
	if (r < 0) {
		wire_connection_destroy(connection);
		return r;
	}
	*ret_connection = connection;
	return 0;
}

void
wire_connection_destroy(struct wire_connection *connection)
{
	if (connection == NULL) {
		return;
	}
	wire_connection_flush(connection);
	wire_hub_remove(&connection->member);
	wire_fds_finish(&connection->fds);
	fd_close(&connection->member.fd);
	if (!connection->is_reading) {
		free(connection);
	}
}

struct wire_writer *
wire_connection_writer(struct wire_connection *connection)
{
	struct wire_writer *writer = &connection->writer;

	if (writer->capacity - writer->size < WIRE_REPLY_MAX) {
		wire_connection_flush(connection);
	}
	connection->is_choked |= writer->capacity - writer->size < WIRE_REPLY_MAX;
	wire_hub_flush_later(&connection->member);
	return connection->is_choked ? NULL : writer;
}
