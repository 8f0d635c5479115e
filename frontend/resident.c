#include "resident-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "socket-place.h"

static void
turn_away(int fd)
{
	json_object *response =
		resident_make_refusal(EXIT_FAILED, "the viewer has too many requests open");

	log_limited_here(LOG_LEVEL_WARNING, "more than %d control clients; one is turned away",
		RESIDENT_MAX_CLIENTS);
	/* If that cannot be sent either, the closed connection says it. */
	control_socket_send(fd, response, NULL);
	json_object_put(response);
}

static int
handle_connection(sd_event_source *source, int socket_fd, uint32_t revents, void *data)
{
	struct resident *resident = data;
	AUTO_FD int fd = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		return 0;
	}
	/* The directory keeps others out already; root may come. */
	if (!control_socket_is_from_us(fd)) {
		return 0;
	}
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		struct resident_client *client = &resident->clients[i];
		int r;

		if (client->resident != NULL) {
			continue;
		}
		r = sd_event_add_io(resident->event, &client->source, fd, EPOLLIN,
			resident_handle_readable, client);
		if (r < 0) {
			log_limited_here(LOG_LEVEL_WARNING, "cannot serve a control client: %s",
				strerror(-r));
			return 0;
		}
		client->resident = resident;
		client->fd = fd_take(&fd);
		return 0;
	}
	turn_away(fd);
	return 0;
}

static int
start_listening(struct resident *resident)
{
	int r = sd_event_add_io(resident->event, &resident->source, resident->socket_fd, EPOLLIN,
		handle_connection, resident);

	if (r >= 0) {
		/* A connection that cannot be accepted, for want of fds, stays readable. */
		r = sd_event_source_set_ratelimit(
			resident->source, US_PER_S, RESIDENT_MAX_CONNECTIONS_PER_S);
	}
	return r;
}

/* The name that its QMP socket gives it: who finds none asks the VM. */
static void
take_alias(struct resident *resident, const char *qmp_path)
{
	if (qmp_path != NULL) {
		socket_place_take_alias(resident->key, qmp_path, &resident->alias);
	}
}

int
resident_create(sd_event *event, const char *key, const struct guest_identity *identity,
	const char *job, const struct view_list *views, const struct fetch_means *means,
	const char *qmp_path, struct control_server *control, int *ret_other,
	struct resident **ret_resident)
{
	struct resident *resident = calloc(1, sizeof(*resident));
	int r;

	*ret_other = -1;
	if (resident == NULL) {
		return -ENOMEM;
	}
	resident->event = sd_event_ref(event);
	resident->identity = identity;
	resident->job = job;
	resident->views = views;
	resident->means = means;
	resident->control = control;
	resident->place = resident->alias = BROKER_NO_HOLD;
	resident->socket_fd = -1;
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		resident->clients[i].fd = -1;
	}
	snprintf(resident->key, sizeof(resident->key), "%s", key);
	r = socket_place_take_vm(key, &resident->place, ret_other);
	if (r >= 0) {
		resident->socket_fd = r;
		r = start_listening(resident);
	}
	if (r < 0) {
		resident_destroy(resident);
		return r;
	}
	take_alias(resident, qmp_path);
	*ret_resident = resident;
	return 0;
}

void
resident_handle_lost(struct resident *resident)
{
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		struct resident_client *client = &resident->clients[i];

		/* A picture that is being read was one of a VM that was there. */
		if ((client->capture != NULL && client->fetch == NULL) || client->typist != NULL) {
			resident_has_vm(client);
		}
	}
}

void
resident_handle_back(struct resident *resident, const char *qmp_path)
{
	/* Until now who came by the old socket was told that the VM is gone. */
	broker_finish(&resident->alias, false);
	take_alias(resident, qmp_path);
}

void
resident_destroy(struct resident *resident)
{
	if (resident == NULL) {
		return;
	}
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		if (resident->clients[i].resident != NULL) {
			resident_client_close(&resident->clients[i]);
		}
	}
	sd_event_source_disable_unref(resident->source);
	broker_finish(&resident->alias, false);
	broker_finish(&resident->place, false);
	fd_close(&resident->socket_fd);
	sd_event_unref(resident->event);
	free(resident);
}
