#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "linux-dmabuf-v1-server-protocol.h"
#include "record.h"
#include "surface.h"
#include "compositor.h"

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_resource_destroy_unlink(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static int
make_table(const struct dmabuf *dmabuf)
{
	struct {
		uint32_t fourcc, padding;
		uint64_t modifier;
	} entry = { 0 };
	int fd = memfd_create("mini-compositor-formats", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	for (uint32_t i = 0; fd >= 0 && i < dmabuf->n_formats; i++) {
		entry.fourcc = dmabuf->formats[i].fourcc;
		entry.modifier = dmabuf->formats[i].modifier;
		if (write(fd, &entry, sizeof(entry)) != sizeof(entry)) {
			abort();
		}
	}
	if (fd >= 0 && dmabuf->table_entries > dmabuf->n_formats &&
		ftruncate(fd, (off_t)dmabuf->table_entries * (off_t)sizeof(entry)) < 0) {
		abort();
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

static void
send_tranche(struct wl_resource *feedback, const struct dmabuf *dmabuf, struct wl_array *device,
	bool scanout)
{
	struct wl_array indices;

	wl_array_init(&indices);
	for (uint16_t i = 0; i < dmabuf->n_formats; i++) {
		if (!scanout || dmabuf->formats[i].scanout) {
			uint16_t *index = wl_array_add(&indices, sizeof(*index));
			*index = i;
		}
	}
	if (indices.size > 0) {
		zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(feedback, device);
		/* The protocol names no order: the less usual one. */
		zwp_linux_dmabuf_feedback_v1_send_tranche_formats(feedback, &indices);
		zwp_linux_dmabuf_feedback_v1_send_tranche_flags(
			feedback, scanout ? ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT : 0);
		zwp_linux_dmabuf_feedback_v1_send_tranche_done(feedback);
	}
	wl_array_release(&indices);
}

static void
send_feedback(struct wl_resource *feedback, const struct dmabuf *dmabuf)
{
	dev_t number = makedev(226, dmabuf->device);
	struct wl_array device = {
		.size = sizeof(number), .alloc = sizeof(number), .data = &number
	};
	int table = make_table(dmabuf);
	uint32_t n_entries = dmabuf->table_entries > dmabuf->n_formats ? dmabuf->table_entries
								       : dmabuf->n_formats;

	zwp_linux_dmabuf_feedback_v1_send_format_table(
		feedback, table, (n_entries + (dmabuf->short_table ? 4096 : 0)) * 16);
	close(table);
	zwp_linux_dmabuf_feedback_v1_send_main_device(feedback, &device);
	send_tranche(feedback, dmabuf, &device, true);
	send_tranche(feedback, dmabuf, &device, false);
	zwp_linux_dmabuf_feedback_v1_send_done(feedback);
}

void
dmabuf_send_feedback(struct dmabuf *dmabuf)
{
	struct wl_resource *feedback;

	wl_resource_for_each(feedback, &dmabuf->feedbacks)
	{
		send_feedback(feedback, dmabuf);
	}
}

static const struct zwp_linux_dmabuf_feedback_v1_interface feedback_implementation = {
	.destroy = handle_resource_destroy_request,
};

void
dmabuf_add_feedback(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface)
{
	struct compositor *compositor = wl_resource_get_user_data(resource);
	struct wl_resource *feedback = wl_resource_create(client,
		&zwp_linux_dmabuf_feedback_v1_interface, wl_resource_get_version(resource), id);
	json_object *event = record_new("dmabuf_feedback");

	if (feedback == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		feedback, &feedback_implementation, NULL, handle_resource_destroy_unlink);
	wl_list_insert(&compositor->dmabuf.feedbacks, wl_resource_get_link(feedback));
	if (surface != NULL) {
		record_int(event, "surface", surface_from_resource(surface)->number);
	} else {
		record_text(event, "surface", NULL);
	}
	record_write(compositor->log, event);
	send_feedback(feedback, &compositor->dmabuf);
}
