"""
What the same keys of the same compositor cost QEMU and what shows it: time on a CPU per press or
release, above what they take with none. The guest stands still, and has a PS/2 keyboard. How long a
key takes cannot be compared: where QEMU is the compositor's client there is no socket to look at.
"""

import contextlib
import os
import tempfile
import time

from keyboard import Keyboard
from peers import ENVIRONMENT, NONE, Stage, all_peers
from qmp import wait_for
from sway import Sway

SIZE = (1280, 720)
RATE = 50
KEY_A = 30
SETTLE_S = 1


def _tap(keyboard, count):
    """So many presses and releases, at the rate."""
    start = time.monotonic()
    for i in range(count):
        time.sleep(max(0, start + i / RATE - time.monotonic()))
        keyboard.key(KEY_A, i % 2 == 0)
    time.sleep(1 / RATE)


def _see_keys(stage, keyboard):
    """Until QEMU says that keys arrive."""
    def state(on):
        stage.machine.oracle.execute("trace-event-set-state", name="input_event_key_*", enable=on)

    def seen():
        _tap(keyboard, 2)
        return "input_event_key" in stage.machine.log()
    state(True)
    wait_for(seen, f"keys to arrive through {stage.peer.name}", timeout_s=20)
    state(False)


def _cost(stage, act):
    """µs by process."""
    before = stage.cpu_ns()
    act()
    return {name: (after - before[name]) / 1000 for name, after in stage.cpu_ns().items()}


def _measure_once(peer, qemu_path, sway, count):
    with contextlib.closing(Stage(peer, qemu_path, sway, SIZE)) as stage, \
            Keyboard(sway.display) as keyboard:
        sway.focus()
        _see_keys(stage, keyboard)
        time.sleep(SETTLE_S)
        idle = _cost(stage, lambda: time.sleep((count + 1) / RATE))
        busy = _cost(stage, lambda: _tap(keyboard, count))
        return {"peer": peer.name,
                **{name: (busy[name] - idle[name]) / count for name in busy}}


def measure(programs, quick):
    count, turns = (100, 1) if quick else (500, 3)
    measured, failed = {}, []
    with Sway() as sway, tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        os.environ.update(ENVIRONMENT, WAYLAND_DISPLAY=sway.display, XDG_RUNTIME_DIR=folder)
        for _ in range(turns):
            for peer in all_peers(programs):
                if peer.name == NONE:
                    continue
                try:
                    row = _measure_once(peer, programs.qemu, sway, count)
                    measured.setdefault(peer.name, []).append(row)
                except (AssertionError, OSError) as error:
                    failed.append({"peer": peer.name, "failed": str(error)})
    return [{"peer": name, **{key: sum(row[key] for row in rows) / len(rows)
                              for key in ("qemu", "viewer", "compositor")}}
            for name, rows in measured.items()] + failed


def show(rows):
    print(f"\nµs on a CPU per press or release, {RATE} a second, above standing still: QEMU + the "
          "viewer; the compositor's beside")
    for row in rows:
        if "failed" in row:
            print(f"{row['peer']:24}{row['failed']}")
            continue
        total = row["qemu"] + row["viewer"]
        print(f"{row['peer']:24}"
              f"{'%.0f + %.0f = %.0f' % (row['qemu'], row['viewer'], total):>24}"
              f"{row['compositor']:8.0f}")
