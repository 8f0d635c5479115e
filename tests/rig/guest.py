"""QEMUs inside the machine, which have GL and so show dma-bufs; tests drive their hardware by qtest."""

import json

import guests
from machine import LOGS, PROGRAM
from qmp import wait_for
from qtest import Qtest
from virtio import Memory
from virtio_gpu import VirtioGpu

GPU_SLOT = 2
RENDER_NODE = "for node in /sys/class/drm/renderD*; do case $(readlink -f $node/device) in " \
              "*/platform/*) echo /dev/dri/${node##*/};; esac; done"  # vgem's


class Guest:
    """A machine within the machine. qtest: nothing runs in it but what the test does."""

    def __init__(self, machine, name, *arguments, qtest=True, gl=True, memory="256M"):
        self._machine, self.name, self.qmp_path = machine, name, f"/run/{name}.qmp"
        display = "dbus,p2p=on"
        if gl:
            display += f",gl=on,rendernode={machine.run(RENDER_NODE).strip()}"
        command = ["qemu-system-x86_64", "-accel", "tcg", "-nodefaults", "-no-user-config",
                   "-machine", "pc,memory-backend=ram", "-m", memory,
                   "-object", f"memory-backend-memfd,id=ram,size={memory},share=on",
                   "-display", display, "-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
        self.qtest = None
        if qtest:
            # The test's end first: QEMU takes a port without one for closed.
            self.qtest = Qtest(machine.socket_path("qtest"))
            command += ["-bios", guests.halted_bios(LOGS), "-qtest-log", "/dev/null",
                        "-chardev", "pipe,id=qtest,path=/dev/virtio-ports/qtest",
                        "-qtest", "chardev:qtest"]
        machine.run(f"rm -f {self.qmp_path}")
        self._job = machine.launch(name, " ".join(command + list(arguments)))
        try:
            wait_for(self._listens, f"{name} to listen", interval_s=0.1)
        except BaseException:
            self.stop()
            raise

    def _listens(self):
        assert self._job.running(), f"{self.name} did not start: {self._job.log()}"
        return self._machine.run(f"[ ! -S {self.qmp_path} ] || echo yes")

    def gpu(self):
        return VirtioGpu(self.qtest, Memory(), GPU_SLOT)

    @property
    def pid(self):
        return self._job.pid

    def log(self):
        return self._job.log()

    def stop(self):
        if self.qtest is not None:
            self.qtest.close()
        self._job.kill()


class Viewer:
    """The program under test, in the machine."""

    def __init__(self, machine, name, display, *arguments, **variables):
        self._machine = machine
        self._runtime = f"/run/user/0/{name}"
        machine.run(f"mkdir -p -m 700 {self._runtime}")
        self.job = machine.launch(name, " ".join([PROGRAM, "-vv", *arguments]), **variables,
                                  XDG_RUNTIME_DIR=self._runtime, WAYLAND_DISPLAY=display)

    def consoles(self, guest):
        """What it says of itself: a list of one object for each monitor."""
        text = self._machine.run(f"XDG_RUNTIME_DIR={self._runtime} {PROGRAM} --list --json "
                                 f"--qmp {guest.qmp_path} 2>/dev/null")
        vm, = json.loads(text)
        return vm["consoles"]

    def log(self):
        return self.job.log()

    def stop(self):
        self.job.kill()
