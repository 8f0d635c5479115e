"""Dma-bufs of a real QEMU on real compositors, judged by the QEMU around them, pixel by pixel."""

from rig_case import RigCase
from virtio_gpu import pattern

SIZE = (320, 240)
GPU = ("-device", "virtio-gpu-pci,blob=true,addr=2")


class PictureCase:
    def test_pixels(self):
        """A guest's own memory on the screen: what it shows first, and what it changes in place."""
        guest = self.guest(*GPU)
        gpu = guest.gpu()
        blob = self.show_blob(gpu, 0, *SIZE, pattern(*SIZE, 5))
        viewer = self.viewer(guest)
        self.wait_shown(*SIZE, pattern(*SIZE, 5), viewer)
        for salt in (99, 200):
            gpu.write(blob, pattern(*SIZE, salt))
            gpu.flush(blob, *SIZE)
            self.wait_shown(*SIZE, pattern(*SIZE, salt), viewer)
        console = self.assert_direct(viewer, guest)
        self.assertEqual((console["width"], console["height"]), SIZE)
        self.assertEqual((console["updates"], console["answered"]), (2, 2))
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())


class Weston(PictureCase, RigCase):
    compositor_name = "weston"


class Mutter(PictureCase, RigCase):
    compositor_name = "mutter"


class Kwin(PictureCase, RigCase):
    compositor_name = "kwin"


class Sway(PictureCase, RigCase):
    compositor_name = "sway"


class Labwc(PictureCase, RigCase):
    compositor_name = "labwc"
