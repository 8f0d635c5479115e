"""One guest pixel is one of the monitor's at any scale, or --list says that it is not."""

import functools
import json
import math

from mini_case import MiniCase, cropped, flipped, letterboxed, rgba_pattern
from picture import Picture
from viewer import wait_for

PERCENTS = (100, 125, 133, 150, 175, 200)
# Of all of these scales the first is a whole number of logical pixels, of few of them the others.
DIVIDES, DOES_NOT, LARGE = "1680x840", "1366x768", "2560x1600"
CONFIGURATIONS = [(percent, mode, rounding)
                  for percent in PERCENTS
                  for mode, rounding in ((DIVIDES, "round"), (DOES_NOT, "round"),
                                         (DOES_NOT, "floor"), (LARGE, "round"), (LARGE, "floor"))
                  if mode != LARGE or percent in (150, 175)]
# Whole multiples of so many logical pixels begin where a physical one does, at all scales.
GRID = 12
# What a fixed window may be larger by, without its picture being scaled.
SLACK = 2
MAGENTA = (255, 0, 255)


def parse(size):
    width, height = size.split("x")
    return int(width), int(height)


class Guest:
    """What a head shows, as a script says it and as it is to look."""

    def __init__(self, head, size, buffer=None, source=None, bottom_up=False):
        self.head, self.size = head, size
        self.label = f"screen {head}."
        width, height = buffer or size
        self._description = f"scanout {head} m{head} memory XRGB8888 {width}x{height}"
        self.picture, area = rgba_pattern(width, height), (0, 0, *size)
        if source:
            self._description += f" source {source[0]},{source[1]},{size[0]}x{size[1]}"
            self.picture = cropped(self.picture, *source, *size)
            area = (*source, *size)
        if bottom_up:
            self._description += " bottom-up"
            self.picture = flipped(self.picture)
        self._update = "update {} {},{},{}x{}".format(head, *area)

    def lines(self):
        return (f'head {self.head} gpu g label "{self.label}"', self._description,
                f"draw m{self.head} rgba", self._update, "wait-answers")


def at_each(configurations):
    """Runs the test once for each, after begin() with it."""
    def decorate(test):
        @functools.wraps(test)
        def run_all(self):
            for configuration in configurations:
                with self.subTest(configuration):
                    self.begin(*configuration)
                    try:
                        test(self)
                    finally:
                        self.running.kill()
        return run_all
    return decorate


at_each_monitor = at_each(CONFIGURATIONS)
at_each_scale = at_each([(percent, DOES_NOT) for percent in PERCENTS])


class ScaleCase(MiniCase):
    def begin(self, percent, mode, rounding="round"):
        """A monitor, of a compositor of its own."""
        self.configuration = percent, mode, rounding
        self.scale_120 = round(percent * 1.2)
        self.mode = parse(mode)
        self.compositor_of = self.compositor(
            f"--output=DP-1:{mode},scale={percent / 100},mm=480x270", "--fractional-scale",
            f"--logical-size={rounding}")
        output, = self.compositor_of.command("outputs")["outputs"]
        self.logical = output["width"], output["height"]

    def pixels(self, length):
        """Of so many logical ones, as fractional-scale-v1 rounds."""
        return (length * self.scale_120 + 60) // 120

    def has_length(self, pixels):
        near = pixels * 120 // self.scale_120
        return any(self.pixels(length) == pixels for length in range(near - 2, near + 3))

    def exists(self, size):
        """Whether a window or a surface can be so large, in physical pixels."""
        return all(map(self.has_length, size))

    def make_existing(self, width, height):
        """The next larger size that exists."""
        while not self.has_length(width):
            width += 1
        while not self.has_length(height):
            height += 1
        return width, height

    def show(self, *arguments, **options):
        """What one scale leaves behind is nothing to the next."""
        options["arguments"] = ("--no-layout", *options.get("arguments", ()))
        self.running = super().show(self.compositor_of, *arguments, **options)
        return self.running

    def surface(self, guest):
        return self.compositor_of.wait("title", where=lambda event:
                                       guest.label in event["title"])["surface"]

    def wait_shown(self, guest):
        surface = self.surface(guest)
        self.compositor_of.wait("commit", surface=surface, attached=True)
        return surface

    def told(self, head=0):
        sizes = [(event["width"], event["height"]) for event in self.record("set_head")
                 if event["console"] == head]
        return sizes[-1] if sizes else None

    def says_scaled(self):
        """Of each console: whether --list says that its picture is scaled."""
        vm, = json.loads(self.vitrine("--list", "--json").output)
        return {console["console"]: "scaled" in (console["reason"] or "")
                for console in vm["consoles"]}

    def wait_right(self, run, look):
        """Until look() says None: what is shown may take a commit or two."""
        last = "nothing was shown"

        def right():
            nonlocal last
            self.assertTrue(run.running(), run.story())
            last = look()
            return last is None
        try:
            wait_for(right, "the picture", timeout_s=20)
        except AssertionError as error:
            raise AssertionError(f"{error}: {last}\n{run.story()}") from None

    def maximize(self, surface):
        mark = self.compositor_of.mark()
        self.compositor_of.command("maximize", surface=surface)
        self.compositor_of.wait("commit", since=mark, surface=surface, width=self.logical[0],
                                height=self.logical[1])

    def wait_only(self, run, expected, exact=True):
        """
        Until one picture is on the monitor, wherever, all else is black, and both the compositor
        and --list say whether it is exact. Returns what the compositor says of it.
        """
        found = None

        def look():
            nonlocal found
            shown = self.compositor_of.screenshot_output()
            pictures = [surface for surface in shown.surfaces
                        if (surface["buffer_width"], surface["buffer_height"]) != (1, 1)]
            if len(pictures) != 1:
                return f"{len(pictures)} pictures: {shown.surfaces}"
            found, = pictures
            if found["scaled"] == exact or self.says_scaled()[0] == exact:
                return f"exact: {exact}, but it is {found}; scaled: {self.says_scaled()}"
            if not exact:
                return None
            x, y = found["x"], found["y"]
            # A window may reach beyond the monitor, by what its logical size was rounded.
            part = cropped(expected, 0, 0, min(expected.width, shown.width - x),
                           min(expected.height, shown.height - y))
            return shown.difference(letterboxed(part, x, y, shown.width, shown.height))
        self.wait_right(run, look)
        return found

    def end(self, run):
        self.assert_no_error(self.compositor_of)
        self.assertEqual(run.terminate(), 0, run.story())


class Exact(ScaleCase):
    """Pictures on the monitor, by the compositor's own rounding."""

    @at_each_monitor
    def test_floating(self):
        """Windows take the sizes of their guests, where such windows exist."""
        guests = [Guest(0, (320, 200)), Guest(1, (321, 201)), Guest(2, (322, 200)),
                  Guest(3, (333, 217)), Guest(4, (310, 202), bottom_up=True),
                  Guest(5, (320, 200), buffer=(400, 300), source=(40, 50)),
                  Guest(6, (300, 180), buffer=(333, 222), source=(17, 9), bottom_up=True)]
        run = self.show(*(line for guest in guests
                                              for line in guest.lines()))
        surfaces = [self.surface(guest) for guest in guests]
        # Side by side, where a physical pixel begins.
        width, height = (math.ceil(pixels * 120 / self.scale_120 / GRID) * GRID
                         for pixels in (340, 225))
        across = self.mode[0] // self.pixels(width)
        for i, surface in enumerate(surfaces):
            self.compositor_of.command("place", surface=surface, x=i % across * width,
                                       y=i // across * height)
        exact = [self.exists(guest.size) for guest in guests]
        self.assertIn(True, exact)

        def look():
            shown = self.compositor_of.screenshot_output()
            boxes = {box["surface"]: box for box in shown.surfaces}
            says = self.says_scaled()
            for i, (guest, surface) in enumerate(zip(guests, surfaces)):
                box = boxes.get(surface)
                if box is None or says.get(i) == exact[i] or (exact[i] and box["scaled"]):
                    return f"{guest.label} {guest.size}: {exact[i]}, {box}, {says}"
                part = cropped(shown, box["x"], box["y"], box["width"], box["height"])
                difference = exact[i] and part.difference(guest.picture)
                if difference:
                    return f"{guest.label} {difference}"
            return None
        self.wait_right(run, look)
        self.assertEqual(self.record("set_head"), [])
        self.end(run)

    @at_each_monitor
    def test_filling_the_monitor(self):
        """The guest follows to the monitor's own pixels, and to those of a maximised window."""
        run = self.show(*Guest(0, (320, 200)).lines(), "follow 0",
                        arguments=("--full-screen",))
        window = tuple(map(self.pixels, self.logical))
        wait_for(lambda: self.told() == self.mode, f"{self.mode}, not {self.told()}")
        if window == self.mode:
            self.wait_only(run, rgba_pattern(*self.mode))
        else:
            # The logical size was rounded: what a compositor makes of that is its own affair.
            self.wait_right(run, lambda: self.covers(window))
        self.compositor_of.command("fullscreen", on=False)
        self.compositor_of.command("maximize")
        wait_for(lambda: self.told() == window, f"{window}, not {self.told()}")
        self.wait_only(run, rgba_pattern(*window))
        self.end(run)

    def covers(self, window):
        """The buffer has the monitor's own size on a surface that covers it, or nearly."""
        boxes = self.compositor_of.screenshot_output().surfaces
        sizes = [(box["buffer_width"], box["buffer_height"], box["width"], box["height"])
                 for box in boxes]
        right = sizes == [(*self.mode, *window)] and not self.says_scaled()[0]
        return None if right else f"{boxes} {self.says_scaled()}"

    @at_each_monitor
    def test_one_to_one_in_a_larger_window(self):
        for guest in Guest(0, self.make_existing(320, 200)), Guest(0, (322, 203)):
            self.begin(*self.configuration)
            run = self.show(*guest.lines(),
                            arguments=("--auto-resize=never", "--scale=1:1"))
            self.maximize(self.wait_shown(guest))
            box = self.wait_only(run, guest.picture, self.exists(guest.size))
            # In the middle, as far as there is a physical pixel's start.
            for position, size, whole in ((box["x"], box["width"], self.mode[0]),
                                          (box["y"], box["height"], self.mode[1])):
                self.assertLessEqual(abs(position - (whole - size) / 2), GRID)
            self.end(run)

    @at_each_monitor
    def test_nearly_as_large_as_the_window(self):
        """A fixed window that is so little larger than its guest does not scale it."""
        window = tuple(map(self.pixels, self.logical))
        for spare in range(SLACK + 1):
            self.begin(*self.configuration)
            guest = Guest(0, (window[0] - spare, window[1] - spare // 2))
            exact = all(size == whole or self.has_length(size)
                        for size, whole in zip(guest.size, window))
            run = self.show(*guest.lines(),
                            arguments=("--auto-resize=never",))
            self.maximize(self.wait_shown(guest))
            self.wait_only(run, guest.picture, exact)
            self.end(run)


class Cursor(ScaleCase):
    sanitize = True

    def look(self, surface):
        return self.compositor_of.screenshot(surface=surface, scale_120=self.scale_120)

    def cursors(self, *sizes):
        """A head for each of these cursors; returns what the compositor was told of them."""
        guests = [Guest(i, self.make_existing(320, 200)) for i in range(len(sizes))]
        run = self.show(*(line for guest, size in zip(guests, sizes)
                          for line in (*guest.lines(), f"cursor {guest.head} {size}",
                                       f"pointer {guest.head} absolute")))
        told = []
        for guest in guests:
            surface, mark = self.surface(guest), self.compositor_of.mark()
            self.compositor_of.wait("commit", surface=surface, attached=True)
            self.compositor_of.command("pointer_enter", surface=surface, x=20, y=20)
            told.append(self.compositor_of.wait("set_cursor", since=mark, where=lambda event:
                                                event["surface"]))
        return run, told

    @at_each_scale
    def test_size_and_hotspot(self):
        cursors = ((13, 17, 3, 4), (24, 24, 0, 0), (32, 32, 31, 31), (9, 11, 5, 7), (64, 1, 10, 0))
        run, told = self.cursors(*(f"{width}x{height} hot {x},{y} solid ff0000ff"
                                   for width, height, x, y in cursors))
        for event, (width, height, x, y) in zip(told, cursors):
            shown = self.look(event["surface"])
            # The hotspot is a whole number of logical pixels, and of physical ones.
            left = event["hot_x"] * self.scale_120 / 120 - x
            top = event["hot_y"] * self.scale_120 / 120 - y
            self.assertEqual(self.place_of(shown, MAGENTA), (left, top, width, height))
            red = Picture(width, height, b"\xff\0\0" * (width * height))
            self.assert_same_picture(cropped(shown, int(left), int(top), width, height), red)
        self.end(run)

    @staticmethod
    def place_of(shown, background):
        """The smallest rectangle around what is not background."""
        rows = [y for y in range(shown.height) for x in range(shown.width)
                if shown.pixel(x, y) != background]
        columns = [x for y in range(shown.height) for x in range(shown.width)
                   if shown.pixel(x, y) != background]
        return (min(columns), min(rows), max(columns) - min(columns) + 1,
                max(rows) - min(rows) + 1)

    def test_the_pixels_are_those_of_100_percent(self):
        """The arrow, of which each pixel tells its place, more or less."""
        original = None
        for percent in PERCENTS:
            with self.subTest(percent):
                self.begin(percent, DOES_NOT)
                run, (event,) = self.cursors("32x32 hot 1,2")
                shown = self.look(event["surface"])
                if original is None:
                    original = shown
                    self.assertGreater(original.colours(), 2)
                left = event["hot_x"] * self.scale_120 // 120 - 1
                top = event["hot_y"] * self.scale_120 // 120 - 2
                self.assert_same_picture(cropped(shown, left, top, 32, 32),
                                         cropped(original, 0, 0, 32, 32))
                self.end(run)


class Pointer(ScaleCase):
    """A motion to the middle of a physical pixel is one to the guest pixel shown there."""

    sanitize = True

    def points(self, width, height):
        columns = {0, 1, 2, width // 3, width // 2, width - 2, width - 1}
        rows = [0, 1, height // 2, height - 2, height - 1]
        return [(x, rows[i % len(rows)]) for i, x in enumerate(sorted(columns))]

    def move(self, x, y, place=(0, 0)):
        """To the middle of a physical pixel, of a window whose corner is there."""
        self.compositor_of.command("motion", x=(place[0] + x + 0.5) * 120 / self.scale_120,
                                   y=(place[1] + y + 0.5) * 120 / self.scale_120)

    def check(self, points, place=(0, 0)):
        """Each arrives as itself: QEMU is told whole pixels, cut off after the point."""
        mark = len(self.record("motion"))
        for x, y in points:
            self.move(x, y, place)
        self.wait_for_record(mark + len(points), "motion")
        self.assertEqual([(math.floor(event["x"]), math.floor(event["y"]))
                          for event in self.record("motion")[mark:]], points)

    def enter(self, surface, x=0, y=0):
        mark = len(self.record("motion"))
        self.compositor_of.command("pointer_enter", surface=surface, x=x, y=y)
        self.compositor_of.command("motion", x=x, y=y)
        self.wait_for_record(mark + 2, "motion")

    def pointer_lines(self, guest):
        return (*guest.lines(), f"pointer {guest.head} absolute")

    @at_each_scale
    def test_floating(self):
        size = self.make_existing(320, 200)
        guests = [Guest(0, size), Guest(1, size, bottom_up=True),
                  Guest(2, size, buffer=(400, 300), source=(40, 50)),
                  Guest(3, size, buffer=(400, 300), source=(41, 51), bottom_up=True)]
        run = self.show(*(line for guest in guests
                                              for line in self.pointer_lines(guest)))
        for guest in guests:
            self.enter(self.wait_shown(guest))
            self.check(self.points(*size))
        self.end(run)

    @at_each_scale
    def test_in_a_letterbox(self):
        guest = Guest(0, self.make_existing(321, 201), bottom_up=True)
        run = self.show(*self.pointer_lines(guest),
                        arguments=("--auto-resize=never", "--scale=1:1"))
        surface = self.wait_shown(guest)
        self.maximize(surface)
        box = self.wait_only(run, guest.picture)
        place = box["x"], box["y"]
        self.enter(surface, 1, 1)
        self.check(self.points(*guest.size), place)
        # Over the bars it is at the nearest edge.
        mark = len(self.record("motion"))
        self.move(-1, -1, place)
        self.move(*guest.size, place)
        self.wait_for_record(mark + 2, "motion")
        self.assertEqual([(event["x"], event["y"]) for event in self.record("motion")[mark:]],
                         [(0, 0), (guest.size[0] - 1, guest.size[1] - 1)])
        self.end(run)

    @at_each_scale
    def test_full_screen(self):
        guest = Guest(0, (320, 200))
        run = self.show(*self.pointer_lines(guest), "follow 0",
                        arguments=("--full-screen",))
        wait_for(lambda: self.told() == self.mode, f"{self.mode}, not {self.told()}")
        self.wait_right(run, lambda: self.buffer_is(self.mode))
        self.enter(self.surface(guest))
        # The last ones may be cut off by a window that is smaller than the monitor.
        self.check([(x, y) for x, y in self.points(*self.mode)
                    if x < self.mode[0] - 3 and y < self.mode[1] - 3])
        self.end(run)

    def buffer_is(self, size):
        boxes = self.compositor_of.screenshot_output().surfaces
        sizes = [(box["buffer_width"], box["buffer_height"]) for box in boxes]
        return None if sizes == [size] else f"{boxes}"

    @at_each_scale
    def test_while_the_picture_is_held(self):
        guest = Guest(0, self.make_existing(320, 200))
        run = self.show(*self.pointer_lines(guest), "follow 0 after 700")
        surface = self.wait_shown(guest)
        self.enter(surface)
        for width, height in (400, 300), (120, 90):
            mark = self.compositor_of.mark()
            self.compositor_of.command("configure", width=width, height=height)
            self.compositor_of.wait("commit", since=mark, surface=surface, width=width,
                                    height=height)
            seen = (min(guest.size[0], self.pixels(width)),
                    min(guest.size[1], self.pixels(height)))
            # The guest may have followed meanwhile: they are its pixels nevertheless.
            self.check([(x, y) for x, y in self.points(*seen)])
        self.end(run)

    @at_each_scale
    def test_after_a_change_of_mode(self):
        """By the guest itself, and because the window was resized."""
        guest = Guest(0, self.make_existing(320, 200))
        second = self.make_existing(400, 260)
        run = self.show(*self.pointer_lines(guest), "follow 0",
                        "sleep 700", "scanout 0 b memory XRGB8888 {}x{}".format(*second),
                        "draw b rgba", "update 0 0,0,{}x{}".format(*second), "wait-answers")
        self.enter(self.wait_shown(guest), 10, 10)
        self.wait_right(run, lambda: self.buffer_is(second))
        self.check([(second[0] - 1, second[1] - 1)])
        third = self.pixels(300), self.pixels(240)
        self.compositor_of.command("configure", width=300, height=240)
        self.wait_right(run, lambda: self.buffer_is(third))
        self.check([(third[0] - 1, third[1] - 1)])
        self.end(run)

    @at_each_scale
    def test_a_click_after_a_change_of_mode(self):
        """The pointer rests, but what is under it is another pixel of another size of screen."""
        guest = Guest(0, self.make_existing(320, 200))
        run = self.show(*self.pointer_lines(guest), "follow 0",
                        arguments=("--zoom=100",))
        surface = self.wait_shown(guest)
        self.enter(surface)
        self.check([(100, 80)])
        size = self.pixels(400), self.pixels(300)
        self.compositor_of.command("configure", width=400, height=300)
        self.wait_right(run, lambda: self.buffer_is(size))
        self.compositor_of.command("button", code=0x110, pressed=True)
        self.wait_for_record(1, "button")
        *_, before, click = self.record("motion", "button", "set_head")
        self.assertEqual(click["event"], "button")
        # To QEMU a position is a part of the screen: it has to hear it again.
        self.assertEqual((before["event"], math.floor(before["x"]), math.floor(before["y"])),
                         ("motion", 100, 80))
        self.end(run)
