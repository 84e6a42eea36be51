"""Positions, vertical datums and the local east-north frame; the only place with axis order.

Geodetic positions are WGS84 degrees. Local geometry is metres east and north of an
origin in an azimuthal equidistant frame on the ellipsoid: distances from the origin
are exact, and others are right to a few parts in 10^5 within 50 km.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod, Proj, Transformer
from pyproj.enums import TransformDirection

from dfr.errors import InputError

FloatArray = NDArray[np.float64]

GEOD = Geod(ellps="WGS84")


class VerticalDatum(StrEnum):
    """What a height is counted from. Heights of two datums are never compared as numbers."""

    AGL = "AGL"
    AMSL = "AMSL"
    ELLIPSOID = "WGS84"
    AERODROME = "AAL"
    FLIGHT_LEVEL = "FL"
    SURFACE = "SFC"
    UNLIMITED = "UNL"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """A point on the WGS84 ellipsoid.

    Raises InputError for a latitude or longitude that is not on the globe.
    """

    lat_deg: float
    lon_deg: float

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat_deg <= 90.0 and -180.0 <= self.lon_deg <= 180.0):
            raise InputError(
                f"lat {self.lat_deg}, lon {self.lon_deg} is not on the globe", do="lat -90..90, lon -180..180"
            )

    def as_dict(self) -> dict[str, float]:
        """The position as it appears in JSON."""
        return {"lat_deg": self.lat_deg, "lon_deg": self.lon_deg}

    def __str__(self) -> str:
        north_south, east_west = "S" if self.lat_deg < 0 else "N", "W" if self.lon_deg < 0 else "E"
        return f"{abs(self.lat_deg):.5f} {north_south} {abs(self.lon_deg):.5f} {east_west}"


Ring = tuple[Position, ...]
"""The corners of an area in order, without a repeated closing corner."""


def degrees_minutes(position: Position) -> str:
    """A position in degrees and decimal minutes, as pilots and ATC read it.

    >>> degrees_minutes(Position(lat_deg=50.782, lon_deg=-1.089))
    '50°46.92′N 001°05.34′W'
    """
    lat, lon = (round(abs(value) * 6000) for value in (position.lat_deg, position.lon_deg))
    north, east = "S" if position.lat_deg < 0 else "N", "W" if position.lon_deg < 0 else "E"
    parallel = f"{lat // 6000:02d}°{lat % 6000 / 100:05.2f}′{north}"
    return f"{parallel} {lon // 6000:03d}°{lon % 6000 / 100:05.2f}′{east}"


def os_grid_reference(position: Position) -> str | None:
    """The Ordnance Survey grid reference to 10 m; None off the grid's area of use (EPSG:27700).

    Without the OSTN15 grid of PROJ it is right to about 5 m. Letters: OS, A guide to coordinate systems.

    >>> os_grid_reference(Position(lat_deg=50.782, lon_deg=-1.089))
    'SZ 6432 9844'
    """
    if not (49.75 <= position.lat_deg <= 61.01 and -9.01 <= position.lon_deg <= 2.01):
        return None
    east, north = (int(value // 10) for value in _to_os_grid().transform(position.lat_deg, position.lon_deg))
    if not (0 <= east < 70_000 and 0 <= north < 130_000):
        return None
    column, row = east // 10_000, north // 10_000
    # Squares of 500 km, each of 5 by 5 squares of 100 km, lettered from the north-west; I is left out.
    first = (19 - row) - (19 - row) % 5 + (column + 10) // 5
    second = (19 - row) * 5 % 25 + column % 5
    letters = "".join("ABCDEFGHJKLMNOPQRSTUVWXYZ"[number] for number in (first, second))
    return f"{letters} {east % 10_000:04d} {north % 10_000:04d}"


def position_of_os_grid(letters: str, east_m: float, north_m: float) -> Position | None:
    """The place in an Ordnance Survey square of 100 km; None for letters or metres that are off the grid.

    Without the OSTN15 grid of PROJ it is right to about 5 m, like `os_grid_reference`, its inverse.

    >>> place = position_of_os_grid("SZ", 64_325.0, 98_445.0)
    >>> round(place.lat_deg, 3), round(place.lon_deg, 3)
    (50.782, -1.089)
    """
    first, second = ("ABCDEFGHJKLMNOPQRSTUVWXYZ".find(letter) for letter in letters)
    column, row = first % 5 * 5 + second % 5 - 10, 19 - first // 5 * 5 - second // 5
    if not (0 <= column < 7 and 0 <= row < 13 and first >= 0 and second >= 0):
        return None
    lat, lon = _to_os_grid().transform(
        column * 100_000.0 + east_m, row * 100_000.0 + north_m, direction=TransformDirection.INVERSE
    )
    return Position(lat_deg=float(lat), lon_deg=float(lon))


@cache
def _to_os_grid() -> Transformer:
    return Transformer.from_crs("EPSG:4326", "EPSG:27700")


def distance_m(a: Position, b: Position) -> float:
    """Geodesic distance between two positions, m (Karney 2013, by PROJ).

    >>> southsea = Position(lat_deg=50.782, lon_deg=-1.089)
    >>> seaclose = Position(lat_deg=50.7085, lon_deg=-1.2835)
    >>> round(distance_m(southsea, seaclose))
    15979
    """
    return float(GEOD.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[2])


def bearing_deg(a: Position, b: Position) -> float:
    """Initial true bearing from `a` to `b`, 0 to 360 degrees."""
    return float(GEOD.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[0]) % 360.0


def offset(start: Position, *, bearing_deg: float, distance_m: float) -> Position:
    """The position so far along the geodesic that leaves `start` on a true bearing."""
    lon, lat, _ = GEOD.fwd(start.lon_deg, start.lat_deg, bearing_deg, distance_m)
    return Position(lat_deg=float(lat), lon_deg=float(lon))


@dataclass(frozen=True)
class LocalFrame:
    """East-north metres about an origin, and back."""

    origin: Position
    _proj: Proj = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        proj = Proj(proj="aeqd", lat_0=self.origin.lat_deg, lon_0=self.origin.lon_deg, ellps="WGS84")
        object.__setattr__(self, "_proj", proj)

    def to_enu(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(east_m, north_m), arrays of the shape of the input."""
        east, north = self._proj(np.asarray(lon_deg, float), np.asarray(lat_deg, float))
        return np.asarray(east, float), np.asarray(north, float)

    def to_geodetic(self, east_m: ArrayLike, north_m: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(lat_deg, lon_deg), arrays of the shape of the input."""
        lon, lat = self._proj(np.asarray(east_m, float), np.asarray(north_m, float), inverse=True)
        return np.asarray(lat, float), np.asarray(lon, float)

    def point(self, position: Position) -> tuple[float, float]:
        """(east_m, north_m) of one position."""
        east, north = self.to_enu(position.lat_deg, position.lon_deg)
        return float(east), float(north)

    def position(self, east_m: float, north_m: float) -> Position:
        """The position of one local point."""
        lat, lon = self.to_geodetic(east_m, north_m)
        return Position(lat_deg=float(lat), lon_deg=float(lon))

    def points(self, positions: Iterable[Position]) -> FloatArray:
        """(n, 2) array of east_m, north_m."""
        pairs = [(p.lat_deg, p.lon_deg) for p in positions]
        if not pairs:
            return np.empty((0, 2))
        lat, lon = np.asarray(pairs).T
        return np.column_stack(self.to_enu(lat, lon))

    def polygon(self, ring: Sequence[Position]) -> shapely.Polygon:
        """The area within a ring, in local metres."""
        return shapely.Polygon(self.points(ring))

    def line(self, positions: Sequence[Position]) -> shapely.LineString:
        """The path through positions, in local metres."""
        return shapely.LineString(self.points(positions))

    def ring(self, polygon: shapely.Polygon) -> Ring:
        """The outer corners of a local polygon as positions, without the repeated last one."""
        east, north = np.asarray(polygon.exterior.coords)[:-1, :2].T
        lat, lon = self.to_geodetic(east, north)
        return tuple(Position(lat_deg=float(a), lon_deg=float(b)) for a, b in zip(lat, lon, strict=True))


def centroid(ring: Ring) -> Position:
    """The centre of the area within a ring."""
    frame = LocalFrame(ring[0])
    point = frame.polygon(ring).centroid
    return frame.position(point.x, point.y)
