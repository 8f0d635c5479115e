"""
What full frames cost where dma-bufs are real, by `direct` and by QEMU's GTK display: time on a CPU per
frame above what QEMU takes with no display at all, in the machine of tests/rig. Its processors are
emulated, so that only the numbers beside each other mean anything. The guest is a virtio-gpu that is
driven from here; its picture is a blob, which changes as a whole with each frame.

GTK with gl=on cannot be measured there and is not: to a Wayland client, Mesa's software renderer is either
one that imports no dma-bufs, or kms_swrast, which may make no buffers on a render node. With gl=off
GTK draws from the blob's own memory, without a transfer. One frame a second is all that the compositor
draws there, and dear for the viewer: at ten a second it took a third per frame (the compositor then
answered fewer of them).

What the bar is missed by is explained beside it: the least that a frame costs any process there (wake.c,
which is woken twice and reads and writes twice, of no protocol), how often the viewer is woken, its
page faults, and how much of its time is the kernel's.
"""

import contextlib
import os
import time
import unittest

import machine
from compositors import Compositor
from guest import Guest, Viewer
from qmp import wait_for

SIZE = (1920, 1080)
GPU = ("-device", "virtio-gpu-pci,blob=true,addr=2")
# What the slowest keeps up with: of two frames at once, a display would draw one.
RATE = 1
WARM_UP, FRAMES, QUICK_FRAMES = 5, 40, 15
FIRST_FRAME_TIMEOUT_S = 60
LEVELS = (0x30, 0xc0)  # of grey
FILLED = 0.999
MIN_RATIO = 30
NONE, GTK, VITRINE = "none", "QEMU's GTK, gl=off", "vitrine, direct"
FLOOR = "the least"
# As QEMU takes them; None: D-Bus with GL, as for all tests.
DISPLAYS = {NONE: "none", GTK: "gtk,gl=off,show-menubar=off", VITRINE: None}
HERE = os.path.dirname(os.path.abspath(__file__))


class Stage:
    """One peer with its QEMU, as long as it is measured."""

    def __init__(self, rig, sway, peer, number):
        self._rig, self._sway, self._n, self._viewer = rig, sway, 0, None
        with contextlib.ExitStack() as stack:
            self._guest = Guest(rig, f"peer-{number}", *GPU, display=DISPLAYS[peer],
                                **(_environment(sway) if peer == GTK else {}))
            stack.callback(self._guest.stop)
            self._gpu = self._guest.gpu()
            self._blob = self._gpu.make_blob(SIZE[0] * SIZE[1] * 4)
            self._gpu.scanout_blob(0, self._blob, *SIZE)
            self.draw()
            if peer == VITRINE:
                self._viewer = Viewer(rig, f"viewer-{number}", sway.display, self._guest.target)
                stack.callback(self._viewer.stop)
            if peer != NONE:
                wait_for(self._fills_the_screen, f"the picture of {peer}", FIRST_FRAME_TIMEOUT_S,
                         interval_s=1)
            if self._viewer:
                console, = self._viewer.consoles(self._guest)
                assert console["path"] == "direct", console
            self._stack = stack.pop_all()

    def _level(self):
        return LEVELS[self._n % len(LEVELS)]

    def draw(self):
        self._n += 1
        self._guest.qtest.command(f"memset {self._blob[1]:#x} {SIZE[0] * SIZE[1] * 4:#x} "
                                  f"{self._level():#x}")
        self._gpu.flush(self._blob, *SIZE)

    def _fills_the_screen(self):
        self._rig.run(f"swaymsg -q -s {os.path.dirname(self._sway.display)}/sway-ipc.*.sock "
                      "'[app_id=\".*\"] fullscreen enable' || :")
        return self.is_shown()

    def is_shown(self):
        """Whether the last frame fills the machine's screen, but for the pointer."""
        screen = self._rig.screendump().rgb
        return screen.count(self._level()) >= FILLED * len(screen)

    def _cpu_ns(self):
        pids = {"qemu": [self._guest.pid], "compositor": self._sway.processes(),
                "viewer": [self._viewer.job.pid] if self._viewer else []}
        numbers = self._rig.run(
            f"PYTHONPATH={HERE}:{os.path.dirname(HERE)}/lib python3 -B -c 'import process, sys\n"
            "for pid in sys.argv[1:]: print(process.cpu_ns(int(pid)))' "
            + " ".join(str(pid) for name in pids for pid in pids[name])).split()
        return {name: sum(int(numbers.pop(0)) for _ in pids[name]) for name in pids}

    def _accounts(self):
        """The viewer's so far: ticks in the kernel, ticks, minor page faults, times it has waited."""
        pid = self._viewer.job.pid
        fields = self._rig.run(f"sed 's/.*) //' /proc/{pid}/stat").split()
        switches = self._rig.run(f"sed -n 's/^voluntary_ctxt_switches:\\t//p' /proc/{pid}/status")
        return (int(fields[12]), int(fields[11]) + int(fields[12]), int(fields[7]), int(switches))

    def measure(self, frames):
        """ms on a CPU per frame, by process; of the viewer more."""
        accounts = self._accounts() if self._viewer else ()
        before, start = self._cpu_ns(), time.monotonic()
        for i in range(frames):
            time.sleep(max(0, start + i / RATE - time.monotonic()))
            self.draw()
        time.sleep(1 / RATE)
        fps = frames / (time.monotonic() - start)
        after = self._cpu_ns()
        row = {}
        if self._viewer:
            system, ticks, faults, waits = (new - old for new, old in
                                            zip(self._accounts(), accounts))
            row = {"kernel_share": system / max(ticks, 1), "faults": faults / frames,
                   "waits": waits / frames}
        return {**row, **{name: (after[name] - before[name]) / 1e6 / frames for name in after}, "fps": fps}

    def close(self):
        self._stack.close()


def _environment(sway):
    return {"WAYLAND_DISPLAY": sway.display, "XDG_RUNTIME_DIR": "/run/user/0",
            "GDK_BACKEND": "wayland", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}


def _measure_once(rig, sway, peer, number, frames):
    with contextlib.closing(Stage(rig, sway, peer, number)) as stage:
        for _ in range(WARM_UP):
            stage.draw()
            time.sleep(1 / RATE)
        row = {"peer": peer, "size": list(SIZE), "full": stage.measure(frames)}
        if peer != NONE:
            wait_for(stage.is_shown, f"the last frame of {peer}", interval_s=0.5)
        return row


def measure(_programs, quick):
    rows = []
    try:
        rig = machine.Machine(machine.build(long=True), SIZE)
    except unittest.SkipTest as error:
        return [{"peer": "all", "failed": str(error)}]
    with contextlib.ExitStack() as stack:
        stack.callback(rig.stop)
        rig.start()
        sway = Compositor(rig, "sway")
        stack.callback(sway.stop)
        for number, peer in enumerate(DISPLAYS):
            try:
                rows.append(_measure_once(rig, sway, peer, number,
                                          QUICK_FRAMES if quick else FRAMES))
            except (AssertionError, OSError) as error:
                rows.append({"peer": peer, "failed": str(error).splitlines()[0]})
        count = QUICK_FRAMES if quick else FRAMES
        rows.append({"peer": FLOOR, "ms": int(rig.run(
            f"{machine.BUILD}/wake {count} {1000 // RATE}")) / 1e6})
    return rows


def show(rows, bars):
    print("\nin the rig, ms on an emulated CPU per full 1080p frame: what QEMU takes above its work "
          "without a display + what the viewer takes; the compositor's beside")
    done = {row["peer"]: row["full"] for row in rows if "full" in row}
    floor = next((row["ms"] for row in rows if row["peer"] == FLOOR), 0)
    sums = {}
    for row in rows:
        if row["peer"] == FLOOR:
            continue
        if row["peer"] not in done or NONE not in done:
            print(f"{row['peer']:24}{row.get('failed', 'nothing to compare with')}")
            continue
        full, qemu = row["full"], row["full"]["qemu"] - done[NONE]["qemu"]
        if row["peer"] == NONE:
            print(f"{'no display:':24}{full['qemu']:30.2f}")
            continue
        sums[row["peer"]] = qemu + full["viewer"]
        cell = f"{qemu:.2f} + {full['viewer']:.2f} = {sums[row['peer']]:.2f}"
        print(f"{row['peer']:24}{cell:>30}{full['compositor']:12.2f}")
    if len(sums) == 2:
        viewer = done[VITRINE]
        ratio = sums[GTK] / viewer["viewer"]
        print(f"the least: {floor:.2f} ms for a process that is woken twice and reads and writes twice, "
              f"so {sums[GTK] / floor:.0f}x is the most that any viewer can have; ours waits "
              f"{viewer['waits']:.1f} times a frame, has {viewer['faults']:.1f} page faults, and "
              f"{viewer['kernel_share']:.0%} of its time is the kernel's")
        bars.add(f"in the rig, full 1080p frame: the viewer takes {MIN_RATIO}x less than QEMU's GTK "
                 "display, gl=off", ratio, ratio >= MIN_RATIO)
