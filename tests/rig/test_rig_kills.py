"""
Each of the four that make a session is killed, again and again, while the user holds a key: the
compositor, the VM, the GPU helper, the viewer. Each time the right picture is on the whole screen
afterwards, and no key is held. Only with --long.
"""

import unittest

import keys
import machine
from compositors import Compositor
from guest import GPU_SLOT, Guest
from guest_input import VirtioReader
from input_case import BAND, InputCase
from qmp import wait_for
from virtio_gpu import VirtioGpu, pattern

KILLS = 20
# A helper that fails rests twice as long as after the failure before: so often in one viewer.
HELPER_KILLS = 4
UUID = "12345678-1234-4234-8234-1234567890ab"
STAYS = ("--compositor-timeout=600", "--reconnect")
HELD = keys.CODES["a"]
TIMEOUT_S = 120
SCREEN = (640, 480)


def load_tests(_loader, tests, _pattern):
    return tests if machine.LONG else unittest.TestSuite()


class Kills:
    # Small, so that the GPU helper draws in time what no GPU draws here.
    screens = (SCREEN,)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(lambda: (cls.vm.stop(), cls.compositor.stop()))

    @classmethod
    def boot(cls, name):
        return Guest(cls.machine, name, *VirtioReader.devices(cls.pointer), "-uuid", UUID,
                     "-device", f"virtio-gpu-pci,blob=true,addr={GPU_SLOT}")

    @classmethod
    def show_band(cls, memory):
        cls.gpu, cls.salt = VirtioGpu(cls.vm.qtest, memory, GPU_SLOT), 5
        cls.blob = cls.gpu.make_blob(cls.size[0] * cls.size[1] * 4)
        cls.paint()
        cls.gpu.scanout_blob(0, cls.blob, *cls.size)
        cls.gpu.flush(cls.blob, *cls.size)
        cls.gpu.hide_cursor(0)

    @classmethod
    def paint(cls):
        cls.words = pattern(cls.size[0], BAND, cls.salt)
        cls.gpu.write(cls.blob, cls.words)

    @classmethod
    def take_pointer(cls):
        """These hands have a keyboard only."""

    @classmethod
    def settle(cls):
        """Until what was tried too often has come: it comes before this."""
        cls.probe(lambda: cls.hands.tap("esc"), ("key", keys.CODES["esc"], False))
        cls.seen.take()

    def setUp(self):
        super(InputCase, self).setUp()  # no viewer yet

    # The user, and what there is to be seen.

    def hold(self):
        """A key, once the window has the keyboard."""
        self.probe(lambda: self.hands.tap("spc"), ("key", keys.CODES["spc"], False))
        self.hands.do(("key", HELD, True))
        self.wait(lambda: ("key", HELD) in self.held(), "the key to be held")

    def held(self):
        self.seen.poll()
        return {("key", code) for code in self.seen.held}

    def draw(self):
        """Another picture."""
        type(self).salt = (self.salt + 37) % 256
        self.paint()
        self.gpu.flush(self.blob, *self.size)

    def wait(self, condition, what):
        try:
            return wait_for(condition, what, TIMEOUT_S, interval_s=0.1)
        except AssertionError as error:
            self.machine.screendump(keep=self.name)
            raise AssertionError(f"{error}; logs and the screen: {machine.LOGS}; the viewer's:\n"
                                 f"{self.window.log()[-4000:]}") from None

    def is_alive_and_shown(self):
        """The guest's picture, and nothing besides."""
        self.assertTrue(self.window.job.running(), f"the viewer ended: {self.window.log()}")
        return self.machine.screendump().difference(self.whole_screen()) is None

    def check(self):
        self.wait(self.is_alive_and_shown, "the picture on the screen")
        self.wait(lambda: not self.held(), "keys to be let go of")
        self.hands.release()
        self.wait(lambda: not self.held(), "nothing to be held")
        self.seen.take()

    # What is killed.

    def test_the_compositor(self):
        self.use_viewer(*STAYS)
        for _ in range(KILLS):
            self.hold()
            display = self.compositor.display
            self.compositor.stop()
            self.draw()
            type(self).compositor = Compositor(self.machine, self.compositor_name,
                                               self.compositor_files, **self.compositor_environment)
            self.assertEqual(self.compositor.display, display)
            self.check()

    def test_the_vm(self):
        self.use_viewer(*STAYS)
        for i in range(KILLS):
            self.hold()
            self.vm.stop()
            type(self).vm = self.boot(self.vm.name)
            type(self).seen = self.reader()
            self.draw()
            self.check()

    def test_the_gpu_helper(self):
        for i in range(KILLS):
            if i % HELPER_KILLS == 0:
                self.stop_viewer()
                self.use_viewer(*STAYS, "--path=gles")
            self.hold()
            helper = self.wait(self.helper, "a helper")
            self.machine.run(f"kill -KILL {helper}")
            self.draw()
            self.hands.release()
            self.check()
            self.assertNotEqual(self.helper(), helper)

    def helper(self):
        """Its process id: a child of the broker's, which is one of the viewer's."""
        return self.machine.run("children() { cat /proc/$1/task/$1/children 2>/dev/null; }; "
                                f"for broker in $(children {self.window.job.pid}); do "
                                "for child in $(children $broker); do "
                                "grep -q vitrine-gl /proc/$child/comm && echo $child; done; done; :"
                                ).strip()

    def test_the_viewer(self):
        for _ in range(KILLS):
            self.use_viewer(*STAYS)
            self.hold()
            self.window.job.kill()
            self.draw()
            self.use_viewer(*STAYS)
            self.check()


class Weston(Kills, InputCase):
    compositor_name = "weston"
    compositor_environment = {"WESTON_DISABLE_ATOMIC": 1}


class Mutter(Kills, InputCase):
    compositor_name = "mutter"


class Kwin(Kills, InputCase):
    compositor_name = "kwin"


class Sway(Kills, InputCase):
    compositor_name = "sway"
