#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli.h"
#include "list.h"

int
main(int argc, char **argv)
{
	const char *test_switch = getenv("VITRINE_TEST_MEMORY_AS_DMABUF");
	struct options options;

	switch (cli_parse(argc, argv, &options)) {
	case CLI_DONE:
		return EXIT_DONE;
	case CLI_ERROR:
		return EXIT_USAGE;
	case CLI_RUN:
		break;
	}
	log_set_level(options.log_level);
	/* A peer or a pipe that closes is an error of the write, not the end of us. */
	signal(SIGPIPE, SIG_IGN);
	if (test_switch != NULL && strcmp(test_switch, "1") == 0) {
		fd_let_memory_pass_as_dmabuf();
	}
	return options.list ? list_run(&options) : app_run(&options);
}
