#include "qemu-dbus/input-line.h"

#include <stdarg.h>

#include "base/log.h"
#include "qemu-dbus/control.h"

void
input_line_init(
	struct input_line *line, struct control *control, void (*taken)(void *data), void *data)
{
	*line = (struct input_line){ .control = control, .taken = taken, .data = data };
}

void
input_line_leave(struct input_line *line)
{
	line->is_leaving = true;
}

bool
input_line_is_open(const struct input_line *line)
{
	return line->n_untaken < INPUT_LINE_WINDOW;
}

static int
handle_reply(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct input_line *line = data;
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	/* The connection's end answers all calls. */
	if (!control_is_open(line->control)) {
		return 0;
	}
	if (error != NULL && !line->error_was_logged) {
		line->error_was_logged = true;
		log_info("QEMU refuses input: %s; such events are lost", error->message);
	}
	line->n_untaken -= INPUT_LINE_REPLY_EVERY;
	line->taken(line->data);
	return 0;
}

static int
send_counted(struct input_line *line, sd_bus_message *call)
{
	bool is_marked = line->n_unmarked + 1 == INPUT_LINE_REPLY_EVERY;
	int r = control_send(line->control, call, is_marked ? handle_reply : NULL, line);

	if (r < 0) {
		return r;
	}
	line->n_untaken++;
	line->n_unmarked = is_marked ? 0 : line->n_unmarked + 1;
	return 0;
}

int
input_line_send(struct input_line *line, const char *path, const char *interface,
	const char *member, const char *types, ...)
{
	sd_bus_message *call;
	va_list arguments;
	int r = control_new_call(line->control, path, interface, member, &call);

	if (r < 0) {
		return r;
	}
	va_start(arguments, types);
	r = sd_bus_message_appendv(call, types, arguments);
	va_end(arguments);
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	return line->is_leaving ? control_send(line->control, call, NULL, NULL)
				: send_counted(line, call);
}
