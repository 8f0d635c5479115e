"""What the tests of input share: a guest on full screen whose devices the test reads, and hands."""

import os
import random
import time

import machine
import keys
import picture
from guest import GPU_SLOT, Guest, Viewer
from guest_input import VirtioReader, are_places_of, merged
from hands import BUTTONS
from qmp import wait_for
from rig_case import TIMEOUT_S, RigCase
from virtio import Memory
from virtio_gpu import CURSOR_SIZE, VirtioGpu, pattern

BAND = 8  # rows at the top of the guest's picture that are not black
# So much is done before the guest has to have seen it. The kernel's queues have room for 64 events,
# of which an action is up to four.
BATCH = 8
PROBE_S = 0.5  # one tap after another until the window has the focus
RANDOM_EVENTS = 300
# How a compositor shows cursors here: as part of the screen, or on the plane, of which the kernel
# takes hotspots, too, if told.
DRAWN, ON_PLANE, ON_PLANE_WITH_HOTSPOT = range(3)
MAX_HELD = 5
MODIFIERS = ("ctrl", "ctrl_r", "alt", "alt_r", "meta_l", "meta_r")


def random_seed():
    """As VITRINE_TEST_SEED says, else another one each time."""
    return int(os.environ.get("VITRINE_TEST_SEED") or random.randrange(1 << 32))


def random_actions(seed, count, size, codes):
    """
    Keys of these codes that overlap, buttons, notches and places. A modifier other than Shift comes
    alone, between two others: no shortcut of a host's, and none of ours, is ever complete.
    """
    chance, held, actions = random.Random(seed), set(), []

    def change(kind, code):
        actions.append((kind, code, code not in held))
        held.symmetric_difference_update({code})
    modifiers = {keys.CODES[name] for name in MODIFIERS}
    while len(actions) < count:
        kind = chance.choice(("key", "key", "button", "wheel", "move", "move"))
        if kind == "move":
            actions.append(("move", *(chance.randrange(length) for length in size)))
        elif kind == "wheel":
            actions.append(("wheel", chance.choice((-1, 1))))
        elif kind == "button":
            change("button", chance.choice(sorted(BUTTONS)))
        else:
            down = sorted(held - set(BUTTONS))
            code = chance.choice(sorted(codes))
            if len(down) >= MAX_HELD or down and chance.random() < 0.4:
                change("key", chance.choice(down))
            elif code not in modifiers:
                change("key", code)
            elif not held:
                change("key", code)
                change("key", code)
    for code in sorted(held):
        change("button" if code in BUTTONS else "key", code)
    return actions


class InputCase(RigCase):
    """One guest and one viewer for all tests of a class."""

    pointer = "tablet"
    # Names of keys that the compositor does not pass on, unless it is asked to, and even then.
    kept, always_kept = (), ()
    inhibits = True  # it can be asked to
    cursor = DRAWN

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.size = cls.screens[0]
        name = cls.__name__.lower()
        cls.vm = Guest(cls.machine, f"{name}-guest", *VirtioReader.devices(cls.pointer),
                       "-device", f"virtio-gpu-pci,blob=true,addr={GPU_SLOT}")
        cls.addClassCleanup(cls.vm.stop)
        memory = Memory()
        cls.gpu = VirtioGpu(cls.vm.qtest, memory, GPU_SLOT)
        cls.seen = VirtioReader(cls.vm, memory, cls.size)
        width, height = cls.size
        cls.words = pattern(width, BAND, 5)
        blob = cls.gpu.make_blob(width * height * 4)
        cls.gpu.write(blob, cls.words)  # all else is black as it is
        cls.gpu.scanout_blob(0, blob, width, height)
        cls.gpu.flush(blob, width, height)
        cls.window = None
        cls.addClassCleanup(cls.stop_viewer)

    def setUp(self):
        super().setUp()
        self.use_viewer()

    @classmethod
    def use_viewer(cls, *arguments):
        """
        Has a viewer with these arguments, whose window has the whole screen, the pointer and the
        keyboard; without any also the keys that the compositor gives away.
        """
        if cls.window and cls.window_arguments == arguments and cls.window.job.running():
            return
        cls.stop_viewer()
        cls.window_arguments = arguments
        cls.window = Viewer(cls.machine, f"{cls.__name__.lower()}-viewer", cls.compositor.display,
                            cls.vm.target, "--full-screen", "--no-layout", *arguments)
        band = picture.from_xrgb(cls.size[0], BAND, cls.words)

        def covers():
            assert cls.window.job.running(), f"the viewer ended: {cls.window.log()}"
            return cls.machine.screendump().find(band) == (0, 0)
        wait_for(covers, "the window on the whole screen", TIMEOUT_S, interval_s=0.1)

        def has_come(part):
            cls.seen.poll()
            return part in cls.seen.keys + cls.seen.pointer

        def probe(act, part):
            end_s = time.monotonic() + PROBE_S
            act()
            while not (found := has_come(part)) and time.monotonic() < end_s:
                time.sleep(0.02)
            return found
        space, escape = (keys.CODES[name] for name in ("spc", "esc"))
        wait_for(lambda: probe(lambda: cls.hands.tap("spc"), ("key", space, False)), "the focus")
        if cls.inhibits and not arguments:
            kept = keys.CODES[cls.kept[0]]
            wait_for(lambda: probe(lambda: cls.hands.tap(cls.kept[0]), ("key", kept, False)),
                     "the compositor to give away its keys")
        places = [tuple(length // part for length in cls.size) for part in (2, 3)]

        def wiggle():
            for place in places:
                cls.hands.move(*place)
        wait_for(lambda: probe(wiggle, ("move", *places[-1])), "the pointer")
        # What was tried too often comes before these.
        cls.hands.tap("esc")
        wait_for(lambda: has_come(("key", escape, False)), "the last key")
        cls.seen.take()

    @classmethod
    def stop_viewer(cls):
        if cls.window:
            cls.window.stop()
        cls.window = None

    def set_cursor(self, words, hotspot, place):
        """
        Moves the pointer there first: a guest that has its cursor elsewhere asks for the pointer,
        and what moves while that is on its way is lost. Until the cursor is on the plane, if it is
        to be there, wherever: Mutter leaves it where it was when the pointer moves at the same
        moment, until that moves again.
        """
        self.play([("move", *place)])
        self.gpu.cursor(0, *place, words, *hotspot)

        def has_shape():
            plane = self.machine.cursor_plane()
            return plane and plane[-1] == tuple(words)
        if self.cursor != DRAWN:
            wait_for(has_shape, "the cursor's shape", TIMEOUT_S)

    def wait_cursor(self, place, hotspot, words):
        """
        Until the machine shows that cursor with its hotspot at that place, or none (words: None),
        and nothing besides but the guest's picture.
        """
        corner = (place[0] - hotspot[0], place[1] - hotspot[1])
        drawn, plane = None, None
        if words and self.cursor == DRAWN:
            drawn = (corner, words)
        elif words:
            plane_hotspot = hotspot if self.cursor == ON_PLANE_WITH_HOTSPOT else (0, 0)
            plane = (corner, plane_hotspot, tuple(words))
        expected, story = self.whole_screen(drawn), {}

        def is_there():
            story["plane"] = self.machine.cursor_plane()
            if self.cursor != DRAWN and story["plane"] != plane:
                return False
            story["screen"] = self.machine.screendump().difference(expected)
            return story["screen"] is None
        try:
            wait_for(is_there, f"the cursor at {corner}", TIMEOUT_S, interval_s=0.1)
        except AssertionError as error:
            self.machine.screendump(keep=self.name)
            raise AssertionError(f"{error}; {story}") from None

    def whole_screen(self, cursor=None):
        """The guest's picture; cursor: (corner, words) of one that is drawn where it is black."""
        width, height = self.size
        whole = picture.from_xrgb(width, BAND, self.words)
        rgb = bytearray(whole.rgb) + bytes(width * (height - BAND) * 3)
        if cursor:
            (left, top), words = cursor
            square = picture.from_xrgb(CURSOR_SIZE, CURSOR_SIZE, words)
            assert top >= BAND
            begin, end = max(left, 0), min(left + CURSOR_SIZE, width)
            for y in range(top, min(top + CURSOR_SIZE, height)):
                start = (y * width + begin) * 3
                row = square.row(y - top, begin - left, end - begin)
                rgb[start:start + len(row)] = row
        return picture.Picture(width, height, rgb)

    def tearDown(self):
        self.hands.release()

        def holds_nothing():
            self.seen.poll()
            return not self.seen.held
        try:
            wait_for(holds_nothing, "the guest to hold nothing", TIMEOUT_S)
        finally:
            self.seen.take()
            self.seen.held = set()

    def play(self, actions, kept=()):
        """
        Does all that, a few at a time: the guest has to see it, in order and nothing else, but for
        keys that are kept.
        """
        for start in range(0, len(actions), BATCH):
            batch = actions[start:start + BATCH]
            for action in batch:
                self.hands.do(action)
            self.expect([action for action in batch
                         if action[0] != "key" or keys.NAMES[action[1]] not in kept])

    def expect(self, actions):
        """
        That the guest sees just that. A keyboard and a pointer are devices of their own: on neither
        way is there an order between the two.
        """
        seen, pressed = self.seen, [action for action in actions if action[0] == "key"]
        pointed = [action for action in actions if action[0] != "key"]

        def has_come():
            seen.poll()
            return (seen.keys == pressed and merged(seen.pointer) == merged(pointed) and
                    are_places_of(seen.pointer, pointed))
        try:
            wait_for(has_come, "input to arrive", TIMEOUT_S)
        except AssertionError:
            self.machine.screendump(keep=self.name)
            self.fail(f"done: {actions}\nseen: {seen.keys} {seen.pointer}\nlogs and the screen: "
                      f"{machine.LOGS}")
        finally:
            seen.take()

    def wait_released(self, pressed):
        """Until the guest holds none of these any more, each released once, in whatever order."""
        def are_released():
            self.seen.poll()
            return not self.seen.held
        wait_for(are_released, "what is held to be released", TIMEOUT_S)
        self.assertEqual(sorted(self.seen.keys + self.seen.pointer),
                         sorted((kind, code, False) for kind, code, _ in pressed))
        self.seen.take()
