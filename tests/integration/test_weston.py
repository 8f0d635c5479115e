"""Windows on a real compositor: Weston's own screenshot says what is on its screen."""

import json

import picture
import qemu
from qtest import Qtest
from viewer import ViewerCase, wait_for
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern
from weston import Weston

SIZE = (320, 240)
GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
GPU_SLOT = 2
LETS_MEMORY_PASS = {"VITRINE_TEST_MEMORY_AS_DMABUF": "1"}


class WestonCase(ViewerCase):
    def setUp(self):
        super().setUp()
        self.weston = Weston().start()
        self.addCleanup(self.weston.stop)

    def show(self, *arguments, **environment):
        """The viewer in a window; it has to leave in order, afterwards."""
        return self.start(*arguments, "--verbose", "--verbose", WAYLAND_DISPLAY=self.weston.display,
                          **environment)

    def wait_for_picture(self, run, part):
        def on_screen():
            self.assertTrue(run.running(), run.story())
            return self.weston.screenshot().find(part)
        try:
            return wait_for(on_screen, "the picture to appear on Weston's screen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{run.story()}\n{self.weston.log()}") from None


def rgba_pattern(width, height):
    """The fake guest's `draw NAME rgba`, from its description, with alpha ignored."""
    corner = min(16, min(width, height) // 4)

    def pixel(x, y):
        if x < corner and y < corner:
            return 0x000000
        if x in (0, width - 1) or y in (0, height - 1):
            return 0xffffff
        right, bottom = x >= width // 2, y >= height // 2
        return ((0xff0000, 0x00ff00), (0x0000ff, 0xffffff))[bottom][right]

    words = [pixel(x, y) for y in range(height) for x in range(width)]
    return picture.from_xrgb(width, height, words)


class FakeGuest(WestonCase):
    """A memfd that stands in for a dma-buf: Mesa's software renderer takes any that it can map."""

    sanitize = True

    def check(self, description, *arguments, path, flipped=False):
        script = self.path("script")
        with open(script, "w") as file:
            file.write(f"head 0\nscanout 0 a {description}\ndraw a rgba alpha junk\n"
                       f"update 0 0,0,{SIZE[0]}x{SIZE[1]}\n")
        expected = rgba_pattern(*SIZE)
        if flipped:
            rows = [expected.row(y) for y in reversed(range(SIZE[1]))]
            expected = picture.Picture(*SIZE, b"".join(rows))
        run = self.show(f"--fake={script}", "--path", path, *arguments, **LETS_MEMORY_PASS)
        self.wait_for_picture(run, expected)
        if path == "direct":
            self.assertRegex(run.errors, "TEST SWITCH", "the switch has to be loud")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_dmabuf(self):
        self.check(f"dmabuf XRGB8888 {SIZE[0]}x{SIZE[1]} modifier 0", path="direct")

    def test_dmabuf_alpha_is_ignored(self):
        self.check(f"dmabuf ARGB8888 {SIZE[0]}x{SIZE[1]} modifier 0", path="direct")

    def test_dmabuf_other_channel_order(self):
        self.check(f"dmabuf XBGR8888 {SIZE[0]}x{SIZE[1]} modifier 0", path="direct")

    def test_dmabuf_stride(self):
        self.check(f"dmabuf XRGB8888 {SIZE[0]}x{SIZE[1]} stride 1536 modifier 0", path="direct")

    def test_dmabuf_bottom_up(self):
        """QEMU's y0_top: the first row in memory is the lowest on the screen."""
        self.check(f"dmabuf XRGB8888 {SIZE[0]}x{SIZE[1]} modifier 0 bottom-up", path="direct",
                   flipped=True)

    def test_memory_shared(self):
        self.check(f"memory XRGB8888 {SIZE[0]}x{SIZE[1]}", path="shm")

    def test_memory_copied(self):
        self.check(f"memory XRGB8888 {SIZE[0]}x{SIZE[1]}", path="copy")

    def test_statistics_over_the_picture(self):
        green, margin = (0, 255, 0), 8
        script = self.path("script")
        with open(script, "w") as file:
            file.write("head 0\nscanout 0 a memory XRGB8888 640x480\ndraw a solid 00ff00ff\n"
                       "update 0 0,0,640x480\n")
        run = self.show(f"--fake={script}", "--show-stats")

        def panel():
            screen = self.weston.screenshot()
            top = next((y for y in range(screen.height) if bytes(green) * 640 in screen.row(y)),
                       None)
            if top is None:
                return None
            left = screen.row(top).find(bytes(green) * 640) // 3
            inside = [screen.pixel(left + x, top + y)
                      for x in range(margin, 60) for y in range(margin, 60)]
            around = {screen.pixel(left + x, top + y)
                      for x, y in ((0, 0), (7, 20), (20, 7), (639, 0), (0, 479), (639, 479))}
            # Green seen through black, with light letters on it.
            return (around == {green} and max(inside[0]) < 128 and inside[0][1] > inside[0][0] and
                    any(min(pixel) > 200 for pixel in inside))
        try:
            wait_for(panel, "a dark panel over the picture")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{run.story()}") from None
        self.assertEqual(run.terminate(), 0, run.story())

    def test_memory_copied_from_rgb565(self):
        """Saturated colours are the same in 16 bits."""
        self.check(f"memory RGB565 {SIZE[0]}x{SIZE[1]}", path="copy")


class Presentation(WestonCase):
    """wp_presentation as a real compositor speaks it."""

    sanitize = True

    def test_verdict_and_statistics(self):
        script, stats = self.path("script"), self.path("stats")
        with open(script, "w") as file:
            file.write(f"head 0\nscanout 0 a dmabuf XRGB8888 {SIZE[0]}x{SIZE[1]} modifier 0\n"
                       "draw a rgba\nframes 100000 60 0\n")
        run = self.show(f"--fake={script}", "--stats-file", stats, **LETS_MEMORY_PASS)
        self.wait_for_picture(run, rgba_pattern(*SIZE))
        with open(stats) as file:
            seen = wait_for(lambda: next((line for line in map(json.loads, file)
                                          if line["shown"] > 20), None), "frames that were shown")
        # Without hardware nothing is scanned out, and that is said.
        self.assertEqual((seen["path"], seen["verdict"], seen["zero_copy"]),
                         ("direct", "direct", False))
        self.assertIn("full screen", seen["reason"])
        self.assertGreater(seen["refresh_ns"], 10**6)
        # By whatever clock this Weston counts: neither years nor nothing.
        self.assertTrue(0 < seen["commit_to_light"]["p50_ns"] < 10**9, seen)
        self.assertEqual(run.terminate(), 0, run.story())


@qemu.for_each_qemu
class RealMachine(WestonCase):
    """A picture that the test knows, through QEMU, the viewer and Weston, and back."""

    sanitize = True

    def machine_with_picture(self, words):
        machine = self.halted_machine(*GPU)
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)
        return machine, gpu, gpu.show(0, *SIZE, words)

    def check(self, *arguments):
        words = pattern(*SIZE, 77)
        machine, gpu, resource = self.machine_with_picture(words)
        run = self.show("--qmp", machine.qmp_path, *arguments)
        self.wait_for_picture(run, picture.from_xrgb(*SIZE, words))
        # And what the guest draws next.
        words = pattern(*SIZE, 200)
        gpu.draw(resource, words, *SIZE)
        gpu.flush(resource, *SIZE)
        self.wait_for_picture(run, picture.from_xrgb(*SIZE, words))
        self.assertEqual(run.terminate(), 0, run.story())

    def test_words_of_ours_until_the_guest_draws(self):
        """QEMU shows a placeholder until there is a driver."""
        machine = self.halted_machine(*GPU)
        placeholder = machine.screendump()
        black = bytes(3 * placeholder.width)
        inked = [placeholder.row(y) for y in range(placeholder.height)
                 if placeholder.row(y) != black]
        self.assertTrue(inked)
        letters = picture.Picture(placeholder.width, len(inked), b"".join(inked))
        run = self.show("--qmp", machine.qmp_path)

        def words():
            screen = self.weston.screenshot()
            self.assertIsNone(screen.find(letters))
            rows = [y for y in range(screen.height) if black in screen.row(y)]
            # Words in the middle break the rows that are black from side to side.
            return (len(rows) > placeholder.height // 2 and
                    rows[-1] - rows[0] + 1 == placeholder.height and
                    len(rows) < placeholder.height - 20)
        wait_for(words, "words on black")
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)
        drawn = pattern(*SIZE, 77)
        gpu.show(0, *SIZE, drawn)
        self.wait_for_picture(run, picture.from_xrgb(*SIZE, drawn))
        self.assertEqual(run.terminate(), 0, run.story())

    def test_best_path(self):
        self.check()

    def test_copy(self):
        self.check("--path", "copy")

    def test_untrusted(self):
        self.check("--untrusted")

    def test_firmware_text(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        machine.freeze()
        run = self.show("--qmp", machine.qmp_path)
        self.wait_for_picture(run, machine.screendump())
        self.assertEqual(run.terminate(), 0, run.story())

    def test_without_dmabuf(self):
        """Weston's pixman renderer offers shared memory only."""
        self.weston.stop()
        self.weston = Weston("pixman").start()
        self.addCleanup(self.weston.stop)
        self.check()
