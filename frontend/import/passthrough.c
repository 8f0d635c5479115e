#include "import/passthrough.h"

#include <errno.h>
#include <stdlib.h>

struct passthrough {
	struct import base;
	struct host_buffer *host;
};

static void
handle_host_imported(void *data, struct host_buffer *host, int error)
{
	struct passthrough *import = data;

	import->base.state = error < 0 ? IMPORT_FAILED : IMPORT_READY;
	import->base.reason = "the compositor refused the buffer";
	import->base.notify(import->base.data, &import->base);
}

/* The guest is told that it may go on by the answer to its update; nothing waits for this. */
static void
handle_host_released(void *data, struct host_buffer *host)
{
}

static const struct host_buffer_listener host_listener = {
	.imported = handle_host_imported,
	.released = handle_host_released,
};

int
passthrough_create(const struct importer *importer, struct buffer *buffer,
	const struct buffer_layout *layout, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason)
{
	struct passthrough *import;
	int r;

	import = calloc(1, sizeof(*import));
	if (import == NULL) {
		*ret_reason = "out of memory";
		return -ENOMEM;
	}
	import_init(&import->base, importer, buffer, sink, notify, data);
	r = sink->ops->import(sink, layout, &host_listener, import, &import->host);
	if (r < 0) {
		*ret_reason = "the import could not be asked for";
		passthrough_destroy(&import->base);
		return r;
	}
	import->base.has_timelines = import->host->has_timelines;
	*ret_import = &import->base;
	return 0;
}

int
passthrough_update(struct import *base, const struct damage *damage, struct host_buffer **ret_host,
	struct damage *ret_host_damage)
{
	struct passthrough *import = (struct passthrough *)base;

	*ret_host = import->host;
	*ret_host_damage = *damage;
	return 0;
}

void
passthrough_destroy(struct import *base)
{
	struct passthrough *import = (struct passthrough *)base;

	if (import == NULL) {
		return;
	}
	if (import->host != NULL) {
		base->sink->ops->drop(base->sink, import->host);
	}
	import_finish(base);
	free(import);
}
