"""Input that a real QEMU must survive, gets late, or hears with other devices; it says itself what it heard."""

import itertools
import os
import re
import signal

import qemu
from plug import Plug
from qtest import Qtest
from test_qemu_window import GPU, KEYBOARD, KEYBOARD_SLOT, TABLET, TABLET_SLOT, WindowCase
from viewer import wait_for
from virtio import Memory
from virtio_input import EV_KEY, EV_LED, LED_CAPSL, LED_NUML, VirtioInput

ONE_HEAD = ("-device", "virtio-gpu-pci,max_outputs=1,addr=2")
TOUCH = ("-device", "virtio-multitouch-pci,addr=5")
TOUCH_SLOT = 5
TRACES = [word for event in ("dbus_kbd_*", "dbus_mouse_*", "dbus_touch_*", "ps2_keyboard_event")
          for word in ("-trace", event)]
KEY_A, KEY_LEFTCTRL, KEY_F11, KEY_F12 = 30, 29, 87, 88
QUEUED = 300  # presses and releases: more than the viewer keeps for a VM (256, and 8 under way)


class InputCase(WindowCase):
    def heard(self, machine, event):
        """The numbers that QEMU's traces of that event show, in order."""
        return [int(number) for number in
                re.findall(rf"^{event}.*?(\d+)", machine.log(), re.MULTILINE)]

    def keys_heard(self, machine):
        """[(qnum, pressed)]"""
        return [(int(number), verb == "press") for verb, number in
                re.findall(r"^dbus_kbd_(press|release)\D+(\d+)", machine.log(), re.MULTILINE)]


@qemu.for_each_qemu
class Stopped(InputCase):
    sanitize = True

    def test_nothing_is_stuck_or_queued_without_end(self):
        """SIGSTOP for QEMU: the viewer goes on, and what was typed is released afterwards."""
        machine = self.machine("-vga", "std", *TRACES)
        run = self.show(machine)
        self.focus()
        self.compositor.command("key", code=KEY_LEFTCTRL, pressed=True)
        wait_for(lambda: self.keys_heard(machine), "QEMU to hear a key")
        os.kill(machine.pid, signal.SIGSTOP)
        for i in range(QUEUED):
            self.tap(KEY_A)
            self.compositor.command("motion", x=i % 100, y=20)
        wait_for(lambda: "does not take input" in run.errors, "the viewer to say so")
        # It is not held up.
        answer = self.compositor.command("configure", width=500, height=400)
        self.compositor.wait("ack_configure", serial=answer["serial"])
        os.kill(machine.pid, signal.SIGCONT)
        wait_for(lambda: "takes input again" in run.errors, "the viewer to go on")
        self.compositor.command("key", code=KEY_LEFTCTRL, pressed=False)
        self.tap(KEY_F12)
        wait_for(lambda: (KEY_F12, False) in self.keys_heard(machine), "keys to be heard again")
        keys, held = self.keys_heard(machine), set()
        for number, pressed in keys:
            self.assertNotEqual(number in held, pressed, keys[-20:])
            held ^= {number}
        self.assertFalse(held, keys[-20:])
        self.assertLess(len(keys), QUEUED)
        self.assertEqual(run.terminate(), 0, run.story())


@qemu.for_each_qemu
class Survival(InputCase):
    """No number of a key, button or slot and no position kills QEMU (10.0 aborts at button 10)."""

    NUMBERS = (0, 1, 9, 10, 11, 255, 256, 2 ** 31, 2 ** 32 - 1)
    PLACES = ("0", "-1", "5.5", "319.99", "320", "65536", "2147483648", "4294967296", "1e300",
              "-1e300", "inf", "-inf", "nan")
    TURNS = (1, 119, 120, -120, 2 ** 31 - 1, -2 ** 31)

    def go_through(self, plug, machine, events):
        """In pieces that the adapter keeps, each until QEMU has heard it all."""
        events, heard = iter(events), len(self.heard(machine, "dbus_kbd_release"))
        while piece := list(itertools.islice(events, 100)):
            for event in piece:
                plug.input(*event)
            plug.input("key", KEY_F11, 1)
            plug.input("key", KEY_F11, 0)
            wait_for(lambda: KEY_F11 in self.heard(machine, "dbus_kbd_release")[heard:] or
                     not machine.alive(), "QEMU to hear it", timeout_s=60)
            self.assertTrue(machine.alive(), machine.log()[-1000:])
            heard = len(self.heard(machine, "dbus_kbd_release"))
        self.assertEqual(machine.oracle.execute("query-status")["status"], "running")

    def events(self):
        for code in (*range(0x320), *self.NUMBERS):
            for kind, pressed in itertools.product(("key", "button"), (1, 0)):
                yield kind, code, pressed
        for turn in itertools.product(self.TURNS, repeat=2):
            yield "wheel", *turn
        places = list(itertools.product(self.PLACES, repeat=2))
        for place in places:
            yield "motion", *place
            yield "relative", *place
        for place in places[::3]:
            yield "pen", 1, 1, *place
            yield "pen", 1, 0, *place
        for slot, place in itertools.product(self.NUMBERS, places[::5]):
            for phase in (0, 1, 2, 1, 0, 3):
                yield "touch", phase, slot, *place

    def test_ps2(self):
        machine = self.machine("-vga", "std", *TRACES)
        machine.wait_firmware()
        with Plug(machine.qmp_path) as plug:
            self.go_through(plug, machine, self.events())

    def test_virtio_and_usb(self):
        touch = "virtio-multitouch-pci" in qemu.devices(qemu.binary(self.version))
        machine = self.halted_machine(
            *GPU, *TABLET, *KEYBOARD, *(TOUCH if touch else ()), "-usb", "-device", "usb-tablet",
            "-device", "usb-kbd", *TRACES)
        qtest, memory = Qtest(machine.qtest_path), Memory()
        devices = [VirtioInput(qtest, memory, slot) for slot in
                   (TABLET_SLOT, KEYBOARD_SLOT, *((TOUCH_SLOT,) if touch else ()))]
        with Plug(machine.qmp_path) as plug:
            self.go_through(plug, machine, self.events())
        self.assertTrue(all(device.events() for device in devices))


@qemu.for_each_qemu
class Devices(InputCase):
    """A guest's drivers start while somebody looks: what they drive gets the input from then on."""

    def test_a_tablet_comes_and_goes(self):
        machine = self.halted_machine(*ONE_HEAD, *TABLET)
        with Plug(machine.qmp_path) as plug:
            plug.tell("relative", -1)
            tablet = VirtioInput(Qtest(machine.qtest_path), Memory(), TABLET_SLOT)
            plug.expect("pointer_mode 0 absolute")
            tablet.reset()
            plug.expect("pointer_mode 0 relative")

    def test_keys_go_to_the_keyboard_that_is_driven(self):
        machine = self.halted_machine(*ONE_HEAD, *KEYBOARD, *TRACES)
        with Plug(machine.qmp_path) as plug:
            plug.input("key", KEY_A, 1)
            plug.input("key", KEY_A, 0)
            wait_for(lambda: len(self.heard(machine, "ps2_keyboard_event")) == 2, "the PS/2 keyboard")
            keyboard = VirtioInput(Qtest(machine.qtest_path), Memory(), KEYBOARD_SLOT)
            plug.input("key", KEY_A, 1)
            plug.input("key", KEY_A, 0)
            events = []
            wait_for(lambda: events.extend(keyboard.events()) or (EV_KEY, KEY_A, 0) in events,
                     "the virtio keyboard")
            self.assertEqual(len(self.heard(machine, "ps2_keyboard_event")), 2)

    def test_leds(self):
        """Unknown until the guest lights one."""
        machine = self.halted_machine(*ONE_HEAD, *KEYBOARD)
        keyboard = VirtioInput(Qtest(machine.qtest_path), Memory(), KEYBOARD_SLOT)
        with Plug(machine.qmp_path) as plug:
            plug.tell("relative", -1)
            keyboard.send(EV_LED, LED_NUML, 1)
            plug.expect("leds 0 2")
            keyboard.send(EV_LED, LED_CAPSL, 1)
            plug.expect("leds 0 6")
            keyboard.send(EV_LED, LED_NUML, 0)
            plug.expect("leds 0 4")
        with Plug(machine.qmp_path) as plug:
            plug.tell("relative", 4)
            keyboard.send(EV_LED, LED_CAPSL, 0)
            plug.expect("leds 0 0")
