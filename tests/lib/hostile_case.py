"""
What tests share in which the viewer is at odds with somebody who means it ill: all of it follows
from one seed.
"""

import os
import random
import re

from mini_case import MiniCase

STEPS, FEW_STEPS = 1000, 300
# What windows leave in malloc's lists, and the tables of libraries that grow once: a fight that is
# ten times as long leaves no more.
MEMORY_SLACK_KB = 4096
# For malloc to give back what is not used.
FRUGAL = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "32768",
          "MALLOC_TRIM_THRESHOLD_": "65536"}


def any_seed():
    return random.randrange(1 << 31)


class HostileCase(MiniCase):
    """
    fight(seed, steps) and run_of, the viewer, are the case's own. A fight says how much private
    memory there is more after the second half than after the first.
    """

    def private_kb(self):
        with open(f"/proc/{self.run_of.process.pid}/status") as file:
            return int(re.search(r"RssAnon:\s+(\d+)", file.read())[1])

    def check(self, seed, steps):
        self.assertLessEqual(self.fight(seed, steps), MEMORY_SLACK_KB, f"kB, seed {self.seed}")


class Normal:
    """The tests of a case. long_steps: of that which takes minutes."""

    def test_first(self):
        self.check(1, STEPS)

    def test_second(self):
        self.check(2, STEPS)

    def test_third(self):
        self.check(3, STEPS)

    def test_at_random(self):
        self.check(any_seed(), STEPS)

    def test_for_long(self):
        if not os.environ.get("VITRINE_TEST_LONG"):
            self.skipTest("takes minutes; ./tests/run.sh --long")
        self.check(any_seed(), self.long_steps)


class Sanitized:
    """Its allocator keeps more: only what the sanitizers themselves find counts."""

    sanitize = True

    def test_short(self):
        self.fight(1, FEW_STEPS)

    def test_at_random(self):
        self.fight(any_seed(), FEW_STEPS)
