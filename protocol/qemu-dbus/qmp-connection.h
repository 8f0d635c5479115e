#pragma once

#include "broker/broker.h"

/*
 * Connects to QMP's socket. Where the broker does it, what is returned leads to a relay
 * (qmp-relay.h), a process of its own that ends with the hold. Returns the fd, not blocking, or the
 * kernel's error: -EAGAIN: too many wait for it; -EPERM as well for a path that the rules do not
 * name.
 */
int qmp_connection_open(const char *path, struct broker_hold *hold);
/* Both; -1 and no hold are fine. */
void qmp_connection_close(int *fd, struct broker_hold *hold);

/* In the broker: makes the act known. confine: what a relay gives up before it reads; NULL:
 * nothing. */
void qmp_connection_register(void (*confine)(void));
