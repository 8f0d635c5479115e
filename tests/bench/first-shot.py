#!/usr/bin/python3
"""
How long until the first picture: `vitrine --screenshot` of SeaBIOS text, from exec to exit, beside
what QEMU itself needs for the same file (connect to QMP, one screendump). The bar is 3 times that.
QEMU's side has no program to start: it is called from this one.

    VITRINE=build/frontend/vitrine tests/bench/first-shot.py [RUNS]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

import picture  # noqa: E402
from qemu import Qemu, binaries, versions  # noqa: E402
from qmp import Qmp  # noqa: E402

BAR = 3
RUNS = 20


def time_ms(function):
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1000


def qmp_shot(machine, path, file_format):
    client = Qmp(machine.qmp_path)
    client.execute("screendump", filename=path, format=file_format)
    client.close()


def viewer_shot(program, machine, path):
    subprocess.run([program, "--qmp", machine.qmp_path, "--screenshot", path], check=True)


def measure(version, program, runs, folder, file_format):
    with Qemu(version, "-vga", "std") as machine:
        machine.wait_firmware()
        machine.freeze()
        theirs = os.path.join(folder, "qmp." + file_format)
        ours = os.path.join(folder, "vitrine." + file_format)
        pairs = [(time_ms(lambda: qmp_shot(machine, theirs, file_format)),
                  time_ms(lambda: viewer_shot(program, machine, ours))) for _ in range(runs)]
        difference = picture.load(ours).difference(picture.load(theirs))
        assert difference is None, difference
    return [statistics.median(column) for column in zip(*pairs)]


def main():
    program = os.environ.get("VITRINE", "build/frontend/vitrine")
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    # Nothing of the user's session: neither its resident viewers nor its bus.
    print(f"median of {runs} runs in turn, ms; the bar is {BAR}")
    print(f"{'QEMU':8}{'file':8}{'QMP screendump':>16}{'vitrine':>10}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        for version in versions():
            for file_format in ("png", "ppm") if version in binaries() else ():
                qmp_ms, viewer_ms = measure(version, program, runs, folder, file_format)
                print(f"{version:8}{file_format:8}{qmp_ms:16.1f}{viewer_ms:10.1f}"
                      f"{viewer_ms / qmp_ms:8.2f}")


if __name__ == "__main__":
    main()
