"""Real QEMU machines with the D-Bus display, in the versions that are on this machine."""

import contextlib
import functools
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import picture
from qmp import Qmp, QmpError, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.path.dirname(HERE), ".cache")
VERSIONS = ("7.2", "10.0")
LONG_VERSIONS = ("11",)


@functools.lru_cache(maxsize=None)
def binaries():
    """Version ("7.2") -> the QEMU to run."""
    found = {}
    candidates = [shutil.which("qemu-system-x86_64")]
    candidates += sorted(glob.glob(os.path.join(CACHE, "qemu-*", "qemu-system-x86_64")))
    for path in filter(None, candidates):
        text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        match = re.search(r"version (\d+)\.(\d+)", text)
        if match:
            found.setdefault(".".join(match.groups()), path)
            found.setdefault(match.group(1), path)
    return found


def binary(version):
    """The QEMU of this version, or at this path."""
    path = version if os.path.isabs(version) else binaries().get(version)
    if path is None:
        known = ", ".join(name for name in binaries() if "." in name) or "none"
        raise unittest.SkipTest(f"no QEMU {version} here ({known}); ./tests/run.sh unpacks 10.0")
    return path


def versions():
    return VERSIONS + (LONG_VERSIONS if os.environ.get("VITRINE_TEST_LONG") else ())


def for_each_qemu(case):
    """Makes one test class for each QEMU version, whose attribute `version` says which."""
    module = sys.modules[case.__module__]
    for version in versions():
        name = f"{case.__name__}_{version.replace('.', '_')}"
        attributes = {"version": version, "__module__": module.__name__}
        setattr(module, name, type(name, (case,), attributes))


@functools.lru_cache(maxsize=None)
def devices(path):
    text = subprocess.run([path, "-device", "help"], capture_output=True, text=True).stdout
    return set(re.findall(r'^name "([^"]+)"', text, re.MULTILINE))


class Qemu:
    """
    A machine with two QMP sockets, `qmp` for the viewer and one for the test's oracle, in a folder
    of its own. Everything that start() made is gone after stop(), which is safe to call twice.
    """

    def __init__(self, version, *arguments, display="dbus,p2p=on", name=None, uuid=None,
                 qtest=False, bios=None, memory="64M", machine="pc"):
        self.binary = binary(version)
        self.version = version
        self.folder = tempfile.mkdtemp(prefix="vitrine-qemu-")
        self.qmp_path = os.path.join(self.folder, "qmp")
        self.oracle_path = os.path.join(self.folder, "oracle")
        self.qtest_path = os.path.join(self.folder, "qtest") if qtest else None
        self.oracle = None
        self._log_path = os.path.join(self.folder, "log")
        self._firmware_path = os.path.join(self.folder, "firmware")
        self._process = None
        self._command = [
            self.binary, "-accel", "tcg", "-nodefaults", "-no-user-config", "-machine", machine,
            "-m", memory, "-display", display,
            "-qmp", f"unix:{self.qmp_path},server=on,wait=off",
            "-qmp", f"unix:{self.oracle_path},server=on,wait=off",
            "-chardev", f"file,id=firmware,path={self._firmware_path}",
            "-device", "isa-debugcon,iobase=0x402,chardev=firmware",
        ]
        if name:
            self._command += ["-name", name]
        if uuid:
            self._command += ["-uuid", uuid]
        if bios:
            self._command += ["-bios", bios]
        if qtest:
            self._command += ["-qtest", f"unix:{self.qtest_path},server=on,wait=off",
                              "-qtest-log", "/dev/null"]
        self._command += arguments

    def start(self):
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log)
        try:
            wait_for(lambda: os.path.exists(self.oracle_path) or not self.alive(),
                     "QEMU to make its sockets")
            if not self.alive():
                raise AssertionError(f"QEMU did not start: {self.log()}")
            self.oracle = wait_for(self._connect, "QEMU to listen")
        except BaseException:
            self.stop()
            raise
        return self

    def end(self):
        """As after a crash: what it has listened on is left behind."""
        if self.oracle is not None:
            self.oracle.close()
            self.oracle = None
        if self.alive():
            self.kill()

    def start_again(self, uuid=None):
        """Another process of the same machine, or of one with another UUID, at the same sockets."""
        self.end()
        if uuid:
            self._command[self._command.index("-uuid") + 1] = uuid
        # Nobody is to take what was left behind for the new one's.
        for path in filter(None, (self.oracle_path, self.qtest_path)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        return self.start()

    def _connect(self):
        if not self.alive():
            raise AssertionError(f"QEMU did not start: {self.log()}")
        try:
            return Qmp(self.oracle_path)
        except (ConnectionRefusedError, ConnectionResetError):
            return None

    def alive(self):
        return self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    def log(self):
        with open(self._log_path, errors="replace") as log:
            return log.read()

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self):
        if self.oracle is not None:
            self.oracle.close()
            self.oracle = None
        if self._process is not None and self.alive():
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def screendump(self, device=None, head=None):
        """What QEMU itself says is on a head's screen, by a way that shares nothing with D-Bus."""
        path = os.path.join(self.folder, "screendump.ppm")
        where = {} if device is None else {"device": device, "head": head or 0}
        self.oracle.execute("screendump", filename=path, **where)
        return picture.load(path)

    def wait_firmware(self):
        """Until SeaBIOS has found nothing to boot and prints no more."""
        def last_words():
            with open(self._firmware_path, "rb") as log:
                return b"No bootable device." in log.read()
        wait_for(last_words, "the firmware to give up")

    def freeze(self):
        """Stops the guest's clock, and with it the blinking of a text cursor."""
        self.oracle.execute("stop")

    def memory(self, address, size):
        """Guest-physical memory."""
        path = os.path.join(self.folder, "memory")
        self.oracle.execute("pmemsave", val=address, size=size, filename=path)
        with open(path, "rb") as file:
            return file.read()


__all__ = ["Qemu", "QmpError", "binaries", "binary", "devices", "for_each_qemu", "versions",
           "wait_for"]
