#include "importer.h"

#include <drm_fourcc.h>
#include <errno.h>

#include "format.h"
#include "import/passthrough.h"

/* The guest's dma-buf is the host's buffer, with the modifier that the guest gave it. */

/*
 * Brings format and modifier to what the sink takes. Alpha is junk and best left out; where the
 * twin without is not taken, sinks are told that all is opaque anyway. Where no modifier was given
 * the sink's driver may find it out; else what is known about it is said.
 */
static bool
fit(struct buffer_layout *layout, const struct buffer *buffer, struct sink *sink)
{
	const uint32_t fourccs[] = { format_opaque(layout->fourcc), layout->fourcc };
	const uint64_t modifiers[] = { layout->modifier, DRM_FORMAT_MOD_LINEAR };
	uint32_t n_modifiers = buffer_is_linear(buffer) ? 2 : 1;

	for (uint32_t i = 0; i < 2; i++) {
		for (uint32_t k = 0; k < n_modifiers; k++) {
			layout->fourcc = fourccs[i];
			layout->modifier = modifiers[k];
			if (sink->ops->takes(
				    sink, BUFFER_DMABUF, layout->fourcc, layout->modifier)) {
				return true;
			}
		}
	}
	return false;
}

static int
direct_create(struct buffer *buffer, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason)
{
	struct buffer_layout layout = buffer->layout;

	if (layout.kind != BUFFER_DMABUF) {
		*ret_reason = "the VM gives plain memory, not a dma-buf";
		return -ENOTSUP;
	}
	if (!fit(&layout, buffer, sink)) {
		*ret_reason = "the compositor does not take this format and modifier";
		return -ENOTSUP;
	}
	return passthrough_create(
		&importer_direct, buffer, &layout, sink, notify, data, ret_import, ret_reason);
}

const struct importer importer_direct = {
	.name = "direct",
	.create = direct_create,
	.update = passthrough_update,
	.destroy = passthrough_destroy,
};
