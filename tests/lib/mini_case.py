"""Tests of the viewer between the built-in test guest (vitrine --fake) and the mini compositor."""

import contextlib
import json
import os
import re

import picture
from mini_compositor import CompositorError, MiniCompositor
from viewer import ViewerCase, program, wait_for

# Has to stand in every script: who it is. Each test has a runtime folder of its own.
WHO = ("name mini",)
MEMORY_PASSES = {"VITRINE_TEST_MEMORY_AS_DMABUF": "1"}

# Format of the guest -> the same bytes without alpha, by the names in drm_fourcc.h; and what a
# compositor calls them.
OPAQUE = {
    "XRGB8888": "XR24", "ARGB8888": "XR24", "XBGR8888": "XB24", "ABGR8888": "XB24",
    "BGRX8888": "BX24", "BGRA8888": "BX24", "RGBX8888": "RX24", "RGBA8888": "RX24",
    "XRGB2101010": "XR30", "ARGB2101010": "XR30", "XBGR2101010": "XB30", "ABGR2101010": "XB30",
    "RGB888": "RG24", "BGR888": "BG24", "RGB565": "RG16", "XRGB1555": "XR15",
}

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def rgba_pattern(width, height):
    """What `draw NAME rgba` looks like on a monitor, where alpha means nothing."""
    corner = min(16, min(width, height) // 4)

    def colour(x, y):
        if x < corner and y < corner:
            return BLACK
        if x in (0, width - 1) or y in (0, height - 1):
            return WHITE
        if y < height // 2:
            return RED if x < width // 2 else GREEN
        return BLUE if x < width // 2 else WHITE

    def row(y):
        return bytes(channel for x in range(width) for channel in colour(x, y))

    # All others are like one of these: large patterns are made in no time.
    kinds = {key: row(y) for key, y in (("first", 0), ("corner", 1), ("upper", max(1, corner)),
                                        ("lower", height - 2), ("last", height - 1))}

    def kind(y):
        if y in (0, height - 1):
            return "first" if y == 0 else "last"
        if y < corner:
            return "corner"
        return "upper" if y < height // 2 else "lower"

    return picture.Picture(width, height, b"".join(kinds[kind(y)] for y in range(height)))


def flipped(original):
    """Top and bottom change places."""
    rows = [original.row(y) for y in range(original.height)]
    return picture.Picture(original.width, original.height, b"".join(reversed(rows)))


def cropped(original, x, y, width, height):
    rows = [original.row(row, x, width) for row in range(y, y + height)]
    return picture.Picture(width, height, b"".join(rows))


def stretched(original, width, height):
    """Scaled by repeating the nearest pixel: its centre counts."""
    rows = []
    for y in range(height):
        from_y = int((y + 0.5) * original.height / height)
        rows.append(b"".join(bytes(original.pixel(int((x + 0.5) * original.width / width), from_y))
                             for x in range(width)))
    return picture.Picture(width, height, b"".join(rows))


def letterboxed(original, x, y, width, height):
    """On black, at x, y of a larger picture."""
    rows = [bytes(3 * width)] * y
    for row in range(original.height):
        rows.append(bytes(3 * x) + original.row(row) + bytes(3 * (width - x - original.width)))
    rows += [bytes(3 * width)] * (height - y - original.height)
    return picture.Picture(width, height, b"".join(rows))


class MiniCase(ViewerCase):
    def compositor(self, *arguments):
        compositor = MiniCompositor(*arguments)
        self.addCleanup(self._close, compositor)
        return compositor

    def skip_where_libdecor_leaks(self):
        with open(program(), "rb") as file:
            if b"libasan.so" in file.read():
                self.skipTest("the fonts of libdecor's plugin leak")

    def choose_seed(self, seed):
        """Of what goes by chance: this one, or the one that is to be repeated. It is printed."""
        seed = int(os.environ.get("VITRINE_TEST_SEED", seed))
        print(f"{self.id()}: VITRINE_TEST_SEED={seed}", flush=True)
        return seed

    def _close(self, compositor):
        compositor.close()
        # Its own sanitizers speak through the exit status; -9 is compositor.kill().
        self.assertIn(compositor.returncode, (0, -9), "the mini compositor failed")

    def show(self, compositor, *lines, arguments=(), who=WHO, **environment):
        """The viewer with a guest that runs these lines; what comes back is in self.record()."""
        script = self.path("guest.script")
        self.record_path = self.path("record")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.record_path)  # of a viewer before this one
        with open(script, "w") as file:
            file.write("\n".join((*who, f"record {self.record_path}", *lines)) + "\n")
        return self.start(f"--fake={script}", *arguments, WAYLAND_DISPLAY=compositor.display,
                          **{**MEMORY_PASSES, **environment})

    def record(self, *events):
        """What came back to the guest so far; only these kinds of events if any are named."""
        try:
            with open(self.record_path) as file:
                lines = file.read().split("\n")[:-1]
        except FileNotFoundError:
            return []
        return [event for event in map(json.loads, lines) if not events or event["event"] in events]

    def wait_for_record(self, count, *events):
        """At least so many of these."""
        def enough():
            found = self.record(*events)
            return found if len(found) >= count else None
        return wait_for(enough, f"{count} of {events or 'anything'}, not {self.record()}")

    def wait_for_picture(self, compositor, expected, run):
        """Until the window looks exactly like this: what is shown may take a commit or two."""
        last = "nothing was shown"

        def right():
            nonlocal last
            self.assertTrue(run.running(), run.story())
            if not compositor.find("commit", role="toplevel", attached=True):
                return False
            try:
                last = self.look(compositor).difference(expected)
            except CompositorError as error:
                # Between two windows, or before the first picture of the next one.
                last = str(error)
            return last is None
        try:
            wait_for(right, "the picture", timeout_s=20)
        except AssertionError as error:
            raise AssertionError(f"{error}: {last}\n{run.story()}") from None

    def look(self, compositor):
        return compositor.screenshot()

    def assert_no_error(self, compositor):
        self.assertEqual(compositor.find("error"), [])
        self.assertEqual(len(compositor.find("client_gone")), 0)

    def guest_inodes(self, run):
        """The memory that the test guest made, by what the kernel says."""
        inodes = set()
        folder = f"/proc/{run.process.pid}/fd"
        for name in os.listdir(folder):
            try:
                if re.search("memfd:vitrine-fake", os.readlink(f"{folder}/{name}")):
                    inodes.add(os.stat(f"{folder}/{name}").st_ino)
            except FileNotFoundError:
                pass
        self.assertTrue(inodes, "the guest has no memory")
        return inodes

    def window_buffer(self, compositor, since=0):
        """The first picture of the window: (its commit, the event that made its buffer)."""
        commit = compositor.wait("commit", since=since, where=lambda event:
                                 event["role"] in ("toplevel", "subsurface") and event["buffer"])
        made = [event for name in ("shm_buffer", "dmabuf_create")
                for event in compositor.find(name, buffer=commit["buffer"])]
        self.assertEqual(len(made), 1, commit)
        return commit, made[0]
