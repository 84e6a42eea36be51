"""Where a GeoTIFF lies (`read_georeference`): north-up, in metres or degrees, with an EPSG code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pyproj import CRS
from pyproj.exceptions import CRSError

from dfr.errors import InputError

TIFF_SCALE, TIFF_TIEPOINT, TIFF_TRANSFORM, TIFF_KEYS = 33550, 33922, 34264, 34735
KEY_RASTER_TYPE, KEY_GEOGRAPHIC, KEY_PROJECTED = 1025, 2048, 3072
PIXEL_IS_POINT = 2

WARP = "warp it to EPSG:4326 or 27700"


@dataclass(frozen=True, slots=True, kw_only=True)
class Georeference:
    """The outer north-western corner of the image, and the size of a pixel, in units of the system `crs`."""

    west: float
    north: float
    step_east: float
    step_south: float
    crs: CRS


def read_georeference(tags: Mapping[int, object], name: str) -> Georeference:
    """Where the tags of a TIFF place it. Raises InputError where they do not, or not north-up."""
    keys = _geo_keys(tags)
    scale, tie = _finite_numbers(tags.get(TIFF_SCALE)), _finite_numbers(tags.get(TIFF_TIEPOINT))
    if len(scale) < 2 or len(tie) < 6 or min(scale[:2]) <= 0.0 or TIFF_TRANSFORM in tags:
        raise InputError(f"{name}: not a north-up GeoTIFF", do=WARP)
    half = 0.5 if keys.get(KEY_RASTER_TYPE) == PIXEL_IS_POINT else 0.0
    return Georeference(
        west=tie[3] - (tie[0] + half) * scale[0],
        north=tie[4] + (tie[1] + half) * scale[1],
        step_east=scale[0],
        step_south=scale[1],
        crs=_read_crs(keys, name),
    )


def _read_crs(keys: Mapping[int, int], name: str) -> CRS:
    code = keys.get(KEY_PROJECTED) or keys.get(KEY_GEOGRAPHIC)
    try:
        crs = CRS.from_epsg(code or 0)
    except (CRSError, TypeError) as error:
        raise InputError(f"{name}: its EPSG code is missing or unknown", do=WARP) from error
    in_metres = crs.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info)
    if not (crs.is_geographic or in_metres):
        raise InputError(f"{name}: EPSG:{code} is not in metres", do=WARP)
    return crs


def _geo_keys(tags: Mapping[int, object]) -> dict[int, int]:
    """The geo keys whose values stand in the directory itself."""
    rows = [int(value) for value in _finite_numbers(tags.get(TIFF_KEYS))]
    return {rows[k]: rows[k + 3] for k in range(4, len(rows) - 3, 4) if rows[k + 1] == 0}


def _finite_numbers(value: object) -> list[float]:
    items = value if isinstance(value, tuple | list) else ()
    return [float(item) for item in items if isinstance(item, int | float) and math.isfinite(item)]
