#pragma once

/* What scripts can rely on; documented in the manual page. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* the job itself: a file could not be written */
	EXIT_USAGE = 2,
	EXIT_CANNOT_ATTACH = 3,
	EXIT_VM_GONE = 4,
	EXIT_TIMED_OUT = 5,
	EXIT_NO_COMPOSITOR = 6,
};
