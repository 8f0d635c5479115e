#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "broker/broker.h"
#include "headless/encode.h"
#include "worker.h"

#define MAX_OF_ONE_SECOND 100
#define NAME_MAX_BYTES 64
#define LINE_MAX_BYTES 4096

struct snapshot {
	sd_event *event;
	char name[NAME_MAX_BYTES];
	uint32_t console;
	time_t time;
	char path[SNAPSHOT_PATH_SIZE];
	snapshot_done_fn done;
	void *data;
	struct scanout_reader *reader;
	struct image *image;
	struct worker *worker;
};

static bool
take_folder(char path[static SNAPSHOT_PATH_SIZE], const char *base, const char *rest)
{
	struct stat status;

	return base != NULL && base[0] == '/' &&
	       snprintf(path, SNAPSHOT_PATH_SIZE, "%s%s", base, rest) < SNAPSHOT_PATH_SIZE &&
	       stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A line is XDG_PICTURES_DIR="$HOME/Pictures", or has a path that starts with a slash. */
static bool
take_user_dir(char path[static SNAPSHOT_PATH_SIZE], const char *line, const char *home)
{
	static const char key[] = "XDG_PICTURES_DIR=\"", variable[] = "$HOME";
	char value[LINE_MAX_BYTES];

	if (strncmp(line, key, strlen(key)) != 0) {
		return false;
	}
	snprintf(value, sizeof(value), "%s", line + strlen(key));
	value[strcspn(value, "\"\n")] = '\0';
	if (strncmp(value, variable, strlen(variable)) == 0) {
		return take_folder(path, home, value + strlen(variable));
	}
	return take_folder(path, value, "");
}

static bool
read_user_dirs(char path[static SNAPSHOT_PATH_SIZE], const char *home)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	char name[SNAPSHOT_PATH_SIZE], line[LINE_MAX_BYTES];
	bool found = false;
	FILE *file;

	if (config != NULL && config[0] == '/') {
		snprintf(name, sizeof(name), "%s/user-dirs.dirs", config);
	} else {
		snprintf(name, sizeof(name), "%s/.config/user-dirs.dirs", home);
	}
	file = fopen(name, "re");
	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		found = take_user_dir(path, line, home);
	}
	if (file != NULL) {
		fclose(file);
	}
	return found;
}

void
snapshot_folder(char path[static SNAPSHOT_PATH_SIZE])
{
	const char *home = getenv("HOME");

	if (take_folder(path, getenv("XDG_PICTURES_DIR"), "") ||
		(home != NULL && read_user_dirs(path, home)) || take_folder(path, home, "")) {
		return;
	}
	snprintf(path, SNAPSHOT_PATH_SIZE, ".");
}

/* Where pictures go, once somebody has looked. */
static char folder[SNAPSHOT_PATH_SIZE];

const char *
snapshot_prepare(void)
{
	if (folder[0] == '\0') {
		snapshot_folder(folder);
	}
	return folder;
}

/* The first name of this second that is free. */
static int
choose_path(struct snapshot *snapshot)
{
	char date[32];
	struct tm tm;

	snapshot_prepare();
	localtime_r(&snapshot->time, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H-%M-%S", &tm);
	for (int i = 1; i <= MAX_OF_ONE_SECOND; i++) {
		char number[16] = "";

		if (i > 1) {
			snprintf(number, sizeof(number), " (%d)", i);
		}
		if (snprintf(snapshot->path, sizeof(snapshot->path), "%s/%s %u %s%s.png", folder,
			    snapshot->name, snapshot->console, date,
			    number) >= (int)sizeof(snapshot->path)) {
			return -ENAMETOOLONG;
		}
		if (broker_look(snapshot->path, NULL) < 0) {
			return 0;
		}
	}
	return -EEXIST;
}

/* In the worker. */
static int
save(void *data)
{
	struct snapshot *snapshot = data;
	int r = choose_path(snapshot);

	return r < 0 ? r : encode_image_to_file(snapshot->image, IMAGE_FORMAT_PNG, snapshot->path);
}

static void
handle_saved(void *data, int error)
{
	struct snapshot *snapshot = data;

	snapshot->done(snapshot->data, error < 0 ? strerror(-error) : NULL, snapshot->path);
}

static void
handle_read(void *data, int error)
{
	struct snapshot *snapshot = data;
	uint32_t i;

	if (error < 0) {
		snapshot->done(snapshot->data, scanout_reader_reason(snapshot->reader, &i), "");
		return;
	}
	snapshot->image = scanout_reader_take_image(snapshot->reader, 0);
	error = worker_run(snapshot->event, save, handle_saved, snapshot, &snapshot->worker);
	if (error < 0) {
		snapshot->done(snapshot->data, strerror(-error), "");
	}
}

int
snapshot_create(sd_event *event, const struct fetch_means *means, const struct scanout *scanout,
	const char *vm_name, uint32_t console, snapshot_done_fn done, void *data,
	struct snapshot **ret_snapshot)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int r;

	if (snapshot == NULL) {
		return -ENOMEM;
	}
	snapshot->event = sd_event_ref(event);
	text_copy(snapshot->name, sizeof(snapshot->name), vm_name);
	for (char *c = snapshot->name; *c != '\0'; c++) {
		/* Neither a folder nor a hidden file. */
		*c = *c == '/' || (c == snapshot->name && *c == '.') ? '_' : *c;
	}
	snapshot->console = console;
	snapshot->time = time(NULL);
	snapshot->done = done;
	snapshot->data = data;
	r = scanout_reader_create(
		event, means, scanout, 1, handle_read, snapshot, &snapshot->reader);
	if (r < 0) {
		snapshot_destroy(snapshot);
		return r;
	}
	*ret_snapshot = snapshot;
	return 0;
}

void
snapshot_destroy(struct snapshot *snapshot)
{
	if (snapshot == NULL) {
		return;
	}
	worker_destroy(snapshot->worker);
	scanout_reader_destroy(snapshot->reader);
	image_destroy(snapshot->image);
	sd_event_unref(snapshot->event);
	free(snapshot);
}
