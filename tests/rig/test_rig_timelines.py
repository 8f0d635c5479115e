"""Explicit synchronisation with a real compositor."""

import os
import time

import picture
from machine import HERE, LOGS
from qmp import wait_for
from rig_case import RigCase

SIZE = WIDTH, HEIGHT = 320, 240
BARS = (0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000, 0x0000ff, 0x000000)
COLOUR = 0xc04080
GRADIENT = picture.from_xrgb(*SIZE, [(x * 256 // WIDTH) << 16 | (y * 256 // HEIGHT) << 8 | 128
                                     for y in range(HEIGHT) for x in range(WIDTH)])
# What the guest draws, as its script says it, and as it has to look.
PICTURES = (("bars", picture.from_xrgb(*SIZE, [BARS[x * 8 // WIDTH] for x in range(WIDTH)] * HEIGHT)),
            (f"solid {COLOUR:06x}ff", picture.from_xrgb(*SIZE, [COLOUR] * (WIDTH * HEIGHT))))
# Of a round, on its one timeline: the guest shows the picture, has drawn it, shows another one;
# nobody needs the picture any more.
SHOW, ACQUIRE, GO_ON, RELEASE, ROUND = 1, 2, 3, 4, 10


class FakeGuest:
    """The viewer's own test guest, of which it has no list."""

    target = ""

    def __init__(self, name, lines):
        self.path = os.path.join(LOGS, f"{name}.script")
        with open(self.path, "w") as file:
            file.write("\n".join(lines) + "\n")


class Kwin(RigCase):
    """
    No VMM hands timelines out yet, so the guest is the viewer's built-in one. All else is real: its
    memory is a udmabuf, its timeline a syncobj of the machine's virtio-gpu, in the kernel, KWin waits
    for the points and signals them, and the QEMU around the machine says what is on the screen. The
    test alone signals what a guest's GPU would.
    """

    compositor_name = "kwin"

    def timeline(self, viewer, *point):
        """Its last point; after that one was signalled."""
        return int(self.machine.run(" ".join(
            ["python3", "-B", f"{HERE}/syncobj.py", str(viewer.job.pid), *map(str, point)])))

    def assert_stays(self, part, point, viewer):
        for _ in range(5):
            self.assertIsNotNone(self.machine.screendump().find(part))
            time.sleep(0.2)
        self.assertEqual(self.timeline(viewer), point)

    def test_points(self):
        lines = ["draw plain gradient", "head 0", f"scanout 0 plain dmabuf XRGB8888 {WIDTH}x{HEIGHT}"]
        for i, (pattern, _) in enumerate(PICTURES):
            start = i * ROUND
            lines += [f"wait-point synced {start + SHOW}", f"draw synced {pattern}",
                      f"scanout 0 synced dmabuf XRGB8888 {WIDTH}x{HEIGHT} timelines 1 "
                      f"points {start + ACQUIRE} {start + RELEASE}",
                      f"wait-point synced {start + GO_ON}", "scanout 0 plain"]
        guest = FakeGuest(self.name, lines)
        viewer = self.viewer(guest, f"--fake={guest.path}")

        def presented():
            return viewer.consoles(guest)[0]["presented"]
        self.wait_picture(GRADIENT, viewer)
        for i, (_, part) in enumerate(PICTURES):
            start, before = i * ROUND, presented()
            self.timeline(viewer, start + SHOW)
            wait_for(lambda before=before: presented() > before, "the commit", interval_s=0.1)
            self.assert_stays(GRADIENT, start + SHOW, viewer)
            self.timeline(viewer, start + ACQUIRE)
            self.wait_picture(part, viewer)
            self.assert_stays(part, start + ACQUIRE, viewer)
            self.timeline(viewer, start + GO_ON)
            self.wait_picture(GRADIENT, viewer)
            wait_for(lambda start=start: self.timeline(viewer) == start + RELEASE, "the release")
        self.assert_direct(viewer, guest)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
