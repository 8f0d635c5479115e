"""What a desktop expects of a window beside its picture: sleep, focus, icon, name, least size."""

import processes
from mini_case import MiniCase, rgba_pattern
from test_mini_gles import REFUSING, SOFTWARE, helper
from viewer import wait_for

WIDTH, HEIGHT = 320, 200
SIZE = f"{WIDTH}x{HEIGHT}"
FIRST = ("head 0 gpu g label left", f"scanout 0 a memory XRGB8888 {SIZE}", "draw a rgba",
         f"update 0 0,0,{SIZE}", "wait-answers")
SECOND = ("head 1 gpu g label right", f"scanout 1 b memory XRGB8888 {SIZE}", "draw b rgba",
          f"update 1 0,0,{SIZE}", "wait-answers")
MIN_SIZE = 64
TOKEN = "token-of-the-test"


class MannersCase(MiniCase):
    sanitize = True

    def end(self, compositor, run):
        self.assert_no_error(compositor)
        self.assertEqual(run.terminate(), 0, run.story())

    def surface(self, compositor, label):
        return compositor.wait("title", where=lambda event: label in event["title"])["surface"]

    def wait_shown(self, compositor, label):
        surface = self.surface(compositor, label)
        compositor.wait("commit", surface=surface, attached=True)
        return surface


class Idle(MannersCase):
    """The screen stays on for a guest's picture that somebody can see, and for nothing else."""

    def awake(self, compositor, surface):
        """What the compositor has been told last."""
        compositor.command("ping")
        made, gone = (len(compositor.find(name, surface=surface))
                      for name in ("idle_inhibit", "idle_inhibit_end"))
        self.assertIn(made - gone, (0, 1))
        return made > gone

    def wait_awake(self, compositor, surface, expected=True):
        wait_for(lambda: self.awake(compositor, surface) == expected,
                 f"the screen to be kept on: {expected}", timeout_s=20)

    def test_while_the_window_is_seen(self):
        compositor = self.compositor("--idle-inhibit")
        run = self.show(compositor, *FIRST)
        surface = self.wait_shown(compositor, "left")
        self.wait_awake(compositor, surface)
        for _ in range(2):
            compositor.command("configure", states=["suspended"])
            self.wait_awake(compositor, surface, False)
            compositor.command("configure", states=["activated"])
            self.wait_awake(compositor, surface)
        self.end(compositor, run)

    def test_while_frames_are_drawn(self):
        """As on a compositor that does not say that a window is hidden."""
        compositor = self.compositor("--idle-inhibit")
        run = self.show(compositor, *FIRST, "frames 1000000 60 0")
        surface = self.wait_shown(compositor, "left")
        self.wait_awake(compositor, surface)
        compositor.command("frame_policy", policy="never")
        self.wait_awake(compositor, surface, False)
        compositor.command("frame_policy", policy="auto")
        self.wait_awake(compositor, surface)
        self.end(compositor, run)

    def test_while_the_head_is_on(self):
        """Neither the last picture of one that went off nor our own words keep a screen on."""
        compositor = self.compositor("--idle-inhibit")
        run = self.show(compositor, *FIRST, "sleep 500", "off 0", "sleep 2000", "scanout 0 a",
                        f"update 0 0,0,{SIZE}", "wait-answers")
        surface = self.wait_shown(compositor, "left")
        self.wait_awake(compositor, surface)
        self.wait_awake(compositor, surface, False)
        compositor.wait("title", where=lambda event: event["title"].endswith("— off"))
        self.assertFalse(self.awake(compositor, surface))
        self.wait_awake(compositor, surface)
        self.assertEqual(len(compositor.find("idle_inhibit")), 2)
        self.end(compositor, run)

    def test_a_guest_that_shows_nothing(self):
        compositor = self.compositor("--idle-inhibit")
        run = self.show(compositor, "head 0 gpu g label dark")
        surface = self.wait_shown(compositor, "dark — off")
        compositor.command("configure", width=400, height=300)
        compositor.wait("commit", surface=surface, width=400, height=300)
        self.assertEqual(compositor.find("idle_inhibit"), [])
        self.end(compositor, run)

    def test_each_window_its_own(self):
        compositor = self.compositor("--idle-inhibit")
        run = self.show(compositor, *FIRST, *SECOND)
        surfaces = [self.wait_shown(compositor, label) for label in ("left", "right")]
        for surface in surfaces:
            self.wait_awake(compositor, surface)
        compositor.command("close", surface=surfaces[1])
        self.wait_awake(compositor, surfaces[1], False)
        self.assertTrue(self.awake(compositor, surfaces[0]))
        # Before the surface that it is for, and at all.
        self.assertEqual(run.terminate(), 0, run.story())
        self.wait_awake(compositor, surfaces[0], False)
        self.assertEqual(compositor.find("error"), [])

    def test_a_compositor_without_it(self):
        compositor = self.compositor()
        run = self.show(compositor, *FIRST)
        self.wait_shown(compositor, "left")
        self.end(compositor, run)


class Activation(MannersCase):
    """Whoever starts us may pass the focus on: once, to the first window."""

    def test_used_once(self):
        compositor = self.compositor("--activation")
        run = self.show(compositor, *FIRST, *SECOND, XDG_ACTIVATION_TOKEN=TOKEN)
        surfaces = [self.wait_shown(compositor, label) for label in ("left", "right")]
        used, = compositor.find("activate")
        self.assertEqual(used["token"], TOKEN)
        self.assertIn(used["surface"], surfaces)
        # The first that was mapped: before any commit of the other with a picture.
        first = compositor.wait("commit", role="toplevel", attached=True)
        self.assertEqual(used["surface"], first["surface"])
        # A window that comes later has none.
        compositor.command("close", surface=surfaces[1])
        compositor.wait("toplevel_destroy")
        mark = compositor.mark()
        compositor.command("keyboard_enter", surface=surfaces[0])
        for code in (29, 56, 3):  # Ctrl, Alt, 2
            compositor.command("key", code=code, pressed=True)
        compositor.wait("commit", since=mark, role="toplevel", attached=True)
        self.assertEqual(len(compositor.find("activate")), 1)
        self.end(compositor, run)

    def test_none(self):
        for environment in ({}, {"XDG_ACTIVATION_TOKEN": ""}):
            with self.subTest(environment):
                compositor = self.compositor("--activation")
                run = self.show(compositor, *FIRST, **environment)
                self.wait_shown(compositor, "left")
                self.assertEqual(compositor.find("activate"), [])
                self.end(compositor, run)

    def test_a_compositor_without_it(self):
        compositor = self.compositor()
        run = self.show(compositor, *FIRST, XDG_ACTIVATION_TOKEN=TOKEN)
        self.wait_shown(compositor, "left")
        self.end(compositor, run)

    def test_our_own_programs_have_none(self):
        """The GPU helper is started before there is a window."""
        helper()
        compositor = self.compositor(REFUSING, "--activation")
        run = self.show(compositor, "head 0", f"scanout 0 a dmabuf XRGB8888 {SIZE}", "draw a rgba",
                        f"update 0 0,0,{SIZE}", XDG_ACTIVATION_TOKEN=TOKEN, **SOFTWARE)
        self.wait_for_picture(compositor, rgba_pattern(WIDTH, HEIGHT), run)
        children = processes.started(run.process.pid, "vitrine-gl")
        self.assertTrue(children, "the GPU helper does not run")
        for child in children:
            with open(f"/proc/{child}/environ", "rb") as file:
                self.assertNotIn(TOKEN.encode(), file.read())
        self.assertEqual(len(compositor.find("activate", token=TOKEN)), 1)
        self.end(compositor, run)


class Identity(MannersCase):
    def test_icon_name_and_least_size(self):
        compositor = self.compositor("--icons")
        run = self.show(compositor, *FIRST, *SECOND)
        for label in "left", "right":
            surface = self.wait_shown(compositor, label)
            mapped = compositor.wait("commit", surface=surface, attached=True)
            for name, expected in (("set_icon", {"name": "vitrine"}),
                                   ("app_id", {"app_id": "vitrine"}),
                                   ("min_size", {"width": MIN_SIZE, "height": MIN_SIZE})):
                event, = compositor.find(name, surface=surface)
                self.assertEqual({key: event[key] for key in expected}, expected)
                self.assertLess(compositor.events.index(event), compositor.events.index(mapped))
        # The icon itself is no longer needed.
        self.assertNotIn("xdg_toplevel_icon_v1", compositor.count_objects())
        self.end(compositor, run)

    def test_a_compositor_without_icons(self):
        compositor = self.compositor()
        run = self.show(compositor, *FIRST)
        self.wait_shown(compositor, "left")
        self.assertEqual(compositor.find("set_icon"), [])
        self.end(compositor, run)
