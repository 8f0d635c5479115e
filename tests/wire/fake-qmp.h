#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* A scripted QMP server on a UNIX socket: it knows the commands that attaching and listing need. */

#define FAKE_QMP_LOG_SIZE 16384
#define FAKE_QMP_MAX_CONSOLES 4

struct fake_qmp {
	/* What it says; set before the first client comes. */
	const char *name; /* NULL: none */
	const char *uuid;
	const char *display;      /* query-display-options' return, as JSON */
	const char *greeting;     /* NULL: the usual one; "": none at all */
	const char *fail_command; /* answered with an error; "COMMAND" */
	uint32_t n_consoles;
	const char *types[FAKE_QMP_MAX_CONSOLES];
	bool chatty;     /* sends events before every reply */
	uint32_t n_ends; /* so many clients are hung up on at their first command */

	/* What happened. */
	char log[FAKE_QMP_LOG_SIZE]; /* the commands, a line each */
	int received_fd;             /* of getfd; the test's to take */
	bool client_left;
	void (*add_client)(void *data, int fd);
	void *data;

	char path[108];
	int listen_fd, fd;
	sd_event *event;
	sd_event_source *listen_io, *io;
};

/* Listens at path; the fields above have their defaults: one VGA, D-Bus display peer to peer. */
void fake_qmp_start(struct fake_qmp *qmp, sd_event *event, const char *path);
void fake_qmp_stop(struct fake_qmp *qmp);
/* Closes the client's connection, as a QEMU that dies. */
void fake_qmp_hang_up(struct fake_qmp *qmp);
