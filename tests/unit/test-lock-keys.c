#include "unit.h"

#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "base/fd.h"
#include "input.h"
#include "wayland/lock-keys.h"

static const char keymap[] =
	"xkb_keymap {\n"
	"xkb_keycodes { minimum = 8; maximum = 255; <CAPS> = 66; indicator 1 = \"Caps Lock\"; };\n"
	"xkb_types { type \"ONE_LEVEL\" { modifiers = none; level_name[Level1] = \"Any\"; }; };\n"
	"xkb_compatibility {\n"
	"  indicator \"Caps Lock\" { whichModState = locked; modifiers = Lock; }; };\n"
	"xkb_symbols { key <CAPS> { [ Caps_Lock ] }; modifier_map Lock { <CAPS> }; };\n"
	"};\n";

/* What is known of a keymap that is so large, nearly all of it nothing. */
static uint32_t
known_of(uint32_t size)
{
	AUTO_FD int fd = unit_memfd(size, 0);
	struct lock_keys locks = { 0 };
	struct unit_output output;
	uint32_t known;

	assert_int_equal(pwrite(fd, keymap, strlen(keymap), 0), strlen(keymap));
	unit_output_begin(&output, STDERR_FILENO);
	lock_keys_set_keymap(&locks, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, size);
	unit_output_end(&output);
	known = locks.known;
	assert_int_equal(known == 0, strstr(output.text, "keymap is no good") != NULL);
	lock_keys_finish(&locks);
	return known;
}

static void
test_keymaps_as_large_as_they_may_be(void **state)
{
	assert_int_equal(known_of(sizeof(keymap)), INPUT_LOCK_CAPS);
	assert_int_equal(known_of(LOCK_KEYS_MAX_KEYMAP_SIZE), INPUT_LOCK_CAPS);
	assert_int_equal(known_of(LOCK_KEYS_MAX_KEYMAP_SIZE + 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keymaps_as_large_as_they_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
