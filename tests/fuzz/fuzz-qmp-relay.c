#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "fuzz.h"
#include "qemu-dbus/qmp-relay.h"

/*
 * What a viewer that was taken over says to QMP. The first byte says after how many bytes it goes
 * on in a message of its own, the second with which of those fds come. What QEMU hears must be
 * commands that every viewer sends, whole, and each fd with the command for it.
 */

#define HEAD_SIZE 2
#define MAX_SIZE 16384
#define MAX_PIECES 16
#define MAX_FDS 32

static bool
is_one_of(const char *text, const char *const *allowed, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, allowed[i]) == 0) {
			return true;
		}
	}
	return false;
}

static void
speak(int viewer, const uint8_t *data, size_t size, size_t step, unsigned int with_fds)
{
	if (size / step >= MAX_PIECES) {
		step = size / MAX_PIECES + 1;
	}
	for (unsigned int i = 0; size > 0; i++) {
		size_t length = step < size ? step : size;
		const struct iovec part = { .iov_base = (void *)(uintptr_t)data,
			.iov_len = length };
		bool with_fd = i < 8 && (with_fds >> i & 1);

		if (packet_send(viewer, &part, 1, &viewer, with_fd, MSG_DONTWAIT) < 0) {
			break;
		}
		data += length;
		size -= length;
	}
	shutdown(viewer, SHUT_WR);
}

/* By the name alone: what arguments are allowed is the unit test's. */
static bool
check_command(struct json_object *message)
{
	static const char *const keys[] = { "execute", "arguments", "id" };
	static const char *const commands[] = { "qmp_capabilities", "query-name", "query-uuid",
		"query-version", "query-display-options", "qom-list", "qom-get", "add_client",
		"getfd", "system_powerdown", "system_reset" };
	struct json_object *command;

	FUZZ_EXPECT(json_object_is_type(message, json_type_object));
	json_object_object_foreach(message, key, value)
	{
		FUZZ_EXPECT(is_one_of(key, keys, 3));
		(void)value;
	}
	FUZZ_EXPECT(json_object_object_get_ex(message, "execute", &command));
	FUZZ_EXPECT(is_one_of(json_object_get_string(command), commands, 11));
	return strcmp(json_object_get_string(command), "getfd") == 0;
}

/* Returns how many of them want an fd. */
static uint32_t
check_commands(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	uint32_t n_wanted = 0;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	while (size > 0) {
		struct json_object *message = json_tokener_parse_ex(tokener, text, (int)size);
		size_t n = json_tokener_get_parse_end(tokener);

		FUZZ_EXPECT(json_tokener_get_error(tokener) == json_tokener_success);
		n_wanted += check_command(message);
		json_object_put(message);
		text += n;
		size -= n;
	}
	json_tokener_free(tokener);
	return n_wanted;
}

static void
hear(int qemu)
{
	static char text[4 * MAX_SIZE * MAX_PIECES];
	int fds[MAX_FDS];
	size_t size = 0;
	uint32_t n_fds = 0, n_here = 0;
	ssize_t n;

	do {
		const struct iovec part = { .iov_base = text + size,
			.iov_len = sizeof(text) - size };

		n = packet_receive(qemu, &part, 1, fds, MAX_FDS, &n_here);
		for (uint32_t i = 0; n > 0 && i < n_here; i++) {
			fd_close(&fds[i]);
		}
		size += n > 0 ? (size_t)n : 0;
		n_fds += n > 0 ? n_here : 0;
	} while (n > 0);
	FUZZ_EXPECT(n == -ECONNRESET && size < sizeof(text));
	FUZZ_EXPECT(check_commands(text, size) == n_fds);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int buffer_size = 4 * MAX_SIZE * MAX_PIECES;
	uint32_t n_before = fuzz_count_fds();
	int viewer[2], qemu[2];

	if (size < HEAD_SIZE || size > MAX_SIZE) {
		return 0;
	}
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, viewer) == 0);
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qemu) == 0);
	/* Nobody reads before the relay is done. */
	setsockopt(qemu[0], SOL_SOCKET, SO_SNDBUFFORCE, &buffer_size, sizeof(buffer_size));
	speak(viewer[0], data + HEAD_SIZE, size - HEAD_SIZE, data[0] + 1U, data[1]);
	qmp_relay_run(viewer[1], qemu[0]);
	close(qemu[0]);
	hear(qemu[1]);
	close(qemu[1]);
	close(viewer[0]);
	close(viewer[1]);
	FUZZ_EXPECT(fuzz_count_fds() == n_before);
	return 0;
}
