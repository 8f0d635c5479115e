"""How attaching to a real QEMU goes right and wrong, and what the viewer says then."""

import array
import json
import os
import signal
import socket
import subprocess

import qemu
from qemu import Qemu
from qmp import Qmp
from qtest import Qtest
from viewer import (CANNOT_ATTACH, NO_COMPOSITOR, TIMED_OUT, USAGE, VM_GONE, ViewerCase,
                    valgrind_judges_descriptors, wait_for)
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern

UUID = "6a5bd8e1-7c1e-4e0f-9f0a-3b1d2c4e5f60"
OTHER_UUID = "11111111-2222-4333-8444-555555555555"


class CommandLine(ViewerCase):
    sanitize = valgrind = True

    def test_usage(self):
        for arguments in ((), ("--no-such-option",), ("--qmp",), ("--qmp", "x", "--fake"),
                          ("--qmp", "x", "--screenshot", "shot.gif"), ("--qmp", "x", "--json"),
                          ("--qmp", "x", "--screenshot", "a.png", "--console", "one")):
            with self.subTest(" ".join(arguments)):
                self.vitrine(*arguments, status=USAGE, says="vitrine")

    def test_help_and_version(self):
        self.assertIn(b"--screenshot", self.vitrine("--help").output)
        self.assertRegex(self.vitrine("--version").output, rb"\d+\.\d+")

    def test_nobody_there(self):
        for name in ("absent", "folder/absent"):
            self.vitrine("--qmp", self.path(name), "--screenshot", self.path("shot.png"),
                         status=CANNOT_ATTACH, says=name)
        self.assertFalse(os.path.exists(self.path("shot.png")))

    def test_stale_socket(self):
        """A socket file whose listener is gone."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path("stale"))
        self.vitrine("--qmp", self.path("stale"), "--screenshot", self.path("shot.png"),
                     status=CANNOT_ATTACH, says="stale")

    def test_not_a_socket(self):
        with open(self.path("file"), "w"):
            pass
        self.vitrine("--qmp", self.path("file"), "--screenshot", self.path("shot.png"),
                     status=CANNOT_ATTACH)

    def test_no_permission(self):
        path = self.path("private")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            os.chmod(path, 0)
            if os.geteuid() == 0:
                self.check_as_nobody(path)
            else:
                self.vitrine("--qmp", path, "--screenshot", "-", status=CANNOT_ATTACH,
                             says="(?i)permission")

    def check_as_nobody(self, path):
        """Root may do everything: as somebody else, from a copy that he can run."""
        os.chmod(self.folder, 0o755)
        program = self.path("vitrine")
        subprocess.run(["cp", os.environ["VITRINE"], program], check=True)
        run = subprocess.run([program, "--qmp", path, "--screenshot", "-"], user=65534, group=65534,
                             extra_groups=[], cwd="/", env={"PATH": os.environ["PATH"]},
                             capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, CANNOT_ATTACH, run.stderr)
        self.assertRegex(run.stderr, "(?i)permission")

    def test_peer_that_is_no_qmp(self):
        """Something else listens there and talks nonsense."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path("other"))
            listener.listen()
            run = self.start("--qmp", self.path("other"), "--screenshot", "-")
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"220 ready for mail\r\n")
                self.assertEqual(run.wait(), CANNOT_ATTACH, run.story())


@qemu.for_each_qemu
class Attach(ViewerCase):
    sanitize = valgrind = True

    def test_held_qmp_socket(self):
        """QMP serves one client at a time: the next gets no greeting."""
        machine = self.machine("-vga", "std")
        holder = Qmp(machine.qmp_path)
        self.addCleanup(holder.close)
        self.vitrine("--qmp", machine.qmp_path, "--screenshot", self.path("shot.png"),
                     status=CANNOT_ATTACH, says="(?i)another program")

    def test_qmp_is_not_held(self):
        """While a viewer waits for a picture, another program can use QMP."""
        machine = self.machine("-vga", "std")
        run = self.start("--qmp", machine.qmp_path, "--screenshot", self.path("shot.png"),
                         "--console", "7", "--timeout", "3")
        wait_for(lambda: self.is_attached(machine) or not run.running(), "the viewer to attach")
        second = self.start("--qmp", machine.qmp_path, "--list")
        self.assertEqual(second.wait(), 0, second.story())
        client = Qmp(machine.qmp_path)
        self.addCleanup(client.close)
        self.assertEqual(client.execute("query-status")["status"], "running")
        self.assertEqual(run.wait(), TIMED_OUT, run.story())

    def test_no_dbus_display(self):
        machine = self.machine("-vga", "std", display="none")
        self.vitrine("--qmp", machine.qmp_path, "--screenshot", self.path("shot.png"),
                     status=CANNOT_ATTACH, says="dbus,p2p=on")

    def test_wait_for_the_socket(self):
        machine = Qemu(self.version, "-vga", "std")
        self.addCleanup(machine.stop)
        run = self.start("--qmp", machine.qmp_path, "--wait", "--screenshot", self.path("shot.png"),
                         "--timeout", "60")
        machine.start()
        self.assertEqual(run.wait(), 0, run.story())
        self.assertTrue(os.path.exists(self.path("shot.png")))

    def test_waits_in_vain(self):
        self.vitrine("--qmp", self.path("never"), "--wait", "--screenshot", self.path("shot.png"),
                     "--timeout", "1", status=TIMED_OUT)

    def test_vm_dies(self):
        machine = self.machine("-vga", "std")
        run = self.start("--qmp", machine.qmp_path, "--screenshot", self.path("shot.png"),
                         "--console", "7", "--timeout", "100", "--verbose")
        wait_for(lambda: self.is_attached(machine) or not run.running(), "the viewer to attach")
        machine.kill()
        self.assertEqual(run.wait(), VM_GONE, run.story())
        self.assertFalse(os.path.exists(self.path("shot.png")))

    def test_never_stable(self):
        """A text cursor that blinks."""
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        self.vitrine("--qmp", machine.qmp_path, "--screenshot", self.path("shot.png"),
                     "--wait-stable", "30000", "--timeout", "2", status=TIMED_OUT)
        self.assertFalse(os.path.exists(self.path("shot.png")))

    def test_no_such_console(self):
        machine = self.machine("-vga", "std")
        self.vitrine("--qmp", machine.qmp_path, "--screenshot", self.path("shot.png"),
                     "--console", "7", "--timeout", "5", status=TIMED_OUT, says="console 7")

    def test_no_compositor(self):
        machine = self.machine("-vga", "std")
        self.vitrine("--qmp", machine.qmp_path, status=NO_COMPOSITOR, says="(?i)compositor|wayland")

    def test_vm_goes_on_after_many_viewers(self):
        """Attach and leave, over and over: the VM is alive and still gives exact pictures."""
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        machine.freeze()
        expected = machine.screendump()
        for _ in range(5):
            self.assert_same_picture(self.screenshot("--qmp", machine.qmp_path), expected)
        self.assertTrue(machine.alive())
        self.assertNotIn("g_strv_contains", machine.log())

    def test_interrupted(self):
        """Ctrl+C while it waits."""
        machine = self.machine("-vga", "std")
        run = self.start("--qmp", machine.qmp_path, "--screenshot", self.path("shot.png"),
                         "--console", "7", "--timeout", "100")
        wait_for(lambda: self.is_attached(machine) or not run.running(), "the viewer to attach")
        run.process.send_signal(signal.SIGINT)
        run.wait()
        self.assertEqual(os.listdir(self.folder).count("shot.png"), 0)
        self.assertEqual(machine.oracle.execute("query-status")["status"], "running")


@qemu.for_each_qemu
class PassedDescriptor(ViewerCase):
    """As libvirt does it: somebody else talks QMP and hands over the connected socket."""

    sanitize = valgrind = True

    def connect(self, machine):
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        self.addCleanup(ours.close)
        with theirs:
            machine.oracle.execute("getfd", fds=[theirs.fileno()], fdname="viewer")
        machine.oracle.execute("add_client", protocol="@dbus-display", fdname="viewer")
        return ours

    def test_fd(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        machine.freeze()
        ours = self.connect(machine)
        shot = self.screenshot("--fd", str(ours.fileno()), pass_fds=[ours.fileno()])
        self.assert_same_picture(shot, machine.screendump())

    def test_fd_with_qmp(self):
        machine = self.machine("-vga", "std")
        machine.wait_firmware()
        machine.freeze()
        ours = self.connect(machine)
        shot = self.screenshot("--fd", str(ours.fileno()), "--qmp", machine.qmp_path,
                               pass_fds=[ours.fileno()])
        self.assert_same_picture(shot, machine.screendump())

    def test_fd_that_is_closed(self):
        if os.environ.get("VITRINE_TOOL") == "valgrind" and valgrind_judges_descriptors():
            self.skipTest("valgrind 3.24 counts the question whether it is open as a mistake")
        self.vitrine("--fd", "99", "--screenshot", self.path("shot.png"), status=CANNOT_ATTACH)

    def test_fd_whose_peer_left(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        theirs.close()
        with ours:
            self.vitrine("--fd", str(ours.fileno()), "--screenshot", self.path("shot.png"),
                         pass_fds=[ours.fileno()], status=CANNOT_ATTACH)

    def test_fd_of_another_kind(self):
        with open("/dev/null") as null:
            self.vitrine("--fd", str(null.fileno()), "--screenshot", self.path("shot.png"),
                         pass_fds=[null.fileno()], status=CANNOT_ATTACH)


@qemu.for_each_qemu
class List(ViewerCase):
    sanitize = valgrind = True

    def listed(self, *target):
        """The one VM of --list --json."""
        vm, = json.loads(self.vitrine(*target, "--list", "--json").output)
        return vm

    def test_list(self):
        machine = self.machine("-device", "virtio-gpu-pci,max_outputs=2", name="moss", uuid=UUID)
        text = self.vitrine("--qmp", machine.qmp_path, "--list").output.decode()
        self.assertIn("moss", text)
        self.assertIn(UUID, text)
        vm = self.listed("--qmp", machine.qmp_path)
        self.assertEqual((vm["name"], vm["uuid"]), ("moss", UUID))
        self.assertEqual([console["console"] for console in vm["consoles"]], [0, 1])

    def test_list_leaves_a_foreign_viewer_alone(self):
        """QEMU gives its one control connection to whoever asks last: --list must not ask."""
        machine = self.machine("-vga", "std", name="moss", uuid=UUID)
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        self.addCleanup(ours.close)
        with theirs:
            machine.oracle.execute("getfd", fds=[theirs.fileno()], fdname="foreign")
        machine.oracle.execute("add_client", protocol="@dbus-display", fdname="foreign")
        ours.settimeout(60)
        ours.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n")
        answer = b""
        while b"AGREE_UNIX_FD" not in answer:
            answer += ours.recv(4096)
        self.listed("--qmp", machine.qmp_path)
        ours.setblocking(False)
        with self.assertRaises(BlockingIOError, msg="QEMU closed the other viewer's connection"):
            while ours.recv(4096):
                pass


@qemu.for_each_qemu
class Bus(ViewerCase):
    """A private D-Bus daemon with two machines on it."""

    sanitize = valgrind = True

    def setUp(self):
        super().setUp()
        self.address = f"unix:path={self.path('bus')}"
        daemon = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile",
                                   f"--address={self.address}"], stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        wait_for(lambda: os.path.exists(self.path("bus")), "the bus to listen")

    def machine_on_bus(self, *arguments, **options):
        return self.machine(*arguments, display=f"dbus,addr={self.address}", **options)

    def two_machines(self):
        machines = []
        for name, uuid, device in (("moss", UUID, "VGA"), ("fern", OTHER_UUID, "cirrus-vga")):
            machine = self.machine_on_bus("-device", device, name=name, uuid=uuid)
            machine.wait_firmware()
            machine.freeze()
            machines.append(machine)
        return machines

    def test_one_machine(self):
        machine = self.machine_on_bus("-vga", "std", name="moss", uuid=UUID)
        machine.wait_firmware()
        machine.freeze()
        self.assert_same_picture(self.screenshot("--address", self.address), machine.screendump())

    def test_two_machines(self):
        moss, fern = self.two_machines()
        self.assertIsNotNone(moss.screendump().difference(fern.screendump()))
        for machine, vm in ((moss, "moss"), (fern, "fern"), (fern, OTHER_UUID)):
            with self.subTest(vm):
                shot = self.screenshot("--address", self.address, "--vm", vm)
                self.assert_same_picture(shot, machine.screendump())
        self.vitrine("--address", self.address, "--screenshot", self.path("none.png"),
                     status=CANNOT_ATTACH, says="moss.*fern")
        self.vitrine("--address", self.address, "--vm", "lichen", "--screenshot",
                     self.path("none.png"), status=CANNOT_ATTACH, says="lichen")

    def test_list(self):
        self.two_machines()
        vms = json.loads(self.vitrine("--address", self.address, "--list", "--json").output)
        self.assertEqual(sorted((vm["name"], vm["uuid"]) for vm in vms),
                         [("fern", OTHER_UUID), ("moss", UUID)])

    def test_no_machine(self):
        self.vitrine("--address", self.address, "--screenshot", self.path("none.png"),
                     status=CANNOT_ATTACH)

    def test_no_bus(self):
        self.vitrine("--address", f"unix:path={self.path('absent')}", "--screenshot",
                     self.path("none.png"), status=CANNOT_ATTACH)

    def test_session_bus(self):
        machine = self.machine_on_bus("-vga", "std")
        machine.wait_firmware()
        machine.freeze()
        shot = self.screenshot("--address", "session", DBUS_SESSION_BUS_ADDRESS=self.address)
        self.assert_same_picture(shot, machine.screendump())
