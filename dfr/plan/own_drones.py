"""Where the ways of two docks come too near each other, and which changes of height keep them apart.

Two drones are apart where they are `APART_M` aside or `APART_HEIGHT_M` in height. Heights are those of the
way out and of RTL, above mean sea level; over its dock a drone is at every height up to them. What clears a
meeting is a change of height that no interval bars: flying the second dock's drones x higher leaves two
places too near where x is less than `APART_HEIGHT_M` from their difference in height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import FloatArray
from dfr.plan.checks.profile import PROFILE_STEP_M, Profile
from dfr.plan.model import Route

APART_M = 50.0
"""Horizontal distance wanted between two drones of one plan (assumed: no figure is published for it)."""

APART_HEIGHT_M = 15.0
"""Difference in height that stands in for it (assumed: the altimetry error of 4 m of each, and 7 m more for
downwash and gusts)."""

Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

TOLERANCE_M = 0.01
"""Heights are apart that lack no more than this."""


@dataclass(frozen=True)
class DockWays:
    """All ways of a dock in local metres, with the places along them.

    `places` are (n, 2), `heights_m_amsl` (n, 2) out and home, NaN where the ground is unknown; `way` (n,) is
    the way each place is on and `at_dock` (n,) says where the drone climbs and lands.
    """

    site_id: str
    routes: tuple[Route, ...]
    lines: tuple[shapely.LineString | shapely.Point, ...]
    places: FloatArray
    heights_m_amsl: FloatArray
    way: Indices
    at_dock: Flags
    lowest_m_agl: float
    highest_m_agl: float

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The places, to be searched."""
        return shapely.STRtree(shapely.points(self.places))

    @cached_property
    def lines_tree(self) -> shapely.STRtree:
        """The ways, to be searched."""
        return shapely.STRtree(np.array(self.lines))

    def raised(self, metres: float) -> DockWays:
        """The same ways flown so much higher, out and home."""
        return replace(
            self,
            heights_m_amsl=self.heights_m_amsl + metres,
            lowest_m_agl=self.lowest_m_agl + metres,
            highest_m_agl=self.highest_m_agl + metres,
        )


def dock_ways(
    site_id: str, profiles: Sequence[Profile], lines: Sequence[shapely.LineString | shapely.Point]
) -> DockWays:
    """The ways of a dock from the profiles and lines of its routes, at least one."""
    counts = [len(profile.places) for profile in profiles]
    out = np.concatenate([p.ground_m_amsl + p.height_m_agl for p in profiles])
    home = np.concatenate([p.ground_m_amsl + p.highest_m_agl for p in profiles])
    return DockWays(
        site_id=site_id,
        routes=tuple(profile.route for profile in profiles),
        lines=tuple(lines),
        places=np.concatenate([p.places for p in profiles]),
        heights_m_amsl=np.column_stack([out, home]),
        way=np.repeat(np.arange(len(counts)), counts),
        at_dock=np.concatenate([np.arange(count) == 0 for count in counts]),
        lowest_m_agl=float(np.min(np.concatenate([p.height_m_agl for p in profiles]))),
        highest_m_agl=float(np.max(np.concatenate([p.highest_m_agl for p in profiles]))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Two docks whose ways come nearer than `APART_M` to each other.

    `too_near` are the pairs of ways that are too near in height as well; `nearest` is the worst pair,
    `aside_m` apart at `place`, and `margin_m` what it keeps beyond what is wanted, less than 0 where it is
    too near. `blind` says that ground heights are unknown: ways count as flown at one height there.
    """

    too_near: tuple[tuple[Route, Route], ...]
    nearest: tuple[Route, Route]
    place: shapely.Point
    aside_m: float
    margin_m: float
    blind: bool

    @property
    def same_zone(self) -> int:
        """How many of the ways too near each other lead to one zone."""
        return sum(one.zone_id == other.zone_id for one, other in self.too_near)


def meeting(first: DockWays, second: DockWays) -> Meeting | None:
    """Where the ways of two docks meet; None where all are `APART_M` aside."""
    near = second.lines_tree.query(np.array(first.lines), predicate="dwithin", distance=APART_M)
    if near.size == 0:
        return None
    many = len(second.lines)
    pairs = near[0] * many + near[1]
    i, j = _places_near(first, second, pairs)
    low, high = _barred(first, second, i, j)
    short = np.full(len(first.lines) * many, np.inf)
    at = np.repeat(first.way[i] * many + second.way[j], 4)
    np.minimum.at(short, at, np.maximum(np.maximum(low, -high), -APART_HEIGHT_M))
    aside = shapely.distance(np.array(first.lines)[near[0]], np.array(second.lines)[near[1]])
    margins = np.maximum(aside - APART_M, short[pairs])
    worst = int(np.lexsort((pairs, aside, margins))[0])
    a, b = int(near[0][worst]), int(near[1][worst])
    bad = tuple((first.routes[m], second.routes[n]) for m, n in near.T[margins < -TOLERANCE_M])
    return Meeting(
        too_near=bad,
        nearest=(first.routes[a], second.routes[b]),
        place=shapely.Point(shapely.shortest_line(first.lines[a], second.lines[b]).coords[0]),
        aside_m=float(aside[worst]),
        margin_m=float(margins[worst]),
        blind=not np.isfinite(first.heights_m_amsl[i] + second.heights_m_amsl[j]).all(),
    )


def barred_changes(first: DockWays, second: DockWays) -> tuple[FloatArray, FloatArray]:
    """(from, to) of each change of the second dock's height that leaves ways too near; empty where all are
    `APART_M` aside.
    """
    near = second.lines_tree.query(np.array(first.lines), predicate="dwithin", distance=APART_M)
    if near.size == 0:
        return np.empty(0), np.empty(0)
    return _barred(first, second, *_places_near(first, second, near[0] * len(second.lines) + near[1]))


def bars(low: FloatArray, high: FloatArray, change_m: float) -> bool:
    """Whether a change of height lies within any of the intervals."""
    return bool(((low < change_m - TOLERANCE_M) & (high > change_m + TOLERANCE_M)).any())


def aside_m(first: DockWays, second: DockWays) -> float:
    """How far the ways of two docks are apart, m, whatever their heights."""
    near = second.lines_tree.query_nearest(np.array(first.lines), return_distance=True, all_matches=False)
    return float(near[1].min())


def _places_near(first: DockWays, second: DockWays, pairs: Indices) -> tuple[Indices, Indices]:
    """Places on pairs of ways that may be as near as `APART_M`: half a step on either side is theirs."""
    reach = APART_M + PROFILE_STEP_M
    i, j = second.tree.query(shapely.points(first.places), predicate="dwithin", distance=reach)
    kept = np.isin(first.way[i] * len(second.lines) + second.way[j], pairs)
    return i[kept], j[kept]


def _barred(first: DockWays, second: DockWays, i: Indices, j: Indices) -> tuple[FloatArray, FloatArray]:
    """(from, to) each (4 n,): by how much more height of the second n pairs of places stay too near."""
    gaps = first.heights_m_amsl[i][:, [0, 0, 1, 1]] - second.heights_m_amsl[j][:, [0, 1, 0, 1]]
    gaps = np.nan_to_num(gaps, nan=0.0)
    under = _over_dock(first, second, i, j)[:, None]
    below = _over_dock(second, first, j, i)[:, None]
    low = np.where(under, -np.inf, gaps - APART_HEIGHT_M)
    high = np.where(below, np.inf, gaps + APART_HEIGHT_M)
    return low.ravel(), high.ravel()


def _over_dock(own: DockWays, other: DockWays, i: Indices, j: Indices) -> Flags:
    """Where a place of `own` is its dock and the other's way passes it near enough to meet the climb."""
    over = own.at_dock[i].copy()
    lines = np.array(other.lines)[other.way[j[over]]]
    over[over] = shapely.distance(shapely.points(own.places[i[over]]), lines) < APART_M
    return over
