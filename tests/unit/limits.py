"""
Holds the table "Limits" of ARCHITECTURE.md to the code: each name is defined where it says, with the
value that it says, and the test that it names uses it. And whatever is called like a limit in the
code stands in the table, or below, with the reason why it is none on a peer.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import limits  # noqa: E402

UNITS = {"": 1, "/s": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "px": 1, "ms": 1}
HEADING = "| limit | value | file | beyond it | test |"
# So many there are at least: a table that is read wrongly must not pass for a right one.
FEWEST = 40

# What its name says is the most of something, or how often.
LIKE_A_LIMIT = r"(?:[A-Z0-9]+_)*(?:MAX|BURST|PER_S)(?:_[A-Z0-9]+)*"
# As a macro, in an enum, or a constant.
MADE = re.compile(rf"^[ \t]*# *define ({LIKE_A_LIMIT})\b(?!\()|\b({LIKE_A_LIMIT})\s*=(?!=)", re.M)
C_ASIDE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.S)
# Names stand in strings there, in `limits.value("...")`.
PYTHON_ASIDE = re.compile(
    r'"""(?:\\.|[^\\])*?"""|#[^\n]*|("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.S)

# Not of a peer: what tests and --fake are told by their own scripts.
NOT_OF_A_PEER = "protocol/fake/"
# Why -> where -> which.
EXCEPTIONS = {
    "units": {
        "protocol/base/clock.h": "NS_PER_S US_PER_S",
    },
    "sizes of what is ours alone, which nobody else fills": {
        "frontend/arrange.h": "ARRANGE_MAX",
        "frontend/cli-private.h": "CLI_MAX_ROWS",
        "frontend/deadline.h": "DEADLINE_MAX_DUE",
        "frontend/gesture.h": "GESTURE_MAX_EVENTS",
        "frontend/gl/conversion.c": "MAX_GL_ERRORS",
        "frontend/gl/texture.c": "MAX_ATTRIBUTES",
        "frontend/headless/encode.c": "PPM_HEADER_MAX",
        "frontend/histogram.h": "HISTOGRAM_MAX_NS",
        "frontend/snapshot.c": "MAX_OF_ONE_SECOND NAME_MAX_BYTES LINE_MAX_BYTES",
        "frontend/text/text-module.c": "MAX_LINES MAX_ROWS",
        "frontend/text/text-module.h": "TEXT_MAX_SIZE",
        "frontend/wayland/cursor-scale.h": "CURSOR_SCALE_MAX_PAD",
        "protocol/base/log.h": "LOG_MAX_REMEMBERED",
        "protocol/broker/broker-child.h": "BROKER_CHILD_MAX_FDS",
        "protocol/qemu-dbus/devices.h": "DEVICE_MAX_QNUM",
        "protocol/qemu-dbus/qmp-rules.c": "MAX_ARGUMENTS MAX_VALUES",
        "protocol/qemu-dbus/qmp.h": "QMP_MAX_CALLS",
        "protocol/qemu-dbus/wire-reply.h": "WIRE_REPLY_MAX",
    },
    "ranges of what the user says: options, scripts, layouts, the environment": {
        "frontend/cli.h": "CLI_MAX_MEMORY_MIB CLI_MAX_TIMEOUT_S",
        "frontend/devices/device-set.h": "DEVICE_SET_MAX",
        "frontend/input/chord.h": "CHORD_LIST_MAX",
        "frontend/input/hotkeys.h": "HOTKEYS_MAX",
        "frontend/input/key-layout.c": "MAX_TYPED NAME_MAX_SIZE",
        "frontend/input/key-layout.h": "KEY_LAYOUT_MAX_SIZE",
        "frontend/input/key-remap.h": "KEY_REMAPS_MAX KEY_REMAP_MAX_TARGETS",
        "frontend/layout.h": "LAYOUT_MAX_DIMENSION LAYOUT_MAX_ZOOM_PERCENT",
        "frontend/monitor-mapping.c": "MAX_QUOTED",
        "frontend/monitor-mapping.h": "MONITOR_MAPPING_MAX_NUMBER",
        "frontend/monitors.h": "MONITORS_ZOOM_MAX",
        "frontend/script/command-rows.c": "MAX_PLACE",
        "frontend/script/command.h":
            "COMMAND_MAX_CLICKS COMMAND_MAX_FPS COMMAND_MAX_MS COMMAND_MAX_NOTCHES",
        "frontend/shot-set.c": "MAX_DIGITS",
        "frontend/shot-set.h": "SHOT_MAX_NUMBER",
        "frontend/wayland/arrow.c": "ARROW_MAX_SIZE",
    },
    "numbers of a format, a protocol or an algorithm": {
        "frontend/headless/deflate.h": "DEFLATE_MAX_DISTANCE DEFLATE_MAX_LENGTH",
        "frontend/headless/huffman.c": "MAX_NODES",
        "frontend/headless/huffman.h":
            "HUFFMAN_MAX_COUNT HUFFMAN_MAX_LENGTH HUFFMAN_MAX_SYMBOLS",
        "frontend/headless/picture-file.c": "PNG_MAX_PIXELS_PER_BYTE QOI_MAX_PIXELS_PER_BYTE",
        "frontend/headless/png-file.c": "MAX_CHUNK MAX_MATCH_PIXELS",
        "frontend/headless/qoi.c": "MAX_RUN",
        "frontend/remote.c": "MAX_EXIT_STATUS",
        "protocol/input.h": "INPUT_PEN_MAX_PRESSURE",
        "protocol/qemu-dbus/placeholder.c": "LINE_MAX",
    },
    "what the machine has: its devices, drivers and plugins": {
        "frontend/drm-device.c": "MAX_DEVICES",
        "frontend/gl/context.c": "CONTEXT_MAX_DEVICES CONTEXT_MAX_FORMATS CONTEXT_MAX_MODIFIERS",
        "frontend/import/gpu-nodes.h": "GPU_MAX_NODES",
        "frontend/wayland/decor.c": "MAX_PLUGINS",
    },
    "when something is taken for broken, how long it is left alone, how fast we send": {
        "frontend/desktop.c": "DESKTOP_MAX_ERRORS DESKTOP_RECONNECT_MAX_US",
        "frontend/import/gpu-helper.c": "HELPER_MAX_REST_MS",
        "frontend/reconnect.h": "RECONNECT_MAX_MS",
        "frontend/resizer.h": "RESIZER_MAX_STRIKES",
        "protocol/qemu-dbus/input-queue.h": "INPUT_QUEUE_BURST",
        "protocol/qemu-dbus/lost-flips.h": "LOST_FLIPS_MAX",
    },
    "other names of rows: TEXT_MAX_DIMENSION, BROKER_MAX_REQUEST_FDS and one to answer on, "
    "RESIZER_MAX_SIZE, GUEST_MAX_HEADS": {
        "frontend/off-message.c": "MAX_DIMENSION",
        "protocol/broker/broker-message.c": "MAX_FDS",
        "protocol/guest.h": "HEAD_GEOMETRY_MAX_SIZE",
        "protocol/qemu-dbus/discover.h": "QEMU_VM_MAX_CONSOLES",
    },
    "within another limit, or more than there are: the modifiers of a keyboard; "
    "QMP_RELAY_MAX_COMMAND, of which the rules let nothing deep pass": {
        "frontend/input/holdback.h": "HOLDBACK_MAX",
        "protocol/qemu-dbus/qmp-relay.c": "MAX_DEPTH",
    },
}


def rows(text):
    """(name, value, file, test) of each row."""
    section = re.search(r"^## Limits\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    table = section[1][section[1].index(HEADING):].split("\n\n")[0]
    for line in table.split("\n")[2:]:
        if line:
            name, value, file, _, test = (cell.strip().strip("`")
                                          for cell in line.strip("|").split(" | "))
            yield name, value, file, test


def meant(text):
    """The number that stands in the table."""
    number, unit = re.fullmatch(r"(\d+) ?(\D*)", text).groups()
    return int(number) * UNITS[unit]


def code(file):
    """The text of a file without what only says something: comments, and strings in C."""
    with open(os.path.join(limits.ROOT, file)) as source:
        text = source.read()
    if file.endswith(".py"):
        return PYTHON_ASIDE.sub(lambda found: found[1] or "", text)
    return C_ASIDE.sub("", text)


def faults(name, value, file, test):
    """What is wrong with a row, in words."""
    try:
        if not re.search(rf"^#define {name}\b", code(file), re.M):
            yield f"is not defined in {file}"
        if not re.search(rf"\b{name}\b", code(test)):
            yield f"{test} does not use it"
        if limits.value(name) != meant(value):
            yield f"is {limits.value(name)}, not {value}"
    except (OSError, KeyError, ValueError) as error:
        yield f"cannot be looked up: {error!r}"


def named_like_limits():
    """(file, name) of each in the code."""
    for top in limits.SOURCES:
        for folder, _, names in os.walk(os.path.join(limits.ROOT, top)):
            for name in names:
                file = os.path.relpath(os.path.join(folder, name), limits.ROOT)
                if name.endswith((".h", ".c")) and not file.startswith(NOT_OF_A_PEER):
                    for found in MADE.finditer(code(file)):
                        yield file, found[1] or found[2]


def main():
    with open(os.path.join(limits.ROOT, "ARCHITECTURE.md")) as file:
        table = list(rows(file.read()))
    wrong = [f"{row[0]}: {fault}" for row in table for fault in faults(*row)]
    names = [row[0] for row in table]
    wrong += [f"{name}: stands there twice" for name in set(names) if names.count(name) > 1]
    if len(table) < FEWEST:
        wrong.append(f"only {len(table)} rows were found")
    listed = {(file, name) for name, _, file, _ in table}
    excepted = {(file, name) for files in EXCEPTIONS.values()
                for file, text in files.items() for name in text.split()}
    there = set(named_like_limits())
    wrong += [f"{name}: of {file}, is neither in the table nor an exception"
              for file, name in sorted(there - listed - excepted)]
    wrong += [f"{name}: of {file}, is an exception without need"
              for file, name in sorted(excepted - (there - listed))]
    print("\n".join(wrong) or f"{len(table)} limits are what and where the table says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
