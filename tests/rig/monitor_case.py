"""What the tests of the machine's monitors share: a guest that does as it is told, whole screens."""

import machine
import picture
from qmp import wait_for
from rig_case import TIMEOUT_S, RigCase
from virtio_gpu import pattern

# Of the two, QEMU 10.0 loses one blob right after another, but not one texture after another.
BLOBS = "virtio-gpu-pci,id=gpu,blob=true,max_outputs={},addr=2"
TEXTURES = "virtio-gpu-gl-pci,id=gpu,max_outputs={},addr=2"
BAND = 16  # rows at the top that change from one picture of a head to its next


class Follower:
    """A guest that shows on each of its monitors a picture of the size that it is told."""

    def __init__(self, gpu):
        self._gpu, self._shown, self._salt = gpu, {}, 0
        self.pictures = {}  # of the heads that are on

    def told(self):
        """Of the monitors that it has: head -> size. QEMU does not tell their places."""
        return {head: (width, height)
                for head, (enabled, _, _, width, height) in enumerate(self._gpu.display_info())
                if enabled}

    def follow(self, told):
        """Does as it is told."""
        gpu = self._gpu
        for head in [head for head in self.pictures if head not in told]:
            gpu.off(head)
            del self.pictures[head]
        for head, size in told.items():
            shown = self.pictures.get(head)
            if shown is None or (shown.width, shown.height) != size:
                if (head, size) not in self._shown:
                    self._shown[head, size] = self._make(size, pattern(*size, 20 + 8 * head))
                resource, _ = self._shown[head, size]
                if gpu.has_blobs:
                    gpu.scanout_blob(head, resource, *size)
                else:
                    gpu.scanout(head, resource, *size)
                self._paint(head, size)

    def repaint(self):
        """Another picture on each head, in place."""
        for head, shown in self.pictures.items():
            self._paint(head, (shown.width, shown.height))

    def _make(self, size, words):
        gpu = self._gpu
        if gpu.has_blobs:
            resource = gpu.make_blob(4 * len(words))
            gpu.write(resource, words)
        else:
            resource = gpu.make_resource(*size)
            gpu.draw(resource, words, *size)
        return resource, words

    def _paint(self, head, size):
        gpu, (resource, words) = self._gpu, self._shown[head, size]
        self._salt = (self._salt + 1) % 100
        band = pattern(size[0], BAND, 150 + self._salt)
        gpu.write(resource, band)
        if not gpu.has_blobs:
            gpu.transfer(resource, size[0], BAND)
        gpu.flush(resource, *size)
        self.pictures[head] = picture.from_xrgb(*size, band + words[len(band):])


class MonitorCase(RigCase):
    screens = ((800, 600), (640, 480))

    def cover(self, *arguments, gpu=TEXTURES, is_on=False, **variables):
        """Guest, what runs in it, and a viewer that covers screens; is_on: what is on already."""
        guest = self.guest("-device", gpu.format(len(self.screens)))
        follower = Follower(guest.gpu())
        if is_on:
            follower.follow(follower.told())
        return guest, follower, self.viewer(guest, *arguments, "--no-layout", **variables)

    def wait_screens(self, follower, viewer, screens=None):
        """
        Until the guest has monitors of just these sizes, and each screen shows the whole of one's
        picture, and nothing else; heads by screen.
        """
        screens, story = screens or self.screens, {}

        def are_right():
            assert viewer.job.running(), f"the viewer ended: {viewer.log()}"
            story["told"] = told = follower.told()
            if sorted(told.values()) != sorted(screens):
                return None
            follower.follow(told)
            heads = [next(head for head in told if told[head] == size) for size in screens]
            for screen, head in enumerate(heads):
                shown = self.machine.screendump(head=screen)
                story[screen] = shown.difference(follower.pictures[head])
                if story[screen]:
                    return None
            return heads
        try:
            return wait_for(are_right, "the whole screens", TIMEOUT_S, interval_s=0.1)
        except AssertionError as error:
            for screen in range(len(screens)):
                self.machine.screendump(keep=f"{self.name}-{screen}", head=screen)
            raise AssertionError(f"{error}; {story}; the screens are in {machine.LOGS}; the "
                                 f"viewer's log:\n{viewer.log()}") from None


class EachScreen(MonitorCase):
    """--full-screen=all. Not to be run by itself: see those that derive from it."""

    def check_each_screen(self):
        guest, follower, viewer = self.cover("--full-screen=all", gpu=BLOBS)
        for _ in range(2):
            self.wait_screens(follower, viewer)
            follower.repaint()
        for head in range(len(self.screens)):
            self.assert_direct(viewer, guest, head)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())


class Scaled(MonitorCase):
    """One screen, scaled by the compositor: the guest has its pixels, whatever the scale."""

    screens = ((800, 600),)

    def check_covered(self, said):
        """said: what tells the viewer of the scale, as WAYLAND_DEBUG prints it."""
        guest, follower, viewer = self.cover("--full-screen", is_on=True, WAYLAND_DEBUG=1)
        try:
            self.wait_screens(follower, viewer)
            follower.repaint()
            self.wait_screens(follower, viewer)
            self.assertIn(said, viewer.log())
        finally:  # not only at the test's end: there may be another
            viewer.stop()
            guest.stop()
