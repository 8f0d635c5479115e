"""
A USB tablet behind a UHCI controller, driven over qtest: its reports, as a guest's driver reads them.
Source: Intel, UHCI 1.1; USB 2.0, chapter 9; QEMU, hw/usb/dev-hid.c.
"""

import struct

from qmp import wait_for
from virtio import PCI_ADDRESS, PCI_DATA

PCI_COMMAND, PCI_BAR4 = 0x04, 0x20
PCI_COMMAND_IO_MASTER = 5
PORTS = 0xc000  # where we put the controller's
COMMAND, FRAME_NUMBER, FRAME_BASE, PORT_1 = 0, 6, 8, 0x10
COMMAND_STOP, COMMAND_RESET, COMMAND_RUN = 0, 2, 0xc1  # the last with CF and MAXP
PORT_RESET, PORT_ENABLE = 0x200, 4
FRAMES = 1024
TERMINATE, IS_QUEUE, DEPTH_FIRST = 1, 2, 4
ACTIVE, THREE_ERRORS, FAILED = 1 << 23, 3 << 27, 0x7e << 16
SETUP, IN = 0x2d, 0x69
SET_CONFIGURATION = struct.pack("<BBHHH", 0, 9, 1, 0, 0)
NO_DATA = 0x7ff  # a length is written as one less
TRANSFER_SIZE, REPORT_SIZE, REPORTS = 32, 8, 32


class UsbTablet:
    """The only device of a piix3-usb-uhci in this slot. No buffer: it queues 16 reports by itself."""

    def __init__(self, qtest, memory, slot):
        self._qtest = qtest
        for offset, value in ((PCI_BAR4, PORTS), (PCI_COMMAND, PCI_COMMAND_IO_MASTER)):
            qtest.outl(PCI_ADDRESS, 0x80000000 | slot << 11 | offset)
            qtest.outl(PCI_DATA, value)
        frames, self._queue = memory.take(4 * FRAMES), memory.take(16)
        self._transfers, self._reports = (memory.take(size * REPORTS)
                                          for size in (TRANSFER_SIZE, REPORT_SIZE))
        qtest.outw(PORTS + COMMAND, COMMAND_RESET)
        qtest.put(self._queue, "II", TERMINATE, TERMINATE)
        qtest.put(frames, f"{FRAMES}I", *[self._queue | IS_QUEUE] * FRAMES)
        qtest.outl(PORTS + FRAME_BASE, frames)
        qtest.outw(PORTS + FRAME_NUMBER, 0)
        for status in (PORT_RESET, 0, PORT_ENABLE):
            qtest.outw(PORTS + PORT_1, status)
        qtest.outw(PORTS + COMMAND, COMMAND_RUN)
        qtest.write(self._reports, SET_CONFIGURATION)
        self._start([(SETUP, 0, len(SET_CONFIGURATION) - 1), (IN, 0, NO_DATA)])
        wait_for(lambda: self._done(2) == 2, "the tablet to be configured")
        self._await_reports()

    def _start(self, transfers):
        """(kind of packet, endpoint, length) of each, one after the other."""
        for i, (kind, endpoint, length) in enumerate(transfers):
            last = i == len(transfers) - 1
            link = TERMINATE if last else self._transfers + TRANSFER_SIZE * (i + 1) | DEPTH_FIRST
            self._qtest.put(self._transfers + TRANSFER_SIZE * i, "IIII", link, ACTIVE | THREE_ERRORS,
                            length << 21 | (i & 1) << 19 | endpoint << 15 | kind,
                            self._reports + REPORT_SIZE * i)
        self._qtest.put(self._queue + 4, "I", self._transfers)

    def _done(self, count):
        """How many of the first ones are."""
        words = self._qtest.get(self._transfers, f"{TRANSFER_SIZE // 4 * count}I")
        states = words[1::TRANSFER_SIZE // 4]
        assert not any(state & FAILED and not state & ACTIVE for state in states), states
        return sum(not state & ACTIVE for state in states)

    def _await_reports(self):
        self._read = 0
        self._start([(IN, 1, REPORT_SIZE - 1)] * REPORTS)

    def reports(self):
        """Since the last call: (buttons, x, y, notches up) of each, buttons a bit each."""
        done = self._done(REPORTS)
        data = self._qtest.read(self._reports, REPORT_SIZE * REPORTS)
        reports = [struct.unpack_from("<BHHb", data, REPORT_SIZE * i)
                   for i in range(self._read, done)]
        self._read = done
        if done == REPORTS:
            self._await_reports()
        return reports
