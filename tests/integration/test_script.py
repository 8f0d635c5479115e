"""Scripts on the built-in test guest: what they see, what they do, and how they fail."""

import fcntl
import json
import os
import select
import shutil
import socket
import stat
import struct
import subprocess
import xml.etree.ElementTree as xml
import zlib

import picture
import processes
from viewer import (DIFFERENT, DONE, FAILED, NEVER_DREW, TIMED_OUT, USAGE, VM_GONE, WAS_RESET,
                    WENT_BLANK, ViewerCase, wait_for)

SIZE = (64, 48)
# What console 0 shows at first, and then: at that place red, and SECOND_PIXEL.
FIRST, SECOND = "bars", "gradient"
RED_AT, SECOND_PIXEL = (44, 24), (176, 128, 128)
SHOWS = f"""
head 0
head 1
record %s
pointer 0 absolute
cursor 0 2x2 hot 1,1 solid 00ff00ff
cursor-position 0 10,20 on
scanout 0 a memory XRGB8888 64x48
draw a {FIRST}
update 0 0,0,64x48
scanout 1 b memory XRGB8888 32x16
draw b bars
update 1 0,0,32x16
"""


def png_with_alpha(width, height, rows):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 6, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class ScriptCase(ViewerCase):
    sanitize = valgrind = True
    who = ""  # without, no two runs have the same VM

    def setUp(self):
        super().setUp()
        self.record = os.path.join(self.folder, "record")
        self.artifacts = os.path.join(self.folder, "artifacts")
        os.mkdir(self.artifacts)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        return picture.load(self.path(name))

    def fake(self, then=""):
        return "--fake=" + self.write("guest", self.who + SHOWS % self.record + then)

    def run_script(self, *lines, then="", status=DONE, says=None, arguments=()):
        script = self.write("test.vs", "".join(f"{line}\n" for line in lines))
        return self.vitrine(self.fake(then), "--script", script, "--artifacts", self.artifacts,
                            *arguments, status=status, says=says)

    def events(self, *kinds):
        with open(self.record) as file:
            events = [json.loads(line) for line in file]
        return [event for event in events if event["event"] in kinds]


class Pictures(ScriptCase):
    def test_formats_agree(self):
        self.run_script(*(f"shot {self.path('s' + suffix)}"
                          for suffix in (".png", ".ppm", ".qoi", ".raw")))
        shown = self.read("s.png")
        self.assertEqual((shown.width, shown.height), SIZE)
        self.assertEqual(shown.pixel(*RED_AT), (255, 0, 0))
        self.assertIsNone(shown.difference(self.read("s.ppm")))
        self.run_script(f"expect-match {self.path('s.qoi')}")
        with open(self.path("s.raw"), "rb") as file:
            raw = file.read()
        self.assertEqual(len(raw), SIZE[0] * SIZE[1] * 4)
        self.assertEqual(raw[-4:-1], struct.pack("3B", *reversed(shown.pixel(63, 47))))

    def test_consoles_cursor_region_and_stitching(self):
        names = {name: self.path(name + ".ppm") for name in
                 ("plain", "cursor", "part", "second", "all", "stitched")}
        self.run_script(f"shot {names['plain']}", f"shot {names['cursor']} --cursor",
                        f"shot {names['part']} --region=8,18,6x5 --cursor",
                        f"shot {names['second']} --console=1", "console all",
                        f"shot {names['all']}", f"shot {names['stitched']} --stitch")
        plain, cursor = self.read("plain.ppm"), self.read("cursor.ppm")
        self.assertEqual(plain.pixel(10, 20), (255, 255, 0))
        different = [(x, y) for y in range(SIZE[1]) for x in range(SIZE[0])
                     if plain.pixel(x, y) != cursor.pixel(x, y)]
        self.assertEqual(different, [(x, y) for y in (20, 21) for x in (10, 11)])
        self.assertEqual(cursor.pixel(11, 21), (0, 255, 0))
        part = self.read("part.ppm")
        self.assertEqual((part.width, part.height), (6, 5))
        self.assertEqual([part.pixel(1, 2), part.pixel(2, 2)], [(255, 255, 0), (0, 255, 0)])
        second = self.read("second.ppm")
        self.assertIsNone(second.difference(self.read("all-1.ppm")))
        self.assertIsNone(plain.difference(self.read("all-0.ppm")))
        stitched = self.read("stitched.ppm")
        self.assertEqual((stitched.width, stitched.height), (96, 48))
        self.assertEqual(stitched.find(second), (64, 0))
        self.assertEqual(stitched.pixel(64, 40), (0, 0, 0))

    def test_series(self):
        """A number is the first that is free."""
        self.write("s-02.png", "mine")
        self.run_script(*[f"shot {self.path('s-%02d.png')}"] * 3)
        self.assertEqual(sorted(name for name in os.listdir(self.folder) if "s-" in name),
                         ["s-01.png", "s-02.png", "s-03.png", "s-04.png"])
        with open(self.path("s-02.png")) as file:
            self.assertEqual(file.read(), "mine")

    def test_standard_output(self):
        run = self.run_script("shot -")
        self.assertEqual(picture.read_png(run.output).pixel(*RED_AT), (255, 0, 0))

    def test_what_cannot_be_written(self):
        for name, why in (("/nowhere/a.png", "No such file"), (self.folder + "/x.gif", "must end"),
                          ("/dev/full", "must end"), (self.path("dir.png"), "Is a directory")):
            os.makedirs(self.path("dir.png"), exist_ok=True)
            self.run_script(f'shot "{name}"', status=USAGE if "end" in why else FAILED, says=why)
        os.symlink("/dev/full", self.path("full.png"))
        self.run_script(f"shot {self.path('full.png')}", status=FAILED, says="No space left")
        self.run_script("shot a.png --region=60,40,10x10", status=FAILED,
                        says="no region of 10x10 at 60,40")
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith(".vitrine")])


class Waits(ScriptCase):
    valgrind = False  # they take their time without it

    def test_each_condition(self):
        self.run_script(
            "wait-size 64x48", "wait-pixel 44,24,ff0000", f"shot {self.path('first.png')}",
            "wait-pixel 44,24,b08080", "expect-pixel 44,24,b08081 --tolerance=1",
            "wait-size 20x10", "wait-pixel 19,9,#ffffff",
            "expect-size 20x10", "wait-stable 50ms",
            then=f"sleep 800\ndraw a {SECOND}\nupdate 0 0,0,64x48\nsleep 800\n"
                 "scanout 0 c memory XRGB8888 20x10\ndraw c solid ffffffff\nupdate 0 0,0,20x10\n")
        self.assertEqual(self.read("first.png").pixel(*RED_AT), (255, 0, 0))

    def test_change_in_a_region(self):
        """What changes elsewhere does not count."""
        red = "sleep 100\ndraw a solid ff0000ff\nupdate 0 0,0,64x48\n"
        self.run_script("wait-change", "wait-change --region=40,0,8x48 --timeout=400ms",
                        status=TIMED_OUT, says="2: wait-change: .* has not changed", then=red)
        self.run_script("wait-change --region=39,0,8x48", then=red)

    def test_change_since_it_was_looked_at(self):
        """What happens between two waits is not missed."""
        then = f"sleep 100\ndraw a {SECOND}\nupdate 0 0,0,64x48\n"
        self.run_script("wait-pixel 44,24,ff0000", "sleep 1s", "wait-change",
                        "expect-pixel 44,24,b08080", "wait-change --timeout=300",
                        status=TIMED_OUT, says="5: wait-change", then=then)
        self.run_script("wait-pixel 44,24,ff0000", "sleep 1s", "wait-change --console=1 "
                        "--timeout=300", status=TIMED_OUT, says="3: wait-change", then=then)

    def test_match(self):
        red, other = self.path("red.png"), self.path("other.png")
        self.run_script(f"shot {red}", f"expect-match {red}", f"wait-match {red}",
                        f"shot {other} --console=1")
        self.run_script(f"expect-match {other}", status=DIFFERENT,
                        says="the picture has 64x48 pixels, the file 32x16")
        self.run_script("expect-match nowhere.png", status=FAILED, says="No such file")
        self.run_script(f"expect-match {self.write('text.png', 'text')}", status=FAILED,
                        says="not a PNG")

    def test_stable_is_about_pixels(self):
        """Updates that change nothing do not keep a picture from being at rest."""
        self.run_script("wait-stable 300 --timeout=10s",
                        then="repeat 100\nupdate 0 0,0,64x48\nsleep 20\nend\n")
        self.run_script("wait-stable 300 --timeout=1s", status=TIMED_OUT,
                        says="the picture to rest for 300 ms",
                        then=f"repeat 30\ndraw a {SECOND}\nupdate 0 0,0,64x48\nsleep 20\n"
                             f"draw a {FIRST}\nupdate 0 0,0,64x48\nsleep 20\nend\n")

    def test_only_what_is_shown_rests(self):
        """Neither a black picture, nor one that was off meanwhile."""
        self.run_script("wait-stable 300ms", "expect-pixel 44,24,ff0000",
                        then=f"draw a solid 000000ff\nupdate 0 0,0,64x48\nsleep 1500\n"
                             f"draw a {FIRST}\nupdate 0 0,0,64x48\n")
        self.run_script("wait-stable 2s", "expect-pixel 44,24,b08080",
                        then=f"sleep 500\noff 0\nsleep 1000\nscanout 0 a\nupdate 0 0,0,64x48\n"
                             f"sleep 1250\ndraw a {SECOND}\nupdate 0 0,0,64x48\n")
        self.run_script("wait-stable 500ms --timeout=1s", status=WENT_BLANK, says="went off",
                        then=f"repeat 30\ndraw a {SECOND}\nupdate 0 0,0,64x48\nsleep 5\n"
                             f"draw a {FIRST}\nupdate 0 0,0,64x48\nsleep 5\nend\noff 0\n")

    def test_a_monitor_that_is_taken_away_does_not_rest(self):
        self.run_script("wait-stable 2s --timeout=1s", status=TIMED_OUT, says="the one before",
                        then="repeat 9\nsleep 200\nscanout 0 c memory XRGB8888 20x10\n"
                             "update 0 0,0,20x10\nsleep 20\nscanout 0 a\nend\n")
        self.run_script("wait-stable 500ms --timeout=1s", status=WENT_BLANK, says="went off",
                        then="sleep 100\nremove 0\n")

    def test_a_frame_that_is_never_drawn_is_not_expected_for_ever(self):
        busy = self.write("busy", "head 0\nscanout 0 a dmabuf XRGB8888 64x48 modifier 0\n"
                          "draw a bars\nfence a busy\nupdate 0 0,0,64x48\nhold\n")
        self.vitrine(f"--fake={busy}", "-e", "expect-pixel 1,1,123456", status=TIMED_OUT,
                     says="expected the pixel", VITRINE_TEST_MEMORY_AS_DMABUF="1")

    def test_evidence(self):
        reference = self.path("r.png")
        self.run_script(f"shot {reference}")
        self.run_script(
            "wait-pixel 44,24,b08080", f"expect-match {reference}", status=DIFFERENT,
            says="pixels differ, the first at 0,0",
            then=f"sleep 100\ndraw a {SECOND}\nupdate 0 0,0,64x48\n")
        self.assertEqual(sorted(os.listdir(self.artifacts)),
                         ["test-2-actual.png", "test-2-difference.png"])
        actual, shown = (picture.load(os.path.join(self.artifacts, f"test-2-{name}.png"))
                         for name in ("actual", "difference"))
        self.assertEqual(actual.pixel(*RED_AT), SECOND_PIXEL)
        self.assertEqual(shown.pixel(*RED_AT), (255, 0, 255))

    def test_how_much_may_differ(self):
        """Seven of eight bars do."""
        bars = self.path("bars.png")
        self.run_script(f"shot {bars}")
        red = "draw a solid ff0000ff\nupdate 0 0,0,64x48\n"
        for allowed, status in (("2688", DONE), ("2687", DIFFERENT), ("87.5%", DONE),
                                ("87.4%", DIFFERENT)):
            self.run_script("wait-pixel 0,0,ff0000", f"expect-match {bars} --pixels={allowed}",
                            then=red, status=status)
        self.run_script("wait-pixel 0,0,ff0000", f"expect-match {bars} 255", then=red)
        self.run_script("wait-pixel 0,0,ff0000", f"expect-match {bars} --region=38,0,10x48 "
                        "--pixels=96", then=red)
        self.run_script("wait-pixel 0,0,ff0000", f"expect-match {bars} --region=60,0,10x48",
                        then=red, status=DIFFERENT, says="no region of 10x48 at 60,0")

    def test_transparent_parts_of_the_file_may_be_anything(self):
        def row(right):
            """Red, where the bar is red, as far as that column; transparent."""
            return bytes(1) + b"".join(bytes((255, 0, 0, 255)) if 40 <= x < right else bytes(4)
                                       for x in range(64))
        mask = self.path("mask.png")
        with open(mask, "wb") as file:
            file.write(png_with_alpha(64, 48, row(48) * 48))
        self.run_script(f"wait-match {mask}")
        with open(mask, "wb") as file:
            file.write(png_with_alpha(64, 48, row(49) * 48))
        self.run_script(f"expect-match {mask}", status=DIFFERENT,
                        says="48 pixels differ, the first at 48,0")

    def test_exit_codes(self):
        """One for each way in which a wait can come to nothing."""
        wait = "wait-pixel 1,1,123456 --timeout=500"
        self.run_script(wait, status=TIMED_OUT, says="the pixel at 1,1 is #")
        self.run_script(wait, status=WENT_BLANK, says="went off", then="sleep 100\noff 0\n")
        self.run_script(wait, status=WENT_BLANK, says="went black",
                        then="sleep 100\ndraw a solid 000000ff\nupdate 0 0,0,64x48\n")
        self.run_script(wait, status=WAS_RESET, says="went off and came back",
                        then="sleep 100\noff 0\nsleep 100\nscanout 0 a\nupdate 0 0,0,64x48\n")
        self.run_script("wait-pixel 1,1,123456 --console=2 --timeout=100", status=NEVER_DREW,
                        says="there is no such console")
        self.run_script(wait, status=VM_GONE, says="the VM has ended meanwhile",
                        then="sleep 100\nclose ECONNRESET\n")
        self.run_script(wait, status=VM_GONE, says="the VM has ended meanwhile",
                        then="sleep 100\nquit\n")
        nothing = self.write("nothing", "head 0\nhold\n")
        self.vitrine(f"--fake={nothing}", "-e", wait, status=NEVER_DREW,
                     says=r"has drawn nothing \(the console is off\)")
        blank = self.write("blank", "head 0\nscanout 0 a memory XRGB8888 8x8\nhold\n")
        self.vitrine(f"--fake={blank}", "-e", wait, "--artifacts", self.artifacts,
                     status=NEVER_DREW,
                     says=r"has drawn nothing \(its picture is black\)")

    def test_the_end_can_be_waited_for(self):
        self.run_script("wait-gone", then="sleep 100\nquit\n")
        self.run_script("wait-gone --timeout=100", status=TIMED_OUT, says="waited for the VM to end")
        self.run_script("wait-gone", "shot a.png", status=VM_GONE, says=":2: the VM has ended",
                        then="sleep 100\nquit\n")


class Input(ScriptCase):
    valgrind = False

    def test_keys_and_texts(self):
        self.run_script("key ctrl-alt-f2", 'type "a\\n"', "key-down shift", "key-down a",
                        "key-up a")
        self.assertEqual([(event["code"], event["pressed"]) for event in self.events("key")],
                         [(29, True), (56, True), (60, True), (60, False), (56, False),
                          (29, False), (30, True), (30, False), (28, True), (28, False),
                          (42, True), (30, True), (30, False), (42, False)])

    def test_pointer(self):
        self.run_script("move 5,6", "click 7,8 --button=right", "double-click", "wheel -2",
                        "wheel 1 --horizontal", "button-down back")
        seen = [tuple(event.values())[2:] for event in
                self.events("motion", "button", "wheel")]
        self.assertEqual(seen, [(5, 6), (7, 8), (273, True), (273, False), (272, True),
                                (272, False), (272, True), (272, False), (0, -120), (0, -120),
                                (120, 0), (275, True), (275, False)])

    def test_drag_and_touch(self):
        self.run_script("drag 0,0 32,16", "touch 3,4", "touch 0,0 16,0")
        moves = [(event["x"], event["y"]) for event in self.events("motion")]
        self.assertEqual((moves[0], moves[-1]), ((0, 0), (32, 16)))
        self.assertEqual(moves, sorted(moves))
        self.assertGreater(len(moves), 8)
        touches = [(event["phase"], event.get("x")) for event in self.events("touch")]
        self.assertEqual(touches[:3], [("begin", 3), ("end", 0), ("begin", 0)])
        self.assertEqual(touches[-2:], [("update", 16), ("end", 0)])

    def test_what_the_devices_do_not_have(self):
        self.run_script("move-by 1,1", status=FAILED, says="a tablet, which takes places")
        self.run_script("move 64,1", status=FAILED, says="64x48 pixels, and none at 64,1")
        mouse = "pointer 0 relative\n"
        self.run_script("sleep 100", "move 1,1", status=FAILED, says="knows no places",
                        then=mouse)
        self.run_script("sleep 100", "move-by -3,4", "click", then=mouse)
        self.assertEqual([(event["dx"], event["dy"]) for event in self.events("relative")],
                         [(-3, 4)])

    def test_power(self):
        self.run_script("powerdown", "reset")
        self.assertEqual(len(self.events("power")), 2)

    def test_reset_of_a_vm_with_gl(self):
        """It may die of it: only by force."""
        guest = self.write("gl", f"head 0\nrecord {self.record}\n"
                                 "scanout 0 a dmabuf XRGB8888 64x48\ndraw a bars\n"
                                 "update 0 0,0,64x48\nhold\n")
        gl = {"VITRINE_TEST_MEMORY_AS_DMABUF": "1"}
        self.vitrine(f"--fake={guest}", "-e", "wait-size 64x48", "-e", "powerdown", "-e", "reset",
                     status=FAILED, says="-e:3: reset: a QEMU with OpenGL may die .*--force", **gl)
        self.assertEqual(len(self.events("power")), 1)
        self.vitrine(f"--fake={guest}", "-e", "wait-size 64x48", "-e", "reset --force", **gl)
        self.assertEqual(len(self.events("power")), 1)


class Scripts(ScriptCase):
    valgrind = False

    def test_mistakes_are_found_before_anything_is_done(self):
        script = self.write("bad.vs", "type a\n\nfly\nshot\n")
        run = self.vitrine(self.fake(), "--script", script, status=USAGE, says="fly")
        self.assertIn(f"{script}:3:1: there is no command 'fly'", run.errors)
        self.assertIn(f"{script}:4:1: a file name is missing", run.errors)
        self.assertFalse(os.path.exists(self.record))
        self.vitrine(self.fake(), "--script", self.path("nowhere"), status=USAGE,
                     says="cannot read")
        self.vitrine(self.fake(), "--script", self.write("empty.vs", "# nothing\n"),
                     status=USAGE, says="no command")

    def test_files_and_commands_in_order(self):
        first, second = (self.write(f"{name}.vs", f"type {name}\n") for name in "ab")
        self.vitrine(self.fake(), "--script", first, "-e", "type c", "--script", second,
                     "--layout", "us", "-e", "sleep 0")
        self.assertEqual([event["code"] for event in self.events("key") if event["pressed"]],
                         [30, 46, 48])

    def test_layout(self):
        self.vitrine(self.fake(), "--layout", "de", "-e", "type z", "-e", "layout us",
                     "-e", "type z")
        self.assertEqual([event["code"] for event in self.events("key") if event["pressed"]],
                         [21, 44])
        self.vitrine(self.fake(), "-e", "type z", "--layout", "de", "-e", "type z", "--layout",
                     "us", "-e", "type z")
        self.assertEqual([event["code"] for event in self.events("key") if event["pressed"]],
                         [44, 21, 44])

    def test_timeouts(self):
        self.run_script("timeout 100ms", "wait-size 1x1", status=TIMED_OUT, says="within 0.1 s")
        self.run_script("wait-size 1x1", status=TIMED_OUT, says="within 1 s",
                        arguments=("--timeout", "1"))

    def test_a_vm_that_does_not_come(self):
        self.vitrine("--qmp", self.path("nothing"), "--wait", "-e", "timeout 200ms",
                     status=TIMED_OUT, says="-e:1: timeout: within 0.2 s: the VM is not there")

    def test_stops_at_the_first_failure(self):
        self.run_script("type a", "expect-size 1x1", "type b", status=DIFFERENT,
                        says="expected the picture to have 1x1 pixels: the picture has 64x48",
                        arguments=("--junit", self.path("j.xml")))
        self.assertEqual(len(self.events("key")), 2)
        suite = xml.parse(self.path("j.xml")).getroot()
        self.assertEqual([suite.get(name) for name in ("tests", "failures", "skipped")],
                         ["3", "1", "1"])
        cases = suite.findall("testcase")
        self.assertEqual([case.get("name") for case in cases],
                         ["1: type a", "2: expect-size 1x1", "3: type b"])
        self.assertIn("64x48", cases[1].find("failure").get("message"))
        self.assertIn("test-2-actual.png", cases[1].find("system-out").text)
        self.assertIsNotNone(cases[2].find("skipped"))
        self.assertIsNone(cases[0].find("failure"))

    def test_what_was_done_before_a_signal_is_reported(self):
        run = self.start(self.fake(), "-e", "sleep 0", "-e", "key-down a", "-e", "sleep 1000s",
                         "--junit", self.path("j.xml"))
        wait_for(lambda: os.path.exists(self.record) and self.events("key"), "the key")
        self.assertEqual(run.terminate(), FAILED)
        self.assertEqual([event["pressed"] for event in self.events("key")], [True, False])
        cases = xml.parse(self.path("j.xml")).getroot().findall("testcase")
        self.assertEqual([cases[i].find("skipped") is None for i in (0, 2)], [True, False])

    def test_evidence_that_cannot_be_written(self):
        run = self.run_script("expect-size 1x1", status=DIFFERENT, says="its picture cannot be "
                              "written: No such", arguments=("--artifacts", "/nowhere"))
        self.assertNotIn("the picture is /nowhere", run.errors)

    def test_report_cannot_be_written(self):
        self.run_script("sleep 0", status=FAILED, says="cannot write /nowhere/j.xml",
                        arguments=("--junit", "/nowhere/j.xml"))

    def test_standard_input(self):
        run = subprocess.run([os.environ["VITRINE"], self.fake(), "--script", "-"],
                             input="type a\n", text=True, env=self.environment, timeout=60)
        self.assertEqual(run.returncode, DONE)
        self.assertEqual(len(self.events("key")), 2)



class ServedCase(ScriptCase):
    who = "uuid 7b1c6f1e-66a5-4f4e-9a55-0d5a8f0e2c11\n"

    def serve(self, then="", arguments=(), **environment):
        run = self.start(self.fake(then), "--headless", "--control", self.path("control"),
                         "--artifacts", self.artifacts, "--ready-fd=1", *arguments, **environment)
        wait_for(lambda: b"READY" in run.output, "it to be ready")
        return run

    def endless_reader(self):
        """A tesseract without end: a shell, which takes the word stdin for its script, and stops, for
        which it needs no other program. Unless it is told, it asks the system what the user's shell
        is, by a socket, for which it would be killed."""
        os.mkdir(self.path("bin"))
        reader = shutil.copy("/bin/bash", self.path("bin/tesseract"))
        self.write("bin/stdin", "kill -STOP $$\n")
        self.environment["PATH"] = f"{self.path('bin')}:{os.environ['PATH']}"
        # Where tesseract's languages are is read.
        self.environment["TESSDATA_PREFIX"] = self.path("bin")
        self.environment["SHELL"] = reader
        return reader

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.settimeout(30)
        client.connect(self.path("control"))
        return client

    def ask(self, client, line):
        client.sendall(line)
        with client.makefile() as answers:
            return json.loads(answers.readline())


class Served(ServedCase):
    """Programs that come and go, on the control socket."""

    def test_a_client_that_goes_with_its_answer(self):
        """The last line needs no end: nothing is left to be done for it, once it is answered."""
        run = self.serve()
        client = self.connect()
        client.sendall(b"powerdown")
        client.shutdown(socket.SHUT_WR)
        self.assertTrue(json.loads(client.makefile().readline())["ok"])
        self.assertTrue(self.ask(self.connect(), b"sleep 0\n")["ok"])
        self.assertEqual(run.terminate(), DONE)

    def test_a_picture_that_was_taken_is_not_lost_with_the_vm(self):
        run = self.serve("sleep 2000\nquit\n")
        os.mkfifo(self.path("s.raw"))
        reader = os.open(self.path("s.raw"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
        waits, shoots = self.connect(), self.connect()
        waits.sendall(b"wait-gone\n")
        self.assertTrue(self.ask(self.connect(), b"sleep 0\n")["ok"])
        shoots.sendall(f"shot {self.path('s.raw')}\n".encode())
        self.assertTrue(json.loads(waits.makefile().readline())["ok"])
        size = 0
        while size < SIZE[0] * SIZE[1] * 4:
            wait_for(lambda: select.select([reader], [], [], 0)[0], "the rest of the picture")
            part = len(os.read(reader, 65536))
            self.assertTrue(part)
            size += part
        self.assertTrue(json.loads(shoots.makefile().readline())["ok"])
        self.assertEqual(run.wait(), DONE)

    def test_a_drag_is_let_go_when_its_client_goes(self):
        run = self.serve()
        for line, kind, done in ((b"drag 0,0 16,16\n", "button", "pressed"),
                                 (b"touch 0,0 16,16\n", "touch", "phase")):
            client = self.connect()
            client.sendall(line)
            wait_for(lambda: self.events(kind), line)
            client.close()
            last = (False, "end")
            wait_for(lambda: self.events(kind)[-1][done] in last, "it to be let go")
        self.assertEqual(run.terminate(), DONE)

    def test_a_script_ends_its_recording(self):
        """Whoever has the VM: it is complete when the script is done, or said not to be."""
        run = self.serve()
        os.symlink("/dev/full", self.path("full.raw"))
        self.vitrine(self.fake(), "-e", f"record {self.path('full.raw')}", "-e", "sleep 0",
                     status=FAILED, says="full.raw: No space left")
        self.vitrine(self.fake(), "-e", f"record {self.path('v.raw')} --fps=100", "-e",
                     "sleep 300")
        self.assertGreaterEqual(os.path.getsize(self.path("v.raw")), 30 * 64 * 48 * 4)
        self.assertEqual(run.terminate(), DONE)

    def test_two_scripts_at_once(self):
        """The second is not cut short where the first one ends."""
        first = self.start(self.fake(), "-e", "key-down a", "-e", "sleep 1s")
        wait_for(lambda: os.path.exists(self.record) and self.events("key"), "the first")
        second = self.start(self.fake(), "-e", "sleep 2s")
        self.assertEqual(first.wait(), DONE, first.story())
        self.assertEqual(second.wait(), DONE, second.story())

    def test_a_pipe_that_nobody_reads(self):
        """Neither a recording nor a picture into it holds up what others do."""
        run = self.serve()
        for name, command in (("v.raw", "record"), ("s.raw", "shot")):
            os.mkfifo(self.path(name))
            reader = os.open(self.path(name), os.O_RDONLY | os.O_NONBLOCK)
            self.addCleanup(os.close, reader)
            fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
            client = self.connect()
            client.sendall(f"{command} {self.path(name)}\n".encode())
            wait_for(lambda: select.select([reader], [], [], 0)[0], "something in the pipe")
            client.close()
            self.assertTrue(self.ask(self.connect(), b"sleep 0\n")["ok"])
        self.assertEqual(run.terminate(), DONE)

    def test_reading_text_has_an_end(self):
        """Also when the program that does it has none; it is not left behind."""
        reader = self.endless_reader()

        def check_gone():
            wait_for(lambda: not processes.of(reader), "tesseract to be gone")
        self.run_script("wait-text a --timeout=2s", status=TIMED_OUT,
                        says="tesseract has not come to an end")
        check_gone()
        self.run_script("timeout 2s", "expect-text a", status=TIMED_OUT, says="within 2 s")
        check_gone()
        run = self.serve()
        client = self.connect()
        client.sendall(b"wait-text a\n")
        wait_for(lambda: processes.of(reader), "it to be started")
        client.close()
        self.assertTrue(self.ask(self.connect(), b"sleep 0\n")["ok"])
        check_gone()
        self.assertEqual(run.terminate(), DONE)


class Confined(ServedCase):
    """Tesseract; in builds with a sanitizer it is not."""

    sanitize = valgrind = False

    def reader_status(self, *arguments):
        reader = self.endless_reader()
        run = self.serve(arguments=arguments)
        self.connect().sendall(b"wait-text a\n")
        wait_for(lambda: [pid for pid in processes.of(reader)
                          if processes.name_and_state(pid)[1] == "T"], "it to be stopped")
        status = processes.status(processes.of(reader)[0])
        self.assertEqual(run.terminate(), DONE)
        return status["NoNewPrivs"], status["Seccomp"]

    def test_tesseract(self):
        self.assertEqual(self.reader_status(), ("1", "2"))

    def test_no_sandbox(self):
        self.assertEqual(self.reader_status("--no-sandbox"), ("0", "0"))

    def test_tesseract_starts_nothing(self):
        """Not even the program that a script is for."""
        os.mkdir(self.path("bin"))
        self.write("bin/tesseract", "#!/bin/sh\necho a\n")
        os.chmod(self.path("bin/tesseract"), 0o755)
        self.environment["PATH"] = f"{self.path('bin')}:{os.environ['PATH']}"
        self.run_script("expect-text a", status=FAILED, says="tesseract cannot be started")
        self.run_script("expect-text a", arguments=("--no-sandbox",))


class Recordings(ScriptCase):
    ACTION = (f"sleep 400\ndraw a {SECOND}\nupdate 0 0,0,64x48\nsleep 300\n"
              "scanout 0 c memory XRGB8888 32x24\ndraw c solid ffffffff\nupdate 0 0,0,32x24\n")

    def frames(self, name):
        with open(self.path(name), "rb") as file:
            header, data = file.read().split(b"\n", 1)
        self.assertEqual(header, b"YUV4MPEG2 W64 H48 F20:1 Ip A1:1 C444 XCOLORRANGE=FULL")
        size = len(b"FRAME\n") + 3 * 64 * 48
        self.assertEqual(len(data) % size, 0)
        return [data[at:at + size] for at in range(0, len(data), size)]

    def test_frames_at_their_own_times(self):
        self.run_script(f"record {self.path('v.y4m')} --fps=20", "wait-size 32x24", "sleep 300",
                        "record-end", then=self.ACTION)
        kinds = []
        for frame in self.frames("v.y4m"):
            self.assertTrue(frame.startswith(b"FRAME\n"))
            at = len(b"FRAME\n") + RED_AT[1] * 64 + RED_AT[0]
            corner = len(b"FRAME\n") + 2 * 64 + 2
            kinds.append((tuple(frame[at + plane * 64 * 48] for plane in range(3)), frame[corner]))
        first, second = ((77, 85, 255), 255), ((142, 120, 152), 23)
        last = ((255, 128, 128), 0)  # in the middle of black
        self.assertEqual(sorted(set(kinds), key=kinds.index), [first, second, last])
        self.assertGreaterEqual(kinds.count(first), 4)
        self.assertGreaterEqual(kinds.count(second), 3)
        self.assertEqual(kinds, [kind for kind in (first, second, last)
                                 for _ in range(kinds.count(kind))])

    def test_each_once_with_times(self):
        self.run_script(f"record {self.path('v.y4m')} --fps=20 --times={self.path('t.times')}",
                        "wait-size 32x24", "sleep 100", then=self.ACTION)
        with open(self.path("t.times")) as file:
            first, *times = file.read().splitlines()
        self.assertEqual(first, "# timestamp format v2")
        self.assertEqual(len(self.frames("v.y4m")), len(times))
        times = [float(time) for time in times]
        self.assertEqual(times[0], 0)
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(times[-1], 600)

    def test_raw_to_standard_output(self):
        run = self.run_script("record - --fps=10", "sleep 250", "record-end")
        self.assertEqual(len(run.output) % (64 * 48 * 4), 0)
        self.assertEqual(run.output[(24 * 64 + 44) * 4:][:3], bytes((0, 0, 255)))

    def test_a_frame_that_is_never_drawn_is_missed(self):
        busy = self.write("busy", "head 0\nscanout 0 a dmabuf XRGB8888 64x48 modifier 0\n"
                          "draw a bars\nupdate 0 0,0,64x48\nsleep 500\nfence a busy\n"
                          "update 0 0,0,64x48\nsleep 3000\nscanout 0 b memory XRGB8888 20x10\n"
                          "update 0 0,0,20x10\nhold\n")
        run = self.vitrine(f"--fake={busy}", "-e", f"record {self.path('v.raw')} --fps=10", "-e",
                           "wait-size 20x10", "-e", "sleep 200", "-e", "record-end", "--verbose",
                           VITRINE_TEST_MEMORY_AS_DMABUF="1")
        self.assertRegex(run.errors, "record-end: .*; [1-9][0-9]* pictures were missed")

    def test_up_to_the_end_of_the_vm(self):
        self.run_script(f"record {self.path('v.raw')} --fps=100", "wait-gone",
                        then="sleep 1500\nquit\n")
        self.assertGreaterEqual(os.path.getsize(self.path("v.raw")), 20 * 64 * 48 * 4)
        os.symlink("/dev/full", self.path("full.raw"))
        self.run_script(f"record {self.path('full.raw')}", "wait-gone", status=FAILED,
                        says="not complete: No space left", then="sleep 1500\nquit\n")

    def test_a_reader_that_does_not_read(self):
        os.mkfifo(self.path("v.raw"))
        reader = os.open(self.path("v.raw"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.run_script("timeout 500ms", f"record {self.path('v.raw')} --fps=60", "sleep 1500",
                        "record-end", status=TIMED_OUT, says="it is not written within 0.5 s")

    def test_mistakes(self):
        self.run_script("record-end", status=USAGE, says="nothing is being recorded")
        self.run_script("record a.avi", status=USAGE, says="must end in .y4m or .raw")
        self.run_script("record /nowhere/a.y4m", status=FAILED, says="No such file")
        os.symlink("/dev/full", self.path("full.raw"))
        self.run_script(f"record {self.path('full.raw')}", "sleep 1500", "record-end",
                        status=FAILED, says="No space left")
        self.run_script(f"record {self.path('a.raw')}", f"record {self.path('b.raw')}",
                        status=USAGE, says="one recording at a time")
        self.assertTrue(stat.S_ISREG(os.stat(self.path("a.raw")).st_mode))
