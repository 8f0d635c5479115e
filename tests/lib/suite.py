"""
Runs all tests of all builds one after the other, tells how each went, and counts. Called by
tests/run.sh, which has built everything; its last line is the result.
"""

import argparse
import glob
import json
import os
import subprocess
import sys
import time
import unittest

LIB = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(LIB))
INTEGRATION = os.path.join(ROOT, "tests", "integration")
RIG = os.path.join(ROOT, "tests", "rig")
PLAIN, SANITIZED = "build-test", "build-asan"
PROGRAM = "frontend/vitrine"
MESON_PASSED, MESON_SKIPPED = ("OK", "EXPECTEDFAIL"), ("SKIP",)


class Tally:
    def __init__(self):
        self.passed, self.failures, self.skips = 0, [], []

    def add(self, part, name, outcome, seconds, story=""):
        print(f"{outcome:7} {part}: {name} ({seconds:.1f} s)", flush=True)
        if outcome == "passed":
            self.passed += 1
            return
        print("".join(f"        {line}\n" for line in story.splitlines()), end="", flush=True)
        (self.skips if outcome == "skipped" else self.failures).append(f"{part}: {name}")

    def conclude(self):
        for name in self.failures:
            print(f"FAILED: {name}")
        print(f"{self.passed} passed, {len(self.failures)} failed, {len(self.skips)} skipped")
        return 1 if self.failures or not self.passed else 0


def chosen(name, names):
    return not names or any(wanted in name for wanted in names)


def run_meson(tally, build, names, timeout_factor):
    """The C tests of one build folder: unit, wire and whatever else meson knows."""
    folder = os.path.join(ROOT, build)
    listed = subprocess.run(["meson", "introspect", "--tests", folder], capture_output=True,
                            text=True, check=True).stdout
    tests = [test["name"] for test in json.loads(listed) if chosen(test["name"], names)]
    if not tests:
        return
    ran = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--num-processes", "2",
                          "--timeout-multiplier", str(timeout_factor), *tests],
                         capture_output=True, text=True)
    log = os.path.join(folder, "meson-logs", "testlog.json")
    results = {}
    if os.path.exists(log):
        with open(log) as file:
            results = {result["name"].split(" / ")[-1]: result for result in map(json.loads, file)}
    for name in tests:
        result = results.get(name)
        if result is None:
            tally.add(build, name, "FAILED", 0, "did not run:\n" + ran.stdout + ran.stderr)
            continue
        story = f"{result.get('stdout') or ''}\n{result.get('stderr') or ''}".strip()
        if result["result"] in MESON_PASSED:
            outcome = "passed"
        elif result["result"] in MESON_SKIPPED:
            outcome = "skipped"
        else:
            outcome, story = "FAILED", f"{result['result']}\n{story}"
        tally.add(build, name, outcome, result["duration"], story)


class Result(unittest.TestResult):
    """Hands each unittest outcome to the tally as soon as it is known."""

    def __init__(self, tally, part):
        super().__init__()
        self._tally, self._part, self._start = tally, part, time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self._start = time.monotonic()

    def _tell(self, test, outcome, story=""):
        self._tally.add(self._part, test.id(), outcome, time.monotonic() - self._start, story)

    def addSuccess(self, test):
        self._tell(test, "passed")

    def addSkip(self, test, reason):
        self._tell(test, "skipped", reason)

    def addFailure(self, test, err):
        self._tell(test, "FAILED", self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._tell(subtest, "FAILED", self._exc_info_to_string(err, test))

    def addExpectedFailure(self, test, err):
        self._tell(test, "FAILED", "marked as expected to fail, which this project does not do")

    addUnexpectedSuccess = addExpectedFailure


def each_case(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from each_case(item)
        else:
            yield item


def run_python(tally, part, folder, names, wanted=lambda case: True):
    modules = sorted(os.path.basename(path)[:-3]
                     for path in glob.glob(os.path.join(folder, "test_*.py")))
    cases = [case for case in each_case(unittest.TestLoader().loadTestsFromNames(modules))
             if chosen(case.id(), names) and wanted(case)]
    unittest.TestSuite(cases).run(Result(tally, part))


def run_integration(tally, part, program, names, tool=None, wanted=lambda case: True):
    """The Python tests of the program, with the given one."""
    os.environ["VITRINE"] = os.path.join(ROOT, program)
    os.environ["MINI_COMPOSITOR"] = os.path.join(ROOT, PLAIN, "tests/lib/compositor/mini-compositor")
    os.environ["ALLOC_COUNT"] = os.path.join(ROOT, PLAIN, "tests/lib/alloc-count.so")
    os.environ.pop("VITRINE_TOOL", None)
    if tool:
        os.environ["VITRINE_TOOL"] = tool
    run_python(tally, part, INTEGRATION, names, wanted)


def is_sanitized(case):
    """Whether it also runs with the sanitizers' build: cases say so by `sanitize = True`."""
    return getattr(case, "sanitize", False)


def is_valgrinded(case):
    """Whether it also runs under valgrind: cases say so by `valgrind = True`."""
    return getattr(case, "valgrind", False)


def run_builds(tally, names):
    """What tests/run.sh has built in folders of its own."""
    run_meson(tally, PLAIN, names, 2)
    run_meson(tally, SANITIZED, names, 6)
    run_integration(tally, "integration", f"{PLAIN}/{PROGRAM}", names)
    run_integration(tally, "sanitized", f"{SANITIZED}/{PROGRAM}", names,
                    wanted=is_sanitized)
    run_integration(tally, "valgrind", f"{PLAIN}/{PROGRAM}", names, tool="valgrind",
                    wanted=is_valgrinded)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--rig", action="store_true", help="nothing but the rig")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    sys.path[:0] = [LIB, INTEGRATION, RIG]
    if options.long:
        os.environ["VITRINE_TEST_LONG"] = "1"

    tally = Tally()
    if not options.rig:
        run_builds(tally, options.names)
    run_python(tally, "rig", RIG, options.names)
    return tally.conclude()


if __name__ == "__main__":
    sys.exit(main())
