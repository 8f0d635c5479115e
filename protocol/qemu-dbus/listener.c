#include "qemu-dbus/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/listener-call.h"
#include "qemu-dbus/loss.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/wire-reply.h"

static void
handle_connection_call(void *data, struct wire_call *call)
{
	listener_serve(data, call);
}

static void
handle_connection_tail(void *data, const uint8_t *bytes, size_t size)
{
	struct listener *listener = data;

	if (listener->tail_method != NULL) {
		listener->tail_method->tail(listener, bytes, size);
	}
}

static void
handle_connection_tail_end(void *data)
{
	struct listener *listener = data;
	const struct listener_method *method = listener->tail_method;
	int r;

	listener->tail_method = NULL;
	if (method != NULL) {
		r = method->tail_end(listener, listener->tail_reply_to);
		if (r < 0) {
			listener_refuse(listener, listener->tail_reply_to, method, r);
			/* A size that became due while the pixels came. */
			picture_tell(&listener->console->picture);
		}
	}
}

static void
end_ping(struct listener *listener)
{
	listener->ping_serial = 0;
	listener->ping_timer = sd_event_source_disable_unref(listener->ping_timer);
}

static void
handle_connection_reply(void *data, uint32_t serial)
{
	struct listener *listener = data;

	if (serial == listener->ping_serial) {
		end_ping(listener);
		listener->pong(listener->console);
	}
}

static void
handle_connection_read_all(void *data)
{
	struct listener *listener = data;

	picture_wait_off(&listener->console->picture);
	emit_settled(listener->console->guest, &listener->console->head);
}

static int
handle_timer_ping(sd_event_source *source, uint64_t usec, void *data)
{
	struct listener *listener = data;

	end_ping(listener);
	listener->pong(listener->console);
	return 0;
}

static const char *
describe(int error)
{
	switch (error) {
	case -EPROTO:
		return "QEMU does not want to talk to us";
	case -EBADMSG:
		return "something that is no D-Bus message came";
	case -EMSGSIZE:
		return "a message beyond all measure came";
	case -ENOTSUP:
		return "a message in another machine's byte order came";
	case -ENOBUFS:
		return "QEMU does not read our answers";
	default:
		return strerror(-error);
	}
}

static void
handle_connection_closed(void *data, int error)
{
	struct listener *listener = data;

	if (error != -ECONNRESET) {
		log_limited(LOG_LEVEL_WARNING, &listener->console->guest->n_complaints,
			"console %u: the connection for its picture is given up: %s",
			listener->console->head.console, describe(error));
	}
	loss_of_listener(listener->console);
}

static const struct wire_handler connection_handler = {
	.call = handle_connection_call,
	.tail = handle_connection_tail,
	.tail_end = handle_connection_tail_end,
	.reply = handle_connection_reply,
	.read_all = handle_connection_read_all,
	.closed = handle_connection_closed,
};

int
listener_open(struct listener *listener, struct console *console, int *ret_peer_fd)
{
	int fds[2];
	int r;

	*listener = (struct listener){ .console = console };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
		return -errno;
	}
	/* QEMU asks as soon as it has the other end. */
	r = wire_connection_create(&console->guest->hub, console->guest->event, fds[0],
		&connection_handler, listener, &listener->connection);
	if (r < 0) {
		fd_close(&fds[1]);
		return r;
	}
	*ret_peer_fd = fds[1];
	return 0;
}

void
listener_close(struct listener *listener)
{
	uint32_t reply_to;

	if (listener->connection == NULL) {
		return;
	}
	while ((reply_to = answers_take_first(&listener->answers)) != 0) {
		listener_answer(listener, reply_to);
	}
	end_ping(listener);
	listener->tail_method = NULL;
	picture_drop_pixels(&listener->console->picture);
	wire_connection_destroy(listener->connection);
	listener->connection = NULL;
}

bool
listener_is_open(const struct listener *listener)
{
	return listener->connection != NULL;
}

void
listener_update_done(struct listener *listener, uint64_t serial)
{
	listener_answer(listener, answers_take(&listener->answers, serial));
}

int
listener_ping(struct listener *listener, sd_event *event, uint64_t timeout_us,
	void (*pong)(struct console *console))
{
	struct wire_writer *writer = wire_connection_writer(listener->connection);
	int r;

	if (writer == NULL) {
		return -ENOBUFS;
	}
	r = sd_event_add_time_relative(event, &listener->ping_timer, CLOCK_MONOTONIC, timeout_us, 1,
		handle_timer_ping, listener);
	if (r < 0) {
		return r;
	}
	listener->ping_serial = wire_reply_ping(writer);
	listener->pong = pong;
	return 0;
}
