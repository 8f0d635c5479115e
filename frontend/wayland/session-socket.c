#include "session-socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "broker/broker-act.h"

/* In the broker: to the one whose session we are of. */
static void
act_compositor(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const char *name = getenv("WAYLAND_DISPLAY"), *runtime = getenv("XDG_RUNTIME_DIR");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	bool is_path = name != NULL && name[0] == '/';
	int n;

	n = snprintf(address.sun_path, sizeof(address.sun_path), "%s%s%s",
		is_path || runtime == NULL ? "" : runtime, is_path ? "" : "/",
		name != NULL ? name : "wayland-0");
	if ((!is_path && runtime == NULL) || n < 0 || (size_t)n >= sizeof(address.sun_path)) {
		answer->error = is_path || runtime != NULL ? -ENAMETOOLONG : -ENOENT;
	} else {
		/* One that hangs may have a full queue: it is not waited for here. */
		answer->fd = broker_act_connect(&address, sizeof(address));
		answer->error = answer->fd < 0 ? answer->fd : 0;
	}
}

void
session_socket_register(void)
{
	broker_act_register(BROKER_ACT_COMPOSITOR, act_compositor);
}

int
session_socket_connect(void)
{
	const struct broker_request request = { .act = BROKER_ACT_COMPOSITOR };
	struct broker_answer answer;
	int r;

	session_socket_register();
	r = broker_ask(&request, &answer, NULL);
	return r < 0 ? r : answer.fd;
}
