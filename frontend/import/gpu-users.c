#include "import/gpu-users.h"

#include <assert.h>
#include <errno.h>

void
gpu_users_add(struct gpu_users *users, struct gpu_user *user, struct gpu_helper *helper)
{
	assert(users->n_users < GPU_MAX_IMPORTS);
	user->helper = helper;
	user->id = ++users->last_id;
	user->n_awaited = 0;
	users->users[users->n_users++] = user;
}

void
gpu_users_remove(struct gpu_users *users, struct gpu_user *user)
{
	for (uint32_t i = 0; i < users->n_users; i++) {
		if (users->users[i] == user) {
			users->users[i] = users->users[--users->n_users];
			break;
		}
	}
	users->n_orphaned += user->n_awaited;
	user->helper = NULL;
}

static void
fail(struct gpu_users *users, struct gpu_user *user, int error, const char *reason)
{
	gpu_users_remove(users, user);
	user->listener->failed(user->data, error, reason);
}

void
gpu_users_note_sent(
	struct gpu_users *users, struct gpu_user *user, const struct gpu_message *message)
{
	if (message->type != GPU_DROP) {
		user->n_awaited++;
		users->n_awaited++;
	}
}

static struct gpu_user *
find(const struct gpu_users *users, uint32_t id)
{
	for (uint32_t i = 0; i < users->n_users; i++) {
		if (users->users[i]->id == id) {
			return users->users[i];
		}
	}
	return NULL;
}

/* Of the targets of an import, which are one answer, only the last does. */
static bool
ends_a_wait(const struct gpu_message *message)
{
	return message->type != GPU_TARGET || message->target.last != 0;
}

/* Whether somebody waits for it: of who has left in the meantime the answers only count. */
static bool
is_awaited(const struct gpu_users *users, const struct gpu_user *user)
{
	return (user != NULL ? user->n_awaited : users->n_orphaned) > 0;
}

static void
end_wait(struct gpu_users *users, struct gpu_user *user)
{
	users->n_awaited--;
	if (user != NULL) {
		user->n_awaited--;
	} else {
		users->n_orphaned--;
	}
}

int
gpu_users_answer(struct gpu_users *users, const struct gpu_message *message, const int *fds,
	bool *ret_ends_wait)
{
	struct gpu_user *user = find(users, message->id);

	*ret_ends_wait = is_awaited(users, user) && ends_a_wait(message);
	if (!is_awaited(users, user)) {
		return -EBADMSG;
	}
	if (*ret_ends_wait) {
		end_wait(users, user);
	}
	switch (message->type) {
	case GPU_TARGET:
		return user == NULL ? 0 : user->listener->target(user->data, &message->target, fds);
	case GPU_DRAWN:
		return user == NULL ? 0 : user->listener->drawn(user->data, &message->drawn);
	case GPU_FAILED:
		if (user != NULL) {
			fail(users, user, message->failed.error,
				message->failed.error == -ENOTSUP
					? "the GPU's driver does not take this format and modifier"
					: "the GPU helper cannot have this buffer");
		}
		return 0;
	default:
		return -EBADMSG;
	}
}

void
gpu_users_tell_ready(struct gpu_users *users)
{
	/* One may leave, and the last one takes its place. */
	for (uint32_t i = users->n_users; i-- > 0;) {
		users->users[i]->listener->ready(users->users[i]->data);
	}
}

void
gpu_users_expect_nothing(struct gpu_users *users)
{
	for (uint32_t i = 0; i < users->n_users; i++) {
		users->users[i]->n_awaited = 0;
	}
	users->n_awaited = users->n_orphaned = 0;
}

/* Each may fall back to something that makes others leave, but nobody can join now. */
void
gpu_users_fail(struct gpu_users *users, int error, const char *reason)
{
	while (users->n_users > 0) {
		fail(users, users->users[users->n_users - 1], error, reason);
	}
}
