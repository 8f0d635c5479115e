"""
The viewer and a compositor that means it ill (hostile_compositor.py): whatever comes, the viewer
lives and answers, breaks no rule itself, keeps nothing, holds no key down in the guest, and shows the
picture once the compositor has come to reason.

VITRINE_TEST_SEED=N repeats what N did.
"""

import os
import random
import re

from hostile_compositor import HostileCompositor
from mini_case import MiniCase, rgba_pattern
from mini_compositor import CompositorError
from test_mini_input_random import Guest
from viewer import wait_for

STEPS, FEW_STEPS, LONG_STEPS = 1000, 300, 50_000
WIDTH, HEIGHT = 320, 200
SIZE = f"{WIDTH}x{HEIGHT}"
SCRIPT = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba", f"update 0 0,0,{SIZE}",
          "cursor 0 16x16 hot 1,1", "repeat 1000000", f"update 0 0,0,{SIZE}", "sleep 10",
          "pointer 0 relative", "sleep 10", "pointer 0 absolute", "end")
MEMORY_SLACK_KB = 4096
FRUGAL = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "32768",
          "MALLOC_TRIM_THRESHOLD_": "65536"}
CHECK_EVERY = 50


class HostileCase(MiniCase):
    def begin(self, seed):
        seed = int(os.environ.get("VITRINE_TEST_SEED", seed))
        print(f"{self.id()}: VITRINE_TEST_SEED={seed}", flush=True)
        self.seed, self.position = seed, 0
        dice = random.Random(seed)
        self.host = self.compositor(*dice.choice((
            (), ("--fractional-scale", "--buffer-scale"), ("--dmabuf-version=4", "--grant-locks"),
            ("--fractional-scale", "--icons", "--activation", "--idle-inhibit", "--single-pixel"),
            ("--decoration=client",), ("--shortcuts=grant", "--enter=mapped"))))
        self.hostile = HostileCompositor(self.host, dice)
        self.run_of = self.show(self.host, *SCRIPT, arguments=(
            "--no-layout", "--auto-resize=never", "--window-close=ask", "--sync-locks",
            "--capture-keys=always"), **FRUGAL)
        self.host.wait("commit", role="toplevel", attached=True)

    def check_alive(self):
        since, self.position = self.position, self.host.mark()
        if not self.run_of.running() or any(
                self.host.find(what, since=since) for what in ("error", "client_gone")):
            last = "\n".join(str(commands)[:500] for commands in self.hostile.log[-8:])
            self.fail(f"seed {self.seed}: {self.host.find('error')}\n{self.run_of.story()}\n{last}")

    def check_answers(self):
        """Its loop goes round: whoever asks the viewer is answered."""
        self.check_alive()
        self.vitrine("--list")

    def reason(self):
        expected, last = rgba_pattern(WIDTH, HEIGHT), None

        def right():
            nonlocal last
            self.check_alive()
            size = self.window_size()
            try:
                # One that is still as large as it was told takes the compositor a while to draw.
                last = (f"a window of {size}" if size != (WIDTH, HEIGHT) else
                        self.look(self.host).difference(expected))
            except CompositorError as error:
                last = str(error)
            if last is not None:
                self.hostile.resize(WIDTH, HEIGHT)
            return last is None
        self.hostile.behave(WIDTH, HEIGHT)
        try:
            wait_for(right, "the right picture", timeout_s=20)
        except AssertionError as error:
            self.fail(f"seed {self.seed}: {error}: {last}\n{self.run_of.story()}")
        wait_for(self.nothing_is_down, f"everything to be let go of (seed {self.seed})",
                 timeout_s=20)

    def nothing_is_down(self):
        guest = Guest()
        for event in self.record("key", "button", "touch"):
            guest.take(event)
        return not guest.down and not guest.fingers

    def window_size(self):
        """As of its last commit."""
        return next(((event["width"], event["height"]) for event in reversed(self.host.events[:])
                     if event["event"] == "commit" and event["role"] == "toplevel"), None)

    def private_kb(self):
        with open(f"/proc/{self.run_of.process.pid}/status") as file:
            return int(re.search(r"RssAnon:\s+(\d+)", file.read())[1])

    def n_descriptors(self):
        return len(os.listdir(f"/proc/{self.run_of.process.pid}/fd"))

    def fight(self, seed, steps):
        """How much private memory there is more after the second half than after the first."""
        self.begin(seed)
        self.reason()
        n_descriptors, private = self.n_descriptors(), []
        for _ in range(2):
            for _ in range(steps // 2 // CHECK_EVERY):
                self.hostile.misbehave(CHECK_EVERY, self.check_alive)
                self.check_answers()
            self.reason()
            private.append(self.private_kb())
        wait_for(lambda: self.n_descriptors() <= n_descriptors,
                 f"{n_descriptors} descriptors (seed {self.seed})", timeout_s=20)
        self.assertEqual(self.run_of.terminate(), 0, self.run_of.story())
        self.judge_input()
        return private[1] - private[0]

    def judge_input(self):
        guest = Guest()
        for event in self.record():
            if event["event"] in ("key", "button", "touch"):
                guest.take(event)
        self.assertEqual(guest.wrong[:3], [], f"seed {self.seed}: {self.run_of.story()}")
        self.assertEqual((guest.down, guest.fingers), (set(), set()), f"seed {self.seed}")

    def check(self, seed, steps):
        self.assertLessEqual(self.fight(seed, steps), MEMORY_SLACK_KB, f"kB, seed {self.seed}")


class Normal(HostileCase):
    def test_first(self):
        self.check(1, STEPS)

    def test_second(self):
        self.check(2, STEPS)

    def test_third(self):
        self.check(3, STEPS)

    def test_at_random(self):
        self.check(random.randrange(1 << 31), STEPS)

    def test_for_long(self):
        if not os.environ.get("VITRINE_TEST_LONG"):
            self.skipTest("takes minutes; ./tests/run.sh --long")
        self.check(random.randrange(1 << 31), LONG_STEPS)


class Sanitized(HostileCase):
    """Its allocator keeps more: only what the sanitizers themselves find counts."""

    sanitize = True

    def test_short(self):
        self.fight(1, FEW_STEPS)

    def test_at_random(self):
        self.fight(random.randrange(1 << 31), FEW_STEPS)
