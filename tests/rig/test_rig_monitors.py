"""Guest monitors on the monitors of real compositors: what a guest is told, and then is shown."""

import json

import machine
from monitor_case import EachScreen
from qmp import wait_for
from rig_case import TIMEOUT_S
from virtio_gpu import pattern

PERCENT = (125, 133, 150, 175, 200, 100)
ROUNDS = 20 if machine.LONG else 3


class EachScreenCase:
    def test_each_screen(self):
        self.check_each_screen()


class Weston(EachScreenCase, EachScreen):
    compositor_name = "weston"


class Mutter(EachScreenCase, EachScreen):
    compositor_name = "mutter"


class Kwin(EachScreenCase, EachScreen):
    compositor_name = "kwin"


class Sway(EachScreenCase, EachScreen):
    # Sway rounds its outputs' logical sizes down, and covers as many pixels as that makes. These are
    # whole at each scale.
    screens = ((840, 420), (420, 420))
    # Its cursor is not to be in the picture.
    compositor_files = {"sway/config": "seat * hide_cursor 100\n"}

    def sway(self, command):
        return json.loads(self.compositor.ask(f"swaymsg '{command}'") or "[]")

    def ask(self, kind):
        return json.loads(self.compositor.ask(f"swaymsg -t {kind}"))

    def window(self):
        """Where Sway has the viewer's window on its output, and how large: x, y, width, height."""
        def search(node, output=None):
            output = node["rect"] if node["type"] == "output" else output
            if node.get("app_id") == "vitrine":
                frame, inner = node["rect"], node["window_rect"]
                return (frame["x"] + inner["x"] - output["x"],
                        frame["y"] + inner["y"] - output["y"], inner["width"], inner["height"])
            found = (search(child, output) for child in node["nodes"] + node["floating_nodes"])
            return next(filter(None, found), None)
        return search(self.ask("get_tree"))

    def test_scales(self):
        """Both screens at each scale: each pixel of the guest is one of the screen."""
        self.addCleanup(self.compositor.ask, "swaymsg 'output * scale 1'")
        _, follower, viewer = self.cover("--full-screen=all", WAYLAND_DEBUG=1)
        for percent in PERCENT:
            with self.subTest(percent):
                self.sway(f"output * scale {percent / 100}")
                self.wait_screens(follower, viewer)
                follower.repaint()
                self.wait_screens(follower, viewer)
                # In units of 1/120.
                self.assertIn(f"preferred_scale({round(percent * 1.2)})", viewer.log())

    def test_resize(self):
        """Floating, tiled, resized, on full screen and back, all by the desktop's own commands."""
        guest = self.guest("-device", "virtio-gpu-gl-pci,id=gpu,addr=2")
        gpu, shown = guest.gpu(), []

        def show(width, height):
            words = pattern(width, height, 20 + 10 * len(shown))
            shown.append(gpu.show(0, width, height, words))
            if len(shown) > 1:
                gpu.drop(shown[-2])
            return words

        def told():
            (enabled, _, _, *size), = gpu.display_info()
            return enabled and size
        words = show(320, 240)
        viewer = self.viewer(guest, "--no-layout")
        wait_for(self.window, "the window", TIMEOUT_S, interval_s=0.1)
        self.sway('[app_id="vitrine"] move to output Virtual-1')
        self.wait_shown(320, 240, words, viewer)
        for command in ("floating disable", "floating enable, resize set 501 402",
                        "resize set 350 500", "fullscreen enable", "fullscreen disable"):
            with self.subTest(command):
                before = self.window()
                self.sway(f'[app_id="vitrine"] {command}')
                wait_for(lambda: self.window() != before and told() == list(self.window()[2:]),
                         "the guest to be told its window's size", TIMEOUT_S, interval_s=0.1)
                *place, width, height = self.window()
                found = self.wait_shown(width, height, show(width, height), viewer)
                self.assertEqual(found, tuple(place))
        self.assert_direct(viewer, guest)

    def test_unplugged(self):
        """A monitor of the machine is unplugged, and so is one of the guest's, until it is back."""
        self.addCleanup(self.machine.plug, self.screens)
        _, follower, viewer = self.cover("--full-screen=all")
        for _ in range(ROUNDS):
            self.wait_screens(follower, viewer)
            self.machine.plug(self.screens[:1])
            self.assertEqual(self.wait_screens(follower, viewer, self.screens[:1]), [0])
            self.machine.plug(self.screens)
        self.wait_screens(follower, viewer)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
