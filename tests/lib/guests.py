"""Guests small enough to be written here: assembled when a test needs them."""

import os
import struct
import subprocess

from qmp import wait_for

SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "guests")
COUNT, READY, LOG, LOG_END, MAGIC = 0x0600, 0x0602, 0x0610, 0x7000, 0x7652  # as in input.S
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


def signed(value, top_bit):
    return value - 2 * (value & top_bit)


def mouse_packets(data):
    """
    (buttons, x right, y down, wheel up, wheel right) of each whole packet of a PS/2 mouse with a
    wheel and five buttons. Source: Linux, psmouse-base.c, of type ImExPS/2.
    """
    packets = []
    for flags, x, y, fourth in zip(*(data[i::4] for i in range(4))):
        assert flags & 8, "lost the mouse's packets"
        buttons, vertical, horizontal = flags & 7, 0, 0
        if fourth & 0x40:
            # Instead of the other wheel and of the two buttons, which stay as they were.
            horizontal = -signed(fourth & 0x3f, 0x20)
            buttons |= packets[-1][0] & 0x18 if packets else 0
        else:
            vertical = -signed(fourth & 0xf, 8)
            buttons |= fourth >> 1 & 0x18
        packets.append((buttons, x - (flags << 4 & 0x100), (flags << 3 & 0x100) - y, vertical,
                        horizontal))
    return packets


class InputLog:
    """The keyboard's and the mouse's bytes, as the guest of input.S wrote them down."""

    def __init__(self, machine):
        self._machine = machine
        wait_for(self._is_ready, "the input guest to boot")
        self._start = [len(data) for data in self._all()]

    def _is_ready(self):
        return self._machine.memory(READY, 2) == struct.pack("<H", MAGIC)

    def _all(self):
        memory = self._machine.memory(COUNT, LOG_END - COUNT)
        count, = struct.unpack_from("<H", memory)
        pairs = list(struct.iter_unpack("<BB", memory[LOG - COUNT:LOG - COUNT + 2 * count]))
        return [[byte for byte, device in pairs if device == wanted] for wanted in (0, 1)]

    def read(self):
        """Since the start: the keyboard's bytes, in scan code set 1, and the mouse's."""
        return [data[start:] for data, start in zip(self._all(), self._start)]

    def keys(self):
        """Scan codes of set 1 since the start, release bit and e0 prefixes included."""
        return self.read()[0]

    def motion(self):
        """Sum of all mouse motion since the start (x right, y down), and the buttons seen down."""
        packets, buttons = mouse_packets(self.read()[1]), 0
        for packet in packets:
            buttons |= packet[0]
        return sum(packet[1] for packet in packets), sum(packet[2] for packet in packets), buttons
