#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "control-socket.h"
#include "fuzz.h"

/*
 * A message of the control socket, received as the viewer does, and taken for a scanout. The first
 * byte says how many fds come with it; the rest is the message.
 */

#define MEMORY_SIZE (256 * 1024)
#define MAX_FDS (BUFFER_MAX_PLANES + 2)
#define MAX_READ_SIZE (256 * 1024)

struct peer {
	int here, there;
	int sealed_fd, small_fd;
	bool ready;
};

static struct peer *
get_peer(void)
{
	static struct peer peer;
	int fds[2];

	if (peer.ready) {
		return &peer;
	}
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	peer.here = fds[0];
	peer.there = fds[1];
	FUZZ_EXPECT(fd_set_nonblocking(peer.here) == 0);
	peer.sealed_fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	peer.small_fd = memfd_create("small", MFD_CLOEXEC);
	FUZZ_EXPECT(ftruncate(peer.sealed_fd, MEMORY_SIZE) == 0);
	FUZZ_EXPECT(fcntl(peer.sealed_fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	FUZZ_EXPECT(ftruncate(peer.small_fd, 4096) == 0);
	/* Several planes and modifiers are for dma-bufs. */
	fd_let_memory_pass_as_dmabuf();
	peer.ready = true;
	return &peer;
}

static bool
send_message(struct peer *peer, const uint8_t *text, size_t size, uint32_t n_fds)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
	} space = { .bytes = { 0 } };
	struct iovec part = { .iov_base = (void *)(uintptr_t)text, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (n_fds > 0) {
		space.header.cmsg_level = SOL_SOCKET;
		space.header.cmsg_type = SCM_RIGHTS;
		space.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		for (uint32_t i = 0; i < n_fds; i++) {
			((int *)CMSG_DATA(&space.header))[i] =
				i == 3 ? peer->small_fd : peer->sealed_fd;
		}
		header.msg_control = space.bytes;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
	}
	return sendmsg(peer->there, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

/* A whole number in the message is either what was taken or a reason to refuse. */
static void
expect_number(json_object *message, const char *key, int64_t taken)
{
	json_object *value;

	if (json_object_object_get_ex(message, key, &value) &&
		json_object_is_type(value, json_type_int)) {
		FUZZ_EXPECT(json_object_get_int64(value) == taken);
	}
}

static void
check_scanout(json_object *message, const struct scanout *scanout)
{
	static uint8_t pixels[MAX_READ_SIZE];
	const struct buffer_layout *layout = &scanout->buffer->layout;
	const struct rect *source = &scanout->source;
	struct rect bounds = { 0, 0, (int32_t)layout->width, (int32_t)layout->height };
	size_t stride = (size_t)source->width * 4;
	json_object *planes;

	FUZZ_EXPECT(layout->width >= 1 && layout->width <= BUFFER_MAX_DIMENSION);
	FUZZ_EXPECT(layout->height >= 1 && layout->height <= BUFFER_MAX_DIMENSION);
	FUZZ_EXPECT(layout->n_planes >= 1 && layout->n_planes <= BUFFER_MAX_PLANES);
	FUZZ_EXPECT(!rect_is_empty(source) && rect_contains(&bounds, source));
	expect_number(message, "width", layout->width);
	expect_number(message, "height", layout->height);
	expect_number(message, "fourcc", layout->fourcc);
	expect_number(message, "source_x", source->x);
	expect_number(message, "source_y", source->y);
	expect_number(message, "source_width", source->width);
	expect_number(message, "source_height", source->height);
	json_object_object_get_ex(message, "planes", &planes);
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		json_object *plane = json_object_array_get_idx(planes, i);

		expect_number(plane, "offset", layout->planes[i].offset);
		expect_number(plane, "stride", layout->planes[i].stride);
	}
	if (stride * (size_t)source->height <= sizeof(pixels)) {
		buffer_read(scanout->buffer, source, pixels, stride);
	}
}

/* Whatever was taken comes through once more as it is. */
static void
check_round_trip(const struct scanout *scanout)
{
	struct control_socket_fds fds = { 0 };
	json_object *message = control_socket_scanout_to_json(scanout, &fds);
	struct scanout again;
	uint32_t next_fd = 0;

	FUZZ_EXPECT(control_socket_scanout_from_json(message, &fds, &next_fd, &again) == 0);
	FUZZ_EXPECT(next_fd == fds.n_fds);
	FUZZ_EXPECT(rect_equal(&again.source, &scanout->source));
	FUZZ_EXPECT(again.bottom_up == scanout->bottom_up);
	FUZZ_EXPECT(buffer_is(again.buffer, &scanout->buffer->layout, scanout->buffer->infos));
	buffer_unref(again.buffer);
	json_object_put(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer *peer = get_peer();
	struct control_socket_fds fds;
	json_object *message;
	struct scanout scanout;
	uint32_t next_fd = 0;

	if (size < 2 || !send_message(peer, data + 1, size - 1, data[0] % (MAX_FDS + 1))) {
		return 0;
	}
	if (control_socket_receive(peer->here, &message, &fds) < 0) {
		return 0;
	}
	if (control_socket_scanout_from_json(message, &fds, &next_fd, &scanout) == 0) {
		FUZZ_EXPECT(next_fd <= fds.n_fds);
		check_scanout(message, &scanout);
		check_round_trip(&scanout);
		buffer_unref(scanout.buffer);
	}
	json_object_put(message);
	control_socket_fds_close(&fds);
	return 0;
}
