"""The process that reads a VM's bytes has next to nothing, and its brokers do the rest."""

import ctypes
import json
import os
import shutil
import signal
import socket
import struct
import types
import unittest.mock

import processes
from mini_case import MiniCase, rgba_pattern
from viewer import DONE, ViewerCase, program, wait_for

WIDTH, HEIGHT = 256, 160
SIZE = f"{WIDTH}x{HEIGHT}"
PICTURE = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba", f"update 0 0,0,{SIZE}",
           "repeat 10000", f"update 0 0,0,{SIZE}", "wait-answers", "sleep 20", "end")
BARE = "--without=zxdg_decoration_manager_v1"
SYS_LANDLOCK_CREATE_RULESET, LANDLOCK_CREATE_RULESET_VERSION = 444, 1


def has_landlock():
    """Whether the kernel says which version it has."""
    return ctypes.CDLL(None).syscall(SYS_LANDLOCK_CREATE_RULESET, None, 0,
                                     LANDLOCK_CREATE_RULESET_VERSION) > 0


class Confinement(MiniCase):
    def shown(self, *arguments, host=(), **environment):
        compositor = self.compositor(*host)
        run = self.show(compositor, *PICTURE, arguments=arguments, **environment)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        return compositor, run

    @staticmethod
    def status(run):
        return processes.status(run.process.pid)

    def test_it_is_confined(self):
        _, run = self.shown("-v")
        status = self.status(run)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        by = "seccomp, Landlock" if has_landlock() else "seccomp alone"
        self.assertIn(f"confined: no network, no files ({by})", run.errors)
        self.assertEqual(run.terminate(), DONE, run.story())

    def check_title_bars(self, **environment):
        """Where libdecor draws them it may read what it draws with, once more after a crash, too."""
        place = self.path("wayland")
        first, second = self.compositor(BARE), self.compositor(BARE)
        os.symlink(first.display, place)
        run = self.show(types.SimpleNamespace(display=place), *PICTURE,
                        arguments=("-v", "--compositor-timeout", "60"), **environment)
        wait_for(lambda: not run.running() or
                 first.find("commit", role="toplevel", attached=True), "a window")
        if "libdecor does not work" in run.errors:
            self.skipTest("no plugin of libdecor's here")
        self.assertRegex(run.errors, "confined: no network, few files")
        self.assertEqual(self.status(run)["Seccomp"], "2")
        wait_for(lambda: self.parts(first) > 0, "a title bar")
        bars = self.parts(first)
        first.kill()
        os.unlink(place)
        os.symlink(second.display, place)
        wait_for(lambda: not run.running() or self.parts(second) >= bars, "the same title bar")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_title_bars_need_fonts(self):
        self.check_title_bars()

    def test_title_bars_without_the_session_bus(self):
        """Anything can be started on it."""
        with socket.socket(socket.AF_UNIX) as bus:
            bus.bind(self.path("bus"))
            bus.listen()
            bus.setblocking(False)
            self.check_title_bars(DBUS_SESSION_BUS_ADDRESS=f"unix:path={self.path('bus')}")
            self.assertRaises(BlockingIOError, bus.accept)

    def test_title_bars_with_no_bus_at_its_address(self):
        self.check_title_bars(DBUS_SESSION_BUS_ADDRESS=f"unix:path={self.path('none')}")

    @staticmethod
    def parts(compositor):
        """Of what is drawn around the picture, those with something in them."""
        return len({event["surface"] for event in compositor.find("commit", role="subsurface")})

    def curious_viewer(self):
        """With a module for text that tries for more than it is to have."""
        folder = os.path.dirname(program())
        module = os.path.join(os.path.dirname(folder), "tests", "lib", "curious-text.so")
        if not os.path.exists(module):
            self.skipTest(f"there is no {module}; ./tests/run.sh builds it")
        os.mkdir(self.path("text"))
        shutil.copy(module, self.path("text/vitrine-text.so"))
        return shutil.copy(program(), self.path("vitrine"))

    def test_what_draws_text_is_confined(self):
        """Once it has read what it draws with: before the VM has a say in what that is."""
        with unittest.mock.patch.dict(os.environ, VITRINE=self.curious_viewer()):
            run = self.show(self.compositor(), *PICTURE[:4], "sleep 500", "off 0")
        wait_for(lambda: "no text is drawn" in run.errors, "what it came to")
        self.assertRegex(run.errors, r"no text is drawn \(Permission denied\)")
        drawer, = processes.started(run.process.pid, "vitrine-text")
        status = processes.status(drawer)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_no_sandbox(self):
        _, run = self.shown("--no-sandbox")
        status = self.status(run)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("0", "0"))
        self.assertRegex(run.errors, "--no-sandbox: .*all of your rights")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_brokers_have_nothing_of_its(self):
        _, run = self.shown()
        brokers = processes.started(run.process.pid, "vitrine-broker")
        self.assertEqual(len(brokers), 2)
        for pid in brokers:
            links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            self.assertFalse([link for link in links if "memfd" in link or "dmabuf" in link], links)
            self.assertEqual(links.count("/dev/null"), 2, links)
        run.process.kill()
        run.process.wait()
        for pid in brokers:
            wait_for(lambda: processes.name_and_state(pid)[0] is None, "the end of its broker")

    def test_its_brokers_die(self):
        """The picture goes on, and others are answered."""
        compositor, run = self.shown()
        for pid in processes.started(run.process.pid, "vitrine-broker"):
            os.kill(pid, signal.SIGKILL)
        mark = compositor.mark()
        compositor.wait("commit", since=mark, role="toplevel", count=10)
        listed = json.loads(self.vitrine("--list", "--json").output)
        self.assertEqual(listed[0]["consoles"][0]["path"], "shm")
        self.assertEqual(run.terminate(), DONE, run.story())


class Relay(ViewerCase):
    """Who has QMP may have QEMU start programs: between it and the viewer stands a process."""

    def test_it_is_confined_and_does_not_stay(self):
        path = self.path("qmp")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        run = self.start("--qmp", path, "--headless")
        qemu, _ = listener.accept()
        self.addCleanup(qemu.close)
        # Who connected is not the one that reads what is said.
        peer, _, _ = struct.unpack("3i", qemu.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        self.assertNotEqual(peer, run.process.pid)
        relay, = wait_for(lambda: processes.started(run.process.pid, "vitrine-qmp"), "its relay")
        wait_for(lambda: processes.status(relay)["Seccomp"] == "2", "its confinement")
        self.assertEqual(processes.status(relay)["NoNewPrivs"], "1")
        links = {os.readlink(f"/proc/{relay}/fd/{fd}").split(":")[0]
                 for fd in os.listdir(f"/proc/{relay}/fd") if int(fd) > 2}
        self.assertEqual(links, {"socket"})
        qemu.sendall(b'{"QMP": {"version": {}, "capabilities": []}}\r\n')
        self.assertIn(b"qmp_capabilities", qemu.recv(4096))
        qemu.close()
        self.assertEqual(run.wait(), 3, run.story())
        wait_for(lambda: processes.name_and_state(relay)[0] is None, "the end of its relay")
