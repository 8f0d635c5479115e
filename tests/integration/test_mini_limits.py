"""A guest that does everything too often: the compositor gets little of it, and the last of it."""

import contextlib
import json
import re
import time

import limits
from mini_case import GREEN, MiniCase
from mini_compositor import CompositorError
from picture import Picture
from viewer import wait_for

WIDTH, HEIGHT = 200, 100
LAST = Picture(WIDTH, HEIGHT, bytes(GREEN) * (WIDTH * HEIGHT))
IMPORTS_PER_S = limits.value("ADMISSION_IMPORTS_PER_S")
RESIZES_PER_S = limits.value("ADMISSION_RESIZES_PER_S")
RESIZES_BURST = limits.value("ADMISSION_RESIZES_BURST")
CHANGES_PER_S = limits.value("VIEW_CHANGES_PER_S")
SHAPES_PER_S = limits.value("CURSOR_KEEPER_SHAPES_PER_S")


class Limits(MiniCase):
    sanitize = True

    def begin(self, *lines):
        self.began = time.monotonic()
        compositor = self.compositor()
        run = self.show(compositor, "head 0", *lines)
        return compositor, run

    def allowed(self, per_second, at_once):
        """All that a limit lets pass in the time since the start, by the clock that it goes by."""
        return at_once + per_second * (time.monotonic() - self.began) + 1

    def finish(self, compositor, run, n_updates):
        """The last picture is there, everything was answered, and nothing is said of it."""
        self.wait_for_picture(compositor, LAST, run)
        wait_for(lambda: len(self.record("answer")) == n_updates, f"{n_updates} answers")
        self.assertEqual(self.record("stray-answer"), [])
        self.assertEqual(compositor.find("error"), [])
        # What it has written down so far has been read by then.
        compositor.command("ping")
        self.assertLess(run.errors.count("\n"), 20, run.story())

    def test_its_mode(self):
        # Known memory: only the mode is another one each time. Every size is shown to the end.
        lines = []
        for i in range(100):
            lines += [f"scanout 0 m{i % 2}", f"update 0 0,0,{100 + i % 2}x80", "sleep 5"]
        compositor, run = self.begin(
            "scanout 0 m0 memory XRGB8888 100x80", "draw m0 solid ff0000ff",
            "scanout 0 m1 memory XRGB8888 101x80", "draw m1 solid 0000ffff",
            "scanout 0 last memory XRGB8888 200x100", "draw last solid 00ff00ff",
            "scanout 0 m0", "update 0 0,0,100x80", "sleep 300", *lines,
            "scanout 0 last", "update 0 0,0,200x100", "hold")
        self.finish(compositor, run, 102)
        compositor.wait("commit", role="toplevel", attached=True, width=WIDTH, height=HEIGHT)
        sizes = [(commit["width"], commit["height"])
                 for commit in compositor.find("commit", role="toplevel", attached=True)]
        changes = sum(before != after for before, after in zip(sizes, sizes[1:]))
        self.assertGreaterEqual(changes, RESIZES_BURST)
        self.assertLessEqual(changes, self.allowed(RESIZES_PER_S, RESIZES_BURST))
        self.assertEqual(sizes[-1], (200, 100))

    def test_its_memory(self):
        lines = []
        for i in range(40):
            lines += [f"scanout 0 m{i}", "update 0 0,0,200x100", f"forget 0 m{i}"]
        compositor, run = self.begin(
            *(line for i in range(40) for line in
              (f"scanout 0 m{i} dmabuf XRGB8888 200x100", f"draw m{i} solid ff0000ff")),
            "scanout 0 last dmabuf XRGB8888 200x100", "draw last solid 00ff00ff",
            "repeat 5", *lines, "end", "scanout 0 last", "update 0 0,0,200x100", "hold")
        self.finish(compositor, run, 201)
        imports = len(compositor.find("dmabuf_create"))
        self.assertGreaterEqual(imports, IMPORTS_PER_S)
        self.assertLessEqual(imports, self.allowed(IMPORTS_PER_S, IMPORTS_PER_S))

    def test_its_cursor(self):
        compositor, run = self.begin(
            "scanout 0 last memory XRGB8888 200x100", "draw last solid 00ff00ff",
            "update 0 0,0,200x100", "cursor 0 16x16 hot 0,0 solid ff0000ff", "sleep 300",
            "repeat 500", "cursor 0 16x16 hot 1,1 solid ff0000ff",
            "cursor 0 16x16 hot 2,2 solid 0000ffff", "end",
            "cursor 0 24x24 hot 3,3 solid 00ff00ff", "hold")
        self.finish(compositor, run, 1)
        compositor.command("pointer_enter", x=50, y=50)
        cursor = compositor.wait("set_cursor", hot_x=3, hot_y=3)
        compositor.wait("commit", surface=cursor["surface"], width=24, height=24)
        shapes = len(compositor.find("commit", surface=cursor["surface"], attached=True))
        self.assertLessEqual(shapes, self.allowed(SHAPES_PER_S, SHAPES_PER_S))

    def test_its_pointer(self):
        compositor, run = self.begin(
            "scanout 0 last memory XRGB8888 200x100", "draw last solid 00ff00ff",
            "scanout 0 first memory XRGB8888 200x100", "draw first solid ff0000ff",
            "update 0 0,0,200x100", "pointer 0 relative", "sleep 1000", "repeat 200",
            "pointer 0 relative", "sleep 6", "pointer 0 absolute", "sleep 1", "end",
            "pointer 0 relative", "scanout 0 last", "update 0 0,0,200x100", "hold")
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=50, y=50)
        for pressed in (True, False):
            compositor.command("button", pressed=pressed)
        compositor.wait("lock_pointer")
        self.finish(compositor, run, 2)
        locks = len(compositor.find("lock_pointer"))
        self.assertLessEqual(locks, self.allowed(CHANGES_PER_S, CHANGES_PER_S))

        # The last is that it wants the pointer.
        def has_the_pointer():
            with contextlib.suppress(CompositorError):
                compositor.command("constrain", active=True)
            return compositor.find("title")[-1]["title"].count("—") > 1
        wait_for(has_the_pointer, "the title to say how to get out", timeout_s=20)

    def test_the_compositors_formats(self):
        largest = limits.value("FEEDBACK_MAX_TABLE_ENTRIES")
        for entries, path in ((largest, "direct"), (largest + 1, "copy")):
            with self.subTest(entries=entries):
                compositor = self.compositor(f"--table-entries={entries}")
                run = self.show(compositor, "head 0", "scanout 0 last dmabuf XRGB8888 200x100",
                                "draw last solid 00ff00ff", "update 0 0,0,200x100", "hold")
                self.wait_for_picture(compositor, LAST, run)
                vm, = json.loads(self.vitrine("--list", "--json").output)
                self.assertEqual(vm["consoles"][0]["path"], path, run.story())
                self.assertEqual("formats has a bad size" in run.errors, path == "copy")
                run.terminate()
                compositor.close()

    def test_the_compositors_outputs(self):
        most = limits.value("DISPLAY_MAX_OUTPUTS")
        for n_outputs in (most, most + 1):
            with self.subTest(n_outputs=n_outputs):
                compositor = self.compositor(
                    *(f"--output=DP-{i}:640x480" for i in range(1, n_outputs + 1)))
                run = self.show(compositor, "head 0", "scanout 0 last memory XRGB8888 200x100",
                                "draw last solid 00ff00ff", "update 0 0,0,200x100", "hold",
                                arguments=("--full-screen=HDMI-1", "--no-layout"))
                listed = wait_for(lambda: re.search("no such monitor; it has: (.*)", run.errors),
                                  "a word about it")
                self.assertEqual(len(listed[1].split(", ")), most)
                run.terminate()
                compositor.close()
