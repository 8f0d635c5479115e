"""More monitors, more scales, more heads, and a guest that has drivers: only with --long."""

import json
import os
import re
import shutil
import unittest

import machine
from compositors import Compositor
from monitor_case import EachScreen, MonitorCase, Scaled
from qmp import wait_for
from rig_case import TIMEOUT_S, RigCase
from virtio_gpu import pattern

FOUR = ((800, 600), (640, 480), (720, 400), (512, 384))
HEADS, COLUMNS, CELL, FIRST = 16, 4, (320, 200), (128, 96)
LARGE, SMALL = (1024, 768), (640, 480)
LINUX_TIMEOUT_S = 300


def load_tests(_loader, tests, _pattern):
    return tests if machine.LONG else unittest.TestSuite()


class FourScreens:
    screens = FOUR

    def test_each_screen(self):
        self.check_each_screen()


class WestonFour(FourScreens, EachScreen):
    compositor_name = "weston"


class MutterFour(FourScreens, EachScreen):
    compositor_name = "mutter"


class KwinFour(FourScreens, EachScreen):
    compositor_name = "kwin"


class SwayFour(FourScreens, EachScreen):
    compositor_files = {"sway/config": "seat * hide_cursor 100\n"}


class WestonScaled(Scaled):
    compositor_name = "weston"
    compositor_files = {"weston.ini": "\n[output]\nname=Virtual-1\nscale=2\n"}

    def test_twice(self):
        self.check_covered(".scale(2)")


class MutterScaled(Scaled):
    compositor_name = "mutter"
    screens = ((1280, 800),)
    compositor_environment = {"GSETTINGS_BACKEND": "keyfile"}
    compositor_files = {"glib-2.0/settings/keyfile": "[org/gnome/mutter]\n"
                        "experimental-features=['scale-monitor-framebuffer']\n"}

    def test_scales(self):
        """
        Those that its desktop's settings would offer for such a monitor; what it takes for 150 % makes
        whole logical pixels, but is none of 120ths: the told 179/120 would be three pixels short.
        """
        for scale in (1.25, 1.495327, 1):
            with self.subTest(scale):
                self.compositor.ask(f"gdctl set --layout-mode logical --logical-monitor --primary "
                                    f"--scale {scale} --monitor Virtual-1")
                self.check_covered(f"preferred_scale({int(120 * scale)})")


class KwinScaled(Scaled):
    compositor_name = "kwin"

    def test_scales(self):
        """From the configuration that it writes itself, and reads when it starts."""
        path = "kwinoutputconfig.json"
        written = json.loads(self.compositor.ask(f"cat $XDG_RUNTIME_DIR/config/{path}"))
        screen, = next(part["data"] for part in written if part["name"] == "outputs")
        for percent in (125, 150, 175, 200):
            with self.subTest(percent):
                self.compositor.stop()
                screen["scale"] = percent / 100
                type(self).compositor = Compositor(self.machine, "kwin",
                                                   {path: json.dumps(written)})
                self.addCleanup(self.compositor.stop)
                self.check_covered(f"preferred_scale({round(percent * 1.2)})")


class Heads(RigCase):
    def test_sixteen(self):
        """As many as there can be, in windows side by side: each has its own picture."""
        guest = self.guest("-device", f"virtio-gpu-gl-pci,id=gpu,max_outputs={HEADS},addr=2")
        gpu = guest.gpu()
        viewer = self.viewer(guest, "--monitors=all", "--no-layout")
        sizes = [(200 + 4 * head, 100 + 2 * head) for head in range(HEADS)]

        def told():
            return [tuple(size) for enabled, _, _, *size in gpu.display_info() if enabled]
        wait_for(lambda: len(told()) == HEADS, "all monitors to be plugged", TIMEOUT_S)
        for head in range(HEADS):
            gpu.show(head, *FIRST, pattern(*FIRST, 10 * head))
        wait_for(lambda: len(re.findall('"app_id": "vitrine"', self.compositor.ask(
            "swaymsg -t get_tree"))) == HEADS, "as many windows", TIMEOUT_S, interval_s=0.2)
        for head, (width, height) in enumerate(sizes):
            x, y = (CELL[axis] * (head // COLUMNS if axis else head % COLUMNS) for axis in (0, 1))
            self.compositor.ask(f"swaymsg '[title=\"gpu\\.{head}( |$)\"] "
                                f"border none, resize set {width} {height}, "
                                f"move position {x} {y}'")
        wait_for(lambda: told() == sizes, "each monitor to be of its window's size", TIMEOUT_S)
        for head, (width, height) in enumerate(sizes):
            gpu.show(head, width, height, pattern(width, height, 10 * head))
        for head, (width, height) in enumerate(sizes):
            x, y = self.wait_shown(width, height, pattern(width, height, 10 * head), viewer)
            self.assertEqual((x, y), (CELL[0] * (head % COLUMNS), CELL[1] * (head // COLUMNS)))
        consoles = viewer.consoles(guest)
        self.assertEqual([(console["width"], console["height"]) for console in consoles], sizes)
        self.assertEqual({console["path"] for console in consoles}, {"direct"})


class Linux(MonitorCase):
    screens = (LARGE,)

    def test_console_follows(self):
        """A kernel's own console takes the sizes of a window, as the guest's drivers make them."""
        for name in ("kernel", "guest-initrd"):
            shutil.copy(os.path.join(self.machine.root, name), machine.LOGS)
        guest = self.guest(
            "-device", "virtio-gpu-pci,id=gpu,xres={},yres={}".format(*LARGE),
            "-kernel", f"{machine.LOGS}/kernel", "-initrd", f"{machine.LOGS}/guest-initrd",
            "-append", "'console=ttyS0 quiet panic=-1 mitigations=off vt.global_cursor_default=0'",
            "-serial", f"file:{self.machine.log_path(self.name + '-console')}", qtest=False,
            accelerator="kvm")
        viewer = self.viewer(guest, "--no-layout")

        def size():
            console, = viewer.consoles(guest)
            return console.get("width"), console.get("height")

        def wait_size(wanted):
            wait_for(lambda: size() == wanted, f"the guest's own mode to be {wanted}",
                     LINUX_TIMEOUT_S, interval_s=1)
        wait_size(LARGE)
        # Two sizes of a window, and the whole screen.
        for command, wanted in (("resize set 800 600", (800, 600)),
                                ("resize set 640 480", SMALL), ("fullscreen enable", LARGE)):
            with self.subTest(command):
                self.compositor.ask(f"swaymsg '[app_id=\"vitrine\"] border none, {command}'")
                wait_size(wanted)
