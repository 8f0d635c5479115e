"""QEMUs inside the machine, with GL, so that they show dma-bufs; tests drive them by qtest."""

import json
import os
import subprocess
import unittest

import guests
import picture
from machine import LOGS, PROGRAM, REPOSITORY
from qmp import Qmp, connect, wait_for
from qtest import Qtest
from virtio import Memory
from virtio_gpu import VirtioGpu

GPU_SLOT = 2
QEMU_11 = os.path.join(REPOSITORY, "tests", ".cache", "qemu-11")


def fetch_qemu_11():
    """The first that loses no page flips of blobs; its program."""
    fetch = os.path.join(REPOSITORY, "tests", "lib", "fetch-qemu.sh")
    if subprocess.run([fetch, "11", QEMU_11]).returncode != 0:
        raise unittest.SkipTest("no QEMU 11 from Debian testing to be had")
    return os.path.join(QEMU_11, "qemu-system-x86_64")


def vgem_node(machine, kind):
    """Its card or its renderD node."""
    return machine.run(f"for node in /sys/class/drm/{kind}*; do "
                       "case $(readlink -f $node/device) in */platform/*) "
                       "echo /dev/dri/${node##*/};; esac; done").strip()


class Guest:
    """
    A machine within the machine; oracle is its own QMP. qtest: nothing runs in it but what the
    test does. accelerator "kvm": the machine's processor is an AMD one that can do that, and a
    Linux guest is ten times faster with it. display: another one than D-Bus with GL; variables: its environment.
    """

    def __init__(self, machine, name, *arguments, qemu="qemu-system-x86_64", qtest=True,
                 memory="256M", accelerator="tcg", display=None, **variables):
        self._machine, self.name, self.qmp_path = machine, name, f"/run/{name}.qmp"
        display = display or f"dbus,p2p=on,gl=on,rendernode={vgem_node(machine, 'renderD')}"
        command = [qemu, "-accel", accelerator, "-nodefaults", "-no-user-config",
                   "-machine", "pc,memory-backend=ram", "-m", memory,
                   "-object", f"memory-backend-memfd,id=ram,size={memory},share=on",
                   "-display", display, "-qmp", f"unix:{self.qmp_path},server=on,wait=off",
                   "-chardev", "pipe,id=oracle,path=/dev/virtio-ports/oracle",
                   "-mon", "chardev=oracle,mode=control",
                   "-chardev", f"file,id=firmware,path={machine.log_path(name + '-firmware')}",
                   "-device", "isa-debugcon,iobase=0x402,chardev=firmware"]
        # The test's ends first: QEMU takes a port without one for closed.
        oracle = connect(machine.socket_path("oracle"))
        self.qtest = self.oracle = None
        if qtest:
            self.qtest = Qtest(machine.socket_path("qtest"))
            command += ["-bios", guests.halted_bios(LOGS), "-qtest-log", "/dev/null",
                        "-chardev", "pipe,id=qtest,path=/dev/virtio-ports/qtest",
                        "-qtest", "chardev:qtest"]
        if accelerator == "kvm":
            machine.run("modprobe kvm_amd")
        machine.run(f"rm -f {self.qmp_path}")
        self._job = machine.launch(name, " ".join(command + list(arguments)), **variables)
        try:
            self.oracle = Qmp(None, oracle)
            wait_for(self._listens, f"{name} to listen", interval_s=0.1)
        except BaseException:
            self.stop()
            raise

    def _listens(self):
        assert self._job.running(), f"{self.name} did not start: {self._job.log()}"
        return self._machine.run(f"[ ! -S {self.qmp_path} ] || echo yes")

    @property
    def target(self):
        """For the viewer's command line."""
        return f"--qmp {self.qmp_path}"

    def gpu(self):
        return VirtioGpu(self.qtest, Memory(), GPU_SLOT)

    @property
    def pid(self):
        return self._job.pid

    def firmware_log(self):
        with open(self._machine.log_path(f"{self.name}-firmware"), errors="replace") as file:
            return file.read()

    def screendump(self):
        """What QEMU itself says is on the guest's screen."""
        path = os.path.join(LOGS, f"{self.name}.ppm")
        self.oracle.execute("screendump", filename=path)
        return picture.load(path)

    def memory(self, address, size):
        """Guest-physical memory, also of a guest that runs."""
        path = os.path.join(LOGS, f"{self.name}.memory")
        self.oracle.execute("pmemsave", val=address, size=size, filename=path)
        with open(path, "rb") as file:
            return file.read()

    def log(self):
        return self._job.log()

    def stop(self):
        for connection in filter(None, (self.qtest, self.oracle)):
            connection.close()
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
                                 f"{guest.target} 2>/dev/null")
        vm, = json.loads(text)
        return vm["consoles"]

    def log(self):
        return self.job.log()

    def stop(self):
        self.job.kill()
