"""
The rig's machine: a Debian 13 with a KMS device, dma-buf exporters and input devices, in a QEMU
without KVM. Tests run commands in it through the guest agent; what is on its screen says the QEMU
around it.
"""

import atexit
import base64
import contextlib
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import time
import unittest

import picture
from qmp import Qmp, wait_for
from rfb import Rfb

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(REPOSITORY, "build-rig")
PROGRAM = os.path.join(BUILD, "frontend", "vitrine")
SHIM = os.path.join(BUILD, "map-foreign.so")
LOGS = os.path.join(BUILD, "run")  # what the last run left, for whoever asks why it failed
CAN_NOT = 77  # exit status of the build scripts
FLUSH, CURSOR = "virtio_gpu_cmd_res_flush", "virtio_gpu_update_cursor"  # QEMU's trace points
LONG = bool(os.environ.get("VITRINE_TEST_LONG"))

SCREEN = (1280, 800)
HEADS = 4  # of the machine; all but the first are unplugged at first
# QEMU 7.2 gets gathers of AVX2 wrong, which Mesa's software renderer uses.
CPU = "max,avx=off,avx2=off,f16c=off,fma=off"
# Virtio ports beside the agent's: sockets here, /dev/virtio-ports/NAME in there.
PORTS = ("qtest", "oracle", "devices")
BOOT_TIMEOUT_S = 180
# libinput takes a button that changes twice within 25 ms for one that bounces, and tells of it later
# than of what came after; how soon our changes are to it says the load.
QUIRKS_PATH = "/etc/libinput/local-overrides.quirks"
QUIRKS = "[Buttons do not bounce]\\nMatchName=*\\nModelBouncingKeys=1\\n"
SESSION = "/sys/fs/cgroup/user.slice/user-0.slice/session-c1.scope"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}


def script(name, *arguments):
    """Runs one of the build scripts; its last line."""
    done = subprocess.run([os.path.join(HERE, name), *arguments], capture_output=True, text=True)
    if done.returncode == CAN_NOT:
        raise unittest.SkipTest(done.stderr.strip())
    assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    return done.stdout.splitlines()[-1]


class Agent:
    """The machine's guest agent: one question at a time. Source: QEMU, qga/qapi-schema.json."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(BOOT_TIMEOUT_S)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def ask(self, command, **arguments):
        message = {"execute": command,
                   "arguments": {name.replace("_", "-"): value
                                 for name, value in arguments.items()}}
        self._socket.sendall(json.dumps(message).encode() + b"\n")
        line = self._lines.readline()
        assert line, "the machine is gone"
        answer = json.loads(line)
        assert "return" in answer, f"{command}: {answer}"
        return answer["return"]

    def close(self):
        self._lines.close()
        self._socket.close()


class Job:
    """A command that runs in the machine, and what it starts; its words are in a file of LOGS."""

    def __init__(self, machine, name, pid, cgroup):
        self._machine, self.name, self.pid, self._cgroup = machine, name, pid, cgroup
        self._status = None

    def running(self):
        if self._status is None:
            status = self._machine.agent.ask("guest-exec-status", pid=self.pid)
            if status["exited"]:
                self._status = status.get("exitcode", -status.get("signal", 0))
        return self._status is None

    def wait(self):
        wait_for(lambda: not self.running(), f"{self.name} to end")
        return self._status

    def terminate(self):
        """As a user ends it."""
        self._machine.run(f"kill -TERM {self.pid}")
        return self.wait()

    def kill(self):
        """It and its children."""
        self._machine.run(f"[ ! -e {self._cgroup} ] || {{ echo 1 >{self._cgroup}/cgroup.kill; "
                          f"until rmdir {self._cgroup}; do sleep 0.02; done 2>/dev/null; }}")

    def processes(self):
        return [int(pid) for pid in self._machine.run(f"cat {self._cgroup}/cgroup.procs").split()]

    def log(self):
        with open(self._machine.log_path(self.name), errors="replace") as file:
            return file.read()


class Machine:
    def __init__(self, root, screen=SCREEN):
        self.root, self.screen = root, screen
        self.agent = self.qmp = self._process = None
        self._jobs = 0
        self._screens = [screen] + [None] * (HEADS - 1)

    def log_path(self, name):
        return os.path.join(LOGS, f"{name}.log")

    def socket_path(self, name):
        return os.path.join(LOGS, f"{name}.socket")

    def _command(self):
        def socket_of(name):
            return f"socket,id={name},path={self.socket_path(name)},server=on,wait=off"
        folders = {"repository": (REPOSITORY, ",readonly=on"), "logs": (LOGS, "")}
        command = [
            # A run that is ended by a signal takes its machine along.
            "setpriv", "--pdeathsig", "KILL",
            shutil.which("qemu-system-x86_64"), "-accel", "tcg,thread=multi,tb-size=1024",
            "-cpu", CPU, "-smp", "2", "-m", "5G", "-machine", "pc,i8042=off", "-nodefaults",
            "-no-user-config", "-no-reboot", "-display", "none",
            "-kernel", os.path.join(self.root, "kernel"),
            "-initrd", os.path.join(self.root, "initrd"),
            "-append", "console=ttyS0 panic=-1 mitigations=off nokaslr quiet " + " ".join(
                f"rig.folder={tag}:{path}" for tag, (path, _) in folders.items()),
            "-drive", f"if=virtio,format=raw,snapshot=on,file={self.root}/disk.ext4",
            "-device", f"virtio-vga,id=screen,max_outputs={HEADS},"
                       f"xres={self.screen[0]},yres={self.screen[1]}",
            "-device", "virtio-keyboard-pci", "-device", "virtio-tablet-pci",
            "-device", "virtio-serial-pci",
            "-chardev", f"file,id=console,path={self.log_path('console')}",
            "-serial", "chardev:console",
            "-chardev", socket_of("agent"),
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
            "-qmp", f"unix:{self.socket_path('qmp')},server=on,wait=off",
        ]
        for head in range(HEADS):
            command += ["-vnc", f"unix:{self.socket_path(f'head-{head}')},id=head-{head},"
                                f"display=screen,head={head}"]
        for name in PORTS:
            command += ["-chardev", socket_of(name),
                        "-device", f"virtserialport,chardev={name},name={name}"]
        for tag, (path, options) in folders.items():
            command += ["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,"
                                   f"multidevs=remap{options}"]
        return command

    def start(self):
        shutil.rmtree(LOGS, ignore_errors=True)
        os.makedirs(LOGS)
        with open(self.log_path("qemu"), "wb") as log:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log)
        try:
            self.qmp = wait_for(lambda: self._connect(Qmp, "qmp"), "the machine to start")
            self.agent = self._connect(Agent, "agent")
            self.agent.ask("guest-ping")
            self.run(f"mkdir -p {os.path.dirname(QUIRKS_PATH)} && printf '{QUIRKS}' >{QUIRKS_PATH}")
        except BaseException:
            self.stop()
            raise
        return self

    def _connect(self, kind, name):
        assert self._process.poll() is None, f"see {self.log_path('qemu')}"
        try:
            return kind(self.socket_path(name))
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    def stop(self):
        for connection in filter(None, (self.agent, self.qmp)):
            connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _execute(self, command, capture):
        variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        return self.agent.ask("guest-exec", path="/bin/sh", arg=["-c", command], env=variables,
                              capture_output=capture)["pid"]

    def run(self, command):
        """A shell command that ends soon and well; what it writes."""
        pid = self._execute(f"exec 2>&1; {command}", True)
        while not (status := self.agent.ask("guest-exec-status", pid=pid))["exited"]:
            time.sleep(0.01)
        output = base64.b64decode(status.get("out-data", "")).decode(errors="replace")
        assert status.get("exitcode") == 0, f"{command}: {output}"
        return output

    def launch(self, name, command, **variables):
        """A command that goes on."""
        self._jobs += 1
        cgroup = f"{SESSION}/job-{self._jobs}"
        settings = " ".join(f"{key}='{value}'" for key, value in variables.items())
        open(self.log_path(name), "wb").close()
        pid = self._execute(f"mkdir -p {cgroup} && echo 0 >{cgroup}/cgroup.procs && "
                            f"exec env {settings} {command} >{self.log_path(name)} 2>&1", False)
        return Job(self, name, pid, cgroup)

    def count_flushes(self):
        """How often something was brought to its screen since this was first asked."""
        self.qmp.execute("trace-event-set-state", name=FLUSH, enable=True)
        with open(self.log_path("qemu"), errors="replace") as file:
            return file.read().count(FLUSH)

    def plug(self, screens):
        """Has monitors of these sizes on its heads, None: no monitor there, and knows of them."""
        for head in range(HEADS):
            screen = screens[head] if head < len(screens) else None
            if screen != self._screens[head]:
                width, height = screen or (0, 0)
                with self._vnc(head) as viewer:
                    viewer.ask_for_size(width, height)
                modes = f"/sys/class/drm/card0-Virtual-{head + 1}/modes"
                best = f"{width}x{height}\n" if screen else ""
                wait_for(lambda: self.run(f"head -n 1 {modes}") == best,
                         f"the machine to know of monitor {head}", interval_s=0.1)
                self._screens[head] = screen

    def _vnc(self, head):
        return contextlib.closing(Rfb(self.socket_path(f"head-{head}"), BOOT_TIMEOUT_S))

    def cursor_plane(self):
        """
        What is on the first head's, which no screendump has, since this was first asked: None, or
        where its top left corner is, the hotspot, and the words of its pixels.
        """
        self.qmp.execute("trace-event-set-state", name=CURSOR, enable=True)
        with open(self.log_path("qemu"), errors="replace") as file:
            moves = re.findall(rf"{CURSOR} scanout 0, x (-?\d+), y (-?\d+), \w+, res (\w+)",
                               file.read())
        if not moves or int(moves[-1][2], 0) == 0:
            return None
        with self._vnc(0) as viewer:
            _, _, *hotspot, words = viewer.cursor()
        return tuple(int(at) for at in moves[-1][:2]), tuple(hotspot), words

    def screendump(self, keep=None, head=0):
        """What the QEMU around the machine says is on its screen; keep: as a file of LOGS, too."""
        path = os.path.join(LOGS, f"{keep or 'screen'}.png" if keep else "screen.ppm")
        self.qmp.execute("screendump", filename=path, format="png" if keep else "ppm",
                         device="screen", head=head)
        return picture.load(path)


def build(long):
    """The root file system, and the programs in build-rig/."""
    if shutil.which("qemu-system-x86_64") is None:
        raise unittest.SkipTest("no qemu-system-x86_64 here; ./data/setup.sh test installs it")
    root = script("build-root.sh", *(["--long"] if long else []))
    script("build-program.sh", root)
    return root


@functools.cache
def shared():
    """The one that all tests use, started by the first of them."""
    machine = Machine(build(LONG))
    atexit.register(machine.stop)
    return machine.start()
