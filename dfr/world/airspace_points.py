"""Many points against an airspace at once: heights, times and coverage included.

Points are sorted by longitude once; each zone then looks only at the slice within its box, drops
those at other heights or times, and asks a prepared polygon about the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from dfr.geo import FloatArray, VerticalDatum
from dfr.world.outlines import METRES_PER_DEGREE
from dfr.world.vertical import TOUCH_M as TOUCH_HEIGHT_M
from dfr.world.vertical import VerticalLimit, flight_level_range_m_amsl
from dfr.world.zones import TOUCH_M, Zone

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


class PointState(IntEnum):
    """What can be said of a point, in rising order of how much it stops a flight."""

    CLEAR = 0
    UNKNOWN = 1
    NO_COVERAGE = 2
    CONFLICT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Points sorted by longitude; `order` takes them back. NaN ground is not known."""

    x: FloatArray
    y: FloatArray
    height_m_agl: FloatArray
    time_s: FloatArray
    ground_m_amsl: FloatArray
    order: IntArray

    @classmethod
    def of(
        cls,
        lat_deg: ArrayLike,
        lon_deg: ArrayLike,
        height_m_agl: ArrayLike,
        time_s: ArrayLike,
        ground_m_amsl: ArrayLike | None,
    ) -> Points:
        """Broadcast, flatten and sort."""
        ground = np.nan if ground_m_amsl is None else ground_m_amsl
        given = [np.asarray(a, float) for a in (lon_deg, lat_deg, height_m_agl, time_s, ground)]
        x, *others = (a.ravel() for a in np.broadcast_arrays(*given))
        order = np.argsort(x)
        x = x[order]
        y, height_m, moment_s, ground_m = (
            _sorted(a, g, order) for a, g in zip(others, given[1:], strict=True)
        )
        return cls(x=x, y=y, height_m_agl=height_m, time_s=moment_s, ground_m_amsl=ground_m, order=order)


def _sorted(flat: FloatArray, given: FloatArray, order: IntArray) -> FloatArray:
    """The values in a new order; a single value needs none."""
    return flat if given.ndim == 0 else flat[order]


class PointChecker:
    """Zones made ready for many points: grown by the touching distance, prepared, with their boxes."""

    def __init__(self, zones: Sequence[Zone], cover: Sequence[shapely.Geometry]) -> None:
        self._zones = [zone for zone in zones if zone.binding]
        self._shapes = [_grown(zone.area.polygon) for zone in self._zones]
        self._cover = list(cover)
        shapely.prepare(self._shapes)
        shapely.prepare(self._cover)

    def states(self, points: Points, qnh_hpa: float | None) -> NDArray[np.uint8]:
        """`PointState` of each point, in the order given."""
        found = np.full(len(points.x), PointState.NO_COVERAGE, np.uint8)
        if not len(points.x):
            return found
        for shape in self._cover:
            for here in _slices(points, shape):
                found[here] = PointState.CLEAR
        for zone, shape in zip(self._zones, self._shapes, strict=True):
            self._mark(zone, shape, points, qnh_hpa, found)
        states = np.empty_like(found)
        states[points.order] = found
        return states

    def _mark(
        self,
        zone: Zone,
        shape: shapely.Geometry,
        points: Points,
        qnh_hpa: float | None,
        found: NDArray[np.uint8],
    ) -> None:
        active = _Hours(zone, points)
        if active.never:
            return
        for turn in _turns(shape):
            here = _boxed(points, shape, turn)
            here = here[found[here] != PointState.CONFLICT]
            sure, maybe = _heights(zone, points, here, qnh_hpa)
            sure, maybe = active.narrow(here, sure, maybe)
            asked = sure | maybe
            here, sure = here[asked], sure[asked]
            inside = shapely.intersects_xy(shape, points.x[here] + turn, points.y[here])
            here, sure = here[inside], sure[inside]
            if zone.possible or zone.defect:
                sure = np.zeros_like(sure)
            found[here[sure]] = PointState.CONFLICT
            doubtful = here[~sure & (found[here] == PointState.CLEAR)]
            found[doubtful] = PointState.UNKNOWN


class _Hours:
    """Whether a zone is active at each point's time."""

    def __init__(self, zone: Zone, points: Points) -> None:
        self._time_s = points.time_s
        first, last = (datetime.fromtimestamp(s, tz=UTC) for s in (points.time_s.min(), points.time_s.max()))
        self._spans, self._otherwise = zone.active_spans(first, last)
        self.never = not self._spans and self._otherwise is False

    def narrow(self, here: IntArray, sure: BoolArray, maybe: BoolArray) -> tuple[BoolArray, BoolArray]:
        """Heights that fit, less those at other times."""
        if self._otherwise is True:
            return sure, maybe
        time_s = self._time_s[here]
        active = np.zeros(len(here), bool)
        for start_s, end_s in self._spans:
            active |= (start_s <= time_s) & (time_s < end_s)
        if self._otherwise is None:
            return sure & active, maybe | sure
        return sure & active, maybe & active


def _grown(polygon: shapely.Geometry) -> shapely.Geometry:
    """A polygon grown by the distance that counts as touching."""
    return shapely.buffer(polygon, TOUCH_M / METRES_PER_DEGREE, join_style="mitre")


def _turns(shape: shapely.Geometry) -> list[float]:
    """What to add to longitudes so that they meet a shape that may run past 180 degrees."""
    west, _, east, _ = shape.bounds
    return [0.0] + ([360.0] if east > 180.0 else []) + ([-360.0] if west < -180.0 else [])


def _slices(points: Points, shape: shapely.Geometry) -> list[IntArray]:
    """Points within a shape, for each turn of the globe."""
    found = []
    for turn in _turns(shape):
        here = _boxed(points, shape, turn)
        found.append(here[shapely.intersects_xy(shape, points.x[here] + turn, points.y[here])])
    return found


def _boxed(points: Points, shape: shapely.Geometry, turn: float) -> IntArray:
    """Points within the box of a shape."""
    west, south, east, north = shape.bounds
    first = np.searchsorted(points.x, west - turn, side="left")
    last = np.searchsorted(points.x, east - turn, side="right")
    y = points.y[first:last]
    found: IntArray = np.flatnonzero((y >= south) & (y <= north)) + first
    return found


def _heights(
    zone: Zone, points: Points, here: IntArray, qnh_hpa: float | None
) -> tuple[BoolArray, BoolArray]:
    """(surely within the limits, perhaps within them) by height alone."""
    if zone.defect:
        return np.ones(len(here), bool), np.ones(len(here), bool)
    height_m, ground_m = points.height_m_agl[here], points.ground_m_amsl[here]
    floor_low, floor_high = _limit_m_agl(zone.lower, ground_m, qnh_hpa)
    ceiling_low, ceiling_high = _limit_m_agl(zone.upper, ground_m, qnh_hpa)
    sure = (height_m >= floor_high - TOUCH_HEIGHT_M) & (height_m <= ceiling_low + TOUCH_HEIGHT_M)
    perhaps = (height_m >= floor_low - TOUCH_HEIGHT_M) & (height_m <= ceiling_high + TOUCH_HEIGHT_M)
    if zone.lower.datum is VerticalDatum.SURFACE:
        sure |= perhaps & np.isneginf(ceiling_low) & (height_m <= zone.upper.value_m)
    return sure, perhaps


def _limit_m_agl(
    level: VerticalLimit, ground_m: FloatArray, qnh_hpa: float | None
) -> tuple[FloatArray | float, FloatArray | float]:
    """(least, most) a limit can be above the ground at each point; all heights where it is not known."""
    match level.datum:
        case VerticalDatum.SURFACE | VerticalDatum.UNLIMITED | VerticalDatum.AGL:
            return level.value_m, level.value_m
        case VerticalDatum.ELLIPSOID:
            return -np.inf, np.inf
        case VerticalDatum.FLIGHT_LEVEL:
            low, high = flight_level_range_m_amsl(level.value_m, qnh_hpa)
        case VerticalDatum.AMSL:
            low = high = level.value_m
    least, most = low - ground_m, high - ground_m
    unknown = np.isnan(ground_m)
    if unknown.any():
        least, most = np.where(unknown, -np.inf, least), np.where(unknown, np.inf, most)
    return least, most
