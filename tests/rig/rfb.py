"""
A VNC viewer that shows nothing: it resizes its window, or asks for the cursor.
Source: RFC 6143; QEMU, ui/vnc.c.
"""

import socket
import struct

VERSION, NO_SECURITY, SET_ENCODINGS, SET_DESKTOP_SIZE = b"RFB 003.008\n", 1, 2, 251
# Encodings of the community's: sizes, and a cursor of premultiplied ARGB.
EXTENDED_DESKTOP_SIZE, CURSOR_WITH_ALPHA = -308, -314
RAW = 0


class Rfb:
    def __init__(self, path, timeout_s):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(path)
            self._greet()
        except BaseException:
            self.close()
            raise

    def _take(self, layout):
        data = self._socket.recv(struct.calcsize(layout), socket.MSG_WAITALL)
        assert len(data) == struct.calcsize(layout), "QEMU ended the VNC session"
        return struct.unpack(layout, data)

    def _greet(self):
        assert self._take("12s") == (VERSION,)
        self._socket.sendall(VERSION)
        count, = self._take("B")
        assert NO_SECURITY in self._take(f"{count}B")
        self._socket.sendall(bytes([NO_SECURITY]))
        assert self._take(">I") == (0,)
        self._socket.sendall(b"\1")  # others may stay
        size_of_name, = self._take(">20xI")
        self._take(f"{size_of_name}x")

    def ask_for_size(self, width, height):
        self._socket.sendall(
            struct.pack(">BxHi", SET_ENCODINGS, 1, EXTENDED_DESKTOP_SIZE) +
            struct.pack(">BxHHBxIHHHHI", SET_DESKTOP_SIZE, width, height, 1,
                        0, 0, 0, width, height, 0))
        self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(4096):  # until it has read all of it, and leaves, too
            pass

    def cursor(self):
        """(width, height, hot x, hot y, words) of the last that was defined; there must be one."""
        self._socket.sendall(struct.pack(">BxHi", SET_ENCODINGS, 1, CURSOR_WITH_ALPHA))
        kind, n_rectangles, hot_x, hot_y, width, height, encoding, inner = self._take(">BxHHHHHii")
        assert (kind, n_rectangles, encoding, inner) == (0, 1, CURSOR_WITH_ALPHA, RAW)
        return width, height, hot_x, hot_y, self._take(f"<{width * height}I")

    def close(self):
        self._socket.close()
