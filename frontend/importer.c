#include "importer.h"

void
import_init(struct import *import, const struct importer *importer, struct buffer *buffer,
	struct sink *sink, import_notify_fn notify, void *data)
{
	*import = (struct import){
		.importer = importer,
		.buffer = buffer_ref(buffer),
		.sink = sink,
		.state = IMPORT_PENDING,
		.notify = notify,
		.data = data,
	};
}

void
import_finish(struct import *import)
{
	buffer_unref(import->buffer);
	import->buffer = NULL;
}
