"""Who has the pointer and the host's key combinations, as the options and the user say."""

from test_mini_input import (BTN_LEFT, InputCase, KEY_A, KEY_G, KEY_LEFTALT, KEY_LEFTCTRL)

KEY_TAB, KEY_L, KEY_LEFTMETA, KEY_F = 15, 38, 125, 33
FREE_KEYS = "press Ctrl+Alt+G to free the keyboard"


class GrabCase(InputCase):
    def press(self, compositor, *codes):
        for pressed in (True, False):
            for code in codes:
                compositor.command("key", code=code, pressed=pressed)

    def focus(self, compositor):
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=10, y=10)

    def wait_for_title(self, compositor, text, since=0):
        return compositor.wait("title", since=since, where=lambda event: text in event["title"])

    def assert_not_asked(self, compositor):
        """Nobody asked for the host's combinations, and what was pressed has arrived by now."""
        self.press(compositor, KEY_A)
        self.expect(["key 30 down", "key 30 up"], "key")
        self.assertEqual(compositor.find("shortcuts_inhibit"), [])


class Keys(GrabCase):
    def test_on_full_screen(self):
        compositor, _ = self.shown()
        self.focus(compositor)
        compositor.command("button", code=BTN_LEFT)
        self.assert_not_asked(compositor)
        compositor.command("configure", states=["activated", "fullscreen"], width=800, height=600)
        compositor.wait("shortcuts_inhibit")
        self.wait_for_title(compositor, FREE_KEYS)
        # What the host would have taken.
        self.press(compositor, KEY_LEFTMETA)
        self.expect(["key 30 down", "key 30 up", "key 125 down", "key 125 up"], "key")
        compositor.command("configure", states=["activated"], width=320, height=200)
        compositor.wait("shortcuts_inhibit_end")

    def test_with_every_click(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always",))
        self.focus(compositor)
        self.assert_not_asked(compositor)
        compositor.command("button", code=BTN_LEFT)
        compositor.wait("shortcuts_inhibit")
        self.wait_for_title(compositor, FREE_KEYS)
        mark = compositor.mark()
        self.press(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_G)
        compositor.wait("shortcuts_inhibit_end", since=mark)
        compositor.wait("title", since=mark, where=lambda event: "free" not in event["title"])

    def test_with_the_focus(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always", "--grab=focus"))
        compositor.command("keyboard_enter")
        compositor.wait("shortcuts_inhibit")

    def test_with_the_pointer(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always", "--grab=hover"))
        compositor.command("keyboard_enter")
        self.assert_not_asked(compositor)
        compositor.command("pointer_enter", x=10, y=10)
        compositor.wait("shortcuts_inhibit")

    def test_only_by_the_hotkey(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always", "--grab=off"))
        self.focus(compositor)
        compositor.command("button", code=BTN_LEFT)
        self.assert_not_asked(compositor)
        self.press(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_G)
        compositor.wait("shortcuts_inhibit")

    def test_never(self):
        compositor, _ = self.shown(arguments=("--capture-keys=never", "--grab=focus"))
        self.focus(compositor)
        compositor.command("configure", states=["activated", "fullscreen"], width=800, height=600)
        self.press(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_G)
        self.expect(["key 29 down", "key 56 down", "key 29 up", "key 56 up"], "key")
        self.press(compositor, KEY_A)
        self.expect(["key 29 down", "key 56 down", "key 29 up", "key 56 up", "key 30 down",
                     "key 30 up"], "key")
        self.assertEqual(compositor.find("shortcuts_inhibit"), [])

    def test_taken_back_by_the_compositor(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always", "--grab=focus"))
        compositor.command("keyboard_enter")
        self.wait_for_title(compositor, FREE_KEYS)
        compositor.command("key", code=KEY_A)
        self.expect(["key 30 down"], "key")
        compositor.command("shortcuts", active=False)
        # Its release may be meant for the compositor.
        self.expect(["key 30 down", "key 30 up"], "key")
        self.wait_for_title(compositor, "the desktop has taken its keys back")
        compositor.command("shortcuts", active=True)
        self.wait_for_title(compositor, FREE_KEYS)

    def test_no_answer(self):
        compositor, run = self.shown(arguments=("--capture-keys=always", "--grab=focus"),
                                     compositor_arguments=("--shortcuts=silent",))
        compositor.command("keyboard_enter")
        compositor.wait("shortcuts_inhibit")
        self.wait_for_title(compositor, "waiting for an answer, or denied")
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertIn("flatpak permission-set gnome shortcuts-inhibitor vitrine.desktop GRANTED",
                      run.errors)

    def test_a_compositor_without(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always", "--grab=focus"),
                                   compositor_arguments=(
                                       "--without=zwp_keyboard_shortcuts_inhibit_manager_v1",))
        compositor.command("keyboard_enter")
        self.wait_for_title(compositor, "this desktop keeps its keys")
        self.assert_not_asked(compositor)


class PassKeys(GrabCase):
    def test_the_host_has_them(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always", "--grab=focus",
                                              "--pass-keys=alt+tab"))
        compositor.command("keyboard_enter")
        compositor.wait("shortcuts_inhibit")
        # The compositor takes the Tab, as it may while the modifier is down.
        compositor.command("key", code=KEY_LEFTALT)
        compositor.wait("shortcuts_inhibit_end")
        compositor.command("keyboard_leave")
        compositor.command("keyboard_enter", keys=[])
        compositor.wait("shortcuts_inhibit", count=2)
        self.press(compositor, KEY_A)
        self.expect(["key 30 down", "key 30 up"], "key")

    def test_others_are_the_guests(self):
        compositor, _ = self.shown(arguments=("--capture-keys=always", "--grab=focus",
                                              "--pass-keys=alt+tab"))
        compositor.command("keyboard_enter")
        compositor.wait("shortcuts_inhibit")
        for code in (KEY_LEFTALT, KEY_L):
            compositor.command("key", code=code)
        compositor.wait("shortcuts_inhibit", count=2)
        for code in (KEY_L, KEY_LEFTALT):
            compositor.command("key", code=code, pressed=False)
        self.expect(["key 56 down", "key 38 down", "key 38 up", "key 56 up"], "key")
        # It does not want Alt+Tab: that is not for the guest either.
        for pressed in (True, False):
            for code in (KEY_LEFTALT, KEY_TAB):
                compositor.command("key", code=code, pressed=pressed)
        self.press(compositor, KEY_A)
        self.expect(["key 56 down", "key 38 down", "key 38 up", "key 56 up", "key 30 down",
                     "key 30 up"], "key")


class RelativePointer(GrabCase):
    def shown_relative(self, *arguments):
        return self.shown("pointer 0 relative", "update 0 0,0,320x200", "wait-answers",
                          arguments=arguments)

    def test_hover_locks_it(self):
        compositor, run = self.shown_relative("--grab=hover")
        self.wait_for_record(2, "answer")
        self.focus(compositor)
        compositor.wait("lock_pointer")
        compositor.command("constrain", active=True)
        self.wait_for_title(compositor, "press Ctrl+Alt+G to free the pointer")
        # No click is lost on the way.
        compositor.command("button", code=BTN_LEFT)
        compositor.command("button", code=BTN_LEFT, pressed=False)
        self.expect(["button 272 down", "button 272 up"], "button")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_off_does_not(self):
        compositor, _ = self.shown_relative("--grab=off")
        self.wait_for_record(2, "answer")
        self.focus(compositor)
        compositor.command("button", code=BTN_LEFT)
        compositor.command("button", code=BTN_LEFT, pressed=False)
        self.expect(["button 272 down", "button 272 up"], "button")
        self.assertEqual(compositor.find("lock_pointer"), [])
        self.press(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_G)
        compositor.wait("lock_pointer")

    def test_another_chord_is_in_the_title(self):
        compositor, _ = self.shown_relative("--grab=focus", "--hotkeys=release-cursor=shift+f12")
        self.wait_for_record(2, "answer")
        self.focus(compositor)
        compositor.wait("lock_pointer")
        compositor.command("constrain", active=True)
        mark = compositor.mark()
        self.wait_for_title(compositor, "press Shift+F12 to free the pointer")
        self.press(compositor, 42, 88)
        compositor.wait("constraint_destroy", since=mark)
