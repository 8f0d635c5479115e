#include "socket-place.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "broker/broker-act.h"
#include "control-server.h"
#include "control-socket.h"
#include "resident.h"

/* As many as are served at once. */
#define BACKLOG 16
#define OWNER_TIMEOUT_S 2
_Static_assert(BACKLOG >= RESIDENT_MAX_CLIENTS && BACKLOG >= CONTROL_SERVER_MAX_CLIENTS,
	"nobody who would be served is turned away");

struct place {
	int lock_fd;
	struct sockaddr_un lock, socket, alias; /* empty: not there */
	char key[CONTROL_SOCKET_KEY_SIZE];      /* what the alias leads to */
	dev_t device;                           /* of the socket's file, with inode */
	ino_t inode;
};

/* What is there may be somebody else's by now. */
static bool
is_still_ours(const struct place *place)
{
	struct stat status;

	return place->socket.sun_path[0] != '\0' && lstat(place->socket.sun_path, &status) == 0 &&
	       status.st_dev == place->device && status.st_ino == place->inode;
}

static bool
leads_to(const struct sockaddr_un *alias, const char *key)
{
	char target[CONTROL_SOCKET_KEY_SIZE] = "";

	return readlink(alias->sun_path, target, sizeof(target) - 1) > 0 &&
	       strcmp(target, key) == 0;
}

static int
finish_place(void *thing, bool complete)
{
	struct place *place = thing;

	if (place->alias.sun_path[0] != '\0' && leads_to(&place->alias, place->key)) {
		unlink(place->alias.sun_path);
	}
	if (is_still_ours(place)) {
		unlink(place->socket.sun_path);
	}
	if (place->lock_fd >= 0) {
		unlink(place->lock.sun_path);
	}
	fd_close(&place->lock_fd);
	free(place);
	return 0;
}

static struct place *
create_place(void)
{
	struct place *place = calloc(1, sizeof(*place));

	if (place != NULL) {
		place->lock_fd = -1;
	}
	return place;
}

/* The listening fd. */
static int
bind_socket(struct place *place, const struct sockaddr_un *address, int type)
{
	AUTO_FD int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat status;

	/* The file gets the mode that the socket has before. */
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
		bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
		lstat(address->sun_path, &status) < 0 || listen(fd, BACKLOG) < 0) {
		return -errno;
	}
	place->socket = *address;
	place->device = status.st_dev;
	place->inode = status.st_ino;
	return fd_take(&fd);
}

/*
 * The lock tells a living resident from a socket that was left behind. Its file goes with us, so
 * the one that we have locked may be one that somebody has just removed: then it is tried again.
 */
static int
take_lock(struct place *place, const char *key)
{
	const char *path = place->lock.sun_path;
	struct stat ours, named;
	int r = control_socket_address(key, ".lock", &place->lock);

	if (r < 0) {
		return r;
	}
	for (;;) {
		place->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (place->lock_fd < 0) {
			r = -errno;
			log_error("cannot open %s: %s", path, strerror(-r));
			return r;
		}
		if (flock(place->lock_fd, LOCK_EX | LOCK_NB) < 0) {
			r = errno == EWOULDBLOCK ? -EEXIST : -errno;
			fd_close(&place->lock_fd);
			return r;
		}
		if (fstat(place->lock_fd, &ours) == 0 && stat(path, &named) == 0 &&
			ours.st_ino == named.st_ino) {
			return 0;
		}
		fd_close(&place->lock_fd);
	}
}

static bool
is_key(const char *text)
{
	for (; *text != '\0'; text++) {
		if (!isalnum((unsigned char)*text) && *text != '-') {
			return false;
		}
	}
	return true;
}

/* A process that a VM has taken over may not pose as the viewer of another one. */
static bool
may_have(const struct broker_rules *rules, const char *key)
{
	static char first[CONTROL_SOCKET_KEY_SIZE];

	if (!is_key(key) || key[0] == '\0' || strlen(key) >= sizeof(first)) {
		return false;
	}
	/* Of the two brokers one knows; the other one is not asked. */
	if (rules->for_workers && !rules->all) {
		return false;
	}
	if (first[0] == '\0') {
		strcpy(first, key);
	}
	return rules->all || strcmp(first, key) == 0;
}

/* The fd, or the kernel's error: -ENOENT, -ECONNREFUSED: nobody has it, yet or any more. */
static int
connect_to_owner(const char *name)
{
	static const struct timeval patience = { .tv_sec = OWNER_TIMEOUT_S };
	AUTO_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	int r = control_socket_address(name, "", &address);

	if (r < 0) {
		return r;
	}
	/* One that accepts nobody is waited for, but not for ever. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		return -errno;
	}
	return fd_take(&fd);
}

/* An alias is as good as what it leads to. 0, -ENOENT where it leads nowhere, or -EPERM. */
static int
check_asking(const struct broker_rules *rules, const char *name)
{
	char target[CONTROL_SOCKET_KEY_SIZE] = "";
	struct sockaddr_un address;

	if (rules->all) {
		return 0;
	}
	if (!is_key(name) || control_socket_address(name, "", &address) < 0) {
		return -EPERM;
	}
	if (control_socket_is_alias(name)) {
		if (readlink(address.sun_path, target, sizeof(target) - 1) < 0) {
			return -errno;
		}
		name = target;
	}
	return may_have(rules, name) ? 0 : -EPERM;
}

static void
act_owner(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	answer->error = check_asking(rules, request->text[0]);
	if (answer->error < 0) {
		return;
	}
	answer->fd = connect_to_owner(request->text[0]);
	answer->error = answer->fd < 0 ? answer->fd : 0;
}

static void
act_resident(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const char *key = request->text[0];
	struct place *place = create_place();
	struct sockaddr_un address;
	int r = place == NULL ? -ENOMEM : 0;

	if (r >= 0 && !may_have(rules, key)) {
		r = -EPERM;
	}
	if (r >= 0) {
		r = take_lock(place, key);
	}
	if (r == -EEXIST) {
		/* Whoever has it is asked. */
		answer->fd = connect_to_owner(key);
		answer->fd = answer->fd < 0 ? -1 : answer->fd;
	}
	if (r >= 0) {
		r = control_socket_address(key, "", &address);
	}
	if (r >= 0) {
		unlink(address.sun_path);
		answer->fd = bind_socket(place, &address, SOCK_SEQPACKET);
		r = answer->fd < 0 ? answer->fd : 0;
		if (r < 0) {
			log_error("cannot listen on %s: %s", address.sun_path, strerror(-r));
		}
	}
	answer->error = r;
	if (r < 0) {
		if (place != NULL) {
			finish_place(place, false);
		}
		return;
	}
	kept->thing = place;
	kept->finish = finish_place;
}

static void
act_alias(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const char *key = request->text[0], *qmp_path = request->text[1];
	char alias[CONTROL_SOCKET_KEY_SIZE];
	struct place *place;
	struct sockaddr_un address;

	if (!may_have(rules, key)) {
		answer->error = -EPERM;
		return;
	}
	if (!broker_act_is_allowed(rules, qmp_path, BROKER_CONNECT, answer)) {
		return;
	}
	answer->error = control_socket_alias(qmp_path, alias);
	if (answer->error >= 0) {
		answer->error = control_socket_address(alias, "", &address);
	}
	place = answer->error < 0 ? NULL : create_place();
	if (place == NULL) {
		answer->error = answer->error < 0 ? answer->error : -ENOMEM;
		return;
	}
	/* One that is there was left behind: we have the VM. */
	unlink(address.sun_path);
	if (symlink(key, address.sun_path) < 0) {
		answer->error = -errno;
		finish_place(place, false);
		return;
	}
	place->alias = address;
	snprintf(place->key, sizeof(place->key), "%s", key);
	kept->thing = place;
	kept->finish = finish_place;
}

/* A socket that nobody listens on any more may go; nothing else, whatever it is. */
static int
clear_place(const struct sockaddr_un *address)
{
	AUTO_FD int fd = -1;
	struct stat status;

	if (lstat(address->sun_path, &status) < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	if (!S_ISSOCK(status.st_mode)) {
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno != ECONNREFUSED) {
		return -EADDRINUSE;
	}
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

static void
act_control(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct place *place;
	int r = -ENAMETOOLONG;

	if (!broker_act_is_allowed(rules, request->text[0], BROKER_LISTEN, answer)) {
		return;
	}
	place = create_place();
	if (place == NULL) {
		answer->error = -ENOMEM;
		return;
	}
	if (strlen(request->text[0]) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, request->text[0]);
		r = clear_place(&address);
	}
	if (r >= 0) {
		r = answer->fd = bind_socket(place, &address, SOCK_STREAM);
	}
	if (r < 0) {
		answer->error = r;
		finish_place(place, false);
		return;
	}
	kept->thing = place;
	kept->finish = finish_place;
}

int
socket_place_take_vm(const char *key, struct broker_hold *hold, int *ret_other)
{
	struct broker_request request = { .act = BROKER_ACT_RESIDENT, .text = { key } };
	struct broker_answer answer;
	int r = broker_ask(&request, &answer, hold);

	*ret_other = r < 0 ? answer.fd : -1;
	return r < 0 ? r : answer.fd;
}

int
socket_place_take_alias(const char *key, const char *qmp_path, struct broker_hold *hold)
{
	struct broker_request request = { .act = BROKER_ACT_ALIAS, .text = { key, qmp_path } };
	struct broker_answer answer;

	return broker_ask(&request, &answer, hold);
}

int
socket_place_find_owner(const char *name)
{
	struct broker_request request = { .act = BROKER_ACT_OWNER, .text = { name } };
	struct broker_answer answer;
	int r;

	socket_place_register();
	r = broker_ask(&request, &answer, NULL);
	return r < 0 ? r : answer.fd;
}

int
socket_place_take_path(const char *path, struct broker_hold *hold)
{
	struct broker_request request = { .act = BROKER_ACT_CONTROL, .text = { path } };
	struct broker_answer answer;
	int r = broker_ask(&request, &answer, hold);

	return r < 0 ? r : answer.fd;
}

void
socket_place_register(void)
{
	broker_act_register(BROKER_ACT_RESIDENT, act_resident);
	broker_act_register(BROKER_ACT_ALIAS, act_alias);
	broker_act_register(BROKER_ACT_OWNER, act_owner);
	broker_act_register(BROKER_ACT_CONTROL, act_control);
}
