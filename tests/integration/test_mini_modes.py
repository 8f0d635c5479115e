"""What the user sees while a guest changes its mode: pictures of the guest's, whole, and nothing else."""

import random

from mini_case import MiniCase

CHANGES, FEWER_CHANGES = 1000, 200
N_MEMORIES = 40
# 16-bit formats know few colours; sizes tell their pictures apart.
SATURATED = ("ff0000", "00ff00", "0000ff", "00ffff", "ffff00")
FORMATS = ("XRGB8888", "XRGB8888", "ARGB8888", "XBGR8888", "RGB565")
BLUE = "0000ff"
# The VMM's placeholder; no picture of the guest's has it.
PLACEHOLDER = "123456"


class Mode:
    """A piece of guest memory and what a window looks like that shows it."""

    def __init__(self, number, dice):
        # Of a size of its own, so that no other picture fits where this one is.
        self.name = f"m{number}" if number < N_MEMORIES - 1 else "start"
        self.width, self.height = 40 + 2 * number, 30 + 2 * dice.randrange(20)
        kind = dice.choice(("memory", "dmabuf"))
        fourcc = dice.choice(FORMATS)
        self.options = dice.choice(("", " bottom-up"))
        self.colour = (dice.choice(SATURATED) if fourcc == "RGB565" else
                       f"{dice.randrange(1 << 24) | 0x010101:06x}")
        self.pattern = f"solid {self.colour}80"
        if dice.random() < 0.4:
            # A part of a larger buffer: its lower left quarter, without the frame.
            self.colour, self.pattern = BLUE, "rgba"
            width, height = 2 * self.width + 4, 2 * self.height + 4
            source = f" source 1,{height // 2},{self.width}x{self.height}"
            self.options = source + self.options
        else:
            width, height = self.width, self.height
        self.description = f"{kind} {fourcc} {width}x{height}{self.options}"

    def update(self):
        x, y = (1, self.height + 2) if "source" in self.options else (0, 0)
        return f"update 0 {x},{y},{self.width}x{self.height}"

    def look(self):
        return (self.width, self.height, ((self.colour, (0, 0, self.width, self.height)),))

    def look_in(self, width, height):
        """With bars, in a window of a fixed size."""
        if width * self.height <= height * self.width:
            w, h = width, (width * self.height + self.width // 2) // self.width
        else:
            w, h = (height * self.width + self.height // 2) // self.height, height
        patch = (self.colour, ((width - w) // 2, (height - h) // 2, w, h))
        bars = (("000000", (0, 0, width, height)),) if (w, h) != (width, height) else ()
        return (width, height, tuple(sorted((patch, *bars))))


def change(mode, dice):
    """Lines of a script: to this mode, by one of the ways that guests and VMMs take."""
    lines = []
    way = dice.random()
    if way < 0.2:
        lines += ["scanout 0 nothing", "update 0 0,0,640x480", f"sleep {dice.randrange(30)}"]
    elif way < 0.4:
        lines += ["off 0", f"sleep {dice.randrange(30)}"]
    elif way < 0.5:
        lines += ["off 0", "scanout 0 nothing", f"sleep {dice.randrange(10)}", "off 0"]
    lines.append(f"scanout 0 {mode.name}")
    if dice.random() < 0.8:
        lines.append(mode.update())
    after = dice.random()
    if after < 0.3:
        lines.append("wait-answers")
    elif after < 0.7:
        lines.append(f"sleep {dice.randrange(1, 20)}")
    if dice.random() < 0.1:
        lines.append(f"forget 0 {mode.name}")
    return lines


def as_seen(event):
    return (event["width"], event["height"],
            tuple(sorted((colour, tuple(patch)) for colour, patch in event["colours"])))


class Modes(MiniCase):
    sanitize = True

    def play(self, n_changes, *arguments, seed, viewer=()):
        """What was seen, and the modes in their order."""
        dice = random.Random(seed)
        modes = [Mode(number, dice) for number in range(N_MEMORIES)]
        # All memory is drawn into before the first of these.
        start = modes.pop()
        order = [start, *(dice.choice(modes) for _ in range(n_changes)), start]
        compositor = self.compositor("--looks", *arguments)
        run = self.show(
            compositor, "head 0",
            *(line for mode in modes for line in
              (f"scanout 0 {mode.name} {mode.description}", f"draw {mode.name} {mode.pattern}")),
            f"scanout 0 start {start.description}", f"draw start {start.pattern}",
            "scanout 0 nothing memory XRGB8888 640x480 placeholder",
            f"draw nothing solid {PLACEHOLDER}ff",
            "scanout 0 start", start.update(), "wait-answers", "sleep 300",
            *(line for mode in order[1:] for line in change(mode, dice)), "sleep 300", "quit",
            # More modes in a second than any user looks at: see test_mini_limits.
            arguments=viewer, VITRINE_TEST_NO_RATES="1")
        self.assertEqual(run.wait(), 0, run.story())
        self.assertEqual(compositor.find("error"), [])
        self.assertEqual([event for event in compositor.find("look") if event["failed"]], [])
        return compositor, [as_seen(event) for event in compositor.find("look")], order

    def check(self, looks, order, expected):
        """Each is what the guest had then shown: in its order, where some may never be seen."""
        at, n_seen = 0, 0
        looks = looks[looks.index(expected(order[0])):]
        for i, look in enumerate(looks):
            before = at
            while at < len(order) and expected(order[at]) != look:
                at += 1
            self.assertLess(at, len(order), f"look {i} of {len(looks)}, {look}, is of no mode "
                            f"after change {before}; before it: {looks[max(0, i - 3):i]}")
            n_seen += at != before
        self.assertEqual(looks[-1], expected(order[-1]))
        # Those that were on for a frame were seen.
        self.assertGreater(n_seen, len(order) // 2)

    def test_the_window_follows(self):
        compositor, looks, order = self.play(CHANGES, seed=1)
        self.check(looks, order, Mode.look)
        self.check_states(compositor)

    def test_a_window_of_a_fixed_size(self):
        _, looks, order = self.play(FEWER_CHANGES, "--initial-size=301x203", seed=2,
                                   viewer=("--auto-resize=never",))
        self.check(looks, order, lambda mode: mode.look_in(301, 203))

    def test_with_title_bars_of_our_own(self):
        _, looks, order = self.play(
            FEWER_CHANGES, "--without=zxdg_decoration_manager_v1", seed=3)
        # The bars are surfaces on the window: only the picture's own part counts here.
        self.check([(width, height, tuple(part for part in parts if part[1][2:] == (width, height)))
                    for width, height, parts in looks], order, Mode.look)

    def check_states(self, compositor):
        """Source, destination and opaque region of each commit are those of its own buffer."""
        made = {event["buffer"]: event
                for name in ("shm_buffer", "dmabuf_create") for event in compositor.find(name)}
        sources = 0
        for commit in compositor.find("commit", role="toplevel", attached=True):
            buffer = made[commit["buffer"]]
            source = commit["source"] or [0, 0, buffer["width"], buffer["height"]]
            self.assertEqual(source, [int(number) for number in source])
            self.assertLessEqual(source[0] + source[2], buffer["width"])
            self.assertLessEqual(source[1] + source[3], buffer["height"])
            self.assertEqual(commit["destination"], source[2:], commit)
            self.assertEqual(commit["opaque"], [[0, 0, *commit["destination"]]])
            sources += commit["source"] is not None
        self.assertGreater(sources, 0)
