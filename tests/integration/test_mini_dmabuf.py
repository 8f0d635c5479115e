"""dma-bufs: every number that the guest gives reaches the compositor as it is, once, or the picture
goes another way."""

from mini_case import MiniCase, cropped, flipped, rgba_pattern
from viewer import FAILED

SIZE = "256x128"
WIDTH, HEIGHT = 256, 128

NO_MODIFIER = 0x00ffffffffffffff  # DRM_FORMAT_MOD_INVALID

# As GPUs use them; the values are those of drm_fourcc.h.
TILED = {
    "ARM AFBC 16x16, sparse, YTR": (0x0800000000000051, 1),
    "Intel Y tiles, CCS": (0x0100000000000004, 2),
    "Intel Gen12 CCS, clear colour": (0x0100000000000008, 3),
    "AMD GFX10 with DCC": (0x0200000018601b04, 2),
    "NVIDIA block linear": (0x0300000000606014, 1),
    "four planes of somebody": (0x0a000000000abcde, 4),
}


class PassThrough(MiniCase):
    sanitize = True

    def passed(self, compositor, number=0):
        """The planes and the create of a buffer, as the compositor got them."""
        create = compositor.wait("dmabuf_create", count=number + 1)
        planes = compositor.find("dmabuf_add", params=create["params"])
        return create, planes

    def test_modifiers_planes_offsets_and_strides_arrive_untouched(self):
        for name, (modifier, n_planes) in TILED.items():
            for version in (3, 4, 5):
                with self.subTest(name, version=version):
                    self.check_pass_through(modifier, n_planes, version)

    def test_table_that_is_shorter_than_it_is_said_to_be(self):
        """What a mapping of it would die of: the pictures are copied."""
        compositor = self.compositor("--dmabuf-version=5", "--dmabuf=XR24:0x0", "--short-table")
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}",
                        "draw a rgba", f"update 0 0,0,{SIZE}")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(compositor.find("dmabuf_create"), [])
        self.assertEqual(run.terminate(), 0, run.story())
        self.assertIn("table of dma-buf formats", run.errors)

    def check_pass_through(self, modifier, n_planes, version):
        strides = [1024 + 64 * i for i in range(n_planes)]
        offsets = [4096 + i * 300000 for i in range(n_planes)]
        places = " ".join(f"plane-offset {i} {offsets[i]} plane-stride {i} {strides[i]}"
                          for i in range(1, n_planes))
        compositor = self.compositor(f"--dmabuf-version={version}", f"--dmabuf=XR24:{modifier:#x}")
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE} modifier {modifier:#x} "
                        f"offset {offsets[0]} stride {strides[0]} planes {n_planes} {places}")
        create, planes = self.passed(compositor)
        self.assertEqual((create["width"], create["height"], create["fourcc"]), (256, 128, "XR24"))
        self.assertEqual((create["flags"], create["immed"]), (0, False))
        self.assertEqual(create["result"], "created")
        self.assertEqual([plane["plane"] for plane in planes], list(range(n_planes)))
        self.assertEqual([plane["offset"] for plane in planes], offsets)
        self.assertEqual([plane["stride"] for plane in planes], strides)
        self.assertEqual({int(plane["modifier"], 16) for plane in planes}, {modifier})
        self.assertEqual({plane["inode"] for plane in planes}, self.guest_inodes(run))
        commit, made = self.window_buffer(compositor)
        self.assertEqual(made["params"], create["params"])
        self.assertEqual(commit["damage"], [[0, 0, WIDTH, HEIGHT]])
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_pixels_of_linear_memory_arrive(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE} offset 8192 stride 1280",
                        "draw a rgba", f"update 0 0,0,{SIZE}")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(compositor.find("shm_buffer", width=WIDTH), [])

    def test_alpha_is_taken_away(self):
        for guest, host in (("ARGB8888", "XR24"), ("ABGR8888", "XB24"), ("ARGB2101010", "XR30")):
            with self.subTest(guest):
                alpha = host.replace("X", "A")
                compositor = self.compositor(f"--dmabuf={alpha}:0x0", f"--dmabuf={host}:0x0")
                run = self.show(compositor, "head 0", f"scanout 0 a dmabuf {guest} {SIZE}")
                create, _ = self.passed(compositor)
                self.assertEqual(create["fourcc"], host)
                run.terminate()

    def test_alpha_stays_where_nothing_else_is_taken(self):
        compositor = self.compositor("--dmabuf=AR24:0x0")
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf ARGB8888 {SIZE}")
        create, _ = self.passed(compositor)
        self.assertEqual(create["fourcc"], "AR24")
        # The compositor is told that it means nothing.
        commit, _ = self.window_buffer(compositor)
        self.assertEqual(commit["opaque"], [[0, 0, WIDTH, HEIGHT]])
        self.assertEqual(run.terminate(), 0, run.story())

    def test_a_modifier_that_the_guest_does_not_know(self):
        # (what the compositor takes, what it gets); guest memory can only be linear.
        for taken, passed in ((f"XR24:{NO_MODIFIER:#x}", NO_MODIFIER), ("XR24:0x0", 0),
                              ("XB24:0x0", None)):
            with self.subTest(taken):
                compositor = self.compositor(f"--dmabuf={taken}")
                run = self.show(compositor, "head 0",
                                f"scanout 0 a dmabuf XRGB8888 {SIZE} modifier {NO_MODIFIER:#x}",
                                "draw a rgba", f"update 0 0,0,{SIZE}")
                self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
                self.assertEqual([int(plane["modifier"], 16) for plane in
                                  compositor.find("dmabuf_add")], [passed] * (passed is not None))
                self.assert_no_error(compositor)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_a_part_of_a_framebuffer_is_a_buffer_of_its_own(self):
        whole = rgba_pattern(512, 128)
        # (source, how, what of the whole is to be seen, its offset; None: only the whole fits)
        for source, how, x, y, width, height, offset in (
                ("0,0,256x128", "", 0, 0, 256, 128, 0),
                ("256,0,256x64", "", 256, 0, 256, 64, 1024),
                ("64,32,256x64", "bottom-up", 64, 32, 256, 64, 32 * 2048 + 256),
                # To compositors its last row ends behind the memory.
                ("256,0,256x128", "", 256, 0, 256, 128, None),
                # No display engine begins there.
                ("1,0,256x128", "", 1, 0, 256, 128, None)):
            with self.subTest(source):
                compositor = self.compositor()
                run = self.show(compositor, "head 0",
                                f"scanout 0 a dmabuf XRGB8888 512x128 source {source} {how}",
                                "draw a rgba", f"update 0 {source}")
                expected = cropped(whole, x, y, width, height)
                self.wait_for_picture(compositor, flipped(expected) if how else expected, run)
                create, planes = self.passed(compositor)
                self.assertEqual((create["width"], create["height"]),
                                 (512, 128) if offset is None else (width, height))
                self.assertEqual(planes[0]["offset"], offset or 0)
                self.assert_no_error(compositor)
                self.assertEqual(run.terminate(), 0, run.story())

    def test_one_host_buffer_per_guest_buffer_over_many_flips(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE}",
                        f"scanout 0 b dmabuf XRGB8888 {SIZE}",
                        f"scanout 0 c dmabuf XRGB8888 {SIZE}",
                        "frames 40 60 0 flip a b",
                        "repeat 10", "scanout 0 c", f"update 0 0,0,{SIZE}", "wait-answers",
                        "scanout 0 a", f"update 0 0,0,{SIZE}", "wait-answers", "end", "quit")
        self.assertEqual(run.wait(), 0, run.story())
        creates = compositor.find("dmabuf_create")
        self.assertLessEqual(len(creates), 3, creates)
        self.assertEqual(len({tuple(plane["inode"] for plane in
                                    compositor.find("dmabuf_add", params=create["params"]))
                              for create in creates}), len(creates))
        shown = [event["buffer"] for event in compositor.find("commit", role="toplevel")
                 if event["buffer"]]
        self.assertGreater(len(shown), 20)
        self.assertEqual(set(shown), {create["buffer"] for create in creates})
        self.assertEqual(len(self.record("answer")), 60)
        self.assertEqual(self.record("stray-answer"), [])

    def test_a_forgotten_buffer_is_let_go(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0", "repeat 10000",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}",
                        "wait-answers", "sleep 20",
                        f"scanout 0 b dmabuf XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}",
                        "wait-answers", "sleep 20", "forget 0 a", "end")
        inodes = {}
        for _ in range(3):
            # What is shown is never taken away.
            gone = compositor.wait("buffer_destroy", count=len(inodes) + 2)
            self.assertFalse(gone["shown"], gone)
            inodes[gone["buffer"]] = gone
        kept = compositor.find("commit", role="toplevel", attached=True)
        self.assertGreater(len({commit["buffer"] for commit in kept}), 3)
        self.assertEqual(run.terminate(), 0, run.story())


class Ladder(MiniCase):
    """When the compositor does not take a buffer, the picture comes another way."""

    sanitize = True
    SCRIPT = ("head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}", "draw a rgba",
              f"update 0 0,0,{SIZE}")

    def shows_by_copy(self, compositor, run):
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        pools = compositor.find("shm_pool")
        guest = self.guest_inodes(run)
        self.assertFalse(guest & {pool["inode"] for pool in pools})
        shown = compositor.find("commit", role="toplevel", attached=True)[-1]["buffer"]
        self.assertEqual(len(compositor.find("shm_buffer", buffer=shown)), 1)
        self.assert_no_error(compositor)
        self.wait_for_record(1, "answer")
        self.assertEqual(run.terminate(), 0, run.story())

    def test_refused_import(self):
        for version in (3, 5):
            with self.subTest(version=version):
                compositor = self.compositor(f"--dmabuf-version={version}")
                compositor.command("fail_imports", count=100)
                run = self.show(compositor, *self.SCRIPT)
                compositor.wait("dmabuf_create", result="failed")
                self.shows_by_copy(compositor, run)

    def show_one_after_the_other(self, compositor):
        """Buffer b is made anew each time that its turn comes."""
        return self.show(compositor, "head 0", "repeat 10000",
                         f"scanout 0 a dmabuf XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}",
                         "wait-answers", "sleep 50", "forget 0 b",
                         f"scanout 0 b dmabuf XRGB8888 {SIZE}", f"update 0 0,0,{SIZE}",
                         "wait-answers", "sleep 50", "end")

    def wait_for_copy(self, compositor, since):
        """Until the window shows memory of the viewer's own."""
        compositor.wait("commit", since=since, role="toplevel", where=lambda commit: any(
            event["event"] == "shm_buffer" and event["buffer"] == commit["buffer"]
            for event in compositor.events))

    def test_a_later_buffer_is_refused(self):
        compositor = self.compositor()
        run = self.show_one_after_the_other(compositor)
        _, made = self.window_buffer(compositor)
        self.assertEqual(made["event"], "dmabuf_create")
        mark = compositor.mark()
        compositor.command("fail_imports", count=10000)
        compositor.wait("dmabuf_create", since=mark, result="failed")
        self.wait_for_copy(compositor, mark)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def test_no_dmabuf_global(self):
        compositor = self.compositor("--without=zwp_linux_dmabuf_v1")
        self.shows_by_copy(compositor, self.show(compositor, *self.SCRIPT))

    def test_versions_without_modifiers_are_not_used(self):
        compositor = self.compositor("--dmabuf-version=2")
        run = self.show(compositor, *self.SCRIPT)
        self.shows_by_copy(compositor, run)
        self.assertEqual(compositor.find("dmabuf_create"), [])

    def test_a_pair_that_was_never_announced_is_not_sent(self):
        for version in (3, 4, 5):
            with self.subTest(version=version):
                compositor = self.compositor(f"--dmabuf-version={version}",
                                             "--dmabuf=XR24:0x100000000000001",
                                             "--dmabuf=XB24:0x0")
                run = self.show(compositor, *self.SCRIPT)
                self.shows_by_copy(compositor, run)
                self.assertEqual(compositor.find("dmabuf_create"), [])

    def check_that_nothing_was_shown(self, compositor, run, why):
        self.assertRegex(run.errors, "cannot show a picture in XR24")
        self.assertRegex(run.errors, why)
        self.assertEqual(compositor.find("commit", role="toplevel", attached=True), [])
        self.assertEqual(compositor.find("error"), [])
        self.assertEqual(self.record("stray-answer"), [])

    def test_forced_path_that_does_not_work_says_why_and_leaves(self):
        compositor = self.compositor("--without=zwp_linux_dmabuf_v1")
        run = self.show(compositor, *self.SCRIPT, arguments=("--path", "direct"))
        self.assertEqual(run.wait(), FAILED, run.story())
        self.check_that_nothing_was_shown(compositor, run, "(?i)compositor|--path")

    def test_a_tiled_buffer_that_nobody_takes_says_why(self):
        compositor = self.compositor()
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE} modifier 0x100000000000001",
                        "repeat 5", f"update 0 0,0,{SIZE}", "end", "wait-answers", "sleep 60000")
        # The VM is told that it may go on, before a viewer that shows nothing leaves.
        self.assertEqual(run.wait(), FAILED, run.story())
        self.assertEqual(len(self.record("answer")), 5)
        self.check_that_nothing_was_shown(compositor, run, "modifier 0x100000000000001")

    def test_a_tiled_buffer_whose_way_is_dropped(self):
        """Not even where there was a window once: nobody is to look for one that shows nothing."""
        modifier = "0x100000000000001"
        compositor = self.compositor(f"--dmabuf=XR24:{modifier}")
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE} modifier {modifier}", "repeat 10000",
                        f"update 0 0,0,{SIZE}", "wait-answers", "sleep 20", "end")
        for count in range(1, 4):
            client = compositor.wait("client", count=count)
            compositor.wait("commit", since=compositor.position(client), role="toplevel",
                            attached=True)
            compositor.command("error")
        self.assertEqual(run.wait(), FAILED, run.story())
        self.assertRegex(run.errors, "cannot show a picture in XR24")
        self.assertRegex(run.errors, "3 protocol errors.*as the VM's dma-bufs")
        self.assertEqual(self.record("stray-answer"), [])

    def test_new_formats_bring_a_better_path(self):
        compositor = self.compositor("--dmabuf=XB24:0x0")
        run = self.show(compositor, *self.SCRIPT, "repeat 1000", "sleep 20",
                        f"update 0 0,0,{SIZE}", "wait-answers", "end")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        self.assertEqual(compositor.find("dmabuf_create"), [])
        compositor.command("feedback", formats=["XB24:0x0", "XR24:0x0"])
        create = compositor.wait("dmabuf_create", result="created")
        compositor.wait("commit", role="toplevel", buffer=create["buffer"])
        self.assert_no_error(compositor)

    def test_climbing_back_is_not_seen(self):
        compositor = self.compositor("--dmabuf=XB24:0x0")
        run = self.show(compositor, *self.SCRIPT, "repeat 10000", "sleep 5",
                        f"update 0 0,0,{SIZE}", "wait-answers", "end")
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        pools = len(compositor.find("shm_pool"))
        # A refusal: the copies go on as they were.
        compositor.command("fail_imports", count=1)
        compositor.command("feedback", formats=["XB24:0x0", "XR24:0x0"])
        compositor.wait("dmabuf_create", result="failed")
        mark = compositor.mark()
        self.wait_for_copy(compositor, mark)
        self.assertEqual(len(compositor.find("shm_pool")), pools)
        # The other way works: from one commit to the next, without any in between.
        compositor.command("feedback", formats=["XB24:0x0"])
        compositor.command("feedback", formats=["XR24:0x0"])
        create = compositor.wait("dmabuf_create", result="created")
        climbed = compositor.wait("commit", role="toplevel", buffer=create["buffer"])
        self.assertEqual(climbed["damage"], [[0, 0, WIDTH, HEIGHT]])
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        for commit in compositor.find("commit", role="toplevel", attached=True, since=mark):
            self.assertTrue(commit["buffer"], commit)
        self.assertEqual(run.terminate(), 0, run.story())

    def check_that_news_change_nothing(self, compositor, run, *formats):
        """The picture goes on, in the buffer that it has."""
        for announced in formats:
            mark = compositor.mark()
            compositor.command("feedback", formats=list(announced))
            compositor.wait("commit", since=mark, role="toplevel", count=3)
        self.assertEqual(len(compositor.find("dmabuf_create")), 1)
        self.assertEqual(compositor.find("buffer_destroy"), [])
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def show_for_long(self, compositor, scanout=SCRIPT[1]):
        run = self.show(compositor, "head 0", scanout, "repeat 10000", "sleep 10",
                        f"update 0 0,0,{SIZE}", "wait-answers", "end")
        self.window_buffer(compositor)
        return run

    def test_losing_and_winning_scan_out_imports_nothing_anew(self):
        tiled, linear = "XR24:0x100000000000001:scanout", "XR24:0x0"
        compositor = self.compositor(f"--dmabuf={tiled}", f"--dmabuf={linear}")
        run = self.show_for_long(
            compositor, f"scanout 0 a dmabuf XRGB8888 {SIZE} modifier 0x100000000000001")
        self.check_that_news_change_nothing(compositor, run, (linear,), (tiled, linear), (linear,))

    def test_news_of_other_formats_import_nothing_anew(self):
        compositor = self.compositor("--dmabuf=XR24:0x0")
        run = self.show_for_long(compositor)
        self.check_that_news_change_nothing(compositor, run, ("XR24:0x0", "XB24:0x0"),
                                            ("XR24:0x0:scanout",))

    def check_that_a_refusal_is_mended_by(self, **feedback):
        compositor = self.compositor("--dmabuf=XR24:0x0")
        compositor.command("fail_imports", count=1)
        self.show_for_long(compositor)
        compositor.wait("dmabuf_create", result="failed")
        mark = compositor.mark()
        compositor.command("feedback", **feedback)
        create = compositor.wait("dmabuf_create", since=mark, result="created")
        compositor.wait("commit", since=mark, role="toplevel", buffer=create["buffer"])
        self.assert_no_error(compositor)

    def test_other_formats_after_a_refusal_are_worth_a_try(self):
        self.check_that_a_refusal_is_mended_by(formats=["XR24:0x0", "XB24:0x0"])

    def test_another_gpu_after_a_refusal_is_worth_a_try(self):
        self.check_that_a_refusal_is_mended_by(formats=["XR24:0x0"], device=129)

    def test_formats_that_go_away_are_not_used_for_new_buffers(self):
        compositor = self.compositor("--dmabuf=XR24:0x0:scanout")
        run = self.show_one_after_the_other(compositor)
        self.window_buffer(compositor)
        mark = compositor.mark()
        compositor.command("feedback", formats=["XB24:0x0"])
        self.wait_for_copy(compositor, mark)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())


class Layouts(MiniCase):
    """What some compositor would call fatal never reaches it: the connection lives."""

    def test_planes_beyond_the_first_may_end_behind_the_memory(self):
        # Compositors know only the height of plane 0: a short auxiliary plane is fine.
        compositor = self.compositor("--dmabuf=XR24:0x100000000000004")
        run = self.show(compositor, "head 0",
                        f"scanout 0 a dmabuf XRGB8888 {SIZE} modifier 0x100000000000004 planes 2 "
                        "plane-offset 1 131072 plane-stride 1 128")
        self.window_buffer(compositor)
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())
