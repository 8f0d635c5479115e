"""
From the VMM's message to the dispatch of the commit in the compositor, and the time on a CPU, for
the viewer and for the floor, in turn: what else the machine does hits both.
"""

import contextlib

import process
from counts import SIZE, Work, by_module, instructions, listed, system_calls
from vmm import Presenter

HEADS = (1, 16)
RATES = (60, 144, 1000)
MAX_P50_RATIO, MAX_P99_RATIO = 2, 5
MAX_CORE_SHARE, SHARE_HEADS, SHARE_RATE = 0.05, 16, 144
# Commits of ours that no frame asked for, such as for a new output.
COMMITS_SLACK = 0.001
WARM_UP = 100
# What is counted is counted at a rate that callgrind keeps up with.
PROFILE_RATE, PROFILE_FRAMES, KERNEL_SECONDS = 60, 60, 3


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def _merged(runs):
    latencies = sorted(sum((run["latencies_us"] for run in runs), []))
    frames, seconds = (sum(run[key] for run in runs) for key in ("frames", "seconds"))
    cpu_ns = sum(run["cpu_ns"] for run in runs)
    return {"frames": frames, "commits": sum(run["commits"] for run in runs) / frames,
            "fps": frames / seconds, "p50_us": percentile(latencies, 0.5),
            "p90_us": percentile(latencies, 0.9), "p99_us": percentile(latencies, 0.99),
            "cpu_us": cpu_ns / 1000 / frames, "core_share": cpu_ns / 1e9 / seconds}


def _ratio(row, key):
    return row["viewer"][key] / row["floor"][key]


def _is_share_row(row):
    return (row["kind"], row["heads"], row["rate"]) == ("flip", SHARE_HEADS, SHARE_RATE)


def _is_promised(row):
    return row["heads"] * row["rate"] <= SHARE_HEADS * SHARE_RATE


def _misses(row):
    return _is_promised(row) and (
        _ratio(row, "p50_us") > MAX_P50_RATIO or _ratio(row, "p99_us") > MAX_P99_RATIO or
        (_is_share_row(row) and row["viewer"]["core_share"] >= MAX_CORE_SHARE))


def _kernel_share(programs, row, floor):
    with Presenter(programs, row["heads"], SIZE, row["rate"], floor=floor) as presenter:
        presenter.run(row["kind"], WARM_UP, row["rate"], row["order"])
        before = process.system_share(presenter.pid)
        presenter.run(row["kind"], KERNEL_SECONDS * row["rate"], row["rate"], row["order"])
        system, all_of_it = (b - a for a, b in zip(before, process.system_share(presenter.pid)))
    return system / all_of_it if all_of_it else float("nan")


def _profile(programs, row):
    """Where the time of the viewer and of the floor goes, for a row that misses a bar."""
    work = Work(_name(row), "dmabuf", row["kind"], row["heads"], row["order"], PROFILE_RATE)
    profile = {}
    for name, floor in (("viewer", False), ("floor", True)):
        profile[name] = {
            "kernel_share": _kernel_share(programs, row, floor),
            "system_calls": system_calls(programs, work, PROFILE_FRAMES, floor),
            "modules": by_module(instructions(programs, work, floor))}
    return profile


def _compare(programs, heads, rate, kind, order, seconds, turns):
    with contextlib.ExitStack() as stack:
        presenters = [stack.enter_context(Presenter(programs, heads, SIZE, rate, floor=floor))
                      for floor in (False, True)]
        runs = [[], []]
        for presenter in presenters:
            presenter.run(kind, WARM_UP, rate, order)
        for _ in range(turns):
            for presenter, results in zip(presenters, runs):
                results.append(presenter.run(kind, int(seconds * rate), rate, order))
    viewer, floor = map(_merged, runs)
    return {"heads": heads, "rate": rate, "kind": kind, "order": order, "viewer": viewer,
            "floor": floor}


def measure(programs, quick):
    seconds, turns = (1, 2) if quick else (2, 4)
    rows = []
    for kind in ("update", "flip"):
        for heads in HEADS:
            for rate in RATES:
                for order in ("spread", "burst") if heads > 1 else ("spread",):
                    rows.append(_compare(programs, heads, rate, kind, order, seconds, turns))
    for row in rows:
        if _misses(row):
            row["profile"] = _profile(programs, row)
    return rows


def _name(row):
    name = f"{row['kind']}, {row['heads']} at {row['rate']} Hz"
    return f"{name}, {row['order']}" if row["heads"] > 1 else name


def _why(row):
    """The least that there is, and what the difference to it consists of."""
    if "profile" not in row:
        return ""
    viewer, floor = row["profile"]["viewer"], row["profile"]["floor"]
    calls, floor_calls = (sum(side["system_calls"].values()) for side in (viewer, floor))
    modules = viewer["modules"]
    ours = sum(cost for module, cost in modules.items() if module.startswith("vitrine"))
    return (f"the floor: p50 {row['floor']['p50_us']:.0f} µs, {row['floor']['core_share']:.1%} of "
            f"a core; a frame is {row['viewer']['cpu_us']:.0f} µs on a CPU "
            f"({row['floor']['cpu_us']:.0f}), {viewer['kernel_share']:.0%} of it in the kernel "
            f"({floor['kernel_share']:.0%}), {calls:.1f} system calls ({floor_calls:.1f}) and "
            f"{sum(modules.values()):.0f} instructions ({sum(floor['modules'].values()):.0f}), "
            f"{ours:.0f} of them our own; its profile is above")


def _show_profile(row):
    print(f"\n{_name(row)}: where a frame's time goes, as it misses a bar; counted at "
          f"{PROFILE_RATE} Hz")
    for name, title in (("viewer", "viewer"), ("floor", "of the floor")):
        side = row["profile"][name]
        print(f"  {title:14} {row[name]['cpu_us']:.0f} µs on a CPU, {side['kernel_share']:.0%} of "
              f"it in the kernel")
        print(f"    system calls {listed(side['system_calls'], '.2f')}")
        print(f"    instructions {listed(side['modules'], '.0f')}")


def show(rows, bars):
    print("\nAdded latency, VMM's message to the commit in the compositor, µs; in brackets: the "
          "floor's")
    print(f"{'':30}{'frames/s':>9}{'p50':>14}{'p90':>14}{'p99':>16}{'ratio p50':>10}{'p99':>6}"
          f"{'CPU µs':>14}{'of a core':>10}{'commits':>9}")
    for row in rows:
        viewer, floor, name = row["viewer"], row["floor"], _name(row)
        cells = "".join(f"{f'{viewer[key]:.0f} ({floor[key]:.0f})':>{width}}" for key, width in
                        (("p50_us", 14), ("p90_us", 14), ("p99_us", 16)))
        cpu = f"{viewer['cpu_us']:.0f} ({floor['cpu_us']:.0f})"
        p50, p99 = _ratio(row, "p50_us"), _ratio(row, "p99_us")
        print(f"{name:30}{viewer['fps']:9.0f}{cells}{p50:10.1f}{p99:6.1f}"
              f"{cpu:>14}{viewer['core_share']:10.1%}{viewer['commits']:9.3f}")
        if _is_promised(row):
            bars.add(f"{name}: p50 at most {MAX_P50_RATIO}x the floor's", p50,
                     p50 <= MAX_P50_RATIO, _why(row))
            bars.add(f"{name}: p99 at most {MAX_P99_RATIO}x the floor's", p99,
                     p99 <= MAX_P99_RATIO, _why(row))
        if _is_share_row(row):
            bars.add(f"{name}: under {MAX_CORE_SHARE:.0%} of a core", viewer["core_share"],
                     viewer["core_share"] < MAX_CORE_SHARE, _why(row))
    for row in rows:
        if "profile" in row:
            _show_profile(row)
    most = max(row["viewer"]["commits"] for row in rows)
    bars.add("one commit per guest frame, no others", most, most < 1 + COMMITS_SLACK)
