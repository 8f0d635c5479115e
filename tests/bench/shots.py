"""
Pictures of a desktop: ours beside libpng's, and beside QEMU's own of the same picture in the same
machine. Every bar is a ratio within one run, of the least time that each took: when nobody disturbed.
"""

import contextlib
import filecmp
import json
import os
import shutil
import subprocess
import tempfile
import time

import guests
from qemu import Qemu
from qmp import wait_for
from qtest import Qtest

SIZES = ((1280, 800), (1920, 1080), (3840, 2160))
ROUNDS, QUICK_ROUNDS = 31, 7
SHOTS, QUICK_SHOTS = 15, 5

SCREENDUMP_BAR, LIBPNG_BAR, COPY_BAR, RESIDENT_BAR = 8, 4, 1.5, 5

TEXT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "HACKING.md")

# QEMU's standard VGA (docs/specs/standard-vga.rst): a slot, a BAR with the picture, Bochs' ports.
PCI_ADDRESS, PCI_DATA = 0xcf8, 0xcfc
SLOT, COMMAND, BAR = 2, 0x04, 0x10
IO_AND_MEMORY = 3
PICTURE = 0xe0000000
PORT_INDEX, PORT_DATA = 0x1ce, 0x1cf
WIDTH, HEIGHT, DEPTH, ENABLE = 1, 2, 3, 4
ENABLED_LINEAR = 0x41
PORT_ATTRIBUTE, NOT_BLANK = 0x3c0, 0x20


def show_desktop(machine, width, height, pixels):
    """Does what a guest's driver would: sets the mode, and draws."""
    with contextlib.closing(Qtest(machine.qtest_path)) as qtest:
        for offset, value in ((BAR, PICTURE), (COMMAND, IO_AND_MEMORY)):
            qtest.outl(PCI_ADDRESS, 0x80000000 | SLOT << 11 | offset)
            qtest.outl(PCI_DATA, value)
        for index, value in ((ENABLE, 0), (WIDTH, width), (HEIGHT, height), (DEPTH, 32),
                             (ENABLE, ENABLED_LINEAR)):
            qtest.command(f"outw {PORT_INDEX:#x} {index:#x}")
            qtest.command(f"outw {PORT_DATA:#x} {value:#x}")
        qtest.command(f"outb {PORT_ATTRIBUTE:#x} {NOT_BLANK:#x}")
        qtest.write(PICTURE, pixels)


def rgb(pixels):
    packed = bytearray(len(pixels) // 4 * 3)
    packed[0::3], packed[1::3], packed[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
    return packed


def time_ns(function):
    start = time.perf_counter_ns()
    function()
    return time.perf_counter_ns() - start


@contextlib.contextmanager
def resident(programs, machine, environment):
    """A viewer that holds the machine."""
    process = subprocess.Popen([programs.viewer, "--qmp", machine.qmp_path, "--headless"],
                               env=environment, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: os.path.isdir(os.path.join(environment["XDG_RUNTIME_DIR"], "vitrine")) and
                 os.listdir(os.path.join(environment["XDG_RUNTIME_DIR"], "vitrine")), "the viewer")
        yield process
    finally:
        process.terminate()
        process.communicate()


def measure_machine(programs, binary, width, height, folder, shots):
    """The least ns of QEMU's screendump and of a whole run of the viewer, in turn."""
    theirs, ours = (os.path.join(folder, name) for name in ("theirs.", "ours."))
    environment = {**os.environ, "XDG_RUNTIME_DIR": folder}
    with open(os.path.join(folder, "desktop.raw"), "rb") as file:
        pixels = file.read()
    with Qemu(binary, "-device", f"VGA,addr={SLOT:#x},vgamem_mb=64", qtest=True,
              bios=guests.halted_bios(folder)) as machine:
        show_desktop(machine, width, height, pixels)

        def dump(kind):
            machine.oracle.execute("screendump", filename=theirs + kind, format=kind)

        def shoot(kind):
            subprocess.run([programs.viewer, "--qmp", machine.qmp_path, "--screenshot", ours + kind],
                           env=environment, check=True)

        with resident(programs, machine, environment):
            shoot("ppm")
            dump("ppm")
            assert filecmp.cmp(ours + "ppm", theirs + "ppm", shallow=False), "not the same picture"
            with open(ours + "ppm", "rb") as file:
                assert file.read().endswith(rgb(pixels)), "not the picture that was drawn"
            pairs = [(time_ns(lambda: dump("png")), time_ns(lambda: shoot("png")))
                     for _ in range(shots)]
        size = os.path.getsize(theirs + "png")
    dump_ns, shot_ns = (min(column) for column in zip(*pairs))
    return {"screendump_ns": dump_ns, "screendump_size": size, "resident_ns": shot_ns}


def measure(programs, quick):
    program = os.path.join(os.path.dirname(programs.vmm), "bench-shots")
    installed = shutil.which("qemu-system-x86_64")
    binaries = list(dict.fromkeys(filter(None, (installed, programs.qemu))))
    rows = []
    for width, height in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            output = subprocess.run(
                [program, str(width), str(height), TEXT, folder,
                 str(QUICK_ROUNDS if quick else ROUNDS)],
                check=True, stdout=subprocess.PIPE, text=True).stdout
            rows.append({"width": width, "height": height, "encoders": json.loads(output)})
            rows[-1]["machines"] = {
                version(binary): measure_machine(programs, binary, width, height, folder,
                                                 QUICK_SHOTS if quick else SHOTS)
                for binary in binaries}
    return rows


def version(binary):
    text = subprocess.run([binary, "--version"], check=True, stdout=subprocess.PIPE, text=True)
    return text.stdout.split()[3]


def show(rows, bars):
    print("\nPictures of a desktop, ms (KB)")
    names = ("png", "libpng", "libdeflate", "qoi", "ppm", "copy_ppm", "read", "copy", "shot")
    print(f"{'':12}" + "".join(f"{name:>16}" for name in names))
    for row in rows:
        cells = [row["encoders"][name] for name in names]
        print(f"{row['width']}x{row['height']}".ljust(12) + "".join(
            (f"{cell['ns'] / 1e6:.2f}" + (f" ({cell['size'] // 1000})" if cell["size"] else ""))
            .rjust(16) for cell in cells))
    print("\nThe same picture on QEMU, ms: its screendump to PNG, a run of the viewer")
    for row in rows:
        for name, machine in row["machines"].items():
            print(f"{row['width']}x{row['height']}".ljust(12) + f"QEMU {name}".ljust(16) +
                  f"{machine['screendump_ns'] / 1e6:12.1f}{machine['resident_ns'] / 1e6:12.1f}")
    for row in rows:
        size, ns = f"{row['width']}x{row['height']}", {
            name: cell["ns"] for name, cell in row["encoders"].items()}
        bars.add(f"{size}: PNG at least {LIBPNG_BAR} times as fast as libpng's default",
                 ns["libpng"] / ns["png"], ns["libpng"] >= LIBPNG_BAR * ns["png"])
        bars.add(f"{size}: PPM within {COPY_BAR} of a copy of the picture", ns["ppm"] / ns["copy"],
                 ns["ppm"] <= COPY_BAR * ns["copy"])
        for name, machine in row["machines"].items():
            dump_ns, run_ns = machine["screendump_ns"], machine["resident_ns"]
            bars.add(f"{size}: read, encoded and written at least {SCREENDUMP_BAR} times as fast as "
                     f"by QEMU {name}", dump_ns / ns["shot"],
                     dump_ns >= SCREENDUMP_BAR * ns["shot"])
            bars.add(f"{size}: through the resident at least {RESIDENT_BAR} times as fast as by "
                     f"QEMU {name}", dump_ns / run_ns, dump_ns >= RESIDENT_BAR * run_ns)
