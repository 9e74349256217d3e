"""PNG files with a palette of 256 colours: a third of what a browser writes. PNG specification, sections 9 and 11."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 256
_CHANNELS = {2: 3, 6: 4}

Colour = tuple[int, int, int]


def with_palette(png: bytes) -> bytes:
    """The same picture, each colour replaced by the nearest of the 256 that are met most often."""
    parts = list(_chunks(png))
    width, height, depth, kind, *_ = struct.unpack(">IIBBBBB", parts[0][1])
    assert depth == 8, "a browser writes 8 bits a channel"
    rows = _rows(zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT")), width, _CHANNELS[kind])
    pixels = [_colours(row, _CHANNELS[kind]) for row in rows]
    met = Counter(colour for row in pixels for colour in row)
    palette = [colour for colour, _ in met.most_common(_COLOURS)]
    index = {colour: _nearest(colour, palette) for colour in met}
    packed = b"".join(b"\0" + bytes(index[colour] for colour in row) for row in pixels)
    return _SIGNATURE + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(channel for colour in palette for channel in colour)),
            _chunk(b"IDAT", zlib.compress(packed, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _rows(raw: bytes, width: int, channels: int) -> Iterator[bytearray]:
    length = width * channels
    above = bytearray(length)
    for at in range(0, len(raw), length + 1):
        above = _unfiltered(raw[at], bytearray(raw[at + 1 : at + 1 + length]), above, channels)
        yield above


def _unfiltered(how: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    for i in range(len(row)):
        left, up, corner = (row[i - step], above[i], above[i - step]) if i >= step else (0, above[i], 0)
        row[i] = (row[i] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[how]) & 255
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


def _colours(row: bytearray, channels: int) -> list[Colour]:
    return list(zip(row[0::channels], row[1::channels], row[2::channels], strict=True))


def _nearest(colour: Colour, palette: list[Colour]) -> int:
    def distance(i: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[i], strict=True))

    return min(range(len(palette)), key=distance)
