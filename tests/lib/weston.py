"""A real Weston, headless, and what it says is on its screen."""

import glob
import os
import shutil
import subprocess
import tempfile
import unittest

import picture
from qmp import wait_for

SOCKET = "wayland-test"
CONFIG = """\
[core]
idle-time=0
require-input=false
[shell]
panel-position=none
background-color=0xff202830
animation=none
startup-animation=none
locking=false
"""
# Mesa takes a plain memfd for a dma-buf only in pure software: where render nodes exist, hide them.
HIDE_DRI = ["unshare", "-m", "sh", "-c",
            'mount --make-rprivate / && mount -t tmpfs none /dev/dri && exec "$@"', "sh"]


class Weston:
    """In a runtime folder of its own, gone after stop()."""

    def __init__(self, renderer="gl", width=1280, height=800):
        if shutil.which("weston") is None:
            raise unittest.SkipTest("no weston here; ./tests/run.sh installs it")
        self.folder = tempfile.mkdtemp(prefix="vitrine-weston-")
        with open(os.path.join(self.folder, "weston.ini"), "w") as file:
            file.write(CONFIG)
        self._log_path = os.path.join(self.folder, "log")
        self._process = None
        hide = HIDE_DRI if os.path.exists("/dev/dri") else []
        self._command = hide + [
            "weston", "--backend=headless", f"--renderer={renderer}", f"--width={width}",
            f"--height={height}", "--debug", f"--socket={SOCKET}", f"--log={self._log_path}",
            f"--config={os.path.join(self.folder, 'weston.ini')}",
        ]

    @property
    def display(self):
        """For WAYLAND_DISPLAY, in whatever runtime folder the client has."""
        return os.path.join(self.folder, SOCKET)

    def log(self):
        if not os.path.exists(self._log_path):
            return "no log"
        with open(self._log_path, errors="replace") as file:
            return file.read()

    def start(self):
        environment = {**os.environ, "XDG_RUNTIME_DIR": self.folder}
        environment.pop("WAYLAND_DISPLAY", None)
        self._process = subprocess.Popen(self._command, env=environment, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: os.path.exists(self.display)
                     or self._process.poll() is not None, "weston to listen")
            if self._process.poll() is not None:
                raise AssertionError(f"weston did not start: {self.log()}")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def screenshot(self):
        """The whole output, by Weston's own screenshooter."""
        shots = os.path.join(self.folder, "shots")
        os.makedirs(shots, exist_ok=True)
        subprocess.run(["weston-screenshooter"], cwd=shots, check=True, timeout=60,
                       env={**os.environ, "WAYLAND_DISPLAY": self.display,
                            "XDG_PICTURES_DIR": shots}, stdout=subprocess.DEVNULL)
        path, = glob.glob(os.path.join(shots, "*.png"))
        try:
            return picture.load(path)
        finally:
            os.unlink(path)
