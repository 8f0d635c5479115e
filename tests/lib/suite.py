"""
Runs all tests of all builds one after the other, tells how each went, and counts. Called by
tests/run.sh, which has built everything; its last line is the result.
"""

import argparse
import collections
import concurrent.futures
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import qemu

LIB = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(LIB))
INTEGRATION = os.path.join(ROOT, "tests", "integration")
RIG = os.path.join(ROOT, "tests", "rig")
PLAIN, SANITIZED = "build-test", "build-asan"
PROGRAM = "frontend/vitrine"
MESON_PASSED, MESON_SKIPPED = ("OK", "EXPECTEDFAIL"), ("SKIP",)
# Several times what any test takes on a slow machine that is busy.
TEST_LIMIT_S, LONG_TEST_LIMIT_S = 900, 5400
AGAIN_S = 60


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

    def merge(self, other):
        self.passed += other["passed"]
        self.failures += other["failures"]
        self.skips += other["skips"]

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


class TookTooLong(Exception):
    pass


def limit_test(seconds):
    """
    Raises TookTooLong in what runs then, and again should that go on: one test that waits for ever
    must not hold up all others. 0: no limit.
    """
    def tell(_signal, _frame):
        raise TookTooLong(f"not done after {seconds} s")

    signal.signal(signal.SIGALRM, tell)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)


class Result(unittest.TestResult):
    """Hands each unittest outcome to the tally as soon as it is known, and limits its time."""

    def __init__(self, tally, part):
        super().__init__()
        self._tally, self._part, self._start = tally, part, time.monotonic()
        long = "VITRINE_TEST_LONG" in os.environ
        self._limit = LONG_TEST_LIMIT_S if long else TEST_LIMIT_S

    def startTest(self, test):
        super().startTest(test)
        self._start = time.monotonic()
        limit_test(self._limit)

    def stopTest(self, test):
        limit_test(0)
        super().stopTest(test)

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


def modules_of(folder):
    return sorted(os.path.basename(path)[:-3]
                  for path in glob.glob(os.path.join(folder, "test_*.py")))


def run_python(tally, part, modules, names, wanted=lambda case: True):
    cases = [case for case in each_case(unittest.TestLoader().loadTestsFromNames(modules))
             if chosen(case.id(), names) and wanted(case)]
    unittest.TestSuite(cases).run(Result(tally, part))


# Cases say by a member of that name whether they also run in another way.
def with_sanitizers(case):
    return getattr(case, "sanitize", False)


def under_valgrind(case):
    """Of the QEMUs one, but with --long: what it finds is the viewer's, and each takes it minutes."""
    here = [version for version in qemu.versions() if version in qemu.binaries()]
    left_out = [] if "VITRINE_TEST_LONG" in os.environ else here[:-1]
    return getattr(case, "valgrind", False) and getattr(case, "version", None) not in left_out


# How the Python tests of the program are run: with which build, in which tool, and which of them.
PARTS = {
    "integration": (PLAIN, None, lambda case: True),
    "sanitized": (SANITIZED, None, with_sanitizers),
    "valgrind": (PLAIN, "valgrind", under_valgrind),
}


def run_module(part, module, names, result_path):
    """In a process of its own; what came of it goes to that file."""
    build, tool, wanted = PARTS[part]
    os.environ["VITRINE"] = os.path.join(ROOT, build, PROGRAM)
    os.environ["MINI_COMPOSITOR"] = os.path.join(ROOT, PLAIN, "tests/lib/compositor/mini-compositor")
    os.environ["ALLOC_COUNT"] = os.path.join(ROOT, PLAIN, "tests/lib/alloc-count.so")
    os.environ.pop("VITRINE_TOOL", None)
    if tool:
        os.environ["VITRINE_TOOL"] = tool
    tally = Tally()
    run_python(tally, part, [module], names, wanted)
    with open(result_path, "w") as file:
        json.dump(vars(tally), file)


class Modules:
    """
    The modules of all parts, in one process more at a time than there are CPUs: most of them wait
    more than they work. Valgrind's do work: one of the processes goes through those from the front,
    and the others come towards it from the end.
    """

    def __init__(self, tally, names):
        self._tally, self._names, self._lock = tally, names, threading.Lock()

    def _run(self, part, module):
        with tempfile.NamedTemporaryFile(prefix="vitrine-suite-") as result:
            ran = subprocess.run(
                [sys.executable, "-B", __file__, "--part", part, "--module", module, "--result",
                 result.name, *self._names], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace")
            text = result.read()
        with self._lock:
            print(ran.stdout, end="", flush=True)
            if ran.returncode == 0 and text:
                self._tally.merge(json.loads(text))
            else:
                self._tally.add(part, module, "FAILED", 0, f"ended with {ran.returncode}")

    def run(self):
        tasks = collections.deque((part, module) for part in reversed(PARTS)
                                  for module in modules_of(INTEGRATION))

        def work(take):
            while True:
                try:
                    task = take()
                except IndexError:
                    return
                self._run(*task)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
            takes = [tasks.popleft] + [tasks.pop] * os.cpu_count()
            for worker in [pool.submit(work, take) for take in takes]:
                worker.result()


def run_builds(tally, names):
    """What tests/run.sh has built in folders of its own."""
    run_meson(tally, PLAIN, names, 2)
    run_meson(tally, SANITIZED, names, 6)
    Modules(tally, names).run()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--rig", action="store_true", help="nothing but the rig")
    parser.add_argument("--part", choices=PARTS, help="this module alone, for the suite itself")
    parser.add_argument("--module")
    parser.add_argument("--result")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    sys.path[:0] = [LIB, INTEGRATION, RIG]
    if options.long:
        os.environ["VITRINE_TEST_LONG"] = "1"

    if options.part:
        run_module(options.part, options.module, options.names, options.result)
        return 0
    tally = Tally()
    if not options.rig:
        run_builds(tally, options.names)
    run_python(tally, "rig", modules_of(RIG), options.names)
    return tally.conclude()


if __name__ == "__main__":
    sys.exit(main())
