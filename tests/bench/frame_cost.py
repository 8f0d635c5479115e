"""What a frame costs the viewer, beside the least that any viewer can do (floor.c)."""

import os
import tempfile

import process
from alloc_count import AllocCount
from counts import WARM_UP, Work, by_module, instructions, listed, system_calls

MAX_SYSTEM_CALLS = {"update": 8, "flip": 12}
TOP_FUNCTIONS = 8


WORK = (
    Work("direct, update in place", "dmabuf", "update"),
    Work("direct, page flip", "dmabuf", "flip"),
    Work("shm, update in place", "map", "update"),
    Work("direct, 16 updates at once", "dmabuf", "update", 16),
    Work("direct, 16 flips at once", "dmabuf", "flip", 16),
)


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


def _top(costs):
    named = [(f"{function} [{module}]", cost) for (module, function), cost in costs.items()
             if function]
    return dict(sorted(named, key=lambda item: -item[1])[:TOP_FUNCTIONS])


def measure(programs, quick):
    rows = []
    for work in WORK:
        count = 60 if quick else 300
        costs = instructions(programs, work)
        rows.append({
            "work": work.name, "kind": work.kind, "heads": work.heads,
            "system_calls": system_calls(programs, work, count, floor=False),
            "floor_system_calls": system_calls(programs, work, count, floor=True),
            "instructions": sum(costs.values()),
            "floor_instructions": sum(instructions(programs, work, floor=True).values()),
            "modules": by_module(costs), "functions": _top(costs),
            "allocations": _allocations(programs, work, 120),
            "copied": _copied(programs, work, 120),
        })
    return rows


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
        print(f"  system calls   {listed(row['system_calls'], '.2f')}")
        print(f"  of the floor   {listed(row['floor_system_calls'], '.2f')}")
        print(f"  allocations    {listed(row['allocations'], '.2f')}")
        print(f"  instructions   {listed(row['modules'], '.0f')}")
        print(f"  functions      {listed(row['functions'], '.0f')}")
    for row in rows:
        calls, limit = sum(row["system_calls"].values()), MAX_SYSTEM_CALLS[row["kind"]]
        # The timer of answers goes off now and then.
        bars.add(f"{row['work']}: at most {limit} system calls", calls, calls < limit + 0.5,
                 f"the floor is {sum(row['floor_system_calls'].values()):.1f}")
        bars.add(f"{row['work']}: 0 allocations of our own code", row["allocations"]["vitrine"],
                 row["allocations"]["vitrine"] == 0)
        bars.add(f"{row['work']}: 0 bytes copied", row["copied"]["bytes"],
                 row["copied"]["bytes"] == 0 and not row["copied"]["guest_memory_mapped"])
