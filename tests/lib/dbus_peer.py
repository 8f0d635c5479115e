"""D-Bus on a socket, as far as a peer needs it that plays QEMU: it may say anything that is valid."""

import array
import os
import socket
import struct

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY_EXPECTED = 1
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, _, _, SIGNATURE, N_FDS = range(1, 10)
FIELD_TYPES = {PATH: "o", INTERFACE: "s", MEMBER: "s", ERROR_NAME: "s", REPLY_SERIAL: "u",
               SIGNATURE: "g", N_FDS: "u"}
NUMBERS = {"y": "B", "q": "H", "n": "h", "i": "i", "u": "I", "b": "I", "t": "Q", "x": "q",
           "d": "d", "h": "I"}
MAX_FDS = 64
WELCOME = b"OK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n"


def first_type(signature):
    """The complete type that a signature begins with."""
    if signature[0] == "a":
        return "a" + first_type(signature[1:])
    if signature[0] not in "({":
        return signature[0]
    depth, end = 0, 0
    while True:
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(signature[end], 0)
        end += 1
        if depth == 0:
            return signature[:end]


def alignment(kind):
    return {"y": 1, "g": 1, "v": 1, "q": 2, "n": 2, "t": 8, "x": 8, "d": 8,
            "(": 8, "{": 8}.get(kind[0], 4)


class Writer:
    def __init__(self):
        self.bytes = bytearray()

    def align(self, size):
        self.bytes += bytes(-len(self.bytes) % size)

    def write(self, signature, *values):
        for value in values:
            kind = first_type(signature)
            signature = signature[len(kind):]
            self._write(kind, value)
        assert signature == "", signature
        return self

    def _write(self, kind, value):
        self.align(alignment(kind))
        if kind in NUMBERS:
            self.bytes += struct.pack("<" + NUMBERS[kind], value)
        elif kind in "so":
            text = value.encode(errors="surrogateescape")
            self.bytes += struct.pack("<I", len(text)) + text + b"\0"
        elif kind == "g":
            self.bytes += bytes([len(value)]) + value.encode() + b"\0"
        elif kind == "v":
            self._write("g", value[0])
            self._write(value[0], value[1])
        elif kind[0] in "({":
            self.write(kind[1:-1], *value)
        else:
            self._write_array(kind[1:], value)

    def _write_array(self, kind, value):
        at = len(self.bytes)
        self.bytes += bytes(4)
        self.align(alignment(kind))
        start = len(self.bytes)
        if kind == "y":
            self.bytes += value
        else:
            for item in value.items() if isinstance(value, dict) else value:
                self._write(kind, item)
        struct.pack_into("<I", self.bytes, at, len(self.bytes) - start)


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def read(self, signature):
        values = []
        while signature:
            kind = first_type(signature)
            signature = signature[len(kind):]
            values.append(self._read(kind))
        return values

    def _read(self, kind):
        self.at += -self.at % alignment(kind)
        if kind in NUMBERS:
            code = "<" + NUMBERS[kind]
            self.at += struct.calcsize(code)
            return struct.unpack_from(code, self.data, self.at - struct.calcsize(code))[0]
        if kind in "sog":
            length = self._read("y" if kind == "g" else "u")
            self.at += length + 1
            return self.data[self.at - length - 1:self.at - 1].decode()
        if kind == "v":
            return self._read(self._read("g"))
        if kind[0] in "({":
            return tuple(self.read(kind[1:-1]))
        size = self._read("u")
        self.at += -self.at % alignment(kind[1:])
        end, items = self.at + size, []
        while self.at < end:
            items.append(self._read(kind[1:]))
        return items


class Message:
    def __init__(self, kind, flags, serial, fields, body, fds):
        self.kind, self.flags, self.serial, self.fields = kind, flags, serial, fields
        self.body, self.fds = body, fds

    path = property(lambda self: self.fields.get(PATH, ""))
    member = property(lambda self: self.fields.get(MEMBER, ""))
    interface = property(lambda self: self.fields.get(INTERFACE, ""))
    reply_serial = property(lambda self: self.fields.get(REPLY_SERIAL))

    def arguments(self):
        return Reader(self.body).read(self.fields.get(SIGNATURE, ""))


class Peer:
    """One connection, of which this is the server. Nothing blocks."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.setblocking(False)
        self.is_open, self.is_welcome = True, False
        self.last_serial = 0
        self._in, self._out, self._fds = bytearray(), [], []

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        if self.is_open:
            self.is_open = False
            self.socket.close()
            for _, fds in self._out:
                for fd in fds:
                    os.close(fd)
            self._out = []

    def send(self, kind, fields, signature="", values=(), fds=(), flags=0):
        """The message's serial. The fds stay the caller's."""
        self.last_serial += 1
        fields = {**fields}
        if signature:
            fields[SIGNATURE] = signature
        if fds:
            fields[N_FDS] = len(fds)
        body = Writer().write(signature, *values).bytes
        header = Writer().write("yyyyuua(yv)", ord("l"), kind, flags, 1, len(body),
                                self.last_serial, [(code, (FIELD_TYPES[code], value))
                                                   for code, value in fields.items()])
        header.align(8)
        self.send_bytes(bytes(header.bytes + body), fds)
        return self.last_serial

    def call(self, path, interface, member, signature="", values=(), fds=(), flags=0):
        return self.send(CALL, {PATH: path, INTERFACE: interface, MEMBER: member}, signature,
                         values, fds, flags)

    def signal(self, path, interface, member, signature="", values=()):
        return self.send(SIGNAL, {PATH: path, INTERFACE: interface, MEMBER: member}, signature,
                         values)

    def answer(self, call, signature="", values=()):
        return self.send(RETURN, {REPLY_SERIAL: call.serial}, signature, values)

    def refuse(self, call, name, text):
        return self.send(ERROR, {REPLY_SERIAL: call.serial, ERROR_NAME: name}, "s", (text,))

    def send_bytes(self, data, fds=()):
        # They may have to wait.
        copies = [os.dup(fd) for fd in fds]
        self._out.append((memoryview(data), copies))
        self.flush()

    def wants_to_write(self):
        return self.is_welcome and bool(self._out)

    def flush(self):
        """What was said before the handshake waits for it."""
        while self.wants_to_write() and self.is_open:
            data, fds = self._out[0]
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
            try:
                n = self.socket.sendmsg([data], rights, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                return
            except OSError:  # the viewer has hung up
                self.close()
                return
            for fd in fds:
                os.close(fd)
            self._out[0] = data[n:], []
            if n == len(data):
                self._out.pop(0)

    def receive(self):
        """The messages that have come."""
        while self.is_open:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(
                    65536, socket.CMSG_SPACE(4 * MAX_FDS))
            except BlockingIOError:
                break
            except OSError:
                data, ancillary = b"", []
            for _, _, content in ancillary:
                self._fds += array.array("i", content[:len(content) - len(content) % 4])
            if not data:
                self.close()
            self._in += data
        if not self.is_welcome:
            self._shake_hands()
        messages = []
        while self.is_welcome and (message := self._take()) is not None:
            messages.append(message)
        return messages

    def _shake_hands(self):
        end = self._in.find(b"BEGIN\r\n")
        if end >= 0 and self.is_open:
            self.is_welcome = True
            asked = b"\r\nDATA" in self._in[:end]
            del self._in[:end + len(b"BEGIN\r\n")]
            self._out.insert(0, (memoryview((b"DATA\r\n" if asked else b"") + WELCOME), []))
            self.flush()

    def _take(self):
        if len(self._in) < 16:
            return None
        assert self._in[0] == ord("l"), bytes(self._in[:16])
        body_size, serial, fields_size = struct.unpack_from("<III", self._in, 4)
        start = 16 + fields_size + -fields_size % 8
        if len(self._in) < start + body_size:
            return None
        data = bytes(self._in[:start + body_size])
        del self._in[:start + body_size]
        fields = dict(Reader(data, 12).read("a(yv)")[0])
        n_fds = fields.get(N_FDS, 0)
        fds, self._fds = self._fds[:n_fds], self._fds[n_fds:]
        return Message(data[1], data[2], serial, fields, data[start:], fds)
