#pragma once

#include <systemd/sd-event.h>

#include "layout.h"

/*
 * The layout of one VM, kept from one run to the next; layout-path.h says where, layout-decode.h
 * how. Nothing here is fatal: what goes wrong is said once, and the VM is shown.
 */

struct layout_file;

/*
 * Reads the file, on the spot: for before the VM is attached to. A damaged one is said and renamed
 * to "….damaged"; one that a later version wrote, or that cannot be read, is said and left alone
 * for this run. qmp_path may be NULL. Returns 0 also with all of these; -ENODATA: there is nothing
 * to know the VM by; -ENOENT: no place for such files; -ENOMEM. Negative errno is logged.
 */
int layout_file_open(sd_event *event, const struct guest_identity *identity, const char *qmp_path,
	struct layout_file **ret_file);

/* What was read by layout_file_open(). 0; -ENOENT: none yet, or none that can be used. */
int layout_file_load(const struct layout_file *file, struct layout *ret_layout);

/*
 * Takes this for the layout from now on. The writing is done in a thread, one at a time; of layouts
 * that come meanwhile the last one counts, and one like that on disk is not written. The old file
 * is there, whole, until the new one is. Returns 0 (it may still fail, which is logged the first
 * time); -EPERM: the file is left alone, said before; -ENOMEM, not logged.
 */
int layout_file_save(struct layout_file *file, const struct layout *layout);

/* Waits until the last layout is written, or has failed to be. NULL is fine. */
void layout_file_close(struct layout_file *file);
