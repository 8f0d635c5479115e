#pragma once

#include <systemd/sd-event.h>

#include "session.h"

/* One connection of the control server's. */

struct control_peer;

/* From the event loop: it has left, or is to. Destroys it. */
typedef void (*control_peer_gone_fn)(void *data, struct control_peer *peer);

/*
 * Begins a line that is no command, of a peer without a number: how the files of what goes wrong
 * from there on begin.
 */
#define CONTROL_PEER_LABEL '\1'

/*
 * Takes the fds over, also when it fails. number: of this peer among all, for the names of such
 * files; 0: it says itself. context is copied; its directory and artifacts are to be
 * freed by the peer.
 */
int control_peer_create(int fd, int output_fd, uint32_t number,
	const struct session_context *context, control_peer_gone_fn gone, void *data,
	struct control_peer **ret_peer);
void control_peer_destroy(struct control_peer *peer);
void control_peer_handle_closed(struct control_peer *peer);
