"""Fingers: ten at once, and none that stays on the guest's screen when the user is elsewhere."""

import limits
from bare_window import BareCase
from viewer import wait_for

SUSPENDED = ["activated", "suspended"]


class TouchCase(BareCase):
    def brief(self, window):
        def one(event):
            place = ((event["x"], event["y"]) if event["phase"] in ("begin", "update") else ())
            return event["slot"], event["phase"], *place
        return [one(event) for event in window.told("touch")]

    def expect(self, window, *expected):
        try:
            wait_for(lambda: len(self.brief(window)) >= len(expected), "fingers", timeout_s=20)
        except AssertionError:
            pass
        self.assertEqual(self.brief(window), list(expected))

    def down(self):
        """Two fingers."""
        compositor, window = self.bare()
        compositor.command("touch", phase="down", id=7, x=10, y=20)
        compositor.command("touch", phase="down", id=3, x=30, y=40)
        self.expect(window, *self.BEGUN)
        return compositor, window

    BEGUN = (0, "begin", 10, 20), (1, "begin", 30, 40)
    CANCELLED = (*BEGUN, (0, "cancel"), (1, "cancel"))


class Slots(TouchCase):
    def test_ten_and_no_more(self):
        compositor, window = self.bare()
        most = limits.value("TOUCH_MAX_POINTS")
        self.assertEqual(most, 10)  # as QEMU's touch screen
        for finger in range(most + 2):
            compositor.command("touch", phase="down", id=100 + finger, x=finger, y=1)
        begun = [(slot, "begin", slot, 1) for slot in range(most)]
        self.expect(window, *begun)
        # Of the two nothing is heard, and a slot that is free is taken again.
        compositor.command("touch", phase="motion", id=101 + most, x=5, y=5)
        compositor.command("touch", phase="up", id=101 + most)
        compositor.command("touch", phase="up", id=104)
        compositor.command("touch", phase="down", id=200, x=9, y=9)
        self.expect(window, *begun, (4, "end"), (4, "begin", 9, 9))

    def test_a_frame_is_one_event_for_each(self):
        compositor, window = self.down()
        for i in range(5):
            compositor.command("touch", phase="motion", id=3, x=i, y=i, frame=False)
            compositor.command("touch", phase="motion", id=7, x=i, y=2 * i, frame=False)
        compositor.command("touch", phase="motion", id=3, x=50, y=60)
        self.expect(window, *self.BEGUN, (0, "update", 4, 8), (1, "update", 50, 60))

    def test_where_it_was_lifted(self):
        compositor, window = self.down()
        compositor.command("touch", phase="motion", id=7, x=11, y=21, frame=False)
        compositor.command("touch", phase="up", id=7)
        self.expect(window, *self.BEGUN, (0, "update", 11, 21), (0, "end"))


class Cancelled(TouchCase):
    def still_down(self, compositor):
        """What the compositor says of fingers that it does not know are lifted."""
        compositor.command("touch", phase="motion", id=7, x=50, y=50)
        compositor.command("touch", phase="up", id=7)
        compositor.command("touch", phase="up", id=3)

    def test_by_the_compositor(self):
        compositor, window = self.down()
        compositor.command("touch", phase="cancel")
        self.expect(window, *self.CANCELLED)

    def test_when_the_focus_goes(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter")
        compositor.command("touch", phase="down", id=7, x=10, y=20)
        compositor.command("touch", phase="down", id=3, x=30, y=40)
        compositor.command("keyboard_leave")
        self.still_down(compositor)
        compositor.command("touch", phase="down", id=7, x=1, y=2)
        self.expect(window, *self.CANCELLED, (0, "begin", 1, 2))
        # First they are lifted: the guest's side may be deaf without the focus.
        events = [event["event"] for event in window.told("touch", "focus")]
        self.assertEqual(events, ["focus", *["touch"] * 4, "focus", "touch"])

    def test_when_nobody_sees_it(self):
        for focused in (True, False):
            with self.subTest(focused=focused):
                compositor, window = self.down()
                if focused:
                    compositor.command("keyboard_enter")
                    window.wait("focus", focused=True)
                compositor.command("configure", states=SUSPENDED)
                self.expect(window, *self.CANCELLED)
                self.still_down(compositor)
                compositor.command("configure", states=["activated"])
                self.pass_all(compositor, window)
                self.expect(window, *self.CANCELLED)

    def test_when_the_screen_is_pulled(self):
        compositor, window = self.down()
        compositor.command("seat_capabilities", capabilities=["pointer", "keyboard"])
        self.expect(window, *self.CANCELLED)
        compositor.command("seat_capabilities", capabilities=["touch"])
        self.pass_all(compositor, window)
        compositor.command("touch", phase="down", id=7, x=1, y=2)
        self.expect(window, *self.CANCELLED, (0, "begin", 1, 2))

    def test_when_the_seat_goes(self):
        compositor, window = self.down()
        compositor.command("seat_remove")
        self.expect(window, *self.CANCELLED)

    def test_each_destroys_the_window(self):
        ends = {
            "begin": ("touch", {"phase": "down", "id": 9, "x": 1, "y": 1}),
            "update": ("touch", {"phase": "motion", "id": 7, "x": 1, "y": 1}),
            "end": ("touch", {"phase": "up", "id": 7}),
            "update before the end": ("touch", {"phase": "up", "id": 7}),
            "cancel": ("touch", {"phase": "cancel"}),
            "focus": ("keyboard_leave", {}),
            "sight": ("configure", {"states": SUSPENDED}),
            "seat": ("seat_remove", {}),
        }
        for end, (command, arguments) in ends.items():
            with self.subTest(end=end):
                compositor, window = self.down()
                compositor.command("keyboard_enter")
                window.wait("focus")
                window.say("destroy-in", "input")
                self.pass_all(compositor, window)
                if end == "update before the end":
                    compositor.command("touch", phase="motion", id=7, x=1, y=1, frame=False)
                compositor.command(command, **arguments)
                window.wait("destroyed")


class Pens(BareCase):
    """They are let go of like fingers."""

    def test_lifted_and_back(self):
        for command, arguments in (("keyboard_leave", {}), ("configure", {"states": SUSPENDED})):
            with self.subTest(command=command):
                compositor, window = self.bare()
                compositor.command("tablet_add")
                compositor.command("tool_add")
                compositor.command("keyboard_enter")
                compositor.command("tool", x=10, y=20, pressure=9, down=True, **{"in": True})
                window.wait("pen", touching=True)
                compositor.command(command, **arguments)
                window.wait("pen", near=False)
                # It draws on once it was lifted.
                compositor.command("tool", x=11, y=20, pressure=10)
                compositor.command("tool", pressure=0, down=False)
                compositor.command("tool", x=12, y=20, pressure=11, down=True)
                window.wait("pen", pressure=11)
                states = [(event["x"], event["touching"]) if event["near"] else None
                          for event in window.told("pen")]
                self.assertEqual(states, [(10, False), (10, True), None, (11, False), (11, False),
                                          (12, False), (12, True)])
