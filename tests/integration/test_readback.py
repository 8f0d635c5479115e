"""Pictures without a compositor: read by the CPU, or by the GPU helper where the CPU cannot."""

import contextlib
import os

import picture
from mini_case import MEMORY_PASSES, OPAQUE, WHO, cropped, flipped, rgba_pattern
from test_mini_gles import NOT_IMPORTED, GlesCase
from viewer import DONE, FAILED, TIMED_OUT, program, wait_for

WIDTH, HEIGHT = 83, 62
SIZE = f"{WIDTH}x{HEIGHT}"
UUID = "6a5bd8e1-7c1e-4e0f-9f0a-3b1d2c4e5f61"
TILED = "modifier 0x100000000000001"
KEYS_OF_A_SNAPSHOT = (29, 56, 31)  # Ctrl, Alt, S
GPU, CPU = ("--path", "gles"), ("--path", "copy")

# A helper that takes everything, and draws its own pattern: what it was asked for is in its log.
PAINTER = """#!/usr/bin/python3
import array, fcntl, os, socket, struct, sys, time
s = socket.socket(fileno=3)
log = open(__file__ + ".log", "a", buffering=1)
READY, IMPORT, TARGET, FAILED, DRAW, DRAWN, DROP = range(1, 8)
memories = {}

def pixel(x, y):
    return bytes((x * 3 % 256, y * 5 % 256, (x + y) % 256, 0))

def paint(fd, width, x, y, w, h):
    for row in range(y, y + h):
        data = b"".join(pixel(column, row) for column in range(x, x + w))
        os.pwrite(fd, data, (row * width + x) * 4)

def answer(message):
    kind, number = struct.unpack_from("II", message)
    if kind == IMPORT:
        width, height = struct.unpack_from("II", message, 12)
        log.write("import\\n")
        fd = os.memfd_create("painted", os.MFD_ALLOW_SEALING)
        os.truncate(fd, width * height * 4)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        memories[number] = fd, width
        target = struct.pack("IIIIIIIIQI4I4Ixxxx", TARGET, number, 0, 1, 0, width, height,
                             0x34325258, 0, 1, 0, 0, 0, 0, width * 4, 0, 0, 0)
        s.sendmsg([target], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
    elif kind == DRAW:
        x, y, w, h = struct.unpack_from("4i", message, 16)
        log.write(f"draw {w}x{h}\\n")
        paint(*memories[number], x, y, w, h)
        s.send(struct.pack("IIIi", DRAWN, number, 0, 0))
    else:
        os.close(memories.pop(number)[0])
        log.write("drop\\n")

def serve():
    s.send(struct.pack("6I", READY, 0, 1, 0, 226, 128))
    while True:
        message = s.recvmsg(65536, socket.CMSG_SPACE(16))[0]
        if not message:
            sys.exit(0)
        answer(message)

"""


def painted(width, height):
    return picture.Picture(width, height, bytes(
        channel for y in range(height) for x in range(width)
        for channel in ((x + y) % 256, y * 5 % 256, x * 3 % 256)))


class ReadCase(GlesCase):
    sanitize = valgrind = True

    def guest(self, *lines):
        """The script of a guest, as an option."""
        path = self.path("guest.script")
        with open(path, "w") as file:
            file.write("\n".join((*WHO, f"uuid {UUID}", *lines)) + "\n")
        return f"--fake={path}"

    def shoot(self, guest, *arguments, **options):
        return self.screenshot(guest, *arguments, **MEMORY_PASSES, **options)

    def refuse(self, guest, *arguments, status=FAILED, says=None):
        path = self.path("none.png")
        run = self.vitrine(guest, "--screenshot", path, *arguments, status=status, says=says,
                           **MEMORY_PASSES)
        self.assertFalse(os.path.exists(path))
        return run

    def attach(self, guest, *arguments):
        run = self.start(guest, "--headless", *arguments, **MEMORY_PASSES)
        wait_for(lambda: b"headless" in self.vitrine("--list", "--json").output or
                 not run.running(), "the resident")
        return run

    def painter(self, ending="serve()"):
        self.with_helper(PAINTER + ending + "\n")
        log = os.path.join(os.path.dirname(program()), "gl", "vitrine-gl.log")

        def said():
            with contextlib.suppress(FileNotFoundError):
                with open(log) as file:
                    return file.read().split("\n")[:-1]
            return []
        return said


class Ways(ReadCase):
    valgrind = False

    def check(self, kind, expected, *lines, more=""):
        """The same picture whoever reads it."""
        for memory, way in (("memory", ()), ("memory", CPU), ("dmabuf", ()), ("dmabuf", CPU),
                            ("dmabuf", GPU)):
            with self.subTest(f"{memory} {kind} {way}"):
                guest = self.guest("head 0", f"scanout 0 a {memory} {kind} {SIZE} {more}", *lines)
                got = self.shoot(guest, *way)
                self.assert_same_picture(got, expected or got)
                expected = expected or got

    def test_formats(self):
        for name in OPAQUE:
            if name not in NOT_IMPORTED:
                self.check(name, rgba_pattern(WIDTH, HEIGHT), "draw a rgba alpha junk")

    def test_every_shade(self):
        """Of eight bits, and of ten."""
        for name in OPAQUE:
            if name not in (*NOT_IMPORTED, "RGB565", "XRGB1555"):
                self.check(name, None, "draw a gradient")

    def test_bottom_up(self):
        self.check("XRGB8888", flipped(rgba_pattern(WIDTH, HEIGHT)), "draw a rgba",
                   more="bottom-up")

    def test_a_part(self):
        whole = rgba_pattern(WIDTH, HEIGHT)
        self.check("XRGB8888", cropped(whole, 7, 5, 60, 41), "draw a rgba",
                   more="source 7,5,60x41")
        self.check("XBGR8888", flipped(cropped(whole, 1, 40, 80, 22)), "draw a rgba",
                   more="source 1,40,80x22 bottom-up")

    def test_offset_and_stride(self):
        self.check("XRGB8888", rgba_pattern(WIDTH, HEIGHT), "draw a rgba",
                   more="offset 8192 stride 1280")

    def test_nobody_starts_a_helper_in_vain(self):
        said = self.painter()
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}", "draw a rgba")
        self.shoot(guest)
        self.assertEqual(said(), [])

    def test_several_heads_of_several_kinds(self):
        said = self.painter()
        guest = self.guest("head 0", "head 1", "head 2",
                           f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED}",
                           f"scanout 1 b memory XRGB8888 {SIZE}", "draw b rgba",
                           "scanout 2 c dmabuf XRGB8888 64x48 " + TILED)
        self.vitrine(guest, "--console", "all", "--screenshot", self.path("all.png"),
                     **MEMORY_PASSES)
        for i, expected in enumerate((painted(WIDTH, HEIGHT), rgba_pattern(WIDTH, HEIGHT),
                                      painted(64, 48))):
            self.assert_same_picture(picture.load(self.path(f"all-{i}.png")), expected, i)
        self.assertEqual(sorted(word for word in said() if word != "drop"),
                         ["draw 64x48", f"draw {SIZE}", "import", "import"])

    def test_tiles_are_for_the_gpu(self):
        said = self.painter()
        whole = painted(WIDTH, HEIGHT)
        for more, expected in (("", whole), ("bottom-up", flipped(whole)),
                               ("source 3,4,50x40", cropped(whole, 3, 4, 50, 40)),
                               ("source 3,4,50x40 bottom-up",
                                flipped(cropped(whole, 3, 4, 50, 40)))):
            with self.subTest(more):
                guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED} {more}")
                self.assert_same_picture(self.shoot(guest), expected)
        self.assertIn("draw 50x40", said())


class Refusals(ReadCase):
    def test_tiles_that_no_gpu_takes(self):
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED}")
        self.refuse(guest, says="console 0: cannot read the picture: the CPU cannot read its layout "
                                r"\(XR24, modifier 0x100000000000001\), and the GPU's driver")

    def test_ways_that_are_ruled_out(self):
        self.refuse(self.guest("head 0", f"scanout 0 a memory XRGB8888 {SIZE}"), *GPU,
                    says="plain memory, not a dma-buf")
        self.refuse(self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED}"), *CPU,
                    says="--path copy rules the GPU out")

    def test_there_is_no_opengl(self):
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED}")
        self.environment["__EGL_VENDOR_LIBRARY_FILENAMES"] = "/dev/null"
        self.refuse(guest, says="and there is no OpenGL that imports dma-bufs")


class Faults(ReadCase):
    def refused_by(self, ending, **expected):
        self.painter(ending)
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED}")
        return self.refuse(guest, **expected)

    def test_it_fails_once(self):
        """The next one is waited for."""
        said = self.painter(f"""
if not os.path.exists({self.path("failed")!r}):
    open({self.path("failed")!r}, "w").close()
    answer = lambda message: sys.exit(7)
serve()""")
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED}")
        self.assert_same_picture(self.shoot(guest), painted(WIDTH, HEIGHT))
        self.assertEqual(said()[:2], ["import", f"draw {SIZE}"])

    def test_it_hangs(self):
        self.refused_by("answer = lambda message: time.sleep(1000)\nserve()", status=TIMED_OUT,
                        says="cannot read the picture: the GPU helper does not answer")

    def test_it_ends(self):
        self.refused_by("answer = lambda message: sys.exit(7)\nserve()",
                        says="cannot read the picture: the GPU helper failed")

    def test_it_cannot_draw(self):
        self.refused_by("def paint(*arguments): s.send(struct.pack('IIIi', DRAWN, 1, 0, -5))\n"
                        "serve()", says="the GPU could not draw it")

    def test_it_talks_nonsense(self):
        # The last is an answer, but for somebody else than who asks the second time.
        for nonsense in ("s.send(b'nonsense')", "s.send(struct.pack('IIIi', DRAWN, 9, 0, 0))",
                         "s.send(struct.pack('IIIi', DRAWN, 1, 0, 0))"):
            with self.subTest(nonsense):
                self.refused_by(f"def answer(message):\n {nonsense}\n time.sleep(1000)\nserve()",
                                says="cannot read the picture: the GPU helper failed")


class Resident(ReadCase):
    def test_pictures_are_read_for_others(self):
        """By its helper, into memory that is nobody else's afterwards."""
        said = self.painter()
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED} bottom-up",
                           "head 1", f"scanout 1 b dmabuf XRGB8888 {SIZE}", "draw b rgba")
        run = self.attach(guest)
        for _ in range(2):
            self.assert_same_picture(self.shoot(guest), flipped(painted(WIDTH, HEIGHT)))
            self.assert_same_picture(self.shoot(guest, "--console", "1"),
                                     rgba_pattern(WIDTH, HEIGHT))
        wait_for(lambda: said() == ["import", f"draw {SIZE}", "drop"] * 2, "all that it is told")
        self.refuse(guest, *CPU, says="console 0: .* --path copy rules the GPU out")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_ways(self):
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} source 1,2,60x50",
                           "draw a rgba")
        run = self.attach(guest, "-v")
        expected = cropped(rgba_pattern(WIDTH, HEIGHT), 1, 2, 60, 50)
        for way in ((), CPU):
            self.assert_same_picture(self.shoot(guest, *way), expected, way)
        self.assertNotIn("GPU helper:", run.errors)
        self.assert_same_picture(self.shoot(guest, *GPU), expected)
        self.assertIn("GPU helper: no GPU; draws with", run.errors)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_a_resident_with_a_way_of_its_own(self):
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}", "draw a rgba")
        run = self.attach(guest, "-v", *GPU)
        self.assert_same_picture(self.shoot(guest), rgba_pattern(WIDTH, HEIGHT))
        self.assertIn("GPU helper: no GPU; draws with", run.errors)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_its_helper_hangs(self):
        self.painter("answer = lambda message: time.sleep(1000)\nserve()")
        guest = self.guest("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED}",
                           "head 1", f"scanout 1 b memory XRGB8888 {SIZE}", "draw b rgba")
        run = self.attach(guest)
        self.refuse(guest, status=TIMED_OUT, says="console 0: .*GPU helper does not answer")
        # That is all: what needs no GPU is taken.
        self.assert_same_picture(self.shoot(guest, "--console", "1"), rgba_pattern(WIDTH, HEIGHT))
        self.assertTrue(run.running(), run.story())
        self.assertEqual(run.terminate(), DONE, run.story())


class Snapshot(ReadCase):
    """Ctrl+Alt+S of a picture that only the compositor and a GPU read."""

    def setUp(self):
        super().setUp()
        self.pictures = self.path("pictures")
        os.mkdir(self.pictures)

    def snap(self):
        compositor = self.compositor("--dmabuf=XR24:0x100000000000001")
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE} {TILED} bottom-up",
                        f"update 0 0,0,{SIZE}", XDG_PICTURES_DIR=self.pictures)
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("keyboard_enter")
        for pressed in (True, False):
            for code in KEYS_OF_A_SNAPSHOT:
                compositor.command("key", code=code, pressed=pressed)
        title = compositor.wait("title", where=lambda event: "saved" in event["title"])["title"]
        self.assertEqual(run.terminate(), DONE, run.story())
        return title, run.errors

    def test_it_is_saved(self):
        self.painter()
        self.snap()
        name, = os.listdir(self.pictures)
        self.assert_same_picture(picture.load(os.path.join(self.pictures, name)),
                                 flipped(painted(WIDTH, HEIGHT)))

    def test_it_cannot_be_read(self):
        self.painter("answer = lambda message: sys.exit(7)\nserve()")
        title, errors = self.snap()
        self.assertIn("no picture saved: the GPU helper failed", title)
        self.assertRegex(errors, "cannot save a picture of console 0: the GPU helper failed")
        self.assertEqual(os.listdir(self.pictures), [])
