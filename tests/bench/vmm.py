"""The VMM of the benches, and what shows its pictures on the mini compositor: viewer or floor."""

import contextlib
import json
import os
import select
import struct
import subprocess
import tempfile
import time

import process
from mini_compositor import MiniCompositor
from qmp import wait_for

TIMEOUT_S = 120
RECORD = struct.Struct("<QQQII")
INPUT_RECORD = struct.Struct("<QI4x")
STAMP = struct.Struct("<QII")
MEMORY_PASSES = {"VITRINE_TEST_MEMORY_AS_DMABUF": "1"}
# What a tool does on the program's behalf the program itself may not.
TOOL_PASSES = {"VITRINE_TEST_SANDBOX": "off"}


class Programs:
    """Where the build has put what is measured."""

    def __init__(self, build, qemu):
        build = os.path.abspath(build)
        self.qemu = os.path.abspath(qemu)
        self.viewer = os.path.join(build, "frontend", "vitrine")
        self.floor = os.path.join(build, "tests", "bench", "bench-floor")
        self.floor_input = os.path.join(build, "tests", "bench", "bench-floor-input")
        self.vmm = os.path.join(build, "tests", "bench", "bench-vmm")
        os.environ["VITRINE"] = self.viewer  # beside which the tests' parts are found


class Vmm:
    """bench-vmm; see there."""

    def __init__(self, programs, folder, heads, size, memory, plain):
        self.path = os.path.join(folder, "vmm")
        self.heads = heads
        self._records = os.path.join(folder, "records")
        self._process = subprocess.Popen(
            [programs.vmm, self.path, str(heads), size, memory, *(["plain"] if plain else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("bench-vmm ended")
        return json.loads(line)

    def is_connected(self):
        """Whether the presenter is there."""
        if not select.select([self._process.stdout], [], [], 0)[0]:
            return False
        self._answer()
        return True

    def frames(self, kind, count, rate, order="spread"):
        """So many of each head; returns its summary with the records."""
        self.start_frames(kind, count, rate, order)
        return self.finish_frames()

    def start_frames(self, kind, count, rate, order="spread"):
        self._process.stdin.write(f"{kind} {count} {rate} {order} {self._records}\n")
        self._process.stdin.flush()

    def finish_frames(self):
        summary = self._answer()
        with open(self._records, "rb") as file:
            summary["records"] = list(RECORD.iter_unpack(file.read()))
        return summary

    def input(self):
        """[(when, first argument)] of the calls of input since the last time; ns."""
        self._process.stdin.write(f"input {self._records}\n")
        self._process.stdin.flush()
        self._answer()
        with open(self._records, "rb") as file:
            return list(INPUT_RECORD.iter_unpack(file.read()))

    def close(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        self._process.wait(TIMEOUT_S)
        self._process.stdout.close()


class Presenter:
    """
    A program that shows the heads of a VMM of its own in windows of a mini compositor of its own.
    `floor` instead of the viewer: bench-floor; "input": bench-floor-input. `before` runs it:
    ["valgrind", ...].
    """

    def __init__(self, programs, heads=1, size="1920x1080", refresh=60, memory="dmabuf",
                 floor=False, before=(), environment=None):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-bench-"))
            self._stamps = os.path.join(folder, "stamps")
            self.compositor = stack.enter_context(MiniCompositor(
                "--frames=soon", f"--stamps={self._stamps}", f"--output={size}@{refresh * 1000}"))
            self.vmm = Vmm(programs, folder, heads, size, memory, floor)
            stack.callback(self.vmm.close)
            command = [programs.viewer, "--qmp", self.vmm.path, "--quiet"]
            if floor:
                command = [programs.floor_input, self.vmm.path] if floor == "input" else \
                    [programs.floor, self.vmm.path, str(heads)]
            self._log_path = os.path.join(folder, "log")
            self._log = stack.enter_context(open(self._log_path, "w"))
            self.process = subprocess.Popen(
                [*before, *command], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
                env={**os.environ, **MEMORY_PASSES, **(TOOL_PASSES if before else {}),
                     **(environment or {}),
                     "XDG_RUNTIME_DIR": folder, "WAYLAND_DISPLAY": self.compositor.display})
            stack.callback(self._end)
            self._programs, self._folder = programs, folder
            wait_for(self._is_connected, "it to connect", timeout_s=60)
            wait_for(self._all_shown, f"{heads} windows", timeout_s=60)
            self._stack = stack.pop_all()

    def _check_lives(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the presenter ended: {self.log()}")

    def _is_connected(self):
        self._check_lives()
        return self.vmm.is_connected()

    def _all_shown(self):
        self._check_lives()
        surfaces = {surface for _, surface, buffer in self.stamps() if buffer}
        return len(surfaces) >= self.vmm.heads

    def _end(self):
        self.process.terminate()
        self.process.wait(TIMEOUT_S)

    def log(self):
        with open(self._log_path) as file:
            return file.read()

    def heads(self):
        """What the viewer says of each of its windows."""
        text = subprocess.run([self._programs.viewer, "--list", "--json"], check=True,
                              capture_output=True, text=True,
                              env={**os.environ, "XDG_RUNTIME_DIR": self._folder}).stdout
        vm, = json.loads(text)
        return vm["consoles"]

    @property
    def pid(self):
        return self.process.pid

    def stamps(self):
        with open(self._stamps, "rb") as file:
            data = file.read()
        return list(STAMP.iter_unpack(data[:len(data) // STAMP.size * STAMP.size]))

    def buffers(self):
        """{inode: numbers of the compositor's buffers with that memory}"""
        by_params = {event["params"]: event["inode"]
                     for event in self.compositor.find("dmabuf_add")}
        by_pool = {event["pool"]: event["inode"] for event in self.compositor.find("shm_pool")}
        found = {}
        for event in self.compositor.find("dmabuf_create"):
            if event.get("buffer"):
                found.setdefault(by_params[event["params"]], set()).add(event["buffer"])
        for event in self.compositor.find("shm_buffer"):
            found.setdefault(by_pool[event["pool"]], set()).add(event["buffer"])
        return found

    def run(self, kind, count, rate, order="spread"):
        """The VMM's summary, with latencies in µs and the presenter's time on a CPU."""
        seen, cpu = len(self.stamps()), process.cpu_ns(self.pid)
        summary = self.vmm.frames(kind, count, rate, order)
        time.sleep(0.05)  # what follows the last answer
        summary["cpu_ns"] = process.cpu_ns(self.pid) - cpu
        stamps = self.stamps()[seen:]
        summary["commits"] = sum(1 for _, _, buffer in stamps if buffer)
        summary["latencies_us"] = self._latencies(summary.pop("records"), stamps)
        return summary

    def _latencies(self, records, stamps):
        """From the VMM's message to the next commit of the buffer that it was about."""
        buffers = self.buffers()
        inode_of = {number: inode for inode, numbers in buffers.items() for number in numbers}
        times = {}
        for time_ns, _, buffer in stamps:
            if buffer in inode_of:
                times.setdefault(inode_of[buffer], []).append(time_ns)
        position = dict.fromkeys(times, 0)
        latencies = []
        for sent_ns, _, inode, _, _ in sorted(records):
            commits = times.get(inode, [])
            i = position.get(inode, 0)
            while i < len(commits) and commits[i] < sent_ns:
                i += 1  # it belongs to an earlier frame
            if i < len(commits):
                latencies.append((commits[i] - sent_ns) / 1000)
                position[inode] = i
        return latencies

    def close(self):
        self._stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
