"""
A user's hands at the machine's own keyboard and tablet, moved by the QEMU around it.

What they do, and what a guest sees of it, is said in the same words, a tuple each: ("key", evdev
code, down), ("button", evdev code, down), ("wheel", notches up), ("move", x, y) in pixels.
"""

import time

import keys

BUTTONS = {0x110: "left", 0x111: "right", 0x112: "middle", 0x113: "side", 0x114: "extra"}
# libinput takes a button that changes twice within 25 ms for one that bounces.
BOUNCE_S = 0.05


class Hands:
    def __init__(self, machine):
        self._machine = machine
        self._changed_s = dict.fromkeys(BUTTONS, 0.0)
        self._held = {}  # ("key" or "button", code), in the order in which they went down

    def _send(self, *events):
        self._machine.qmp.execute("input-send-event", events=[
            {"type": kind, "data": data} for kind, data in events])

    def _note(self, down, *what):
        if down:
            self._held[what] = None
        else:
            self._held.pop(what, None)

    def release(self):
        """Whatever they hold: the machine is the next test's, too."""
        for what in list(self._held):
            self.do((*what, False))

    def key(self, code, down):
        self._note(down, "key", code)
        self._send(("key", {"down": down, "key": {"type": "qcode", "data": keys.NAMES[code]}}))

    def tap(self, name):
        """name: one of keys.py's."""
        for down in (True, False):
            self.key(keys.CODES[name], down)

    def button(self, code, down):
        self._note(down, "button", code)
        time.sleep(max(0, self._changed_s[code] + BOUNCE_S - time.monotonic()))
        self._changed_s[code] = time.monotonic()
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

    def do(self, action):
        kind, *arguments = action
        getattr(self, kind)(*arguments)
