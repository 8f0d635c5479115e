#include "vmm-head.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pixman.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TYPE_CALL 1
#define TYPE_RETURN 2
#define TYPE_ERROR 3
#define HEADER_SIZE 16
#define FIELD_REPLY_SERIAL 5
#define NO_REPLY_EXPECTED 1
/* Mode changes go between the full width and so much less. */
#define MODE_STEP 64

static void
make_scanout(struct vmm_head *head, struct vmm_buffer *buffer, uint32_t width)
{
	const uint32_t stride = width * 4;

	if (head->memory == MEMORY_DMABUF) {
		/* huuuutb: the modifier is aligned to 8, and LINEAR is 0. */
		const uint32_t body[] = { 0, width, head->height, stride, head->fourcc, 0, 0, 0,
			0 };
		call_init(&buffer->scanout, CALL_LISTENER, "ScanoutDMABUF", "huuuutb", body,
			sizeof(body), true, false);
	} else {
		const uint32_t body[] = { 0, 0, width, head->height, stride, PIXMAN_x8r8g8b8 };
		call_init(&buffer->scanout, CALL_LISTENER ".Unix.Map", "ScanoutMap", "huuuuu", body,
			sizeof(body), true, true);
	}
}

static void
make_buffer(struct vmm_head *head, struct vmm_buffer *buffer, uint32_t width)
{
	struct stat status;

	buffer->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (buffer->fd < 0 || ftruncate(buffer->fd, (off_t)width * head->height * 4) < 0 ||
		fcntl(buffer->fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0 ||
		fstat(buffer->fd, &status) < 0) {
		err(1, "guest memory");
	}
	buffer->inode = status.st_ino;
	make_scanout(head, buffer, width);
}

void
vmm_head_init(
	struct vmm_head *head, enum memory memory, uint32_t fourcc, uint32_t width, uint32_t height)
{
	const uint32_t all[] = { 0, 0, width, height };
	const bool is_dmabuf = memory == MEMORY_DMABUF;

	*head = (struct vmm_head){
		.memory = memory,
		.fourcc = fourcc,
		.width = width,
		.height = height,
		.fd = -1,
	};
	for (uint32_t i = 0; i < HEAD_N_BUFFERS; i++) {
		make_buffer(head, &head->buffers[i], width);
	}
	call_init(&head->update, is_dmabuf ? CALL_LISTENER : CALL_LISTENER ".Unix.Map",
		is_dmabuf ? "UpdateDMABUF" : "UpdateMap", "iiii", all, sizeof(all), false,
		is_dmabuf);
	call_init(&head->disable, CALL_LISTENER, "Disable", "", NULL, 0, false, false);
}

static void
expect_answer(struct vmm_head *head)
{
	if (head->n_unanswered == HEAD_MAX_UNANSWERED) {
		errx(1, "the viewer owes too many answers");
	}
	head->unanswered[head->n_unanswered++] = head->last_serial;
}

static void
send_scanout(struct vmm_head *head)
{
	struct vmm_buffer *buffer = &head->buffers[head->shown];

	call_send(&buffer->scanout, head->fd, ++head->last_serial, buffer->fd);
	if (head->memory == MEMORY_MAP) {
		expect_answer(head);
	}
}

static void
send_update(struct vmm_head *head)
{
	call_send(&head->update, head->fd, ++head->last_serial, -1);
	if (head->memory == MEMORY_DMABUF) {
		expect_answer(head);
	}
}

/* QEMU is the server of the handshake; the viewer wrote its part before QEMU has the socket. */
static void
shake_hands(int fd)
{
	static const char welcome[] =
		"DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";
	char text[256];
	size_t size = 0;

	while (memmem(text, size, "BEGIN\r\n", strlen("BEGIN\r\n")) == NULL) {
		struct pollfd pollfd = { .fd = fd, .events = POLLIN };
		ssize_t n;

		poll(&pollfd, 1, -1);
		n = recv(fd, text + size, sizeof(text) - size, 0);
		if (n <= 0) {
			err(1, "handshake");
		}
		size += (size_t)n;
	}
	if (send(fd, welcome, strlen(welcome), MSG_NOSIGNAL) != (ssize_t)strlen(welcome)) {
		err(1, "handshake");
	}
}

/* As QEMU: libraries take no fd before they have seen the end of the handshake. */
static void
ask(struct vmm_head *head)
{
	static const struct {
		uint32_t length;
		char text[sizeof(CALL_LISTENER)];
	} body = { sizeof(CALL_LISTENER) - 1, CALL_LISTENER };
	struct call call;

	call_init(&call, "org.freedesktop.DBus.Properties", "GetAll", "s", &body,
		sizeof(body.length) + sizeof(body.text), false, true);
	call_send(&call, head->fd, ++head->last_serial, -1);
	head->is_asking = true;
}

static void
show_first(struct vmm_head *head)
{
	send_scanout(head);
	send_update(head);
}

void
vmm_head_connect(struct vmm_head *head, int fd, bool handshake)
{
	head->fd = fd;
	if (handshake) {
		shake_hands(fd);
		ask(head);
	} else {
		show_first(head);
	}
}

static uint32_t
width_now(const struct vmm_head *head)
{
	return head->width - (head->is_narrow ? MODE_STEP : 0);
}

static void
change_mode(struct vmm_head *head)
{
	struct vmm_buffer *buffer = &head->buffers[head->shown];

	close(buffer->fd);
	head->is_narrow = !head->is_narrow;
	make_buffer(head, buffer, width_now(head));
	send_scanout(head);
}

void
vmm_head_renew(struct vmm_head *head, bool is_narrow)
{
	head->is_narrow = is_narrow;
	for (uint32_t i = 0; i < HEAD_N_BUFFERS; i++) {
		close(head->buffers[i].fd);
		make_buffer(head, &head->buffers[i], width_now(head));
	}
}

/* As virtio-gpu does it (hw/display/virtio-gpu-udmabuf.c): to let go of the last buffer is
 * Disable. */
static void
flip(struct vmm_head *head)
{
	head->shown = (head->shown + 1) % HEAD_N_BUFFERS;
	send_scanout(head);
	if (head->memory == MEMORY_DMABUF) {
		call_send(&head->disable, head->fd, ++head->last_serial, -1);
	}
}

void
vmm_head_frame(struct vmm_head *head, enum frame_kind kind)
{
	if (kind == FRAME_FLIP) {
		flip(head);
	} else if (kind == FRAME_MODE) {
		change_mode(head);
	}
	send_update(head);
}

/* The field REPLY_SERIAL among those of the header (D-Bus specification, "Header Fields"): all are
 * aligned to 8, and have a code, a signature of one type, and here a number or a text. */
static uint32_t
reply_serial(const uint8_t *header, uint32_t fields)
{
	const uint8_t *at = header + HEADER_SIZE, *end = at + fields;

	while (at + 8 <= end) {
		uint32_t value;
		size_t size;

		memcpy(&value, at + 4, sizeof(value));
		if (at[0] == FIELD_REPLY_SERIAL) {
			return value;
		}
		/* Behind four bytes of code and signature: length, text and its end. */
		size = at[2] == 'u'   ? 8
		       : at[2] == 'g' ? 4 + 1 + (size_t)at[4] + 1
				      : 4 + 4 + (size_t)value + 1;
		at += (size + 7) / 8 * 8;
	}
	errx(1, "the viewer replies to nothing");
}

static void
take_answer(struct vmm_head *head, uint32_t serial)
{
	uint32_t i = 0;

	/* What it was asked before the first picture is not among these. */
	if (head->is_asking) {
		return;
	}
	while (i < head->n_unanswered && head->unanswered[i] != serial) {
		i++;
	}
	if (i == head->n_unanswered) {
		errx(1, "the viewer answers what it was not asked, or has answered before");
	}
	head->unanswered[i] = head->unanswered[--head->n_unanswered];
}

/* The one call that comes is Peer.Ping: has all been read that was sent before? */
static void
answer_ping(struct vmm_head *head, const uint8_t *header)
{
	uint32_t reply[] = { 'l' | TYPE_RETURN << 8 | NO_REPLY_EXPECTED << 16 | 1 << 24, 0,
		++head->last_serial, 8, FIELD_REPLY_SERIAL | 1 << 8 | 'u' << 16, 0 };

	memcpy(&reply[5], header + 8, sizeof(reply[5]));
	if (send(head->fd, reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply)) {
		err(1, "answer");
	}
}

static int
take_replies(struct vmm_head *head)
{
	size_t at = 0;
	int n = 0;

	while (head->inbox_size - at >= HEADER_SIZE) {
		uint32_t body, fields;
		size_t size;

		memcpy(&body, head->inbox + at + 4, sizeof(body));
		memcpy(&fields, head->inbox + at + 12, sizeof(fields));
		size = HEADER_SIZE + (fields + 7) / 8 * 8 + (size_t)body;
		if (size > sizeof(head->inbox)) {
			errx(1, "the viewer sends something long");
		}
		if (head->inbox_size - at < size) {
			break;
		}
		if (head->inbox[at + 1] == TYPE_ERROR) {
			errx(1, "the viewer refuses a call");
		}
		if (head->inbox[at + 1] == TYPE_CALL) {
			answer_ping(head, head->inbox + at);
		}
		if (head->inbox[at + 1] == TYPE_RETURN) {
			take_answer(head, reply_serial(head->inbox + at, fields));
			n++;
		}
		at += size;
	}
	head->inbox_size -= at;
	memmove(head->inbox, head->inbox + at, head->inbox_size);
	return n;
}

int
vmm_head_read(struct vmm_head *head)
{
	ssize_t n = recv(head->fd, head->inbox + head->inbox_size,
		sizeof(head->inbox) - head->inbox_size, MSG_DONTWAIT);
	int replies;

	if (n <= 0) {
		return n < 0 && errno == EAGAIN ? 0 : -ECONNRESET;
	}
	head->inbox_size += (size_t)n;
	replies = take_replies(head);
	if (head->is_asking && replies > 0) {
		head->is_asking = false;
		show_first(head);
		return 0;
	}
	return replies;
}
