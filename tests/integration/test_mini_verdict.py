"""How a window gets its picture, whether that is the best there is, and what is measured of it."""

import json
import os
import re

import limits
from mini_case import MiniCase
from viewer import wait_for

WIDTH, HEIGHT = 256, 128
SIZE = f"{WIDTH}x{HEIGHT}"
OUTPUT = f"--output={SIZE}@60000"
DMABUF = f"scanout 0 a dmabuf XRGB8888 {SIZE}"
FOREVER = "frames 1000000 60 0"
TILED = "0x100000000000001"
MAX_PENDING = limits.value("TIMING_MAX_PENDING")
RATE = 32  # of commits, one is asked about


class VerdictCase(MiniCase):
    def window(self, compositor, scanout=DMABUF, arguments=(), frames=FOREVER, **environment):
        run = self.show(compositor, "head 0", "unresizable 0", scanout, "draw a rgba", frames,
                        arguments=("--verbose", *arguments), **environment)
        compositor.wait("commit", role="toplevel", where=lambda commit: commit["buffer"])
        return run

    def fullscreen(self, compositor, width=WIDTH, height=HEIGHT):
        answer = compositor.command("configure", width=width, height=height,
                                    states=["activated", "fullscreen"])
        compositor.wait("ack_configure", serial=answer["serial"])

    def console(self):
        vm, = json.loads(self.vitrine("--list", "--json").output)
        console, = vm["consoles"]
        return console

    def wait_for_verdict(self, run, verdict, reason, told=(True, False, None)):
        """As --list tells it; reason is a part of the text, None where there is to be none."""
        console = None

        def said():
            nonlocal console
            self.assertTrue(run.running(), run.story())
            console = self.console()
            right = (console["reason"] is None if reason is None
                     else reason in (console["reason"] or ""))
            right = right and console["verdict"] == verdict and console["zero_copy"] in told
            return console if right else None
        try:
            return wait_for(said, f"{verdict}: {reason}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {console}\n{run.story()}") from None


class Verdict(VerdictCase):
    sanitize = valgrind = True

    def check(self, verdict, reason, *arguments, fullscreen=True, zero_copy=False,
              told=(True, False, None), **options):
        compositor = self.compositor(OUTPUT, *arguments)
        compositor.command("presentation", zero_copy=zero_copy)
        run = self.window(compositor, **options)
        if fullscreen:
            self.fullscreen(compositor)
        console = self.wait_for_verdict(run, verdict, reason, told)
        said = f"console 0: {re.escape(verdict)}" + (
            "\n" if reason is None else f": .*{re.escape(reason)}")
        # What was the case before may be all that it has said yet.
        wait_for(lambda: re.search(said, run.errors), f"{said}, not {run.errors}")
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())
        lines = [line for line in run.errors.splitlines() if "console 0: " in line]
        self.assertFalse([pair for pair in zip(lines, lines[1:]) if pair[0] == pair[1]], lines)
        return console

    def test_scanned_out(self):
        console = self.check("scanned out", None, "--dmabuf=XR24:0x0:scanout", zero_copy=True)
        self.assertEqual((console["path"], console["zero_copy"]), ("direct", True))

    def test_not_full_screen(self):
        console = self.check("direct", "full screen", fullscreen=False, told=(False,))
        self.assertEqual(console["path"], "direct")

    def test_bottom_up(self):
        self.check("direct", "bottom up", scanout=f"{DMABUF} bottom-up")

    def test_crop(self):
        self.check("direct", "crop", scanout="scanout 0 a dmabuf XRGB8888 300x200 "
                                             f"source 10,20,{SIZE}")

    def test_scaled(self):
        self.check("direct", "scaled", scanout="scanout 0 a dmabuf XRGB8888 128x64",
                   frames="frames 1000000 60 0")

    def test_a_pair_that_the_display_does_not_read(self):
        self.check("direct", "does not read XR24 in the layout linear", "--dmabuf=XR24:0x0",
                   "--dmabuf=XB24:0x0:scanout")

    def test_reasons_of_the_compositor_s_own(self):
        self.check("direct", "does not tell", "--dmabuf=XR24:0x0:scanout")

    def test_kwin_does_not_tell(self):
        console = self.check("direct", "KWin never reports it",
                             "--global=kde_output_management_v2:1")
        self.assertIsNone(console["zero_copy"])

    def test_no_presentation(self):
        console = self.check("direct", "no wp_presentation", "--without=wp_presentation")
        self.assertIsNone(console["zero_copy"])

    def test_version_1_of_presentation(self):
        self.check("scanned out", None, "--global=wp_presentation:1", zero_copy=True)

    def test_bars(self):
        compositor = self.compositor(OUTPUT)
        run = self.window(compositor)
        self.fullscreen(compositor, 256, 256)
        self.wait_for_verdict(run, "direct", "does not fill the window")
        self.fullscreen(compositor)
        self.wait_for_verdict(run, "direct", "does not tell")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_shared_memory(self):
        console = self.check("shared memory", "plain memory",
                             scanout=f"scanout 0 a memory XRGB8888 {SIZE}")
        self.assertEqual(console["path"], "shm")

    def test_no_dmabufs(self):
        console = self.check("CPU copy", "no linux-dmabuf", "--without=zwp_linux_dmabuf_v1")
        self.assertEqual(console["path"], "copy")

    def test_format(self):
        self.check("CPU copy", "no dma-bufs of the format XR24", "--dmabuf=XB24:0x0")

    def test_modifier(self):
        for version in (3, 4, 5):
            with self.subTest(version=version):
                self.check("CPU copy", "takes XR24, but not in the layout linear",
                           f"--dmabuf=XR24:{TILED}", f"--dmabuf-version={version}")

    def test_refused(self):
        compositor = self.compositor()
        compositor.command("fail_imports", count=1000)
        run = self.window(compositor)
        self.wait_for_verdict(run, "CPU copy", "refused")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_untrusted(self):
        self.check("CPU copy", "not trusted", arguments=("--untrusted",),
                   scanout=f"scanout 0 a memory XRGB8888 {SIZE}")

    def test_forced(self):
        self.check("CPU copy", "the command line", arguments=("--path", "copy"))

    def test_changes_are_said_once(self):
        compositor = self.compositor(OUTPUT, "--dmabuf=XR24:0x0:scanout")
        run = self.window(compositor)
        self.fullscreen(compositor)
        for zero_copy, verdict in ((True, "scanned out"), (False, "direct"), (True, "scanned out")):
            compositor.command("presentation", zero_copy=zero_copy)
            self.wait_for_verdict(run, verdict, None if zero_copy else "does not tell")
        wait_for(lambda: run.errors.count("console 0: scanned out") == 2, "the log to say it")
        # Frames go on, words do not.
        mark = compositor.mark()
        compositor.wait("commit", since=mark, role="toplevel", count=60)
        self.assertEqual(run.errors.count("console 0: scanned out"), 2, run.errors)
        self.assertEqual(run.terminate(), 0, run.story())


class StandsStill(VerdictCase):
    """The guest draws nothing more: what the compositor says then is told all the same."""

    sanitize = True
    READ, NOT_READ = ["XR24:0x0:scanout"], ["XR24:0x0", "XB24:0x0:scanout"]
    SAID = ("does not tell", "does not read XR24")

    def still(self):
        compositor = self.compositor(OUTPUT, "--dmabuf=XR24:0x0:scanout")
        run = self.window(compositor, frames=f"update 0 0,0,{SIZE}")
        self.wait_for_last_line(run, "full screen")
        self.fullscreen(compositor)
        self.wait_for_last_line(run, self.SAID[0])
        return compositor, run

    def wait_for_last_line(self, run, said):
        def last():
            lines = [line for line in run.errors.splitlines() if "console 0: " in line]
            return lines and said in lines[-1]
        wait_for(last, f"'{said}' to be the last word")

    def test_what_the_display_reads(self):
        compositor, run = self.still()
        mark = compositor.mark()
        compositor.command("feedback", formats=self.NOT_READ)
        self.wait_for_last_line(run, self.SAID[1])
        self.assertEqual(compositor.find("commit", since=mark, role="toplevel"), [])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_the_last_of_many_changes(self):
        """More than may be told at once."""
        compositor, run = self.still()
        burst = limits.value("WATCH_LOG_BURST")
        for i in range(burst + 4):
            said = 1 - i % 2
            compositor.command("feedback", formats=(self.READ, self.NOT_READ)[said])
            if i < burst:
                self.wait_for_last_line(run, self.SAID[said])
        compositor.command("feedback", formats=self.NOT_READ)
        self.wait_for_last_line(run, self.SAID[1])
        self.assertEqual(run.terminate(), 0, run.story())


class List(VerdictCase):
    def test_text(self):
        compositor = self.compositor()
        run = self.window(compositor)
        self.wait_for_verdict(run, "direct", "full screen")
        text = self.vitrine("--list").output.decode()
        self.assertRegex(text, rf"console 0  Head 0  {SIZE}  direct\n    .*full screen.*\n$")
        self.assertEqual(run.terminate(), 0, run.story())


class Asked(VerdictCase):
    """How often the compositor is asked what became of a frame."""

    sanitize = True

    def timed(self, *arguments):
        compositor = self.compositor()
        run = self.window(compositor, arguments=arguments)
        compositor.wait("commit", role="toplevel", attached=True, count=5 * RATE)
        self.assertEqual(run.terminate(), 0, run.story())
        commits = compositor.find("commit", role="toplevel", attached=True)
        return [commit["timed"] for commit in commits if commit["buffer"]]

    def test_the_first_and_then_one_of_many(self):
        timed = self.timed()
        self.assertTrue(timed[0])
        self.assertEqual(sum(timed), 1 + (len(timed) - 1) // RATE, timed)

    def test_all_while_measured(self):
        timed = self.timed("--stats-file", self.path("stats"))
        self.assertEqual(set(timed), {True})

    def test_every_new_buffer_is_asked_about(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", *(line for name in "abc" for line in (
            f"scanout 0 {name} dmabuf XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}", "wait-answers",
            "sleep 50")))
        for count in (1, 2, 3):
            compositor.wait("commit", role="toplevel", timed=True, count=count)
        buffers = {commit["buffer"] for commit in compositor.find("commit", timed=True)}
        self.assertEqual(len(buffers), 3)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_what_another_layout_changes_is_asked(self):
        compositor = self.compositor()
        run = self.window(compositor)
        compositor.wait("commit", role="toplevel", timed=True)
        for width in (300, 512, 256):
            self.fullscreen(compositor, width, width // 2)
            mark = compositor.mark()
            commits = []
            compositor.wait("commit", since=mark, role="toplevel", attached=True, count=2,
                            where=lambda commit: commits.append(commit["timed"]) or True)
            self.assertIn(True, commits, "one of the next two commits is asked about")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_a_compositor_that_never_answers_is_not_asked_for_ever(self):
        compositor = self.compositor()
        compositor.command("presentation", silent=True)
        run = self.window(compositor, arguments=("--stats-file", self.path("stats")))
        compositor.wait("commit", role="toplevel", attached=True, count=2 * MAX_PENDING)
        self.assertEqual(len(compositor.find("commit", timed=True)), MAX_PENDING)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())


LATENCIES = ("arrival_to_commit", "commit_to_light", "arrival_to_answer")


class Statistics(VerdictCase):
    sanitize = True

    def lines(self, path=None):
        try:
            with open(path or self.path("stats")) as file:
                return [json.loads(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def measure(self, *arguments, frames=FOREVER, n_lines=2, scanout=DMABUF, **presentation):
        """The lines of a run that ended in order."""
        compositor = self.compositor(*arguments)
        compositor.command("presentation", **presentation)
        run = self.window(compositor, scanout=scanout, frames=frames,
                          arguments=("--stats-file", self.path("stats")))
        wait_for(lambda: len(self.lines()) >= n_lines, "a line a second")
        self.assertEqual(run.terminate(), 0, run.story())
        return self.lines()

    def test_a_line_a_second_and_one_at_the_end(self):
        *lines, last = self.measure()
        self.assertGreaterEqual(len(lines), 2)
        self.assertEqual([line["final"] for line in lines], [False] * len(lines))
        self.assertTrue(last["final"])
        self.assertLess(abs(lines[1]["time_ns"] - lines[0]["time_ns"] - 10**9), 10**9)
        self.assertEqual((last["console"], last["label"], last["on"]), (0, "Head 0", True))
        self.assertEqual((last["path"], last["verdict"], last["zero_copy"]),
                         ("direct", "direct", False))
        self.assertIn("full screen", last["reason"])
        self.assertEqual(last["refresh_ns"], 16666667)
        self.assertEqual((last["copied_bytes"], last["superseded"], last["dropped"]), (0, 0, 0))

    def test_the_counts_are_the_guest_s(self):
        n = 50
        *_, last = self.measure(frames=f"frames {n} 60 0", n_lines=2)
        self.assertEqual((last["received"], last["answered"]), (n, n))
        self.assertEqual(len(self.record("answer")), n)
        # The picture as it was before counts, too; what came at once was shown at once.
        self.assertLessEqual(last["presented"], n + 1)
        self.assertEqual(last["commits"] + last["superseded"], last["presented"])
        self.assertGreater(last["commits"], n // 2)
        self.assertLessEqual(last["shown"] + last["discarded"], last["commits"])
        self.assertGreaterEqual(last["shown"] + last["discarded"], last["commits"] - 1)
        self.assertEqual(last["arrival_to_answer"]["n"], n)
        self.assertEqual(last["arrival_to_commit"]["n"], n)
        self.assertEqual(last["commit_to_light"]["n"], last["shown"])

    def test_frames_that_the_next_one_replaced(self):
        """A compositor that does not read: what it was not sent is told apart from what it was."""
        compositor = self.compositor()
        run = self.window(compositor, frames="frames 60 60 0\nframes 100000000 3000 0",
                          arguments=("--stats-file", self.path("stats")))
        compositor.pause()
        wait_for(lambda: self.lines() and self.lines()[-1]["superseded"] > 0,
                 "frames to be replaced", timeout_s=60)
        compositor.resume()
        self.assertEqual(run.terminate(), 0, run.story())
        last = self.lines()[-1]
        self.assertIn(last["presented"] - last["commits"] - last["superseded"], (0, 1))

    def test_copied_bytes(self):
        *_, last = self.measure("--without=zwp_linux_dmabuf_v1", frames="frames 30 60 0")
        self.assertEqual(last["path"], "copy")
        self.assertEqual(last["copied_bytes"], last["presented"] * WIDTH * HEIGHT * 4)

    def test_percentiles_are_in_order(self):
        *_, last = self.measure()
        for name in LATENCIES:
            latency = last[name]
            self.assertGreater(latency["n"], 20, name)
            self.assertTrue(0 < latency["p50_ns"] <= latency["p90_ns"] <= latency["p99_ns"]
                            <= latency["max_ns"], latency)

    def check_light(self, *arguments):
        """Two seconds after the commit, the compositor says."""
        *_, last = self.measure(*arguments, delay_ns=2 * 10**9)
        self.assertGreater(last["commit_to_light"]["p50_ns"], 2 * 10**9)
        self.assertLess(last["commit_to_light"]["p50_ns"], 60 * 10**9)

    def test_times_by_other_clocks(self):
        for clock in (0, 1, 4, 7):  # real, monotonic, monotonic raw, boot
            with self.subTest(clock=clock):
                self.check_light(f"--presentation-clock={clock}")

    def test_frames_that_nobody_saw(self):
        *_, last = self.measure(discard=True)
        self.assertEqual(last["shown"], 0)
        self.assertGreater(last["discarded"], 20)
        self.assertIsNone(last["zero_copy"])

    def test_refresh(self):
        *_, last = self.measure(refresh_ns=6944444)
        self.assertEqual(last["refresh_ns"], 6944444)

    def check_that_the_window_goes_on(self, target, complaint):
        compositor = self.compositor()
        run = self.window(compositor, arguments=("--stats-file", target))
        wait_for(lambda: complaint in run.errors, f"'{complaint}' to be said")
        mark = compositor.mark()
        compositor.wait("commit", since=mark, role="toplevel", count=30)
        self.assertEqual(run.errors.count("statistics"), 1, run.errors)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_a_file_that_cannot_be_made(self):
        self.check_that_the_window_goes_on(self.path("no/such/folder"), "no statistics are written")

    def test_a_pipe_that_nobody_reads(self):
        os.mkfifo(self.path("fifo"))
        self.check_that_the_window_goes_on(self.path("fifo"), "no statistics are written")

    def test_a_full_disk(self):
        self.check_that_the_window_goes_on("/dev/full", "No space left on device")

    def test_a_reader_that_stands_still(self):
        os.mkfifo(self.path("fifo"))
        reader = os.open(self.path("fifo"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        filler = os.open(self.path("fifo"), os.O_WRONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, filler)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(filler, bytes(4096))
        compositor = self.compositor()
        run = self.window(compositor, arguments=("--stats-file", self.path("fifo")))
        mark = compositor.mark()
        compositor.wait("commit", since=mark, role="toplevel", count=120)
        # Nor does it hold the end up.
        self.assertEqual(run.terminate(), 0, run.story())

    def test_standard_output(self):
        compositor = self.compositor()
        run = self.window(compositor, arguments=("--stats-file", "-"))
        wait_for(lambda: run.output.count(b"\n") >= 1, "a line")
        self.assertEqual(run.terminate(), 0, run.story())
        lines = [json.loads(line) for line in run.output.splitlines()]
        self.assertTrue(lines[-1]["final"])

    def test_each_window_has_its_own(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", "head 1", DMABUF,
                        f"scanout 1 b memory XRGB8888 {SIZE}", "frames 10 0 0",
                        "sleep 1200", "remove 1",
                        arguments=("--stats-file", self.path("stats")))
        finals = wait_for(lambda: [line for line in self.lines() if line["final"]],
                          "the end of a head")
        self.assertEqual([line["console"] for line in finals], [1])
        self.assertEqual(finals[0]["path"], "shm")
        self.assertEqual(run.terminate(), 0, run.story())
        finals = [line for line in self.lines() if line["final"]]
        self.assertEqual([line["console"] for line in finals], [1, 0])
        self.assertEqual(finals[1]["received"], 10)
