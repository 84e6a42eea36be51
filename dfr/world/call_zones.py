"""Demand zones and calls: which zone each call lies in, and zones made of calls where there are none yet."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.errors import InputError
from dfr.geo import FloatArray, LocalFrame, Ring
from dfr.scenario.model import DemandZone
from dfr.world.call_records import CallRecord

IntArray = NDArray[np.int64]

MOST_ZONES = 50
ROUND_CALLS_M = 30.0
"""How far a zone reaches beyond its outermost calls (assumed: about as well as a call's place is known)."""

GRID_M = 50.0
"""Corners of zones are those of squares so wide that calls lie in, so that none shows where a call was."""

SEED = 20240823
TRIES = 20

OUTSIDE = -1
"""The zone of a call that lies in none."""


def place_calls(
    calls: Sequence[CallRecord], zones: Sequence[DemandZone], frame: LocalFrame
) -> list[int | None]:
    """The zone of each call by its number: `OUTSIDE` where it lies in none, None where nobody says where."""
    names = {name.casefold(): number for number, zone in enumerate(zones) for name in (zone.name, zone.id)}
    found: list[int | None] = [
        names.get(call.place.casefold(), OUTSIDE) if call.place else None for call in calls
    ]
    located = [number for number, call in enumerate(calls) if call.position is not None]
    points = frame.points([call.position for call in calls if call.position is not None])
    within = np.full(len(located), OUTSIDE)
    for zone, area in reversed(list(enumerate(frame.polygon(zone.area) for zone in zones))):
        # The first zone of several counts; its edge belongs to it.
        within[shapely.intersects_xy(area, points[:, 0], points[:, 1])] = zone
    for number, zone in zip(located, within.tolist(), strict=True):
        found[number] = zone
    return found


def likely_zone_count(calls: int) -> int:
    """A rule of thumb for how many zones to make: the root of half the calls, 1 to 12 (Mardia 1979, p. 365).

    >>> likely_zone_count(33)
    4
    """
    return max(1, min(12, round(math.sqrt(calls / 2.0))))


def make_zones(
    calls: Sequence[CallRecord], *, boundary: Ring, frame: LocalFrame, count: int
) -> tuple[DemandZone, ...]:
    """Zones round clusters of the calls within a boundary, the one with most calls first.

    Clusters by k-means (Lloyd 1982; the best of 20 starts, always the same). Each zone is the hull of its
    calls and a little more, cut where another cluster is nearer and at the boundary. Shares are those of the
    calls.
    Raises InputError where fewer places than zones lie within the boundary.
    """
    keep_in = frame.polygon(boundary)
    points = frame.points([call.position for call in calls if call.position is not None])
    inside = points[shapely.contains_xy(keep_in, points[:, 0], points[:, 1])] if len(points) else points
    if not 1 <= count <= MOST_ZONES:
        raise InputError(f"{count} zones", do=f"1 to {MOST_ZONES}")
    if len(np.unique(inside, axis=0)) < count:
        raise InputError(
            f"{len(np.unique(inside, axis=0))} different places of calls lie within the boundary, too few for"
            f" {count} zones",
            do="ask for fewer zones, or check the columns of the place",
        )
    centres, labels = _cluster_points(inside, count)
    areas = _draw_areas(inside, centres, labels, keep_in)
    held = [int(shapely.contains_xy(area, inside[:, 0], inside[:, 1]).sum()) for area in areas]
    order = sorted(range(len(areas)), key=lambda number: -held[number])
    total = sum(held)
    return tuple(
        DemandZone(
            id=f"calls-{rank}",
            name=f"Calls {rank}",
            area=frame.ring(areas[number]),
            share=held[number] / total,
        )
        for rank, number in enumerate(order, start=1)
    )


def _cluster_points(points: FloatArray, count: int) -> tuple[FloatArray, IntArray]:
    """(centres, the cluster of each point): the clustering with the least squared distances of several."""
    from scipy.cluster.vq import ClusterError, kmeans2  # takes as long to load as a plan to make

    rng = np.random.default_rng(SEED)
    places = np.unique(points, axis=0)
    tried: list[tuple[float, int, FloatArray, IntArray]] = []
    for _ in range(TRIES):
        starts = places[rng.choice(len(places), size=count, replace=False)]
        try:
            centres, labels = kmeans2(points, starts, iter=50, minit="matrix", missing="raise")
        except ClusterError:
            continue
        spread = float(((points - centres[labels]) ** 2).sum())
        tried.append((spread, len(tried), centres, labels.astype(np.int64)))
    if not tried:
        raise InputError(f"the calls do not form {count} clusters", do="ask for fewer zones")
    best = min(tried, key=lambda found: found[:2])
    return best[2], best[3]


def _draw_areas(
    points: FloatArray, centres: FloatArray, labels: IntArray, keep_in: shapely.Polygon
) -> list[shapely.Polygon]:
    """The area of each cluster within the boundary; where that cuts it in two, each part that holds calls."""
    cells = _nearest_cells(centres, keep_in.buffer(10 * ROUND_CALLS_M))
    areas = []
    for number, cell in enumerate(cells):
        own = points[labels == number]
        hull = shapely.MultiPoint(_corners_round(own)).convex_hull
        shape = shapely.intersection_all([hull, cell, keep_in])
        areas += [
            shapely.remove_repeated_points(part, 0.5)
            for part in shapely.get_parts(shape)
            if isinstance(part, shapely.Polygon) and shapely.contains_xy(part, own[:, 0], own[:, 1]).any()
        ]
    return areas


def _corners_round(points: FloatArray) -> FloatArray:
    """The corners of the squares of a grid that points, and what is just round them, lie in."""
    low = np.floor((points - ROUND_CALLS_M) / GRID_M) * GRID_M
    high = np.ceil((points + ROUND_CALLS_M) / GRID_M) * GRID_M
    corners = [np.column_stack([east[:, 0], north[:, 1]]) for east in (low, high) for north in (low, high)]
    return np.unique(np.concatenate(corners), axis=0)


def _nearest_cells(centres: FloatArray, around: shapely.Polygon) -> list[shapely.Geometry]:
    """For each centre all that is nearer to it than to any other."""
    if len(centres) == 1:
        return [around]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=around))
    return [next(cell for cell in cells if cell.covers(shapely.Point(centre))) for centre in centres]
