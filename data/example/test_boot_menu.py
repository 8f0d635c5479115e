#!/usr/bin/python3
"""
An example: a machine tested through Vitrine. Its firmware shows a boot menu when Esc is pressed, and
after a reset the same again.

    $ ./test_boot_menu.py

VITRINE and QEMU name the programs, where they are not the ones on the path. ARTIFACTS is a folder
for pictures of what went wrong; without it they are gone with everything else.
"""

import json
import os
import socket
import subprocess
import tempfile
import time
import unittest

VITRINE = os.environ.get("VITRINE", "vitrine")
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
ARTIFACTS = os.environ.get("ARTIFACTS")
CURSOR = 40  # pixels that a blinking text cursor has, or fewer


class Machine:
    """A QEMU without windows, and a Vitrine that has it for as long as the test lasts."""

    def __init__(self, folder, *arguments):
        qmp, control = (os.path.join(folder, name) for name in ("qmp", "control"))
        self._socket, self._answers = socket.socket(socket.AF_UNIX), None
        self._processes = []
        try:
            self._start_qemu(qmp, arguments)
            self._start_vitrine(qmp, control, ARTIFACTS or folder)
            self._socket.connect(control)
            self._answers = self._socket.makefile()
        except BaseException:
            self.close()
            raise

    def _start_qemu(self, qmp, arguments):
        qemu = subprocess.Popen(
            [QEMU, "-nodefaults", "-accel", "tcg", "-vga", "std", "-display", "dbus,p2p=on",
             "-qmp", f"unix:{qmp},server=on,wait=off", *arguments], stdin=subprocess.DEVNULL)
        self._processes.append(qemu)
        while not os.path.exists(qmp):
            if qemu.poll() is not None:
                raise AssertionError("QEMU does not start")
            time.sleep(0.01)

    def _start_vitrine(self, qmp, control, artifacts):
        ours, theirs = os.pipe()
        self._processes.append(subprocess.Popen(
            [VITRINE, "--qmp", qmp, "--wait", "--headless", "--control", control, "--timeout", "60",
             "--artifacts", artifacts, "--ready-fd", str(theirs)], pass_fds=[theirs]))
        os.close(theirs)
        with open(ours) as ready:
            # It says so once it is attached; if it ends before, there is an end of the pipe.
            if ready.read() != "READY=1\n":
                raise AssertionError("Vitrine has not got the machine")

    def ask(self, command):
        """One command of a script's; the answer."""
        self._socket.sendall(command.encode() + b"\n")
        return json.loads(self._answers.readline())

    def do(self, command):
        """One that has to be done."""
        answer = self.ask(command)
        if not answer["ok"]:
            raise AssertionError(f"{command}: {answer['text']} {answer.get('picture', '')}")
        return answer

    def wait_unlike(self, reference):
        """As wait-change, but what happens before that begins is no change to it."""
        while self.ask(f"expect-match {reference} --pixels={CURSOR}")["ok"]:
            time.sleep(0.1)

    def close(self):
        if self._answers:
            self._answers.close()
        self._socket.close()
        for process in reversed(self._processes):
            process.terminate()
            process.wait()


class BootMenu(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.prompt, self.menu = (os.path.join(folder.name, name)
                                  for name in ("prompt.png", "menu.png"))
        self.machine = Machine(
            folder.name, "-boot", "menu=on,splash-time=60000",
            "-drive", "if=none,id=disk,format=raw,file=null-co://",
            "-device", "virtio-blk-pci,drive=disk")
        self.addCleanup(self.machine.close)

    def test_is_there_again_after_a_reset(self):
        machine = self.machine
        machine.do(f"wait-stable 2s --pixels={CURSOR}")
        machine.do(f"shot {self.prompt}")
        machine.do("key esc")
        machine.wait_unlike(self.prompt)
        machine.do(f"wait-stable 2s --pixels={CURSOR}")
        machine.do(f"shot {self.menu}")

        machine.do("reset")
        machine.do(f"wait-match {self.prompt} --pixels={CURSOR}")
        machine.do("key esc")
        machine.do(f"wait-match {self.menu} --pixels={CURSOR}")

        # What was expected is told, with the picture that was there instead.
        with self.assertRaisesRegex(AssertionError, "pixels differ"):
            machine.do(f"expect-match {self.prompt} --pixels={CURSOR}")


if __name__ == "__main__":
    unittest.main()
