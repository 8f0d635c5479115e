#!/usr/bin/python3
"""
Checks that calls which a confined process may not make (frontend/sandbox.h) stand only where they
are made by others, or before.

usage: confined-calls.py SOURCE_ROOT
"""

import pathlib
import re
import sys

CALLS = ("open", "openat", "fopen", "opendir", "socket", "connect", "bind", "unlink", "rename",
         "mkdir", "rmdir", "symlink", "stat", "lstat", "access", "readlink", "realpath", "getcwd",
         "mkostemp", "mkstemp", "fork", "posix_spawn", "posix_spawnp", "execv", "kill", "waitid",
         "waitpid", "dlopen", "sd_bus_open_user", "sd_bus_set_address", "wl_display_connect",
         "drmGetDevices2", "xkb_keymap_new_from_names", "wl_cursor_theme_load", "libdecor_new")
# Folders and files -> why.
ALLOWED = {
    "protocol/broker/": "it is the broker's own work",
    "protocol/base/dmabuf.c": "asked by the broker",
    "frontend/gl/": "another process",
    "frontend/app-broker.c": "before there is a broker",
    "frontend/socket-place.c": "acts of the broker",
    "frontend/headless/ocr.c": "acts of the broker",
    "frontend/import/gpu-process.c": "acts of the broker",
    "frontend/input/key-layout.c": "an act of the broker, and before there is one",
    "frontend/wayland/display-connect.c": "a connection that was inherited",
    "frontend/module.c": "before the process is confined, and where text is drawn",
    "frontend/drm-device.c": "once, before the process is confined",
    "frontend/import/gpu-nodes.c": "once, before the process is confined",
    "frontend/snapshot.c": "the user's folders, once, before the process is confined",
    "frontend/landlock.c": "says what is left",
    "frontend/sandbox-programs.c": "says what is left, of other programs",
    "frontend/control-socket.c": "by the broker, and before there is one",
    "frontend/remote.c": "by --list, which is not confined",
    "frontend/script/script.c": "the command line",
    "frontend/main.c": "the first thing that is done",
    "frontend/devices/device-node.c": "the user has given these away: Landlock leaves them",
    "frontend/wayland/arrow.c": "fails, or reads what Landlock leaves for decorations",
    "frontend/wayland/decor.c": "reads what Landlock leaves for decorations, and pins its plugins",
}

COMMENT = re.compile(r"/\*.*?\*/", re.S)
CALL = re.compile(r"(?<![\w.>])(" + "|".join(CALLS) + r")\(")


def problems(root):
    unused = set(ALLOWED)
    for path in sorted([*root.glob("protocol/**/*.c"), *root.glob("frontend/**/*.c")]):
        name = path.relative_to(root).as_posix()
        text = COMMENT.sub("", path.read_text())
        found = {match.group(1) for match in CALL.finditer(text)}
        place = next((place for place in ALLOWED if name.startswith(place)), None)
        if found and place is None:
            yield f"{name} calls {', '.join(sorted(found))}: a confined process cannot"
        elif found:
            unused.discard(place)
    for place in sorted(unused):
        yield f"{place} is allowed what it does not do: take it off the list"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
