#include "broker-world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker-model.h"
#include "broker/broker-act.h"
#include "broker/broker-place.h"
#include "broker/broker-server.h"
#include "broker/replacement.h"
#include "fuzz.h"

#define FIRST_PID 5000000 /* none of the kernel's is as high */

struct world world = { .memory = -1 };

static bool
may(const char *path, enum broker_right right)
{
	return model_allows(&world.rules, path, right);
}

/* What is there; or it only takes what it is given. */
static bool
may_be_written_over(const char *path)
{
	uint8_t there = world.now.state & WORLD_THERE;

	return may(path, BROKER_REPLACE) || there == WORLD_PIPE || there == WORLD_DEVICE;
}

static bool
is_asked(const char *path, int i)
{
	return world.now.is_sense && strcmp(path, world.now.request.text[i]) == 0;
}

static int
fails(void)
{
	errno = EIO;
	return world.now.state & WORLD_FAILS ? -1 : 0;
}

static int
kernel_openat(int folder, const char *path, int flags, ...)
{
	uint8_t there = world.now.state & WORLD_THERE;

	FUZZ_EXPECT(folder == AT_FDCWD && is_asked(path, 0));
	FUZZ_EXPECT((flags & O_NONBLOCK) && (flags & O_CLOEXEC) && (flags & O_NOCTTY));
	if ((flags & O_ACCMODE) == O_RDONLY) {
		FUZZ_EXPECT(may(path, BROKER_READ) && (flags & (O_CREAT | O_TRUNC)) == 0);
		errno = ENOENT;
		return there == WORLD_MISSING || fails() < 0 ? -1 : fd_dup(world.memory);
	}
	FUZZ_EXPECT((flags & O_ACCMODE) == O_WRONLY && may(path, BROKER_WRITE));
	FUZZ_EXPECT((flags & O_EXCL) != 0 || may_be_written_over(path));
	errno = EEXIST;
	return ((flags & O_EXCL) != 0 && there != WORLD_MISSING) || fails() < 0
		       ? -1
		       : fd_dup(world.memory);
}

static int
kernel_fstatat(int folder, const char *path, struct stat *status, int flags)
{
	static const mode_t modes[] = { 0, S_IFREG, S_IFIFO, S_IFCHR };
	mode_t mode = modes[world.now.state & WORLD_THERE];

	FUZZ_EXPECT(folder == AT_FDCWD && flags == 0 && is_asked(path, 0));
	FUZZ_EXPECT(may(path, BROKER_LOOK) || may(path, BROKER_WRITE));
	errno = ENOENT;
	if (mode == 0 || (world.now.state & WORLD_NO_FOLDER)) {
		return -1;
	}
	*status = (struct stat){ .st_mode = mode,
		.st_dev = 1,
		.st_ino = 2,
		.st_ctim = { 0x100000001 * world.now.state, 5 } };
	return 0;
}

static char *
kernel_realpath(const char *path, char *resolved)
{
	FUZZ_EXPECT(may(path, BROKER_LOOK));
	if (fails() < 0) {
		return NULL;
	}
	memset(resolved, 'r', BROKER_TEXT_SIZE - 1);
	resolved[world.now.state == WORLD_PIPE ? BROKER_TEXT_SIZE - 1 : 8] = '\0';
	return resolved;
}

static int
kernel_rename(const char *from, const char *to)
{
	FUZZ_EXPECT(is_asked(from, 0) && is_asked(to, 1));
	FUZZ_EXPECT(model_allows_rename(&world.rules, from, to));
	return fails();
}

static int
kernel_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	const struct sockaddr_un *to = (const struct sockaddr_un *)(uintptr_t)address;

	FUZZ_EXPECT(fd >= 0 && to->sun_family == AF_UNIX && size <= sizeof(*to));
	FUZZ_EXPECT((fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	FUZZ_EXPECT(world.now.request.act == BROKER_ACT_CONNECT_BUS);
	FUZZ_EXPECT(world.rules.bus || world.rules.all);
	FUZZ_EXPECT(world.rules.all ||
		    strcmp(to->sun_path, world.rules.bus_address ? "/bus" : "/run/x/bus") == 0);
	return fails();
}

static struct hold *
add_hold(bool is_thing, bool is_child)
{
	struct hold *hold = &world.holds[world.n_holds++];

	FUZZ_EXPECT(
		world.now.is_sense && world.now.kept == NULL && world.n_holds <= WORLD_MAX_HOLDS);
	*hold = (struct hold){
		.end = world.now.end,
		.is_thing = is_thing,
		.is_child = is_child,
		.fails = world.now.state & WORLD_UNDONE,
		.hangs = world.now.state & WORLD_HANGS,
	};
	if (world.now.end != NULL) {
		world.now.end->n_holds++;
	}
	world.now.kept = hold;
	return hold;
}

static int
finish_thing(void *thing, bool complete)
{
	struct hold *hold = thing;

	FUZZ_EXPECT(hold->is_thing && !hold->is_finished);
	FUZZ_EXPECT(!complete || (hold->end != NULL && hold->end->said_complete));
	FUZZ_EXPECT(complete || hold->end == NULL || hold->end->n_holds > 1 ||
		    !hold->end->said_complete);
	hold->is_finished = true;
	return hold->fails ? -ENOSPC : 0;
}

/* Its own calls are what it is tested for elsewhere: here it says that a place is another one. */
int
broker_place_find(const struct broker_rules *rules, const char *path, enum broker_right right,
	struct broker_place *ret_place)
{
	FUZZ_EXPECT(rules == &world.rules && is_asked(path, 0));
	FUZZ_EXPECT(broker_rules_allow(rules, path, right) == may(path, right));
	FUZZ_EXPECT(broker_rules_name(rules, path, right) == model_names(rules, path, right));
	*ret_place = (struct broker_place){ .folder = AT_FDCWD };
	strcpy(ret_place->path, path);
	return may(path, right) && (model_names(rules, path, right) ||
					   (world.now.state & WORLD_ELSEWHERE) == 0)
		       ? 0
		       : -EPERM;
}

void
broker_place_finish(struct broker_place *place)
{
	FUZZ_EXPECT(place->folder == AT_FDCWD);
}

int
broker_place_open_flags(const struct broker_place *place)
{
	return 0;
}

int
broker_place_stat_flags(const struct broker_place *place)
{
	return 0;
}

int
replacement_begin(int folder, const char *path, uint32_t flags, int *ret_fd,
	struct replacement **ret_replacement)
{
	FUZZ_EXPECT(folder == AT_FDCWD && is_asked(path, 0) && may(path, BROKER_WRITE));
	FUZZ_EXPECT((flags & REPLACEMENT_NEW) != 0 || may(path, BROKER_REPLACE));
	FUZZ_EXPECT((flags & REPLACEMENT_FOLDERS) == 0 || may(path, BROKER_FOLDERS));
	if ((flags & REPLACEMENT_NEW) != 0 && (world.now.state & WORLD_THERE) == WORLD_FILE) {
		return -EEXIST;
	}
	if (fails() < 0) {
		return -EIO;
	}
	*ret_fd = fd_dup(world.memory);
	*ret_replacement = (struct replacement *)add_hold(true, false);
	return 0;
}

int
replacement_finish(struct replacement *replacement, bool complete)
{
	return finish_thing(replacement, complete);
}

static struct hold *
find_child(pid_t pid)
{
	uint32_t i = (uint32_t)pid - FIRST_PID;

	/* One that is reaped may be anybody. */
	FUZZ_EXPECT(i < world.n_holds && world.holds[i].is_child && !world.holds[i].is_reaped);
	return &world.holds[i];
}

void
world_end_child(struct hold *child)
{
	child->has_ended = true;
	raise(SIGCHLD);
}

static int
kernel_kill(pid_t pid, int number)
{
	struct hold *child = find_child(pid);

	FUZZ_EXPECT(number == SIGKILL);
	child->is_killed = true;
	if (!child->hangs && !child->has_ended) {
		world_end_child(child);
	}
	return 0;
}

static int
kernel_waitid(idtype_t type, id_t pid, siginfo_t *info, int options)
{
	struct hold *child = find_child((pid_t)pid);

	FUZZ_EXPECT(type == P_PID && options == (WEXITED | WNOHANG));
	if (child->has_ended) {
		child->is_reaped = true;
		info->si_pid = (pid_t)pid;
		info->si_code = CLD_KILLED;
		info->si_status = SIGKILL;
	}
	return 0;
}

#define openat kernel_openat
#define fstatat kernel_fstatat
#define realpath kernel_realpath
#define rename kernel_rename
#define connect kernel_connect
#define kill kernel_kill
#define waitid kernel_waitid
#define poll world_poll
#include "broker/broker-act.c"
#include "broker/broker-server.c"
/* What the frontend would have registered. */
static void
act_keep(const struct broker_rules *of, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	bool is_child = request->act != BROKER_ACT_RESIDENT;
	bool is_thing = request->act == BROKER_ACT_RESIDENT || request->act == BROKER_ACT_TEXT;

	FUZZ_EXPECT(of == &world.rules && request->n_fds <= BROKER_MAX_REQUEST_FDS);
	for (uint32_t i = 0; i < request->n_fds; i++) {
		FUZZ_EXPECT(fcntl(request->fds[i], F_GETFD) & FD_CLOEXEC);
	}
	if (request->act == BROKER_ACT_QMP &&
		!broker_act_is_allowed(of, request->text[0], BROKER_CONNECT, answer)) {
		return;
	}
	if (fails() < 0) {
		answer->error = -EIO;
		return;
	}
	add_hold(is_thing, is_child);
	if (is_thing) {
		kept->thing = world.now.kept;
		kept->finish = finish_thing;
	}
	if (is_child) {
		kept->pid = (pid_t)(FIRST_PID + (world.now.kept - world.holds));
		answer->fd = fd_dup(world.memory);
	}
}

void
world_set_up(void)
{
	world.memory = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_EXPECT(world.memory >= 0);
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	setenv("XDG_RUNTIME_DIR", "/run/x", 1);
	broker_act_register(BROKER_ACT_GPU_HELPER, act_keep);
	broker_act_register(BROKER_ACT_TEXT, act_keep);
	broker_act_register(BROKER_ACT_QMP, act_keep);
	broker_act_register(BROKER_ACT_RESIDENT, act_keep);
}

bool
world_knows_act(uint32_t act)
{
	return act < BROKER_N_ACTS && acts[act] != NULL;
}

void
world_check_end(void)
{
	for (uint32_t i = 0; i < world.n_holds; i++) {
		FUZZ_EXPECT(world.holds[i].is_finished == world.holds[i].is_thing);
		FUZZ_EXPECT(!world.holds[i].is_child || world.holds[i].is_killed ||
			    world.holds[i].has_ended);
	}
}
