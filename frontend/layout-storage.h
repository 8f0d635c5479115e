#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The file itself. Both wait for the disk. */

/*
 * Reads up to size bytes. Returns how many, or negative errno; -EISDIR, -ENOTSUP: it is no regular
 * file.
 */
ssize_t layout_storage_read(const char *path, char *data, size_t size);

/*
 * Puts a new file in the place of the old one, which is there, whole, until the new one is. Makes
 * the folders that are missing, for the owner only, as is the file. path: absolute. Returns 0 or
 * negative errno: then nothing has changed, and nothing is left behind.
 */
int layout_storage_write(const char *path, const char *text);
