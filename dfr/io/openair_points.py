"""The commonest record of OpenAir, a corner with its coordinates, read from all lines at once.

Lines are sorted by their shape: the line with every digit written 0. One look at a shape tells where its
numbers stand; arithmetic on columns of characters then reads them from all lines of that shape. Lines of
awkward shapes or values are left to the record by record reader, which says what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dfr.io.openair_words import LAT_LON
from dfr.world.outlines import Vertex

WIDTH = 32
"""Longer lines are left to the other reader; a multiple of eight."""

SHORTEST = len("DP 0N 0E")
MOST_SHAPES = 24
"""Real files have one to five; lines of further shapes are left to the other reader."""

ZERO, SPACE = ord("0"), ord(" ")

REMARKS = np.frombuffer(b"*#;", np.uint8)
OWN_WORDS = b"dfr-"
"""In a remark that is read."""

_vertex: Callable[[tuple[float, float]], Vertex] = partial(tuple.__new__, Vertex)
"""A vertex of a pair, without a call of Python for each."""

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PlainPoints:
    """The corners found in a text, and the lines that are left to the other reader; lines count from 0.

    `lines` has the line of each corner; `others` those left, without remarks that nobody reads, and
    `before` how many corners stand before each of them.
    """

    corners: list[Vertex]
    lines: list[int]
    others: list[int]
    before: list[int]


def plain_points(text: str) -> PlainPoints:
    """The corners of a text whose lines end in newlines."""
    raw = text.encode("utf-8", "replace")
    data = np.frombuffer(raw + b" " * WIDTH, np.uint8)
    starts, lengths = _lines(data)
    rows = _candidates(data, starts, lengths)
    table = np.lib.stride_tricks.sliding_window_view(data, WIDTH)[starts[rows]]
    table[np.arange(WIDTH) >= lengths[rows][:, None]] = SPACE
    lat, lon = _read(table)
    found = np.isfinite(lat)
    corner = np.zeros(len(starts), bool)
    corner[rows[found]] = True
    pairs = zip(lat[found].tolist(), lon[found].tolist(), strict=True)
    others = np.flatnonzero(~(corner | _mute(data, raw, starts, lengths)))
    before = np.cumsum(corner)[others]
    return PlainPoints(
        list(map(_vertex, pairs)), np.flatnonzero(corner).tolist(), others.tolist(), before.tolist()
    )


def _mute(data: Bytes, raw: bytes, starts: Ints, lengths: Ints) -> NDArray[np.bool_]:
    """Which lines say nothing: empty ones, and remarks where the file has none of our own."""
    mute: NDArray[np.bool_] = lengths == 0
    return mute if OWN_WORDS in raw.lower() else mute | np.isin(data[starts], REMARKS)


def _lines(data: Bytes) -> tuple[Ints, Ints]:
    """(where each line starts, how long it is)."""
    ends = np.append(np.flatnonzero(data[:-WIDTH] == ord("\n")), len(data) - WIDTH)
    starts = np.concatenate(([0], ends[:-1] + 1))
    return starts, ends - starts


def _candidates(data: Bytes, starts: Ints, lengths: Ints) -> Ints:
    """The lines that begin with DP and are neither too short nor too long."""
    fits = np.flatnonzero((lengths >= SHORTEST) & (lengths <= WIDTH))
    first = starts[fits]
    begins = (data[first] == ord("D")) & (data[first + 1] == ord("P")) & (data[first + 2] == SPACE)
    rows: Ints = fits[begins]
    return rows


def _read(table: Bytes) -> tuple[Floats, Floats]:
    """(lat, lon) of each row, NaN where it is left to the other reader."""
    digits = table - ZERO
    shapes = np.where(digits < 10, np.uint8(ZERO), table)
    words = np.ascontiguousarray(shapes).view(np.uint64)
    lat, lon = np.full(len(table), np.nan), np.full(len(table), np.nan)
    left = np.arange(len(table))
    for _ in range(MOST_SHAPES):
        if not len(left):
            break
        same = (words[left] == words[left[0]]).all(axis=1)
        rows, left = left[same], left[~same]
        columns = np.ascontiguousarray(digits[rows].T)
        lat[rows], lon[rows] = _of_shape(bytes(shapes[rows[0]]).decode("latin-1"), columns)
    return lat, lon


def _of_shape(shape: str, columns: Bytes) -> tuple[Floats, Floats]:
    """(lat, lon) of all lines of one shape; one row of digits for each place in the line."""
    match = LAT_LON.match(shape, 3)
    if match is None or shape[match.end() :].strip():
        nothing = np.full(columns.shape[1], np.nan)
        return nothing, nothing
    lat, lon = (_angle(shape, columns, [match.span(group) for group in range(g, g + 4)]) for g in (1, 5))
    off = ~((np.abs(lat) <= 90.0) & (np.abs(lon) <= 180.0))
    lat[off] = np.nan
    return lat, lon


def _angle(shape: str, columns: Bytes, spans: list[tuple[int, int]]) -> Floats:
    """Degrees, minutes and seconds in three columns, the letter of the hemisphere in the fourth."""
    degrees, minutes, seconds = (_number(shape, columns, span) for span in spans[:3])
    angle = degrees + minutes / 60.0 + seconds / 3600.0
    angle[(minutes > 60.0) | (seconds > 60.0)] = np.nan
    return -angle if shape[spans[3][0]] in "SWsw" else angle


def _number(shape: str, columns: Bytes, span: tuple[int, int]) -> Floats:
    """The decimal number in a span of columns; 0 where there is none."""
    places = [place for place in range(*span) if shape[place] == "0"]
    if len(places) > 15:
        return np.full(columns.shape[1], np.nan)
    decimals = sum(place > shape.find(".", *span) for place in places) if "." in shape[slice(*span)] else 0
    value = np.zeros(columns.shape[1])
    for place in places:
        value = value * 10.0 + columns[place]
    return value / 10.0**decimals
