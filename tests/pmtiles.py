"""A PMTiles archive of one vector tile, written from the two specifications (PMTiles 3, MVT 2.1)."""

import gzip
import json
import struct


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, data):
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(field_number, value):
    """A varint protobuf field."""
    return varint(field_number << 3) + varint(value)


def water_tile(extent=4096):
    """A tile that is all water: one square polygon in the layer `water`."""
    move, line, close = 1 << 3 | 1, 3 << 3 | 2, 1 << 3 | 7
    right, left = extent << 1, (extent << 1) - 1
    commands = (move, 0, 0, line, right, 0, 0, right, left, 0, close)
    geometry = b"".join(map(varint, commands))
    feature = number(3, 3) + field(4, geometry)
    layer = number(15, 2) + field(1, b"water") + field(2, feature) + number(5, extent)
    return field(3, layer)


def archive(attribution="<b>Our own survey</b>"):
    """The archive: its only tile is z0, enlarged beyond."""
    tile = gzip.compress(water_tile())
    told = {"vector_layers": [{"id": "water", "fields": {}}], "attribution": attribution}
    metadata = gzip.compress(json.dumps(told).encode())
    # One entry: tile id 0, run length 1, its length, offset 0 (kept as 1).
    root = gzip.compress(b"".join(map(varint, (1, 0, 1, len(tile), 1))))
    root_at, told_at = 127, 127 + len(root)
    tiles_at = told_at + len(metadata)
    places = (root_at, len(root), told_at, len(metadata), tiles_at, 0, tiles_at, len(tile), 1, 1, 1)
    kinds = (1, 2, 2, 1, 0, 0)  # clustered, gzip inside, gzip tiles, MVT, zooms 0 to 0
    bounds = (-1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000)
    header = b"PMTiles\x03" + struct.pack("<11Q6B4iB2i", *places, *kinds, *bounds, 0, 0, 0)
    assert len(header) == root_at
    return header + root + metadata + tile
