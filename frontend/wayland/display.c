#include "display-private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "decor.h"
#include "last-words.h"
#include "wayland-buffer.h"
#include "window-private.h"

void
display_enter(struct display *display, enum display_state next)
{
	static const bool allowed[][4] __attribute__((unused)) = {
		[DISPLAY_CONNECTING] = { [DISPLAY_LIVE] = true, [DISPLAY_DESTROYED] = true },
		[DISPLAY_LIVE] = { [DISPLAY_LOST] = true, [DISPLAY_DESTROYED] = true },
		[DISPLAY_LOST] = { [DISPLAY_DESTROYED] = true },
		[DISPLAY_DESTROYED] = { false },
	};

	assert(allowed[display->state][next]);
	display->state = next;
}

static void
display_free(struct display *display)
{
	seat_remove_all(display);
	output_remove_all(display);
	wayland_buffer_free_all(display);
	arrow_finish(&display->arrow);
	decor_finish(display);
	feedback_finish(&display->feedback);
	if (display->black != NULL) {
		wl_buffer_destroy(display->black);
	}
	shm_pool_finish(&display->black_pool);
	globals_finish(display);
	sd_event_source_disable_unref(display->notices);
	sd_event_source_disable_unref(display->io);
	display_end_connecting(display);
	if (display->connection != NULL) {
		wl_display_flush(display->connection);
		wl_display_disconnect(display->connection);
	}
	sd_event_unref(display->event);
	free(display->activation_token);
	free(display);
}

void
display_callbacks_begin(struct display *display)
{
	display->n_entered++;
}

void
display_callbacks_end(struct display *display)
{
	if (--display->n_entered == 0 && display->state == DISPLAY_DESTROYED) {
		display_free(display);
	}
}

/* NULL: neither the shared memory nor a buffer. */
static const struct wl_interface *
interface_of_id(const struct display *display, uint32_t id)
{
	const struct wayland_buffer *buffer;

	if (wl_proxy_get_id((struct wl_proxy *)display->globals.shm) == id) {
		return &wl_shm_interface;
	}
	wl_list_for_each(buffer, &display->buffers, link)
	{
		if (buffer->proxy != NULL &&
			wl_proxy_get_id((struct wl_proxy *)buffer->proxy) == id) {
			return &wl_buffer_interface;
		}
	}
	return NULL;
}

static bool
hear_last_words(struct display *display)
{
	if (!display->has_words) {
		display->has_words = last_words_read(wl_display_get_fd(display->connection),
					     &display->words) == 0;
		if (display->has_words) {
			log_debug("the compositor's last words: %s", display->words.text);
		}
	}
	return display->has_words;
}

static enum display_loss
classify_loss(struct display *display, char *text, size_t text_size)
{
	const struct wl_interface *interface = NULL;
	const char *name;
	int error = wl_display_get_error(display->connection);
	uint32_t code;

	/* libwayland's words for errors that were posted on wl_display itself. */
	if (error == EINVAL || error == ENOMEM) {
		snprintf(text, text_size, "protocol error on wl_display");
		return DISPLAY_LOST_PROTOCOL;
	}
	if (error == EPROTO) {
		code = wl_display_get_protocol_error(display->connection, &interface, NULL);
	} else if (hear_last_words(display)) {
		code = display->words.code;
		interface = interface_of_id(display, display->words.object);
	} else {
		snprintf(text, text_size, "%s", strerror(error));
		return DISPLAY_LOST_CONNECTION;
	}
	if (interface == NULL && code == WL_SHM_ERROR_INVALID_FD) {
		/* A buffer that we have destroyed meanwhile: only this tells what it was. */
		interface = &wl_buffer_interface;
	}
	name = interface == NULL ? "an unknown object" : interface->name;
	snprintf(text, text_size, "protocol error %u on %s", code, name);
	/* Servers report memory that they could not read on any of the three. */
	if (strcmp(name, wl_shm_interface.name) == 0 ||
		strcmp(name, wl_shm_pool_interface.name) == 0 ||
		strcmp(name, wl_buffer_interface.name) == 0) {
		return DISPLAY_LOST_SHM;
	}
	return DISPLAY_LOST_PROTOCOL;
}

/* Tells the loss of the connection, if it is lost. */
static void
check_loss(struct display *display)
{
	enum display_loss loss;
	char text[128];

	if (display->state != DISPLAY_LIVE || wl_display_get_error(display->connection) == 0) {
		return;
	}
	display_enter(display, DISPLAY_LOST);
	sd_event_source_set_enabled(display->io, SD_EVENT_OFF);
	loss = classify_loss(display, text, sizeof(text));
	if (loss == DISPLAY_LOST_SHM) {
		log_warning("the compositor could not read the VM's memory and closed the "
			    "connection (%s): its windows are gone",
			text);
	} else {
		log_error("the connection to the compositor is lost (%s): its windows are gone",
			text);
	}
	display->listener->lost(display->data, loss);
}

void
display_notify_later(struct display *display)
{
	if (display->state == DISPLAY_LIVE) {
		sd_event_source_set_enabled(display->notices, SD_EVENT_ONESHOT);
	}
}

static int
handle_notices(sd_event_source *source, void *data)
{
	struct display *display = data;

	display_callbacks_begin(display);
	wayland_buffer_tell_all(display);
	output_release_removed(display);
	/* First: that a window has left a monitor that is gone is not the user's doing. */
	if (display->outputs_due && display->state == DISPLAY_LIVE) {
		display->outputs_due = false;
		display->listener->outputs_changed(display->data);
	}
	window_tell_all(display);
	check_loss(display);
	display_callbacks_end(display);
	return 0;
}

void
display_read_events(struct display *display)
{
	while (wl_display_prepare_read(display->connection) < 0) {
		if (wl_display_dispatch_pending(display->connection) < 0) {
			return;
		}
	}
	if (wl_display_read_events(display->connection) == 0) {
		wl_display_dispatch_pending(display->connection);
	}
}

static int
handle_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct display *display = data;

	display_callbacks_begin(display);
	if (events & EPOLLOUT && display->state == DISPLAY_LIVE) {
		display_send(display);
	}
	if (events & (EPOLLHUP | EPOLLERR)) {
		/* Before libwayland does, which forgets what it has read when it fails. */
		hear_last_words(display);
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		display_read_events(display);
		decor_dispatch(display);
	}
	check_loss(display);
	display_callbacks_end(display);
	return 0;
}

void
display_send(struct display *display)
{
	bool blocked = wl_display_flush(display->connection) < 0 && errno == EAGAIN;

	if (blocked != display->blocked) {
		display->blocked = blocked;
		sd_event_source_set_io_events(display->io, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
		if (!blocked) {
			window_unblock_all(display);
			display_send(display);
		}
	}
}

/* Before each wait for events: sends what the handlers of this turn of the loop requested. */
static int
handle_io_prepare(sd_event_source *source, void *data)
{
	struct display *display = data;

	display_callbacks_begin(display);
	if (display->state == DISPLAY_LIVE) {
		wl_display_dispatch_pending(display->connection);
		if (!display->blocked) {
			/* Else once there is room: frames that were held back may have to be
			 * answered. */
			display_send(display);
		}
		/* A broken pipe is not an error yet: the reason may still be there to be read. */
		if (wl_display_get_error(display->connection) != 0) {
			display_notify_later(display);
		}
	}
	display_callbacks_end(display);
	return 0;
}

int
display_join_loop(struct display *display)
{
	int r = sd_event_add_io(display->event, &display->io,
		wl_display_get_fd(display->connection), EPOLLIN, handle_io, display);

	if (r >= 0) {
		r = sd_event_source_set_prepare(display->io, handle_io_prepare);
	}
	if (r >= 0) {
		r = sd_event_add_defer(display->event, &display->notices, handle_notices, display);
	}
	return r < 0 ? r : sd_event_source_set_enabled(display->notices, SD_EVENT_OFF);
}

void
display_destroy(struct display *display)
{
	if (display == NULL) {
		return;
	}
	assert(wl_list_empty(&display->windows));
	display_enter(display, DISPLAY_DESTROYED);
	sd_event_source_set_enabled(display->io, SD_EVENT_OFF);
	sd_event_source_set_enabled(display->notices, SD_EVENT_OFF);
	if (display->n_entered == 0) {
		display_free(display);
	}
}

bool
display_draws_decorations(const struct display *display)
{
	return display->libdecor != NULL;
}
