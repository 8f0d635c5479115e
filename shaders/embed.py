#!/usr/bin/python3
"""Prints a C header with each shader as a string: copy.frag becomes shader_copy_frag.

usage: embed.py SHADER...
"""

import json
import pathlib
import re
import sys

print("#pragma once\n")
for path in map(pathlib.Path, sys.argv[1:]):
    print(f"static const char shader_{re.sub('[^a-z0-9]', '_', path.name)}[] =")
    for line in path.read_text().splitlines(keepends=True):
        print(f"\t{json.dumps(line)}")
    print("\t;\n")
