#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "control-socket.h"
#include "exit-code.h"
#include "script-job.h"

/* A viewer that has the VM and was taken over, and answers a script's command with that much. */
struct viewer {
	int socket;
	size_t answer_size; /* with the line's end */
};

static void *
run_viewer(void *data)
{
	static const char good[] = "{\"ok\":true,\"code\":0,\"seconds\":0}";
	struct viewer *viewer = data;
	struct control_socket_fds fds, none = { 0 };
	json_object *request, *response = json_object_new_object();
	char *answer = malloc(viewer->answer_size), rest[256];

	memset(answer, ' ', viewer->answer_size);
	memcpy(answer, good, strlen(good));
	answer[viewer->answer_size - 1] = '\n';
	if (control_socket_receive(viewer->socket, &request, &fds) == 0) {
		json_object_put(request);
		control_socket_send(viewer->socket, response, &none);
		fd_write_all(fds.fds[0], answer, viewer->answer_size);
		/* It is not the first to leave. */
		while (recv(fds.fds[0], rest, sizeof(rest), 0) > 0) {
		}
		control_socket_fds_close(&fds);
	}
	json_object_put(response);
	free(answer);
	return NULL;
}

static int
perform(size_t answer_size)
{
	struct options *options = calloc(1, sizeof(*options));
	struct unit_output output;
	struct viewer viewer = { .answer_size = answer_size };
	pthread_t thread;
	int ends[2], code;

	assert_non_null(options);
	assert_int_equal(script_add_text(&options->script, "sleep 0", 1), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	viewer.socket = ends[1];
	assert_int_equal(pthread_create(&thread, NULL, run_viewer, &viewer), 0);
	unit_output_begin(&output, STDERR_FILENO);
	code = script_job_remote(options, ends[0]);
	unit_output_end(&output);
	assert_int_equal(
		strstr(output.text, "left before it was done") != NULL, code == EXIT_VM_GONE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(ends[0]);
	close(ends[1]);
	script_finish(&options->script);
	free(options);
	return code;
}

static void
test_how_long_an_answer_may_be(void **state)
{
	assert_int_equal(perform(SCRIPT_REMOTE_MAX_ANSWER), EXIT_DONE);
	assert_int_equal(perform(SCRIPT_REMOTE_MAX_ANSWER + 1), EXIT_VM_GONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_long_an_answer_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
