"""Input devices that are the VM's own, in a machine whose kernel has some: no compositor, and with one."""

import os
import unittest

import machine
from guest import GPU_SLOT, Guest, Viewer
from input_devices import (ABS_MT_POSITION_X, ABS_MT_POSITION_Y, ABS_MT_SLOT, ABS_MT_TRACKING_ID,
                           ABS_PRESSURE, ABS_X, ABS_Y, BTN_TOOL_PEN, BTN_TOUCH, REL_WHEEL,
                           REL_WHEEL_HI_RES)
from qmp import wait_for
from rig_case import RigCase
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern
from virtio_input import (ABS_MAX, EV_ABS, EV_KEY, EV_REL, EV_SYN, LED_CAPSL, LED_NUML, LED_SCROLLL,
                          REL_X, REL_Y, VirtioInput)

SIZE = (320, 240)
SCRIPT = os.path.join(machine.HERE, "input_devices.py")
KEYBOARD_SLOT, POINTER_SLOT = 3, 4
GPU = ("-device", f"virtio-gpu-pci,addr={GPU_SLOT}")
KEYBOARD = ("-device", f"virtio-keyboard-pci,addr={KEYBOARD_SLOT}")
KEY_G, KEY_A, KEY_B, KEY_LEFTCTRL, KEY_LEFTALT, BTN_LEFT, BTN_SIDE, BTN_GEAR_UP = (
    34, 30, 48, 29, 56, 0x110, 0x113, 0x151)
TIMEOUT_S = 60


def tap(code):
    return [(EV_KEY, code, 1), (EV_KEY, code, 0)]


class DevicesCase(unittest.TestCase):
    pointer = "mouse"  # of the guest's
    job, display = "--headless", ""  # the viewer's, and its compositor

    @classmethod
    def setUpClass(cls):
        cls.machine = machine.shared()

    def setUp(self):
        self.name = "-".join(self.id().split(".")[-2:]).lower()
        self._fifo = f"/run/{self.name}.fifo"
        self._maker = self.machine.launch(
            f"{self.name}-devices", f"python3 -B {SCRIPT} make {self._fifo}")
        self.addCleanup(self.machine.run, f"rm -f {self._fifo}")
        self.addCleanup(self._maker.kill)
        self.wait_said(self._maker, "ready")

    def wait_said(self, job, line, count=1):
        """Until it has said that line so often."""
        def said():
            assert job.running() or line in job.log(), f"{job.name} ended: {job.log()}"
            return job.log().splitlines().count(line) >= count
        wait_for(said, f"{job.name} to say '{line}'", TIMEOUT_S, interval_s=0.05)

    def wait_logged(self, viewer, part, count=1):
        def logged():
            assert viewer.job.running(), f"the viewer ended: {viewer.log()}"
            return viewer.log().count(part) >= count
        wait_for(logged, f"the viewer to say '{part}'", TIMEOUT_S, interval_s=0.05)

    def order(self, *words):
        self.machine.run(f"echo '{' '.join(words)}' >{self._fifo}")

    def plug(self, kind):
        """One more device; the path that names it."""
        name = f"rig-{kind}"
        before = self._maker.log().splitlines().count(f"plugged {name}")
        self.order("plug", name, kind)
        self.wait_said(self._maker, f"plugged {name}", before + 1)
        return f"/dev/input/by-id/{name}"

    def unplug(self, kind):
        self.order("unplug", f"rig-{kind}")

    def send(self, kind, *events):
        self.order("send", f"rig-{kind}", *(",".join(map(str, event)) for event in events))

    def type(self, *codes):
        for code in codes:
            for event in tap(code):
                self.send("keyboard", event)

    def listen(self, kind, *grab):
        """A host's program that has the device open."""
        job = self.machine.launch(f"{self.name}-host-{kind}",
                                  f"python3 -B {SCRIPT} listen rig-{kind} {' '.join(grab)}")
        self.addCleanup(job.kill)
        self.wait_said(job, "listening")
        return job

    def heard(self, job):
        return [tuple(map(int, line.split())) for line in job.log().splitlines()
                if line[0].isdigit()]

    def wait_heard(self, job, events):
        wait_for(lambda: self.heard(job)[-len(events):] == events,
                 f"{job.name} to get {events}: {self.heard(job)}", TIMEOUT_S, interval_s=0.05)

    def attach(self, *paths, guest_devices=KEYBOARD, wait=True):
        """A guest, and the viewer that has these devices for it."""
        guest = Guest(self.machine, f"{self.name}-guest", *GPU, *guest_devices,
                      "-device", f"virtio-{self.pointer}-pci,addr={POINTER_SLOT}",
                      display="dbus,p2p=on")
        self.addCleanup(guest.stop)
        memory = Memory()
        VirtioGpu(guest.qtest, memory, GPU_SLOT).show(0, *SIZE, pattern(*SIZE, 3))
        self.keyboard = VirtioInput(guest.qtest, memory, KEYBOARD_SLOT)
        self.mouse = VirtioInput(guest.qtest, memory, POINTER_SLOT)
        self.got = {self.keyboard: [], self.mouse: []}
        viewer = self.viewer(guest, *paths)
        # Devices are opened, and taken back when they are plugged in again, by a process that is.
        self.wait_logged(viewer, "confined: no network, few files (seccomp, Landlock)")
        for path in paths if wait else ():
            self.wait_logged(viewer, f"input device {path}: it is the VM's")
        return guest, viewer

    def viewer(self, guest, *paths):
        viewer = Viewer(self.machine, f"{self.name}-viewer", self.display, self.job, guest.target,
                        *(f"--input-device {path}" for path in paths))
        self.addCleanup(viewer.stop)
        return viewer

    def received(self, device):
        """All that the guest's device has reported, but for the ends of its reports."""
        self.got[device] += [event for event in device.events() if event[0] != EV_SYN]
        return self.got[device]

    def wait_received(self, device, events):
        """Exactly these, in this order, and nothing more until then."""
        wait_for(lambda: len(self.received(device)) >= len(events), f"the guest to get {events}: "
                 f"{self.got[device]}", TIMEOUT_S, interval_s=0.05)
        self.assertEqual(self.got[device], events)


class OwnDevices(DevicesCase):
    def test_the_guest_gets_all_and_the_host_nothing(self):
        paths = self.plug("keyboard"), self.plug("mouse")
        hosts = self.listen("keyboard"), self.listen("mouse")
        _, viewer = self.attach(*paths)
        self.type(KEY_A, KEY_B)
        self.wait_received(self.keyboard, tap(KEY_A) + tap(KEY_B))
        self.send("mouse", (EV_REL, REL_X, 5), (EV_REL, REL_Y, -3))
        self.wait_received(self.mouse, [(EV_REL, REL_X, 5), (EV_REL, REL_Y, -3)])
        for event in tap(BTN_LEFT) + tap(BTN_SIDE):
            self.send("mouse", event)
        clicks = [(EV_REL, REL_X, 5), (EV_REL, REL_Y, -3), *tap(BTN_LEFT), *tap(BTN_SIDE)]
        self.wait_received(self.mouse, clicks)
        # Half a notch up, and the other half. QEMU lets go of a button besides, which nobody pressed.
        for _ in range(2):
            self.send("mouse", (EV_REL, REL_WHEEL_HI_RES, 60))
        self.wait_received(self.mouse, [*clicks, (EV_REL, REL_WHEEL, 1), (EV_KEY, BTN_GEAR_UP, 0)])
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
        # The host gets what comes from here on, and has got nothing before.
        self.type(KEY_B)
        self.wait_heard(hosts[0], tap(KEY_B))
        self.send("mouse", (EV_REL, REL_X, 7))
        self.wait_heard(hosts[1], [(EV_REL, REL_X, 7)])
        self.assertEqual(self.heard(hosts[0]), tap(KEY_B))
        self.assertEqual(self.heard(hosts[1]), [(EV_REL, REL_X, 7)])

    def test_killed(self):
        """By the kernel, if need be."""
        path = self.plug("keyboard")
        host = self.listen("keyboard")
        _, viewer = self.attach(path)
        self.type(KEY_A)
        self.wait_received(self.keyboard, tap(KEY_A))
        self.machine.run(f"kill -KILL {viewer.job.pid}")
        viewer.job.wait()
        self.type(KEY_B)
        self.wait_heard(host, tap(KEY_B))
        self.assertEqual(self.heard(host), tap(KEY_B))

    def test_chord(self):
        path = self.plug("keyboard")
        host = self.listen("keyboard")
        _, viewer = self.attach(path)
        modifiers = (KEY_LEFTCTRL, KEY_LEFTALT)
        presses = [(EV_KEY, code, 1) for code in modifiers]
        releases = [(EV_KEY, code, 0) for code in modifiers]
        self.type(KEY_A)
        for event in [*presses, (EV_KEY, KEY_G, 1)]:
            self.send("keyboard", event)
        # The guest is left without a key down, and has not seen the G.
        expected = tap(KEY_A) + presses + releases
        self.wait_received(self.keyboard, expected)
        self.wait_logged(viewer, "it is the host's", 2)  # as at the start, when it was looked at
        for event in [(EV_KEY, KEY_G, 0), *releases]:
            self.send("keyboard", event)
        self.type(KEY_B)
        self.wait_heard(host, tap(KEY_B))
        self.assertNotIn((EV_KEY, KEY_A, 1), self.heard(host))
        # Taken again, but not before the chord's own keys are up.
        for event in [*presses, (EV_KEY, KEY_G, 1)]:
            self.send("keyboard", event)
        self.wait_logged(viewer, "a key is down")
        for event in [(EV_KEY, KEY_G, 0), *releases]:
            self.send("keyboard", event)
        self.wait_logged(viewer, "it is the VM's", 2)
        self.wait_heard(host, [(EV_KEY, KEY_G, 0), *releases])
        heard = self.heard(host)
        self.type(KEY_B)
        self.wait_received(self.keyboard, expected + tap(KEY_B))
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
        self.type(KEY_A)
        self.wait_heard(host, tap(KEY_A))
        self.assertEqual(self.heard(host), heard + tap(KEY_A))

    def test_key_held_at_the_start(self):
        path = self.plug("keyboard")
        host = self.listen("keyboard")
        self.send("keyboard", (EV_KEY, KEY_A, 1))
        self.wait_heard(host, [(EV_KEY, KEY_A, 1)])
        _, viewer = self.attach(path, wait=False)
        self.wait_logged(viewer, "a key is down")
        # The host still has it, with all that is done on it.
        self.type(KEY_B)
        self.wait_heard(host, tap(KEY_B))
        self.send("keyboard", (EV_KEY, KEY_A, 0))
        self.wait_heard(host, [(EV_KEY, KEY_A, 0)])
        self.wait_logged(viewer, "it is the VM's")
        heard = self.heard(host)
        self.type(KEY_B)
        self.wait_received(self.keyboard, tap(KEY_B))
        self.assertEqual(self.heard(host), heard)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())

    def test_unplugged_and_plugged_again(self):
        path = self.plug("keyboard")
        _, viewer = self.attach(path)
        self.send("keyboard", (EV_KEY, KEY_A, 1))
        self.wait_received(self.keyboard, [(EV_KEY, KEY_A, 1)])
        self.unplug("keyboard")
        # Nobody can let go of that key any more.
        self.wait_received(self.keyboard, tap(KEY_A))
        self.wait_logged(viewer, "is gone")
        self.plug("mouse")  # takes the number that the keyboard had
        self.plug("keyboard")
        self.wait_logged(viewer, "it is the VM's", 2)
        host = self.listen("keyboard")
        self.type(KEY_B)
        self.wait_received(self.keyboard, tap(KEY_A) + tap(KEY_B))
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
        self.type(KEY_A)
        self.wait_heard(host, tap(KEY_A))
        self.assertEqual(self.heard(host), tap(KEY_A))

    def test_key_held_at_the_end(self):
        path = self.plug("keyboard")
        _, viewer = self.attach(path)
        self.send("keyboard", (EV_KEY, KEY_A, 1))
        self.wait_received(self.keyboard, [(EV_KEY, KEY_A, 1)])
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
        self.wait_received(self.keyboard, tap(KEY_A))

    def lamps(self, lit=""):
        return int(self.machine.run(f"python3 -B {SCRIPT} leds rig-keyboard {lit}"))

    def test_lamps(self):
        """The guest's while the VM has the keyboard."""
        path = self.plug("keyboard")
        self.assertEqual(self.lamps(1 << LED_NUML), 1 << LED_NUML)
        _, viewer = self.attach(path)
        for led in (LED_CAPSL, LED_SCROLLL):
            self.keyboard.light(led, 1)
        wait_for(lambda: self.lamps() == 1 << LED_CAPSL | 1 << LED_SCROLLL, "two lamps", TIMEOUT_S)
        self.keyboard.light(LED_CAPSL, 0)
        wait_for(lambda: self.lamps() == 1 << LED_SCROLLL, "one lamp", TIMEOUT_S)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
        self.assertEqual(self.lamps(), 1 << LED_NUML)

    def check_refused(self, status, words, *paths, run="{}"):
        command = run.format(" ".join([machine.PROGRAM, "--fake --headless", *(
            f"--input-device {path}" for path in paths)]))
        output = self.machine.run(f"{command}; echo status $?")
        self.assertIn(words, output)
        self.assertEqual(output.splitlines()[-1], f"status {status}", output)

    def test_refused(self):
        keyboard, stick = self.plug("keyboard"), self.plug("joystick")
        node = self.machine.run(f"readlink -f {keyboard}").strip()
        self.check_refused(2, "no such device", "/dev/input/by-id/rig-none")
        self.check_refused(2, "no input device", "/dev/null")
        self.check_refused(2, "no input device", "/tmp")
        self.check_refused(2, "named already", keyboard, node)
        self.check_refused(2, "none of keyboard", stick)
        self.check_refused(1, "group 'input'", keyboard,
                           run="setpriv --reuid 65534 --clear-groups {}")
        self.listen("keyboard", "grab")
        self.check_refused(1, "grabbed", keyboard)


class OwnDevicesOfATablet(DevicesCase):
    """A guest that wants to know where its pointer is."""

    pointer = "tablet"

    def where(self):
        """The last position that the guest was told, in pixels."""
        position = {}
        for type_, code, value in self.received(self.mouse):
            if type_ == EV_ABS:
                position[code] = value
        return tuple(position.get(axis, -1) * size / ABS_MAX for axis, size in enumerate(SIZE))

    def wait_where(self, x, y):
        wait_for(lambda: all(abs(got - wanted) <= 1 for got, wanted in zip(self.where(), (x, y))),
                 f"the guest's pointer at {x},{y}: {self.where()}", TIMEOUT_S, interval_s=0.05)

    def test_mouse(self):
        """It has a place: within the screen."""
        _, viewer = self.attach(self.plug("mouse"))
        self.send("mouse", (EV_REL, REL_X, 100), (EV_REL, REL_Y, 50))
        self.wait_where(100, 50)
        self.send("mouse", (EV_REL, REL_X, 1000), (EV_REL, REL_Y, 20))
        self.wait_where(SIZE[0] - 1, 70)
        self.send("mouse", (EV_REL, REL_X, -19), (EV_REL, REL_Y, -1000))
        self.wait_where(300, 0)
        for event in tap(BTN_LEFT):
            self.send("mouse", event)
        wait_for(lambda: tap(BTN_LEFT) == [event for event in self.received(self.mouse)
                                           if event[0] == EV_KEY], "the click", TIMEOUT_S)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())

    def test_pen(self):
        """Over D-Bus a pointer that is where the pen is, and its left button."""
        _, viewer = self.attach(self.plug("pen"))
        self.send("pen", (EV_ABS, ABS_X, 500), (EV_ABS, ABS_Y, 250), (EV_KEY, BTN_TOOL_PEN, 1))
        self.wait_where(160, 60)
        self.send("pen", (EV_ABS, ABS_PRESSURE, 700), (EV_KEY, BTN_TOUCH, 1))
        wait_for(lambda: (EV_KEY, BTN_LEFT, 1) in self.received(self.mouse), "the pen's tip",
                 TIMEOUT_S)
        for x in range(747, 751):  # libinput takes the mean of four
            self.send("pen", (EV_ABS, ABS_X, x))
        self.wait_where(239, 60)
        # Out of reach all at once, as when it is unplugged: lifted all the same.
        self.unplug("pen")
        wait_for(lambda: (EV_KEY, BTN_LEFT, 0) in self.received(self.mouse), "the pen to be lifted",
                 TIMEOUT_S)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())


class OwnTouchScreen(DevicesCase):
    pointer = "multitouch"

    def test_touch(self):
        _, viewer = self.attach(self.plug("touch-screen"))

        def finger(slot, tracking, x=None, y=None):
            touched = [(EV_ABS, ABS_MT_SLOT, slot), (EV_ABS, ABS_MT_TRACKING_ID, tracking)]
            if x is not None:
                touched += [(EV_ABS, ABS_MT_POSITION_X, x), (EV_ABS, ABS_MT_POSITION_Y, y)]
            return touched
        self.send("touch-screen", *finger(0, 1, 500, 500), (EV_KEY, BTN_TOUCH, 1))
        self.send("touch-screen", *finger(1, 2, 250, 750))
        self.send("touch-screen", (EV_ABS, ABS_MT_SLOT, 0), (EV_ABS, ABS_MT_POSITION_X, 600))
        self.send("touch-screen", *finger(0, -1))
        self.unplug("touch-screen")  # with one finger on it

        def ids():
            return [value for type_, code, value in self.received(self.mouse)
                    if (type_, code) == (EV_ABS, ABS_MT_TRACKING_ID)]
        wait_for(lambda: ids().count(-1) == 2, f"both fingers to be lifted: {ids()}", TIMEOUT_S)
        xs = [round(value * (SIZE[0] - 1) / ABS_MAX) for type_, code, value in self.got[self.mouse]
              if (type_, code) == (EV_ABS, ABS_MT_POSITION_X)]
        for x in (160, 80, 192):
            self.assertTrue(any(abs(x - got) <= 1 for got in xs), xs)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())


class OwnDevicesBesideAWindow(DevicesCase, RigCase):
    """The guest has two keyboards then: its own, and the host's while its window has the focus."""

    job = ""

    @classmethod
    def setUpClass(cls):
        RigCase.setUpClass.__func__(cls)
        cls.display = cls.compositor.display

    def test_window(self):
        path = self.plug("keyboard")
        host = self.listen("keyboard")
        _, viewer = self.attach(path)
        self.wait_shown(*SIZE, pattern(*SIZE, 3), viewer)
        self.type(KEY_A)
        self.wait_received(self.keyboard, tap(KEY_A))
        # By the machine's keyboard and the compositor, to the window that has the focus.
        self.hands.tap("b")
        self.wait_received(self.keyboard, tap(KEY_A) + tap(KEY_B))
        self.type(KEY_A)
        self.wait_received(self.keyboard, tap(KEY_A) + tap(KEY_B) + tap(KEY_A))
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
        self.type(KEY_B)
        self.wait_heard(host, tap(KEY_B))
        self.assertEqual(self.heard(host), tap(KEY_B))
