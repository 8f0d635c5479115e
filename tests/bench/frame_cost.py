"""What a frame costs the viewer, beside the least that any viewer can do (floor.c)."""

import glob
import os
import re
import subprocess
import tempfile

import process
from alloc_count import AllocCount
from vmm import Presenter

# (name, how QEMU gives its memory, what the guest does)
WORK = (
    ("direct, update in place", "dmabuf", "update"),
    ("direct, page flip", "dmabuf", "flip"),
    ("shm, update in place", "map", "update"),
)
REFRESH = 60
WARM_UP = 60
MAX_SYSTEM_CALLS = {"update": 8, "flip": 12}
TOP_FUNCTIONS = 12


def _system_calls(programs, memory, kind, count, floor):
    """By name and per frame: (those of 3N frames − those of N) / 2N, so that the ends cancel."""
    counted = []
    with Presenter(programs, memory=memory, refresh=REFRESH, floor=floor) as presenter:
        presenter.run(kind, WARM_UP, REFRESH)
        for frames in (count, 3 * count):
            with process.SystemCalls(presenter.pid) as tracer:
                presenter.vmm.frames(kind, frames, REFRESH)
            counted.append(tracer.calls)
    return {name: (calls - counted[0].get(name, 0)) / (2 * count)
            for name, calls in counted[1].items()}


def _allocations(programs, memory, kind, count):
    """By who asks for them, and per frame; "vitrine" is our own code."""
    with tempfile.TemporaryDirectory() as folder:
        counter = AllocCount(programs.viewer, os.path.join(folder, "counts"))
        with Presenter(programs, memory=memory, refresh=REFRESH,
                       environment=counter.environment) as presenter:
            presenter.run(kind, WARM_UP, REFRESH)
            before = counter.allocations()
            presenter.vmm.frames(kind, count, REFRESH)
            after = counter.allocations()
    grown = {name or "vitrine": (after[name] - before.get(name, 0)) / count for name in after}
    return {name: value for name, value in grown.items() if value or name == "vitrine"}


def _copied(programs, memory, kind, count):
    """Bytes per frame by the viewer's own count, and whether it has the guest's memory mapped."""
    with Presenter(programs, memory=memory, refresh=REFRESH) as presenter:
        presenter.run(kind, WARM_UP, REFRESH)
        before = presenter.heads()
        presenter.vmm.frames(kind, count, REFRESH)
        after = presenter.heads()
        mapped = process.maps_guest_memory(presenter.pid)
    return {"path": after[0]["path"], "guest_memory_mapped": mapped,
            "bytes": (after[0]["copied_bytes"] - before[0]["copied_bytes"]) / count}


def _annotated(path):
    """{"function [module]": its own instructions}"""
    text = subprocess.run(["callgrind_annotate", "--threshold=100", "--inclusive=no", "--auto=no",
                           path], capture_output=True, text=True, check=True).stdout
    costs = {}
    for count, where in re.findall(r"^\s*([\d,]+) \([ \d.]+%\)\s+(.*)$", text, re.MULTILINE):
        match = re.match(r"[^:]*:(\S+).*?(?:\[(.*)\])?$", where)
        if match:
            function, module = match.groups()
            name = f"{function.split(chr(39))[0]} [{os.path.basename(module or '?')}]"
            costs[name] = costs.get(name, 0) + int(count.replace(",", ""))
    return costs


def _callgrind(programs, memory, kind, frames, floor):
    with tempfile.TemporaryDirectory() as folder:
        tool = ["valgrind", "-q", "--tool=callgrind",
                f"--callgrind-out-file={folder}/out.%p"]
        with Presenter(programs, memory=memory, refresh=REFRESH, floor=floor,
                       before=tool) as presenter:
            presenter.vmm.frames(kind, frames, REFRESH)
        path, = glob.glob(f"{folder}/out.*")
        return _annotated(path)


def _instructions(programs, memory, kind, count, floor=False):
    """By function and per frame, most first."""
    few, many = (_callgrind(programs, memory, kind, frames, floor) for frames in
                 (count, 3 * count))
    costs = {name: (cost - few.get(name, 0)) / (2 * count) for name, cost in many.items()}
    return dict(sorted(costs.items(), key=lambda item: -item[1]))


def measure(programs, quick):
    rows = []
    for name, memory, kind in WORK:
        calls = _system_calls(programs, memory, kind, 60 if quick else 300, floor=False)
        floor = _system_calls(programs, memory, kind, 60 if quick else 300, floor=True)
        functions = _instructions(programs, memory, kind, 100)
        allocations = _allocations(programs, memory, kind, 120)
        rows.append({
            "work": name, "kind": kind,
            "system_calls": calls, "floor_system_calls": floor,
            "instructions": sum(functions.values()),
            "floor_instructions": sum(_instructions(programs, memory, kind, 100, True).values()),
            "functions": dict(list(functions.items())[:TOP_FUNCTIONS]),
            "allocations": allocations,
            "copied": _copied(programs, memory, kind, 120),
        })
    return rows


def _listed(counts, form):
    return ", ".join(f"{name} {value:{form}}" for name, value in
                     sorted(counts.items(), key=lambda item: -item[1]) if value >= 0.005)


def show(rows, bars):
    print("\nPer frame, 1920x1080, 60 Hz; in brackets: the floor, a client that only waits, reads "
          "and writes")
    print(f"{'':28}{'system calls':>18}{'instructions':>20}{'allocations':>13}{'ours':>6}"
          f"{'copied':>8}")
    for row in rows:
        calls, floor = sum(row["system_calls"].values()), sum(row["floor_system_calls"].values())
        print(f"{row['work']:28}{f'{calls:.1f} ({floor:.1f})':>18}"
              f"{row['instructions']:12.0f} {'(%.0f)' % row['floor_instructions']:>7}"
              f"{sum(row['allocations'].values()):13.1f}{row['allocations']['vitrine']:6.1f}"
              f"{row['copied']['bytes']:8.0f}")
    for row in rows:
        print(f"\n{row['work']}")
        print(f"  system calls   {_listed(row['system_calls'], '.2f')}")
        print(f"  of the floor   {_listed(row['floor_system_calls'], '.2f')}")
        print(f"  allocations    {_listed(row['allocations'], '.2f')}")
        print("  instructions of a function itself:")
        for name, cost in row["functions"].items():
            print(f"    {cost:8.0f}  {name}")
    for row in rows:
        calls, limit = sum(row["system_calls"].values()), MAX_SYSTEM_CALLS[row["kind"]]
        # The timer of answers goes off now and then.
        bars.add(f"{row['work']}: at most {limit} system calls", calls, calls < limit + 0.5,
                 f"the floor is {sum(row['floor_system_calls'].values()):.1f}")
        bars.add(f"{row['work']}: 0 allocations of our own code", row["allocations"]["vitrine"],
                 row["allocations"]["vitrine"] == 0)
        bars.add(f"{row['work']}: 0 bytes copied", row["copied"]["bytes"],
                 row["copied"]["bytes"] == 0 and not row["copied"]["guest_memory_mapped"])
