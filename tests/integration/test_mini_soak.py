"""
A session that lasts: sixteen monitors that draw and change their size, while the VM, the compositor
and the GPU helper die, keys are typed and windows resized, at random. Nothing may be left of any of
it: no memory, descriptor, thread, object of the compositor's, or key that is held; and every update
is answered exactly once.

Nobody waits for time: viewer and compositor go by a clock that is sent ahead whenever one of them
waits for a point in time (tests/lib/virtual-clock.c). What happens is chosen by a seed, which is
printed; how far the guest is when it happens is up to the machine.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import time

from alloc_count import AllocCount
from mini_case import MEMORY_PASSES, MiniCase
from mini_compositor import CompositorError, MiniCompositor
from soak_vmm import SoakVmm
from test_mini_gles import SOFTWARE, GlesCase, helper
from viewer import program
from virtual_clock import VirtualClock

N_HEADS, WIDTH, HEIGHT = 16, 192, 96
UUID = "5eed5eed-0000-4000-8000-000000000001"
SEED = 7
# By the heads of soak-vmm.c: what the compositor does not take, what is plain memory, and others.
PATHS = ["gles", "shm", *["direct"] * 6] * 2
COMPOSITOR = ("--frames=soon", "--dmabuf=XR24:0x0", "--output=1920x1080@60000")
FRAMES, MODES = 1000, 100  # in a round, which has one death of each kind
FEW_ROUNDS, ROUNDS, LONG_ROUNDS = 6, 28, 1000
# Rounds until all there is has been seen, for the heap to find its size, too, and those between two
# looks at what there is.
WARM_UP, LONG_WARM_UP, CHECKED = 4, 40, 24
# What malloc keeps in its free lists, and what is there or not: reasons, jobs that wait. One block
# lost in each round would be too many at the second look. Those who draw words keep this and that:
# with them, one in ten rounds would be too many after all of them.
SLACK = {"memory_kb": 1024, "bytes": 12288, "blocks": 20}
SLACK_WITH_WORDS = {"memory_kb": 1024, "bytes": 16384, "blocks": 80}
WORDS_S = 0.5
WORDS_SIZES = ((64, 64), (WIDTH, HEIGHT), (333, 222), (500, 400))
STORY = 3000  # characters of what the viewer said
TIMEOUT_S = 60
# What is waited for longer than that waits for a clock.
PATIENCE_S, JUMP_S = 0.02, 0.3
# A helper that failed before this time rests no longer, and what was kept for a while is not any
# more.
QUIET_S = 61
LOOKS, LOOK_S = 10, 0.02
# Frames come as fast as they are answered, which in a second of this clock is too often for any.
NO_RATES = {"VITRINE_TEST_NO_RATES": "1"}
MURDERS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP)
FLIPS = 12  # each head shows each of its buffers several times
KEYS, BUTTONS = range(16, 51), range(0x110, 0x113)


class Soak(MiniCase):
    counts, slack = True, SLACK  # of memory
    words = True

    def begin(self, seed):
        self.dice = random.Random(seed)
        helper()
        self.clock = VirtualClock(program(), self.path("clock"))
        self.count = AllocCount(program(), self.path("allocations")) if self.counts else None
        self.vmm = SoakVmm(program(), self.folder, N_HEADS, f"{WIDTH}x{HEIGHT}", UUID)
        self.addCleanup(self.vmm.close)
        if not self.words:
            self.leave_out_words()
        self.vmm.start()
        self.host = None
        self.addCleanup(self.end_compositor)
        self.start_compositor()
        self.viewer = self.start(
            "--qmp", self.vmm.socket, "--quiet", "--reconnect", "--compositor-timeout=3600",
            WAYLAND_DISPLAY=self.path("wayland"), **MEMORY_PASSES, **SOFTWARE, **NO_RATES,
            **self.preloaded())
        self.story, self.n_lost = [], 0
        self.deaths = {"VM": 0, "compositor": 0, "helper": 0}
        self.wait_all_shown()
        self.draw(N_HEADS, 0)
        for size in WORDS_SIZES if self.words else ():
            self.show_words(*size)

    def leave_out_words(self):
        """The viewer in a place of its own, where it finds its GPU helper, but no module for text."""
        original = program()
        os.mkdir(self.path("home"))
        os.symlink(os.path.join(os.path.dirname(original), "gl"), self.path("home/gl"))
        shutil.copy(original, self.path("home/vitrine"))
        self.addCleanup(os.environ.__setitem__, "VITRINE", original)
        os.environ["VITRINE"] = self.path("home/vitrine")

    def preloaded(self):
        if not self.counts:
            return self.clock.environment
        return {**self.clock.environment, **self.count.environment,
                "LD_PRELOAD": f"{self.clock.library} {self.count.library}",
                # What lies in a thread's cache is freed.
                "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}

    def start_compositor(self):
        self.host = MiniCompositor(*COMPOSITOR, f"--stamps={self.path('stamps')}",
                                   environment=self.clock.environment)
        if os.path.islink(self.path("wayland")):
            os.unlink(self.path("wayland"))
        os.symlink(self.host.display, self.path("wayland"))

    def end_compositor(self):
        if self.host is not None:
            self._close(self.host)

    def show_words(self, width, height):
        """In windows of this size: the VM is away for long. Fonts and glyphs stay in memory."""
        self.wait_drawn()
        self.configure_all(width, height)
        self.vmm.flip(2)
        self.wait_drawn()
        self.paths()
        mark = self.host.mark()
        self.vmm.kill()
        self.wait_words(mark)
        self.vmm.start()
        self.wait_all_shown()
        self.draw(N_HEADS, 0)

    def wait_words(self, mark):
        """
        A veil and words in each window. Bars beside the pictures come and go as well: so until there
        is nothing new for a while.
        """
        news, at = 0, 0

        def settled():
            nonlocal news, at
            now = len(self.host.find("subsurface", since=mark))
            if now != news:
                news, at = now, time.monotonic()
            return news >= 2 * N_HEADS and time.monotonic() > at + WORDS_S
        self.wait(settled, "words")

    def configure_all(self, width, height):
        for window in self.host.find("toplevel"):
            self.host.command("configure", surface=window["surface"], width=width, height=height)
        self.paths()  # once it answers it has been told

    # Waiting.

    def wait(self, condition, what):
        """Sends the clock ahead when it takes long."""
        begin = time.monotonic()
        until, jump_at = begin + TIMEOUT_S, begin + PATIENCE_S
        while True:
            found = condition()
            if found:
                return found
            now = time.monotonic()
            self.assertTrue(self.viewer.running(), "the viewer ended")
            self.assertLess(now, until, f"no end of waiting for {what}: {self.vmm.counts()}")
            if now > jump_at:
                self.clock.jump(JUMP_S)
                jump_at = now + PATIENCE_S
            time.sleep(0.001)

    def all_shown(self):
        try:
            # What has been written down of it may be on its way.
            return (self.host.count_objects().get("xdg_toplevel") == N_HEADS ==
                    len(self.host.find("toplevel")))
        except CompositorError:
            return False  # nobody has connected yet

    def wait_all_shown(self):
        self.wait(lambda: self.vmm.says("connected"), "the viewer to attach")
        self.wait(self.all_shown, "all windows")

    def wait_drawn(self):
        self.wait(lambda: self.vmm.says("done"), "answers")

    def draw(self, frames, modes):
        self.vmm.run(frames, modes, self.dice.randrange(2 ** 48))

    def helpers(self):
        return GlesCase.helpers(self.viewer)

    def wait_helper(self, but=()):
        """Until there is one, other than these, for which those need one that are drawn."""
        def is_there():
            nonlocal draw_at
            found = set(self.helpers())
            if found and not found & set(but):
                return True
            if self.vmm.says("done") and time.monotonic() > draw_at:
                self.draw(2 * N_HEADS, 0)
                draw_at = time.monotonic() + PATIENCE_S
            return False
        draw_at = 0
        self.wait(is_there, "a GPU helper")

    # What happens while the guest draws.

    def vm_dies(self):
        self.vmm.kill()
        counts = self.vmm.counts()
        # Whom should one answer now?
        self.n_lost = counts["sent"] - counts["answered"]
        self.vmm.start()
        self.deaths["VM"] += 1
        self.wait_all_shown()
        # What it would have drawn.
        self.draw(*(max(0, due - counts[name]) for name, due in self.due.items()))

    def compositor_dies(self):
        self.host.kill()
        self.end_compositor()
        self.start_compositor()
        self.deaths["compositor"] += 1
        self.wait_all_shown()
        self.wait_released()

    def helper_dies(self):
        victims = []
        while not victims:
            self.wait_helper()
            victims = self.helpers()
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):  # the viewer was faster
                os.kill(pid, self.dice.choice(MURDERS))
        self.deaths["helper"] += 1
        self.wait_helper(but=victims)

    def window(self):
        return self.dice.choice(self.host.find("toplevel"))["surface"]

    def resize(self):
        for _ in range(3):
            width, height = self.dice.randrange(64, 500), self.dice.randrange(64, 400)
            self.host.command("configure", surface=self.window(), width=width, height=height)

    def type(self):
        """Some keys stay down, until the focus goes, in whichever way."""
        window = self.window()
        self.host.command("keyboard_leave")
        self.host.command("keyboard_enter", surface=window)
        self.host.command("pointer_enter", surface=window, x=5, y=5)
        for command, codes in (("key", KEYS), ("button", BUTTONS)):
            for code in self.dice.sample(codes, 3):
                self.host.command(command, code=code, pressed=True)
                if self.dice.random() < 0.5:
                    self.host.command(command, code=code, pressed=False)

    def wait_released(self):
        self.wait(lambda: not self.vmm.counts()["held"], "keys to be let go of")

    def let_go(self):
        self.host.command("keyboard_leave")
        self.host.command("pointer_leave")
        self.wait_released()

    def prepare(self, step):
        """Nothing is under way: the clock may jump."""
        self.wait_drawn()
        if step == self.helper_dies:
            self.clock.jump(QUIET_S)
            self.wait_helper()
            self.wait_drawn()

    def round(self):
        steps = [self.vm_dies, self.compositor_dies, self.helper_dies, self.resize, self.resize,
                 self.type, self.type]
        self.dice.shuffle(steps)
        for i, step in enumerate(steps):
            self.prepare(step)
            counts = self.vmm.counts()
            frames, modes = (total * (i + 1) // len(steps) - total * i // len(steps)
                             for total in (FRAMES, MODES))
            self.due = {"sent": counts["sent"] + frames, "modes": counts["modes"] + modes}
            self.draw(frames, modes)
            self.story.append(step.__name__)
            step()
        self.wait_drawn()
        counts = self.vmm.counts()
        self.assertEqual(counts["sent"] - counts["answered"], self.n_lost, counts)

    # And what is left of it.

    def paths(self):
        listed, = json.loads(self.vitrine("--list", "--json").output)
        return [console["path"] for console in listed["consoles"]]

    def level(self):
        self.wait_drawn()
        self.vmm.level()
        self.wait_drawn()

    def rest(self):
        """New windows of the pictures' size, all pictures known and shown as they should be."""
        self.level()
        if self.words:
            self.show_words(WIDTH, HEIGHT)
        else:
            self.configure_all(WIDTH, HEIGHT)
        self.level()
        self.clock.jump(QUIET_S)
        self.compositor_dies()

        def is_right():
            self.vmm.flip(FLIPS)
            self.wait_drawn()
            return self.paths() == PATHS
        self.wait(is_right, "the usual paths")
        is_right()  # what was not shown since has no other import any more

    def usage(self):
        """What the viewer has."""
        pid = self.viewer.process.pid
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        memory = {}
        if self.counts:
            blocks, size = self.count.in_use()
            memory = {"memory_kb": int(status["RssAnon"].split()[0]), "bytes": size,
                      "blocks": blocks}
        return {**memory, "fds": len(os.listdir(f"/proc/{pid}/fd")),
                "threads": int(status["Threads"]), **self.host.count_objects()}

    def least_usage(self):
        """Without what is under way: frames, a layout that is saved."""
        found = self.usage()
        for _ in range(LOOKS):
            time.sleep(LOOK_S)
            now = self.usage()
            found = {name: min(count, now.get(name, 0)) for name, count in found.items()}
        return found

    def growth(self, before):
        """What there is more of, now that nothing is under way: name -> (before, now)."""
        now = self.least_usage()
        return {name: (before.get(name, 0), count) for name, count in now.items()
                if count > before.get(name, 0) + self.slack.get(name, 0)}

    def soak(self, rounds, warm_up):
        seed = self.choose_seed(SEED)
        self.begin(seed)
        first = None
        for i in range(rounds):
            try:
                self.round()
                if i + 1 == warm_up:
                    self.rest()
                    first = self.least_usage()
                elif i > warm_up and (i + 1 - warm_up) % CHECKED == 0:
                    self.rest()
                    self.assertEqual(self.growth(first), {})
            except Exception as error:
                raise AssertionError(
                    f"VITRINE_TEST_SEED={seed}, round {i + 1}, after "
                    f"{', '.join(self.story[-20:])}, {self.deaths}: {error!r}\n"
                    f"{self.viewer.story()[-STORY:]}") from error
        counts = self.vmm.counts()
        print(f"{self.id()}: {counts}, deaths: {self.deaths}, {first}", flush=True)
        self.assertGreaterEqual(min(self.deaths.values()), rounds)
        self.assertGreaterEqual(counts["answered"], rounds * FRAMES)
        self.assertGreaterEqual(counts["modes"], rounds * MODES)
        self.assertGreater(counts["presses"], rounds)
        self.assertEqual(self.viewer.terminate(), 0, self.viewer.story())


class Short(Soak):
    words = False

    def test_nothing_is_left_behind(self):
        self.soak(ROUNDS, WARM_UP)


class Long(Soak):
    slack = SLACK_WITH_WORDS

    def test_nothing_is_left_behind(self):
        if not os.environ.get("VITRINE_TEST_LONG"):
            self.skipTest("takes minutes; ./tests/run.sh --long")
        self.soak(LONG_ROUNDS, LONG_WARM_UP)


class Sanitized(Soak):
    """Of memory only what the sanitizers themselves find counts."""

    sanitize = True
    counts = False

    def test_short(self):
        self.soak(FEW_ROUNDS, WARM_UP)
