"""
A virtio PCI device driven over qtest: just enough of a driver to set one up and use its queues.
Source: virtio 1.2, sections 2.7 (split queues), 3.1 (initialisation) and 4.1 (PCI).
"""

from qmp import wait_for

PCI_ADDRESS, PCI_DATA = 0xcf8, 0xcfc
PCI_COMMAND, PCI_BAR0, PCI_CAPABILITIES = 0x04, 0x10, 0x34
PCI_COMMAND_IO_MEMORY_MASTER = 7
BAR_WINDOW = 0xe0000000  # where we put the devices' memory; the PC has no RAM there

CAPABILITY_VENDOR = 9
COMMON, NOTIFY, DEVICE = 1, 2, 4  # kinds of capability
# Offsets in the common configuration.
DEVICE_FEATURE_SELECT, DEVICE_FEATURE, DRIVER_FEATURE_SELECT, DRIVER_FEATURE = 0, 4, 8, 12
STATUS, QUEUE_SELECT, QUEUE_SIZE, QUEUE_ENABLE, QUEUE_NOTIFY_OFFSET = 20, 22, 24, 28, 30
QUEUE_DESCRIPTORS, QUEUE_AVAILABLE, QUEUE_USED = 32, 40, 48
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
VERSION_1 = 1  # bit 32: bit 0 of the second feature word

DESCRIPTOR_NEXT, DESCRIPTOR_DEVICE_WRITES = 1, 2
MAX_QUEUE = 64


class Memory:
    """Hands out guest memory, page by page, and never takes any back."""

    def __init__(self, start=0x100000):
        self._next = start
        self.next_bar = BAR_WINDOW

    def take(self, size):
        address = self._next
        self._next = (address + size + 4095) & ~4095
        return address

    def take_bar(self, size):
        address = (self.next_bar + size - 1) & ~(size - 1)
        self.next_bar = address + size
        return address


class Queue:
    def __init__(self, device, index):
        self._qtest, self._index, common = device.qtest, index, device.common
        qtest = self._qtest
        qtest.put(common + QUEUE_SELECT, "H", index)
        self.size = min(MAX_QUEUE, *qtest.get(common + QUEUE_SIZE, "H"))
        qtest.put(common + QUEUE_SIZE, "H", self.size)
        self._descriptors = device.memory.take(16 * self.size)
        self._available = device.memory.take(6 + 2 * self.size)
        self._used = device.memory.take(6 + 8 * self.size)
        for offset, address in ((QUEUE_DESCRIPTORS, self._descriptors),
                                (QUEUE_AVAILABLE, self._available), (QUEUE_USED, self._used)):
            qtest.put(common + offset, "Q", address)
        qtest.put(common + QUEUE_ENABLE, "H", 1)
        offset, = qtest.get(common + QUEUE_NOTIFY_OFFSET, "H")
        address, _, multiplier = device.capabilities[NOTIFY]
        self._notify = address + offset * multiplier
        self._offered = 0

    def offer(self, *buffers):
        """Offers one chain of (address, size, device writes); all of a queue's are as long."""
        slot = (self._offered * len(buffers)) % self.size
        for i, (address, size, writes) in enumerate(buffers):
            last = i == len(buffers) - 1
            flags = (DESCRIPTOR_DEVICE_WRITES if writes else 0) | (0 if last else DESCRIPTOR_NEXT)
            self._qtest.put(self._descriptors + 16 * (slot + i), "QIHH", address, size, flags,
                            0 if last else slot + i + 1)
        self._qtest.put(self._available + 4 + 2 * (self._offered % self.size), "H", slot)
        self._offered += 1
        self._qtest.put(self._available + 2, "H", self._offered & 0xffff)
        self._qtest.put(self._notify, "H", self._index)

    def offer_again(self, count):
        """The chains that came back first, as they were. Each slot of the queue has held one before."""
        self._offered += count
        self._qtest.put(self._available + 2, "H", self._offered & 0xffff)
        self._qtest.put(self._notify, "H", self._index)

    def used(self):
        """How many chains the device has given back so far, modulo 65536."""
        return self._qtest.get(self._used + 2, "H")[0]

    def wait_used(self):
        wait_for(lambda: self.used() == self._offered & 0xffff, "the virtio device to answer")


class VirtioDevice:
    def __init__(self, qtest, memory, slot, features=0):
        self.qtest, self.memory, self._slot = qtest, memory, slot
        self._config(PCI_COMMAND, self._config(PCI_COMMAND) | PCI_COMMAND_IO_MEMORY_MASTER)
        self.capabilities = self._find_capabilities(self._place_bars())
        self.common = self.capabilities[COMMON][0]
        qtest.put(self.common + STATUS, "B", 0)
        qtest.put(self.common + STATUS, "B", ACKNOWLEDGE | DRIVER)
        qtest.put(self.common + DEVICE_FEATURE_SELECT, "I", 0)
        self.features = qtest.get(self.common + DEVICE_FEATURE, "I")[0] & features
        for word, value in ((0, self.features), (1, VERSION_1)):
            qtest.put(self.common + DRIVER_FEATURE_SELECT, "I", word)
            qtest.put(self.common + DRIVER_FEATURE, "I", value)
        qtest.put(self.common + STATUS, "B", ACKNOWLEDGE | DRIVER | FEATURES_OK)

    def ready(self):
        status = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK
        self.qtest.put(self.common + STATUS, "B", status)

    def reset(self):
        self.qtest.put(self.common + STATUS, "B", 0)

    def _config(self, offset, value=None):
        self.qtest.outl(PCI_ADDRESS, 0x80000000 | self._slot << 11 | (offset & 0xfc))
        if value is None:
            return self.qtest.inl(PCI_DATA)
        return self.qtest.outl(PCI_DATA, value)

    def _place_bars(self):
        places, bar = {}, 0
        while bar < 6:
            offset = PCI_BAR0 + 4 * bar
            self._config(offset, 0xffffffff)
            mask = self._config(offset)
            if mask not in (0, 0xffffffff) and not mask & 1:
                places[bar] = self.memory.take_bar((~(mask & ~15) & 0xffffffff) + 1)
                self._config(offset, places[bar])
                if mask & 6 == 4:  # 64 bits wide: the next one is its upper half
                    bar += 1
                    self._config(offset + 4, 0)
            bar += 1
        return places

    def _find_capabilities(self, places):
        found, at = {}, self._config(PCI_CAPABILITIES) & 0xff
        while at:
            word = self._config(at)
            bar = self._config(at + 4) & 0xff
            if word & 0xff == CAPABILITY_VENDOR and bar in places:
                address = places[bar] + self._config(at + 8)
                size, multiplier = self._config(at + 12), self._config(at + 16)
                found.setdefault(word >> 24, (address, size, multiplier))
            at = (word >> 8) & 0xff
        return found
