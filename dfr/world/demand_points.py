"""Demand zones made of calls at their own places (`zones_of_places`): by squares of a grid, or by place.

A zone's calls are flown to at their mean place, so that flight times vary as the calls do: the smaller the
squares, the nearer to flying to each call itself, and the more routes to plan. A square in which few places
have most calls is flown to at its middle: plans show where drones fly, and the mean would show who called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.errors import InputError
from dfr.geo import FloatArray, LocalFrame, Ring
from dfr.scenario.model import DemandZone
from dfr.world.learning.figures import FEWEST_SHOWN

LEAST_CELL_M = 1.0
"""Calls this near to each other are at one place, whatever is asked."""

MOST_ZONES = 20_000

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlaces:
    """Places of calls in degrees, and how many calls each counts; all of shape (n,)."""

    lat_deg: FloatArray
    lon_deg: FloatArray
    calls: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedZones:
    """Zones, the one with most calls first, and the share of all calls that lies outside the boundary."""

    zones: tuple[DemandZone, ...]
    outside_share: float


def zones_of_places(places: CallPlaces, *, boundary: Ring, frame: LocalFrame, cell_m: float) -> PlacedZones:
    """The zones of the calls inside a boundary: squares of side `cell_m`; for 0 what is nearest to a place.

    Raises InputError where no call lies inside, or they make too many zones.
    """
    keep_in = frame.polygon(boundary)
    points = np.column_stack(frame.to_enu(places.lat_deg, places.lon_deg))
    inside = (places.calls > 0.0) & shapely.intersects_xy(keep_in, points[:, 0], points[:, 1])
    if not inside.any():
        raise InputError(
            "no call of the file lies inside the boundary", do="check its places, or widen site.boundary"
        )
    outside = 1.0 - float(places.calls[inside].sum() / places.calls.sum())
    points, calls = points[inside], places.calls[inside]
    cells, zone_of = np.unique(np.floor(points / max(cell_m, LEAST_CELL_M)), axis=0, return_inverse=True)
    if len(cells) > MOST_ZONES:
        raise InputError(
            f"the calls are at {len(cells)} places, and {MOST_ZONES} can be planned for",
            do="give a larger cell_m",
        )
    areas = (
        _squares(cells, cell_m) if cell_m > 0.0 else _nearest_cells(_means(points, calls, zone_of), keep_in)
    )
    order, ends = np.argsort(zone_of, kind="stable"), np.cumsum(np.bincount(zone_of))[:-1]
    parts = [
        part
        for area, own in zip(areas, np.split(order, ends), strict=True)
        for part in _parts_with_calls(
            shapely.intersection(area, keep_in), points[own], calls[own], by_place=cell_m == 0.0
        )
    ]
    parts.sort(key=lambda part: -part.calls)
    kind = "square" if cell_m > 0.0 else "place"
    zones = tuple(
        DemandZone(
            id=f"{kind}-{rank}",
            name=f"{kind.capitalize()} {rank}",
            area=frame.ring(part.area),
            share=float(part.calls / calls.sum()),
            place=None if part.place is None else frame.position(*part.place),
        )
        for rank, part in enumerate(parts, start=1)
    )
    return PlacedZones(zones=zones, outside_share=outside)


@dataclass(frozen=True, slots=True)
class _Part:
    """An area in one piece, its calls, and where in it they are flown to, local metres; None: its middle."""

    area: shapely.Polygon
    calls: float
    place: tuple[float, float] | None


def _parts_with_calls(
    area: shapely.Geometry, points: FloatArray, calls: FloatArray, *, by_place: bool
) -> Iterator[_Part]:
    """The pieces of an area that calls are in: the boundary may cut it."""
    pieces = [piece for piece in shapely.get_parts(area) if isinstance(piece, shapely.Polygon)]
    away = np.stack([shapely.distance(piece, shapely.points(points)) for piece in pieces])
    for number, piece in enumerate(pieces):
        own = away.argmin(axis=0) == number
        if own.any():
            place = _flown_to(piece, points[own], calls[own], by_place=by_place)
            yield _Part(piece, float(calls[own].sum()), place)


def _flown_to(
    piece: shapely.Polygon, points: FloatArray, calls: FloatArray, *, by_place: bool
) -> tuple[float, float] | None:
    """The mean place of the calls of a piece; None where that lies outside it or shows where few called.

    With `by_place` the call nearest to the mean instead: then each place is shown anyway.
    """
    mean = np.average(points, axis=0, weights=calls)
    place, inside = mean, piece.covers(shapely.Point(mean))
    if by_place and not inside:
        place = points[np.hypot(*(points - mean).T).argmin()]
    elif not by_place and not (inside and _places_alike(points, calls) >= FEWEST_SHOWN - 1e-6):
        return None
    return float(place[0]), float(place[1])


def _places_alike(points: FloatArray, calls: FloatArray) -> float:
    """How many places with as many calls each are as mixed as these: sum² over the sum of squares (Kish)."""
    _, number = np.unique(np.floor(points / LEAST_CELL_M), axis=0, return_inverse=True)
    of_place = np.bincount(number, calls)
    return float(of_place.sum() ** 2 / (of_place**2).sum())


def _means(points: FloatArray, calls: FloatArray, zone_of: NDArray[np.int64]) -> FloatArray:
    """The mean place of the calls of each zone."""
    weights = np.bincount(zone_of, calls)
    return np.column_stack([np.bincount(zone_of, calls * axis) / weights for axis in points.T])


def _squares(cells: FloatArray, side_m: float) -> Shapes:
    low = cells * side_m
    squares: Shapes = shapely.box(low[:, 0], low[:, 1], low[:, 0] + side_m, low[:, 1] + side_m)
    return squares


def _nearest_cells(places: FloatArray, keep_in: shapely.Polygon) -> Shapes:
    """For each place all that is nearer to it than to any other."""
    if len(places) == 1:
        return np.array([keep_in], dtype=object)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(places), extend_to=keep_in))
    _, found = shapely.STRtree(cells).query_nearest(shapely.points(places), all_matches=False)
    nearest: Shapes = cells[found]
    return nearest
