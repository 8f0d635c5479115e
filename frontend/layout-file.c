#include "layout-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/broker.h"
#include "layout-decode.h"
#include "layout-encode.h"
#include "layout-path.h"
#include "layout-storage.h"
#include "worker.h"

struct layout_file {
	sd_event *event;
	char *path;
	struct layout loaded;
	bool is_loaded;
	bool refuses; /* what is on disk is not ours to replace */
	bool failed;  /* to write, which was said */

	char *on_disk; /* NULL: nothing that we know */
	char *wanted;  /* NULL: nothing was saved */

	struct worker *worker; /* NULL: nothing is being written */
	char *writing;
	int result; /* of the thread; read once it was waited for */
};

static void
set_aside(struct layout_file *file, const char *why)
{
	int r = -ENOMEM;
	char *name;

	if (asprintf(&name, "%s.damaged", file->path) < 0) {
		name = NULL;
	} else {
		r = broker_rename(file->path, name);
	}
	if (r >= 0) {
		log_warning("%s is damaged (%s); it is now %s, and windows open as if there were "
			    "none",
			file->path, why, name);
	} else {
		log_warning("%s is damaged (%s) and cannot be renamed: %s; it is left alone, and "
			    "no layout is saved",
			file->path, why, strerror(-r));
		file->refuses = true;
	}
	free(name);
}

/* 0 or -ENOMEM. */
static int
read_file(struct layout_file *file)
{
	/* One more than there may be, so that it shows. */
	char *text = malloc(LAYOUT_MAX_SIZE + 1);
	char error[LAYOUT_ERROR_SIZE];
	ssize_t size;
	int r;

	if (text == NULL) {
		return -ENOMEM;
	}
	size = layout_storage_read(file->path, text, LAYOUT_MAX_SIZE + 1);
	if (size < 0) {
		r = 0;
		if (size != -ENOENT) {
			log_warning("cannot read %s: %s; it is left alone, and no layout is saved",
				file->path, strerror((int)-size));
			file->refuses = true;
		}
	} else {
		r = layout_decode(text, (size_t)size, error, &file->loaded);
		file->is_loaded = r >= 0;
	}
	free(text);
	if (r == -EBADMSG) {
		set_aside(file, error);
		r = 0;
	} else if (r == -ENOTSUP) {
		log_warning("%s was written by a later version of this program (%s); it is left "
			    "alone, and no layout is saved",
			file->path, error);
		file->refuses = true;
		r = 0;
	} else if (file->is_loaded) {
		r = layout_encode(&file->loaded, &file->on_disk);
	}
	return r;
}

/* Whether the last layout is on disk, as far as we know. */
static bool
is_written(const struct layout_file *file)
{
	return file->wanted == NULL ||
	       (file->on_disk != NULL && strcmp(file->wanted, file->on_disk) == 0);
}

/* In the thread. */
static int
write_text(void *data)
{
	struct layout_file *file = data;

	file->result = layout_storage_write(file->path, file->writing);
	return file->result;
}

static void
fail(struct layout_file *file, int error)
{
	if (!file->failed) {
		file->failed = true;
		log_warning("cannot write %s: %s; the layout of before is kept", file->path,
			strerror(-error));
	}
}

/* Once the thread has ended, or could not begin. */
static void
finish_writing(struct layout_file *file)
{
	if (file->result >= 0) {
		free(file->on_disk);
		file->on_disk = file->writing;
	} else {
		fail(file, file->result);
		free(file->writing);
	}
	file->writing = NULL;
}

static void start_writing(struct layout_file *file);

static void
handle_written(void *data, int result)
{
	struct layout_file *file = data;
	/* What could not be written is tried again at the next change and at the end. */
	bool has_newer = strcmp(file->wanted, file->writing) != 0;

	worker_destroy(file->worker);
	file->worker = NULL;
	finish_writing(file);
	if (has_newer) {
		start_writing(file);
	}
}

static void
start_writing(struct layout_file *file)
{
	int r;

	/* Without a loop the rest waits to be written by layout_file_close(). */
	if (file->worker != NULL || is_written(file) ||
		sd_event_get_state(file->event) == SD_EVENT_FINISHED) {
		return;
	}
	file->writing = strdup(file->wanted);
	r = file->writing == NULL
		    ? -ENOMEM
		    : worker_run(file->event, write_text, handle_written, file, &file->worker);
	if (r < 0) {
		file->result = r;
		finish_writing(file);
	}
}

int
layout_file_open(sd_event *event, const struct guest_identity *identity, const char *qmp_path,
	struct layout_file **ret_file)
{
	struct layout_file *file = calloc(1, sizeof(*file));
	int r = -ENOMEM;

	if (file != NULL) {
		file->event = sd_event_ref(event);
		r = layout_path(identity, qmp_path, &file->path);
	}
	if (r >= 0) {
		r = read_file(file);
	}
	if (r == -ENODATA) {
		log_info("the VM has no UUID, no name and no QMP socket; its layout is not saved");
	} else if (r == -ENOENT) {
		log_warning("neither XDG_STATE_HOME nor HOME is set; no layout is saved");
	} else if (r < 0) {
		log_warning("no layout is saved: %s", strerror(-r));
	}
	if (r < 0) {
		layout_file_close(file);
		return r;
	}
	*ret_file = file;
	return 0;
}

int
layout_file_load(const struct layout_file *file, struct layout *ret_layout)
{
	if (!file->is_loaded) {
		return -ENOENT;
	}
	*ret_layout = file->loaded;
	return 0;
}

int
layout_file_save(struct layout_file *file, const struct layout *layout)
{
	char *text;
	int r;

	if (file->refuses) {
		return -EPERM;
	}
	r = layout_encode(layout, &text);
	if (r < 0) {
		return r;
	}
	free(file->wanted);
	file->wanted = text;
	start_writing(file);
	return 0;
}

void
layout_file_close(struct layout_file *file)
{
	if (file == NULL) {
		return;
	}
	if (file->worker != NULL) {
		worker_destroy(file->worker);
		finish_writing(file);
	}
	if (!is_written(file)) {
		int r = layout_storage_write(file->path, file->wanted);

		if (r < 0) {
			fail(file, r);
		}
	}
	sd_event_unref(file->event);
	free(file->path);
	free(file->on_disk);
	free(file->wanted);
	free(file);
}
