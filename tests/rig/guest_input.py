"""What a guest sees of its keyboard and pointer, in the words of hands.py; no guest runs for it."""

from guests import mouse_packets
from virtio_input import (ABS_MAX, EV_ABS, EV_KEY, EV_REL, EV_SYN, REL_WHEEL, REL_X, REL_Y,
                          VirtioInput)

BTN_GEAR_DOWN, BTN_GEAR_UP = 0x150, 0x151
WHEELS = ("wheel", "hwheel")


def scale(at, size):
    """What a tablet says of that pixel. Source: QEMU 10.0, qemu_input_scale_axis."""
    return at * ABS_MAX // size


class Unscale:
    """The way back, which is exact: a screen has fewer pixels than a tablet has steps."""

    def __init__(self, size):
        self._axes = [{scale(at, length): at for at in range(length)} for length in size]

    def __call__(self, *values):
        """None for what is no pixel's."""
        return tuple(axis.get(value) for axis, value in zip(self._axes, values))


class Seen:
    """keys, pointer: what came of each and was not taken yet."""

    def __init__(self):
        self.keys, self.pointer, self.held = [], [], set()

    def note(self, action):
        kind, *arguments = action
        if kind in ("key", "button"):
            code, down = arguments
            assert down != (code in self.held), f"{action}, and it is so already"
            self.held.symmetric_difference_update({code})
        (self.keys if kind == "key" else self.pointer).append(action)

    def take(self):
        self.keys, self.pointer = [], []


class VirtioReader(Seen):
    """A virtio keyboard, and a virtio tablet or mouse."""

    POINTER_SLOT, KEYBOARD_SLOT = 3, 4
    DEVICES = ("-device", "virtio-{}-pci,addr=3", "-device", "virtio-keyboard-pci,addr=4")

    def __init__(self, guest, memory, size):
        super().__init__()
        self._pointer, self._keyboard = (VirtioInput(guest.qtest, memory, slot)
                                         for slot in (self.POINTER_SLOT, self.KEYBOARD_SLOT))
        self._unscale, self._frame = Unscale(size), {}

    @classmethod
    def devices(cls, pointer):
        return [argument.format(pointer) for argument in cls.DEVICES]

    def poll(self):
        for kind, code, value in self._keyboard.events():
            if kind == EV_KEY:
                self.note(("key", code, bool(value)))
        for event in self._pointer.events():
            self._handle_pointer(*event)

    def _handle_pointer(self, kind, code, value):
        if kind == EV_KEY and code in (BTN_GEAR_DOWN, BTN_GEAR_UP):
            assert not value  # QEMU's end of a notch, whose begin is a REL_WHEEL
        elif kind == EV_KEY:
            self.note(("button", code, bool(value)))
        elif (kind, code) == (EV_REL, REL_WHEEL):
            self.note(("wheel", value))
        elif kind == EV_SYN:
            if EV_ABS in self._frame:
                self.note(("move", *self._unscale(*self._frame[EV_ABS])))
            if EV_REL in self._frame:
                self.note(("motion", *self._frame[EV_REL]))
            self._frame = {}
        else:
            assert code in (REL_X, REL_Y), (kind, code, value)
            self._frame.setdefault(kind, [0, 0])[code] = value


def merged(actions):
    """
    The same without what a program may join, or take apart: of moves in a row the last one counts,
    of relative motion the sum; each notch of a wheel is one.
    """
    result = []
    for action in actions:
        kind, *values = action
        before = result[-1] if result and result[-1][0] == kind else None
        if kind in WHEELS:
            result += [(kind, 1 if values[0] > 0 else -1)] * abs(values[0])
        elif kind == "move" and before:
            result[-1] = action
        elif kind == "motion" and before:
            result[-1] = (kind, *(sum(pair) for pair in zip(before[1:], values)))
        else:
            result.append(action)
    return [action for action in result if action != ("motion", 0, 0)]


def are_places_of(seen, done):
    """Whether the pointer was nowhere but where it was moved to, and in that order."""
    done = iter(done)
    before = None
    for action in (action for action in seen if action[0] == "move"):
        if action != before and action not in done:
            return False
        before = action
    return True


# Of a PS/2 keyboard, those of its keys whose scan code comes behind an 0xe0, by that scan code; others
# have evdev's number. Source: Linux, atkbd.c and input-event-codes.h.
BEHIND_E0 = {
    0x1c: 96, 0x1d: 97, 0x35: 98, 0x37: 99, 0x38: 100, 0x47: 102, 0x48: 103, 0x49: 104, 0x4b: 105,
    0x4d: 106, 0x4f: 107, 0x50: 108, 0x51: 109, 0x52: 110, 0x53: 111, 0x5b: 125, 0x5c: 126, 0x5d: 127,
}
PRINT_SHIFTS = (0x2a, 0xaa)  # behind an 0xe0; all that a driver does with them is to ignore them
PAUSE, PAUSE_BYTES = 119, [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]  # it has no release of its own
PS2_BUTTONS = {1: 0x110, 2: 0x111, 4: 0x112, 8: 0x113, 16: 0x114}  # also of a USB tablet


class ButtonBits:
    """Buttons of reports that say which are down."""

    def __init__(self, note):
        self._note, self._before = note, 0

    def handle(self, bits):
        for bit, code in PS2_BUTTONS.items():
            if (bits ^ self._before) & bit:
                self._note(("button", code, bool(bits & bit)))
        self._before = bits


class Ps2Reader(Seen):
    """A PS/2 keyboard and mouse, as the guest of input.S has them written down."""

    def __init__(self, log):
        super().__init__()
        self._log, self._buttons = log, ButtonBits(self.note)
        self._n_bytes = self._n_packets = 0

    def poll(self):
        typed, pointed = self._log.read()
        while keys := self._next_keys(typed[self._n_bytes:]):
            size, actions = keys
            self._n_bytes += size
            for action in actions:
                self.note(action)
        packets = mouse_packets(pointed)
        for bits, dx, dy, notches, right in packets[self._n_packets:]:
            for action in (("motion", dx, dy), ("wheel", notches), ("hwheel", right)):
                if any(action[1:]):
                    self.note(action)
            self._buttons.handle(bits)
        self._n_packets = len(packets)

    @staticmethod
    def _next_keys(data):
        """How many bytes the next key takes, and what it says; None: it has not come whole."""
        prefix = data[:1]
        if prefix == [0xe1]:
            if len(data) < len(PAUSE_BYTES):
                return None
            assert data[:len(PAUSE_BYTES)] == PAUSE_BYTES, data
            return len(PAUSE_BYTES), [("key", PAUSE, True), ("key", PAUSE, False)]
        size = 2 if prefix == [0xe0] else 1
        if len(data) < size:
            return None
        byte = data[size - 1]
        if size == 2 and byte in PRINT_SHIFTS:
            return size, []
        code = BEHIND_E0[byte & 0x7f] if size == 2 else byte & 0x7f
        return size, [("key", code, not byte & 0x80)]


class UsbReader(Seen):
    """A USB tablet, and a virtio keyboard."""

    def __init__(self, tablet, keyboard, size):
        super().__init__()
        self._tablet, self._keyboard = tablet, keyboard
        self._unscale, self._buttons, self._place = Unscale(size), ButtonBits(self.note), None

    def poll(self):
        for kind, code, value in self._keyboard.events():
            if kind == EV_KEY:
                self.note(("key", code, bool(value)))
        for bits, *place, notches in self._tablet.reports():
            if place != self._place:
                self.note(("move", *self._unscale(*place)))
            self._place = place
            self._buttons.handle(bits)
            if notches:
                self.note(("wheel", notches))
