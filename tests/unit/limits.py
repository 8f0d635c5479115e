"""
Holds the table "Limits" of ARCHITECTURE.md to the code: each name is defined where it says, with the
value that it says, and the test that it names speaks of it.
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


def faults(name, value, file, test):
    """What is wrong with a row, in words."""
    try:
        with open(os.path.join(limits.ROOT, file)) as source:
            if not re.search(rf"^#define {name}\b", source.read(), re.M):
                yield f"is not defined in {file}"
        with open(os.path.join(limits.ROOT, test)) as source:
            if not re.search(rf"\b{name}\b", source.read()):
                yield f"{test} does not speak of it"
        if limits.value(name) != meant(value):
            yield f"is {limits.value(name)}, not {value}"
    except (OSError, KeyError, ValueError) as error:
        yield f"cannot be looked up: {error!r}"


def main():
    with open(os.path.join(limits.ROOT, "ARCHITECTURE.md")) as file:
        table = list(rows(file.read()))
    wrong = [f"{row[0]}: {fault}" for row in table for fault in faults(*row)]
    names = [row[0] for row in table]
    wrong += [f"{name}: stands there twice" for name in set(names) if names.count(name) > 1]
    if len(table) < FEWEST:
        wrong.append(f"only {len(table)} rows were found")
    print("\n".join(wrong) or f"{len(table)} limits are what and where the table says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
