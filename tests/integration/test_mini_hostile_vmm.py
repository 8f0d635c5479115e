"""
The viewer and a VMM that means it ill (hostile_vmm.py): whatever comes, the viewer lives, answers each
update once, breaks no rule of Wayland's, keeps nothing, and shows the picture of one that has come
to reason.

VITRINE_TEST_SEED=N repeats what N did.
"""

import contextlib
import os
import random
import re
import select
from collections import Counter

import hostile_case
import processes
from control import Control
from hostile_case import FRUGAL, HostileCase, any_seed
from hostile_vmm import HostileVmm
from mini_case import MEMORY_PASSES, MiniCase
from mini_compositor import CompositorError
from picture import Picture
from viewer import (CANNOT_ATTACH, DONE, FAILED, NEVER_DREW, TIMED_OUT, VM_GONE, WAS_RESET,
                    WENT_BLANK, wait_for)

WIDTH, HEIGHT = 96, 64
KEY_LEFTCTRL, KEY_LEFTALT, KEY_S = 29, 56, 31
# What may come of a picture that a VM is asked for.
STATUSES = (DONE, FAILED, CANNOT_ATTACH, VM_GONE, TIMED_OUT, NEVER_DREW, WENT_BLANK, WAS_RESET)
N_PICTURES = 20
# On one of these libwayland tells of memory that it could not read.
SHM_INTERFACES = ("wl_shm", "wl_shm_pool", "wl_buffer")
# And here compositors of a dma-buf that is too short, as the memory in its place may be.
SHRINKING = (*SHM_INTERFACES, "zwp_linux_buffer_params_v1")
WAYS = ((), (), ("--untrusted",), ("--path=copy",), ("--filter=nearest", "--scale=integer"),
        ("--pacing=vsync",), ("--stats-file=/dev/null",))
# With a GPU helper that counts, or without.
HELPERS = ({}, {"VITRINE_TEST_SOFTWARE_GL": "1"})


def pattern(seed):
    """(as the VM has it, as it looks)"""
    dice = random.Random(seed)
    colours = [bytes(dice.choices(range(256), k=3)) for _ in range(16)]
    rows = [[colours[(x // 8 + y // 8 * 3) % 16] for x in range(WIDTH)] for y in range(HEIGHT)]
    memory = b"".join(bytes((blue, green, red, 0)) for row in rows for red, green, blue in row)
    return memory, Picture(WIDTH, HEIGHT, b"".join(b"".join(row) for row in rows))


class FightCase(HostileCase):
    def begin(self, seed, shrinks=False):
        self.seed = self.choose_seed(seed)
        dice = random.Random(self.seed)
        self.host = self.compositor(*dice.choice(((), ("--dmabuf-version=4",),
                                                  ("--fractional-scale",))))
        self.vmm = HostileVmm(self.path("qmp"), dice, shrinks)
        self.addCleanup(self.vmm.close)
        self.run_of = self.start(
            "--qmp", self.path("qmp"), "--monitors=all", "--no-layout", *dice.choice(WAYS),
            WAYLAND_DISPLAY=self.host.display, **MEMORY_PASSES, **FRUGAL, **dice.choice(HELPERS))
        self.vmm.pump_until(lambda: self.vmm.listeners, "the viewer's attaching")

    def check_alive(self):
        if not self.run_of.running():
            self.fail(f"seed {self.seed}, step {self.vmm.n_steps}: {self.vmm.log[-20:]}\n"
                      f"{self.run_of.story()}")

    def reason(self):
        """A good VM from here on; waits until it is shown as one."""
        memory, picture = pattern(self.vmm.n_steps)
        self.vmm.behave(WIDTH, HEIGHT, memory)
        self.check_alive()
        self.assertEqual(self.vmm.answered_twice(), [], f"seed {self.seed}")
        last = None

        def right():
            nonlocal last
            self.vmm.pump(0.01)
            self.check_alive()
            windows = self.windows()
            try:
                last = (windows if len(windows) != 1 else
                        self.host.screenshot(surface=windows[0]).difference(picture))
            except CompositorError as error:
                last = str(error)
            return last is None
        try:
            wait_for(right, "the right picture", timeout_s=20)
        except AssertionError as error:
            self.fail(f"seed {self.seed}: {error}: {last}\n{self.run_of.story()}")

    def descriptors(self):
        """Of which kind how many, but for two to each helper, which stays for a while."""
        folder = f"/proc/{self.run_of.process.pid}/fd"
        kinds = Counter()
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                kinds[re.sub(r"\d+", "N", os.readlink(f"{folder}/{name}"))] += 1
        for name in "vitrine-gl", "vitrine-text":
            kinds["socket:[N]"] -= 2 * len(processes.started(self.run_of.process.pid, name))
        if self.host.find("error"):
            # What is not passed on any more is copied.
            for memory in "copy", "shm":
                kinds.pop(f"/memfd:vitrine-{memory} (deleted)", None)
        return kinds

    def wait_for_descriptors(self, expected):
        def equal():
            self.vmm.pump(0.01)
            return self.descriptors() == expected
        try:
            wait_for(equal, "descriptors", timeout_s=20)
        except AssertionError:
            self.assertEqual(self.descriptors(), expected, f"seed {self.seed}")

    def windows(self):
        alive = []
        for event in self.host.events[:]:
            if event["event"] == "toplevel":
                alive.append(event["surface"])
            elif event["event"] == "toplevel_destroy" and event["surface"] in alive:
                alive.remove(event["surface"])
            elif event["event"] == "client_gone":
                alive = []
        return alive

    def fight(self, seed, steps, shrinks=False):
        """How much private memory there is more after the second half than after the first."""
        self.begin(seed, shrinks)
        self.reason()
        descriptors, private = self.descriptors(), []
        for _ in range(2):
            self.vmm.misbehave(steps // 2, self.check_alive)
            self.reason()
            private.append(self.private_kb())
        if self.host.find("error"):
            descriptors.pop("/memfd:vitrine-shm (deleted)")
        self.wait_for_descriptors(descriptors)
        self.check_errors(shrinks)
        self.assertEqual(self.run_of.terminate(), 0, self.run_of.story())
        return private[1] - private[0]

    def check_errors(self, shrinks):
        """Memory that is cut short while the compositor has it costs one connection of each kind, no
        more: the viewer passes none of it on from then on."""
        if not shrinks:
            self.assert_no_error(self.host)
            return
        kinds, connection = set(), 0
        for event in self.host.events[:]:
            connection += event["event"] == "client_gone"
            if event["event"] == "error":
                # Several of its buffers may be read before it is gone.
                self.assertIn(event["interface"], SHRINKING, event)
                kinds.add((connection, event["interface"] in SHM_INTERFACES))
        self.assertLessEqual(len({connection for connection, _ in kinds}), 2, kinds)
        self.assertLessEqual(sum(is_shm for _, is_shm in kinds), 1, kinds)


class Rude(HostileCase):
    """One that means it ill from its first word on: who asks it for a picture gets one, or the reason
    why not as an exit status."""

    sanitize = True

    def ask(self, seed):
        vmm = HostileVmm(self.path("qmp"), random.Random(seed), rude=True)
        try:
            run = self.start("--qmp", self.path("qmp"), "--screenshot", self.path("shot.png"),
                             "--timeout", "1", **MEMORY_PASSES)
            while run.running():
                vmm.pump(0.01)
                if vmm.control is not None:
                    vmm.misbehave(1)
            self.assertIn(run.wait(), STATUSES, f"seed {seed}: {run.story()}")
            return run.wait()
        finally:
            vmm.close()
            os.unlink(self.path("qmp"))

    def test_pictures(self):
        seed = self.choose_seed(any_seed())
        statuses = Counter(self.ask(seed + i) for i in range(N_PICTURES))
        self.assertGreater(len(statuses), 1, statuses)


class Normal(hostile_case.Normal, FightCase):
    long_steps = 100_000

    def test_memory_that_shrinks(self):
        self.fight(4, hostile_case.STEPS, shrinks=True)


class Sanitized(hostile_case.Sanitized, FightCase):
    pass


class Names(MiniCase):
    """Of a VM that would like to draw on the user's terminal, and to choose where pictures go."""

    sanitize = True
    # What no line may have, and what a line of the VM's own would begin with.
    FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|^FORGED")
    NAME = "evil\x1b[31m\x9b2J\u202e\u2066\x7f\x07\nFORGED\r\tFORGED\u2028FORGED"

    def attach(self, name, *arguments, **environment):
        self.host = self.compositor()
        self.vmm = HostileVmm(self.path("qmp"), random.Random(0), name=name)
        self.addCleanup(self.vmm.close)
        run = self.start("--qmp", self.path("qmp"), "--no-layout", *arguments,
                         WAYLAND_DISPLAY=self.host.display, **MEMORY_PASSES, **environment)
        self.vmm.pump_until(lambda: self.vmm.listeners, "the viewer's attaching")
        self.vmm.behave(WIDTH, HEIGHT, pattern(0)[0])
        self.vmm.pump_until(lambda: self.host.find("commit", role="toplevel", attached=True),
                            "a picture")
        return run

    def ask(self, *arguments):
        """What that prints, with the VM answering meanwhile."""
        run = self.start(*arguments)
        while run.running():
            self.vmm.pump(0.01)
        self.assertEqual(run.wait(), DONE, run.story())
        return run.output.decode()

    def wait_for_title(self, word):
        self.vmm.pump_until(lambda: self.host.find(
            "title", where=lambda event: word in event["title"]), f"a title with {word}")

    def assert_clean(self, text, *words):
        for word in words:
            self.assertIn(word, text)
        for line in text.split("\n"):
            self.assertIsNone(self.FORBIDDEN.search(line), ascii(text))

    def titles(self):
        """One to a line."""
        titles = [event["title"] for event in self.host.find("title")]
        for title in titles:
            self.assertNotIn("\n", title)
        return "\n".join(titles)

    def test_they_are_clean_wherever_they_are_shown(self):
        run = self.attach(self.NAME, "-vv", "--stats-file", self.path("stats"), "--control",
                          self.path("control"))
        self.vmm.rename(0, self.NAME.replace("evil", "renamed"))
        self.wait_for_title("renamed")
        self.assert_clean(self.titles(), "evil", "renamed")
        for arguments in (("--list",), ("--list", "--json"), ("--list", "--qmp", self.path("qmp"))):
            text = self.ask(*arguments)
            self.assert_clean(text, "evil", "renamed")
            self.assertNotIn("\\u", text)
        client = Control(self.path("control"))
        self.addCleanup(client.close)
        texts = []
        for command in ("expect-size 7x7", "shot 9.png --console 9", "powerdown", "reset --force",
                        f"shot {self.path('shot.png')}", "key a"):
            client.send(command + "\n")
            while not select.select([client], [], [], 0)[0]:
                self.vmm.pump(0.01)
            texts.append(str(client.answer().get("text")))
        self.assert_clean("\n".join(texts))
        self.host.command("configure", width=300, height=200)
        self.vmm.pump_until(lambda: "the size of its monitor: evil" in run.errors, "a word about it")
        wait_for(lambda: os.stat(self.path("stats")).st_size, "statistics")
        self.assertEqual(run.terminate(), DONE, run.story())
        self.assert_clean(run.errors, "evil")
        with open(self.path("stats")) as file:
            text = file.read()
        self.assert_clean(text, "renamed")
        self.assertNotIn("\\u", text)

    def test_without_a_viewer(self):
        self.vmm = HostileVmm(self.path("qmp"), random.Random(0), name=self.NAME)
        self.addCleanup(self.vmm.close)
        for arguments in ((), ("--json",)):
            text = self.ask("--list", "--qmp", self.path("qmp"), *arguments)
            self.assert_clean(text, "evil")
            self.assertNotIn("\\u", text)

    def test_files_of_pictures(self):
        for name, begins in (("../../x\x1b[31m\n\u202ey", "_._.._x?[31m??"), (".hidden", "_hidden"),
                             ("/etc/passwd", "_etc_passwd"), ("n" * 200, "n" * 63 + " 0 "),
                             ("\u00e4\U0001f525" * 40, "\u00e4\U0001f525" * 10 + "\u00e4 0 ")):
            with self.subTest(name):
                pictures = self.path("pictures/of/mine")
                os.makedirs(pictures, exist_ok=True)
                run = self.attach(name, XDG_PICTURES_DIR=pictures)
                self.host.command("keyboard_enter")
                for pressed in (True, False):
                    for code in (KEY_LEFTCTRL, KEY_LEFTALT, KEY_S):
                        self.host.command("key", code=code, pressed=pressed)
                self.wait_for_title("saved")
                file, = os.listdir(pictures)
                self.assertTrue(file.startswith(begins), ascii(file))
                self.assert_clean(file, ".png")
                # It is called by the name that it has.
                self.assert_clean(self.titles(), f"saved {file}")
                with open(os.path.join(pictures, file), "rb") as picture:
                    self.assertEqual(picture.read(8), b"\x89PNG\r\n\x1a\n")
                self.assertEqual(run.terminate(), DONE, run.story())
                self.vmm.close()
                os.unlink(self.path("qmp"))
                # Nowhere else.
                self.assertEqual([name for _, _, names in os.walk(self.folder) for name in names
                                  if name.endswith(".png")], [file])
                os.unlink(os.path.join(pictures, file))
