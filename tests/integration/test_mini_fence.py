"""A guest's GPU draws into a dma-buf: nothing is committed before it is done, and nobody waits for
it. An eventfd of the test guest's stands in for the fence; real ones need a kernel that has them."""

import os

import alloc_count
from alloc_count import AllocCount
from mini_case import MiniCase, rgba_pattern
from viewer import DONE, TIMED_OUT, program

SIZE = "256x128"
WIDTH, HEIGHT = 256, 128
FOR_EVER = ("repeat 1000", "sleep 20", "end")


def shown(name):
    return f"scanout 0 {name} dmabuf XRGB8888 {SIZE}"


class Fences(MiniCase):
    sanitize = True

    @staticmethod
    def count_fds(run):
        return len(os.listdir(f"/proc/{run.process.pid}/fd"))

    def commits(self, compositor):
        return compositor.find("commit", role="toplevel", attached=True)

    def test_a_busy_buffer_is_committed_once_it_is_drawn(self):
        compositor = self.compositor()
        # What is drawn before the signal is what the window has to show.
        run = self.show(compositor, "head 0", "fence a busy", shown("a"), f"update 0 0,0,{SIZE}",
                        "wait-answers", "sleep 200", "draw a rgba", "fence a signal", *FOR_EVER)
        commit, _ = self.window_buffer(compositor)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(commit["damage"], [[0, 0, WIDTH, HEIGHT]])
        # Without a window the answer comes at once; that is another test's business.
        self.assertEqual(len(self.record("answer")), 1)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_fence_that_never_signals(self):
        compositor = self.compositor()
        # The guest goes on while its GPU hangs: its updates are answered, the last picture stays,
        # and a picture in another buffer is shown.
        run = self.show(compositor, "head 0", shown("a"), "draw a bars", shown("b"), "draw b rgba",
                        "scanout 0 a", "frames 10 0 0", "sleep 100",
                        "fence c busy", shown("c"), "frames 10 0 0",
                        "scanout 0 b", "frames 1 0 0", "wait-answers", *FOR_EVER)
        self.wait_for_record(21, "answer")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        creates = {create["buffer"] for create in compositor.find("dmabuf_create")}
        used = {commit["buffer"] for commit in self.commits(compositor)}
        self.assertEqual(len(creates - used), 1, "the busy buffer was imported, never committed")
        # No later than the deadline: the frame before it shows when it was asked for.
        self.assertEqual(self.record("stray-answer"), [])
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_guest_whose_frames_take_longer_than_the_deadline(self):
        compositor = self.compositor()
        rounds = []
        for this, other in (("a", "b"), ("b", "a")):
            # The other one begins, and its update is sent, before this one is drawn.
            rounds += [f"fence {other} busy", f"scanout 0 {other}", f"update 0 0,0,{SIZE}",
                       "wait-answers", f"fence {this} signal", "sleep 20"]
        run = self.show(compositor, "head 0", shown("b"), shown("a"), f"update 0 0,0,{SIZE}",
                        "wait-answers", "fence a busy", "scanout 0 a", "repeat 20", *rounds, "end",
                        *FOR_EVER)
        self.wait_for_record(41, "answer")
        self.assertGreater(len(self.commits(compositor)), 30)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_copy_waits_as_well(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", "fence a busy", shown("a"), "draw a bars",
                        f"update 0 0,0,{SIZE}", "wait-answers", "sleep 200", "draw a rgba",
                        "fence a signal", *FOR_EVER, arguments=("--path", "copy"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_fences_leave_nothing_behind(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", shown("a"), shown("b"), "repeat 300",
                        "fence a busy", "scanout 0 a", f"update 0 0,0,{SIZE}",
                        "wait-answers", "fence a signal",
                        "fence b busy", "scanout 0 b", f"update 0 0,0,{SIZE}",
                        "wait-answers", "end", *FOR_EVER)
        self.wait_for_record(100, "answer")
        early = self.count_fds(run)
        self.wait_for_record(600, "answer")
        self.assertLess(abs(self.count_fds(run) - early), 6)
        self.assertEqual(run.terminate(), DONE, run.story())


    def test_waiting_allocates_nothing(self):
        compositor = self.compositor()
        count = AllocCount(program(), self.path("allocations"))
        frame = [line for this in "ab" for line in (
            f"fence {this} busy", f"scanout 0 {this}", f"update 0 0,0,{SIZE}", "sleep 2",
            f"fence {this} signal", "wait-answers")]
        self.show(compositor, "head 0", shown("a"), shown("b"), "repeat 100000", *frame, "end",
                  arguments=("--no-layout",), **count.environment)
        compositor.wait("commit", role="toplevel", count=20)
        mark, before = compositor.mark(), count.allocations()
        compositor.wait("commit", since=mark, role="toplevel", count=60)
        after = count.allocations()
        for name in (alloc_count.THE_PROGRAM, alloc_count.LIBC, "libsystemd.so.0"):
            self.assertEqual(after[name] - before[name], 0, (name, count.callers()))


class Screenshots(MiniCase):
    sanitize = True

    def shoot(self, *lines, **options):
        script = self.path("guest.script")
        with open(script, "w") as file:
            file.write("\n".join(("name mini", "head 0", *lines)) + "\n")
        return self.screenshot(f"--fake={script}", VITRINE_TEST_MEMORY_AS_DMABUF="1", **options)

    def test_waits_until_the_picture_is_drawn(self):
        got = self.shoot("draw a bars", "fence a busy", shown("a"), "sleep 300", "draw a rgba",
                         "fence a signal")
        self.assert_same_picture(got, rgba_pattern(WIDTH, HEIGHT))

    def test_a_hung_gpu_is_an_error(self):
        with self.assertRaises(FileNotFoundError):
            self.shoot("fence a busy", shown("a"), status=TIMED_OUT, says="console 0: .*GPU")
