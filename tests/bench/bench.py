#!/usr/bin/python3
"""Runs the benches, or those named, prints tables and the bars, and writes all of it as JSON."""

import argparse
import json
import os
import platform
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
sys.path.append(os.path.join(TESTS, "rig"))

import frame_cost  # noqa: E402
import growth  # noqa: E402
import input_cost  # noqa: E402
import latency  # noqa: E402
import peers  # noqa: E402
import rig_peers  # noqa: E402
import shots  # noqa: E402
from vmm import Programs  # noqa: E402

BENCHES = {"frame": frame_cost, "latency": latency, "input": input_cost, "growth": growth,
           "shots": shots, "peers": peers, "rig": rig_peers}
ON_REQUEST = ("rig",)  # it makes a machine first


class Bars:
    """What was promised, and whether it holds."""

    def __init__(self):
        self.rows = []

    def add(self, bar, value, holds, note=""):
        self.rows.append({"bar": bar, "value": value, "holds": bool(holds), "note": note})

    def show(self):
        print("\nBars")
        for row in self.rows:
            note = f"  ({row['note']})" if row["note"] and not row["holds"] else ""
            print(f"  {'holds ' if row['holds'] else 'MISSED'}  {row['bar']}: "
                  f"{row['value']:.4g}{note}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--qemu", required=True, help="with GTK, SDL and SPICE")
    parser.add_argument("--quick", action="store_true", help="fewer frames: a look, not a verdict")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("bench", nargs="*", help=", ".join(BENCHES))
    options = parser.parse_args()
    unknown = set(options.bench) - set(BENCHES)
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)}")
    programs, bars = Programs(options.build, options.qemu), Bars()
    results = {"machine": platform.platform(), "cpus": os.cpu_count(), "quick": options.quick,
               "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    for name, module in BENCHES.items():
        if name in options.bench or not (options.bench or name in ON_REQUEST):
            results[name] = module.measure(programs, options.quick)
            module.show(results[name], bars)
            sys.stdout.flush()
    bars.show()
    results["bars"] = bars.rows
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
