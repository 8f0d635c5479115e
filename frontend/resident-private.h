#pragma once

#include "broker/broker.h"
#include "capture.h"
#include "cli.h"
#include "control-cursor.h"
#include "control-socket.h"
#include "exit-code.h"
#include "resident.h"
#include "scanout-fetch.h"
#include "typist.h"

/* What resident.c (the VM's socket), resident-client.c (requests) and resident-picture.c
 * (screenshots) share. */

/* A wait that a client may ask for; more would keep its slot for ever. */
#define RESIDENT_MAX_WAIT_MS (CLI_MAX_TIMEOUT_S * 1000)

struct resident_client {
	struct resident *resident; /* NULL: the slot is free */
	int fd;
	sd_event_source *source;
	struct capture *capture; /* while a screenshot is waited for */
	struct scanout_fetch *fetch;
	enum fetch_way way;
	bool wants_cursor;
	uint32_t n_pictures;
	struct {
		uint32_t console;
		struct control_cursor cursor;
	} pictures[GUEST_MAX_HEADS];
	struct typist *typist; /* while something is typed */
};

struct resident {
	const struct guest_identity *identity;
	const struct view_list *views;
	const struct fetch_means *means;
	struct control_server *control;
	sd_event *event;
	const char *job;
	char key[CONTROL_SOCKET_KEY_SIZE];
	struct broker_hold place, alias;
	int socket_fd;
	sd_event_source *source;
	struct resident_client clients[RESIDENT_MAX_CLIENTS];
};

/* What is asked for can only be had of the VM. False: refused, it is gone. */
bool resident_has_vm(struct resident_client *client);
/* An "error" for the client, with its exit code. */
json_object *resident_make_refusal(enum exit_code code, const char *text);
/* One request, one response, which is freed: whatever became of it, the client is gone then. */
void resident_client_respond(struct resident_client *client, json_object *response,
	const struct control_socket_fds *fds);
void resident_client_refuse(struct resident_client *client, enum exit_code code, const char *text);
void resident_client_close(struct resident_client *client);
/* data: the client. */
int resident_handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data);

/* Of a request: what is not there is the lowest, or NULL. */
int64_t resident_get_number(json_object *request, const char *key, int64_t low, int64_t high);
const char *resident_get_text(json_object *request, const char *key);

void resident_take_picture(struct resident_client *client, json_object *message);
