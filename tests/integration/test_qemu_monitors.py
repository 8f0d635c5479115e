"""The monitors that a real QEMU's guest is told to be connected to, and its power button."""

import errno
import os
import socket
import subprocess

import picture
import qemu
from mini_compositor import MiniCompositor
from plug import Plug
from qtest import Qtest
from viewer import DONE, ViewerCase, wait_for
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern

GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
GPU_SLOT = 2
DETAILED_TIMING = 54  # in an EDID: of the preferred mode


def preferred_mode(edid):
    """(width, height, width_mm, height_mm), by VESA's E-EDID, 3.10.2."""
    timing = edid[DETAILED_TIMING:]
    return (timing[2] | timing[4] >> 4 << 8, timing[5] | timing[7] >> 4 << 8,
            timing[12] | timing[14] >> 4 << 8, timing[13] | (timing[14] & 15) << 8)


class MonitorCase(ViewerCase):
    sanitize = True

    def wait_sizes(self, gpu, *expected):
        """
        Until the guest is told these; (0, 0) is a monitor that is not there. Where it is, QEMU
        keeps to itself (7.2 to 11).
        """
        def sizes():
            return [mode[3:] if mode[0] else (0, 0) for mode in gpu.display_info()]
        wait_for(lambda: sizes() == list(expected), f"the device to say {expected}, not {sizes()}")

    @staticmethod
    def powerdowns(machine):
        """How often the power button was pressed, as another QMP client hears it."""
        machine.oracle.execute("query-status")
        return sum(event["event"] == "POWERDOWN" for event in machine.oracle.events)


@qemu.for_each_qemu
class Monitors(MonitorCase):
    def plug(self, machine):
        plug = Plug(machine.qmp_path)
        self.addCleanup(plug.close)
        return plug

    def test_virtio_gpu(self):
        """Two heads, of which the second is off before somebody plugs it in."""
        machine = self.halted_machine(*GPU)
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)
        first = gpu.display_info()[0][3:]
        self.wait_sizes(gpu, first, (0, 0))
        plug = self.plug(machine)
        gpu.take_display_event()

        plug.set_head(1, 1600, 900, mm=(344, 194), place=(1280, 0))
        self.wait_sizes(gpu, first, (1600, 900))
        self.assertTrue(gpu.take_display_event())
        self.assertEqual(preferred_mode(gpu.edid(1)), (1600, 900, 344, 194))
        plug.set_head(0, 1280, 720)
        self.wait_sizes(gpu, (1280, 720), (1600, 900))
        # Faster than QEMU may answer: the last one counts.
        for width in range(640, 720):
            plug.set_head(0, width, 480)
        self.wait_sizes(gpu, (719, 480), (1600, 900))

        plug.set_head(1, 0, 0)
        self.wait_sizes(gpu, (719, 480), (0, 0))
        plug.set_head(0, 0, 0)
        self.wait_sizes(gpu, (0, 0), (0, 0))
        plug.set_head(1, 800, 600)
        self.wait_sizes(gpu, (0, 0), (800, 600))
        plug.set_head(1, 16385, 600, result=-errno.EINVAL)

    def test_they_outlive_who_said_so(self):
        """A viewer that leaves unplugs nothing."""
        machine = self.halted_machine(*GPU)
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)
        first = gpu.display_info()[0][3:]
        with Plug(machine.qmp_path) as plug:
            plug.set_head(1, 1600, 900)
            self.wait_sizes(gpu, first, (1600, 900))
        with Plug(machine.qmp_path) as plug:
            self.wait_sizes(gpu, first, (1600, 900))
            plug.set_head(1, 640, 480)
            self.wait_sizes(gpu, first, (640, 480))

    def test_a_device_without_such_monitors(self):
        for device in ("VGA", "bochs-display", "ramfb"):
            with self.subTest(device):
                plug = self.plug(self.halted_machine("-device", device))
                plug.set_head(0, 1280, 720)
                plug.expect("unresizable 0")
                plug.set_head(0, 640, 480, result=-errno.ENOTSUP)

    def test_power_button(self):
        machine = self.halted_machine("-vga", "std")
        plug = self.plug(machine)
        for times in (1, 2):
            plug.power()
            plug.expect("power_done 0")
            wait_for(lambda: self.powerdowns(machine) == times, "QEMU to press the button")


class WindowCase(MonitorCase):
    """The viewer itself, in windows."""

    def setUp(self):
        super().setUp()
        self.compositor = MiniCompositor("--output=DP-1:1920x1080,mm=480x270")
        self.addCleanup(self.compositor.close)

    def view(self, *arguments, pass_fds=()):
        return self.start(*arguments, "--no-layout", pass_fds=pass_fds,
                          WAYLAND_DISPLAY=self.compositor.display)

    def window(self, number=0):
        """The surface of that window, counted from the first that came."""
        return self.compositor.wait("toplevel", count=number + 1)["surface"]

    def wait_mapped(self, surface):
        self.compositor.wait("commit", surface=surface, attached=True)

    def wait_picture(self, surface, expected):
        self.wait_mapped(surface)
        wait_for(lambda: self.compositor.screenshot(surface=surface).difference(expected) is None,
                 "the window to show exactly that")


@qemu.for_each_qemu
class Windows(WindowCase):
    def guest(self):
        machine = self.halted_machine(*GPU)
        return machine, VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)

    def draw(self, gpu, head, width, height, salt):
        """As a guest does it that was told this size; returns what it looks like."""
        words = pattern(width, height, salt)
        gpu.show(head, width, height, words)
        return picture.from_xrgb(width, height, words)

    def test_plug_resize_and_unplug(self):
        machine, gpu = self.guest()
        first = gpu.display_info()[0][3:]
        shown = self.draw(gpu, 0, 320, 240, 1)
        self.wait_sizes(gpu, first, (0, 0))
        gpu.take_display_event()
        run = self.view("--qmp", machine.qmp_path, "--monitors=0,1")
        # The second is plugged in; the first is on already, and left as it is.
        self.wait_sizes(gpu, first, (1280, 800))
        self.assertTrue(gpu.take_display_event())
        one, other = self.window(0), self.window(1)
        self.wait_picture(one, shown)

        self.wait_mapped(other)
        for width, height in (400, 300), (233, 144):
            self.compositor.command("configure", surface=other, width=width, height=height)
            self.wait_sizes(gpu, first, (width, height))
            self.wait_picture(other, self.draw(gpu, 1, width, height, 77))
        # The rows of the EDID's picture are 270 mm of 1080 pixels.
        self.assertEqual(preferred_mode(gpu.edid(1)), (233, 144, 58, 36))
        self.compositor.command("configure", surface=one, width=500, height=350)
        self.wait_sizes(gpu, (500, 350), (233, 144))
        self.wait_picture(one, self.draw(gpu, 0, 500, 350, 200))
        self.compositor.command("maximize", surface=other)
        self.wait_sizes(gpu, (500, 350), (1920, 1080))
        self.compositor.command("maximize", surface=other, on=False)
        self.wait_sizes(gpu, (500, 350), (233, 144))
        self.wait_picture(other, self.draw(gpu, 1, 233, 144, 5))

        # Closed is unplugged, as long as another one is left.
        self.compositor.command("close", surface=other)
        self.wait_sizes(gpu, (500, 350), (0, 0))
        gpu.off(1)
        self.compositor.wait("toplevel_destroy", surface=other)
        gpu.take_display_event()
        self.compositor.command("close", surface=one)
        self.assertEqual(run.wait(), DONE, run.story())
        self.wait_sizes(gpu, (500, 350), (0, 0))
        self.assertFalse(gpu.take_display_event(), "the guest is told nothing by who leaves")
        self.assertEqual(machine.oracle.execute("query-status")["status"], "running")
        self.assertEqual(self.compositor.find("error"), [])

    def test_the_first_can_be_unplugged_too(self):
        machine, gpu = self.guest()
        self.draw(gpu, 0, 320, 240, 1)
        shown = self.draw(gpu, 1, 200, 150, 2)
        run = self.view("--qmp", machine.qmp_path)
        surfaces = [self.window(0), self.window(1)]
        for surface in surfaces:
            self.wait_mapped(surface)
        one, = [surface for surface in surfaces
                if self.compositor.screenshot(surface=surface).difference(shown)]
        self.compositor.command("close", surface=one)
        wait_for(lambda: not gpu.display_info()[0][0], "the first monitor to be unplugged")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_device_that_cannot_be_told(self):
        """Its answer is taken once; from then on windows are fitted at once."""
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        machine.freeze()
        expected = machine.screendump()
        run = self.view("--qmp", machine.qmp_path, "-vv")
        surface = self.window()
        self.wait_picture(surface, expected)
        self.resize(surface, 2, expected)
        wait_for(lambda: self.fills(surface, expected), "the picture to fill the window")
        for factor in (3, 2):
            # No picture that is held, in its own size, in between.
            self.resize(surface, factor, expected)
            self.assertTrue(self.fills(surface, expected))
        self.assertEqual(run.errors.count("is to be"), 1, run.story())
        self.assertEqual(run.terminate(), DONE, run.story())

    def resize(self, surface, factor, expected):
        """To so many times the picture's size."""
        size = {"width": factor * expected.width, "height": factor * expected.height}
        mark = self.compositor.mark()
        self.compositor.command("configure", surface=surface, **size)
        self.compositor.wait("commit", since=mark, surface=surface, **size)

    def fills(self, surface, expected):
        shown = self.compositor.screenshot(surface=surface)
        return shown.width > expected.width and all(
            shown.pixel(x * shown.width // expected.width, y * shown.height // expected.height) ==
            expected.pixel(x, y) for x in range(0, expected.width, 7)
            for y in range(0, expected.height, 7))


@qemu.for_each_qemu
class Powerdown(WindowCase):
    def close_window(self, *arguments, pass_fds=()):
        """Of a viewer that is to press the button then; returns its run."""
        run = self.view(*arguments, "--window-close=powerdown", pass_fds=pass_fds)
        self.wait_mapped(self.window())
        self.compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())
        return run

    def test_by_qmp(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        self.close_window("--qmp", machine.qmp_path)
        wait_for(lambda: self.powerdowns(machine) == 1, "QEMU to press the button")

    def check_goes_on(self, run, machine):
        self.assertIn("takes --qmp", run.errors)
        self.assertEqual(machine.oracle.execute("query-status")["status"], "running")
        self.assertEqual(self.powerdowns(machine), 0)

    def test_through_a_passed_descriptor(self):
        """Without QMP nobody can: it says so and leaves."""
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        self.addCleanup(ours.close)
        with theirs:
            machine.oracle.execute("getfd", fds=[theirs.fileno()], fdname="viewer")
        machine.oracle.execute("add_client", protocol="@dbus-display", fdname="viewer")
        self.check_goes_on(self.close_window("--fd", str(ours.fileno()),
                                             pass_fds=[ours.fileno()]), machine)

    def test_on_a_bus(self):
        address = f"unix:path={self.path('bus')}"
        daemon = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile",
                                   f"--address={address}"], stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        wait_for(lambda: os.path.exists(self.path("bus")), "the bus to listen")
        machine = self.machine("-vga", "std", display=f"dbus,addr={address}")
        machine.wait_firmware()
        self.check_goes_on(self.close_window("--address", address), machine)
