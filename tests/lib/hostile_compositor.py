"""
A compositor that means it ill: events of every kind in any order, with arguments beyond all measure,
configures by the dozen, outputs and seats that come and go, formats and keymaps that cannot be read,
buffers that come back twice or never. All of it follows from one seed.

    hostile = HostileCompositor(mini_compositor, random.Random(seed))
    hostile.misbehave(1000, check)
    hostile.behave(width, height)
"""

import struct

from mini_compositor import CompositorError

SIGNED = (0, 0, 1, -1, 2, 3, 7, 64, 100, 640, 16384, 65536, 2**31 - 1, -2**31)
UNSIGNED = (0, 0, 1, 2, 3, 8, 30, 120, 150, 640, 0x110, 0x2ff, 65536, 2**31, 2**32 - 1)
TEXTS = ("", "x", "a\x1b[31mred", "\u202egnp.exe", "x" * 2000, "\n\n", "%s%n%d", "<b>", "DP-1",
         "\U0001f525" * 40)
FOURCCS = (0x34325258, 0x34325241, 0x34324258, 0x36314752, 0, 0xffffffff)
MODIFIERS = (0, (1 << 56) - 1, 1 << 56 | 2, 2**64 - 1)
STATES = ("activated", "maximized", "fullscreen", "resizing", "tiled_left", "suspended")
SPECS = ("640x480", "1x1", "16384x16384", "1920x1080,scale=8", "1920x1080,scale=1.25",
         "800x600,transform=flipped-270", "800x600@1000", "640x480,mm=0x0", "1920x1080+9999+9999")
CAPABILITIES = ("pointer", "keyboard", "touch")
KEYMAPS = ("good", "without-scroll", "broken", "short", "huge", "none")
# What the user does, and what is an error to the client's libwayland: to name a tablet that the client
# has just let go of.
NEVER = (("xdg_toplevel", "close"), ("zwp_tablet_tool_v2", "proximity_in"))
MAX_OUTPUTS = 6


class HostileCompositor:
    def __init__(self, compositor, dice):
        self.compositor, self.dice = compositor, dice
        self.events = [event for event in compositor.command("events")["events"]
                       if tuple(event[:2]) not in NEVER]
        # Seats that go while a pen is announced leave that to libwayland, which forgets it.
        self.has_pens = dice.random() < 0.5
        self.by_interface = {}
        for interface, name, types in self.events:
            self.by_interface.setdefault(interface, []).append((name, types))
        self.log, self.n_sent, self.n_refused = [], 0, 0

    # What events carry.

    def _file(self):
        kind = self.dice.choice(("memory", "memory", "memory", "socket", "unreadable"))
        return [kind, self.dice.choice((0, 1, 16, 64, 4096, 65536)),
                self.dice.choice(("", "xkb_keymap {", "xkb_keymap { include \"evdev\" };",
                                  "garbage " * 20))]

    def _bytes(self):
        what = self.dice.randrange(4)
        if what == 0:
            return list(self.dice.randbytes(self.dice.choice((1, 3, 7, 8, 9, 100))))
        if what == 1:
            return []
        numbers = self.dice.choices((0, 1, 2, 4, 9, 30, 56, 65535), k=self.dice.choice((1, 4, 40)))
        code = "<I" if what == 2 else "<H"
        return list(b"".join(struct.pack(code, number) for number in numbers))

    def _argument(self, kind):
        if kind == "i":
            return self.dice.choice(SIGNED)
        if kind == "f":
            return self.dice.choice((*SIGNED, self.dice.randrange(256 * 700)))
        if kind == "s":
            return self.dice.choice(TEXTS)
        if kind == "a":
            return self._bytes()
        if kind == "h":
            return self._file()
        return self.dice.choice((*UNSIGNED, self.dice.randrange(64)))

    def _send(self, interface, event, *arguments, nth=None):
        nth = self.dice.randrange(1000) if nth is None else nth
        return {"command": "send", "interface": interface, "event": event, "nth": nth,
                "arguments": list(arguments)}

    # What happens; each is a list of commands.

    def raw(self):
        """Of a kind of object first, so that those with many events are no likelier."""
        interface = self.dice.choice(list(self.by_interface))
        commands = []
        for _ in range(self.dice.choice((1, 1, 2, 5))):
            name, types = self.dice.choice(self.by_interface[interface])
            commands.append(self._send(interface, name, *map(self._argument, types)))
        return commands

    def press(self):
        """As from a user, so that there is something to let go of."""
        code = self.dice.choice((30, 31, 28, 42, 125, 33))
        return [{"command": "keyboard_enter", "keys": self.dice.choice(([], [30], [29, 56]))},
                *({"command": "key", "code": code, "pressed": pressed}
                  for pressed in self.dice.choice(((True,), (True, False), (False,))))]

    def point(self):
        return [{"command": "pointer_enter", "x": self.dice.choice(SIGNED),
                 "y": self.dice.choice((1, 5, 100))},
                {"command": "motion", "x": self.dice.randrange(300), "y": 20},
                {"command": "button", "code": 0x110 + self.dice.randrange(8),
                 "pressed": self.dice.random() < 0.6}]

    def touch(self):
        return [{"command": "touch", "phase": self.dice.choice(("down", "motion", "up", "cancel")),
                 "id": self.dice.choice((0, 1, 2, -1, 2**31 - 1)), "x": self.dice.randrange(300),
                 "y": self.dice.choice(SIGNED), "frame": self.dice.random() < 0.8}
                for _ in range(self.dice.choice((1, 3, 20)))]

    def leave(self):
        return [{"command": self.dice.choice(("keyboard_leave", "pointer_leave"))}]

    def pen(self):
        if not self.has_pens:
            return self.leave()
        return [{"command": name, "tool": self.dice.choice((1, 2))} for name in
                self.dice.sample(("tablet_add", "tool_add", "tool_remove", "tablet_remove"), 2)]

    def configure(self):
        commands = []
        for _ in range(self.dice.choice((1, 1, 3, 80))):
            large = self.dice.random() < 0.3
            states = self.dice.sample(STATES, self.dice.randrange(4))
            # A picture for these has to be as large as it is told.
            bound = {"maximized", "fullscreen"} & set(states)
            size = (lambda: self.dice.choice((1, 64, 320, 700))) if bound or not large else \
                (lambda: self.dice.choice(SIGNED))
            commands.append({"command": "configure", "width": size(), "height": size(),
                             "states": states})
        return commands

    def change_outputs(self):
        names = [output["output"] for output in self.compositor.command("outputs")["outputs"]]
        what = self.dice.randrange(4)
        if what == 0 or not names:
            return [{"command": "output_add", "spec": self.dice.choice(SPECS)}
                    for _ in range(MAX_OUTPUTS - len(names))][:self.dice.choice((1, 1, 4))]
        name = self.dice.choice(names)
        if what == 1:
            return [{"command": "output_remove", "output": name,
                     "leave": self.dice.random() < 0.5}]
        return [{"command": "output_change", "output": name, "spec": self.dice.choice(SPECS)}]

    def change_seat(self):
        if self.has_pens:
            return [{"command": "keymap", "keymap": self.dice.choice(KEYMAPS)}]
        return self.dice.choice((
            [{"command": "seat_remove"}], [{"command": "seat_add"}],
            [{"command": "seat_remove"}, {"command": "seat_add"}],
            [{"command": "seat_capabilities",
              "capabilities": self.dice.sample(CAPABILITIES, self.dice.randrange(4))}],
            [{"command": "keymap", "keymap": self.dice.choice(KEYMAPS)}]))

    def feedback(self):
        """A table, and what is said of it, maybe not to its end."""
        n = self.dice.choice((0, 1, 3, 40, 1000))
        entries = b"".join(struct.pack("<IIQ", self.dice.choice(FOURCCS), 0,
                                       self.dice.choice(MODIFIERS)) for _ in range(min(n, 60)))
        # The text of a file is text: only what bytes below 128 can say.
        text = bytes(byte & 0x7f for byte in entries).decode()
        promised = self.dice.choice((n * 16, n * 16, 16, 8, 2**32 - 16, 65536 * 16))
        parts = [("format_table", (["memory", n * 16, text], promised)),
                 ("main_device", (self._bytes(),)), ("tranche_target_device", (self._bytes(),)),
                 ("tranche_formats", (self._bytes(),)),
                 ("tranche_flags", (self.dice.choice(UNSIGNED),)), ("tranche_done", ()),
                 ("done", ())]
        if self.dice.random() < 0.5:
            self.dice.shuffle(parts)
        nth = self.dice.randrange(4)
        return [self._send("zwp_linux_dmabuf_feedback_v1", name, *arguments, nth=nth)
                for name, arguments in parts[:self.dice.randrange(1, 8)]]

    def change_policies(self):
        return self.dice.choice((
            [{"command": "frame_policy", "policy": self.dice.choice(("auto", "manual", "never"))}],
            [{"command": "release_policy",
              "policy": self.dice.choice(("replaced", "at-once", "held"))}],
            [{"command": "frame"}], [{"command": "release"}],
            [{"command": "fail_imports", "count": self.dice.choice((1, 5))}],
            [{"command": "feedback", "formats": self.dice.choice((
                ["XR24:0x0"], ["XB24:0x100000000000002:scanout"], []))}],
            [{"command": "presentation", "refresh_ns": self.dice.choice(SIGNED),
              "discard": self.dice.random() < 0.3, "silent": self.dice.random() < 0.3,
              "zero_copy": self.dice.random() < 0.5}],
            [{"command": "shortcuts", "active": self.dice.random() < 0.5}],
            [{"command": "constrain", "active": self.dice.random() < 0.5}],
            [{"command": "window_policy", "fullscreen": self.dice.choice(("grant", "refuse"))}]))

    ACTIONS = ((raw, 30), (press, 6), (point, 5), (touch, 4), (leave, 2), (pen, 2), (configure, 8),
               (change_outputs, 4), (change_seat, 4), (feedback, 5), (change_policies, 6))

    def misbehave(self, steps, after_each=lambda: None):
        actions, weights = zip(*self.ACTIONS)
        for _ in range(steps):
            action, = self.dice.choices(actions, weights)
            commands = action(self)
            self.log.append(commands)
            self.n_sent += len(commands)
            self.n_refused += self.compositor.command("batch", commands=commands)["refused"]
            after_each()

    # And how to be good again.

    def behave(self, width, height):
        """Everything as in the beginning, the window of that size."""
        command = self.compositor.command
        for output in command("outputs")["outputs"]:
            command("output_remove", output=output["output"])
        command("output_add", spec="1920x1080,scale=1,transform=normal")
        if not self.has_pens:
            command("batch", commands=[{"command": "seat_remove"}, {"command": "seat_add"}])
        for nth in range(16):
            # From whatever it was that had them.
            command("batch", commands=[self._send("wl_keyboard", "leave", 1, nth, nth=nth % 4),
                                       self._send("wl_pointer", "leave", 1, nth, nth=nth % 4),
                                       self._send("wl_touch", "cancel", nth=nth)])
        command("seat_capabilities", capabilities=CAPABILITIES)
        command("keymap", keymap="good")
        command("feedback", formats=["XR24:0x0", "XB24:0x0"])
        command("presentation", refresh_ns=16666667, discard=False, silent=False, zero_copy=False)
        command("fail_imports", count=0)
        command("window_policy", fullscreen="grant")
        command("release_policy", policy="replaced")
        command("frame_policy", policy="auto")
        command("release")
        command("frame")
        for nth in range(16):
            command("batch", commands=[
                self._send("wp_fractional_scale_v1", "preferred_scale", 120, nth=nth),
                self._send("wl_surface", "preferred_buffer_scale", 1, nth=nth),
                self._send("wl_surface", "preferred_buffer_transform", 0, nth=nth),
                self._send("xdg_toplevel", "wm_capabilities", [], nth=nth)])
        self.resize(width, height)

    def resize(self, width, height):
        try:
            self.compositor.command("configure", width=width, height=height, states=["activated"])
        except CompositorError:
            pass  # it is about to come
