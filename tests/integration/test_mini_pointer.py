"""The host's pointer: held for a guest with a relative mouse, and put where the guest has its own."""

import random
import time
import unittest

import limits
from bare_window import BareCase
from mini_compositor import program as compositor_program
from viewer import wait_for


class PointerCase(BareCase):
    def over(self, *compositor_arguments, **options):
        compositor, window = self.bare(*compositor_arguments, **options)
        compositor.command("pointer_enter", x=50, y=50)
        window.wait("hover", over=True)
        return compositor, window

    def locked(self, *compositor_arguments, **options):
        compositor, window = self.over("--grant-locks", *compositor_arguments, **options)
        window.say("lock")
        window.wait("pointer_locked", locked=True)
        return compositor, window


class Locked(PointerCase):
    def test_on_the_windows_own_surface(self):
        compositor, window = self.locked()
        lock = compositor.wait("lock_pointer")
        self.assertEqual(lock["surface"], compositor.find("toplevel")[0]["surface"])
        self.assertEqual(lock["lifetime"], "persistent")
        # Once is enough.
        window.say("lock")
        self.pass_all(compositor, window)
        self.assertEqual(len(compositor.find("lock_pointer")), 1)

    def test_a_picture_with_bars_is_under_it(self):
        compositor, window = self.over("--initial-size=400x400")
        commit = compositor.wait("commit", role="subsurface", attached=True)
        self.assertEqual(commit["input"], [])
        window.say("lock")
        lock = compositor.wait("lock_pointer")
        self.assertNotEqual(lock["surface"], commit["surface"])

    def test_no_motion_is_lost(self):
        compositor, window = self.locked()
        with window.paused():
            for i in range(80):
                compositor.command("relative", dx=0.125, dy=-0.00390625, frame=i % 7 == 0)
            compositor.command("relative", dx=0, dy=0)
        compositor.command("button", pressed=True)
        window.wait("button")
        events = window.told("relative")
        self.assertAlmostEqual(sum(event["dx"] for event in events), 10)
        # Written down with three digits.
        self.assertAlmostEqual(sum(event["dy"] for event in events), -0.3125, delta=0.02)
        self.assertEqual(len(window.told("motion")), 1)

    def test_comes_back_where_the_guest_has_it(self):
        compositor, window = self.locked()
        window.say("hint", 10, 20)
        window.say("hint", 30, 40)
        self.pass_all(compositor, window)
        window.say("unlock")
        end = compositor.wait("constraint_destroy")
        self.assertEqual((end["hint"], end["x"], end["y"]), (True, 30.375, 40.375))
        window.wait("pointer_locked", locked=False)
        # The compositor moves it there.
        window.wait("motion", x=30.375, y=40.375)

    def test_comes_back_inside_the_bars(self):
        compositor, window = self.locked("--initial-size=640x640")
        # The picture is at 0,120 and twice as large.
        window.say("hint", 319, 1000)
        window.say("unlock")
        end = compositor.wait("constraint_destroy")
        self.assertEqual((end["x"], end["y"]), (638.75, 518.75))

    def test_nothing_is_known_of_the_guests(self):
        compositor, window = self.locked()
        self.pass_all(compositor, window)
        mark = compositor.mark()
        window.say("unlock")
        self.assertFalse(compositor.wait("constraint_destroy")["hint"])
        self.pass_all(compositor, window)
        # Nor is there a frame for it.
        self.assertEqual(compositor.find("commit", since=mark), [])

    def test_not_granted_no_hint(self):
        compositor, window = self.over()
        window.say("hint", 30, 40)
        window.say("lock")
        compositor.wait("lock_pointer")
        window.say("unlock")
        self.assertFalse(compositor.wait("constraint_destroy")["hint"])

    def test_again_after_the_compositor_took_it_back(self):
        compositor, window = self.locked()
        compositor.command("constrain", active=False)
        window.wait("pointer_locked", locked=False)
        compositor.command("motion", x=60, y=60)
        window.wait("motion", x=60, y=60)
        window.say("lock")
        window.wait("pointer_locked", locked=True, count=2)
        compositor.wait("lock_pointer", count=2)
        self.assertFalse(compositor.find("constraint_destroy")[0]["active"])
        compositor.command("relative", dx=1, dy=1)
        window.wait("relative", dx=1, dy=1)

    def test_given_back_by_itself(self):
        compositor, window = self.locked()
        compositor.command("constrain", active=False)
        window.wait("pointer_locked", locked=False)
        compositor.command("constrain", active=True)
        window.wait("pointer_locked", locked=True, count=2)
        window.say("lock")
        self.pass_all(compositor, window)
        self.assertEqual(len(compositor.find("lock_pointer")), 1)

    def test_not_answered_yet(self):
        compositor, window = self.over()
        for _ in range(3):
            window.say("lock")
        self.pass_all(compositor, window)
        self.assertEqual(len(compositor.find("lock_pointer")), 1)

    def test_the_pointer_is_pulled(self):
        compositor, window = self.locked()
        window.say("hint", 30, 40)
        self.pass_all(compositor, window)
        compositor.command("seat_capabilities", capabilities=["keyboard"])
        window.wait("pointer_locked", locked=False)
        window.wait("hover", over=False)
        self.pass_all(compositor, window)
        left = compositor.count_objects()
        self.assertEqual([left.get(name) for name in
                          ("wl_pointer", "zwp_locked_pointer_v1", "zwp_relative_pointer_v1")],
                         [None] * 3)
        compositor.command("seat_capabilities", capabilities=["keyboard", "pointer"])
        self.pass_all(compositor, window)
        compositor.command("pointer_enter", x=5, y=5)
        window.say("lock")
        window.wait("pointer_locked", locked=True, count=2)

    def test_it_destroys_the_window(self):
        for leaves in (False, True):
            with self.subTest(leaves=leaves):
                compositor, window = self.locked() if leaves else self.over("--grant-locks")
                window.say("hint", 30, 40)
                window.say("destroy-in", "pointer_locked")
                window.say("unlock" if leaves else "lock")
                window.wait("destroyed")
                wait_for(lambda: "zwp_locked_pointer_v1" not in compositor.count_objects(),
                         "the end of the lock")


class Warped(PointerCase):
    """Where the compositor has no request for it: by a lock that ends at once."""

    def asked(self, *compositor_arguments):
        compositor, window = self.over(*compositor_arguments)
        window.say("warp", 200, 100)
        lock = compositor.wait("lock_pointer")
        self.assertEqual(lock["surface"], compositor.find("toplevel")[0]["surface"])
        self.assertEqual(lock["lifetime"], "oneshot")
        return compositor, window

    def test_to_where_the_guest_has_it(self):
        compositor, window = self.asked()
        compositor.command("constrain", active=True)
        end = compositor.wait("constraint_destroy")
        self.assertEqual((end["active"], end["hint"], end["x"], end["y"]),
                         (True, True, 200.375, 100.375))
        window.wait("motion", x=200.375, y=100.375)
        self.assertEqual(window.told("pointer_locked", "relative"), [])

    def test_the_last_place_counts(self):
        compositor, window = self.asked()
        window.say("warp", 300, 150)
        self.pass_all(compositor, window)
        self.assertEqual(len(compositor.find("lock_pointer")), 1)
        compositor.command("constrain", active=True)
        window.wait("motion", x=300.375, y=150.375)

    def test_the_user_takes_it_away(self):
        compositor, window = self.asked()
        with window.paused():
            compositor.command("pointer_leave")
            compositor.command("pointer_enter", x=60, y=60)
            # Too late.
            compositor.command("constrain", active=True)
        self.assertFalse(compositor.wait("constraint_destroy")["hint"])

    def test_not_granted(self):
        compositor, window = self.asked()
        end = compositor.wait("constraint_destroy")
        self.assertEqual((end["active"], end["hint"]), (False, False))

    def test_refused(self):
        compositor, window = self.asked()
        with window.paused():
            compositor.command("constrain", active=False)
            compositor.command("constrain", active=True)
        self.assertFalse(compositor.wait("constraint_destroy")["hint"])

    def test_the_pointer_is_pulled(self):
        compositor, window = self.asked()
        compositor.command("seat_capabilities", capabilities=["keyboard"])
        end = compositor.wait("constraint_destroy")
        self.assertEqual((end["active"], end["hint"]), (False, False))
        self.pass_all(compositor, window)
        self.assertNotIn("wl_pointer", compositor.count_objects())

    def test_the_window_goes(self):
        compositor, window = self.asked()
        window.say("destroy")
        compositor.wait("constraint_destroy")

    def test_not_while_it_is_locked(self):
        compositor, window = self.locked()
        window.say("warp", 200, 100)
        self.pass_all(compositor, window)
        self.assertEqual(len(compositor.find("lock_pointer")), 1)

    def test_a_lock_comes_between(self):
        compositor, window = self.asked()
        window.say("lock")
        compositor.wait("lock_pointer", lifetime="persistent")
        self.assertEqual(len(compositor.find("constraint_destroy")), 1)
        compositor.command("constrain", active=True)
        window.wait("pointer_locked", locked=True)
        window.say("warp", 10, 10)
        self.pass_all(compositor, window)
        self.assertEqual(len(compositor.find("constraint_destroy")), 1)

    def test_not_from_elsewhere(self):
        compositor, window = self.bare()
        for elsewhere in (False, True):
            if elsewhere:
                compositor.command("pointer_enter", x=50, y=50)
                compositor.command("pointer_leave")
                window.wait("hover", over=False)
            window.say("warp", 200, 100)
            self.pass_all(compositor, window)
        self.assertEqual(compositor.find("lock_pointer"), [])

    def test_it_is_there_already(self):
        compositor, window = self.over()
        for x, y in ((50, 50), (50.5, 49.5), (49.1, 50)):
            window.say("warp", x, y)
        self.pass_all(compositor, window)
        self.assertEqual(compositor.find("lock_pointer"), [])

    def test_neither_way(self):
        compositor, window = self.over("--without=zwp_pointer_constraints_v1")
        window.say("warp", 200, 100)
        self.pass_all(compositor, window)
        self.assertEqual(window.told("error"), [])

    def often(self, compositor, window, event):
        """So many a second, whatever the guest does."""
        begun = time.monotonic()
        for i in range(40):
            window.say("warp", 100 + 10 * (i % 2), 20)
            self.pass_all(compositor, window)
        seconds = time.monotonic() - begun
        self.assertLessEqual(1, len(compositor.find(event)))
        most = limits.value("POINTER_WARP_MAX_PER_S")
        self.assertLessEqual(len(compositor.find(event)), 2 + most * seconds)

    def test_not_too_often(self):
        self.often(*self.over("--grant-locks"), "lock_pointer")


class WarpedByRequest(PointerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(compositor_program(), "rb") as file:
            if b"wp_pointer_warp_v1" not in file.read():
                raise unittest.SkipTest("built with a wayland-protocols without pointer-warp-v1")

    def over(self, *compositor_arguments, **options):
        return super().over("--global=wp_pointer_warp_v1:1", *compositor_arguments, **options)

    def test_to_where_the_guest_has_it(self):
        compositor, window = self.over()
        window.say("warp", 200, 100)
        warp = compositor.wait("warp_pointer")
        self.assertEqual((warp["x"], warp["y"], warp["serial_is_latest"]), (200.375, 100.375, True))
        self.assertEqual(warp["surface"], compositor.find("toplevel")[0]["surface"])
        window.wait("motion", x=200.375, y=100.375)
        self.assertEqual(compositor.find("lock_pointer"), [])

    def test_not_while_it_is_locked(self):
        compositor, window = self.locked()
        window.say("warp", 200, 100)
        self.pass_all(compositor, window)
        self.assertEqual(compositor.find("warp_pointer"), [])

    def test_not_too_often(self):
        Warped.often(self, *self.over(), "warp_pointer")


class Buttons(PointerCase):
    # Left to forward and back; and what only keyboards, joysticks and the like are supposed to have.
    CODES = (*range(0x110, 0x118), 0x100, 0x109, 0x12f, 0x130, 0x14a, 0x2c0)

    def buttons(self, window):
        return [(event["code"], event["pressed"]) for event in window.told("button")]

    def test_every_one(self):
        compositor, window = self.over()
        for code in self.CODES:
            compositor.command("button", code=code, pressed=True)
            compositor.command("button", code=code, pressed=False)
        window.wait("button", code=self.CODES[-1], pressed=False)
        self.assertEqual(self.buttons(window), [(code, pressed) for code in self.CODES
                                                for pressed in (True, False)])

    def test_let_go_of_when_the_pointer_goes(self):
        for command, arguments in (("pointer_leave", {}), ("seat_capabilities", {}),
                                   ("pointer_enter", {"x": 1, "y": 1})):
            with self.subTest(command=command):
                compositor, window = self.over()
                for code in self.CODES:
                    compositor.command("button", code=code, pressed=True)
                compositor.command(command, **arguments)
                window.wait("button", code=self.CODES[0], pressed=False)
                self.assertEqual(self.buttons(window),
                                 [(code, True) for code in self.CODES] +
                                 [(code, False) for code in reversed(self.CODES)])

    def test_what_is_no_change(self):
        compositor, window = self.over()
        for pressed in (False, True, True, False, False):
            compositor.command("button", code=0x110, pressed=pressed)
        compositor.command("button", code=0x111, pressed=True)
        window.wait("button", code=0x111)
        self.assertEqual(self.buttons(window), [(0x110, True), (0x110, False), (0x111, True)])

    def test_more_than_there_is_room_for(self):
        compositor, window = self.over()
        for code in range(0x110, 0x130):
            compositor.command("button", code=code, pressed=True)
        compositor.command("pointer_leave")
        window.wait("hover", over=False)
        kept = range(0x110, 0x120)
        self.assertEqual(self.buttons(window), [(code, True) for code in kept] +
                         [(code, False) for code in reversed(kept)])


class Wheel(PointerCase):
    def total(self, window):
        events = window.told("wheel")
        return (sum(event["dx_120"] for event in events), sum(event["dy_120"] for event in events))

    def expect_total(self, window, *expected):
        try:
            wait_for(lambda: self.total(window) == expected, "the wheel", timeout_s=20)
        except AssertionError:
            pass
        self.assertEqual(self.total(window), expected)

    def test_nothing_is_lost(self):
        generator = random.Random(1)
        compositor, window = self.over()
        total = [0, 0]
        for _ in range(10):
            with window.paused():
                for _ in range(10):
                    horizontal = generator.random() < 0.5
                    value = generator.choice((1, -1, 7, -13, 30, 120, -240))
                    compositor.command("axis", value120=value, horizontal=horizontal,
                                       inverted=generator.random() < 0.5,
                                       frame=generator.random() < 0.5)
                    total[not horizontal] += value
        compositor.command("axis", value120=0)
        self.expect_total(window, *total)

    def test_natural_scrolling_is_in_the_sign(self):
        compositor, window = self.over()
        compositor.command("axis", value120=-120, inverted=True)
        compositor.command("axis", value120=60, horizontal=True, inverted=True)
        self.expect_total(window, 60, -120)

    def test_fingers_both_ways(self):
        compositor, window = self.over()
        for _ in range(100):
            compositor.command("axis_smooth", value=0.59375, frame=False)
            compositor.command("axis_smooth", value=-0.09375, horizontal=True)
        # 15 units are a notch.
        self.expect_total(window, -75, 475)

    def test_a_new_gesture_begins_at_nothing(self):
        compositor, window = self.over()
        # Less than 1/120 of a notch; then the same again, which would make one.
        compositor.command("axis_smooth", value=0.09375)
        compositor.command("axis_stop")
        compositor.command("axis_smooth", value=0.09375)
        compositor.command("axis_stop")
        compositor.command("axis_smooth", value=15, horizontal=True)
        self.expect_total(window, 120, 0)

    def test_of_another_window(self):
        compositor, window = self.over()
        compositor.command("axis_smooth", value=0.09375)
        compositor.command("axis", value120=120, horizontal=True, frame=False)
        compositor.command("pointer_leave")
        compositor.command("pointer_enter", x=1, y=1)
        compositor.command("axis_smooth", value=0.09375)
        compositor.command("axis", value120=1)
        self.expect_total(window, 0, 1)

    def test_no_faster_than_any(self):
        compositor, window = self.over()
        for value in (2**31 - 1, -2**31):
            compositor.command("axis", value120=value, frame=False)
            compositor.command("axis", value120=value)
        compositor.command("axis", value120=7)
        self.expect_total(window, 0, 7)
        self.assertEqual(window.told("wheel")[0]["dy_120"], self.MOST)

    MOST = 120 * limits.value("POINTER_MAX_NOTCHES")

    def test_as_fast_as_any(self):
        for value, told in ((self.MOST, self.MOST), (self.MOST + 1, self.MOST),
                            (-self.MOST, -self.MOST), (-self.MOST - 1, -self.MOST)):
            with self.subTest(value=value):
                compositor, window = self.over()
                compositor.command("axis", value120=value)
                self.expect_total(window, 0, told)


class OnThePicture(PointerCase):
    """The guest's cursor while the host's is locked and hidden."""

    def shown(self, *compositor_arguments, size=(16, 12), hot=(5, 7), at=(30, 40)):
        compositor, window = self.locked(*compositor_arguments)
        window.say("cursor", f"{size[0]}x{size[1]}", *hot)
        window.say("cursor-position", *at)
        return compositor, window

    def box(self, compositor):
        """Where the window is red, not grey or black: (x, y, width, height); None: nowhere."""
        look = compositor.screenshot()
        red = [i for i, value in enumerate(look.rgb[0::3]) if value == 255]
        if not red:
            return None
        xs, ys = {i % look.width for i in red}, {i // look.width for i in red}
        box = min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
        self.assertEqual(len(red), box[2] * box[3])
        return box

    def expect_box(self, compositor, *expected):
        expected = expected or None
        seen = None

        def right():
            nonlocal seen
            seen = self.box(compositor)
            return seen == expected
        try:
            wait_for(right, "the cursor", timeout_s=20)
        except AssertionError:
            self.assertEqual(seen, expected)

    def test_where_the_guest_has_it(self):
        compositor, window = self.shown()
        self.expect_box(compositor, 30, 40, 16, 12)
        window.say("cursor-position", 100, 3)
        self.expect_box(compositor, 100, 3, 16, 12)
        window.say("cursor", "20x20", 1, 1)
        self.expect_box(compositor, 100, 3, 20, 20)
        above = [event for event in compositor.find("commit", role="subsurface")]
        self.assertTrue(all(event["input"] == [] for event in above), above)

    def test_at_the_pictures_scale(self):
        compositor, window = self.shown("--initial-size=640x640")
        # The picture is at 0,120 and twice as large.
        self.expect_box(compositor, 60, 200, 32, 24)

    def test_as_the_window_changes(self):
        compositor, window = self.shown()
        self.expect_box(compositor, 30, 40, 16, 12)
        # In the very commit that changes it.
        compositor.command("frame_policy", policy="never")
        compositor.command("configure", width=640, height=640, states=["maximized"])
        self.expect_box(compositor, 60, 200, 32, 24)
        compositor.command("configure", width=640, height=400, states=["maximized"])
        self.expect_box(compositor, 60, 80, 32, 24)

    def test_never_out_of_the_picture(self):
        for at, box in (((-6, -4), (0, 0, 10, 8)), ((310, 195), (310, 195, 10, 5)),
                        ((-15, 50), (0, 50, 1, 12)), ((319, 199), (319, 199, 1, 1)),
                        ((-16, 0), ()), ((0, -12), ()), ((320, 0), ()), ((0, 200), ()),
                        ((-2147483648, 2147483647), ())):
            with self.subTest(at=at):
                compositor, window = self.shown(at=at)
                self.pass_all(compositor, window)
                self.expect_box(compositor, *box)
                if box:
                    self.assertEqual(compositor.screenshot().pixel(*box[:2]),
                                     (255, max(0, -at[0]), max(0, -at[1])))
                # The window is as large as it was.
                self.assertEqual((compositor.screenshot().width, compositor.screenshot().height),
                                 (320, 200))
                reach = [commit for commit in compositor.find("commit", role="subsurface")]
                self.assertTrue(all(commit["width"] <= box[2] and commit["height"] <= box[3]
                                    for commit in reach), reach)

    def test_cut_where_it_is_enlarged_most(self):
        compositor, window = self.shown("--initial-size=1920x1200", size=(512, 512), hot=(0, 0),
                                        at=(319, 199))
        # The largest that is shown is smaller than the image at that scale.
        self.expect_box(compositor, 1914, 1194, 6, 6)
        self.assertEqual(window.told("lost"), [])

    def test_hidden_and_shown(self):
        compositor, window = self.shown()
        self.expect_box(compositor, 30, 40, 16, 12)
        window.say("cursor", "none")
        self.expect_box(compositor)
        compositor.wait("subsurface_destroy")
        window.say("cursor", "16x12", 5, 7)
        self.expect_box(compositor, 30, 40, 16, 12)

    def test_gone_with_the_lock(self):
        for by_the_user in (True, False):
            with self.subTest(by_the_user=by_the_user):
                compositor, window = self.shown()
                self.expect_box(compositor, 30, 40, 16, 12)
                if by_the_user:
                    window.say("unlock")
                else:
                    compositor.command("constrain", active=False)
                self.expect_box(compositor)
                window.say("cursor-position", 50, 50)
                self.pass_all(compositor, window)
                self.expect_box(compositor)
                # Where it is, is known when it is locked again.
                window.say("lock")
                self.expect_box(compositor, 50, 50, 16, 12)

    def test_never_while_the_hosts_is_there(self):
        compositor, window = self.over()
        window.say("cursor", "16x12", 5, 7)
        window.say("cursor-position", 30, 40)
        window.say("present")
        self.pass_all(compositor, window)
        self.assertEqual(compositor.find("commit", role="subsurface"), [])
        self.expect_box(compositor)

    def test_a_window_that_goes(self):
        compositor, window = self.shown()
        self.expect_box(compositor, 30, 40, 16, 12)
        window.say("destroy")
        wait_for(lambda: "wl_subsurface" not in compositor.count_objects(), "the end")

    def drawn(self, compositor, count):
        """Once there are so many callbacks to be answered, they are."""
        answered = 0

        def enough():
            nonlocal answered
            answered += compositor.command("frame")["fired"]
            return answered >= count
        wait_for(enough, f"{count} frame callbacks")
        self.assertEqual(answered, count)

    def commits(self, compositor, since):
        return compositor.find("commit", since=since, role="toplevel")

    def test_a_commit_for_each_time_it_is_drawn(self):
        compositor, window = self.shown()
        self.expect_box(compositor, 30, 40, 16, 12)
        compositor.command("frame_policy", policy="manual")
        # What is under way comes to rest.
        window.say("cursor-position", 31, 40)

        def moved():
            compositor.command("frame")
            return self.box(compositor) == (31, 40, 16, 12)
        wait_for(moved, "the cursor")
        compositor.command("frame")
        self.pass_all(compositor, window)
        mark = compositor.mark()
        for x in range(40, 60):
            window.say("cursor-position", x, 40)
            self.pass_all(compositor, window)
        self.assertEqual(len(self.commits(compositor, mark)), 1)
        self.expect_box(compositor, 40, 40, 16, 12)
        self.drawn(compositor, 1)
        self.expect_box(compositor, 59, 40, 16, 12)
        self.drawn(compositor, 1)
        self.pass_all(compositor, window)
        self.assertEqual(len(self.commits(compositor, mark)), 2)
        # Nothing new, nothing sent.
        window.say("cursor-position", 59, 40)
        self.pass_all(compositor, window)
        self.assertEqual(len(self.commits(compositor, mark)), 2)

    def test_it_comes_with_the_guests_frames(self):
        compositor, window = self.shown()
        self.expect_box(compositor, 30, 40, 16, 12)
        compositor.command("frame_policy", policy="manual")
        window.say("present")
        self.pass_all(compositor, window)
        mark = compositor.mark()
        window.say("cursor-position", 70, 40)
        self.pass_all(compositor, window)
        self.assertEqual(self.commits(compositor, mark), [])
        window.say("present")
        self.pass_all(compositor, window)
        self.assertEqual(len(self.commits(compositor, mark)), 1)
        self.expect_box(compositor, 70, 40, 16, 12)

    def test_frames_that_do_not_come(self):
        for arguments, box in ((), (80, 40, 16, 12)), (("--initial-size=640x640",),
                                                       (160, 200, 32, 24)):
            with self.subTest(arguments=arguments):
                compositor, window = self.shown(*arguments)
                wait_for(lambda: self.box(compositor), "the cursor")
                compositor.command("frame_policy", policy="manual")
                window.say("present")
                self.pass_all(compositor, window)
                window.say("cursor-position", 80, 40)
                self.pass_all(compositor, window)
                compositor.command("frame")
                self.expect_box(compositor, *box)
