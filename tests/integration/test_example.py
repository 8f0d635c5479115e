"""The example of a test through --control does what it says it does."""

import os
import subprocess
import sys

import qemu
from viewer import RUN_TIMEOUT_S, SANITIZER_OPTIONS, ViewerCase, program

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "example",
                       "test_boot_menu.py")


@qemu.for_each_qemu
class Example(ViewerCase):
    sanitize = True

    def run_example(self, **environment):
        return subprocess.run(
            [sys.executable, "-B", EXAMPLE], capture_output=True, text=True, timeout=RUN_TIMEOUT_S,
            env={**self.environment, **SANITIZER_OPTIONS, "VITRINE": program(),
                 "QEMU": qemu.binary(self.version), **environment})

    def test_passes(self):
        os.mkdir(self.path("artifacts"))
        run = self.run_example(ARTIFACTS=self.path("artifacts"))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stderr, r"Ran 1 test .*\n\nOK\n$")
        # Of the expectations that are not met.
        self.assertTrue(os.listdir(self.path("artifacts")))

    def test_fails_where_there_is_nothing_to_test(self):
        for name in ("QEMU", "VITRINE"):
            run = self.run_example(**{name: "false"})
            self.assertEqual(run.returncode, 1, run.stderr)
