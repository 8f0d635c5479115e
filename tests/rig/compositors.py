"""Real compositors on the machine's KMS device."""

import base64
import os

from machine import HERE, SHIM
from qmp import wait_for

CONFIGURATIONS = os.path.join(HERE, "compositors")
RUNTIME = "/run/user/0"
# One thread: with more, a page flip does not wait until Mesa has drawn what it shows.
PRELOADED = f"env LD_PRELOAD={SHIM} LP_NUM_THREADS=0"
WLROOTS = {"WLR_RENDERER": "gles2", "WLR_RENDERER_ALLOW_SOFTWARE": 1,
           "WLR_DRM_DEVICES": "/dev/dri/card0"}
SESSION = {"XDG_SESSION_ID": "c1", "XDG_SEAT": "seat0", "XDG_SESSION_TYPE": "wayland",
           "XDG_VTNR": 2}

# Name -> how to run it, what it needs from the environment, whether logind gives it its devices.
COMPOSITORS = {
    "weston": (f"seatd-launch -- {PRELOADED} weston --backend=drm --renderer=gl", {}, False),
    "mutter": (f"{PRELOADED} dbus-run-session -- mutter --display-server --no-x11", SESSION, True),
    "gnome-shell": (f"{PRELOADED} dbus-run-session -- gnome-shell --display-server --no-x11",
                    SESSION, True),
    "kwin": (f"{PRELOADED} dbus-run-session -- kwin_wayland --drm --no-lockscreen", SESSION, True),
    "sway": (f"seatd-launch -- {PRELOADED} sway", WLROOTS, False),
    "labwc": (f"seatd-launch -- {PRELOADED} labwc", WLROOTS, False),
}

# Where each reads what is in CONFIGURATIONS for it, in its $XDG_CONFIG_HOME.
FILES = {"weston": ("weston.ini", "weston.ini"), "sway": ("sway.conf", "sway/config")}

# A question to a display, and its answer (wl_display.sync): the socket alone is there much earlier.
ASK = ("import socket, struct, sys; display = socket.socket(socket.AF_UNIX); "
       "display.connect(sys.argv[1]); display.sendall(struct.pack('=IHHI', 1, 0, 12, 2)); "
       "assert display.recv(1)")


def start_logind(machine):
    machine.run("[ -e /run/dbus/system_bus_socket ] || { mkdir -p /run/dbus && "
                f"dbus-daemon --config-file={HERE}/shim/system-bus.conf --fork; }}")
    logind = machine.launch("logind", f"python3 -B {HERE}/shim/fake-logind.py")

    def is_ready():
        assert logind.running(), f"logind ended: {logind.log()}"
        return "ready" in logind.log()
    wait_for(is_ready, "the stand-in for logind", interval_s=0.1)
    return logind


class Compositor:
    """files: what is to be in its $XDG_CONFIG_HOME, besides or at the end of what always is."""

    def __init__(self, machine, name, files=(), **variables):
        self._machine, self.name = machine, name
        self._job = self._logind = None
        self._folder = f"{RUNTIME}/{name}"
        command, settings, wants_logind = COMPOSITORS[name]
        machine.run(f"rm -rf {self._folder} /run/seatd.sock; mkdir -m 700 {self._folder}")
        self._configure(dict(files))
        try:
            if wants_logind:
                self._logind = start_logind(machine)
            self._job = machine.launch(name, command, **settings, **variables,
                                       XDG_RUNTIME_DIR=self._folder,
                                       XDG_CONFIG_HOME=f"{self._folder}/config")
            self.display = wait_for(self._find_display, f"{name} to listen", interval_s=0.2)
            machine.run(f'python3 -c "{ASK}" {self.display}')
        except BaseException:
            self.stop()
            raise

    def _configure(self, files):
        if self.name in FILES:
            source, target = FILES[self.name]
            with open(os.path.join(CONFIGURATIONS, source), encoding="utf-8") as file:
                files[target] = file.read() + files.get(target, "")
        for path, text in files.items():
            target, data = f"{self._folder}/config/{path}", base64.b64encode(text.encode()).decode()
            self._machine.run(f"mkdir -p $(dirname {target}) && echo {data} | base64 -d >{target}")

    def ask(self, command):
        """What a command says that is given from within its session."""
        environments = " ".join(f"/proc/{pid}/environ" for pid in self._job.processes())
        return self._machine.run(
            f"export XDG_RUNTIME_DIR={self._folder} $(cat {environments} | tr '\\0' '\\n' | "
            "grep -m 1 ^DBUS_SESSION_BUS_ADDRESS= || :) "
            f"SWAYSOCK=$(ls {self._folder}/sway-ipc.*.sock 2>/dev/null); {command}")

    def _find_display(self):
        """For WAYLAND_DISPLAY, in whatever runtime folder the client has."""
        assert self._job.running(), f"{self.name} ended: {self._job.log()}"
        found = self._machine.run(f"ls -d {self._folder}/wayland-? 2>/dev/null || :").split()
        return found[0] if found else None

    def processes(self):
        return self._job.processes()

    def log(self):
        return self._job.log()

    def stop(self):
        for job in filter(None, (self._job, self._logind)):
            job.kill()
