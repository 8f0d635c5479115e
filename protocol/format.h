#pragma once

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The one table of pixel formats: what DRM (fourcc), pixman and wl_shm call the same bytes.
 * Only formats of one plane whose pixels the CPU can read are in it; a dma-buf of another format
 * can still be handed to the compositor as it is.
 */
struct format {
	const char *name;            /* as in drm_fourcc.h, without the prefix: "XRGB8888" */
	uint32_t fourcc;             /* DRM_FORMAT_* */
	uint32_t opaque;             /* its twin without alpha; itself where it has none */
	pixman_format_code_t pixman; /* also what QEMU's D-Bus display sends for memory */
	uint32_t shm;                /* enum wl_shm_format: equals fourcc but for two */
	uint32_t bytes_per_pixel;
};

/* NULL when the table has no such format. */
const struct format *format_from_fourcc(uint32_t fourcc);
const struct format *format_from_pixman(uint32_t pixman_code);
const struct format *format_from_shm(uint32_t shm_code);

/* Iterates the table: NULL past its end. */
const struct format *format_at(uint32_t index);

/*
 * The same memory read without its alpha channel. A guest's monitor has none: what stands in
 * those bits is junk. Formats outside the table are returned as they are.
 */
uint32_t format_opaque(uint32_t fourcc);

/*
 * For formats with more than 8 bits per channel, also those outside the table: one of the table
 * that has more, too, and that GPUs draw into. 0 for all others.
 */
uint32_t format_deep(uint32_t fourcc);

/* "XR24" and the like for messages; needs 5 bytes. Unprintable characters become '?'. */
#define FORMAT_FOURCC_TEXT_SIZE 5
const char *format_fourcc_text(uint32_t fourcc, char text[FORMAT_FOURCC_TEXT_SIZE]);
