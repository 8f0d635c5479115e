#include "import/gpu-helper.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "import/gpu-process.h"

/* A driver may have shaders to compile, and a disk to load itself from. */
#define HELPER_START_MS 10000
/* For an answer: a GPU that is busy needs some frames, one that hangs is not worth more. */
#define HELPER_ANSWER_MS 500
/* The CPU may take long over a large picture, on a machine that is busy. */
#define HELPER_SOFTWARE_ANSWER_MS 5000
/* It costs memory, and starting it costs time. */
#define HELPER_IDLE_MS 10000
/*
 * After a failure, doubled with each that follows within the time that it has to do well: some
 * seven in the first minute.
 */
#define HELPER_REST_MS 500
#define HELPER_MAX_REST_MS 60000
#define HELPER_FORGIVE_NS (UINT64_C(60000) * NS_PER_MS)
/* Failures until it is not worth waiting for. */
#define HELPER_HOPELESS_FAILURES 3

enum helper_state {
	HELPER_OFF,
	HELPER_STARTING, /* it has not said READY */
	HELPER_READY,
	HELPER_RESTING, /* it failed; another is started when the timer says so */
	HELPER_ABSENT,  /* for good: this machine has none */
};

struct gpu_helper {
	sd_event *event;
	struct gpu_helper_options options;
	enum helper_state state;
	struct gpu_process *process; /* while starting or ready */
	int socket;
	sd_event_source *socket_source;
	sd_event_source *timer; /* for what, depends on the state */

	struct gpu_users users;
	dev_t device; /* that it is started for */

	bool is_software;    /* the last one that was ready */
	dev_t drawing;       /* the same: its device */
	const char *absence; /* why there is none */
	uint32_t n_failures;
	uint64_t rested_ns; /* when the last rest was over, or will be */
};

static void
helper_enter(struct gpu_helper *helper, enum helper_state next)
{
	static const uint32_t allowed[] = {
		[HELPER_OFF] = 1 << HELPER_STARTING | 1 << HELPER_RESTING | 1 << HELPER_ABSENT,
		[HELPER_STARTING] = 1 << HELPER_READY | 1 << HELPER_RESTING | 1 << HELPER_ABSENT,
		[HELPER_READY] = 1 << HELPER_OFF | 1 << HELPER_RESTING,
		[HELPER_RESTING] = 1 << HELPER_STARTING | 1 << HELPER_RESTING | 1 << HELPER_ABSENT,
		[HELPER_ABSENT] = 0,
	};

	assert(allowed[helper->state] & 1u << next);
	helper->state = next;
}

static void
set_timer(struct gpu_helper *helper, uint64_t after_ms)
{
	/* The source exists; only a dead event loop can refuse. */
	sd_event_source_set_time_relative(helper->timer, after_ms * US_PER_MS);
	sd_event_source_set_enabled(helper->timer, SD_EVENT_ONESHOT);
}

/* While it is ready: until the next answer, or until it is of no use any more. */
static void
set_ready_timer(struct gpu_helper *helper)
{
	if (helper->users.n_awaited > 0) {
		set_timer(
			helper, helper->is_software ? HELPER_SOFTWARE_ANSWER_MS : HELPER_ANSWER_MS);
	} else if (helper->users.n_users == 0) {
		set_timer(helper, HELPER_IDLE_MS);
	} else {
		sd_event_source_set_enabled(helper->timer, SD_EVENT_OFF);
	}
}

/* Lets go of the process, which may be dead already. */
static void
drop_process(struct gpu_helper *helper)
{
	helper->socket_source = sd_event_source_disable_unref(helper->socket_source);
	fd_close(&helper->socket);
	gpu_users_expect_nothing(&helper->users);
	gpu_process_abandon(helper->process);
	helper->process = NULL;
	sd_event_source_set_enabled(helper->timer, SD_EVENT_OFF);
}

static void
make_absent(struct gpu_helper *helper, const char *absence)
{
	log_info("%s", absence);
	drop_process(helper);
	helper_enter(helper, HELPER_ABSENT);
	helper->absence = absence;
	gpu_users_fail(&helper->users, -ENOENT, absence);
}

/* How long to leave it alone after the failure that is being handled. */
static uint64_t
note_failure(struct gpu_helper *helper)
{
	uint64_t now = clock_now_ns();
	uint64_t rest_ms = HELPER_REST_MS;

	if (now > helper->rested_ns + HELPER_FORGIVE_NS) {
		helper->n_failures = 0;
	}
	for (uint32_t i = 0; i < helper->n_failures && rest_ms < HELPER_MAX_REST_MS; i++) {
		rest_ms *= 2;
	}
	rest_ms = rest_ms < HELPER_MAX_REST_MS ? rest_ms : HELPER_MAX_REST_MS;
	helper->n_failures++;
	helper->rested_ns = now + rest_ms * NS_PER_MS;
	return rest_ms;
}

static void
rest(struct gpu_helper *helper, int error, const char *what)
{
	uint64_t rest_ms = note_failure(helper);

	log_limited_here(LOG_LEVEL_WARNING,
		"the GPU helper %s: pictures go another way, and it is started again in %.1f s",
		what, (double)rest_ms / 1000);
	drop_process(helper);
	helper_enter(helper, HELPER_RESTING);
	set_timer(helper, rest_ms);
	gpu_users_fail(&helper->users, error,
		error == -ETIMEDOUT ? "the GPU helper does not answer" : "the GPU helper failed");
}

static void
handle_process_ended(void *data, const struct broker_end *end)
{
	struct gpu_helper *helper = data;
	bool exited = end->code == CLD_EXITED;
	char what[64];

	helper->process = NULL;
	/* Whoever was ready has an OpenGL: then it is a failure like any other. */
	if (helper->state == HELPER_STARTING && exited && end->status == GPU_EXIT_NO_GL) {
		make_absent(helper, "there is no OpenGL that imports dma-bufs");
		return;
	}
	snprintf(what, sizeof(what), "ended (%s %d)", exited ? "status" : "signal", end->status);
	rest(helper, -ECONNRESET, what);
}

/* Whether it does better than the CPU would by itself. */
static bool
is_worth_it(const struct gpu_helper *helper)
{
	return !helper->is_software || helper->options.software_counts || helper->options.only_way;
}

static int
handle_ready(struct gpu_helper *helper, const struct gpu_ready *ready)
{
	if (helper->state != HELPER_STARTING || ready->version != GPU_PROTOCOL_VERSION) {
		return -EBADMSG;
	}
	helper_enter(helper, HELPER_READY);
	helper->is_software = ready->software;
	helper->drawing = makedev(ready->device_major, ready->device_minor);
	gpu_users_tell_ready(&helper->users);
	if (is_worth_it(helper)) {
		helper->options.available(helper->options.data);
	}
	return 0;
}

static int
receive(struct gpu_helper *helper)
{
	int fds[BUFFER_MAX_PLANES];
	struct gpu_message message;
	bool ends_wait = false;
	int r = gpu_message_receive(helper->socket, &message, fds);

	if (r < 0) {
		return r;
	}
	if (message.type == GPU_READY) {
		r = handle_ready(helper, &message.ready);
	} else {
		r = gpu_users_answer(&helper->users, &message, fds, &ends_wait);
	}
	for (int i = 0; i < BUFFER_MAX_PLANES; i++) {
		fd_close(&fds[i]);
	}
	if (r >= 0 && (message.type == GPU_READY || ends_wait)) {
		set_ready_timer(helper);
	}
	return r;
}

/* One message at a time: the next may find another state. */
static int
handle_socket(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct gpu_helper *helper = data;
	int r = receive(helper);

	if (r == -EAGAIN) {
		return 0;
	}
	if (r == -ECONNRESET) {
		/* Its end says why, if it comes. */
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		set_timer(helper, HELPER_ANSWER_MS);
	} else if (r < 0) {
		rest(helper, -ECONNRESET, "makes no sense");
	}
	return 0;
}

static int
start_process(struct gpu_helper *helper)
{
	AUTO_FD int theirs = -1;
	int sockets[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
		return -errno;
	}
	helper->socket = sockets[0];
	theirs = sockets[1];
	r = fd_set_nonblocking(helper->socket);
	if (r >= 0) {
		r = sd_event_add_io(helper->event, &helper->socket_source, helper->socket, EPOLLIN,
			handle_socket, helper);
	}
	if (r >= 0) {
		r = gpu_process_start(helper->event, theirs, helper->device, handle_process_ended,
			helper, &helper->process);
	}
	return r;
}

static void
start(struct gpu_helper *helper)
{
	int r = start_process(helper);
	char what[96];

	if (r == -ENOENT) {
		make_absent(helper, "the GPU helper is not installed");
		return;
	}
	if (r < 0) {
		/* Such as for want of memory or of descriptors: that passes. */
		snprintf(what, sizeof(what), "cannot be started (%s)", strerror(-r));
		rest(helper, -ECONNRESET, what);
		return;
	}
	helper_enter(helper, HELPER_STARTING);
	set_timer(helper, HELPER_START_MS);
}

static int
handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct gpu_helper *helper = data;

	switch (helper->state) {
	case HELPER_STARTING:
		rest(helper, -ETIMEDOUT, "does not start");
		break;
	case HELPER_READY:
		if (helper->users.n_awaited > 0 || helper->users.n_users > 0) {
			rest(helper, -ETIMEDOUT, "does not answer");
		} else {
			log_debug("the GPU helper has nothing to do; it is ended");
			drop_process(helper);
			helper_enter(helper, HELPER_OFF);
		}
		break;
	case HELPER_RESTING:
		start(helper);
		/* Who has no alternative can join at once, or is to know that it is hopeless. */
		helper->options.available(helper->options.data);
		break;
	case HELPER_OFF:
	case HELPER_ABSENT:
		break;
	}
	return 0;
}

int
gpu_helper_create(
	sd_event *event, const struct gpu_helper_options *options, struct gpu_helper **ret_helper)
{
	struct gpu_helper *helper = calloc(1, sizeof(*helper));
	int r;

	if (helper == NULL) {
		return -ENOMEM;
	}
	helper->event = sd_event_ref(event);
	helper->options = *options;
	helper->socket = -1;
	r = sd_event_add_time(event, &helper->timer, CLOCK_MONOTONIC, 0, 1, handle_timer, helper);
	if (r >= 0) {
		r = sd_event_source_set_enabled(helper->timer, SD_EVENT_OFF);
	}
	if (r < 0) {
		gpu_helper_destroy(helper);
		return r;
	}
	*ret_helper = helper;
	return 0;
}

void
gpu_helper_destroy(struct gpu_helper *helper)
{
	if (helper == NULL) {
		return;
	}
	assert(helper->users.n_users == 0);
	drop_process(helper);
	sd_event_source_disable_unref(helper->timer);
	sd_event_unref(helper->event);
	free(helper);
}

/* NULL when it is of use; else why not. */
static const char *
refusal(const struct gpu_helper *helper, bool has_alternative)
{
	switch (helper->state) {
	case HELPER_ABSENT:
		return helper->absence;
	case HELPER_RESTING:
		return "the GPU helper failed, and is started again soon";
	case HELPER_STARTING:
	case HELPER_OFF:
	case HELPER_READY:
		break;
	}
	if (helper->users.n_users == GPU_MAX_IMPORTS) {
		return "the GPU helper has too many buffers already";
	}
	if (!has_alternative || helper->options.only_way) {
		return NULL;
	}
	if (!is_worth_it(helper)) {
		return "there is no GPU to draw with";
	}
	return helper->state == HELPER_READY ? NULL : "the GPU helper is starting";
}

int
gpu_helper_join(struct gpu_helper *helper, struct gpu_user *user, dev_t device,
	bool has_alternative, const char **ret_reason)
{
	const char *reason;

	if (helper->state == HELPER_OFF && (!has_alternative || is_worth_it(helper))) {
		helper->device = device;
		start(helper);
	}
	reason = refusal(helper, has_alternative);
	if (reason != NULL) {
		*ret_reason = reason;
		return helper->state == HELPER_RESTING ? -ECONNRESET : -ENOTSUP;
	}
	gpu_users_add(&helper->users, user, helper);
	return 0;
}

void
gpu_helper_leave(struct gpu_user *user)
{
	struct gpu_helper *helper = user->helper;
	struct gpu_message message = { .type = GPU_DROP };

	if (helper == NULL) {
		return;
	}
	/* A helper that is gone has forgotten it anyway, and one that hangs is going to be. */
	if (helper->state == HELPER_READY) {
		gpu_helper_send(user, &message, NULL, 0);
	}
	gpu_users_remove(&helper->users, user);
	if (helper->state == HELPER_READY && helper->users.n_awaited == 0) {
		set_ready_timer(helper);
	}
}

bool
gpu_helper_is_ready(const struct gpu_helper *helper)
{
	return helper->state == HELPER_READY;
}

dev_t
gpu_helper_device(const struct gpu_helper *helper)
{
	return helper->drawing;
}

bool
gpu_helper_is_coming_back(const struct gpu_helper *helper)
{
	return helper != NULL && helper->state == HELPER_RESTING &&
	       helper->n_failures < HELPER_HOPELESS_FAILURES;
}

int
gpu_helper_send(struct gpu_user *user, struct gpu_message *message, const int *fds, uint32_t n_fds)
{
	struct gpu_helper *helper = user->helper;
	int r;

	message->id = user->id;
	r = gpu_message_send(helper->socket, message, fds, n_fds);
	if (r >= 0) {
		bool was_idle = helper->users.n_awaited == 0;

		gpu_users_note_sent(&helper->users, user, message);
		if (was_idle && helper->users.n_awaited > 0) {
			set_ready_timer(helper);
		}
	}
	return r;
}
