"""What the viewer may cost per frame, and at all, on the paths that touch no pixel."""

import os
import re
import unittest

import alloc_count
from alloc_count import AllocCount
from mini_case import MiniCase
from viewer import program

FRAMES = 60
MAX_RESIDENT_BYTES = 12_000_000
# Parts of names of libraries that only GPU work needs.
GPU_LIBRARIES = ("libEGL", "libGL", "libgbm", "libgallium", "_dri.so", "libdrm_", "libLLVM",
                 "libvulkan")
SIZE = "1280x800"
PATHS = (("dmabuf", "direct"), ("memory", "shm"))


class Steady(MiniCase):
    def run_flips(self, compositor, kind, path, *more, **environment):
        return self.show(compositor, "head 0", f"scanout 0 a {kind} XRGB8888 {SIZE}",
                         f"scanout 0 b {kind} XRGB8888 {SIZE}", *more,
                         "frames 1000000 100 0 flip a b",
                         # A layout is saved once, a second after the window has come up.
                         arguments=("--path", path, "--no-layout"), **environment)


class Allocations(Steady):
    def counts_over(self, compositor, count):
        """How much each module allocated from one frame to FRAMES later."""
        compositor.wait("commit", role="toplevel", count=20)
        mark, before = compositor.mark(), count.allocations()
        compositor.wait("commit", since=mark, role="toplevel", count=FRAMES)
        after = count.allocations()
        return {name: after[name] - before.get(name, 0) for name in after}

    def check(self, kind, path):
        compositor = self.compositor()
        count = AllocCount(program(), self.path("allocations"))
        run = self.run_flips(compositor, kind, path, **count.environment)
        grown = self.counts_over(compositor, count)
        self.assertEqual(grown[alloc_count.THE_PROGRAM], 0, count.callers())
        # strdup, fopen and the like of ours would count as libc's.
        self.assertEqual(grown[alloc_count.LIBC], 0, grown)
        run.terminate()
        return grown

    def test_none_of_our_own_on_direct(self):
        grown = self.check("dmabuf", "direct")
        # The counter sees what libwayland does at each request and event.
        self.assertGreater(max(value for name, value in grown.items() if "wayland" in name), FRAMES)

    def test_none_of_our_own_on_shm(self):
        self.check("memory", "shm")

    def test_none_of_our_own_on_copy(self):
        self.check("memory", "copy")

    def test_none_of_our_own_in_a_letterbox(self):
        compositor = self.compositor("--initial-size=1000x1000")
        count = AllocCount(program(), self.path("allocations"))
        self.run_flips(compositor, "memory", "shm", **count.environment)
        compositor.wait("commit", role="subsurface", count=20)
        mark, before = compositor.mark(), count.allocations()
        compositor.wait("commit", since=mark, role="subsurface", count=FRAMES)
        after = count.allocations()
        self.assertEqual(after[alloc_count.THE_PROGRAM] - before[alloc_count.THE_PROGRAM], 0,
                         count.callers())

    def test_none_of_our_own_for_motion(self):
        compositor = self.compositor()
        count = AllocCount(program(), self.path("allocations"))
        self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}",
                  f"update 0 0,0,{SIZE}", "pointer 0 absolute",
                  arguments=("--no-layout",), **count.environment)
        compositor.wait("commit", role="toplevel", attached=True)
        self.wait_for_record(1, "answer")
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=1, y=1)

        def play(rounds):
            for i in range(rounds):
                compositor.command("motion", x=10 + i, y=20)
                compositor.command("button", pressed=i % 2 == 0)
                compositor.command("axis", value120=120)
                compositor.command("key", code=30, pressed=i % 2 == 0)
        play(10)
        self.wait_for_record(10, "key")
        before = count.allocations()
        play(50)
        self.wait_for_record(60, "key")
        after = count.allocations()
        self.assertEqual(after[alloc_count.THE_PROGRAM] - before[alloc_count.THE_PROGRAM], 0,
                         count.callers())

    def test_the_counter_sees_the_program(self):
        compositor = self.compositor()
        count = AllocCount(program(), self.path("allocations"))
        self.run_flips(compositor, "memory", "shm", **count.environment)
        compositor.wait("commit", role="toplevel", attached=True)
        self.assertGreater(count.allocations()[alloc_count.THE_PROGRAM], 10)


class Resident(Steady):
    def setUp(self):
        super().setUp()
        with open(program(), "rb") as file:
            if b"libasan.so" in file.read():
                raise unittest.SkipTest("sanitizers need memory of their own")
        if os.environ.get("VITRINE_TOOL"):
            raise unittest.SkipTest("the tool needs memory of its own")

    def test_memory_and_libraries(self):
        for kind, path in PATHS:
            with self.subTest(path):
                compositor = self.compositor()
                run = self.run_flips(compositor, kind, path,
                                     "cursor 0 64x64 hot 1,1 solid ff0000ff")
                compositor.wait("commit", role="toplevel", count=20)
                compositor.command("pointer_enter", x=10, y=10)
                compositor.wait("set_cursor")
                with open(f"/proc/{run.process.pid}/smaps_rollup") as file:
                    resident = int(re.search(r"Rss:\s+(\d+) kB", file.read())[1]) * 1024
                with open(f"/proc/{run.process.pid}/maps") as file:
                    maps = file.read()
                self.assertLess(resident, MAX_RESIDENT_BYTES, maps)
                for name in GPU_LIBRARIES:
                    self.assertNotIn(name, maps)
                run.terminate()
