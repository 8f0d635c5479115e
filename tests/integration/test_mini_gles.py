"""What the compositor does not take is drawn by the GPU helper, whatever becomes of that."""

import contextlib
import json
import os
import re
import shutil
import signal
import stat
import tempfile
import unittest

import alloc_count
import processes
from alloc_count import AllocCount
from mini_case import MiniCase, OPAQUE, cropped, flipped, rgba_pattern
from viewer import FAILED, program, wait_for

WIDTH, HEIGHT = 83, 62
SIZE = f"{WIDTH}x{HEIGHT}"
# Here the CPU does the GPU's work.
SOFTWARE = {"VITRINE_TEST_SOFTWARE_GL": "1"}
# The compositor takes dma-bufs, but not the guest's.
REFUSING = "--dmabuf=AB24:0x100000000000001"
# Pixels of three bytes are nothing that Mesa's renderers import.
NOT_IMPORTED = ("RGB888", "BGR888")


def helper():
    path = os.path.join(os.path.dirname(program()), "gl", "vitrine-gl")
    if not os.access(path, os.X_OK):
        raise unittest.SkipTest("built without the GPU helper (-Dgles=disabled)")
    return path


class GlesCase(MiniCase):
    def setUp(self):
        super().setUp()
        helper()
        self.original = program()
        self.addCleanup(os.environ.__setitem__, "VITRINE", self.original)

    def with_helper(self, script=None):
        """The viewer in a place of its own, with this for a helper, or with none."""
        home = tempfile.mkdtemp(dir=self.folder)
        os.mkdir(f"{home}/gl")
        shutil.copy(self.original, f"{home}/vitrine")
        if script is not None:
            with open(f"{home}/gl/vitrine-gl", "w") as file:
                file.write(script)
            os.chmod(f"{home}/gl/vitrine-gl", stat.S_IRWXU)
        os.environ["VITRINE"] = f"{home}/vitrine"

    def show_refused(self, compositor, *lines, kind="XRGB8888", more="", arguments=(),
                     environment=SOFTWARE):
        return self.show(compositor, "head 0", f"scanout 0 a dmabuf {kind} {SIZE} {more}",
                         "draw a rgba", f"update 0 0,0,{SIZE}", *lines, arguments=arguments,
                         **environment)

    def ticking(self, compositor, **options):
        """A guest that goes on drawing the same."""
        return self.show_refused(compositor, "repeat 100000", f"update 0 0,0,{SIZE}",
                                 "wait-answers", "sleep 10", "end", **options)

    def verdict(self):
        """The path and the reason, as a second vitrine tells them."""
        listed = json.loads(self.vitrine("--list", "--json").output)
        console = listed[0]["consoles"][0] if listed else {}
        return console.get("path"), console.get("reason")

    def wait_for_path(self, path):
        wait_for(lambda: self.verdict()[0] == path, f"the path {path}")

    @staticmethod
    def helpers(run):
        """The process ids of the viewer's living helpers."""
        return processes.started(run.process.pid, "vitrine-gl")

    @staticmethod
    def state(pid):
        """As in ps; None: it is gone, or has not become a helper yet."""
        try:
            with open(f"/proc/{pid}/stat") as file:
                name, state = re.match(r"\d+ \((.*)\) (\S)", file.read()).groups()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return state if name == "vitrine-gl" else None

    def wait_for_drawn_by_helper(self, compositor, run):
        """Until what is shown lies in memory of the helper's, which holds it itself."""
        def is_drawn():
            shown = compositor.find("commit", role="toplevel", attached=True)[-1]["buffer"]
            for made in compositor.find("shm_buffer", buffer=shown):
                pool, = compositor.find("shm_pool", pool=made["pool"])
                return pool["inode"] in self.helper_memory(run)
            return False
        wait_for(is_drawn, "a picture that the helper has drawn")

    def helper_memory(self, run):
        inodes = set()
        for pid in self.helpers(run):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                for name in os.listdir(f"/proc/{pid}/fd"):
                    inodes |= self.helper_memory_at(f"/proc/{pid}/fd/{name}")
        return inodes

    @staticmethod
    def helper_memory_at(path):
        try:
            return {os.stat(path).st_ino} if "memfd:vitrine-gl" in os.readlink(path) else set()
        except (FileNotFoundError, ProcessLookupError):  # the helper works on: closed meanwhile
            return set()


class Pictures(GlesCase):
    sanitize = True

    def test_protocol_errors_drop_one_way_after_the_other(self):
        compositor = self.compositor()
        run = self.ticking(compositor)
        self.wait_for_path("direct")
        for way in ("direct", "direct", "gles", "gles", "gles", "copy"):
            mark = compositor.mark()
            compositor.command("error")
            compositor.wait("client", since=mark)
            self.wait_for_path(way)
            self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertRegex(run.errors, "(?s)3 protocol errors.*as the VM's dma-bufs: from now on"
                                     ".*3 protocol errors.*as dma-bufs of the GPU helper's")
        self.assertEqual(run.terminate(), 0, run.story())

    def assert_drawn_stays(self, compositor, *kinds, ways):
        """After each error the first picture goes one of these ways, and that beside it is drawn."""
        run = self.show(compositor, *(
            line for head, kind in enumerate(kinds) for line in
            (f"head {head}", f"scanout {head} m{head} {kind} {SIZE}", f"draw m{head} rgba",
             f"update {head} 0,0,{SIZE}")), "repeat 100000", f"update 0 0,0,{SIZE}",
            f"update 1 0,0,{SIZE}", "wait-answers", "sleep 10", "end", **SOFTWARE)

        def paths():
            listed = json.loads(self.vitrine("--list", "--json").output)
            return [console["path"] for vm in listed for console in vm["consoles"]]
        wait_for(lambda: paths() == [ways[0], "gles"], "both ways")
        for first in ways:
            mark = compositor.mark()
            compositor.command("error")
            compositor.wait("client", since=mark)
            wait_for(lambda: paths() == [first, "gles"], f"{first}, and drawn beside it")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_protocol_errors_drop_the_vm_s_own_first(self):
        """What the helper draws may be all that is left for the picture beside it."""
        self.assert_drawn_stays(self.compositor("--dmabuf=XR24:0x0"), "dmabuf XRGB8888",
                                "dmabuf XBGR8888", ways=("direct", "direct", "gles"))

    def test_protocol_errors_drop_the_vm_s_memory_first(self):
        self.assert_drawn_stays(self.compositor(REFUSING), "memory XRGB8888", "dmabuf XRGB8888",
                                ways=("shm", "shm", "copy"))

    def test_a_refused_pair_is_drawn(self):
        for version in (3, 4, 5):
            with self.subTest(version=version):
                compositor = self.compositor(f"--dmabuf-version={version}", REFUSING)
                run = self.ticking(compositor)
                self.wait_for_path("gles")
                self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
                self.wait_for_drawn_by_helper(compositor, run)
                self.assertIn("no dma-bufs of the format XR24", self.verdict()[1])
                self.assertEqual(compositor.find("dmabuf_create"), [])
                self.assert_no_error(compositor)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_a_late_refusal_is_drawn(self):
        compositor = self.compositor()
        compositor.command("fail_imports", count=100)
        run = self.ticking(compositor)
        compositor.wait("dmabuf_create", result="failed")
        self.wait_for_path("gles")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertIn("refused", self.verdict()[1])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_formats(self):
        for name in OPAQUE:
            if name in NOT_IMPORTED:
                continue
            with self.subTest(name):
                compositor = self.compositor(REFUSING)
                run = self.show(compositor, "head 0", f"scanout 0 a dmabuf {name} {SIZE}",
                                "draw a rgba alpha junk", f"update 0 0,0,{SIZE}",
                                arguments=("--path", "gles"))
                self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
                self.wait_for_drawn_by_helper(compositor, run)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_formats_that_the_driver_does_not_import_are_copied(self):
        for name in NOT_IMPORTED:
            with self.subTest(name):
                compositor = self.compositor(REFUSING)
                run = self.ticking(compositor, kind=name, arguments=("-v",))
                wait_for(lambda: f"cannot have a buffer in {OPAQUE[name]}" in run.errors,
                         "the driver's refusal")
                self.assertEqual(self.verdict()[0], "copy")
                self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_depth_is_kept_where_the_compositor_has_it(self):
        compositor = self.compositor(REFUSING, "--shm-format=XR30")
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf ARGB2101010 {SIZE}",
                        "draw a rgba", f"update 0 0,0,{SIZE}", arguments=("--path", "gles"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        _, made = self.window_buffer(compositor)
        self.assertEqual(made["fourcc"], "XR30")

    def test_bottom_up(self):
        compositor = self.compositor(REFUSING)
        run = self.show_refused(compositor, more="bottom-up", arguments=("--path", "gles"))
        self.wait_for_picture(compositor, flipped(rgba_pattern(WIDTH, HEIGHT)), run)

    def test_a_part_of_a_buffer(self):
        compositor = self.compositor(REFUSING)
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE} source 10,20,40x30", "draw a rgba",
                        "update 0 10,20,40x30", arguments=("--path", "gles"))
        self.wait_for_picture(compositor, cropped(rgba_pattern(WIDTH, HEIGHT), 10, 20, 40, 30), run)

    def test_offset_and_stride(self):
        compositor = self.compositor(REFUSING)
        run = self.show_refused(compositor, more="offset 8192 stride 1280",
                                arguments=("--path", "gles"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)

    def test_damage_is_passed_on(self):
        compositor = self.compositor(REFUSING)
        run = self.show_refused(compositor, "wait-answers", "repeat 100000", "sleep 10",
                                "update 0 5,6,7x8", "wait-answers", "end",
                                arguments=("--path", "gles"))
        compositor.wait("commit", role="toplevel", damage=[[5, 6, 7, 8]], count=10)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertEqual(self.record("stray-answer"), [])

    def test_damage_reaches_every_buffer(self):
        """Of several host buffers each gets what was drawn while the others were shown."""
        parts = [(10 * i, 8 * i, 9, 7) for i in range(7)]
        compositor = self.compositor(REFUSING)
        run = self.show_refused(
            compositor, "repeat 20", f"update 0 0,0,{SIZE}", "wait-answers", "sleep 30", "end",
            "draw a solid 204060ff",
            *(line for x, y, width, height in parts for line in
              (f"update 0 {x},{y},{width}x{height}", "wait-answers", "sleep 30")),
            arguments=("--path", "gles"))
        self.wait_for_record(21 + len(parts), "answer")

        def all_there():
            shown = self.look(compositor)
            return all(shown.pixel(x + dx, y + dy) == (0x20, 0x40, 0x60)
                       for x, y, width, height in parts
                       for dx in (0, width - 1) for dy in (0, height - 1))
        wait_for(all_there, "every part")
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertNotIn("helper", run.errors)

    def test_flips(self):
        compositor = self.compositor(REFUSING)
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}",
                        f"scanout 0 b dmabuf XRGB8888 {SIZE}", "draw a rgba", "draw b rgba",
                        "frames 40 60 0 flip a b", "quit", arguments=("--path", "gles"))
        self.assertEqual(run.wait(), 0, run.story())
        shown = {event["buffer"] for event in compositor.find("commit", role="toplevel")
                 if event["buffer"]}
        self.assertGreater(len(shown), 1)
        # Three for each of the guest's, made once.
        self.assertLessEqual(len(compositor.find("shm_buffer", width=WIDTH)), 6)
        self.assertEqual(len(self.record("answer")), 40)
        self.assertEqual(self.record("stray-answer"), [])

    def test_what_nobody_can_draw_says_why(self):
        compositor = self.compositor(REFUSING)
        run = self.show(compositor, "head 0",
                        "scanout 0 a dmabuf XRGB8888 256x128 modifier 0x100000000000001",
                        "wait-answers", "sleep 20000", **SOFTWARE)
        self.assertEqual(run.wait(), FAILED, run.story())
        self.assertRegex(run.errors, "cannot show a picture in XR24")
        self.assertEqual(compositor.find("commit", role="toplevel", attached=True), [])

    def test_plain_memory_is_not_for_the_gpu(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}",
                        f"update 0 0,0,{SIZE}", arguments=("--path", "gles"))
        self.assertEqual(run.wait(), FAILED, run.story())
        self.assertEqual(self.helpers_ever(run), 0)

    @staticmethod
    def helpers_ever(run):
        return len(re.findall("GPU helper: ", run.errors))


class Confinement(GlesCase):
    """In builds with a sanitizer there is none."""

    def helper_status(self, *arguments, **environment):
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("-v", *arguments),
                           environment={**SOFTWARE, **environment})
        self.wait_for_path("gles")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.wait_for_drawn_by_helper(compositor, run)
        status = processes.status(self.helpers(run)[0])
        self.assertEqual(run.terminate(), 0, run.story())
        return (status["NoNewPrivs"], status["Seccomp"]), run.errors

    def test_it_is_confined(self):
        """And writes nothing, though Mesa would keep its shaders."""
        cache = self.path("cache")
        os.mkdir(cache)
        status, log = self.helper_status(XDG_CACHE_HOME=cache)
        self.assertEqual(status, ("1", "2"))
        self.assertRegex(log, "GPU helper: confined: no network, no files but .*Landlock")
        self.assertEqual(os.listdir(cache), [])

    def test_no_sandbox(self):
        status, log = self.helper_status("--no-sandbox")
        self.assertEqual(status, ("0", "0"))
        self.assertNotIn("GPU helper: confined", log)


class Ladder(GlesCase):
    sanitize = True

    def test_without_a_gpu_the_cpu_copies(self):
        compositor = self.compositor(REFUSING)
        # Buffer b is made anew each time that its turn comes.
        run = self.show_refused(
            compositor, "wait-answers", "repeat 100000", "forget 0 b",
            f"scanout 0 b dmabuf XRGB8888 {SIZE}", "draw b rgba", f"update 0 0,0,{SIZE}",
            "wait-answers", "sleep 30", f"scanout 0 a dmabuf XRGB8888 {SIZE}",
            f"update 0 0,0,{SIZE}", "wait-answers", "sleep 30", "end",
            arguments=("-vv",), environment={})
        wait_for(lambda: "draws with" in run.errors, "the helper's word")
        wait_for(lambda: not self.helpers(run), "the end of the helper, which nobody needs")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(self.verdict()[0], "copy")
        self.assertNotIn("gles", run.errors)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_nobody_needs_it(self):
        compositor = self.compositor()
        run = self.ticking(compositor)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(self.helpers(run), [])
        self.assertEqual(self.verdict()[0], "direct")

    def test_formats_that_bring_a_better_way(self):
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor)
        self.wait_for_path("gles")
        compositor.command("feedback", formats=["XR24:0x0"])
        self.wait_for_path("direct")
        create = compositor.wait("dmabuf_create", result="created")
        compositor.wait("commit", role="toplevel", buffer=create["buffer"])
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())


class Faults(GlesCase):
    """The helper is hung, dead, missing or mad: the picture goes on, and comes back to it."""

    sanitize = valgrind = True

    def the_helper(self, run):
        return wait_for(lambda: (self.helpers(run) or [None])[0], "a helper")

    def goes_on(self, compositor, run):
        mark = compositor.mark()
        compositor.wait("commit", since=mark, role="toplevel", count=5)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assert_no_error(compositor)
        self.assertEqual(self.record("stray-answer"), [])

    def check_fault(self, signal_number, what):
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("-v",))
        self.wait_for_path("gles")
        victim = self.the_helper(run)
        os.kill(victim, signal_number)
        wait_for(lambda: f"copy, because the GPU helper {what}" in run.errors, "the copies")
        wait_for(lambda: self.helpers(run) and victim not in self.helpers(run), "another helper")
        self.wait_for_path("gles")
        self.goes_on(compositor, run)
        self.assertEqual(run.terminate(), 0, run.story())
        return run

    def test_crash(self):
        run = self.check_fault(signal.SIGKILL, "failed")
        self.assertRegex(run.errors, "helper ended .signal 9.*started again in 0.5 s")

    def test_hang(self):
        run = self.check_fault(signal.SIGSTOP, "does not answer")
        self.assertRegex(run.errors, "helper does not answer")

    def test_reset(self):
        """A driver says so, and that context draws nothing any more: a new helper has a new one."""
        path = os.path.join(os.path.dirname(os.path.dirname(self.original)), "tests", "lib",
                            "gpu-reset.so")
        self.assertTrue(os.access(path, os.R_OK), path)
        self.with_helper(self.once(
            f"export LD_PRELOAD={path} GPU_RESET_AFTER=5 ASAN_OPTIONS=verify_asan_link_order=0"))
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor)
        wait_for(lambda: "the GPU was reset; a new helper is to follow" in run.errors, "the reset")
        wait_for(lambda: "started again in 0.5 s" in run.errors, "the end of the helper")
        self.wait_for_path("gles")
        self.goes_on(compositor, run)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_crash_while_it_is_the_only_way(self):
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("--path", "gles"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        os.kill(self.the_helper(run), signal.SIGKILL)
        wait_for(lambda: "started again" in run.errors, "the end of the helper")
        # The last picture stays, and the VM is answered.
        before = len(self.record("answer"))
        self.wait_for_record(before + 5, "answer")
        self.wait_for_path("gles")
        self.goes_on(compositor, run)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_is_not_started_again_and_again(self):
        self.with_helper("#!/bin/sh\nexit 1\n")
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor)
        wait_for(lambda: "again in 2.0 s" in run.errors, "three failures")
        self.goes_on(compositor, run)
        self.assertEqual(re.findall("again in (.*) s", run.errors)[:3], ["0.5", "1.0", "2.0"])
        self.assertEqual(self.verdict()[0], "copy")
        self.assertEqual(run.terminate(), 0, run.story())

    def once(self, first):
        """A helper that is well the second time."""
        begun = self.path("begun")
        return (f"#!/bin/sh\n[ -e {begun} ] || {{ touch {begun}; {first}; }}\n"
                f"exec {os.path.abspath(helper())} \"$@\"\n")

    def failing_once(self):
        """It fails before it is ready."""
        return self.once("exit 1")

    def test_a_failure_before_the_first_picture(self):
        self.with_helper(self.failing_once())
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("--path", "gles"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertIn("helper ended (status 1)", run.errors)
        self.assertEqual(self.verdict()[0], "gles")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_cannot_be_started_at_first(self):
        if os.environ.get("VITRINE_TOOL"):
            self.skipTest("in valgrind posix_spawn cannot tell that it was no program: a child "
                          "shares no memory with us, and ends with status 127 instead")
        well = f"#!/bin/sh\nexec {os.path.abspath(helper())} \"$@\"\n"
        self.with_helper("no program")
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("--path", "gles"))
        wait_for(lambda: "helper cannot be started (" in run.errors, "the failure")
        with open(self.path("well"), "w") as file:
            file.write(well)
        os.chmod(self.path("well"), stat.S_IRWXU)
        os.replace(self.path("well"), os.path.join(os.path.dirname(program()), "gl/vitrine-gl"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_failures_before_the_first_picture(self):
        """Nobody waits for ever for a window: a few failures, or no OpenGL, are the end."""
        failed = self.path("failed")
        for name, script, last in (
                ("it fails each time", "exit 1", "again in 2.0 s"),
                ("it fails, and is missing then", f"touch {failed}; rm \"$0\"; exit 1",
                 "not installed"),
                ("it fails, and finds no OpenGL then",
                 f"[ -e {failed} ] && exit 2; touch {failed}; exit 1", "there is no OpenGL")):
            with self.subTest(name):
                if os.path.exists(failed):
                    os.unlink(failed)
                self.with_helper(f"#!/bin/sh\n{script}\n")
                run = self.ticking(self.compositor(REFUSING), arguments=("-v", "--path", "gles"))
                self.assertEqual(run.wait(), FAILED, run.story())
                self.assertIn(last, run.errors)
                self.assertIn("again in 0.5 s", run.errors)

    def test_it_is_missing(self):
        self.with_helper()
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("-v",))
        wait_for(lambda: "helper is not installed" in run.errors or self.helpers(run),
                 "the lack of a helper")
        if self.helpers(run):
            self.skipTest("one is installed")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertIn("the GPU helper is not installed", run.errors)
        self.assertEqual(self.verdict()[0], "copy")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_there_is_no_opengl(self):
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("-v",), environment={
            **SOFTWARE, "__EGL_VENDOR_LIBRARY_FILENAMES": "/dev/null"})
        wait_for(lambda: "there is no OpenGL" in run.errors, "the helper's end")
        self.goes_on(compositor, run)
        self.assertEqual(self.verdict()[0], "copy")
        self.assertNotIn("started again", run.errors)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_talks_nonsense(self):
        """A buffer may have taken it over: it is killed, and costs nothing else."""
        sayings = {
            "garbage": "s.send(b'nonsense')",
            "another version": "s.send(struct.pack('6I', 1, 0, 99, 1, 0, 0))",
            "READY twice": "ready(); ready()",
            "answers to nothing": "ready(); s.send(struct.pack('IIIi', 6, 1, 0, 0))",
            "a target of another size": "ready(); target(s.recv(9999), 64, 64)",
            "a target that can shrink": "ready(); target(s.recv(9999), 83, 62)",
            "an fd that is no memory": "ready(); target(s.recv(9999), 83, 62, open('/dev/null'))",
            "no OpenGL after READY": "ready(); s.recv(9999); os._exit(2)",
        }
        for name, saying in sayings.items():
            found_out = "ended (status 2)" if "_exit" in saying else "makes no sense"
            with self.subTest(name):
                self.with_helper(LIAR + saying + "\nimport time\ntime.sleep(1000)\n")
                compositor = self.compositor(REFUSING)
                run = self.ticking(compositor)
                wait_for(lambda: f"helper {found_out}" in run.errors, "the helper's end")
                self.goes_on(compositor, run)
                self.assertEqual(self.verdict()[0], "copy")
                self.assertEqual(run.terminate(), 0, run.story())

    def test_it_answers_for_nobody(self):
        """That is no answer, whoever still waits for one."""
        self.with_helper(LIAR + """
import time
s.send(struct.pack("6I", 1, 0, 1, 0, 0, 0))
s.recv(9999)
while True:
    target(struct.pack("II", 2, 999), 83, 62)
    time.sleep(0.05)
""")
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor)
        wait_for(lambda: "helper makes no sense" in run.errors, "the helper's end")
        self.goes_on(compositor, run)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_is_told_the_device_of_the_compositor(self):
        told = self.path("told")
        self.with_helper(f'#!/bin/sh\necho "$2" >{told}\nexit 2\n')
        compositor = self.compositor(REFUSING, "--dmabuf-version=5")
        run = self.ticking(compositor, arguments=("-v",))
        wait_for(lambda: "there is no OpenGL" in run.errors, "the helper's end")
        with open(told) as file:
            self.assertEqual(file.read(), "226:128\n")

    def test_nothing_of_ours_reaches_it(self):
        compositor = self.compositor(REFUSING)
        inherited = os.memfd_create("inherited")
        self.addCleanup(os.close, inherited)
        run = self.ticking(compositor, environment={**SOFTWARE, "pass_fds": (inherited,)})
        self.wait_for_path("gles")
        links = {}
        folder = f"/proc/{self.the_helper(run)}/fd"
        for name in os.listdir(folder):
            links[int(name)] = os.readlink(f"{folder}/{name}")
        self.assertEqual((links[0], links[1]), ("/dev/null", "/dev/null"))
        sockets = [fd for fd, link in links.items() if link.startswith("socket:")]
        self.assertEqual(sockets, [3], links)
        self.assertFalse(any("inherited" in link for link in links.values()), links)

    def test_it_ends_with_the_viewer(self):
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor)
        self.wait_for_path("gles")
        pid = self.the_helper(run)
        run.process.kill()
        run.process.wait()
        wait_for(lambda: self.state(pid) in (None, "Z"), "the helper's end")


LIAR = """#!/usr/bin/python3
import array, os, socket, struct
s = socket.socket(fileno=3)

def ready():
    s.send(struct.pack("6I", 1, 0, 1, 1, 0, 0))

def target(request, width, height, file=None):
    number = struct.unpack_from("I", request, 4)[0]
    fd = file.fileno() if file else os.memfd_create("lie", os.MFD_ALLOW_SEALING)
    if not file:
        os.truncate(fd, 1 << 20)
    message = struct.pack("IIIxxxxIIIIQI4I4Ixxxx", 3, number, 0, 0, width, height, 0x34325258, 0,
                          1, 0, 0, 0, 0, 512, 0, 0, 0)
    s.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])

"""


class Bars(GlesCase):
    def test_no_allocation_of_our_own(self):
        compositor = self.compositor(REFUSING)
        count = AllocCount(program(), self.path("allocations"))
        # What the helper's drivers allocate is not the viewer's.
        self.with_helper(f"#!/bin/sh\nunset LD_PRELOAD\nexec {os.path.abspath(helper())} \"$@\"\n")
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}",
                        "frames 1000000 100 0", arguments=("--path", "gles", "--no-layout"),
                        **count.environment)
        compositor.wait("commit", role="toplevel", count=20)
        mark, before = compositor.mark(), count.allocations()
        compositor.wait("commit", since=mark, role="toplevel", count=60)
        after = count.allocations()
        self.assertEqual(after[alloc_count.THE_PROGRAM] - before[alloc_count.THE_PROGRAM], 0,
                         count.callers())
        self.assertEqual(len(self.helpers(run)), 1)

    def test_no_byte_copied_and_no_library_loaded(self):
        compositor = self.compositor(REFUSING)
        run = self.ticking(compositor, arguments=("--path", "gles"))
        compositor.wait("commit", role="toplevel", count=20)
        listed = json.loads(self.vitrine("--list", "--json").output)[0]["consoles"][0]
        self.assertEqual((listed["path"], listed["copied_bytes"]), ("gles", 0))
        with open(f"/proc/{run.process.pid}/maps") as file:
            self.assertNotRegex(file.read(), "libEGL|libgbm|libgallium|libGLES")
