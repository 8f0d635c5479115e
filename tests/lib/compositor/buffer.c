#include "buffer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include "record.h"
#include "surface.h"
#include "compositor.h"

/* Opcodes of requests and events that are watched from outside. */
#define REGISTRY_BIND 0
#define SHM_CREATE_POOL 0
#define SHM_POOL_CREATE_BUFFER 0
#define SHM_POOL_RESIZE 2
#define DISPLAY_ERROR 0

struct pool {
	uint32_t number;
	struct wl_listener destroy;
};

struct client {
	struct compositor *compositor;
	struct wl_listener resource_created;
	struct wl_listener destroy;
};

static void
handle_pool_destroy(struct wl_listener *listener, void *data)
{
	struct pool *pool = wl_container_of(listener, pool, destroy);

	free(pool);
}

static uint32_t
pool_number(struct wl_resource *resource)
{
	struct wl_listener *listener =
		wl_resource_get_destroy_listener(resource, handle_pool_destroy);
	struct pool *pool;

	if (listener == NULL) {
		return 0;
	}
	pool = wl_container_of(listener, pool, destroy);
	return pool->number;
}

static void
buffer_free_unused(struct buffer *buffer)
{
	if (buffer->resource != NULL || buffer->uses > 0) {
		return;
	}
	for (uint32_t i = 0; i < buffer->memory.n_planes; i++) {
		/* Several planes may share an fd; each has its own duplicate of it here. */
		if (buffer->memory.fds[i] >= 0) {
			close(buffer->memory.fds[i]);
		}
	}
	wl_list_remove(&buffer->link);
	free(buffer);
}

static void
handle_buffer_destroy(struct wl_listener *listener, void *data)
{
	struct buffer *buffer = wl_container_of(listener, buffer, destroy);
	json_object *event = record_new("buffer_destroy");

	record_int(event, "buffer", buffer->number);
	record_bool(event, "shown", buffer->uses > 0);
	record_write(buffer->compositor->log, event);
	surfaces_forget_attached(buffer->compositor, buffer);
	buffer->resource = NULL;
	buffer_free_unused(buffer);
}

struct buffer *
buffer_create(struct compositor *compositor, struct wl_resource *resource,
	const struct buffer_memory *memory)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));

	if (buffer == NULL) {
		abort();
	}
	buffer->compositor = compositor;
	buffer->number = compositor_take_number(compositor);
	buffer->resource = resource;
	buffer->memory = *memory;
	buffer->destroy.notify = handle_buffer_destroy;
	wl_resource_add_destroy_listener(resource, &buffer->destroy);
	wl_list_insert(compositor->buffers.list.prev, &buffer->link);
	return buffer;
}

struct buffer *
buffer_from_resource(struct wl_resource *resource)
{
	struct wl_listener *listener =
		wl_resource_get_destroy_listener(resource, handle_buffer_destroy);
	struct buffer *buffer;

	return listener != NULL ? wl_container_of(listener, buffer, destroy) : NULL;
}

void
buffer_use(struct buffer *buffer)
{
	buffer->uses++;
	buffer->owes_release = true;
}

static void
send_release(struct buffer *buffer)
{
	buffer->owes_release = false;
	if (buffer->resource == NULL) {
		return;
	}
	if (buffer->compositor->stamps_fd < 0) {
		json_object *event = record_new("release");

		record_int(event, "buffer", buffer->number);
		record_write(buffer->compositor->log, event);
	}
	wl_buffer_send_release(buffer->resource);
}

void
buffer_unuse(struct buffer *buffer)
{
	buffer->uses--;
	if (buffer->uses == 0 && buffer->owes_release &&
		buffer->compositor->buffers.release_policy != RELEASE_HELD) {
		send_release(buffer);
	}
	buffer_free_unused(buffer);
}

void
buffer_uploaded(struct buffer *buffer)
{
	if (buffer->compositor->buffers.release_policy == RELEASE_AT_ONCE && buffer->owes_release) {
		send_release(buffer);
	}
}

int
buffers_release(struct compositor *compositor)
{
	struct buffer *buffer;
	int n = 0;

	wl_list_for_each(buffer, &compositor->buffers.list, link)
	{
		if (buffer->uses == 0 && buffer->owes_release) {
			send_release(buffer);
			n++;
		}
	}
	return n;
}

static void
expect(struct compositor *compositor, json_object *event)
{
	json_object_put(compositor->buffers.expected);
	compositor->buffers.expected = event;
}

static void
watch_shm(struct compositor *compositor, const struct wl_protocol_logger_message *message)
{
	const union wl_argument *arguments = message->arguments;
	json_object *event;

	if (message->message_opcode != SHM_CREATE_POOL) {
		return;
	}
	event = record_new("shm_pool");
	record_fd(event, arguments[1].h);
	record_int(event, "size", arguments[2].i);
	expect(compositor, event);
}

static void
watch_shm_pool(struct compositor *compositor, const struct wl_protocol_logger_message *message)
{
	const union wl_argument *arguments = message->arguments;
	json_object *event;

	if (message->message_opcode == SHM_POOL_CREATE_BUFFER) {
		uint32_t code = arguments[5].u;
		struct buffer_memory memory = {
			.width = arguments[2].i,
			.height = arguments[3].i,
			.fds = { -1, -1, -1, -1 },
			.offsets = { (uint32_t)arguments[1].i },
			.strides = { (uint32_t)arguments[4].i },
			/* Its first two codes are not a fourcc (wayland.xml, wl_shm.format). */
			.fourcc = code == WL_SHM_FORMAT_ARGB8888   ? 0x34325241
				  : code == WL_SHM_FORMAT_XRGB8888 ? 0x34325258
								   : code,
		};
		event = record_new("shm_buffer");
		record_int(event, "pool", pool_number(message->resource));
		record_int(event, "offset", arguments[1].i);
		record_int(event, "width", memory.width);
		record_int(event, "height", memory.height);
		record_int(event, "stride", arguments[4].i);
		record_fourcc(event, "fourcc", memory.fourcc);
		compositor->buffers.expected_memory = memory;
		expect(compositor, event);
	} else if (message->message_opcode == SHM_POOL_RESIZE) {
		event = record_new("shm_pool_resize");
		record_int(event, "pool", pool_number(message->resource));
		record_int(event, "size", arguments[0].i);
		record_write(compositor->log, event);
	}
}

static void
watch_registry(struct compositor *compositor, const struct wl_protocol_logger_message *message)
{
	json_object *event;

	if (message->message_opcode == REGISTRY_BIND) {
		event = record_new("bind");
		record_text(event, "interface", message->arguments[1].s);
		record_int(event, "version", message->arguments[2].u);
		record_write(compositor->log, event);
	}
}

static void
watch_error(struct compositor *compositor, const struct wl_protocol_logger_message *message)
{
	json_object *event = record_new("error");
	/* Resources start with their object. */
	struct wl_resource *resource = (struct wl_resource *)message->arguments[0].o;

	record_text(event, "interface", resource != NULL ? wl_resource_get_class(resource) : NULL);
	record_int(event, "code", message->arguments[1].u);
	record_text(event, "message", message->arguments[2].s);
	record_write(compositor->log, event);
}

/* Sees every request before it is handled and every event before it is sent. */
static void
handle_message(void *data, enum wl_protocol_logger_type direction,
	const struct wl_protocol_logger_message *message)
{
	struct compositor *compositor = data;
	const char *class = wl_resource_get_class(message->resource);

	if (direction == WL_PROTOCOL_LOGGER_EVENT) {
		if (strcmp(class, "wl_display") == 0 && message->message_opcode == DISPLAY_ERROR) {
			watch_error(compositor, message);
		}
	} else if (strcmp(class, "wl_registry") == 0) {
		watch_registry(compositor, message);
	} else if (strcmp(class, "wl_shm") == 0) {
		watch_shm(compositor, message);
	} else if (strcmp(class, "wl_shm_pool") == 0) {
		watch_shm_pool(compositor, message);
	}
}

static void
handle_client_resource_created(struct wl_listener *listener, void *data)
{
	struct client *client = wl_container_of(listener, client, resource_created);
	struct compositor *compositor = client->compositor;
	struct buffers *buffers = &compositor->buffers;
	struct wl_resource *resource = data;
	const char *class = wl_resource_get_class(resource);

	if (buffers->expected == NULL) {
		return;
	}
	if (strcmp(class, "wl_shm_pool") == 0) {
		struct pool *pool = calloc(1, sizeof(*pool));
		if (pool == NULL) {
			abort();
		}
		pool->number = compositor_take_number(compositor);
		pool->destroy.notify = handle_pool_destroy;
		wl_resource_add_destroy_listener(resource, &pool->destroy);
		record_int(buffers->expected, "pool", pool->number);
	} else if (strcmp(class, "wl_buffer") == 0) {
		struct buffer *buffer =
			buffer_create(compositor, resource, &buffers->expected_memory);
		record_int(buffers->expected, "buffer", buffer->number);
	} else {
		return;
	}
	record_write(compositor->log, buffers->expected);
	buffers->expected = NULL;
}

static void
record_client(struct compositor *compositor, const char *name, struct wl_client *wayland_client)
{
	json_object *event = record_new(name);
	pid_t pid;

	wl_client_get_credentials(wayland_client, &pid, NULL, NULL);
	record_int(event, "pid", pid);
	record_write(compositor->log, event);
}

static void
handle_client_destroy(struct wl_listener *listener, void *data)
{
	struct client *client = wl_container_of(listener, client, destroy);

	record_client(client->compositor, "client_gone", data);
	wl_list_remove(&client->resource_created.link);
	free(client);
}

static void
handle_client_created(struct wl_listener *listener, void *data)
{
	struct buffers *buffers = wl_container_of(listener, buffers, client_created);
	struct client *client = calloc(1, sizeof(*client));
	struct wl_client *wayland_client = data;

	if (client == NULL) {
		abort();
	}
	client->compositor = wl_container_of(buffers, client->compositor, buffers);
	client->resource_created.notify = handle_client_resource_created;
	wl_client_add_resource_created_listener(wayland_client, &client->resource_created);
	client->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_late_listener(wayland_client, &client->destroy);
	record_client(client->compositor, "client", wayland_client);
}

void
buffers_init(struct compositor *compositor, bool with_shm)
{
	wl_list_init(&compositor->buffers.list);
	compositor->buffers.logger =
		wl_display_add_protocol_logger(compositor->display, handle_message, compositor);
	compositor->buffers.client_created.notify = handle_client_created;
	wl_display_add_client_created_listener(
		compositor->display, &compositor->buffers.client_created);
	if (with_shm) {
		wl_display_init_shm(compositor->display);
	}
}

void
buffers_finish(struct compositor *compositor)
{
	wl_list_remove(&compositor->buffers.client_created.link);
	wl_protocol_logger_destroy(compositor->buffers.logger);
	json_object_put(compositor->buffers.expected);
}
