#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
/* Its handlers are its own; what calls them is libwayland. */
#include "wayland/feedback.c"

/*
 * What a compositor says about dma-bufs (linux-dmabuf's feedback), event by event, in any order: a
 * byte says which, the next ones are its arguments. Each is told to a model as well, which has sets
 * as plain lists: after every `done` both say the same.
 */

#define MAX_PAIRS 4096

enum event {
	EVENT_TABLE, /* kind of file, size that is told, number of entries, entries of two bytes */
	EVENT_MAIN_DEVICE,
	EVENT_TARGET_DEVICE,
	EVENT_FORMATS, /* number of bytes, bytes */
	EVENT_FLAGS,
	EVENT_TRANCHE_DONE,
	EVENT_DONE,
	N_EVENTS,
};

enum table_file {
	FILE_GOOD,
	FILE_SHRUNK, /* shorter than is told */
	FILE_SOCKET,
	FILE_WRITE_ONLY,
	N_FILES,
};

struct set {
	uint32_t n_pairs;
	struct format_pair pairs[MAX_PAIRS];
};

/* What has been said. */
struct model {
	struct set allowed, scanout;
	struct feedback_entry table[UINT8_MAX + 1];
	uint32_t n_entries;
	uint8_t indices[UINT8_MAX + 1];
	uint32_t n_index_bytes;
	bool scans_out;
	uint32_t n_scanout;
	dev_t main_device;
	bool is_full; /* more than it can hold: nothing is compared any more */
};

struct input {
	const uint8_t *data;
	size_t size;
};

static uint32_t n_changed, n_done;

static uint8_t
take(struct input *input)
{
	if (input->size == 0) {
		return 0;
	}
	input->size--;
	return *input->data++;
}

static size_t
take_bytes(struct input *input, size_t size, const uint8_t **ret_bytes)
{
	size = size < input->size ? size : input->size;
	*ret_bytes = input->data;
	input->data += size;
	input->size -= size;
	return size;
}

static void
add(struct model *model, struct set *set, const struct feedback_entry *entry)
{
	for (uint32_t i = 0; i < set->n_pairs; i++) {
		if (set->pairs[i].fourcc == entry->fourcc &&
			set->pairs[i].modifier == entry->modifier) {
			return;
		}
	}
	if (set->n_pairs == MAX_PAIRS) {
		model->is_full = true;
		return;
	}
	set->pairs[set->n_pairs++] = (struct format_pair){ entry->fourcc, entry->modifier };
}

static void
check_set(const struct set *said, const struct format_set *set)
{
	for (uint32_t i = 0; i < said->n_pairs; i++) {
		FUZZ_EXPECT(
			format_set_contains(set, said->pairs[i].fourcc, said->pairs[i].modifier));
		FUZZ_EXPECT(format_set_contains_fourcc(set, said->pairs[i].fourcc));
	}
}

static void
check_state(const struct model *model, const struct feedback_state *state)
{
	struct format_set scanout = { 0 };

	FUZZ_EXPECT(state->allowed.n_pairs == model->allowed.n_pairs);
	check_set(&model->allowed, &state->allowed);
	FUZZ_EXPECT(state->main_device == model->main_device);
	FUZZ_EXPECT(state->n_scanout <= FEEDBACK_MAX_SCANOUT_TRANCHES);
	FUZZ_EXPECT(state->n_scanout == model->n_scanout);
	for (uint32_t i = 0; i < state->n_scanout; i++) {
		const struct format_set *formats = &state->scanout[i].formats;

		for (size_t k = 0; k < formats->n_pairs; k++) {
			const struct format_pair *pair = &formats->pairs[k];

			/* What is scanned out is taken, too, and found. */
			FUZZ_EXPECT(
				format_set_contains(&state->allowed, pair->fourcc, pair->modifier));
			FUZZ_EXPECT(
				feedback_find_scanout(state, pair->fourcc, pair->modifier) != NULL);
			FUZZ_EXPECT(format_set_add(&scanout, pair->fourcc, pair->modifier) == 0);
		}
	}
	FUZZ_EXPECT(scanout.n_pairs == model->scanout.n_pairs);
	check_set(&model->scanout, &scanout);
	format_set_finish(&scanout);
}

static void
handle_changed(void *data, bool formats)
{
	n_changed++;
}

static int
make_file(enum table_file kind, const void *bytes, size_t size)
{
	int fds[2];
	int fd;

	if (kind == FILE_SOCKET) {
		FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
		close(fds[1]);
		return fds[0];
	}
	if (kind == FILE_WRITE_ONLY) {
		return open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	fd = memfd_create("table", MFD_CLOEXEC);
	FUZZ_EXPECT(fd >= 0);
	FUZZ_EXPECT(fd_write_all(fd, bytes, kind == FILE_SHRUNK ? size / 2 : size) == 0);
	return fd;
}

static void
tell_table(struct feedback *feedback, struct model *model, struct input *input)
{
	enum table_file kind = take(input) % N_FILES;
	uint32_t odd = take(input), n_entries = take(input);
	uint32_t size = n_entries * (uint32_t)sizeof(struct feedback_entry);

	for (uint32_t i = 0; i < n_entries; i++) {
		model->table[i] = (struct feedback_entry){ .fourcc = take(input) };
		model->table[i].modifier = (uint64_t)take(input) << 56 | take(input);
	}
	/* Sizes that are no whole number of entries, or far more than there are. */
	size = odd == 0 ? size : odd % 2 == 0 ? size + odd : UINT32_MAX - odd;
	model->n_entries = kind == FILE_GOOD && odd == 0 ? n_entries : 0;
	feedback_listener.format_table(feedback, NULL,
		make_file(kind, model->table, n_entries * sizeof(struct feedback_entry)), size);
	FUZZ_EXPECT(feedback->n_entries <= FEEDBACK_MAX_TABLE_ENTRIES);
	if (odd % 2 == 0 && odd > 0 && odd % sizeof(struct feedback_entry) == 0) {
		/* More entries than there are: not all of it can be read. */
		FUZZ_EXPECT(feedback->n_entries == 0);
	}
}

static void
finish_tranche(struct feedback *feedback, struct model *model)
{
	bool is_kept = model->scans_out && model->n_scanout < FEEDBACK_MAX_SCANOUT_TRANCHES;

	for (uint32_t i = 0; i + 1 < model->n_index_bytes; i += 2) {
		uint16_t index;

		memcpy(&index, &model->indices[i], sizeof(index));
		if (index < model->n_entries) {
			add(model, &model->allowed, &model->table[index]);
			if (is_kept) {
				add(model, &model->scanout, &model->table[index]);
			}
		}
	}
	model->n_scanout += is_kept;
	model->n_index_bytes = 0;
	model->scans_out = false;
	feedback_listener.tranche_done(feedback, NULL);
}

static void
finish(struct feedback *feedback, struct model *model)
{
	feedback_listener.done(feedback, NULL);
	FUZZ_EXPECT(n_changed == ++n_done);
	if (!model->is_full) {
		check_state(model, &feedback->state);
	}
	model->allowed.n_pairs = model->scanout.n_pairs = 0;
	model->n_scanout = 0;
	model->main_device = 0;
}

static void
tell(struct feedback *feedback, struct model *model, struct input *input)
{
	enum event event = take(input) % N_EVENTS;
	const uint8_t *bytes;
	struct wl_array array = { 0 };

	switch (event) {
	case EVENT_TABLE:
		tell_table(feedback, model, input);
		return;
	case EVENT_FLAGS:
		model->scans_out = take(input) % 2 == 1;
		feedback_listener.tranche_flags(feedback, NULL, model->scans_out);
		return;
	case EVENT_TRANCHE_DONE:
		finish_tranche(feedback, model);
		return;
	case EVENT_DONE:
		finish(feedback, model);
		return;
	default:
		break;
	}
	array.size = take_bytes(input, take(input), &bytes);
	/* As large as it is, so that the sanitizer sees reads behind its end. */
	array.data = malloc(array.size > 0 ? array.size : 1);
	memcpy(array.data, bytes, array.size);
	if (event == EVENT_FORMATS) {
		memcpy(model->indices, bytes, array.size);
		model->n_index_bytes = (uint32_t)array.size;
		feedback_listener.tranche_formats(feedback, NULL, &array);
	} else if (event == EVENT_MAIN_DEVICE) {
		model->main_device = 0;
		if (array.size == sizeof(dev_t)) {
			memcpy(&model->main_device, bytes, sizeof(dev_t));
		}
		feedback_listener.main_device(feedback, NULL, &array);
	} else {
		feedback_listener.tranche_target_device(feedback, NULL, &array);
	}
	free(array.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model model;
	struct feedback feedback = { .changed = handle_changed };
	struct input input = { data, size };
	uint32_t n_fds = fuzz_count_fds();

	memset(&model, 0, sizeof(model));
	n_changed = n_done = 0;
	while (input.size > 0) {
		tell(&feedback, &model, &input);
	}
	feedback_finish(&feedback);
	FUZZ_EXPECT(fuzz_count_fds() == n_fds);
	return 0;
}
