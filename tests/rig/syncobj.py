#!/usr/bin/python3
"""
syncobj.py PID [POINT]: prints the last point of the DRM timeline that a process in the rig's machine has
one of; signals POINT first. So a test is the GPU that draws for a guest, and sees what the compositor
makes of it. Source: drm/drm.h, pidfd_getfd(2).
"""

import ctypes
import glob
import os
import sys

from dmabuf import ask

SYS_PIDFD_GETFD = 438
DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE = 0xc01064c2
DRM_IOCTL_SYNCOBJ_QUERY = 0xc01864cb
DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL = 0xc01864cd


def take(pid):
    """A descriptor of ours of its timeline: the file has no name that could be opened."""
    for link in glob.glob(f"/proc/{pid}/fd/*"):
        if os.readlink(link) == "anon_inode:syncobj_file":
            pidfd = os.pidfd_open(pid)
            fd = ctypes.CDLL(None, use_errno=True).syscall(
                SYS_PIDFD_GETFD, pidfd, int(os.path.basename(link)), 0)
            assert fd >= 0, os.strerror(ctypes.get_errno())
            return fd
    raise FileNotFoundError(f"a timeline of process {pid}")


def open_device(timeline):
    """Any that knows timelines, and its handle for this one."""
    for path in glob.glob("/dev/dri/renderD*"):
        device = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            return device, ask(device, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, "=IIiI", 0, 0, timeline, 0)[0]
        except OSError:
            os.close(device)
    raise FileNotFoundError("a render node with timelines")


def main():
    device, handle = open_device(take(int(sys.argv[1])))
    handles, points = (ctypes.c_uint32 * 1)(handle), (ctypes.c_uint64 * 1)()

    def ask_timeline(request):
        ask(device, request, "=QQII", ctypes.addressof(handles), ctypes.addressof(points), 1, 0)
    if len(sys.argv) > 2:
        points[0] = int(sys.argv[2])
        ask_timeline(DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL)
    ask_timeline(DRM_IOCTL_SYNCOBJ_QUERY)
    print(points[0])


if __name__ == "__main__":
    main()
