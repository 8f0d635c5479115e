#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "input/hotkeys.h"
#include "input/key-layout.h"
#include "input/key-remap.h"
#include "input/typing.h"

/*
 * What names keys on the command line: the first byte of the input says which option, the rest is
 * its value.
 */

#define MAX_CODE 767 /* KEY_MAX */

static void
check_error(int r, const char error[static CHORD_ERROR_SIZE])
{
	char clean[CHORD_ERROR_SIZE];

	if (r == 0) {
		return;
	}
	FUZZ_EXPECT(r == -EINVAL);
	FUZZ_EXPECT(error[0] != '\0' && memchr(error, '\0', CHORD_ERROR_SIZE) != NULL);
	text_copy(clean, sizeof(clean), error);
	FUZZ_EXPECT(strcmp(clean, error) == 0);
}

static void
check_chord(const struct chord *chord)
{
	uint32_t codes[CHORD_MAX_CODES];
	uint32_t n = chord_codes(chord, codes);

	FUZZ_EXPECT(n >= 1 && n <= CHORD_MAX_CODES);
	for (uint32_t i = 0; i < n; i++) {
		FUZZ_EXPECT(codes[i] >= 1 && codes[i] <= MAX_CODE);
	}
}

static void
try_hotkeys(const struct key_layout *layout, const char *text)
{
	char error[CHORD_ERROR_SIZE] = "";
	struct hotkeys hotkeys;

	hotkeys_init(&hotkeys);
	check_error(hotkeys_parse(&hotkeys, layout, text, error), error);
	FUZZ_EXPECT(hotkeys.n_hotkeys <= HOTKEYS_MAX);
	FUZZ_EXPECT(memchr(hotkeys.grab_text, '\0', sizeof(hotkeys.grab_text)) != NULL);
	for (uint32_t i = 0; i < hotkeys.n_hotkeys; i++) {
		const struct hotkey *hotkey = &hotkeys.hotkeys[i];

		check_chord(&hotkey->chord);
		FUZZ_EXPECT(hotkeys_find(&hotkeys, hotkey->chord.modifiers, hotkey->chord.code) !=
			    NULL);
	}
}

static void
try_remaps(const struct key_layout *layout, const char *text)
{
	char error[CHORD_ERROR_SIZE] = "";
	struct key_remaps remaps = { 0 };

	check_error(key_remaps_parse(&remaps, layout, text, error), error);
	FUZZ_EXPECT(remaps.n_remaps <= KEY_REMAPS_MAX);
	for (uint32_t i = 0; i < remaps.n_remaps; i++) {
		FUZZ_EXPECT(remaps.remaps[i].n_targets <= KEY_REMAP_MAX_TARGETS);
		/* Each key once. */
		FUZZ_EXPECT(key_remaps_find(&remaps, remaps.remaps[i].code) == &remaps.remaps[i]);
	}
}

static void
try_chords(const struct key_layout *layout, const char *text)
{
	char error[CHORD_ERROR_SIZE] = "";
	struct chord_list list = { 0 };

	check_error(chord_list_parse(layout, text, &list, error), error);
	FUZZ_EXPECT(list.n_chords <= CHORD_LIST_MAX);
	for (uint32_t i = 0; i < list.n_chords; i++) {
		check_chord(&list.chords[i]);
	}
}

static void
try_typing(const struct key_layout *layout, const char *text, bool keys)
{
	static struct typing typing;
	char error[CHORD_ERROR_SIZE] = "";

	typing.n_strokes = 0;
	check_error(keys ? typing_add_keys(&typing, layout, text, error)
			 : typing_add_text(&typing, layout, text, error),
		error);
	FUZZ_EXPECT(typing.n_strokes <= TYPING_MAX_STROKES);
	for (uint32_t i = 0; i < typing.n_strokes; i++) {
		FUZZ_EXPECT(typing.strokes[i].n_codes >= 1 &&
			    typing.strokes[i].n_codes <= CHORD_MAX_CODES);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct key_layout *layout;
	char *text;

	if (layout == NULL) {
		FUZZ_EXPECT(key_layout_create(KEY_LAYOUT_DEFAULT, &layout) == 0);
	}
	if (size == 0) {
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1);
	FUZZ_EXPECT(text != NULL);
	switch (data[0]) {
	case 'h':
		try_hotkeys(layout, text);
		break;
	case 'k':
		try_remaps(layout, text);
		break;
	case 'p':
		try_chords(layout, text);
		break;
	default:
		try_typing(layout, text, data[0] == 's');
		break;
	}
	free(text);
	return 0;
}
