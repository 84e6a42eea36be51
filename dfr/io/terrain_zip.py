"""Terrain tiles inside archives, as OS ships Terrain 50: a zip of zips, one for each 10 km square.

Nothing is unpacked to disk. Archives nest once; tiles whose name says that they lie far from the site are
never unpacked, and what a member unpacks to is bounded whatever its header says.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dfr.errors import InputError

MAX_ARCHIVE_BYTES = 1024 * 1024 * 1024
"""OS Terrain 50 of all Great Britain has about 160 MB."""

MAX_MEMBERS = 20_000
MAX_INNER_BYTES = 64 * 1024 * 1024
MAX_TILES, MAX_TOTAL_BYTES = 200, 512 * 1024 * 1024
SUFFIXES = (".asc", ".hgt", ".tif", ".tiff")
NEAR_M = 20_000.0
"""Tiles farther from the site are left out: no plan reaches there (assumed)."""

SQUARE_M = 10_000.0
_SQUARE = re.compile(r"([A-HJ-Z])([A-HJ-Z])(\d)(\d)(?![0-9])", re.IGNORECASE)
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError,
    ValueError, LookupError, MemoryError,
)  # fmt: skip


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked of one archive."""

    tiles: int = MAX_TILES
    total_bytes: int = MAX_TOTAL_BYTES


def is_archive(path: Path) -> bool:
    """Whether a file begins as a zip does."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def read_tiles(path: Path, *, near_en_m: tuple[float, float] | None = None) -> Iterator[tuple[str, bytes]]:
    """(Name, bytes) of each tile near a place on the British grid; of all tiles without one.

    Raises InputError for an archive that is damaged, too large, or has no such tile.
    """
    if path.stat().st_size > MAX_ARCHIVE_BYTES:
        raise InputError(
            f"{path}: over the {MAX_ARCHIVE_BYTES} byte limit", do="take the tiles that are needed"
        )
    budget, found = _Budget(), False
    try:
        with zipfile.ZipFile(path) as archive:
            for name, data in _read_members(archive, str(path), near_en_m, budget, depth=0):
                found = True
                yield name, data
    except _BROKEN as error:
        raise InputError(f"{path}: not a readable archive: {error}", do="get it again") from error
    if not found:
        where = "" if near_en_m is None else f" within {NEAR_M / 1000:g} km of the site"
        raise InputError(f"{path}: no tile{where} (.asc, .hgt or .tif)", do="get the archive of that square")


def _read_members(
    archive: zipfile.ZipFile, name: str, near: tuple[float, float] | None, budget: _Budget, *, depth: int
) -> Iterator[tuple[str, bytes]]:
    entries = archive.infolist()
    if len(entries) > MAX_MEMBERS:
        raise InputError(f"{name}: {len(entries)} members, over {MAX_MEMBERS}", do="take the tiles needed")
    for entry in entries:
        where, suffix = f"{name}/{entry.filename}", PurePosixPath(entry.filename).suffix.lower()
        inner = suffix == ".zip"
        if entry.is_dir() or not (inner or suffix in SUFFIXES) or _lies_far(entry.filename, near):
            continue
        if inner and depth > 0:
            raise InputError(f"{where}: an archive within an archive within an archive", do="unpack it")
        data = _unpack_member(archive, entry, where, budget)
        if inner:
            with zipfile.ZipFile(io.BytesIO(data)) as nested:
                yield from _read_members(nested, where, near, budget, depth=depth + 1)
        else:
            budget.tiles -= 1
            if budget.tiles < 0:
                raise InputError(f"{name}: more than {MAX_TILES} tiles", do="take the tiles that are needed")
            yield where, data


def _unpack_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, budget: _Budget) -> bytes:
    """A member, read no further than its limit and the whole archive's."""
    limit = min(MAX_INNER_BYTES, budget.total_bytes)
    with archive.open(entry) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{where}: unpacks to more than {limit} bytes", do="unpack and check it")
    budget.total_bytes -= len(data)
    return data


def _lies_far(filename: str, near: tuple[float, float] | None) -> bool:
    """Whether a name says that its square of the British grid lies far from a place."""
    found = _SQUARE.match(PurePosixPath(filename).name)
    if near is None or found is None:
        return False
    corner = square_corner_m(found[0])
    away = [max(low - place, place - low - SQUARE_M, 0.0) for low, place in zip(corner, near, strict=True)]
    return math.hypot(*away) > NEAR_M


def square_corner_m(name: str) -> tuple[float, float]:
    """South-western corner of a 10 km square of the British grid, (east, north) in m.

    >>> square_corner_m("SZ69")
    (460000.0, 90000.0)
    """
    first, second = ("ABCDEFGHJKLMNOPQRSTUVWXYZ".index(letter) for letter in name[:2].upper())
    east = ((first - 2) % 5) * 5 + second % 5
    north = 19 - first // 5 * 5 - second // 5
    return east * 100_000.0 + int(name[2]) * SQUARE_M, north * 100_000.0 + int(name[3]) * SQUARE_M
