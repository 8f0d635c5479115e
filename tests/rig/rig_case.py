"""What all tests of the rig share: one machine, a compositor for each class, pixels on screen."""

import os
import unittest

import machine
import picture
from compositors import Compositor
from guest import Guest, Viewer
from hands import Hands
from qmp import wait_for


TIMEOUT_S = 60
# Windows of a guest with two heads, and none where the pointer is at first. Not for windows on full
# screen: Sway would move them to another monitor.
SIDE_BY_SIDE = {"sway/config": r'''
for_window [app_id="vitrine" title="gpu\.0$"] move position 20 140
for_window [app_id="vitrine" title="gpu\.1$"] move position 660 140
'''}


class RigCase(unittest.TestCase):
    compositor_name = "sway"
    compositor_environment, compositor_files = {}, {}
    screens = (machine.SCREEN,)  # the sizes of the machine's monitors

    @classmethod
    def setUpClass(cls):
        cls.machine = machine.shared()
        cls.machine.plug(cls.screens)
        cls.hands = Hands(cls.machine)
        cls.compositor = Compositor(cls.machine, cls.compositor_name, cls.compositor_files,
                                    **cls.compositor_environment)
        cls.addClassCleanup(cls.compositor.stop)

    def setUp(self):
        # Names what this test leaves in the folder of logs.
        self.name = "-".join(self.id().split(".")[-2:]).lower()

    def guest(self, *arguments, **options):
        guest = Guest(self.machine, f"{self.name}-guest", *arguments, **options)
        self.addCleanup(guest.stop)
        return guest

    def viewer(self, guest, *arguments, **variables):
        viewer = Viewer(self.machine, f"{self.name}-viewer", self.compositor.display,
                        guest.target, *arguments, **variables)
        self.addCleanup(viewer.stop)
        return viewer

    def show_blob(self, gpu, head, width, height, words, **layout):
        """A new blob with that picture on a head; returns it."""
        blob = gpu.make_blob(width * height * 4)
        gpu.write(blob, words)
        gpu.scanout_blob(head, blob, width, height, **layout)
        gpu.flush(blob, width, height)
        return blob

    def wait_shown(self, width, height, words, viewer):
        """Until the picture of those words is on the machine's screen, exactly; where."""
        return self.wait_picture(picture.from_xrgb(width, height, words), viewer)

    def wait_picture(self, part, viewer, timeout_s=TIMEOUT_S):
        def found():
            assert viewer.job.running(), f"the viewer ended: {viewer.log()}"
            return self.machine.screendump().find(part)
        try:
            return wait_for(found, "the picture on the screen", timeout_s, interval_s=0.1)
        except AssertionError as error:
            self.machine.screendump(keep=self.name)
            shot = os.path.join(machine.LOGS, f"{self.name}.png")
            raise AssertionError(f"{error}; the screen is in {shot}, all logs beside it; the "
                                 f"viewer's:\n{viewer.log()}") from None

    def assert_direct(self, viewer, guest, head=0):
        console = viewer.consoles(guest)[head]
        self.assertEqual((console["path"], console["copied_bytes"]), ("direct", 0), console)
        return console
