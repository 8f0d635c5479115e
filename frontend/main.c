#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "broker/broker.h"
#include "base/rate.h"
#include "cli.h"
#include "list.h"
#include "run.h"

/*
 * A closed standard stream would be the next file that is opened, the guest's memory for one, and
 * what is meant for the stream would be written there. Opened so that using it still fails.
 */
static void
fill_standard_streams(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd) {
			_exit(EXIT_FAILED);
		}
	}
}

static bool
is_switched_on(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && strcmp(value, "1") == 0;
}

static enum exit_code
run_program(const struct options *options)
{
	enum exit_code code;

	log_set_level(options->log_level);
	/* A peer or a pipe that closes is an error of the write, not the end of us. */
	signal(SIGPIPE, SIG_IGN);
	fd_raise_limit();
	if (is_switched_on("VITRINE_TEST_MEMORY_AS_DMABUF")) {
		fd_let_memory_pass_as_dmabuf();
	}
	if (is_switched_on("VITRINE_TEST_NO_RATES")) {
		rate_let_all_pass();
	}
	code = options->list ? list_run(options) : run(options);
	if (fflush(stdout) != 0) {
		log_error("cannot write to standard output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return code;
}

int
main(int argc, char **argv)
{
	struct options options;
	enum exit_code code = EXIT_USAGE;

	fill_standard_streams();
	switch (cli_parse(argc, argv, &options)) {
	case CLI_DONE:
		code = fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
		break;
	case CLI_ERROR:
		break;
	case CLI_RUN:
		code = run_program(&options);
		break;
	}
	broker_stop();
	options_finish(&options);
	return code;
}
