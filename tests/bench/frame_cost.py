"""What a frame costs the viewer, beside the least that any viewer can do (floor.c)."""

import os
import re
import subprocess
import tempfile

import process
from alloc_count import AllocCount
from vmm import Presenter

REFRESH = 60
SIZE = "1920x1080"
WARM_UP = 60
MAX_SYSTEM_CALLS = {"update": 8, "flip": 12}
TOP_FUNCTIONS = 8


class Work:
    """memory is how QEMU gives it (vmm.c), kind what the guest does; several heads at once."""

    def __init__(self, name, memory, kind, heads=1):
        self.name, self.memory, self.kind, self.heads = name, memory, kind, heads

    def presenter(self, programs, **more):
        return Presenter(programs, heads=self.heads, size=SIZE, refresh=REFRESH,
                         memory=self.memory, **more)

    def frames(self, presenter, count):
        """So many of each head; returns how many that is."""
        return presenter.vmm.frames(self.kind, count, REFRESH, "burst")["frames"]


WORK = (
    Work("direct, update in place", "dmabuf", "update"),
    Work("direct, page flip", "dmabuf", "flip"),
    Work("shm, update in place", "map", "update"),
    Work("direct, 16 updates at once", "dmabuf", "update", 16),
    Work("direct, 16 flips at once", "dmabuf", "flip", 16),
)


def _system_calls(programs, work, count, floor):
    """By name and per frame: (those of 3N frames − those of N) / 2N, so that the ends cancel."""
    counted = []
    with work.presenter(programs, floor=floor) as presenter:
        work.frames(presenter, WARM_UP)
        for times in (1, 3):
            with process.SystemCalls(presenter.pid) as tracer:
                work.frames(presenter, times * count)
            counted.append(tracer.calls)
    return {name: (calls - counted[0].get(name, 0)) / (2 * count * work.heads)
            for name, calls in counted[1].items()}


def _allocations(programs, work, count):
    """By who asks for them, and per frame; "vitrine" is our own code."""
    with tempfile.TemporaryDirectory() as folder:
        counter = AllocCount(programs.viewer, os.path.join(folder, "counts"))
        with work.presenter(programs, environment=counter.environment) as presenter:
            work.frames(presenter, WARM_UP)
            before = counter.allocations()
            frames = work.frames(presenter, count)
            after = counter.allocations()
    grown = {name or "vitrine": (after[name] - before.get(name, 0)) / frames for name in after}
    return {name: value for name, value in grown.items() if value or name == "vitrine"}


def _copied(programs, work, count):
    """Bytes per frame by the viewer's own count, and whether it has the guest's memory mapped."""
    with work.presenter(programs) as presenter:
        work.frames(presenter, WARM_UP)
        before = presenter.heads()
        frames = work.frames(presenter, count)
        after = presenter.heads()
        mapped = process.maps_guest_memory(presenter.pid)
    copied = (sum(head["copied_bytes"] for head in heads) for heads in (after, before))
    return {"path": after[0]["path"], "guest_memory_mapped": mapped,
            "bytes": (next(copied) - next(copied)) / frames}


def _annotated(path):
    """{(module, function): its own instructions}; a function without a symbol has no name."""
    text = subprocess.run(["callgrind_annotate", "--threshold=100", "--inclusive=no", "--auto=no",
                           path], capture_output=True, text=True, check=True).stdout
    costs = {}
    for count, function, module in re.findall(
            r"^\s*([\d,]+) \([ \d.]+%\)\s+[^:\s]*:(\S+).*?\[(.*)\]$", text, re.MULTILINE):
        function = "" if function.startswith("0x") else function.split("'")[0]
        key = os.path.basename(module), function
        costs[key] = costs.get(key, 0) + int(count.replace(",", ""))
    return costs


def _callgrind(programs, work, count, floor):
    with tempfile.TemporaryDirectory() as folder:
        tool = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        with work.presenter(programs, floor=floor, before=tool) as presenter:
            frames = work.frames(presenter, count)
        return _annotated(f"{folder}/out"), frames


def _instructions(programs, work, count, floor=False):
    """{(module, function): per frame}, of the difference between N and 3N frames."""
    (few, n_few), (many, n_many) = (_callgrind(programs, work, frames, floor)
                                    for frames in (count, 3 * count))
    return {key: (cost - few.get(key, 0)) / (n_many - n_few) for key, cost in many.items()}


def _by_module(instructions):
    modules = {}
    for (module, _), cost in instructions.items():
        modules[module] = modules.get(module, 0) + cost
    return modules


def _top(instructions):
    named = [(f"{function} [{module}]", cost) for (module, function), cost in instructions.items()
             if function]
    return dict(sorted(named, key=lambda item: -item[1])[:TOP_FUNCTIONS])


def measure(programs, quick):
    rows = []
    for work in WORK:
        count = 60 if quick else 300
        instructions = _instructions(programs, work, 100)
        rows.append({
            "work": work.name, "kind": work.kind, "heads": work.heads,
            "system_calls": _system_calls(programs, work, count, floor=False),
            "floor_system_calls": _system_calls(programs, work, count, floor=True),
            "instructions": sum(instructions.values()),
            "floor_instructions": sum(_instructions(programs, work, 100, True).values()),
            "modules": _by_module(instructions), "functions": _top(instructions),
            "allocations": _allocations(programs, work, 120),
            "copied": _copied(programs, work, 120),
        })
    return rows


def _listed(counts, form):
    return ", ".join(f"{name} {value:{form}}" for name, value in
                     sorted(counts.items(), key=lambda item: -item[1]) if value >= 0.01)


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
        print(f"  instructions   {_listed(row['modules'], '.0f')}")
        print(f"  functions      {_listed(row['functions'], '.0f')}")
    for row in rows:
        calls, limit = sum(row["system_calls"].values()), MAX_SYSTEM_CALLS[row["kind"]]
        # The timer of answers goes off now and then.
        bars.add(f"{row['work']}: at most {limit} system calls", calls, calls < limit + 0.5,
                 f"the floor is {sum(row['floor_system_calls'].values()):.1f}")
        bars.add(f"{row['work']}: 0 allocations of our own code", row["allocations"]["vitrine"],
                 row["allocations"]["vitrine"] == 0)
        bars.add(f"{row['work']}: 0 bytes copied", row["copied"]["bytes"],
                 row["copied"]["bytes"] == 0 and not row["copied"]["guest_memory_mapped"])
