/*
 * vitrine-gl: draws guests' buffers into buffers that the compositor takes, for one viewer, which
 * starts it with a socket as descriptor GPU_SOCKET_FD. Whatever a buffer or a driver does to it,
 * the viewer goes on.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "gl/server.h"
#include "sandbox.h"

/*
 * usage: vitrine-gl LOG-LEVEL MAJOR:MINOR [free]
 *
 * The numbers are of the compositor's device, 0:0 for none. free: is not confined.
 */
int
main(int argc, char **argv)
{
	const char *memory_passes = getenv("VITRINE_TEST_MEMORY_AS_DMABUF");
	struct context *context;
	unsigned int level, major_number, minor_number;
	enum gpu_exit status;
	int r;

	if (argc < 3 || sscanf(argv[1], "%u", &level) != 1 || level > LOG_LEVEL_DEBUG ||
		sscanf(argv[2], "%u:%u", &major_number, &minor_number) != 2) {
		fputs("vitrine-gl is started by vitrine, which see.\n", stderr);
		return GPU_EXIT_FAILED;
	}
	/* A driver that hangs does not notice that the socket was closed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Ctrl+C in a terminal is for the viewer, whose windows still need us for a moment. */
	signal(SIGINT, SIG_IGN);
	log_set_level((enum log_level)level);
	if (memory_passes != NULL && strcmp(memory_passes, "1") == 0) {
		fd_let_memory_pass_as_dmabuf();
	}
	if (argc == 3) {
		sandbox_enter_gpu_helper();
	}
	r = context_create_best(makedev(major_number, minor_number), &context);
	if (r < 0) {
		log_warning("GPU helper: no OpenGL ES 3 that imports dma-bufs (%s); it ends",
			strerror(-r));
		return GPU_EXIT_NO_GL;
	}
	status = server_run(GPU_SOCKET_FD, context);
	context_destroy(context);
	return (int)status;
}
