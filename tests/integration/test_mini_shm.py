"""Plain memory: the guest's own memory is the wl_shm pool, and what happens when it can't be."""

import os
import time

from mini_case import MiniCase, rgba_pattern

SIZE = "200x150"
WIDTH, HEIGHT = 200, 150
INVALID_FD = 2  # of wl_shm


class Pool(MiniCase):
    sanitize = True

    def test_the_pool_is_the_guests_own_memory(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0",
                        f"scanout 0 a memory XRGB8888 {SIZE} offset 4096 stride 832", "draw a rgba",
                        f"update 0 0,0,{SIZE}")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        _, buffer = self.window_buffer(compositor)
        pool = compositor.find("shm_pool", pool=buffer["pool"])[0]
        self.assertEqual({pool["inode"]}, self.guest_inodes(run))
        self.assertLessEqual(pool["size"], pool["fd_size"])
        self.assertEqual((buffer["offset"], buffer["stride"]), (4096, 832))
        self.assertEqual((buffer["width"], buffer["height"]), (WIDTH, HEIGHT))
        self.assertEqual(buffer["fourcc"], "XR24")
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_one_host_buffer_per_guest_buffer_over_many_flips(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}",
                        f"scanout 0 b memory XRGB8888 {SIZE}", "frames 60 60 0 flip a b", "quit")
        self.assertEqual(run.wait(), 0, run.story())
        buffers = compositor.find("shm_buffer", width=WIDTH, height=HEIGHT)
        self.assertEqual(len(buffers), 2, buffers)
        shown = {event["buffer"] for event in compositor.find("commit", role="toplevel")
                 if event["buffer"]}
        self.assertEqual(shown, {buffer["buffer"] for buffer in buffers})
        self.assertEqual(len(self.record("answer")), 60)

    def test_alpha_is_taken_away(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory ARGB8888 {SIZE}",
                        "draw a rgba alpha junk", f"update 0 0,0,{SIZE}")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        _, buffer = self.window_buffer(compositor)
        self.assertEqual(buffer["fourcc"], "XR24")

    def test_only_the_damage_is_sent(self):
        rects = ("0,0,200x100", "0,100,70x50", "70,100,130x50")
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}",
                        f"update 0 0,0,{SIZE}", "wait-answers", "sleep 50", "draw a rgba",
                        "repeat 10000", *(line for rect in rects for line in
                                          (f"update 0 {rect}", "wait-answers", "sleep 20")), "end")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        for rect in ([0, 0, 200, 100], [0, 100, 70, 50], [70, 100, 130, 50]):
            compositor.wait("commit", role="toplevel", damage=[rect])
        self.assertEqual([], [event for event in compositor.find("commit", role="toplevel")
                              if event["surface_damage"]])


class NotThePool(MiniCase):
    """Ways for memory to need the CPU."""

    sanitize = True
    SCRIPT = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba",
              f"update 0 0,0,{SIZE}")

    def shows_by_copy(self, compositor, run):
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        inodes = {pool["inode"] for pool in compositor.find("shm_pool")}
        self.assertFalse(inodes & self.guest_inodes(run), "the guest's memory was passed on")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_untrusted(self):
        compositor = self.compositor()
        self.shows_by_copy(compositor, self.show(compositor, *self.SCRIPT,
                                                 arguments=("--untrusted",)))

    def test_a_format_that_the_compositor_has_not(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory RGB565 {SIZE}", "draw a rgba",
                        f"update 0 0,0,{SIZE}")
        self.shows_by_copy(compositor, run)

    def test_forced_copy(self):
        compositor = self.compositor()
        self.shows_by_copy(compositor, self.show(compositor, *self.SCRIPT,
                                                 arguments=("--path", "copy")))

    def test_late_releases_lose_no_frame(self):
        compositor = self.compositor()
        compositor.command("release_policy", policy="held")
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}",
                        "repeat 8", f"update 0 0,0,{SIZE}", "wait-answers", "end",
                        "draw a rgba", f"update 0 0,0,{SIZE}", arguments=("--path", "copy"))
        # Answers do not wait for buffers.
        self.wait_for_record(9, "answer")
        compositor.command("release_policy", policy="replaced")
        compositor.command("release")
        self.shows_by_copy(compositor, run)

    def test_buffers_that_come_back_at_once(self):
        compositor = self.compositor()
        compositor.command("release_policy", policy="at-once")
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}",
                        "frames 20 60 0", "draw a rgba", f"update 0 0,0,{SIZE}",
                        arguments=("--path", "copy"))
        self.shows_by_copy(compositor, run)


class Truncation(MiniCase):
    """QEMU does not seal its memory: it can become shorter under the compositor's eyes."""

    sanitize = True

    def test_it_costs_the_connection_and_nothing_else(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE} unsealed",
                        f"update 0 0,0,{SIZE}", "wait-answers",
                        # Until the window is there; then it is cut and shown once more.
                        "sleep 1000", "truncate a 4096", f"update 0 0,0,{SIZE}", "wait-answers",
                        f"scanout 0 b memory XRGB8888 {SIZE} unsealed", "draw b rgba",
                        f"update 0 0,0,{SIZE}", "wait-answers")
        _, buffer = self.window_buffer(compositor)
        pool = compositor.find("shm_pool", pool=buffer["pool"])[0]
        error = compositor.wait("error")
        self.assertIn("SHM", error["message"])
        # The lost connection may have had one more request under way.
        back = compositor.position(compositor.wait("client", count=2))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        # From now on the guest's memory stays ours.
        self.assertIn(pool["inode"], self.guest_inodes(run))
        self.assertFalse({event["inode"] for event in compositor.find("shm_pool", since=back)} &
                         self.guest_inodes(run))
        self.assertEqual(len(compositor.find("error")), 1)
        self.assertEqual(len(self.wait_for_record(3, "answer")), 3)
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertRegex(run.errors, "(?i)shorter|memory")

    def test_the_compositor_closes_with_requests_unread(self):
        """Then libwayland forgets what it has read: the error is heard all the same."""
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba",
                        f"update 0 0,0,{SIZE}", "wait-answers", "repeat 20", "sleep 500",
                        f"update 0 0,0,{SIZE}", "end")
        self.window_buffer(compositor)
        compositor.wait("presented")
        compositor.command("error", interface="wl_buffer", code=INVALID_FD,
                           unread_of=run.process.pid)
        back = compositor.position(compositor.wait("client", count=2))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertFalse({event["inode"] for event in compositor.find("shm_pool", since=back)} &
                         self.guest_inodes(run))
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertRegex(run.errors, "cut its memory short")

    def test_the_compositor_finds_out_when_the_buffer_is_gone(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE} unsealed",
                        f"update 0 0,0,{SIZE}", "wait-answers", "sleep 1000",
                        "truncate a 4096", f"update 0 0,0,{SIZE}", "sleep 100", "remove 0",
                        "sleep 1000", "head 0",
                        f"scanout 0 b memory XRGB8888 {SIZE} unsealed",
                        "draw b rgba", f"update 0 0,0,{SIZE}", "wait-answers")
        self.window_buffer(compositor)
        compositor.wait("presented")
        compositor.pause()
        self.wait_for_record(2, "answer")
        time.sleep(0.5)  # until the window and its buffer are gone
        compositor.resume()
        error = compositor.wait("error")
        self.assertEqual(error["interface"], "wl_buffer")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        back = compositor.position(compositor.find("client")[-1])
        self.assertFalse({event["inode"] for event in compositor.find("shm_pool", since=back)} &
                         self.guest_inodes(run))
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertRegex(run.errors, "cut its memory short")

    def test_the_copy_path_reads_shortened_memory_without_harm(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE} unsealed",
                        f"update 0 0,0,{SIZE}", "wait-answers", "sleep 200",
                        "truncate a 5000", "repeat 3", f"update 0 0,0,{SIZE}", "wait-answers", "end",
                        f"scanout 0 b memory XRGB8888 {SIZE}", "draw b rgba",
                        f"update 0 0,0,{SIZE}", arguments=("--untrusted",))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assert_no_error(compositor)
        self.assertEqual(len(self.wait_for_record(5, "answer")), 5)
        self.assertEqual(run.terminate(), 0, run.story())


class NoPixelTouched(MiniCase):
    """What the kernel says about the viewer: the guest itself writes without mapping."""

    def read_bytes(self, run):
        with open(f"/proc/{run.process.pid}/io") as file:
            return int(dict(line.split(": ") for line in file)["rchar"])

    def measure(self, kind, *arguments):
        """Bytes that the viewer read per frame of 1 MiB."""
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a {kind} XRGB8888 512x512",
                        f"scanout 0 b {kind} XRGB8888 512x512", "frames 1000000 100 0 flip a b",
                        arguments=arguments)
        compositor.wait("commit", role="toplevel", count=10)
        start, mark = self.read_bytes(run), compositor.mark()
        compositor.wait("commit", since=mark, role="toplevel", count=20)
        per_frame = (self.read_bytes(run) - start) / 20
        guest = self.guest_inodes(run)
        with open(f"/proc/{run.process.pid}/maps") as file:
            mapped = {int(line.split()[4]) for line in file}
        self.assertFalse(guest & mapped, "the guest's memory is mapped")
        self.assert_no_error(compositor)
        run.terminate()
        return per_frame

    def setUp(self):
        super().setUp()
        if not os.access("/proc/self/io", os.R_OK):
            self.skipTest("this kernel does not count what a process reads")

    def test_direct(self):
        self.assertLess(self.measure("dmabuf", "--path", "direct"), 4096)

    def test_shm(self):
        self.assertLess(self.measure("memory", "--path", "shm"), 4096)

    def test_copy_is_seen_by_this_measure(self):
        self.assertGreater(self.measure("memory", "--path", "copy"), 512 * 512 * 4 / 2)
