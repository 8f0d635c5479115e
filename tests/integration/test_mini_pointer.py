"""The host's pointer: held for a guest with a relative mouse, and put where the guest has its own."""

from bare_window import BareCase
from viewer import wait_for


class Locked(BareCase):
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
        self.assertEqual((end["hint"], end["x"], end["y"]), (True, 30.5, 40.5))
        window.wait("pointer_locked", locked=False)
        # The compositor moves it there.
        window.wait("motion", x=30.5, y=40.5)

    def test_comes_back_inside_the_bars(self):
        compositor, window = self.locked("--initial-size=640x640")
        # The picture is at 0,120 and twice as large.
        window.say("hint", 319, 1000)
        window.say("unlock")
        end = compositor.wait("constraint_destroy")
        self.assertEqual((end["x"], end["y"]), (639, 519))

    def test_nothing_is_known_of_the_guests(self):
        compositor, window = self.locked()
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
