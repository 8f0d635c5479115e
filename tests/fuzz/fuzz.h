#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What libFuzzer, or replay.c, calls with each input. Always returns 0; a finding aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many fds are open; of the lowest ones. A target that takes fds in has as many afterwards. */
uint32_t fuzz_count_fds(void);

/* Stops at what must not be, also where assert() is compiled out. */
#define FUZZ_EXPECT(expression) \
	do { \
		if (!(expression)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #expression); \
			abort(); \
		} \
	} while (0)
