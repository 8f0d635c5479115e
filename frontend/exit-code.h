#pragma once

/* What scripts can rely on; documented in the manual page. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* the job itself: a file could not be written */
	EXIT_USAGE = 2,
	EXIT_CANNOT_ATTACH = 3,
	EXIT_VM_GONE = 4, /* or another viewer has it, and something was to be typed or clicked */
	EXIT_TIMED_OUT = 5,
	EXIT_NO_COMPOSITOR = 6,
	EXIT_DIFFERENT = 7,  /* an expectation of a script's was not met */
	EXIT_NEVER_DREW = 8, /* timed out: the VM has shown nothing */
	EXIT_WENT_BLANK = 9, /* timed out: what it showed is gone */
	EXIT_WAS_RESET = 10, /* timed out: its monitor went off and came back */
};
