"""The limits of the program, read from where they stand: `limits.value("GUEST_MAX_HEADS")`."""

import functools
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = ("protocol", "frontend")
DEFINITION = re.compile(r"^#define ([A-Z][A-Z0-9_]*) +(.+?)(?: */\*.*)?$", re.M)


@functools.cache
def definitions():
    """Name -> what it is defined as. Files have some names for themselves: what headers say counts."""
    paths = [os.path.join(folder, name) for top in SOURCES
             for folder, _, names in os.walk(os.path.join(ROOT, top))
             for name in names if name.endswith((".h", ".c"))]
    found = {}
    for path in sorted(paths, key=lambda path: (path.endswith(".c"), path)):
        with open(path) as file:
            for key, text in DEFINITION.findall(file.read()):
                found.setdefault(key, text)
    return found


def value(name):
    """A whole number. KeyError: there is no such name."""
    text = re.sub(r"U?INT\d+_C\(([^)]*)\)", r"\1", definitions()[name])
    text = re.sub(r"\((?:size_t|u?int\d+_t)\)", "", text)
    text = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]*\b", r"\1", text)
    text = re.sub(r"\b[A-Z][A-Z0-9_]*\b", lambda match: str(value(match[0])), text)
    if not re.fullmatch(r"[\d()+*<>\-/ xa-fA-F]+", text):
        raise ValueError(f"{name} is no number: {text}")
    return int(eval(text.replace("/", "//")))  # pylint: disable=eval-used
