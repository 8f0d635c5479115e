#include "broker/broker-act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dmabuf.h"
#include "base/fd.h"
#include "broker/broker-place.h"
#include "broker/bus-address.h"
#include "broker/replacement.h"

bool
broker_act_is_allowed(const struct broker_rules *rules, const char *path, enum broker_right right,
	struct broker_answer *answer)
{
	bool allowed = broker_rules_allow(rules, path, right);

	answer->error = allowed ? 0 : -EPERM;
	return allowed;
}

static void
take_fd(struct broker_answer *answer, int fd)
{
	answer->error = fd < 0 ? -errno : 0;
	answer->fd = fd;
}

static bool
find(const struct broker_rules *rules, const char *path, enum broker_right right,
	struct broker_place *place, struct broker_answer *answer)
{
	answer->error = broker_place_find(rules, path, right, place);
	return answer->error >= 0;
}

static int
get_status(const struct broker_place *place, struct stat *status)
{
	return fstatat(place->folder, place->path, status, broker_place_stat_flags(place));
}

static void
act_open(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	struct broker_place place;

	if (find(rules, request->text[0], BROKER_READ, &place, answer)) {
		/* Opening a pipe must not block before it is found to be one. */
		take_fd(answer, openat(place.folder, place.path,
					O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
						broker_place_open_flags(&place)));
		broker_place_finish(&place);
	}
}

/* By its own name, not by that of a link to it. */
static bool
may_replace(const struct broker_rules *rules, const char *path, const struct broker_place *place)
{
	return broker_rules_allow(
		rules, place->real[0] != '\0' ? place->real : path, BROKER_REPLACE);
}

/* What is there: a pipe and the like take what they are given, and stay. */
static bool
may_write_over(const struct broker_rules *rules, const char *path, const struct broker_place *place)
{
	struct stat status;

	return may_replace(rules, path, place) ||
	       (get_status(place, &status) == 0 &&
		       (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)));
}

static void
act_create(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	struct broker_place place;
	AUTO_FD int fd = -1;
	bool writes_over;

	if (!find(rules, request->text[0], BROKER_WRITE, &place, answer)) {
		return;
	}
	writes_over = may_write_over(rules, request->text[0], &place);
	/* Opening a pipe that nobody reads would block for ever. */
	fd = openat(place.folder, place.path,
		O_WRONLY | O_CREAT | (writes_over ? O_TRUNC : O_EXCL) | O_CLOEXEC | O_NOCTTY |
			O_NONBLOCK | broker_place_open_flags(&place),
		0666);
	broker_place_finish(&place);
	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0) {
		answer->error = -errno;
		return;
	}
	answer->fd = fd_take(&fd);
}

static void
act_look(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	struct broker_place place;
	struct stat status;
	int r;

	if (!find(rules, request->text[0], BROKER_LOOK, &place, answer)) {
		return;
	}
	r = get_status(&place, &status) < 0 ? -errno : 0;
	broker_place_finish(&place);
	if (r < 0) {
		answer->error = r;
		return;
	}
	answer->numbers[0] = (int64_t)status.st_dev;
	answer->numbers[1] = (int64_t)status.st_ino;
	answer->numbers[2] = (int64_t)status.st_ctim.tv_sec;
	answer->numbers[3] = status.st_ctim.tv_nsec;
	if (place.real[0] != '\0') {
		strcpy(answer->text, place.real);
	} else if (realpath(request->text[0], answer->text) == NULL) {
		answer->text[0] = '\0';
	}
}

static bool
is_within_folder(const struct broker_rules *rules, const char *from, const char *to)
{
	const char *from_end = strrchr(from, '/'), *to_end = strrchr(to, '/');
	size_t size = from_end != NULL ? (size_t)(from_end + 1 - from) : 0;

	return rules->all || (size == (to_end != NULL ? (size_t)(to_end + 1 - to) : 0) &&
				     memcmp(from, to, size) == 0);
}

static void
act_rename(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const char *from = request->text[0], *to = request->text[1];

	if (!broker_act_is_allowed(rules, from, BROKER_RENAME, answer) ||
		!broker_act_is_allowed(rules, to, BROKER_RENAME, answer)) {
		return;
	}
	if (!is_within_folder(rules, from, to)) {
		answer->error = -EPERM;
	} else if (rename(from, to) < 0) {
		answer->error = -errno;
	}
}

int
broker_act_connect(const struct sockaddr_un *address, socklen_t size)
{
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, size) < 0) {
		return -errno;
	}
	return fd_take(&fd);
}

/* Which one is a matter of the rules alone. */
static void
act_connect_bus(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const char *wanted = request->text[0][0] != '\0' ? request->text[0] : NULL;
	struct sockaddr_un address;
	socklen_t size;

	if (!rules->all) {
		if (!rules->bus) {
			answer->error = -EPERM;
			return;
		}
		wanted = rules->bus_address;
	}
	answer->error = bus_address_find(wanted, &address, &size);
	if (answer->error >= 0) {
		answer->fd = broker_act_connect(&address, size);
		answer->error = answer->fd < 0 ? answer->fd : 0;
	}
}

static void
act_exporter(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	if (request->n_fds != 1 ||
		!dmabuf_exporter(request->fds[0], answer->text, sizeof(answer->text))) {
		answer->error = -EINVAL;
	}
}

static void
act_link_of(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	char path[64];
	ssize_t length;

	snprintf(
		path, sizeof(path), "/proc/self/fd/%d", request->n_fds == 1 ? request->fds[0] : -1);
	length = readlink(path, answer->text, sizeof(answer->text) - 1);
	answer->error = length < 0 ? -errno : 0;
	answer->text[length < 0 ? 0 : length] = '\0';
}

static int
finish_replacement(void *thing, bool complete)
{
	return replacement_finish(thing, complete);
}

static void
act_replace(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const char *path = request->text[0];
	uint32_t flags = request->flags;
	struct replacement *replacement;
	struct broker_place place;

	if (((request->flags & REPLACEMENT_FOLDERS) != 0 &&
		    !broker_act_is_allowed(rules, path, BROKER_FOLDERS, answer)) ||
		!find(rules, path, BROKER_WRITE, &place, answer)) {
		return;
	}
	if (!may_replace(rules, path, &place)) {
		flags |= REPLACEMENT_NEW;
	}
	answer->error =
		replacement_begin(place.folder, place.path, flags, &answer->fd, &replacement);
	broker_place_finish(&place);
	if (answer->error >= 0) {
		kept->thing = replacement;
		kept->finish = finish_replacement;
	}
}

static broker_act_fn acts[BROKER_N_ACTS] = {
	[BROKER_ACT_OPEN] = act_open,
	[BROKER_ACT_CREATE] = act_create,
	[BROKER_ACT_LOOK] = act_look,
	[BROKER_ACT_RENAME] = act_rename,
	[BROKER_ACT_CONNECT_BUS] = act_connect_bus,
	[BROKER_ACT_EXPORTER] = act_exporter,
	[BROKER_ACT_LINK_OF] = act_link_of,
	[BROKER_ACT_REPLACE] = act_replace,
};

void
broker_act_register(enum broker_act number, broker_act_fn act)
{
	acts[number] = act;
}

void
broker_act_do(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	answer->fd = -1;
	if (request->act >= BROKER_N_ACTS || acts[request->act] == NULL) {
		answer->error = -ENOSYS;
		return;
	}
	acts[request->act](rules, request, answer, kept);
}
