#include "import/gpu-reader.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "format.h"

enum read_state {
	READ_PARKED,    /* its helper failed, and is coming back */
	READ_KEPT,      /* nobody's: its import waits for the next picture of that buffer */
	READ_IMPORTING, /* the helper starts, or makes the memory */
	READ_DRAWING,
	READ_ENDED, /* well or not; done is due */
	READ_TOLD,
};

struct gpu_read {
	struct gpu_reader *reader;
	enum read_state state;
	struct gpu_choice choice;
	dev_t device; /* to start the shared helper with */
	struct gpu_user user;
	struct buffer *buffer; /* the guest's */
	struct buffer *memory; /* NULL until the helper has made it */
	struct rect rect;
	bool given_away;
	int error;
	const char *reason;
	gpu_read_done_fn done;
	void *data;
	struct gpu_read *next;
};

struct gpu_reader {
	struct gpu_set *gpus;
	struct gpu_read *reads;     /* who has been used last comes first */
	sd_event_source *teller;    /* calls done, from outside of everything */
	sd_event_source *forgetter; /* of what is kept */
};

static void
read_free(struct gpu_read *read)
{
	struct gpu_read **link = &read->reader->reads;

	while (*link != read) {
		link = &(*link)->next;
	}
	*link = read->next;
	gpu_helper_leave(&read->user);
	buffer_unref(read->memory);
	buffer_unref(read->buffer);
	free(read);
}

static void
end_read(struct gpu_read *read, int error, const char *reason)
{
	read->state = READ_ENDED;
	read->error = error;
	read->reason = reason;
	/* The source exists; only a dead event loop can refuse. */
	sd_event_source_set_enabled(read->reader->teller, SD_EVENT_ONESHOT);
}

static int
send_import(struct gpu_read *read)
{
	const struct buffer_layout *layout = &read->buffer->layout;
	uint32_t deep = format_deep(layout->fourcc);
	struct gpu_message message = { .type = GPU_IMPORT, .import = { .n_targets = 1 } };
	struct gpu_import *import = &message.import;
	int fds[BUFFER_MAX_PLANES];

	gpu_layout_from_buffer(&import->layout, layout);
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		fds[i] = layout->planes[i].fd;
	}
	/* Where the GPU keeps the depth it is the CPU that rounds, as it does when it reads. */
	if (deep != 0) {
		import->offers[import->n_offers++] =
			(struct gpu_offer){ .kind = BUFFER_MEMORY, .fourcc = deep };
	}
	import->offers[import->n_offers++] =
		(struct gpu_offer){ .kind = BUFFER_MEMORY, .fourcc = DRM_FORMAT_XRGB8888 };
	return gpu_helper_send(&read->user, &message, fds, layout->n_planes);
}

static int
send_draw(struct gpu_read *read)
{
	struct gpu_message message = {
		.type = GPU_DRAW,
		.draw = { .n_rects = 1, .rects = { read->rect } },
	};

	read->state = READ_DRAWING;
	return gpu_helper_send(&read->user, &message, NULL, 0);
}

static const char not_taken[] = "the GPU helper takes no messages";
static const char not_taken_by_any[] = "no GPU's driver takes this format and modifier";

static int
join(struct gpu_read *read, const char **ret_reason)
{
	struct gpu_choice *choice = &read->choice;
	dev_t device = choice->device != 0 ? choice->device : read->device;
	int r = gpu_helper_join(choice->helper, &read->user, device, false, ret_reason);

	read->state = READ_IMPORTING;
	if (r < 0) {
		if (gpu_helper_is_coming_back(choice->helper)) {
			read->state = READ_PARKED;
			return 0;
		}
		return r;
	}
	if (gpu_helper_is_ready(choice->helper) && send_import(read) < 0) {
		*ret_reason = not_taken;
		return -ECONNRESET;
	}
	return 0;
}

/* Why the last one cannot have it is in ret_reason when there is no other. */
static int
join_next(struct gpu_read *read, const char **ret_reason)
{
	struct gpu_reader *reader = read->reader;
	int r = -ENOTSUP;

	gpu_set_choose(reader->gpus, read->buffer->layout.modifier, &read->choice);
	while (read->choice.helper != NULL) {
		r = join(read, ret_reason);
		/* The shared one has looked at every GPU by itself. */
		if (r >= 0 || read->choice.index == 0) {
			return r;
		}
		gpu_set_choose(reader->gpus, read->buffer->layout.modifier, &read->choice);
	}
	return r;
}

static void
try_next(struct gpu_read *read, const char *reason)
{
	int r;

	buffer_unref(read->memory);
	read->memory = NULL;
	r = join_next(read, &reason);
	if (r < 0) {
		end_read(read, r, reason);
	}
}

/* Where the GPU that it was for is none that draws it has taken another. */
static void
handle_ready(void *data)
{
	struct gpu_read *read = data;

	if (!gpu_set_is_right(read->reader->gpus, &read->choice)) {
		gpu_helper_leave(&read->user);
		try_next(read, not_taken_by_any);
	} else if (send_import(read) < 0) {
		end_read(read, -ECONNRESET, not_taken);
	}
}

/* It may be lying, or be somebody else's by now. */
static int
check_memory(const struct gpu_read *read, const struct buffer *memory)
{
	const struct buffer_layout *layout = &memory->layout;
	const struct buffer_layout *guest = &read->buffer->layout;

	return layout->kind == BUFFER_MEMORY && memory->infos[0].sealed &&
			       layout->width == guest->width && layout->height == guest->height &&
			       (layout->fourcc == DRM_FORMAT_XRGB8888 ||
				       layout->fourcc == format_deep(guest->fourcc))
		       ? 0
		       : -EBADMSG;
}

static int
handle_target(void *data, const struct gpu_target *target, const int *fds)
{
	struct gpu_read *read = data;
	struct buffer_layout layout;
	int r;

	if (read->state != READ_IMPORTING || target->index != 0 || target->last == 0) {
		return -EBADMSG;
	}
	gpu_layout_to_buffer(&target->layout, fds, &layout);
	r = buffer_create(&layout, &read->memory);
	if (r >= 0) {
		r = check_memory(read, read->memory);
	}
	if (r == -EBADMSG || r == -ENOTSUP) {
		return -EBADMSG;
	}
	gpu_set_remember(read->reader->gpus, &read->choice);
	if (r < 0 || send_draw(read) < 0) {
		end_read(read, r < 0 ? r : -ECONNRESET, r < 0 ? "out of memory" : not_taken);
	}
	return 0;
}

static int
handle_drawn(void *data, const struct gpu_drawn *drawn)
{
	struct gpu_read *read = data;

	if (read->state != READ_DRAWING || drawn->index != 0) {
		return -EBADMSG;
	}
	if (drawn->error < 0) {
		end_read(read, -EIO, "the GPU could not draw it");
	} else {
		end_read(read, 0, NULL);
	}
	return 0;
}

static void
handle_failure_of_helper(struct gpu_read *read, int error, const char *reason)
{
	if (!gpu_helper_is_coming_back(read->choice.helper)) {
		end_read(read, error, reason);
		return;
	}
	buffer_unref(read->memory);
	read->memory = NULL;
	read->state = READ_PARKED;
}

/* What has been drawn is drawn, whatever becomes of the helper. */
static void
handle_failed(void *data, int error, const char *reason)
{
	struct gpu_read *read = data;

	if (read->state == READ_KEPT) {
		read_free(read);
	} else if (read->state != READ_IMPORTING && read->state != READ_DRAWING) {
		return;
	} else if (error == -ETIMEDOUT || error == -ECONNRESET) {
		handle_failure_of_helper(read, error, reason);
	} else if (error == -ENOTSUP || read->choice.index > 0) {
		try_next(read, read->choice.index == 0 ? reason : not_taken_by_any);
	} else {
		end_read(read, -ENOTSUP, reason);
	}
}

static const struct gpu_user_listener user_listener = {
	.ready = handle_ready,
	.target = handle_target,
	.drawn = handle_drawn,
	.failed = handle_failed,
};

/* Each may start and finish others. */
static int
tell(sd_event_source *source, void *data)
{
	struct gpu_reader *reader = data;
	struct gpu_read *read = reader->reads;

	while (read != NULL) {
		if (read->state != READ_ENDED) {
			read = read->next;
			continue;
		}
		read->state = READ_TOLD;
		read->done(read->data, read->error, read->reason);
		read = reader->reads;
	}
	return 0;
}

static int
forget_kept(sd_event_source *source, uint64_t usec, void *data)
{
	struct gpu_reader *reader = data;
	struct gpu_read *read = reader->reads;

	while (read != NULL) {
		struct gpu_read *next = read->next;

		if (read->state == READ_KEPT) {
			read_free(read);
		}
		read = next;
	}
	return 0;
}

static void
handle_available(void *data)
{
	gpu_reader_handle_available(data);
}

void
gpu_reader_handle_available(struct gpu_reader *reader)
{
	for (struct gpu_read *read = reader->reads; read != NULL; read = read->next) {
		const char *reason;
		int r = read->state == READ_PARKED ? join(read, &reason) : 0;

		if (r < 0) {
			end_read(read, r, reason);
		}
	}
}

int
gpu_reader_create(sd_event *event, struct gpu_helper *helper, const struct gpu_node *nodes,
	uint32_t n_nodes, struct gpu_reader **ret_reader)
{
	struct gpu_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (reader == NULL) {
		return -ENOMEM;
	}
	r = gpu_set_create(event, helper, nodes, n_nodes, handle_available, reader, &reader->gpus);
	if (r >= 0) {
		r = sd_event_add_defer(event, &reader->teller, tell, reader);
	}
	if (r >= 0) {
		r = sd_event_source_set_enabled(reader->teller, SD_EVENT_OFF);
	}
	if (r >= 0) {
		r = sd_event_add_time(
			event, &reader->forgetter, CLOCK_MONOTONIC, 0, 0, forget_kept, reader);
	}
	if (r >= 0) {
		r = sd_event_source_set_enabled(reader->forgetter, SD_EVENT_OFF);
	}
	if (r < 0) {
		gpu_reader_destroy(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

void
gpu_reader_destroy(struct gpu_reader *reader)
{
	if (reader == NULL) {
		return;
	}
	while (reader->reads != NULL) {
		read_free(reader->reads);
	}
	gpu_set_destroy(reader->gpus);
	sd_event_source_disable_unref(reader->teller);
	sd_event_source_disable_unref(reader->forgetter);
	free(reader);
}

static struct gpu_read *
find_kept(struct gpu_reader *reader, const struct buffer *buffer)
{
	for (struct gpu_read *read = reader->reads; read != NULL; read = read->next) {
		if (read->state == READ_KEPT &&
			buffer_is(read->buffer, &buffer->layout, buffer->infos)) {
			return read;
		}
	}
	return NULL;
}

static int
create_read(struct gpu_reader *reader, struct buffer *buffer, dev_t device,
	struct gpu_read **ret_read, const char **ret_reason)
{
	struct gpu_read *read = calloc(1, sizeof(*read));
	int r;

	if (read == NULL) {
		*ret_reason = "out of memory";
		return -ENOMEM;
	}
	read->reader = reader;
	read->device = device;
	read->user = (struct gpu_user){ .listener = &user_listener, .data = read };
	read->buffer = buffer_ref(buffer);
	read->next = reader->reads;
	reader->reads = read;
	r = join_next(read, ret_reason);
	if (r < 0) {
		read_free(read);
		return r;
	}
	*ret_read = read;
	return 0;
}

int
gpu_read_start(struct gpu_reader *reader, struct buffer *buffer, const struct rect *rect,
	dev_t device, gpu_read_done_fn done, void *data, struct gpu_read **ret_read,
	const char **ret_reason)
{
	struct gpu_read *read = find_kept(reader, buffer);
	int r;

	if (read != NULL) {
		read->rect = *rect;
		/* A helper that hangs or is gone is noticed here first; its end does the rest. */
		if (send_draw(read) < 0) {
			read_free(read);
			read = NULL;
		}
	}
	if (read == NULL) {
		r = create_read(reader, buffer, device, &read, ret_reason);
		if (r < 0) {
			return r;
		}
	}
	read->rect = *rect;
	read->done = done;
	read->data = data;
	*ret_read = read;
	return 0;
}

struct buffer *
gpu_read_memory(const struct gpu_read *read)
{
	return read->memory;
}

void
gpu_read_give_away(struct gpu_read *read)
{
	read->given_away = true;
}

/* The one that was not used for longest makes room. */
static void
limit_kept(struct gpu_reader *reader)
{
	struct gpu_read *oldest = NULL;
	uint32_t n_kept = 0;

	for (struct gpu_read *read = reader->reads; read != NULL; read = read->next) {
		if (read->state == READ_KEPT) {
			oldest = read;
			n_kept++;
		}
	}
	if (n_kept > GPU_READER_MAX_KEPT) {
		read_free(oldest);
	}
}

static void
keep(struct gpu_read *read)
{
	struct gpu_reader *reader = read->reader;
	struct gpu_read **link = &reader->reads;

	while (*link != read) {
		link = &(*link)->next;
	}
	*link = read->next;
	read->next = reader->reads;
	reader->reads = read;
	read->state = READ_KEPT;
	limit_kept(reader);
	sd_event_source_set_time_relative(reader->forgetter, GPU_READER_KEEP_MS * US_PER_MS);
	sd_event_source_set_enabled(reader->forgetter, SD_EVENT_ONESHOT);
}

void
gpu_read_finish(struct gpu_read *read)
{
	if (read == NULL) {
		return;
	}
	/* Who has left the helper in the meantime has no import any more. */
	if (read->state == READ_TOLD && read->error == 0 && !read->given_away &&
		read->user.helper != NULL) {
		keep(read);
	} else {
		read_free(read);
	}
}
