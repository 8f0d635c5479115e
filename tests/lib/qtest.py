"""QEMU's qtest protocol: a test's own hands on a machine's memory and ports, no guest in it."""

import struct

from qmp import ANSWER_TIMEOUT_S, connect

CHUNK = 0x8000  # bytes in one write line


class Qtest:
    def __init__(self, path):
        self._socket = connect(path)
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        self._lines = self._socket.makefile("r")

    def close(self):
        self._lines.close()
        self._socket.close()

    def command(self, line):
        self._socket.sendall(line.encode() + b"\n")
        while True:
            words = self._lines.readline().split()
            if words[:1] == ["IRQ"]:
                continue
            assert words[:1] == ["OK"], (line, words)
            return words[1] if len(words) > 1 else None

    def outl(self, port, value):
        self.command(f"outl {port:#x} {value:#x}")

    def inl(self, port):
        return int(self.command(f"inl {port:#x}"), 0)

    def outw(self, port, value):
        self.command(f"outw {port:#x} {value:#x}")

    def write(self, address, data):
        for at in range(0, len(data), CHUNK):
            part = data[at:at + CHUNK]
            self.command(f"write {address + at:#x} {len(part):#x} 0x{part.hex()}")

    def read(self, address, size):
        return bytes.fromhex(self.command(f"read {address:#x} {size:#x}")[2:])

    def put(self, address, layout, *values):
        self.write(address, struct.pack("<" + layout, *values))

    def get(self, address, layout):
        return struct.unpack("<" + layout, self.read(address, struct.calcsize("<" + layout)))
