#include "control-peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "control-server.h"
#include "script-report.h"
#include "script/command.h"

struct control_peer {
	int fd, output_fd;
	char *directory, *artifacts;
	control_peer_gone_fn gone;
	void *data;
	struct session *session;
	sd_event_source *source;
	struct command_parser parser;
	struct command command; /* under way */
	uint32_t n_commands;    /* ever */
	uint32_t number;
	char label[SCRIPT_LABEL_SIZE];

	char input[LINE_MAX_SIZE + 1]; /* of lines that were not looked at yet */
	size_t n_input;
	bool skipping; /* the rest of a line that is too long */
	bool at_end;   /* the client sends no more */
	bool broken;   /* it reads no more, either */
	char *output;  /* what it has not read yet */
	size_t n_output;
};

/* While a command is under way nothing is read, but that the client left is noticed. */
static void
watch(struct control_peer *peer)
{
	uint32_t events = peer->n_output > 0 ? EPOLLOUT : 0;

	/* Whoever sends no more stays readable for ever. */
	if (!peer->at_end) {
		events |= session_is_busy(peer->session) ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP;
	}
	sd_event_source_set_io_events(peer->source, events);
}

static void
send_output(struct control_peer *peer)
{
	while (peer->n_output > 0) {
		ssize_t n =
			send(peer->fd, peer->output, peer->n_output, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			peer->broken |= errno != EAGAIN;
			return;
		}
		peer->n_output -= (size_t)n;
		memmove(peer->output, peer->output + n, peer->n_output);
	}
}

static void
answer(struct control_peer *peer, json_object *json)
{
	size_t size;
	const char *text = json_object_to_json_string_length(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
	char *output = NULL;

	if (peer->n_output + size + 1 <= CONTROL_SERVER_MAX_BACKLOG) {
		output = realloc(peer->output, peer->n_output + size + 1);
	}
	if (output == NULL) {
		log_limited_here(LOG_LEVEL_WARNING,
			"a control client does not read its answers; it is disconnected");
		peer->broken = true;
		return;
	}
	peer->output = output;
	memcpy(output + peer->n_output, text, size);
	output[peer->n_output + size] = '\n';
	peer->n_output += size + 1;
	send_output(peer);
}

static void
refuse(struct control_peer *peer, uint32_t column, const char *why)
{
	json_object *json = json_object_new_object();
	char text[SCRIPT_ERROR_SIZE];

	text_copy(text, sizeof(text), why);
	json_object_object_add(json, "ok", json_object_new_boolean(false));
	json_object_object_add(json, "code", json_object_new_int(EXIT_USAGE));
	json_object_object_add(json, "column", json_object_new_int64(column));
	json_object_object_add(json, "text", json_object_new_string(text));
	answer(peer, json);
	json_object_put(json);
}

static void
take_line(struct control_peer *peer, const char *line)
{
	char error[SCRIPT_ERROR_SIZE] = "no memory";
	uint32_t column = 1;

	if (peer->number == 0 && line[0] == CONTROL_PEER_LABEL) {
		text_copy(peer->label, sizeof(peer->label), line + 1);
		return;
	}
	if (command_parse(&peer->parser, line, &peer->command, &column, error) < 0) {
		refuse(peer, column, error);
	} else if (peer->command.kind != COMMAND_NONE) {
		if (peer->number != 0) {
			snprintf(peer->label, sizeof(peer->label), "control-%u-%u", peer->number,
				++peer->n_commands);
		}
		session_perform(peer->session, &peer->command, peer->label);
	}
}

/* Lines that have come, until one makes a command that takes its time. */
static void
take_input(struct control_peer *peer)
{
	while (!session_is_busy(peer->session) && !peer->broken) {
		char *end = memchr(peer->input, '\n', peer->n_input);
		char line[LINE_MAX_SIZE + 1];
		size_t length;

		if (end == NULL && peer->at_end && peer->n_input > 0 && !peer->skipping) {
			/* The last line needs no end. */
			end = peer->input + peer->n_input++;
		}
		if (end == NULL && peer->at_end) {
			peer->n_input = 0;
			return;
		}
		if (end == NULL && peer->n_input < LINE_MAX_SIZE) {
			return;
		}
		length = end != NULL ? (size_t)(end - peer->input) : peer->n_input;
		memcpy(line, peer->input, length);
		line[length] = '\0';
		length += end != NULL;
		peer->n_input -= length;
		memmove(peer->input, peer->input + length, peer->n_input);
		if (end == NULL || peer->skipping) {
			if (!peer->skipping) {
				refuse(peer, 1, "the line is too long");
			}
			peer->skipping = end == NULL;
		} else if (strlen(line) + 1 < length) {
			refuse(peer, (uint32_t)strlen(line) + 1, "a byte of 0");
		} else {
			take_line(peer, line);
		}
	}
}

static void
go_on(struct control_peer *peer)
{
	bool done = peer->at_end && peer->n_input == 0 && peer->n_output == 0 &&
		    !session_is_busy(peer->session);

	if (peer->broken || done) {
		peer->gone(peer->data, peer);
		return;
	}
	watch(peer);
}

static void
handle_session_done(void *data, enum exit_code code, json_object *json)
{
	struct control_peer *peer = data;

	command_finish(&peer->command);
	answer(peer, json);
	take_input(peer);
	go_on(peer);
}

static void
read_input(struct control_peer *peer)
{
	ssize_t n = recv(
		peer->fd, peer->input + peer->n_input, LINE_MAX_SIZE - peer->n_input, MSG_DONTWAIT);

	if (n > 0) {
		peer->n_input += (size_t)n;
	} else if (n == 0) {
		peer->at_end = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		peer->broken = true;
	}
}

static int
handle_ready(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct control_peer *peer = data;

	peer->broken |= (revents & (EPOLLHUP | EPOLLERR)) != 0;
	if (revents & EPOLLOUT) {
		send_output(peer);
	}
	if (peer->broken) {
		peer->gone(peer->data, peer);
		return 0;
	}
	if (session_is_busy(peer->session)) {
		/* It sends no more: what has come is read after this command. */
		if (revents & EPOLLRDHUP) {
			sd_event_source_set_io_events(source, 0);
			return 0;
		}
	} else if (revents & (EPOLLIN | EPOLLRDHUP)) {
		read_input(peer);
		take_input(peer);
	}
	go_on(peer);
	return 0;
}

int
control_peer_create(int fd, int output_fd, uint32_t number, const struct session_context *context,
	control_peer_gone_fn gone, void *data, struct control_peer **ret_client)
{
	struct control_peer *peer = calloc(1, sizeof(*peer));
	struct session_context own = *context;
	int r;

	if (peer == NULL) {
		fd_close(&fd);
		fd_close(&output_fd);
		return -ENOMEM;
	}
	own.output_fd = output_fd;
	peer->fd = fd;
	peer->output_fd = output_fd;
	peer->number = number;
	peer->gone = gone;
	peer->data = data;
	peer->directory = own.directory != NULL ? strdup(own.directory) : NULL;
	peer->artifacts = own.artifacts != NULL ? strdup(own.artifacts) : NULL;
	r = (own.directory != NULL && peer->directory == NULL) ||
			    (own.artifacts != NULL && peer->artifacts == NULL)
		    ? -ENOMEM
		    : 0;
	own.directory = peer->directory;
	own.artifacts = peer->artifacts;
	r = r < 0 ? r : session_create(&own, handle_session_done, peer, &peer->session);
	if (r >= 0) {
		r = sd_event_add_io(
			own.event, &peer->source, fd, EPOLLIN | EPOLLRDHUP, handle_ready, peer);
	}
	if (r < 0) {
		control_peer_destroy(peer);
		return r;
	}
	*ret_client = peer;
	return 0;
}

void
control_peer_destroy(struct control_peer *peer)
{
	if (peer == NULL) {
		return;
	}
	session_destroy(peer->session);
	command_finish(&peer->command);
	command_parser_finish(&peer->parser);
	sd_event_source_disable_unref(peer->source);
	fd_close(&peer->fd);
	fd_close(&peer->output_fd);
	free(peer->directory);
	free(peer->artifacts);
	free(peer->output);
	free(peer);
}

void
control_peer_handle_closed(struct control_peer *peer)
{
	session_handle_closed(peer->session);
}
