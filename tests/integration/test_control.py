"""Programs that drive a VM through --control, and scripts through a viewer that has the VM."""

import contextlib
import json
import os
import random
import shutil
import socket
import stat
import subprocess
import time
import unittest

import limits
import picture
import qemu
from control import Control
from qmp import ANSWER_TIMEOUT_S
from qtest import Qtest
from test_qemu_window import WindowCase
from viewer import (DIFFERENT, DONE, FAILED, TIMED_OUT, USAGE, VM_GONE, ViewerCase, program,
                    wait_for)
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern
from virtual_clock import VirtualClock

MAX_CLIENTS = limits.value("CONTROL_SERVER_MAX_CLIENTS")
MAX_BACKLOG = limits.value("CONTROL_SERVER_MAX_BACKLOG")
MAX_LINE = limits.value("LINE_MAX_SIZE") - 1
GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
GPU_SLOT = 2
SIZE = (320, 240)
KEY_A, KEY_Y, KEY_Z, KEY_LEFTSHIFT = 30, 21, 44, 42
SHOWS = """
head 0
head 1
record %s
pointer 0 absolute
scanout 0 a memory XRGB8888 64x48
draw a bars
update 0 0,0,64x48
scanout 1 b memory XRGB8888 32x16
draw b bars
update 1 0,0,32x16
"""


class ControlCase(ViewerCase):
    """The built-in guest, served on a socket."""

    sanitize = valgrind = True
    who = ""

    def setUp(self):
        super().setUp()
        self.control_path = self.path("control")
        self.record = self.path("record")

    def fake(self, then=""):
        with open(self.path("guest"), "w") as file:
            file.write(self.who + SHOWS % self.record + then)
        return "--fake=" + self.path("guest")

    def serve(self, *arguments, then="", **options):
        """Attached, and ready to be connected to."""
        ours, theirs = os.pipe()
        with open(ours) as ready:
            try:
                run = self.start(self.fake(then), "--headless", "--control", self.control_path,
                                 "--ready-fd", str(theirs), *arguments, pass_fds=[theirs],
                                 **options)
            finally:
                os.close(theirs)
            self.assertEqual(ready.read(), "READY=1\n", run.story())
        return run

    def client(self, path=None):
        client = Control(path or self.control_path)
        self.addCleanup(client.close)
        return client

    def expect(self, answer, code=DONE, says=None, command=None):
        self.assertEqual((answer["ok"], answer["code"]), (code == DONE, code), answer)
        if says is not None:
            self.assertRegex(answer["text"], says)
        if command is not None:
            self.assertEqual(answer["command"], command)

    def end(self, run, status=DONE):
        self.assertEqual(run.terminate(), status, run.story())

    def events(self, *kinds):
        with open(self.record) as file:
            events = [json.loads(line) for line in file]
        return [event for event in events if event["event"] in kinds]

    def keys(self):
        return [(event["code"], event["pressed"]) for event in self.events("key")]


class Socket(ControlCase):
    def test_is_for_the_owner_and_goes_with_the_viewer(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        run = self.serve()
        status = os.lstat(self.control_path)
        self.assertTrue(stat.S_ISSOCK(status.st_mode))
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
        self.expect(self.client().do("wait-size 64x48"))
        self.end(run)
        self.assertFalse(os.path.lexists(self.control_path))

    def test_stale_one_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.control_path)
            stale.listen()
        run = self.serve()
        self.expect(self.client().do("expect-size 64x48"))
        self.end(run)

    def test_none_is_left_behind(self):
        """However it ends: its broker removes what it has bound."""
        run = self.serve()
        run.process.kill()
        run.process.wait()
        wait_for(lambda: not os.path.exists(self.control_path), "the socket's end")

    @staticmethod
    def said_to(path, kind, request, **user):
        """What somebody is answered who asks there; b"": nothing."""
        asking = ("import socket, sys\n"
                  "client = socket.socket(socket.AF_UNIX, int(sys.argv[2]))\n"
                  f"client.settimeout({ANSWER_TIMEOUT_S})\n"
                  "client.connect(sys.argv[1])\n"
                  "try:\n"
                  "    client.sendall(sys.argv[3].encode())\n"
                  "    sys.stdout.buffer.write(client.recv(65536))\n"
                  "except (BrokenPipeError, ConnectionResetError):\n"
                  "    pass\n")
        return subprocess.run(["/usr/bin/python3", "-c", asking, path, str(int(kind)), request],
                              cwd="/", check=True, capture_output=True, **user).stdout

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_others_who_get_there_are_turned_away(self):
        """The folder and the mode keep them out; if these do not, who they are does."""
        run = self.serve("-v")
        folder = self.path("vitrine")
        resident, = (os.path.join(folder, name) for name in os.listdir(folder)
                     if stat.S_ISSOCK(os.lstat(os.path.join(folder, name)).st_mode))
        for path in self.folder, folder, self.control_path, resident:
            os.chmod(path, 0o777)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        for path, kind, request in (
                (self.control_path, socket.SOCK_STREAM, "expect-size 64x48\n"),
                (resident, socket.SOCK_SEQPACKET, '{"command": "list"}')):
            self.assertEqual(self.said_to(path, kind, request, **nobody), b"", path)
            self.assertIn(b"64", self.said_to(path, kind, request), path)
        self.assertIn("of another user was turned away", run.errors)
        self.end(run)

    def refused(self, path, says):
        self.vitrine(self.fake(), "--headless", "--control", path, status=FAILED, says=says)

    def test_nothing_else_is_replaced(self):
        file, link, folder = (self.path(name) for name in ("file", "link", "folder"))
        with open(file, "w") as out:
            out.write("mine")
        os.symlink(file, link)
        os.mkdir(folder)
        for path in (file, link, folder):
            self.refused(path, f"cannot listen on {path}: File exists")
        with open(file) as left:
            self.assertEqual(left.read(), "mine")
        self.assertTrue(os.path.islink(link))
        self.refused(self.path("nowhere/control"), "No such file")
        self.refused(self.path("x" * 200), "File name too long")

    def test_living_one_is_not_replaced(self):
        with socket.socket(socket.AF_UNIX) as living:
            living.bind(self.control_path)
            living.listen()
            self.refused(self.control_path, "another program does")
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(self.control_path)
        os.unlink(self.control_path)
        run = self.serve()
        self.refused(self.control_path, "another program does")
        self.expect(self.client().do("sleep 0"))
        self.end(run)

    def test_of_another_stays(self):
        """Whoever has taken the place meanwhile keeps it."""
        first = self.serve()
        os.unlink(self.control_path)
        second = self.serve()
        self.end(first)
        self.expect(self.client().do("sleep 0"))
        self.end(second)
        self.assertFalse(os.path.lexists(self.control_path))

    def test_ready_descriptor_that_is_not_open(self):
        if os.environ.get("VITRINE_TOOL") == "valgrind":
            self.skipTest("newer valgrinds take it for a mistake that we look")
        self.vitrine(self.fake(), "--headless", "--ready-fd", "77", status=FAILED,
                     says="--ready-fd 77: that descriptor is not open")


class Clients(ControlCase):
    def test_answers_in_order(self):
        """One each, whatever comes of it; empty lines and comments are no commands."""
        run = self.serve()
        client = self.client()
        client.send('\n# nothing\nexpect-size 64x48\nexpect-size 1x1\n  fly away\nsleep 50\n'
                    'type a "\ntype a b\nshot\ntype "\\q"\nwait-size 2x2 --timeout=50ms\n'
                    "expect-pixel 44,24,ff0000\nconsole 1\nexpect-size 32x16\nshot -\nrecord-end\n")
        answers = client.finish()
        self.assertEqual([answer["code"] for answer in answers],
                         [DONE, DIFFERENT, USAGE, DONE, USAGE, USAGE, USAGE, USAGE, TIMED_OUT,
                          DONE, DONE, DONE, USAGE, USAGE])
        self.assertEqual([answer.get("column") for answer in answers],
                         [None, None, 3, None, 9, 8, 1, 7, *[None] * 6])
        self.assertEqual([answer.get("command") for answer in answers],
                         ["expect-size", "expect-size", None, "sleep", None, None, None, None,
                          "wait-size", "expect-pixel", "console", "expect-size", "shot",
                          "record-end"])
        self.assertRegex(answers[1]["text"], "1x1 pixels: the picture has 64x48")
        self.assertRegex(answers[2]["text"], "there is no command 'fly'")
        self.assertRegex(answers[12]["text"], "no standard output here")
        self.assertGreaterEqual(answers[3]["seconds"], 0.05)
        self.assertEqual(self.keys(), [])
        self.end(run)
        self.assertEqual(run.errors, "")

    def test_pictures(self):
        """File names are relative to where the viewer was started; evidence goes where it said."""
        os.mkdir(self.path("cwd"))
        os.mkdir(self.path("artifacts"))
        run = self.serve("--artifacts", self.path("artifacts"), cwd=self.path("cwd"))
        client = self.client()
        answer = client.do("shot a.ppm --console=all")
        self.expect(answer, command="shot")
        self.assertEqual(answer["files"], ["a-0.ppm", "a-1.ppm"])
        self.assertEqual(sorted(os.listdir(self.path("cwd"))), answer["files"])
        self.expect(client.do("expect-match a-0.ppm"))
        with open(self.path("cwd/a-0.ppm"), "r+b") as file:
            file.seek(-3, os.SEEK_END)
            file.write(b"\xff\x00\xff")
        answer = client.do("expect-match a-0.ppm")
        self.expect(answer, DIFFERENT, "1 of 3072 pixels|1 pixel")
        for kind in ("picture", "difference"):
            picture.load(answer[kind])
            self.assertEqual(os.path.dirname(answer[kind]), self.path("artifacts"))
        self.expect(client.do("shot /nowhere/a.png"), FAILED, "No such file")
        self.end(run)

    def test_evidence_of_two(self):
        run = self.serve("--artifacts", self.path("artifacts"))
        os.mkdir(self.path("artifacts"))
        answers = [self.client().do(f"expect-size {size}x1") for size in (1, 2)]
        names = [answer["picture"] for answer in answers]
        self.assertNotEqual(*names)
        self.assertEqual(sorted(os.listdir(self.path("artifacts"))),
                         sorted(map(os.path.basename, names)))
        self.end(run)

    def test_no_evidence_without_a_place_for_it(self):
        os.mkdir(self.path("cwd"))
        run = self.serve("--timeout", "1", cwd=self.path("cwd"))
        answer = self.client().do("wait-size 1x1")
        self.expect(answer, TIMED_OUT, "not within 1 s")
        self.assertNotIn("picture", answer)
        self.assertEqual(os.listdir(self.path("cwd")), [])
        self.end(run)

    def test_many_at_once(self):
        """Each has its own console, time and layout; one that waits keeps nobody else waiting."""
        run = self.serve("--timeout", "60")
        waiting = self.client()
        waiting.send("wait-size 9x9\n")
        clients = [self.client() for _ in range(MAX_CLIENTS - 1)]
        for number, client in enumerate(clients):
            client.send(f"console {number % 2}\ntimeout {100 + number}ms\nwait-size 9x9\n"
                        f"layout {('us', 'de')[number % 2]}\n")
        for number, client in enumerate(clients):
            answers = [client.answer() for _ in range(4)]
            self.assertEqual([answer["code"] for answer in answers],
                             [DONE, DONE, TIMED_OUT, DONE])
            self.assertRegex(answers[2]["text"], f"within {(100 + number) / 1000:g} s; the picture "
                                                 f"has {('64x48', '32x16')[number % 2]}")
        self.expect(clients[0].do("type z"))
        self.expect(clients[1].do("console 0"))
        self.expect(clients[1].do("type z"))
        self.assertEqual(self.keys(), [(KEY_Z, True), (KEY_Z, False), (KEY_Y, True),
                                       (KEY_Y, False)])
        waiting.close()
        self.end(run)

    def test_too_many(self):
        run = self.serve()
        clients = [self.client() for _ in range(MAX_CLIENTS)]
        for client in clients:
            self.expect(client.do("sleep 0"))
        answer = self.client().answer()
        self.expect(answer, FAILED, "too many clients")
        self.expect(clients[3].do("sleep 0"))
        clients.pop().close()

        def let_in():
            answer = self.client().do("sleep 0")
            return answer["ok"]
        wait_for(let_in, "a place to be free")
        self.end(run)
        self.assertIn("one is turned away", run.errors)

    def test_half_closed(self):
        """As printf … | socat does."""
        run = self.serve()
        client = self.client()
        client.send("sleep 100\nwait-size 64x48\nwait-size 1x1 --timeout=200ms\nsleep 0\ntype a")
        answers = client.finish()
        self.assertEqual([(answer["command"], answer["code"]) for answer in answers],
                         [("sleep", DONE), ("wait-size", DONE), ("wait-size", TIMED_OUT),
                          ("sleep", DONE), ("type", DONE)])
        self.assertEqual(self.keys(), [(KEY_A, True), (KEY_A, False)])
        # Nothing at all, and nothing but a half.
        self.assertEqual(self.client().finish(), [])
        client = self.client()
        client.send("# a comment")
        self.assertEqual(client.finish(), [])
        self.end(run)

    def test_leaves_in_the_middle(self):
        """Of a wait, with keys down, with a recording, with answers unread: nothing of it stays."""
        run = self.serve()
        for _ in range(2 * MAX_CLIENTS):
            client = self.client()
            client.send("expect-size 64x48\nwait-size 1x1 --timeout=1h\n".replace("1h", "60min"))
            self.expect(client.answer())
            client.close()
        client = self.client()
        self.expect(client.do("key-down shift"))
        self.expect(client.do(f"record {self.path('v.y4m')}"))
        client.send("wait-size 1x1 --timeout=60min\n")
        client.close()
        wait_for(lambda: self.keys() == [(KEY_LEFTSHIFT, True), (KEY_LEFTSHIFT, False)],
                 "the key to go up")
        wait_for(lambda: len(self.frames("v.y4m")) >= 1, "the recording to be closed")
        self.expect(self.client().do("sleep 0"))
        self.end(run)

    def frames(self, name):
        with open(self.path(name), "rb") as file:
            data = file.read()
        size = len(b"FRAME\n") + 3 * 64 * 48
        head, _, data = data.partition(b"\n")
        self.assertTrue(head.startswith(b"YUV4MPEG2 W64 H48"), head)
        self.assertEqual(len(data) % size, 0)
        return [data[at:at + size] for at in range(0, len(data), size)]

    def test_never_reads(self):
        """Is thrown out one day; the others do not notice."""
        run = self.serve()
        deaf, other = self.client(), self.client()
        command = "x" * 300  # what is said of it is long, too: so fewer of them will do
        lines = f"{command}\n" * 100
        answered = 100 * len(json.dumps(other.do(command), separators=(",", ":")))
        sent = 0
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(10000):
                deaf.send(lines)
                sent += 1
                if random.random() < 0.01:
                    self.expect(other.do("expect-size 64x48"))
        # Sockets keep some of them, too.
        self.assertGreater(sent * answered, MAX_BACKLOG)
        self.expect(other.do("expect-size 64x48"))
        self.end(run)
        self.assertIn("does not read its answers; it is disconnected", run.errors)

    def test_long_lines(self):
        run = self.serve()
        client = self.client()
        self.expect(client.do("sleep 0 #".ljust(MAX_LINE, "x")))
        answer = client.do("sleep 0 #".ljust(MAX_LINE + 1, "x"))
        self.expect(answer, USAGE, "too long")
        client.send("y" * 1000000 + "\nsleep 0\n")
        self.expect(client.answer(), USAGE, "too long")
        self.expect(client.answer(), command="sleep")
        client.send("z" * (MAX_LINE + 1))
        self.expect(client.answer(), USAGE, "too long")
        self.assertEqual(client.finish(), [])
        self.end(run)

    def test_bytes_that_are_no_text(self):
        run = self.serve()
        client = self.client()
        for data, says in ((b"sle\0ep 0\n", "a byte of 0"), (b"\0\n", "a byte of 0"),
                           (b"\xff\xfe\n", "UTF-8|no command"),
                           (b'type "\xc3"\n', "UTF-8")):
            client.send(data)
            self.expect(client.answer(), USAGE, says)
        self.expect(client.do("sleep 0"))
        client.send(b"sleep 0\0")
        answer, = client.finish()
        self.expect(answer, USAGE, "a byte of 0")
        self.assertEqual(self.keys(), [])
        self.end(run)

    def test_garbage(self):
        """Whatever comes, each line gets one answer that is JSON, and the next client is served."""
        seed = random.randrange(1 << 32)
        print(f"test_garbage: seed {seed}", flush=True)
        chance = random.Random(seed)
        run = self.serve()
        words = [b"shot", b"type", b"key", b"wait-size", b"--console", b"=", b"1x1", b'"', b"\\",
                 b"#", b"--timeout=1", b"-", b",", b"\xc3\xa4", b"1", b"99999999999999999999"]
        for _ in range(20):
            client = self.client()
            lines = []
            for _ in range(20):
                kind = chance.randrange(3)
                if kind == 0:
                    line = chance.randbytes(chance.randrange(1, 200))
                elif kind == 1:
                    line = b" ".join(chance.choices(words, k=chance.randrange(1, 6)))
                else:
                    line = b"".join(chance.choices(words, k=chance.randrange(1, 6)))
                # A word of its own before it: none is a command, none is a comment.
                lines.append(b"x" + line.replace(b"\n", b""))
            client.send(b"\n".join(lines))
            answers = client.finish()
            self.assertEqual(len(answers), len(lines), f"seed {seed}")
            for answer in answers:
                self.expect(answer, USAGE, ".")
            client.close()
        self.expect(self.client().do("expect-size 64x48"))
        self.end(run)

    def test_vm_ends_meanwhile(self):
        for how, then in (("dies", "close ECONNRESET"), ("leaves", "quit")):
            with self.subTest(how):
                run = self.serve(then=f"sleep 2000\n{then}\n")
                waits = ("wait-size 1x1", "wait-stable 1min", "wait-pixel 0,0,123456",
                         "wait-change", "sleep 1min")
                clients = [self.client() for _ in waits]
                for client, wait in zip(clients, waits):
                    client.send(f"timeout 2min\n{wait}\n")
                gone = self.client()
                gone.send("wait-gone --timeout=2min\n")
                for client, wait in zip(clients, waits):
                    self.expect(client.answer())
                    self.expect(client.answer(), VM_GONE, "the VM has ended", wait.split()[0])
                    self.assertIsNone(client.answer())
                self.expect(gone.answer(), command="wait-gone")
                self.assertIsNone(gone.answer())
                self.assertEqual(run.wait(), VM_GONE if how == "dies" else DONE, run.story())
                self.assertFalse(os.path.lexists(self.control_path))


class TakenOver(ControlCase):
    """Another viewer has the VM: its pictures go on, and what is to be done to it is not."""

    valgrind = False  # where time is the kernel's
    who = "uuid 8b1f6c9e-0a4d-4f57-9d3c-2b7e5a90c1d4\n"
    UNTIL_TAKEN = "sleep 60000\ntake-over\n"  # the clock is sent ahead for that
    TAKEN = "another viewer has the VM"

    def setUp(self):
        super().setUp()
        self.clock = VirtualClock(program(), self.path("clock"))

    def take_over(self, run):
        self.clock.jump(60)
        wait_for(lambda: "took this VM over" in run.errors, "the viewer to say so")

    def input(self):
        return self.events("key", "button", "motion", "wheel", "touch")

    def test_commands(self):
        run = self.serve(then=self.UNTIL_TAKEN, **self.clock.environment)
        client = self.client()
        self.expect(client.do("type a"))
        self.take_over(run)
        before = self.input()
        self.assertEqual(self.keys(), [(KEY_A, True), (KEY_A, False)])
        for command in ("type b", "key a", "key-down shift", "move 5,5", "click", "click 5,5",
                        "drag 1,1 9,9", "wheel 1", "touch 5,5"):
            self.expect(client.do(command), VM_GONE, f"^{self.TAKEN}$", command.split()[0])
        # Another mistake is one all the same, and pictures are none.
        self.expect(client.do("type b --console=all"), USAGE)
        self.expect(client.do("wait-size 64x48"))
        self.expect(client.do("expect-size 64x48"))
        self.expect(client.do(f"shot {self.path('shot.png')}"))
        self.assertEqual(self.input(), before)
        self.end(run)

    def test_in_the_middle(self):
        for command, kind in (("type " + "b" * 2000, "key"), ("wheel 100", "wheel")):
            with self.subTest(kind):
                run = self.serve(then=self.UNTIL_TAKEN, **self.clock.environment)
                client = self.client()
                client.send(command + "\n")
                wait_for(lambda: len(self.events(kind)) >= 2, "it to begin")
                self.take_over(run)
                self.expect(client.answer(), VM_GONE, f"not all of it was done: {self.TAKEN}")
                self.end(run)

    def test_who_types_through_it(self):
        run = self.serve(then=self.UNTIL_TAKEN, **self.clock.environment)
        with open(self.path("again"), "w") as file:
            file.write(self.who)
        through = (f"--fake={self.path('again')}", "--type")
        typing = self.start(*through, "b" * 2000)
        wait_for(lambda: len(self.events("key")) >= 2, "it to begin")
        self.take_over(run)
        self.assertEqual(typing.wait(), VM_GONE, typing.story())
        self.assertIn(f"not all was typed: {self.TAKEN}", typing.errors)
        before = self.input()
        self.vitrine(*through, "a", status=VM_GONE, says=self.TAKEN)
        self.assertEqual(self.input(), before)
        self.end(run)

    def test_who_types_alone(self):
        for job, what in (("--type=", "was typed"), ("--command=type ", "of it was done")):
            with self.subTest(job):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.record)
                run = self.start(self.fake(self.UNTIL_TAKEN), job + "b" * 2000,
                                 **self.clock.environment)
                wait_for(lambda: os.path.exists(self.record) and len(self.events("key")) >= 2,
                         "it to begin")
                self.clock.jump(60)
                self.assertEqual(run.wait(), VM_GONE, run.story())
                self.assertRegex(run.errors, f"not all {what}: {self.TAKEN}")


class ResidentCase(ControlCase):
    """A real VM that a viewer has; what is run beside it goes through that."""

    def setUp(self):
        super().setUp()
        self.vm = self.halted_machine(*GPU)
        qtest = Qtest(self.vm.qtest_path)
        self.addCleanup(qtest.close)
        self.gpu = VirtioGpu(qtest, Memory(), GPU_SLOT)
        self.show(10)

    def show(self, salt, head=0):
        words = pattern(*SIZE, salt)
        self.gpu.show(head, *SIZE, words)
        return picture.from_xrgb(*SIZE, words)

    def attach(self, *arguments):
        ours, theirs = os.pipe()
        with open(ours) as ready:
            try:
                run = self.start("--qmp", self.vm.qmp_path, "--headless", "--ready-fd", str(theirs),
                                 *arguments, pass_fds=[theirs])
            finally:
                os.close(theirs)
            self.assertEqual(ready.read(), "READY=1\n", run.story())
        return run

    def commands(self, *lines):
        return ("--qmp", self.vm.qmp_path, *(word for line in lines for word in ("-e", line)))

    def caller(self, name):
        """A folder to start from."""
        os.mkdir(self.path(name))
        return self.path(name)


@qemu.for_each_qemu
class Attached(ResidentCase):
    sanitize, valgrind = True, False

    def test_serves_a_vm(self):
        run = self.attach("--control", self.control_path)
        client = self.client()
        for salt in (20, 30):
            shown = self.show(salt)
            self.expect(client.do(f"wait-pixel 0,0,0000{salt:02x}"))
            self.expect(client.do(f"shot {self.path('shot.png')}"))
            self.assert_same_picture(picture.load(self.path("shot.png")), shown)
        self.expect(client.do("powerdown"))
        # The whole picture is what no change follows on: the first look may have been at a part.
        self.expect(client.do(f"expect-pixel 0,0,0000{salt:02x}"))
        client.send("wait-change --timeout=2min\n")
        gone = self.client()
        gone.send("sleep 0\nwait-gone --timeout=2min\n")
        self.expect(gone.answer())
        self.vm.kill()
        self.expect(client.answer(), VM_GONE, "the VM has ended meanwhile")
        self.expect(gone.answer())
        self.assertEqual(run.wait(), VM_GONE, run.story())

    def test_files_that_the_user_names(self):
        """Anywhere, and all of a series."""
        os.mkdir(self.path(".shots"))
        os.symlink(".shots", self.path("visible"))
        qmp = ("--qmp", self.vm.qmp_path)
        shown = self.show(20)
        for name in ".shots/s-%03d.png", "visible/s-%03d.png":
            self.vitrine(*qmp, "--screenshot", self.path(name))
        for salt in (30, 40):
            shown = self.show(salt)
            for name in ".shots/all.raw", ".shots/all-%d.png":
                self.vitrine(*qmp, "--console", "all", "--screenshot", self.path(name))
            self.vitrine(*qmp, "-e", f"shot {self.path('.shots/t-%d.qoi')}",
                         "-e", f"shot {self.path('.shots/t.png')} --console=all",
                         "-e", f"shot {self.path('visible/u.png')}")
        self.assertEqual(sorted(os.listdir(self.path(".shots"))), [
            "all-0.raw", "all-1-0.png", "all-2-0.png", "s-001.png", "s-002.png", "t-0.png", "t-1.qoi",
            "t-2.qoi", "u.png"])
        for name in "all-2-0.png", "t-0.png", "u.png":
            self.assert_same_picture(picture.load(self.path(f".shots/{name}")), shown)

    def test_a_home_below_a_hidden_folder(self):
        """As homes are on a server; what is hidden in it is so all the same."""
        home = self.path(".homes/user")
        os.makedirs(os.path.join(home, ".config"))
        os.symlink(".homes/user", self.path("user"))
        self.environment["HOME"] = self.path("user")
        run = self.attach("--control", self.control_path)
        client = self.client()
        for name in "user/s.png", ".homes/user/t.png":
            self.expect(client.do(f"shot {self.path(name)}"))
        for name in "user/.config/s.png", ".homes/s.png":
            self.expect(client.do(f"shot {self.path(name)}"), FAILED, "Operation not permitted")
        self.assertEqual(sorted(os.listdir(home)), [".config", "s.png", "t.png"])
        self.end(run)

    def test_artifacts_that_are_made_later(self):
        os.mkdir(self.path(".server"))
        os.symlink(".server", self.path("visible"))
        run = self.attach("--control", self.control_path, "--artifacts", self.path("visible/later"))
        client = self.client()
        os.mkdir(self.path(".server/later"))
        self.expect(client.do(f"shot {self.path('visible/later/s.png')}"))
        self.expect(client.do(f"shot {self.path('visible/s.png')}"), FAILED,
                    "Operation not permitted")
        self.end(run)

    def test_files_that_clients_may_read(self):
        """Pictures, also where a link leads to what is hidden, as of a store of files."""
        run = self.attach("--control", self.control_path)
        client = self.client()
        os.mkdir(self.path(".git"))
        self.expect(client.do(f"shot {self.path('a.png')}"))
        os.rename(self.path("a.png"), self.path(".git/SHA256-1.png"))
        os.symlink(".git/SHA256-1.png", self.path("a.png"))
        self.expect(client.do(f"expect-match {self.path('a.png')}"))
        with open(self.path("disk"), "wb") as disk:
            disk.write(b"of another VM")
        os.symlink("disk", self.path("b.png"))
        for name in "b.png", ".git/SHA256-1.png":
            self.expect(client.do(f"expect-match {self.path(name)}"), FAILED,
                        "Operation not permitted")
        self.end(run)

    def test_files_that_clients_may_write(self):
        """Not where programs look for what to run, nor over what may be a disk."""
        run = self.attach("--control", self.control_path)
        client = self.client()
        for name in ".config", ".cache":
            os.mkdir(self.path(name))
        for command in (f"shot {self.path('.config/s.png')}", f"record {self.path('.config/v.y4m')}",
                        f"record {self.path('v.y4m')} --times={self.path('.config/v.times')}"):
            self.expect(client.do(command), FAILED, "Operation not permitted")
        os.symlink(".config", self.path("visible"))
        self.expect(client.do(f"shot {self.path('visible/s.png')}"), FAILED,
                    "Operation not permitted")
        self.assertEqual(os.listdir(self.path(".config")), [])
        with open(self.path("disk.raw"), "w") as disk:
            disk.write("of another VM")
        for command in "shot", "record":
            self.expect(client.do(f"{command} {self.path('disk.raw')}"), FAILED, "File exists")
        with open(self.path("disk.raw")) as disk:
            self.assertEqual(disk.read(), "of another VM")
        again = ("s.png", "s.ppm", "s.qoi", ".cache/s.png")
        for name in (*again, "s.raw", *again):
            self.expect(client.do(f"shot {self.path(name)}"))
        for name in "v.y4m", "v.raw", "v.y4m":
            self.expect(client.do(f"record {self.path(name)} --times={self.path('v.times')}"))
            self.expect(client.do("record-end"))
        self.assertTrue(os.path.exists(self.path("v.times")))
        self.end(run)


@qemu.for_each_qemu
class ThroughAResident(ResidentCase):
    sanitize, valgrind = True, False

    def compare(self, *lines, arguments=(), status=DONE):
        """What comes of it is the same as without one: exit code, words, files, output."""
        results = []
        for name in ("alone", "through"):
            folder = self.caller(name)
            self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
            resident = self.attach() if name == "through" else None
            run = self.vitrine(*self.commands(*lines), *arguments, cwd=folder, status=status)
            # A resident knows no names but whole ones.
            words = [line.replace(folder + "/", "").replace("./", "") for line in run.errors.splitlines()
                     if "each visit goes on" not in line]
            files = {}
            for entry in sorted(os.listdir(folder)):
                with open(os.path.join(folder, entry), "rb") as file:
                    files[entry] = file.read().replace(folder.encode(), b".").replace(b"././", b"./")
            results.append((words, files, run.output))
            if resident is not None:
                self.end(resident)
            shutil.rmtree(folder)
        alone, through = results
        self.assertEqual(through[0], alone[0])
        self.assertEqual(list(through[1]), list(alone[1]))
        self.assertEqual(through[2], alone[2])
        return alone, through

    def test_files_are_the_callers(self):
        alone, through = self.compare("shot a.png", "shot s-%d.ppm", "shot s-%d.ppm",
                                      "expect-match a.png", "wait-match s-1.ppm")
        self.assertEqual(through[1], alone[1])
        self.assertEqual(list(through[1]), ["a.png", "s-1.ppm", "s-2.ppm"])

    def test_standard_output(self):
        _, through = self.compare("shot -")
        self.assert_same_picture(picture.read_png(through[2]), self.show(10))

    def test_failures(self):
        for line, status in (("expect-size 1x1", DIFFERENT), ("wait-size 1x1 --timeout=200ms", TIMED_OUT), ("record-end", USAGE),
                             ("shot /nowhere/b.png", FAILED), ("expect-match nowhere.png", FAILED),
                             ("move 1,1 --console=7", FAILED)):
            with self.subTest(line):
                self.compare("shot a.png", "sleep 0", line, status=status)
        # What it shows, and where that differs.
        part = self.path("part.ppm")
        with open(part, "wb") as file:
            file.write(b"P6\n%d %d\n255\n" % SIZE + bytes(3 * SIZE[0] * SIZE[1]))
        alone, through = self.compare("sleep 0", f"expect-match {part}", status=DIFFERENT)
        self.assertEqual(through[1], alone[1])
        self.assertEqual(list(through[1]), ["script-2-actual.png", "script-2-difference.png"])

    def test_evidence_with_options(self):
        """The options before it are no lines of the script."""
        self.compare("sleep 0", "expect-size 1x1", status=DIFFERENT, arguments=("--layout", "de"))
        for name in ("first", "second"):
            with open(self.path(name + ".vs"), "w") as file:
                file.write("# mine\n\nexpect-size 320x240\n")
        self.compare("expect-size 1x1", status=DIFFERENT, arguments=(
            "--script", self.path("first.vs"), "--script", self.path("second.vs")))

    def test_report(self):
        self.compare("sleep 0", "expect-size 1x1", "sleep 0", status=DIFFERENT,
                     arguments=("--junit", "report.xml", "--artifacts", "."))

    def test_recording_is_whole_at_the_end(self):
        """Also without record-end."""
        resident = self.attach()
        folder = self.caller("caller")
        for end in ((), ("record-end",)):
            self.vitrine(*self.commands("record v.raw --fps=10", "sleep 1s", *end), cwd=folder)
            size = os.path.getsize(os.path.join(folder, "v.raw"))
            self.assertEqual(size % (4 * SIZE[0] * SIZE[1]), 0)
            self.assertGreaterEqual(size, 10 * 4 * SIZE[0] * SIZE[1])
            os.unlink(os.path.join(folder, "v.raw"))
        run = self.vitrine(*self.commands("record - --fps=10", "sleep 1s"), cwd=folder)
        self.assertGreaterEqual(len(run.output), 10 * 4 * SIZE[0] * SIZE[1])
        os.symlink("/dev/full", os.path.join(folder, "full.raw"))
        self.vitrine(*self.commands("record full.raw", "sleep 1s"), cwd=folder, status=FAILED,
                     says="No space left")
        self.end(resident)

    def test_two_at_once(self):
        """Neither waits for the other, and what each leaves behind is its own."""
        resident = self.attach()
        folder = self.caller("caller")
        runs = []
        for size in ("1x1", "2x2"):
            with open(self.path(size + ".vs"), "w") as file:
                file.write(f"shot {size}.png\nwait-size 320x240\nwait-size {size} --timeout=2s\n")
            runs.append(self.start("--qmp", self.vm.qmp_path, "--script", self.path(size + ".vs"),
                                   cwd=folder))
        for run in runs:
            self.assertEqual(run.wait(), TIMED_OUT, run.story())
        self.assertEqual(sorted(os.listdir(folder)),
                         ["1x1-3-actual.png", "1x1.png", "2x2-3-actual.png", "2x2.png"])
        self.end(resident)

    def test_many(self):
        """More than there is room for are told so."""
        resident = self.attach()
        first = [self.start(*self.commands(f"shot {self.path(f'{i}.png')}", "sleep 1min"))
                 for i in range(MAX_CLIENTS)]
        wait_for(lambda: all(os.path.exists(self.path(f"{i}.png")) for i in range(MAX_CLIENTS)) or
                 not all(run.running() for run in first), "all of them to begin")
        self.vitrine(*self.commands("sleep 0"), status=FAILED, says="too many scripts")
        for run in first:
            run.kill()
        wait_for(lambda: self.start(*self.commands("sleep 0")).wait() == DONE, "a place")
        self.end(resident)

    def test_resident_leaves_meanwhile(self):
        for how in ("terminate", "kill"):
            with self.subTest(how):
                ready = self.path(how + ".png")
                resident = self.attach()
                run = self.start(*self.commands(f"shot {ready}", "wait-change --timeout=60s"))
                wait_for(lambda: os.path.exists(ready) or not run.running(), "it to begin")
                getattr(resident.process, how)()
                self.assertEqual(run.wait(), VM_GONE, run.story())
                self.assertRegex(run.errors, "the viewer that has this VM left before it was done")
                resident.process.wait()

    def test_vm_dies_meanwhile(self):
        ready = self.path("ready.png")
        resident = self.attach()
        run = self.start(*self.commands(f"shot {ready}", "wait-change --timeout=60s"))
        wait_for(lambda: os.path.exists(ready) or not run.running(), "it to begin")
        gone = self.start(*self.commands(f"shot {self.path('gone.png')}", "wait-gone"))
        wait_for(lambda: os.path.exists(self.path("gone.png")) or not gone.running(), "the other")
        time.sleep(1)  # for the waits to begin
        self.vm.kill()
        self.assertEqual(run.wait(), VM_GONE, run.story())
        self.assertRegex(run.errors, "-e:2: wait-change: .*the VM has ended")
        self.assertEqual(gone.wait(), DONE, gone.story())
        self.assertEqual(resident.wait(), VM_GONE, resident.story())

    def test_screenshot_is_waited_for(self):
        """Its process has the VM for a moment only, and does nothing for others."""
        shot = self.start("--qmp", self.vm.qmp_path, "--screenshot", self.path("shot.png"),
                          "--wait-stable", "2000")
        wait_for(lambda: self.is_attached(self.vm) or not shot.running(), "it to attach")
        self.vitrine(*self.commands("expect-size 320x240", f"shot {self.path('mine.png')}"))
        self.assertEqual(shot.wait(), DONE, shot.story())
        for name in ("shot.png", "mine.png"):
            self.assertTrue(os.path.exists(self.path(name)))

    def test_script_serves_others(self):
        """One that is attached itself lets others in as well."""
        ready = self.path("ready.png")
        first = self.start(*self.commands(f"shot {ready}", "wait-pixel 0,0,00004d --timeout=60s"))
        wait_for(lambda: os.path.exists(ready) or not first.running(), "it to begin")
        self.vitrine(*self.commands("expect-size 320x240"))
        self.show(0x4d)
        self.assertEqual(first.wait(), DONE, first.story())


@qemu.for_each_qemu
class ThroughWindows(WindowCase):
    sanitize = True

    def test_layouts(self):
        """Each for what is behind it."""
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        self.vitrine("--qmp", machine.qmp_path, "-e", "type z", "--layout", "de", "-e", "type z",
                     "--layout", "us", "-e", "type z")
        wait_for(lambda: len(log.keys()) >= 6, "the guest to see the keys")
        self.assertEqual(log.keys(), [0x2c, 0xac, 0x15, 0x95, 0x2c, 0xac])
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_script(self):
        machine, log = self.boot_input_guest()
        run = self.show(machine)
        os.mkdir(self.path("caller"))
        self.vitrine("--qmp", machine.qmp_path, "--layout", "de", "-e", "type z",
                     "-e", "shot a.png", "-e", "expect-match a.png --pixels=5%", "-e", "layout us",
                     "-e", "type z", cwd=self.path("caller"))
        wait_for(lambda: len(log.keys()) >= 4, "the guest to see the keys")
        self.assertEqual(log.keys(), [0x15, 0x95, 0x2c, 0xac])
        self.assertEqual(os.listdir(self.path("caller")), ["a.png"])
        self.vitrine("--qmp", machine.qmp_path, "-e", "expect-size 1x1", status=DIFFERENT,
                     says="-e:1: expect-size: expected the picture to have 1x1 pixels",
                     cwd=self.path("caller"))
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_control(self):
        machine, log = self.boot_input_guest()
        run = self.show(machine, "--control", self.path("control"))
        client = Control(self.path("control"))
        self.addCleanup(client.close)
        self.assertTrue(client.do("key a")["ok"])
        wait_for(lambda: log.keys() == [0x1e, 0x9e], "the guest to see the key")
        self.assertTrue(client.do(f"shot {self.path('a.png')}")["ok"])
        self.assertEqual(run.terminate(), DONE, run.story())
