#include "display-private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cadence.h"
#include "decor.h"
#include "session-socket.h"
#include "single-pixel-buffer-v1-client.h"

/* How a connection to a compositor begins, until it is live. */

/* For the rest of its answers, of one that has given its first two. */
#define CONNECT_REST_MS 2000
/* For the second of these, where the first came with the end of the time. */
#define CONNECT_GRACE_MS 300
/* Until one whose queue is full is asked again, while nobody waits for us. */
#define CONNECT_QUEUE_MS 50

static void handle_library_log(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0)));

/* libwayland's own lines say again what we say ourselves. */
static void
handle_library_log(const char *format, va_list arguments)
{
	char line[256];

	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	log_debug("libwayland: %s", line);
}

/* One that is busy may have a full queue: it is asked again, where there is time for that. */
static int
open_session_socket(const struct display *display)
{
	int fd = session_socket_connect();

	while (fd == -EAGAIN && clock_now_ns() < display->answer_deadline_ns) {
		usleep(CONNECT_QUEUE_MS * US_PER_MS);
		fd = session_socket_connect();
	}
	return fd;
}

static int
connect_to_compositor(struct display *display)
{
	wl_log_set_handler_client(handle_library_log);
	if (getenv("WAYLAND_SOCKET") != NULL) {
		display->connection = wl_display_connect(NULL);
	} else {
		int fd = open_session_socket(display);

		errno = fd < 0 ? -fd : 0;
		display->connection = fd < 0 ? NULL : wl_display_connect_to_fd(fd);
	}
	if (display->connection == NULL) {
		log_error("no Wayland compositor to show windows on ($WAYLAND_DISPLAY): %s",
			strerror(errno));
		return -ENOENT;
	}
	return globals_init(display);
}

static void
handle_callback_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	*(bool *)data = true;
}

static const struct wl_callback_listener callback_listener = {
	.done = handle_callback_done,
};

/* Sends what is to be sent and reads what comes; -ETIMEDOUT at the deadline. */
static int
wait_and_read(struct display *display)
{
	struct wl_display *connection = display->connection;
	struct pollfd poll_fd = { .fd = wl_display_get_fd(connection), .events = POLLIN };
	uint64_t now = clock_now_ns();
	int remaining_ms = now < display->answer_deadline_ns
				   ? (int)((display->answer_deadline_ns - now) / NS_PER_MS) + 1
				   : 0;
	int r;

	if (wl_display_flush(connection) < 0 && errno == EAGAIN) {
		poll_fd.events |= POLLOUT;
	}
	r = remaining_ms > 0 ? poll(&poll_fd, 1, remaining_ms) : 0;
	if (r <= 0 || !(poll_fd.revents & ~POLLOUT)) {
		int error = errno;
		wl_display_cancel_read(connection);
		return r == 0 ? -ETIMEDOUT : r < 0 && error != EINTR ? -error : 0;
	}
	return wl_display_read_events(connection) < 0 ? -errno : 0;
}

int
display_roundtrip(struct display *display)
{
	struct wl_callback *callback = wl_display_sync(display->connection);
	bool done = false;
	int r = 0;

	if (callback == NULL) {
		return -ENOMEM;
	}
	wl_callback_add_listener(callback, &callback_listener, &done);
	while (r >= 0 && !done) {
		if (wl_display_prepare_read(display->connection) == 0) {
			r = wait_and_read(display);
		}
		if (r >= 0 && wl_display_dispatch_pending(display->connection) < 0) {
			r = -errno;
		}
	}
	wl_callback_destroy(callback);
	return r;
}

static int
say_silent(void)
{
	log_error("the compositor does not answer");
	return -ENOENT;
}

static int
say_closed(int error)
{
	log_error("the compositor closed the connection at once: %s", strerror(error));
	return -ENOENT;
}

static int
wait_for_answers(struct display *display)
{
	int r = display_roundtrip(display);

	return r == -ETIMEDOUT ? say_silent() : r < 0 ? say_closed(-r) : 0;
}

static int
create_black(struct display *display)
{
	struct wp_single_pixel_buffer_manager_v1 *manager = display->globals.single_pixel_manager;
	int r;

	if (manager != NULL) {
		display->black = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
			manager, 0, 0, 0, UINT32_MAX);
		return display->black != NULL ? 0 : -ENOMEM;
	}
	r = shm_pool_init(&display->black_pool, display->globals.shm, sizeof(uint32_t));
	if (r < 0) {
		return r;
	}
	display->black = wl_shm_pool_create_buffer(
		display->black_pool.pool, 0, 1, 1, sizeof(uint32_t), WL_SHM_FORMAT_XRGB8888);
	return display->black != NULL ? 0 : -ENOMEM;
}

/* The first answer; the second is what these say: formats, outputs, seats. */
static int
take_globals(struct display *display)
{
	int r = globals_check(display);

	if (r >= 0) {
		cadence_check(display);
	}
	return r;
}

static int
set_up(struct display *display)
{
	int r = create_black(display);

	r = r < 0 ? r : display_join_loop(display);
	if (r < 0) {
		return r;
	}
	arrow_init(&display->arrow, display);
	decor_init(display);
	return wait_for_answers(display);
}

/* At once: programs that are started from here are to have none. */
static void
take_activation_token(struct display *display)
{
	static const char variable[] = "XDG_ACTIVATION_TOKEN";
	const char *token = getenv(variable);

	if (token != NULL) {
		display->activation_token = strdup(token);
		unsetenv(variable);
	}
}

static int
create_unconnected(sd_event *event, struct deadlines *deadlines,
	const struct display_options *options, const struct display_listener *listener, void *data,
	struct display **ret_display)
{
	struct display *display = calloc(1, sizeof(*display));

	if (display == NULL) {
		return -ENOMEM;
	}
	display->event = sd_event_ref(event);
	display->deadlines = deadlines;
	display->options = options;
	display->listener = listener;
	display->data = data;
	display->black_pool.fd = -1;
	wl_list_init(&display->outputs);
	wl_list_init(&display->removed_outputs);
	wl_list_init(&display->seats);
	wl_list_init(&display->windows);
	wl_list_init(&display->buffers);
	take_activation_token(display);
	*ret_display = display;
	return 0;
}

static void
set_answer_deadline(struct display *display, uint32_t timeout_ms)
{
	display->answer_deadline_ns = clock_now_ns() + timeout_ms * NS_PER_MS;
}

int
display_create(sd_event *event, struct deadlines *deadlines, uint32_t timeout_ms,
	const struct display_options *options, const struct display_listener *listener, void *data,
	struct display **ret_display)
{
	struct display *display;
	int r = create_unconnected(event, deadlines, options, listener, data, &display);

	if (r < 0) {
		return r;
	}
	set_answer_deadline(display, timeout_ms);
	r = connect_to_compositor(display);
	r = r < 0 ? r : wait_for_answers(display);
	r = r < 0 ? r : take_globals(display);
	r = r < 0 ? r : wait_for_answers(display);
	r = r < 0 ? r : set_up(display);
	if (r < 0) {
		display_destroy(display);
		return r;
	}
	display_enter(display, DISPLAY_LIVE);
	*ret_display = display;
	return 0;
}

static void
drop_question(struct display *display)
{
	if (display->question != NULL) {
		wl_callback_destroy(display->question);
		display->question = NULL;
	}
	display->has_answered = false;
}

void
display_end_connecting(struct display *display)
{
	display->connect_io = sd_event_source_disable_unref(display->connect_io);
	display->connect_timer = sd_event_source_disable_unref(display->connect_timer);
	drop_question(display);
}

/* The listener may destroy it. */
static void
conclude(struct display *display, int result)
{
	display_end_connecting(display);
	if (result >= 0) {
		set_answer_deadline(display, CONNECT_REST_MS);
		result = set_up(display);
	}
	if (result >= 0) {
		display_enter(display, DISPLAY_LIVE);
	}
	display->listener->connected(display->data, result);
}

/* The answer is waited for on the event loop. */
static int
ask(struct display *display)
{
	display->question = wl_display_sync(display->connection);
	if (display->question == NULL) {
		return -ENOMEM;
	}
	wl_callback_add_listener(display->question, &callback_listener, &display->has_answered);
	/* Few requests, in a socket that is new. */
	return wl_display_flush(display->connection) < 0 ? say_closed(errno) : 0;
}

/* One step further, if what has come allows it. False: nothing has. */
static bool
advance(struct display *display)
{
	int r;

	display_read_events(display);
	if (wl_display_get_error(display->connection) != 0) {
		conclude(display, say_closed(wl_display_get_error(display->connection)));
		return true;
	}
	if (!display->has_answered) {
		return false;
	}
	drop_question(display);
	if (display->knows_globals) {
		conclude(display, 0);
		return true;
	}
	display->knows_globals = true;
	r = take_globals(display);
	r = r < 0 ? r : ask(display);
	if (r < 0) {
		conclude(display, r);
	}
	return true;
}

static int
handle_connect_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct display *display = data;

	display_callbacks_begin(display);
	advance(display);
	display_callbacks_end(display);
	return 0;
}

static int
handle_connect_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct display *display = data;

	display_callbacks_begin(display);
	/* It may be us who are late: what has come counts, and what follows at once. */
	if (!advance(display)) {
		conclude(display, say_silent());
	} else if (display->connect_timer != NULL) {
		sd_event_source_set_time_relative(source, CONNECT_GRACE_MS * US_PER_MS);
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	display_callbacks_end(display);
	return 0;
}

static int
begin(struct display *display, uint32_t timeout_ms)
{
	int r = ask(display);

	r = r < 0 ? r
		  : sd_event_add_io(display->event, &display->connect_io,
			    wl_display_get_fd(display->connection), EPOLLIN, handle_connect_io,
			    display);
	return r < 0 ? r
		     : sd_event_add_time_relative(display->event, &display->connect_timer,
			       CLOCK_MONOTONIC, timeout_ms * US_PER_MS, 1, handle_connect_timer,
			       display);
}

int
display_begin(sd_event *event, struct deadlines *deadlines, uint32_t timeout_ms,
	const struct display_options *options, const struct display_listener *listener, void *data,
	struct display **ret_display)
{
	struct display *display;
	int r = create_unconnected(event, deadlines, options, listener, data, &display);

	if (r < 0) {
		return r;
	}
	r = connect_to_compositor(display);
	r = r < 0 ? r : begin(display, timeout_ms);
	if (r < 0) {
		display_destroy(display);
		return r;
	}
	*ret_display = display;
	return 0;
}
