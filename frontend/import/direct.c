#include "importer.h"

#include <errno.h>

#include "import/passthrough.h"

/* The guest's dma-buf is the host's buffer, with the modifier that the guest gave it. */

static int
direct_create(struct buffer *buffer, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason)
{
	if (buffer->layout.kind != BUFFER_DMABUF) {
		*ret_reason = "the VM gives plain memory, not a dma-buf";
		return -ENOTSUP;
	}
	return passthrough_create(
		&importer_direct, buffer, sink, notify, data, ret_import, ret_reason);
}

const struct importer importer_direct = {
	.name = "direct",
	.create = direct_create,
	.update = passthrough_update,
	.destroy = passthrough_destroy,
};
