#pragma once

#include <stddef.h>

#include "layout.h"

/*
 * A layout as JSON. Nothing in it is trusted: names come from the VM and from monitors, and users
 * edit files.
 *
 *   {"version": 1, "heads": [
 *     {"gpu": "0000:00:02.0", "index": 0, "plugged": true, "fullscreen": false,
 *      "width": 1280, "height": 800, "zoom_percent": 100,
 *      "output": {"name": "DP-1", "make": "…", "model": "…", "description": "…"}}]}
 *
 * Of a head, "gpu", "index" and "plugged" must be there. Members of other names are passed over.
 */

#define LAYOUT_VERSION 1
/* Of the text, in bytes. All that layout_encode() writes fits in. */
#define LAYOUT_MAX_SIZE 65536
#define LAYOUT_MAX_DEPTH 16 /* of objects and arrays */
#define LAYOUT_ERROR_SIZE 128

/*
 * Returns 0; -EBADMSG: damaged; -ENOTSUP: of a later version; -ENOMEM. With the first two,
 * ret_error says what is wrong and where.
 */
int layout_decode(const char *text, size_t size, char ret_error[static LAYOUT_ERROR_SIZE],
	struct layout *ret_layout);
