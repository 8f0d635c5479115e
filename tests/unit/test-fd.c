#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
test_close(void **state)
{
	int fd = unit_memfd(1, 0);
	int copy = fd;
	int absent = -1;

	errno = EXDEV;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_false(is_open(copy));
	fd_close(&fd);
	fd_close(&absent);
	assert_int_equal(absent, -1);
	/* is_open() failed on purpose above; a close of ours says nothing. */
	errno = EXDEV;
	copy = unit_memfd(1, 0);
	close(copy);
	errno = EXDEV;
	fd_close(&copy);
	assert_int_equal(errno, EXDEV);
}

static void
test_auto_and_take(void **state)
{
	int kept, gone;

	{
		AUTO_FD int first = unit_memfd(1, 0);
		AUTO_FD int second = unit_memfd(1, 0);

		gone = first;
		kept = fd_take(&second);
		assert_int_equal(second, -1);
	}
	assert_false(is_open(gone));
	assert_true(is_open(kept));
	fd_close(&kept);
}

static void
test_dup_keeps_off_the_standard_streams(void **state)
{
	AUTO_FD int fd = unit_memfd(1, 0);
	int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	int copy;

	close(STDIN_FILENO);
	copy = fd_dup(fd);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
	assert_true(copy > STDERR_FILENO);
	assert_true(fcntl(copy, F_GETFD) & FD_CLOEXEC);
	fd_close(&copy);
	assert_int_equal(fd_dup(-1), -EBADF);
}

static void
test_nonblocking(void **state)
{
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(fd_set_nonblocking(pipe_fds[0]), 0);
	assert_true(fcntl(pipe_fds[0], F_GETFL) & O_NONBLOCK);
	assert_false(fcntl(pipe_fds[1], F_GETFL) & O_NONBLOCK);
	fd_close(&pipe_fds[0]);
	fd_close(&pipe_fds[1]);
	assert_int_equal(fd_set_nonblocking(-1), -EBADF);
}

static void
test_inspect_memory(void **state)
{
	AUTO_FD int plain = unit_memfd(4097, 0);
	AUTO_FD int sealed = unit_memfd(4096, F_SEAL_SHRINK);
	AUTO_FD int only_grow = unit_memfd(4096, F_SEAL_GROW);
	AUTO_FD int copy = fd_dup(plain);
	struct fd_info info, other;

	assert_int_equal(fd_inspect(plain, &info), 0);
	assert_int_equal(info.kind, FD_KIND_MEMORY);
	assert_int_equal(info.size, 4097);
	assert_false(info.sealed);

	assert_int_equal(fd_inspect(copy, &other), 0);
	assert_true(info.device == other.device && info.inode == other.inode);

	assert_int_equal(fd_inspect(sealed, &other), 0);
	assert_true(other.sealed);
	assert_false(info.inode == other.inode);

	assert_int_equal(fd_inspect(only_grow, &other), 0);
	assert_false(other.sealed);
}

static void
test_inspect_what_is_no_picture(void **state)
{
	static const char *const paths[] = { "/dev/null", "/proc/self/status", "/" };
	struct fd_info info;
	int pipe_fds[2];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_FD int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		assert_int_equal(fd_inspect(fd, &info), 0);
		assert_int_equal(info.kind, FD_KIND_OTHER);
	}
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(fd_inspect(pipe_fds[0], &info), 0);
	assert_int_equal(info.kind, FD_KIND_OTHER);
	fd_close(&pipe_fds[0]);
	fd_close(&pipe_fds[1]);
	assert_int_equal(fd_inspect(-1, &info), -EBADF);
	assert_int_equal(fd_inspect(pipe_fds[0], &info), -EBADF);
}

static void
test_switch_is_loud(void **state)
{
	struct unit_output output;

	assert_false(fd_memory_passes_as_dmabuf());
	unit_output_begin(&output, STDERR_FILENO);
	fd_let_memory_pass_as_dmabuf();
	unit_output_end(&output);
	assert_true(fd_memory_passes_as_dmabuf());
	assert_non_null(strstr(output.text, "warning"));
}

static rlim_t
raise_from(rlim_t soft, rlim_t hard)
{
	struct rlimit limit = { soft, hard };

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fd_raise_limit();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_max, hard);
	return limit.rlim_cur;
}

/* Lowers what this process may have, bit by bit: the last of the tests. */
static void
test_the_limit_is_raised(void **state)
{
	struct rlimit before;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	if (before.rlim_max > FD_LIMIT) {
		assert_int_equal(raise_from(FD_LIMIT + 1, before.rlim_max), FD_LIMIT + 1);
		assert_int_equal(raise_from(FD_LIMIT - 1, before.rlim_max), FD_LIMIT);
	}
	if (before.rlim_max >= FD_LIMIT) {
		assert_int_equal(raise_from(64, FD_LIMIT), FD_LIMIT);
	}
	assert_int_equal(raise_from(64, 128), 128);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_auto_and_take),
		cmocka_unit_test(test_dup_keeps_off_the_standard_streams),
		cmocka_unit_test(test_nonblocking),
		cmocka_unit_test(test_inspect_memory),
		cmocka_unit_test(test_inspect_what_is_no_picture),
		cmocka_unit_test(test_switch_is_loud),
		cmocka_unit_test(test_the_limit_is_raised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
