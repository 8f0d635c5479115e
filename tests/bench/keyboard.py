"""
A keyboard for a compositor that lets clients be one (zwp_virtual_keyboard_v1): enough of Wayland to
press its keys, and no library, as the protocol is in no package.
"""

import array
import ctypes
import os
import socket
import struct

from qmp import wait_for

DISPLAY, REGISTRY, DONE, SEAT, MANAGER, KEYBOARD = range(1, 7)  # numbers of our objects
FORMAT_XKB_V1 = 1


def _keymap():
    """What xkbcommon makes of an ordinary PC keyboard, as text."""
    xkb = ctypes.CDLL("libxkbcommon.so.0")
    for function in (xkb.xkb_context_new, xkb.xkb_keymap_new_from_names):
        function.restype = ctypes.c_void_p
    xkb.xkb_keymap_get_as_string.restype = ctypes.c_char_p
    context = ctypes.c_void_p(xkb.xkb_context_new(0))
    keymap = ctypes.c_void_p(xkb.xkb_keymap_new_from_names(context, None, 0))
    return xkb.xkb_keymap_get_as_string(keymap, 1) + b"\0"


def _text(text):
    data = text.encode() + b"\0"
    return struct.pack("<I", len(data)) + data + bytes(-len(data) % 4)


class Keyboard:
    def __init__(self, display):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(display)
        self._time_ms, self._globals, self._inbox = 0, {}, b""
        self._send(DISPLAY, 1, struct.pack("<I", REGISTRY))
        self._send(DISPLAY, 0, struct.pack("<I", DONE))
        wait_for(self._read, "the compositor's globals")
        self._bind("wl_seat", SEAT)
        self._bind("zwp_virtual_keyboard_manager_v1", MANAGER)
        self._send(MANAGER, 0, struct.pack("<II", SEAT, KEYBOARD))
        keymap = _keymap()
        with open(os.memfd_create("keymap"), "wb") as file:
            file.write(keymap)
            file.flush()
            self._send(KEYBOARD, 0, struct.pack("<II", FORMAT_XKB_V1, len(keymap)), file.fileno())

    def _send(self, number, opcode, body, fd=None):
        header = struct.pack("<II", number, (len(body) + 8) << 16 | opcode)
        fds = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self._socket.sendmsg([header + body], fds)

    def _bind(self, interface, number):
        assert interface in self._globals, f"the compositor has no {interface}"
        self._send(REGISTRY, 0, struct.pack("<I", self._globals[interface]) + _text(interface) +
                   struct.pack("<II", 1, number))

    def _read(self):
        """True once all globals have been told."""
        self._inbox += self._socket.recv(65536)
        while len(self._inbox) >= 8:
            number, size = struct.unpack_from("<II", self._inbox)
            if len(self._inbox) < size >> 16:
                break
            body, self._inbox = self._inbox[8:size >> 16], self._inbox[size >> 16:]
            if number == DONE:
                return True
            if number == REGISTRY:
                name, length = struct.unpack_from("<II", body)
                self._globals[body[8:8 + length - 1].decode()] = name
        return False

    def key(self, code, pressed):
        self._time_ms += 1
        self._send(KEYBOARD, 1, struct.pack("<III", self._time_ms, code, pressed))

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
