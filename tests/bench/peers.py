"""
What the same frames of the same QEMU cost with other viewers: time on a CPU per guest frame above
what QEMU takes with no display at all. The guest is a virtio-gpu that is driven from here: each
frame is a transfer and a flush, so that every display sees every frame, and the picture scrolls, so
that a display that compares or compresses has something to do.
"""

import contextlib
import os
import subprocess
import tempfile
import time

import guests
import process
from qemu import Qemu
from qmp import wait_for
from qtest import Qtest
from sway import Sway
from virtio import Memory
from virtio_gpu import VirtioGpu

SIZES = ((1280, 720), (1920, 1080), (3840, 2160))
SMALL = (64, 64)
SCROLL_ROWS = 64
WARM_UP = 10
# What all of them keep up with, on two slow cores.
RATES = {(1280, 720): 30, (1920, 1080): 30, (3840, 2160): 5}
GPU_SLOT = 2
MIN_RATIO, RATIO_SIZE = 30, (1920, 1080)
ENVIRONMENT = {"GDK_BACKEND": "wayland", "SDL_VIDEODRIVER": "wayland", "NO_AT_BRIDGE": "1"}

NONE, GTK, VITRINE = "none", "QEMU's GTK", "vitrine"


class Peer:
    """QEMU's display and options and the viewer's command; {} is a folder, {qmp} QEMU's socket."""

    def __init__(self, name, display, options=(), command=()):
        self.name, self.display, self.options, self.command = name, display, options, command


def all_peers(programs):
    return (
        Peer(NONE, "none"),
        Peer(GTK, "gtk,gl=off,show-menubar=off"),
        Peer("QEMU's SDL", "sdl,gl=off"),
        Peer("remote-viewer, SPICE", "none",
                  ("-spice", "unix=on,addr={folder}/spice,disable-ticketing=on"),
                  ("remote-viewer", "--auto-resize=never", "spice+unix://{folder}/spice")),
        Peer(VITRINE, "dbus,p2p=on", (), (programs.viewer, "--quiet", "--qmp", "{qmp}")),
    )


class Guest:
    """A machine that stands still but for what is drawn on it from here."""

    def __init__(self, machine, size):
        self._size, self._frames = size, 0
        self._qtest = Qtest(machine.qtest_path)
        self._gpu = VirtioGpu(self._qtest, Memory(), GPU_SLOT)
        self._resource = self._gpu.make_resource(*size, spare_rows=SCROLL_ROWS)
        self._fill()
        self._gpu.transfer(self._resource, *size)
        self._gpu.scanout(0, self._resource, *size)
        self._gpu.flush(self._resource, *size)

    def _fill(self):
        """Blocks of colours that differ from their neighbours, and again eight rows below."""
        width, height = self._size
        for top in range(0, height + SCROLL_ROWS, 8):
            colours = ((left * 0x3f1d5b + top * 0x71c3a9) & 0xffffff
                       for left in range(0, width, 16))
            row = b"".join(colour.to_bytes(4, "little") * 16 for colour in colours)
            self._qtest.write(self._resource[1] + top * width * 4, row * 8)

    def draw(self, size):
        self._frames += 1
        offset = self._frames % SCROLL_ROWS * self._size[0] * 4
        self._gpu.transfer(self._resource, *size, offset=offset)
        self._gpu.flush(self._resource, *size)

    def run(self, size, count, rate):
        """Returns the rate that came out of it."""
        start = time.monotonic()
        for i in range(count):
            time.sleep(max(0, start + i / rate - time.monotonic()))
            self.draw(size)
        time.sleep(1 / rate)
        return count / (time.monotonic() - start)

    def close(self):
        self._qtest.close()


class Stage:
    """One peer with its QEMU, in a compositor, as long as it is measured."""

    def __init__(self, peer, qemu_path, sway, size):
        self.peer, self._sway, self._viewer = peer, sway, None
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-bench-"))
            options = [word.format(folder=folder) for word in peer.options]
            self.machine = stack.enter_context(Qemu(
                qemu_path, "-device", "virtio-vga,max_outputs=1", *options, qtest=True,
                display=peer.display, bios=guests.halted_bios(folder), memory="256M"))
            self.guest = Guest(self.machine, size)
            stack.callback(self.guest.close)
            if peer.command:
                self._viewer = self._start_viewer(peer, folder)
                stack.callback(self._end_viewer)
            if peer.name != NONE:
                wait_for(sway.windows, f"the window of {peer.name}", timeout_s=30)
            self._stack = stack.pop_all()

    def _start_viewer(self, peer, folder):
        command = [word.format(folder=folder, qmp=self.machine.qmp_path)
                   for word in peer.command]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def _end_viewer(self):
        self._viewer.terminate()
        self._viewer.wait()

    def cpu_ns(self):
        return {"qemu": process.cpu_ns(self.machine.pid), "compositor": self._sway.cpu_ns,
                "viewer": process.cpu_ns(self._viewer.pid) if self._viewer else 0}

    def measure(self, size, count, rate):
        """ms on a CPU per frame, by process."""
        before = self.cpu_ns()
        rate = self.guest.run(size, count, rate)
        after = self.cpu_ns()
        result = {key: (after[key] - before[key]) / 1e6 / count for key in after}
        return {**result, "fps": rate}

    def close(self):
        self._stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _measure_once(peer, qemu_path, sway, size, seconds):
    rate = RATES[size]
    with contextlib.closing(Stage(peer, qemu_path, sway, size)) as stage:
        # GTK opens its window before it knows the guest's size, and scales.
        sway.at_least(size)
        stage.guest.run(size, WARM_UP, rate)
        result = {name: stage.measure(damage, int(seconds * rate), rate)
                  for name, damage in (("full", size), ("small", SMALL))}
        return {**result, "peer": peer.name, "size": list(size), "windows": sway.windows()}


def _mean(turns):
    """Of the same peer, measured in turn with the others."""
    return {**turns[0], **{damage: {key: sum(turn[damage][key] for turn in turns) / len(turns)
                                    for key in turns[0][damage]} for damage in ("full", "small")}}


def _measure(programs, sway, size, seconds, turns):
    measured, failed = {}, []
    for _ in range(turns):
        for peer in all_peers(programs):
            try:
                measured.setdefault(peer.name, []).append(
                    _measure_once(peer, programs.qemu, sway, size, seconds))
            except (AssertionError, OSError) as error:
                failed.append({"peer": peer.name, "size": list(size), "failed": str(error)})
    return [*map(_mean, measured.values()), *failed]


def measure(programs, quick):
    rows = []
    with Sway() as sway, tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        os.environ.update(ENVIRONMENT, WAYLAND_DISPLAY=sway.display, XDG_RUNTIME_DIR=folder)
        for size in SIZES:
            rows += _measure(programs, sway, size, *((3, 1) if quick else (5, 3)))
    return rows


def _above(row, baseline, damage):
    """(what QEMU takes more than without a display, what the viewer takes), ms per frame."""
    return row[damage]["qemu"] - baseline[damage]["qemu"], row[damage]["viewer"]


def show(rows, bars):
    print("\nms on a CPU per guest frame: what QEMU takes above its work without a display + what "
          "the viewer takes; the compositor's beside")
    print(f"{'':12}{'':24}{'full damage':>30}{'compositor':>12}{'64x64':>30}{'compositor':>12}")
    sums = {}
    for row in rows:
        size = f"{row['size'][0]}x{row['size'][1]}"
        if "failed" in row:
            print(f"{size:12}{row['peer']:24}{row['failed']}")
            continue
        if row["peer"] == NONE:
            baseline = row
            print(f"{size:12}{'no display: ':24}{row['full']['qemu']:30.3f}{'':12}"
                  f"{row['small']['qemu']:30.3f}")
            continue
        cells = ""
        for damage in ("full", "small"):
            qemu, viewer = _above(row, baseline, damage)
            sums[tuple(row["size"]), row["peer"], damage] = qemu, viewer
            cells += f"{f'{qemu:.3f} + {viewer:.3f} = {qemu + viewer:.3f}':>30}"
            cells += f"{row[damage]['compositor']:12.3f}"
        print(f"{size:12}{row['peer']:24}{cells}")
    theirs, ours = (sums.get((RATIO_SIZE, name, "full")) for name in (GTK, VITRINE))
    if theirs and ours:
        bars.add(f"full 1080p frame: the viewer takes {MIN_RATIO}x less than QEMU's GTK display",
                 sum(theirs) / ours[1], sum(theirs) / ours[1] >= MIN_RATIO)
        bars.add("the same, with what QEMU's D-Bus display takes to tell the viewer",
                 sum(theirs) / sum(ours), sum(theirs) / sum(ours) >= MIN_RATIO,
                 f"{sum(theirs) / ours[0]:.0f} if the viewer took nothing at all")
