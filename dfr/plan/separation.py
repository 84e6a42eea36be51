"""Keeping the team's own drones apart: where the routes of two docks meet, and the heights that part them.

Two drones are apart where they are `APART_M` aside or `APART_HEIGHT_M` in height. Heights are those of the
outbound path and of RTL, above mean sea level; over its dock a drone is at every height up to them. A change
of height that no interval bars clears a meeting: flying the second dock's drones x higher leaves two places
too near where x is less than `APART_HEIGHT_M` from their difference in height.

`least_levels` finds the fewest heights that do it, as a mixed-integer programme over raises in steps of
`STEP_M`, proven by HiGHS:

    min  10^4 sum_p s_p + 10 sum_l u_l + small sum_d w_d |raise of d|
    s.t. each dock flies one raise; u_l = 1 where some dock flies raise l;
         x_a + sum_b x_b <= 1 + s_p   for docks p, each raise a of the first, all raises b of the second
                                      that are too near to it

Docks that no raises keep apart (s_p = 1) fly the routes that meet one at a time (`RoutePair`). w_d grows with
the calls a dock serves, so the one that serves least changes its height; of equal raises the higher one is
flown: fewer obstacles stand there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.context import PROFILE_STEP_M, Context, Profile
from dfr.plan.model import Route, RoutePair
from dfr.plan.rules import APART_HEIGHT_M, APART_M, LEAST_CLEARANCE_M
from dfr.plan.siting.milp import Programme, solve_programme

Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
TOLERANCE_M = 0.01
"""Heights are apart that lack no more than this."""

STEP_M = 5.0
"""Heights differ by such steps: what a crew can say and a barometer can hold (assumed)."""

TIME_LIMIT_S = 20.0
"""For the search; what is found by then is flown, and the routes that still meet are said."""

NOT_APART = 1e4
"""What a pair of docks costs that is not apart."""

LEVEL = 10.0
"""What a further level costs."""

DOWN = 1.001
"""What a metre down costs against a metre up."""

PLACES_AT_ONCE = 10_000
"""Places of a dock's routes that are held against another dock's in one go, for the memory."""

LEAST_WEIGHT = 0.1
"""Of a dock that serves no calls: it changes its height no more than needed either."""


@dataclass(frozen=True)
class DockRoutes:
    """All routes of a dock in local metres, with the places along them.

    `places` are (n, 2), `heights_m_amsl` (n, 2) out and home, NaN where the ground is unknown; `route_of`
    (n,) is the route that each place is on and `at_dock` (n,) says where the drone climbs and lands.
    """

    site_id: str
    routes: tuple[Route, ...]
    lines: tuple[shapely.LineString | shapely.Point, ...]
    places: FloatArray
    heights_m_amsl: FloatArray
    route_of: Indices
    at_dock: Flags
    lowest_m_agl: float
    highest_m_agl: float

    @cached_property
    def points(self) -> NDArray[np.object_]:
        """The places as geometry."""
        return np.asarray(shapely.points(self.places), object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The places, to be searched."""
        return shapely.STRtree(self.points)

    @cached_property
    def lines_tree(self) -> shapely.STRtree:
        """The routes, to be searched."""
        return shapely.STRtree(np.array(self.lines))


def dock_routes(
    site_id: str, profiles: Sequence[Profile], lines: Sequence[shapely.LineString | shapely.Point]
) -> DockRoutes:
    """The routes of a dock from the profiles and lines of its routes, at least one."""
    counts = [len(profile.places) for profile in profiles]
    out = np.concatenate([p.ground_m_amsl + p.height_m_agl for p in profiles])
    home = np.concatenate([p.ground_m_amsl + p.highest_m_agl for p in profiles])
    return DockRoutes(
        site_id=site_id,
        routes=tuple(profile.route for profile in profiles),
        lines=tuple(lines),
        places=np.concatenate([p.places for p in profiles]),
        heights_m_amsl=np.column_stack([out, home]),
        route_of=np.repeat(np.arange(len(counts)), counts),
        at_dock=np.concatenate([np.arange(count) == 0 for count in counts]),
        lowest_m_agl=float(np.min(np.concatenate([p.lowest_m_agl for p in profiles]))),
        highest_m_agl=float(np.max(np.concatenate([p.highest_m_agl for p in profiles]))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Two docks whose routes come nearer than `APART_M` to each other.

    `too_near` are the pairs of routes that are too near in height as well; `nearest` is the worst pair,
    `aside_m` apart at `place`, and `margin_m` what it keeps beyond what is wanted, less than 0 where it is
    too near. `blind` says that ground heights are unknown: routes count as flown at one height there.
    """

    too_near: tuple[tuple[Route, Route], ...]
    nearest: tuple[Route, Route]
    place: shapely.Point
    aside_m: float
    margin_m: float
    blind: bool

    @property
    def same_zone(self) -> int:
        """How many of the routes too near each other lead to one zone."""
        return sum(one.zone_id == other.zone_id for one, other in self.too_near)


def find_meeting(first: DockRoutes, second: DockRoutes) -> Meeting | None:
    """Where the routes of two docks meet; None where all are `APART_M` aside."""
    near = second.lines_tree.query(np.array(first.lines), predicate="dwithin", distance=APART_M)
    if near.size == 0:
        return None
    many = len(second.lines)
    pairs = near[0] * many + near[1]
    short, blind = np.full(len(first.lines) * many, np.inf), False
    for i, j in _places_near(first, second, pairs):
        low, high = _barred_at_places(first, second, i, j)
        at = np.repeat(first.route_of[i] * many + second.route_of[j], 4)
        np.minimum.at(short, at, np.maximum(np.maximum(low, -high), -APART_HEIGHT_M))
        blind |= not np.isfinite(first.heights_m_amsl[i] + second.heights_m_amsl[j]).all()
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
        blind=blind,
    )


def barred_changes(first: DockRoutes, second: DockRoutes) -> tuple[FloatArray, FloatArray]:
    """(from, to) of each range of changes of the second dock's height that leave routes too near.

    None that is part of another; empty where all routes are `APART_M` aside.
    """
    low, high = np.empty((2, 0))
    near = second.lines_tree.query(np.array(first.lines), predicate="dwithin", distance=APART_M)
    if near.size:
        for i, j in _places_near(first, second, near[0] * len(second.lines) + near[1]):
            barred = _barred_at_places(first, second, i, j)
            low, high = _widest(np.append(low, barred[0]), np.append(high, barred[1]))
    return low, high


def _widest(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The ranges that are no part of another."""
    order = np.lexsort((-high, low))
    low, high = low[order], high[order]
    before = np.maximum.accumulate(np.append(-np.inf, high[:-1]))
    kept = high > before
    return low[kept], high[kept]


def aside_m(first: DockRoutes, second: DockRoutes) -> float:
    """How far the routes of two docks are apart, m, whatever their heights."""
    near = second.lines_tree.query_nearest(np.array(first.lines), return_distance=True, all_matches=False)
    return float(near[1].min())


def _places_near(first: DockRoutes, second: DockRoutes, pairs: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Places on pairs of routes that may be as near as `APART_M`: half a step on either side is theirs."""
    reach = APART_M + PROFILE_STEP_M
    for begin in range(0, len(first.places), PLACES_AT_ONCE):
        points = first.points[begin : begin + PLACES_AT_ONCE]
        i, j = second.tree.query(points, predicate="dwithin", distance=reach)
        kept = np.isin(first.route_of[begin + i] * len(second.lines) + second.route_of[j], pairs)
        yield begin + i[kept], j[kept]


def _barred_at_places(
    first: DockRoutes, second: DockRoutes, i: Indices, j: Indices
) -> tuple[FloatArray, FloatArray]:
    """(from, to) each (4 n,): by how much more height of the second n pairs of places stay too near."""
    gaps = first.heights_m_amsl[i][:, [0, 0, 1, 1]] - second.heights_m_amsl[j][:, [0, 1, 0, 1]]
    gaps = np.nan_to_num(gaps, nan=0.0)
    under = _over_dock(first, second, i, j)[:, None]
    below = _over_dock(second, first, j, i)[:, None]
    low = np.where(under, -np.inf, gaps - APART_HEIGHT_M)
    high = np.where(below, np.inf, gaps + APART_HEIGHT_M)
    return low.ravel(), high.ravel()


def _over_dock(own: DockRoutes, other: DockRoutes, i: Indices, j: Indices) -> Flags:
    """Where a place of `own` is its dock and the other's route passes it near enough to meet the climb."""
    over = own.at_dock[i].copy()
    lines = np.array(other.lines)[other.route_of[j[over]]]
    over[over] = shapely.distance(shapely.points(own.places[i[over]]), lines) < APART_M
    return over


def routes_of_docks(context: Context) -> list[DockRoutes]:
    """The routes of every dock of the plan that flies any."""
    found = []
    for site in context.plan.sites:
        own = [k for k, (route, _) in enumerate(context.lines) if route.site_id == site.id]
        if own:
            profiles, lines = [context.profiles[k] for k in own], [context.lines[k][1] for k in own]
            found.append(dock_routes(site.id, profiles, lines))
    return found


def least_levels(
    docks: Sequence[DockRoutes],
    *,
    limit_m_agl: float,
    least_m_agl: float = LEAST_CLEARANCE_M,
    calls: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """By how much each dock is flown higher, m, less than 0 for lower; no entry for one that stays.

    Every raise keeps `least_m_agl` above the ground and stays below the height limit. `calls` is the share of
    the calls that each dock serves, all alike without.
    """
    all_pairs = (_dock_pair(docks, i, j) for i, j in combinations(range(len(docks)), 2))
    pairs = [pair for pair in all_pairs if pair.low.size]
    if not any(pair.bars(0.0) for pair in pairs):
        return {}
    raises = [_possible_raises(dock, least_m_agl, limit_m_agl) for dock in docks]
    weights = [LEAST_WEIGHT + (calls or {}).get(dock.site_id, 0.0) for dock in docks]
    found = solve_programme(_levels_programme(raises, pairs, weights), time_limit_s=TIME_LIMIT_S)
    if found.values is None:
        return {}
    chosen = np.split(found.values, np.cumsum([len(own) for own in raises]))[: len(docks)]
    flown = {dock.site_id: float(own[x.argmax()]) for dock, own, x in zip(docks, raises, chosen, strict=True)}
    return {site: metres for site, metres in flown.items() if metres != 0.0}


def routes_in_turn(docks: Sequence[DockRoutes]) -> tuple[RoutePair, ...]:
    """The routes of two docks that meet at the heights they are flown at."""
    found = (find_meeting(first, second) for first, second in combinations(docks, 2))
    return tuple(
        RoutePair(
            site_id=one.site_id, zone_id=one.zone_id, other_site_id=other.site_id, other_zone_id=other.zone_id
        )
        for meet in found
        if meet is not None
        for one, other in meet.too_near
    )


def _possible_raises(dock: DockRoutes, least_m_agl: float, limit_m_agl: float) -> FloatArray:
    """The raises a dock may fly, 0 among them."""
    down = max(0.0, dock.lowest_m_agl - least_m_agl)
    up = max(0.0, limit_m_agl - dock.highest_m_agl)
    if not np.isfinite(down + up):
        return np.zeros(1)
    return STEP_M * np.arange(-np.floor(down / STEP_M), np.floor(up / STEP_M) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DockPair:
    """Two docks by number, and the changes of the second's height (`low` to `high`) that leave them near."""

    first: int
    second: int
    low: FloatArray
    high: FloatArray

    def bars(self, change_m: float) -> bool:
        """Whether a change of the second's height leaves the two too near."""
        return bool(((self.low < change_m - TOLERANCE_M) & (self.high > change_m + TOLERANCE_M)).any())


def _dock_pair(docks: Sequence[DockRoutes], first: int, second: int) -> DockPair:
    low, high = barred_changes(docks[first], docks[second])
    return DockPair(first=first, second=second, low=low, high=high)


def _levels_programme(
    raises: Sequence[FloatArray], pairs: Sequence[DockPair], weights: Sequence[float]
) -> Programme:
    """The programme; columns are the raises of each dock, then the levels, then the pairs not apart."""
    first = np.concatenate([[0], np.cumsum([len(own) for own in raises])])
    levels = np.unique(np.concatenate(raises))
    width, slack = int(first[-1]), int(first[-1]) + len(levels)
    metres = np.concatenate(
        [weight * np.where(own < 0, -DOWN * own, own) for own, weight in zip(raises, weights, strict=True)]
    )
    small = 0.5 * LEVEL / max(1.0, len(raises) * float(metres.max(initial=0.0)))
    cost = np.concatenate([small * metres, np.full(len(levels), LEVEL), np.full(len(pairs), NOT_APART)])
    rows, lower, upper = [], [], []
    for row, least, most in _programme_rows(raises, pairs, first, levels, width, slack):
        rows.append(row)
        lower.append(least)
        upper.append(most)
    entries = [(k, column, value) for k, row in enumerate(rows) for column, value in row.items()]
    at, columns, values = zip(*entries, strict=True)
    return Programme(
        cost=cost,
        lower=np.zeros(len(cost)),
        upper=np.ones(len(cost)),
        integer=np.arange(len(cost)) < width,
        matrix=sparse.csr_array((values, (at, columns)), shape=(len(rows), len(cost))),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
    )


def _programme_rows(  # noqa: PLR0917 - the blocks of one programme
    raises: Sequence[FloatArray],
    pairs: Sequence[DockPair],
    first: FloatArray,
    levels: FloatArray,
    width: int,
    slack: int,
) -> Iterator[tuple[dict[int, float], float, float]]:
    """(Coefficients by column, least, most) of each row."""
    for d, own in enumerate(raises):
        columns = [int(first[d]) + k for k in range(len(own))]
        yield dict.fromkeys(columns, 1.0), 1.0, 1.0
        for column, raised in zip(columns, own, strict=True):
            level = width + int(np.searchsorted(levels, raised))
            yield {level: 1.0, column: -1.0}, 0.0, 1.0
    for p, pair in enumerate(pairs):
        start, other_start = int(first[pair.first]), int(first[pair.second])
        for k, raised in enumerate(raises[pair.first]):
            changes = raises[pair.second] - raised
            near = [other_start + n for n, change in enumerate(changes) if pair.bars(change)]
            if near:
                yield {start + k: 1.0, **dict.fromkeys(near, 1.0), slack + p: -1.0}, -1.0, 1.0
