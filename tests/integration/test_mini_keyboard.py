"""Whose the keyboard is: the focus, the host's shortcuts, and what is down meanwhile."""

from bare_window import BareCase
from viewer import wait_for

KEY_A, KEY_LEFTALT, KEY_LEFTSHIFT = 30, 56, 42
SUSPENDED = ["activated", "suspended"]


def keys(window):
    return [(event["code"], event["pressed"]) for event in window.told("key")]


def focus(window):
    return [(event["focused"], event["keys"]) for event in window.told("focus")]


class Focus(BareCase):
    def expect_focus(self, window, *expected):
        try:
            wait_for(lambda: len(focus(window)) >= len(expected), "the focus", timeout_s=20)
        except AssertionError:
            pass
        self.assertEqual(focus(window), list(expected))

    def test_keys_that_are_down_come_with_it(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter", keys=[KEY_LEFTALT, KEY_A])
        compositor.command("key", code=KEY_A, pressed=False)
        compositor.command("keyboard_leave")
        compositor.command("keyboard_enter")
        self.expect_focus(window, (True, [KEY_LEFTALT, KEY_A]), (False, []), (True, []))
        self.assertEqual(keys(window), [(KEY_A, False)])

    def test_nobody_types_into_what_nobody_sees(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter", keys=[KEY_LEFTALT])
        compositor.command("key", code=KEY_A)
        compositor.command("configure", states=SUSPENDED)
        self.expect_focus(window, (True, [KEY_LEFTALT]), (False, []))
        compositor.command("key", code=KEY_A, pressed=False)
        compositor.command("key", code=KEY_LEFTSHIFT)
        self.pass_all(compositor, window)
        with window.paused():
            compositor.command("configure", states=["activated"])
            compositor.command("key", code=KEY_LEFTSHIFT, pressed=False)
        window.wait("key", code=KEY_LEFTSHIFT)
        self.assertEqual([event["event"] for event in window.told("focus", "key")],
                         ["focus", "key", "focus", "focus", "key"])
        self.assertEqual(keys(window), [(KEY_A, True), (KEY_LEFTSHIFT, False)])
        self.expect_focus(window, (True, [KEY_LEFTALT]), (False, []), (True, []))

    def test_lost_while_nobody_sees_it(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter")
        compositor.command("configure", states=SUSPENDED)
        self.expect_focus(window, (True, []), (False, []))
        compositor.command("keyboard_leave")
        compositor.command("configure", states=["activated"])
        compositor.command("keyboard_enter", keys=[KEY_A])
        self.expect_focus(window, (True, []), (False, []), (True, [KEY_A]))

    def test_the_keyboard_is_pulled(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter")
        compositor.command("key", code=KEY_A)
        compositor.command("seat_capabilities", capabilities=["pointer", "touch"])
        self.expect_focus(window, (True, []), (False, []))
        compositor.command("seat_capabilities", capabilities=["pointer", "touch", "keyboard"])
        self.pass_all(compositor, window)
        compositor.command("keyboard_enter")
        self.expect_focus(window, (True, []), (False, []), (True, []))
        self.assertEqual(compositor.count_objects()["wl_keyboard"], 1)

    def test_the_seat_goes(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=5, y=5)
        compositor.command("button", pressed=True)
        window.wait("button", pressed=True)
        compositor.command("seat_remove")
        self.expect_focus(window, (True, []), (False, []))
        window.wait("button", pressed=False)
        window.wait("hover", over=False)
        self.pass_all(compositor, window)
        left = compositor.count_objects()
        self.assertEqual([left.get(name) for name in ("wl_seat", "wl_keyboard", "wl_pointer",
                                                      "wl_touch")], [None] * 4)

    def test_of_two_seats_one_goes(self):
        compositor, window = self.bare("--seats=2")
        compositor.command("keyboard_enter", keys=[KEY_A])
        compositor.command("keyboard_enter", seat=1, keys=[KEY_LEFTALT])
        compositor.command("keyboard_leave", seat=0)
        # What the first one held is released; the other one types on.
        self.expect_focus(window, (True, [KEY_A]), (True, [KEY_LEFTALT]), (False, []), (True, []))
        compositor.command("key", seat=1, code=KEY_A)
        window.wait("key", code=KEY_A)
        compositor.command("keyboard_leave", seat=1)
        window.wait("focus", focused=False, count=2)

    def test_it_destroys_the_window(self):
        for event, last in (("focus", "keyboard_enter"), ("input", "key"),
                            ("focus", "keyboard_leave")):
            with self.subTest(event=event, last=last):
                compositor, window = self.bare()
                if last != "keyboard_enter":
                    compositor.command("keyboard_enter")
                    window.wait("focus")
                window.say("destroy-in", event)
                self.pass_all(compositor, window)
                compositor.command(last, **({"code": KEY_A} if last == "key" else {}))
                window.wait("destroyed")


class Hover(BareCase):
    def test_over_the_window(self):
        compositor, window = self.bare("--seats=2")
        compositor.command("pointer_enter", x=5, y=5)
        compositor.command("pointer_enter", seat=1, x=5, y=5)
        compositor.command("pointer_leave")
        compositor.command("pointer_leave", seat=1)
        compositor.command("pointer_enter", x=6, y=6)
        window.wait("hover", over=True, count=2)
        self.assertEqual([event["over"] for event in window.told("hover")], [True, False, True])

    def test_it_destroys_the_window(self):
        for leaves in (False, True):
            with self.subTest(leaves=leaves):
                compositor, window = self.bare()
                if leaves:
                    compositor.command("pointer_enter", x=5, y=5)
                    window.wait("hover", over=True)
                window.say("destroy-in", "hover")
                self.pass_all(compositor, window)
                compositor.command("pointer_leave" if leaves else "pointer_enter", x=5, y=5)
                window.wait("destroyed")


class Shortcuts(BareCase):
    def expect_states(self, window, *expected):
        def states():
            return [event["state"] for event in window.told("shortcuts")]
        try:
            wait_for(lambda: len(states()) >= len(expected), "the shortcuts", timeout_s=20)
        except AssertionError:
            pass
        self.assertEqual(states(), list(expected))

    def inhibitors(self, compositor):
        return compositor.count_objects().get("zwp_keyboard_shortcuts_inhibitor_v1", 0)

    def test_asked_for_with_the_focus(self):
        compositor, window = self.bare()
        window.say("inhibit", 1)
        self.pass_all(compositor, window)
        self.assertEqual(compositor.find("shortcuts_inhibit"), [])
        self.expect_states(window, "asked")
        compositor.command("keyboard_enter")
        asked = compositor.wait("shortcuts_inhibit")
        self.assertTrue(asked["focused"] and asked["mapped"], asked)
        self.assertEqual(asked["surface"], compositor.find("toplevel")[0]["surface"])
        self.expect_states(window, "asked", "inhibited")

    def test_given_back(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter")
        window.say("inhibit", 1)
        self.expect_states(window, "asked", "inhibited")
        window.say("inhibit", 0)
        compositor.wait("shortcuts_inhibit_end")
        self.expect_states(window, "asked", "inhibited", "host")
        window.say("inhibit", 1)
        self.expect_states(window, "asked", "inhibited", "host", "asked", "inhibited")

    def test_one_whatever_the_focus_does(self):
        compositor, window = self.bare()
        window.say("inhibit", 1)
        for _ in range(3):
            compositor.command("keyboard_enter")
            compositor.wait("shortcuts_inhibit")
            compositor.command("keyboard_leave")
            window.say("inhibit", 1)
            self.pass_all(compositor, window)
        self.assertEqual(len(compositor.find("shortcuts_inhibit")), 1)

    def test_taken_back_in_order_with_the_keys(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter")
        window.say("inhibit", 1)
        self.expect_states(window, "asked", "inhibited")
        with window.paused():
            compositor.command("key", code=KEY_LEFTALT)
            compositor.command("shortcuts", active=False)
            compositor.command("key", code=KEY_LEFTALT, pressed=False)
            compositor.command("shortcuts", active=True)
        self.expect_states(window, "asked", "inhibited", "taken-back", "inhibited")
        self.assertEqual([event.get("state", event.get("pressed"))
                          for event in window.told("shortcuts", "key")][2:],
                         [True, "taken-back", False, "inhibited"])

    def test_no_answer_stays_no_answer(self):
        compositor, window = self.bare("--shortcuts=silent")
        compositor.command("keyboard_enter")
        window.say("inhibit", 1)
        compositor.wait("shortcuts_inhibit")
        compositor.command("key", code=KEY_A)
        window.wait("key")
        self.expect_states(window, "asked")
        compositor.command("shortcuts", active=True)
        self.expect_states(window, "asked", "inhibited")

    def test_no_such_protocol(self):
        compositor, window = self.bare("--without=zwp_keyboard_shortcuts_inhibit_manager_v1")
        compositor.command("keyboard_enter")
        window.say("inhibit", 1)
        self.expect_states(window, "unsupported")
        window.say("inhibit", 0)
        self.expect_states(window, "unsupported", "host")

    def test_of_each_seat(self):
        compositor, window = self.bare("--seats=2")
        window.say("inhibit", 1)
        self.pass_all(compositor, window)
        for seat in (0, 1):
            compositor.command("keyboard_enter", seat=seat)
            compositor.wait("shortcuts_inhibit", seat=seat)
        self.expect_states(window, "asked", "inhibited")
        compositor.command("shortcuts", seat=0, active=False)
        compositor.command("seat_remove", seat=1)
        compositor.wait("shortcuts_inhibit_end", seat=1)
        self.expect_states(window, "asked", "inhibited", "taken-back")
        self.assertEqual(self.inhibitors(compositor), 1)

    def test_it_destroys_the_window(self):
        compositor, window = self.bare()
        compositor.command("keyboard_enter")
        window.say("destroy-in", "shortcuts")
        window.say("inhibit", 1)
        window.wait("destroyed")
        wait_for(lambda: not self.inhibitors(compositor), "the end of the inhibitor")


class Locks(BareCase):
    # What compositors call them, and what VMMs do.
    CAPS, NUM, SCROLL = 2, 16, 32
    SCROLL_LED, NUM_LED, CAPS_LED = 1, 2, 4

    def locked(self, *compositor_arguments):
        return self.bare(*compositor_arguments, arguments=("--lock-keys",))

    def expect_locks(self, window, *expected):
        def masks():
            return [event["mask"] for event in window.told("locks")]
        try:
            wait_for(lambda: len(masks()) >= len(expected), "the locks", timeout_s=20)
        except AssertionError:
            pass
        self.assertEqual(masks(), list(expected))

    def test_with_the_focus_and_on_change(self):
        compositor, window = self.locked()
        compositor.command("keyboard_enter")
        self.expect_locks(window, 0)
        for modifiers in (self.CAPS, self.CAPS, self.CAPS | self.NUM, self.SCROLL):
            compositor.command("lock_modifiers", locked=modifiers)
        expected = (0, self.CAPS_LED, self.CAPS_LED | self.NUM_LED, self.SCROLL_LED)
        self.expect_locks(window, *expected)
        compositor.command("keyboard_leave")
        compositor.command("keyboard_enter")
        self.expect_locks(window, *expected, self.SCROLL_LED)
        self.assertEqual({event["known"] for event in window.told("locks")}, {7})
        self.assertEqual([event["event"] for event in window.told("locks", "focus")][-2:],
                         ["focus", "locks"])

    def test_told_again_when_somebody_looks_again(self):
        compositor, window = self.locked()
        compositor.command("keyboard_enter")
        self.expect_locks(window, 0)
        compositor.command("configure", states=SUSPENDED)
        window.wait("focus", focused=False)
        compositor.command("lock_modifiers", locked=self.NUM)
        self.pass_all(compositor, window)
        self.expect_locks(window, 0)
        compositor.command("configure", states=["activated"])
        self.expect_locks(window, 0, self.NUM_LED)

    def test_a_light_that_nothing_turns_on(self):
        compositor, window = self.locked("--keymap=without-scroll")
        compositor.command("keyboard_enter")
        self.expect_locks(window, 0)
        self.assertEqual(window.told("locks")[0]["known"], self.CAPS_LED | self.NUM_LED)

    def test_no_keymap(self):
        for keymap in ("broken", "short", "huge", "none"):
            with self.subTest(keymap=keymap):
                compositor, window = self.locked(f"--keymap={keymap}")
                compositor.command("keyboard_enter")
                compositor.command("lock_modifiers", locked=self.CAPS)
                compositor.command("key", code=KEY_A)
                window.wait("key", code=KEY_A)
                self.expect_locks(window)
                warned = "keymap is no good" in window.errors
                self.assertEqual(warned, keymap != "none", window.errors)
                # The user chooses another layout.
                compositor.command("keymap", keymap="good")
                compositor.command("lock_modifiers", locked=self.CAPS)
                self.expect_locks(window, self.CAPS_LED)
                compositor.command("keymap", keymap=keymap)
                compositor.command("lock_modifiers", locked=self.NUM)
                compositor.command("key", code=KEY_A)
                window.wait("key", count=2)
                self.expect_locks(window, self.CAPS_LED)

    def test_not_asked_for(self):
        compositor, window = self.bare("--keymap=broken")
        compositor.command("keyboard_enter")
        compositor.command("lock_modifiers", locked=self.CAPS)
        compositor.command("key", code=KEY_A)
        window.wait("key", code=KEY_A)
        self.expect_locks(window)
        self.assertEqual(window.errors, "")

    def test_they_destroy_the_window(self):
        compositor, window = self.locked()
        window.say("destroy-in", "locks")
        self.pass_all(compositor, window)
        compositor.command("keyboard_enter")
        window.wait("destroyed")
