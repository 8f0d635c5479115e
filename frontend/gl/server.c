#include "gl/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/log.h"
#include "format.h"
#include "gl/conversion.h"

struct entry {
	bool used;
	uint32_t id;
	struct conversion conversion;
};

struct server {
	int socket;
	struct context *context;
	struct program program;
	struct entry entries[GPU_MAX_IMPORTS];
	uint32_t n_refusals; /* logged so far: a VM can change its buffers all the time */
};

static struct entry *
find_entry(struct server *server, uint32_t id)
{
	for (int i = 0; i < GPU_MAX_IMPORTS; i++) {
		if (server->entries[i].used && server->entries[i].id == id) {
			return &server->entries[i];
		}
	}
	return NULL;
}

static void
log_refusal(struct server *server, const struct gpu_layout *layout, int error)
{
	char fourcc[FORMAT_FOURCC_TEXT_SIZE];

	if (log_may_repeat(LOG_LEVEL_INFO, &server->n_refusals)) {
		log_info("GPU helper: cannot have a buffer in %s with modifier 0x%llx: %s",
			format_fourcc_text(layout->fourcc, fourcc),
			(unsigned long long)layout->modifier, strerror(-error));
	}
}

static int
send_failed(struct server *server, uint32_t id, int error)
{
	struct gpu_message message = { .type = GPU_FAILED, .id = id, .failed = { .error = error } };

	return gpu_message_send(server->socket, &message, NULL, 0);
}

static int
send_targets(struct server *server, const struct entry *entry)
{
	uint32_t n_targets = entry->conversion.n_targets;
	int r = 0;

	for (uint32_t i = 0; i < n_targets && r >= 0; i++) {
		const struct buffer_layout *layout = &entry->conversion.targets[i].layout;
		struct gpu_message message = {
			.type = GPU_TARGET,
			.id = entry->id,
			.target = { .index = i, .last = i + 1 == n_targets },
		};
		int fds[BUFFER_MAX_PLANES];

		gpu_layout_from_buffer(&message.target.layout, layout);
		for (uint32_t plane = 0; plane < layout->n_planes; plane++) {
			fds[plane] = layout->planes[plane].fd;
		}
		r = gpu_message_send(server->socket, &message, fds, layout->n_planes);
	}
	return r;
}

static int
handle_import(struct server *server, uint32_t id, const struct gpu_import *import, const int *fds)
{
	struct buffer_layout layout;
	struct entry *entry = NULL;
	int r;

	for (int i = 0; i < GPU_MAX_IMPORTS && entry == NULL; i++) {
		if (!server->entries[i].used) {
			entry = &server->entries[i];
		}
	}
	if (entry == NULL || find_entry(server, id) != NULL) {
		return send_failed(server, id, -ENOSPC);
	}
	gpu_layout_to_buffer(&import->layout, fds, &layout);
	r = conversion_init(&entry->conversion, server->context, &layout, import->offers,
		import->n_offers, import->n_targets);
	/* Then it says nothing about the buffer. */
	if (context_is_lost(server->context)) {
		if (r >= 0) {
			conversion_finish(&entry->conversion, server->context);
		}
		return -EOWNERDEAD;
	}
	if (r < 0) {
		log_refusal(server, &import->layout, r);
		return send_failed(server, id, r);
	}
	entry->used = true;
	entry->id = id;
	return send_targets(server, entry);
}

static int
handle_draw(struct server *server, uint32_t id, const struct gpu_draw *draw)
{
	struct gpu_message answer = {
		.type = GPU_DRAWN,
		.id = id,
		.drawn = { .index = draw->index },
	};
	struct entry *entry = find_entry(server, id);

	answer.drawn.error = entry == NULL ? -ENOENT
					   : conversion_draw(&entry->conversion, &server->program,
						     draw->index, draw->rects, draw->n_rects);
	/* Nothing that was drawn since can be relied on: the viewer is not to show it. */
	if (context_is_lost(server->context)) {
		return -EOWNERDEAD;
	}
	return gpu_message_send(server->socket, &answer, NULL, 0);
}

static void
handle_drop(struct server *server, uint32_t id)
{
	struct entry *entry = find_entry(server, id);

	if (entry != NULL) {
		conversion_finish(&entry->conversion, server->context);
		entry->used = false;
	}
}

static int
handle_message(struct server *server, const struct gpu_message *message, const int *fds)
{
	switch (message->type) {
	case GPU_IMPORT:
		return handle_import(server, message->id, &message->import, fds);
	case GPU_DRAW:
		return handle_draw(server, message->id, &message->draw);
	case GPU_DROP:
		handle_drop(server, message->id);
		return 0;
	default:
		return -EBADMSG;
	}
}

static int
serve(struct server *server)
{
	struct gpu_message message = {
		.type = GPU_READY,
		.ready = {
			.version = GPU_PROTOCOL_VERSION,
			.software = server->context->software,
			.device_major = major(server->context->device),
			.device_minor = minor(server->context->device),
		},
	};
	int r = gpu_message_send(server->socket, &message, NULL, 0);

	while (r >= 0) {
		int fds[BUFFER_MAX_PLANES];

		r = gpu_message_receive(server->socket, &message, fds);
		if (r >= 0) {
			r = handle_message(server, &message, fds);
			for (int i = 0; i < BUFFER_MAX_PLANES; i++) {
				fd_close(&fds[i]);
			}
		}
	}
	return r;
}

enum gpu_exit
server_run(int socket, struct context *context)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (server == NULL) {
		return GPU_EXIT_FAILED;
	}
	server->socket = socket;
	server->context = context;
	/* Before READY, for which the viewer waits longer than for a picture. */
	program_init(&server->program);
	/* The CPU's renderer compiles for each kind of picture anew, and is given the time. */
	if (!context->software) {
		conversion_rehearse(context, &server->program);
	}
	r = serve(server);
	for (int i = 0; i < GPU_MAX_IMPORTS; i++) {
		if (server->entries[i].used) {
			conversion_finish(&server->entries[i].conversion, context);
		}
	}
	program_finish(&server->program);
	free(server);

	switch (r) {
	case -ECONNRESET:
		return GPU_EXIT_DONE;
	case -EOWNERDEAD:
		log_warning("GPU helper: the GPU was reset; a new helper is to follow");
		return GPU_EXIT_LOST;
	default:
		log_error("GPU helper: the viewer cannot be served: %s; it ends", strerror(-r));
		return GPU_EXIT_FAILED;
	}
}
