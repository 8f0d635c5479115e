"""Pens: what their tablet senses reaches the guest in its pixels, and nothing is left down."""

import limits
from bare_window import BareCase
from viewer import wait_for

BTN_STYLUS, BTN_STYLUS2 = 0x14b, 0x14c
MAX_PRESSURE = 65535
MAX_TOOLS = limits.value("TABLETS_MAX_TOOLS")
AWAY = "away"


class PenCase(BareCase):
    def plugged(self, *compositor_arguments, **sensors):
        compositor, window = self.bare(*compositor_arguments)
        compositor.command("tablet_add")
        compositor.command("tool_add", **sensors)
        return compositor, window

    def near(self, *compositor_arguments, **sensors):
        compositor, window = self.plugged(*compositor_arguments, **sensors)
        compositor.command("tool", **{"in": True, "x": 10, "y": 20})
        window.wait("pen", near=True)
        return compositor, window

    def brief(self, window):
        """(x, y, pressure) where it hovers or, with "down", touches; AWAY; (code, pressed)."""
        def one(event):
            if event["event"] == "button":
                return event["code"], event["pressed"]
            if not event["near"]:
                return AWAY
            down = ("down",) if event["touching"] else ()
            return event["x"], event["y"], event["pressure"], *down
        return [one(event) for event in window.told("pen", "button")]

    def expect(self, window, *expected):
        try:
            wait_for(lambda: len(self.brief(window)) >= len(expected), "the pen", timeout_s=20)
        except AssertionError:
            pass
        self.assertEqual(self.brief(window), list(expected))


class Pens(PenCase):
    def test_a_stroke(self):
        compositor, window = self.near()
        compositor.command("tool", x=11.5, y=21, pressure=100, down=True)
        compositor.command("tool", x=12, y=22, pressure=MAX_PRESSURE)
        compositor.command("tool", pressure=0, down=False)
        compositor.command("tool", out=True)
        # Where it goes down comes first.
        self.expect(window, (10, 20, 0), (11.5, 21, 0), (11.5, 21, 100, "down"),
                    (12, 22, MAX_PRESSURE, "down"), (12, 22, 0, "down"), (12, 22, 0), AWAY)

    def test_a_frame_is_one_event(self):
        compositor, window = self.near()
        for i in range(5):
            compositor.command("tool", x=i, y=i, pressure=i, tilt=[i, -i], frame=False)
        compositor.command("tool", x=30, y=40, tilt=[-12.5, 60])
        self.expect(window, (10, 20, 0), (30, 40, 0))
        last = window.told("pen")[-1]
        self.assertEqual((last["tilt_x"], last["tilt_y"], last["eraser"]), (-12.5, 60, False))

    def test_a_tap_within_a_frame(self):
        compositor, window = self.near()
        compositor.command("tool", pressure=5, down=True, frame=False)
        compositor.command("tool", down=False)
        self.expect(window, (10, 20, 0), (10, 20, 0), (10, 20, 5, "down"), (10, 20, 0))

    def test_the_other_end(self):
        compositor, window = self.near(eraser=True)
        self.assertTrue(window.told("pen")[0]["eraser"])

    def test_without_a_sensor(self):
        compositor, window = self.near(pressure=False, tilt=False)
        compositor.command("tool", down=True)
        compositor.command("tool", down=False)
        self.expect(window, (10, 20, 0), (10, 20, MAX_PRESSURE, "down"), (10, 20, 0))

    def test_barrel_buttons(self):
        compositor, window = self.near()
        compositor.command("tool", x=50, y=60, button=BTN_STYLUS, pressed=True)
        compositor.command("tool", button=BTN_STYLUS, pressed=True)
        compositor.command("tool", button=BTN_STYLUS2, pressed=True)
        compositor.command("tool", button=BTN_STYLUS, pressed=False)
        compositor.command("tool", out=True)
        self.expect(window, (10, 20, 0), (50, 60, 0), (BTN_STYLUS, True), (BTN_STYLUS2, True),
                    (BTN_STYLUS, False), (BTN_STYLUS2, False), AWAY)

    def test_more_buttons_than_any_has(self):
        compositor, window = self.near()
        for code in range(0x100, 0x112):
            compositor.command("tool", button=code, pressed=True)
        compositor.command("tool", out=True)
        self.expect(window, (10, 20, 0), *((code, True) for code in range(0x100, 0x110)),
                    *((code, False) for code in reversed(range(0x100, 0x110))), AWAY)

    def test_guest_pixels_inside_the_bars(self):
        compositor, window = self.plugged("--initial-size=640x640")
        # The picture is at 0,120 and twice as large.
        compositor.command("tool", **{"in": True, "x": 320, "y": 320})
        compositor.command("tool", x=10, y=5)
        self.expect(window, (160, 100, 0), (5, 0, 0))

    def test_two_at_once(self):
        compositor, window = self.near()
        compositor.command("tool_add", tool=2, eraser=True)
        compositor.command("tool", tool=2, x=100, y=100, **{"in": True})
        compositor.command("tool", tool=2, out=True)
        compositor.command("tool", x=11, y=21)
        self.expect(window, (10, 20, 0), (100, 100, 0), AWAY, (11, 21, 0))

    def test_too_many(self):
        compositor, window = self.near()
        for tool in range(2, MAX_TOOLS + 6):
            compositor.command("tool_add", tool=tool)
        self.pass_all(compositor, window)
        self.assertEqual(compositor.count_objects()["zwp_tablet_tool_v2"], MAX_TOOLS)
        compositor.command("tool", tool=MAX_TOOLS + 5, x=1, y=1, **{"in": True})
        compositor.command("tool", x=11, y=21)
        self.expect(window, (10, 20, 0), (11, 21, 0))

    def test_many_tablets(self):
        """All of them are kept, and let go of in the end."""
        compositor, window = self.near()
        for _ in range(20):
            compositor.command("tablet_add")
        self.pass_all(compositor, window)
        compositor.command("tool", x=11, y=21)
        self.expect(window, (10, 20, 0), (11, 21, 0))


class Gone(PenCase):
    """Whatever ends it, it ends as if the user had lifted it."""

    def down(self):
        compositor, window = self.near()
        compositor.command("tool", pressure=100, down=True, button=BTN_STYLUS, pressed=True)
        window.wait("button", pressed=True)
        return compositor, window

    def expect_release(self, window, *more):
        self.expect(window, (10, 20, 0), (10, 20, 0), (10, 20, 100, "down"), (BTN_STYLUS, True),
                    (BTN_STYLUS, False), AWAY, *more)

    def objects(self, compositor):
        return {name: count for name, count in compositor.count_objects().items()
                if "tablet" in name and "manager" not in name}

    def test_the_pen(self):
        compositor, window = self.down()
        compositor.command("tool_remove")
        self.expect_release(window)
        self.pass_all(compositor, window)
        self.assertEqual(self.objects(compositor), {"zwp_tablet_seat_v2": 1, "zwp_tablet_v2": 1})

    def test_the_tablet(self):
        compositor, window = self.down()
        # As compositors do it.
        compositor.command("tool", out=True)
        compositor.command("tablet_remove")
        self.expect_release(window)
        self.pass_all(compositor, window)
        self.assertEqual(self.objects(compositor),
                         {"zwp_tablet_seat_v2": 1, "zwp_tablet_tool_v2": 1})

    def test_the_seat(self):
        compositor, window = self.down()
        compositor.command("seat_remove")
        self.expect_release(window)
        self.pass_all(compositor, window)
        self.assertEqual(self.objects(compositor), {})

    def test_the_window(self):
        for last in ("pen", "button"):
            with self.subTest(last=last):
                compositor, window = self.down()
                window.say("destroy-in", "input")
                self.pass_all(compositor, window)
                if last == "pen":
                    compositor.command("tool", x=1, y=1)
                else:
                    compositor.command("tool_remove")
                window.wait("destroyed")

    def test_pads_leave_nothing_behind(self):
        compositor, window = self.near()
        compositor.command("pad_add")
        compositor.command("pad_add")
        self.pass_all(compositor, window)
        self.assertEqual(self.objects(compositor), {
            "zwp_tablet_seat_v2": 1, "zwp_tablet_tool_v2": 1, "zwp_tablet_v2": 1})

    def test_no_tablets(self):
        compositor, window = self.plugged("--without=zwp_tablet_manager_v2")
        self.pass_all(compositor, window)
        self.assertEqual(self.objects(compositor), {})


class Cursors(PenCase):
    def test_the_hosts_arrow(self):
        compositor, window = self.near()
        compositor.wait("tool_cursor_shape", tool=1, shape=1, serial_is_latest=True)

    def test_the_hosts_arrow_of_the_theme(self):
        compositor, window = self.near("--without=wp_cursor_shape_manager_v1")
        cursor = compositor.wait("set_tool_cursor", serial_is_latest=True)
        if cursor["surface"] is not None and "no arrow" not in window.errors:
            commit = compositor.wait("commit", surface=cursor["surface"], attached=True)
            self.assertEqual(commit["role"], "tool-cursor")

    def test_the_guests(self):
        compositor, window = self.plugged()
        compositor.command("tool_add", tool=2)
        compositor.command("pointer_enter", x=50, y=50)
        window.say("cursor", "24x32", 5, 7)
        pointer = compositor.wait("set_cursor", where=lambda event: event["surface"])
        surfaces = {pointer["surface"]}
        for tool in (1, 2):
            compositor.command("tool", tool=tool, x=10, y=20, **{"in": True})
            cursor = compositor.wait("set_tool_cursor", tool=tool, hot_x=5, hot_y=7,
                                     serial_is_latest=True)
            commit = compositor.wait("commit", surface=cursor["surface"], attached=True)
            self.assertEqual((commit["width"], commit["height"]), (24, 32))
            shown = compositor.screenshot(surface=cursor["surface"])
            self.assertEqual(shown.pixel(3, 4), (255, 3, 4))
            surfaces.add(cursor["surface"])
        self.assertEqual(len(surfaces), 3)
        # Another one while they are there.
        mark = compositor.mark()
        window.say("cursor", "16x16", 5, 7)
        for surface in surfaces:
            compositor.wait("commit", since=mark, surface=surface, width=16, height=16)
        window.say("cursor", "none")
        for tool in (1, 2):
            compositor.wait("set_tool_cursor", tool=tool, surface=None)

    def test_nothing_is_sent_again_while_it_moves(self):
        compositor, window = self.near()
        window.say("cursor", "24x32", 5, 7)
        cursor = compositor.wait("set_tool_cursor", hot_x=5)
        compositor.wait("commit", surface=cursor["surface"])
        self.pass_all(compositor, window)
        mark = compositor.mark()
        for i in range(5):
            compositor.command("tool", x=20 + i, y=20)
        window.wait("pen", x=24)
        self.pass_all(compositor, window)
        for name in ("commit", "set_tool_cursor", "tool_cursor_shape"):
            self.assertEqual(compositor.find(name, since=mark), [])

    def test_over_the_bars(self):
        compositor, window = self.plugged("--initial-size=640x640")
        window.say("cursor", "24x32", 5, 7)
        compositor.command("tool", **{"in": True, "x": 320, "y": 320})
        compositor.wait("set_tool_cursor", where=lambda event: event["surface"])
        compositor.command("tool", x=320, y=10)
        compositor.wait("tool_cursor_shape")
