"""
Runs the viewer as its user would. From the environment:

  VITRINE         the program; tests are skipped without it
  VITRINE_TOOL    "valgrind": under valgrind, which also has to find no descriptor left open

A call of the kernel's that the viewer gave up ends it here, instead of failing: none may be missed.
"""

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import guests
import picture
from qemu import Qemu
from qmp import wait_for

LIB = os.path.dirname(os.path.abspath(__file__))
RUN_TIMEOUT_S = 120
SANITIZER_EXIT, VALGRIND_EXIT = 86, 87
(DONE, FAILED, USAGE, CANNOT_ATTACH, VM_GONE, TIMED_OUT, NO_COMPOSITOR, DIFFERENT, NEVER_DREW,
 WENT_BLANK, WAS_RESET) = range(11)

# One arena: trimming others, malloc looks for a file of the kernel's and does without it.
CONFINED = {"VITRINE_TEST_SANDBOX": "kill", "GLIBC_TUNABLES": "glibc.malloc.arena_max=1"}
# Whatever makes code while it runs, or opens files at the end, cannot be confined.
FREE = {"VITRINE_TEST_SANDBOX": "off"}
VALGRIND = ["valgrind", "--track-fds=yes", "--leak-check=full", "--errors-for-leak-kinds=definite",
            f"--error-exitcode={VALGRIND_EXIT}", "--trace-children=no",
            "--child-silent-after-fork=yes"]

SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:detect_leaks=1:abort_on_error=0:"
                    "verify_asan_link_order=0",  # virtual_clock.py preloads something, too
    "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:exitcode={SANITIZER_EXIT}",
    "LSAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:print_suppressions=0:"
                    f"suppressions={os.path.join(LIB, 'leaks.supp')}",
}


@functools.cache
def valgrind_judges_descriptors():
    """From 3.23 on it reports descriptors that are closed twice, or used without being open."""
    version = subprocess.run(["valgrind", "--version"], capture_output=True, text=True).stdout
    major, minor = map(int, re.search(r"(\d+)\.(\d+)", version).groups())
    return (major, minor) >= (3, 23)


def valgrind():
    files = ["valgrind-fonts", *(["valgrind-fds"] if valgrind_judges_descriptors() else [])]
    return [*VALGRIND, *(f"--suppressions={os.path.join(LIB, name)}.supp" for name in files)]


def program():
    path = os.environ.get("VITRINE")
    if not path:
        raise unittest.SkipTest("VITRINE does not name the program to test; ./tests/run.sh does")
    if not os.access(path, os.X_OK):
        raise unittest.SkipTest(f"VITRINE={path} is no program")
    return path


def left_open(log):
    """Descriptors in valgrind's log that the program opened itself and never closed."""
    blocks = re.findall(r"Open (.*)\n((?:==\d+==    .*\n)*)", log)
    return [what for what, details in blocks if "<inherited from parent>" not in details]


class Run:
    """One run of the viewer."""

    def __init__(self, folder, arguments, environment, pass_fds=(), cwd=None):
        self._valgrind_log = None
        confinement = CONFINED
        command = [program(), *arguments]
        if os.environ.get("VITRINE_TOOL") == "valgrind":
            handle, self._valgrind_log = tempfile.mkstemp(prefix="valgrind-", dir=folder)
            os.close(handle)
            confinement = FREE
            command = [*valgrind(), f"--log-file={self._valgrind_log}", *command]
        self.command = " ".join(command)
        self._out, self._err = (tempfile.TemporaryFile(dir=folder) for _ in range(2))
        self.process = subprocess.Popen(command, env={**confinement, **environment, **SANITIZER_OPTIONS},
                                        stdin=subprocess.DEVNULL, stdout=self._out,
                                        stderr=self._err, pass_fds=pass_fds, cwd=cwd)

    @staticmethod
    def _text(file):
        size = os.fstat(file.fileno()).st_size
        return os.pread(file.fileno(), size, 0)

    @property
    def output(self):
        return self._text(self._out)

    @property
    def errors(self):
        return self._text(self._err).decode(errors="replace")

    def running(self):
        return self.process.poll() is None

    def wait(self):
        """The exit status, once nothing has been found wrong with how it ran."""
        try:
            status = self.process.wait(RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still runs after {RUN_TIMEOUT_S} s: {self.story()}") from None
        assert status not in (SANITIZER_EXIT, VALGRIND_EXIT) and status >= 0, self.story()
        if self._valgrind_log:
            with open(self._valgrind_log) as log:
                opened = left_open(log.read())
            assert not opened, f"descriptors left open: {opened}\n{self.story()}"
        return status

    def terminate(self):
        """As a user or session manager ends it."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        if self.running():
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()

    def story(self):
        valgrind = ""
        if self._valgrind_log and os.path.exists(self._valgrind_log):
            with open(self._valgrind_log) as log:
                valgrind = log.read()
        return f"{self.command}\nexit status {self.process.poll()}\n{self.errors}{valgrind}"


class ViewerCase(unittest.TestCase):
    """A runtime folder of its own for each test, so that no viewer of one meets another's."""

    version = None  # of QEMU, where qemu.for_each_qemu sets it

    @classmethod
    def setUpClass(cls):
        program()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="vitrine-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.chmod(self.folder, 0o700)
        session = ("WAYLAND_DISPLAY", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in session}
        self.environment["XDG_RUNTIME_DIR"] = self.folder
        # Layouts of machines in tests are nobody else's.
        self.environment["XDG_STATE_HOME"] = os.path.join(self.folder, "state")

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *arguments, pass_fds=(), cwd=None, **environment):
        run = Run(self.folder, arguments, {**self.environment, **environment}, pass_fds, cwd)
        self.addCleanup(run.kill)
        return run

    def vitrine(self, *arguments, status=DONE, says=None, **options):
        """Runs it to its end; its exit status and a part of what it says on stderr are checked."""
        run = self.start(*arguments, **options)
        self.assertEqual(run.wait(), status, run.story())
        if says is not None:
            self.assertRegex(run.errors, says)
        return run

    def screenshot(self, *arguments, **options):
        path = self.path("shot.png")
        self.vitrine(*arguments, "--screenshot", path, **options)
        return picture.load(path)

    def assert_same_picture(self, got, expected, what=""):
        difference = got.difference(expected)
        if difference:
            self.fail(f"{what}: {difference}")

    def machine(self, *arguments, **options):
        machine = Qemu(self.version, *arguments, **options).start()
        self.addCleanup(machine.stop)
        return machine

    @staticmethod
    def is_attached(machine):
        """QEMU holds a control and a listener connection: connected sockets that have no name."""
        with open(f"/proc/{machine.pid}/net/unix") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        nameless = {row[6] for row in rows if row[5] == "03" and len(row) == 7}
        links = []
        for entry in os.scandir(f"/proc/{machine.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # closed since it was listed
                links.append(os.readlink(entry.path))
        return sum(link[len("socket:["):-1] in nameless for link in links) >= 2

    def halted_machine(self, *arguments, **options):
        """One for qtest: nothing runs in it but what the test does."""
        return self.machine(*arguments, qtest=True, bios=guests.halted_bios(self.folder), **options)


__all__ = ["ViewerCase", "Run", "wait_for", "DONE", "FAILED", "USAGE", "CANNOT_ATTACH", "VM_GONE",
           "TIMED_OUT", "NO_COMPOSITOR", "DIFFERENT", "NEVER_DREW", "WENT_BLANK", "WAS_RESET"]
