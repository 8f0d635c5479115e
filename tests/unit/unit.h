#pragma once

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the unit tests share. All of it fails the running test when the machine refuses. */

#define UNIT_TEXT_SIZE 32768
#define UNIT_PATH_SIZE 256

/* A memfd of this size, sealed as F_ADD_SEALS takes it. */
int unit_memfd(size_t size, int seals);

/* What is written to a standard stream meanwhile. */
struct unit_output {
	int stream; /* STDERR_FILENO, say */
	int saved_fd;
	int memory_fd;
	char text[UNIT_TEXT_SIZE];
};

void unit_output_begin(struct unit_output *output, int stream);
/* Puts the stream back; text is complete now, and ends with 0. */
void unit_output_end(struct unit_output *output);

/* A new empty directory; removed with all regular files in it. */
void unit_directory_create(char path[UNIT_PATH_SIZE]);
uint32_t unit_directory_count(const char *path);
void unit_directory_remove(const char *path);

/* How many descriptors are open. */
uint32_t unit_count_fds(void);

/*
 * What the errno of a call is in a process of its own that enter() has confined; 0: it did not
 * fail. enter() fails: so does the test.
 */
int unit_confined(int (*enter)(const void *data), const void *data, int (*call)(void));

/* Numbers that look random and are the same each time. */
uint32_t unit_random(uint32_t *state);
