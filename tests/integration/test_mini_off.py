"""A monitor that goes off: its last picture is held, then the window says so, in words of ours."""

import json
import os
import shutil
import signal

import processes
from mini_case import BLACK, MiniCase
from mini_compositor import CompositorError
from picture import Picture
from viewer import program, wait_for

WIDTH, HEIGHT = 480, 300
SIZE = f"{WIDTH}x{HEIGHT}"
BLUE, RED = "0000ff", "ff0000"
PICTURE = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", f"draw a solid {BLUE}ff",
           f"update 0 0,0,{SIZE}", "sleep 800")  # until the window is there
# What a VMM draws while the guest shows nothing: nothing of ours is red.
PLACEHOLDER = ("scanout 0 p memory XRGB8888 640x480 placeholder", f"draw p solid {RED}ff",
               "update 0 0,0,640x480")
COUNTS = ("received", "presented", "commits", "superseded", "shown", "discarded")
LIBRARIES = ("libpango", "libcairo", "libfontconfig", "vitrine-text.so")


def solid(colour):
    return Picture(WIDTH, HEIGHT, bytes.fromhex(colour) * (WIDTH * HEIGHT))


class OffCase(MiniCase):
    def wait_until_off(self, compositor, run, width=WIDTH, height=HEIGHT, words=True):
        """What the window looks like once it says that the monitor is off."""
        title = compositor.wait("title", where=lambda event: event["title"].endswith("— off"))

        def said():
            self.assertTrue(run.running(), run.story())
            if not compositor.find("commit", role="toplevel", attached=True):
                return None
            look = self.look(compositor)
            done = ((look.width, look.height) == (width, height) and look.pixel(0, 0) == BLACK and
                    (look.colours() > 1) == words)
            return look if done else None
        return title, wait_for(said, "words on black" if words else "black")

    def assert_words_on_black(self, look):
        """Grey and white letters in the middle, black all around, nothing else."""
        pixels = {look.pixel(x, y) for y in range(look.height) for x in range(look.width)}
        self.assertTrue(all(red == green == blue for red, green, blue in pixels), pixels)
        self.assertGreater(max(pixels), (200, 200, 200))
        inked = [y for y in range(look.height) if look.row(y) != bytes(3 * look.width)]
        self.assertGreater(inked[0], 0)
        self.assertLess(inked[-1], look.height - 1)
        self.assertLessEqual(abs(inked[0] + inked[-1] - look.height), look.height // 8)

    def assert_never_seen(self, compositor, *colours):
        for event in compositor.find("look"):
            self.assertEqual([patch for patch in event["colours"] if patch[0] in colours], [])


class Off(OffCase):
    sanitize = True
    valgrind = True

    def test_the_window_says_so_and_the_picture_comes_back(self):
        compositor = self.compositor("--looks")
        # Long enough for a second viewer to ask, also in valgrind on a busy machine.
        off_ms = 20000 if os.environ.get("VITRINE_TOOL") else 8000
        run = self.show(compositor, *PICTURE, "repeat 1000", "off 0", *PLACEHOLDER, "off 0",
                        f"sleep {off_ms}", "scanout 0 a", f"update 0 0,0,{SIZE}", "wait-answers",
                        "sleep 300", "end")
        self.wait_for_picture(compositor, solid(BLUE), run)
        _, look = self.wait_until_off(compositor, run)
        self.assert_words_on_black(look)
        # Who asks meanwhile is told the truth.
        listed = json.loads(self.vitrine("--list", "--json").output)
        self.assertEqual([console["on"] for vm in listed for console in vm["consoles"]], [False])
        mark = compositor.mark()
        title = compositor.wait("title", since=mark)
        self.assertNotIn("off", title["title"])
        compositor.wait("look", since=mark, where=lambda event:
                        event["colours"] == [[BLUE, [0, 0, WIDTH, HEIGHT]]])
        # What the VMM draws was not on screen for a frame, nor was nothing at all.
        self.assert_never_seen(compositor, RED, "ff00ff")
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertEqual(compositor.find("error"), [])
        self.assertEqual(self.record("stray-answer"), [])


class Hold(OffCase):
    sanitize = True

    def test_what_is_short_is_not_seen(self):
        compositor = self.compositor("--looks")
        run = self.show(compositor, *PICTURE, "repeat 5", "off 0", "sleep 400", *PLACEHOLDER,
                        "sleep 100", "scanout 0 a", f"update 0 0,0,{SIZE}", "wait-answers", "end",
                        "quit")
        self.assertEqual(run.wait(), 0, run.story())
        looks = compositor.find("look")
        self.assertEqual({str(look["colours"]) for look in looks},
                         {str([[BLUE, [0, 0, WIDTH, HEIGHT]]])})
        self.assertEqual({event["title"] for event in compositor.find("title")
                          if "off" in event["title"]}, set())

    def test_updates_of_what_is_not_shown_are_answered(self):
        compositor = self.compositor("--looks")
        run = self.show(compositor, *PICTURE, *PLACEHOLDER, "frames 1000000 50 0")
        self.wait_until_off(compositor, run)
        self.wait_for_record(len(self.record("answer")) + 20, "answer")
        self.assert_never_seen(compositor, RED)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_the_other_head_goes_on_and_this_window_goes(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "head 1", "scanout 1 b memory XRGB8888 64x64",
                        "update 1 0,0,64x64", "sleep 1500", "off 1", "frames 1000000 50 0")
        compositor.wait("toplevel_destroy")
        self.assertEqual(len(compositor.find("toplevel")), 2)
        self.assertFalse([event for event in compositor.find("title") if "off" in event["title"]])
        self.assertEqual(run.terminate(), 0, run.story())


class Message(OffCase):
    sanitize = True

    def off(self, compositor, *lines, **options):
        return self.show(compositor, *lines, *PLACEHOLDER, **options)

    def test_off_from_the_start(self):
        compositor = self.compositor("--looks")
        run = self.off(compositor, "head 0")
        _, look = self.wait_until_off(compositor, run, 640, 480)
        self.assert_words_on_black(look)
        self.assert_never_seen(compositor, RED)

    def count_messages(self, run):
        folder = f"/proc/{run.process.pid}/fd"
        return sum("vitrine-message" in os.readlink(f"{folder}/{name}")
                   for name in os.listdir(folder))

    def test_in_any_size(self):
        compositor = self.compositor()
        run = self.off(compositor, *PICTURE)
        self.wait_until_off(compositor, run)
        for width, height in ((641, 479), (1919, 1079), (100, 90), (333, 20), (1, 1), (800, 600)):
            compositor.command("configure", width=width, height=height,
                               states=["activated", "maximized"])
            words = width >= 100 and height >= 90
            _, look = self.wait_until_off(compositor, run, width, height, words)
            if words and width > 600:
                self.assert_words_on_black(look)

            # One picture as large as the window: nothing is scaled, so there are no bars.
            def whole():
                commit = compositor.find("commit", role="toplevel", attached=True)[-1]
                made, = compositor.find("shm_buffer", buffer=commit["buffer"])
                return (made["width"], made["height"]) == (width, height)
            wait_for(whole, f"a picture of {width}x{height}")
        self.assertLessEqual(self.count_messages(run), 2)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_the_size_of_a_maximised_window_is_not_kept(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "off 0", "sleep 4000", "scanout 0 a",
                        f"update 0 0,0,{SIZE}", "wait-answers")
        self.wait_for_picture(compositor, solid(BLUE), run)
        compositor.command("configure", width=1920, height=1080, states=["maximized"])
        self.wait_until_off(compositor, run, 1920, 1080)
        compositor.wait("title", since=compositor.mark())
        compositor.command("configure", width=0, height=0, states=["activated"])
        self.wait_for_picture(compositor, solid(BLUE), run)

    def test_the_window_floats_in_the_guest_s_size_meanwhile(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "off 0")
        self.wait_for_picture(compositor, solid(BLUE), run)
        compositor.command("configure", width=1920, height=1080, states=["maximized"])
        self.wait_until_off(compositor, run, 1920, 1080)
        compositor.command("configure", width=0, height=0, states=["activated"])
        self.wait_until_off(compositor, run, WIDTH, HEIGHT)
        self.assertEqual(run.terminate(), 0, run.story())

    def wait_for_counts(self, wanted):
        """The counts of the next line of statistics that is begun from now on, and as wanted."""
        def lines():
            with open(self.path("stats")) as file:
                return [json.loads(line) for line in file if line.endswith("\n")]

        n = len(lines()) + 1
        line = wait_for(lambda: next(filter(wanted, lines()[n:]), None), "a line of statistics")
        return {name: line[name] for name in COUNTS}

    def test_it_is_not_counted(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "off 0", "sleep 10000", "scanout 0 a",
                        f"update 0 0,0,{SIZE}", "wait-answers",
                        arguments=("--stats-file", self.path("stats")))
        self.wait_for_picture(compositor, solid(BLUE), run)
        wait_for(lambda: os.path.exists(self.path("stats")), "statistics")
        before = self.wait_for_counts(lambda line: line["shown"] + line["discarded"] > 0)
        self.wait_until_off(compositor, run)
        for width, height in ((600, 400), (320, 200), (WIDTH, HEIGHT)):
            compositor.command("configure", width=width, height=height, states=["maximized"])
            self.wait_until_off(compositor, run, width, height)
        self.assertEqual(self.wait_for_counts(lambda line: not line["on"]), before)
        # The guest's next frame is.
        self.wait_for_picture(compositor, solid(BLUE), run)
        after = self.wait_for_counts(lambda line: line["on"])
        self.assertGreater(after["commits"], before["commits"])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_whose_monitor(self):
        for name, label in (("Größe 日本 🖥", "Кухня"), ("a\\tb", "x"), ("n" * 120, "l" * 120),
                            ("\u202eevil\u2028line\u0301\u0301\u0301", "\u200f"),
                            ("<b>&amp;</span>", "%s%n")):
            with self.subTest(name):
                compositor = self.compositor()
                run = self.off(compositor, f'head 0 label "{label}"', who=(f'name "{name}"',))
                title, look = self.wait_until_off(compositor, run, 640, 480)
                self.assert_words_on_black(look)
                # What would reverse the text around it, or end its line, is not shown as it is.
                shown = name.replace("\u202e", "???").replace("\u2028", "???")
                self.assertIn(shown[:12], title["title"])
                self.assert_no_error(compositor)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_whatever_way_pictures_of_the_vm_must_take(self):
        for arguments in (("--path", "direct"), ("--path", "copy"), ("--untrusted",)):
            with self.subTest(arguments):
                compositor = self.compositor()
                run = self.off(compositor, "head 0", arguments=arguments)
                self.wait_until_off(compositor, run, 640, 480)
                self.assertEqual(run.errors.count("cannot show"), 0, run.story())
                self.assertEqual(run.terminate(), 0, run.story())

    def test_the_compositor_comes_back(self):
        compositor = self.compositor()
        run = self.off(compositor, *PICTURE)
        self.wait_until_off(compositor, run)
        compositor.command("disconnect")
        compositor.wait("client", count=2)

        def back():
            try:
                return self.look(compositor).colours() > 1
            except CompositorError:
                return False  # between the two
        wait_for(back, "the words on a new connection")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_leaving_while_it_is_drawn(self):
        for _ in range(5):
            compositor = self.compositor()
            run = self.off(compositor, "head 0")
            compositor.wait("toplevel")
            self.assertEqual(run.terminate(), 0, run.story())


class Module(OffCase):
    """
    Text comes from a process that is not there before it is needed, and a module that may be
    missing.
    """

    def test_it_is_drawn_elsewhere(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "off 0")
        self.wait_for_picture(compositor, solid(BLUE), run)
        self.assertEqual(processes.started(run.process.pid, "vitrine-text"), [])
        self.wait_until_off(compositor, run)
        drawer, = processes.started(run.process.pid, "vitrine-text")
        for name in LIBRARIES:
            self.assertNotIn(name, processes.maps(run.process.pid))
            self.assertIn(name, processes.maps(drawer))

    def test_its_end_is_survived(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "off 0")
        self.wait_until_off(compositor, run)
        drawer, = processes.started(run.process.pid, "vitrine-text")
        os.kill(drawer, signal.SIGKILL)
        wait_for(lambda: processes.name_and_state(drawer)[0] is None, "its end")
        compositor.command("configure", width=700, height=400, states=["maximized"])
        self.wait_until_off(compositor, run, 700, 400)
        self.assertNotEqual(processes.started(run.process.pid, "vitrine-text"), [drawer])
        self.assertEqual(run.terminate(), 0, run.story())

    def check_title_only(self, run, compositor, why):
        title, _ = self.wait_until_off(compositor, run, 640, 480, words=False)
        self.assertIn("mini", title["title"])
        wait_for(lambda: why in run.errors, why)
        # Said once, however often it is tried.
        for width in (700, 710, 720):
            compositor.command("configure", width=width, height=400, states=["maximized"])
            self.wait_until_off(compositor, run, width, 400, words=False)
        self.assertEqual(run.errors.count("title only"), 1, run.story())
        self.assertEqual(run.terminate(), 0, run.story())

    def test_without_the_module(self):
        alone = self.path("vitrine")
        shutil.copy(program(), alone)
        real = os.environ["VITRINE"]
        os.environ["VITRINE"] = alone
        self.addCleanup(os.environ.__setitem__, "VITRINE", real)
        compositor = self.compositor()
        run = self.show(compositor, "head 0", *PLACEHOLDER)
        self.check_title_only(run, compositor, "vitrine-text.so")

    def test_without_fonts(self):
        with open(self.path("fonts.conf"), "w") as file:
            file.write('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
                       f'<fontconfig><dir>{self.path("none")}</dir></fontconfig>')
        compositor = self.compositor()
        run = self.show(compositor, "head 0", *PLACEHOLDER,
                        FONTCONFIG_FILE=self.path("fonts.conf"))
        self.check_title_only(run, compositor, "no fonts are installed")
