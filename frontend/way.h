#pragma once

#include "chain.h"
#include "sink.h"

/*
 * The way that a guest buffer takes to the sink: an import, down the chain where one fails, and up
 * again where a better one becomes possible. What is used goes on until the better one is ready.
 */
struct way {
	struct chain *chain;
	struct buffer *buffer; /* the guest's; NULL: the way is not in use */
	struct buffer *part;   /* what is imported: all of it, or what is shown of it */
	struct rect area;      /* of that part in the buffer */
	struct import *import; /* NULL: no importer takes it */
	uint32_t link;         /* of the chain; chain_length without an import */
	struct import *better; /* takes the import's place once it is ready; else NULL */
	uint32_t better_link;
};

enum way_news {
	WAY_UNCHANGED,
	WAY_READY,    /* there may be something to present now */
	WAY_REPLACED, /* another import, which knows nothing of the picture yet */
};

/* Takes a reference to the buffer, of which source is going to be shown. */
void way_start(
	struct way *way, struct chain *chain, struct buffer *buffer, const struct rect *source);
void way_finish(struct way *way);
/* Whether it shows this part of this buffer. */
bool way_fits(const struct way *way, const struct buffer *buffer, const struct rect *source);

bool way_is_ready(const struct way *way);
/* Whether the sink itself waits until a frame with points is drawn. */
bool way_has_timelines(const struct way *way);
/*
 * Brings the frame's damage to the host buffer, and the frame from pixels of the guest's buffer to
 * those of the host's. Errors as importer.update.
 */
int way_update(struct way *way, struct frame *frame, struct host_buffer **ret_host);

/* The import turned out to be useless. */
void way_fall_back(struct way *way, const char *reason);
/* To be called for news of one of its own imports. */
enum way_news way_handle_import_changed(struct way *way, const struct import *import);
/* The sink or the policy have changed. */
enum way_news way_retry(struct way *way);
