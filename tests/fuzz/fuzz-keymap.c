#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "base/fd.h"
#include "fuzz.h"
#include "input.h"
#include "wayland/lock-keys.h"

/*
 * A keymap as a compositor hands it over, and what it says of modifiers then. The first byte is the
 * format, the second how much more is promised than the file has, the next four are modifiers; the
 * rest is the file.
 */

#define HEAD_SIZE 6
#define ALL_LOCKS (INPUT_LOCK_SCROLL | INPUT_LOCK_NUM | INPUT_LOCK_CAPS)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lock_keys locks = { 0 };
	uint32_t n_fds = fuzz_count_fds();
	AUTO_FD int fd = -1;

	if (size < HEAD_SIZE) {
		return 0;
	}
	fd = memfd_create("keymap", MFD_CLOEXEC);
	FUZZ_EXPECT(fd >= 0 && fd_write_all(fd, data + HEAD_SIZE, size - HEAD_SIZE) == 0);
	lock_keys_set_keymap(&locks, data[0], fd, (uint32_t)(size - HEAD_SIZE) + data[1]);
	FUZZ_EXPECT((locks.keymap == NULL) == (locks.state == NULL));
	FUZZ_EXPECT(locks.keymap == NULL || data[0] == WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
	/* What is not all there is not taken. */
	FUZZ_EXPECT(locks.keymap == NULL || data[1] == 0);
	FUZZ_EXPECT((locks.known & ~ALL_LOCKS) == 0 && locks.on == 0);
	FUZZ_EXPECT(locks.keymap != NULL || locks.known == 0);
	lock_keys_update(&locks, data[2], data[3], data[4], data[5]);
	FUZZ_EXPECT((locks.on & ~ALL_LOCKS) == 0);
	lock_keys_update(&locks, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX);
	lock_keys_update(&locks, 0, 0, 0, 0);
	FUZZ_EXPECT(locks.keymap != NULL || locks.on == 0);
	lock_keys_finish(&locks);
	FUZZ_EXPECT(locks.keymap == NULL && locks.known == 0);
	fd_close(&fd);
	FUZZ_EXPECT(fuzz_count_fds() == n_fds);
	return 0;
}
