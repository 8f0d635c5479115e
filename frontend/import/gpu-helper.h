#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "gpu-message.h"
#include "import/gpu-users.h"

/*
 * The viewer's end of the GPU helper: a process that is started when an import first wants it,
 * ended when none has used it for a while, killed when it does not answer, and started again some
 * time after it failed. Nothing of this ever waits for it.
 */
struct gpu_helper;

struct gpu_helper_options {
	bool software_counts; /* drawing by the CPU is as good as a GPU: for tests */
	bool only_way;        /* there is no alternative, whatever an import says */
	/* Imports that it refused, or that it failed, may ask again. From the event loop. */
	void (*available)(void *data);
	void *data;
};

/* Starts no process yet. */
int gpu_helper_create(
	sd_event *event, const struct gpu_helper_options *options, struct gpu_helper **ret_helper);
/* Nobody may be using it any more. NULL is fine. */
void gpu_helper_destroy(struct gpu_helper *helper);

/*
 * Makes a user of it, and starts the helper if need be. device: that the compositor draws with, or
 * 0. has_alternative: the CPU can do it as well; then a helper that is not ready, or that only has
 * the CPU, is not waited for. Returns 0 (`ready` follows unless gpu_helper_is_ready), or with the
 * reason -ENOTSUP, or -ECONNRESET where it failed and is started again.
 */
int gpu_helper_join(struct gpu_helper *helper, struct gpu_user *user, dev_t device,
	bool has_alternative, const char **ret_reason);
/* Its buffer is forgotten. Nothing for who is no user. */
void gpu_helper_leave(struct gpu_user *user);

bool gpu_helper_is_ready(const struct gpu_helper *helper);
/* The GPU that it draws with, once it was ready; 0: none. */
dev_t gpu_helper_device(const struct gpu_helper *helper);
/*
 * Whether it failed, but not so often that nobody should wait for it: `available` follows. NULL is
 * none, which never comes.
 */
bool gpu_helper_is_coming_back(const struct gpu_helper *helper);
/* Sends with the user's id, for one that has joined. Returns 0, or why not: it is gone, or hangs.
 */
int gpu_helper_send(
	struct gpu_user *user, struct gpu_message *message, const int *fds, uint32_t n_fds);
