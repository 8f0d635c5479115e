#include "keymap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

/* Complete, so that it reads the same wherever the tests run. */
#define HEAD \
	"xkb_keymap {\n" \
	"xkb_keycodes { minimum = 8; maximum = 255;\n" \
	"  <CAPS> = 66; <NMLK> = 77; <SCLK> = 78;\n" \
	"  indicator 1 = \"Caps Lock\"; indicator 2 = \"Num Lock\"; indicator 3 = \"Scroll Lock\"; };\n" \
	"xkb_types { virtual_modifiers NumLock, ScrollLock;\n" \
	"  type \"ONE_LEVEL\" { modifiers = none; level_name[Level1] = \"Any\"; }; };\n" \
	"xkb_compatibility { virtual_modifiers NumLock, ScrollLock;\n" \
	"  interpret Num_Lock { virtualModifier = NumLock; };\n" \
	"  interpret Scroll_Lock { virtualModifier = ScrollLock; };\n" \
	"  indicator \"Caps Lock\" { whichModState = locked; modifiers = Lock; };\n" \
	"  indicator \"Num Lock\" { whichModState = locked; modifiers = NumLock; };\n" \
	"  indicator \"Scroll Lock\" { whichModState = locked; modifiers = ScrollLock; }; };\n" \
	"xkb_symbols {\n" \
	"  key <CAPS> { [ Caps_Lock ] }; key <NMLK> { [ Num_Lock ] }; key <SCLK> { [ Scroll_Lock ] };\n" \
	"  modifier_map Lock { <CAPS> }; modifier_map Mod2 { <NMLK> };\n"
#define TAIL \
	"};\n" \
	"};\n"

static const char good[] = HEAD "  modifier_map Mod3 { <SCLK> };\n" TAIL;
static const char without_scroll[] = HEAD TAIL;
static const char broken[] = HEAD "  key <NONE> { [ ";

#define HUGE_SIZE (64u * 1024 * 1024)

static const struct {
	const char *name;
	const char *text;
	size_t size;
	uint32_t promised;
} keymaps[] = {
	[KEYMAP_GOOD] = { "good", good, sizeof(good), sizeof(good) },
	[KEYMAP_WITHOUT_SCROLL] = { "without-scroll", without_scroll, sizeof(without_scroll),
		sizeof(without_scroll) },
	[KEYMAP_BROKEN] = { "broken", broken, sizeof(broken), sizeof(broken) },
	[KEYMAP_SHORT] = { "short", good, sizeof(good), sizeof(good) + 65536 },
	[KEYMAP_HUGE] = { "huge", good, HUGE_SIZE, HUGE_SIZE },
	[KEYMAP_NONE] = { "none", good, sizeof(good), sizeof(good) },
};

bool
keymap_parse(const char *text, enum keymap *ret_keymap)
{
	for (size_t i = 0; i < sizeof(keymaps) / sizeof(keymaps[0]); i++) {
		if (strcmp(keymaps[i].name, text) == 0) {
			*ret_keymap = (enum keymap)i;
			return true;
		}
	}
	return false;
}

void
keymap_send(struct wl_resource *keyboard, enum keymap keymap)
{
	size_t length = strlen(keymaps[keymap].text);
	int fd = memfd_create("mini-compositor-keymap", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)keymaps[keymap].size) < 0 ||
		pwrite(fd, keymaps[keymap].text, length, 0) != (ssize_t)length) {
		abort();
	}
	wl_keyboard_send_keymap(keyboard,
		keymap == KEYMAP_NONE ? WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP
				      : WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1,
		fd, keymaps[keymap].promised);
	close(fd);
}
