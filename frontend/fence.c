#include "fence.h"

#include <assert.h>
#include <sys/epoll.h>

#include "base/fd.h"
#include "buffer-fence.h"

void
fence_init(struct fence *fence, sd_event *event, void (*signalled)(void *data), void *data)
{
	*fence = (struct fence){ .event = event, .signalled = signalled, .data = data };
}

void
fence_finish(struct fence *fence)
{
	fence_cancel(fence);
	fence->source = sd_event_source_disable_unref(fence->source);
}

static int handle_fence_readable(sd_event_source *source, int fd, uint32_t events, void *data);

static int
watch(struct fence *fence, int fd)
{
	int r;

	if (fence->source == NULL) {
		return sd_event_add_io(
			fence->event, &fence->source, fd, EPOLLIN, handle_fence_readable, fence);
	}
	r = sd_event_source_set_io_fd(fence->source, fd);
	return r < 0 ? r : sd_event_source_set_enabled(fence->source, SD_EVENT_ON);
}

/* The source must let go of an fd before it is closed: its number may come back at once. */
static void
close_last(struct fence *fence)
{
	sd_event_source_set_enabled(fence->source, SD_EVENT_OFF);
	fd_close(&fence->fds[--fence->n_fds]);
}

static int
handle_fence_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct fence *fence = data;

	close_last(fence);
	/* Without memory to watch the others they count as signalled. */
	while (fence->n_fds > 0 && watch(fence, fence->fds[fence->n_fds - 1]) < 0) {
		close_last(fence);
	}
	if (fence->n_fds == 0) {
		fence->signalled(fence->data);
	}
	return 0;
}

int
fence_wait(struct fence *fence, const struct buffer *buffer)
{
	int r;

	assert(fence->n_fds == 0);
	r = buffer_export_fences(buffer, fence->fds);
	if (r < 0) {
		return r;
	}
	fence->n_fds = (uint32_t)r;
	r = watch(fence, fence->fds[fence->n_fds - 1]);
	if (r < 0) {
		fence_cancel(fence);
	}
	return r;
}

void
fence_cancel(struct fence *fence)
{
	while (fence->n_fds > 0) {
		close_last(fence);
	}
}

bool
fence_is_waiting(const struct fence *fence)
{
	return fence->n_fds > 0;
}
