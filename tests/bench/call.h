#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * QEMU's calls to a listener as the bytes that GDBus writes, made once and sent often: what plays
 * QEMU must cost less than what it measures. (D-Bus specification, "Message Format".)
 */

#define CALL_MAX_SIZE 320
#define CALL_LISTENER "org.qemu.Display1.Listener"

struct call {
	uint8_t bytes[CALL_MAX_SIZE];
	size_t size;
};

/*
 * The body is of numbers, laid out by the caller. QEMU asks for a reply to few of its calls (GDBus
 * sets NO_REPLY_EXPECTED where nobody waits for one).
 */
void call_init(struct call *call, const char *interface, const char *member, const char *signature,
	const void *body, size_t body_size, bool with_fd, bool with_reply);
/* Writes it whole, under this number, with the fd in the same message (-1: none). Ends the program
 * when the peer is gone. */
void call_send(struct call *call, int socket_fd, uint32_t serial, int fd);
