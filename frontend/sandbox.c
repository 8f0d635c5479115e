#include "sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "base/log.h"

/* For a helper that is to draw and nothing else. */
int
sandbox_enter_quietly(const struct sandbox_needs *needs)
{
	int version;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		sandbox_restrict_files(needs, &version) < 0) {
		return -EPERM;
	}
	return sandbox_restrict_calls(needs, false);
}

#if SANDBOX_HAS_SANITIZER
int
sandbox_enter(const struct sandbox_needs *needs)
{
	log_info("not confined: this build has a sanitizer");
	return -ENOTSUP;
}
#else
/* Calls that open files are among what is left: then Landlock alone says which. */
static bool
has_files(const struct sandbox_needs *needs)
{
	return needs->decorations || needs->devices;
}

int
sandbox_enter(const struct sandbox_needs *needs)
{
	const char *test_switch = getenv("VITRINE_TEST_SANDBOX");
	static bool entered;
	sd_id128_t boot;
	int version = 0;
	int files, calls;

	if (entered) {
		return 0;
	}
	entered = true;
	if (test_switch != NULL && strcmp(test_switch, "off") == 0) {
		log_info("TEST SWITCH: not confined");
		return 0;
	}
	/* Both read files when they are first asked, the second for timers of sd-event's. */
	tzset();
	sd_id128_get_boot(&boot);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		log_warning("not confined: %s; a VM that takes this viewer over has your rights",
			strerror(errno));
		return -errno;
	}
	files = sandbox_restrict_files(needs, &version);
	calls = sandbox_restrict_calls(
		needs, test_switch != NULL && strcmp(test_switch, "kill") == 0);
	if (calls >= 0 && (files >= 0 || !has_files(needs))) {
		log_info("confined: no network, %s files (seccomp%s)",
			has_files(needs) ? "few" : "no", files >= 0 ? ", Landlock" : " alone");
		return 0;
	}
	log_warning("less confined than it ought to be (Landlock: %s; seccomp: %s): a VM that "
		    "takes this viewer over has more of your rights",
		files >= 0 ? "yes" : strerror(-files), calls >= 0 ? "yes" : strerror(-calls));
	return calls < 0 ? calls : files;
}
#endif
