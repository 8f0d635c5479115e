#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "scanout-reader.h"

/* What a guest monitor shows, as a PNG among the user's pictures: a key press, no questions. */

struct snapshot;

/*
 * From the event loop, once. trouble: NULL, or why there is no picture. path: the file, "" where
 * there was none yet. Both are valid during the call.
 */
typedef void (*snapshot_done_fn)(void *data, const char *trouble, const char *path);

/*
 * Reads, encodes and writes off the loop, to "NAME CONSOLE DATE.png" in the
 * user's folder for pictures (snapshot_folder), never over a file that is there. Returns 0 or
 * negative errno: done is not called.
 */
int snapshot_create(sd_event *event, const struct fetch_means *means, const struct scanout *scanout,
	const char *vm_name, uint32_t console, snapshot_done_fn done, void *data,
	struct snapshot **ret_snapshot);
/* Waits for a file that is being written. Also inside and after done. NULL is fine. */
void snapshot_destroy(struct snapshot *snapshot);

#define SNAPSHOT_PATH_SIZE 4096

/*
 * $XDG_PICTURES_DIR, else what user-dirs.dirs (xdg-user-dirs) has for it, else the home folder,
 * else where we were started. A folder that is not there counts as none.
 */
void snapshot_folder(char path[static SNAPSHOT_PATH_SIZE]);
/*
 * Finds it, which a process that is confined cannot do any more. Again only returns what was found,
 * for ever valid.
 */
const char *snapshot_prepare(void);
