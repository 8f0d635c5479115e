#pragma once

/*
 * The compositor's socket of the session that we are of, by WAYLAND_DISPLAY and XDG_RUNTIME_DIR as
 * libwayland reads them; connected to by the broker, so that a confined process finds a compositor
 * that comes back. The fd is the caller's; or negative errno.
 */
int session_socket_connect(void);

/* What the broker does for it. */
void session_socket_register(void);
