"""What the program says of input devices that it can not have. Those that it can have are in the rig."""

import os

from viewer import DONE, USAGE, ViewerCase, wait_for


class Devices(ViewerCase):
    sanitize = valgrind = True

    def refuse(self, path, says):
        self.vitrine("--fake", "--headless", "--input-device", path, status=USAGE,
                     says=f"input device {path}: .*{says}")

    def test_what_is_none(self):
        self.refuse(self.path("absent"), "no such device")
        self.refuse(self.folder, "no input device")
        self.refuse("/dev/null", "no input device")
        with open(self.path("file"), "w"):
            self.refuse(self.path("file"), "no input device")

    def test_libraries_are_loaded_for_devices_alone(self):
        """libinput brings others, and megabytes, with it."""
        run = self.start("--fake", "--headless", "--verbose")
        socket = os.path.join(self.folder, "vitrine")
        wait_for(lambda: os.path.exists(socket) or not run.running(), "the viewer to be there")
        with open(f"/proc/{run.process.pid}/maps") as maps:
            loaded = maps.read()
        self.assertIn("libsystemd", loaded)
        for name in ("libinput", "libudev", "libevdev", "libwacom", "libgudev", "vitrine-devices"):
            self.assertNotIn(name, loaded)
        self.assertEqual(run.terminate(), DONE, run.story())
