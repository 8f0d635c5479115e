#!/usr/bin/python3
"""
vmm.py HEADS: plays a QEMU on the session bus in the rig's machine, whose pictures are dma-bufs of every
kind, with real fences in them. Takes JSON lines [method, argument...] from the virtio port that a QEMU's
qtest has otherwise, and answers each by a line. Source: QEMU, ui/dbus-display1.xml.
"""

import functools
import json
import os
import sys
import time
import traceback

from gi.repository import Gio, GLib

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from dmabuf import Buffer
from virtio_gpu import pattern

PORT = "/dev/virtio-ports/qtest"
NAME, ROOT = "org.qemu", "/org/qemu/Display1"
CONSOLE, VM, LISTENER = (f"org.qemu.Display1.{name}" for name in ("Console", "VM", "Listener"))
XRGB8888 = 0x34325258
MANAGER = """<node><interface name="org.freedesktop.DBus.ObjectManager"><method name="GetManagedObjects">
<arg type="a{oa{sa{sv}}}" direction="out"/></method></interface></node>"""


def describe(interface, properties, methods=""):
    lines = "".join(f'<property name="{name}" type="{value.get_type_string()}" access="read"/>'
                    for name, value in properties.items())
    text = f'<node><interface name="{interface}">{methods}{lines}</interface></node>'
    return Gio.DBusNodeInfo.new_for_xml(text).interfaces[0]


class Head:
    def __init__(self, number):
        self.properties = {"Label": GLib.Variant("s", f"gpu.{number}"),
                           "Type": GLib.Variant("s", "Graphic"),
                           "DeviceAddress": GLib.Variant("s", "pci/0000/02.0"),
                           "Head": GLib.Variant("u", number), "Width": GLib.Variant("u", 0),
                           "Height": GLib.Variant("u", 0)}
        self.listener = None
        self.sent = self.answered = 0
        self.slowest_s = 0.0

    def handle_call(self, _connection, _sender, _path, _interface, _method, _parameters, call):
        """RegisterListener, the only one there is. QEMU is the server on that socket, too."""
        fd = call.get_message().get_unix_fd_list().get(0)
        stream = Gio.Socket.new_from_fd(fd).connection_factory_create_connection()
        call.return_value(None)
        Gio.DBusConnection.new(stream, Gio.dbus_generate_guid(),
                               Gio.DBusConnectionFlags.AUTHENTICATION_SERVER, None, None,
                               self.handle_connected)

    def handle_connected(self, _source, result):
        self.listener = Gio.DBusConnection.new_finish(result)

    def call(self, method, parameters, fds=None, done=None, interface=LISTENER):
        self.listener.call_with_unix_fd_list(None, f"{ROOT}/Listener", interface, method, parameters,
                                             None, Gio.DBusCallFlags.NONE, -1, fds, None, done)

    def handle_answer(self, sent_s, connection, result):
        connection.call_with_unix_fd_list_finish(result)
        self.answered += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - sent_s)


class Vmm:
    """Its public methods are what the test may call."""

    def __init__(self, n_heads):
        self._heads = [Head(i) for i in range(n_heads)]
        self._buffers = {}
        self._vm = {"Name": GLib.Variant("s", "fences"),
                    "UUID": GLib.Variant("s", "12345678-1234-1234-1234-1234567890ab")}

    def export(self, bus, _name):
        bus.register_object(ROOT, Gio.DBusNodeInfo.new_for_xml(MANAGER).interfaces[0],
                            self._handle_objects, None, None)
        bus.register_object(f"{ROOT}/VM", describe(VM, self._vm), None,
                            lambda *call: self._vm[call[4]], None)
        method = '<method name="RegisterListener"><arg type="h" direction="in"/></method>'
        for i, head in enumerate(self._heads):
            bus.register_object(f"{ROOT}/Console_{i}", describe(CONSOLE, head.properties, method),
                                head.handle_call,
                                lambda *call, head=head: head.properties[call[4]], None)

    def _handle_objects(self, *arguments):
        objects = {f"{ROOT}/Console_{i}": {CONSOLE: head.properties}
                   for i, head in enumerate(self._heads)}
        objects[f"{ROOT}/VM"] = {VM: self._vm}
        arguments[-1].return_value(GLib.Variant("(a{oa{sa{sv}}})", (objects,)))

    def is_listened_to(self):
        return all(head.listener is not None for head in self._heads)

    def make(self, name, exporter, width, height, padding, modifier):
        self._buffers[name] = Buffer(exporter, width, height, padding, modifier)

    def paint(self, name, salt):
        buffer = self._buffers[name]
        buffer.paint(pattern(buffer.width, buffer.height, salt))

    def begin_drawing(self, name):
        self._buffers[name].begin_drawing()

    def end_drawing(self, name):
        self._buffers[name].end_drawing()

    def go_on_drawing(self, name):
        """Ends one picture and begins another, with no time for anybody in between."""
        self.end_drawing(name)
        self.begin_drawing(name)

    def show(self, number, name, y0_top=False):
        """ScanoutDMABUF and UpdateDMABUF."""
        buffer = self._buffers[name]
        fds = Gio.UnixFDList.new()
        fds.append(buffer.fd)
        self._heads[number].call("ScanoutDMABUF", GLib.Variant("(huuuutb)", (
            0, buffer.width, buffer.height, buffer.stride, XRGB8888, buffer.modifier, y0_top)), fds)
        self.update(number, name)

    def show_part(self, number, name, part, y0_top=False):
        """ScanoutDMABUF2 of x, y, width and height, and an update of it."""
        buffer, head = self._buffers[name], self._heads[number]
        fds = Gio.UnixFDList.new()
        fds.append(buffer.fd)
        head.call("ScanoutDMABUF2", GLib.Variant("(ahuuuuauauuuuutb)", (
            [0], *part, [0], [buffer.stride], 1, XRGB8888, buffer.width, buffer.height,
            buffer.modifier, y0_top)), fds, interface=f"{LISTENER}.Unix.ScanoutDMABUF2")
        head.call("UpdateDMABUF", GLib.Variant("(iiii)", (0, 0, *part[2:])))

    def update(self, number, name):
        head, buffer = self._heads[number], self._buffers[name]
        head.sent += 1
        head.call("UpdateDMABUF", GLib.Variant("(iiii)", (0, 0, buffer.width, buffer.height)),
                  done=functools.partial(head.handle_answer, time.monotonic()))

    def answers(self, number):
        head = self._heads[number]
        return head.sent, head.answered, head.slowest_s

    def serve(self, line):
        """What the method returns, or why it failed."""
        method, *arguments = json.loads(line)
        try:
            return getattr(self, method)(*arguments), None
        except Exception:  # all of them: it is the test that has to know
            return None, traceback.format_exc()


def main():
    vmm = Vmm(int(sys.argv[1]))
    loop = GLib.MainLoop()
    port = open(PORT, "r+b", buffering=0)

    def say(value):
        port.write(json.dumps(value).encode() + b"\n")

    def handle_line(_port, _condition):
        line = port.readline()
        if line:
            say(vmm.serve(line))
        else:
            loop.quit()
        return bool(line)

    Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, vmm.export,
                     lambda *_: say((os.environ["DBUS_SESSION_BUS_ADDRESS"], None)),
                     lambda *_: os._exit(1))
    GLib.io_add_watch(port, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, handle_line)
    loop.run()


if __name__ == "__main__":
    main()
