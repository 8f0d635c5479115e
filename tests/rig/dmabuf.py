"""
Dma-bufs of each exporter in the rig's machine, and fences in them; runs in that machine.
Source: linux/dma-buf.h, linux/udmabuf.h, linux/dma-heap.h, drm/drm.h, drm/vgem_drm.h.
"""

import fcntl
import functools
import glob
import mmap
import os
import struct

UDMABUF_CREATE = 0x40187542
UDMABUF_FLAGS_CLOEXEC = 1
DMA_HEAP_IOCTL_ALLOC = 0xc0184800
DRM_IOCTL_PRIME_HANDLE_TO_FD = 0xc00c642d
DRM_IOCTL_PRIME_FD_TO_HANDLE = 0xc00c642e
DRM_IOCTL_MODE_CREATE_DUMB = 0xc02064b2
DRM_IOCTL_VGEM_FENCE_ATTACH = 0xc0106441
DRM_IOCTL_VGEM_FENCE_SIGNAL = 0x40086442
VGEM_FENCE_WRITE = 1


@functools.cache
def vgem():
    for device in glob.glob("/sys/class/drm/card*/device"):
        if "/platform/" in os.path.realpath(device):
            return os.open(f"/dev/dri/{device.split('/')[-2]}", os.O_RDWR | os.O_CLOEXEC)
    raise FileNotFoundError("vgem")


def ask(fd, request, layout, *values):
    """One ioctl; what the kernel left in its argument."""
    argument = bytearray(struct.pack(layout, *values))
    fcntl.ioctl(fd, request, argument)
    return struct.unpack(layout, argument)


def export_udmabuf(size):
    memory = os.memfd_create("guest", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, size)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    device = os.open("/dev/udmabuf", os.O_RDWR | os.O_CLOEXEC)
    try:
        # The answer is the return value here.
        return fcntl.ioctl(device, UDMABUF_CREATE,
                           bytearray(struct.pack("=IIQQ", memory, UDMABUF_FLAGS_CLOEXEC, 0, size)))
    finally:
        os.close(device)
        os.close(memory)


def export_heap(size):
    heap = os.open("/dev/dma_heap/system", os.O_RDWR | os.O_CLOEXEC)
    try:
        return ask(heap, DMA_HEAP_IOCTL_ALLOC, "=QIIQ", size, 0, os.O_RDWR | os.O_CLOEXEC, 0)[1]
    finally:
        os.close(heap)


def export_vgem(size):
    # One row of pixels that are pages.
    handle = ask(vgem(), DRM_IOCTL_MODE_CREATE_DUMB, "=IIIIIIQ", size // mmap.PAGESIZE,
                 mmap.PAGESIZE // 4, 32, 0, 0, 0, 0)[4]
    return ask(vgem(), DRM_IOCTL_PRIME_HANDLE_TO_FD, "=IIi", handle,
               os.O_RDWR | os.O_CLOEXEC, -1)[2]


EXPORTERS = {"udmabuf": export_udmabuf, "heap": export_heap, "vgem": export_vgem}


class Buffer:
    """XRGB8888; padding: bytes between two rows."""

    def __init__(self, exporter, width, height, padding, modifier):
        self.width, self.height, self.modifier = width, height, modifier
        self.stride = width * 4 + padding
        size = -(-self.stride * height // mmap.PAGESIZE) * mmap.PAGESIZE
        self.fd = EXPORTERS[exporter](size)
        self._memory = mmap.mmap(self.fd, size)
        self._handle = ask(vgem(), DRM_IOCTL_PRIME_FD_TO_HANDLE, "=IIi", 0, 0, self.fd)[0]
        self._fence = None

    def paint(self, words):
        row = struct.Struct(f"={self.width}I")
        for y in range(self.height):
            row.pack_into(self._memory, y * self.stride,
                          *words[y * self.width:(y + 1) * self.width])

    def begin_drawing(self):
        """Leaves a write fence in it. After 10 s the kernel signals it itself."""
        self._fence = ask(vgem(), DRM_IOCTL_VGEM_FENCE_ATTACH, "=IIII", self._handle,
                          VGEM_FENCE_WRITE, 0, 0)[2]

    def end_drawing(self):
        """Fails when the kernel has been faster."""
        ask(vgem(), DRM_IOCTL_VGEM_FENCE_SIGNAL, "=II", self._fence, 0)
