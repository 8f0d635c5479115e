"""When frames are committed and answered. Rates are a matter of tests/bench/pacing."""

import statistics

from mini_case import MiniCase
from viewer import CANNOT_ATTACH, TIMED_OUT

WIDTH, HEIGHT = 320, 200
SIZE = f"{WIDTH}x{HEIGHT}"
# Known again by the next viewer.
WHO = ("name mini", "uuid 6ba7b810-9dad-11d1-80b4-00c04fd430c8")
SMALL = "0,0,8x8"


class OneCommitPerFrame(MiniCase):
    """A monitor with a variable refresh rate shows what the guest draws when it draws it."""

    sanitize = True
    FRAMES = 30

    def check(self, role, *arguments, kind="memory"):
        compositor = self.compositor(*arguments)
        run = self.show(
            compositor, "head 0", f"scanout 0 a {kind} XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}",
            "wait-answers", "sleep 500", f"repeat {self.FRAMES}", "cursor 0 16x16 hot 3,4",
            f"update 0 {SMALL}", "cursor-position 0 5,5 on", "wait-answers", "sleep 10", "cursor 0 none",
            "end")
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("pointer_enter", x=5, y=5)
        compositor.wait("commit", role=role, damage=[[0, 0, 8, 8]], count=self.FRAMES)
        self.wait_for_record(self.FRAMES + 1, "answer")
        commits = compositor.find("commit", where=lambda commit:
                                  commit["role"] in ("toplevel", "subsurface"))
        first = [commit["damage"] for commit in commits].index([[0, 0, 8, 8]])
        # From the first of them on nothing else: no cursor, no bars, no empty commit.
        self.assertEqual([(commit["role"], commit["damage"]) for commit in commits[first:]],
                         [(role, [[0, 0, 8, 8]])] * self.FRAMES)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_shm(self):
        self.check("toplevel")

    def test_direct(self):
        self.check("toplevel", kind="dmabuf")

    def test_letterbox(self):
        self.check("subsurface", "--initial-size=640x640")


class Policies(MiniCase):
    sanitize = True
    SPINNING = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "frames 1000000 0 0")

    def latency(self, count, since=0):
        """The median of what so many updates waited for their answers, or more than that."""
        answers = self.wait_for_record(since + count, "answer")[since:]
        return statistics.median(answer["latency_ns"] for answer in answers)

    def show_spinning(self, *arguments, frames="never", **options):
        compositor = self.compositor(f"--frames={frames}")
        run = self.show(compositor, *self.SPINNING, arguments=arguments, **options)
        compositor.wait("commit", role="toplevel", attached=True)
        return compositor, run

    def test_vsync_waits_and_immediate_does_not(self):
        # Few enough for the window not to count as hidden for want of callbacks.
        latencies = {}
        for policy in ("vsync", "immediate"):
            _, run = self.show_spinning("--pacing", policy)
            latencies[policy] = self.latency(10)
            self.assertEqual(self.record("stray-answer"), [])
            self.assertEqual(run.terminate(), 0, run.story())
        self.assertGreater(latencies["vsync"], 2 * latencies["immediate"])

    def test_mailbox_is_for_guests_that_run_ahead(self):
        compositor, run = self.show_spinning("--pacing", "mailbox")
        self.latency(5)
        self.assertNotIn("mailbox", run.errors)
        self.assertEqual(run.terminate(), 0, run.story())
        self.vitrine("--qmp", self.path("nothing"), "--pacing", "mailbox", status=CANNOT_ATTACH,
                     says="mailbox.*auto is used", WAYLAND_DISPLAY=compositor.display)

    def test_hidden_guests_run_slowly_but_for_a_screenshot(self):
        compositor, run = self.show_spinning(frames="auto", who=WHO)
        compositor.command("configure", states=["suspended"])
        before = len(self.wait_for_record(10, "answer"))
        hidden = self.latency(40, since=before)
        self.assertGreater(hidden, 30e6)
        with open(self.path("same.script"), "w") as file:
            file.write("\n".join((*WHO, "head 0\n")))
        before = len(self.record("answer"))
        # This one does not come to rest, and is waited for all the same.
        self.vitrine("--fake=" + self.path("same.script"), "--screenshot", self.path("shot.png"),
                     "--wait-stable", "500", "--timeout", "1", status=TIMED_OUT)
        self.assertLess(self.latency(20, since=before), hidden / 2)
        self.assertEqual(run.terminate(), 0, run.story())


class Cadence(MiniCase):
    """--tearing and --fifo: asked of compositors that have them, and only when asked for."""

    sanitize = True
    SCRIPT = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "frames 1000000 0 0")
    PARTS = (("toplevel", ()), ("subsurface", ("--initial-size=640x640",)))

    def test_neither_by_default(self):
        compositor = self.compositor()
        run = self.show(compositor, *self.SCRIPT)
        compositor.wait("commit", role="toplevel", attached=True, count=10)
        for name in ("presentation_hint", "set_barrier", "wait_barrier"):
            self.assertEqual(compositor.find(name), [])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_tearing(self):
        for role, arguments in self.PARTS:
            with self.subTest(role):
                compositor = self.compositor(*arguments)
                run = self.show(compositor, *self.SCRIPT, arguments=("--tearing",))
                commit = compositor.wait("commit", role=role, attached=True)
                hints = compositor.find("presentation_hint", surface=commit["surface"])
                self.assertEqual([hint["hint"] for hint in hints], ["async"])
                self.assert_no_error(compositor)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_fifo(self):
        for role, arguments in self.PARTS:
            with self.subTest(role):
                compositor = self.compositor(*arguments)
                run = self.show(compositor, *self.SCRIPT, arguments=("--fifo",))
                commit = compositor.wait("commit", role=role, attached=True, count=20)
                events = [event["event"] for event in list(compositor.events)
                          if event.get("surface") == commit["surface"] and
                          event["event"] in ("commit", "set_barrier", "wait_barrier")]
                # Once the window is there, each frame waits for the one before.
                last = len(events) - 1 - events[::-1].index("commit")
                self.assertEqual(events[last - 8:last + 1],
                                 ["wait_barrier", "set_barrier", "commit"] * 3)
                self.assert_no_error(compositor)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_without_the_protocols_it_says_so(self):
        compositor = self.compositor("--without=wp_tearing_control_manager_v1",
                                     "--without=wp_fifo_manager_v1")
        run = self.show(compositor, *self.SCRIPT, arguments=("--tearing", "--fifo"))
        compositor.wait("commit", role="toplevel", attached=True, count=3)
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertRegex(run.errors, "--tearing.*wp_tearing_control_manager_v1")
        self.assertRegex(run.errors, "--fifo.*wp_fifo_manager_v1")
