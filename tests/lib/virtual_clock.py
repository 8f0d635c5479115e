"""A clock that tests send ahead, for all programs that are started with its environment."""

import ctypes
import mmap
import os
import platform
import struct
import unittest

PAGE_SIZE = 4096
AHEAD, N_JUMPS = struct.Struct("<q"), struct.Struct("<I")  # struct page in virtual-clock.c
N_JUMPS_OFFSET = 8
FUTEX_WAKE = 1
SYS_FUTEX = {"x86_64": 202, "aarch64": 98}
EVERYBODY = 2 ** 31 - 1


def library(program):
    path = os.path.join(os.path.dirname(os.path.dirname(program)), "tests", "lib",
                        "virtual-clock.so")
    if not os.access(path, os.R_OK):
        raise unittest.SkipTest(f"{path} was not built")
    if platform.machine() not in SYS_FUTEX:
        raise unittest.SkipTest(f"no number of futex(2) is known for {platform.machine()}")
    return path


class VirtualClock:
    def __init__(self, program, path):
        self.library = library(program)
        with open(path, "wb+") as file:
            file.truncate(PAGE_SIZE)
            self._page = mmap.mmap(file.fileno(), PAGE_SIZE)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._page)) + N_JUMPS_OFFSET
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.environment = {"LD_PRELOAD": self.library, "VIRTUAL_CLOCK": path}

    def jump(self, seconds):
        """It is so much later now; timers that are due go off."""
        ahead, = AHEAD.unpack_from(self._page)
        AHEAD.pack_into(self._page, 0, ahead + int(seconds * 1e9))
        n_jumps, = N_JUMPS.unpack_from(self._page, N_JUMPS_OFFSET)
        N_JUMPS.pack_into(self._page, N_JUMPS_OFFSET, (n_jumps + 1) % 2 ** 32)
        self._libc.syscall(SYS_FUTEX[platform.machine()], ctypes.c_void_p(self._address),
                           FUTEX_WAKE, EVERYBODY, None, None, 0)
