"""What takes longer, or more than Debian 13: a QEMU with ScanoutDMABUF2."""

import os
import subprocess
import unittest

import machine
from rig_case import RigCase
from virtio_gpu import pattern

QEMU_11 = os.path.join(machine.REPOSITORY, "tests", ".cache", "qemu-11")
FETCH = os.path.join(machine.REPOSITORY, "tests", "lib", "fetch-qemu.sh")
FLIPS = 20


@unittest.skipUnless(os.environ.get("VITRINE_TEST_LONG"), "takes minutes: only with --long")
class LongCase(RigCase):
    pass


class Dmabuf2(LongCase):
    """QEMU 11 says where in its memory a picture starts, and loses none of a blob's page flips."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if subprocess.run([FETCH, "11", QEMU_11]).returncode != 0:
            raise unittest.SkipTest("no QEMU 11 from Debian testing to be had")

    def guest(self, *arguments):
        return super().guest(*arguments, qemu=os.path.join(QEMU_11, "qemu-system-x86_64"))

    def test_parts_of_a_framebuffer(self):
        """Two heads show the two halves of one blob."""
        guest = self.guest("-device", "virtio-gpu-pci,id=gpu,blob=true,max_outputs=2,addr=2")
        gpu = guest.gpu()
        whole, halves = (640, 256), ((0, 16, 320, 240), (320, 8, 320, 240))
        words = pattern(*whole, 60)
        blob = gpu.make_blob(whole[0] * whole[1] * 4)
        gpu.write(blob, words)
        for head, part in enumerate(halves):
            gpu.scanout_blob(head, blob, *whole, part=part)
            gpu.flush(blob, *whole)
        viewer = self.viewer(guest)
        for head, (x, y, width, height) in enumerate(halves):
            shown = [word for row in range(y, y + height)
                     for word in words[row * whole[0] + x:row * whole[0] + x + width]]
            self.wait_shown(width, height, shown, viewer)
            self.assert_direct(viewer, guest, head)

    def test_page_flips(self):
        """Between two blobs, and at last to a larger one: each flip arrives."""
        guest = self.guest("-device", "virtio-gpu-pci,blob=true,addr=2")
        gpu, size, larger = guest.gpu(), (320, 240), (400, 300)
        pictures = [pattern(*size, salt) for salt in (30, 130)]
        blobs = [self.show_blob(gpu, 0, *size, words) for words in pictures]
        viewer = self.viewer(guest)
        for flip in range(FLIPS):
            gpu.scanout_blob(0, blobs[flip % 2], *size)
            gpu.flush(blobs[flip % 2], *size)
            self.wait_shown(*size, pictures[flip % 2], viewer)
        self.show_blob(gpu, 0, *larger, pattern(*larger, 230))
        self.wait_shown(*larger, pattern(*larger, 230), viewer)
        self.assert_direct(viewer, guest)
