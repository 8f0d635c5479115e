#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

/* Runs a fuzz target once on each file of a directory: the inputs that were kept, as a test. */

#define MAX_INPUT_SIZE (1024 * 1024)

static int
replay(int directory_fd, const char *name)
{
	static uint8_t input[MAX_INPUT_SIZE];
	int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd >= 0 ? read(fd, input, sizeof(input)) : -1;
	uint8_t *exact;

	if (fd >= 0) {
		close(fd);
	}
	if (size < 0) {
		perror(name);
		return -1;
	}
	printf("%s: %zd bytes\n", name, size);
	fflush(stdout);
	/* Of its own size, so that the sanitizer sees reads behind the end. */
	exact = malloc(size > 0 ? (size_t)size : 1);
	if (exact == NULL) {
		return -1;
	}
	memcpy(exact, input, (size_t)size);
	LLVMFuzzerTestOneInput(exact, (size_t)size);
	free(exact);
	return 0;
}

int
main(int argc, char **argv)
{
	DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int n_replayed = 0;

	if (directory == NULL) {
		fprintf(stderr, "usage: replay DIRECTORY\n");
		return 2;
	}
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.') {
			continue;
		}
		if (replay(dirfd(directory), entry->d_name) < 0) {
			return 1;
		}
		n_replayed++;
	}
	closedir(directory);
	if (n_replayed == 0) {
		fprintf(stderr, "%s: empty\n", argv[1]);
		return 1;
	}
	return 0;
}
