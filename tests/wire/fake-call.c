#include "fake-qemu.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#define LISTENER "org.qemu.Display1.Listener"

static int
handle_reply_call(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct fake_console *console = data;
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	if (error != NULL) {
		console->n_errors++;
		snprintf(console->last_error, sizeof(console->last_error), "%s", error->name);
	} else {
		console->n_answers++;
	}
	return 0;
}

static sd_bus_message *
new_call(struct fake_console *console, const char *suffix, const char *member)
{
	sd_bus_message *call;
	char interface[64];

	snprintf(interface, sizeof(interface), LISTENER "%s", suffix);
	assert_true(sd_bus_message_new_method_call(console->listener, &call, NULL,
			    "/org/qemu/Display1/Listener", interface, member) >= 0);
	return call;
}

static void
send_call(struct fake_console *console, sd_bus_message *call)
{
	console->n_calls++;
	assert_true(sd_bus_call_async(
			    console->listener, NULL, call, handle_reply_call, console, 0) >= 0);
	sd_bus_message_unref(call);
}

void
fake_call(struct fake_console *console, const char *suffix, const char *member, const char *types,
	...)
{
	sd_bus_message *call = new_call(console, suffix, member);
	va_list args;

	va_start(args, types);
	assert_true(sd_bus_message_appendv(call, types, args) >= 0);
	va_end(args);
	send_call(console, call);
}

void
fake_call_bytes(struct fake_console *console, const char *member, const void *bytes, size_t size,
	const char *types, ...)
{
	sd_bus_message *call = new_call(console, "", member);
	va_list args;

	va_start(args, types);
	assert_true(sd_bus_message_appendv(call, types, args) >= 0);
	va_end(args);
	assert_true(sd_bus_message_append_array(call, 'y', bytes, size) >= 0);
	send_call(console, call);
}
