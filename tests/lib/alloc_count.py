"""Counts what a program allocates, by who asked for it (alloc-count.c)."""

import mmap
import os
import struct
import unittest

MAGIC = 0x31544e554f434c41
MAX_MODULES, NAME_SIZE, MAX_CALLERS = 256, 112, 64
HEADER = struct.Struct("<QII Q")
IN_USE = struct.Struct("<qq")
MODULE = struct.Struct(f"<{NAME_SIZE}sQQ")
THE_PROGRAM, LIBC = "", "libc.so.6"


def library(program):
    path = os.path.join(os.path.dirname(os.path.dirname(program)), "tests", "lib", "alloc-count.so")
    if not os.access(path, os.R_OK):
        raise unittest.SkipTest(f"{path} was not built")
    with open(program, "rb") as file:
        if b"libasan.so" in file.read():
            raise unittest.SkipTest("the address sanitizer has taken malloc's place")
    if os.environ.get("VITRINE_TOOL"):
        raise unittest.SkipTest(f"{os.environ['VITRINE_TOOL']} has taken malloc's place")
    return path


class AllocCount:
    """environment is for the program to be watched; the counts can be read while it runs."""

    def __init__(self, program, path):
        self._path = path
        self.library = library(program)
        self.environment = {"LD_PRELOAD": self.library, "ALLOC_COUNT_FILE": path}

    def _read(self):
        with open(self._path, "rb") as file:
            with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
                return bytes(data)

    def allocations(self):
        """{module: how many so far}; the program itself is THE_PROGRAM."""
        data = self._read()
        magic, n_modules, _, _ = HEADER.unpack_from(data)
        assert magic == MAGIC, "the counter is not at work"
        start = HEADER.size + 8 * MAX_CALLERS + IN_USE.size
        counts = {}
        for i in range(n_modules):
            name, allocations, _ = MODULE.unpack_from(data, start + i * MODULE.size)
            name = name.split(b"\0")[0].decode()
            counts[name] = counts.get(name, 0) + allocations
        return counts

    def in_use(self):
        """(blocks, bytes) that everybody together has and has not freed."""
        return IN_USE.unpack_from(self._read(), HEADER.size + 8 * MAX_CALLERS)

    def callers(self):
        """The newest callers in the program itself, as offsets for addr2line."""
        data = self._read()
        n = HEADER.unpack_from(data)[3]
        callers = struct.unpack_from(f"<{MAX_CALLERS}Q", data, HEADER.size)
        return sorted({hex(caller) for caller in callers[:min(n, MAX_CALLERS)]})
