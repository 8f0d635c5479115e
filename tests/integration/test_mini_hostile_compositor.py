"""
The viewer and a compositor that means it ill (hostile_compositor.py): whatever comes, the viewer
lives and answers, breaks no rule itself, keeps nothing, holds no key down in the guest, and shows the
picture once the compositor has come to reason.

VITRINE_TEST_SEED=N repeats what N did.
"""

import os
import random

import hostile_case
from hostile_case import FRUGAL, HostileCase
from hostile_compositor import HostileCompositor
from mini_case import rgba_pattern
from mini_compositor import CompositorError
from test_mini_input_random import Guest
from viewer import wait_for

WIDTH, HEIGHT = 320, 200
SIZE = f"{WIDTH}x{HEIGHT}"
SCRIPT = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba", f"update 0 0,0,{SIZE}",
          "cursor 0 16x16 hot 1,1", "repeat 1000000", f"update 0 0,0,{SIZE}", "sleep 10",
          "pointer 0 relative", "sleep 10", "pointer 0 absolute", "end")
CHECK_EVERY = 50


class FightCase(HostileCase):
    def begin(self, seed):
        self.seed, self.position = self.choose_seed(seed), 0
        dice = random.Random(self.seed)
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


class Normal(hostile_case.Normal, FightCase):
    long_steps = 50_000


class Sanitized(hostile_case.Sanitized, FightCase):
    pass
