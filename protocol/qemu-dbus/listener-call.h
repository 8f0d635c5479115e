#pragma once

#include "qemu-dbus/listener-method.h"

/*
 * Answers what QEMU calls on the listener's object, by its method, and what every D-Bus object is
 * asked: Peer.Ping, Properties.Get and GetAll. What is not there gets the error that D-Bus has for
 * it.
 */
void listener_serve(struct listener *listener, struct wire_call *call);

/* An empty reply to the call of that serial; 0 wants none. */
void listener_answer(struct listener *listener, uint32_t reply_to);

/* Answers a bad call with an error and says so; the listener lives on. */
void listener_refuse(struct listener *listener, uint32_t reply_to,
	const struct listener_method *method, int error);
