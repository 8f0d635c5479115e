#include "unit.h"

#include <string.h>

#include "qemu-dbus/hint.h"

static void
check(const char *label, enum buffer_kind kind, bool copied, const char *expected)
{
	const char *hint = hint_for(label, kind, copied);

	if (expected == NULL) {
		assert_null(hint);
	} else if (hint == NULL || strstr(hint, expected) == NULL) {
		fail_msg("%s: '%s' lacks '%s'", label, hint, expected);
	}
}

static void
test_hints(void **state)
{
	check("virtio-vga-gl", BUFFER_DMABUF, false, NULL);
	check("my-gpu", BUFFER_DMABUF, false, NULL);
	check("virtio-vga", BUFFER_MEMORY, false, "without GL");
	check("virtio-vga", BUFFER_MEMORY, false, "-display dbus,gl=on");
	check("virtio-gpu-pci.1", BUFFER_MEMORY, true, "before 9.2");
	check("VGA", BUFFER_MEMORY, true, "33 times a second");
	check("VGA", BUFFER_MEMORY, true, "copies");
	check("VGA", BUFFER_MEMORY, false, "33 times a second");
	check("bochs-display", BUFFER_DMABUF, false, "33 times a second");
	check("qxl-vga", BUFFER_MEMORY, true, "virtio-vga-gl");
}

/* Every hint fits a verdict, whole. */
static void
test_hints_are_short(void **state)
{
	static const char *const labels[] = { "VGA", "virtio-vga", "" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		for (int copied = 0; copied < 2; copied++) {
			assert_true(strlen(hint_for(labels[i], BUFFER_MEMORY, copied)) < 200);
		}
	}
	assert_true(strlen(HINT_LOST_FLIPS) < 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_hints_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
