"""Nothing of what the user does makes a window allocate."""

from alloc_count import AllocCount, THE_PROGRAM
from bare_window import BareCase
from viewer import program as viewer

ROUNDS = 20


class Allocations(BareCase):
    sanitize = False  # they have taken malloc's place

    def counted(self, *compositor_arguments):
        """Also a function: how often the program has allocated since it was last asked."""
        count = AllocCount(viewer(), self.path("allocations"))
        compositor, window = self.bare(*compositor_arguments, arguments=("--lock-keys",),
                                       **count.environment)
        before = 0

        def since():
            nonlocal before
            self.pass_all(compositor, window)
            seen = count.allocations()[THE_PROGRAM]
            made, before = seen - before, seen
            return made
        return compositor, window, since

    def play(self, compositor, since, *round_of_commands):
        """Once to begin with, when whatever there has to be may be made."""
        for i in range(1 + ROUNDS):
            if i == 1:
                since()
            for name, arguments in round_of_commands:
                compositor.command(name, **{key: i + value if key in ("x", "y") else value
                                            for key, value in arguments.items()})
        self.assertEqual(since(), 0)

    def test_keys(self):
        compositor, window, since = self.counted()
        self.play(compositor, since,
                  ("keyboard_enter", {"keys": [42]}), ("key", {"code": 30, "pressed": True}),
                  ("lock_modifiers", {"locked": 2}), ("key", {"code": 30, "pressed": False}),
                  ("lock_modifiers", {"locked": 0}), ("keyboard_leave", {}))
        self.assertEqual(len(window.told("key")), 2 * (1 + ROUNDS))
        self.assertEqual(len(window.told("locks")), 3 * (1 + ROUNDS))

    def test_pointer(self):
        compositor, window, since = self.counted()
        window.say("cursor", "24x24", 1, 1)
        self.play(compositor, since,
                  ("pointer_enter", {"x": 1, "y": 1}), ("motion", {"x": 2, "y": 2}),
                  ("button", {"pressed": True}), ("axis", {"value120": 30}),
                  ("axis_smooth", {"value": 3}), ("button", {"pressed": False}),
                  ("pointer_leave", {}))
        self.assertEqual(len(window.told("button")), 2 * (1 + ROUNDS))

    def test_locked(self):
        compositor, window, since = self.counted("--grant-locks")
        compositor.command("pointer_enter", x=1, y=1)
        window.wait("hover")
        window.say("cursor", "24x24", 1, 1)
        window.say("lock")
        window.wait("pointer_locked")
        self.play(compositor, since, ("relative", {"dx": 1, "dy": 0.5}), ("axis", {}))
        for x in range(ROUNDS):
            window.say("hint", x, 5)
            window.say("cursor-position", x, 5)
        self.assertEqual(since(), 0)
        self.assertEqual(len(window.told("relative")), 1 + ROUNDS)

    def test_fingers(self):
        compositor, window, since = self.counted()
        self.play(compositor, since,
                  ("touch", {"phase": "down", "id": 1, "x": 1, "y": 1}),
                  ("touch", {"phase": "down", "id": 2, "x": 9, "y": 9}),
                  ("touch", {"phase": "motion", "id": 1, "x": 3, "y": 3}),
                  ("touch", {"phase": "up", "id": 1}), ("touch", {"phase": "cancel"}))
        self.assertEqual(len(window.told("touch")), 5 * (1 + ROUNDS))

    def test_pens(self):
        compositor, window, since = self.counted()
        window.say("cursor", "24x24", 1, 1)
        compositor.command("tablet_add")
        compositor.command("tool_add")
        self.play(compositor, since,
                  ("tool", {"in": True, "x": 1, "y": 1}),
                  ("tool", {"x": 2, "y": 2, "pressure": 5, "tilt": [1, 2], "down": True}),
                  ("tool", {"button": 0x14b, "pressed": True}),
                  ("tool", {"button": 0x14b, "pressed": False, "down": False}),
                  ("tool", {"out": True}))
        self.assertEqual(len(window.told("button")), 2 * (1 + ROUNDS))
