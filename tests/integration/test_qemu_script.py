"""Scripts that drive real QEMU machines, against what QEMU itself says of them."""

import itertools
import os
import shutil
import socket
import time

import picture
import qemu
from qtest import Qtest
from viewer import (DIFFERENT, DONE, FAILED, NEVER_DREW, TIMED_OUT, VM_GONE, WAS_RESET, WENT_BLANK,
                    ViewerCase, wait_for)
from virtio import Memory
from virtio_gpu import CURSOR_SIZE, VirtioGpu, pattern
from virtio_input import (ABS_MAX, EV_ABS, EV_KEY, EV_REL, REL_WHEEL, REL_X, REL_Y,
                          VirtioInput)

OVMF = "/usr/share/ovmf/OVMF.fd"
FIRMWARE_LOGO = (540, 370, 200, 60)
GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
GPU_SLOT, POINTER_SLOT, KEYBOARD_SLOT = 2, 3, 4
SIZES = ((320, 240), (400, 300))
KEY_A, KEY_B, KEY_LEFTSHIFT, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F2 = 30, 48, 42, 29, 56, 60
BTN_LEFT, BTN_RIGHT = 0x110, 0x111


def save(shown, path):
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (shown.width, shown.height) + shown.rgb)
    return path


def cut(shown, x, y, width, height):
    return picture.Picture(width, height, b"".join(shown.row(y + row, x, width)
                                                   for row in range(height)))


class QemuScriptCase(ViewerCase):
    def setUp(self):
        super().setUp()
        self.artifacts = self.path("artifacts")
        os.mkdir(self.artifacts)

    def arguments(self, machine, *lines):
        commands = [word for line in lines for word in ("-e", line)]
        return ("--qmp", machine.qmp_path, "--artifacts", self.artifacts, *commands)

    def script(self, machine, *lines, **options):
        return self.vitrine(*self.arguments(machine, *lines), **options)

    def two_heads(self, *arguments):
        """A machine without a guest; the test drives its devices."""
        machine = self.halted_machine(*GPU, *arguments)
        qtest, memory = Qtest(machine.qtest_path), Memory()
        self.addCleanup(qtest.close)
        return machine, VirtioGpu(qtest, memory, GPU_SLOT), qtest, memory


@qemu.for_each_qemu
class Firmware(QemuScriptCase):
    """The set-up screens of OVMF: there and back, once by QMP for the references, once by script."""

    def setUp(self):
        super().setUp()
        if not os.path.exists(OVMF):
            self.skipTest("no UEFI firmware here: Debian's package ovmf")
        self.vm = self.machine("-vga", "std", "-boot", "menu=on,splash-time=20000", bios=OVMF,
                               memory="128M")

    def press(self, key):
        self.vm.oracle.execute("send-key", keys=[{"type": "qcode", "data": key}])

    def rested(self, name, where=lambda shown: True):
        """A screen that the oracle sees unchanged for a while; saved as NAME.ppm."""
        seen = []

        def rests():
            shown = self.vm.screendump()
            if seen and seen[-1].difference(shown):
                seen.clear()
            seen.append(shown)
            return len(seen) > 10 and where(shown)
        wait_for(rests, f"the firmware to show the {name}", interval_s=0.1)
        save(seen[-1], self.path(name + ".ppm"))
        return seen[-1]

    def take_references(self):
        def shows_logo(shown):
            return (shown.width, shown.height) == (1280, 800) and \
                cut(shown, *FIRMWARE_LOGO).colours() > 20

        def is_page(shown):
            return (shown.width, shown.height) == (640, 480) and shown.pixel(20, 300) != (0, 0, 0)

        logo = wait_for(lambda: next(filter(shows_logo, [self.vm.screendump()]), None),
                        "the firmware to show its logo")
        save(cut(logo, *FIRMWARE_LOGO), self.path("logo.ppm"))
        presses = []
        wait_for(lambda: is_page(self.vm.screendump()) or presses.append(self.press("esc")),
                 "the set-up to come", interval_s=0.5)
        self.front = self.rested("front", is_page)
        self.press("down")
        self.chosen = self.rested("chosen", lambda shown: shown.difference(self.front))
        self.press("ret")
        self.devices = self.rested("devices", lambda shown: shown.difference(self.chosen))
        self.press("esc")
        wait_for(lambda: not self.vm.screendump().difference(self.chosen), "the page before")
        self.press("up")
        wait_for(lambda: not self.vm.screendump().difference(self.front), "the first page")

    def test_to_a_page_and_back(self):
        self.take_references()
        front, chosen, devices = (self.path(f"{name}.ppm") for name in
                                  ("front", "chosen", "devices"))
        title = save(cut(self.devices, 0, 0, 640, 40), self.path("title.ppm"))
        self.script(
            self.vm, "timeout 60s", f"expect-match {front}",
            "key down", f"wait-match {chosen}",
            "key ret", f"wait-match {title} --region=0,0,640x40", f"wait-match {devices}",
            "wait-stable 200", f"shot {self.path('shot.png')}",
            "key esc", f"wait-match {chosen}",
            "key up", "wait-change --timeout=1s --region=0,0,4x4", status=TIMED_OUT,
            says="the picture to change: not within 1 s")
        self.assert_same_picture(picture.load(self.path("shot.png")), self.devices, "the page")
        self.script(self.vm, f"wait-match {front}", "key down", "key ret",
                    f"wait-match {devices} --timeout=60s", f"expect-match {front}",
                    status=DIFFERENT, says="-e:5: expect-match: .* pixels differ")
        actual, shown = (picture.load(os.path.join(self.artifacts, f"script-5-{name}.png"))
                         for name in ("actual", "difference"))
        self.assert_same_picture(actual, self.devices, "the evidence")
        self.assertEqual((shown.width, shown.height), (640, 480))
        # And from the reset button to the set-up again. What is pressed early is lost.
        escapes = ("key esc", "sleep 1s") * 8
        self.script(self.vm, "timeout 60s", "reset",
                    f"wait-match {self.path('logo.ppm')} --region=540,370,200x60",
                    "wait-size 1280x800", *escapes, "wait-size 640x480", f"wait-match {front}")
        self.assert_same_picture(self.vm.screendump(), self.front, "the oracle's")


@qemu.for_each_qemu
class TwoHeads(QemuScriptCase):
    sanitize = valgrind = True

    def setUp(self):
        super().setUp()
        self.vm, self.gpu, _, _ = self.two_heads()
        self.shown = [self.show(head, size, 40 + 100 * head) for head, size in enumerate(SIZES)]

    def show(self, head, size, salt):
        words = pattern(*size, salt)
        self.gpu.show(head, *size, words)
        return picture.from_xrgb(*size, words)

    def expect(self, name, expected):
        self.assert_same_picture(picture.load(self.path(name)), expected, name)

    def test_exact_pixels(self):
        for head in range(2):
            self.assert_same_picture(self.vm.screendump("gpu", head), self.shown[head], "oracle")
        region = (17, 33, 101, 67)
        self.script(
            self.vm, "wait-size 320x240", "expect-size 400x300 --console=1",
            f"shot {self.path('first.png')}", f"shot {self.path('second.ppm')} --console=1",
            f"shot {self.path('part.png')} --console=1 --region=17,33,101x67",
            f"shot {self.path('all.png')} --console=all",
            f"shot {self.path('parts.png')} --console=all --region=17,33,101x67",
            "console all", f"shot {self.path('stitched.png')} --stitch")
        self.expect("first.png", self.shown[0])
        self.expect("second.ppm", self.shown[1])
        self.expect("part.png", cut(self.shown[1], *region))
        stitched = picture.load(self.path("stitched.png"))
        self.assertEqual((stitched.width, stitched.height), (720, 300))
        for head, x in enumerate((0, SIZES[0][0])):
            self.expect(f"all-{head}.png", self.shown[head])
            self.expect(f"parts-{head}.png", cut(self.shown[head], *region))
            self.assert_same_picture(cut(stitched, x, 0, *SIZES[head]), self.shown[head], "part")
        rest = cut(stitched, 0, SIZES[0][1], SIZES[0][0], SIZES[1][1] - SIZES[0][1])
        self.assertEqual(set(rest.rgb), {0})

    def check_cursor(self):
        """In only where it is asked for, and on the head that it is on."""
        at, colour = (100, 50), (10, 200, 30)
        word = 0xff << 24 | colour[0] << 16 | colour[1] << 8 | colour[2]
        half = CURSOR_SIZE // 2
        words = [word if x < half and y < half else 0
                 for y in range(CURSOR_SIZE) for x in range(CURSOR_SIZE)]
        self.gpu.cursor(1, *at, words, 0, 0)
        self.script(
            self.vm, f"shot {self.path('without.png')} --console=1",
            f"shot {self.path('with.png')} --console=1 --cursor",
            f"shot {self.path('other.png')} --console=0 --cursor",
            f"shot {self.path('part.png')} --console=1 --cursor --region=90,40,40x40",
            f"shot {self.path('stitched.png')} --console=all --stitch --cursor")
        self.expect("without.png", self.shown[1])
        self.expect("other.png", self.shown[0])
        drawn = bytearray(self.shown[1].rgb)
        for y in range(at[1], at[1] + half):
            start = 3 * (y * SIZES[1][0] + at[0])
            drawn[start:start + 3 * half] = bytes(colour) * half
        expected = picture.Picture(*SIZES[1], drawn)
        self.expect("with.png", expected)
        self.expect("part.png", cut(expected, 90, 40, 40, 40))
        stitched = picture.load(self.path("stitched.png"))
        self.assert_same_picture(cut(stitched, SIZES[0][0], 0, *SIZES[1]), expected, "stitched")

    def test_cursor(self):
        if self.version == "7.2":
            self.skipTest("QEMU 7.2 tells no newcomer of the cursor")
        self.check_cursor()

    def test_cursor_through_a_resident(self):
        run = self.start("--qmp", self.vm.qmp_path, "--headless")
        wait_for(lambda: self.is_attached(self.vm) or not run.running(), "the viewer to attach")
        self.script(self.vm, "wait-size 320x240")
        self.check_cursor()
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_waits(self):
        """Each for what another head, or the rest of the picture, does not have."""
        second = picture.from_xrgb(*SIZES[1], pattern(*SIZES[1], 7))
        reference = save(second, self.path("second.ppm"))
        part = save(cut(second, 5, 6, 70, 80), self.path("part.ppm"))
        run = self.start(*self.arguments(
            self.vm, f"shot {self.path('ready.png')}", "console 1", "timeout 60s",
            f"wait-match {reference}", f"wait-match {part} --region=5,6,70x80",
            f"expect-match {reference} --region=0,0,400x200", "expect-pixel 0,0,000007",
            "expect-pixel 0,0,000028 --console=0", f"shot {self.path('shot.png')}",
            "wait-change --region=0,0,9x9", "wait-pixel 0,0,000008 --console=1",
            "wait-stable 100", "wait-size 64x48", "wait-stable 100"))
        wait_for(lambda: os.path.exists(self.path("ready.png")) or not run.running(), "the start")
        self.gpu.show(0, *SIZES[0], pattern(*SIZES[0], 40))
        self.gpu.show(1, *SIZES[1], pattern(*SIZES[1], 7))
        wait_for(lambda: os.path.exists(self.path("shot.png")) or not run.running(), "the picture")
        self.expect("shot.png", second)
        # Over and over: what is drawn before its wait begins is not waited for in vain.
        turns = itertools.cycle(((SIZES[1], 9), (SIZES[1], 8), ((64, 48), 1)))
        while run.running():
            size, salt = next(turns)
            self.gpu.show(1, *size, pattern(*size, salt))
            time.sleep(0.3)
        self.assertEqual(run.wait(), DONE, run.story())

    def test_region_outside(self):
        self.script(self.vm, "shot a.png --region=300,200,101x41", status=FAILED,
                    says="no region of 101x41 at 300,200")
        self.script(self.vm, "wait-pixel 320,0,ffffff --timeout=100ms", status=TIMED_OUT,
                    says="320x240 pixels")


# Every wait but wait-gone, as none of them is met by what the VM shows in these tests; with what
# their messages call what they waited for.
WAITS = {
    "wait-stable 1min": "the picture to rest for 60000 ms",
    "wait-change": "the picture to change",
    "wait-pixel 1,1,ff00ff": "the pixel at 1,1 to be #ff00ff",
    "wait-size 31x17": "the picture to have 31x17 pixels",
    "wait-match %s": "the picture to look like ",
    "wait-text vitrine": "the text 'vitrine'",
}


@qemu.for_each_qemu
class Ends(QemuScriptCase):
    """What becomes of a VM while it is waited for: each has its own exit code and message."""

    def setUp(self):
        super().setUp()
        self.vm, self.gpu, self.qtest, self.memory = self.two_heads()
        other = picture.from_xrgb(31, 17, pattern(31, 17, 3))
        self.reference = save(other, self.path("other.ppm"))

    def waits(self):
        for wait, wanted in WAITS.items():
            if "text" not in wait or shutil.which("tesseract"):
                yield wait.replace("%s", self.reference), wanted

    def show(self, salt=40):
        self.gpu.show(0, *SIZES[0], pattern(*SIZES[0], salt))

    def show_black(self):
        self.gpu.show(0, *SIZES[0], [0xff000000] * (SIZES[0][0] * SIZES[0][1]))

    def start_after_a_look(self, *lines):
        """Once it is attached and has taken a picture."""
        ready = self.path("ready.png")
        if os.path.exists(ready):
            os.unlink(ready)
        run = self.start(*self.arguments(self.vm, f"shot {ready}", *lines))
        wait_for(lambda: os.path.exists(ready) or not run.running(), "it to look at the VM")
        return run

    def each_wait(self, happens, timeout, status, says, but=()):
        """
        All of them at once, through one resident. happens: once all have had time to look; None:
        nothing is to be seen. but: those that it ends well.
        """
        resident = self.start("--qmp", self.vm.qmp_path, "--headless")
        wait_for(lambda: self.is_attached(self.vm) or not resident.running(), "the resident")
        runs, looks = {}, []
        for wait in [*dict(self.waits()), "wait-gone"]:
            looks.append(self.path(f"look-{len(looks)}.png"))
            look = "sleep 0" if happens is None else f"shot {looks[-1]}"
            runs[wait] = self.start(*self.arguments(self.vm, look, f"{wait} --timeout={timeout}"))
        if happens is not None:
            wait_for(lambda: all(map(os.path.exists, looks)) or not resident.running(),
                     "all to begin")
            time.sleep(3)
            happens()
        gone = runs.pop("wait-gone")
        for (wait, wanted), run in zip(self.waits(), runs.values()):
            with self.subTest(wait):
                name = wait.split()[0]
                if name in but:
                    self.assertEqual(run.wait(), DONE, run.story())
                    continue
                self.assertEqual(run.wait(), status, run.story())
                self.assertRegex(run.errors, f"-e:2: {name}: waited for {wanted}.*: .*{says}")
        self.assertEqual(gone.wait(), TIMED_OUT, gone.story())
        self.assertRegex(gone.errors, "-e:2: wait-gone: waited for the VM to end: not within")
        self.assertEqual(resident.terminate(), DONE, resident.story())

    def test_dies(self):
        for wait, wanted in self.waits():
            with self.subTest(wait):
                self.show()
                run = self.start_after_a_look(wait)
                self.vm.kill()
                self.assertEqual(run.wait(), VM_GONE, run.story())
                self.assertRegex(run.errors, f"{wanted}.*: the VM has ended meanwhile|"
                                             "the VM has ended")
            self.vm.stop()
            self.setUp()
        self.show()
        run = self.start_after_a_look("wait-gone --timeout=60s")
        time.sleep(1)  # for the wait to begin
        self.vm.kill()
        self.assertEqual(run.wait(), DONE, run.story())

    def test_quits(self):
        self.show()
        run = self.start_after_a_look("wait-change --timeout=60s")
        self.vm.oracle.execute("quit")
        self.assertEqual(run.wait(), VM_GONE, run.story())

    def test_times_out(self):
        self.show()
        self.each_wait(None, "2s", TIMED_OUT, "not within 2 s; ")

    def test_never_draws(self):
        self.each_wait(None, "2s", NEVER_DREW,
                       r"within 2 s the VM has drawn nothing \(the console is off\)")

    def test_shows_black_only(self):
        self.show_black()
        self.each_wait(None, "2s", NEVER_DREW,
                       r"within 2 s the VM has drawn nothing \(its picture is black\)")

    def skip_unless_told(self):
        if self.version == "7.2":
            self.skipTest("QEMU 7.2 tells nobody that a virtio-gpu's head goes off")

    def test_goes_off(self):
        self.skip_unless_told()
        self.show()
        self.each_wait(lambda: self.gpu.off(0), "10s", WENT_BLANK, "within 10 s its monitor went off")

    def test_goes_black(self):
        """Which is a change; for all others nothing is shown any more."""
        self.show()
        self.each_wait(self.show_black, "10s", WENT_BLANK, "within 10 s its monitor went black",
                       but=("wait-change",))

    def test_off_is_no_rest(self):
        """A monitor without a picture is not at rest, however short the time."""
        self.skip_unless_told()
        self.show()
        run = self.start_after_a_look("wait-stable 5s --timeout=8s")
        time.sleep(1)
        self.gpu.off(0)
        self.assertEqual(run.wait(), WENT_BLANK, run.story())

    def test_black_is_no_rest(self):
        """A test that waits for a picture to settle is not served with none."""
        self.show_black()
        self.script(self.vm, "wait-stable 100ms --timeout=1s", status=NEVER_DREW,
                    says="has drawn nothing")
        run = self.start_after_a_look("wait-stable 100ms --timeout=60s")
        self.show()
        self.assertEqual(run.wait(), DONE, run.story())
        self.script(self.vm, "wait-stable 100ms", "expect-pixel 0,0,000028")

    def test_is_reset(self):
        """And draws again what it did."""
        self.skip_unless_told()
        self.show()

        def happens():
            self.vm.oracle.execute("system_reset")
            wait_for(lambda: self.vm.oracle.execute("query-status") and any(
                event["event"] == "RESET" for event in self.vm.oracle.events), "the reset")
            self.gpu = VirtioGpu(self.qtest, self.memory, GPU_SLOT)
            self.show()
        self.each_wait(happens, "10s", WAS_RESET,
                       "within 10 s its monitor went off and came back, as with a reset; now ")


@qemu.for_each_qemu
class Power(QemuScriptCase):
    sanitize = valgrind = True

    def happened(self, machine, event):
        """Once, and by QMP; a firmware that is reset may well do so itself again."""
        def seen():
            machine.oracle.execute("query-status")
            return [entry for entry in machine.oracle.events if entry["event"] == event and
                    not entry.get("data", {}).get("guest")]
        wait_for(seen, f"QEMU to tell of {event}")
        self.assertEqual(len(seen()), 1, seen())

    def test_by_qmp(self):
        machine = self.machine("-vga", "std")
        self.script(machine, "reset", "powerdown")
        self.happened(machine, "RESET")
        self.happened(machine, "POWERDOWN")

    def test_through_a_resident(self):
        machine = self.machine("-vga", "std")
        resident = self.start("--qmp", machine.qmp_path, "--headless")
        wait_for(lambda: self.is_attached(machine) or not resident.running(), "the resident")
        self.script(machine, "reset", "powerdown")
        self.happened(machine, "RESET")
        self.happened(machine, "POWERDOWN")
        self.assertEqual(resident.terminate(), DONE, resident.story())

    def test_without_qmp(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        for command in ("reset", "powerdown"):
            ours, theirs = socket.socketpair(socket.AF_UNIX)
            with ours, theirs:
                machine.oracle.execute("getfd", fds=[theirs.fileno()], fdname="viewer")
                theirs.close()
                machine.oracle.execute("add_client", protocol="@dbus-display", fdname="viewer")
                self.vitrine("--fd", str(ours.fileno()), "-e", command, status=FAILED,
                             says=f"-e:1: {command}: the VM cannot be told: that takes --qmp",
                             pass_fds=[ours.fileno()])
        machine.oracle.execute("query-status")
        self.assertFalse([entry for entry in machine.oracle.events
                          if entry["event"] in ("RESET", "POWERDOWN")])

    def test_powers_off(self):
        """The guest is asked, and when it goes that can be waited for."""
        machine = self.machine("-vga", "std")
        self.script(machine, "powerdown")
        run = self.start(*self.arguments(machine, f"shot {self.path('ready.png')}",
                                         "wait-gone --timeout=60s"))
        wait_for(lambda: os.path.exists(self.path("ready.png")) or not run.running(), "the viewer")
        time.sleep(1)  # for the wait to begin
        machine.oracle.execute("quit")
        self.assertEqual(run.wait(), DONE, run.story())


@qemu.for_each_qemu
class Text(QemuScriptCase):
    sanitize = True

    def setUp(self):
        super().setUp()
        if not shutil.which("tesseract"):
            self.skipTest("NO OCR HERE: Debian's package tesseract-ocr")

    def test_last_words_of_the_firmware(self):
        machine = self.machine("-vga", "std")
        self.script(machine, 'wait-text "No bootable device." --timeout=60s',
                    'expect-text "Booting from"')
        # As users set it who compute: not for a program that must not choose its CPUs.
        self.script(machine, 'expect-text "Booting from"', OMP_PROC_BIND="true")
        # What blinks would be read again and again, to the end of the time.
        machine.freeze()
        self.script(machine, 'wait-text "no  such words" --timeout=8s', status=TIMED_OUT,
                    says="waited for the text 'no  such words': not within 8 s; .*SeaBIOS")
        self.script(machine, 'expect-text "no such words"', status=DIFFERENT,
                    says="expected the text 'no such words': .*SeaBIOS")
        self.script(machine, 'expect-text "SeaBIOS" --region=0,300,720x100', status=DIFFERENT,
                    says="expected the text 'SeaBIOS'")

    def test_language_that_is_not_there(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        self.script(machine, "expect-text a --language=xyzzy", status=FAILED, says="xyzzy")


@qemu.for_each_qemu
class NoReader(QemuScriptCase):
    def test_says_what_is_missing(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        self.script(machine, "expect-text a", status=FAILED, says="tesseract", PATH="/nowhere")


@qemu.for_each_qemu
class Input(QemuScriptCase):
    sanitize = True

    def devices(self, pointer):
        machine, gpu, qtest, memory = self.two_heads(
            "-device", f"virtio-{pointer}-pci,addr={POINTER_SLOT}",
            "-device", f"virtio-keyboard-pci,addr={KEYBOARD_SLOT}")
        gpu.show(0, *SIZES[0], pattern(*SIZES[0], 1))
        return (machine, VirtioInput(qtest, memory, POINTER_SLOT),
                VirtioInput(qtest, memory, KEYBOARD_SLOT))

    def gather(self, device, count, kinds):
        events = []

        def enough():
            events.extend(event for event in device.events() if event[0] in kinds)
            return len(events) >= count
        wait_for(enough, f"{count} events at the device")
        return events

    def test_keys(self):
        machine, _, keyboard = self.devices("tablet")
        self.script(machine, "key ctrl-alt-f2 a", 'type "bA"', "key-down shift", "key a",
                    "key-up shift", "key-down b")
        expected = [(KEY_LEFTCTRL, 1), (KEY_LEFTALT, 1), (KEY_F2, 1), (KEY_F2, 0),
                    (KEY_LEFTALT, 0), (KEY_LEFTCTRL, 0), (KEY_A, 1), (KEY_A, 0), (KEY_B, 1),
                    (KEY_B, 0), (KEY_LEFTSHIFT, 1), (KEY_A, 1), (KEY_A, 0), (KEY_LEFTSHIFT, 0),
                    (KEY_LEFTSHIFT, 1), (KEY_A, 1), (KEY_A, 0), (KEY_LEFTSHIFT, 0), (KEY_B, 1),
                    (KEY_B, 0)]
        events = self.gather(keyboard, len(expected), (EV_KEY,))
        self.assertEqual([event[1:] for event in events], expected)

    def test_tablet(self):
        machine, tablet, _ = self.devices("tablet")
        self.script(machine, "move 160,60", "click --button=right", "click 319,239",
                    "wheel -1", "wheel 2", "move 0,0")
        events = []
        wait_for(lambda: events.extend(tablet.events()) or
                 [event[:2] for event in events].count((EV_ABS, 0)) == 3 and
                 [event[:2] for event in events].count((EV_ABS, 1)) == 3, "the last motion")

        # QEMU makes units of the device's of pixels, and drops what is beyond the point.
        places = [value for kind, _, value in events if kind == EV_ABS]
        wanted = [at * ABS_MAX // SIZES[0][axis]
                  for place in ((160, 60), (319, 239), (0, 0)) for axis, at in enumerate(place)]
        self.assertEqual(places, wanted)
        self.assertEqual([event[1:] for event in events if event[1] in (BTN_LEFT, BTN_RIGHT)],
                         [(BTN_RIGHT, 1), (BTN_RIGHT, 0), (BTN_LEFT, 1), (BTN_LEFT, 0)])
        # Notches are down for us, up for the device.
        self.assertEqual([event for event in events if event[0] == EV_REL],
                         [(EV_REL, REL_WHEEL, value) for value in (1, -1, -1)])

    def test_drag(self):
        machine, tablet, _ = self.devices("tablet")
        self.script(machine, "drag 10,10 200,100")
        events = []
        wait_for(lambda: events.extend(tablet.events()) or (EV_KEY, BTN_LEFT, 0) in events,
                 "the end of it")
        down, up = (events.index((EV_KEY, BTN_LEFT, value)) for value in (1, 0))
        between = [value for kind, code, value in events[down:up] if kind == EV_ABS and code == 0]
        self.assertGreater(len(between), 4)
        self.assertEqual(between, sorted(between))

    def test_mouse(self):
        machine, mouse, _ = self.devices("mouse")
        self.script(machine, "move-by 7,-3", "click", "move-by -2,0")
        events = self.gather(mouse, 5, (EV_REL, EV_KEY))
        self.assertEqual([event for event in events if event[2] or event[0] == EV_KEY],
                         [(EV_REL, REL_X, 7), (EV_REL, REL_Y, -3), (EV_KEY, BTN_LEFT, 1),
                          (EV_KEY, BTN_LEFT, 0), (EV_REL, REL_X, -2)])
        self.script(machine, "move 1,1", status=FAILED, says="is a mouse, which knows no places")
