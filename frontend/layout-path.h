#pragma once

#include "guest.h"

/*
 * Where the layout of a VM is kept: $XDG_STATE_HOME/vitrine/layout-KEY.json, with ~/.local/state
 * for XDG_STATE_HOME unless that is set (freedesktop.org, Base Directory Specification). KEY is the
 * VM's UUID; without one, "vm-" and a hash of its name and of its QMP socket's path, which stay the
 * same when it is started again. What control_socket_key() makes of the socket does not.
 *
 * A VM may claim another's UUID or name, and gets the other's layout then. Nothing that it says
 * becomes part of the path but the hexadecimal digits of a UUID.
 *
 * qmp_path may be NULL. *ret_path is to be freed. Returns 0; -ENODATA: nothing to know the VM by;
 * -ENOENT: neither XDG_STATE_HOME nor HOME says where; -ENOMEM.
 */
int layout_path(const struct guest_identity *identity, const char *qmp_path, char **ret_path);

/* The folder of all of them, without a slash at its end; to be freed. NULL: it is nowhere. */
char *layout_path_folder(void);
