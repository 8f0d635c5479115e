#include "raw.h"

#include <drm_fourcc.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

void
raw_put(struct raw *raw, const void *bytes, size_t size, size_t alignment)
{
	while (raw->size % alignment != 0) {
		raw->bytes[raw->size++] = 0;
	}
	memcpy(raw->bytes + raw->size, bytes, size);
	raw->size += size;
}

void
raw_put_u32(struct raw *raw, uint32_t number)
{
	raw_put(raw, &number, sizeof(number), 4);
}

static void
put_field(struct raw *raw, char code, char type, const char *text)
{
	char start[4] = { code, 1, type, 0 };
	uint8_t length = (uint8_t)strlen(text);

	raw_put(raw, start, sizeof(start), 8);
	if (type == 'g') {
		raw_put(raw, &length, 1, 1);
	} else {
		raw_put_u32(raw, length);
	}
	raw_put(raw, text, length + 1, 1);
}

void
raw_make_call(struct raw *raw, uint32_t serial, const char *interface, const char *member,
	const char *signature, uint32_t n_fds, const void *body, uint32_t body_size)
{
	static const uint8_t start[4] = { 'l', RAW_CALL, 0, 1 };
	static const char fds_start[4] = { 9, 1, 'u', 0 };
	uint32_t size;

	*raw = (struct raw){ .size = 0 };
	raw_put(raw, start, sizeof(start), 1);
	raw_put_u32(raw, body_size);
	raw_put_u32(raw, serial);
	raw_put_u32(raw, 0);
	put_field(raw, 1, 'o', "/org/qemu/Display1/Listener");
	put_field(raw, 2, 's', interface);
	put_field(raw, 3, 's', member);
	if (signature[0] != '\0') {
		put_field(raw, 8, 'g', signature);
	}
	if (n_fds > 0) {
		raw_put(raw, fds_start, sizeof(fds_start), 8);
		raw_put_u32(raw, n_fds);
	}
	size = (uint32_t)raw->size - 16;
	memcpy(raw->bytes + 12, &size, sizeof(size));
	raw_put(raw, "", 0, 8);
	raw_put(raw, body, body_size, 1);
}

void
raw_make_get_all(struct raw *raw)
{
	struct raw body = { .size = 0 };
	static const char interface[] = "org.qemu.Display1.Listener";

	raw_put_u32(&body, sizeof(interface) - 1);
	raw_put(&body, interface, sizeof(interface), 1);
	raw_make_call(raw, 1, "org.freedesktop.DBus.Properties", "GetAll", "s", 0, body.bytes,
		(uint32_t)body.size);
}

void
raw_make_update_dmabuf(struct raw *raw, uint32_t serial)
{
	const int32_t rect[4] = { 0, 0, 64, 48 };

	raw_make_call(raw, serial, "org.qemu.Display1.Listener", "UpdateDMABUF", "iiii", 0, rect,
		sizeof(rect));
}

void
raw_make_scanout_dmabuf(struct raw *raw, uint32_t serial)
{
	/* The fd's index, width, height, stride, format, padding, modifier, y0_top. */
	const uint32_t body[] = { 0, 64, 48, 256, DRM_FORMAT_XRGB8888, 0, 0, 0, 0 };

	raw_make_call(raw, serial, "org.qemu.Display1.Listener", "ScanoutDMABUF", "huuuutb", 1,
		body, sizeof(body));
}

void
raw_make_disable(struct raw *raw, uint32_t serial)
{
	raw_make_call(raw, serial, "org.qemu.Display1.Listener", "Disable", "", 0, "", 0);
}

void
raw_send(int fd, const struct raw *raw)
{
	assert_int_equal(send(fd, raw->bytes, raw->size, MSG_NOSIGNAL), raw->size);
}

void
raw_send_fds(int fd, const struct raw *raw, const int *fds, uint32_t n_fds)
{
	uint64_t control[64];
	struct iovec iovec = { .iov_base = (void *)raw->bytes, .iov_len = raw->size };
	struct msghdr message = {
		.msg_iov = &iovec,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(n_fds * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	assert_true(message.msg_controllen <= sizeof(control));
	memset(control, 0, sizeof(control));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
	memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
	assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), raw->size);
}

void
raw_read_handshake(int fd)
{
	char text[256] = { 0 };
	size_t length = 0;

	while (strstr(text + 1, "BEGIN\r\n") == NULL) {
		ssize_t n = recv(fd, text + length, sizeof(text) - 1 - length, MSG_DONTWAIT);

		/* It was written before QEMU even got the socket. */
		assert_true(n > 0);
		length += (size_t)n;
		/* The first byte is a 0: search behind it. */
	}
	assert_non_null(strstr(text + 1, "AUTH EXTERNAL"));
	assert_non_null(strstr(text + 1, "NEGOTIATE_UNIX_FD"));
}

const char raw_welcome[] = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";

bool
raw_readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) > 0;
}

enum raw_type
raw_read_reply(struct wire *wire, int fd)
{
	uint8_t bytes[4096];
	uint32_t body, fields;
	ssize_t n;

	WIRE_WAIT(wire, raw_readable(fd));
	n = recv(fd, bytes, 16, MSG_WAITALL);
	assert_int_equal(n, 16);
	memcpy(&body, bytes + 4, 4);
	memcpy(&fields, bytes + 12, 4);
	body += (fields + 7) / 8 * 8;
	assert_true(body <= sizeof(bytes));
	assert_int_equal(recv(fd, bytes + 16, body, MSG_WAITALL), body);
	return bytes[1];
}

struct fake_console *
raw_open(struct wire *wire)
{
	struct fake_console *console;

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	raw_read_handshake(console->raw_fd);
	assert_int_equal(send(console->raw_fd, raw_welcome, strlen(raw_welcome), MSG_NOSIGNAL),
		strlen(raw_welcome));
	return console;
}
