#include "dmabuf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include "linux-dmabuf-v1-server-protocol.h"
#include "record.h"
#include "compositor.h"

/* One wl_buffer in the making. */
struct params {
	struct compositor *compositor;
	struct wl_resource *resource;
	uint32_t number;
	bool used;
	uint64_t modifier;
	int fds[DMABUF_MAX_PLANES];
	uint32_t offsets[DMABUF_MAX_PLANES], strides[DMABUF_MAX_PLANES];
};

bool
dmabuf_add_format(struct dmabuf *dmabuf, const char *text)
{
	struct dmabuf_format format = { 0 };
	char *end;

	if (dmabuf->n_formats == DMABUF_MAX_FORMATS || strlen(text) < 6 || text[4] != ':') {
		return false;
	}
	for (int i = 0; i < 4; i++) {
		format.fourcc |= (uint32_t)(unsigned char)text[i] << (8 * i);
	}
	format.modifier = strtoull(text + 5, &end, 16);
	format.scanout = strcmp(end, ":scanout") == 0;
	if (end == text + 5 || (*end != '\0' && !format.scanout)) {
		return false;
	}
	dmabuf->formats[dmabuf->n_formats++] = format;
	return true;
}

void
dmabuf_clear_formats(struct dmabuf *dmabuf)
{
	for (uint32_t i = 0; i < dmabuf->n_formats && dmabuf->n_former < DMABUF_MAX_FORMATS; i++) {
		dmabuf->former[dmabuf->n_former++] = dmabuf->formats[i];
	}
	dmabuf->n_formats = 0;
}

void
dmabuf_init(struct compositor *compositor)
{
	compositor->dmabuf.compositor = compositor;
	/* Where a first GPU usually is. */
	compositor->dmabuf.device = 128;
	wl_list_init(&compositor->dmabuf.feedbacks);
}

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_params_add(struct wl_client *client, struct wl_resource *resource, int32_t fd,
	uint32_t plane, uint32_t offset, uint32_t stride, uint32_t modifier_high,
	uint32_t modifier_low)
{
	struct params *params = wl_resource_get_user_data(resource);
	uint64_t modifier = (uint64_t)modifier_high << 32 | modifier_low;
	bool is_first = true;
	json_object *event = record_new("dmabuf_add");

	record_int(event, "params", params->number);
	record_int(event, "plane", plane);
	record_fd(event, fd);
	record_int(event, "offset", offset);
	record_int(event, "stride", stride);
	record_hex(event, "modifier", modifier);
	record_write(params->compositor->log, event);

	for (int i = 0; i < DMABUF_MAX_PLANES; i++) {
		is_first = is_first && params->fds[i] < 0;
	}
	if (params->used) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED,
			"the params were used");
	} else if (plane >= DMABUF_MAX_PLANES) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX,
			"plane %u is out of bounds", plane);
	} else if (params->fds[plane] >= 0) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET,
			"plane %u was added before", plane);
	} else if (!is_first && params->modifier != modifier) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
			"plane %u has another modifier than those before", plane);
	} else {
		params->fds[plane] = fd;
		params->offsets[plane] = offset;
		params->strides[plane] = stride;
		params->modifier = modifier;
		return;
	}
	close(fd);
}

static bool
contains(
	const struct dmabuf_format *formats, uint32_t n_formats, uint32_t fourcc, uint64_t modifier)
{
	for (uint32_t i = 0; i < n_formats; i++) {
		if (formats[i].fourcc == fourcc && formats[i].modifier == modifier) {
			return true;
		}
	}
	return false;
}

static bool
is_announced(const struct dmabuf *dmabuf, uint32_t fourcc, uint64_t modifier)
{
	return contains(dmabuf->formats, dmabuf->n_formats, fourcc, modifier);
}

static bool
was_announced(const struct dmabuf *dmabuf, uint32_t fourcc, uint64_t modifier)
{
	return is_announced(dmabuf, fourcc, modifier) ||
	       contains(dmabuf->former, dmabuf->n_former, fourcc, modifier);
}

static bool
check_plane(struct params *params, uint32_t plane, int32_t height)
{
	uint64_t offset = params->offsets[plane];
	uint64_t stride = params->strides[plane];
	uint64_t end = offset + stride * (uint64_t)height;
	off_t size = lseek(params->fds[plane], 0, SEEK_END);

	/* Only the first plane's height is known; as in the real ones, whatever the
	 * modifier. */
	if (stride == 0 || end > UINT32_MAX ||
		(size >= 0 && (offset >= (uint64_t)size || offset + stride > (uint64_t)size ||
				      (plane == 0 && end > (uint64_t)size)))) {
		wl_resource_post_error(params->resource,
			ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS,
			"plane %u: offset %u, stride %u, %d rows do not fit into %lld bytes", plane,
			params->offsets[plane], params->strides[plane], height, (long long)size);
		return false;
	}
	return true;
}

/* What costs the connection in the real ones. Returns the number of planes, 0
 * after an error. */
static uint32_t
check_create(struct params *params, int32_t width, int32_t height, uint32_t fourcc, uint32_t flags)
{
	struct wl_resource *resource = params->resource;
	uint32_t n_planes = 0;
	uint32_t known_flags = ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_Y_INVERT |
			       ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_INTERLACED |
			       ZWP_LINUX_BUFFER_PARAMS_V1_FLAGS_BOTTOM_FIRST;

	if (params->used) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED,
			"the params were used");
		return 0;
	}
	params->used = true;
	while (n_planes < DMABUF_MAX_PLANES && params->fds[n_planes] >= 0) {
		n_planes++;
	}
	for (uint32_t i = n_planes; i < DMABUF_MAX_PLANES; i++) {
		if (params->fds[i] >= 0) {
			n_planes = 0;
		}
	}
	if (n_planes == 0) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			"no planes, or a gap between them");
		return 0;
	}
	if (width < 1 || height < 1) {
		wl_resource_post_error(resource,
			ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS, "%dx%d", width,
			height);
		return 0;
	}
	for (uint32_t i = 0; i < n_planes; i++) {
		if (!check_plane(params, i, height)) {
			return 0;
		}
	}
	if ((flags & ~known_flags) != 0 ||
		(wl_resource_get_version(resource) >= 4 &&
			!was_announced(&params->compositor->dmabuf, fourcc, params->modifier))) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
			"format 0x%08x with modifier 0x%llx and flags %u was never announced",
			fourcc, (unsigned long long)params->modifier, flags);
		return 0;
	}
	return n_planes;
}

static void
handle_buffer_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_implementation = {
	.destroy = handle_buffer_destroy_request,
};

static struct buffer *
make_buffer(struct params *params, struct wl_client *client, uint32_t id, int32_t width,
	int32_t height, uint32_t fourcc, uint32_t n_planes)
{
	struct buffer_memory memory = {
		.width = width,
		.height = height,
		.fourcc = fourcc,
		.modifier = params->modifier,
		.n_planes = n_planes,
		.fds = { -1, -1, -1, -1 },
	};
	struct wl_resource *resource = wl_resource_create(client, &wl_buffer_interface, 1, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(resource, &buffer_implementation, NULL, NULL);
	for (uint32_t i = 0; i < n_planes; i++) {
		memory.fds[i] = params->fds[i];
		memory.offsets[i] = params->offsets[i];
		memory.strides[i] = params->strides[i];
		params->fds[i] = -1;
	}
	return buffer_create(params->compositor, resource, &memory);
}

/* id is 0 for the asynchronous request. */
static void
create(struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t width,
	int32_t height, uint32_t fourcc, uint32_t flags)
{
	struct params *params = wl_resource_get_user_data(resource);
	struct dmabuf *dmabuf = &params->compositor->dmabuf;
	struct buffer *buffer = NULL;
	json_object *event;
	uint32_t n_planes = check_create(params, width, height, fourcc, flags);
	bool refused;

	event = record_new("dmabuf_create");
	record_int(event, "params", params->number);
	record_int(event, "width", width);
	record_int(event, "height", height);
	record_fourcc(event, "fourcc", fourcc);
	record_int(event, "flags", flags);
	record_int(event, "planes", n_planes);
	record_bool(event, "immed", id != 0);
	refused = n_planes == 0 || flags != 0 || !is_announced(dmabuf, fourcc, params->modifier) ||
		  dmabuf->fail_imports > 0;
	if (n_planes > 0 && dmabuf->fail_imports > 0) {
		dmabuf->fail_imports--;
	}
	if (!refused) {
		buffer = make_buffer(params, client, id, width, height, fourcc, n_planes);
	}
	if (buffer != NULL) {
		record_int(event, "buffer", buffer->number);
	}
	record_text(event, "result",
		buffer != NULL  ? "created"
		: n_planes == 0 ? "error"
				: "failed");
	record_write(params->compositor->log, event);

	if (n_planes == 0 || dmabuf->silent) {
		return;
	}
	if (id == 0 && buffer != NULL) {
		zwp_linux_buffer_params_v1_send_created(resource, buffer->resource);
	} else if (id == 0) {
		zwp_linux_buffer_params_v1_send_failed(resource);
	} else if (buffer == NULL) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER,
			"import failed");
	}
}

static void
handle_params_create(struct wl_client *client, struct wl_resource *resource, int32_t width,
	int32_t height, uint32_t fourcc, uint32_t flags)
{
	create(client, resource, 0, width, height, fourcc, flags);
}

static void
handle_params_create_immed(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	int32_t width, int32_t height, uint32_t fourcc, uint32_t flags)
{
	create(client, resource, id, width, height, fourcc, flags);
}

static const struct zwp_linux_buffer_params_v1_interface params_implementation = {
	.destroy = handle_resource_destroy_request,
	.add = handle_params_add,
	.create = handle_params_create,
	.create_immed = handle_params_create_immed,
};

static void
handle_params_destroy(struct wl_resource *resource)
{
	struct params *params = wl_resource_get_user_data(resource);

	for (int i = 0; i < DMABUF_MAX_PLANES; i++) {
		if (params->fds[i] >= 0) {
			close(params->fds[i]);
		}
	}
	free(params);
}

static void
handle_dmabuf_create_params(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct params *params = calloc(1, sizeof(*params));

	if (params == NULL) {
		abort();
	}
	params->resource = wl_resource_create(client, &zwp_linux_buffer_params_v1_interface,
		wl_resource_get_version(resource), id);
	if (params->resource == NULL) {
		abort();
	}
	params->compositor = wl_resource_get_user_data(resource);
	params->number = compositor_take_number(params->compositor);
	for (int i = 0; i < DMABUF_MAX_PLANES; i++) {
		params->fds[i] = -1;
	}
	wl_resource_set_implementation(
		params->resource, &params_implementation, params, handle_params_destroy);
}

static void
handle_dmabuf_get_default_feedback(
	struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	dmabuf_add_feedback(client, resource, id, NULL);
}

static void
handle_dmabuf_get_surface_feedback(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface)
{
	dmabuf_add_feedback(client, resource, id, surface);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_implementation = {
	.destroy = handle_resource_destroy_request,
	.create_params = handle_dmabuf_create_params,
	.get_default_feedback = handle_dmabuf_get_default_feedback,
	.get_surface_feedback = handle_dmabuf_get_surface_feedback,
};

void
bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct compositor *compositor = data;
	const struct dmabuf *dmabuf = &compositor->dmabuf;
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_linux_dmabuf_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &dmabuf_implementation, compositor, NULL);
	/* From version 4 on these are not sent: feedback replaced them. */
	for (uint32_t i = 0; version < 4 && i < dmabuf->n_formats; i++) {
		const struct dmabuf_format *format = &dmabuf->formats[i];
		zwp_linux_dmabuf_v1_send_format(resource, format->fourcc);
		if (version == 3) {
			zwp_linux_dmabuf_v1_send_modifier(resource, format->fourcc,
				(uint32_t)(format->modifier >> 32), (uint32_t)format->modifier);
		}
	}
}
