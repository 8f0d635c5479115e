"""
What an event of the compositor's costs the viewer until it is in the VMM's socket, and how long that
takes, beside the least that any viewer can do (floor-input.c). Counted at leisure; the latencies are
of both in turn: what else the machine does hits both.
"""

import contextlib
import os
import struct
import tempfile
import time

import input_peers
import process
from alloc_count import AllocCount
from counts import SIZE, WARM_UP, by_module, instructions, listed, system_calls
from latency import percentile
from qmp import wait_for
from vmm import Presenter

KINDS = ("key", "motion")
MAX_SYSTEM_CALLS = 6
MAX_P50_RATIO, MAX_P99_RATIO = 2, 5
COUNT_RATE = 200
MOTION_STEPS = 300  # command-play.c
SETTLE_S = 0.1
# (kind, Hz): typing faster than anybody can, an office mouse, a gamer's.
LATENCIES = (("key", 100), ("motion", 125), ("motion", 1000))
# The same while guests draw: heads, Hz.
FRAMES = ((1, 144), (16, 60))
FRAMES_KIND, FRAMES_RATE = "motion", 125


class InputWork:
    """As counts.Work, with events in place of frames."""

    heads = 1

    def __init__(self, kind, rate=COUNT_RATE, heads=1, refresh=60):
        self.name, self.rate, self._heads, self._refresh = kind, rate, heads, refresh

    def presenter(self, programs, floor=False, **more):
        presenter = Presenter(programs, heads=self._heads, size=SIZE, refresh=self._refresh,
                              floor=floor and "input", **more)
        presenter.vmm.input()
        presenter.compositor.command("keyboard_enter", keys=[])
        presenter.compositor.command("pointer_enter", x=MOTION_STEPS, y=1)
        presenter.compositor.command("motion", x=MOTION_STEPS, y=1)
        wait_for(presenter.vmm.input, "the first motion", timeout_s=60)
        time.sleep(SETTLE_S)
        return presenter

    def play(self, presenter, count):
        """µs of each event that became a call of its own, in order."""
        mark = presenter.compositor.mark()
        presenter.vmm.input()
        with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
            path = os.path.join(folder, "sent")
            presenter.compositor.command("play_input", kind=self.name, count=count,
                                         rate=self.rate, file=path)
            presenter.compositor.wait("played", since=mark, timeout=600)
            time.sleep(SETTLE_S)
            with open(path, "rb") as file:
                sent = [when for when, in struct.iter_unpack("<Q", file.read())]
        return self._latencies(sent, presenter.vmm.input())

    def _latencies(self, sent, calls):
        """Motion that had to wait is one with what came next: the call says where it is."""
        latencies, i = [], 0
        for taken, value in calls:
            while self.name == "motion" and i < len(sent) and i % MOTION_STEPS != value:
                i += 1
            if i < len(sent):
                latencies.append((taken - sent[i]) / 1000)
            i += 1
        assert i == len(sent), f"{i} of {len(sent)} events arrived"
        return latencies

    def frames(self, presenter, count):
        self.play(presenter, count)
        return count


def _allocations(programs, work, count):
    """By who asks for them, and per event; "vitrine" is our own code."""
    with tempfile.TemporaryDirectory() as folder:
        counter = AllocCount(programs.viewer, os.path.join(folder, "counts"))
        with work.presenter(programs, environment=counter.environment) as presenter:
            work.frames(presenter, WARM_UP)
            before = counter.allocations()
            events = work.frames(presenter, count)
            after = counter.allocations()
    grown = {name or "vitrine": (after[name] - before.get(name, 0)) / events for name in after}
    return {name: value for name, value in grown.items() if value or name == "vitrine"}


def _count(programs, kind, count):
    work = InputWork(kind)
    costs = instructions(programs, work)
    return {"kind": kind,
            "system_calls": system_calls(programs, work, count, floor=False),
            "floor_system_calls": system_calls(programs, work, count, floor=True),
            "instructions": sum(costs.values()), "modules": by_module(costs),
            "floor_instructions": sum(instructions(programs, work, floor=True).values()),
            "allocations": _allocations(programs, work, count)}


def _merged(runs):
    latencies = sorted(sum((run["latencies_us"] for run in runs), []))
    events = sum(run["sent"] for run in runs)
    return {"events": events, "merged": events - len(latencies), "p50_us": percentile(latencies, 0.5),
            "p90_us": percentile(latencies, 0.9), "p99_us": percentile(latencies, 0.99),
            "cpu_us": sum(run["cpu_ns"] for run in runs) / 1000 / events}


def _run(presenter, work, count):
    cpu = process.cpu_ns(presenter.pid)
    latencies = work.play(presenter, count)
    return {"latencies_us": latencies, "sent": count,
            "cpu_ns": process.cpu_ns(presenter.pid) - cpu}


def _compare(programs, kind, rate, seconds, turns):
    work = InputWork(kind, rate)
    with contextlib.ExitStack() as stack:
        presenters = [stack.enter_context(work.presenter(programs, floor=floor))
                      for floor in (False, True)]
        runs = [[], []]
        for presenter in presenters:
            _run(presenter, work, WARM_UP)
        for _ in range(turns):
            for presenter, kept in zip(presenters, runs):
                kept.append(_run(presenter, work, int(seconds * rate)))
    return {"kind": kind, "rate": rate, "viewer": _merged(runs[0]), "floor": _merged(runs[1])}


def _with_frames(programs, heads, refresh, seconds, turns):
    """Of the same viewer, with its guest drawing and not, in turn."""
    work = InputWork(FRAMES_KIND, FRAMES_RATE, heads, refresh)
    count, still, drawing = int(seconds * FRAMES_RATE), [], []
    with work.presenter(programs) as presenter:
        _run(presenter, work, WARM_UP)
        for _ in range(turns):
            still.append(_run(presenter, work, count))
            presenter.vmm.start_frames("flip", int((seconds + 1) * refresh), refresh)
            drawing.append(_run(presenter, work, count))
            presenter.vmm.finish_frames()
    return {"heads": heads, "rate": refresh, "still": _merged(still),
            "drawing": _merged(drawing)}


def measure(programs, quick):
    count = 60 if quick else 300
    seconds, turns = (2, 2) if quick else (4, 5)
    return {"counts": [_count(programs, kind, count) for kind in KINDS],
            "latencies": [_compare(programs, kind, rate, seconds, turns)
                          for kind, rate in LATENCIES],
            "peers": input_peers.measure(programs, quick),
            "frames": [_with_frames(programs, heads, rate, seconds, turns)
                       for heads, rate in FRAMES]}


def _show_counts(rows, bars):
    print("\nPer event; in brackets: the floor, a client that only waits, reads and writes")
    print(f"{'':12}{'system calls':>16}{'instructions':>20}{'allocations':>13}{'ours':>6}")
    for row in rows:
        calls, floor = sum(row["system_calls"].values()), sum(row["floor_system_calls"].values())
        print(f"{row['kind']:12}{f'{calls:.2f} ({floor:.2f})':>16}"
              f"{row['instructions']:12.0f} {'(%.0f)' % row['floor_instructions']:>7}"
              f"{sum(row['allocations'].values()):13.1f}{row['allocations']['vitrine']:6.1f}")
    for row in rows:
        print(f"\n{row['kind']}")
        print(f"  system calls   {listed(row['system_calls'], '.2f')}")
        print(f"  of the floor   {listed(row['floor_system_calls'], '.2f')}")
        print(f"  allocations    {listed(row['allocations'], '.2f')}")
        print(f"  instructions   {listed(row['modules'], '.0f')}")
        calls = sum(row["system_calls"].values())
        bars.add(f"{row['kind']}: at most {MAX_SYSTEM_CALLS} system calls", calls,
                 calls <= MAX_SYSTEM_CALLS)
        bars.add(f"{row['kind']}: 0 allocations of our own code", row["allocations"]["vitrine"],
                 row["allocations"]["vitrine"] == 0)


def _show_latencies(rows, bars):
    print("\nµs from the compositor's write to the bytes in the VMM's socket, and on a CPU")
    print(f"{'':18}{'p50':>8}{'p99':>8}{'floor p50':>12}{'p99':>8}{'p50':>8}{'p99':>8}"
          f"{'CPU':>8}{'floor':>8}")
    for row in rows:
        viewer, floor = row["viewer"], row["floor"]
        ratios = [viewer[key] / floor[key] for key in ("p50_us", "p99_us")]
        name = f"{row['kind']}, {row['rate']} Hz"
        print(f"{name:18}{viewer['p50_us']:8.1f}{viewer['p99_us']:8.1f}{floor['p50_us']:12.1f}"
              f"{floor['p99_us']:8.1f}{ratios[0]:7.2f}x{ratios[1]:7.2f}x{viewer['cpu_us']:8.1f}"
              f"{floor['cpu_us']:8.1f}")
        why = (f"{viewer['p50_us']:.0f} and {viewer['p99_us']:.0f} µs, the floor's are "
               f"{floor['p50_us']:.0f} and {floor['p99_us']:.0f}")
        bars.add(f"{name}: p50 at most {MAX_P50_RATIO}x the floor's", ratios[0],
                 ratios[0] <= MAX_P50_RATIO, why)
        bars.add(f"{name}: p99 at most {MAX_P99_RATIO}x the floor's", ratios[1],
                 ratios[1] <= MAX_P99_RATIO, why)


def _show_frames(rows):
    print(f"\nThe same, {FRAMES_KIND} at {FRAMES_RATE} Hz, while the guest stands still and draws")
    for row in rows:
        print(f"  {row['heads']:2} heads at {row['rate']:3} Hz: " + ", ".join(
            f"{name} p50 {row[name]['p50_us']:.1f}, p90 {row[name]['p90_us']:.1f}"
            for name in ("still", "drawing")))


def show(result, bars):
    _show_counts(result["counts"], bars)
    _show_latencies(result["latencies"], bars)
    _show_frames(result["frames"])
    input_peers.show(result["peers"])
