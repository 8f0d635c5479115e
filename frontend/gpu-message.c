#include "gpu-message.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/packet.h"

#define HEADER_SIZE offsetof(struct gpu_message, ready)

/* 0 for what is no type. */
static size_t
size_of(uint32_t type)
{
	switch (type) {
	case GPU_READY:
		return HEADER_SIZE + sizeof(struct gpu_ready);
	case GPU_IMPORT:
		return HEADER_SIZE + sizeof(struct gpu_import);
	case GPU_TARGET:
		return HEADER_SIZE + sizeof(struct gpu_target);
	case GPU_FAILED:
		return HEADER_SIZE + sizeof(struct gpu_failed);
	case GPU_DRAW:
		return HEADER_SIZE + sizeof(struct gpu_draw);
	case GPU_DRAWN:
		return HEADER_SIZE + sizeof(struct gpu_drawn);
	case GPU_DROP:
		return HEADER_SIZE;
	default:
		return 0;
	}
}

void
gpu_layout_from_buffer(struct gpu_layout *layout, const struct buffer_layout *buffer)
{
	*layout = (struct gpu_layout){
		.kind = buffer->kind,
		.width = buffer->width,
		.height = buffer->height,
		.fourcc = buffer->fourcc,
		.modifier = buffer->modifier,
		.n_planes = buffer->n_planes,
	};
	for (uint32_t i = 0; i < buffer->n_planes; i++) {
		layout->offsets[i] = buffer->planes[i].offset;
		layout->strides[i] = buffer->planes[i].stride;
	}
}

void
gpu_layout_to_buffer(
	const struct gpu_layout *layout, const int *fds, struct buffer_layout *ret_buffer)
{
	*ret_buffer = (struct buffer_layout){
		.kind = (enum buffer_kind)layout->kind,
		.width = layout->width,
		.height = layout->height,
		.fourcc = layout->fourcc,
		.modifier = layout->modifier,
		.n_planes = layout->n_planes,
	};
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		ret_buffer->planes[i] = (struct buffer_plane){
			.fd = fds[i],
			.offset = layout->offsets[i],
			.stride = layout->strides[i],
		};
	}
}

int
gpu_message_send(int socket, const struct gpu_message *message, const int *fds, uint32_t n_fds)
{
	const struct iovec data = { .iov_base = (void *)message,
		.iov_len = size_of(message->type) };

	return packet_send(socket, &data, 1, fds, n_fds, 0);
}

static bool
layout_is_sane(const struct gpu_layout *layout, uint32_t n_fds)
{
	return (layout->kind == BUFFER_MEMORY || layout->kind == BUFFER_DMABUF) &&
	       layout->n_planes >= 1 && layout->n_planes <= BUFFER_MAX_PLANES &&
	       layout->n_planes == n_fds;
}

static bool
import_is_sane(const struct gpu_import *import, uint32_t n_fds)
{
	if (!layout_is_sane(&import->layout, n_fds) || import->n_offers > GPU_MAX_OFFERS ||
		import->n_targets == 0 || import->n_targets > GPU_TARGETS) {
		return false;
	}
	for (uint32_t i = 0; i < import->n_offers; i++) {
		const struct gpu_offer *offer = &import->offers[i];

		if ((offer->kind != BUFFER_MEMORY && offer->kind != BUFFER_DMABUF) ||
			offer->n_modifiers > GPU_MAX_MODIFIERS) {
			return false;
		}
	}
	return true;
}

static bool
draw_is_sane(const struct gpu_draw *draw)
{
	const struct rect largest = { 0, 0, BUFFER_MAX_DIMENSION, BUFFER_MAX_DIMENSION };

	if (draw->index >= GPU_TARGETS || draw->n_rects == 0 || draw->n_rects > DAMAGE_MAX_RECTS) {
		return false;
	}
	for (uint32_t i = 0; i < draw->n_rects; i++) {
		if (rect_is_empty(&draw->rects[i]) || !rect_contains(&largest, &draw->rects[i])) {
			return false;
		}
	}
	return true;
}

static bool
is_sane(const struct gpu_message *message, size_t size, uint32_t n_fds)
{
	if (size < HEADER_SIZE || size != size_of(message->type)) {
		return false;
	}
	switch (message->type) {
	case GPU_IMPORT:
		return import_is_sane(&message->import, n_fds);
	case GPU_TARGET:
		return message->target.index < GPU_TARGETS &&
		       layout_is_sane(&message->target.layout, n_fds);
	case GPU_DRAW:
		return n_fds == 0 && draw_is_sane(&message->draw);
	case GPU_DRAWN:
		return n_fds == 0 && message->drawn.index < GPU_TARGETS &&
		       message->drawn.error <= 0;
	case GPU_FAILED:
		return n_fds == 0 && message->failed.error < 0;
	default:
		return n_fds == 0;
	}
}

int
gpu_message_receive(int socket, struct gpu_message *ret_message, int ret_fds[BUFFER_MAX_PLANES])
{
	const struct iovec data = { .iov_base = ret_message, .iov_len = sizeof(*ret_message) };
	int fds[BUFFER_MAX_PLANES] = { -1, -1, -1, -1 };
	uint32_t n_fds = 0;
	ssize_t n;

	do {
		n = packet_receive(socket, &data, 1, fds, BUFFER_MAX_PLANES, &n_fds);
	} while (n == -EINTR);
	if (n < 0) {
		return (int)n;
	}
	if (!is_sane(ret_message, (size_t)n, n_fds)) {
		for (uint32_t i = 0; i < n_fds; i++) {
			fd_close(&fds[i]);
		}
		return -EBADMSG;
	}
	memcpy(ret_fds, fds, sizeof(fds));
	return 0;
}
