#include "session-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

bool
session_records(const struct session *session)
{
	return session->recording != NULL;
}

static void
drop(struct session *session)
{
	recording_destroy(session->recording);
	session->recording = NULL;
}

int
session_close_recording(struct session *session)
{
	int r = recording_finish(session->recording);

	drop(session);
	return r;
}

static void
handle_begun_or_ended(void *data, int error, const char *text)
{
	struct session *session = data;
	struct recording_counts counts = recording_counts(session->recording);

	if (error < 0) {
		drop(session);
		session_finish(session, EXIT_FAILED, text);
		return;
	}
	if (session->command->kind == COMMAND_RECORD) {
		session_end(session, EXIT_DONE, "frames of %ux%u pixels", counts.video.width,
			counts.video.height);
		return;
	}
	drop(session);
	session_end(session, EXIT_DONE,
		"%" PRIu64 " frames of %ux%u pixels; %" PRIu64 " pictures were missed",
		counts.video.n_frames, counts.video.width, counts.video.height, counts.n_missed);
}

void
session_record(struct session *session)
{
	const struct command *command = session->command;
	struct recording_request request = {
		.cursor = command->cursor,
		.output_fd = session->context.output_fd,
		.fps = command->fps,
	};
	char *times_path = NULL;
	int r = 0;

	if (!session_takes_one(session)) {
		return;
	}
	if (session->recording != NULL) {
		session_finish(
			session, EXIT_USAGE, "one recording at a time: record-end comes first");
		return;
	}
	if (video_check_path(command->path) < 0) {
		session_finish(session, EXIT_USAGE,
			"the name must end in .y4m or .raw, or be - for standard output");
		return;
	}
	if (strcmp(command->path, "-") == 0 && session->context.output_fd < 0) {
		session_finish(
			session, EXIT_USAGE, "there is no standard output here: name a file");
		return;
	}
	session->path = session_path(session, command->path);
	if (command->times_path != NULL) {
		times_path = session_path(session, command->times_path);
		r = times_path == NULL ? -ENOMEM : 0;
	}
	request.console = session_console(session);
	request.path = session->path;
	request.times_path = times_path;
	if (r >= 0 && session->path != NULL) {
		r = recording_create(session->context.event, session->context.views,
			session->context.means, &request, handle_begun_or_ended, session,
			&session->recording);
	}
	free(times_path);
	if (r < 0 || session->path == NULL) {
		session_end(
			session, EXIT_FAILED, "cannot record: %s", strerror(r < 0 ? -r : ENOMEM));
	}
}

void
session_end_recording(struct session *session)
{
	if (session->recording == NULL) {
		session_finish(session, EXIT_USAGE, "nothing is being recorded");
		return;
	}
	recording_end(session->recording);
}
