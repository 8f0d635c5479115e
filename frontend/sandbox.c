#include "sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "base/log.h"

bool
sandbox_is_switched(const char *to)
{
	const char *test_switch = getenv("VITRINE_TEST_SANDBOX");

	return test_switch != NULL && strcmp(test_switch, to) == 0;
}

/* Calls that open files are among what is left: then Landlock alone says which. */
static bool
has_files(const struct sandbox_needs *needs)
{
	return needs->decorations || needs->devices;
}

int
sandbox_enter(const struct sandbox_needs *needs)
{
	static bool entered;
	sd_id128_t boot;
	int version = 0;
	int files, calls;

	if (SANDBOX_HAS_SANITIZER) {
		log_info("not confined: this build has a sanitizer");
		return -ENOTSUP;
	}
	if (entered) {
		return 0;
	}
	entered = true;
	if (sandbox_is_switched("off")) {
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
	calls = sandbox_restrict_calls(needs, sandbox_is_switched("kill"));
	/* Where it needs files as well that is said below. */
	if (files == -ENOSYS && !has_files(needs)) {
		log_warning(
			"this kernel has no Landlock: what draws by the GPU, and tesseract, could "
			"read and change your files if a VM took it over");
	}
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

int
sandbox_leave_files_quietly(const struct sandbox_needs *needs)
{
	int version;

	if (SANDBOX_HAS_SANITIZER || sandbox_is_switched("off")) {
		return 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		return -errno;
	}
	return sandbox_restrict_files(needs, &version);
}

int
sandbox_enter_quietly(const struct sandbox_needs *needs)
{
	if (SANDBOX_HAS_SANITIZER || sandbox_is_switched("off")) {
		return 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		return -errno;
	}
	/* Libraries try what they can do without, such as caches of fonts: never the process's end.
	 */
	return sandbox_restrict_calls(needs, false);
}

int
sandbox_enter_gpu_helper(void)
{
	int files, calls;

	if (SANDBOX_HAS_SANITIZER) {
		log_info("GPU helper: not confined: this build has a sanitizer");
		return -ENOTSUP;
	}
	if (sandbox_is_switched("off")) {
		return 0;
	}
	setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
	setenv("__GL_SHADER_DISK_CACHE", "0", 1);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		log_warning("GPU helper: not confined: %s", strerror(errno));
		return -errno;
	}
	files = sandbox_restrict_to_gpus();
	calls = sandbox_refuse_calls(false, sandbox_is_switched("kill"));
	/* Of a kernel without Landlock the viewer has told. */
	if (calls >= 0 && (files >= 0 || files == -ENOSYS)) {
		log_info("GPU helper: confined: no network, %s (seccomp%s)",
			files >= 0 ? "no files but GPUs and what is installed" : "no new files",
			files >= 0 ? ", Landlock" : " alone");
		return files;
	}
	log_warning("GPU helper: less confined than it ought to be (Landlock: %s; seccomp: %s)",
		files >= 0 ? "yes" : strerror(-files), calls >= 0 ? "yes" : strerror(-calls));
	return calls < 0 ? calls : files;
}

int
sandbox_enter_program(const char *executable)
{
	int files, calls;

	if (SANDBOX_HAS_SANITIZER || sandbox_is_switched("off")) {
		return 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		return -errno;
	}
	files = sandbox_restrict_to_program(executable);
	calls = sandbox_refuse_calls(true, sandbox_is_switched("kill"));
	return calls < 0 ? calls : files;
}
