#include "import/gpu-process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker-act.h"
#include "config.h"
#include "gpu-message.h"

/* Beside the program where it was built; installed, in a folder of its own. */
#define HELPER_BESIDE "/gl/vitrine-gl"
#define HELPER_INSTALLED VITRINE_LIBEXECDIR "/vitrine-gl"

extern char **environ;

struct gpu_process {
	struct broker_hold hold;
	sd_event_source *source;
	gpu_process_ended_fn ended;
	void *data;
};

static int
handle_process_ended(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct gpu_process *process = data;
	gpu_process_ended_fn ended = process->ended;
	void *ended_data = process->data;
	struct broker_end end;

	sd_event_source_disable_unref(source);
	/* Without the broker nobody knows how. */
	if (broker_wait(&process->hold, &end) < 0) {
		end = (struct broker_end){ .code = CLD_KILLED, .status = SIGKILL };
	}
	free(process);
	ended(ended_data, &end);
	return 0;
}

static int
find_helper(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof(HELPER_BESIDE));
	char *slash;

	if (length > 0) {
		path[length] = '\0';
		slash = strrchr(path, '/');
		if (slash != NULL) {
			memcpy(slash, HELPER_BESIDE, sizeof(HELPER_BESIDE));
			if (access(path, X_OK) == 0) {
				return 0;
			}
		}
	}
	snprintf(path, PATH_MAX, "%s", HELPER_INSTALLED);
	return access(path, X_OK) == 0 ? 0 : -errno;
}

/* A signal that we block would never reach the helper, and SIGPIPE is not ours to decide there. */
static int
set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0) {
		r = posix_spawnattr_setsigdefault(attributes, &all);
	}
	if (r == 0) {
		r = posix_spawnattr_setflags(
			attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	}
	return r;
}

static int
set_fds(posix_spawn_file_actions_t *actions, int socket)
{
	int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (r == 0) {
		r = posix_spawn_file_actions_addopen(
			actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	}
	if (r == 0) {
		r = posix_spawn_file_actions_adddup2(actions, socket, GPU_SOCKET_FD);
	}
	if (r == 0) {
		r = posix_spawn_file_actions_addclosefrom_np(actions, GPU_SOCKET_FD + 1);
	}
	return r;
}

static int
spawn(const char *path, char *const *arguments, int socket, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0) {
		return -r;
	}
	r = posix_spawnattr_init(&attributes);
	if (r == 0) {
		r = set_signals(&attributes);
		if (r == 0) {
			r = set_fds(&actions, socket);
		}
		if (r == 0) {
			r = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environ);
		}
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static enum log_level
current_log_level(void)
{
	enum log_level level = LOG_LEVEL_ERROR;

	while (level < LOG_LEVEL_DEBUG && log_wants(level + 1)) {
		level++;
	}
	return level;
}

static bool is_free;

/* In the broker. */
static void
act_gpu_helper(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	char path[PATH_MAX], level[16], numbers[32];
	char free_word[] = "free";
	char *const arguments[] = { path, level, numbers, is_free ? free_word : NULL, NULL };
	dev_t device = (dev_t)request->number;
	int r = request->n_fds == 1 ? find_helper(path) : -EINVAL;

	snprintf(level, sizeof(level), "%u", (unsigned int)current_log_level());
	snprintf(numbers, sizeof(numbers), "%u:%u", major(device), minor(device));
	if (r >= 0) {
		r = spawn(path, arguments, request->fds[0], &kept->pid);
	}
	if (r < 0) {
		kept->pid = 0;
	}
	answer->error = r;
}

void
gpu_process_register(bool confines)
{
	is_free = is_free || !confines;
	broker_act_register(BROKER_ACT_GPU_HELPER, act_gpu_helper);
}

int
gpu_process_start(sd_event *event, int socket, dev_t device, gpu_process_ended_fn ended, void *data,
	struct gpu_process **ret_process)
{
	struct broker_request request = {
		.act = BROKER_ACT_GPU_HELPER,
		.number = (int64_t)device,
		.fds = { socket },
		.n_fds = 1,
	};
	struct gpu_process *process = calloc(1, sizeof(*process));
	struct broker_answer answer;
	int r;

	if (process == NULL) {
		return -ENOMEM;
	}
	gpu_process_register(true);
	process->ended = ended;
	process->data = data;
	r = broker_ask(&request, &answer, &process->hold);
	if (r >= 0) {
		r = sd_event_add_io(event, &process->source, process->hold.fd, EPOLLIN,
			handle_process_ended, process);
	}
	if (r < 0) {
		broker_finish(&process->hold, false);
		free(process);
		return r;
	}
	*ret_process = process;
	return 0;
}

void
gpu_process_abandon(struct gpu_process *process)
{
	if (process != NULL) {
		process->source = sd_event_source_disable_unref(process->source);
		broker_finish(&process->hold, false);
		free(process);
	}
}
