#pragma once

/*
 * Stands between a viewer, which a VM may have taken over, and QMP: of what the viewer says only
 * commands that qmp-rules.h allows go on, written anew, so that QEMU reads what was judged. What
 * QEMU says goes back as it is.
 */

/* The longest command of the viewer's: the path of a device in it. */
#define QMP_RELAY_MAX_COMMAND 4096

/*
 * Until either side closes, or the viewer says something else: then both are closed. Both are
 * blocking, and stay the caller's.
 */
void qmp_relay_run(int viewer, int qemu);
