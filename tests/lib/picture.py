"""Pictures as the tests compare them: packed RGB bytes, read from PNG or PPM by the standard
library alone, so that nothing of the viewer's own code judges the viewer's pictures."""

import itertools
import struct
import zlib

CHANNELS = {2: 3, 6: 4}  # PNG colour type -> bytes a pixel


class Picture:
    def __init__(self, width, height, rgb):
        assert len(rgb) == width * height * 3, (width, height, len(rgb))
        self.width, self.height, self.rgb = width, height, bytes(rgb)

    def __repr__(self):
        return f"{self.width}x{self.height}, {self.colours()} colours"

    def pixel(self, x, y):
        start = (y * self.width + x) * 3
        return tuple(self.rgb[start:start + 3])

    def row(self, y, x=0, width=None):
        start = (y * self.width + x) * 3
        return self.rgb[start:start + (self.width - x if width is None else width) * 3]

    def colours(self):
        rgb = self.rgb
        return len(set(zip(rgb[0::3], rgb[1::3], rgb[2::3])))

    def difference(self, other):
        """None when equal, else one line that says where and how far they part."""
        if (self.width, self.height) != (other.width, other.height):
            return f"sizes {self.width}x{self.height} and {other.width}x{other.height}"
        if self.rgb == other.rgb:
            return None
        wrong = [i for i in range(self.width * self.height)
                 if self.rgb[3 * i:3 * i + 3] != other.rgb[3 * i:3 * i + 3]]
        x, y = wrong[0] % self.width, wrong[0] // self.width
        return (f"{len(wrong)} of {self.width * self.height} pixels differ, the first at {x},{y}: "
                f"{self.pixel(x, y)} and {other.pixel(x, y)}")

    def find(self, part):
        """Where part stands in this picture exactly: (x, y), or None."""
        first = part.row(0)
        for y in range(self.height - part.height + 1):
            row, at = self.row(y), -1
            while (at := row.find(first, at + 1)) >= 0:
                x = at // 3
                if at % 3 == 0 and all(self.row(y + i, x, part.width) == part.row(i)
                                       for i in range(part.height)):
                    return x, y
        return None


def from_xrgb(width, height, words):
    """From 32-bit words 0xXXRRGGBB."""
    data = struct.pack(f"<{width * height}I", *words)
    rgb = bytearray(width * height * 3)
    rgb[0::3], rgb[1::3], rgb[2::3] = data[2::4], data[1::4], data[0::4]
    return Picture(width, height, rgb)


def read_ppm(data):
    magic, width, height, maximum = data.split(None, 4)[:4]
    assert (magic, maximum) == (b"P6", b"255"), (magic, maximum)
    header = 0
    for _ in range(4):
        header = min(i for i in (data.find(b" ", header), data.find(b"\n", header)) if i >= 0) + 1
    return Picture(int(width), int(height), data[header:])


def _unfilter(kind, line, before, pixel):
    if kind == 1:  # what most rows of the viewer's have, the fast way
        for channel in range(pixel):
            sums = itertools.accumulate(line[channel::pixel])
            line[channel::pixel] = bytes(value & 255 for value in sums)
        return
    for x in range(len(line)):
        left = line[x - pixel] if x >= pixel else 0
        corner = before[x - pixel] if x >= pixel else 0
        if kind == 2:
            predicted = before[x]
        elif kind == 3:
            predicted = (left + before[x]) // 2
        else:
            estimate = left + before[x] - corner
            predicted = min((left, before[x], corner), key=lambda value: abs(estimate - value))
        line[x] = (line[x] + predicted) & 255


def read_png(data):
    """8 bits a channel, RGB or RGBA (whose alpha is dropped), not interlaced; CRCs are checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at, packed, header, kind = 8, b"", None, None
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + length]
        crc, = struct.unpack_from(">I", data, at + 8 + length)
        assert crc == zlib.crc32(kind + body), f"the CRC of {kind} is wrong"
        at += 12 + length
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
    assert at == len(data), "bytes after the end of the PNG"
    width, height, depth, colour, _, _, interlaced = header
    assert depth == 8 and colour in CHANNELS and not interlaced, header
    pixel = CHANNELS[colour]
    raw, stride, before, lines = zlib.decompress(packed), width * pixel, None, []
    assert len(raw) == (stride + 1) * height, "the PNG has not as many bytes as its size asks for"
    for y in range(height):
        start = y * (stride + 1)
        line = bytearray(raw[start + 1:start + 1 + stride])
        if raw[start]:
            _unfilter(raw[start], line, before or bytes(stride), pixel)
        lines.append(line)
        before = line
    rgb = bytearray(width * height * 3)
    joined = b"".join(lines)
    for channel in range(3):
        rgb[channel::3] = joined[channel::pixel]
    return Picture(width, height, rgb)


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    return read_ppm(data) if data.startswith(b"P6") else read_png(data)
