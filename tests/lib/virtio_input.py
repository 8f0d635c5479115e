"""
A virtio keyboard, mouse or tablet read without a guest: what the device reports, event by event.
Source: virtio 1.2, section 5.8.
"""

import struct

from virtio import MAX_QUEUE, Queue, VirtioDevice

EVENT_SIZE = 8
BUFFERS = MAX_QUEUE
EV_SYN, EV_KEY, EV_REL, EV_ABS, EV_LED = 0, 1, 2, 3, 0x11
LED_NUML, LED_CAPSL, LED_SCROLLL = range(3)
REL_X, REL_Y, REL_WHEEL = 0, 1, 8
ABS_MAX = 0x7fff  # the range of a tablet's axes in QEMU


class VirtioInput:
    """Once ready, a tablet makes the console's pointer absolute: its driver has started."""

    def __init__(self, qtest, memory, slot):
        self._qtest = qtest
        device = VirtioDevice(qtest, memory, slot)
        self._device = device
        self._queue, self._status = (Queue(device, index) for index in (0, 1))
        self._size = self._queue.size
        self._buffers = memory.take(EVENT_SIZE * self._size)
        self._sent = memory.take(EVENT_SIZE)
        device.ready()
        for i in range(self._size):
            self._queue.offer((self._buffers + EVENT_SIZE * i, EVENT_SIZE, True))
        self._read = 0

    def send(self, kind, code, value):
        """What a driver tells its device: LEDs."""
        self._qtest.put(self._sent, "HHi", kind, code, value)
        self._status.offer((self._sent, EVENT_SIZE, False))
        self._status.wait_used()

    def light(self, led, lit):
        """As the guest's driver lights a lamp of the keyboard."""
        self.send(EV_LED, led, lit)
        self.send(EV_SYN, 0, 0)

    def reset(self):
        """As a guest that reboots."""
        self._device.reset()

    def events(self):
        """
        (type, code, value) of each since the last call. The device drops what comes while it has
        no buffer: no more than BUFFERS between two calls, SYN_REPORTs included.
        """
        count = (self._queue.used() - self._read) & 0xffff
        if not count:
            return []
        data = self._qtest.read(self._buffers, EVENT_SIZE * self._size)
        slots = [(self._read + i) % self._size for i in range(count)]
        self._read += count
        self._queue.offer_again(count)
        return [struct.unpack_from("<HHi", data, EVENT_SIZE * slot) for slot in slots]
