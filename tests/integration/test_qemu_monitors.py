"""The monitors that a real QEMU's guest is told to be connected to, and its power button."""

import errno

import qemu
from plug import Plug
from qtest import Qtest
from viewer import ViewerCase, wait_for
from virtio import Memory
from virtio_gpu import VirtioGpu

GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
GPU_SLOT = 2
DETAILED_TIMING = 54  # in an EDID: of the preferred mode


def preferred_mode(edid):
    """(width, height, width_mm, height_mm), by VESA's E-EDID, 3.10.2."""
    timing = edid[DETAILED_TIMING:]
    return (timing[2] | timing[4] >> 4 << 8, timing[5] | timing[7] >> 4 << 8,
            timing[12] | timing[14] >> 4 << 8, timing[13] | (timing[14] & 15) << 8)


@qemu.for_each_qemu
class Monitors(ViewerCase):
    sanitize = True

    def plug(self, machine):
        plug = Plug(machine.qmp_path)
        self.addCleanup(plug.close)
        return plug

    def wait_sizes(self, gpu, *expected):
        """
        Until the guest is told these; (0, 0) is a monitor that is not there. Where it is, QEMU
        keeps to itself (7.2 to 11).
        """
        def sizes():
            return [mode[3:] if mode[0] else (0, 0) for mode in gpu.display_info()]
        wait_for(lambda: sizes() == list(expected), f"the device to say {expected}, not {sizes()}")

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

        def pressed():
            machine.oracle.execute("query-status")
            return [event for event in machine.oracle.events if event["event"] == "POWERDOWN"]
        for times in (1, 2):
            plug.power()
            plug.expect("power_done 0")
            wait_for(lambda: len(pressed()) == times, "QEMU to press the button")
