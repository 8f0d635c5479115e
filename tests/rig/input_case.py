"""What the tests of input share: a guest on full screen whose devices the test reads, and hands."""

import time

import machine
import keys
import picture
from guest import GPU_SLOT, Guest, Viewer
from guest_input import VirtioReader, are_places_of, merged
from qmp import wait_for
from random_input import random_actions, random_seed
from rig_case import TIMEOUT_S, RigCase
from virtio import Memory
from virtio_gpu import CURSOR_SIZE, VirtioGpu, pattern

BAND = 8  # rows at the top of the guest's picture that are not black
# So much is done before the guest has to have seen it. The kernel's queues have room for 64 events,
# of which an action is up to four.
BATCH = 8
RANDOM_EVENTS = 300
PROBE_S = 0.5  # one tap after another until the window has the focus
# How a compositor shows cursors here: as part of the screen, or on the plane, of which the kernel
# takes hotspots, too, if told.
DRAWN, ON_PLANE, ON_PLANE_WITH_HOTSPOT = range(3)
SIDE = 0x113


class InputCase(RigCase):
    """One guest and one viewer for all tests of a class."""

    pointer, batch = "tablet", BATCH
    # Names of keys that the compositor does not pass on, unless it is asked to, and even then.
    kept, always_kept = (), ()
    inhibits = True  # it can be asked to
    cursor = DRAWN

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.size, cls.window = cls.screens[0], None
        cls.vm = cls.boot(f"{cls.__name__.lower()}-guest")
        cls.addClassCleanup(cls.vm.stop)
        cls.addClassCleanup(cls.stop_viewer)
        cls.seen = cls.reader()

    @classmethod
    def boot(cls, name):
        return Guest(cls.machine, name, *VirtioReader.devices(cls.pointer),
                     "-device", f"virtio-gpu-pci,blob=true,addr={GPU_SLOT}")

    @classmethod
    def reader(cls):
        """Of what the guest sees, which has something to show first."""
        memory = Memory()
        cls.show_band(memory)
        return VirtioReader(cls.vm, memory, cls.size)

    @classmethod
    def show_band(cls, memory):
        """The guest's picture, as large as the screen."""
        width, height = cls.size
        cls.gpu = VirtioGpu(cls.vm.qtest, memory, GPU_SLOT)
        cls.words = pattern(width, BAND, 5)
        blob = cls.gpu.make_blob(width * height * 4)
        cls.gpu.write(blob, cls.words)  # all else is black as it is
        cls.gpu.scanout_blob(0, blob, width, height)
        cls.gpu.flush(blob, width, height)

    @classmethod
    def is_shown(cls):
        """Whether the guest's picture is on the whole screen."""
        band = picture.from_xrgb(cls.size[0], BAND, cls.words)
        return cls.machine.screendump().find(band) == (0, 0)

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

        def covers():
            assert cls.window.job.running(), f"the viewer ended: {cls.window.log()}"
            return cls.is_shown()
        wait_for(covers, "the window on the whole screen", TIMEOUT_S, interval_s=0.1)
        cls.probe(lambda: cls.hands.tap("spc"), ("key", keys.CODES["spc"], False))
        if cls.inhibits and not arguments:
            cls.probe(lambda: cls.hands.tap(cls.kept[0]), ("key", keys.CODES[cls.kept[0]], False))
        cls.take_pointer()
        cls.settle()

    @classmethod
    def settle(cls):
        """Until what was tried too often has come: it comes before these."""
        last = [*keys.taps(keys.codes("esc")), ("button", SIDE, True), ("button", SIDE, False)]
        for action in last:
            cls.hands.do(action)
        wait_for(lambda: all(map(cls.has_come, last)), "the last key and button", TIMEOUT_S)
        cls.seen.take()

    @classmethod
    def has_come(cls, action):
        cls.seen.poll()
        return action in cls.seen.keys + cls.seen.pointer

    @classmethod
    def probe(cls, act, action):
        """Acts until that action has been seen."""
        def was_seen():
            act()
            end_s = time.monotonic() + PROBE_S
            while not (seen := cls.has_come(action)) and time.monotonic() < end_s:
                time.sleep(0.02)
            return seen
        wait_for(was_seen, f"{action} to be seen", TIMEOUT_S)

    @classmethod
    def take_pointer(cls):
        """Until the guest has it."""
        places = [tuple(length // part for length in cls.size) for part in (2, 3)]

        def wiggle():
            for place in places:
                cls.hands.move(*place)
        cls.probe(wiggle, ("move", *places[-1]))

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
        keys of these codes.
        """
        for start in range(0, len(actions), self.batch):
            batch = actions[start:start + self.batch]
            for action in batch:
                self.hands.do(action)
            self.expect([action for action in batch
                         if action[0] != "key" or action[1] not in kept])

    def random_point(self, chance):
        """What random input does with the pointer."""
        return ("move", *(chance.randrange(length) for length in self.size))

    def play_random(self, without=()):
        """without: codes of keys."""
        seed = random_seed()
        print(f"{self.id()}: VITRINE_TEST_SEED={seed}", flush=True)
        codes = sorted(set(keys.PC_105.values()) - set(without))
        self.play(random_actions(seed, RANDOM_EVENTS, codes, self.random_point))

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
