#pragma once

#include "broker/broker.h"

/*
 * Packets between a process and its broker, on SOCK_SEQPACKET sockets. A request carries the socket
 * on which it is answered, so that no two can be mixed up, and after it up to two fds; an answer
 * up to one. Sides are the same program, so numbers are as the machine has them.
 */

#define BROKER_MAX_REQUEST_FDS 2

/* Sent behind an answer, on the same socket. */
struct broker_finish_message {
	uint8_t complete; /* 1; what is anything else is not */
};

/* reply: goes along, and stays the caller's. 0 or negative errno. */
int broker_message_send_request(int socket, const struct broker_request *request, int reply);

/* What request->text of a request that was received points into. */
struct broker_request_texts {
	char first[BROKER_TEXT_SIZE], second[BROKER_TEXT_SIZE];
};

/*
 * Waits for one. The fds are the caller's. 0; -ECONNRESET: the other side is gone; -EBADMSG: not a
 * request, with whatever it carried closed.
 */
int broker_message_receive_request(int socket, struct broker_request *ret_request,
	struct broker_request_texts *texts, int *ret_reply);

/* The fd stays the caller's. keeps: something is kept for the asker. */
int broker_message_send_answer(int socket, const struct broker_answer *answer, bool keeps);
/* -EINTR as well: no answer yet. */
int broker_message_receive_answer(int socket, struct broker_answer *ret_answer, bool *ret_keeps);
