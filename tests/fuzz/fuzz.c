#include "fuzz.h"

#include <poll.h>

#define MAX_OPEN_FDS 256

uint32_t
fuzz_count_fds(void)
{
	struct pollfd pollfds[MAX_OPEN_FDS];
	uint32_t n = 0;

	for (int i = 0; i < MAX_OPEN_FDS; i++) {
		pollfds[i] = (struct pollfd){ .fd = i };
	}
	FUZZ_EXPECT(poll(pollfds, MAX_OPEN_FDS, 0) >= 0);
	for (int i = 0; i < MAX_OPEN_FDS; i++) {
		n += (pollfds[i].revents & POLLNVAL) == 0;
	}
	return n;
}
