"""A Linux guest that draws as fast as it can, under each policy of pacing: only with --long."""

import os
import shutil
import time
import unittest

import machine
from guest import fetch_qemu_11
from qmp import wait_for
from rig_case import RigCase

SIZE = (320, 240)
BOOT_TIMEOUT_S = 600
WINDOW_S, WARM_UP = 15, 20
COUNTS = ("updates", "answered", "answered_late", "presented")
NOISE = 0.9


def load_tests(_loader, tests, _pattern):
    return tests if machine.LONG else unittest.TestSuite()


class Pacing(RigCase):
    """
    Counts of real page flips (flip.c on virtio-gpu, Linux before 6.19, with no clock of its own), and
    of the compositor's refreshes, which the QEMU around the machine counts. The guest, the viewer
    and the compositor share two slow processors: whoever draws more takes from the others, and no
    callback comes within a refresh of 60 Hz. So rates are told in pacing.log, and what must hold
    is about frames per refresh.
    """

    @classmethod
    def setUpClass(cls):
        cls.qemu = fetch_qemu_11()
        super().setUpClass()

    def flipping_guest(self):
        initrd = os.path.join(machine.LOGS, "flip-initrd")
        shutil.copy(os.path.join(self.machine.root, "kernel"), machine.LOGS)
        with open(initrd, "wb") as file:
            for path in (f"{self.machine.root}/guest-initrd", f"{machine.BUILD}/flip-initrd"):
                with open(path, "rb") as part:
                    shutil.copyfileobj(part, file)
        serial = self.machine.log_path(f"{self.name}-console")
        guest = self.guest(
            "-device", "virtio-gpu-pci,blob=true,xres={},yres={}".format(*SIZE),
            "-kernel", f"{machine.LOGS}/kernel", "-initrd", initrd,
            "-append", "'console=ttyS0 quiet panic=-1 mitigations=off'", "-serial",
            f"file:{serial}", qtest=False, qemu=self.qemu, accelerator="kvm")

        def first_line():
            with open(serial, errors="replace") as file:
                return "flip: " in (text := file.read()) and text
        text = wait_for(first_line, "the guest to draw", BOOT_TIMEOUT_S, interval_s=1)
        self.assertIn("flip: {}x{}".format(*SIZE), text)
        return guest

    def settle(self, guest, viewer):
        """The counts, once the guest stands still and all it sent was answered and shown."""
        guest.oracle.execute("stop")

        def counts():
            console = viewer.consoles(guest)[0]
            return {**{name: console[name] for name in COUNTS},
                    "refreshes": self.machine.count_flushes()}

        def settled():
            before = counts()
            time.sleep(0.5)
            return before if before == counts() and before["updates"] == before["answered"] else None
        return wait_for(settled, "every update to be answered")

    def measure(self, guest, policy):
        viewer = self.viewer(guest, "--pacing", policy)
        wait_for(lambda: viewer.consoles(guest)[0].get("presented", 0) > WARM_UP, "the picture",
                 interval_s=0.5)
        before = self.settle(guest, viewer)
        guest.oracle.execute("cont")
        time.sleep(WINDOW_S)
        after = self.settle(guest, viewer)
        self.assert_direct(viewer, guest)
        self.assertEqual(viewer.job.terminate(), 0, viewer.log())
        guest.oracle.execute("cont")
        counts = {name: after[name] - before[name] for name in after}
        with open(self.machine.log_path("pacing"), "a") as file:
            rates = (f"{name} {n / WINDOW_S:.1f}" for name, n in counts.items())
            file.write(f"{policy}, a second: {', '.join(rates)}\n")
        return counts

    def test_policies(self):
        guest = self.flipping_guest()
        counts = {policy: self.measure(guest, policy) for policy in ("vsync", "immediate", "auto")}
        vsync, immediate = counts["vsync"], counts["immediate"]
        # Each answer is a refresh's or the deadline's; others come at once.
        self.assertLessEqual(vsync["updates"], vsync["refreshes"] + vsync["answered_late"] + 1)
        self.assertEqual(immediate["answered_late"], 0)
        for policy in ("immediate", "auto"):
            self.assertGreaterEqual(counts[policy]["updates"] * vsync["refreshes"],
                                    NOISE * vsync["updates"] * counts[policy]["refreshes"], policy)
