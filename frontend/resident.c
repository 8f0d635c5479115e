#include "resident-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

#define RESIDENT_MAX_CONNECTIONS_PER_S 100

static void
turn_away(int fd)
{
	json_object *response =
		resident_make_refusal(EXIT_FAILED, "the viewer has too many requests open");

	log_warning("more than %d control clients; one is turned away", RESIDENT_MAX_CLIENTS);
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
			log_warning("cannot serve a control client: %s", strerror(-r));
			return 0;
		}
		client->resident = resident;
		client->fd = fd_take(&fd);
		return 0;
	}
	turn_away(fd);
	return 0;
}

/*
 * The lock tells a living resident from a socket that was left behind. Its file goes with us, so
 * the one that we have locked may be one that somebody has just removed: then it is tried again.
 */
static int
take_lock(struct resident *resident, const char *key)
{
	const char *path = resident->lock_address.sun_path;
	struct stat ours, named;
	int r = control_socket_address(key, ".lock", &resident->lock_address);

	if (r < 0) {
		return r;
	}
	for (;;) {
		resident->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (resident->lock_fd < 0) {
			r = -errno;
			log_error("cannot open %s: %s", path, strerror(-r));
			return r;
		}
		if (flock(resident->lock_fd, LOCK_EX | LOCK_NB) < 0) {
			r = errno == EWOULDBLOCK ? -EEXIST : -errno;
			fd_close(&resident->lock_fd);
			return r;
		}
		if (fstat(resident->lock_fd, &ours) == 0 && stat(path, &named) == 0 &&
			ours.st_ino == named.st_ino) {
			return 0;
		}
		fd_close(&resident->lock_fd);
	}
}

static int
start_listening(struct resident *resident, const char *key)
{
	int r = control_socket_address(key, "", &resident->address);

	if (r < 0) {
		return r;
	}
	unlink(resident->address.sun_path);
	resident->socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (resident->socket_fd < 0 ||
		bind(resident->socket_fd, (const struct sockaddr *)&resident->address,
			sizeof(resident->address)) < 0 ||
		listen(resident->socket_fd, RESIDENT_MAX_CLIENTS) < 0) {
		r = -errno;
		log_error("cannot listen on %s: %s", resident->address.sun_path, strerror(-r));
		return r;
	}
	r = sd_event_add_io(resident->event, &resident->source, resident->socket_fd, EPOLLIN,
		handle_connection, resident);
	if (r >= 0) {
		/* A connection that cannot be accepted, for want of fds, stays readable. */
		r = sd_event_source_set_ratelimit(
			resident->source, US_PER_S, RESIDENT_MAX_CONNECTIONS_PER_S);
	}
	return r;
}

/* Who finds none asks the VM. */
static void
make_alias(struct resident *resident, const char *key, const char *qmp_path)
{
	char alias[CONTROL_SOCKET_KEY_SIZE];
	struct sockaddr_un address;

	if (control_socket_alias(qmp_path, alias) < 0 ||
		control_socket_address(alias, "", &address) < 0) {
		return;
	}
	/* One that is there was left behind: we have the VM. */
	unlink(address.sun_path);
	if (symlink(key, address.sun_path) == 0) {
		resident->alias = address;
	}
}

int
resident_create(sd_event *event, const char *key, const struct guest_identity *identity,
	const char *job, const struct view_list *views, const struct fetch_means *means,
	const char *qmp_path, struct control_server *control, struct resident **ret_resident)
{
	struct resident *resident = calloc(1, sizeof(*resident));
	int r;

	if (resident == NULL) {
		return -ENOMEM;
	}
	resident->event = sd_event_ref(event);
	resident->identity = identity;
	resident->job = job;
	resident->views = views;
	resident->means = means;
	resident->control = control;
	resident->lock_fd = resident->socket_fd = -1;
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		resident->clients[i].fd = -1;
	}
	r = take_lock(resident, key);
	if (r >= 0) {
		r = start_listening(resident, key);
	}
	if (r < 0) {
		resident_destroy(resident);
		return r;
	}
	if (qmp_path != NULL) {
		make_alias(resident, key, qmp_path);
	}
	*ret_resident = resident;
	return 0;
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
	if (resident->alias.sun_path[0] != '\0') {
		unlink(resident->alias.sun_path);
	}
	if (resident->socket_fd >= 0) {
		unlink(resident->address.sun_path);
	}
	if (resident->lock_fd >= 0) {
		unlink(resident->lock_address.sun_path);
	}
	fd_close(&resident->socket_fd);
	fd_close(&resident->lock_fd);
	sd_event_unref(resident->event);
	free(resident);
}
