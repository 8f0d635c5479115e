#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int
unit_memfd(size_t size, int seals)
{
	int fd = memfd_create("unit", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

void
unit_output_begin(struct unit_output *output, int stream)
{
	fflush(stdout);
	fflush(stderr);
	output->stream = stream;
	output->saved_fd = fcntl(stream, F_DUPFD_CLOEXEC, 3);
	output->memory_fd = memfd_create("output", MFD_CLOEXEC);
	assert_true(output->saved_fd >= 0 && output->memory_fd >= 0);
	assert_int_equal(dup2(output->memory_fd, stream), stream);
}

void
unit_output_end(struct unit_output *output)
{
	ssize_t n;

	fflush(stdout);
	fflush(stderr);
	assert_int_equal(dup2(output->saved_fd, output->stream), output->stream);
	n = pread(output->memory_fd, output->text, sizeof(output->text) - 1, 0);
	assert_true(n >= 0);
	output->text[n] = '\0';
	close(output->saved_fd);
	close(output->memory_fd);
}

void
unit_directory_create(char path[UNIT_PATH_SIZE])
{
	const char *parent = getenv("TMPDIR");

	snprintf(path, UNIT_PATH_SIZE, "%s/vitrine-unit-XXXXXX", parent != NULL ? parent : "/tmp");
	assert_non_null(mkdtemp(path));
}

/* Counts the entries, and removes them where wanted. */
static uint32_t
walk(const char *path, int remove)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	uint32_t n = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
			continue;
		}
		if (remove) {
			unlinkat(dirfd(directory), entry->d_name, 0);
		}
		n++;
	}
	closedir(directory);
	return n;
}

uint32_t
unit_directory_count(const char *path)
{
	return walk(path, 0);
}

void
unit_directory_remove(const char *path)
{
	walk(path, 1);
	assert_int_equal(rmdir(path), 0);
}

#define NOT_CONFINED 255

uint32_t
unit_count_fds(void)
{
	uint32_t n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		n += fcntl(fd, F_GETFD) >= 0;
	}
	return n;
}

int
unit_confined(int (*enter)(const void *data), const void *data, int (*call)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (enter(data) < 0) {
			_exit(NOT_CONFINED);
		}
		errno = 0;
		_exit(call() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), NOT_CONFINED);
	return WEXITSTATUS(status);
}

uint32_t
unit_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}
