#pragma once

#include <stdint.h>

#include "base/rect.h"
#include "buffer.h"
#include "sink.h"

/*
 * Importers turn a guest buffer into host buffers for one sink. They are asked in order of
 * worth; -ENOTSUP means "ask the next one", and an import may still fail later.
 */

enum import_state {
	IMPORT_PENDING, /* the sink, or the GPU, has not answered yet */
	IMPORT_READY,
	IMPORT_FAILED,
};

struct import;

/* The import left IMPORT_PENDING, or (copy, gles) a host buffer wants to be filled or shown. */
typedef void (*import_notify_fn)(void *data, struct import *import);

/* A guest buffer as one sink has it: kept as long as the guest keeps the buffer. */
struct import {
	const struct importer *importer;
	struct buffer *buffer; /* a reference */
	struct sink *sink;
	enum import_state state;
	const char *reason;    /* why it failed, in a few static words */
	uint32_t enlarged;     /* host_buffer.enlarged of what it makes */
	bool has_timelines;    /* the sink waits for the guest's points, and signals them */
	uint64_t copied_bytes; /* pixel bytes that the importer itself has read, ever */
	import_notify_fn notify;
	void *data;
};

struct importer {
	const char *name; /* as in --path */
	/* Starts an import. *ret_reason says in a few words why not, on failure only. */
	int (*create)(struct buffer *buffer, struct sink *sink, import_notify_fn notify, void *data,
		struct import **ret_import, const char **ret_reason);
	/*
	 * Brings damage of the guest buffer into the host buffer to present. Returns 0, -EBUSY (no
	 * host buffer is free, or it is not there yet: damage is remembered and notify follows),
	 * -EAGAIN (the guest's GPU draws into the buffer again: to be asked again after that), or
	 * an error that makes this import useless, with its reason set.
	 */
	int (*update)(struct import *import, const struct damage *damage,
		struct host_buffer **ret_host, struct damage *ret_host_damage);
	void (*destroy)(struct import *import);
};

/*
 * Of what the CPU copies into. An 8K picture has 133 MB; memory that a VM only promises must not
 * cost us more.
 */
#define COPY_MAX_SIZE (256u << 20)

/* Sharp, by the CPU: only where the sink wishes to have it enlarged. */
extern const struct importer importer_enlarge;
extern const struct importer importer_direct; /* the guest's dma-buf is the host's buffer */
extern const struct importer importer_shm;    /* the guest's memory is the host's wl_shm pool */
extern const struct importer importer_gles;   /* the GPU draws what changed */
extern const struct importer importer_copy;   /* the CPU copies what changed */

/* The shared start of every create. */
void import_init(struct import *import, const struct importer *importer, struct buffer *buffer,
	struct sink *sink, import_notify_fn notify, void *data);
void import_finish(struct import *import);
