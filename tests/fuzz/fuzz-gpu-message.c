#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "fuzz.h"
#include "gpu-message.h"

/*
 * A packet between the viewer and its GPU helper, as either side receives it. The first byte is
 * how many fds come with it, the second how many bytes of 0 are added, in units of 32: a message
 * with a list of modifiers is long.
 */

#define HEAD_SIZE 2
#define PADDING_UNIT 32
#define MAX_FDS (BUFFER_MAX_PLANES + 4)
#define MAX_PACKET (HEAD_SIZE + 8192)

static int sockets[2] = { -1, -1 };
static int memory = -1;

static void
open_sockets(void)
{
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			    sockets) == 0);
	memory = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_EXPECT(memory >= 0);
}

static bool
send_bytes(const uint8_t *bytes, size_t size, uint32_t n_fds)
{
	const struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
	int fds[MAX_FDS];

	for (uint32_t i = 0; i < n_fds; i++) {
		fds[i] = memory;
	}
	return packet_send(sockets[1], &part, 1, fds, n_fds, MSG_DONTWAIT) >= 0;
}

static void
check_layout(const struct gpu_layout *layout, const int *fds, uint32_t n_fds)
{
	struct buffer_layout buffer;
	struct gpu_layout again;

	FUZZ_EXPECT(layout->n_planes >= 1 && layout->n_planes <= BUFFER_MAX_PLANES);
	FUZZ_EXPECT(layout->n_planes == n_fds);
	gpu_layout_to_buffer(layout, fds, &buffer);
	gpu_layout_from_buffer(&again, &buffer);
	FUZZ_EXPECT(again.kind == layout->kind && again.fourcc == layout->fourcc);
	FUZZ_EXPECT(again.width == layout->width && again.height == layout->height);
	FUZZ_EXPECT(again.modifier == layout->modifier && again.n_planes == layout->n_planes);
	for (uint32_t i = 0; i < n_fds; i++) {
		FUZZ_EXPECT(buffer.planes[i].fd == fds[i]);
		FUZZ_EXPECT(again.offsets[i] == layout->offsets[i]);
		FUZZ_EXPECT(again.strides[i] == layout->strides[i]);
	}
}

/* What both sides rely on. */
static void
check_message(const struct gpu_message *message, const int *fds, uint32_t n_fds)
{
	static const struct rect largest = { 0, 0, BUFFER_MAX_DIMENSION, BUFFER_MAX_DIMENSION };

	switch (message->type) {
	case GPU_IMPORT:
		check_layout(&message->import.layout, fds, n_fds);
		FUZZ_EXPECT(message->import.n_offers <= GPU_MAX_OFFERS);
		FUZZ_EXPECT(
			message->import.n_targets >= 1 && message->import.n_targets <= GPU_TARGETS);
		for (uint32_t i = 0; i < message->import.n_offers; i++) {
			FUZZ_EXPECT(message->import.offers[i].n_modifiers <= GPU_MAX_MODIFIERS);
		}
		break;
	case GPU_TARGET:
		check_layout(&message->target.layout, fds, n_fds);
		FUZZ_EXPECT(message->target.index < GPU_TARGETS);
		break;
	case GPU_DRAW:
		FUZZ_EXPECT(n_fds == 0 && message->draw.index < GPU_TARGETS);
		FUZZ_EXPECT(
			message->draw.n_rects >= 1 && message->draw.n_rects <= DAMAGE_MAX_RECTS);
		for (uint32_t i = 0; i < message->draw.n_rects; i++) {
			FUZZ_EXPECT(!rect_is_empty(&message->draw.rects[i]));
			FUZZ_EXPECT(rect_contains(&largest, &message->draw.rects[i]));
		}
		break;
	case GPU_DRAWN:
		FUZZ_EXPECT(n_fds == 0 && message->drawn.index < GPU_TARGETS);
		FUZZ_EXPECT(message->drawn.error <= 0);
		break;
	case GPU_FAILED:
		FUZZ_EXPECT(n_fds == 0 && message->failed.error < 0);
		break;
	default:
		FUZZ_EXPECT(message->type == GPU_READY || message->type == GPU_DROP);
		FUZZ_EXPECT(n_fds == 0);
		break;
	}
}

/* Whatever was taken is the same once it was passed on. */
static void
check_round_trip(const struct gpu_message *message, size_t size, const int *fds, uint32_t n_fds)
{
	static struct gpu_message again;
	int more_fds[BUFFER_MAX_PLANES];

	FUZZ_EXPECT(gpu_message_send(sockets[1], message, fds, n_fds) == 0);
	FUZZ_EXPECT(gpu_message_receive(sockets[0], &again, more_fds) == 0);
	FUZZ_EXPECT(memcmp(message, &again, size) == 0);
	for (int i = 0; i < BUFFER_MAX_PLANES; i++) {
		FUZZ_EXPECT((more_fds[i] >= 0) == (fds[i] >= 0));
		fd_close(&more_fds[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gpu_message message;
	static uint8_t packet[MAX_PACKET];
	int fds[BUFFER_MAX_PLANES];
	uint32_t n_open = 0, n_fds, n_before;
	size_t padding;
	int r;

	if (sockets[0] < 0) {
		open_sockets();
	}
	if (size <= HEAD_SIZE) {
		return 0;
	}
	n_before = fuzz_count_fds();
	n_fds = data[0] % (MAX_FDS + 1);
	padding = (size_t)data[1] * PADDING_UNIT;
	size -= HEAD_SIZE;
	if (size + padding > sizeof(packet)) {
		return 0;
	}
	memcpy(packet, data + HEAD_SIZE, size);
	memset(packet + size, 0, padding);
	size += padding;
	if (!send_bytes(packet, size, n_fds)) {
		return 0;
	}
	r = gpu_message_receive(sockets[0], &message, fds);
	FUZZ_EXPECT(r == 0 || r == -EBADMSG);
	if (r == 0) {
		while (n_open < BUFFER_MAX_PLANES && fds[n_open] >= 0) {
			n_open++;
		}
		FUZZ_EXPECT(n_open == n_fds);
		check_message(&message, fds, n_fds);
		check_round_trip(&message, size, fds, n_fds);
		for (int i = 0; i < BUFFER_MAX_PLANES; i++) {
			fd_close(&fds[i]);
		}
	}
	FUZZ_EXPECT(fuzz_count_fds() == n_before);
	FUZZ_EXPECT(gpu_message_receive(sockets[0], &message, fds) == -EAGAIN);
	return 0;
}
