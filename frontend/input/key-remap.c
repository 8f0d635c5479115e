#include "input/key-remap.h"

#include <errno.h>
#include <string.h>

#include "input/key-layout.h"

static int
parse_key(const struct key_layout *layout, const char *text, size_t length, uint32_t *ret_code,
	char error[static CHORD_ERROR_SIZE])
{
	uint32_t code = key_layout_find(layout, text, length);

	if (code == 0) {
		return chord_refuse(error, "there is no key ", text, length, "");
	}
	*ret_code = code;
	return 0;
}

static int
parse_targets(struct key_remap *remap, const struct key_layout *layout, const char *text,
	size_t length, char error[static CHORD_ERROR_SIZE])
{
	const char *end = text + length;

	while (length > 0 && text <= end) {
		size_t size = 0;
		int r;

		while (text + size < end && text[size] != '+') {
			size++;
		}
		if (remap->n_targets == KEY_REMAP_MAX_TARGETS) {
			return chord_refuse(error, "too many keys, from ", text, size, "");
		}
		r = parse_key(layout, text, size, &remap->targets[remap->n_targets], error);
		if (r < 0) {
			return r;
		}
		remap->n_targets++;
		text += size + 1;
	}
	return 0;
}

static struct key_remap *
find_or_add(struct key_remaps *remaps, uint32_t code)
{
	for (uint32_t i = 0; i < remaps->n_remaps; i++) {
		if (remaps->remaps[i].code == code) {
			return &remaps->remaps[i];
		}
	}
	return remaps->n_remaps < KEY_REMAPS_MAX ? &remaps->remaps[remaps->n_remaps++] : NULL;
}

static int
parse_one(struct key_remaps *remaps, const struct key_layout *layout, const char *text,
	size_t length, char error[static CHORD_ERROR_SIZE])
{
	const char *equals = memchr(text, '=', length);
	struct key_remap remap = { 0 }, *place;
	int r;

	if (equals == NULL) {
		return chord_refuse(error, "no = in ", text, length, "");
	}
	r = parse_key(layout, text, (size_t)(equals - text), &remap.code, error);
	if (r >= 0) {
		r = parse_targets(
			&remap, layout, equals + 1, length - (size_t)(equals + 1 - text), error);
	}
	if (r < 0) {
		return r;
	}
	place = find_or_add(remaps, remap.code);
	if (place == NULL) {
		return chord_refuse(error, "too many, from ", text, length, "");
	}
	*place = remap;
	return 0;
}

int
key_remaps_parse(struct key_remaps *remaps, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE])
{
	for (;;) {
		size_t length = strcspn(text, ",");
		int r = parse_one(remaps, layout, text, length, error);

		if (r < 0 || text[length] == '\0') {
			return r;
		}
		text += length + 1;
	}
}

const struct key_remap *
key_remaps_find(const struct key_remaps *remaps, uint32_t code)
{
	for (uint32_t i = 0; i < remaps->n_remaps; i++) {
		if (remaps->remaps[i].code == code) {
			return &remaps->remaps[i];
		}
	}
	return NULL;
}
