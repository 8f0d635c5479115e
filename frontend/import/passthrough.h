#pragma once

#include "importer.h"

/*
 * What `direct` and `shm` share: one host buffer that is the guest's own memory, so that an
 * update touches no pixel.
 */

/* Imports the buffer as the layout describes it, which the sink takes. */
int passthrough_create(const struct importer *importer, struct buffer *buffer,
	const struct buffer_layout *layout, struct sink *sink, import_notify_fn notify, void *data,
	struct import **ret_import, const char **ret_reason);
int passthrough_update(struct import *import, const struct damage *damage,
	struct host_buffer **ret_host, struct damage *ret_host_damage);
void passthrough_destroy(struct import *import);
