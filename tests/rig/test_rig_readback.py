"""The same picture through memory, a mapped dma-buf and the GPU helper, which are real dma-bufs here:
identical, and what was drawn."""

import os

import machine
import picture
from machine import LOGS, PROGRAM
from qmp import wait_for
from rig_case import RigCase
from test_rig_fences import LINEAR, SIZE, Vmm
from virtio_gpu import pattern

WAYS = ("", "--path copy", "--path gles")
PADDING = 64
PART = (32, 20, 200, 150)  # x, y, width, height
NO_GL = "dbus,p2p=on"


def drawn(salt, size=SIZE):
    return picture.from_xrgb(*size, pattern(*size, salt))


def cropped(whole, x, y, width, height):
    rows = [whole.row(row, x, width) for row in range(y, y + height)]
    return picture.Picture(width, height, b"".join(rows))


def flipped(whole):
    rows = [whole.row(y) for y in reversed(range(whole.height))]
    return picture.Picture(whole.width, whole.height, b"".join(rows))


class ReadCase(RigCase):
    @classmethod
    def setUpClass(cls):
        """There is no compositor."""
        cls.machine = machine.shared()

    def start(self, target, way=""):
        """A screenshot that goes on; the job and its file."""
        path = os.path.join(LOGS, f"{self.name}.ppm")
        job = self.machine.launch(f"{self.name}-shot",
                                  f"{PROGRAM} -v --screenshot {path} {way} {target}",
                                  XDG_RUNTIME_DIR="/run/user/0")
        self.addCleanup(job.kill)
        return job, path

    def finish(self, job, path, way, expected):
        self.assertEqual(job.wait(), 0, job.log())
        self.assertIsNone(picture.load(path).difference(expected), job.log())
        # Whoever says that it was the GPU has to have been one.
        self.assertEqual("GPU helper: no GPU; draws with" in job.log(), "gles" in way, job.log())


class Exporters(ReadCase):
    def vmm(self):
        vmm = Vmm(self.machine, f"{self.name}-vmm", 1)
        self.addCleanup(vmm.stop)
        return vmm

    def check(self, exporter, expected, show, padding=PADDING):
        for way in WAYS:
            with self.subTest(way or "any"):
                vmm = self.vmm()
                vmm.make("a", exporter, *SIZE, padding, LINEAR)
                vmm.paint("a", 10)
                job, path = self.start(vmm.target, way)
                wait_for(vmm.is_listened_to, "the screenshot to attach", interval_s=0.05)
                show(vmm)
                self.finish(job, path, way, expected)
                vmm.stop()

    def test_udmabuf(self):
        self.check("udmabuf", drawn(10), lambda vmm: vmm.show(0, "a"))

    def test_heap(self):
        self.check("heap", drawn(10), lambda vmm: vmm.show(0, "a"))

    def test_vgem(self):
        self.check("vgem", drawn(10), lambda vmm: vmm.show(0, "a"), padding=0)

    def test_bottom_up(self):
        self.check("udmabuf", flipped(drawn(10)), lambda vmm: vmm.show(0, "a", True))

    def test_a_part(self):
        self.check("udmabuf", cropped(drawn(10), *PART), lambda vmm: vmm.show_part(0, "a", PART))

    def test_a_part_bottom_up(self):
        self.check("heap", flipped(cropped(drawn(10), *PART)),
                   lambda vmm: vmm.show_part(0, "a", PART, True))

    def test_a_gpu_that_still_draws(self):
        """A kernel's fence is waited for on the way through the GPU as well."""
        vmm = self.vmm()
        vmm.make("a", "vgem", *SIZE, 0, LINEAR)
        vmm.paint("a", 20)
        vmm.begin_drawing("a")
        job, path = self.start(vmm.target, "--path gles")
        wait_for(vmm.is_listened_to, "the screenshot to attach", interval_s=0.05)
        vmm.show(0, "a")
        self.assertTrue(job.running(), job.log())
        vmm.paint("a", 30)
        vmm.end_drawing("a")
        self.finish(job, path, "--path gles", drawn(30))


class Guests(ReadCase):
    """What a QEMU shows, once without GL, as memory, and once as dma-bufs."""

    def shoot(self, guest, way, expected):
        job, path = self.start(guest.target, way)
        self.finish(job, path, way, expected)
        return job

    def test_blobs(self):
        salt = 60
        memory = self.guest("-device", "virtio-gpu-pci,addr=2", display=NO_GL)
        memory.gpu().show(0, *SIZE, pattern(*SIZE, salt))
        self.shoot(memory, "", drawn(salt))
        memory.stop()
        blobs = self.guest("-device", "virtio-gpu-pci,blob=true,addr=2")
        self.show_blob(blobs.gpu(), 0, *SIZE, pattern(*SIZE, salt))
        for way in WAYS:
            self.shoot(blobs, way, drawn(salt))

    def test_virgl(self):
        """Its rows come bottom first; the pattern is not the same upside down."""
        guest = self.guest("-device", "virtio-gpu-gl-pci,addr=2")
        guest.gpu().show(0, *SIZE, pattern(*SIZE, 70))
        for way in WAYS:
            self.shoot(guest, way, drawn(70))

    def test_plain_memory_is_not_for_the_gpu(self):
        guest = self.guest("-device", "virtio-gpu-pci,addr=2", display=NO_GL)
        guest.gpu().show(0, *SIZE, pattern(*SIZE, 80))
        job, _ = self.start(guest.target, "--path gles")
        self.assertEqual(job.wait(), 1, job.log())
        self.assertIn("plain memory, not a dma-buf", job.log())

    def test_through_a_resident(self):
        """Whose helper reads for who has none."""
        guest = self.guest("-device", "virtio-gpu-gl-pci,addr=2")
        guest.gpu().show(0, *SIZE, pattern(*SIZE, 90))
        resident = self.machine.launch(f"{self.name}-resident",
                                       f"{PROGRAM} -v --headless {guest.target}",
                                       XDG_RUNTIME_DIR="/run/user/0")
        self.addCleanup(resident.kill)
        for way in WAYS:
            def shot(way=way):
                job, path = self.start(guest.target, way)
                self.assertEqual(job.wait(), 0, job.log())
                return job, picture.load(path).difference(drawn(90)) is None
            job, _ = wait_for(lambda shot=shot: (found := shot())[1] and found, "the picture")
            self.assertNotIn("GPU helper:", job.log())
        self.assertIn("GPU helper: no GPU; draws with", resident.log())
        self.assertEqual(resident.terminate(), 0, resident.log())
