"""Red, green, blue and junk alpha through every path, for every format of the table."""

from mini_case import MiniCase, OPAQUE, rgba_pattern
from viewer import FAILED

# Odd on purpose: rows of formats with 2 and 3 bytes end in the middle of a word.
WIDTH, HEIGHT = 83, 62
SIZE = f"{WIDTH}x{HEIGHT}"


class Formats(MiniCase):
    sanitize = True

    def check(self, kind, name, compositor, *arguments):
        run = self.show(compositor, "head 0", f"scanout 0 a {kind} {name} {SIZE}",
                        "draw a rgba alpha junk", f"update 0 0,0,{SIZE}", arguments=arguments)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        _, made = self.window_buffer(compositor)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())
        return made

    def each(self):
        for name, opaque in OPAQUE.items():
            with self.subTest(name):
                yield name, opaque

    def shm(self, *formats):
        return self.compositor(*(f"--shm-format={name}" for name in formats
                                 if name not in ("XR24", "AR24")))

    def test_direct(self):
        for name, opaque in self.each():
            made = self.check("dmabuf", name, self.compositor(f"--dmabuf={opaque}:0x0"),
                              "--path", "direct")
            self.assertEqual((made["event"], made["fourcc"]), ("dmabuf_create", opaque))

    def test_shm(self):
        for name, opaque in self.each():
            made = self.check("memory", name, self.shm(opaque), "--path", "shm")
            self.assertEqual((made["event"], made["fourcc"]), ("shm_buffer", opaque))

    def test_copy_of_the_same_format(self):
        for name, opaque in self.each():
            made = self.check("memory", name, self.shm(opaque), "--path", "copy")
            self.assertEqual(made["event"], "shm_buffer")
            self.assertFalse(made["fourcc"].startswith("A"))

    def test_copy_to_what_every_compositor_has(self):
        for name, _ in self.each():
            made = self.check("memory", name, self.shm(), "--path", "copy")
            self.assertEqual((made["event"], made["fourcc"]), ("shm_buffer", "XR24"))

    def test_copy_of_a_dmabuf(self):
        for name, _ in self.each():
            self.check("dmabuf", name, self.shm(), "--path", "copy")

    def test_an_unknown_format_is_refused_with_the_reason(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf NV12 {SIZE}",
                        f"update 0 0,0,{SIZE}", "wait-answers", "sleep 60000")
        self.assertEqual(run.wait(), FAILED, run.story())
        self.assertRegex(run.errors, "(?i)format")
        self.assertEqual(compositor.find("commit", role="toplevel", attached=True), [])
