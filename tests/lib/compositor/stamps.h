#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * For benches, whose rates the log and the pictures could not keep up with: of each commit there is
 * one record of fixed size in a file, in place of everything that is otherwise said of a frame.
 */

struct stamp {
	uint64_t time_ns; /* CLOCK_MONOTONIC, when the commit was dispatched */
	uint32_t surface;
	uint32_t buffer; /* attached in this commit; 0: none */
};

/* Empties or makes the file. 0 or negative errno. */
int stamps_open(const char *path, int *ret_fd);
void stamps_write(int fd, uint32_t surface, uint32_t buffer);
