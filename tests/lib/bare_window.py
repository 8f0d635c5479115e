"""Tests of the viewer's window alone, on the mini compositor: what it is told, and what it does."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import unittest

from mini_case import MiniCase
from viewer import SANITIZER_OPTIONS, program as viewer, wait_for

WIDTH, HEIGHT = 320, 200


def program():
    """The one that was built with $VITRINE."""
    path = os.path.join(os.path.dirname(os.path.dirname(viewer())), "tests", "lib", "bare-window")
    if not os.access(path, os.X_OK):
        raise unittest.SkipTest(f"{path} is no program; ./tests/run.sh builds it")
    return path


class BareWindow:
    """One run of bare-window.c, which has the commands."""

    def __init__(self, folder, compositor, *arguments, environment):
        self._out, self._err = (tempfile.TemporaryFile(dir=folder) for _ in range(2))
        self.process = subprocess.Popen(
            [program(), *arguments], stdin=subprocess.PIPE, stdout=self._out, stderr=self._err,
            env={**environment, **SANITIZER_OPTIONS, "WAYLAND_DISPLAY": compositor.display})

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")

    @property
    def errors(self):
        return self._errors if self._err.closed else self._text(self._err)

    def say(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()

    def told(self, *events):
        """What it was told so far; only these kinds of events if any are named."""
        lines = self._text(self._out).split("\n")[:-1]
        return [event for event in map(json.loads, lines) if not events or event["event"] in events]

    def wait(self, event, count=1, **fields):
        """The count-th such event."""
        def found():
            assert self.process.poll() is None or event == "lost", self.errors
            all_of_them = [told for told in self.told(event) if fields.items() <= told.items()]
            return all_of_them[count - 1] if len(all_of_them) >= count else None
        try:
            return wait_for(found, f"{event} {fields}", timeout_s=20)
        except AssertionError as error:
            raise AssertionError(f"{error}; not {self.told()}\n{self.errors}") from None

    @contextlib.contextmanager
    def paused(self):
        """What it is sent meanwhile it reads in one go."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)

    def finish(self):
        """Its exit status."""
        self.process.stdin.close()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self._errors = self.errors
            self._out.close()
            self._err.close()


class BareCase(MiniCase):
    sanitize = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program()

    def bare(self, *compositor_arguments, arguments=(), size=f"{WIDTH}x{HEIGHT}", **environment):
        """A compositor, and a window that is shown on it."""
        compositor = self.compositor(*compositor_arguments)
        window = BareWindow(self.folder, compositor, *arguments, size,
                            environment={**self.environment, **environment})
        self.addCleanup(self._finish, window, compositor)
        compositor.wait("commit", role="toplevel", attached=True)
        return compositor, window

    def _finish(self, window, compositor):
        status = window.finish()
        self.assertEqual(status, 0, window.errors)
        self.assertEqual(compositor.find("error"), [])

    def pass_all(self, compositor, window):
        """Until the compositor has read all that the window has been told to do so far."""
        self.passed = getattr(self, "passed", 0) + 1
        window.say("title", f"passed-{self.passed}")
        compositor.wait("title", title=f"passed-{self.passed}")
