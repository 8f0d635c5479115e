"""What guests show, and how it changes, in windows on Sway."""

import re

import picture
from qmp import wait_for
from rig_case import SIDE_BY_SIDE, RigCase
from virtio_gpu import CURSOR_SIZE, pattern

SIZE, OTHER_SIZE = (320, 240), (400, 300)
CHANGES = 20
MODES = (((320, 240), "XR24"), ((400, 300), "XB24"), ((648, 200), "AR24"), ((256, 512), "AB24"))
RSS_SLACK_KB = 256


def swapped(words):
    """The same picture with red and blue in each other's place."""
    return [word & 0xff00ff00 | word >> 16 & 0xff | (word & 0xff) << 16 for word in words]


class Screens(RigCase):
    compositor_files = SIDE_BY_SIDE

    def test_firmware_text(self):
        """std VGA and SeaBIOS: what QEMU draws itself, uploads to a texture and exports."""
        guest = self.guest("-vga", "std", qtest=False)
        viewer = self.viewer(guest)
        wait_for(lambda: "No bootable device." in guest.firmware_log(), "the firmware to give up")
        guest.oracle.execute("stop")  # and with it the blinking of the text cursor
        text = guest.screendump()
        self.assertEqual((text.width, text.height), (720, 400))
        self.wait_picture(text, viewer)
        self.assert_direct(viewer, guest)

    def test_two_heads(self):
        """Each head's own memory in a window of its own."""
        guest = self.guest("-device", "virtio-gpu-pci,id=gpu,blob=true,max_outputs=2,addr=2")
        gpu = guest.gpu()
        heads = ((SIZE, 40), (OTHER_SIZE, 140))
        blobs = [self.show_blob(gpu, head, *size, pattern(*size, salt))
                 for head, (size, salt) in enumerate(heads)]
        viewer = self.viewer(guest)
        for size, salt in heads:
            self.wait_shown(*size, pattern(*size, salt), viewer)
        for head, (size, salt) in enumerate(heads):
            gpu.write(blobs[head], pattern(*size, salt + 10))
            gpu.flush(blobs[head], *size)
        for head, (size, salt) in enumerate(heads):
            self.wait_shown(*size, pattern(*size, salt + 10), viewer)
            self.assert_direct(viewer, guest, head)

    def test_virgl(self):
        """Its rows come bottom first; the pattern is not the same upside down."""
        guest = self.guest("-device", "virtio-gpu-gl-pci,addr=2")
        guest.gpu().show(0, *SIZE, pattern(*SIZE, 70))
        viewer = self.viewer(guest)
        self.wait_shown(*SIZE, pattern(*SIZE, 70), viewer)
        self.assert_direct(viewer, guest)

    def test_cursor(self):
        """The guest's cursor follows the host's pointer, at its hotspot."""
        guest = self.guest("-device", "virtio-gpu-pci,blob=true,addr=2",
                           "-device", "virtio-tablet-pci,addr=3")
        gpu = guest.gpu()
        self.show_blob(gpu, 0, *SIZE, pattern(*SIZE, 5))
        viewer = self.viewer(guest)
        left, top = self.wait_shown(*SIZE, pattern(*SIZE, 5), viewer)
        self.addCleanup(self.hands.move, 0, 0)  # out of the way
        square = pattern(CURSOR_SIZE, CURSOR_SIZE, 222)
        gpu.cursor(0, 0, 0, square, 3, 7)
        for x, y in ((100, 90), (200, 150)):
            self.hands.move(left + x, top + y)
            at = (left + x - 3, top + y - 7)

            def is_there(at=at):
                found = self.machine.screendump().find(
                    picture.from_xrgb(CURSOR_SIZE, CURSOR_SIZE, square))
                return found == at
            wait_for(is_there, f"the cursor at {at}", interval_s=0.1)


class Changes(RigCase):
    def footprint(self, viewer):
        """What it holds: descriptors of its own and of the compositor's, wl_buffers, and memory."""
        processes = [viewer.job.pid, *self.compositor.processes()]
        counts = [len(self.machine.run(f"ls /proc/{pid}/fd").split()) for pid in processes]
        log = viewer.log()
        buffers = len(re.findall(r"new id wl_buffer#", log)) - len(
            re.findall(r"wl_buffer#\d+\.destroy\(\)", log))
        status = self.machine.run(f"cat /proc/{viewer.job.pid}/status")
        return counts, buffers, int(re.search(r"RssAnon:\s+(\d+)", status)[1])

    def test_size_and_format_change(self):
        guest = self.guest("-device", "virtio-gpu-gl-pci,addr=2")
        gpu, last = guest.gpu(), None
        viewer = self.viewer(guest, WAYLAND_DEBUG=1)
        before = None
        for change in range(len(MODES) + CHANGES):
            if change == len(MODES):
                before = self.footprint(viewer)
            size, fourcc = MODES[change % len(MODES)]
            words = pattern(*size, change)
            resource = gpu.show(0, *size, swapped(words) if fourcc[1] == "B" else words, fourcc)
            if last:
                gpu.drop(last)
            last = resource
            self.wait_shown(*size, words, viewer)
        self.assert_direct(viewer, guest)
        after = self.footprint(viewer)
        self.assertEqual(after[:2], before[:2], "descriptors and wl_buffers")
        self.assertLessEqual(after[2] - before[2], RSS_SLACK_KB, "KiB of memory")
