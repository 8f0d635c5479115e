#!/usr/bin/python3
"""Checks that every #include "..." of the source tree follows the arrows of ARCHITECTURE.md.

usage: include-arrows.py SOURCE_ROOT
"""

import pathlib
import re
import sys

# Folder (longest match wins) -> prefixes of project headers that it may include.
PROTOCOL = ("base/", "broker/", "buffer.h", "buffer-budget.h", "buffer-cache.h", "buffer-fence.h",
            "cursor.h", "format.h", "guest.h", "input.h", "scanout.h")
FRONTEND_SEAMS = ("importer.h", "sink.h")
ALLOWED = {
    "protocol/base": ("base/",),
    "protocol/broker": ("base/", "broker/"),
    "protocol": PROTOCOL,
    "protocol/qemu-dbus": PROTOCOL + ("qemu-dbus/",),
    "protocol/fake": PROTOCOL + ("fake/",),
    "frontend/devices": ("base/", "devices/", "input.h", "module.h"),
    "frontend/import": ("base/", "broker/", "buffer.h", "buffer-budget.h", "format.h", "import/",
                        "gpu-message.h")
        + FRONTEND_SEAMS,
    "frontend/gl": ("base/", "buffer.h", "format.h", "gl/", "gpu-message.h", "sandbox.h"),
    "frontend/input": ("base/", "broker/", "deadline.h", "guest.h", "input.h", "input/"),
    "frontend/script": ("base/", "headless/condition.h", "input/", "script/"),
    "frontend/headless": ("base/", "broker/", "buffer.h", "buffer-fence.h", "cursor.h", "format.h", "scanout.h",
                          "headless/"),
    "frontend/text": ("base/", "broker/", "module.h", "text/", "worker.h"),
    "frontend/wayland": ("base/", "broker/", "buffer.h", "cursor.h", "deadline.h", "format.h", "input.h", "output-name.h",
                         "sink.h", "wayland/"),
    # The top of the frontend may see everything but the adapters...
    "frontend": ("",),
}
# ...which belong to these.
ADAPTER_USERS = {"frontend/app.c", "frontend/app-broker.c", "frontend/list.c"}
ADAPTERS = ("qemu-dbus/", "fake/")
# Made by the build; from the root's config.h to wayland-scanner's headers.
GENERATED = re.compile(r"^(config\.h|gl-shaders\.h|[a-z0-9-]+-client\.h)$")
# Headers of libraries -> the folders that include them; nobody else does.
LIBRARIES = {
    re.compile(r"wayland-client|wayland-cursor|libdecor|-client\.h"): ("frontend/wayland",),
    re.compile(r"xkbcommon"): ("frontend/input", "frontend/wayland"),
    re.compile(r"libinput\.h|libudev\.h"): ("frontend/devices",),
    re.compile(r"EGL/|GLES|gbm\.h|gl-shaders\.h"): ("frontend/gl",),
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def folder_rules(folder):
    while folder not in ALLOWED:
        folder = folder.rsplit("/", 1)[0]
    return ALLOWED[folder]


def problems(root):
    for path in sorted([*root.glob("protocol/**/*.[ch]"), *root.glob("frontend/**/*.[ch]")]):
        name = path.relative_to(root).as_posix()
        folder = name.rsplit("/", 1)[0]
        for kind, header in INCLUDE.findall(path.read_text()):
            owners = next((owners for headers, owners in LIBRARIES.items()
                           if headers.search(header)), (folder,))
            if not folder.startswith(owners):
                yield f"{name} includes {header}: that is for {' and '.join(owners)}"
                continue
            beside = "/" not in header and (path.parent / header).exists()
            if kind == "<" or GENERATED.match(header) or (beside and folder != "protocol"):
                continue
            if header.startswith(ADAPTERS) and folder == "frontend" and name not in ADAPTER_USERS:
                yield f"{name} includes {header}: only {sorted(ADAPTER_USERS)} name an adapter"
            elif not header.startswith(folder_rules(folder)):
                yield f"{name} includes {header}: not in {folder}'s direction"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
