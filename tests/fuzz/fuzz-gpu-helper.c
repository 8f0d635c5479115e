#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "import/gpu-helper.h"
#include "import/gpu-process.h"

/*
 * A GPU helper that a hostile buffer has taken over, and the viewer's end of it (gpu-helper.h). The
 * input is what happens, two bytes each: what, and to which user or in which message. The process
 * is ours: what it says comes through the real socket.
 */

#define N_USERS 4
#define MAX_STEPS 32
#define STEP_SIZE 2

enum step {
	STEP_JOIN,
	STEP_LEAVE,
	STEP_IMPORT,
	STEP_DRAW,
	STEP_READY, /* from here on: the helper says so */
	STEP_TARGET,
	STEP_LAST_TARGET,
	STEP_FAILED,
	STEP_DRAWN,
	STEP_NONSENSE,
	STEP_END, /* of its process */
	N_STEPS,
};

struct user {
	struct gpu_user base;
	bool has_joined;
	uint32_t n_sent, n_answered; /* draws and imports, while it has joined */
	bool refuses;                /* what makes no sense to it */
	bool leaves;                 /* as soon as it is told that it is ready */
};

struct gpu_process {
	int socket;
	gpu_process_ended_fn ended;
	void *data;
};

static sd_event *event;
static struct gpu_helper *helper;
static struct gpu_process process = { .socket = -1 };
static struct user users[N_USERS];
static int memory = -1;

int
gpu_process_start(sd_event *loop, int socket, dev_t device, gpu_process_ended_fn ended, void *data,
	struct gpu_process **ret_process)
{
	FUZZ_EXPECT(process.socket < 0);
	process = (struct gpu_process){ fd_dup(socket), ended, data };
	FUZZ_EXPECT(process.socket >= 0 && fd_set_nonblocking(process.socket) == 0);
	*ret_process = &process;
	return 0;
}

void
gpu_process_abandon(struct gpu_process *old)
{
	if (old != NULL) {
		FUZZ_EXPECT(old == &process && process.socket >= 0);
		fd_close(&process.socket);
	}
}

static void
leave(struct user *user)
{
	gpu_helper_leave(&user->base);
	user->has_joined = false;
	user->n_sent = user->n_answered = 0;
}

static void
handle_user_ready(void *data)
{
	struct user *user = data;

	FUZZ_EXPECT(user->has_joined && gpu_helper_is_ready(helper));
	if (user->leaves) {
		leave(user);
	}
}

static int
answer(struct user *user, bool ends)
{
	FUZZ_EXPECT(user->has_joined && gpu_helper_is_ready(helper));
	user->n_answered += ends;
	/* Nothing is answered that was not asked. */
	FUZZ_EXPECT(user->n_answered <= user->n_sent);
	return user->refuses ? -1 : 0;
}

static int
handle_user_target(void *data, const struct gpu_target *target, const int *fds)
{
	FUZZ_EXPECT(target->layout.n_planes >= 1 && fds[target->layout.n_planes - 1] >= 0);
	return answer(data, target->last != 0);
}

static int
handle_user_drawn(void *data, const struct gpu_drawn *drawn)
{
	FUZZ_EXPECT(drawn->index < GPU_TARGETS);
	return answer(data, true);
}

static void
handle_user_failed(void *data, int error, const char *reason)
{
	struct user *user = data;

	FUZZ_EXPECT(user->has_joined && error < 0 && reason != NULL);
	FUZZ_EXPECT(user->base.helper == NULL);
	user->has_joined = false;
	user->n_sent = user->n_answered = 0;
}

static const struct gpu_user_listener listener = {
	.ready = handle_user_ready,
	.target = handle_user_target,
	.drawn = handle_user_drawn,
	.failed = handle_user_failed,
};

static void
handle_available(void *data)
{
}

static void
run_event_loop(void)
{
	uint32_t n_steps = 0;

	while (sd_event_run(event, 0) > 0) {
		FUZZ_EXPECT(++n_steps < MAX_STEPS);
	}
}

/* From the viewer. */
static void
act(struct user *user, enum step step, uint8_t detail)
{
	static struct gpu_message message;
	const char *reason = NULL;

	memset(&message, 0, sizeof(message));
	if (step == STEP_JOIN && !user->has_joined) {
		user->refuses = (detail & 0x10) != 0;
		user->leaves = (detail & 0x20) != 0;
		user->has_joined =
			gpu_helper_join(helper, &user->base, 0, (detail & 0x40) != 0, &reason) == 0;
		FUZZ_EXPECT(user->has_joined || reason != NULL);
	} else if (step == STEP_LEAVE && user->has_joined) {
		leave(user);
	} else if (step == STEP_IMPORT && user->has_joined && gpu_helper_is_ready(helper)) {
		message.type = GPU_IMPORT;
		message.import.n_targets = 1;
		message.import.layout = (struct gpu_layout){ .kind = BUFFER_DMABUF, .n_planes = 1 };
		user->n_sent += gpu_helper_send(&user->base, &message, &memory, 1) == 0;
	} else if (step == STEP_DRAW && user->has_joined && gpu_helper_is_ready(helper)) {
		message.type = GPU_DRAW;
		message.draw = (struct gpu_draw){ .n_rects = 1, .rects = { { 0, 0, 1, 1 } } };
		user->n_sent += gpu_helper_send(&user->base, &message, NULL, 0) == 0;
	}
}

/* From the helper. */
static void
say(enum step step, uint8_t detail)
{
	static struct gpu_message message;
	bool has_fd = step == STEP_TARGET || step == STEP_LAST_TARGET;

	memset(&message, 0, sizeof(message));
	/* Also ids that nobody has, or nobody has any more. */
	message.id = detail % 8;
	switch (step) {
	case STEP_READY:
		message.type = GPU_READY;
		message.ready.version = GPU_PROTOCOL_VERSION + (detail >> 7);
		message.ready.software = detail >> 6 & 1;
		break;
	case STEP_TARGET:
	case STEP_LAST_TARGET:
		message.type = GPU_TARGET;
		message.target.index = detail >> 3 & 3;
		message.target.last = step == STEP_LAST_TARGET;
		message.target.layout = (struct gpu_layout){ .kind = BUFFER_DMABUF, .n_planes = 1 };
		break;
	case STEP_FAILED:
		message.type = GPU_FAILED;
		message.failed.error = -1 - (detail >> 3);
		break;
	case STEP_DRAWN:
		message.type = GPU_DRAWN;
		message.drawn.index = detail >> 3 & 3;
		break;
	default:
		/* What is the viewer's to say. */
		message.type = detail & 0x80 ? GPU_DROP : GPU_DRAW;
		message.draw = (struct gpu_draw){ .n_rects = 1, .rects = { { 0, 0, 1, 1 } } };
		break;
	}
	gpu_message_send(process.socket, &message, &memory, has_fd ? 1 : 0);
}

/* It takes its end of the socket along. */
static void
end(uint8_t detail)
{
	const struct broker_end how = {
		.code = detail & 0x80 ? CLD_KILLED : CLD_EXITED,
		.status = detail % 8,
	};

	fd_close(&process.socket);
	process.ended(process.data, &how);
}

static void
do_step(enum step step, uint8_t detail)
{
	struct user *user = &users[detail % N_USERS];

	if (step < STEP_READY) {
		act(user, step, detail);
	} else if (process.socket >= 0 && step == STEP_END) {
		end(detail);
	} else if (process.socket >= 0) {
		say(step, detail);
		run_event_loop();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct gpu_helper_options options = {
		.software_counts = true,
		.available = handle_available,
	};
	uint32_t n_fds;

	if (event == NULL) {
		FUZZ_EXPECT(sd_event_new(&event) >= 0);
		memory = memfd_create("fuzz", MFD_CLOEXEC);
		FUZZ_EXPECT(memory >= 0);
		/* The loop keeps a timer from its first one on. */
		FUZZ_EXPECT(gpu_helper_create(event, &options, &helper) == 0);
		gpu_helper_destroy(helper);
	}
	n_fds = fuzz_count_fds();
	memset(users, 0, sizeof(users));
	for (uint32_t i = 0; i < N_USERS; i++) {
		users[i].base.listener = &listener;
		users[i].base.data = &users[i];
	}
	FUZZ_EXPECT(gpu_helper_create(event, &options, &helper) == 0);
	for (; size >= STEP_SIZE; data += STEP_SIZE, size -= STEP_SIZE) {
		do_step(data[0] % N_STEPS, data[1]);
		/* Without a process nobody is left waiting for it. */
		for (uint32_t i = 0; i < N_USERS && process.socket < 0; i++) {
			FUZZ_EXPECT(!users[i].has_joined);
		}
	}
	for (uint32_t i = 0; i < N_USERS; i++) {
		if (users[i].has_joined) {
			leave(&users[i]);
		}
	}
	gpu_helper_destroy(helper);
	run_event_loop();
	FUZZ_EXPECT(process.socket < 0 && fuzz_count_fds() == n_fds);
	return 0;
}
