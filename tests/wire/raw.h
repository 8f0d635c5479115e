#pragma once

#include "wire.h"

/* QEMU's end of a listener as bare bytes: what no D-Bus library would send, and when. */

enum raw_type {
	RAW_CALL = 1,
	RAW_RETURN = 2,
	RAW_ERROR = 3,
};

#define RAW_NO_REPLY 1u

/* A D-Bus message under construction (D-Bus specification, "Message Format"). */
struct raw {
	uint8_t bytes[8192];
	size_t size;
};

/* With the padding before it. */
void raw_put(struct raw *raw, const void *bytes, size_t size, size_t alignment);
void raw_put_u32(struct raw *raw, uint32_t number);

/* A call of the listener's object. */
void raw_make_call(struct raw *raw, uint32_t serial, const char *interface, const char *member,
	const char *signature, uint32_t n_fds, const void *body, uint32_t body_size);
void raw_make_get_all(struct raw *raw);
void raw_make_update_dmabuf(struct raw *raw, uint32_t serial);
/* With one fd, 64x48 XRGB8888. */
void raw_make_scanout_dmabuf(struct raw *raw, uint32_t serial);
void raw_make_disable(struct raw *raw, uint32_t serial);

/* What QEMU answers to the handshake. */
extern const char raw_welcome[];

/* Checks that our side of the handshake is there. */
void raw_read_handshake(int fd);

/* Opens with one console whose listener the test speaks with, after the handshake. */
struct fake_console *raw_open(struct wire *wire);

void raw_send(int fd, const struct raw *raw);
void raw_send_fds(int fd, const struct raw *raw, const int *fds, uint32_t n_fds);

/* Whether there is anything to read now. */
bool raw_readable(int fd);
/* Waits for the next message and reads it whole. */
enum raw_type raw_read_reply(struct wire *wire, int fd);
