#pragma once

#include "qemu-dbus/wire-writer.h"

/* All that a listener ever says. None of it takes more than this. */
#define WIRE_REPLY_MAX 1024

/* serial is that of the call. The writer has room for WIRE_REPLY_MAX bytes. */
void wire_reply_empty(struct wire_writer *writer, uint32_t serial);
/* text is cut when it is longer than an error needs to be. */
void wire_reply_error(
	struct wire_writer *writer, uint32_t serial, const char *name, const char *text);
/* Answers to Properties.Get and GetAll: one property, a list of strings that ends with NULL. */
void wire_reply_get(struct wire_writer *writer, uint32_t serial, const char *const *values);
/* property NULL: there is none. */
void wire_reply_get_all(struct wire_writer *writer, uint32_t serial, const char *property,
	const char *const *values);

/* A call of ours, org.freedesktop.DBus.Peer.Ping; returns its serial. */
uint32_t wire_reply_ping(struct wire_writer *writer);
