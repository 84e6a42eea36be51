"""Files of ground heights: ESRI ASCII grid (OS Terrain 50), SRTM .hgt, GeoTIFF, or archives of them.

`load_terrain` reads the files of a scenario, `read_terrain` one file.

OS Terrain 50 counts from Ordnance Datum Newlyn, SRTM from EGM96; both are taken as above mean sea level.
Bytes in, a grid out; what cannot be read is refused by name.

Pillow decodes GeoTIFF and pyproj its reference system; numpy reads the numbers of the other two formats. GDAL
would read all three, but is an extra that most installations do not have.

Archives are as OS ships Terrain 50: a zip of zips, one for each 10 km square. Nothing is unpacked to disk.
Archives nest once; tiles whose name says that they are far from the site are never unpacked, and what a
member unpacks to is bounded whatever its header says.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from dfr.archives import BROKEN_ARCHIVE
from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.files import read_bounded
from dfr.io.geotiff import read_georeference
from dfr.scenario.air import TerrainFile
from dfr.world.terrain import BRITISH_GRID, GEOGRAPHIC, GridTerrain, HeightGrid, on_grid

MAX_TERRAIN_BYTES = 64 * 1024 * 1024
"""A one-second SRTM tile has 26 MB, an OS Terrain 50 tile 0.3 MB."""

MAX_ASCII_BYTES = 16 * 1024 * 1024

MAX_POSTS = 40_000_000
HEIGHT_RANGE_M = (-500.0, 9000.0)
ASCII_KEYS = frozenset(
    {"ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize", "nodata_value"}
)
HGT_SIDES = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}
HGT_UNKNOWN = -32768
_HGT_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)

TIFF_NODATA = 42113

MAX_ARCHIVE_BYTES = 1024 * 1024 * 1024
"""OS Terrain 50 of all Great Britain has about 160 MB."""

MAX_MEMBERS = 20_000
MAX_INNER_BYTES = 64 * 1024 * 1024
MAX_TILES, MAX_TOTAL_BYTES = 200, 512 * 1024 * 1024
TILE_SUFFIXES = (".asc", ".hgt", ".tif", ".tiff")
NEAR_M = 20_000.0
"""Tiles farther from the site are left out: no plan reaches there (assumed)."""

SQUARE_M = 10_000.0
_SQUARE = re.compile(r"([A-HJ-Z])([A-HJ-Z])(\d)(\d)(?![0-9])", re.IGNORECASE)
_BROKEN = (*BROKEN_ARCHIVE, LookupError)


def load_terrain(files: Sequence[TerrainFile], *, near: Position | None = None) -> GridTerrain:
    """The ground of some files, of archives only the tiles near a place.

    The source says what the heights count from. Raises InputError for a file that cannot be read.
    """
    grids = tuple(grid for file in files for grid in _grids_of(Path(file.path), near))
    sources = "; ".join(dict.fromkeys(file.source for file in files))
    datums = list(dict.fromkeys(grid.datum for grid in grids))
    mixed = ", mixed: they differ by up to about a metre (assumed)" if len(datums) > 1 else ""
    return GridTerrain(grids=grids, source=f"{sources}; heights above {' and '.join(datums)}{mixed}")


def _grids_of(path: Path, near: Position | None) -> Iterator[HeightGrid]:
    if not is_archive(path):
        yield read_terrain(path)
        return
    place = None if near is None else _to_british_grid(near)
    for name, data in read_tiles(path, near_en_m=place):
        yield parse_terrain(data, name=name)


def _to_british_grid(position: Position) -> tuple[float, float]:
    east, north = on_grid(BRITISH_GRID, position.lat_deg, position.lon_deg)
    return float(east), float(north)


def read_terrain(path: Path) -> HeightGrid:
    """The heights of a file, its format told by its content and, for .hgt, its name."""
    data = read_bounded(path, limit_bytes=MAX_TERRAIN_BYTES)
    return parse_terrain(data, name=str(path))


def parse_terrain(data: bytes, *, name: str) -> HeightGrid:
    """The heights in some bytes. Raises InputError that says what is wrong."""
    if name.lower().endswith(".hgt") and not is_raster(data):
        grid = _read_hgt(data, name)
    elif is_raster(data):
        grid = read_raster(data, name, valid=HEIGHT_RANGE_M)
    else:
        raise InputError(
            f"{name}: unknown terrain format", do="give an ESRI ASCII grid, an SRTM .hgt or a GeoTIFF"
        )
    if not np.isfinite(grid.heights).any():
        raise InputError(f"{name}: holds no height from -500 to 9000 m", do="check the file")
    return grid


def is_raster(data: bytes) -> bool:
    """Whether a file begins as a GeoTIFF or an ASCII grid does."""
    return _is_tiff(data) or data[:20].lstrip().lower().startswith((b"ncols", b"nrows"))


def read_raster(data: bytes, name: str, *, valid: tuple[float, float]) -> HeightGrid:
    """The values of a GeoTIFF or an ASCII grid, whatever they are of; NaN where not in the valid range."""
    return (_read_geotiff if _is_tiff(data) else _read_ascii_grid)(data, name, valid)


def _is_tiff(data: bytes) -> bool:
    return data[:4] in (b"II*\0", b"MM\0*")


def _mask_unknown(
    heights: NDArray[np.float32], unknown: float | None, valid: tuple[float, float] = HEIGHT_RANGE_M
) -> NDArray[np.float32]:
    """Values with NaN for what is marked unknown or is none that can be."""
    low, high = valid
    bad = ~((heights >= low) & (heights <= high))
    if unknown is not None:
        bad |= heights == np.float32(unknown)
    return np.where(bad, np.float32(np.nan), heights)


# ESRI ASCII ---------------------------------------------------------------------------------------


def _read_ascii_grid(data: bytes, name: str, valid: tuple[float, float]) -> HeightGrid:
    if len(data) > MAX_ASCII_BYTES:
        raise InputError(
            f"{name}: {len(data)} bytes of text is over {MAX_ASCII_BYTES}", do="split it into tiles"
        )
    words = data.decode("ascii", errors="replace").split()
    head: dict[str, float] = {}
    while len(words) > 2 * len(head) + 1 and words[2 * len(head)].lower() in ASCII_KEYS:
        key, value = words[2 * len(head)].lower(), words[2 * len(head) + 1]
        if key in head:
            raise InputError(f"{name}: {key} is given twice", do="check the header")
        head[key] = _read_number(value, name, key)
    rows, columns = _read_side(head, "nrows", name), _read_side(head, "ncols", name)
    body = words[2 * len(head) :]
    if rows * columns > MAX_POSTS or len(body) != rows * columns:
        raise InputError(
            f"{name}: {len(body)} heights where {rows} x {columns} should be", do="get the whole file"
        )
    try:
        heights = np.array(body, dtype=np.float32).reshape(rows, columns)
    except ValueError as error:
        raise InputError(f"{name}: {error}", do="write heights as numbers") from error
    step = head.get("cellsize", 0.0)
    if not 0.0 < step < 1e5:
        raise InputError(f"{name}: cellsize {step:g}", do="give a positive number")
    west, south = (_first_post(head, axis, step, name) for axis in "xy")
    degrees = step < 0.1
    if not degrees and not (-1e5 <= west <= 8e5 and -1e5 <= south <= 1.4e6):
        raise InputError(
            f"{name}: {west:.0f}, {south:.0f} is off the British National Grid", do="give a GeoTIFF"
        )
    return HeightGrid(
        name=name,
        heights=_mask_unknown(heights, head.get("nodata_value", -9999.0), valid),
        west=west,
        north=south + (rows - 1) * step,
        step_east=step,
        step_south=step,
        crs=GEOGRAPHIC if degrees else BRITISH_GRID,
    )


def _first_post(head: dict[str, float], axis: str, step: float, name: str) -> float:
    """Where the south-western height itself stands: the middle of its cell."""
    if f"{axis}llcenter" in head:
        return head[f"{axis}llcenter"]
    if f"{axis}llcorner" not in head:
        raise InputError(f"{name}: no {axis}llcorner", do="check the header")
    return head[f"{axis}llcorner"] + step / 2.0


def _read_side(head: dict[str, float], key: str, name: str) -> int:
    value = head.get(key, 0.0)
    if not 2 <= value <= MAX_POSTS or value != int(value):
        raise InputError(f"{name}: {key} {value:g}", do="give a whole number of at least 2")
    return int(value)


def _read_number(text: str, name: str, key: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{name}: {key} {text[:20]!r} is not a number", do="check the header")
    return value


# SRTM ---------------------------------------------------------------------------------------------


def _read_hgt(data: bytes, name: str) -> HeightGrid:
    side, found = HGT_SIDES.get(len(data)), _HGT_NAME.fullmatch(Path(name).stem)
    if side is None:
        raise InputError(
            f"{name}: {len(data)} bytes is not the size of an SRTM tile",
            do="give 1201 x 1201 or 3601 x 3601 heights",
        )
    if found is None:
        raise InputError(
            f"{name}: its name does not say where the tile lies", do="name it such as N50W002.hgt"
        )
    south = int(found[2]) * (1 if found[1].upper() == "N" else -1)
    west = int(found[4]) * (1 if found[3].upper() == "E" else -1)
    if not (-90 <= south < 90 and -180 <= west < 180):
        raise InputError(f"{name}: there is no such tile on the globe", do="name it such as N50W002.hgt")
    heights = np.frombuffer(data, dtype=">i2").reshape(side, side).astype(np.float32)
    step = 1.0 / (side - 1)
    return HeightGrid(
        name=name,
        heights=_mask_unknown(heights, HGT_UNKNOWN),
        west=float(west),
        north=south + 1.0,
        step_east=step,
        step_south=step,
        crs=GEOGRAPHIC,
    )


# GeoTIFF ------------------------------------------------------------------------------------------


def _read_geotiff(data: bytes, name: str, valid: tuple[float, float]) -> HeightGrid:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise InputError(
            f"{name}: GeoTIFF needs Pillow", do="install pillow, or give an ASCII grid"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(data), formats=["TIFF"])
            if image.width * image.height > MAX_POSTS or min(image.size) < 2 or len(image.getbands()) != 1:
                raise InputError(
                    f"{name}: {image.size}, {image.mode}", do=f"give one band of 2 x 2 to {MAX_POSTS} heights"
                )
            tags = dict(image.tag_v2.items())  # type: ignore[attr-defined]
            heights = np.asarray(image, dtype=np.float32)
    except UnidentifiedImageError as error:
        raise InputError(
            f"{name}: not a readable GeoTIFF of one band of 16 or 32 bits",
            do="convert it: gdal_translate -b 1 -ot Float32",
        ) from error
    except (
        OSError, ValueError, LookupError, TypeError, SyntaxError, ArithmeticError, Warning, MemoryError,
        AttributeError, struct.error, Image.DecompressionBombError,
    ) as error:  # fmt: skip
        raise InputError(f"{name}: not a readable GeoTIFF: {error}", do="give an ASCII grid") from error
    return _place_grid(heights, tags, name, valid)


def _place_grid(
    heights: NDArray[np.float32], tags: dict[int, object], name: str, valid: tuple[float, float]
) -> HeightGrid:
    """Heights with the place that the tags give: each height at the middle of its pixel."""
    where = read_georeference(tags, name)
    unknown = tags.get(TIFF_NODATA)
    try:
        missing = float(str(unknown).strip("\0 ")) if unknown is not None else None
    except ValueError:
        missing = None
    return HeightGrid(
        name=name,
        heights=_mask_unknown(heights, missing, valid),
        west=where.west + 0.5 * where.step_east,
        north=where.north - 0.5 * where.step_south,
        step_east=where.step_east,
        step_south=where.step_south,
        crs=GEOGRAPHIC if where.crs.is_geographic else f"EPSG:{where.crs.to_epsg()}",
    )


# Archives ----------------------------------------------------------------------------------------


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
        if entry.is_dir() or not (inner or suffix in TILE_SUFFIXES) or _lies_far(entry.filename, near):
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
