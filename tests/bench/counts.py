"""
What can be counted of a frame on any machine, however busy: system calls and instructions, as the
difference between two runs, so that their ends cancel.
"""

import os
import re
import subprocess
import tempfile

import process
from vmm import Presenter

SIZE = "1920x1080"
WARM_UP = 60
INSTRUCTION_FRAMES = 100


class Work:
    """memory is how QEMU gives it (vmm.c), kind what the guest does; several heads at once."""

    def __init__(self, name, memory, kind, heads=1, order="burst", rate=60):
        self.name, self.memory, self.kind, self.heads = name, memory, kind, heads
        self._order, self._rate = order, rate

    def presenter(self, programs, **more):
        return Presenter(programs, heads=self.heads, size=SIZE, refresh=self._rate,
                         memory=self.memory, **more)

    def frames(self, presenter, count):
        """So many of each head; returns how many that is."""
        return presenter.vmm.frames(self.kind, count, self._rate, self._order)["frames"]


def system_calls(programs, work, count, floor):
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
        # The viewer's brokers, which are forked, write one as well.
        tool = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={folder}/%p"]
        with work.presenter(programs, floor=floor, before=tool) as presenter:
            frames = work.frames(presenter, count)
        return _annotated(f"{folder}/{presenter.pid}"), frames


def instructions(programs, work, floor=False):
    """{(module, function): per frame}, of the difference between N and 3N frames."""
    (few, n_few), (many, n_many) = (_callgrind(programs, work, frames, floor)
                                    for frames in (INSTRUCTION_FRAMES, 3 * INSTRUCTION_FRAMES))
    return {key: (cost - few.get(key, 0)) / (n_many - n_few) for key, cost in many.items()}


def by_module(costs):
    modules = {}
    for (module, _), cost in costs.items():
        modules[module] = modules.get(module, 0) + cost
    return modules


def listed(counts, form):
    return ", ".join(f"{name} {value:{form}}" for name, value in
                     sorted(counts.items(), key=lambda item: -item[1]) if value >= 0.01)
