#pragma once

#include <systemd/sd-event.h>

#include "session.h"

/* One connection of the control server's. */

struct control_peer;

/* From the event loop: it has left, or is to. Destroys it. */
typedef void (*control_peer_gone_fn)(void *data, struct control_peer *peer);

/*
 * Takes the fds over, also when it fails. context is copied; its directory and artifacts are to be
 * freed by the peer.
 */
int control_peer_create(int fd, int output_fd, const struct session_context *context,
	control_peer_gone_fn gone, void *data, struct control_peer **ret_peer);
void control_peer_destroy(struct control_peer *peer);
void control_peer_handle_closed(struct control_peer *peer);
