"""Timelines of VMs that synchronise explicitly reach the compositor as they are, and every rule of
linux-drm-syncobj is kept: the mini compositor ends the connection over each of them."""

from mini_case import MiniCase, rgba_pattern
from viewer import DONE

SIZE = "256x128"
WIDTH, HEIGHT = 256, 128
BIG = 0x123456789abcdef0
FOR_EVER = ("repeat 1000", "sleep 20", "end")


def shown(name, timelines=2, more=""):
    return f"scanout 0 {name} dmabuf XRGB8888 {SIZE} timelines {timelines} {more}"


class Timelines(MiniCase):
    sanitize = True

    def pictures(self, compositor):
        return [commit for commit in compositor.find("commit", attached=True)
                if commit["role"] in ("toplevel", "subsurface") and commit["buffer"]]

    def wait_for_points(self, compositor, acquire, release):
        return compositor.wait("commit", where=lambda commit: (
            commit.get("acquire_point"), commit.get("release_point")) ==
            (f"{acquire:#x}", f"{release:#x}"))

    def finish(self, compositor, run):
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_points_arrive_as_sent(self):
        compositor = self.compositor()
        flips = []
        for i in range(10):
            flips += [f"scanout 0 {'ab'[i % 2]} points {10 + i} {20 + i}", "sleep 30"]
        run = self.show(compositor, "head 0", shown("a", more=f"points 1 {BIG}"), "sleep 100",
                        shown("b", more="points 2 2"), "sleep 30", *flips, *FOR_EVER)
        first = self.wait_for_points(compositor, 1, BIG)
        # Two timelines: any point may come with any other.
        second = self.wait_for_points(compositor, 2, 2)
        for i in range(10):
            commit = self.wait_for_points(compositor, 10 + i, 20 + i)
            same = (first, second)[i % 2]
            self.assertEqual(commit["buffer"], same["buffer"])
            for name in ("acquire_timeline", "release_timeline"):
                self.assertEqual(commit[name], same[name])
        # One import per buffer and purpose, as long as the guest keeps the buffer.
        timelines = compositor.find("timeline")
        self.assertEqual(len({timeline["inode"] for timeline in timelines}), 4)
        self.assertEqual({timeline["timeline"] for timeline in timelines},
                         {commit[name] for commit in (first, second)
                          for name in ("acquire_timeline", "release_timeline")})
        self.assertEqual(len(compositor.find("syncobj_surface")), 1)
        self.finish(compositor, run)

    def test_a_point_takes_the_place_of_the_fence(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", "fence a busy", shown("a"),
                        "scanout 0 a points 3 4", *FOR_EVER)
        self.wait_for_points(compositor, 3, 4)
        self.finish(compositor, run)

    def test_without_the_protocol_the_fence_counts(self):
        compositor = self.compositor("--without=wp_linux_drm_syncobj_manager_v1")
        run = self.show(compositor, "head 0", "fence a busy", shown("a", more="points 3 4"),
                        "sleep 200", shown("b"), "draw b rgba", f"update 0 0,0,{SIZE}", *FOR_EVER)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        # The busy buffer was imported, and never committed.
        self.assertEqual(len(compositor.find("dmabuf_create")), 2)
        self.assertEqual(len({commit["buffer"] for commit in self.pictures(compositor)}), 1)
        self.assertEqual(compositor.find("timeline"), [])
        self.finish(compositor, run)

    def test_one_timeline_for_both(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", shown("a", 1, "points 1 2"), "sleep 300",
                        # What would never be released is shown without points.
                        "scanout 0 a points 7 7", "sleep 300", "scanout 0 a points 9 8", "sleep 300",
                        "scanout 0 a points 7 8", *FOR_EVER)
        commit = self.wait_for_points(compositor, 7, 8)
        self.assertEqual(commit["acquire_timeline"], commit["release_timeline"])
        self.assertEqual(len(compositor.find("timeline")), 1)
        self.assertEqual(len(self.pictures(compositor)), 4)
        self.finish(compositor, run)

    def test_pictures_without_points(self):
        # In place, by shared memory, of a buffer without timelines: each after one with points.
        for between in ((f"update 0 0,0,{SIZE}",), (f"scanout 0 m memory XRGB8888 {SIZE}",),
                        (f"scanout 0 d dmabuf XRGB8888 {SIZE}",), ("scanout 0 a",)):
            with self.subTest(between[0]):
                compositor = self.compositor()
                run = self.show(compositor, "head 0", shown("a", more="points 1 2"), "sleep 100",
                                *between, "sleep 100", "scanout 0 a points 3 4", *FOR_EVER)
                self.wait_for_points(compositor, 3, 4)
                points = [commit.get("release_point") for commit in self.pictures(compositor)]
                self.assertEqual(points, ["0x2", None, "0x4"])
                self.finish(compositor, run)

    def test_a_new_shape_does_not_use_points_again(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", shown("a", more="points 1 2"), *FOR_EVER)
        self.wait_for_points(compositor, 1, 2)
        # To a letterbox, whose black is shared memory, and back.
        for size in ((1000, 1000), (WIDTH, HEIGHT)):
            mark = compositor.mark()
            compositor.command("configure", width=size[0], height=size[1],
                               states=["activated", "maximized"])
            compositor.wait("commit", since=mark, attached=True, where=lambda event: event["buffer"])
        self.assertEqual(len([commit for commit in compositor.find("commit")
                              if "release_point" in commit]), 1)
        self.finish(compositor, run)

    def test_a_new_window_does_not_use_points_again(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", shown("a", more="points 1 2"), *FOR_EVER)
        self.wait_for_points(compositor, 1, 2)
        mark = compositor.mark()
        compositor.command("disconnect")
        again = compositor.wait("commit", since=mark, role="toplevel", attached=True)
        self.assertNotIn("release_point", again)
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_copies_have_no_points(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", shown("a", more="points 1 2"), "draw a rgba",
                        f"update 0 0,0,{SIZE}", *FOR_EVER, arguments=("--path", "copy"))
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(compositor.find("syncobj_surface"), [])
        self.finish(compositor, run)
