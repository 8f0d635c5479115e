#include "run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "remote.h"
#include "resident.h"
#include "screenshot.h"
#include "script-job.h"

/* How often to look whether somebody else's --screenshot or script is done with the VM. */
#define RUN_RETRY_US 50000

static bool
is_soon_gone(json_object *vm)
{
	json_object *job;

	return json_object_object_get_ex(vm, "job", &job) &&
	       json_object_is_type(job, json_type_string) &&
	       (strcmp(json_object_get_string(job), RESIDENT_JOB_SCREENSHOT) == 0 ||
		       strcmp(json_object_get_string(job), RESIDENT_JOB_TYPING) == 0);
}

/* -ECONNRESET when the process that has the VM does a short job, or is gone already. */
static int
ask_whether_it_stays(const struct options *options, int resident)
{
	json_object *vm = NULL;
	int code = remote_list(resident, options->timeout_ms, &vm);

	if (code == EXIT_DONE && is_soon_gone(vm)) {
		code = -ECONNRESET;
	}
	json_object_put(vm);
	return code;
}

/* An exit code, or -ECONNRESET: worth another try, the VM is about to be free. */
static int
use_resident(const struct options *options, int resident)
{
	int code;

	if (options->screenshot != NULL) {
		return screenshot_remote(options, resident);
	}
	if (options->script_given) {
		return script_job_remote(options, resident);
	}
	if (options->typing.n_strokes > 0) {
		return remote_type(resident, options->console, &options->typing);
	}
	code = ask_whether_it_stays(options, resident);
	if (code == EXIT_DONE) {
		log_error(
			"another vitrine has this VM already; 'vitrine --list' tells which process");
		code = EXIT_CANNOT_ATTACH;
	}
	return code;
}

/* -1: the VM has to be asked whose it is. */
static int
find_resident(const struct options *options)
{
	char alias[CONTROL_SOCKET_KEY_SIZE];
	int resident;

	return options->qmp_path != NULL && control_socket_alias(options->qmp_path, alias) >= 0 &&
			       remote_open(alias, &resident) >= 0
		       ? resident
		       : -1;
}

enum exit_code
run(const struct options *options)
{
	uint64_t until_ns = clock_now_ns() + options->timeout_ms * NS_PER_MS;

	for (;;) {
		AUTO_FD int resident = find_resident(options);
		int code = resident < 0 ? app_run(options, &resident) : EXIT_DONE;

		if (resident >= 0) {
			code = use_resident(options, resident);
		}
		if (code != -ECONNRESET) {
			return (enum exit_code)code;
		}
		if (clock_now_ns() >= until_ns) {
			log_error(
				"others keep having this VM for a script, a text or a picture; try again later");
			return EXIT_CANNOT_ATTACH;
		}
		usleep(RUN_RETRY_US);
	}
}
