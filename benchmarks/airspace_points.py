"""Many points against an airspace at once: heights, times and coverage included. Start with `ManyPoints`.

The fast second route beside `Airspace.at`: tests hold both equal. Points are sorted by longitude once; each
zone then looks only at the slice within its box, drops those at other heights or times, and asks a prepared
polygon about the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from dfr.geo import FloatArray, Position, VerticalDatum
from dfr.scenario.air import ALL_KINDS, DataKind
from dfr.world.airspace import Airspace
from dfr.world.coverage import ANY_TIME, Coverage, CoverIndex
from dfr.world.edges import METRES_PER_DEGREE
from dfr.world.hours import DailyHours, TimeInterval
from dfr.world.zones import TOUCH_EDGE_M, TOUCH_HEIGHT_M, VerticalLimit, Zone, flight_level_range_m_amsl

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


CELLS = 100
"""Cells along each side of the grid over a coverage."""


class PointState(IntEnum):
    """What can be said of a point, in rising order of how much it stops a flight."""

    CLEAR = 0
    UNKNOWN = 1
    NO_COVERAGE = 2
    CONFLICT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Points sorted by longitude; `more` has height AGL, time and ground of each, found by `order`.

    Ground that is NaN is not known.
    """

    x: FloatArray
    y: FloatArray
    order: IntArray
    more: FloatArray
    span_s: tuple[float, float]

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
        x, y, *more = (a.ravel() for a in np.broadcast_arrays(*given))
        order = np.argsort(x)
        return cls(
            x=x[order],
            y=y[order],
            order=order,
            more=np.column_stack(more),
            span_s=(float(given[3].min()), float(given[3].max())) if len(x) else (0.0, 0.0),
        )

    def more_of(self, here: IntArray) -> FloatArray:
        """Height AGL, time and ground, a row each, of some points."""
        found: FloatArray = np.take(self.more, np.take(self.order, here), axis=0).T
        return found


class ManyPoints:
    """An airspace made ready for many points: zones grown by the touching distance and prepared."""

    def __init__(self, airspace: Airspace) -> None:
        cover = CoverIndex(airspace.coverage)
        self._zones = [zone for zone in airspace.zones if zone.binding]
        self._unplaced = any(source.unplaced for source in airspace.sources)
        self._shapes = [_grown(zone.area.polygon) for zone in self._zones]
        self._cover = [
            (coverage, None if area is None else _Raster(area.polygon))
            for coverage, area in zip(cover.coverages, cover.areas, strict=True)
        ]
        shapely.prepare(self._shapes)

    def states(
        self,
        lat_deg: ArrayLike,
        lon_deg: ArrayLike,
        *,
        height_m_agl: ArrayLike,
        time_s: ArrayLike,
        ground_m_amsl: ArrayLike | None = None,
        qnh_hpa: float | None = None,
        needs: Iterable[DataKind] = ALL_KINDS,
    ) -> NDArray[np.uint8]:
        """`PointState` of many points, flat, in their order; arrays broadcast, times are POSIX seconds.

        Ground that is NaN or None is not known. Bounds of the ground stated by a source, geoids
        and unplaced volumes are left to `Airspace.at`; where these matter the answer here is UNKNOWN.
        """
        points = Points.of(lat_deg, lon_deg, height_m_agl, time_s, ground_m_amsl)
        found = self._states(points, qnh_hpa, frozenset(needs))
        if self._unplaced:
            found[found == PointState.CLEAR] = PointState.UNKNOWN
        return found

    def _states(self, points: Points, qnh_hpa: float | None, needs: frozenset[DataKind]) -> NDArray[np.uint8]:
        """`PointState` of each point, in the order given."""
        if not len(points.x):
            return np.empty(0, np.uint8)
        found = self._covered(points, qnh_hpa, needs)
        for zone, shape in zip(self._zones, self._shapes, strict=True):
            self._mark(zone, shape, points, qnh_hpa, found)
        states = np.empty_like(found)
        states[points.order] = found
        return states

    def _covered(
        self, points: Points, qnh_hpa: float | None, needs: frozenset[DataKind]
    ) -> NDArray[np.uint8]:
        """Clear where all kinds needed are covered, unknown where others are, else no coverage."""
        bits = {kind: 2 << bit for bit, kind in enumerate(sorted(needs))}
        wanted = 1 + sum(bits.values())
        covered = np.zeros(len(points.x), np.uint8)
        for coverage, area in self._cover:
            held = 1 + sum(bits[kind] for kind in coverage.kinds & needs)
            for here in [np.arange(len(points.x))] if area is None else area.within(points):
                covered[_spoken_of(coverage, points, here, qnh_hpa)] |= held
        found = np.full(len(points.x), PointState.UNKNOWN, np.uint8)
        found[(covered == 0) & bool(needs)] = PointState.NO_COVERAGE
        found[(covered == wanted) | (not needs)] = PointState.CLEAR
        return found

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
            height_m, time_s, ground_m = points.more_of(here)
            sure, maybe = _heights(zone, height_m, ground_m, qnh_hpa)
            sure, maybe = active.narrow(time_s, sure, maybe)
            asked = np.flatnonzero(maybe)
            here, sure = here[asked], sure[asked]
            inside = shapely.intersects_xy(shape, points.x[here] + turn, points.y[here])
            here, sure = here[inside], sure[inside]
            if zone.possible or zone.defect:
                sure = np.zeros_like(sure)
            found[here[sure]] = PointState.CONFLICT
            doubtful = here[~sure & (found[here] == PointState.CLEAR)]
            found[doubtful] = PointState.UNKNOWN


def _spoken_of(coverage: Coverage, points: Points, here: IntArray, qnh_hpa: float | None) -> IntArray:
    """Those of some points whose height and time a coverage speaks of."""
    bounds = coverage.lower.datum, coverage.upper.datum
    if bounds == (VerticalDatum.SURFACE, VerticalDatum.UNLIMITED) and coverage.within == ANY_TIME:
        return here
    height_m, time_s, ground_m = points.more_of(here)
    floor, ceiling = (_limit_m_agl(level, ground_m, qnh_hpa) for level in (coverage.lower, coverage.upper))
    sure = (height_m >= floor[1] - TOUCH_HEIGHT_M) & (height_m <= ceiling[0] + TOUCH_HEIGHT_M)
    found: IntArray = here[sure & _during(coverage.within, time_s)]
    return found


def _during(within: TimeInterval, time_s: FloatArray) -> BoolArray:
    start_s, end_s = _posix_s(within.start, -np.inf), _posix_s(within.end, np.inf)
    found: BoolArray = (start_s <= time_s) & (time_s <= end_s)
    return found


class _Hours:
    """Whether a zone is active at each point's time."""

    def __init__(self, zone: Zone, points: Points) -> None:
        first, last = (datetime.fromtimestamp(moment_s, tz=UTC) for moment_s in points.span_s)
        self._spans, self._otherwise = _active_spans(zone, first, last)
        self.never = not self._spans and self._otherwise is False

    def narrow(self, time_s: FloatArray, sure: BoolArray, maybe: BoolArray) -> tuple[BoolArray, BoolArray]:
        """Heights that fit, less those at other times."""
        if self._otherwise is True:
            return sure, maybe
        active = np.zeros(len(time_s), bool)
        for start_s, end_s in self._spans:
            active |= (start_s <= time_s) & (time_s < end_s)
        if self._otherwise is None:
            return sure & active, maybe
        return sure & active, maybe & active


def _active_spans(
    zone: Zone, start: datetime, end: datetime
) -> tuple[list[tuple[float, float]], bool | None]:
    """(POSIX seconds of each span of activity that touches a period, what holds at other times)."""
    centre = zone.area.polygon.representative_point()
    place = Position(lat_deg=centre.y, lon_deg=(centre.x + 180.0) % 360.0 - 180.0)
    otherwise = zone.activation.otherwise
    found: list[TimeInterval] = []
    for period in zone.activation.periods:
        if isinstance(period, DailyHours):
            hours, complete = period.hours_between(start, end, place)
            otherwise = otherwise if complete or otherwise else None
            found += hours
        else:
            found.append(period)
    return [(_posix_s(span.start, -np.inf), _posix_s(span.end, np.inf)) for span in found], otherwise


def _posix_s(moment: datetime | None, default: float) -> float:
    return default if moment is None else moment.timestamp()


def _grown(polygon: shapely.Geometry) -> shapely.Geometry:
    """A polygon grown by the distance that counts as touching."""
    return shapely.buffer(polygon, TOUCH_EDGE_M / METRES_PER_DEGREE, join_style="mitre")


def _turns(shape: shapely.Geometry) -> list[float]:
    """What to add to longitudes so that they meet a shape that may run past 180 degrees."""
    west, _, east, _ = shape.bounds
    return [0.0] + ([360.0] if east > 180.0 else []) + ([-360.0] if west < -180.0 else [])


class _Raster:
    """A large area as a grid of cells wholly inside or not: only points in the others are asked exactly."""

    def __init__(self, shape: shapely.Geometry) -> None:
        self._shape = shape
        shapely.prepare(shape)
        west, south, east, north = shape.bounds
        self._origin = west, south
        self._per_degree = CELLS / max(east - west, 1e-9), CELLS / max(north - south, 1e-9)
        x, y = np.linspace(west, east, CELLS + 1), np.linspace(south, north, CELLS + 1)
        cells = shapely.box(x[:-1, None], y[None, :-1], x[1:, None], y[None, 1:])
        self._inside = np.ascontiguousarray(shapely.contains_properly(shape, cells).ravel())

    def within(self, points: Points) -> list[IntArray]:
        """Points within the area, for each turn of the globe."""
        around = shapely.box(points.x[0], points.y.min(), points.x[-1], points.y.max())
        if shapely.contains_properly(self._shape, around):
            return [np.arange(len(points.x))]
        found = []
        for turn in _turns(self._shape):
            here = _boxed(points, self._shape, turn)
            x, y = points.x[here] + turn, points.y[here]
            column = ((x - self._origin[0]) * self._per_degree[0]).astype(np.int32)
            row = ((y - self._origin[1]) * self._per_degree[1]).astype(np.int32)
            cell = np.minimum(column, CELLS - 1) * CELLS + np.minimum(row, CELLS - 1)
            inside = self._inside[cell]
            asked = np.flatnonzero(~inside)
            inside[asked] = shapely.intersects_xy(self._shape, x[asked], y[asked])
            found.append(here[inside])
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
    zone: Zone, height_m: FloatArray, ground_m: FloatArray, qnh_hpa: float | None
) -> tuple[BoolArray, BoolArray]:
    """(surely within the limits, perhaps within them) by height alone; what is sure is perhaps too."""
    if zone.defect:
        return np.ones(len(height_m), bool), np.ones(len(height_m), bool)
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
        case VerticalDatum.ELLIPSOID | VerticalDatum.AERODROME:
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
