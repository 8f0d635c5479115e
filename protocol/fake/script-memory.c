#include "script-memory.h"

#include <ctype.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "format.h"

/* Where the format table does not say how long a row is, and the script neither. */
#define UNKNOWN_FORMAT_BYTES 4

struct script_memory *
script_memory_take(struct script *script, struct words *words)
{
	const char *name = words_take(words);
	struct script_memory *memory;

	if (name == NULL || strlen(name) >= SCRIPT_NAME_SIZE) {
		words_expected(words, "a buffer's name, at most 31 characters");
		return NULL;
	}
	for (uint32_t i = 0; i < script->n_memories; i++) {
		if (strcmp(script->memories[i].name, name) == 0) {
			return &script->memories[i];
		}
	}
	if (script->n_memories == SCRIPT_MAX_MEMORIES) {
		words_complain(words, "more than 64 buffers");
		return NULL;
	}
	memory = &script->memories[script->n_memories++];
	strcpy(memory->name, name);
	memory->line = words->line;
	return memory;
}

/* "XRGB8888", "XR24" or a number in hex, for what no table knows. */
static int
take_fourcc(struct words *words, uint32_t *ret_fourcc)
{
	const char *text = words_take(words);
	const struct format *format;
	uint64_t number;

	if (text == NULL) {
		return words_expected(words, "a pixel format");
	}
	for (uint32_t i = 0; (format = format_at(i)) != NULL; i++) {
		if (strcmp(format->name, text) == 0) {
			*ret_fourcc = format->fourcc;
			return 0;
		}
	}
	if (strlen(text) == 4) {
		*ret_fourcc = (uint32_t)fourcc_code(
			(uint8_t)text[0], (uint8_t)text[1], (uint8_t)text[2], (uint8_t)text[3]);
		return 0;
	}
	if (text[0] == '0' && text[1] == 'x') {
		words->at--;
		if (words_take_hex(words, "a pixel format", UINT32_MAX, &number) < 0) {
			return -EINVAL;
		}
		*ret_fourcc = (uint32_t)number;
		return 0;
	}
	return words_expected(words, "a pixel format (XRGB8888, XR24, 0x34325258)");
}

/* Everything of the layout but its planes' places, where the script leaves those out. */
struct plane_options {
	bool has_offset[BUFFER_MAX_PLANES];
	bool has_stride[BUFFER_MAX_PLANES];
};

static int
take_plane_option(struct words *words, struct buffer_layout *layout, struct plane_options *options)
{
	uint64_t index = 0, value;
	bool is_stride;

	if (words_accept(words, "offset")) {
		is_stride = false;
	} else if (words_accept(words, "stride")) {
		is_stride = true;
	} else {
		int r = words_take_choice(words, "plane-offset", "plane-stride", &is_stride);
		if (r < 0 ||
			words_take_number(words, "a plane", 0, BUFFER_MAX_PLANES - 1, &index) < 0) {
			return -EINVAL;
		}
	}
	if (words_take_number(words, "a number of bytes", 0, UINT32_MAX, &value) < 0) {
		return -EINVAL;
	}
	if (is_stride) {
		layout->planes[index].stride = (uint32_t)value;
		options->has_stride[index] = true;
	} else {
		layout->planes[index].offset = (uint32_t)value;
		options->has_offset[index] = true;
	}
	return 0;
}

static bool
is_plane_option(const struct words *words)
{
	static const char *const names[] = { "offset", "stride", "plane-offset", "plane-stride" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (words->at < words->n_words && strcmp(words->words[words->at], names[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* Places the planes one behind the other, and finds how much memory they need. */
static int
place_planes(const struct words *words, struct script_memory *memory,
	const struct plane_options *options)
{
	struct buffer_layout *layout = &memory->layout;
	const struct format *format = format_from_fourcc(layout->fourcc);
	uint32_t bytes = format != NULL ? format->bytes_per_pixel : UNKNOWN_FORMAT_BYTES;
	uint64_t end = 0, size = 0;

	for (uint32_t i = 0; i < layout->n_planes; i++) {
		struct buffer_plane *plane = &layout->planes[i];

		if (!options->has_stride[i]) {
			plane->stride = i == 0 ? (layout->width * bytes + 3) & ~3u
					       : layout->planes[0].stride;
		}
		if (!options->has_offset[i]) {
			if (end > UINT32_MAX) {
				return words_complain(words, "the planes need more than 4 GiB");
			}
			plane->offset = (uint32_t)end;
		}
		end = plane->offset + (uint64_t)plane->stride * layout->height;
		size = end > size ? end : size;
	}
	for (uint32_t i = layout->n_planes; i < BUFFER_MAX_PLANES; i++) {
		if (options->has_stride[i] || options->has_offset[i]) {
			return words_complain(
				words, "a plane is described that `planes` does not count");
		}
	}
	if (size > UINT32_MAX) {
		return words_complain(words, "the planes need more than 4 GiB");
	}
	memory->size = (size_t)size;
	return 0;
}

static bool
is_same_memory(const struct script_memory *a, const struct script_memory *b)
{
	const struct buffer_layout *x = &a->layout, *y = &b->layout;

	if (a->unsealed != b->unsealed || a->n_timelines != b->n_timelines || x->kind != y->kind ||
		x->width != y->width || x->height != y->height || x->fourcc != y->fourcc ||
		x->modifier != y->modifier || x->n_planes != y->n_planes) {
		return false;
	}
	for (uint32_t i = 0; i < x->n_planes; i++) {
		if (x->planes[i].offset != y->planes[i].offset ||
			x->planes[i].stride != y->planes[i].stride) {
			return false;
		}
	}
	return true;
}

static int
take_shown_option(struct words *words, struct script_memory *memory, bool *ret_source)
{
	if (words_accept(words, "bottom-up")) {
		memory->bottom_up = true;
		return 0;
	}
	if (words_accept(words, "placeholder")) {
		memory->placeholder = true;
		return 0;
	}
	if (words_accept(words, "points")) {
		if (words_take_number(words, "a point", 0, UINT64_MAX, &memory->acquire_point) <
			0) {
			return -EINVAL;
		}
		return words_take_number(words, "a point", 1, UINT64_MAX, &memory->release_point);
	}
	if (words_accept(words, "source")) {
		*ret_source = true;
		return words_take_rect(words, &memory->source);
	}
	words_take(words);
	return words_expected(words, "an option of `scanout`");
}

static int
take_layout_option(struct words *words, struct script_memory *memory, struct plane_options *options)
{
	uint64_t number;

	if (words_accept(words, "unsealed")) {
		memory->unsealed = true;
		return 0;
	}
	if (words_accept(words, "timelines")) {
		int r = words_take_number(words, "1 or 2", 1, 2, &number);
		memory->n_timelines = r < 0 ? 0 : (uint32_t)number;
		return r;
	}
	if (words_accept(words, "modifier")) {
		return words_take_hex(
			words, "a modifier in hex", UINT64_MAX, &memory->layout.modifier);
	}
	if (words_accept(words, "planes")) {
		int r = words_take_number(
			words, "a number of planes", 1, BUFFER_MAX_PLANES, &number);
		memory->layout.n_planes = r < 0 ? 1 : (uint32_t)number;
		return r;
	}
	return take_plane_option(words, &memory->layout, options);
}

static bool
is_layout_option(const struct words *words)
{
	static const char *const names[] = { "unsealed", "timelines", "modifier", "planes" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (words->at < words->n_words && strcmp(words->words[words->at], names[i]) == 0) {
			return true;
		}
	}
	return is_plane_option(words);
}

int
script_memory_take_kind(struct words *words, enum buffer_kind *ret_kind, uint32_t *ret_fourcc)
{
	bool is_dmabuf;

	if (words_take_choice(words, "memory", "dmabuf", &is_dmabuf) < 0 ||
		take_fourcc(words, ret_fourcc) < 0) {
		return -EINVAL;
	}
	*ret_kind = is_dmabuf ? BUFFER_DMABUF : BUFFER_MEMORY;
	return 0;
}

static int
take_head_of_layout(struct words *words, struct script_memory *memory)
{
	struct buffer_layout *layout = &memory->layout;

	if (script_memory_take_kind(words, &layout->kind, &layout->fourcc) < 0 ||
		words_take_size(words, BUFFER_MAX_DIMENSION, &layout->width, &layout->height) < 0) {
		return -EINVAL;
	}
	layout->modifier = DRM_FORMAT_MOD_LINEAR;
	layout->n_planes = 1;
	for (uint32_t i = 0; i < BUFFER_MAX_PLANES; i++) {
		layout->planes[i].fd = -1;
	}
	return 0;
}

int
script_memory_take_scanout(
	struct script_memory *memory, struct words *words, struct script_command *command)
{
	struct plane_options options = { 0 };
	struct script_memory told = { 0 };
	bool has_source = false;
	bool has_layout, own;

	has_layout = words->at < words->n_words &&
		     (strcmp(words->words[words->at], "memory") == 0 ||
			     strcmp(words->words[words->at], "dmabuf") == 0);
	if (has_layout && take_head_of_layout(words, &told) < 0) {
		return -EINVAL;
	}
	own = has_layout || words->at < words->n_words;
	while (words->at < words->n_words) {
		int r = has_layout && is_layout_option(words)
				? take_layout_option(words, &told, &options)
				: take_shown_option(words, &told, &has_source);
		if (r < 0) {
			return r;
		}
	}
	if (has_layout && place_planes(words, &told, &options) < 0) {
		return -EINVAL;
	}
	if (has_layout && !has_source) {
		told.source = (struct rect){ 0, 0, (int32_t)told.layout.width,
			(int32_t)told.layout.height };
	}
	command->scanout.own = own;
	command->scanout.whole = !has_source;
	command->scanout.source = told.source;
	command->scanout.bottom_up = told.bottom_up;
	command->scanout.placeholder = told.placeholder;
	command->scanout.acquire_point = told.acquire_point;
	command->scanout.release_point = told.release_point;
	if (!has_layout) {
		return 0;
	}
	if (memory->defined) {
		return is_same_memory(memory, &told)
			       ? 0
			       : words_complain(words,
					 "this buffer is described in another way further up");
	}
	strcpy(told.name, memory->name);
	told.line = memory->line;
	told.defined = true;
	*memory = told;
	return 0;
}
