"""A guest that does everything too often: the compositor gets little of it, and the last of it."""

import contextlib
import json
import os
import re
import socket
import stat
import threading
import time

import limits
from bare_window import BareCase
from mini_case import GREEN, MiniCase
from mini_compositor import CompositorError
from picture import Picture
from viewer import ViewerCase, wait_for

WIDTH, HEIGHT = 200, 100
LAST = Picture(WIDTH, HEIGHT, bytes(GREEN) * (WIDTH * HEIGHT))
IMPORTS_PER_S = limits.value("ADMISSION_IMPORTS_PER_S")
RESIZES_PER_S = limits.value("ADMISSION_RESIZES_PER_S")
RESIZES_BURST = limits.value("ADMISSION_RESIZES_BURST")
CHANGES_PER_S = limits.value("VIEW_CHANGES_PER_S")
SHAPES_PER_S = limits.value("CURSOR_KEEPER_SHAPES_PER_S")


class Limits(MiniCase):
    sanitize = True

    def begin(self, *lines):
        self.began = time.monotonic()
        compositor = self.compositor()
        run = self.show(compositor, "head 0", *lines)
        return compositor, run

    def allowed(self, per_second, at_once):
        """All that a limit lets pass in the time since the start, by the clock that it goes by."""
        return at_once + per_second * (time.monotonic() - self.began) + 1

    def finish(self, compositor, run, n_updates):
        """The last picture is there, everything was answered, and nothing is said of it."""
        self.wait_for_picture(compositor, LAST, run)
        wait_for(lambda: len(self.record("answer")) == n_updates, f"{n_updates} answers")
        self.assertEqual(self.record("stray-answer"), [])
        self.assertEqual(compositor.find("error"), [])
        self.assertLess(run.errors.count("\n"), 20, run.story())

    def end(self, compositor, run):
        """From then on all that it sent the compositor stands in the record."""
        self.assertEqual(run.terminate(), 0, run.story())
        compositor.wait("client_gone")

    def test_its_mode(self):
        # Known memory: only the mode is another one each time. Every size is shown to the end.
        lines = []
        for i in range(100):
            lines += [f"scanout 0 m{i % 2}", f"update 0 0,0,{100 + i % 2}x80", "sleep 5"]
        compositor, run = self.begin(
            "scanout 0 m0 memory XRGB8888 100x80", "draw m0 solid ff0000ff",
            "scanout 0 m1 memory XRGB8888 101x80", "draw m1 solid 0000ffff",
            "scanout 0 last memory XRGB8888 200x100", "draw last solid 00ff00ff",
            "scanout 0 m0", "update 0 0,0,100x80", "sleep 300", *lines,
            "scanout 0 last", "update 0 0,0,200x100", "hold")
        self.finish(compositor, run, 102)
        self.end(compositor, run)
        sizes = [(commit["width"], commit["height"])
                 for commit in compositor.find("commit", role="toplevel", attached=True)]
        changes = sum(before != after for before, after in zip(sizes, sizes[1:]))
        self.assertGreaterEqual(changes, RESIZES_BURST)
        self.assertLessEqual(changes, self.allowed(RESIZES_PER_S, RESIZES_BURST))
        self.assertEqual(sizes[-1], (200, 100))

    def test_its_memory(self):
        lines = []
        for i in range(40):
            lines += [f"scanout 0 m{i}", "update 0 0,0,200x100", f"forget 0 m{i}"]
        compositor, run = self.begin(
            *(line for i in range(40) for line in
              (f"scanout 0 m{i} dmabuf XRGB8888 200x100", f"draw m{i} solid ff0000ff")),
            "scanout 0 last dmabuf XRGB8888 200x100", "draw last solid 00ff00ff",
            "repeat 5", *lines, "end", "scanout 0 last", "update 0 0,0,200x100", "hold")
        self.finish(compositor, run, 201)
        self.end(compositor, run)
        imports = len(compositor.find("dmabuf_create"))
        self.assertGreaterEqual(imports, IMPORTS_PER_S)
        self.assertLessEqual(imports, self.allowed(IMPORTS_PER_S, IMPORTS_PER_S))

    def test_its_copies(self):
        width = limits.value("BUFFER_MAX_DIMENSION")
        height = limits.value("COPY_MAX_SIZE") // 4 // width + 1
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {width}x{height}",
                        f"update 0 0,0,{width}x{height}", "hold", arguments=("--path", "copy"))
        self.assertEqual(run.wait(), 1, run.story())
        self.assertIn("too large to copy", run.errors)

    def test_its_cursor(self):
        compositor, run = self.begin(
            "scanout 0 last memory XRGB8888 200x100", "draw last solid 00ff00ff",
            "update 0 0,0,200x100", "cursor 0 16x16 hot 0,0 solid ff0000ff", "sleep 300",
            "repeat 500", "cursor 0 16x16 hot 1,1 solid ff0000ff",
            "cursor 0 16x16 hot 2,2 solid 0000ffff", "end",
            "cursor 0 24x24 hot 3,3 solid 00ff00ff", "hold")
        self.finish(compositor, run, 1)
        compositor.command("pointer_enter", x=50, y=50)
        cursor = compositor.wait("set_cursor", hot_x=3, hot_y=3)
        compositor.wait("commit", surface=cursor["surface"], width=24, height=24)
        self.end(compositor, run)
        shapes = len(compositor.find("commit", surface=cursor["surface"], attached=True))
        self.assertLessEqual(shapes, self.allowed(SHAPES_PER_S, SHAPES_PER_S))

    def test_its_pointer(self):
        compositor, run = self.begin(
            "scanout 0 last memory XRGB8888 200x100", "draw last solid 00ff00ff",
            "scanout 0 first memory XRGB8888 200x100", "draw first solid ff0000ff",
            "update 0 0,0,200x100", "pointer 0 relative", "sleep 1000", "repeat 200",
            "pointer 0 relative", "sleep 6", "pointer 0 absolute", "sleep 1", "end",
            "pointer 0 relative", "scanout 0 last", "update 0 0,0,200x100", "hold")
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("keyboard_enter")
        compositor.command("pointer_enter", x=50, y=50)
        for pressed in (True, False):
            compositor.command("button", pressed=pressed)
        compositor.wait("lock_pointer")
        self.finish(compositor, run, 2)
        # The last is that it wants the pointer.
        def has_the_pointer():
            with contextlib.suppress(CompositorError):
                compositor.command("constrain", active=True)
            return compositor.find("title")[-1]["title"].count("—") > 1
        wait_for(has_the_pointer, "the title to say how to get out", timeout_s=20)
        self.end(compositor, run)
        locks = len(compositor.find("lock_pointer"))
        self.assertLessEqual(locks, self.allowed(CHANGES_PER_S, CHANGES_PER_S))

    def test_its_names(self):
        lines = []
        for i in range(500):
            lines += [f"head 0 label name-{i}", *(("sleep 1",) if i % 5 == 0 else ())]
        compositor, run = self.begin(
            "scanout 0 last memory XRGB8888 200x100", "draw last solid 00ff00ff",
            "update 0 0,0,200x100", "wait-answers", "sleep 300", *lines, "head 0 label the-last",
            "hold")
        self.finish(compositor, run, 1)
        wait_for(lambda: compositor.find("title")[-1]["title"].endswith("— the-last"),
                 "the last name", timeout_s=20)
        self.end(compositor, run)
        titles = len(compositor.find("title"))
        self.assertGreater(titles, 2)
        self.assertLessEqual(titles, self.allowed(CHANGES_PER_S, CHANGES_PER_S))

    def test_the_compositors_formats(self):
        largest = limits.value("FEEDBACK_MAX_TABLE_ENTRIES")
        for entries, path in ((largest, "direct"), (largest + 1, "copy")):
            with self.subTest(entries=entries):
                compositor = self.compositor(f"--table-entries={entries}")
                run = self.show(compositor, "head 0", "scanout 0 last dmabuf XRGB8888 200x100",
                                "draw last solid 00ff00ff", "update 0 0,0,200x100", "hold")
                self.wait_for_picture(compositor, LAST, run)
                vm, = json.loads(self.vitrine("--list", "--json").output)
                self.assertEqual(vm["consoles"][0]["path"], path, run.story())
                self.assertEqual("formats has a bad size" in run.errors, path == "copy")
                run.terminate()
                compositor.close()

    def test_the_compositors_outputs(self):
        most = limits.value("DISPLAY_MAX_OUTPUTS")
        for n_outputs in (most, most + 1):
            with self.subTest(n_outputs=n_outputs):
                compositor = self.compositor(
                    *(f"--output=DP-{i}:640x480" for i in range(1, n_outputs + 1)))
                run = self.show(compositor, "head 0", "scanout 0 last memory XRGB8888 200x100",
                                "draw last solid 00ff00ff", "update 0 0,0,200x100", "hold",
                                arguments=("--full-screen=HDMI-1", "--no-layout"))
                listed = wait_for(lambda: re.search("no such monitor; it has: (.*)", run.errors),
                                  "a word about it")
                self.assertEqual(len(listed[1].split(", ")), most)
                run.terminate()
                compositor.close()

    def test_where_the_compositors_outputs_are(self):
        """They are told in their order, from the left and then from above."""
        most = limits.value("OUTPUT_MAX_NUMBER")
        # Beyond it they are all at one place, and what is further up is first.
        for a, b, order in ((most - 1, most, "A, B"), (most, most + 1, "B, A"),
                            (-most, 1 - most, "A, B"), (-most - 1, -most, "B, A")):
            with self.subTest(a=a, b=b):
                compositor = self.compositor(f"--output=A:640x480{a:+}+1",
                                             f"--output=B:640x480{b:+}+0")
                run = self.show(compositor, "head 0", "scanout 0 last memory XRGB8888 200x100",
                                "draw last solid 00ff00ff", "update 0 0,0,200x100", "hold",
                                arguments=("--full-screen=HDMI-1", "--no-layout"))
                listed = wait_for(lambda: re.search("no such monitor; it has: (.*)", run.errors),
                                  "a word about it")
                self.assertEqual(re.findall(r"\b[AB]\b", listed[1]), order.split(", "))
                run.terminate()
                compositor.close()

    def test_a_compositor_that_never_answers(self):
        most = limits.value("WAYLAND_BUFFER_MAX")
        memories = [f"m{i}" for i in range(60)]
        compositor = self.compositor("--silent-dmabuf")
        run = self.show(
            compositor, "head 0",
            *(f"scanout 0 {name} dmabuf XRGB8888 {WIDTH}x{HEIGHT}" for name in memories),
            # A viewer that has never shown anything, and cannot, ends.
            f"scanout 0 first memory XRGB8888 {WIDTH}x{HEIGHT}",
            f"update 0 0,0,{WIDTH}x{HEIGHT}", "wait-answers", "sleep 500",
            "repeat 5", *(line for name in memories for line in
                          (f"scanout 0 {name}", f"update 0 0,0,{WIDTH}x{HEIGHT}",
                           f"forget 0 {name}")), "end", "wait-answers", "hold",
            # It is the number at once that is looked at.
            VITRINE_TEST_NO_RATES="1")
        wait_for(lambda: len(self.record("answer")) == 301, "301 answers", timeout_s=20)
        self.end(compositor, run)
        # There is also memory that the last of them were copied into.
        self.assertIn(len(compositor.find("dmabuf_create")), range(most // 2, most + 1))


class Outputs(BareCase):
    """What a compositor says of its monitors."""

    def test_of_one_window(self):
        most = limits.value("WINDOW_MAX_OUTPUTS")
        # Each with a scale of its own from the last one that counts: the one entered last is it.
        scales = [1] * (most - 1) + [2, 4]
        for n_outputs in (most, most + 1):
            with self.subTest(n_outputs=n_outputs):
                compositor, window = self.bare(
                    *(f"--output=DP-{i}:640x480,scale={scales[i - 1]}"
                      for i in range(1, n_outputs + 1)))
                surface = compositor.find("toplevel")[0]["surface"]
                compositor.command("place", surface=surface,
                                   also=[f"DP-{i}" for i in range(2, n_outputs + 1)])
                compositor.wait("commit", surface=surface, width=160, height=100)
                self.pass_all(compositor, window)
                sizes = [commit["width"] for commit in compositor.find("commit", surface=surface)]
                self.assertEqual(sizes[-1], 160)


class Names(ViewerCase):
    """Of a VM that would like to draw on the user's terminal."""

    NAME, LABEL = "vm\x1b[31m\x9b\u202eevil\u2028", "head\x07\u2066x"
    FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

    def serve(self):
        with open(self.path("guest"), "w") as file:
            file.write(f'name "{self.NAME}"\nhead 0 label "{self.LABEL}"\n'
                       "scanout 0 a memory XRGB8888 8x8\ndraw a solid ff0000ff\n"
                       "update 0 0,0,8x8\nhold\n")
        ours, theirs = os.pipe()
        with open(ours) as ready:
            run = self.start(f"--fake={self.path('guest')}", "--headless", "--ready-fd",
                             str(theirs), pass_fds=[theirs])
            os.close(theirs)
            self.assertEqual(ready.read(), "READY=1\n", run.story())
        return run

    def test_they_are_clean_wherever_they_are_shown(self):
        run = self.serve()
        for arguments in (("--list",), ("--list", "--json")):
            text = self.vitrine(*arguments).output.decode()
            self.assertIn("evil", text)
            self.assertIsNone(self.FORBIDDEN.search(text), ascii(text))
            self.assertNotIn("\\u001b", text)
        self.assertEqual(run.terminate(), 0, run.story())
        self.vitrine(f"--fake={self.path('guest')}", "-e", "expect-size 8x8", "--junit",
                     self.path("j.xml"))
        with open(self.path("j.xml")) as report:
            self.assertIsNone(self.FORBIDDEN.search(report.read().replace("\t", "")))

    def resident_path(self):
        path, = (os.path.join(folder, name)
                 for folder, _, names in os.walk(self.folder) for name in names
                 if stat.S_ISSOCK(os.lstat(os.path.join(folder, name)).st_mode))
        return path

    def test_a_viewer_that_was_taken_over(self):
        """It answers what it likes to whoever lists VMs."""
        run = self.serve()
        path = self.resident_path()
        self.assertEqual(run.terminate(), 0, run.story())
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        vm = json.dumps({"name": self.NAME, "pid": 7, "\x9b2J": "\x7f",
                         "consoles": [{"console": 0, "label": self.LABEL}]}, ensure_ascii=False)

        def answer():
            client, _ = listener.accept()
            client.recv(4096)
            client.send(vm.encode().replace(b"evil", b"evil\xff\xc2"))
            client.close()
        for arguments in (("--list",), ("--list", "--json")):
            thread = threading.Thread(target=answer)
            thread.start()
            text = self.vitrine(*arguments).output.decode()
            thread.join()
            self.assertIn("evil", text)
            self.assertIsNone(self.FORBIDDEN.search(text), ascii(text))
        self.assertEqual(json.loads(text)[0]["pid"], 7)

    def test_requests_at_once(self):
        most = limits.value("RESIDENT_MAX_CLIENTS")
        run = self.serve()
        path = self.resident_path()
        clients = []
        for _ in range(most + 1):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.addCleanup(client.close)
            client.connect(path)  # which waits until there is room
            client.settimeout(20)
            clients.append(client)
        self.assertIn("too many requests", clients[-1].recv(4096).decode())
        # The others are served.
        clients[-2].send(b'{"command": "list"}')
        self.assertIn("consoles", clients[-2].recv(65536).decode())
        self.assertEqual(run.terminate(), 0, run.story())
