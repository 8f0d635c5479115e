"""
Sixteen monitors of a guest while the host's come and go, windows are resized, moved, put on full
screen, closed and plugged again, and the guest takes heads away: at random, and for long.
"""

import os
import random
import re
import statistics
import time

from mini_case import MiniCase, rgba_pattern
from mini_compositor import CompositorError
from viewer import wait_for

N_HEADS = 16
# Those that have a key; they are closed and plugged again. The guest takes away some of the others.
KEYED = range(9)
REMOVABLE = range(10, N_HEADS)
# It is off for a while.
LATE = 9
KEY_LEFTCTRL, KEY_LEFTALT, KEY_F, KEY_1 = 29, 56, 33, 2
STEPS, LONG_STEPS, FEW_STEPS = 100, 1000, 30
SEED = 11
# Monitors are whole logical pixels at each of these scales: what is left to the rounding of
# compositors is in test_mini_scales.
SCALES = ("1", "1.25", "1.33", "1.5", "1.75", "2")
MODES = ("1680x840", "1260x840", "840x420")
FIRST_OUTPUT, SECOND_OUTPUT = "DP-1:1680x840,mm=420x210", "DP-2:1260x840,mm=315x210"
MAX_OUTPUTS = 4
# What malloc may keep in its free lists, and the tables of libraries that grow once.
MEMORY_SLACK_KB = 512
# Of these there are more while something is drawn.
PASSING = ("wl_callback", "wp_presentation_feedback")


def label(head):
    return f"screen {head}."


class Windows:
    """The windows that there are, as the compositor's events say."""

    def __init__(self, compositor):
        self._compositor, self._position, self._windows = compositor, 0, {}

    def _take(self, event):
        name, surface = event["event"], event.get("surface")
        if name == "toplevel":
            self._windows.setdefault(surface, {"states": []})["live"] = True
        elif name == "toplevel_destroy":
            del self._windows[surface]
        elif name == "preferred_scale":
            self._windows.setdefault(surface, {"states": []})["scale_120"] = event["scale_120"]
        elif surface in self._windows and name == "title":
            self._windows[surface]["title"] = event["title"]
        elif surface in self._windows and name == "configure":
            self._windows[surface]["states"] = event["states"]
        elif surface in self._windows and name == "commit":
            self._windows[surface]["size"] = event["width"], event["height"]

    def all(self):
        """Head -> its window: "surface", "title", "states", "scale_120", "size"."""
        self._compositor.command("ping")
        while self._position < len(self._compositor.events):
            self._take(self._compositor.events[self._position])
            self._position += 1
        found = {}
        for surface, window in self._windows.items():
            head = re.search(r"screen (\d+)\.", window.get("title", ""))
            if head and window.get("live"):
                found[int(head[1])] = {**window, "surface": surface}
        return found


class Churn(MiniCase):
    maxDiff = None

    def begin(self, steps, seed):
        self.dice = random.Random(seed)
        self.n_outputs = 2  # names are never used twice
        self.n_pressed = 0
        self.outputs = ["DP-1", "DP-2"]
        self.host = self.compositor(f"--output={FIRST_OUTPUT}", f"--output={SECOND_OUTPUT}",
                                    "--fractional-scale")
        self.windows = Windows(self.host)
        heads = [f'head {head} gpu g label "{label(head)}"' for head in range(N_HEADS)]
        follows = [f"follow {head}" for head in range(N_HEADS) if head != LATE]
        self.run_of = self.show(self.host, *heads, *follows, "sleep 5000", f"follow {LATE}",
                                "sleep 1500", *self.script(steps),
                                f'head 0 label "{label(0)} The guest is done."',
                                # The last window stays, whoever closes it.
                                arguments=("--monitors=all", "--window-close=ask",
                                           "--no-layout"))
        # Words are drawn once before anything is counted: fonts stay in memory.
        self.host.wait("title", where=lambda event:
                       event["title"].endswith(f"{label(LATE)} — off"))
        self.arrange()

    def script(self, steps):
        """The guest's part of it: heads that go and come back, as on another GPU."""
        for _ in range(steps // 4):
            head = self.dice.choice(REMOVABLE)
            yield f"sleep {self.dice.randrange(20, 120)}"
            yield f"remove {head}"
            yield f"sleep {self.dice.choice((0, 5, 40))}"
            yield f'head {head} gpu g label "{label(head)}"'
            yield f"follow {head}"

    # What may happen. Each is told the window of the dice's choice.

    def spec(self):
        turned = self.dice.choice(("normal", "90", "180", "flipped-270"))
        return (f"{self.dice.choice(MODES)},scale={self.dice.choice(SCALES)},transform={turned},"
                "mm=420x210")

    def add_output(self, _):
        if len(self.outputs) < MAX_OUTPUTS:
            self.n_outputs += 1
            self.outputs.append(f"DP-{self.n_outputs}")
            self.host.command("output_add", spec=f"{self.outputs[-1]}:{self.spec()}")

    def remove_output(self, _):
        """Also the last one: for a moment there is none."""
        output = self.dice.choice(self.outputs)
        self.host.command("output_remove", output=output)
        self.outputs.remove(output)
        if not self.outputs:
            self.add_output(None)

    def change_output(self, _):
        self.host.command("output_change", output=self.dice.choice(self.outputs), spec=self.spec())

    def resize(self, window):
        if not {"maximized", "fullscreen"} & set(window["states"]):
            for _ in range(self.dice.choice((1, 1, 5))):
                self.host.command("configure", surface=window["surface"],
                                  width=self.dice.randrange(64, 700),
                                  height=self.dice.randrange(64, 500))

    def maximize(self, window):
        self.host.command("maximize", surface=window["surface"],
                          on="maximized" not in window["states"])

    def fullscreen(self, window):
        self.host.command("fullscreen", surface=window["surface"],
                          on="fullscreen" not in window["states"],
                          output=self.dice.choice(self.outputs))

    def place(self, window):
        self.host.command("place", surface=window["surface"],
                          output=self.dice.choice(self.outputs))

    def close(self, window):
        self.host.command("close", surface=window["surface"])

    def press(self, code, window):
        self.host.command("keyboard_enter", surface=window["surface"])
        for key in (KEY_LEFTCTRL, KEY_LEFTALT, code):
            self.host.command("key", code=key, pressed=True)
        for key in (code, KEY_LEFTALT, KEY_LEFTCTRL):
            self.host.command("key", code=key, pressed=False)
        # Not with the key that closes the window: libwayland 1.23 loses a surface that is destroyed
        # between the reading and the telling of an event that names it.
        self.n_pressed += 1
        self.host.command("ping_client", serial=self.n_pressed)
        self.host.wait("pong", serial=self.n_pressed)
        self.host.command("keyboard_leave")

    def press_fullscreen(self, window):
        self.press(KEY_F, window)

    def press_number(self, window):
        self.press(KEY_1 + self.dice.choice(KEYED), window)

    ACTIONS = ((add_output, 2), (remove_output, 2), (change_output, 3), (resize, 6), (maximize, 3),
               (fullscreen, 3), (place, 3), (close, 2), (press_fullscreen, 3), (press_number, 4))

    def step(self):
        windows = self.windows.all()
        action, = self.dice.choices([action for action, _ in self.ACTIONS],
                                    [weight for _, weight in self.ACTIONS])
        candidates = [head for head in windows if action is not Churn.close or head in KEYED]
        if not candidates:
            return
        try:
            action(self, windows[self.dice.choice(candidates)])
        except CompositorError as error:
            # The guest or a key before this one has taken it away meanwhile.
            self.assertRegex(str(error), "no such window|nothing has the focus")
        if self.dice.random() < 0.5:
            self.settle()

    # And what is to be left of it.

    def wrong(self, head, window):
        """None when the window shows the guest's picture, one for one, and nothing else."""
        size = [(event["width"], event["height"]) for event in self.record("set_head")
                if event["console"] == head][-1]
        shown = self.host.screenshot(surface=window["surface"], scale_120=window["scale_120"])
        difference = shown.difference(rgba_pattern(*size))
        return difference and f"head {head}, told {size}: {difference}, {window}"

    def wait_right(self):
        """Until each window that there is shows what it should."""
        last = None

        def right():
            nonlocal last
            self.assertTrue(self.run_of.running(), self.run_of.story())
            try:
                windows = self.windows.all()
                last = next(filter(None, (self.wrong(head, window)
                                          for head, window in sorted(windows.items()))), None)
            except CompositorError as error:
                last = str(error)
            return windows and last is None
        try:
            wait_for(right, "all pictures", timeout_s=30)
        except AssertionError as error:
            raise AssertionError(f"{error}: {last}\n{self.run_of.story()}") from None

    def arrange(self):
        """All windows on two monitors as they were in the beginning, in sizes of the user's."""
        for output in self.outputs[:]:
            if output not in ("DP-1", "DP-2"):
                self.host.command("output_remove", output=output)
        there = {output["output"] for output in self.host.command("outputs")["outputs"]}
        for spec in FIRST_OUTPUT, SECOND_OUTPUT:
            name, mode = spec.split(":")
            if name in there:
                self.host.command("output_change", output=name,
                                  spec=f"{mode},scale=1,transform=normal")
            else:
                self.host.command("output_add", spec=spec)
        self.outputs = ["DP-1", "DP-2"]
        wait_for(self.plug_all, "all heads to be plugged, the guest's included")
        for window in self.windows.all().values():
            self.host.command("fullscreen", surface=window["surface"], on=False)
            self.host.command("maximize", surface=window["surface"], on=False)
            self.host.command("place", surface=window["surface"], output="DP-1", x=0, y=0)
        self.resize_all(300, 200)

    def resize_all(self, width, height):
        for head, window in self.windows.all().items():
            self.host.command("configure", surface=window["surface"], width=width + head,
                              height=height + head)
        wait_for(lambda: all(window["size"] == (width + head, height + head)
                             for head, window in self.windows.all().items()),
                 "windows of these sizes")
        self.wait_right()

    def settle(self):
        """Until the viewer has done what it was told: a key too many would undo it."""
        self.vitrine("--list")
        return self.windows.all()

    def plug_all(self):
        """By the keys of those that have none."""
        windows = self.settle()
        missing = [head for head in KEYED if head not in windows]
        if missing:
            self.press(KEY_1 + missing[0], next(iter(windows.values())))
            wait_for(lambda: missing[0] in self.windows.all(), f"head {missing[0]}")
        return len(windows) == N_HEADS

    def objects(self):
        """Interface -> how many, but for those of bars, which windows keep that once had some."""
        objects = self.host.count_objects()
        bars = objects.pop("wl_subsurface", 0)
        self.assertLessEqual(bars, N_HEADS)
        for name in "wl_surface", "wp_viewport":
            objects[name] -= bars
        return {name: count for name, count in objects.items() if name not in PASSING}

    def descriptors(self):
        """
        Most of the time: some come and go, as that of who has just asked for a list, and those of
        the head that the guest takes away just now.
        """
        counts = []
        for _ in range(20):
            counts.append(len(os.listdir(f"/proc/{self.run_of.process.pid}/fd")))
            time.sleep(0.05)
        return statistics.mode(counts)

    def usage(self):
        """(private memory in kB, descriptors, objects) of the viewer with all of its windows."""
        def all_there():
            # The guest may be taking one away just now.
            try:
                self.arrange()
            except CompositorError as error:
                self.assertIn("no such window", str(error))
                return None
            objects = self.objects()
            return objects if objects["xdg_toplevel"] == N_HEADS else None
        objects = wait_for(all_there, "all windows at once")
        with open(f"/proc/{self.run_of.process.pid}/status") as file:
            memory = int(re.search(r"RssAnon:\s+(\d+)", file.read())[1])
        return memory, self.descriptors(), objects

    def churn(self, steps):
        seed = self.choose_seed(SEED)
        self.begin(steps, seed)
        first = None
        for i in range(steps):
            self.step()
            if i + 1 == steps // 10:
                first = self.usage()
        self.wait_right()
        wait_for(lambda: self.guest_is_done(), "the guest to be done with its part")
        last = self.usage()
        self.assert_no_error(self.host)
        self.assertEqual(self.run_of.terminate(), 0, self.run_of.story())
        return first, last

    def guest_is_done(self):
        """Head 0 says so in its title, where it has a window."""
        windows = self.settle()
        if 0 not in windows:
            self.press(KEY_1, next(iter(windows.values())))
            wait_for(lambda: 0 in self.windows.all(), "head 0")
        return "done" in self.windows.all()[0]["title"]

    def check(self, first, last):
        self.assertLessEqual(last[0], first[0] + MEMORY_SLACK_KB, (first, last))
        self.assertEqual(last[1:], first[1:])


class Normal(Churn):
    def test_nothing_is_left_behind(self):
        self.check(*self.churn(STEPS))

    def test_for_long(self):
        if not os.environ.get("VITRINE_TEST_LONG"):
            self.skipTest("takes minutes; ./tests/run.sh --long")
        self.check(*self.churn(LONG_STEPS))


class Sanitized(Churn):
    """Its allocator keeps more: only what the sanitizers themselves find counts."""

    sanitize = True

    def test_short(self):
        self.churn(FEW_STEPS)
