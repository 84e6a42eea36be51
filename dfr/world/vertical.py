"""Vertical limits that keep their datum, and what can be said of a flight against them.

A limit becomes a height above the ground only through the terrain, pressure or geoid
that is really known; each is a range, so the answer is yes, no, or None for "it depends".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from pyproj import Transformer
from pyproj.exceptions import ProjError

from dfr.errors import InputError
from dfr.geo import Position, VerticalDatum
from dfr.units import QNH_STANDARD_HPA, m_to_ft

Range = tuple[float, float]

QNH_EXTREMES_HPA: Range = (925.0, 1060.0)
"""Pressures never exceeded where the QNH is unknown (assumed: the UK records are 925.6 and 1053.6 hPa)."""

COLD_OR_WARM_AIR = 0.15
"""How far true height may differ from the standard atmosphere's where the QNH is unknown (assumed:
4 % for each 10 degrees C, ICAO Doc 8168; 15 % is an air column 37 degrees off)."""

ANYWHERE: Range = (-math.inf, math.inf)

TOUCH_M = 0.01
"""Heights this close count as touching, and touching counts as inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalLimit:
    """A floor or ceiling: its value in metres of its own datum, and the words it was published in.

    `value_m` is -inf for SFC and +inf for UNL, which are not heights; for a flight level it is
    the pressure altitude.
    """

    value_m: float
    datum: VerticalDatum
    text: str

    def __post_init__(self) -> None:
        no_height = self.datum in (VerticalDatum.SURFACE, VerticalDatum.UNLIMITED)
        if no_height == math.isfinite(self.value_m):
            raise InputError(f"limit {self.text!r}: {self.value_m} m is no {self.datum}", do="give a height")

    def __str__(self) -> str:
        return self.text


SURFACE = VerticalLimit(value_m=-math.inf, datum=VerticalDatum.SURFACE, text="SFC")
UNLIMITED = VerticalLimit(value_m=math.inf, datum=VerticalDatum.UNLIMITED, text="UNL")


def limit(value_m: float, datum: VerticalDatum, text: str = "") -> VerticalLimit:
    """A limit at a height, with its words made up in feet where there are none."""
    if datum is VerticalDatum.FLIGHT_LEVEL:
        words = f"FL{m_to_ft(value_m) / 100:.0f}"
    else:
        words = f"{m_to_ft(value_m):.0f} ft {datum.value}"
    return VerticalLimit(value_m=value_m, datum=datum, text=text or words)


def standard_height_m(pressure_hpa: float) -> float:
    """Height of a pressure in the ICAO standard atmosphere, m above the 1013.25 hPa surface.

    >>> round(standard_height_m(983.0), 1)
    254.9
    """
    ratio: float = (pressure_hpa / QNH_STANDARD_HPA) ** 0.190263
    return 44330.77 * (1.0 - ratio)


def flight_level_m_amsl(pressure_altitude_m: float, qnh_hpa: float) -> float:
    """Height of a flight level at a QNH, m AMSL (ICAO Doc 7488; air of standard temperature).

    >>> round(m_to_ft(flight_level_m_amsl(1981.2, 983.0)))
    5664
    """
    return pressure_altitude_m - standard_height_m(qnh_hpa)


@cache
def _geoid() -> Transformer | None:
    """The transformation from ellipsoid to mean sea level, None where no geoid grid is installed.

    Without a grid PROJ returns the height unchanged unless ballpark operations are refused.
    """
    try:
        return Transformer.from_crs("EPSG:4979", "EPSG:4326+5773", always_xy=True, allow_ballpark=False)
    except ProjError:
        return None


def geoid_height_m(position: Position) -> float | None:
    """Height of mean sea level above the WGS84 ellipsoid, m; None without a geoid grid."""
    transformer = _geoid()
    if transformer is None:
        return None
    try:
        amsl = transformer.transform(position.lon_deg, position.lat_deg, 0.0, errcheck=True)[2]
    except ProjError:
        return None
    return -float(amsl) if math.isfinite(amsl) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """What is known where a limit is to become a height above the ground.

    `ground_m_amsl` is the range in which the ground lies; None is "not known".
    """

    ground_m_amsl: Range | None
    qnh_hpa: float | None = None
    geoid_m: float | None = None


def limit_m_agl(level: VerticalLimit, air: Air) -> Range | str:
    """The range of heights above ground where a limit may lie, or the words for what is missing."""
    amsl: Range
    match level.datum:
        case VerticalDatum.SURFACE | VerticalDatum.UNLIMITED | VerticalDatum.AGL:
            return level.value_m, level.value_m
        case VerticalDatum.AMSL:
            amsl = (level.value_m, level.value_m)
        case VerticalDatum.ELLIPSOID:
            if air.geoid_m is None:
                return f"{level.text} is above the ellipsoid and no geoid grid is installed"
            amsl = (level.value_m - air.geoid_m, level.value_m - air.geoid_m)
        case VerticalDatum.FLIGHT_LEVEL:
            amsl = flight_level_range_m_amsl(level.value_m, air.qnh_hpa)
        case VerticalDatum.AERODROME:
            return f"the height of the aerodrome of {level.text} is not known"
    if air.ground_m_amsl is None:
        return f"the height of the ground under {level.text} is not known"
    lowest, highest = air.ground_m_amsl
    return amsl[0] - highest, amsl[1] - lowest


def flight_level_range_m_amsl(pressure_altitude_m: float, qnh_hpa: float | None) -> Range:
    """Where a flight level may lie, m AMSL: a point where the QNH is known, else the worst cases."""
    if qnh_hpa is not None:
        height = flight_level_m_amsl(pressure_altitude_m, qnh_hpa)
        return height, height
    low, high = (flight_level_m_amsl(pressure_altitude_m, qnh) for qnh in QNH_EXTREMES_HPA)
    slack = COLD_OR_WARM_AIR * max(abs(low), abs(high))
    return low - slack, high + slack


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalFit:
    """Whether heights lie within limits: `inside` None where it depends on what is not known.

    `margin_m` is the sure distance to the nearer limit, negative by the smallest change of
    height that would clear it; None where a limit cannot be placed at all.
    """

    inside: bool | None
    margin_m: float | None
    reason: str = ""


def vertical_fit(
    lower: VerticalLimit,
    upper: VerticalLimit,
    *,
    bottom_m_agl: float,
    top_m_agl: float,
    floor: Air,
    ceiling: Air,
) -> VerticalFit:
    """How a layer of heights lies to a zone's limits.

    `floor` and `ceiling` say what is known for each limit: over uneven ground the floor is
    reached first over the highest ground and the ceiling is left last over the lowest.
    A zone that starts at the surface counts as entered where only the ground under its
    ceiling is unknown and the layer would be within it at sea level.
    """
    under, over = limit_m_agl(lower, floor), limit_m_agl(upper, ceiling)
    to_floor = ANYWHERE if isinstance(under, str) else (under[0] - top_m_agl, under[1] - top_m_agl)
    to_ceiling = ANYWHERE if isinstance(over, str) else (bottom_m_agl - over[1], bottom_m_agl - over[0])
    surely_m = max(to_floor[0], to_ceiling[0])
    placed = not (isinstance(under, str) or isinstance(over, str))
    margin_m = surely_m if math.isfinite(surely_m) and (placed or surely_m > 0.0) else None
    if surely_m > TOUCH_M:
        return VerticalFit(inside=False, margin_m=margin_m)
    if max(to_floor[1], to_ceiling[1]) <= TOUCH_M:
        return VerticalFit(inside=True, margin_m=margin_m)
    if isinstance(over, str) and lower.datum is VerticalDatum.SURFACE and bottom_m_agl <= upper.value_m:
        return VerticalFit(inside=True, margin_m=None, reason=f"{over}: counted as inside")
    missing = under if isinstance(under, str) else over if isinstance(over, str) else ""
    return VerticalFit(inside=None, margin_m=margin_m, reason=missing or _depends(lower, upper, floor))


def _depends(lower: VerticalLimit, upper: VerticalLimit, air: Air) -> str:
    levels = VerticalDatum.FLIGHT_LEVEL in (lower.datum, upper.datum)
    what = "the QNH" if levels and air.qnh_hpa is None else "the exact height of the ground"
    return f"{lower.text} to {upper.text}: it depends on {what}"
