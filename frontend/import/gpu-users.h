#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gpu-message.h"

/* Who has pictures drawn by the GPU helper, and which of its answers they wait for. */
struct gpu_helper;

/* Somebody who has one guest buffer drawn. From the event loop, never from inside a call. */
struct gpu_user_listener {
	/* The helper takes messages now. This one, and no other, may leave meanwhile. */
	void (*ready)(void *data);
	/*
	 * Its answers, see gpu-message.h. The fds stay the caller's. A negative errno: they make no
	 * sense. That ends the helper.
	 */
	int (*target)(void *data, const struct gpu_target *target, const int *fds);
	int (*drawn)(void *data, const struct gpu_drawn *drawn);
	/*
	 * It cannot have this buffer (-ENOTSUP where the driver does not take such, else why), does
	 * not answer (-ETIMEDOUT), or is gone (-ECONNRESET; -ENOENT: for good). No call follows:
	 * the user has left.
	 */
	void (*failed)(void *data, int error, const char *reason);
};

/* Zero-initialise but for listener and data. */
struct gpu_user {
	const struct gpu_user_listener *listener;
	void *data;
	struct gpu_helper *helper; /* NULL: has not joined, or has left */
	uint32_t id;
	uint32_t n_awaited; /* answers */
};

struct gpu_users {
	struct gpu_user *users[GPU_MAX_IMPORTS];
	uint32_t n_users;
	uint32_t last_id;
	uint32_t n_awaited;  /* answers to any of them */
	uint32_t n_orphaned; /* of these, for users who have left */
};

/* There is to be room: fewer than GPU_MAX_IMPORTS. */
void gpu_users_add(struct gpu_users *users, struct gpu_user *user, struct gpu_helper *helper);
/* Answers to it may still come. */
void gpu_users_remove(struct gpu_users *users, struct gpu_user *user);

/* Its message got off. */
void gpu_users_note_sent(
	struct gpu_users *users, struct gpu_user *user, const struct gpu_message *message);
/*
 * An answer is handed to whom it is for. ret_ends_wait: one less is awaited. A negative errno: it
 * makes no sense, such as one that nobody waits for.
 */
int gpu_users_answer(struct gpu_users *users, const struct gpu_message *message, const int *fds,
	bool *ret_ends_wait);

/* The helper is there. */
void gpu_users_tell_ready(struct gpu_users *users);
/* No answer comes any more. */
void gpu_users_expect_nothing(struct gpu_users *users);
/* All leave, and are told why. */
void gpu_users_fail(struct gpu_users *users, int error, const char *reason);
