"""A real QEMU in windows on the mini compositor: input that arrives, and who owns the channel."""

import json
import os
import socket
import unittest

import guests
import picture
import qemu
from mini_compositor import MiniCompositor
from qtest import Qtest
from viewer import VM_GONE, ViewerCase, wait_for
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern
from virtio_input import ABS_MAX, EV_ABS, EV_KEY, EV_REL, REL_WHEEL, VirtioInput

UUID = "6a5bd8e1-7c1e-4e0f-9f0a-3b1d2c4e5f60"
SIZE = (320, 240)
GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
TABLET = ("-device", "virtio-tablet-pci,addr=3")
KEYBOARD = ("-device", "virtio-keyboard-pci,addr=4")
GPU_SLOT, TABLET_SLOT, KEYBOARD_SLOT = 2, 3, 4
# evdev codes, and what a PC keyboard of set 1 sends for them.
KEY_A, KEY_RIGHTCTRL, KEY_LEFT, BTN_LEFT = 30, 97, 105, 0x110
KEYS_SNAPSHOT = (29, 56, 31)  # Ctrl+Alt+S
KEYS_HELD = (30, 42, 48, 29, 106)
BUTTONS_HELD = (0x110, 0x111, 0x112, 0x113, 0x114)
SCANCODES_A = [0x1e, 0x9e]
SCANCODES_RIGHTCTRL = [0xe0, 0x1d, 0xe0, 0x9d]
SCANCODES_LEFT = [0xe0, 0x4b, 0xe0, 0xcb]


class WindowCase(ViewerCase):
    compositor_options = ()

    def setUp(self):
        super().setUp()
        if not os.environ.get("MINI_COMPOSITOR"):
            raise unittest.SkipTest("MINI_COMPOSITOR does not name it; ./tests/run.sh does")
        self.compositor = MiniCompositor(*self.compositor_options)
        self.addCleanup(self.compositor.close)

    def show(self, machine, *arguments):
        """The viewer, once it has a window with a picture."""
        display = os.path.join(self.compositor.directory, "wayland-mini")
        run = self.start("--qmp", machine.qmp_path, *arguments, WAYLAND_DISPLAY=display)
        self.compositor.wait("commit", role="toplevel", where=lambda event: event.get("width"))
        return run

    def focus(self):
        self.compositor.command("keyboard_enter", keys=[])
        self.compositor.command("pointer_enter", x=10, y=10)

    def tap(self, code):
        for pressed in (True, False):
            self.compositor.command("key", code=code, pressed=pressed)

    def window_shows(self, expected, surface=None):
        def shown():
            return self.compositor.screenshot(surface=surface).find(expected)
        wait_for(shown, "the picture to appear in the window")

    def boot_input_guest(self):
        machine = self.machine(
            "-vga", "std", "-drive",
            f"if=floppy,format=raw,file={guests.assemble('input', self.folder)}", uuid=UUID)
        return machine, guests.InputLog(machine)


@qemu.for_each_qemu
class Modes(WindowCase):
    """Each commit is a picture of the guest's, whole: no placeholder, nothing stretched or empty."""

    compositor_options = ("--looks",)
    MODES = ((320, 240, "ff0000"), (400, 300, "00ff00"), (400, 300, "0000ff"), (128, 96, "ffff00"),
             (640, 480, "00ffff"), (320, 240, "808080"))

    def look_of(self, width, height, colour):
        return width, height, [[colour, [0, 0, width, height]]]

    def test_modes_change_and_the_monitor_goes_off_in_between(self):
        machine = self.halted_machine(*GPU)
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)

        def show(width, height, colour):
            gpu.show(0, width, height, [0xff000000 | int(colour, 16)] * (width * height))
        show(*self.MODES[0])
        run = self.show(machine)
        first = self.compositor.wait("look", where=lambda event:
                                     event["colours"] == self.look_of(*self.MODES[0])[2])
        for i, mode in enumerate(self.MODES * 2):
            mark = self.compositor.mark()
            if i % 3 != 1:
                gpu.off(0)
            show(*mode)
            if i > 0:
                self.compositor.wait("look", since=mark, where=lambda event: (
                    event["width"], event["height"], event["colours"]) == self.look_of(*mode))
        looks = self.compositor.find("look")
        looks = [(event["width"], event["height"], event["colours"])
                 for event in looks[looks.index(first):]]
        allowed = [self.look_of(*mode) for mode in self.MODES]
        self.assertEqual([look for look in looks if look not in allowed], [], run.story())
        self.assertFalse([event for event in self.compositor.find("title")
                          if "off" in event["title"]])
        self.assertEqual(run.terminate(), 0, run.story())


@qemu.for_each_qemu
class Snapshot(WindowCase):
    def test_pictures_that_are_kept_below_a_hidden_folder(self):
        """As the user's folder for them may be on a server. No client names it."""
        machine = self.halted_machine(*GPU)
        words = pattern(*SIZE, 10)
        VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT).show(0, *SIZE, words)
        os.makedirs(self.path(".server/pictures"))
        os.symlink(".server/pictures", self.path("pictures"))
        self.environment["XDG_PICTURES_DIR"] = self.path("pictures")
        run = self.show(machine)
        self.window_shows(picture.from_xrgb(*SIZE, words))
        self.compositor.command("keyboard_enter", keys=[])
        for pressed in (True, False):
            for code in KEYS_SNAPSHOT:
                self.compositor.command("key", code=code, pressed=pressed)
        self.compositor.wait("title", where=lambda event: "saved" in event["title"])
        name, = os.listdir(self.path(".server/pictures"))
        self.assert_same_picture(picture.load(self.path(f"pictures/{name}")),
                                 picture.from_xrgb(*SIZE, words))
        self.assertEqual(run.terminate(), 0, run.story())


@qemu.for_each_qemu
class Input(WindowCase):
    sanitize = valgrind = True

    def test_keys_arrive(self):
        """Read back from the memory of a guest that listens to its PS/2 keyboard."""
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        self.focus()
        for code in (KEY_A, KEY_RIGHTCTRL, KEY_LEFT):
            self.tap(code)
        expected = SCANCODES_A + SCANCODES_RIGHTCTRL + SCANCODES_LEFT
        wait_for(lambda: len(log.keys()) >= len(expected), "the guest to see the keys")
        self.assertEqual(log.keys(), expected)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_keys_are_released_when_the_focus_goes(self):
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        self.focus()
        self.compositor.command("key", code=KEY_A, pressed=True)
        wait_for(lambda: log.keys() == [0x1e], "the guest to see the key")
        self.compositor.command("keyboard_leave")
        wait_for(lambda: log.keys() == [0x1e, 0x9e], "the guest to see its release")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_relative_motion_arrives(self):
        """A PS/2 mouse: the first click locks the pointer, and motion is relative from then on."""
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        self.focus()
        self.compositor.command("button", code=BTN_LEFT, pressed=True)
        self.compositor.command("button", code=BTN_LEFT, pressed=False)
        self.compositor.wait("lock_pointer")
        self.compositor.command("constrain", active=True)
        for dx, dy in ((20, -3), (10, -4)):
            self.compositor.command("relative", dx=dx, dy=dy)
        wait_for(lambda: log.motion()[:2] == (30, -7), "the guest to see the motion")
        self.compositor.command("button", code=BTN_LEFT, pressed=True)
        wait_for(lambda: log.motion() == (30, -7, 1), "the guest to see the button")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_absolute_motion_and_wheel_arrive(self):
        """A virtio tablet whose queue the test reads itself."""
        machine = self.halted_machine(*GPU, *TABLET, *KEYBOARD)
        qtest, memory = Qtest(machine.qtest_path), Memory()
        gpu = VirtioGpu(qtest, memory, GPU_SLOT)
        words = pattern(*SIZE, 5)
        gpu.show(0, *SIZE, words)
        tablet = VirtioInput(qtest, memory, TABLET_SLOT)
        keyboard = VirtioInput(qtest, memory, KEYBOARD_SLOT)
        run = self.show(machine)
        self.window_shows(picture.from_xrgb(*SIZE, words))
        self.focus()
        tablet_events, keys = [], []

        def seen(wanted):
            tablet_events.extend(tablet.events())
            keys.extend(keyboard.events())
            return wanted in tablet_events or wanted in keys

        self.compositor.command("motion", x=SIZE[0] // 2, y=SIZE[1] // 4)
        # QEMU scales pixel x of 0..width-1 to 0..ABS_MAX.
        for axis, value, limit in ((0, SIZE[0] // 2, SIZE[0]), (1, SIZE[1] // 4, SIZE[1])):
            wait_for(lambda: seen(None) or any(
                kind == EV_ABS and code == axis and abs(got * (limit - 1) / ABS_MAX - value) <= 1
                for kind, code, got in tablet_events),
                     f"axis {axis} of the tablet")
        self.compositor.command("button", code=BTN_LEFT, pressed=True)
        self.compositor.command("button", code=BTN_LEFT, pressed=False)
        wait_for(lambda: seen((EV_KEY, BTN_LEFT, 0)), "the button")
        self.assertIn((EV_KEY, BTN_LEFT, 1), tablet_events)
        self.compositor.command("axis", value120=120)
        wait_for(lambda: seen((EV_REL, REL_WHEEL, -1)), "the wheel")
        self.tap(KEY_A)
        wait_for(lambda: seen((EV_KEY, KEY_A, 0)), "the key")
        self.assertIn((EV_KEY, KEY_A, 1), keys)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_released_when_the_viewer_leaves(self):
        """Also buttons, which QEMU does not forget by itself, whatever the user still holds."""
        machine = self.halted_machine(*GPU, *TABLET, *KEYBOARD)
        qtest, memory = Qtest(machine.qtest_path), Memory()
        gpu = VirtioGpu(qtest, memory, GPU_SLOT)
        words = pattern(*SIZE, 5)
        gpu.show(0, *SIZE, words)
        devices = [VirtioInput(qtest, memory, slot) for slot in (TABLET_SLOT, KEYBOARD_SLOT)]
        run = self.show(machine)
        self.window_shows(picture.from_xrgb(*SIZE, words))
        self.focus()
        held, changes = set(), []

        def are_held(codes):
            for kind, code, value in (event for device in devices for event in device.events()):
                if kind == EV_KEY:
                    changes.append((code, value))
                    (held.add if value else held.discard)(code)
            return held == codes
        for code in KEYS_HELD:
            self.compositor.command("key", code=code, pressed=True)
        for code in BUTTONS_HELD:
            self.compositor.command("button", code=code, pressed=True)
        wait_for(lambda: are_held({*KEYS_HELD, *BUTTONS_HELD}), "the guest to hold them")
        self.assertEqual(run.terminate(), 0, run.story())
        wait_for(lambda: are_held(set()), f"the guest to hold nothing; {changes}")
        self.assertEqual(len(changes), 2 * len(KEYS_HELD + BUTTONS_HELD), changes)

    def test_guest_cursor(self):
        """The guest's cursor picture becomes the host's cursor, with its hotspot."""
        machine = self.halted_machine(*GPU, *TABLET)
        qtest, memory = Qtest(machine.qtest_path), Memory()
        gpu = VirtioGpu(qtest, memory, GPU_SLOT)
        gpu.show(0, *SIZE, pattern(*SIZE, 5))
        self.tablet = VirtioInput(qtest, memory, TABLET_SLOT)
        run = self.show(machine)
        self.focus()
        gpu.cursor(0, 50, 60, [0xffff0000] * (64 * 64), 3, 4)
        self.compositor.wait("set_cursor", hot_x=3, hot_y=4, width=64, height=64)
        self.assertEqual(run.terminate(), 0, run.story())


@qemu.for_each_qemu
class Windows(WindowCase):
    sanitize = valgrind = True

    def test_two_heads_two_windows(self):
        machine = self.halted_machine(*GPU)
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)
        words = [pattern(*SIZE, salt) for salt in (10, 240)]
        for head in range(2):
            gpu.show(head, *SIZE, words[head])
        run = self.show(machine)
        surfaces = []

        def both():
            surfaces[:] = sorted({event["surface"] for event in self.compositor.find(
                "commit", role="toplevel", attached=True)})
            return len(surfaces) == 2
        wait_for(both, "two windows")
        expected = [picture.from_xrgb(*SIZE, part) for part in words]

        def shown():
            shots = [self.compositor.screenshot(surface=number) for number in surfaces]
            return all(any(shot.find(part) for shot in shots) for part in expected)
        wait_for(shown, "both pictures to appear, each in a window")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_vm_dies(self):
        machine = self.machine("-vga", "std")
        run = self.show(machine)
        machine.kill()
        self.assertEqual(run.wait(), VM_GONE, run.story())

    def test_close_leaves_the_vm_running(self):
        machine = self.machine("-vga", "std")
        run = self.show(machine)
        self.compositor.command("close")
        self.assertEqual(run.wait(), 0, run.story())
        self.assertEqual(machine.oracle.execute("query-status")["status"], "running")


@qemu.for_each_qemu
class Resident(WindowCase):
    """An open window owns the VM's channel; others of the user's programs go through it."""

    sanitize = valgrind = True

    def test_screenshot_beside_a_viewer(self):
        """QEMU would give its control connection to the newcomer, and the window lose its input."""
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        self.focus()
        self.tap(KEY_A)
        wait_for(lambda: log.keys() == SCANCODES_A, "the guest to see the key")
        machine.freeze()
        expected = machine.screendump()
        self.assert_same_picture(self.screenshot("--qmp", machine.qmp_path), expected)
        machine.oracle.execute("cont")
        self.tap(KEY_LEFT)
        wait_for(lambda: log.keys() == SCANCODES_A + SCANCODES_LEFT, "input after the screenshot")
        self.assertTrue(run.running(), run.story())
        self.assertEqual(run.terminate(), 0, run.story())

    def test_list_names_the_viewer(self):
        machine, log = self.boot_input_guest()
        data = json.loads(self.vitrine("--qmp", machine.qmp_path, "--list", "--json").output)
        self.assertFalse(data[0]["viewer"])
        run = self.show(machine)
        data = json.loads(self.vitrine("--qmp", machine.qmp_path, "--list", "--json").output)
        self.assertTrue(data[0]["viewer"])
        self.assertEqual(data[0]["uuid"], UUID)
        self.focus()
        self.tap(KEY_A)
        wait_for(lambda: log.keys() == SCANCODES_A, "input after the list")
        self.assertEqual(run.terminate(), 0, run.story())

    def check_reason(self, device, *parts):
        if device not in qemu.devices(qemu.binary(self.version)):
            self.skipTest(f"this QEMU {self.version} is built without {device}")
        machine = self.machine("-device", device)
        machine.wait_firmware()
        run = self.show(machine)
        vm, = json.loads(self.vitrine("--qmp", machine.qmp_path, "--list", "--json").output)
        console, = vm["consoles"]
        self.assertEqual((console["path"], console["verdict"]), ("shm", "shared memory"))
        for part in parts:
            self.assertIn(part, console["reason"])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_list_says_that_vga_is_polled(self):
        self.check_reason("VGA", "33 times a second", "-device virtio-vga-gl")

    def test_list_says_that_bochs_is_polled(self):
        self.check_reason("bochs-display", "33 times a second", "-device virtio-vga-gl")

    def test_list_says_that_qxl_is_polled(self):
        self.check_reason("qxl-vga", "33 times a second", "-device virtio-vga-gl")

    def test_list_says_what_gl_would_give(self):
        self.check_reason("virtio-vga", "without GL", "-display dbus,gl=on")

    def test_screenshot_after_the_viewer_left(self):
        machine, _ = self.boot_input_guest()
        run = self.show(machine)
        self.assertEqual(run.terminate(), 0, run.story())
        machine.freeze()
        self.assert_same_picture(self.screenshot("--qmp", machine.qmp_path), machine.screendump())

    def test_taken_over_is_said(self):
        """Another program gets the control connection: the window says that its input is gone."""
        machine, _ = self.boot_input_guest()
        run = self.show(machine)
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        self.addCleanup(ours.close)
        with theirs:
            machine.oracle.execute("getfd", fds=[theirs.fileno()], fdname="foreign")
        machine.oracle.execute("add_client", protocol="@dbus-display", fdname="foreign")
        ours.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n")
        wait_for(lambda: "another" in run.errors.lower(), "the viewer to say so")
        self.assertTrue(run.running(), run.story())
        self.assertEqual(run.terminate(), 0, run.story())
