"""
--reconnect: the VM goes, and its windows stay with the last picture, dimmed, until it is back. The
test guest is gone while its script is not there.
"""

import contextlib
import json
import os
import random

from mini_case import BLACK, MiniCase, rgba_pattern, stretched
from mini_compositor import CompositorError
from picture import Picture
from viewer import DONE, VM_GONE, program, wait_for
from virtual_clock import VirtualClock

WIDTH, HEIGHT = 480, 300
SIZE = f"{WIDTH}x{HEIGHT}"
BLUE, RED = "0000ff", "ff0000"
# What is left of a channel under the veil.
VEIL = 64
DIM_BLUE = (0, 0, VEIL)
GONE, TAKEN = "the VM is gone; waiting for it", "another viewer has the VM"
KEY_A, KEY_B, KEY_F, KEY_G, KEY_1, KEY_LEFTCTRL, KEY_LEFTALT, KEY_EQUAL, KEY_ENTER = (
    30, 48, 33, 34, 2, 29, 56, 13, 28)
BTN_LEFT = 0x110
DIES = ("close ECONNRESET",)
PATHS = ("direct", "shm", "copy")


def solid(colour, width=WIDTH, height=HEIGHT):
    return Picture(width, height, bytes.fromhex(colour) * (width * height))


def picture_of(colour, memory="memory", name="a", size=SIZE, head=0):
    return (f"head {head}", f"scanout {head} {name} {memory} XRGB8888 {size}",
            f"draw {name} solid {colour}ff", f"update {head} 0,0,{size}")


def is_near(pixel, expected):
    return all(abs(a - b) <= 2 for a, b in zip(pixel, expected))


class GoneCase(MiniCase):
    sanitize = True

    def show_dying(self, compositor, *lines, arguments=(), **options):
        """A guest that shows a picture until go()."""
        return self.show(compositor, *lines, arguments=("--reconnect", *arguments), **options)

    def come(self, *lines):
        """The guest is there again, with another script."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.record_path)
        with open(self.path("next.script"), "w") as file:
            file.write("\n".join(("name mini", f"record {self.record_path}", *lines)) + "\n")
        os.rename(self.path("next.script"), self.path("guest.script"))

    def stay_away(self):
        os.unlink(self.path("guest.script"))

    def wait_for_title(self, compositor, text, since=0, run=None):
        compositor.wait("title", since=since, where=lambda event: event["title"].endswith(text))

    def tap(self, compositor, *codes):
        for pressed in (True, False):
            for code in codes:
                compositor.command("key", code=code, pressed=pressed)

    def click(self, compositor):
        for pressed in (True, False):
            compositor.command("button", code=BTN_LEFT, pressed=pressed)

    def wait_until_dim(self, compositor, run, corner=DIM_BLUE, size=(WIDTH, HEIGHT), words=True):
        """The last picture in its last pixels, dimmed; letters of ours, or none."""
        look = None

        def dim():
            nonlocal look
            self.assertTrue(run.running(), run.story())
            try:
                look = self.look(compositor)
            except CompositorError:
                return False  # between two windows
            return ((look.width, look.height) == size and
                    is_near(look.pixel(look.width // 2, look.height - 1), corner) and
                    words in (None, look.colours() > 8))
        wait_for(dim, f"a dimmed picture {corner} of {size}, not {look}")
        return look

    def words_drawn(self, compositor, run, width, height):
        """Words on black, drawn for a window of just that size."""
        compositor.command("configure", width=width, height=height)

        def whole():
            commit = compositor.find("commit", role="toplevel", attached=True)[-1]
            made = compositor.find("shm_buffer", buffer=commit["buffer"])[-1]
            return (made["width"], made["height"]) == (width, height)
        wait_for(whole, f"a picture of {width}x{height}")
        return self.wait_until_dim(compositor, run, BLACK, (width, height))

    def assert_same_window(self, compositor, count=1):
        self.assertEqual(len(compositor.find("toplevel")), count)
        self.assertEqual(compositor.find("toplevel_destroy"), [])
        self.assert_no_error(compositor)


class Gone(GoneCase):
    valgrind = True

    def test_the_last_picture_and_the_next(self):
        compositor = self.compositor("--looks")
        run = self.show_dying(compositor, *picture_of(RED), "wait-answers",
                              *picture_of(BLUE, name="b")[1:], "wait-answers", "sleep 800", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.stay_away()
        self.wait_for_title(compositor, GONE)
        look = self.wait_until_dim(compositor, run)
        # Nothing but the picture, dimmed, and letters: white ones among them, in its middle.
        self.assertTrue(is_near(look.pixel(0, 0), DIM_BLUE), look.pixel(0, 0))
        pixels = {look.pixel(x, y) for y in range(look.height) for x in range(look.width)}
        self.assertGreater(max(pixels), (240, 240, 240))
        inked = [y for y in range(look.height) if
                 any(not is_near(look.pixel(x, y), DIM_BLUE) for x in range(look.width))]
        self.assertLessEqual(abs(inked[0] + inked[-1] - look.height), look.height // 8)
        mark = compositor.mark()
        self.come(*picture_of(RED, size="320x200"))
        self.wait_for_picture(compositor, solid(RED, 320, 200), run)
        self.wait_for_title(compositor, "Head 0", since=mark)
        self.assert_same_window(compositor)
        self.assertEqual(self.record("stray-answer"), [])
        # Nothing of the one before is kept.
        wait_for(lambda: len(self.guest_inodes(run)) == 1, "its memory to be let go of")
        self.assertEqual(run.errors.count("went away"), 1, run.story())
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_without_it(self):
        compositor = self.compositor()
        run = self.show(compositor, *picture_of(BLUE), "sleep 500", *DIES)
        self.assertEqual(run.wait(), VM_GONE, run.story())

    def test_left_in_order(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "sleep 500", "quit")
        self.assertEqual(run.wait(), DONE, run.story())

    def test_whatever_way_the_picture_takes(self):
        for path in PATHS:
            with self.subTest(path):
                compositor = self.compositor()
                memory = "memory" if path == "shm" else "dmabuf"
                run = self.show_dying(compositor, *picture_of(BLUE, memory), "sleep 800", *DIES,
                                      arguments=("--path", path))
                self.wait_for_picture(compositor, solid(BLUE), run)
                self.stay_away()
                self.wait_until_dim(compositor, run)
                self.come(*picture_of(RED, memory))
                self.wait_for_picture(compositor, solid(RED), run)
                self.assert_same_window(compositor)
                self.assertEqual(run.terminate(), DONE, run.story())

    def test_in_any_size(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "follow 0", "sleep 800", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.stay_away()
        self.wait_until_dim(compositor, run)
        # As wide as high again and again: no bars, so that the picture is at the bottom.
        for width, height in ((960, 600), (1440, 900), (96, 60), (16, 10), (480, 300), (800, 500)):
            compositor.command("configure", width=width, height=height)
            words = None if width == 96 else width > 300
            self.wait_until_dim(compositor, run, size=(width, height), words=words)
        # With bars: these are no brighter.
        compositor.command("configure", width=800, height=400)
        self.wait_until_dim(compositor, run, size=(800, 400))
        self.assertEqual(self.look(compositor).pixel(1, 200), BLACK)
        # And what it comes to is told to the next one.
        self.come(*picture_of(RED), "follow 0")
        wait_for(lambda: [(event["width"], event["height"]) for event in
                          self.record("set_head")][-1:] == [(800, 400)], "the size to be told")
        self.wait_for_picture(compositor, rgba_pattern(800, 400), run)
        self.assert_same_window(compositor)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_monitor_that_is_off(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "sleep 500", "off 0", "sleep 2500",
                              *DIES)
        self.wait_for_title(compositor, "off")
        self.stay_away()
        self.wait_for_title(compositor, GONE)
        gone = self.words_drawn(compositor, run, 600, 400)
        # It is there, and still off.
        mark = compositor.mark()
        self.come("head 0")
        self.wait_for_title(compositor, "off", since=mark)
        self.words_drawn(compositor, run, 500, 300)
        self.assertTrue(self.words_drawn(compositor, run, 600, 400).difference(gone))
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_one_that_has_nothing_to_show_when_it_is_back(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "sleep 800", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.stay_away()
        self.wait_until_dim(compositor, run)
        self.come("head 0", "sleep 4000", *picture_of(RED)[1:])
        self.wait_for_title(compositor, "off")
        self.wait_until_dim(compositor, run, BLACK)
        self.wait_for_picture(compositor, solid(RED), run)
        self.assert_same_window(compositor)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_the_compositor_goes_meanwhile(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "sleep 800", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.stay_away()
        self.wait_until_dim(compositor, run)
        compositor.command("disconnect")
        compositor.wait("client", count=2)
        self.wait_until_dim(compositor, run)
        self.wait_for_title(compositor, GONE)
        self.come(*picture_of(RED))
        self.wait_for_picture(compositor, solid(RED), run)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_the_window_is_closed(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "sleep 800", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.stay_away()
        self.wait_until_dim(compositor, run)
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())


class Devices(GoneCase):
    """Keys, pointer and the desktop's combinations are the host's meanwhile."""

    def test_the_next_ones_cursor_is_followed(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "cursor 0 32x32 hot 1,1",
                              "sleep 1000", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        compositor.command("pointer_enter", x=10, y=10)
        compositor.wait("set_cursor", where=lambda event: event["surface"] is not None)
        mark = compositor.mark()
        self.stay_away()
        compositor.wait("cursor_shape", since=mark, shape=1)
        mark = compositor.mark()
        self.come(*picture_of(RED), "sleep 500", "cursor 0 16x16 hot 3,4", "sleep 500",
                  "cursor-position 0 5,5 off")
        compositor.wait("set_cursor", since=mark, hot_x=3, hot_y=4)
        compositor.wait("set_cursor", since=mark, surface=None)
        self.assert_same_window(compositor)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_all_is_let_go_of(self):
        compositor = self.compositor("--idle-inhibit")
        run = self.show_dying(compositor, *picture_of(BLUE), "pointer 0 relative",
                              "cursor 0 32x32 hot 1,1", "sleep 2500", *DIES,
                              arguments=("--capture-keys=always",))
        self.wait_for_picture(compositor, solid(BLUE), run)
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=10, y=10)
        compositor.command("button", code=BTN_LEFT, pressed=True)
        compositor.command("button", code=BTN_LEFT, pressed=False)
        compositor.wait("lock_pointer")
        compositor.command("constrain", active=True)
        compositor.wait("shortcuts_inhibit")
        compositor.wait("idle_inhibit")
        compositor.command("key", code=KEY_A, pressed=True)
        self.wait_for_record(1, "key")
        mark = compositor.mark()
        self.stay_away()
        self.wait_for_title(compositor, GONE, since=mark)
        compositor.wait("constraint_destroy", since=mark)
        compositor.wait("shortcuts_inhibit_end", since=mark)
        compositor.wait("idle_inhibit_end", since=mark)
        # The host's arrow.
        compositor.wait("cursor_shape", since=mark, shape=1)
        # Nothing is taken now, whatever is done.
        mark = compositor.mark()
        compositor.command("button", code=BTN_LEFT, pressed=True)
        compositor.command("button", code=BTN_LEFT, pressed=False)
        self.tap(compositor, KEY_B)
        compositor.command("key", code=KEY_A, pressed=False)
        self.tap(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F)
        compositor.wait("set_fullscreen", since=mark)
        self.assertEqual(compositor.find("lock_pointer", since=mark), [])
        self.assertEqual(compositor.find("shortcuts_inhibit", since=mark), [])
        # The next one has seen nothing of it, and gets what comes.
        self.come(*picture_of(RED), "pointer 0 relative")
        compositor.wait("title", since=mark, where=lambda event: GONE not in event["title"])
        compositor.wait("idle_inhibit", since=mark)
        self.tap(compositor, KEY_B)
        events = self.wait_for_record(2, "key", "button")
        # The click was into the other one.
        self.assertEqual(compositor.find("lock_pointer", since=mark), [])
        compositor.command("button", code=BTN_LEFT, pressed=True)
        compositor.command("button", code=BTN_LEFT, pressed=False)
        compositor.wait("lock_pointer", since=mark)
        compositor.wait("shortcuts_inhibit", since=mark)
        self.assertEqual([(event["code"], event["pressed"]) for event in events],
                         [(KEY_B, True), (KEY_B, False)])
        self.assertEqual(run.terminate(), DONE, run.story())


class Layout(GoneCase):
    """What the user has made of it is kept."""

    def test_zoom_full_screen_and_a_second_monitor(self):
        compositor = self.compositor("--output=DP-1:1280x800,mm=320x200")
        two = ("head 0", "head 1", *picture_of(BLUE)[1:], "follow 0", "follow 1")
        run = self.show_dying(compositor, *two, "sleep 4000", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        compositor.command("keyboard_enter")
        for code in (KEY_LEFTCTRL, KEY_LEFTALT):
            compositor.command("key", code=code, pressed=True)
        compositor.command("key", code=KEY_1 + 1, pressed=True)
        compositor.command("key", code=KEY_1 + 1, pressed=False)
        compositor.wait("toplevel", count=2)
        compositor.command("key", code=KEY_F, pressed=True)
        compositor.command("key", code=KEY_F, pressed=False)
        compositor.wait("set_fullscreen")
        compositor.command("configure", width=1280, height=800,
                           states=["activated", "fullscreen"])
        for pressed in (True, False):
            compositor.command("key", code=KEY_EQUAL, pressed=pressed)

        def told():
            sizes = {event["console"]: (event["width"], event["height"])
                     for event in self.record("set_head")}
            # At 125 %.
            return len(sizes) == 2 and sizes.get(0) == (1024, 640) and sizes
        before = wait_for(told, "both sizes to be told")
        self.stay_away()
        compositor.wait("title", where=lambda event: event["title"].endswith(GONE), count=2)
        self.come(*two)
        wait_for(lambda: told() == before, f"the same to be told, {before}, not {told()}")
        self.assert_same_window(compositor, 2)
        self.assertEqual(compositor.find("unset_fullscreen"), [])
        self.wait_for_picture(compositor, stretched(rgba_pattern(1024, 640), 1280, 800), run)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_other_console_numbers(self):
        """The same two monitors, in another order: windows are as they were, keys go by numbers."""
        compositor = self.compositor()
        run = self.show_dying(compositor, "head 0 label left", "head 1 label right",
                              *picture_of(BLUE)[1:], *picture_of(BLUE, name="b", head=1)[1:],
                              "follow 0", "follow 1", "sleep 2000", *DIES)
        left, right = (compositor.wait("title", where=lambda event: label in event["title"])
                       ["surface"] for label in ("left", "right"))
        compositor.wait("commit", surface=right, width=WIDTH, height=HEIGHT)
        self.assertEqual(self.consoles(), [(0, "left"), (1, "right")])
        self.stay_away()
        compositor.wait("title", where=lambda event: event["title"].endswith(GONE), count=2)
        mark = compositor.mark()
        self.come("head 5 label left", "head 2 label right",
                  *picture_of(RED, head=5)[1:], *picture_of(RED, name="b", head=2)[1:],
                  "follow 5", "follow 2")
        for surface in left, right:
            compositor.wait("title", since=mark, surface=surface,
                            where=lambda event: GONE not in event["title"])
        self.assert_same_window(compositor, 2)
        self.assertEqual(self.consoles(), [(2, "right"), (5, "left")])
        # The first one is the right one now.
        compositor.command("keyboard_enter", surface=left)
        self.tap(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_1)
        self.assertEqual(compositor.wait("toplevel_destroy")["surface"], right)
        wait_for(lambda: [(event["console"], event["width"]) for event in self.record("set_head")]
                 == [(2, 0)], "that to be told")
        self.assertEqual(run.terminate(), DONE, run.story())

    def consoles(self):
        vm, = json.loads(self.vitrine("--list", "--json").output)
        return [(console["console"], console["label"]) for console in vm["consoles"]]

    def test_a_monitor_that_takes_its_time(self):
        """It was on by itself, is off for long at first, and keeps its window all the same."""
        compositor = self.compositor()
        run = self.show_dying(compositor, "head 0", "head 1", *picture_of(BLUE)[1:],
                              *picture_of(BLUE, name="b", head=1)[1:], "sleep 1500", *DIES)
        compositor.wait("toplevel", count=2)
        self.stay_away()
        compositor.wait("title", where=lambda event: event["title"].endswith(GONE), count=2)
        mark = compositor.mark()
        self.come("head 0", "head 1", *picture_of(RED)[1:], "sleep 3000",
                  *picture_of(RED, name="b", head=1)[1:])
        compositor.wait("title", since=mark, where=lambda event: event["title"].endswith("off"))
        compositor.wait("title", since=mark,
                        where=lambda event: event["title"].endswith("Head 1"), count=2)
        self.assert_same_window(compositor, 2)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_head_that_does_not_come_back(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), *picture_of(BLUE, name="b", head=1),
                              "sleep 1500", *DIES)
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.wait("toplevel", count=2)
        self.stay_away()
        compositor.wait("title", where=lambda event: event["title"].endswith(GONE), count=2)
        self.come(*picture_of(RED))
        compositor.wait("toplevel_destroy")
        self.wait_for_picture(compositor, solid(RED), run)
        self.assertEqual(run.terminate(), DONE, run.story())


class Taken(GoneCase):
    """Another viewer has it: nobody is fought, and the user decides."""

    def test_enter_takes_it_back(self):
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "sleep 800", "take-over", "sleep 300",
                              *DIES, arguments=("--capture-keys=always",))
        self.wait_for_picture(compositor, solid(BLUE), run)
        compositor.wait("title", where=lambda event: "view only" in event["title"])
        self.come("head 0", "pointer 0 relative", "cursor 0 16x16 hot 1,1", *picture_of(RED)[1:])
        self.wait_for_title(compositor, TAKEN)
        self.wait_until_dim(compositor, run)
        mark = compositor.mark()
        compositor.command("keyboard_enter")
        compositor.command("key", code=KEY_A, pressed=True)
        compositor.command("key", code=KEY_A, pressed=False)
        compositor.command("ping_client", serial=5)
        compositor.wait("pong", serial=5)
        self.assertEqual(compositor.find("title", since=mark), [])
        compositor.command("key", code=KEY_ENTER, pressed=True)
        compositor.command("key", code=KEY_ENTER, pressed=False)
        self.wait_for_picture(compositor, solid(RED), run)
        # That was for us.
        self.assertEqual(self.record("key"), [])
        # The next is for the guest, and all that goes with it.
        compositor.wait("title", since=mark, where=lambda event: TAKEN not in event["title"] and
                        GONE not in event["title"])
        self.tap(compositor, KEY_A)
        self.assertEqual([(event["code"], event["pressed"])
                          for event in self.wait_for_record(2, "key")],
                         [(KEY_A, True), (KEY_A, False)])
        compositor.command("pointer_enter", x=10, y=10)
        compositor.wait("set_cursor", since=mark, hot_x=1, hot_y=1)
        self.click(compositor)
        compositor.wait("lock_pointer", since=mark)
        compositor.wait("shortcuts_inhibit", since=mark)
        self.assert_same_window(compositor)
        self.assertEqual(run.terminate(), DONE, run.story())


class ViewOnly(GoneCase):
    """
    Another viewer has it and the pictures go on: all but them is the host's. It takes the VM when
    the test is ready for that.
    """

    TAKEN_OVER = ("sleep 60000", "take-over")

    def show_until_taken(self, compositor, *lines, arguments=()):
        self.clock = VirtualClock(program(), self.path("clock"))
        return self.show_dying(compositor, *lines, arguments=arguments, **self.clock.environment)

    def take_over(self, compositor):
        mark = compositor.mark()
        self.clock.jump(60)
        compositor.wait("title", since=mark, where=lambda event: "view only" in event["title"])

    def with_cursor(self, colour, x, y):
        """The guest's own, green, where the guest has it."""
        rows = [bytes.fromhex(colour) * WIDTH] * HEIGHT
        row = bytearray(rows[0])
        row[3 * x:3 * (x + 8)] = bytes.fromhex("00ff00") * 8
        rows[y:y + 8] = [bytes(row)] * 8
        return Picture(WIDTH, HEIGHT, b"".join(rows))

    def assert_nothing_is_taken(self, compositor, run, since):
        """Whatever is done, and our own keys are none of it."""
        self.click(compositor)
        self.tap(compositor, KEY_B)
        self.tap(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_G)
        self.click(compositor)
        compositor.command("keyboard_leave")
        compositor.command("keyboard_enter")
        self.click(compositor)
        self.tap(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F)
        compositor.wait("set_fullscreen", since=since)
        compositor.command("configure", width=WIDTH, height=HEIGHT,
                           states=["activated", "fullscreen"])
        compositor.command("motion", x=20, y=20)
        self.click(compositor)
        self.tap(compositor, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F)
        compositor.wait("unset_fullscreen", since=since)
        self.assertEqual(compositor.find("lock_pointer", since=since), [])
        self.assertEqual(compositor.find("shortcuts_inhibit", since=since), [])
        self.assertTrue(run.running(), run.story())

    def test_all_but_the_picture_is_let_go_of(self):
        compositor = self.compositor("--idle-inhibit")
        run = self.show_until_taken(
            compositor, *picture_of(BLUE), "pointer 0 relative",
            "cursor 0 8x8 hot 2,2 solid 00ff00ff", "cursor-position 0 40,30 on", *self.TAKEN_OVER,
            "sleep 500", *picture_of(RED, name="b")[1:], "cursor-position 0 60,30 on",
            arguments=("--capture-keys=always",))
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=10, y=10)
        compositor.wait("set_cursor", hot_x=2, hot_y=2)
        self.click(compositor)
        compositor.wait("lock_pointer")
        compositor.command("constrain", active=True)
        compositor.wait("shortcuts_inhibit")
        compositor.command("key", code=KEY_A, pressed=True)
        self.wait_for_record(1, "key")
        mark = compositor.mark()
        self.take_over(compositor)
        compositor.wait("constraint_destroy", since=mark)
        compositor.wait("shortcuts_inhibit_end", since=mark)
        # The host's arrow, and the guest's cursor on its picture, which goes on, undimmed.
        compositor.wait("cursor_shape", since=mark, shape=1)
        self.wait_for_picture(compositor, self.with_cursor(RED, 60, 30), run)
        compositor.wait("title", where=lambda event: event["title"].endswith("took this VM over"))
        # What is seen keeps the host awake; while time jumped it was not.
        wait_for(lambda: len(compositor.find("idle_inhibit")) >
                 len(compositor.find("idle_inhibit_end")), "the host to be kept awake")
        before = self.wait_for_record(2, "key", "button", "relative")
        self.assertEqual([(event["code"], event["pressed"]) for event in before],
                         [(KEY_A, True), (KEY_A, False)])
        mark = compositor.mark()
        compositor.command("key", code=KEY_A, pressed=False)
        self.assert_nothing_is_taken(compositor, run, mark)
        # Nor in another window.
        compositor.command("disconnect")
        compositor.wait("client", count=2)
        self.wait_for_picture(compositor, self.with_cursor(RED, 60, 30), run)
        mark = compositor.mark()
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=10, y=10)
        compositor.wait("cursor_shape", since=mark, shape=1)
        self.assert_nothing_is_taken(compositor, run, mark)
        self.assertEqual(self.record("key", "button", "relative", "motion"), before)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_on_full_screen(self):
        """The desktop's combinations are its own again, with no way out to be pressed."""
        compositor = self.compositor()
        run = self.show_until_taken(compositor, *picture_of(BLUE), *self.TAKEN_OVER,
                                    arguments=("--full-screen",))
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("configure", width=WIDTH, height=HEIGHT,
                           states=["activated", "fullscreen"])
        compositor.command("keyboard_enter")
        compositor.wait("shortcuts_inhibit")
        self.take_over(compositor)
        compositor.wait("shortcuts_inhibit_end")
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.assertEqual(len(compositor.find("shortcuts_inhibit")), 1)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_monitor_that_is_off(self):
        """No key wakes it any more, which its words had said."""
        compositor = self.compositor()
        run = self.show_until_taken(compositor, *picture_of(BLUE), "sleep 500", "off 0",
                                    *self.TAKEN_OVER)
        self.wait_for_title(compositor, "off")
        before = self.words_drawn(compositor, run, 600, 400)
        self.assertEqual(self.words_drawn(compositor, run, 600, 400).difference(before), None)
        self.take_over(compositor)
        self.wait_for_title(compositor, "off — view only: another viewer took this VM over")
        self.words_drawn(compositor, run, 500, 300)
        self.assertTrue(self.words_drawn(compositor, run, 600, 400).difference(before))
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_window_of_another_size(self):
        """The guest cannot be told: its picture is not held for it, but fitted at once."""
        compositor = self.compositor("--looks")
        run = self.show_until_taken(compositor, *picture_of(BLUE), "follow 0", *self.TAKEN_OVER)
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.take_over(compositor)
        for width, states in ((960, ()), (800, ("maximized",)), (1280, ("fullscreen",))):
            mark, height = compositor.mark(), width * HEIGHT // WIDTH
            compositor.command("configure", width=width, height=height, states=list(states))
            compositor.wait("commit", since=mark, role="toplevel", width=width, height=height)
            self.assertEqual(self.look(compositor).pixel(width - 1, height - 1),
                             (0, 0, 255), states)
        self.assertEqual(self.record("set_head"), [])
        self.assert_same_window(compositor)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_window_that_waits_for_the_guest(self):
        """It has been told, and is not waited for any more."""
        compositor = self.compositor("--looks")
        run = self.show_until_taken(compositor, *picture_of(BLUE), *self.TAKEN_OVER)
        self.wait_for_picture(compositor, solid(BLUE), run)
        # Sooner than the guest would be given up, so that it is not that.
        self.clock.jump(59)
        compositor.command("configure", width=960, height=600)
        compositor.wait("title", where=lambda event: "view only" in event["title"])
        compositor.command("ping_client", serial=5)
        compositor.wait("pong", serial=5)
        self.assertEqual(self.look(compositor).pixel(959, 599), (0, 0, 255))
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_the_hosts_pointer_stays_where_it_is(self):
        """Where the other viewer's user moves the guest's is no reason to move it."""
        compositor = self.compositor()
        run = self.show_until_taken(
            compositor, *picture_of(BLUE), "cursor 0 8x8 hot 2,2 solid 00ff00ff",
            "cursor-position 0 10,10 on", *self.TAKEN_OVER, "sleep 500",
            "cursor-position 0 200,100 on", *picture_of(RED, name="b")[1:])
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("pointer_enter", x=10, y=10)
        compositor.command("motion", x=12, y=12)
        self.wait_for_record(1, "motion")
        self.take_over(compositor)
        self.wait_for_picture(compositor, self.with_cursor(RED, 200, 100), run)
        self.assertEqual(compositor.find("warp_pointer"), [])
        self.assertEqual(compositor.find("lock_pointer"), [])
        self.assertEqual(run.terminate(), DONE, run.story())


class Often(GoneCase):
    """It dies again and again, at any moment: nothing is left of it each time."""

    DEATHS = 40

    def test_often(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", end=" ", flush=True)
        dice = random.Random(seed)
        compositor = self.compositor()
        run = self.show_dying(compositor, *picture_of(BLUE), "cursor 0 16x16 hot 1,1",
                              "leds 0 2", "sleep 800", *DIES)
        self.wait_for_picture(compositor, solid(BLUE), run)
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=10, y=10)
        for i in range(self.DEATHS):
            self.come(*dice.choice((picture_of(BLUE), picture_of(BLUE, "dmabuf"), ("head 0",),
                                    ("head 1",), ())),
                      "pointer 0 relative" if dice.random() < 0.2 else "# a comment",
                      f"sleep {dice.choice((0, 1, 5, 30))}", *DIES)
            wait_for(lambda: self.record("destroy"), "a death")
            with contextlib.suppress(CompositorError):  # where there is no window now
                if dice.random() < 0.3:
                    compositor.command("key", code=KEY_A, pressed=dice.random() < 0.5)
                if dice.random() < 0.3:
                    compositor.command("configure", width=dice.randrange(1, 900),
                                       height=dice.randrange(1, 900))
            if i == self.DEATHS // 2:
                before = self.count_fds(run)
        self.come(*picture_of(RED))

        def shown():
            self.assertTrue(run.running(), run.story())
            with contextlib.suppress(CompositorError):  # as long as there is no window
                compositor.command("configure", width=WIDTH, height=HEIGHT)
                return self.look(compositor).difference(solid(RED)) is None
            return False
        wait_for(shown, "the last one's picture")
        self.assertEqual(self.record("stray-answer"), [])
        self.stay_away()
        self.assert_no_error(compositor)
        self.assertLessEqual(self.count_fds(run), before + 8)
        self.assertEqual(run.terminate(), DONE, run.story())

    def count_fds(self, run):
        return len(os.listdir(f"/proc/{run.process.pid}/fd"))
