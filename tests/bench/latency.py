"""
From the VMM's message to the dispatch of the commit in the compositor, and the time on a CPU, for
the viewer and for the floor, in turn: what else the machine does hits both.
"""

import contextlib

from vmm import Presenter

SIZE = "1920x1080"
HEADS = (1, 16)
RATES = (60, 144, 1000)
MAX_P50_RATIO, MAX_P99_RATIO = 2, 5
MAX_CORE_SHARE, SHARE_HEADS, SHARE_RATE = 0.05, 16, 144
# Commits of ours that no frame asked for, such as for a new output.
COMMITS_SLACK = 0.001
WARM_UP = 100


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
    return rows


def show(rows, bars):
    print("\nAdded latency, VMM's message to the commit in the compositor, µs; in brackets: the "
          "floor's")
    print(f"{'':30}{'frames/s':>9}{'p50':>14}{'p90':>14}{'p99':>16}{'ratio p50':>10}{'p99':>6}"
          f"{'CPU µs':>14}{'of a core':>10}{'commits':>9}")
    for row in rows:
        viewer, floor = row["viewer"], row["floor"]
        name = f"{row['kind']}, {row['heads']} at {row['rate']} Hz"
        if row["heads"] > 1:
            name += f", {row['order']}"
        cells = "".join(f"{f'{viewer[key]:.0f} ({floor[key]:.0f})':>{width}}" for key, width in
                        (("p50_us", 14), ("p90_us", 14), ("p99_us", 16)))
        cpu = f"{viewer['cpu_us']:.0f} ({floor['cpu_us']:.0f})"
        p50, p99 = (viewer[key] / floor[key] for key in ("p50_us", "p99_us"))
        print(f"{name:30}{viewer['fps']:9.0f}{cells}{p50:10.1f}{p99:6.1f}"
              f"{cpu:>14}{viewer['core_share']:10.1%}{viewer['commits']:9.3f}")
        if row["heads"] * row["rate"] <= SHARE_HEADS * SHARE_RATE:
            bars.add(f"{name}: p50 at most {MAX_P50_RATIO}x the floor's", p50,
                     p50 <= MAX_P50_RATIO)
            bars.add(f"{name}: p99 at most {MAX_P99_RATIO}x the floor's", p99,
                     p99 <= MAX_P99_RATIO)
        if (row["kind"], row["heads"], row["rate"]) == ("flip", SHARE_HEADS, SHARE_RATE):
            bars.add(f"{name}: under {MAX_CORE_SHARE:.0%} of a core", viewer["core_share"],
                     viewer["core_share"] < MAX_CORE_SHARE,
                     f"the floor takes {floor['core_share']:.1%}")
    most = max(row["viewer"]["commits"] for row in rows)
    bars.add("one commit per guest frame, no others", most, most < 1 + COMMITS_SLACK)
