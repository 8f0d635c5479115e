"""What a guest sees of its keyboard and pointer, in the words of hands.py; no guest runs for it."""

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
