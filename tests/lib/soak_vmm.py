"""A VMM that draws at random and may be killed (soak-vmm.c)."""

import json
import os
import struct
import subprocess
import unittest

from qmp import wait_for

COUNTS = struct.Struct("<5Q")
NAMES = ("sent", "answered", "modes", "presses", "held")
TIMEOUT_S = 20


class SoakVmm:
    """One after another plays the same VM: `start` and `kill`. `counts` is of all of them."""

    def __init__(self, program, folder, heads, size, uuid):
        self.socket = os.path.join(folder, "vmm")
        self._counts = os.path.join(folder, "counts")
        path = os.path.join(os.path.dirname(os.path.dirname(program)), "tests", "lib", "soak-vmm")
        if not os.access(path, os.X_OK):
            raise unittest.SkipTest(f"{path} was not built")
        self._command = [path, self.socket, self._counts, str(heads), size, uuid]
        self._errors = open(os.path.join(folder, "vmm-errors"), "a+")
        self._process = None

    def start(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=self._errors)
        os.set_blocking(self._process.stdout.fileno(), False)
        self._text, self._said = b"", []
        wait_for(lambda: self.says("listening"), "the VMM")

    def says(self, word):
        """Whether it has said so since it was last asked to run."""
        self._text += self._process.stdout.read() or b""
        *lines, self._text = self._text.split(b"\n")
        self._said += [key for line in lines for key in json.loads(line)]
        if word not in self._said and self._process.poll() is not None:
            self._errors.seek(0)
            raise AssertionError(f"the VMM ended with {self._process.returncode}: "
                                 f"{self._errors.read()}")
        return word in self._said

    def run(self, frames, modes, seed):
        """Begins to draw so many of all heads together; says "done"."""
        self._tell(f"run {frames} {modes} {seed}")

    def level(self):
        """Begins to show pictures of the full size on all heads; says "done"."""
        self._tell("level")

    def flip(self, count):
        """Begins to flip so often on each head; says "done"."""
        self._tell(f"flip {count}")

    def _tell(self, line):
        self._said = [word for word in self._said if word != "done"]
        os.write(self._process.stdin.fileno(), f"{line}\n".encode())

    def counts(self):
        with open(self._counts, "rb") as file:
            return dict(zip(NAMES, COUNTS.unpack(file.read())))

    def kill(self):
        """As a crash of QEMU's: nothing is said to anybody."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def close(self):
        if self._process is not None and self._process.returncode is None:
            self.kill()
        self._errors.close()
