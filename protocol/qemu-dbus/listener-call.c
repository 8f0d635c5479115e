#include "qemu-dbus/listener-call.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/wire-reply.h"

#define DBUS_PROPERTIES "org.freedesktop.DBus.Properties"
#define DBUS_ERROR "org.freedesktop.DBus.Error."

void
listener_answer(struct listener *listener, uint32_t reply_to)
{
	struct wire_writer *writer;

	/* Without a connection the frontend has left from inside what is to be answered. */
	if (reply_to == 0 || listener->connection == NULL) {
		return;
	}
	writer = wire_connection_writer(listener->connection);
	if (writer != NULL) {
		wire_reply_empty(writer, reply_to);
	}
}

static void
answer_error(struct listener *listener, uint32_t reply_to, const char *name, const char *text)
{
	struct wire_writer *writer;

	if (reply_to == 0 || listener->connection == NULL) {
		return;
	}
	writer = wire_connection_writer(listener->connection);
	if (writer != NULL) {
		wire_reply_error(writer, reply_to, name, text);
	}
}

/* A VM that wants too much memory wants it for each picture anew: said once. */
static bool
wants_to_complain(struct listener *listener, int error)
{
	struct qemu_guest *guest = listener->console->guest;
	struct buffer_budget *budget = guest->budget;

	if (listener->n_complaints == LISTENER_MAX_COMPLAINTS ||
		(error == -EDQUOT && budget->complained)) {
		return false;
	}
	budget->complained |= error == -EDQUOT;
	listener->n_complaints++;
	/* Consoles, and so listeners, may come and go without end. */
	return log_may_repeat(LOG_LEVEL_WARNING, &guest->n_complaints);
}

void
listener_refuse(
	struct listener *listener, uint32_t reply_to, const struct listener_method *method, int r)
{
	const char *name = r == -ENOTSUP ? "org.qemu.Display1.Error.Unsupported"
					 : "org.qemu.Display1.Error.Invalid";
	const char *reason;

	switch (r) {
	case -ENOTSUP:
		reason = "a pixel format that is not supported";
		break;
	case -EBADMSG:
		reason = "numbers or a file descriptor that can't be a picture";
		break;
	case -EDQUOT:
		reason = "the VM's pictures would take more memory than --max-memory allows";
		break;
	default:
		reason = strerror(-r);
		break;
	}
	if (wants_to_complain(listener, r)) {
		log_warning("console %u: %s refused: %s; %s", listener->console->head.console,
			method->member, reason, method->consequence);
	}
	answer_error(listener, reply_to, name, reason);
}

static void
serve(struct listener *listener, const struct listener_method *method, struct wire_call *call)
{
	int r;

	if (strcmp(call->header->signature, method->signature) != 0) {
		answer_error(listener, call->reply_to, DBUS_ERROR "InvalidArgs",
			"the arguments are of other types");
		return;
	}
	r = method->call(listener, call);
	if (r < 0) {
		listener_refuse(listener, call->reply_to, method, r);
	} else if (method->tail != NULL) {
		listener->tail_method = method;
		listener->tail_reply_to = call->reply_to;
	}
}

static void
serve_property(struct listener *listener, struct wire_call *call)
{
	bool is_get = strcmp(call->header->member, "Get") == 0;
	const char *interface = wire_reader_string(&call->body);
	const char *property = is_get ? wire_reader_string(&call->body) : "Interfaces";
	bool is_there =
		strcmp(interface, LISTENER_INTERFACE) == 0 && strcmp(property, "Interfaces") == 0;
	struct wire_writer *writer;

	if (strcmp(call->header->signature, is_get ? "ss" : "s") != 0 ||
		!wire_reader_is_done(&call->body)) {
		answer_error(listener, call->reply_to, DBUS_ERROR "InvalidArgs",
			"the names of an interface and its property are wanted");
		return;
	}
	if (!listener_knows_interface(interface)) {
		answer_error(listener, call->reply_to, DBUS_ERROR "UnknownInterface",
			"no such interface");
		return;
	}
	if (is_get && !is_there) {
		answer_error(
			listener, call->reply_to, DBUS_ERROR "UnknownProperty", "no such property");
		return;
	}
	writer = call->reply_to != 0 ? wire_connection_writer(listener->connection) : NULL;
	if (writer == NULL) {
		return;
	}
	if (is_get) {
		wire_reply_get(writer, call->reply_to, listener_interfaces);
	} else {
		wire_reply_get_all(
			writer, call->reply_to, is_there ? property : NULL, listener_interfaces);
	}
}

/* No interface is any. */
static bool
is_call_of(const struct wire_header *header, const char *interface, const char *member)
{
	return (header->interface[0] == '\0' || strcmp(header->interface, interface) == 0) &&
	       strcmp(header->member, member) == 0;
}

void
listener_serve(struct listener *listener, struct wire_call *call)
{
	const struct wire_header *header = call->header;
	const struct listener_method *method;

	if (is_call_of(header, "org.freedesktop.DBus.Peer", "Ping")) {
		listener_answer(listener, call->reply_to);
		return;
	}
	if (strcmp(header->path, LISTENER_PATH) != 0) {
		answer_error(listener, call->reply_to, DBUS_ERROR "UnknownObject",
			"only " LISTENER_PATH " is here");
		return;
	}
	method = listener_method_find(header->interface, header->member);
	if (method != NULL) {
		serve(listener, method, call);
	} else if (is_call_of(header, DBUS_PROPERTIES, "Get") ||
		   is_call_of(header, DBUS_PROPERTIES, "GetAll")) {
		serve_property(listener, call);
	} else {
		answer_error(
			listener, call->reply_to, DBUS_ERROR "UnknownMethod", "no such method");
	}
}
