"""Runs the mini compositor (mini-compositor --help) and talks to it.

    with MiniCompositor("--dmabuf-version=4") as compositor:
        viewer = subprocess.Popen([...], env={**os.environ, "WAYLAND_DISPLAY": compositor.display})
        commit = compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("configure", width=640, height=480)
        shown = compositor.screenshot()

The commands are in compositor/command*.c, with what they take and answer.

Everything waits for events, never for time to pass: a time limit only ends a wait that failed.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import picture

# Long enough for a sanitizer build on a loaded machine; reached only by a failing test.
TIMEOUT_S = 20


class CompositorError(Exception):
    """The compositor refused a command, or died."""


def program():
    """$MINI_COMPOSITOR, else the one that was built beside $VITRINE."""
    beside = os.path.join(os.path.dirname(os.path.dirname(os.environ.get("VITRINE", ""))),
                          "tests", "lib", "compositor", "mini-compositor")
    path = os.environ.get("MINI_COMPOSITOR", beside)
    if not os.access(path, os.X_OK):
        raise unittest.SkipTest(f"{path} is no program; ./tests/run.sh builds it")
    return path


class MiniCompositor:
    """One compositor in a runtime directory of its own."""

    def __init__(self, *arguments, environment=None):
        self.directory = tempfile.mkdtemp(prefix="mini-compositor-")
        # A path: clients may have another runtime directory.
        self.display = f"{self.directory}/wayland-mini"
        self.returncode = None
        self.events = []
        self._news = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            [program(), "--socket=wayland-mini", f"--control={self.directory}/control", *arguments],
            env={**os.environ, **(environment or {}), "XDG_RUNTIME_DIR": self.directory},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read_events, daemon=True)
        self._reader.start()
        self._control = None
        try:
            self.wait("listening")
            self._control = socket.socket(socket.AF_UNIX)
            self._control.settimeout(TIMEOUT_S)
            self._control.connect(f"{self.directory}/control")
            self._answers = self._control.makefile("r")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _read_events(self):
        for line in self._process.stdout:
            event = json.loads(line)
            with self._news:
                self.events.append(event)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def command(self, name, **arguments):
        """The answer as a dict; CompositorError when it is refused."""
        line = json.dumps({"command": name, **arguments}) + "\n"
        self._control.sendall(line.encode())
        answer = self._answers.readline()
        if not answer:
            raise CompositorError(f"{name}: the compositor closed the control socket")
        answer = json.loads(answer)
        with self._news:
            # What led to the answer came before it, on a way of its own.
            n_events = answer.pop("n_events")
            self._news.wait_for(lambda: len(self.events) >= n_events or self._ended, TIMEOUT_S)
        if not answer["ok"]:
            raise CompositorError(f"{name}: {answer['error']}")
        return answer

    def mark(self):
        """Now, for wait(since=...) and find(since=...)."""
        with self._news:
            return len(self.events)

    def position(self, event):
        """Of an event that was found (others may equal it), for since=... of wait() and find()."""
        with self._news:
            return next(i for i, other in enumerate(self.events) if other is event)

    @staticmethod
    def _matches(event, name, where, fields):
        return (event["event"] == name and
                all(key in event and event[key] == value for key, value in fields.items()) and
                (where is None or where(event)))

    def find(self, name, since=0, where=None, **fields):
        """All events of that name so far whose fields are equal."""
        with self._news:
            return [event for event in self.events[since:]
                    if self._matches(event, name, where, fields)]

    def wait(self, name, since=0, where=None, timeout=TIMEOUT_S, count=1, **fields):
        """The count-th such event since then, waiting for it where needed."""
        position = since
        seen = 0
        found = None

        def look():
            nonlocal position, seen, found
            while position < len(self.events) and found is None:
                if self._matches(self.events[position], name, where, fields):
                    seen += 1
                    if seen == count:
                        found = self.events[position]
                position += 1
            return found is not None or self._ended

        with self._news:
            self._news.wait_for(look, timeout)
            if found is None:
                tail = "\n".join(json.dumps(event) for event in self.events[-25:])
                why = "the compositor ended" if self._ended else f"not within {timeout} s"
                raise CompositorError(f"no {name} {fields} ({why}); the last events:\n{tail}")
        return found

    def screenshot(self, background=None, surface=None, scale_120=None):
        """What the oldest window (or that surface, also of a cursor) looks like, in logical pixels
        or in those of a monitor of that scale."""
        path = f"{self.directory}/screenshot.ppm"
        arguments = {"file": path}
        if scale_120 is not None:
            arguments["scale_120"] = scale_120
        if background is not None:
            arguments["background"] = background
        if surface is not None:
            arguments["surface"] = surface
        self.command("screenshot", **arguments)
        return picture.load(path)

    def screenshot_output(self, output=None):
        """What the user sees on a monitor (default: the first), in its own pixels. In .surfaces is
        what became of each surface, from the bottom: "surface", "x", "y", "width", "height",
        "buffer_width", "buffer_height", "scaled" (compositor/picture.h)."""
        path = f"{self.directory}/output.ppm"
        arguments = {} if output is None else {"output": output}
        answer = self.command("screenshot_output", file=path, **arguments)
        shown = picture.load(path)
        shown.surfaces = answer["surfaces"]
        return shown

    def count_objects(self, surface=None):
        """Interface -> how many objects of it the client has that the compositor knows."""
        arguments = {} if surface is None else {"surface": surface}
        return self.command("count_objects", **arguments)["objects"]

    def pause(self):
        """As one that hangs: nothing is read any more."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """As if the desktop crashed."""
        self._process.kill()
        self._process.wait()

    def close(self):
        if self._control is not None:
            self._control.close()
        if self._process.poll() is None:
            self.resume()
            self._process.terminate()
        try:
            self.returncode = self._process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.returncode = self._process.wait()
        self._reader.join(TIMEOUT_S)
        self._process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)
