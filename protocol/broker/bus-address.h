#pragma once

#include <sys/socket.h>
#include <sys/un.h>

/*
 * Where a D-Bus address (D-Bus specification, "Server Addresses") leads: the first of its entries
 * with transport "unix" and a path or an abstract name. NULL: the session bus, by
 * DBUS_SESSION_BUS_ADDRESS, else its usual place in XDG_RUNTIME_DIR. 0; -ENOTSUP: none of its
 * entries is such a one; -ENOENT: there is no session bus.
 */
int bus_address_find(const char *address, struct sockaddr_un *ret_address, socklen_t *ret_size);
