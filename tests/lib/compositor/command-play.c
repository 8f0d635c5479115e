#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "compositor.h"
#include "record.h"
#include "seat.h"

#define MAX_EVENTS 1000000
#define MOTION_STEPS 300 /* pixels: neighbours differ */
#define NS_PER_S 1000000000

/*
 * Input at a precise rate, for benches: when each event went to the client is written to a file, as
 * 64 bits of ns of CLOCK_MONOTONIC each, once all have. "played" in the log says so.
 */
struct play {
	struct compositor *compositor;
	struct seat *seat;
	struct wl_event_source *source;
	int timer_fd;
	bool is_motion;
	uint32_t code, count, n_played;
	char path[256];
	uint64_t times_ns[];
};

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void
finish(struct play *play)
{
	FILE *file = fopen(play->path, "we");

	if (file == NULL ||
		fwrite(play->times_ns, sizeof(*play->times_ns), play->count, file) != play->count ||
		fclose(file) != 0) {
		abort();
	}
	record_write(play->compositor->log, record_new("played"));
	wl_event_source_remove(play->source);
	close(play->timer_fd);
	free(play);
}

static int
handle_tick(int fd, uint32_t mask, void *data)
{
	struct play *play = data;
	uint64_t n_expired;

	if (read(fd, &n_expired, sizeof(n_expired)) != sizeof(n_expired)) {
		return 0;
	}
	if (play->n_played == play->count) {
		finish(play);
		return 0;
	}
	if (play->is_motion) {
		seat_motion(play->seat, play->n_played % MOTION_STEPS, 1);
		seat_frame(play->seat);
	} else {
		seat_key(play->seat, play->code, play->n_played % 2 == 0);
	}
	play->times_ns[play->n_played++] = now_ns();
	wl_display_flush_clients(play->compositor->display);
	return 0;
}

/* "kind": "key" (of "code", pressed and released in turn) or "motion"; "count", "rate" in Hz. */
static const char *
run_play_input(struct command *command)
{
	int32_t count = command_get_int(command, "count", 0);
	int32_t rate = command_get_int(command, "rate", 100);
	const char *path = command_get_text(command, "file", "");
	struct itimerspec times = { 0 };
	struct play *play;

	if (count < 1 || count > MAX_EVENTS || rate < 1 || rate > NS_PER_S) {
		return "no such count or rate";
	}
	play = calloc(1, sizeof(*play) + (size_t)count * sizeof(*play->times_ns));
	if (play == NULL || strlen(path) >= sizeof(play->path)) {
		abort();
	}
	play->compositor = command->compositor;
	play->seat = command_get_seat(command);
	play->is_motion = strcmp(command_get_text(command, "kind", "key"), "motion") == 0;
	play->code = (uint32_t)command_get_int(command, "code", 30);
	play->count = (uint32_t)count;
	strcpy(play->path, path);
	times.it_interval.tv_sec = rate == 1;
	times.it_interval.tv_nsec = NS_PER_S / rate % NS_PER_S;
	times.it_value = times.it_interval;
	play->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (play->timer_fd < 0 || timerfd_settime(play->timer_fd, 0, &times, NULL) < 0) {
		abort();
	}
	play->source = wl_event_loop_add_fd(wl_display_get_event_loop(play->compositor->display),
		play->timer_fd, WL_EVENT_READABLE, handle_tick, play);
	return NULL;
}

const struct command_row play_commands[] = {
	{ "play_input", run_play_input },
	{ NULL, NULL },
};
