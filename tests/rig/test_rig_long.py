"""What takes longer, or needs more than Debian 13's own QEMU: only with --long."""

import os
import shutil
import unittest

import machine
import picture
from guest import fetch_qemu_11, vgem_node
from qmp import wait_for
from rig_case import SIDE_BY_SIDE, RigCase
from virtio_gpu import pattern

FLIPS = 20
SIZE, LARGER = (320, 240), (400, 300)
VGEM_STRIDE = 1792  # of 400 pixels
BANDS_SIZE, BANDS = (640, 480), 16  # as the guest's init script in build-root.sh draws them
LINUX_TIMEOUT_S, GNOME_TIMEOUT_S = 600, 300


def load_tests(_loader, tests, _pattern):
    return tests if machine.LONG else unittest.TestSuite()


class Dmabuf2(RigCase):
    """QEMU 11 says where in its memory a picture starts, and loses none of a blob's page flips."""

    compositor_files = SIDE_BY_SIDE

    @classmethod
    def setUpClass(cls):
        cls.qemu = fetch_qemu_11()
        super().setUpClass()

    def guest(self, *arguments):
        return super().guest(*arguments, qemu=self.qemu)

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
        gpu = guest.gpu()
        pictures = [pattern(*SIZE, salt) for salt in (30, 130)]
        blobs = [self.show_blob(gpu, 0, *SIZE, words) for words in pictures]
        viewer = self.viewer(guest)
        for flip in range(FLIPS):
            gpu.scanout_blob(0, blobs[flip % 2], *SIZE)
            gpu.flush(blobs[flip % 2], *SIZE)
            self.wait_shown(*SIZE, pictures[flip % 2], viewer)
        self.show_blob(gpu, 0, *LARGER, pattern(*LARGER, 230))
        self.wait_shown(*LARGER, pattern(*LARGER, 230), viewer)
        self.assert_direct(viewer, guest)


class Guests(RigCase):
    def test_vhost_user_gpu(self):
        """Its dma-bufs are vgem's, in which rows are longer than what they hold."""
        path = "/run/vhost-user-gpu.socket"
        backend = self.machine.launch(
            f"{self.name}-backend", f"/usr/lib/qemu/vhost-user-gpu --socket-path={path} "
            f"--render-node={vgem_node(self.machine, 'card')}")
        self.addCleanup(backend.kill)
        self.machine.run(f"until [ -S {path} ]; do sleep 0.05; done")
        guest = self.guest("-chardev", f"socket,id=vug,path={path}",
                           "-device", "vhost-user-gpu-pci,chardev=vug,addr=2")
        # The backend takes the guest's rows to be as far apart as its own.
        words, (width, height), gpu = pattern(*LARGER, 80), LARGER, guest.gpu()
        padding = [0xffff00ff] * (VGEM_STRIDE // 4 - width)
        rows = [words[at:at + width] + padding for at in range(0, len(words), width)]
        resource = gpu.make_resource(width, height, spare_rows=len(padding) * height // width)
        gpu.draw(resource, sum(rows, []), width, height)
        gpu.scanout(0, resource, width, height)
        gpu.flush(resource, width, height)
        viewer = self.viewer(guest)
        self.wait_shown(*LARGER, words, viewer)
        self.assert_direct(viewer, guest)

    def test_linux_console(self):
        """A kernel's own framebuffer device, in a blob: its pictures arrive one after another."""
        for name in ("kernel", "guest-initrd"):
            shutil.copy(os.path.join(self.machine.root, name), machine.LOGS)
        guest = self.guest(
            "-device", "virtio-gpu-pci,blob=true,xres={},yres={}".format(*BANDS_SIZE),
            "-kernel", f"{machine.LOGS}/kernel", "-initrd", f"{machine.LOGS}/guest-initrd",
            "-append", "'console=ttyS0 quiet panic=-1 mitigations=off vt.global_cursor_default=0'",
            "-serial", f"file:{self.machine.log_path(self.name + '-console')}", qtest=False,
            accelerator="kvm")
        viewer = self.viewer(guest)
        for lightness in (0, 7, 0):
            bands = b"".join(bytes([16 * band + lightness]) for band in range(BANDS))
            rgb = b"".join(bytes([grey]) * (3 * BANDS_SIZE[0] * BANDS_SIZE[1] // BANDS)
                           for grey in bands)
            self.wait_picture(picture.Picture(*BANDS_SIZE, rgb), viewer, LINUX_TIMEOUT_S)
        self.assert_direct(viewer, guest)


class GnomeShell(RigCase):
    compositor_name = "gnome-shell"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        wait_for(lambda: "GNOME Shell started" in cls.compositor.log(), "GNOME Shell",
                 GNOME_TIMEOUT_S, interval_s=1)
        cls.hands.tap("esc")  # it starts with its overview of all windows, which are smaller

    def test_pixels(self):
        guest = self.guest("-device", "virtio-gpu-pci,blob=true,addr=2")
        gpu = guest.gpu()
        blob = self.show_blob(gpu, 0, *SIZE, pattern(*SIZE, 5))
        viewer = self.viewer(guest)
        self.wait_shown(*SIZE, pattern(*SIZE, 5), viewer)
        gpu.write(blob, pattern(*SIZE, 99))
        gpu.flush(blob, *SIZE)
        self.wait_shown(*SIZE, pattern(*SIZE, 99), viewer)
        self.assert_direct(viewer, guest)
