"""Statistics over the picture: a surface of their own, and nothing at all while they are off."""

import alloc_count
from alloc_count import AllocCount
from mini_case import MiniCase
from viewer import program, wait_for

WIDTH, HEIGHT = 640, 480
SIZE = f"{WIDTH}x{HEIGHT}"
GREEN = (0, 255, 0)
PICTURE = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a solid 00ff00ff",
           f"update 0 0,0,{SIZE}", "wait-answers")
KEY_LEFTCTRL, KEY_LEFTALT, KEY_D = 29, 56, 32
MARGIN = 8


class OverlayCase(MiniCase):
    def press_hotkey(self, compositor):
        for code in (KEY_LEFTCTRL, KEY_LEFTALT, KEY_D):
            compositor.command("key", code=code, pressed=True)
        for code in (KEY_D, KEY_LEFTALT, KEY_LEFTCTRL):
            compositor.command("key", code=code, pressed=False)

    def wait_for_toplevel(self, compositor):
        return compositor.wait("commit", role="toplevel", attached=True)["surface"]

    def overlay_commits(self, compositor, since=0):
        return [event for event in compositor.find("commit", since=since, role="subsurface")
                if event["destination"] is None and event["attached"]]

    def wait_for_overlay(self, compositor, since=0, count=1):
        """Its count-th picture since then: the only subsurface without a viewport."""
        return compositor.wait("commit", since=since, role="subsurface", attached=True, count=count,
                               where=lambda event: event["destination"] is None and event["buffer"])


class Overlay(OverlayCase):
    sanitize = True
    valgrind = True

    def test_shown_renewed_and_gone_by_the_key(self):
        compositor = self.compositor("--looks")
        run = self.show(compositor, *PICTURE)
        toplevel = self.wait_for_toplevel(compositor)
        compositor.command("keyboard_enter")
        self.assertEqual(compositor.find("subsurface"), [])
        mark = compositor.mark()
        self.press_hotkey(compositor)
        commit = self.wait_for_overlay(compositor, mark)
        self.assertEqual(compositor.find("subsurface")[0]["parent"], toplevel)
        self.assertEqual(commit["input"], [])
        self.assertFalse(commit["cached"])
        self.wait_for_overlay(compositor, mark, count=3)
        # One commit of the window's, with which it appeared; the guest was still.
        own = compositor.find("commit", since=mark, role="toplevel")
        self.assertEqual([event["attached"] for event in own], [False])
        look = self.look(compositor)
        # A dark translucent panel with light letters in the corner, and the picture around it.
        self.assertEqual({look.pixel(MARGIN - 1, 20), look.pixel(20, MARGIN - 1),
                          look.pixel(WIDTH - 1, HEIGHT - 1)}, {GREEN})
        red, green, blue = look.pixel(MARGIN, MARGIN)
        self.assertTrue(red == blue == 0 and 20 < green < 128, (red, green, blue))
        panel = {look.pixel(x, y) for x in range(MARGIN, 60) for y in range(MARGIN, 40)}
        self.assertGreater(max(min(pixel) for pixel in panel), 200)
        # Two buffers, used in turn.
        buffers = {event["buffer"] for event in self.overlay_commits(compositor, mark)}
        self.assertLessEqual(len(buffers), 3)
        mark = compositor.mark()
        self.press_hotkey(compositor)
        compositor.wait("surface_destroy", since=mark, surface=commit["surface"])
        look = self.look(compositor)
        self.assertEqual((look.pixel(20, 20), look.colours()), (GREEN, 1))
        # Neither the keys' press nor their release came through.
        self.assertNotIn(KEY_D, {event["code"] for event in self.record("key")})
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertEqual(compositor.find("error"), [])


class Placement(OverlayCase):
    sanitize = True

    def shown(self, *arguments, lines=PICTURE):
        compositor = self.compositor(*arguments)
        run = self.show(compositor, *lines, arguments=("--show-stats",))
        self.wait_for_overlay(compositor)
        return compositor, run

    def resize(self, compositor, width, height):
        mark = compositor.mark()
        compositor.command("configure", width=width, height=height, states=["maximized"])
        compositor.wait("commit", since=mark, role="toplevel", width=width, height=height)
        return mark

    def wait_for_panel(self, compositor, x=MARGIN, y=MARGIN):
        wait_for(lambda: max(self.look(compositor).pixel(x, y)) < 128, "the panel")

    def test_over_bars_and_under_nothing(self):
        compositor, run = self.shown(lines=(*PICTURE, "frames 1000000 50 0"))
        for width, height, x, y in ((600, 450, MARGIN, MARGIN),
                                    # Now the picture has a surface of its own: on it, not below.
                                    (640, 500, MARGIN, 20), (660, 480, 20, MARGIN),
                                    (1000, 450, MARGIN, MARGIN), (640, 480, MARGIN, MARGIN)):
            mark = self.resize(compositor, width, height)
            self.wait_for_overlay(compositor, mark)
            self.wait_for_panel(compositor, x, y)
            self.assertEqual(self.look(compositor).pixel(width // 2, height // 2), GREEN)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_never_reaches_out_of_the_window(self):
        compositor, run = self.shown("--looks")
        for size in ((100, 80), (60, 60), (30, 400), (1, 1), (640, 20), (40, 40)):
            self.resize(compositor, *size)
        self.resize(compositor, 640, 480)
        self.wait_for_panel(compositor)
        # In the order of the log: the panel's size against the window's at that moment.
        window, panel = (0, 0), {}
        overlay = self.overlay_commits(compositor)[0]["surface"]
        for event in compositor.find("commit"):
            if event["role"] == "toplevel":
                window = (event["width"], event["height"])
            elif event["surface"] == overlay:
                panel = (event["width"], event["height"])
            if panel and panel[0]:
                self.assertLessEqual(panel[0] + MARGIN, window[0], event)
                self.assertLessEqual(panel[1] + MARGIN, window[1], event)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_scale_of_the_output(self):
        one, _ = self.shown()
        small = self.wait_for_overlay(one)
        # As large on the desktop: a guest pixel is one of the monitor's.
        size = f"{2 * WIDTH}x{2 * HEIGHT}"
        two, _ = self.shown("--scale=2", lines=(
            "head 0", f"scanout 0 a memory XRGB8888 {size}", "draw a solid 00ff00ff",
            f"update 0 0,0,{size}", "wait-answers"))
        # Until it is on an output nobody knows the scale.
        large = two.wait("commit", role="subsurface", scale=2,
                         where=lambda event: event["destination"] is None and event["buffer"])
        made, = two.find("shm_buffer", buffer=large["buffer"])
        self.assertEqual((made["width"], made["height"]),
                         (2 * large["width"], 2 * large["height"]))
        self.assertLess(abs(large["width"] - small["width"]), small["width"] / 3)
        self.assert_no_error(two)

    def test_through_modes_off_and_a_new_connection(self):
        compositor, run = self.shown(lines=(
            *PICTURE, "sleep 1500", "repeat 1000",
            "scanout 0 b memory XRGB8888 400x300", "draw b solid ffff00ff", "update 0 0,0,400x300",
            "wait-answers", "sleep 200", "off 0", "sleep 2000", "scanout 0 a",
            f"update 0 0,0,{SIZE}", "wait-answers", "sleep 200", "end"))
        compositor.wait("title", where=lambda event: event["title"].endswith("off"))
        self.wait_for_panel(compositor)
        compositor.command("disconnect")
        compositor.wait("client", count=2)
        mark = compositor.mark()
        self.wait_for_overlay(compositor, mark, count=3)
        self.assertEqual(compositor.find("error"), [])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_what_the_compositor_still_reads_is_not_drawn_into(self):
        compositor = self.compositor()
        compositor.command("release_policy", policy="held")
        run = self.show(compositor, *PICTURE, arguments=("--show-stats",))
        self.wait_for_overlay(compositor, count=2)
        wait_for(lambda: len(self.record("answer")) >= 1, "the guest's answer")
        mark = compositor.mark()
        # It is drawn anew for each, and then has nowhere to go.
        for width in (641, 642):
            self.resize(compositor, width, 480)
        self.assertEqual(self.overlay_commits(compositor, mark), [])
        compositor.command("release")
        self.wait_for_overlay(compositor, mark)
        self.assertEqual(run.terminate(), 0, run.story())


class Costs(OverlayCase):
    def test_nothing_of_our_own_once_it_was_shown(self):
        compositor = self.compositor()
        count = AllocCount(program(), self.path("allocations"))
        self.show(compositor, *PICTURE, f"scanout 0 b memory XRGB8888 {SIZE}",
                  "frames 1000000 100 0 flip a b", arguments=("--show-stats", "--no-layout"),
                  **count.environment)
        overlay = self.wait_for_overlay(compositor, count=2)
        compositor.command("keyboard_enter")
        self.press_hotkey(compositor)
        compositor.wait("surface_destroy", surface=overlay["surface"])
        compositor.wait("commit", since=compositor.mark(), role="toplevel", count=20)
        mark, before = compositor.mark(), count.allocations()
        compositor.wait("commit", since=mark, role="toplevel", count=130)
        after = count.allocations()
        self.assertEqual(after[alloc_count.THE_PROGRAM] - before[alloc_count.THE_PROGRAM], 0,
                         count.callers())
        self.assertEqual(compositor.find("commit", since=mark, role="subsurface"), [])

    def test_frames_of_the_guest_are_all_that_is_committed(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "frames 100 50 0", arguments=("--show-stats",))
        self.wait_for_overlay(compositor, count=3)
        self.wait_for_record(101, "answer")
        commits = compositor.find("commit", role="toplevel")
        # The first one asks for a size; with one the panel appears.
        self.assertLessEqual(sum(not commit["attached"] for commit in commits), 2)
        self.assertLessEqual(len(commits), 101 + 3)
        self.assertEqual(run.terminate(), 0, run.story())
