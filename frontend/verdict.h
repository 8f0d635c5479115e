#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "drm-device.h"
#include "scanout.h"
#include "wayland/window.h"

/*
 * The verdict on one window: which way its pixels go, whether the compositor scans them out, and
 * if there is a better way, why it is not taken and what would help.
 */

#define VERDICT_REASON_SIZE 384
/* What QEMU writes into the EDID of a monitor whose rate it was not told (edid-generate.c). */
#define VERDICT_EDID_REFRESH_HZ 75

/* The best first, as far as pictures are shown at all. */
enum verdict_kind {
	VERDICT_SCANNED_OUT, /* the display reads the guest's own buffer */
	VERDICT_DIRECT,      /* the compositor draws from the guest's own dma-buf */
	VERDICT_SHM,         /* the compositor copies from the guest's own memory to the GPU */
	VERDICT_GPU_COPY,    /* the GPU copies before the compositor sees it */
	VERDICT_CPU_COPY,    /* the CPU does */
	VERDICT_NOTHING,     /* no way is left, or nothing came yet */
	VERDICT_HIDDEN,      /* there is no window */
};

enum zero_copy {
	ZERO_COPY_UNKNOWN, /* the compositor has not told, or never does */
	ZERO_COPY_NO,
	ZERO_COPY_YES,
};

struct verdict {
	enum verdict_kind kind;
	enum zero_copy zero_copy;
	char reason[VERDICT_REASON_SIZE]; /* why it is not better; empty: it is the best, or unknown
					   */
};

/* All that the verdict depends on and that costs nothing to gather. */
struct verdict_facts {
	const char *path;    /* name of the importer in use; "none"; "hidden" */
	const char *refusal; /* the picture's: why the way before was refused; NULL */
	bool forced;         /* the user chose the path */
	bool loses_refresh;  /* the VMM cannot tell the guest the monitor's refresh rate */
	/* Of the picture; without one (has_picture false) nothing is said about it. */
	bool has_picture;
	enum buffer_kind kind;
	uint32_t fourcc;
	uint64_t modifier;
	bool bottom_up;
	const char *hint; /* scanout.hint */
	enum zero_copy zero_copy;
	struct window_report window;
};

/* What it also depends on, and the kernel has to be asked for. */
struct verdict_devices {
	char exporter[DRM_DEVICE_DRIVER_SIZE];   /* who made the dma-buf; empty: not known */
	char driver[DRM_DEVICE_DRIVER_SIZE];     /* of the compositor's GPU */
	char render_node[DRM_DEVICE_NODE_SIZE];  /* of that */
	char scanout_node[DRM_DEVICE_NODE_SIZE]; /* of the GPU that could scan out, if another one
						  */
};

/* Reads /proc and /sys. buffer: the picture's; NULL where there is none. */
void verdict_look_up(const struct verdict_facts *facts, const struct buffer *buffer,
	struct verdict_devices *ret_devices);

void verdict_judge(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *ret_verdict);

/* For people: "scanned out", "direct", "shared memory", "GPU copy", "CPU copy"... */
const char *verdict_name(const struct verdict *verdict);
