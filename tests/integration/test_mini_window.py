"""The window: its sizes, what is asked of the compositor, and what happens when that goes away."""

import contextlib
import json
import os
import socket
import time
import types

from mini_case import (BLACK, MiniCase, WHITE, cropped, flipped, letterboxed, rgba_pattern,
                       stretched)
from mini_compositor import CompositorError
from viewer import DONE, NO_COMPOSITOR, program, wait_for
from virtual_clock import VirtualClock

WIDTH, HEIGHT = 320, 200
SIZE = f"{WIDTH}x{HEIGHT}"
PICTURE = ("head 0", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba", f"update 0 0,0,{SIZE}")


class Window(MiniCase):
    sanitize = True
    valgrind = True

    def test_shown_closed_and_left_in_order(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertIn("mini", compositor.find("title")[-1]["title"])
        self.assertEqual(compositor.find("app_id")[0]["app_id"], "vitrine")
        commit = compositor.find("commit", role="toplevel", attached=True)[0]
        self.assertEqual((commit["width"], commit["height"]), (WIDTH, HEIGHT))
        self.assertEqual(compositor.find("decoration_mode")[0]["mode"], "server")
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(compositor.find("error"), [])
        self.assertEqual([event["event"] for event in self.record()][-1], "destroy")


class Sizes(MiniCase):
    sanitize = True
    # Odd ones, as compositors really send them while somebody resizes.
    CONFIGURES = ((1, 1), (2, 900), (333, 77), (640, 400), (641, 401), (320, 200), (4000, 3),
                  (1919, 1079))

    def shown(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "unresizable 0")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        return compositor, run

    def resize(self, compositor, width, height, *states):
        """The toplevel's commit that obeys."""
        mark = compositor.mark()
        answer = compositor.command("configure", width=width, height=height,
                                    states=["activated", *states])
        compositor.wait("ack_configure", since=mark, serial=answer["serial"])
        return compositor.wait("commit", since=mark, role="toplevel")

    def test_odd_configures_are_obeyed(self):
        compositor, run = self.shown()
        for width, height in self.CONFIGURES:
            commit = self.resize(compositor, width, height, "maximized")
            self.assertEqual((commit["width"], commit["height"]), (width, height))
            look = self.look(compositor)
            self.assertEqual((look.width, look.height), (width, height))
            # Nothing of what is behind the window shows.
            self.assertNotIn((255, 0, 255), {look.pixel(x, y) for x in (0, width - 1, width // 2)
                                             for y in (0, height - 1, height // 2)})
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_letterbox(self):
        compositor, run = self.shown()
        for width, height, fitted in ((640, 640, (0, 120, 640, 400)),
                                      (960, 400, (160, 0, 640, 400)),
                                      (160, 300, (0, 100, 160, 100))):
            self.resize(compositor, width, height, "maximized")
            x, y, fitted_width, fitted_height = fitted
            self.wait_for_picture(
                compositor, letterboxed(stretched(rgba_pattern(WIDTH, HEIGHT), fitted_width,
                                                  fitted_height), x, y, width, height), run)
        # All input belongs to the toplevel.
        commits = compositor.find("commit", role="subsurface", attached=True)
        self.assertTrue(commits)
        self.assertEqual({str(commit["input"]) for commit in commits}, {"[]"})
        # And back: one opaque surface, as scan-out wants it.
        self.resize(compositor, 640, 400, "fullscreen")
        self.wait_for_picture(compositor, stretched(rgba_pattern(WIDTH, HEIGHT), 640, 400), run)
        commit = compositor.find("commit", role="toplevel", attached=True)[-1]
        made = compositor.find("shm_buffer", buffer=commit["buffer"])[0]
        self.assertEqual((made["width"], made["height"]), (WIDTH, HEIGHT))
        self.assertEqual(commit["opaque"], [[0, 0, 640, 400]])
        self.assert_no_error(compositor)

    def test_bars_without_a_new_frame_of_the_guest(self):
        compositor, run = self.shown()
        self.resize(compositor, 640, 640, "maximized")
        look = self.look(compositor)
        self.assertEqual([look.pixel(320, 10), look.pixel(320, 630)], [BLACK, BLACK])
        self.assertEqual([look.pixel(0, 320), look.pixel(639, 320)], [WHITE, WHITE])
        self.assertTrue(run.running())

    def test_the_compositor_may_choose_the_first_size(self):
        compositor = self.compositor("--initial-size=640x640")
        run = self.show(compositor, *PICTURE)
        compositor.wait("commit", role="toplevel", attached=True)
        self.wait_for_picture(compositor, letterboxed(
            stretched(rgba_pattern(WIDTH, HEIGHT), 640, 400), 0, 120, 640, 640), run)

    def test_the_guest_changes_its_mode(self):
        compositor = self.compositor()
        modes = (("a", WIDTH, HEIGHT), ("b", 400, 300), ("c", 100, 80))
        run = self.show(compositor, "head 0", "repeat 10000", *(
            line for name, width, height in modes for line in
            (f"scanout 0 {name} memory XRGB8888 {width}x{height}", f"draw {name} rgba",
             f"update 0 0,0,{width}x{height}", "wait-answers", "sleep 400")), "end")
        for _, width, height in modes * 2:
            self.wait_for_picture(compositor, rgba_pattern(width, height), run)
            commit = compositor.find("commit", role="toplevel", attached=True)[-1]
            self.assertEqual((commit["width"], commit["height"]), (width, height))
        self.assert_no_error(compositor)


class Orientation(MiniCase):
    sanitize = True

    def test_bottom_up(self):
        for kind, path in (("dmabuf", "direct"), ("memory", "shm"), ("memory", "copy")):
            with self.subTest(path):
                compositor = self.compositor()
                run = self.show(compositor, "head 0",
                                f"scanout 0 a {kind} XRGB8888 {SIZE} bottom-up", "draw a rgba",
                                f"update 0 0,0,{SIZE}", arguments=("--path", path))
                self.wait_for_picture(compositor, flipped(rgba_pattern(WIDTH, HEIGHT)), run)
                self.assert_no_error(compositor)
                run.terminate()

    def test_part_of_a_larger_buffer(self):
        for kind, path in (("dmabuf", "direct"), ("memory", "shm"), ("memory", "copy")):
            for option in ("", "bottom-up"):
                with self.subTest(path, option=option):
                    compositor = self.compositor()
                    run = self.show(compositor, "head 0",
                                    f"scanout 0 a {kind} XRGB8888 {SIZE} source 150,60,101x99 "
                                    f"{option}", "draw a rgba", "update 0 150,60,101x99",
                                    arguments=("--path", path))
                    part = cropped(rgba_pattern(WIDTH, HEIGHT), 150, 60, 101, 99)
                    self.wait_for_picture(compositor, flipped(part) if option else part, run)
                    self.assert_no_error(compositor)
                    run.terminate()

    def test_from_a_large_source_to_a_small_buffer(self):
        # A source left over from before would be outside the new buffer: fatal.
        compositor = self.compositor()
        run = self.show(compositor, "head 0", "repeat 10000",
                        f"scanout 0 a memory XRGB8888 {SIZE} source 100,50,220x150",
                        "update 0 100,50,220x150", "wait-answers", "sleep 20",
                        "scanout 0 b memory XRGB8888 64x64", "draw b rgba", "update 0 0,0,64x64",
                        "wait-answers", "sleep 20",
                        f"scanout 0 a memory XRGB8888 {SIZE} source 10,10,300x150 bottom-up",
                        "update 0 10,10,300x150", "wait-answers", "sleep 20", "end")
        for _ in range(3):
            mark = compositor.mark()
            for width in (220, 64, 300):
                compositor.wait("commit", since=mark, role="toplevel", width=width)
            self.wait_for_picture(compositor, rgba_pattern(64, 64), run)
        self.assert_no_error(compositor)


class Heads(MiniCase):
    sanitize = True

    def toplevels(self, compositor, n):
        compositor.wait("toplevel", count=n)
        return [event["surface"] for event in compositor.find("toplevel")]

    def test_each_has_its_window_and_closing_the_last_leaves(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0 label one", "head 1 label two",
                        f"scanout 0 a memory XRGB8888 {SIZE}",
                        "scanout 1 b memory XRGB8888 128x96", "draw b rgba",
                        "update 1 0,0,128x96")
        first, second = self.toplevels(compositor, 2)
        sizes = set()
        for surface in (first, second):
            commit = compositor.wait("commit", surface=surface, attached=True)
            sizes.add((commit["width"], commit["height"]))
        self.assertEqual(sizes, {(WIDTH, HEIGHT), (128, 96)})
        compositor.command("close", surface=first)
        compositor.wait("toplevel_destroy", surface=first)
        self.assertTrue(run.running())
        compositor.command("close", surface=second)
        self.assertEqual(run.wait(), DONE, run.story())

    def test_a_head_that_goes_takes_its_window_along(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", f"scanout 0 a memory XRGB8888 {SIZE}",
                        "repeat 10000", "head 1", f"scanout 1 b memory XRGB8888 {SIZE}",
                        f"update 1 0,0,{SIZE}", "wait-answers", "sleep 50", "remove 1", "end")
        compositor.wait("toplevel_destroy", count=3)
        self.assertTrue(run.running())
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())


class Answers(MiniCase):
    """Whatever the compositor does or fails to do, the VM gets its answers, each once."""

    sanitize = True

    def check(self, compositor, run, count):
        answers = self.wait_for_record(count, "answer")
        self.assertEqual([answer["serial"] for answer in answers],
                         sorted({answer["serial"] for answer in answers}))
        self.assertEqual(self.record("stray-answer"), [])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_no_frame_callback_ever_comes(self):
        compositor = self.compositor("--frames=never")
        run = self.show(compositor, *PICTURE, "frames 30 100 0")
        self.check(compositor, run, 31)

    def test_frame_callbacks_one_at_a_time(self):
        compositor = self.compositor("--frames=manual")
        run = self.show(compositor, *PICTURE, "frames 1000000 100 0")
        fired = 0
        while fired < 20:
            compositor.wait("commit", role="toplevel", frame=True, count=fired + 1)
            # Never more than one is asked for at a time.
            self.assertEqual(compositor.command("frame")["fired"], 1)
            fired += 1
        self.check(compositor, run, 20)

    def test_a_suspended_window_holds_nothing_and_comes_back(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, "frames 1000000 100 0")
        compositor.wait("commit", role="toplevel", attached=True)
        compositor.command("configure", states=["suspended"])
        before = len(self.record("answer"))
        self.wait_for_record(before + 20, "answer")
        compositor.command("configure", states=["activated"])
        mark = compositor.mark()
        compositor.wait("commit", since=mark, role="toplevel", attached=True, frame=True)
        self.check(compositor, run, before + 20)

    def test_imports_that_wait_or_fail(self):
        compositor = self.compositor()
        compositor.command("fail_imports", count=1)
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}",
                        "frames 10 100 0")
        self.check(compositor, run, 10)


class Loss(MiniCase):
    """The compositor goes: the VM is left as it is."""

    sanitize = True

    def shown(self, *host, arguments=()):
        compositor = self.compositor(*host)
        run = self.show(compositor, *PICTURE, "repeat 10000", f"update 0 0,0,{SIZE}",
                        "wait-answers", "sleep 50", "end", arguments=arguments)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        return compositor, run

    def test_it_is_gone(self):
        compositor, run = self.shown()
        compositor.kill()
        self.assertEqual(run.wait(), NO_COMPOSITOR, run.story())
        self.assertEqual(self.record("stray-answer"), [])
        self.assertEqual(self.record()[-1]["event"], "destroy")
        self.assertRegex(run.errors, "(?i)compositor")

    def shown_at_a_place(self, first, timeout_s=60):
        """Where another may take the place of the first; waited for as long as tests wait."""
        self.place = self.path("wayland")
        os.symlink(first.display, self.place)
        run = self.show(types.SimpleNamespace(display=self.place), *PICTURE, "repeat 10000",
                        f"update 0 0,0,{SIZE}", "wait-answers", "sleep 50", "end",
                        arguments=("--compositor-timeout", str(timeout_s)))
        self.wait_for_picture(first, rgba_pattern(WIDTH, HEIGHT), run)
        return run

    def crash(self, compositor):
        compositor.kill()
        os.unlink(self.place)

    def take_place(self, compositor):
        os.symlink(compositor.display, self.place)

    def test_another_takes_its_place(self):
        """As after a crash, or a new login: the same VM, attached all the while."""
        first = self.compositor()
        run = self.shown_at_a_place(first)
        self.crash(first)
        second = self.compositor()
        self.take_place(second)
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(self.record("stray-answer"), [])
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_one_that_is_silent_at_first(self):
        first, second = self.compositor(), self.compositor()
        run = self.shown_at_a_place(first)
        second.pause()
        self.crash(first)
        self.take_place(second)
        wait_for(lambda: run.errors.count("does not answer") >= 2, "two tries in vain")
        second.resume()
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(run.terminate(), DONE, run.story())

    def listen(self, backlog):
        """In the place of the next compositor."""
        place = socket.socket(socket.AF_UNIX)
        self.addCleanup(place.close)
        place.bind(self.place)
        place.listen(backlog)
        place.settimeout(30)
        return place

    def is_open(self, connection):
        connection.setblocking(False)
        try:
            while connection.recv(4096):
                pass
            return False
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False

    def is_answered_meanwhile(self, connection):
        """Whether the guest is, while the connection is waited for."""
        with connection:
            before, until = len(self.record("answer")), time.monotonic() + 30
            while self.is_open(connection):
                self.assertLess(time.monotonic(), until, "the viewer stands still")
                if len(self.record("answer")) >= before + 2:
                    return self.is_open(connection)
                time.sleep(0.01)
        return False

    def end_with_another(self, place, run):
        place.close()
        os.unlink(self.place)
        second = self.compositor()
        self.take_place(second)
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(run.terminate(), DONE, run.story())

    def listen_no_more(self):
        """With a queue that is full."""
        place = self.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                waiting = socket.socket(socket.AF_UNIX)
                self.addCleanup(waiting.close)
                waiting.setblocking(False)
                waiting.connect(self.place)
        return place

    def test_one_that_takes_no_connection_at_first(self):
        """As in a session that begins."""
        self.place = self.path("wayland")
        self.listen_no_more()
        run = self.show(types.SimpleNamespace(display=self.place), *PICTURE)
        time.sleep(1)
        self.assertTrue(run.running(), run.story())
        compositor = self.compositor()
        os.symlink(compositor.display, self.path("another"))
        os.rename(self.path("another"), self.place)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_one_that_hangs_holds_up_no_guest(self):
        """The longer it is waited for, the longer each try."""
        first = self.compositor()
        run = self.shown_at_a_place(first)
        self.crash(first)
        place = self.listen(8)
        self.assertTrue(any(self.is_answered_meanwhile(place.accept()[0]) for _ in range(5)))
        self.end_with_another(place, run)

    def test_another_when_the_time_is_nearly_up(self):
        """It takes the place of one that hangs, which is waited for to the end: there is a last try."""
        first, second = self.compositor(), self.compositor()
        os.symlink(second.display, self.path("another"))
        run = self.shown_at_a_place(first, timeout_s=4)
        self.crash(first)
        lost, place = time.monotonic(), self.listen(8)
        while time.monotonic() < lost + 2.9:
            connection, _ = place.accept()
            self.addCleanup(connection.close)
        os.rename(self.path("another"), self.place)
        if time.monotonic() > lost + 3.9:
            self.skipTest("this machine is too busy to be asked in the last second")
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_one_that_takes_no_connection_holds_up_nobody(self):
        first = self.compositor()
        run = self.shown_at_a_place(first)
        self.crash(first)
        place = self.listen_no_more()
        wait_for(lambda: "temporarily unavailable" in run.errors, "a try in vain")
        self.wait_for_record(len(self.record("answer")) + 2, "answer")
        self.end_with_another(place, run)

    def test_one_that_is_slow(self):
        """With each answer: the longer it is waited for, the longer these may take."""
        first, second = self.compositor(), self.compositor()
        run = self.shown_at_a_place(first)
        second.command("delay_answers", ms=700)
        self.crash(first)
        self.take_place(second)
        wait_for(lambda: second.find("toplevel"), "a window")
        self.wait_for_picture(second, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertIn("does not answer", run.errors)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_it_is_not_waited_for(self):
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, arguments=("--compositor-timeout", "0"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        compositor.kill()
        self.assertEqual(run.wait(), NO_COMPOSITOR, run.story())
        self.assertIn("does not come back", run.errors)

    def test_it_stops_in_order(self):
        compositor, run = self.shown(arguments=("--compositor-timeout", "2"))
        compositor.command("stop")
        self.assertEqual(run.wait(), NO_COMPOSITOR, run.story())

    def check_return(self, compositor, run):
        mark = compositor.mark()
        compositor.wait("client", count=2)
        compositor.wait("commit", since=mark, role="toplevel", attached=True)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        before = len(self.record("answer"))
        self.wait_for_record(before + 3, "answer")
        self.assertEqual(self.record("stray-answer"), [])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_it_never_answers(self):
        """A socket that takes connections and says nothing: a compositor that hangs."""
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(os.path.join(self.folder, "wayland-silent"))
            silent.listen()
            run = self.start("--fake", WAYLAND_DISPLAY="wayland-silent")
            self.assertEqual(run.wait(), NO_COMPOSITOR, run.story())
        self.assertIn("does not answer", run.errors)

    def test_it_drops_us(self):
        compositor, run = self.shown()
        compositor.command("disconnect")
        self.check_return(compositor, run)

    def test_it_says_that_we_broke_the_protocol(self):
        for interface in ("wl_surface", "xdg_toplevel", "wl_seat", "wl_display"):
            with self.subTest(interface):
                compositor, run = self.shown()
                compositor.command("error", interface=interface, code=0)
                self.check_return(compositor, run)
                self.assertRegex(run.errors, "(?i)protocol")

    def lose(self, compositor, run, count, name, **arguments):
        """So many times, each time with a picture."""
        for _ in range(count):
            mark = compositor.mark()
            compositor.command(name, **arguments)
            compositor.wait("client", since=mark)
            self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)

    def path_used(self):
        vms = json.loads(self.vitrine("--list", "--json").output)
        return [console["path"] for vm in vms for console in vm["consoles"]]

    def test_one_that_crashes_often_is_waited_for_each_time(self):
        compositor, run = self.shown()
        self.lose(compositor, run, 6, "disconnect")
        self.assertEqual(self.path_used(), ["shm"])
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_three_errors_in_a_minute_drop_the_path(self):
        compositor, run = self.shown()
        self.lose(compositor, run, 2, "error")
        self.assertEqual(self.path_used(), ["shm"])
        self.lose(compositor, run, 1, "error")
        self.assertEqual(self.path_used(), ["copy"])
        self.assertRegex(run.errors, "3 protocol errors within a minute.*the VM's memory")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_errors_that_are_far_apart(self):
        """With buffers of our own, too, each connection that held is one that can come again."""
        clock = VirtualClock(program(), self.path("clock"))
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, arguments=("--untrusted", "--compositor-timeout=5"),
                        **clock.environment)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        for _ in range(4):
            self.lose(compositor, run, 1, "error")
            clock.jump(20)
        self.lose(compositor, run, 1, "error")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_errors_without_end(self):
        """Also with buffers of our own: the time for its return is that of all together."""
        compositor = self.compositor()
        run = self.show(compositor, *PICTURE, arguments=("--compositor-timeout", "3"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)

        def over():
            if run.running():
                try:
                    compositor.command("error")
                except CompositorError:
                    pass  # between two connections
            return not run.running()
        wait_for(over, "the viewer to give up")
        self.assertEqual(run.wait(), NO_COMPOSITOR, run.story())


class Globals(MiniCase):
    """Compositors are not alike."""

    sanitize = True
    OPTIONAL = ("zwp_linux_dmabuf_v1", "zxdg_decoration_manager_v1", "wl_seat",
                "zwp_relative_pointer_manager_v1", "zwp_pointer_constraints_v1",
                "wp_cursor_shape_manager_v1")
    REQUIRED = ("wl_compositor", "wl_subcompositor", "wl_shm", "xdg_wm_base", "wp_viewporter")
    OLDEST = ("wl_compositor:4", "xdg_wm_base:1", "wl_seat:5", "wl_output:2",
              "zwp_linux_dmabuf_v1:3")

    def check(self, *arguments):
        compositor = self.compositor(*arguments)
        # Title bars by libdecor have a test of their own.
        run = self.show(compositor, *PICTURE, LIBDECOR_PLUGIN_DIR=self.path("none"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(compositor.find("error"), [])

    def test_without_each_optional_one(self):
        for name in self.OPTIONAL:
            with self.subTest(name):
                self.check(f"--without={name}")

    def test_with_the_oldest_versions(self):
        self.check(*(f"--global={version}" for version in self.OLDEST))

    def test_without_a_required_one(self):
        for name in self.REQUIRED:
            with self.subTest(name):
                compositor = self.compositor(f"--without={name}")
                run = self.show(compositor, *PICTURE)
                self.assertEqual(run.wait(), NO_COMPOSITOR, run.story())
                self.assertIn(name, run.errors)
                # The VM never noticed.
                self.assertEqual(self.record("answer"), [])

    def test_client_side_decorations_are_accepted(self):
        self.check("--decoration=client")

    def test_the_viewers_own_title_bar(self):
        self.skip_where_libdecor_leaks()
        compositor = self.compositor("--without=zxdg_decoration_manager_v1")
        run = self.show(compositor, *PICTURE)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        # The size that is configured is that of picture and title bar together.
        answer = compositor.command("configure", width=640, height=440,
                                    states=["activated", "maximized"])
        compositor.wait("ack_configure", serial=answer["serial"])
        compositor.wait("commit", role="toplevel", where=lambda event:
                        event["width"] == 640 and event["height"] <= 440)
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(compositor.find("error"), [])

    def test_the_viewers_own_title_bar_in_the_size_that_comes_first(self):
        self.skip_where_libdecor_leaks()
        compositor = self.compositor("--without=zxdg_decoration_manager_v1", "--initial-size=640x440")
        run = self.show(compositor, *PICTURE)
        first = compositor.wait("commit", role="toplevel", attached=True)
        self.assertEqual(first["width"], 640)
        self.assertLess(first["height"], 440)
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(compositor.find("error"), [])

    def test_full_screen_where_title_bars_are_the_viewers(self):
        """It is asked for first, so there is no other size before, and no title bar."""
        self.skip_where_libdecor_leaks()
        compositor = self.compositor("--without=zxdg_decoration_manager_v1",
                                     "--output=DP-1:1280x800")
        run = self.show(compositor, *PICTURE, arguments=("--full-screen",))
        asked = compositor.wait("set_fullscreen")
        configured = compositor.wait("configure", surface=asked["surface"])
        self.assertLess(compositor.position(asked), compositor.position(configured))
        first = compositor.wait("commit", role="toplevel", attached=True)
        self.assertEqual((first["width"], first["height"]), (1280, 800))
        for states in (["maximized"], ["fullscreen"], ["maximized"]):
            mark = compositor.mark()
            answer = compositor.command("configure", width=640, height=440,
                                        states=["activated", *states])
            compositor.wait("ack_configure", serial=answer["serial"])
            commit = compositor.wait("commit", since=mark, role="toplevel", width=640)
            self.assertEqual(commit["height"] == 440, states == ["fullscreen"], commit)
        compositor.command("close")
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(compositor.find("error"), [])

    def test_no_compositor_at_all(self):
        run = self.start("--fake", WAYLAND_DISPLAY=self.path("nobody"))
        self.assertEqual(run.wait(), NO_COMPOSITOR, run.story())
