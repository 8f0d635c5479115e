"""
A user who hits everything while the focus comes and goes, grabs are given and taken, seats lose
their devices, and the guest changes its pointer, is reset, or is taken over by another viewer: the
guest never gets a press twice or a release of what is up, and nothing is held down at the end.
"""

import random

from mini_case import MiniCase
from mini_compositor import CompositorError
from viewer import wait_for

WIDTH, HEIGHT = 320, 200
SIZE = f"{WIDTH}x{HEIGHT}"
SHOWN = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}")
EVENTS, FEW_EVENTS = 100_000, 6_000
SEED = 5
N_KEYS = 248  # the codes that X knows
FIRST_BUTTON, N_BUTTONS = 0x110, 8
N_FINGERS = 12
CAPABILITIES = ("pointer", "keyboard", "touch")
# Those that would take the window away.
WITHOUT = "screenshot=," + ",".join(f"monitor-{i}=" for i in range(1, 10))
# A modifier, or one of our own keys with two of them, is as likely as all others together.
MODIFIERS = (29, 97, 42, 54, 56, 100, 125, 126)
OURS = (34, 33, 11, 13, 12, 32, 107, 99, 59)


class Guest:
    """Judges the record: what is down in the guest's devices, whatever happens to them."""

    def __init__(self):
        self.down, self.fingers, self.wrong, self.counts = set(), set(), [], {}

    def take(self, event):
        kind = event["event"]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind in ("key", "button"):
            if event["pressed"] == (event["code"] in self.down):
                self.wrong.append(event)
            (self.down.add if event["pressed"] else self.down.discard)(event["code"])
        elif kind == "touch":
            slot, phase = event["slot"], event["phase"]
            if (phase == "begin") == (slot in self.fingers):
                self.wrong.append(event)
            if phase == "begin":
                self.fingers.add(slot)
            elif phase in ("end", "cancel"):
                self.fingers.discard(slot)
        elif kind == "motion" and not (0 <= event["x"] <= WIDTH and 0 <= event["y"] <= HEIGHT):
            self.wrong.append(event)


class RandomCase(MiniCase):

    def script(self, dice):
        """The guest's part: what its devices want, and resets."""
        yield from SHOWN
        yield "repeat 100000"
        for _ in range(20):
            yield f"sleep {dice.choice((1, 5, 20))}"
            yield dice.choice(("pointer 0 relative", "pointer 0 absolute", "leds 0 4",
                               "leds 0 0", f"cursor-position 0 {dice.randrange(WIDTH)},"
                               f"{dice.randrange(HEIGHT)} on"))
        yield from ("remove 0", "sleep 2", *SHOWN, "end")

    def hit(self, dice):
        """One thing that a user or a compositor does: a command and what it takes."""
        what = dice.randrange(1000)
        if what < 520:
            code = dice.choice((dice.choice(MODIFIERS), dice.choice(OURS),
                                dice.randrange(1, N_KEYS), dice.randrange(1, N_KEYS)))
            return "key", {"code": code, "pressed": dice.random() < 0.5}
        if what < 620:
            return "button", {"code": FIRST_BUTTON + dice.randrange(N_BUTTONS),
                              "pressed": dice.random() < 0.5}
        if what < 720:
            return "motion", {"x": dice.uniform(-50, 1000), "y": dice.uniform(-50, 1000)}
        if what < 780:
            return "relative", {"dx": dice.uniform(-9, 9), "dy": dice.uniform(-9, 9)}
        if what < 840:
            return "axis", {"value120": dice.choice((-120, 15, 120, 360)),
                            "horizontal": dice.random() < 0.3}
        if what < 920:
            return "touch", {"phase": dice.choice(("down", "motion", "motion", "up", "up",
                                                   "cancel")),
                             "id": dice.randrange(N_FINGERS),
                             "x": dice.uniform(0, WIDTH), "y": dice.uniform(0, HEIGHT)}
        if what < 945:
            return "keyboard_enter", {"keys": [dice.randrange(1, N_KEYS)
                                               for _ in range(dice.choice((0, 0, 1, 3)))]}
        if what < 958:
            return "keyboard_leave", {}
        if what < 972:
            return "pointer_enter", {"x": dice.uniform(0, WIDTH), "y": dice.uniform(0, HEIGHT)}
        if what < 980:
            return "pointer_leave", {}
        if what < 988:
            return "shortcuts", {"active": dice.random() < 0.7}
        if what < 996:
            return "constrain", {"active": dice.random() < 0.7}
        if what < 998:
            return "configure", {"states": dice.choice((["activated"], ["suspended"],
                                                        ["activated", "fullscreen"]))}
        return "seat_capabilities", {"capabilities": dice.choice(
            (CAPABILITIES, CAPABILITIES, ("pointer",), ("keyboard", "touch"), ()))}

    def play(self, n_events, arguments):
        dice = random.Random(SEED)
        compositor = self.compositor()
        run = self.show(compositor, *self.script(dice), arguments=(
            "--no-layout", "--hotkeys", WITHOUT, *arguments))
        compositor.wait("commit", role="toplevel", attached=True)
        for command in ("keyboard_enter", "pointer_enter"):
            compositor.command(command)
        done = refused = 0
        while done < n_events and refused < 10 * n_events:
            name, values = self.hit(dice)
            try:
                compositor.command(name, **values)
                done += 1
            except CompositorError:
                refused += 1  # nothing has that focus, or the window has gone for a moment
            self.assertTrue(run.running(), f"seed {SEED}, after {done}: {run.story()}")
        self.assertEqual(done, n_events)
        self.assertEqual(compositor.find('client_gone') + compositor.find('error'), [], run.story())
        return compositor, run

    def judge(self, run, n_events, releases=True):
        guest = Guest()
        for event in self.record():
            guest.take(event)
        self.assertEqual(guest.wrong[:3], [], f"seed {SEED}: {run.story()}")
        for kind, part in (("key", 20), ("button", 100), ("motion", 100), ("touch", 100)):
            self.assertGreater(guest.counts.get(kind, 0), n_events // part, guest.counts)
        self.assertEqual((guest.down, guest.fingers), (set(), set()), f"seed {SEED}")

    def leave(self, n_events):
        _, run = self.play(n_events, ("--capture-keys=always", "--pass-keys=super+l,alt+tab"))
        self.assertEqual(run.terminate(), 0, run.story())
        self.judge(run, n_events)


class Many(RandomCase):
    def test_the_viewer_leaves(self):
        self.leave(EVENTS)


class Few(RandomCase):
    """What is slow under sanitizers, and ways to be."""

    sanitize = True

    def test_the_viewer_leaves(self):
        self.leave(FEW_EVENTS)

    def test_the_focus_goes(self):
        n_events = FEW_EVENTS
        compositor, run = self.play(n_events, ("--grab=hover", "--keymap=Caps_Lock=Control_L,F1=a"))
        # What is left of the user.
        compositor.command("seat_capabilities", capabilities=())
        compositor.command("ping")

        def is_up():
            guest = Guest()
            for event in self.record():
                guest.take(event)
            return not guest.down and not guest.fingers
        wait_for(is_up, "all to go up", timeout_s=20)
        self.judge(run, n_events)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_keys_that_are_kept(self):
        n_events = FEW_EVENTS
        _, run = self.play(n_events, ("--no-release-keys", "--grab=focus", "--sync-locks"))
        self.assertEqual(run.terminate(), 0, run.story())
        self.judge(run, n_events)
