"""Guests small enough to be written here: assembled when a test needs them."""

import os
import struct
import subprocess

from qmp import wait_for

SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "guests")
COUNT, READY, LOG, MAGIC = 0x0600, 0x0602, 0x0610, 0x7652  # as in input.S
SECTOR = 512


def assemble(name, folder):
    """tests/guests/NAME.S as a boot sector; returns its path."""
    source = os.path.join(SOURCES, name + ".S")
    objects, linked, image = (os.path.join(folder, name + end) for end in (".o", ".elf", ".img"))
    subprocess.run(["gcc", "-m32", "-c", "-o", objects, source], check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-Ttext=0x7c00", "-o", linked, objects], check=True)
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", linked, image], check=True)
    assert os.path.getsize(image) == SECTOR
    return image


def halted_bios(folder):
    """Firmware that does nothing at all, so that qtest has the machine to itself."""
    path = os.path.join(folder, "halted.bin")
    image = bytearray(b"\xf4" * 0x10000)
    image[0xfff0:0xfff4] = b"\xfa\xf4\xeb\xfd"  # cli; hlt; jmp back to hlt
    with open(path, "wb") as file:
        file.write(image)
    return path


class InputLog:
    """The keyboard's and the mouse's bytes, as the guest of input.S wrote them down."""

    def __init__(self, machine):
        self._machine = machine
        wait_for(lambda: self._word(READY) == MAGIC, "the input guest to boot")
        self._read = self._word(COUNT)

    def _word(self, address):
        return struct.unpack("<H", self._machine.memory(address, 2))[0]

    def _new(self):
        count = self._word(COUNT)
        data = self._machine.memory(LOG, max(2, 2 * count))
        return [(data[2 * i], data[2 * i + 1]) for i in range(self._read, count)]

    def keys(self):
        """Scan codes of set 1 since the start, release bit and e0 prefixes included."""
        return [byte for byte, mouse in self._new() if not mouse]

    def motion(self):
        """Sum of all mouse motion since the start (x right, y down), and the buttons seen down."""
        data = [byte for byte, mouse in self._new() if mouse]
        dx = dy = buttons = 0
        for flags, x, y in zip(data[0::3], data[1::3], data[2::3]):
            assert flags & 8, "lost the mouse's packets"
            dx += x - (0x100 if flags & 0x10 else 0)
            dy -= y - (0x100 if flags & 0x20 else 0)
            buttons |= flags & 7
        return dx, dy, buttons
