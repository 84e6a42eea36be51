"""A picture of the site under the map: a GeoTIFF, or an image whose corners a person pinned (`site_photo`).

It lies beside the scenario: NAME.photo.tif, or NAME.photo.png or .jpg with its corners in NAME.photo.json. It
is for looking at alone: nothing is measured in it, and no check rests on it.
"""

from __future__ import annotations

import io
import json
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from pyproj import Transformer

from dfr.errors import InputError
from dfr.io.files import read_bounded, write_atomically
from dfr.io.geotiff import Georeference, read_georeference

MAX_BYTES = 32 * 1024 * 1024
MAX_PIXELS = 100_000_000
"""An orthophoto of 1 km by 1 km at 10 cm has as many."""

MAX_SIDE = 4096
"""The largest texture that every graphics card with WebGL 2 takes in practice (the standard says 2048)."""

BENT_M = 1.0
"""How far the middle of the picture may lie from where its corners put it: the map draws between corners."""

SUFFIXES = {"TIFF": ".photo.tif", "PNG": ".photo.png", "JPEG": ".photo.jpg"}
CORNERS = ".photo.json"
JPEG_QUALITY = 85
MERCATOR = "EPSG:3857"
WGS84 = "EPSG:4326"

LonLat = tuple[float, float]
Corners = tuple[LonLat, LonLat, LonLat, LonLat]
"""North-west, north-east, south-east, south-west of the picture as it stands upright."""

BROKEN = (
    OSError, ValueError, LookupError, TypeError, SyntaxError, ArithmeticError, Warning, MemoryError,
    AttributeError, struct.error, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises for a picture that is damaged or made to exhaust memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePhoto:
    """A picture as a browser draws it, its corners, and in words what it is."""

    data: bytes
    media: str
    corners: Corners
    note: str


def photo_path(scenario_file: Path) -> Path | None:
    """The picture beside a scenario; None where there is none."""
    paths = (scenario_file.with_name(scenario_file.stem + suffix) for suffix in SUFFIXES.values())
    return next((path for path in paths if path.is_file()), None)


def site_photo(scenario_file: Path) -> SitePhoto | None:
    """The picture beside a scenario, None where there is none. Raises InputError where it cannot be drawn."""
    path = photo_path(scenario_file)
    if path is None:
        return None
    data = read_bounded(path, limit_bytes=MAX_BYTES)
    if path.name.endswith(SUFFIXES["TIFF"]):
        return read_geotiff_photo(data, name=path.name)
    return read_pinned_photo(data, _kept_corners(scenario_file), name=path.name)


def read_geotiff_photo(data: bytes, *, name: str) -> SitePhoto:
    """The picture in a GeoTIFF. Raises InputError where it is none, too large, or lies askew."""
    image, tags = _open_image(data, name, "TIFF")
    where = read_georeference(tags, name)
    corners = _corners_of(where, image.size, name)
    return _drawable(image, corners, f"Picture: {name}. Not checked against the ground.", name)


def read_pinned_photo(data: bytes, corners: object, *, name: str) -> SitePhoto:
    """The picture in a PNG or JPEG with four corners. Raises InputError for anything else."""
    image, _ = _open_image(data, name, "PNG", "JPEG")
    return _drawable(image, read_corners(corners), f"Picture: {name}, pinned by hand.", name)


def read_corners(corners: object) -> Corners:
    """Four corners as [lon, lat]. Raises InputError for anything else."""
    points = corners if isinstance(corners, list) and len(corners) == 4 else []
    try:
        found = [(float(lon), float(lat)) for lon, lat in points]
    except (TypeError, ValueError):
        found = []
    if len(found) != 4 or not all(-180.0 <= lon <= 180.0 and -85.0 <= lat <= 85.0 for lon, lat in found):
        raise InputError("the picture has no four corners", do="send 4 pairs of [lon, lat]")
    return found[0], found[1], found[2], found[3]


def save_photo(scenario_file: Path, data: bytes, corners: object = None) -> None:
    """Keep a picture beside the scenario, in place of any other. Raises InputError for no picture."""
    kind = _format_of(data)
    name = scenario_file.stem + SUFFIXES[kind]
    if kind == "TIFF":
        read_geotiff_photo(data, name=name)
    else:
        read_pinned_photo(data, corners, name=name)
    remove_photo(scenario_file)
    if kind != "TIFF":
        pin_photo(scenario_file, corners)
    write_atomically(scenario_file.with_name(name), data)


def pin_photo(scenario_file: Path, corners: object) -> None:
    """Keep the corners of a picture that has none of its own. Raises InputError where they are not four."""
    document = json.dumps({"corners": read_corners(corners)})
    write_atomically(scenario_file.with_name(scenario_file.stem + CORNERS), document)


def _kept_corners(scenario_file: Path) -> object:
    """What is kept as the corners of a picture; None where it is nothing that we wrote."""
    pinned = read_bounded(scenario_file.with_name(scenario_file.stem + CORNERS), limit_bytes=10_000)
    try:
        document = json.loads(pinned)
    except (ValueError, RecursionError):
        return None
    return document.get("corners") if isinstance(document, dict) else None


def remove_photo(scenario_file: Path) -> None:
    """Take the picture and its corners away, if there is one."""
    for suffix in (*SUFFIXES.values(), CORNERS):
        scenario_file.with_name(scenario_file.stem + suffix).unlink(missing_ok=True)


def is_photo(data: bytes) -> bool:
    """Whether a file begins like a picture that can be drawn."""
    return data.startswith((b"II*\0", b"MM\0*", b"\x89PNG\r\n", b"\xff\xd8\xff"))


def _format_of(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "PNG"
    return "JPEG" if data.startswith(b"\xff\xd8\xff") else "TIFF"


def _open_image(data: bytes, name: str, *formats: str) -> tuple[Image.Image, Mapping[int, object]]:
    """The picture, not yet decoded, and the tags of a TIFF."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(data), formats=formats)
            size = image.width * image.height
            tags: dict[int, Any] = dict(getattr(image, "tag_v2", {}).items())
    except BROKEN as error:
        raise InputError(
            f"{name}: not a readable picture: {error}", do=f"give {' or '.join(formats)}"
        ) from error
    if size > MAX_PIXELS:
        raise InputError(f"{name}: {size:,} pixels", do=f"make it smaller: at most {MAX_PIXELS:,}")
    return image, tags


def _corners_of(where: Georeference, size: tuple[int, int], name: str) -> Corners:
    """The corners in degrees; a picture that bends too much between them is refused."""
    width, height = size
    east, south = where.west + width * where.step_east, where.north - height * where.step_south
    xs = [where.west, east, east, where.west, (where.west + east) / 2]
    ys = [where.north, where.north, south, south, (where.north + south) / 2]
    flat = Transformer.from_crs(where.crs, MERCATOR, always_xy=True).transform(xs, ys)
    middle_m = [abs(sum(axis[:4]) / 4 - axis[4]) for axis in flat]
    lon, lat = Transformer.from_crs(where.crs, WGS84, always_xy=True).transform(xs[:4], ys[:4])
    if not max(middle_m) <= BENT_M:
        raise InputError(
            f"{name}: would be drawn {max(middle_m):.1f} m off in its middle",
            do=f"cut it smaller, or warp it to {MERCATOR}",
        )
    return read_corners([list(pair) for pair in zip(lon, lat, strict=True)])


def _drawable(image: Image.Image, corners: Corners, note: str, name: str) -> SitePhoto:
    """The picture in a form and size that every browser draws."""
    out = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image.thumbnail((MAX_SIDE, MAX_SIDE))
            clear = "A" in image.getbands() or "transparency" in image.info
            if clear:
                image.convert("RGBA").save(out, "PNG")
            else:
                image.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
    except BROKEN as error:
        raise InputError(f"{name}: not a readable picture: {error}", do="save it again") from error
    return SitePhoto(
        data=out.getvalue(), media="image/png" if clear else "image/jpeg", corners=corners, note=note
    )
