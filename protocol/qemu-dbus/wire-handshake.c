#include "qemu-dbus/wire-handshake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const char ours[] = "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";

/* What the server's lines must start with. */
static const char *const theirs[] = { "DATA\r", "OK ", "AGREE_UNIX_FD\r" };

int
wire_handshake_send(int fd)
{
	size_t size = sizeof(ours) - 1;
	ssize_t n = send(fd, ours, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0) {
		return -errno;
	}
	return (size_t)n == size ? 0 : -EIO;
}

ssize_t
wire_handshake_read(struct wire_handshake *handshake, const uint8_t *data, size_t size)
{
	const char *expected = theirs[handshake->n_lines];
	size_t searched = size < WIRE_LINE_MAX ? size : WIRE_LINE_MAX;
	const uint8_t *end = memchr(data, '\n', searched);

	if (end == NULL) {
		return size < WIRE_LINE_MAX ? 0 : -EPROTO;
	}
	size = (size_t)(end - data) + 1;
	if (size <= strlen(expected) || memcmp(data, expected, strlen(expected)) != 0) {
		return -EPROTO;
	}
	handshake->n_lines++;
	return (ssize_t)size;
}

bool
wire_handshake_is_over(const struct wire_handshake *handshake)
{
	return handshake->n_lines == sizeof(theirs) / sizeof(theirs[0]);
}
