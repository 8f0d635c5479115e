"""Connects monitors to the heads of a real QEMU (plug.c), through the adapter that viewers use."""

import os
import subprocess
import unittest

from viewer import RUN_TIMEOUT_S, SANITIZER_OPTIONS


def program():
    """The one that was built beside $VITRINE."""
    path = os.path.join(os.path.dirname(os.path.dirname(os.environ.get("VITRINE", ""))),
                        "tests", "lib", "plug")
    if not os.access(path, os.X_OK):
        raise unittest.SkipTest(f"{path} is no program; ./tests/run.sh builds it")
    return path


class Plug:
    def __init__(self, qmp_path):
        self._process = subprocess.Popen([program(), qmp_path], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, bufsize=1,
                                         env={**os.environ, **SANITIZER_OPTIONS})
        self.expect("ready")

    def expect(self, line):
        """The next line that it says."""
        said = self._process.stdout.readline().rstrip("\n")
        assert said == line, f"plug said {said!r} instead of {line!r}"

    def set_head(self, console, width, height, mm=(0, 0), place=(0, 0), result=0):
        self._tell("head", console, width, height, *mm, *place)
        self.expect(f"set_head {result}")

    def input(self, kind, *numbers, console=0):
        """As the user would make it, or as no user could: "key", 30, 1 (plug.c)."""
        self._tell(kind, console, *numbers)
        self.expect("input")

    def tell(self, mode, leds, console=0):
        """What is known, and from now on what comes: to be expected before anything else."""
        self._tell("tell")
        self.expect(f"pointer_mode {console} {mode}")
        self.expect(f"leds {console} {leds}")

    def power(self, result=0):
        self._tell("power")
        self.expect(f"power {result}")

    def _tell(self, *words):
        print(*words, file=self._process.stdin, flush=True)

    def close(self):
        """As a viewer that leaves; it must have nothing to complain of."""
        try:
            self._process.stdin.close()
            assert self._process.wait(RUN_TIMEOUT_S) == 0, "plug failed"
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
