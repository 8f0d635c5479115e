"""Keys, pointer, wheel and touch reach the guest in order; its cursor becomes the host's."""

import os
import shutil
import tempfile

import picture
from mini_case import MiniCase, RED, rgba_pattern
from viewer import wait_for

WIDTH, HEIGHT = 320, 200
SIZE = f"{WIDTH}x{HEIGHT}"
SHOWN = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}")

KEY_A, KEY_B, KEY_LEFTSHIFT, KEY_LEFTCTRL, KEY_LEFTALT, KEY_G, KEY_S = 30, 48, 42, 29, 56, 34, 31
BTN_LEFT, BTN_RIGHT, BTN_SIDE = 0x110, 0x111, 0x113
INPUT = ("key", "button", "motion", "relative", "wheel", "touch")


class InputCase(MiniCase):
    sanitize = True

    def shown(self, *lines, compositor_arguments=(), arguments=(), **variables):
        compositor = self.compositor(*compositor_arguments)
        run = self.show(compositor, *SHOWN, *lines, arguments=arguments, **variables)
        compositor.wait("commit", role="toplevel", attached=True)
        # The cursor and the pointer mode of the script are known when this has gone through.
        self.wait_for_record(1, "answer")
        return compositor, run

    def brief(self, *events):
        """The record as short texts."""
        texts = []
        for event in self.record(*(events or INPUT)):
            kind = event["event"]
            if kind in ("key", "button"):
                texts.append(f"{kind} {event['code']} {'down' if event['pressed'] else 'up'}")
            elif kind == "motion":
                texts.append(f"motion {event['x']:g},{event['y']:g}")
            elif kind == "relative":
                texts.append(f"relative {event['dx']:g},{event['dy']:g}")
            elif kind == "wheel":
                texts.append(f"wheel {event['dx_120']},{event['dy_120']}")
            elif kind == "touch":
                place = (f" {event['x']:g},{event['y']:g}"
                         if event["phase"] in ("begin", "update") else "")
                texts.append(f"touch {event['slot']} {event['phase']}{place}")
        return texts

    def expect(self, expected, *events):
        try:
            wait_for(lambda: len(self.brief(*events)) >= len(expected), "input", timeout_s=20)
        except AssertionError:
            pass
        self.assertEqual(self.brief(*events), expected)


class Keys(InputCase):
    def key(self, compositor, *keys):
        for code, pressed in keys:
            compositor.command("key", code=code, pressed=pressed)

    def test_in_order(self):
        compositor, _ = self.shown()
        compositor.command("keyboard_enter")
        self.key(compositor, (KEY_LEFTSHIFT, True), (KEY_A, True), (KEY_A, False), (KEY_B, True),
                 (KEY_LEFTSHIFT, False), (KEY_B, False))
        self.expect(["key 42 down", "key 30 down", "key 30 up", "key 48 down", "key 42 up",
                     "key 48 up"])

    def test_released_when_the_focus_goes(self):
        compositor, _ = self.shown()
        compositor.command("keyboard_enter")
        self.key(compositor, (KEY_LEFTALT, True), (KEY_A, True))
        compositor.command("keyboard_leave")
        wait_for(lambda: len(self.brief()) >= 4, "the releases", timeout_s=20)
        found = self.brief()
        self.assertEqual(found[:2], ["key 56 down", "key 30 down"])
        self.assertEqual(sorted(found[2:]), ["key 30 up", "key 56 up"])

    def test_keys_held_on_entering_are_not_pressed(self):
        compositor, _ = self.shown()
        compositor.command("keyboard_enter", keys=[KEY_A, KEY_LEFTALT])
        # Their releases are none of the guest's business, but Alt+B is what the user sees.
        self.key(compositor, (KEY_A, False), (KEY_B, True), (KEY_B, False), (KEY_LEFTALT, False))
        self.expect(["key 56 down", "key 48 down", "key 48 up", "key 56 up"])

    def test_keys_are_kept_for_games(self):
        compositor, run = self.shown(arguments=("--no-release-keys",))
        compositor.command("keyboard_enter")
        self.key(compositor, (KEY_A, True), (KEY_B, True))
        compositor.command("keyboard_leave")
        compositor.command("keyboard_enter", keys=[KEY_A])
        # B was let go of meanwhile.
        self.expect(["key 30 down", "key 48 down", "key 48 up"])
        compositor.command("close")
        self.assertEqual(run.wait(), 0, run.story())
        self.assertEqual(self.brief()[3:], ["key 30 up"])

    def test_keys_that_are_others(self):
        compositor, _ = self.shown(arguments=("--keymap", "Caps_Lock=Control_L,b=,F1=Shift_L+a"))
        compositor.command("keyboard_enter")
        for code in (58, KEY_B, 59):
            self.key(compositor, (code, True), (code, False))
        self.expect(["key 29 down", "key 29 up", "key 42 down", "key 30 down", "key 30 up",
                     "key 42 up"])

    def test_what_is_typed_for_the_user(self):
        compositor, _ = self.shown(arguments=("--hotkeys", "secure-attention=F12"))
        compositor.command("keyboard_enter")
        self.key(compositor, (88, True), (88, False))
        self.expect(["key 29 down", "key 56 down", "key 111 down", "key 111 up", "key 56 up",
                     "key 29 up"])

    def test_no_lone_super(self):
        compositor, _ = self.shown()
        compositor.command("keyboard_enter")
        self.key(compositor, (125, True))
        compositor.command("keyboard_leave")
        compositor.command("keyboard_enter", keys=[])
        self.key(compositor, (125, True), (KEY_A, True), (KEY_A, False), (125, False))
        self.expect(["key 125 down", "key 30 down", "key 30 up", "key 125 up"])

    def test_released_when_the_viewer_leaves(self):
        compositor, run = self.shown()
        compositor.command("keyboard_enter")
        self.key(compositor, (KEY_LEFTCTRL, True))
        self.expect(["key 29 down"])
        compositor.command("close")
        self.assertEqual(run.wait(), 0, run.story())
        self.assertEqual(self.brief(), ["key 29 down", "key 29 up"])

    def test_released_when_the_compositor_drops_us(self):
        compositor, _ = self.shown()
        compositor.command("keyboard_enter")
        self.key(compositor, (KEY_A, True))
        self.expect(["key 30 down"])
        compositor.command("disconnect")
        self.expect(["key 30 down", "key 30 up"])


class Snapshot(InputCase):
    """Ctrl+Alt+S."""

    def setUp(self):
        super().setUp()
        self.pictures = tempfile.mkdtemp(prefix="vitrine-pictures-")
        self.addCleanup(shutil.rmtree, self.pictures)

    def press(self, compositor):
        for pressed in (True, False):
            for code in (KEY_LEFTCTRL, KEY_LEFTALT, KEY_S):
                compositor.command("key", code=code, pressed=pressed)

    def test_a_file_among_the_users_pictures(self):
        compositor, run = self.shown("draw a rgba", f"update 0 0,0,{SIZE}", "wait-answers",
                                     XDG_PICTURES_DIR=self.pictures)
        self.wait_for_record(2, "answer")
        compositor.command("keyboard_enter")
        self.press(compositor)
        title = compositor.wait("title", where=lambda event: "saved" in event["title"])
        name, = os.listdir(self.pictures)
        self.assertRegex(name, r"^mini 0 \d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.png$")
        self.assertIn(name, title["title"])
        self.assertEqual(picture.load(os.path.join(self.pictures, name)).rgb,
                         rgba_pattern(WIDTH, HEIGHT).rgb)
        # Never over one that is there, and the words go.
        mark = compositor.mark()
        self.press(compositor)
        compositor.wait("title", since=mark, where=lambda event: "saved" in event["title"])
        self.assertEqual(len(os.listdir(self.pictures)), 2)
        compositor.wait("title", since=mark, where=lambda event: "saved" not in event["title"])
        self.assertNotIn(KEY_S, {event["code"] for event in self.record("key")})
        self.assertEqual(run.terminate(), 0, run.story())

    def test_no_room(self):
        folder = os.path.join(self.pictures, "away")
        os.mkdir(folder)
        compositor, run = self.shown(XDG_PICTURES_DIR=folder)
        os.chmod(folder, 0o500)
        if os.access(folder, os.W_OK):
            # root may write anywhere: a folder that is none.
            os.rmdir(folder)
            os.symlink("/proc/self", folder)
        compositor.command("keyboard_enter")
        self.press(compositor)
        compositor.wait("title", where=lambda event: "no picture saved: " in event["title"])
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertRegex(run.errors, "cannot save a picture of console 0 as .*/mini 0 ")


class Pointer(InputCase):
    def test_motion_and_buttons_in_order(self):
        compositor, _ = self.shown("pointer 0 absolute")
        compositor.command("pointer_enter", x=10, y=20)
        compositor.command("motion", x=100, y=50)
        compositor.command("button", code=BTN_LEFT, pressed=True)
        compositor.command("motion", x=110.5, y=60.25)
        compositor.command("button", code=BTN_LEFT, pressed=False)
        compositor.command("button", code=BTN_SIDE, pressed=True)
        compositor.command("button", code=BTN_SIDE, pressed=False)
        self.expect(["motion 10,20", "motion 100,50", "button 272 down", "motion 110.5,60.25",
                     "button 272 up", "button 275 down", "button 275 up"])

    def test_motion_of_one_frame_is_one_event(self):
        compositor, _ = self.shown("pointer 0 absolute")
        compositor.command("pointer_enter", x=0, y=0)
        compositor.command("motion", x=1, y=1, frame=False)
        compositor.command("motion", x=2, y=2, frame=False)
        compositor.command("motion", x=30, y=40)
        self.expect(["motion 0,0", "motion 30,40"])

    def test_a_click_stays_where_it_was(self):
        compositor, _ = self.shown("pointer 0 absolute")
        compositor.command("pointer_enter", x=0, y=0)
        compositor.command("motion", x=5, y=5, frame=False)
        compositor.command("button", pressed=True, frame=False)
        compositor.command("motion", x=9, y=9, frame=False)
        compositor.command("button", pressed=False)
        self.expect(["motion 0,0", "motion 5,5", "button 272 down", "motion 9,9", "button 272 up"])

    def test_guest_pixels_in_a_letterbox(self):
        compositor, _ = self.shown("pointer 0 absolute", "unresizable 0")
        answer = compositor.command("configure", width=640, height=640, states=["maximized"])
        compositor.wait("ack_configure", serial=answer["serial"])
        compositor.wait("commit", role="toplevel", width=640, height=640)
        # The picture is at 0,120 and twice as large; on the bars it ends at the edge.
        compositor.command("pointer_enter", x=320, y=320)
        compositor.command("motion", x=10, y=130)
        compositor.command("motion", x=100, y=5)
        compositor.command("motion", x=639, y=519)
        wait_for(lambda: len(self.brief()) >= 4, "the motions", timeout_s=20)
        found = [(event["x"], event["y"]) for event in self.record("motion")]
        self.assertEqual(found[:3], [(160, 100), (5, 5), (50, 0)])
        self.assertTrue(318.5 < found[3][0] < 320 and 198.5 < found[3][1] < 200, found)

    def test_buttons_are_released_when_the_pointer_leaves_for_good(self):
        compositor, run = self.shown("pointer 0 absolute")
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=1, y=1)
        compositor.command("button", code=BTN_RIGHT, pressed=True)
        self.expect(["button 273 down"], "button")
        compositor.command("keyboard_leave")
        self.expect(["button 273 down", "button 273 up"], "button")
        self.assertTrue(run.running())


class Wheel(InputCase):
    def test_steps_and_parts_of_them(self):
        compositor, _ = self.shown()
        compositor.command("pointer_enter", x=1, y=1)
        for value in (120, -120, 30, -240):
            compositor.command("axis", value120=value)
        compositor.command("axis", value120=120, horizontal=True)
        self.expect(["wheel 0,120", "wheel 0,-120", "wheel 0,30", "wheel 0,-240", "wheel 120,0"],
                    "wheel")

    def test_both_axes_in_one_frame(self):
        compositor, _ = self.shown()
        compositor.command("pointer_enter", x=1, y=1)
        compositor.command("axis", value120=60, frame=False)
        compositor.command("axis", value120=-120, horizontal=True)
        wait_for(lambda: self.record("wheel"), "the wheel", timeout_s=20)
        events = self.record("wheel")
        self.assertEqual((sum(event["dx_120"] for event in events),
                          sum(event["dy_120"] for event in events)), (-120, 60))

    def test_old_compositors_send_whole_steps(self):
        for version in (5, 7):
            with self.subTest(version=version):
                compositor, run = self.shown(compositor_arguments=(f"--global=wl_seat:{version}",))
                compositor.command("pointer_enter", x=1, y=1)
                compositor.command("axis", value120=240)
                compositor.command("axis", value120=-120)
                self.expect(["wheel 0,240", "wheel 0,-120"], "wheel")
                run.terminate()

    def test_touchpads_lose_nothing(self):
        compositor, _ = self.shown()
        compositor.command("pointer_enter", x=1, y=1)
        for _ in range(40):
            compositor.command("axis_smooth", value=0.75)
        # 30 units are two steps of a wheel.

        def total():
            return sum(event["dy_120"] for event in self.record("wheel"))
        wait_for(lambda: total() >= 240, "240, not the sum of " + str(self.record("wheel")),
                 timeout_s=20)
        self.assertEqual(total(), 240)


class Touch(InputCase):
    def test_two_fingers(self):
        compositor, _ = self.shown()
        compositor.command("touch", phase="down", id=7, x=10, y=20)
        compositor.command("touch", phase="down", id=9, x=100, y=110)
        compositor.command("touch", phase="motion", id=7, x=15, y=25)
        compositor.command("touch", phase="up", id=7)
        compositor.command("touch", phase="down", id=7, x=1, y=2)
        compositor.command("touch", phase="up", id=9)
        compositor.command("touch", phase="up", id=7)
        self.expect(["touch 0 begin 10,20", "touch 1 begin 100,110", "touch 0 update 15,25",
                     "touch 0 end", "touch 0 begin 1,2", "touch 1 end", "touch 0 end"])

    def test_cancel(self):
        compositor, _ = self.shown()
        compositor.command("touch", phase="down", id=0, x=10, y=20)
        compositor.command("touch", phase="cancel")
        self.expect(["touch 0 begin 10,20", "touch 0 cancel"])
        compositor.command("touch", phase="down", id=3, x=5, y=6)
        self.expect(["touch 0 begin 10,20", "touch 0 cancel", "touch 0 begin 5,6"])


class Warped(InputCase):
    """A guest that puts its pointer somewhere itself."""

    def test_the_hosts_follows(self):
        compositor, run = self.shown(
            "cursor 0 8x8 hot 2,2", "repeat 200", "sleep 100", "cursor-position 0 200,100 on",
            "end", compositor_arguments=("--grant-locks",))
        compositor.command("pointer_enter", x=10, y=10)
        compositor.command("motion", x=12, y=10)
        # As the guest sees it: its own place, once and not again.
        wait_for(lambda: "motion 202,102" in self.places(), "the pointer to follow", timeout_s=20)
        self.assertEqual(self.places()[-1], "motion 202,102")
        # Where the user takes it then it is.
        compositor.command("motion", x=50, y=60)
        wait_for(lambda: self.places()[-1] == "motion 50,60", "the user's", timeout_s=20)
        self.assertEqual(run.terminate(), 0, run.story())

    def places(self):
        return [f"motion {int(event['x'])},{int(event['y'])}" for event in self.record("motion")]


class Locked(InputCase):
    """A guest with a relative mouse."""

    def locked(self, *lines):
        compositor, run = self.shown("pointer 0 relative", *lines)
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=50, y=50)
        compositor.command("button", pressed=True)
        compositor.command("button", pressed=False)
        lock = compositor.wait("lock_pointer")
        self.assertEqual(lock["surface"], compositor.find("toplevel")[0]["surface"])
        compositor.command("constrain", active=True)
        return compositor, run

    def test_unaccelerated_motion(self):
        compositor, _ = self.locked()
        compositor.command("relative", dx=3, dy=-4.5)
        compositor.command("button", code=BTN_LEFT, pressed=True)
        compositor.command("button", code=BTN_LEFT, pressed=False)
        wait_for(lambda: self.record("relative"), "the motion", timeout_s=20)
        self.expect(["relative 3,-4.5"], "relative")
        self.assertEqual(self.record("motion"), [])

    def test_the_guests_own_cursor_is_to_be_seen(self):
        """On the picture, where the guest has it; the host's is hidden."""
        compositor, run = self.locked("cursor 0 8x8 hot 2,2 solid ff0000ff",
                                      "cursor-position 0 40,30 on")

        def marked():
            shown = compositor.screenshot()
            return {(x, y) for y in range(HEIGHT) for x in range(WIDTH)
                    if shown.pixel(x, y) == RED}
        expected = {(x, y) for y in range(30, 38) for x in range(40, 48)}
        wait_for(lambda: marked() == expected, "the cursor on the picture", timeout_s=20)
        # Free again it is the host's, and nothing is drawn.
        compositor.command("constrain", active=False)
        wait_for(lambda: not marked(), "it to go", timeout_s=20)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_comes_back_where_the_guest_has_its_own(self):
        compositor, _ = self.locked("cursor 0 8x8 hot 2,2 solid ff0000ff",
                                    "cursor-position 0 40,30 on")
        compositor.wait("title", where=lambda event: "Ctrl" in event["title"])
        for code in (KEY_LEFTCTRL, KEY_LEFTALT, KEY_G):
            compositor.command("key", code=code, pressed=True)
        end = compositor.wait("constraint_destroy")
        self.assertEqual((end["hint"], int(end["x"]), int(end["y"])), (True, 42, 32))

    def test_the_hotkey_frees_it(self):
        compositor, _ = self.locked()
        compositor.wait("title", where=lambda event: "Ctrl" in event["title"])
        for code in (KEY_LEFTCTRL, KEY_LEFTALT, KEY_G):
            compositor.command("key", code=code, pressed=True)
        compositor.wait("constraint_destroy")
        for code in (KEY_G, KEY_LEFTALT, KEY_LEFTCTRL):
            compositor.command("key", code=code, pressed=False)

        def balanced():
            held = {}
            for event in self.record("key"):
                held[event["code"]] = event["pressed"]
            return not any(held.values())
        wait_for(balanced, "all keys to be up", timeout_s=20)
        self.assertNotIn(KEY_G, {event["code"] for event in self.record("key")})

    def test_losing_the_focus_frees_it(self):
        compositor, _ = self.locked()
        compositor.wait("title", where=lambda event: "Ctrl" in event["title"])
        compositor.command("keyboard_leave")
        compositor.wait("constraint_destroy")

    def test_the_compositor_frees_it(self):
        compositor, run = self.locked()
        compositor.wait("title", where=lambda event: "Ctrl" in event["title"])
        mark = compositor.mark()
        compositor.command("constrain", active=False)
        compositor.wait("title", since=mark, where=lambda event: "Ctrl" not in event["title"])
        self.assertTrue(run.running())

    def test_a_click_brings_it_back(self):
        compositor, run = self.locked()
        compositor.wait("title", where=lambda event: "Ctrl" in event["title"])
        mark = compositor.mark()
        compositor.command("constrain", active=False)
        compositor.wait("title", since=mark, where=lambda event: "Ctrl" not in event["title"])
        for pressed in (True, False):
            compositor.command("button", pressed=pressed)
        compositor.wait("lock_pointer", since=mark)
        compositor.command("constrain", active=True)
        compositor.wait("title", since=mark, where=lambda event: "Ctrl" in event["title"])
        # That one was for us; from now on they are the guest's again.
        for pressed in (True, False):
            compositor.command("button", pressed=pressed)
        self.expect(["button 272 down", "button 272 up"], "button")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_without_constraints_it_says_so(self):
        compositor, run = self.shown(
            "pointer 0 relative", compositor_arguments=("--without=zwp_pointer_constraints_v1",))
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=50, y=50)
        compositor.command("button", pressed=True)
        compositor.command("button", pressed=False)
        wait_for(lambda: "constraint" in run.errors, "the warning")
        self.assertTrue(run.running())


class Cursor(InputCase):
    def entered(self, *lines):
        compositor, run = self.shown(*lines)
        compositor.command("pointer_enter", x=50, y=50)
        return compositor, run

    def test_picture_and_hotspot(self):
        compositor, _ = self.entered("cursor 0 24x32 hot 5,7 solid ff0000ff")
        cursor = compositor.wait("set_cursor", serial_is_latest=True,
                                 where=lambda event: event["surface"])
        self.assertEqual((cursor["hot_x"], cursor["hot_y"]), (5, 7))
        commit = compositor.wait("commit", surface=cursor["surface"], attached=True)
        self.assertEqual((commit["width"], commit["height"]), (24, 32))
        look = compositor.screenshot(surface=cursor["surface"])
        self.assertEqual({look.pixel(x, y) for x in (0, 23) for y in (0, 31)}, {RED})

    def test_its_alpha_counts(self):
        compositor, _ = self.entered("cursor 0 16x16 hot 0,0 solid ff000080")
        cursor = compositor.wait("set_cursor", where=lambda event: event["surface"])
        compositor.wait("commit", surface=cursor["surface"], attached=True)
        over_white = compositor.screenshot(surface=cursor["surface"], background=0xffffff)
        over_black = compositor.screenshot(surface=cursor["surface"], background=0)
        self.assertEqual(over_white.pixel(3, 3), (255, 127, 127))
        self.assertEqual(over_black.pixel(3, 3), (128, 0, 0))

    def test_a_new_one_while_the_pointer_is_there(self):
        compositor, _ = self.entered("repeat 10000", "cursor 0 24x32 hot 5,7 solid ff0000ff",
                                     "sleep 50", "cursor 0 48x48 hot 20,21 solid 00ff00ff",
                                     "sleep 50", "cursor 0 none", "sleep 50", "end")
        compositor.wait("set_cursor", hot_x=5, hot_y=7)
        cursor = compositor.wait("set_cursor", hot_x=20, hot_y=21)
        compositor.wait("commit", surface=cursor["surface"], width=48, height=48)
        compositor.wait("set_cursor", surface=None)

    def test_its_hotspot_when_the_picture_is_shown_larger(self):
        compositor = self.compositor()
        self.show(compositor, "head 0", "scanout 0 a memory XRGB8888 320x200",
                  "update 0 0,0,320x200", "cursor 0 24x32 hot 5,7 solid ff0000ff", "sleep 2000",
                  "scanout 0 b memory XRGB8888 160x100", "update 0 0,0,160x100",
                  arguments=("--auto-resize=never",))
        compositor.wait("commit", role="toplevel", width=320, height=200)
        compositor.command("configure", width=640, height=400, states=["maximized"])
        compositor.command("pointer_enter", x=50, y=50)
        compositor.wait("set_cursor", hot_x=10, hot_y=14)
        compositor.wait("set_cursor", hot_x=20, hot_y=28)

    def test_sent_again_at_every_entry(self):
        compositor, _ = self.entered("cursor 0 24x32 hot 5,7 solid ff0000ff")
        compositor.wait("set_cursor", hot_x=5, hot_y=7, serial_is_latest=True)
        compositor.command("pointer_leave")
        mark = compositor.mark()
        compositor.command("pointer_enter", x=60, y=60)
        compositor.wait("set_cursor", since=mark, hot_x=5, hot_y=7, serial_is_latest=True)

    def test_hidden_by_its_position(self):
        """How virtio-gpu hides it: the picture stays, MouseSet says that it is off."""
        compositor, _ = self.entered("repeat 10000", "cursor 0 24x32 hot 5,7 solid ff0000ff",
                                     "cursor-position 0 5,5 on", "sleep 50",
                                     "cursor-position 0 5,5 off", "sleep 50", "end")
        compositor.wait("set_cursor", hot_x=5, hot_y=7)
        mark = compositor.mark()
        compositor.wait("set_cursor", since=mark, surface=None)
        compositor.wait("set_cursor", since=mark, hot_x=5, hot_y=7)

    def test_hidden(self):
        compositor, _ = self.entered("cursor 0 none")
        compositor.wait("set_cursor", surface=None, serial_is_latest=True)

    def test_the_hosts_arrow_before_the_guest_has_one(self):
        compositor, _ = self.entered()
        compositor.wait("cursor_shape", shape=1, serial_is_latest=True)

    def test_the_hosts_arrow_over_the_bars(self):
        compositor, _ = self.entered("cursor 0 24x32 hot 5,7 solid ff0000ff")
        compositor.wait("set_cursor", hot_x=5)
        answer = compositor.command("configure", width=640, height=640, states=["maximized"])
        compositor.wait("ack_configure", serial=answer["serial"])
        compositor.wait("commit", role="toplevel", width=640, height=640)
        for _ in range(2):
            mark = compositor.mark()
            compositor.command("motion", x=320, y=320)
            # Twice as large, as the picture is.
            compositor.wait("set_cursor", since=mark, hot_x=10, hot_y=14, serial_is_latest=True)
            mark = compositor.mark()
            compositor.command("motion", x=320, y=30)
            compositor.wait("cursor_shape", since=mark, shape=1, serial_is_latest=True)
