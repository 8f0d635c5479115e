"""Guest monitors as windows: plugged and unplugged, resized, on full screen, and as they were left."""

import json
import os
import time
import types

import limits
from mini_case import (BLACK, MiniCase, cropped, flipped, letterboxed, rgba_pattern,
                       stretched)
from viewer import DONE, USAGE, wait_for

WIDTH, HEIGHT = 320, 200
PICTURE = ("head 0 gpu g label left", f"scanout 0 a memory XRGB8888 {WIDTH}x{HEIGHT}", "draw a rgba",
           f"update 0 0,0,{WIDTH}x{HEIGHT}", "wait-answers")
FOLLOWS = (*PICTURE, "follow 0")
SECOND = ("head 1 gpu g label right", "follow 1")
# More than RESIZER_SETTLE_NS: what a guest's picture is given to come to rest.
RESIZER_SETTLE_S = 0.6
KEY_LEFTCTRL, KEY_LEFTALT, KEY_F, KEY_0, KEY_MINUS, KEY_EQUAL, KEY_1 = 29, 56, 33, 11, 12, 13, 2
TWO_OUTPUTS = ("--output=DP-1:1280x800,mm=320x200,make=ACME,model=One",
               "--output=DP-2:1024x768,mm=256x192,make=ACME,model=Two")


def corner(original, width, height):
    """The top left of a picture in a larger or smaller window, on black."""
    part = cropped(original, 0, 0, min(width, original.width), min(height, original.height))
    return letterboxed(part, 0, 0, width, height)


class MonitorCase(MiniCase):
    sanitize = True

    def told(self, console=None, since=0):
        """What the guest was told: (width, height) of each time."""
        return [(event["width"], event["height"]) for event in self.record("set_head")[since:]
                if console is None or event["console"] == console]

    def wait_told(self, *size, console=0, since=0):
        def found():
            events = [event for event in self.record("set_head")[since:]
                      if event["console"] == console and
                      (event["width"], event["height"]) == size]
            return events[-1] if events else None
        return wait_for(found, f"console {console} to be told {size}, not {self.record('set_head')}")

    def wait_window(self, compositor, width, height, since=0):
        return compositor.wait("commit", since=since, role="toplevel", width=width, height=height)

    def press(self, compositor, *codes, **where):
        compositor.command("keyboard_enter", **where)
        for code in (KEY_LEFTCTRL, KEY_LEFTALT, *codes):
            compositor.command("key", code=code, pressed=True)
        for code in (*reversed(codes), KEY_LEFTALT, KEY_LEFTCTRL):
            compositor.command("key", code=code, pressed=False)
        compositor.command("keyboard_leave")

    def window(self, compositor, label, since=0):
        """The surface of the window with that in its title."""
        return compositor.wait("title", since=since,
                               where=lambda event: label in event["title"])["surface"]

    def end(self, compositor, run):
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())


class Resize(MonitorCase):
    def test_the_guest_follows_its_window(self):
        compositor = self.compositor("--output=DP-1:1280x800,mm=320x200")
        run = self.show(compositor, *FOLLOWS)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(self.told(), [], "nobody has changed anything")
        compositor.command("configure", width=700, height=500)
        told = self.wait_told(700, 500)
        self.assertEqual((told["width_mm"], told["height_mm"]), (175, 125))
        self.wait_for_picture(compositor, rgba_pattern(700, 500), run)
        compositor.command("configure", width=640, height=640, states=["maximized"])
        self.wait_for_picture(compositor, rgba_pattern(640, 640), run)
        self.end(compositor, run)

    def test_the_picture_is_held_until_the_guest_follows(self):
        compositor = self.compositor("--looks")
        run = self.show(compositor, *PICTURE, "follow 0 after 700")
        original = rgba_pattern(WIDTH, HEIGHT)
        self.wait_for_picture(compositor, original, run)
        for width, height in ((500, 400), (250, 150), (400, 100), (WIDTH, HEIGHT), (200, 600)):
            compositor.command("configure", width=width, height=height)
            self.wait_for_picture(compositor, corner(original, width, height), run)
        self.wait_for_picture(compositor, rgba_pattern(200, 600), run)
        self.assertEqual(self.told()[-1], (200, 600))
        self.end(compositor, run)

    def test_only_the_last_size_is_told(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS)
        self.wait_window(compositor, WIDTH, HEIGHT)
        for i in range(40):
            compositor.command("configure", width=400 + i, height=300 + i, states=["resizing"])
        self.wait_told(439, 339)
        self.assertLess(len(self.told()), 10)
        self.end(compositor, run)

    def test_a_guest_that_does_not_follow(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE)
        self.wait_window(compositor, WIDTH, HEIGHT)
        original = rgba_pattern(WIDTH, HEIGHT)
        for width in (640, 960):
            height = width * HEIGHT // WIDTH
            compositor.command("configure", width=width, height=height)
            self.wait_for_picture(compositor, corner(original, width, height), run)
            self.wait_told(width, height)
            # In the end it is fitted.
            wait_for(lambda: self.look(compositor).pixel(width - 1, height - 1) != BLACK,
                     "the picture to fill the window")
        # It has been tried often enough: nobody waits for it any more.
        mark = compositor.mark()
        compositor.command("configure", width=480, height=300)
        self.wait_window(compositor, 480, 300, since=mark)
        self.assertNotEqual(self.look(compositor).pixel(479, 299), BLACK)
        self.end(compositor, run)

    def test_a_guest_that_cannot_be_told(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "unresizable 0")
        self.wait_window(compositor, WIDTH, HEIGHT)
        mark = compositor.mark()
        compositor.command("configure", width=640, height=400)
        self.wait_window(compositor, 640, 400, since=mark)
        self.assertNotEqual(self.look(compositor).pixel(639, 399), BLACK)
        self.assertEqual(self.told(), [])
        self.end(compositor, run)

    def test_a_guest_that_comes_close(self):
        """Eight pixels are what some drivers round to: the window takes what the guest made."""
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "sleep 1500",
                        "scanout 0 b memory XRGB8888 496x400", "draw b rgba",
                        "update 0 0,0,496x400", "wait-answers")
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("configure", width=500, height=403)
        self.wait_told(500, 403)
        self.wait_for_picture(compositor, rgba_pattern(496, 400), run)
        self.end(compositor, run)

    def test_never(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, arguments=("--auto-resize", "never"))
        self.wait_window(compositor, WIDTH, HEIGHT)
        mark = compositor.mark()
        compositor.command("configure", width=640, height=400)
        self.wait_window(compositor, 640, 400, since=mark)
        self.assertNotEqual(self.look(compositor).pixel(639, 399), BLACK)
        self.assertEqual(self.told(), [])
        self.end(compositor, run)

    def test_the_guest_changes_its_mode_after_the_user_did(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, "sleep 3000", "scanout 0 b memory XRGB8888 444x333",
                        "draw b rgba", "update 0 0,0,444x333", "wait-answers")
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("configure", width=500, height=400)
        self.wait_for_picture(compositor, rgba_pattern(500, 400), run)
        self.wait_for_picture(compositor, rgba_pattern(444, 333), run)
        self.assertEqual(self.told(), [(500, 400)])
        self.end(compositor, run)

    def test_even_widths(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, arguments=("--even-width",))
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("configure", width=501, height=401)
        self.wait_told(500, 401)
        # As near as the guest gets: the window takes that.
        self.wait_for_picture(compositor, rgba_pattern(500, 401), run)
        compositor.command("configure", width=401, height=301, states=["maximized"])
        self.wait_told(400, 301)
        # It cannot be otherwise: one column of black, nothing scaled.
        self.wait_for_picture(compositor, letterboxed(rgba_pattern(400, 301), 0, 0, 401, 301), run)
        time.sleep(RESIZER_SETTLE_S)
        self.wait_for_picture(compositor, letterboxed(rgba_pattern(400, 301), 0, 0, 401, 301), run)
        self.end(compositor, run)

    def test_zoom(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, arguments=("--zoom", "200"))
        self.wait_window(compositor, 2 * WIDTH, 2 * HEIGHT)
        compositor.command("configure", width=800, height=600)
        self.wait_told(400, 300)
        self.press(compositor, KEY_0)
        self.wait_told(800, 600)
        self.wait_for_picture(compositor, rgba_pattern(800, 600), run)
        for code, size in ((KEY_EQUAL, (640, 480)), (KEY_EQUAL, (533, 400)), (KEY_0, (800, 600))):
            mark = len(self.record("set_head"))
            self.press(compositor, code)
            self.wait_told(*size, since=mark)
        self.end(compositor, run)

    def test_zoom_of_a_window_that_has_the_pictures_size(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, arguments=("--auto-resize", "never"))
        self.wait_window(compositor, WIDTH, HEIGHT)
        for code, percent in ((KEY_EQUAL, 125), (KEY_EQUAL, 150), (KEY_MINUS, 125), (KEY_0, 100)):
            mark = compositor.mark()
            self.press(compositor, code)
            self.wait_window(compositor, WIDTH * percent // 100, HEIGHT * percent // 100, mark)
        self.end(compositor, run)

    def test_scale_modes(self):
        original = rgba_pattern(WIDTH, HEIGHT)
        for mode, size in (("fit", (800, 500)), ("1:1", (WIDTH, HEIGHT)),
                           ("integer", (2 * WIDTH, 2 * HEIGHT))):
            with self.subTest(mode):
                compositor = self.compositor()
                run = self.show(compositor, *PICTURE,
                                arguments=("--auto-resize=never", "--no-layout",
                                           f"--scale={mode}"))
                self.wait_window(compositor, WIDTH, HEIGHT)
                mark = compositor.mark()
                compositor.command("configure", width=800, height=500, states=["maximized"])
                compositor.wait("commit", since=mark, width=size[0], height=size[1])
                self.wait_window(compositor, 800, 500, mark)
                self.end(compositor, run)


class Bars(MonitorCase):
    """Beside a picture of another shape."""

    def test_a_single_pixel_where_the_compositor_has_it(self):
        """Mutter and wlroots know no other background to be black, and scan out before it."""
        compositor = self.compositor("--single-pixel")
        run = self.show(compositor, *PICTURE, "unresizable 0")
        self.wait_window(compositor, WIDTH, HEIGHT)
        mark = compositor.mark()
        compositor.command("configure", width=600, height=HEIGHT, states=["maximized"])
        commit = self.wait_window(compositor, 600, HEIGHT, mark)
        made, = compositor.find("single_pixel_buffer", buffer=commit["buffer"])
        self.assertEqual([made[key] for key in ("red", "green", "blue", "alpha")],
                         [0, 0, 0, 0xffffffff])
        self.wait_for_picture(compositor, letterboxed(
            rgba_pattern(WIDTH, HEIGHT), (600 - WIDTH) // 2, 0, 600, HEIGHT), run)
        self.end(compositor, run)


class Filter(MonitorCase):
    """Pixels of an enlarged picture are squares: compositors cannot, so the CPU draws them."""

    def shown(self, *lines, arguments=(), picture=PICTURE):
        compositor = self.compositor()
        run = self.show(compositor, *picture, "unresizable 0", *lines,
                        arguments=("--filter=nearest", *arguments))
        self.wait_window(compositor, WIDTH, HEIGHT)
        return compositor, run

    def wait_buffer(self, compositor, factor):
        """Until what is shown has so many pixels for one of the guest's."""
        def is_shown():
            commits = [event for event in compositor.find("commit", attached=True)
                       if event["role"] in ("toplevel", "subsurface")]
            made = compositor.find("shm_buffer", buffer=commits[-1]["buffer"])
            return made and made[0]["width"] == factor * WIDTH
        wait_for(is_shown, f"a picture of {factor} times the size")

    def test_whole_factors(self):
        compositor, run = self.shown()
        for factor in (2, 3, 1, 2):
            width, height = factor * WIDTH, factor * HEIGHT
            compositor.command("configure", width=width, height=height)
            self.wait_for_picture(compositor, stretched(rgba_pattern(WIDTH, HEIGHT), width, height),
                                  run)
            self.wait_buffer(compositor, factor)
        self.end(compositor, run)

    def test_other_factors(self):
        compositor, run = self.shown()
        compositor.command("configure", width=480, height=300)
        self.wait_buffer(compositor, 2)
        compositor.command("configure", width=160, height=100)
        self.wait_buffer(compositor, 1)
        self.end(compositor, run)

    def test_the_largest_factor(self):
        compositor, run = self.shown()
        most = limits.value("WINDOW_MAX_ENLARGEMENT")
        for factor, enlarged in ((most - 1, most - 1), (most, most), (1, 1), (most + 1, most)):
            compositor.command("configure", width=factor * WIDTH, height=factor * HEIGHT)
            self.wait_buffer(compositor, enlarged)
        self.end(compositor, run)

    def test_what_changes(self):
        compositor, run = self.shown("repeat 1000000", "draw a solid 00ff00ff",
                                     "update 0 100,50,20x10", "wait-answers", "draw a rgba",
                                     f"update 0 0,0,{WIDTH}x{HEIGHT}", "wait-answers", "end")
        compositor.command("configure", width=2 * WIDTH, height=2 * HEIGHT)
        self.wait_buffer(compositor, 2)
        mark = compositor.mark()
        compositor.wait("commit", since=mark, attached=True, damage=[[200, 100, 40, 20]])
        self.end(compositor, run)

    def test_upside_down_and_a_part(self):
        picture = ("head 0 gpu g label left",
                   f"scanout 0 a memory XRGB8888 {WIDTH + 40}x{HEIGHT + 30} "
                   f"source 8,9,{WIDTH}x{HEIGHT} bottom-up", "draw a rgba",
                   f"update 0 8,9,{WIDTH}x{HEIGHT}", "wait-answers")
        compositor, run = self.shown(picture=picture)
        expected = flipped(cropped(rgba_pattern(WIDTH + 40, HEIGHT + 30), 8, 9, WIDTH, HEIGHT))
        self.wait_for_picture(compositor, expected, run)
        compositor.command("configure", width=2 * WIDTH, height=2 * HEIGHT)
        self.wait_for_picture(compositor, stretched(expected, 2 * WIDTH, 2 * HEIGHT), run)
        self.end(compositor, run)

    def test_the_verdict_says_so(self):
        compositor, run = self.shown()
        compositor.command("configure", width=2 * WIDTH, height=2 * HEIGHT)
        self.wait_buffer(compositor, 2)
        vm, = json.loads(self.vitrine("--list", "--json").output)
        console, = vm["consoles"]
        self.assertEqual((console["path"], console["verdict"]), ("enlarge", "CPU copy"))
        self.assertIn("--filter nearest", console["reason"])
        self.end(compositor, run)


class Scales(MonitorCase):
    """One guest pixel is one of the host's."""

    SCALES = (100, 125, 133, 150, 175, 200)

    def start_at(self, percent, *lines, mode="1920x1080", arguments=()):
        compositor = self.compositor(f"--output=DP-1:{mode},scale={percent / 100},mm=480x270",
                                     "--fractional-scale")
        return compositor, self.show(compositor, *lines, arguments=arguments)

    def test_a_window_of_the_guests_size(self):
        for percent in self.SCALES:
            with self.subTest(percent):
                compositor, run = self.start_at(percent, *FOLLOWS)
                scale_120 = round(percent * 1.2)
                commit = compositor.wait("commit", role="toplevel", attached=True)
                for key, size in (("width", WIDTH), ("height", HEIGHT)):
                    self.assertEqual((commit[key] * scale_120 + 60) // 120, size, commit)
                self.assertEqual(self.told(), [])
                self.end(compositor, run)

    def test_full_screen(self):
        for percent in self.SCALES:
            with self.subTest(percent):
                compositor, run = self.start_at(percent, *FOLLOWS, arguments=("--full-screen",))
                told = self.wait_told(1920, 1080)
                self.assertEqual((told["width_mm"], told["height_mm"]), (480, 270))
                self.wait_path(run, "scaled", False)
                self.end(compositor, run)

    def test_logical_sizes_that_are_rounded(self):
        """2560x1600 at 150 % is 1707x1067, which would be 2561 pixels wide."""
        compositor, run = self.start_at(150, *FOLLOWS, mode="2560x1600",
                                        arguments=("--full-screen",))
        self.wait_told(2560, 1600)
        self.assertNotIn((2561, 1601), self.told())
        self.wait_path(run, "scaled", False)
        self.end(compositor, run)

    def wait_path(self, run, word, expected):
        def said():
            self.assertTrue(run.running(), run.story())
            console = self.console()
            return console["on"] and (word in (console["reason"] or "")) == expected
        wait_for(said, f"the verdict to have, or not, '{word}'")

    def console(self):
        vm, = json.loads(self.vitrine("--list", "--json").output)
        return vm["consoles"][0]

    def test_the_window_moves_to_another_scale(self):
        compositor = self.compositor("--output=DP-1:1920x1080", "--output=DP-2:1920x1080,scale=2",
                                     "--fractional-scale")
        run = self.show(compositor, *FOLLOWS)
        self.wait_window(compositor, WIDTH, HEIGHT)
        mark = compositor.mark()
        compositor.command("place", output="DP-2")
        self.wait_window(compositor, WIDTH // 2, HEIGHT // 2, mark)
        self.assertEqual(self.told(), [], "the pixels are the same")
        # A size that the user has chosen is kept, and the guest has more pixels for it.
        compositor.command("configure", width=400, height=300)
        self.wait_told(800, 600)
        compositor.command("place", output="DP-1")
        self.wait_told(400, 300)
        self.end(compositor, run)


class Plug(MonitorCase):
    def show_two(self, compositor, *arguments):
        run = self.show(compositor, *FOLLOWS, *SECOND, arguments=("--monitors=0,1", *arguments))
        self.wait_told(1280, 800, console=1)
        compositor.wait("commit", role="toplevel", width=1280, height=800)
        return run

    def windows(self, compositor):
        gone = {event["surface"] for event in compositor.find("toplevel_destroy")}
        return [event["surface"] for event in compositor.find("toplevel")
                if event["surface"] not in gone]

    def test_open_is_plug_and_close_is_unplug(self):
        compositor = self.compositor()
        run = self.show_two(compositor)
        wait_for(lambda: len(self.windows(compositor)) == 2, "two windows")
        told = self.wait_told(1280, 800, console=1)
        self.assertEqual((told["x"], told["y"]), (WIDTH, 0), "right of the first")
        self.assertEqual(self.told(console=0), [], "on already: left as it is")
        first, second = (self.window(compositor, label) for label in ("left", "right"))
        compositor.command("close", surface=second)
        self.wait_told(0, 0, console=1)
        wait_for(lambda: self.windows(compositor) == [first], "one window")
        # Plugged again by its key, with the other window in the foreground.
        mark = len(self.record("set_head"))
        self.press(compositor, KEY_1 + 1)
        self.wait_told(1280, 800, console=1, since=mark)
        wait_for(lambda: len(self.windows(compositor)) == 2, "two windows again")
        # The first one can go as well, and is told so; the last one ends the viewer instead.
        compositor.command("close", surface=first)
        self.wait_told(0, 0, console=0)
        wait_for(lambda: len(self.windows(compositor)) == 1, "one window")
        compositor.command("close", surface=self.windows(compositor)[0])
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertNotIn((0, 0), self.told(console=1, since=mark))
        self.assert_no_error_but_the_end(compositor)

    def test_one_that_cannot_be_seen_is_no_other_window(self):
        """Its picture can be shown in no way: the last that can is the last that there is."""
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "head 1 gpu g label right",
                        "scanout 1 b dmabuf NV12 64x64")
        wait_for(lambda: "cannot show a picture in NV12" in run.errors, "it to say so")
        self.wait_window(compositor, WIDTH, HEIGHT)
        first = self.window(compositor, "left")
        self.press(compositor, KEY_1)
        compositor.command("ping_client", serial=5)
        compositor.wait("pong", serial=5)
        self.assertEqual(compositor.find("toplevel_destroy", surface=first), [])
        compositor.command("close", surface=first)
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(self.told(), [])

    def assert_no_error_but_the_end(self, compositor):
        self.assertEqual(compositor.find("error"), [])

    def close_and_open_again(self, compositor, surface):
        compositor.command("close", surface=surface)
        compositor.wait("toplevel_destroy", surface=surface)
        mark = len(self.record("set_head"))
        self.press(compositor, KEY_1 + 1)
        wait_for(lambda: len(self.windows(compositor)) == 2, "two windows again")
        return mark

    def test_a_maximized_window_is_closed_and_comes_back(self):
        compositor = self.compositor(TWO_OUTPUTS[0])
        run = self.show_two(compositor)
        second = self.window(compositor, "right")
        compositor.command("configure", surface=second, width=500, height=400)
        self.wait_told(500, 400, console=1)
        mark = len(self.record("set_head"))
        compositor.command("maximize", surface=second)
        self.wait_told(1280, 800, console=1, since=mark)
        self.close_and_open_again(compositor, second)
        self.assertEqual(compositor.wait("set_maximized")["surface"], self.windows(compositor)[1])
        self.end(compositor, run)

    def test_full_screen_that_the_desktop_began_is_closed_and_comes_back(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show_two(compositor)
        second = self.window(compositor, "right")
        compositor.command("place", surface=second, output="DP-2")
        compositor.command("fullscreen", surface=second)
        self.wait_told(1024, 768, console=1)
        self.assertEqual(compositor.find("set_fullscreen"), [])
        mark = self.close_and_open_again(compositor, second)
        self.assertEqual(compositor.wait("set_fullscreen")["output"], "DP-2")
        self.wait_told(1024, 768, console=1, since=mark)
        self.assertEqual(set(self.told(console=1, since=mark)), {(1024, 768)})
        self.end(compositor, run)

    def test_full_screen_that_was_moved_is_closed_and_comes_back(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show_two(compositor)
        second = self.window(compositor, "right")
        compositor.command("configure", surface=second, width=500, height=400)
        self.wait_told(500, 400, console=1)
        mark = len(self.record("set_head"))
        self.press(compositor, KEY_F, surface=second)
        self.wait_told(1280, 800, console=1, since=mark)
        compositor.command("fullscreen", surface=second, output="DP-2")
        self.wait_told(1024, 768, console=1)
        mark, seen = len(self.record("set_head")), compositor.mark()
        self.close_and_open_again(compositor, second)
        self.assertEqual(compositor.wait("set_fullscreen", since=seen)["output"], "DP-2")
        self.wait_told(1024, 768, console=1, since=mark)
        self.end(compositor, run)

    def test_a_window_unplugs_itself(self):
        compositor = self.compositor()
        run = self.show_two(compositor)
        first, second = (self.window(compositor, label) for label in ("left", "right"))
        compositor.command("keyboard_enter", surface=second)
        for code in (KEY_LEFTCTRL, KEY_LEFTALT, KEY_1 + 1):
            compositor.command("key", code=code, pressed=True)
        self.wait_told(0, 0, console=1)
        wait_for(lambda: self.windows(compositor) == [first], "one window")
        self.end(compositor, run)

    def test_the_last_one_cannot_be_unplugged(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS)
        self.wait_window(compositor, WIDTH, HEIGHT)
        self.press(compositor, KEY_1)
        compositor.command("configure", width=500, height=400)
        self.wait_told(500, 400)
        self.assertEqual(self.told(), [(500, 400)])
        self.end(compositor, run)

    def test_monitors_that_are_not_named_are_unplugged(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, "head 1 gpu g",
                        "scanout 1 b memory XRGB8888 100x80", "draw b rgba", "update 1 0,0,100x80",
                        "follow 1", arguments=("--monitors=1",))
        self.wait_told(0, 0, console=0)
        self.wait_window(compositor, 100, 80)
        self.assertEqual(self.told(console=1), [], "on already")
        self.end(compositor, run)

    def test_one_that_does_not_exist(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, arguments=("--monitors=0,5",))
        self.wait_window(compositor, WIDTH, HEIGHT)
        wait_for(lambda: "--monitors: the VM has no console 5" in run.errors, "a word about it")
        self.end(compositor, run)

    def test_a_guest_that_does_not_turn_it_on(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, "head 1 gpu g label dark",
                        arguments=("--monitors=0,1",))
        compositor.wait("title", where=lambda event: "dark — off" in event["title"])
        self.end(compositor, run)

    def test_a_console_that_comes_later(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, "sleep 1500", *SECOND, arguments=("--monitors=all",))
        self.wait_told(1280, 800, console=1)
        compositor.wait("commit", role="toplevel", width=1280, height=800)
        self.end(compositor, run)

    def test_consoles_come_and_go(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, *SECOND, "sleep 1500", "remove 1", "sleep 500",
                        *SECOND, arguments=("--monitors=all",))
        self.wait_told(1280, 800, console=1)
        # Hot-plugged: what it was told once it is told again.
        wait_for(lambda: self.told(console=1).count((1280, 800)) == 2, "the same once more")
        self.end(compositor, run)

    def test_a_console_that_comes_and_is_dark(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, *SECOND, "sleep 1500", "remove 1", "sleep 500",
                        "head 1 gpu g label right", arguments=("--monitors=0,1",))
        compositor.wait("toplevel_destroy")
        compositor.wait("title", where=lambda event: "right — off" in event["title"])
        self.end(compositor, run)


class NobodysMonitor(MonitorCase):
    """Without any window nobody could press a key."""

    ON = ("head 1 gpu h label right", "scanout 1 b memory XRGB8888 100x80", "draw b rgba",
          "update 1 0,0,100x80", "wait-answers")

    def close_right(self, compositor):
        right = self.window(compositor, "right")
        wait_for(lambda: len(compositor.find("toplevel")) == 2, "two windows")
        compositor.command("close", surface=right)
        compositor.wait("toplevel_destroy", surface=right)

    def test_the_other_one_was_closed_and_goes_on(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, *self.ON, "unresizable 1", "sleep 2000", "off 0")
        self.close_right(compositor)
        compositor.wait("title", where=lambda event: "left — off" in event["title"])
        self.assertEqual(len(compositor.find("toplevel_destroy")), 1)
        self.end(compositor, run)

    def test_the_other_one_was_closed_and_is_all_there_is(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, *self.ON, "follow 1", "sleep 2000", "remove 0",
                        "sleep 2500", *PICTURE)
        self.close_right(compositor)
        compositor.wait("title", where=lambda event: "right — off" in event["title"])
        # It was closed: it goes when it is not needed any more.
        compositor.wait("toplevel_destroy", count=3)
        compositor.wait("toplevel", count=4)
        self.end(compositor, run)


class Close(MonitorCase):
    def test_ask(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, arguments=("--window-close=ask",))
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("close")
        compositor.wait("title", where=lambda event: "close again to leave" in event["title"])
        self.assertTrue(run.running())
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())

    def test_powerdown(self):
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, arguments=("--window-close=powerdown",))
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(len(self.record("power")), 1)


class FullScreen(MonitorCase):
    def covered(self, compositor, since=0):
        return [event["output"] for event in compositor.find("set_fullscreen", since=since)]

    def wait_covered(self, compositor, *outputs):
        """In that order; the compositor tells on another way than the guest."""
        wait_for(lambda: self.covered(compositor) == list(outputs), f"{outputs} to be covered")

    def test_a_full_screen_that_is_cut_short(self):
        """So Sway opens it, while it is busy; when it is asked again it is right."""
        for initial, n_asked in (("640x480", 2), ("1280x800", 1)):
            with self.subTest(initial):
                compositor = self.compositor("--output=DP-1:1280x800", "--fullscreen=short",
                                             "--enter=mapped", f"--initial-size={initial}")
                run = self.show(compositor, *FOLLOWS, arguments=("--full-screen=all",))
                self.wait_for_picture(compositor, rgba_pattern(1280, 800), run)
                self.assertEqual(len(compositor.find("set_fullscreen")), n_asked)
                self.end(compositor, run)

    def test_a_full_screen_that_stays_another_size(self):
        """The desktop has its reasons: it is not asked for ever."""
        compositor = self.compositor(*TWO_OUTPUTS, "--fullscreen=here", "--enter=mapped")
        run = self.show(compositor, *FOLLOWS, arguments=("--full-screen=DP-2",))
        self.wait_for_picture(compositor, rgba_pattern(1280, 800), run)
        self.assertEqual(len(compositor.find("set_fullscreen")), 2)
        self.end(compositor, run)

    def test_all(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, *SECOND, arguments=("--full-screen=all",))
        first, second = self.wait_told(1280, 800), self.wait_told(1024, 768, console=1)
        self.assertEqual((first["x"], first["y"], second["x"], second["y"]), (0, 0, 1280, 0))
        self.assertEqual((second["width_mm"], second["height_mm"]), (256, 192))
        wait_for(lambda: sorted(self.covered(compositor)) == ["DP-1", "DP-2"], "both outputs")
        self.end(compositor, run)

    def test_outputs_come_and_go(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, *SECOND, arguments=("--full-screen=all",))
        self.wait_told(1024, 768, console=1)
        compositor.wait("set_fullscreen", output="DP-2")
        mark = len(self.record("set_head"))
        compositor.command("output_remove", output="DP-2")
        self.wait_told(0, 0, console=1, since=mark)
        mark, seen = len(self.record("set_head")), compositor.mark()
        compositor.command("output_add", spec=TWO_OUTPUTS[1].split("=", 1)[1])
        self.wait_told(1024, 768, console=1, since=mark)
        compositor.wait("set_fullscreen", since=seen, output="DP-2")
        # Turned by a quarter, and in another mode.
        compositor.command("output_change", output="DP-1", spec="1600x900,transform=90")
        self.wait_told(900, 1600)
        self.end(compositor, run)

    def test_mapping(self):
        for mapping in ("1:DP-2;2:DP-1", " 1:2 ; 2:1 "):
            with self.subTest(mapping):
                compositor = self.compositor(*TWO_OUTPUTS)
                run = self.show(compositor, *FOLLOWS, *SECOND,
                                arguments=(f"--monitor-mapping={mapping}", "--no-layout"))
                first, second = self.wait_told(1024, 768), self.wait_told(1280, 800, console=1)
                self.assertEqual((first["x"], second["x"]), (1280, 0))
                self.end(compositor, run)

    def test_names_that_no_output_has(self):
        for argument in ("--full-screen=HDMI-7", "--monitor-mapping=1:HDMI-7"):
            with self.subTest(argument):
                compositor = self.compositor(*TWO_OUTPUTS)
                run = self.show(compositor, *FOLLOWS, arguments=(argument, "--no-layout"))
                self.wait_window(compositor, WIDTH, HEIGHT)
                wait_for(lambda: "no such monitor; it has: DP-1, DP-2" in run.errors,
                         "a word about it")
                self.assertEqual(self.covered(compositor), [])
                self.end(compositor, run)

    def test_one_output(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, arguments=("--full-screen=DP-2",))
        self.wait_told(1024, 768)
        # The guest is told before there is a window.
        compositor.wait("set_fullscreen")
        self.wait_covered(compositor, "DP-2")
        self.end(compositor, run)

    def test_by_key_and_back(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS)
        self.wait_window(compositor, WIDTH, HEIGHT)
        self.press(compositor, KEY_F)
        self.wait_told(1280, 800)
        compositor.wait("set_fullscreen", output="DP-1")
        mark = len(self.record("set_head"))
        self.press(compositor, KEY_F)
        compositor.wait("unset_fullscreen")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(self.told(since=mark)[-1:], [(WIDTH, HEIGHT)])
        self.end(compositor, run)

    def test_what_is_shown(self):
        """A single window is where the desktop puts it; a second one takes another monitor."""
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, *SECOND, arguments=("--full-screen", "--monitors=0"))
        self.wait_told(1280, 800)
        self.wait_covered(compositor, None)
        self.press(compositor, KEY_1 + 1)
        self.wait_told(1024, 768, console=1)
        self.end(compositor, run)


    def test_an_output_at_the_end_of_all_numbers(self):
        compositor = self.compositor(TWO_OUTPUTS[0], "--output=DP-2:1024x768+2147483000+2147483000")
        run = self.show(compositor, *FOLLOWS, *SECOND, arguments=("--full-screen=all",))
        self.wait_told(1024, 768, console=1)
        self.wait_told(1280, 800)
        self.end(compositor, run)

    def test_two_that_are_shown_from_the_start(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, "head 1 gpu g label right",
                        "scanout 1 b memory XRGB8888 100x80", "draw b rgba", "update 1 0,0,100x80",
                        "follow 1", arguments=("--full-screen",))
        self.wait_told(1280, 800)
        self.wait_told(1024, 768, console=1)
        self.end(compositor, run)


class AnotherCompositor(MonitorCase):
    """The desktop crashes, and the windows come back as they were."""

    def start_on(self, first, *lines, arguments=(), **environment):
        self.place = self.path("wayland")
        os.symlink(first.display, self.place)
        return self.show(types.SimpleNamespace(display=self.place), *lines,
                         arguments=("--compositor-timeout=60", *arguments), **environment)

    def crash(self, compositor, *host):
        """The compositor that comes in its place."""
        compositor.kill()
        os.unlink(self.place)
        following = self.compositor(*host)
        os.symlink(following.display, self.place)
        return following

    def wait_maximized_from_the_start(self, compositor, width, height):
        first = compositor.wait("commit", role="toplevel", attached=True)
        self.assertEqual((first["width"], first["height"]), (width, height))
        asked, = compositor.find("set_maximized")
        configured = compositor.find("configure", surface=asked["surface"])[0]
        self.assertLess(compositor.position(asked), compositor.position(configured))

    def test_a_maximized_window(self):
        first = self.compositor(TWO_OUTPUTS[0])
        run = self.start_on(first, *FOLLOWS)
        self.wait_window(first, WIDTH, HEIGHT)
        first.command("configure", width=500, height=400)
        self.wait_for_picture(first, rgba_pattern(500, 400), run)
        first.command("maximize")
        self.wait_for_picture(first, rgba_pattern(1280, 800), run)
        told = len(self.told())
        second = self.crash(first, TWO_OUTPUTS[0])
        self.wait_for_picture(second, rgba_pattern(1280, 800), run)
        self.wait_maximized_from_the_start(second, 1280, 800)
        self.assertLessEqual(set(self.told(since=told)), {(1280, 800)})
        second.command("maximize", on=False)
        self.wait_for_picture(second, rgba_pattern(500, 400), run)
        third = self.crash(second, TWO_OUTPUTS[0])
        self.wait_for_picture(third, rgba_pattern(500, 400), run)
        self.assertEqual(third.find("set_maximized"), [])
        self.end(third, run)

    def test_a_maximized_window_of_the_guests_size(self):
        """That one is gone from the guest, which fills the window."""
        first = self.compositor(TWO_OUTPUTS[0])
        run = self.start_on(first, *FOLLOWS)
        self.wait_window(first, WIDTH, HEIGHT)
        first.command("maximize")
        self.wait_for_picture(first, rgba_pattern(1280, 800), run)
        second = self.crash(first, TWO_OUTPUTS[0])
        self.wait_for_picture(second, rgba_pattern(1280, 800), run)
        self.wait_maximized_from_the_start(second, 1280, 800)
        second.command("maximize", on=False)
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.end(second, run)

    def test_a_maximized_window_beside_a_guest_that_is_not_told(self):
        first = self.compositor(TWO_OUTPUTS[0])
        run = self.start_on(first, *FOLLOWS, arguments=("--auto-resize=never",))
        self.wait_window(first, WIDTH, HEIGHT)
        first.command("maximize")
        self.wait_window(first, 1280, 800)
        second = self.crash(first, TWO_OUTPUTS[0])
        self.wait_maximized_from_the_start(second, 1280, 800)
        second.command("maximize", on=False)
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(self.told(), [])
        self.end(second, run)

    def test_a_maximized_window_with_a_title_bar_of_the_viewers(self):
        self.skip_where_libdecor_leaks()
        host = (TWO_OUTPUTS[0], "--without=zxdg_decoration_manager_v1")
        first = self.compositor(*host)
        run = self.start_on(first, *FOLLOWS)
        self.wait_window(first, WIDTH, HEIGHT)
        first.command("maximize")
        whole = first.wait("commit", role="toplevel", width=1280)
        self.wait_told(1280, whole["height"])
        second = self.crash(first, *host)
        self.wait_window(second, 1280, whole["height"])
        self.wait_maximized_from_the_start(second, 1280, whole["height"])
        second.command("maximize", on=False)
        self.wait_window(second, WIDTH, HEIGHT)
        self.end(second, run)

    def test_where_each_window_is_said_to_be_maximized(self):
        """So on Hyprland: nobody has asked for it, and the next compositor is not asked."""
        everyone = (TWO_OUTPUTS[0], "--says-maximized")
        first = self.compositor(*everyone)
        run = self.start_on(first, *FOLLOWS)
        self.wait_window(first, 1280, 800)
        for on in (True, False):
            first.command("fullscreen", on=on)
            wait_for(lambda: ("fullscreen" in first.find("configure")[-1]["states"]) == on,
                     f"full screen: {on}")
            first.wait("ack_configure", serial=first.find("configure")[-1]["serial"])
        second = self.crash(first, *everyone)
        self.wait_window(second, 1280, 800)
        third = self.crash(second, TWO_OUTPUTS[0])
        self.wait_for_picture(third, rgba_pattern(1280, 800), run)
        for compositor in (first, second, third):
            self.assertEqual(compositor.find("set_maximized"), [])
        self.end(third, run)

    def test_full_screen_over_a_maximized_window(self):
        first = self.compositor(TWO_OUTPUTS[0])
        run = self.start_on(first, *FOLLOWS)
        self.wait_window(first, WIDTH, HEIGHT)
        first.command("maximize")
        self.wait_told(1280, 800)
        first.command("fullscreen")
        wait_for(lambda: first.find("configure")[-1]["states"].count("fullscreen"), "full screen")
        first.wait("ack_configure", serial=first.find("configure")[-1]["serial"])
        second = self.crash(first, TWO_OUTPUTS[0])
        second.wait("commit", role="toplevel", attached=True)
        states = second.find("configure")[0]["states"]
        self.assertLessEqual({"maximized", "fullscreen"}, set(states))
        second.command("fullscreen", on=False)
        second.command("maximize", on=False)
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.end(second, run)

    def test_full_screen_that_the_desktop_began(self):
        first = self.compositor(*TWO_OUTPUTS)
        run = self.start_on(first, *FOLLOWS)
        self.wait_window(first, WIDTH, HEIGHT)
        first.command("place", output="DP-2")
        first.command("fullscreen")
        self.wait_for_picture(first, rgba_pattern(1024, 768), run)
        told = len(self.told())
        second = self.crash(first, *TWO_OUTPUTS)
        self.wait_for_picture(second, rgba_pattern(1024, 768), run)
        self.assertEqual([event["output"] for event in second.find("set_fullscreen")], ["DP-2"])
        self.assertLessEqual(set(self.told(since=told)), {(1024, 768)})
        # The desktop moves it: there it is at home from now on.
        second.command("fullscreen", output="DP-1")
        self.wait_for_picture(second, rgba_pattern(1280, 800), run)
        third = self.crash(second, *TWO_OUTPUTS)
        self.wait_for_picture(third, rgba_pattern(1280, 800), run)
        self.assertEqual([event["output"] for event in third.find("set_fullscreen")], ["DP-1"])
        # There is none of that name, nor any like it.
        fourth = self.crash(third, "--output=HDMI-1:800x600,make=Other,model=Three")
        self.wait_for_picture(fourth, rgba_pattern(800, 600), run)
        self.assertEqual([event["output"] for event in fourth.find("set_fullscreen")], [None])
        fourth.command("fullscreen", on=False)
        self.wait_for_picture(fourth, rgba_pattern(WIDTH, HEIGHT), run)
        self.end(fourth, run)

    def test_full_screen_that_the_user_moves(self):
        """Wherever the command line, or the layout of the run before, had it first."""
        sizes = {"DP-1": (1280, 800), "DP-2": (1024, 768)}
        for arguments, before, after in ((("--full-screen",), "DP-1", "DP-2"), ((), "DP-2", "DP-1")):
            with self.subTest(arguments):
                first = self.compositor(*TWO_OUTPUTS)
                run = self.start_on(first, *FOLLOWS, arguments=arguments)
                self.wait_for_picture(first, rgba_pattern(*sizes[before]), run)
                first.command("fullscreen", output=after)
                self.wait_for_picture(first, rgba_pattern(*sizes[after]), run)
                second = self.crash(first, *TWO_OUTPUTS)
                self.wait_for_picture(second, rgba_pattern(*sizes[after]), run)
                self.assertEqual([event["output"] for event in second.find("set_fullscreen")],
                                 [after])
                self.end(second, run)
                os.unlink(self.place)

    def test_zoom_size_and_cursor(self):
        first = self.compositor(TWO_OUTPUTS[0])
        run = self.start_on(first, *FOLLOWS, "cursor 0 24x32 hot 10,14 solid ff0000ff")
        self.wait_window(first, WIDTH, HEIGHT)
        first.command("configure", width=600, height=450)
        self.wait_told(600, 450)
        self.press(first, KEY_EQUAL)
        self.press(first, KEY_EQUAL)
        self.wait_told(400, 300)
        first.command("pointer_enter", x=50, y=50)
        first.wait("set_cursor", hot_x=15, hot_y=21)
        told = len(self.told())
        second = self.crash(first, TWO_OUTPUTS[0])
        self.wait_window(second, 600, 450)
        second.command("pointer_enter", x=50, y=50)
        cursor = second.wait("set_cursor", hot_x=15, hot_y=21)
        look = second.screenshot(surface=cursor["surface"])
        self.assertEqual((look.width, look.height, look.pixel(0, 0)), (36, 48, (255, 0, 0)))
        self.assertEqual(self.told(since=told), [])
        self.press(second, KEY_0)
        self.wait_for_picture(second, rgba_pattern(600, 450), run)
        self.end(second, run)

    def test_three_monitors(self):
        """One resized, one on full screen on another output, one closed."""
        first = self.compositor(*TWO_OUTPUTS)
        run = self.start_on(first, *FOLLOWS, *SECOND, "head 2 gpu g label third", "follow 2",
                            arguments=("--monitors=0,1,2",))
        for console in (1, 2):
            self.wait_told(1280, 800, console=console)
        left, right, third = (self.window(first, label) for label in ("left", "right", "third"))
        first.command("configure", surface=left, width=600, height=450)
        self.wait_told(600, 450)
        first.command("place", surface=right, output="DP-2")
        first.command("fullscreen", surface=right)
        self.wait_told(1024, 768, console=1)
        first.command("close", surface=third)
        self.wait_told(0, 0, console=2)
        first.wait("toplevel_destroy", surface=third)
        self.wait_window(first, 600, 450)
        self.wait_window(first, 1024, 768)
        # The last of each.
        before = {event["console"]: event for event in self.record("set_head")}
        told = len(self.record("set_head"))
        second = self.crash(first, *TWO_OUTPUTS)
        for label, size in (("left", (600, 450)), ("right", (1024, 768))):
            second.wait("commit", surface=self.window(second, label), width=size[0],
                        height=size[1])
        asked, = second.find("set_fullscreen")
        self.assertEqual((asked["surface"], asked["output"]),
                         (self.window(second, "right"), "DP-2"))
        # As large, and as far from each other, and the third one still off.
        for event in self.record("set_head")[told:]:
            self.assertEqual(event, before[event["console"]])
        self.assertEqual(len(second.find("toplevel")), 2)
        # By its key, which would close one that is there.
        self.press(second, KEY_1 + 2)
        self.window(second, "third")
        self.wait_told(1280, 800, console=2, since=told)
        second.command("ping_client", serial=7)
        second.wait("pong", serial=7)
        self.assertEqual(len(second.find("toplevel")), 3)
        self.assertEqual(second.find("toplevel_destroy"), [])
        self.end(second, run)


class Layout(MonitorCase):
    WHO = ("name one", "uuid 11111111-2222-3333-4444-555555555555")

    def path_of_layout(self):
        return os.path.join(self.folder, "state", "vitrine",
                            "layout-11111111-2222-3333-4444-555555555555.json")

    def arrange(self):
        """Two monitors, both in sizes of the user's; leaves in order."""
        compositor = self.compositor()
        run = self.show(compositor, *FOLLOWS, *SECOND, who=self.WHO, arguments=("--monitors=0,1",))
        self.wait_window(compositor, 1280, 800)
        first, second = (self.window(compositor, label) for label in ("left", "right"))
        compositor.command("configure", surface=first, width=600, height=450)
        compositor.command("configure", surface=second, width=700, height=500)
        self.wait_told(600, 450)
        self.wait_told(700, 500, console=1)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_comes_back(self):
        self.arrange()
        compositor = self.compositor()
        with open(self.path_of_layout()) as file:
            heads = json.load(file)["heads"]
        self.assertEqual([(head["width"], head["height"]) for head in heads],
                         [(600, 450), (700, 500)])
        run = self.show(compositor, *FOLLOWS, *SECOND, who=self.WHO)
        self.wait_told(600, 450)
        self.wait_told(700, 500, console=1)
        self.wait_window(compositor, 600, 450)
        self.wait_window(compositor, 700, 500)
        self.end(compositor, run)

    def test_on_a_smaller_desktop(self):
        self.arrange()
        compositor = self.compositor("--output=DP-1:640x480")
        run = self.show(compositor, *FOLLOWS, *SECOND, who=self.WHO)
        self.wait_window(compositor, 600, 450)
        self.wait_window(compositor, 640, 480)
        self.assertEqual(compositor.find("commit", role="toplevel", width=700), [])
        self.end(compositor, run)

    def test_full_screen_comes_back_on_the_same_monitor(self):
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, who=self.WHO, arguments=("--full-screen=DP-2",))
        self.wait_told(1024, 768)
        self.assertEqual(run.terminate(), 0, run.story())
        # Its connector has another name now.
        compositor = self.compositor("--output=DP-7:1024x768,make=ACME,model=Two",
                                     "--output=DP-2:1280x800,make=ACME,model=One")
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        compositor.wait("set_fullscreen", output="DP-7")
        self.wait_told(1024, 768)
        self.end(compositor, run)

    def test_full_screen_on_a_monitor_that_is_unplugged(self):
        """A laptop that is taken off its dock, and comes back after the viewer has ended."""
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("place", output="DP-2")
        compositor.command("fullscreen")
        self.wait_told(1024, 768)
        compositor.command("output_remove", output="DP-2")
        self.wait_told(1280, 800)
        self.assertEqual(run.terminate(), 0, run.story())
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        compositor.wait("set_fullscreen", output="DP-2")
        self.wait_for_picture(compositor, rgba_pattern(1024, 768), run)
        # The user moves it: that is where it is from then on.
        compositor.command("fullscreen", output="DP-1")
        self.wait_for_picture(compositor, rgba_pattern(1280, 800), run)
        self.assertEqual(run.terminate(), 0, run.story())
        compositor = self.compositor(*TWO_OUTPUTS)
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        compositor.wait("set_fullscreen", output="DP-1")
        self.end(compositor, run)

    def test_maximized_comes_back(self):
        compositor = self.compositor(TWO_OUTPUTS[0])
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("configure", width=500, height=400)
        self.wait_told(500, 400)
        compositor.command("maximize")
        self.wait_told(1280, 800)
        self.assertEqual(run.terminate(), 0, run.story())
        compositor = self.compositor(TWO_OUTPUTS[0])
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        self.wait_for_picture(compositor, rgba_pattern(1280, 800), run)
        self.assertEqual(self.told(), [(1280, 800)])
        compositor.command("maximize", on=False)
        self.wait_for_picture(compositor, rgba_pattern(500, 400), run)
        self.end(compositor, run)

    def test_not_wanted(self):
        self.arrange()
        compositor = self.compositor()
        before = os.stat(self.path_of_layout()).st_mtime_ns
        run = self.show(compositor, *FOLLOWS, *SECOND, who=self.WHO, arguments=("--no-layout",))
        compositor.wait("commit", role="toplevel", width=WIDTH, height=HEIGHT)
        self.assertEqual(self.told(), [])
        self.end(compositor, run)
        self.assertEqual(os.stat(self.path_of_layout()).st_mtime_ns, before)

    def test_damaged(self):
        self.arrange()
        compositor = self.compositor()
        with open(self.path_of_layout(), "w") as file:
            file.write("{ nonsense")
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        self.wait_window(compositor, WIDTH, HEIGHT)
        self.assertIn("damaged", run.errors)
        self.assertTrue(os.path.exists(self.path_of_layout() + ".damaged"))
        self.end(compositor, run)

    def test_from_the_future(self):
        self.arrange()
        compositor = self.compositor()
        future = '{"version": 99, "heads": "what we do not know"}'
        with open(self.path_of_layout(), "w") as file:
            file.write(future)
        run = self.show(compositor, *FOLLOWS, who=self.WHO)
        self.wait_window(compositor, WIDTH, HEIGHT)
        compositor.command("configure", width=555, height=444)
        self.wait_told(555, 444)
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertIn("later version", run.errors)
        with open(self.path_of_layout()) as file:
            self.assertEqual(file.read(), future)


class Arguments(MonitorCase):
    def test_words_that_cannot_be_meant(self):
        for argument, says in (("--monitors=0,16", "16"), ("--monitor-mapping=1DP-1", "1DP-1"),
                               ("--monitor-mapping=1:DP-1;1:DP-2", "before"),
                               ("--zoom=5", "'5'"), ("--scale=huge", "one of fit|1:1|integer"),
                               ("--auto-resize=maybe", "one of always|never"),
                               ("--filter=soft", "one of linear|nearest"),
                               ("--window-close=no", "one of detach|ask|powerdown")):
            with self.subTest(argument):
                run = self.vitrine("--fake", argument, status=USAGE)
                self.assertIn(says, run.errors)
