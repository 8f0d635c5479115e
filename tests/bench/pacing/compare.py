#!/usr/bin/env python3
"""Is the simulation right? The real viewer between the test guest and the mini compositor, in real
time, beside bench-pacing's model of the same.

    PYTHONPATH=tests/lib:tests/integration VITRINE=build/frontend/vitrine \\
        BENCH_PACING=build/tests/bench/pacing/bench-pacing tests/bench/pacing/compare.py
"""

import json
import os
import statistics
import subprocess
import time
import unittest

from mini_case import MiniCase

SECONDS = 5
POLICIES = ("immediate", "vsync", "auto")
# Refresh of the monitor; the guest's own clock, 0: as fast as it is answered.
PAIRS = ((60, 0), (60, 75), (60, 50), (144, 0), (144, 75))


def model(refresh, policy, clock):
    output = subprocess.run(
        [os.environ["BENCH_PACING"], "--test-guest", str(1000 * refresh), policy,
         str(1000 * clock)], check=True, capture_output=True).stdout
    metrics = json.loads(output)
    return metrics["drawn_per_s"], metrics["blocked_ms"]


class Compare(MiniCase):
    def measure(self, refresh, policy, clock):
        compositor = self.compositor(f"--output=1920x1080@{1000 * refresh}")
        run = self.show(compositor, "head 0", "scanout 0 a memory XRGB8888 320x200",
                        f"frames 10000000 {clock} 0", arguments=("--pacing", policy))
        compositor.wait("commit", role="toplevel", attached=True, count=20)
        begin, first = time.monotonic(), len(self.record("answer"))
        time.sleep(SECONDS)
        answers = self.record("answer")
        end = time.monotonic()
        run.terminate()
        waits = [answer["latency_ns"] / 1e6 for answer in answers[first:]]
        return len(waits) / (end - begin), statistics.mean(waits)

    def test(self):
        print("monitor  guest  policy      drawn/s: real  model   blocked, ms: real  model")
        for refresh, clock in PAIRS:
            for policy in POLICIES:
                # Without a pace the real one shows what the machine can do, no more.
                if policy == "immediate" and clock == 0:
                    continue
                real, expected = self.measure(refresh, policy, clock), model(refresh, policy, clock)
                print(f"{refresh:5} Hz  {clock or 'any':>5}  {policy:10}         {real[0]:5.1f}  "
                      f"{expected[0]:5.1f}               {real[1]:5.2f}  {expected[1]:5.2f}")


if __name__ == "__main__":
    unittest.main()
