#include "broker/broker-place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static int
copy(char to[static PATH_MAX], const char *from)
{
	size_t size = strlen(from) + 1;

	if (size > PATH_MAX) {
		return -ENAMETOOLONG;
	}
	memmove(to, from, size);
	return 0;
}

static int
join(char path[static PATH_MAX], const char *folder, const char *name)
{
	const char *slash = strcmp(folder, "/") == 0 ? "" : "/";
	int length = snprintf(path, PATH_MAX, "%s%s%s", folder, slash, name);

	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The place has the folder. */
static int
open_folder(const char *path, struct broker_place *place)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	int r = copy(place->path, slash != NULL ? slash + 1 : path);

	if (r >= 0 && slash != NULL) {
		size_t size = slash == path ? 1 : (size_t)(slash - path);

		memcpy(folder, path, size);
		folder[size] = '\0';
	}
	if (r >= 0) {
		place->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = place->folder < 0 ? -errno : 0;
	}
	return r;
}

/* What the system calls it: a place that it has no name for, in a mount of others', is none. */
static int
name_folder(const struct broker_place *place, char ret_path[static PATH_MAX])
{
	struct stat held, named;
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", place->folder);
	length = readlink(link, ret_path, PATH_MAX - 1);
	if (length < 0) {
		return -errno;
	}
	ret_path[length] = '\0';
	if (fstat(place->folder, &held) < 0 || stat(ret_path, &named) < 0) {
		return -errno;
	}
	return held.st_dev == named.st_dev && held.st_ino == named.st_ino ? 0 : -EPERM;
}

/* Whether it is a link, and to what. 1, 0 or negative errno. */
static int
read_link(const struct broker_place *place, const char *folder, char ret_path[static PATH_MAX])
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(place->folder, place->path, target, sizeof(target) - 1);
	int r;

	if (length < 0) {
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	}
	target[length] = '\0';
	r = target[0] == '/' ? copy(ret_path, target) : join(ret_path, folder, target);
	return r < 0 ? r : 1;
}

/* Through links, if it follows any, to what is none. */
static int
find_real(const char *path, bool follows, struct broker_place *place)
{
	char next[PATH_MAX], folder[PATH_MAX];
	int r = copy(next, path);

	for (int i = 0; i <= BROKER_PLACE_MAX_LINKS && r >= 0; i++) {
		broker_place_finish(place);
		r = open_folder(next, place);
		r = r < 0 ? r : name_folder(place, folder);
		r = r < 0 || !follows ? r : read_link(place, folder, next);
		if (r == 0) {
			return join(place->real, folder, place->path);
		}
	}
	return r < 0 ? r : -ELOOP;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* It takes what it is given, and stays. */
static bool
is_special(const struct broker_place *place)
{
	struct stat status;

	return fstatat(place->folder, place->path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

/* What the rules are to allow: of a pipe and the like, to which a link may lead, not the name. */
static int
find_judged(const struct broker_rules *rules, const char *path, struct broker_place *place,
	char ret_judged[static PATH_MAX])
{
	int r = find_real(path, true, place);

	if (r >= 0 && is_special(place)) {
		char folder[PATH_MAX];

		strcpy(folder, place->real);
		*strrchr(folder, '/') = '\0';
		return join(ret_judged, folder, base_name(path));
	}
	if (r >= 0 && !broker_rules_allow(rules, path, BROKER_REPLACE)) {
		r = find_real(path, false, place);
	}
	return r < 0 ? r : copy(ret_judged, place->real);
}

static int
find_anywhere(const struct broker_rules *rules, const char *path, enum broker_right right,
	struct broker_place *place)
{
	char judged[PATH_MAX];
	int r = find_judged(rules, path, place, judged);

	return r >= 0 && !broker_rules_allow(rules, judged, right) ? -EPERM : r;
}

/*
 * Nothing runs what is only read: a link that is not hidden itself may lead to what is, as those of
 * git-annex do.
 */
static int
find_readable(const struct broker_rules *rules, const char *path, struct broker_place *place)
{
	int r = find_real(path, false, place);

	if (r >= 0 && !broker_rules_allow(rules, place->real, BROKER_READ)) {
		return -EPERM;
	}
	r = r < 0 ? r : find_real(path, true, place);
	return r >= 0 && !broker_rules_allow(rules, base_name(place->real), BROKER_READ) ? -EPERM
											 : r;
}

int
broker_place_find(const struct broker_rules *rules, const char *path, enum broker_right right,
	struct broker_place *ret_place)
{
	int r;

	ret_place->folder = AT_FDCWD;
	ret_place->real[0] = '\0';
	if (!broker_rules_allow(rules, path, right)) {
		return -EPERM;
	}
	if (broker_rules_name(rules, path, right)) {
		return copy(ret_place->path, path);
	}
	r = right == BROKER_READ ? find_readable(rules, path, ret_place)
				 : find_anywhere(rules, path, right, ret_place);
	if (r < 0) {
		broker_place_finish(ret_place);
	}
	return r;
}

void
broker_place_finish(struct broker_place *place)
{
	if (place->folder >= 0) {
		fd_close(&place->folder);
	}
	place->folder = AT_FDCWD;
}

int
broker_place_open_flags(const struct broker_place *place)
{
	return place->folder >= 0 ? O_NOFOLLOW : 0;
}

int
broker_place_stat_flags(const struct broker_place *place)
{
	return place->folder >= 0 ? AT_SYMLINK_NOFOLLOW : 0;
}
