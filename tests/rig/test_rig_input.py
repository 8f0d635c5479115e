"""
Keys, buttons, wheels and the pointer from the machine's own devices through real compositors, the
viewer and a real QEMU to a guest's devices, exactly and in order; the guest's cursor the way back.
"""

import keys
from hands import BUTTONS
from input_case import ON_PLANE, ON_PLANE_WITH_HOTSPOT, InputCase
from virtio_gpu import CURSOR_SIZE, pattern

# What the tables of the classes below say: keys that the compositor keeps, pressed alone, if the
# viewer does not ask for them; all others arrive. KWin and Sway keep what is said here.
KWIN_KEYS = {"kglobalshortcutsrc": """[kwin]
Switch One Desktop Up=Print,none,
Switch One Desktop Down=Volume Up,none,
"""}
SWAY_KEYS = {"sway/config": """
bindsym Print nop
bindsym XF86AudioRaiseVolume nop
bindsym Alt+Tab nop
bindsym Mod4+d kill
"""}

# Each is one of KWin's or Mutter's, or of SWAY_KEYS. Alt+Print is the kernel's: see its sysrq.c.
COMBINATIONS = (("alt", "tab"), ("alt", "shift", "tab"), ("alt", "f4"), ("alt", "f2"),
                ("meta_l", "d"), ("meta_l", "l"), ("meta_l", "left"),
                ("ctrl", "f1"), ("ctrl", "alt", "left"))
HOTSPOT = (3, 7)


class Arrives:
    def test_keys(self):
        """Each key of a PC keyboard, and of better ones, pressed and released."""
        self.assertEqual(len(keys.PC_105), 105)
        self.play(keys.taps(keys.CODES.values()), keys.codes(*self.always_kept))

    def test_keys_held(self):
        """A hand on each side of the keyboard."""
        codes = keys.codes("shift", "q", "w", "e", "i", "o", "p", "kp_5")
        self.play([("key", code, True) for code in codes])
        self.play([("key", code, False) for code in codes])

    def test_buttons_and_wheel(self):
        """Each button alone, and all of them at once; notches in both directions."""
        self.play([("button", code, down) for code in BUTTONS for down in (True, False)])
        self.play([("button", code, down) for down in (True, False) for code in BUTTONS])
        self.play([("wheel", notch) for notch in (1, 1, 1, -1, -1, 1, -1, -1, -1)])

    def test_places(self):
        """
        The guest's pointer is on just the pixel on which the host's is: QEMU is told pixels, and
        makes steps of a tablet of them, of which there are more.
        """
        width, height = self.size
        columns = (0, 1, 2, width // 3, width // 2, width - 3, width - 2, width - 1)
        rows = (0, 1, 2, height // 3, height // 2, height - 3, height - 2, height - 1)
        for place in (*zip(columns, rows), *zip(columns, reversed(rows))):
            self.play([("move", *place)])

    def test_random(self):
        self.play_random()

    def test_cursor(self):
        """The guest's cursor is the host's: its shape, hotspot and place, and that it is hidden."""
        width, height = self.size
        # Every alpha, and premultiplied channels that reach it, fall short of it, and are 0.
        arrow = [alpha << 24 | alpha << 16 | alpha // 2 << 8 if x < 60 else 0
                 for y in range(CURSOR_SIZE) for x in range(CURSOR_SIZE)
                 for alpha in ((4 * x + y) % 256,)]
        self.set_cursor(arrow, HOTSPOT, (width // 3, height // 2))
        # Not beyond the left edge: Weston would take it off the plane, and Sway rounds such a place
        # to the pixel beside it.
        for place in ((width // 2, height // 3), (HOTSPOT[0], 103), (width - 50, height - 1)):
            self.play([("move", *place)])
            self.wait_cursor(place, HOTSPOT, arrow)
        self.gpu.hide_cursor(0)
        self.wait_cursor(place, HOTSPOT, None)
        square = pattern(CURSOR_SIZE, CURSOR_SIZE, 222)
        place, hotspot = (width // 3, height // 2), (0, CURSOR_SIZE - 1)
        self.set_cursor(square, hotspot, place)
        self.wait_cursor(place, hotspot, square)

    def test_released_at_exit(self):
        """A guest holds nothing when its viewer is gone, whatever the user still holds."""
        held = [("key", code, True) for code in keys.codes("shift", "a", "right")]
        held += [("button", code, True) for code in BUTTONS]
        self.play(held)
        self.assertEqual(self.window.job.terminate(), 0, self.window.log())
        self.wait_released(held)


class Captured(Arrives):
    def test_combinations(self):
        """The desktop's own."""
        for codes in (keys.codes(*names) for names in COMBINATIONS):
            self.play([("key", code, True) for code in codes] +
                      [("key", code, False) for code in reversed(codes)])

    def test_without_capture(self):
        """Left to it, the compositor keeps just those keys that its table says."""
        self.use_viewer("--capture-keys=never")
        self.play(keys.taps(keys.CODES.values()), keys.codes(*self.kept, *self.always_kept))


class Weston(Arrives, InputCase):
    """Gives none of its combinations away, but has none of a single key."""

    compositor_name = "weston"
    inhibits = False
    # To programs with atomic modesetting the kernel shows its cursor plane only if they know
    # hotspots.
    compositor_environment = {"WESTON_DISABLE_ATOMIC": 1}
    cursor = ON_PLANE


class Mutter(Captured, InputCase):
    compositor_name = "mutter"
    kept = ("meta_l", "meta_r")
    cursor = ON_PLANE_WITH_HOTSPOT


class Kwin(Captured, InputCase):
    compositor_name = "kwin"
    compositor_files = KWIN_KEYS
    kept, always_kept = ("print", "volumeup"), ("power",)
    cursor = ON_PLANE_WITH_HOTSPOT


class Sway(Captured, InputCase):
    compositor_name = "sway"
    compositor_files = SWAY_KEYS
    kept = ("print", "volumeup")
