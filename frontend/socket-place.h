#pragma once

#include "broker/broker.h"

/*
 * Sockets that others find by a path: bound, and removed again, by the broker, so that none is left
 * behind however we end.
 */

/*
 * The place of the one process that has a VM, in the folder of control-socket.h: the lock, and the
 * socket (SOCK_SEQPACKET). The listening fd; -EEXIST: another process has the VM, to which
 * *ret_other is a connection, or -1 if it takes none; or other negative errno, logged. Once a
 * broker has been asked for one key it knows no other.
 */
int socket_place_take_vm(const char *key, struct broker_hold *hold, int *ret_other);
/*
 * A link to it beside it, by the VM's QMP socket (control_socket_alias), which takes the place of
 * any other.
 */
int socket_place_take_alias(const char *key, const char *qmp_path, struct broker_hold *hold);

/*
 * A blocking connection to the process that has a VM, by its key or an alias of it: the fd, or
 * negative errno.
 */
int socket_place_find_owner(const char *name);

/*
 * A socket for commands (SOCK_STREAM) at any path, which takes the place of one that nobody listens
 * on any more. The listening fd; -EADDRINUSE: somebody does; -EEXIST: it is no socket; or negative
 * errno.
 */
int socket_place_take_path(const char *path, struct broker_hold *hold);

/* What the broker does for the two. */
void socket_place_register(void);
