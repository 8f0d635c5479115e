"""Real dma-bufs of every exporter, and real fences in them: nobody waits for a GPU, nor shows its work
before it is done."""

import json
import os
import socket
import time

import picture
from machine import HERE, LOGS, PROGRAM
from qmp import wait_for
from rig_case import RigCase
from virtio_gpu import pattern

SIZE = WIDTH, HEIGHT = 320, 240
LINEAR, INVALID = 0, 0x00ffffffffffffff
QEMU_WAITS_S = 1  # for an answer
VGEM_WAITS_S = 10  # for the end of a fence
FAILED, TIMED_OUT = 1, 5  # exit statuses


class Vmm:
    """vmm.py in the machine: its methods, called by name."""

    def __init__(self, machine, name, n_heads):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(machine.socket_path("qtest"))
        self._lines = self._socket.makefile("r")
        self._job = machine.launch(name, f"dbus-run-session -- python3 -B {HERE}/vmm.py {n_heads}")
        try:
            self.target = f"--address {self._answer()}"
        except BaseException:
            self.stop()
            raise

    def _answer(self):
        try:
            value, error = json.loads(self._lines.readline())
        except (ValueError, TimeoutError):
            raise AssertionError(f"vmm.py is silent: {self._job.log()}") from None
        assert error is None, error
        return value

    def __getattr__(self, method):
        def call(*arguments):
            self._socket.sendall(json.dumps([method, *arguments]).encode() + b"\n")
            return self._answer()
        return call

    def stop(self):
        self._lines.close()
        self._socket.close()
        self._job.kill()


class DmabufCase(RigCase):
    def start(self, *arguments, n_heads=1):
        vmm = self.vmm(n_heads)
        viewer = self.viewer(vmm, *arguments)
        wait_for(vmm.is_listened_to, "the viewer to attach", interval_s=0.1)
        return vmm, viewer

    def vmm(self, n_heads=1):
        vmm = Vmm(self.machine, f"{self.name}-vmm", n_heads)
        self.addCleanup(vmm.stop)
        return vmm

    def make(self, vmm, name, exporter, salt, padding=0, modifier=LINEAR):
        vmm.make(name, exporter, *SIZE, padding, modifier)
        vmm.paint(name, salt)

    def wait_pattern(self, salt, viewer):
        return self.wait_shown(*SIZE, pattern(*SIZE, salt), viewer)

    def wait_answers(self, vmm, number, viewer):
        def answered():
            assert viewer.job.running(), f"the viewer ended: {viewer.log()}"
            sent, n, slowest_s = vmm.answers(number)
            return n == sent and (slowest_s,)
        slowest_s, = wait_for(answered, "answers", interval_s=0.02)
        self.assertLess(slowest_s, QEMU_WAITS_S)

    def assert_stays(self, salt):
        part = picture.from_xrgb(*SIZE, pattern(*SIZE, salt))
        for _ in range(5):
            self.assertIsNotNone(self.machine.screendump().find(part))
            time.sleep(0.2)

    def count_fds(self, viewer):
        return int(self.machine.run(f"ls /proc/{viewer.job.pid}/fd | wc -l"))


class Fences(DmabufCase):
    def test_busy(self):
        vmm, viewer = self.start()
        self.make(vmm, "idle", "udmabuf", 10)
        for salt, exporter in ((20, "udmabuf"), (60, "vgem"), (90, "heap")):
            vmm.show(0, "idle")
            self.wait_pattern(10, viewer)
            self.make(vmm, exporter, exporter, salt, padding=64)
            vmm.begin_drawing(exporter)
            vmm.show(0, exporter)
            self.wait_answers(vmm, 0, viewer)
            self.assert_stays(10)
            vmm.paint(exporter, salt + 10)
            vmm.end_drawing(exporter)
            self.wait_pattern(salt + 10, viewer)
            self.assert_direct(viewer, vmm)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())

    def show_busy(self, vmm, viewer):
        """A picture that nobody draws into, and another that is not there yet."""
        self.make(vmm, "idle", "udmabuf", 10)
        self.make(vmm, "busy", "vgem", 20)
        vmm.show(0, "idle")
        self.wait_pattern(10, viewer)
        vmm.begin_drawing("busy")
        vmm.show(0, "busy")
        self.wait_answers(vmm, 0, viewer)

    def test_hang(self):
        """Other buffers are shown; the late one is not, when the kernel gives its fence up."""
        vmm, viewer = self.start()
        self.show_busy(vmm, viewer)
        began_s = time.monotonic()
        for salt in (40, 50):
            vmm.paint("idle", salt)
            vmm.show(0, "idle")
            self.wait_pattern(salt, viewer)
        self.wait_answers(vmm, 0, viewer)
        while time.monotonic() < began_s + VGEM_WAITS_S + 1:
            time.sleep(0.5)
        self.assert_stays(50)
        vmm.show(0, "busy")
        self.wait_pattern(20, viewer)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())

    def test_no_rest(self):
        """A GPU that begins the next picture with the end of the last: each end is seen."""
        vmm, viewer = self.start()
        self.show_busy(vmm, viewer)
        vmm.go_on_drawing("busy")
        self.wait_pattern(20, viewer)
        vmm.end_drawing("busy")  # it was still drawing
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())

    def test_leaks(self):
        vmm, viewer = self.start()
        names = ["vgem", "udmabuf", "heap"]
        for name in names:
            self.make(vmm, name, name, 10)
        vmm.show(0, "heap")
        self.wait_pattern(10, viewer)
        counts = []
        for i in range(100):
            name = names[i % len(names)]
            vmm.begin_drawing(name)
            vmm.show(0, name)
            self.wait_answers(vmm, 0, viewer)
            vmm.end_drawing(name)
            if i % 50 == 49:
                vmm.paint(name, i)
                vmm.update(0, name)
                self.wait_pattern(i, viewer)
                counts.append(self.count_fds(viewer))
        self.assertEqual(*counts)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())

    def test_copy(self):
        """The loop goes on, and with it the other head."""
        vmm, viewer = self.start("--path", "copy", n_heads=2)
        self.make(vmm, "busy", "vgem", 20)
        self.make(vmm, "other", "udmabuf", 10)
        vmm.begin_drawing("busy")
        vmm.show(0, "busy")
        for salt in range(10, 20):
            vmm.paint("other", salt)
            vmm.show(1, "other")
            self.wait_answers(vmm, 1, viewer)
        self.wait_pattern(19, viewer)
        vmm.paint("busy", 30)
        vmm.end_drawing("busy")
        self.wait_pattern(30, viewer)
        self.assertEqual(viewer.consoles(vmm)[0]["path"], "copy")
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())


class Screenshots(DmabufCase):
    def shoot(self, exporter, modifier=LINEAR):
        """Of a busy buffer; the VMM, the job and its file."""
        vmm = self.vmm()
        self.make(vmm, "busy", exporter, 20, modifier=modifier)
        vmm.begin_drawing("busy")
        path = os.path.join(LOGS, f"{self.name}.ppm")
        job = self.machine.launch(f"{self.name}-shot", f"{PROGRAM} --screenshot {path} {vmm.target}",
                                  XDG_RUNTIME_DIR="/run/user/0")
        self.addCleanup(job.kill)
        wait_for(vmm.is_listened_to, "the screenshot to attach", interval_s=0.05)
        vmm.show(0, "busy")
        return vmm, job, path

    def check_busy(self, exporter, **layout):
        vmm, job, path = self.shoot(exporter, **layout)
        self.assertTrue(job.running(), job.log())
        vmm.paint("busy", 30)
        vmm.end_drawing("busy")
        self.assertEqual(job.wait(), 0, job.log())
        drawn = picture.from_xrgb(*SIZE, pattern(*SIZE, 30))
        self.assertIsNone(picture.load(path).difference(drawn))

    def test_busy_vgem(self):
        self.check_busy("vgem")

    def test_busy_udmabuf_invalid(self):
        self.check_busy("udmabuf", modifier=INVALID)

    def test_hang(self):
        _, job, _ = self.shoot("vgem")
        self.assertEqual(job.wait(), TIMED_OUT, job.log())
        self.assertRegex(job.log(), "console 0: .*the guest's GPU has not finished its picture")

    def test_vgem_invalid(self):
        """A GPU's own memory may lie in any order then, and is not read."""
        vmm, job, _ = self.shoot("vgem", modifier=INVALID)
        vmm.end_drawing("busy")
        self.assertEqual(job.wait(), FAILED, job.log())
        self.assertRegex(job.log(), r"console 0: .* the CPU cannot read its layout \(XR24, modifier "
                                    "0xffffffffffffff.*, and the GPU's driver does not take")


class WithoutModifier(DmabufCase):
    """What QEMU 10.1 says of everything; only a udmabuf is known to be linear then."""

    def check(self, *arguments):
        vmm, viewer = self.start(*arguments)
        self.make(vmm, "a", "udmabuf", 10, padding=64, modifier=INVALID)
        vmm.show(0, "a")
        self.wait_pattern(10, viewer)
        vmm.paint("a", 20)
        vmm.update(0, "a")
        self.wait_pattern(20, viewer)
        return viewer.consoles(vmm)[0]

    def test_direct(self):
        self.assertEqual(self.check()["path"], "direct")

    def test_copy(self):
        self.assertEqual(self.check("--path", "copy")["path"], "copy")
