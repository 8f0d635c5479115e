#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "broker/broker.h"
#include "base/text.h"
#include "control-peer.h"
#include "remote.h"
#include "script-job.h"
#include "script-report.h"

struct connection {
	int fd;
	size_t n_input;
	char input[SCRIPT_REMOTE_MAX_ANSWER];
};

static int
send_line(const struct connection *connection, const char *text)
{
	char line[LINE_MAX_SIZE + 1];
	size_t length = strlen(text);

	memcpy(line, text, length);
	line[length++] = '\n';
	return fd_write_all(connection->fd, line, length);
}

/* Until it comes: the resident keeps to the time-outs. */
static int
receive_answer(struct connection *connection, json_object **ret_answer)
{
	char *end;
	json_object *answer;

	while ((end = memchr(connection->input, '\n', connection->n_input)) == NULL) {
		ssize_t n = recv(connection->fd, connection->input + connection->n_input,
			sizeof(connection->input) - connection->n_input, 0);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return -ECONNRESET;
		}
		connection->n_input += (size_t)n;
	}
	*end = '\0';
	answer = json_tokener_parse(connection->input);
	end++;
	connection->n_input -= (size_t)(end - connection->input);
	memmove(connection->input, end, connection->n_input);
	if (!json_object_is_type(answer, json_type_object)) {
		json_object_put(answer);
		return -EBADMSG;
	}
	*ret_answer = answer;
	return 0;
}

static enum exit_code
code_of(json_object *answer)
{
	json_object *value;
	int code = EXIT_FAILED;

	if (json_object_object_get_ex(answer, "code", &value)) {
		code = json_object_get_int(value);
	}
	return (enum exit_code)(code < 0 ? EXIT_FAILED : code);
}

/* As at the end of a script that we do ourselves. */
static enum exit_code
end_recording(struct connection *connection)
{
	json_object *answer = NULL, *text = NULL;
	enum exit_code code;
	int r = send_line(connection, "record-end");

	r = r < 0 ? r : receive_answer(connection, &answer);
	if (r < 0) {
		log_error("the viewer that has this VM left before the recording was done");
		return EXIT_VM_GONE;
	}
	code = code_of(answer);
	if (code != EXIT_DONE) {
		json_object_object_get_ex(answer, "text", &text);
		log_error("%s", text != NULL ? json_object_get_string(text) : "no recording");
	}
	json_object_put(answer);
	return code;
}

/* One command, under the name that its pictures would have without a resident. */
static int
perform_step(
	struct connection *connection, const struct script_step *step, json_object **ret_answer)
{
	char line[1 + SCRIPT_LABEL_SIZE] = { CONTROL_PEER_LABEL }, label[SCRIPT_LABEL_SIZE];
	int r;

	script_report_label(step, label);
	text_copy(line + 1, SCRIPT_LABEL_SIZE, label);
	r = send_line(connection, line);
	r = r < 0 ? r : send_line(connection, step->text);
	return r < 0 ? r : receive_answer(connection, ret_answer);
}

/* Until the resident has let go of what was held down. */
static void
leave(struct connection *connection)
{
	shutdown(connection->fd, SHUT_WR);
	while (recv(connection->fd, connection->input, sizeof(connection->input), 0) > 0) {
	}
}

/* Done to the end, or to the first that fails. */
static int
perform(struct connection *connection, const struct script *script, struct script_report *report)
{
	enum exit_code code = EXIT_DONE;
	bool records = false;

	for (uint32_t i = 0; i < script->n_steps && code == EXIT_DONE; i++) {
		const struct script_step *step = &script->steps[i];
		json_object *answer = NULL;

		if (perform_step(connection, step, &answer) < 0) {
			log_error("%s:%u: %s: the viewer that has this VM left before it was done",
				step->source, step->line, step->command.name);
			return EXIT_VM_GONE;
		}
		script_report_add(report, answer);
		code = code_of(answer);
		json_object_put(answer);
		if (code == EXIT_DONE && step->command.kind == COMMAND_RECORD) {
			records = true;
		} else if (step->command.kind == COMMAND_RECORD_END) {
			records = false;
		}
	}
	if (records) {
		enum exit_code ended = end_recording(connection);

		code = code == EXIT_DONE ? ended : code;
	}
	leave(connection);
	return code;
}

/* Relative names are ours, not the resident's. */
static json_object *
make_request(const struct options *options)
{
	json_object *request = json_object_new_object();
	char directory[BROKER_TEXT_SIZE], artifacts[BROKER_TEXT_SIZE];

	json_object_object_add(request, "command", json_object_new_string("control"));
	if (broker_real_path(".", directory) >= 0) {
		json_object_object_add(request, "directory", json_object_new_string(directory));
	}
	if (broker_real_path(options->artifacts != NULL ? options->artifacts : ".", artifacts) >=
		0) {
		json_object_object_add(request, "artifacts", json_object_new_string(artifacts));
	}
	json_object_object_add(request, "console", json_object_new_int(options->console));
	json_object_object_add(request, "timeout_ms", json_object_new_int64(options->timeout_ms));
	return request;
}

static int
open_connection(const struct options *options, int socket, struct connection *connection)
{
	int ends[2], code;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		log_error("cannot make a socket: %s", strerror(errno));
		return EXIT_FAILED;
	}
	code = remote_control(socket, make_request(options), ends[1], STDOUT_FILENO);
	fd_close(&ends[1]);
	if (code != EXIT_DONE) {
		fd_close(&ends[0]);
		return code;
	}
	connection->fd = ends[0];
	return EXIT_DONE;
}

int
script_job_remote(const struct options *options, int socket)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct script_report report;
	int code = EXIT_FAILED;

	if (connection == NULL || script_report_init(&report, &options->script) < 0) {
		log_error("no memory");
		free(connection);
		return EXIT_FAILED;
	}
	connection->fd = -1;
	code = open_connection(options, socket, connection);
	if (code == EXIT_DONE && options->script_layout != NULL) {
		char line[LINE_MAX_SIZE];
		json_object *answer = NULL;

		snprintf(line, sizeof(line), "layout \"%s\"", options->script_layout);
		if (send_line(connection, line) < 0 || receive_answer(connection, &answer) < 0) {
			code = EXIT_FAILED;
		}
		json_object_put(answer);
	}
	if (code == EXIT_DONE) {
		code = perform(connection, &options->script, &report);
	}
	if (code >= 0 && options->junit_file != NULL &&
		script_report_write_junit(&report, options->junit_file) < 0 && code == EXIT_DONE) {
		code = EXIT_FAILED;
	}
	script_report_finish(&report);
	fd_close(&connection->fd);
	free(connection);
	return code;
}
