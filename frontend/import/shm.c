#include "importer.h"

#include <errno.h>

#include "format.h"
#include "import/passthrough.h"

/*
 * The guest's shared memory is the host's wl_shm pool. QEMU does not seal it against shrinking:
 * its size was checked when it came, and a VM that shrinks it later costs us the connection to
 * the compositor, never more (see desktop.c); with --untrusted this importer is not asked at all.
 */

static int
shm_create(struct buffer *buffer, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason)
{
	struct buffer_layout layout = buffer->layout;

	if (layout.kind != BUFFER_MEMORY) {
		*ret_reason = "the VM gives a dma-buf, not plain memory";
		return -ENOTSUP;
	}
	if (!buffer->infos[0].writable) {
		*ret_reason = "the VM gives memory that compositors cannot map";
		return -ENOTSUP;
	}
	/* Alpha is junk. Every format here has a twin without. */
	layout.fourcc = format_opaque(layout.fourcc);
	if (!sink->ops->takes(sink, BUFFER_MEMORY, layout.fourcc, layout.modifier)) {
		*ret_reason = "the compositor does not take this format";
		return -ENOTSUP;
	}
	return passthrough_create(
		&importer_shm, buffer, &layout, sink, notify, data, ret_import, ret_reason);
}

const struct importer importer_shm = {
	.name = "shm",
	.create = shm_create,
	.update = passthrough_update,
	.destroy = passthrough_destroy,
};
