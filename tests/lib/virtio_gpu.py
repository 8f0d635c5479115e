"""
A virtio-gpu driven without a guest: scanouts whose every pixel the test knows.
Source: virtio 1.2, section 5.7.
"""

import struct

from virtio import DEVICE, Queue, VirtioDevice

FEATURE_RESOURCE_BLOB = 8
GET_DISPLAY_INFO, GET_EDID = 0x100, 0x10a
RESOURCE_CREATE_2D, RESOURCE_UNREF, SET_SCANOUT, RESOURCE_FLUSH = 0x101, 0x102, 0x103, 0x104
TRANSFER_TO_HOST_2D, ATTACH_BACKING, CREATE_BLOB, SET_SCANOUT_BLOB = 0x105, 0x106, 0x10c, 0x10d
UPDATE_CURSOR, MOVE_CURSOR = 0x300, 0x301
FENCE = 1
OK = 0x1100
FORMATS = {"AR24": 1, "XR24": 2, "AB24": 67, "XB24": 134}  # by DRM fourcc, little-endian
CURSOR_SIZE = 64
# In the device's configuration.
EVENTS_READ, EVENTS_CLEAR, NUM_SCANOUTS = 0, 4, 8
EVENT_DISPLAY = 1
HEADER_SIZE = 24


class VirtioGpu:
    def __init__(self, qtest, memory, slot):
        self._qtest, self._memory = qtest, memory
        self._device = VirtioDevice(qtest, memory, slot, FEATURE_RESOURCE_BLOB)
        self.has_blobs = bool(self._device.features & FEATURE_RESOURCE_BLOB)
        self._control, self._cursor = (Queue(self._device, index) for index in (0, 1))
        self._device.ready()
        self._request, self._response = memory.take(4096), memory.take(4096)
        self._resources = 0

    def _command(self, kind, body, queue=None, fence=0):
        message = struct.pack("<IIQII", kind, FENCE if fence else 0, fence, 0, 0) + body
        self._qtest.write(self._request, message)
        self._qtest.put(self._response, "I", 0)
        queue = queue or self._control
        queue.offer((self._request, len(message), False), (self._response, 1024, True))
        queue.wait_used()
        if queue is self._control:
            answer, = self._qtest.get(self._response, "I")
            assert answer & 0xff00 == OK & 0xff00, f"virtio-gpu command {kind:#x} -> {answer:#x}"

    def take_display_event(self):
        """Whether the device says that its monitors have changed, since the last call."""
        address, _, _ = self._device.capabilities[DEVICE]
        events, = self._qtest.get(address + EVENTS_READ, "I")
        self._qtest.put(address + EVENTS_CLEAR, "I", events)
        return bool(events & EVENT_DISPLAY)

    def display_info(self):
        """What the guest is told of its monitors: (enabled, x, y, width, height) of each."""
        address, _, _ = self._device.capabilities[DEVICE]
        count, = self._qtest.get(address + NUM_SCANOUTS, "I")
        self._command(GET_DISPLAY_INFO, b"")
        modes = [self._qtest.get(self._response + HEADER_SIZE + 24 * i, "5I") for i in range(count)]
        return [(bool(enabled), *place) for *place, enabled in modes]

    def edid(self, head):
        self._command(GET_EDID, struct.pack("<II", head, 0))
        size, = self._qtest.get(self._response + HEADER_SIZE, "I")
        return self._qtest.read(self._response + HEADER_SIZE + 8, size)

    def make_resource(self, width, height, fourcc="XR24", spare_rows=0):
        """A 2D resource over guest memory; returns (number, address of its pixels)."""
        self._resources += 1
        size, number = width * (height + spare_rows) * 4, self._resources
        address = self._memory.take(size)
        self._command(RESOURCE_CREATE_2D, struct.pack(
            "<4I", number, FORMATS[fourcc], width, height))
        self._command(ATTACH_BACKING, struct.pack("<IIQII", number, 1, address, size, 0))
        return number, address

    def make_blob(self, size):
        self._resources += 1
        size, number = (size + 4095) & ~4095, self._resources
        address = self._memory.take(size)
        self._command(CREATE_BLOB, struct.pack(
            "<IIIIQQQII", number, 1, 3, 1, 0, size, address, size, 0))
        return number, address

    def write(self, resource, words):
        """Fills a resource's own memory with 32-bit words."""
        self._qtest.write(resource[1], struct.pack(f"<{len(words)}I", *words))

    def draw(self, resource, words, width, height):
        """Fills a resource with 32-bit words and hands them to the device."""
        self.write(resource, words)
        self.transfer(resource, width, height)

    def transfer(self, resource, width, height, x=0, y=0, offset=0):
        """Hands a rectangle to the device, from this offset in the guest's memory."""
        self._command(TRANSFER_TO_HOST_2D, struct.pack("<4IQII", x, y, width, height, offset,
                                                       resource[0], 0))

    def scanout(self, head, resource, width, height, x=0, y=0):
        self._command(SET_SCANOUT, struct.pack("<6I", x, y, width, height, head, resource[0]))

    def scanout_blob(self, head, blob, width, height, fourcc="XR24", stride=None, offset=0,
                     part=None):
        """The blob holds width x height pixels; part: what the head shows of them, (x, y, w, h)."""
        self._command(SET_SCANOUT_BLOB,
                      struct.pack("<4I6I4I4I", *(part or (0, 0, width, height)), head, blob[0],
                                  width, height, FORMATS[fourcc], 0, stride or width * 4, 0, 0, 0,
                                  offset, 0, 0, 0))

    def drop(self, resource):
        self._command(RESOURCE_UNREF, struct.pack("<2I", resource[0], 0))

    def off(self, head):
        self._command(SET_SCANOUT, struct.pack("<6I", 0, 0, 0, 0, head, 0))

    def flush(self, resource, width, height, x=0, y=0):
        # Fenced: with gl=on QEMU runs an unfenced flush of a blob again and again.
        body = struct.pack("<6I", x, y, width, height, resource[0], 0)
        self._command(RESOURCE_FLUSH, body, fence=1)

    def show(self, head, width, height, words, fourcc="XR24"):
        """Puts a picture on a head; returns its resource."""
        resource = self.make_resource(width, height, fourcc)
        self.draw(resource, words, width, height)
        self.scanout(head, resource, width, height)
        self.flush(resource, width, height)
        return resource

    def cursor(self, head, x, y, words, hot_x, hot_y):
        """words: CURSOR_SIZE² premultiplied ARGB."""
        resource = self.make_resource(CURSOR_SIZE, CURSOR_SIZE, "AR24")
        self.draw(resource, words, CURSOR_SIZE, CURSOR_SIZE)
        self._move(UPDATE_CURSOR, head, x, y, resource[0], hot_x, hot_y)

    def hide_cursor(self, head):
        self._move(UPDATE_CURSOR, head, 0, 0, 0, 0, 0)

    def move_cursor(self, head, x, y):
        self._move(MOVE_CURSOR, head, x, y, 0, 0, 0)

    def _move(self, kind, head, x, y, number, hot_x, hot_y):
        body = struct.pack("<8I", head, x, y, 0, number, hot_x, hot_y, 0)
        self._command(kind, body, self._cursor)


def pattern(width, height, salt):
    """A picture in which every pixel tells its place, and mirrored or swapped ones show."""
    return [0xff000000 | (x * 255 // width) << 16 | (y * 255 // height) << 8 | salt
            for y in range(height) for x in range(width)]
