"""
A real compositor for those that want a seat and many protocols: sway, headless, drawn by the CPU.
Windows float in their own size.
"""

import glob
import json
import os
import pwd
import shutil
import subprocess
import tempfile

import process
from qmp import wait_for

CONFIG = """\
output HEADLESS-1 mode --custom 4096x2400@60Hz
output HEADLESS-1 position 0 0
default_border none
default_floating_border none
floating_maximum_size -1 x -1
for_window [app_id=".*"] floating enable
"""
USER = "nobody"  # sway does not run as root


class Sway:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="vitrine-sway-")
        config = os.path.join(self.folder, "config")
        with open(config, "w") as file:
            file.write(CONFIG)
        command = ["sway", "-c", config]
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
                       "--clear-groups", *command]
        self._log_path = os.path.join(self.folder, "log")
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder,
                       "XDG_RUNTIME_DIR": self.folder, "WLR_BACKENDS": "headless",
                       "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
        with open(self._log_path, "w") as log:
            self._process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)
        try:
            self._ipc = wait_for(lambda: self._find("sway-ipc.*.sock"), "sway")
            self.display = wait_for(lambda: self._find("wayland-[0-9]"), "sway's display")
        except BaseException:
            self.close()
            raise

    def _find(self, pattern):
        if self._process.poll() is not None:
            with open(self._log_path) as file:
                raise AssertionError(f"sway did not start: {file.read()}")
        return next(iter(glob.glob(os.path.join(self.folder, pattern))), None)

    @property
    def cpu_ns(self):
        return process.cpu_ns(self._process.pid)

    def windows(self):
        """[(width, height) of each]"""
        text = subprocess.run(["swaymsg", "-s", self._ipc, "-r", "-t", "get_tree"], check=True,
                              capture_output=True, text=True).stdout
        found, nodes = [], [json.loads(text)]
        while nodes:
            node = nodes.pop()
            nodes += node["nodes"] + node["floating_nodes"]
            if node.get("pid") and node["type"] in ("con", "floating_con"):
                found.append((node["window_rect"]["width"], node["window_rect"]["height"]))
        return found

    def focus(self):
        """A window gets the keys."""
        subprocess.run(["swaymsg", "-s", self._ipc, '[app_id=".*"] focus'], check=True,
                       stdout=subprocess.DEVNULL)

    def at_least(self, size):
        """Makes a window that is smaller so large."""
        if any(window[0] < size[0] or window[1] < size[1] for window in self.windows()):
            subprocess.run(["swaymsg", "-s", self._ipc, '[app_id=".*"]',
                            f"resize set {size[0]} px {size[1]} px"], check=True,
                           stdout=subprocess.DEVNULL)

    def close(self):
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
