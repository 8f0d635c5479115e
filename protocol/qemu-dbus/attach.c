#include "qemu-dbus/attach.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "qemu-dbus/qmp-rules.h"

struct attach {
	const struct attach_handler *handler;
	void *data;
	bool take_display;

	struct qmp *qmp;
	struct survey *survey;
	int fd, peer_fd;
};

static void
close_qmp(struct attach *attach)
{
	qmp_destroy(attach->qmp);
	attach->qmp = NULL;
	survey_destroy(attach->survey);
	attach->survey = NULL;
}

static void
fail(struct attach *attach, int error)
{
	close_qmp(attach);
	attach->handler->failed(attach->data, error);
}

static void
handle_reply_add_client(void *data, struct json_object *result, const char *error)
{
	struct attach *attach = data;

	if (error != NULL) {
		log_error("QEMU does not hand out its display: %s; start it with "
			  "-display dbus,p2p=on",
			error);
		fail(attach, -ENOTSUP);
		return;
	}
	close_qmp(attach);
	attach->handler->attached(attach->data, fd_take(&attach->fd));
}

static void
handle_reply_getfd(void *data, struct json_object *result, const char *error)
{
	struct attach *attach = data;

	fd_close(&attach->peer_fd);
	if (error != NULL) {
		log_error("QEMU does not take our socket: %s; giving up", error);
		fail(attach, -ENOTSUP);
	}
}

static void
take_display(struct attach *attach)
{
	struct json_object *arguments;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
		int r = -errno;
		log_error("no socket pair for QEMU's display: %s; giving up", strerror(-r));
		fail(attach, r);
		return;
	}
	attach->fd = fds[0];
	attach->peer_fd = fds[1];
	arguments = json_object_new_object();
	json_object_object_add(arguments, "fdname", json_object_new_string(QMP_FD_NAME));
	qmp_call(attach->qmp, "getfd", arguments, attach->peer_fd, handle_reply_getfd, attach);

	arguments = json_object_new_object();
	json_object_object_add(arguments, "protocol", json_object_new_string("@dbus-display"));
	json_object_object_add(arguments, "fdname", json_object_new_string(QMP_FD_NAME));
	qmp_call(attach->qmp, "add_client", arguments, -1, handle_reply_add_client, attach);
}

static bool
display_is_reachable(const struct survey_result *result)
{
	switch (result->display) {
	case SURVEY_DISPLAY_P2P:
		return true;
	case SURVEY_DISPLAY_BUS:
		log_error(
			"this QEMU shows its display on a D-Bus bus: name the bus instead of the QMP "
			"socket, or start QEMU with -display dbus,p2p=on");
		return false;
	case SURVEY_DISPLAY_OTHER:
		break;
	}
	log_error("this QEMU runs with display \"%s\": start it with -display dbus,p2p=on",
		result->display_type);
	return false;
}

static void
handle_survey_done(void *data, const struct survey_result *result)
{
	struct attach *attach = data;
	struct survey *survey = attach->survey;
	bool go_on;

	if (attach->take_display && !display_is_reachable(result)) {
		fail(attach, -ENOTSUP);
		return;
	}
	/* The callee may destroy us; the result must outlive that. */
	attach->survey = NULL;
	go_on = attach->handler->surveyed(attach->data, result);
	survey_destroy(survey);
	if (!go_on) {
		return;
	}
	if (attach->take_display) {
		take_display(attach);
	} else {
		close_qmp(attach);
		attach->handler->attached(attach->data, -1);
	}
}

static void
handle_qmp_ready(void *data)
{
	struct attach *attach = data;
	int r;

	survey_destroy(attach->survey);
	attach->survey = NULL;
	r = survey_create(
		attach->qmp, SURVEY_FOR_ATTACHING, handle_survey_done, attach, &attach->survey);

	if (r < 0) {
		fail(attach, r);
	}
}

static void
handle_qmp_failed(void *data, int error)
{
	struct attach *attach = data;

	fail(attach, error);
}

static const struct qmp_handler qmp_handler = {
	.ready = handle_qmp_ready,
	.failed = handle_qmp_failed,
};

int
attach_create(sd_event *event, const char *qmp_path, bool wait, bool take_display_too,
	const struct attach_handler *handler, void *data, struct attach **ret_attach)
{
	struct attach *attach = calloc(1, sizeof(*attach));
	int r;

	if (attach == NULL) {
		return -ENOMEM;
	}
	attach->handler = handler;
	attach->data = data;
	attach->take_display = take_display_too;
	attach->fd = -1;
	attach->peer_fd = -1;
	r = qmp_create(event, qmp_path, wait, &qmp_handler, attach, &attach->qmp);
	if (r < 0) {
		attach_destroy(attach);
		return r;
	}
	*ret_attach = attach;
	return 0;
}

void
attach_destroy(struct attach *attach)
{
	if (attach == NULL) {
		return;
	}
	close_qmp(attach);
	fd_close(&attach->fd);
	fd_close(&attach->peer_fd);
	free(attach);
}
