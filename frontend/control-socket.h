#pragma once

#include <json-c/json.h>
#include <stdint.h>
#include <sys/un.h>

#include "base/packet.h"
#include "guest.h"
#include "input/typing.h"
#include "scanout.h"

/*
 * The control socket of a resident viewer: one per VM, in the user's runtime directory, for the
 * owner only. SOCK_SEQPACKET: each message is one JSON object, with the fds it speaks of. A client
 * sends one request and gets one response.
 *
 *   {"command": "list"}
 *   {"command": "screenshot", "console": N, "wait_stable_ms": N, "timeout_ms": N, "path": NAME,
 *    "cursor": BOOL}
 *   {"command": "type", "console": N, "strokes": [[CODE, ...], ...]}
 *   {"command": "control", "directory": PATH, "artifacts": PATH, "console": N, "timeout_ms": N}
 *       with two fds: a stream socket that commands are served on, and what "-" is
 *
 * Pictures come as scanouts that the CPU can read: the guest's own buffers, or memory that the
 * resident's GPU helper has drawn them into, with the guest's cursor (control-cursor.h) if that is
 * wanted. path "gles" wants all dma-bufs drawn, "copy" none.
 *
 * What is typed is answered twice, by {"begun": true} and at its end.
 *
 * A resident that has a short job of its own answers the last two with {"again": true}: it does not
 * stay long enough. The response holds "error" (text) and "code" (enum exit_code) when it went
 * wrong.
 */

#define CONTROL_SOCKET_MAX_MESSAGE 65536
/* Of buffers, and of cursors. */
#define CONTROL_SOCKET_MAX_FDS (GUEST_MAX_HEADS * (BUFFER_MAX_PLANES + 1))
_Static_assert(CONTROL_SOCKET_MAX_FDS <= PACKET_MAX_FDS, "they go in one packet");
/* The name of a VM's socket, without the directory: its UUID, or what else tells VMs apart. */
#define CONTROL_SOCKET_KEY_SIZE 64

struct control_socket_fds {
	uint32_t n_fds;
	int fds[CONTROL_SOCKET_MAX_FDS];
};

void control_socket_fds_close(struct control_socket_fds *fds);

/*
 * The directory of the control sockets, made when it is missing. Returns 0, or negative errno,
 * logged: not ours, or open to others.
 */
int control_socket_directory(char ret_path[static sizeof(((struct sockaddr_un *)0)->sun_path)]);

/* qmp_path may be NULL. A VM without UUID is known by its QMP socket, else by our process. */
void control_socket_key(const struct guest_identity *identity, const char *qmp_path,
	char ret_key[static CONTROL_SOCKET_KEY_SIZE]);

/*
 * What a VM's QMP socket calls it, a link to its own name: known without asking the VM, whose QMP
 * serves one program at a time. Another socket at that path gets another one. -ENOENT: there is no
 * such socket.
 */
int control_socket_alias(const char *qmp_path, char ret_alias[static CONTROL_SOCKET_KEY_SIZE]);
bool control_socket_is_alias(const char *name);

/* Fills in the address of a VM's socket. suffix: "" or ".lock". */
int control_socket_address(const char *key, const char *suffix, struct sockaddr_un *ret_address);

/* Whether the peer is this user, or root; logged if not. */
bool control_socket_is_from_us(int socket);

/* fds may be NULL; they stay the caller's. Does not wait: -EAGAIN when the peer does not read. */
int control_socket_send(int socket, json_object *message, const struct control_socket_fds *fds);

/*
 * One message. Returns 0, -EAGAIN (none there), -ECONNRESET (the peer closed), -EBADMSG (no JSON
 * object, too long, or too many fds). On success the object and the fds are the caller's.
 */
int control_socket_receive(
	int socket, json_object **ret_message, struct control_socket_fds *ret_fds);

/* A scanout as JSON; its planes' fds are appended to fds (not duplicated). */
json_object *control_socket_scanout_to_json(
	const struct scanout *scanout, struct control_socket_fds *fds);

/*
 * The reverse. Takes its fds from the front of *fds on, moving *next_fd. The buffer is new, with
 * one reference. -EBADMSG for anything odd.
 */
int control_socket_scanout_from_json(json_object *json, const struct control_socket_fds *fds,
	uint32_t *next_fd, struct scanout *ret_scanout);

/* What is to be typed as JSON, and back: -EBADMSG for anything odd. */
json_object *control_socket_typing_to_json(const struct typing *typing);
int control_socket_typing_from_json(json_object *json, struct typing *ret_typing);
