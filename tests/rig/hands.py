"""
A user's hands, at the machine's own keyboard and tablet or at devices that are plugged into it.

What they do, and what a guest sees of it, is said in the same words, a tuple each: ("key", evdev
code, down), ("button", evdev code, down), ("wheel", notches up), ("hwheel", notches right), ("move",
x, y) to that pixel, ("motion", dx, dy) in a mouse's counts.
"""

import keys
from input_devices import REL_HWHEEL, REL_HWHEEL_HI_RES, REL_WHEEL, REL_WHEEL_HI_RES
from machine import HERE
from qmp import connect, wait_for
from virtio_input import EV_KEY, EV_REL, REL_X, REL_Y

BUTTONS = {0x110: "left", 0x111: "right", 0x112: "middle", 0x113: "side", 0x114: "extra"}
NOTCH = 120


class Hands:
    """At the machine's own keyboard and tablet, through the QEMU around it."""

    def __init__(self, machine):
        self._machine = machine
        self._held = {}  # ("key" or "button", code), in the order in which they went down

    def do(self, action):
        kind, *arguments = action
        getattr(self, kind)(*arguments)
        if kind in ("key", "button"):
            code, down = arguments
            if down:
                self._held[kind, code] = None
            else:
                self._held.pop((kind, code), None)

    def release(self):
        """Whatever they hold: the machine is the next test's, too."""
        for what in list(self._held):
            self.do((*what, False))

    def tap(self, name):
        """name: one of keys.py's."""
        for down in (True, False):
            self.do(("key", keys.CODES[name], down))

    def _send(self, *events):
        self._machine.qmp.execute("input-send-event", events=[
            {"type": kind, "data": data} for kind, data in events])

    def key(self, code, down):
        self._send(("key", {"down": down, "key": {"type": "qcode", "data": keys.NAMES[code]}}))

    def button(self, code, down):
        self._send(("btn", {"down": down, "button": BUTTONS[code]}))

    def wheel(self, notches):
        for _ in range(abs(notches)):
            for down in (True, False):
                self._send(("btn", {"down": down,
                                    "button": "wheel-up" if notches > 0 else "wheel-down"}))

    def move(self, x, y):
        """To the middle of that pixel, as near as 15 bits allow: always within it."""
        self._send(*(("abs", {"axis": axis, "value": (2 * at + 1) * 0x8000 // (2 * size)})
                     for axis, at, size in zip("xy", (x, y), self._machine.screen)))


class PluggedHands(Hands):
    """At a keyboard and a mouse that are there from plug() to unplug()."""

    PORT = "/dev/virtio-ports/devices"

    def __init__(self, machine):
        super().__init__(machine)
        # The test's end first, as with a guest's ports.
        self._socket = connect(machine.socket_path("devices"))
        self._job = machine.launch("devices", f"python3 -B {HERE}/input_devices.py make {self.PORT}")

    def plug(self):
        self._wait_said("ready")
        for name, kind in (("rig-keys", "all-keys"), ("rig-mouse", "mouse")):
            self._order(f"plug {name} {kind}")
            self._wait_said(f"plugged {name}")

    def _wait_said(self, line):
        def said():
            assert self._job.running(), f"the devices are gone: {self._job.log()}"
            return line in self._job.log().splitlines()
        wait_for(said, f"'{line}'")

    def unplug(self):
        self._job.kill()
        self._socket.close()

    def _order(self, line):
        self._socket.sendall(line.encode() + b"\n")

    def _report(self, device, *events):
        self._order(" ".join(["send", device, *(",".join(map(str, event)) for event in events)]))

    def key(self, code, down):
        self._report("rig-keys", (EV_KEY, code, int(down)))

    def button(self, code, down):
        self._report("rig-mouse", (EV_KEY, code, int(down)))

    def motion(self, dx, dy):
        self._report("rig-mouse", (EV_REL, REL_X, dx), (EV_REL, REL_Y, dy))

    def wheel(self, notches):
        self._report("rig-mouse", (EV_REL, REL_WHEEL, notches),
                     (EV_REL, REL_WHEEL_HI_RES, notches * NOTCH))

    def hwheel(self, notches):
        self._report("rig-mouse", (EV_REL, REL_HWHEEL, notches),
                     (EV_REL, REL_HWHEEL_HI_RES, notches * NOTCH))

    def turn(self, direction, parts):
        """The wheel by a notch up (1) or down, in as many parts; the kernel says a whole one, too."""
        steps = direction * NOTCH // parts
        for part in range(1, parts + 1):
            whole = [(EV_REL, REL_WHEEL, direction)] if part == parts else []
            self._report("rig-mouse", (EV_REL, REL_WHEEL_HI_RES, steps), *whole)
