#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;

#define DMABUF_MAX_FORMATS 256

struct dmabuf_format {
	uint32_t fourcc;
	uint64_t modifier;
	bool scanout; /* also in the first tranche, the one with the flag */
};

/* zwp_linux_dmabuf_v1: what it announces, and how it treats imports. */
struct dmabuf {
	struct compositor *compositor;
	struct dmabuf_format formats[DMABUF_MAX_FORMATS];
	uint32_t n_formats;
	/* Announced before; a client may not know yet: they fail, but cost no connection. */
	struct dmabuf_format former[DMABUF_MAX_FORMATS];
	uint32_t n_former;
	struct wl_list feedbacks; /* resources */
	uint32_t device;          /* minor number of the GPU that imports; nothing opens it */
	uint32_t table_entries;   /* of nothing, behind the formats, up to so many; 0: none */
	bool silent;              /* never says whether it takes one */
	bool short_table;         /* it is said to be longer than it is */
	uint32_t fail_imports;    /* so many of the next ones fail as a GPU driver's would */
};

void dmabuf_init(struct compositor *compositor);

/* "XR24:0x0" or "XR24:0x0:scanout". False when it is malformed or the table is
 * full. */
bool dmabuf_add_format(struct dmabuf *dmabuf, const char *text);

/* Takes all formats back: others are to be added. */
void dmabuf_clear_formats(struct dmabuf *dmabuf);

/* The table changed: tells every feedback object. */
void dmabuf_send_feedback(struct dmabuf *dmabuf);

/* A feedback object, for a surface or (NULL) in general: feedback.c. */
void dmabuf_add_feedback(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface);

void bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id);
