"""
A VMM that says what is valid, and means nothing: D-Bus as it should be, from a QEMU that gives out
sockets as pictures, has heads beyond all measure, takes consoles away that it never had, and answers
QMP in riddles. All of it follows from one seed.

    vmm = HostileVmm(path, random.Random(seed))     # path: of its QMP socket
    vmm.pump_until(lambda: vmm.listeners)           # the viewer has attached
    vmm.misbehave(200)
    vmm.behave(width, height, pixels)

Nothing happens but in pump(), which serves whatever has come. Each call to the viewer is remembered:
unanswered() are those whose connection still stands, answered_twice() what its name says.
"""

import array
import contextlib
import fcntl
import json
import os
import select
import socket
import tempfile
import time

from dbus_peer import (CALL, ERROR, ERROR_NAME, INTERFACE, MEMBER, NO_REPLY_EXPECTED, PATH,
                       REPLY_SERIAL, RETURN, SIGNAL, Peer)

ROOT, NAME = "/org/qemu/Display1", "org.qemu.Display1"
LISTENER, LISTENER_PATH = f"{NAME}.Listener", f"{ROOT}/Listener"
MAP, DMABUF2 = f"{LISTENER}.Unix.Map", f"{LISTENER}.Unix.ScanoutDMABUF2"
PROPERTIES, MANAGER = "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager"
UUID = "12345678-1234-1234-1234-1234567890ab"
N_CONSOLES = 20  # more than a viewer takes
WAIT_S = 60
AGAIN_S = 5
F_SEAL_SHRINK = 2
PIXMAN_X8R8G8B8, FOURCC_XR24 = 0x20020888, 0x34325258
FORMATS = (PIXMAN_X8R8G8B8, PIXMAN_X8R8G8B8, 0x20028888, 0x10020565, 0x18020888, 0x08018000, 0,
           0xffffffff)
FOURCCS = (FOURCC_XR24, FOURCC_XR24, 0x34325241, 0x36314752, 0x3231564e, 0, 0x30335258, 0xffffffff)
MODIFIERS = (0, 0, 0, (1 << 56) - 1, 1 << 56 | 2, 0xffffffffffffffff)
SIZES = (0, 1, 2, 16, 63, 64, 64, 100, 200, 256, 1000, 16384, 16385, 0x7fffffff, 0x80000000,
         0xffffffff)
NUMBERS = (0, 0, 1, -1, 2, 16, 64, 1000, 16384, 65536, 2**31 - 1, -2**31)
TEXTS = ("", "screen", "a\x1b[31mred", "\u202egnp.exe", "x" * 5000, "\n\n\r\t", "%s%n%d",
         "<b>bold</b>", "\U0001f525" * 40, "../../etc/passwd", "\x7f\x01")
JSONS = (None, True, 0, -1, 1e300, "", "dbus", [], {}, [[]], [{}], {"name": 7}, {"UUID": []},
         [{"name": None, "type": 3}], {"type": "dbus", "p2p": "yes"}, "x" * 5000,
         [{"name": f"console[{i}]", "type": "child<qemu-console>"} for i in range(40)])
VALUES = (("s", "text"), ("u", 2**32 - 1), ("i", -1), ("b", 1), ("as", ["a"] * 3), ("t", 2**64 - 1),
          ("a{sv}", {"Label": ("s", "x")}), ("v", ("v", ("s", "x"))), ("d", 1e300), ("ay", b"xyz"),
          ("(us)", (1, "x")), ("u", 0), ("s", ""))
KNOWN = {"Label": "s", "Head": "u", "Type": "s", "Width": "u", "Height": "u", "DeviceAddress": "s",
         "IsAbsolute": "b", "Modifiers": "u", "MaxSlots": "i"}


class Qmp:
    """The QMP socket: several clients at once, which QEMU would not serve."""

    def __init__(self, vmm, path):
        self._vmm, self.clients = vmm, {}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(8)
        self.socket.setblocking(False)

    def sockets(self):
        return [self.socket, *self.clients]

    def close(self):
        for client in self.sockets():
            client.close()

    def serve(self, ready):
        if ready is self.socket:
            client, _ = ready.accept()
            client.setblocking(False)
            self.clients[client] = bytearray()
            self._send(client, {"QMP": {"version": {}, "capabilities": []}})
            return
        try:
            data, ancillary, _, _ = ready.recvmsg(65536, socket.CMSG_SPACE(64))
        except OSError:
            data, ancillary = b"", []
        for _, _, content in ancillary:
            for fd in array.array("i", content):
                self._vmm.take_display(fd)
        if not data:
            del self.clients[ready]
            ready.close()
            return
        self.clients[ready] += data
        while b"\n" in self.clients[ready] or self.clients[ready].rstrip().endswith(b"}"):
            line, _, rest = self.clients[ready].partition(b"\n")
            # Several commands may come without an end of line between them.
            decoder, text, at = json.JSONDecoder(), line.decode().strip(), 0
            while at < len(text):
                request, at = decoder.raw_decode(text, at)
                self._send(ready, {**self._answer(request), "id": request.get("id")})
            self.clients[ready] = bytearray(rest)

    def _send(self, client, answer):
        with contextlib.suppress(OSError):
            client.sendall((json.dumps(answer) + "\r\n").encode())

    def _answer(self, request):
        name = request["execute"]
        right = {"query-name": {"name": self._vmm.name or "hostile"}, "query-uuid": {"UUID": UUID},
                 "query-version": {"qemu": {"major": 10, "minor": 0, "micro": 0}},
                 "query-display-options": {"type": "dbus", "p2p": True, "gl": "on"},
                 "qom-list": []}.get(name, {})
        if self._vmm.name is not None:
            named = {"qom-list": [{"name": "console[0]", "type": self._vmm.name}],
                     "qom-get": self._vmm.name}
            if name.startswith("system_"):
                return {"error": {"class": "GenericError", "desc": self._vmm.name}}
            return {"return": named.get(name, right)}
        dice = self._vmm.dice
        if self._vmm.rude and dice.random() < 0.15:
            return dice.choice(({"return": dice.choice(JSONS)}, {"error": dice.choice(JSONS)},
                                {"event": "STOP"}, {}))
        # What it takes to attach is right, and the name of its runtime files.
        if name in ("qom-list", "qom-get") and dice.random() < 0.7:
            return {"return": dice.choice(JSONS)}
        if name in ("query-name", "query-version") and dice.random() < 0.5:
            return dice.choice(({"return": dice.choice(JSONS)},
                                {"error": {"class": "GenericError", "desc": dice.choice(TEXTS)}},
                                {"error": dice.choice(JSONS)}))
        return {"return": right}


class Listener:
    """QEMU's end of a listener's connection, and what was asked on it."""

    def __init__(self, console, connection):
        self.console, self.peer = console, Peer(connection)
        self.asked, self.answers, self.refused = set(), {}, 0

    def call(self, interface, member, signature="", values=(), fds=(), flags=0):
        if not self.peer.is_open:
            return None
        serial = self.peer.call(LISTENER_PATH, interface, member, signature, values, fds, flags)
        if not flags & NO_REPLY_EXPECTED:
            self.asked.add(serial)
        return serial

    def serve(self):
        for message in self.peer.receive():
            if message.kind in (RETURN, ERROR):
                serial = message.reply_serial
                self.answers[serial] = self.answers.get(serial, 0) + 1
                self.refused += message.kind == ERROR
            elif message.kind == CALL:
                # A ping; sometimes nobody is at home.
                self.peer.answer(message)

    def unanswered(self):
        return [] if not self.peer.is_open else sorted(self.asked - set(self.answers))


class HostileVmm:
    def __init__(self, path, dice, shrinks=False, rude=False, name=None):
        """shrinks: memory is cut short later. rude: from the first word on. name: its own and that
        of all it has, and the reason why it does nothing that it is asked to; its pictures are good."""
        self.dice, self.shrinks, self.rude, self.name = dice, shrinks, rude, name
        self.qmp = Qmp(self, path)
        self.control = None
        self.listeners = {}  # console -> its last listener
        self.gone = []       # listeners before that
        self.held = []       # calls that are not answered yet
        self.consoles = {0}  # those that were told of
        self.calm = not rude
        self.n_steps = 0
        self.log = []
        self._files = []     # memory of pictures: (fd, size), some of which shrink later

    # The connections.

    def take_display(self, fd):
        self.control = Peer(socket.socket(fileno=fd))

    def close(self):
        self.qmp.close()
        for peer in [self.control, *(listener.peer for listener in self.all_listeners())]:
            if peer is not None:
                peer.close()
        for fd, _ in self._files:
            os.close(fd)
        self._files = []

    def all_listeners(self):
        return [*self.gone, *self.listeners.values()]

    def pump(self, wait_s=0.0):
        """Serves what has come, waiting so long for the first of it. Whether there was any."""
        peers = [listener.peer for listener in self.all_listeners() if listener.peer.is_open]
        if self.control is not None and self.control.is_open:
            peers.append(self.control)
        writers = [peer for peer in peers if peer.wants_to_write()]
        ready, writable, _ = select.select(self.qmp.sockets() + peers, writers, [], wait_s)
        for one in writable:
            one.flush()
        for one in ready:
            if one is self.control:
                for message in one.receive():
                    self._serve_control(message)
            elif isinstance(one, Peer):
                next(l for l in self.all_listeners() if l.peer is one).serve()
            else:
                self.qmp.serve(one)
        return bool(ready)

    def pump_until(self, condition, what="it"):
        deadline = time.monotonic() + WAIT_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not happen within {WAIT_S} s")
            self.pump(0.05)

    # The control connection.

    def _properties(self, number):
        label = self.name or f"screen {number}"
        return {f"{NAME}.Console": {"Label": ("s", label), "Head": ("u", number),
                                    "Type": ("s", "Graphic"), "Width": ("u", 64),
                                    "Height": ("u", 64), "DeviceAddress": ("s", "pci/0000/02.0")},
                f"{NAME}.Keyboard": {"Modifiers": ("u", 0)},
                f"{NAME}.Mouse": {"IsAbsolute": ("b", 1)},
                f"{NAME}.MultiTouch": {"MaxSlots": ("i", 10)}}

    def _serve_control(self, message):
        if message.kind != CALL:
            return
        answer = self.control.answer
        if message.member == "GetManagedObjects" and self.rude:
            self._answer_rudely(message)
        elif message.member == "GetManagedObjects":
            objects = {f"{ROOT}/Console_{n}": self._properties(n) for n in self.consoles}
            objects[f"{ROOT}/VM"] = {f"{NAME}.VM": {
                "Name": ("s", self.name or "hostile"), "UUID": ("s", UUID)}}
            answer(message, "a{oa{sa{sv}}}", (objects,))
        elif message.member == "RegisterListener":
            self._register(message)
        elif self.calm or message.member in ("Get", "GetAll"):
            self._answer_calmly(message)
        else:
            self._answer_oddly(message)

    def _register(self, message):
        number = int(message.path.rpartition("_")[2])
        if not self.calm and self.dice.random() < 0.05:
            os.close(message.fds[0])
            self.control.refuse(message, f"{NAME}.Error.Failed", self.dice.choice(TEXTS))
            return
        if number in self.listeners:
            self.gone.append(self.listeners[number])
            self.gone[-1].peer.close()
        self.control.answer(message)
        self.listeners[number] = Listener(number, socket.socket(fileno=message.fds[0]))

    def _answer_calmly(self, message):
        if message.member == "Get":
            name = message.arguments()[1]
            values = {key: value for properties in self._properties(0).values()
                      for key, value in properties.items()}
            value = values.get(name, ("s", self.name or "hostile"))
            if not self.calm and self.dice.random() < 0.3:
                value = self.dice.choice(VALUES)
            self.control.answer(message, "v", (value,))
        elif message.member == "GetAll":
            values = self._properties(0).get(message.arguments()[0], {})
            if not self.calm:
                values = {key: self._odd_value(key) for key in values}
            self.control.answer(message, "a{sv}", (values,))
        elif self.name is not None:
            self.control.refuse(message, f"{NAME}.Error.Failed", self.name)
        else:
            self.control.answer(message)

    def _answer_rudely(self, message):
        """What there is at all."""
        what = self.dice.randrange(10)
        if what == 0:
            self._answer_oddly(message)
        elif what == 1:
            self.control.close()
        else:
            objects = {}
            for number in self.dice.sample(range(N_CONSOLES), self.dice.choice((0, 1, 3, 20))):
                name = self.dice.choice((number, number, number, "x", 2**40, "VM"))
                properties = self._properties(number)
                for values in properties.values():
                    for key in values:
                        if self.dice.random() < 0.1:
                            values[key] = self._odd_value(key)
                objects[f"{ROOT}/Console_{name}"] = properties
            objects[f"{ROOT}/VM"] = {f"{NAME}.VM": {
                "Name": ("s", self.dice.choice(TEXTS)), "UUID": self.dice.choice(VALUES)}}
            self.control.answer(message, "a{oa{sa{sv}}}", (objects,))

    def _answer_oddly(self, message):
        what = self.dice.randrange(10)
        if what < 5:
            self.control.answer(message)
        elif what < 7:
            self.control.answer(message, *self.dice.choice(
                (("s", ("text",)), ("a{sv}", ({},)), ("ay", (bytes(1000),)))))
        elif what < 9:
            self.control.refuse(message, f"{NAME}.Error.Invalid", self.dice.choice(TEXTS))
        else:
            self.held.append(message)

    def _odd_value(self, key):
        if self.dice.random() < 0.3:
            return self.dice.choice(VALUES)
        kind = KNOWN[key]
        if kind == "s":
            text = self.dice.choice(TEXTS)
            return "s", "Graphic" if key == "Type" else text
        number = self.dice.choice((0, 1) if kind == "b" else NUMBERS)
        return kind, number if kind == "i" else abs(number)

    # What a hostile one has for pictures.

    def _memory(self, size, sealed=True):
        fd = os.memfd_create("hostile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, size)
        os.pwrite(fd, self.dice.randbytes(min(size, 4096)), 0)
        if sealed:
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS if hasattr(fcntl, "F_ADD_SEALS") else 1033,
                        F_SEAL_SHRINK)
        return fd

    def _file(self, needed):
        """An fd for a picture that needs so many bytes. It is ours to close after it was sent."""
        what = self.dice.randrange(20)
        size = min(max(needed, 1), 1 << 24)
        if what < 10:
            return self._memory(size)
        if what < 12:
            fd = self._memory(size, sealed=False)
            if self.shrinks:
                self._files.append((os.dup(fd), size))
            return fd
        if what < 14:
            return self._memory(self.dice.choice((0, 1, size // 2, size - 1)))
        if what == 14:
            ours, theirs = socket.socketpair()
            ours.close()
            return theirs.detach()
        if what == 15:
            read, write = os.pipe()
            os.close(write)
            return read
        if what == 16:
            with tempfile.TemporaryFile() as file:
                file.truncate(size)
                return os.dup(file.fileno())
        if what == 17:
            return os.open(self.dice.choice(("/dev/null", "/dev/zero", "/", "/proc/self/mem")),
                           os.O_RDONLY)
        if what == 18:
            return os.open(f"/proc/self/fd/{self._sample()}", os.O_WRONLY)
        return os.eventfd(1)

    def _sample(self):
        if not self._files:
            self._files.append((self._memory(4096), 0))
        return self._files[0][0]

    def _size(self):
        """Mostly what can be shown."""
        return self.dice.choice((64, 64, 100, 200, 256)) if self.dice.random() < 0.7 \
            else self.dice.choice(SIZES)

    def _rect(self):
        if self.dice.random() < 0.6:
            return self.dice.randrange(64), self.dice.randrange(64), 16, 16
        return tuple(self.dice.choice(NUMBERS) for _ in range(4))

    # What it does. Each is told a listener, and says what it did.

    def scanout_map(self, listener):
        width, height = self._size(), self._size()
        stride = width * 4 if self.dice.random() < 0.8 else self.dice.choice(SIZES)
        offset = self.dice.choice((0, 0, 0, 256, 4096, 1, 0xffffffff))
        fd = self._file(min(offset + stride * height, 1 << 40))
        listener.call(MAP, "ScanoutMap", "huuuuu",
                      (0, offset, width, height, stride & 0xffffffff, self.dice.choice(FORMATS)),
                      [fd])
        os.close(fd)

    def scanout_dmabuf(self, listener):
        width, height = self._size(), self._size()
        stride = width * 4 if self.dice.random() < 0.8 else self.dice.choice(SIZES)
        fd = self._file(min(stride * height, 1 << 40))
        listener.call(LISTENER, "ScanoutDMABUF", "huuuutb",
                      (0, width, height, stride & 0xffffffff, self.dice.choice(FOURCCS),
                       self.dice.choice(MODIFIERS), self.dice.randrange(2)), [fd])
        os.close(fd)

    def scanout_dmabuf2(self, listener):
        n_planes = self.dice.choice((1, 1, 1, 2, 3, 4, 0, 5))
        width, height = self._size(), self._size()
        fds = [self._file(min(width * 4 * height, 1 << 40))
               for _ in range(self.dice.choice((1, n_planes, n_planes)))]
        indices = [self.dice.randrange(len(fds) + (self.dice.random() < 0.05))
                   for _ in fds] if fds else []
        source = ((0, 0, width, height) if self.dice.random() < 0.6 else
                  tuple(self.dice.choice(SIZES) for _ in range(4)))
        strides = [width * 4 & 0xffffffff] * n_planes
        listener.call(DMABUF2, "ScanoutDMABUF2", "ahuuuuauauuuuutb",
                      (indices, *source, [0] * n_planes, strides, n_planes,
                       self.dice.choice(FOURCCS), width, height, self.dice.choice(MODIFIERS),
                       self.dice.randrange(2)), fds)
        for fd in fds:
            os.close(fd)

    def scanout_pixels(self, listener):
        width, height = self.dice.choice((1, 16, 64, 200)), self.dice.choice((1, 16, 64, 100))
        stride, size = width * 4, width * 4 * height
        if self.dice.random() < 0.3:
            width = self.dice.choice(SIZES)
        if self.dice.random() < 0.3:
            stride = self.dice.choice(SIZES)
        if self.dice.random() < 0.3:
            size = self.dice.choice((0, 1, size - 1, size + 1, size * 2))
        listener.call(LISTENER, "Scanout", "uuuuay",
                      (width, height, stride, self.dice.choice(FORMATS), bytes(max(size, 0))))

    def update_pixels(self, listener):
        x, y, width, height = self._rect()
        size = self.dice.choice((0, 16 * 16 * 4, max(0, min(width * height * 4, 1 << 16))))
        stride = self.dice.choice((width * 4 & 0xffffffff, 64, 0))
        listener.call(LISTENER, "Update", "iiiiuuay",
                      (x, y, width, height, stride, self.dice.choice(FORMATS), bytes(size)))

    def update(self, listener):
        for _ in range(self.dice.choice((1, 1, 1, 40))):
            interface, member = self.dice.choice(((LISTENER, "UpdateDMABUF"), (MAP, "UpdateMap")))
            flags = NO_REPLY_EXPECTED if self.dice.random() < 0.1 else 0
            listener.call(interface, member, "iiii", self._rect(), flags=flags)

    def cursor(self, listener):
        for _ in range(self.dice.choice((1, 1, 30))):
            width, height = (self.dice.choice((0, 1, 16, 64, 64, 512, 513, -1, 2**31 - 1))
                             for _ in range(2))
            size = min(abs(width * height) * 4, 1 << 20)
            if self.dice.random() < 0.2:
                size = self.dice.choice((0, max(0, size - 4), size + 4))
            listener.call(LISTENER, "CursorDefine", "iiiiay",
                          (width, height, self.dice.choice(NUMBERS), self.dice.choice(NUMBERS),
                           self.dice.randbytes(min(size, 64)) + bytes(max(0, size - 64))))

    def mouse(self, listener):
        for _ in range(self.dice.choice((1, 5, 50))):
            listener.call(LISTENER, "MouseSet", "iii", (self.dice.choice(NUMBERS),
                                                        self.dice.choice(NUMBERS),
                                                        self.dice.randrange(3)))

    def disable(self, listener):
        listener.call(LISTENER, "Disable")

    def ask_nonsense(self, listener):
        name = self.dice.choice((LISTENER, MAP, DMABUF2, PROPERTIES, "org.freedesktop.DBus.Peer",
                                 "a.b", MANAGER))
        member = self.dice.choice(("GetAll", "Get", "Set", "Ping", "ScanoutMap", "Disable", "X",
                                   "Introspect", "UpdateDMABUF", "Scanout", "GetMachineId"))
        signature, values = self.dice.choice((("", ()), ("s", (LISTENER,)), ("ss", (LISTENER, "x")),
                                              ("u", (1,)), ("ay", (bytes(100),)),
                                              ("a{sv}", ({"x": ("u", 1)},)), ("iiii", (1, 2, 3, 4)),
                                              ("huuuuu", (0, 0, 64, 64, 256, PIXMAN_X8R8G8B8))))
        listener.call(name, member, signature, values)

    def say_nonsense(self, listener):
        """What wants no answer."""
        if not listener.peer.is_open:
            return
        kind, fields = self.dice.choice((
            (RETURN, {REPLY_SERIAL: self.dice.choice((1, 2, 0xffffffff))}),
            (ERROR, {REPLY_SERIAL: 1, ERROR_NAME: "a.b"}),
            (SIGNAL, {PATH: LISTENER_PATH, INTERFACE: LISTENER, MEMBER: "Disable"}),
            (RETURN, {REPLY_SERIAL: listener.peer.last_serial + 7}),
            (SIGNAL, {PATH: "/", INTERFACE: "org.freedesktop.DBus.Local", MEMBER: "Disconnected"})))
        fds = [self._memory(1) for _ in range(self.dice.choice((0, 0, 1, 4)))]
        listener.peer.send(kind, fields, *self.dice.choice((("", ()), ("s", ("x",)))), fds=fds)
        for fd in fds:
            os.close(fd)

    def hang_up(self, listener):
        listener.peer.close()

    def shrink(self, listener):
        if self.shrinks and self._files:
            fd, _ = self.dice.choice(self._files)
            with contextlib.suppress(OSError):
                os.ftruncate(fd, self.dice.choice((0, 1, 4096)))

    def forget_memory(self, listener):
        while self._files:
            os.close(self._files.pop()[0])

    def add_console(self, listener):
        """Also one that is there, and one that nobody wants."""
        number = self.dice.choice((*range(N_CONSOLES), 99, 2**32 - 1))
        interfaces = self._properties(number % 64)
        for properties in interfaces.values():
            for key in properties:
                if self.dice.random() < 0.2:
                    properties[key] = self._odd_value(key)
        self.consoles.add(number)
        self.control.signal(ROOT, MANAGER, "InterfacesAdded", "oa{sa{sv}}",
                            (f"{ROOT}/Console_{number}", interfaces))

    def remove_console(self, listener):
        number = self.dice.choice((*range(1, N_CONSOLES), *range(1, N_CONSOLES), 99))
        self.consoles.discard(number)
        self._remove(number)

    def _remove(self, number):
        self.control.signal(ROOT, MANAGER, "InterfacesRemoved", "oas",
                            (f"{ROOT}/Console_{number}", [f"{NAME}.Console"]))

    def change_property(self, listener):
        number = self.dice.randrange(N_CONSOLES)
        interface = self.dice.choice(("Console", "Keyboard", "Mouse", "MultiTouch", "Chardev"))
        keys = self.dice.choices(list(KNOWN), k=self.dice.choice((0, 1, 1, 3)))
        self.control.signal(f"{ROOT}/Console_{number}", PROPERTIES, "PropertiesChanged",
                            "sa{sv}as", (f"{NAME}.{interface}",
                                         {key: self._odd_value(key) for key in keys},
                                         self.dice.choice(([], ["Label"]))))

    def rename(self, number, label):
        self.control.signal(f"{ROOT}/Console_{number}", PROPERTIES, "PropertiesChanged",
                            "sa{sv}as", (f"{NAME}.Console", {"Label": ("s", label)}, []))

    def answer_late(self, listener):
        for message in self.held:
            self.control.answer(message)
        self.held = []

    def signal_nonsense(self, listener):
        member, signature, values = self.dice.choice((
            ("InterfacesAdded", "o", ("/",)), ("InterfacesAdded", "s", ("x",)),
            ("InterfacesRemoved", "oas", ("/", [])), ("InterfacesRemoved", "u", (1,)),
            ("InterfacesAdded", "oa{sa{sv}}", (f"{ROOT}/Console_", {})),
            ("InterfacesAdded", "oa{sa{sv}}", (f"{ROOT}/Console_1x", self._properties(1)))))
        self.control.signal(ROOT, MANAGER, member, signature, values)

    ACTIONS = ((scanout_map, 10), (scanout_dmabuf, 10), (scanout_dmabuf2, 10), (scanout_pixels, 6),
               (update_pixels, 6), (update, 20), (cursor, 4), (mouse, 4), (disable, 3),
               (ask_nonsense, 4), (say_nonsense, 3), (hang_up, 1), (shrink, 3), (forget_memory, 1),
               (add_console, 5), (remove_console, 4), (change_property, 6), (answer_late, 2),
               (signal_nonsense, 2))

    def misbehave(self, steps, after_each=lambda: None):
        self.calm = False
        actions, weights = zip(*self.ACTIONS)
        for _ in range(steps):
            listeners = [one for one in self.listeners.values() if one.peer.is_open]
            action, = self.dice.choices(actions, weights)
            self.n_steps += 1
            if self.control.is_open and listeners:
                listener = self.dice.choice(listeners)
                self.log.append(f"{action.__name__} on {listener.console}")
                action(self, listener)
            elif self.control.is_open:
                self.add_console(None)
            # Sometimes much comes at once.
            while self.dice.random() < 0.7 and self.pump(0.001):
                pass
            after_each()

    # And how to be good again.

    def behave(self, width, height, pixels):
        """One console, with this picture (BGRX). Returns its listener, once all is answered."""
        self.calm = True
        self.answer_late(None)
        self.forget_memory(None)
        # Also what was asked before: once its connection is closed it cannot be told any more.
        self.pump_until(lambda: not self.unanswered(), "an answer to all that was asked")
        for number in sorted({*range(N_CONSOLES), *self.consoles}):
            self._remove(number)
        for listener in self.listeners.values():
            listener.peer.close()
        self.gone += self.listeners.values()
        self.listeners, self.consoles = {}, {0}
        self.add_for_good(0)
        listener = self.listeners[0]
        fd = self._memory(len(pixels))
        os.pwrite(fd, pixels, 0)
        listener.call(MAP, "ScanoutMap", "huuuuu",
                      (0, 0, width, height, width * 4, PIXMAN_X8R8G8B8), [fd])
        os.close(fd)
        for _ in range(3):
            listener.call(MAP, "UpdateMap", "iiii", (0, 0, width, height))
        self.pump_until(lambda: not self.unanswered(), "an answer to everything")
        return listener

    def add_for_good(self, number):
        """Again and again: after consoles that came too often one is not taken for a while."""
        due = 0

        def is_there():
            nonlocal due
            if time.monotonic() >= due:
                due = time.monotonic() + AGAIN_S
                self._remove(number)
                self.control.signal(ROOT, MANAGER, "InterfacesAdded", "oa{sa{sv}}",
                                    (f"{ROOT}/Console_{number}", self._properties(number)))
            return number in self.listeners
        self.pump_until(is_there, "a listener for a new console")

    def unanswered(self):
        return [(listener.console, serial) for listener in self.all_listeners()
                for serial in listener.unanswered()]

    def answered_twice(self):
        return [(listener.console, serial) for listener in self.all_listeners()
                for serial, n in listener.answers.items() if n > 1]
