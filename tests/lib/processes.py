"""The processes of a viewer: it, its brokers, and what those start."""

import contextlib
import os
import re


def children(pid):
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            for child in file.read().split():
                found += [int(child), *children(child)]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def name_and_state(pid):
    """(None, None): it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None, None
    return text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2]


def started(pid, name):
    """The living processes of that name below it."""
    return [child for child in children(pid)
            if name_and_state(child)[0] == name and name_and_state(child)[1] != "Z"]


def status(pid):
    """What /proc says of it: name -> value."""
    with open(f"/proc/{pid}/status") as file:
        return dict(re.findall(r"^(\w+):\s+(.*)$", file.read(), re.M))


def maps(pid):
    """What it has mapped, all in one text."""
    with open(f"/proc/{pid}/maps") as file:
        return file.read()


def of(program):
    """Whose they ever are, those that run the program at that path."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{name}/exe") == os.path.realpath(program):
                found.append(int(name))
    return found
