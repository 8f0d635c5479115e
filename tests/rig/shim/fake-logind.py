#!/usr/bin/python3
"""
Stands in for systemd-logind in the rig's machine, where no systemd runs: one session on seat0, always
active, whose owner gets every device that it asks for. Mutter and KWin take a KMS device in no other way.
Says "ready" on stdout. Source: org.freedesktop.login1(5), sd-login(3).
"""

import contextlib
import fcntl
import glob
import os

from gi.repository import Gio, GLib

NAME = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"
SESSION, SEAT, USER = f"{PATH}/session/c1", f"{PATH}/seat/seat0", f"{PATH}/user/_0"
DRM_IOCTL_SET_MASTER = 0x641e

# What libsystemd reads itself.
RUNTIME_FILES = {
    "sessions/c1": "UID=0\nUSER=root\nACTIVE=1\nSTATE=active\nTYPE=wayland\nCLASS=user\nSEAT=seat0\n"
                   "VTNR=2\nREMOTE=0\n",
    "seats/seat0": "CAN_TTY=1\nCAN_GRAPHICAL=1\nACTIVE=c1\nACTIVE_UID=0\nSESSIONS=c1\nUIDS=0\n",
    "users/0": "NAME=root\nSTATE=active\nDISPLAY=c1\nSESSIONS=c1\nSEATS=seat0\n"
               "ACTIVE_SESSIONS=c1\nONLINE_SESSIONS=c1\nACTIVE_SEATS=seat0\nONLINE_SEATS=seat0\n",
}

# Interface -> methods (name: signatures of arguments and results), signals, properties.
INTERFACES = {
    "Manager": (
        {"GetSessionByPID": ("u", "o"), "GetSession": ("s", "o"), "GetSeat": ("s", "o"),
         "GetUser": ("u", "o"), "Inhibit": ("ssss", "h")},
        {"PrepareForSleep": "b", "PrepareForShutdown": "b", "SessionNew": "so",
         "SessionRemoved": "so"},
        {"LidClosed": GLib.Variant("b", False), "OnExternalPower": GLib.Variant("b", True),
         "Docked": GLib.Variant("b", False)}),
    "Session": (
        {"TakeControl": ("b", ""), "ReleaseControl": ("", ""), "Activate": ("", ""),
         "TakeDevice": ("uu", "hb"), "ReleaseDevice": ("uu", ""),
         "PauseDeviceComplete": ("uu", ""), "SetType": ("s", ""), "SetLockedHint": ("b", ""),
         "SetIdleHint": ("b", ""), "SetBrightness": ("ssu", "")},
        {"PauseDevice": "uus", "ResumeDevice": "uuh", "Lock": "", "Unlock": ""},
        {"Active": GLib.Variant("b", True), "Id": GLib.Variant("s", "c1"),
         "Seat": GLib.Variant("(so)", ("seat0", SEAT)), "State": GLib.Variant("s", "active"),
         "Type": GLib.Variant("s", "wayland"), "Class": GLib.Variant("s", "user"),
         "VTNr": GLib.Variant("u", 2), "User": GLib.Variant("(uo)", (0, USER)),
         "Remote": GLib.Variant("b", False), "LockedHint": GLib.Variant("b", False),
         "Name": GLib.Variant("s", "root")}),
    "Seat": (
        {"SwitchTo": ("u", "")}, {},
        {"Id": GLib.Variant("s", "seat0"), "CanGraphical": GLib.Variant("b", True),
         "ActiveSession": GLib.Variant("(so)", ("c1", SESSION))}),
    "User": ({}, {}, {"UID": GLib.Variant("u", 0), "State": GLib.Variant("s", "active"),
                      "Display": GLib.Variant("(so)", ("c1", SESSION))}),
}
OBJECTS = {
    PATH: "Manager", SESSION: "Session", f"{PATH}/session/auto": "Session",
    SEAT: "Seat", f"{PATH}/seat/auto": "Seat", USER: "User",
}
FOUND = {"GetSessionByPID": SESSION, "GetSession": SESSION, "GetSeat": SEAT, "GetUser": USER}


def describe(name):
    methods, signals, properties = INTERFACES[name]

    def arguments(signature, direction=""):
        return "".join(f'<arg type="{letter}" {direction}/>' for letter in signature)
    lines = [f'<method name="{method}">' + arguments(takes, 'direction="in"')
             + arguments(gives, 'direction="out"') + "</method>"
             for method, (takes, gives) in methods.items()]
    lines += [f'<signal name="{signal}">{arguments(signature)}</signal>'
              for signal, signature in signals.items()]
    lines += [f'<property name="{key}" type="{value.get_type_string()}" access="read"/>'
              for key, value in properties.items()]
    text = f'<node><interface name="{NAME}.{name}">{"".join(lines)}</interface></node>'
    return Gio.DBusNodeInfo.new_for_xml(text).interfaces[0]


def open_device(major, minor):
    number = os.makedev(major, minor)
    for path in glob.glob("/dev/dri/*") + glob.glob("/dev/input/*"):
        if not os.path.isdir(path) and os.stat(path).st_rdev == number:
            device = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
            if "/card" in path:
                with contextlib.suppress(OSError):  # vgem has no master
                    fcntl.ioctl(device, DRM_IOCTL_SET_MASTER)
            return device
    return -1


def give(invocation, device, signature, *values):
    """Answers with a descriptor, which it takes over."""
    fds = Gio.UnixFDList.new()
    fds.append(device)
    os.close(device)
    invocation.return_value_with_unix_fd_list(GLib.Variant(signature, (0, *values)), fds)


def handle_call(_connection, _sender, _path, _interface, method, parameters, invocation):
    if method in FOUND:
        invocation.return_value(GLib.Variant("(o)", (FOUND[method],)))
    elif method == "Inhibit":
        reader, writer = os.pipe()
        os.close(reader)
        give(invocation, writer, "(h)")
    elif method == "TakeDevice":
        device = open_device(*parameters.unpack())
        if device < 0:
            invocation.return_dbus_error(f"{NAME}.NoSuchDevice", "there is none")
        else:
            give(invocation, device, "(hb)", False)
    else:
        invocation.return_value(None)


def handle_property(_connection, _sender, _path, interface, key):
    return INTERFACES[interface.rsplit(".", 1)[1]][2][key]


def handle_bus(connection, _name):
    for path, interface in OBJECTS.items():
        connection.register_object(path, describe(interface), handle_call, handle_property, None)


def main():
    for name, text in RUNTIME_FILES.items():
        path = os.path.join("/run/systemd", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    Gio.bus_own_name(Gio.BusType.SYSTEM, NAME, Gio.BusNameOwnerFlags.NONE, handle_bus,
                     lambda *_: print("ready", flush=True), lambda *_: os._exit(1))
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
