"""The process that reads a VM's bytes has next to nothing, and its brokers do the rest."""

import json
import os
import re
import signal

import processes
from mini_case import MiniCase, rgba_pattern
from viewer import DONE, wait_for

WIDTH, HEIGHT = 256, 160
SIZE = f"{WIDTH}x{HEIGHT}"
PICTURE = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba", f"update 0 0,0,{SIZE}",
           "repeat 10000", f"update 0 0,0,{SIZE}", "wait-answers", "sleep 20", "end")
BARE = "--without=zxdg_decoration_manager_v1"


class Confinement(MiniCase):
    def shown(self, *arguments, host=(), **environment):
        compositor = self.compositor(*host)
        run = self.show(compositor, *PICTURE, arguments=arguments, **environment)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        return compositor, run

    @staticmethod
    def status(run):
        with open(f"/proc/{run.process.pid}/status") as file:
            return dict(re.findall(r"^(\w+):\s+(.*)$", file.read(), re.M))

    def test_it_is_confined(self):
        _, run = self.shown("-v")
        status = self.status(run)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertRegex(run.errors, "confined: no network, no files .*seccomp")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_title_bars_need_fonts(self):
        """Where libdecor draws them it may read what it draws with, once more after a crash, too."""
        place = self.path("wayland")
        first = self.compositor(BARE)
        os.symlink(first.display, place)
        first.display, real = place, first.display
        run = self.show(first, *PICTURE, arguments=("-v", "--compositor-timeout", "60"))
        first.display = real
        wait_for(lambda: first.find("commit", role="toplevel", attached=True), "a window")
        if "libdecor does not work" in run.errors:
            self.skipTest("no plugin of libdecor's here")
        self.assertRegex(run.errors, "confined: no network, few files")
        self.assertEqual(self.status(run)["Seccomp"], "2")
        bars = self.parts(first)
        self.assertGreater(bars, 0)
        second = self.compositor(BARE)
        first.kill()
        os.unlink(place)
        os.symlink(second.display, place)
        wait_for(lambda: self.parts(second) == bars, "the same title bar")
        self.assertEqual(run.terminate(), DONE, run.story())

    @staticmethod
    def parts(compositor):
        """Of what is drawn around the picture, those with something in them."""
        return len({event["surface"] for event in compositor.find("commit", role="subsurface")})

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
