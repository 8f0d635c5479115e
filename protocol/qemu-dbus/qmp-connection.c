#include "qemu-dbus/qmp-connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "broker/broker-act.h"
#include "broker/broker-child.h"
#include "qemu-dbus/qmp-relay.h"

static void (*confine_relay)(void);

static void
serve(int viewer, int qemu)
{
	if (confine_relay != NULL) {
		confine_relay();
	}
	qmp_relay_run(viewer, qemu);
}

static void
act_qmp(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = request->text[0];
	AUTO_FD int fd = -1;

	if (!broker_act_is_allowed(rules, path, BROKER_CONNECT, answer)) {
		return;
	}
	if (strlen(path) >= sizeof(address.sun_path)) {
		answer->error = -ENAMETOOLONG;
		return;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = broker_act_connect(&address, sizeof(address));
	if (fd < 0) {
		answer->error = fd;
	} else if (rules->all) {
		/* Who does it for itself has nobody to fear. */
		answer->fd = fd_take(&fd);
	} else {
		broker_child_serve(
			"vitrine-qmp", SOCK_STREAM | SOCK_NONBLOCK, serve, fd, answer, kept);
	}
}

void
qmp_connection_register(void (*confine)(void))
{
	confine_relay = confine != NULL ? confine : confine_relay;
	broker_act_register(BROKER_ACT_QMP, act_qmp);
}

int
qmp_connection_open(const char *path, struct broker_hold *hold)
{
	const struct broker_request request = { .act = BROKER_ACT_QMP, .text = { path } };
	struct broker_answer answer;
	int r;

	qmp_connection_register(NULL);
	*hold = BROKER_NO_HOLD;
	r = broker_ask(&request, &answer, hold);
	return r < 0 ? r : answer.fd;
}

void
qmp_connection_close(int *fd, struct broker_hold *hold)
{
	fd_close(fd);
	broker_finish(hold, false);
}
