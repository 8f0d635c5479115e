"""
Input that takes longer to show: devices that are plugged in, relative motion with the pointer locked,
guests with other devices than virtio's. Only with --long.
"""

import unittest

import guests
import keys
import machine
from guest import GPU_SLOT, Guest
from guest_input import PAUSE, Ps2Reader, UsbReader
from hands import BUTTONS, PluggedHands
from input_case import InputCase
from test_rig_input import KWIN_KEYS, SWAY_KEYS
from usb_tablet import UsbTablet
from virtio import Memory
from virtio_input import VirtioInput

LEFT = 0x110
# evdev's numbers of keys that get through a QEMU 10.0. The others that Wayland has are NOT_CARRIED:
# they have no number in QEMU, or no key has it there. 84 is no key, but has Print's second number.
CARRIED = {*range(1, 84), *range(86, 90), *range(91, 95), *range(96, 112), *range(113, 118), 119,
           *range(121, 141), 142, 143, *range(155, 160), *range(163, 167), 172, 173, *range(183, 195),
           226}
NO_KEYS = {84}
NOT_CARRIED = set(range(1, 248)) - CARRIED - NO_KEYS


def load_tests(_loader, tests, _pattern):
    return tests if machine.LONG else unittest.TestSuite()


class PluggedCase(InputCase):
    """A keyboard and a mouse that are plugged in, and a guest that wants relative motion."""

    pointer = "mouse"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hands = PluggedHands(cls.machine)
        cls.addClassCleanup(cls.hands.unplug)
        cls.hands.plug()

    @classmethod
    def take_pointer(cls):
        """By a click that locks it to the window; Weston's is nowhere until it moves."""
        def click_and_move():
            cls.hands.motion(1, 1)
            cls.click()
            cls.hands.motion(5, 7)
        cls.probe(click_and_move, ("motion", 5, 7))

    @classmethod
    def click(cls):
        for down in (True, False):
            cls.hands.do(("button", LEFT, down))

    def random_point(self, chance):
        return ("motion", *(chance.choice((-300, -40, -3, -1, 1, 2, 17, 255)) for _ in range(2)))


class Plugged:
    def test_all_codes(self):
        """An A after each, which always comes: the kernel's queues overflow if we do not wait."""
        a = keys.CODES["a"]
        self.play(keys.taps(each for code in sorted(CARRIED | NOT_CARRIED) for each in (code, a)),
                  {*NOT_CARRIED, *keys.codes(*self.always_kept)})

    def test_motion(self):
        """Unaccelerated, whatever the speed, and nothing lost at the screen's edges."""
        for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -1), (100, -100), (-2000, 1500), (3, 2)):
            self.play([("motion", dx, dy)] * 5)

    def test_wheels(self):
        """Notches, and parts of them, which add up."""
        self.play([("wheel", notches) for notches in (1, -1, 3, -2)])
        for parts in (2, 3, 5, 8):
            for sign in (1, -1):
                self.hands.turn(sign, parts)
                self.expect([("wheel", sign)])

    def test_random(self):
        self.play_random()

    def test_freed_and_taken(self):
        """
        Ctrl+Alt+G frees the pointer, and the two alone do: nothing of it arrives until a click
        takes it again, which is the viewer's own.
        """
        for names in (("ctrl", "alt", "g"), ("ctrl", "alt")):
            with self.subTest(names):
                self.play([("key", code, down) for down in (True, False)
                           for code in keys.codes(*names)], keys.codes("g"))
                for _ in range(5):
                    self.hands.motion(3, 3)
                self.play(keys.taps(keys.codes("a")))
                self.click()
                self.probe(lambda: self.hands.motion(5, 7), ("motion", 5, 7))
                self.assertEqual({action[0] for action in self.seen.pointer}, {"motion"})
                self.settle()
                self.play([("button", code, down) for code in BUTTONS for down in (True, False)])


class Weston(Plugged, PluggedCase):
    compositor_name = "weston"
    inhibits = False


class Mutter(Plugged, PluggedCase):
    compositor_name = "mutter"
    kept = ("meta_l",)


class Kwin(Plugged, PluggedCase):
    compositor_name = "kwin"
    compositor_files = KWIN_KEYS
    kept, always_kept = ("print",), ("power",)


class Sway(Plugged, PluggedCase):
    compositor_name = "sway"
    compositor_files = SWAY_KEYS
    kept = ("print",)


class Ps2(PluggedCase):
    """A PS/2 keyboard and mouse, in a guest that runs and writes down what they send."""

    compositor_name = "sway"
    compositor_files = SWAY_KEYS
    kept = ("print",)
    # Keyboard and mouse hold 16 bytes, of which a key has up to 8, a notch 8, and a motion 4 for each
    # 127 counts. What does not fit QEMU keeps until the next event.
    batch = 1

    @classmethod
    def boot(cls, name):
        floppy = guests.assemble("input", machine.LOGS)
        return Guest(cls.machine, name, "-vga", "std", "-drive",
                     f"if=floppy,format=raw,file={floppy}", qtest=False)

    @classmethod
    def reader(cls):
        return Ps2Reader(guests.InputLog(cls.vm))

    @classmethod
    def is_shown(cls):
        return True  # as far as a window without the focus may tell

    def test_keys(self):
        self.play(keys.taps(code for code in keys.PC_105.values() if code != PAUSE))
        # It says that it is up as soon as it is down.
        self.hands.do(("key", PAUSE, True))
        self.expect(keys.taps([PAUSE]))
        self.hands.release()

    def test_wheels(self):
        self.play([(wheel, notch) for wheel in ("wheel", "hwheel") for notch in (1, -1, -1, 1, 1)])

    def test_buttons(self):
        self.play([("button", code, down) for code in BUTTONS for down in (True, False)])
        self.play([("button", code, down) for down in (True, False) for code in BUTTONS])

    def test_random(self):
        self.play_random((PAUSE,))


class Usb(InputCase):
    """A USB tablet."""

    compositor_name = "sway"
    compositor_files = SWAY_KEYS
    kept = ("print",)
    batch = 1  # its reports say of several events only what came of them

    @classmethod
    def boot(cls, name):
        return Guest(cls.machine, name, "-device", f"virtio-gpu-pci,blob=true,addr={GPU_SLOT}",
                     "-device", "virtio-keyboard-pci,addr=4",
                     "-device", "piix3-usb-uhci,addr=5", "-device", "usb-tablet")

    @classmethod
    def reader(cls):
        memory = Memory()
        cls.show_band(memory)
        return UsbReader(UsbTablet(cls.vm.qtest, memory, 5), VirtioInput(cls.vm.qtest, memory, 4),
                         cls.size)

    def test_places(self):
        width, height = self.size
        for place in ((0, 0), (1, 2), (width // 2, height // 3), (width - 1, height - 1)):
            self.play([("move", *place)])

    def test_buttons_and_wheel(self):
        self.play([("button", code, down) for code in BUTTONS for down in (True, False)])
        self.play([("button", code, down) for down in (True, False) for code in BUTTONS])
        self.play([("wheel", notches) for notches in (1, -1, 2, -3)])

    def test_random(self):
        self.play_random()
