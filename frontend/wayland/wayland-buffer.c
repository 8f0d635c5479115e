#include "wayland-buffer.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>

#include "display-private.h"
#include "format.h"
#include "linux-dmabuf-v1-client.h"
#include "syncobj.h"
#include "window-private.h"

static void
buffer_free(struct wayland_buffer *buffer)
{
	if (buffer->params != NULL) {
		zwp_linux_buffer_params_v1_destroy(buffer->params);
	}
	if (buffer->proxy != NULL) {
		wl_buffer_destroy(buffer->proxy);
	}
	syncobj_finish_buffer(buffer);
	wl_list_remove(&buffer->link);
	free(buffer);
}

/* Frees it when neither its owner, nor the screen, nor an answer on its way needs it. */
static void
free_if_unused(struct wayland_buffer *buffer)
{
	if (buffer->dropped && !buffer->shown && buffer->params == NULL) {
		buffer_free(buffer);
	}
}

static void
tell_answer(struct wayland_buffer *buffer)
{
	buffer->answer_due = false;
	if (!buffer->dropped) {
		if (buffer->state == WAYLAND_BUFFER_REFUSED) {
			window_note_refusal((struct window *)buffer->base.sink);
		}
		buffer->base.listener->imported(buffer->base.data, &buffer->base,
			buffer->state == WAYLAND_BUFFER_READY ? 0 : -ENOTSUP);
	}
}

static void
handle_buffer_release(void *data, struct wl_buffer *proxy)
{
	struct wayland_buffer *buffer = data;

	buffer->base.busy = false;
	if (!buffer->dropped) {
		buffer->base.listener->released(buffer->base.data, &buffer->base);
	}
}

static const struct wl_buffer_listener buffer_listener = {
	.release = handle_buffer_release,
};

static void
finish_params(struct wayland_buffer *buffer, struct wl_buffer *proxy)
{
	zwp_linux_buffer_params_v1_destroy(buffer->params);
	buffer->params = NULL;
	buffer->proxy = proxy;
	buffer->state = proxy != NULL ? WAYLAND_BUFFER_READY : WAYLAND_BUFFER_REFUSED;
	if (proxy != NULL) {
		wl_buffer_add_listener(proxy, &buffer_listener, buffer);
	}
	if (buffer->dropped) {
		free_if_unused(buffer);
	} else {
		tell_answer(buffer);
	}
}

static void
handle_params_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *proxy)
{
	finish_params(data, proxy);
}

static void
handle_params_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	finish_params(data, NULL);
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_params_created,
	.failed = handle_params_failed,
};

bool
wayland_buffer_takes_memory(struct display *display, uint32_t fourcc, uint64_t modifier)
{
	const struct format *format;

	if (modifier != DRM_FORMAT_MOD_LINEAR) {
		return false;
	}
	for (uint32_t i = 0; (format = format_at(i)) != NULL && i < 64; i++) {
		if (format->fourcc == fourcc) {
			return display->shm_formats & UINT64_C(1) << i;
		}
	}
	return false;
}

/* The caller's memory becomes the pool itself: the compositor reads what the VM writes. */
static int
import_memory(struct wayland_buffer *buffer, const struct buffer_layout *layout)
{
	const struct format *format = format_from_fourcc(layout->fourcc);
	const struct buffer_plane *plane = &layout->planes[0];
	uint64_t end = plane->offset + (uint64_t)plane->stride * layout->height;
	struct wl_shm_pool *pool;

	/*
	 * wl_shm counts bytes in signed 32 bits; and wlroots ends the connection over rows that do
	 * not hold whole pixels.
	 */
	if (format == NULL || end > INT32_MAX || plane->stride % format->bytes_per_pixel != 0) {
		return -ENOTSUP;
	}
	pool = wl_shm_create_pool(buffer->display->globals.shm, plane->fd, (int32_t)end);
	if (pool == NULL) {
		return -ENOMEM;
	}
	buffer->proxy =
		wl_shm_pool_create_buffer(pool, (int32_t)plane->offset, (int32_t)layout->width,
			(int32_t)layout->height, (int32_t)plane->stride, format->shm);
	wl_shm_pool_destroy(pool);
	if (buffer->proxy == NULL) {
		return -ENOMEM;
	}
	wl_buffer_add_listener(buffer->proxy, &buffer_listener, buffer);
	buffer->state = WAYLAND_BUFFER_READY;
	buffer->answer_due = true;
	display_notify_later(buffer->display);
	return 0;
}

/*
 * With create, a refusal is an answer; with create_immed every compositor makes it the end of
 * the connection. No flags: several refuse any, the sink mirrors by a transform instead.
 */
static int
import_dmabuf(struct wayland_buffer *buffer, const struct buffer_layout *layout)
{
	struct zwp_linux_dmabuf_v1 *dmabuf = buffer->display->globals.dmabuf;

	if (dmabuf == NULL) {
		return -ENOTSUP;
	}
	buffer->params = zwp_linux_dmabuf_v1_create_params(dmabuf);
	if (buffer->params == NULL) {
		return -ENOMEM;
	}
	zwp_linux_buffer_params_v1_add_listener(buffer->params, &params_listener, buffer);
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		const struct buffer_plane *plane = &layout->planes[i];
		zwp_linux_buffer_params_v1_add(buffer->params, plane->fd, i, plane->offset,
			plane->stride, (uint32_t)(layout->modifier >> 32),
			(uint32_t)layout->modifier);
	}
	zwp_linux_buffer_params_v1_create(
		buffer->params, (int32_t)layout->width, (int32_t)layout->height, layout->fourcc, 0);
	if (layout->timelines != NULL) {
		syncobj_import(buffer, layout->timelines);
	}
	return 0;
}

int
wayland_buffer_create(struct display *display, struct sink *sink,
	const struct buffer_layout *layout, const struct host_buffer_listener *listener, void *data,
	struct wayland_buffer **ret_buffer)
{
	struct wayland_buffer *buffer;
	int r;

	if (wl_list_length(&display->buffers) >= WAYLAND_BUFFER_MAX) {
		return -ENOTSUP;
	}
	buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		return -ENOMEM;
	}
	buffer->base = (struct host_buffer){ .sink = sink, .listener = listener, .data = data };
	buffer->display = display;
	buffer->width = layout->width;
	buffer->height = layout->height;
	buffer->fourcc = layout->fourcc;
	buffer->modifier = layout->modifier;
	wl_list_insert(&display->buffers, &buffer->link);

	r = layout->kind == BUFFER_MEMORY ? import_memory(buffer, layout)
					  : import_dmabuf(buffer, layout);
	if (r < 0) {
		buffer_free(buffer);
		return r;
	}
	*ret_buffer = buffer;
	return 0;
}

void
wayland_buffer_drop(struct wayland_buffer *buffer)
{
	buffer->dropped = true;
	free_if_unused(buffer);
}

void
wayland_buffer_set_shown(struct wayland_buffer *buffer, bool shown)
{
	if (buffer != NULL) {
		buffer->shown = shown;
		free_if_unused(buffer);
	}
}

void
wayland_buffer_tell_all(struct display *display)
{
	struct wayland_buffer *buffer;
	bool again;

	/* From the start after each: what is told may create and drop any of them. */
	do {
		again = false;
		wl_list_for_each(buffer, &display->buffers, link)
		{
			if (buffer->answer_due) {
				tell_answer(buffer);
				again = true;
				break;
			}
		}
	} while (again);
}

void
wayland_buffer_free_all(struct display *display)
{
	struct wayland_buffer *buffer, *next;

	wl_list_for_each_safe(buffer, next, &display->buffers, link)
	{
		buffer_free(buffer);
	}
}
