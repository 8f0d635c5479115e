"""Nothing is left behind by frames and mode changes."""

import time

import process
from vmm import Presenter

# The layout of the windows is saved a second after the last change, in a thread whose stack stays.
WARM_UP, WARM_UP_S = 500, 3
# The allocator may still find its size; one buffer or message lost per frame would be megabytes.
MAX_RESIDENT_GROWTH = 256 * 1024


def measure(programs, quick):
    work = (("update", 50_000), ("flip", 50_000), ("mode", 10_000))
    rows = []
    for kind, count in work:
        count = count // 10 if quick else count
        with Presenter(programs, size="640x480") as presenter:
            start = time.monotonic()
            while time.monotonic() < start + WARM_UP_S:
                presenter.vmm.frames(kind, WARM_UP, 0)
            before = process.holdings(presenter.pid)
            presenter.vmm.frames(kind, count, 0)
            after = process.holdings(presenter.pid)
        rows.append({"kind": kind, "count": count, "before": before, "after": after,
                     "resident_bytes": after["resident_bytes"]})
    return rows


def show(rows, bars):
    print("\nGrowth, as fast as answered")
    print(f"{'':24}{'resident KiB':>20}{'fds':>12}{'mappings':>12}")
    for row in rows:
        before, after = row["before"], row["after"]
        name = f"{row['count']} {row['kind']}s"
        resident = f"{before['resident_bytes'] >> 10} -> {after['resident_bytes'] >> 10}"
        fds, mappings = (f"{before[key]} -> {after[key]}" for key in ("fds", "mappings"))
        print(f"{name:24}{resident:>20}{fds:>12}{mappings:>12}")
        grown = after["resident_bytes"] - before["resident_bytes"]
        bars.add(f"{name}: no growth", grown,
                 grown <= MAX_RESIDENT_GROWTH and after["fds"] <= before["fds"] and
                 after["mappings"] <= before["mappings"])
