"""What a process has cost and holds, by what the kernel says of it."""

import os
import re
import subprocess
import time


CPUCLOCK_SCHED = 2  # what clock_getcpuclockid(3) makes of a pid


def cpu_ns(pid):
    """Time on a CPU so far, of all its threads, those that have ended included."""
    return time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED)


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


class SystemCalls:
    """Counts a process's system calls by name, between entering and leaving."""

    def __init__(self, pid):
        self._command = ["strace", "-f", "-qq", "-c", "-U", "calls,name", "-p", str(pid)]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        # It stops each thread once to get hold of it.
        pid = self._command[-1]
        while True:
            with open(f"/proc/{pid}/status") as file:
                if not re.search(r"^TracerPid:\t0$", file.read(), re.MULTILINE):
                    return self

    def __exit__(self, *_):
        self._process.terminate()
        text = self._process.communicate()[1]
        self.calls = {name: int(count) for count, name in
                      re.findall(r"^\s*(\d+) (\w+)$", text, re.MULTILINE) if name != "total"}
