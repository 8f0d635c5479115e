#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "sandbox.h"

/*
 * What Landlock refuses the viewer by itself, without seccomp, which would be asked first and
 * refuse most of it. There may be a way to one of these calls that nobody has thought of.
 */

static char folder[UNIT_PATH_SIZE], file[UNIT_PATH_SIZE + 8], new_file[UNIT_PATH_SIZE + 8];
/* In no folder, and somebody listens there. */
static struct sockaddr_un nameless = { .sun_family = AF_UNIX };
static socklen_t nameless_size = sizeof(nameless);

static int
enter_files(const void *needs)
{
	int version;

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1
							  : sandbox_restrict_files(needs, &version);
}

static int
enter_nothing(const void *needs)
{
	return 0;
}

static int
try_open(void)
{
	return open(file, O_RDONLY);
}

static int
try_folder(void)
{
	return open(folder, O_RDONLY | O_DIRECTORY);
}

static int
try_change(void)
{
	return open(file, O_WRONLY);
}

static int
try_create(void)
{
	return open(new_file, O_WRONLY | O_CREAT, 0600);
}

static int
try_delete(void)
{
	return unlink(new_file);
}

static int
try_exec(void)
{
	char program[] = "/bin/true";
	char *const arguments[] = { program, NULL };

	return execv(program, arguments);
}

static int
try_truncate(void)
{
	return truncate(file, 0);
}

static int
try_tcp(int (*call)(int fd, const struct sockaddr *address, socklen_t size), in_port_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return call(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&address,
		sizeof(address));
}

static int
try_connect(void)
{
	return try_tcp(connect, 9);
}

static int
try_bind(void)
{
	return try_tcp(bind, 0);
}

static int
try_nameless(void)
{
	return connect(
		socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&nameless, nameless_size);
}

static int
try_kill(void)
{
	return kill(getppid(), 0);
}

static int
landlock_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static void
test_what_is_gone(void **state)
{
	static const struct {
		const char *name;
		int (*try)(void);
		int error;
		int version; /* of Landlock's that refuses it first */
	} tries[] = {
		{ "open", try_open, EACCES, 1 },
		{ "folder", try_folder, EACCES, 1 },
		{ "change", try_change, EACCES, 1 },
		{ "create", try_create, EACCES, 1 },
		{ "delete", try_delete, EACCES, 1 },
		{ "exec", try_exec, EACCES, 1 },
		{ "truncate", try_truncate, EACCES, 3 },
		{ "connect", try_connect, EACCES, 4 },
		{ "bind", try_bind, EACCES, 4 },
		{ "nameless socket", try_nameless, EPERM, 6 },
		{ "kill", try_kill, EPERM, 6 },
	};
	const struct sandbox_needs needs = { 0 };
	int version = landlock_version();

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int confined, free;

		if (version < tries[i].version) {
			print_message("%s: not with Landlock %d\n", tries[i].name, version);
			continue;
		}
		confined = unit_confined(enter_files, &needs, tries[i].try);
		free = unit_confined(enter_nothing, &needs, tries[i].try);
		if (confined != tries[i].error || free == tries[i].error) {
			fail_msg("%s: %s, otherwise %s", tries[i].name, strerror(confined),
				strerror(free));
		}
	}
}

static int
group_setup(void **state)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	unit_directory_create(folder);
	snprintf(file, sizeof(file), "%s/diary", folder);
	snprintf(new_file, sizeof(new_file), "%s/new", folder);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0600)), 0);
	/* The kernel makes up what it is called. */
	assert_int_equal(
		bind(listener, (const struct sockaddr *)&nameless, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listener, 8), 0);
	return getsockname(listener, (struct sockaddr *)&nameless, &nameless_size);
}

static int
group_teardown(void **state)
{
	unit_directory_remove(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_gone),
	};

	if (landlock_version() < 0) {
		puts("skipped: this kernel has no Landlock");
		return 77;
	}
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
