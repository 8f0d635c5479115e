#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "headless/encode.h"
#include "headless/image.h"
#include "worker.h"

#define MAX_OF_ONE_SECOND 100
#define NAME_MAX_BYTES 64
#define LINE_MAX_BYTES 4096

struct snapshot {
	struct scanout
		scanout; /* its buffer is ours alone: the loop may read the guest's meanwhile */
	char name[NAME_MAX_BYTES];
	uint32_t console;
	time_t time;
	char path[SNAPSHOT_PATH_SIZE];
	snapshot_done_fn done;
	void *data;
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

/* The first name of this second that is free. */
static int
choose_path(struct snapshot *snapshot)
{
	char folder[SNAPSHOT_PATH_SIZE], date[32];
	struct tm tm;

	snapshot_folder(folder);
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
		if (access(snapshot->path, F_OK) < 0) {
			return 0;
		}
	}
	return -EEXIST;
}

/* In the worker. */
static int
take(void *data)
{
	struct snapshot *snapshot = data;
	struct image *image;
	int r = choose_path(snapshot);

	r = r < 0 ? r : image_read_scanout(&snapshot->scanout, &image);
	if (r >= 0) {
		r = encode_image_to_file(image, IMAGE_FORMAT_PNG, snapshot->path);
		image_destroy(image);
	}
	return r;
}

static void
handle_worker_done(void *data, int result)
{
	struct snapshot *snapshot = data;

	snapshot->done(snapshot->data, result, snapshot->path);
}

int
snapshot_create(sd_event *event, const struct scanout *scanout, const char *vm_name,
	uint32_t console, snapshot_done_fn done, void *data, struct snapshot **ret_snapshot)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int r;

	if (snapshot == NULL) {
		return -ENOMEM;
	}
	snapshot->scanout = *scanout;
	r = buffer_create(&scanout->buffer->layout, &snapshot->scanout.buffer);
	if (r < 0) {
		free(snapshot);
		return r;
	}
	snprintf(snapshot->name, sizeof(snapshot->name), "%s", vm_name);
	for (char *c = snapshot->name; *c != '\0'; c++) {
		/* Neither a folder nor a hidden file. */
		*c = *c == '/' || (c == snapshot->name && *c == '.') ? '_' : *c;
	}
	snapshot->console = console;
	snapshot->time = time(NULL);
	snapshot->done = done;
	snapshot->data = data;
	r = worker_run(event, take, handle_worker_done, snapshot, &snapshot->worker);
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
	buffer_unref(snapshot->scanout.buffer);
	free(snapshot);
}
