"""
Input devices made by uinput, and one who listens to such a device as a host does. Runs in the machine:

  input_devices.py make FIFO          does what it is told there, or at a port, a line each:
                                        plug NAME KIND    unplug NAME    send NAME TYPE,CODE,VALUE …
                                      and says "plugged NAME" and "unplugged NAME" once udev is done
  input_devices.py leds NAME [LEDS]   lights these lamps, and says which are lit; a bit each
  input_devices.py listen NAME [grab] says "listening", then "TYPE CODE VALUE" for each event

Source: Linux, include/uapi/linux/uinput.h and input.h.
"""

import fcntl
import os
import struct
import sys
import time

BY_NAME = "/dev/input/by-id"  # links by the rule below
RULE_PATH = "/run/udev/rules.d/70-rig.rules"
RULE = ('SUBSYSTEM=="input", KERNEL=="event*", ATTRS{name}=="rig-*", '
        'SYMLINK+="input/by-id/$attr{name}"\n')

UI_DEV_CREATE, UI_DEV_DESTROY, UI_DEV_SETUP, UI_ABS_SETUP = 0x5501, 0x5502, 0x405c5503, 0x401c5504
UI_SET_EVBIT, UI_SET_KEYBIT, UI_SET_RELBIT, UI_SET_ABSBIT, UI_SET_LEDBIT, UI_SET_PROPBIT = (
    0x40045500 + number for number in (100, 101, 102, 103, 105, 110))
EVIOCGRAB, EVIOCGLED_8 = 0x40044590, 0x80084519
EVENT = "qqHHi"
BUS_USB = 3
EV_SYN, EV_KEY, EV_REL, EV_ABS, EV_LED = 0, 1, 2, 3, 0x11
SET_BIT = {EV_KEY: UI_SET_KEYBIT, EV_REL: UI_SET_RELBIT, EV_ABS: UI_SET_ABSBIT,
           EV_LED: UI_SET_LEDBIT}

KEYS = range(1, 128)
ALL_KEYS = range(1, 248)  # that Wayland has: a keymap ends there
BUTTONS = range(0x110, 0x115)
REL_X, REL_Y, REL_HWHEEL, REL_WHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES = 0, 1, 6, 8, 11, 12
ABS_X, ABS_Y, ABS_RX, ABS_PRESSURE, ABS_TILT_X, ABS_TILT_Y = 0, 1, 3, 0x18, 0x1a, 0x1b
ABS_MT_SLOT, ABS_MT_POSITION_X, ABS_MT_POSITION_Y, ABS_MT_TRACKING_ID = 0x2f, 0x35, 0x36, 0x39
BTN_TRIGGER, BTN_TOOL_PEN, BTN_TOUCH, BTN_STYLUS = 0x120, 0x140, 0x14a, 0x14b
LED_NUML, LED_CAPSL, LED_SCROLLL = range(3)
PROP_DIRECT = 1
# Type -> codes; of axes: code -> (least, greatest value, units per millimetre or degree).
KINDS = {
    "keyboard": {EV_KEY: KEYS, EV_LED: (LED_NUML, LED_CAPSL, LED_SCROLLL)},
    "all-keys": {EV_KEY: ALL_KEYS},
    "mouse": {EV_KEY: BUTTONS, EV_REL: (REL_X, REL_Y, REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES,
                                        REL_HWHEEL_HI_RES)},
    "touch-screen": {EV_KEY: (BTN_TOUCH,), EV_ABS: {
        ABS_X: (0, 999, 10), ABS_Y: (0, 999, 10), ABS_MT_SLOT: (0, 9, 0),
        ABS_MT_POSITION_X: (0, 999, 10), ABS_MT_POSITION_Y: (0, 999, 10),
        ABS_MT_TRACKING_ID: (0, 65535, 0)}},
    "pen": {EV_KEY: (BTN_TOOL_PEN, BTN_TOUCH, BTN_STYLUS), EV_ABS: {
        ABS_X: (0, 999, 10), ABS_Y: (0, 999, 10), ABS_PRESSURE: (0, 1023, 0),
        ABS_TILT_X: (-60, 60, 57), ABS_TILT_Y: (-60, 60, 57)}},
    "joystick": {EV_KEY: range(BTN_TRIGGER, BTN_TRIGGER + 4), EV_ABS: {
        ABS_X: (-127, 127, 0), ABS_Y: (-127, 127, 0), ABS_RX: (-127, 127, 0)}},
}


def wait(condition):
    while not condition():
        time.sleep(0.02)


def link(name):
    return f"{BY_NAME}/{name}"


def plug(name, kind):
    fd = os.open("/dev/uinput", os.O_RDWR)
    for type_, codes in KINDS[kind].items():
        fcntl.ioctl(fd, UI_SET_EVBIT, type_)
        for code in codes:
            fcntl.ioctl(fd, SET_BIT[type_], code)
    for code, (least, greatest, resolution) in KINDS[kind].get(EV_ABS, {}).items():
        fcntl.ioctl(fd, UI_ABS_SETUP, struct.pack("<Hxx6i", code, 0, least, greatest, 0, 0,
                                                  resolution))
    if kind in ("touch-screen", "pen"):
        fcntl.ioctl(fd, UI_SET_PROPBIT, PROP_DIRECT)
    fcntl.ioctl(fd, UI_DEV_SETUP, struct.pack("<4H80sI", BUS_USB, 0x1209, 1, 1, name.encode(), 0))
    fcntl.ioctl(fd, UI_DEV_CREATE)
    wait(lambda: os.path.exists(link(name)))
    print(f"plugged {name}", flush=True)
    return fd


def unplug(name, fd):
    fcntl.ioctl(fd, UI_DEV_DESTROY)
    os.close(fd)
    wait(lambda: not os.path.lexists(link(name)))
    print(f"unplugged {name}", flush=True)


def send(fd, events):
    events = [tuple(map(int, event.split(","))) for event in events]
    os.write(fd, b"".join(struct.pack(EVENT, 0, 0, *event)
                          for event in [*events, (EV_SYN, 0, 0)]))


def make(fifo):
    os.makedirs(os.path.dirname(RULE_PATH), exist_ok=True)
    with open(RULE_PATH, "w") as file:
        file.write(RULE)
    os.system("udevadm control --reload && modprobe uinput")
    wait(lambda: os.path.exists("/dev/uinput"))
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    devices = {}
    with open(os.open(fifo, os.O_RDWR)) as commands:  # for writing, too: it never ends
        print("ready", flush=True)
        for line in commands:
            command, name, *arguments = line.split()
            if command == "plug":
                devices[name] = plug(name, *arguments)
            elif command == "unplug":
                unplug(name, devices.pop(name))
            else:
                send(devices[name], arguments)


def leds(name, lit=None):
    fd = os.open(link(name), os.O_RDWR)
    if lit is not None:
        events = [(EV_LED, led, int(lit) >> led & 1) for led in (LED_NUML, LED_CAPSL, LED_SCROLLL)]
        os.write(fd, b"".join(struct.pack(EVENT, 0, 0, *event)
                              for event in [*events, (EV_SYN, 0, 0)]))
    print(*struct.unpack("<Q", fcntl.ioctl(fd, EVIOCGLED_8, bytes(8))))


def listen(name, *grab):
    fd = os.open(link(name), os.O_RDONLY)
    if grab:
        fcntl.ioctl(fd, EVIOCGRAB, 1)
    print("listening", flush=True)
    while True:
        try:
            data = os.read(fd, 64 * struct.calcsize(EVENT))
        except OSError:  # unplugged
            print("gone", flush=True)
            return
        for _, _, type_, code, value in struct.iter_unpack(EVENT, data):
            if type_ in SET_BIT and value != 2:  # 2: the kernel repeats a key
                print(type_, code, value, flush=True)


if __name__ == "__main__":
    {"make": make, "leds": leds, "listen": listen}[sys.argv[1]](*sys.argv[2:])
