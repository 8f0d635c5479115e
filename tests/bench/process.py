"""What a process has cost and holds, by what the kernel says of it."""

import functools
import os
import re
import shutil
import signal
import subprocess
import time

from qmp import wait_for


PERF_START_S = 1  # it does not say when it counts
CPUCLOCK_SCHED = 2  # what clock_getcpuclockid(3) makes of a pid


def cpu_ns(pid):
    """Time on a CPU so far, of all its threads, those that have ended included."""
    return time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED)


def system_share(pid):
    """Of the time on a CPU so far what was the kernel's: in ticks, so (system, all)."""
    with open(f"/proc/{pid}/stat") as file:
        user, system = (int(field) for field in file.read().rsplit(")", 1)[1].split()[11:13])
    return system, user + system


def holdings(pid):
    """Resident bytes, file descriptors, mappings."""
    with open(f"/proc/{pid}/statm") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    with open(f"/proc/{pid}/maps") as file:
        mappings = len(file.readlines())
    return {"resident_bytes": resident, "fds": len(os.listdir(f"/proc/{pid}/fd")),
            "mappings": mappings}


def maps_guest_memory(pid):
    with open(f"/proc/{pid}/maps") as file:
        return "memfd:guest" in file.read()


@functools.lru_cache
def perf_works():
    """It takes the right to trace the kernel, which containers often lack."""
    return shutil.which("perf") is not None and subprocess.run(
        ["perf", "trace", "-s", "true"], capture_output=True).returncode == 0


class SystemCalls:
    """
    Counts a process's system calls by name, between entering and leaving. perf leaves the process
    its speed. strace is what works everywhere, but slows it down so much that messages which
    would wake it one by one are there together.
    """

    def __init__(self, pid):
        self._pid = pid
        if perf_works():
            self._command = ["perf", "trace", "-s", "-p", str(pid)]
            self._line = r"^\s+(?P<name>\w+)\s+(?P<count>\d+)\s+\d+\s+[\d.]+\s"
        else:
            self._command = ["strace", "-f", "-qq", "-c", "-U", "calls,name", "-p", str(pid)]
            self._line = r"^\s*(?P<count>\d+) (?P<name>\w+)$"

    def _is_at_work(self):
        with open(f"/proc/{self._pid}/status") as file:
            return not re.search(r"^TracerPid:\t0$", file.read(), re.MULTILINE)

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True)
        if perf_works():
            time.sleep(PERF_START_S)
        else:
            wait_for(self._is_at_work, "strace")
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGINT)
        text = self._process.communicate()[0]
        self.calls = {}
        for match in re.finditer(self._line, text, re.MULTILINE):
            if match["name"] != "total":
                self.calls[match["name"]] = (self.calls.get(match["name"], 0) +
                                             int(match["count"]))
