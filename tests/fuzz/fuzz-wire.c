#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "qemu-dbus/messages.h"
#include "qemu-dbus/wire-connection.h"
#include "qemu-dbus/wire-reply.h"

/*
 * What may come on a listener's connection, through a real socket. The first byte cuts it into the
 * pieces that are read (0: one) and its top bit puts it in the place of the handshake. The second
 * is the number of fds that come with the first piece.
 *
 * The first message is given to sd-bus as well: whatever we take it for, it must take it for the
 * same, so that what it refuses is refused here.
 */

#define CUT_MASK 0x7f
#define IN_HANDSHAKE 0x80
#define MAX_FDS 6
/* What is dispatched for one piece is far less. */
#define MAX_STEPS 64
#define LOCAL_PATH "/org/freedesktop/DBus/Local"

static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
static const char welcome[] = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";

struct fuzz {
	sd_event *event;
	int fds[MAX_FDS];
	uint32_t n_fds;
	const uint8_t *data; /* all of what comes */
	size_t size;
	sd_bus_message *first; /* as sd-bus sees it; NULL: it sees none */
	struct wire_hub hub;
	struct wire_connection *connection;
	bool is_compared;
	uint32_t n_calls;
	uint64_t tail_left;
	bool is_in_tail;
	const uint8_t *tail; /* sd-bus's; NULL: not to be compared */
};

static void
send_piece(int fd, const void *bytes, size_t size, const int *fds, uint32_t n_fds)
{
	union wire_fds_space {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
	} control = { 0 };
	struct iovec iovec = { .iov_base = (void *)bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1 };

	if (n_fds > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}
	/* Nobody may be there any more. */
	if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		FUZZ_EXPECT(errno == EPIPE || errno == ECONNRESET || errno == EAGAIN);
	}
}

static int
handle_filter(sd_bus_message *message, void *data, sd_bus_error *ret_error)
{
	struct fuzz *fuzz = data;

	const char *path = sd_bus_message_get_path(message);

	/* Not what sd-bus says about itself. */
	if (fuzz->first == NULL && (path == NULL || strcmp(path, LOCAL_PATH) != 0)) {
		fuzz->first = sd_bus_message_ref(message);
	}
	return 1;
}

static void
process(sd_bus *bus)
{
	while (sd_bus_process(bus, NULL) > 0) {
	}
}

/* What sd-bus makes of the first so many bytes. */
static void
ask_sd_bus(struct fuzz *fuzz, size_t size, sd_bus **ret_bus)
{
	static const sd_id128_t id = { .bytes = { 1, 2, 3 } };
	char answer[256];
	sd_bus *bus;
	int fds[2];

	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	FUZZ_EXPECT(sd_bus_new(&bus) >= 0);
	FUZZ_EXPECT(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
	FUZZ_EXPECT(sd_bus_set_server(bus, 1, id) >= 0);
	FUZZ_EXPECT(sd_bus_negotiate_fds(bus, 1) >= 0);
	FUZZ_EXPECT(sd_bus_add_filter(bus, NULL, handle_filter, fuzz) >= 0);
	send_piece(fds[1], hello, sizeof(hello) - 1, NULL, 0);
	FUZZ_EXPECT(sd_bus_start(bus) >= 0);
	process(bus);
	FUZZ_EXPECT(recv(fds[1], answer, sizeof(answer), MSG_DONTWAIT) > 0);
	send_piece(fds[1], fuzz->data, size, fuzz->fds, fuzz->n_fds);
	process(bus);
	close(fds[1]);
	*ret_bus = bus;
}

static bool
same_file(int a, int b)
{
	struct stat status_a, status_b;

	return fstat(a, &status_a) == 0 && fstat(b, &status_b) == 0 &&
	       status_a.st_ino == status_b.st_ino && status_a.st_dev == status_b.st_dev;
}

static void
expect_tail(struct fuzz *fuzz)
{
	const void *bytes;
	size_t size;

	FUZZ_EXPECT(sd_bus_message_read_array(fuzz->first, 'y', &bytes, &size) >= 0);
	FUZZ_EXPECT(size == fuzz->tail_left);
	fuzz->tail = bytes;
}

static void
compare_scanout(struct fuzz *fuzz, struct wire_call *call)
{
	struct message_pixels pixels;
	uint32_t width, height, stride, format;

	if (message_read_scanout(call, &pixels) >= 0) {
		FUZZ_EXPECT(sd_bus_message_read(
				    fuzz->first, "uuuu", &width, &height, &stride, &format) > 0);
		FUZZ_EXPECT(pixels.rect.x == 0 && pixels.rect.y == 0 && pixels.stride == stride);
		FUZZ_EXPECT((uint32_t)pixels.rect.width == width);
		FUZZ_EXPECT((uint32_t)pixels.rect.height == height);
		FUZZ_EXPECT(pixels.format == format_from_pixman(format));
		expect_tail(fuzz);
	}
}

static void
compare_update(struct fuzz *fuzz, struct wire_call *call)
{
	struct message_pixels pixels;
	struct rect rect;
	uint32_t stride, format;

	if (message_read_update(call, &pixels) >= 0) {
		FUZZ_EXPECT(sd_bus_message_read(fuzz->first, "iiiiuu", &rect.x, &rect.y,
				    &rect.width, &rect.height, &stride, &format) > 0);
		FUZZ_EXPECT(rect_equal(&rect, &pixels.rect) && pixels.stride == stride);
		FUZZ_EXPECT(pixels.format == format_from_pixman(format));
		expect_tail(fuzz);
	}
}

static void
compare_cursor(struct fuzz *fuzz, struct wire_call *call)
{
	struct message_cursor cursor;
	int32_t width, height, hot_x, hot_y;

	if (message_read_cursor(call, &cursor) >= 0) {
		FUZZ_EXPECT(sd_bus_message_read(
				    fuzz->first, "iiii", &width, &height, &hot_x, &hot_y) > 0);
		FUZZ_EXPECT(cursor.width == 0 || cursor.width == (uint32_t)width);
		FUZZ_EXPECT(cursor.width == 0 || cursor.height == (uint32_t)height);
		FUZZ_EXPECT(cursor.width * cursor.height * sizeof(uint32_t) == fuzz->tail_left);
		expect_tail(fuzz);
	}
}

static void
compare_rect(struct fuzz *fuzz, struct wire_call *call)
{
	struct rect ours, theirs;

	if (message_read_rect(call, &ours) >= 0) {
		FUZZ_EXPECT(sd_bus_message_read(fuzz->first, "iiii", &theirs.x, &theirs.y,
				    &theirs.width, &theirs.height) > 0);
		FUZZ_EXPECT(rect_equal(&ours, &theirs));
	}
}

static void
compare_mouse(struct fuzz *fuzz, struct wire_call *call)
{
	struct message_mouse mouse;
	int32_t x, y, on;

	if (message_read_mouse(call, &mouse) >= 0) {
		FUZZ_EXPECT(sd_bus_message_read(fuzz->first, "iii", &x, &y, &on) > 0);
		FUZZ_EXPECT(mouse.x == x && mouse.y == y && mouse.on == (on != 0));
	}
}

static void
compare_map(struct fuzz *fuzz, struct wire_call *call)
{
	struct message_scanout scanout;
	const struct buffer_layout *layout = &scanout.layout;
	uint32_t offset, width, height, stride, format;
	int fd;

	if (message_read_scanout_map(call, &scanout) >= 0) {
		FUZZ_EXPECT(sd_bus_message_read(fuzz->first, "huuuuu", &fd, &offset, &width,
				    &height, &stride, &format) > 0);
		FUZZ_EXPECT(same_file(fd, layout->planes[0].fd));
		FUZZ_EXPECT(layout->planes[0].offset == offset);
		FUZZ_EXPECT(layout->planes[0].stride == stride);
		FUZZ_EXPECT(layout->width == width && layout->height == height);
		FUZZ_EXPECT(layout->fourcc == format_from_pixman(format)->fourcc);
	}
}

static void
compare_dmabuf(struct fuzz *fuzz, struct wire_call *call)
{
	struct message_scanout scanout;
	const struct buffer_layout *layout = &scanout.layout;
	uint32_t width, height, stride, fourcc;
	uint64_t modifier;
	int fd, y0_top;

	if (message_read_scanout_dmabuf(call, &scanout) >= 0) {
		FUZZ_EXPECT(sd_bus_message_read(fuzz->first, "huuuutb", &fd, &width, &height,
				    &stride, &fourcc, &modifier, &y0_top) > 0);
		FUZZ_EXPECT(same_file(fd, layout->planes[0].fd));
		FUZZ_EXPECT(layout->planes[0].stride == stride && layout->modifier == modifier);
		FUZZ_EXPECT(layout->width == width && layout->height == height);
		FUZZ_EXPECT(scanout.guessed_format ? fourcc == 0 : layout->fourcc == fourcc);
		FUZZ_EXPECT(scanout.bottom_up == (y0_top != 0));
	}
}

static uint32_t
read_array(sd_bus_message *message, const uint32_t **ret_numbers)
{
	const void *numbers;
	size_t size;

	FUZZ_EXPECT(sd_bus_message_read_array(message, 'u', &numbers, &size) >= 0);
	*ret_numbers = numbers;
	return (uint32_t)(size / sizeof(uint32_t));
}

static void
compare_dmabuf2(struct fuzz *fuzz, struct wire_call *call)
{
	struct message_scanout scanout;
	const struct buffer_layout *layout = &scanout.layout;
	const uint32_t *offsets, *strides;
	uint32_t x, y, width, height, n_planes, fourcc, backing_width, backing_height, n_fds = 0;
	uint64_t modifier;
	int fd, y0_top;

	if (message_read_scanout_dmabuf2(call, &scanout) < 0) {
		return;
	}
	FUZZ_EXPECT(sd_bus_message_enter_container(fuzz->first, 'a', "h") > 0);
	while (sd_bus_message_read_basic(fuzz->first, 'h', &fd) > 0) {
		FUZZ_EXPECT(n_fds < layout->n_planes);
		FUZZ_EXPECT(same_file(fd, layout->planes[n_fds++].fd));
	}
	FUZZ_EXPECT(n_fds > 0 && same_file(layout->planes[layout->n_planes - 1].fd,
					 layout->planes[n_fds - 1].fd));
	FUZZ_EXPECT(sd_bus_message_exit_container(fuzz->first) > 0);
	FUZZ_EXPECT(sd_bus_message_read(fuzz->first, "uuuu", &x, &y, &width, &height) > 0);
	FUZZ_EXPECT(read_array(fuzz->first, &offsets) >= layout->n_planes);
	FUZZ_EXPECT(read_array(fuzz->first, &strides) >= layout->n_planes);
	FUZZ_EXPECT(sd_bus_message_read(fuzz->first, "uuuutb", &n_planes, &fourcc, &backing_width,
			    &backing_height, &modifier, &y0_top) > 0);
	FUZZ_EXPECT(layout->n_planes == n_planes && layout->modifier == modifier);
	FUZZ_EXPECT(layout->width == backing_width && layout->height == backing_height);
	FUZZ_EXPECT((uint32_t)scanout.source.x == x && (uint32_t)scanout.source.y == y);
	FUZZ_EXPECT((uint32_t)scanout.source.width == width);
	FUZZ_EXPECT((uint32_t)scanout.source.height == height);
	FUZZ_EXPECT(scanout.guessed_format ? fourcc == 0 : layout->fourcc == fourcc);
	FUZZ_EXPECT(scanout.bottom_up == (y0_top != 0));
	for (uint32_t i = 0; i < n_planes; i++) {
		FUZZ_EXPECT(layout->planes[i].offset == offsets[i]);
		FUZZ_EXPECT(layout->planes[i].stride == strides[i]);
	}
}

static const struct {
	const char *signature;
	void (*compare)(struct fuzz *fuzz, struct wire_call *call);
} comparisons[] = {
	{ "uuuuay", compare_scanout },
	{ "iiiiuuay", compare_update },
	{ "iiiiay", compare_cursor },
	{ "iiii", compare_rect },
	{ "iii", compare_mouse },
	{ "huuuuu", compare_map },
	{ "huuuutb", compare_dmabuf },
	{ "ahuuuuauauuuuutb", compare_dmabuf2 },
};

#define N_COMPARISONS (sizeof(comparisons) / sizeof(comparisons[0]))

/* Where the signature is in the table; N_COMPARISONS: nowhere. */
static size_t
find_comparison(const char *signature)
{
	size_t i = 0;

	while (i < N_COMPARISONS && strcmp(signature, comparisons[i].signature) != 0) {
		i++;
	}
	return i;
}

static void
compare_call(struct fuzz *fuzz, struct wire_call *call)
{
	const struct wire_header *header = call->header;
	uint64_t serial;

	FUZZ_EXPECT(fuzz->first != NULL);
	FUZZ_EXPECT(sd_bus_message_get_cookie(fuzz->first, &serial) >= 0);
	FUZZ_EXPECT(serial == header->serial);
	FUZZ_EXPECT(strcmp(sd_bus_message_get_path(fuzz->first), header->path) == 0);
	FUZZ_EXPECT(strcmp(sd_bus_message_get_member(fuzz->first), header->member) == 0);
	FUZZ_EXPECT(sd_bus_message_has_signature(fuzz->first, header->signature) > 0);
	FUZZ_EXPECT((sd_bus_message_get_expect_reply(fuzz->first) > 0) == (call->reply_to != 0));
	comparisons[find_comparison(header->signature)].compare(fuzz, call);
}

static void
handle_connection_call(void *data, struct wire_call *call)
{
	struct fuzz *fuzz = data;
	struct wire_writer *writer = wire_connection_writer(fuzz->connection);

	FUZZ_EXPECT(fuzz->connection != NULL && !fuzz->is_in_tail);
	FUZZ_EXPECT(call->header->type == WIRE_CALL && call->n_fds <= call->header->n_fds);
	FUZZ_EXPECT(call->header->body_size <= WIRE_BODY_MAX);
	FUZZ_EXPECT(call->header->tail_size <= WIRE_TAIL_MAX);
	fuzz->is_in_tail = call->header->has_tail;
	fuzz->tail_left = call->header->tail_size;
	fuzz->tail = NULL;
	if (fuzz->n_calls++ == 0 && fuzz->is_compared) {
		compare_call(fuzz, call);
	}
	if (writer != NULL && call->reply_to != 0) {
		wire_reply_error(writer, call->reply_to, "org.qemu.Error", call->header->member);
	}
}

static void
handle_connection_tail(void *data, const uint8_t *bytes, size_t size)
{
	struct fuzz *fuzz = data;

	FUZZ_EXPECT(fuzz->connection != NULL);
	if (!fuzz->is_in_tail) {
		return; /* of a message that is no call */
	}
	FUZZ_EXPECT(size <= fuzz->tail_left);
	if (fuzz->tail != NULL) {
		FUZZ_EXPECT(memcmp(bytes, fuzz->tail, size) == 0);
		fuzz->tail += size;
	}
	fuzz->tail_left -= size;
}

static void
handle_connection_tail_end(void *data)
{
	struct fuzz *fuzz = data;

	FUZZ_EXPECT(fuzz->connection != NULL && fuzz->tail_left == 0);
	fuzz->is_in_tail = false;
}

static void
handle_connection_reply(void *data, uint32_t serial)
{
	struct fuzz *fuzz = data;

	FUZZ_EXPECT(fuzz->connection != NULL && serial != 0);
}

static void
handle_connection_closed(void *data, int error)
{
	struct fuzz *fuzz = data;

	FUZZ_EXPECT(fuzz->connection != NULL && error < 0);
	wire_connection_destroy(fuzz->connection);
	fuzz->connection = NULL;
}

static void
handle_connection_read_all(void *data)
{
}

static const struct wire_handler handler = {
	.call = handle_connection_call,
	.tail = handle_connection_tail,
	.tail_end = handle_connection_tail_end,
	.reply = handle_connection_reply,
	.read_all = handle_connection_read_all,
	.closed = handle_connection_closed,
};

/* Until nothing is left to be done at once. */
static void
run_event_loop(struct fuzz *fuzz)
{
	uint32_t n_steps = 0;

	while (sd_event_run(fuzz->event, 0) > 0) {
		FUZZ_EXPECT(++n_steps < MAX_STEPS);
	}
}

static void
ask_ourselves(struct fuzz *fuzz, uint8_t cut)
{
	const uint8_t *data = fuzz->data;
	size_t size = fuzz->size;
	size_t piece = (cut & CUT_MASK) > 0 ? cut & CUT_MASK : size;
	uint32_t n_fds = fuzz->n_fds;
	int fds[2];

	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	FUZZ_EXPECT(wire_connection_create(&fuzz->hub, fuzz->event, fds[0], &handler, fuzz,
			    &fuzz->connection) == 0);
	if ((cut & IN_HANDSHAKE) == 0) {
		send_piece(fds[1], welcome, strlen(welcome), NULL, 0);
		run_event_loop(fuzz);
	}
	for (; size > 0 && fuzz->connection != NULL; n_fds = 0) {
		if (piece > size) {
			piece = size;
		}
		send_piece(fds[1], data, piece, fuzz->fds, n_fds);
		data += piece;
		size -= piece;
		run_event_loop(fuzz);
	}
	shutdown(fds[1], SHUT_WR);
	run_event_loop(fuzz);
	FUZZ_EXPECT(fuzz->connection == NULL);
	close(fds[1]);
}

/*
 * The size of the first message when it is a call that can be compared and is all there, else 0.
 * sd-bus wants just as many fds as are promised; here that is for the method to find.
 */
static size_t
first_call_size(const struct fuzz *fuzz)
{
	struct wire_header header;
	size_t size;

	if (wire_header_read(fuzz->data, fuzz->size, NULL, &header) < 0 ||
		header.type != WIRE_CALL || header.n_fds != fuzz->n_fds ||
		find_comparison(header.signature) == N_COMPARISONS) {
		return 0;
	}
	size = (size_t)header.header_size + header.body_size + header.tail_size;
	return size <= fuzz->size ? size : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz common;
	struct fuzz fuzz;
	sd_bus *bus = NULL;
	uint32_t n_fds;
	size_t first;

	if (size < 3) {
		return 0;
	}
	if (common.event == NULL) {
		FUZZ_EXPECT(sd_event_new(&common.event) >= 0);
		for (uint32_t i = 0; i < MAX_FDS; i++) {
			common.fds[i] = memfd_create("fuzz", MFD_CLOEXEC);
			FUZZ_EXPECT(common.fds[i] >= 0);
		}
	}
	fuzz = common;
	fuzz.n_fds = data[1] % (MAX_FDS + 1);
	fuzz.data = data + 2;
	fuzz.size = size - 2;
	first = (data[0] & IN_HANDSHAKE) == 0 ? first_call_size(&fuzz) : 0;
	fuzz.is_compared = first > 0;
	if (fuzz.is_compared) {
		ask_sd_bus(&fuzz, first, &bus);
	}
	n_fds = fuzz_count_fds();
	ask_ourselves(&fuzz, data[0]);
	/* Every fd that came is closed again. */
	FUZZ_EXPECT(fuzz_count_fds() == n_fds);
	sd_bus_message_unref(fuzz.first);
	sd_bus_close(bus);
	sd_bus_unref(bus);
	return 0;
}
