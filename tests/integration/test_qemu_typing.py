"""Keys that are typed for the user, with and without a viewer, read back from the guest's memory."""

import guests
import qemu
from test_qemu_window import KEY_A, SCANCODES_A, UUID, WindowCase
from viewer import DONE, FAILED, ViewerCase, wait_for

# What a PC keyboard of set 1 sends.
CTRL, ALT, F2, ENTER, SHIFT, B, Y, Z = 0x1d, 0x38, 0x3c, 0x1c, 0x2a, 0x30, 0x15, 0x2c
UP = 0x80


def chord(*codes):
    return [*codes, *(code | UP for code in reversed(codes))]


class TypingCase(ViewerCase):
    def boot_input_guest(self):
        machine = self.machine(
            "-vga", "std", "-drive",
            f"if=floppy,format=raw,file={guests.assemble('input', self.folder)}", uuid=UUID)
        return machine, guests.InputLog(machine)

    def expect(self, log, expected):
        wait_for(lambda: len(log.keys()) >= len(expected), "the guest to see the keys")
        self.assertEqual(log.keys(), expected)


@qemu.for_each_qemu
class Alone(TypingCase):
    sanitize = valgrind = True

    def test_keys_and_text(self):
        machine, log = self.boot_input_guest()
        self.vitrine("--qmp", machine.qmp_path, "--send-keys", "ctrl+alt+f2,enter",
                     "--type", r"aB\n")
        typed = (chord(CTRL, ALT, F2) + chord(ENTER) + SCANCODES_A + chord(SHIFT, B) +
                 chord(ENTER))
        self.expect(log, typed)
        # It has left: the next one has the VM for itself.
        self.vitrine("--qmp", machine.qmp_path, "--layout", "de", "--type", "zy")
        self.expect(log, typed + chord(Y) + chord(Z))

    def test_mistakes(self):
        machine, log = self.boot_input_guest()
        self.vitrine("--qmp", machine.qmp_path, "--type", "a", "--console", "7", status=FAILED,
                     says="there is no console 7")
        self.assertEqual(log.keys(), [])


@qemu.for_each_qemu
class BesideAViewer(TypingCase, WindowCase):
    sanitize = True

    def test_through_it(self):
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        self.focus()
        self.tap(KEY_A)
        self.expect(log, SCANCODES_A)
        self.vitrine("--qmp", machine.qmp_path, "--type", "AB")
        self.expect(log, SCANCODES_A + chord(SHIFT, SCANCODES_A[0]) + chord(SHIFT, B))
        # The window goes on.
        self.tap(KEY_A)
        self.expect(log, SCANCODES_A + chord(SHIFT, SCANCODES_A[0]) + chord(SHIFT, B) + SCANCODES_A)
        self.vitrine("--qmp", machine.qmp_path, "--type", "a", "--console", "7", status=FAILED,
                     says="there is no such console")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_the_viewer_leaves_in_the_middle(self):
        """Nothing stays down, and whoever typed is told."""
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        typing = self.start("--qmp", machine.qmp_path, "--type", "b" * 1000)
        wait_for(lambda: len(log.keys()) >= 8, "it to begin")
        self.assertEqual(run.terminate(), DONE, run.story())
        self.assertEqual(typing.wait(), FAILED, typing.story())
        self.assertIn("left before all was typed", typing.errors)

        def is_up():
            keys = log.keys()
            return keys == chord(B) * (len(keys) // 2)
        wait_for(is_up, "the last key to go up")

    def test_two_at_once(self):
        """Neither is lost, and neither types into the other."""
        machine, log = self.boot_input_guest()
        both = [self.start("--qmp", machine.qmp_path, "--type", letter * 4) for letter in "ab"]
        self.assertEqual([run.wait() for run in both], [DONE, DONE], both[0].story())
        for run in both:
            self.assertNotIn("cannot talk", run.errors)
        # As many as the keyboard keeps: the guest may take a while to read them.
        wait_for(lambda: len(log.keys()) >= 16, "all keys")
        keys = log.keys()
        first = SCANCODES_A if keys[0] == SCANCODES_A[0] else chord(B)
        second = chord(B) if first == SCANCODES_A else SCANCODES_A
        self.assertEqual(keys, first * 4 + second * 4)
