#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "broker/broker.h"

/* What is done for whoever asks: in the broker, or without one in the process itself. */

enum broker_act {
	BROKER_ACT_OPEN,
	BROKER_ACT_CREATE,
	BROKER_ACT_LOOK,
	BROKER_ACT_RENAME,
	BROKER_ACT_CONNECT_BUS,
	BROKER_ACT_EXPORTER,
	BROKER_ACT_LINK_OF,
	BROKER_ACT_REPLACE,
	/* From here on others do them (frontend/app-broker.c). */
	BROKER_ACT_QMP,
	BROKER_ACT_COMPOSITOR,
	BROKER_ACT_GPU_HELPER,
	BROKER_ACT_TEXT,
	BROKER_ACT_OCR,
	BROKER_ACT_KEYMAP,
	BROKER_ACT_RESIDENT,
	BROKER_ACT_ALIAS,
	BROKER_ACT_OWNER,
	BROKER_ACT_CONTROL,
	BROKER_N_ACTS,
};

/* What an act leaves to be kept. */
struct broker_kept {
	void *thing;                               /* NULL: nothing */
	int (*finish)(void *thing, bool complete); /* frees it */
	pid_t pid;                                 /* of a child of the broker's; 0: none */
};

typedef void (*broker_act_fn)(const struct broker_rules *rules,
	const struct broker_request *request, struct broker_answer *answer,
	struct broker_kept *kept);

/*
 * Makes it known, before broker_start(). What starts a process needs a broker: one without rules is
 * started for it where there is none.
 */
void broker_act_register(enum broker_act number, broker_act_fn act);

/* answer is to be empty. */
void broker_act_do(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept);

/* For acts: a stream, not blocking. The fd, or negative errno. */
int broker_act_connect(const struct sockaddr_un *address, socklen_t size);

/* Fills in the error, or nothing. */
bool broker_act_is_allowed(const struct broker_rules *rules, const char *path,
	enum broker_right right, struct broker_answer *answer);
