"""Screenshots of real QEMU machines, against QEMU's own screendump of the same moment."""

import os

import guests
import picture
import qemu
from qtest import Qtest
from viewer import ViewerCase, wait_for
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern

GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
GPU_SLOT = 2
SIZES = ((320, 240), (400, 300))


@qemu.for_each_qemu
class FirmwareText(ViewerCase):
    """SeaBIOS' last words on each display device; frozen, so that the cursor does not blink."""

    sanitize = valgrind = True

    def check(self, device):
        if device not in qemu.devices(qemu.binary(self.version)):
            self.skipTest(f"this QEMU {self.version} is built without {device}")
        machine = self.machine("-device", device)
        machine.wait_firmware()
        machine.freeze()
        expected = machine.screendump()
        self.assertGreater(expected.colours(), 1, "the firmware wrote nothing on this device")
        self.assert_same_picture(self.screenshot("--qmp", machine.qmp_path), expected, device)

    def test_std_vga(self):
        self.check("VGA")

    def test_cirrus(self):
        self.check("cirrus-vga")

    def test_bochs_display(self):
        """Its first scanout is a blank placeholder, from QEMU 10 on."""
        self.check("bochs-display")

    def test_ramfb(self):
        """It sends a whole Scanout 30 times a second, and never an Update."""
        self.check("ramfb")

    def test_vmware_svga(self):
        self.check("vmware-svga")

    def test_qxl(self):
        self.check("qxl-vga")

    def test_virtio_vga(self):
        self.check("virtio-vga")


@qemu.for_each_qemu
class RunningGuest(ViewerCase):
    sanitize = valgrind = True

    def test_blinking_cursor(self):
        """A guest that runs: either picture of a blinking text cursor, and nothing else."""
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        seen = set()
        wait_for(lambda: seen.add(machine.screendump().rgb) or len(seen) == 2,
                 "the cursor to blink")
        shot = self.screenshot("--qmp", machine.qmp_path)
        self.assertIn(shot.rgb, seen)

    def test_mode_changes_while_attached(self):
        """
        From before the first instruction: a blank screen, 640x480, text on 720x400, then graphics
        on 320x200, which come to rest. QEMU 7.2 sends updates beyond its last scanout meanwhile.
        """
        machine = self.machine("-S", "-vga", "std", "-drive",
                               f"if=floppy,format=raw,file={guests.assemble('modes', self.folder)}")
        path = self.path("shot.png")
        run = self.start("--qmp", machine.qmp_path, "--screenshot", path, "--wait-stable", "2000",
                         "--timeout", "60")
        wait_for(lambda: self.is_attached(machine) or not run.running(), "the viewer to attach")
        machine.oracle.execute("cont")
        self.assertEqual(run.wait(), 0, run.story())
        shot = picture.load(path)
        self.assert_same_picture(shot, machine.screendump())
        self.assertGreater(shot.colours(), 200)

    def test_ppm_and_standard_output(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        machine.freeze()
        expected = machine.screendump()
        self.vitrine("--qmp", machine.qmp_path, "--screenshot", self.path("shot.ppm"))
        with open(self.path("shot.ppm"), "rb") as file:
            data = file.read()
        self.assertEqual(data[:2], b"P6")
        self.assert_same_picture(picture.read_ppm(data), expected, "PPM")
        shot = self.vitrine("--qmp", machine.qmp_path, "--screenshot", "-")
        self.assert_same_picture(picture.read_png(shot.output), expected, "standard output")


@qemu.for_each_qemu
class VirtioTwoHeads(ViewerCase):
    """No guest: the test itself drives the device, and knows every pixel."""

    sanitize = valgrind = True

    def setUp(self):
        super().setUp()
        self.guest = self.halted_machine(*GPU)
        self.gpu = VirtioGpu(Qtest(self.guest.qtest_path), Memory(), GPU_SLOT)

    def show(self, head, size, salt, **options):
        words = pattern(*size, salt)
        self.gpu.show(head, *size, words, **options)
        return picture.from_xrgb(*size, words)

    def test_each_console(self):
        expected = [self.show(head, size, 40 + 100 * head) for head, size in enumerate(SIZES)]
        for head in range(2):
            self.assert_same_picture(self.guest.screendump("gpu", head), expected[head], "oracle")
            shot = self.screenshot("--qmp", self.guest.qmp_path, "--console", str(head))
            self.assert_same_picture(shot, expected[head], f"console {head}")

    def test_all_consoles(self):
        expected = [self.show(head, size, 40 + 100 * head) for head, size in enumerate(SIZES)]
        self.vitrine("--qmp", self.guest.qmp_path, "--console", "all",
                     "--screenshot", self.path("all.png"))
        self.assertEqual(sorted(name for name in os.listdir(self.folder) if name.endswith(".png")),
                         ["all-0.png", "all-1.png"])
        for head in range(2):
            self.assert_same_picture(picture.load(self.path(f"all-{head}.png")), expected[head])

    def test_junk_alpha_is_not_shown(self):
        size, salt = (64, 48), 7
        words = pattern(*size, salt)
        self.gpu.show(0, *size, [word & 0x00ffffff | (i * 37 & 0xff) << 24
                                 for i, word in enumerate(words)])
        self.assert_same_picture(self.screenshot("--qmp", self.guest.qmp_path),
                                 picture.from_xrgb(*size, words))

    def test_channel_orders(self):
        """Red and blue swapped in memory: the same picture."""
        size = (64, 48)
        words = pattern(*size, 200)
        swapped = [word & 0xff00ff00 | (word & 0xff) << 16 | word >> 16 & 0xff for word in words]
        expected = picture.from_xrgb(*size, words)
        for fourcc, memory in (("XR24", words), ("AR24", words),
                               ("XB24", swapped), ("AB24", swapped)):
            with self.subTest(fourcc):
                self.gpu.show(0, *size, memory, fourcc)
                self.assert_same_picture(self.guest.screendump("gpu", 0), expected, "oracle")
                self.assert_same_picture(self.screenshot("--qmp", self.guest.qmp_path), expected)

    def test_odd_size(self):
        expected = self.show(0, (333, 77), 3)
        self.assert_same_picture(self.screenshot("--qmp", self.guest.qmp_path), expected)

    def test_scanout_inside_a_larger_resource(self):
        """A window into a framebuffer: an offset that is no multiple of a page, stride > width."""
        width, height, x, y = 320, 240, 37, 21
        words = pattern(width, height, 90)
        resource = self.gpu.make_resource(width, height)
        self.gpu.draw(resource, words, width, height)
        self.gpu.scanout(0, resource, 200, 150, x, y)
        self.gpu.flush(resource, width, height)
        cut = [words[(y + row) * width + x + column] for row in range(150) for column in range(200)]
        self.assert_same_picture(self.screenshot("--qmp", self.guest.qmp_path),
                                 picture.from_xrgb(200, 150, cut))

    def test_flip_between_two_resources(self):
        first, second = (self.show(0, SIZES[0], salt) for salt in (10, 250))
        self.assert_same_picture(self.screenshot("--qmp", self.guest.qmp_path), second)
        self.assertIsNotNone(first.difference(second))

    def test_update_while_attached(self):
        """The picture at the end of a stable wait, not the one of the beginning."""
        size = SIZES[0]
        resource = self.gpu.show(0, *size, pattern(*size, 10))
        path = self.path("shot.png")
        run = self.start("--qmp", self.guest.qmp_path, "--screenshot", path,
                         "--wait-stable", "2000", "--timeout", "60")
        for salt in (50, 100, 150):
            words = pattern(*size, salt)
            self.gpu.draw(resource, words, *size)
            self.gpu.flush(resource, *size)
        self.assertEqual(run.wait(), 0, run.story())
        self.assert_same_picture(picture.load(path), picture.from_xrgb(*size, words))


@qemu.for_each_qemu
class Blobs(ViewerCase):
    def test_blob_without_gl(self):
        """
        QEMU 9.2 to 11 passes its own standard input for the memory of a blob (the fd-0 bug):
        refused, and QEMU falls back to copies.
        """
        if not os.path.exists("/dev/udmabuf"):
            self.skipTest("QEMU makes blobs only with /dev/udmabuf, which is not here")
        machine = self.halted_machine(
            "-object", "memory-backend-memfd,id=ram,size=64M,share=on",
            "-device", "virtio-gpu-pci,id=gpu,blob=true,max_outputs=2,addr=2",
            machine="pc,memory-backend=ram")
        qtest = Qtest(machine.qtest_path)
        gpu = VirtioGpu(qtest, Memory(), GPU_SLOT)
        self.assertTrue(gpu.has_blobs)
        size = SIZES[0]
        words = pattern(*size, 77)
        blob = gpu.make_blob(size[0] * size[1] * 4)
        qtest.write(blob[1], b"".join(word.to_bytes(4, "little") for word in words))
        gpu.scanout_blob(0, blob, *size)
        gpu.flush(blob, *size)
        self.assert_same_picture(self.screenshot("--qmp", machine.qmp_path, "--console", "0"),
                                 picture.from_xrgb(*size, words))
