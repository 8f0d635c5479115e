#include "qemu-dbus/wire-hub.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/fd.h"

/* From the start after each: a flush may remove and add any of them. */
static void
flush_due(struct wire_hub *hub)
{
	while (hub->n_due > 0) {
		struct wire_member *member = hub->first;

		while (!member->is_due) {
			member = member->next;
		}
		member->is_due = false;
		hub->n_due--;
		member->flush(member);
	}
}

static int
collect_ready(struct wire_hub *hub)
{
	if (hub->n_members == 1) {
		/* Nobody has to be asked which one it is. */
		hub->ready[0].events = EPOLLIN | EPOLLOUT;
		hub->ready[0].data.ptr = hub->first;
		return 1;
	}
	return epoll_wait(hub->epoll_fd, hub->ready, GUEST_MAX_HEADS, 0);
}

static int
handle_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct wire_hub *hub = data;

	hub->n_ready = collect_ready(hub);
	for (int i = 0; i < hub->n_ready; i++) {
		struct wire_member *member = hub->ready[i].data.ptr;

		if (member != NULL) {
			member->ready(member, hub->ready[i].events);
		}
	}
	hub->n_ready = 0;
	flush_due(hub);
	return 0;
}

/* Before the loop sleeps: what became due elsewhere. */
static int
handle_prepare(sd_event_source *source, void *data)
{
	sd_event_source_set_prepare(source, NULL);
	flush_due(data);
	return 0;
}

static void
close_hub(struct wire_hub *hub)
{
	hub->source = sd_event_source_disable_unref(hub->source);
	fd_close(&hub->epoll_fd);
}

static int
open_hub(struct wire_hub *hub, sd_event *event)
{
	int r;

	hub->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (hub->epoll_fd < 0) {
		return -errno;
	}
	r = sd_event_add_io(event, &hub->source, hub->epoll_fd, EPOLLIN, handle_io, hub);
	if (r < 0) {
		close_hub(hub);
	}
	return r;
}

int
wire_hub_add(struct wire_hub *hub, sd_event *event, struct wire_member *member)
{
	struct epoll_event interest = { .events = EPOLLIN, .data.ptr = member };
	struct wire_member **link = &hub->first;
	int r = hub->n_members > 0 ? 0 : open_hub(hub, event);

	if (r < 0) {
		return r;
	}
	if (epoll_ctl(hub->epoll_fd, EPOLL_CTL_ADD, member->fd, &interest) < 0) {
		r = -errno;
		if (hub->n_members == 0) {
			close_hub(hub);
		}
		return r;
	}
	while (*link != NULL) {
		link = &(*link)->next;
	}
	*link = member;
	hub->n_members++;
	member->hub = hub;
	return 0;
}

void
wire_hub_remove(struct wire_member *member)
{
	struct wire_hub *hub = member->hub;
	struct wire_member **link;

	if (hub == NULL) {
		return;
	}
	for (link = &hub->first; *link != member; link = &(*link)->next) {
	}
	*link = member->next;
	for (int i = 0; i < hub->n_ready; i++) {
		if (hub->ready[i].data.ptr == member) {
			hub->ready[i].data.ptr = NULL;
		}
	}
	epoll_ctl(hub->epoll_fd, EPOLL_CTL_DEL, member->fd, NULL);
	hub->n_due -= member->is_due;
	member->is_due = false;
	member->hub = NULL;
	if (--hub->n_members == 0) {
		close_hub(hub);
	}
}

void
wire_hub_flush_later(struct wire_member *member)
{
	struct wire_hub *hub = member->hub;

	if (!member->is_due) {
		member->is_due = true;
		hub->n_due++;
	}
	/* What is due while they are read goes at the end of that. */
	if (hub->n_ready == 0) {
		sd_event_source_set_prepare(hub->source, handle_prepare);
	}
}

void
wire_hub_set_events(struct wire_member *member, uint32_t events)
{
	struct epoll_event interest = { .events = events, .data.ptr = member };

	epoll_ctl(member->hub->epoll_fd, EPOLL_CTL_MOD, member->fd, &interest);
}
