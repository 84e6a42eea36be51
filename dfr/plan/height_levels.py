"""Which heights the docks' drones fly at, so that ways of two docks that meet are apart: the fewest levels.

A mixed-integer programme over raises in steps of `STEP_M`, proven by HiGHS:

    min  10^4 sum_p s_p + 10 sum_l u_l + small sum_d w_d |raise of d|
    s.t. each dock flies one raise; u_l = 1 where some dock flies raise l;
         x_a + sum_b x_b <= 1 + s_p   for docks p, each raise a of the first, all raises b of the second
                                      that are too near to it

Docks that no raises keep apart (s_p = 1) fly the ways that meet one at a time (`WayPair`). w_d grows with the
calls a dock serves, so the one that serves least changes its height; of equal raises the higher one is flown:
fewer obstacles stand there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.checks.context import Context
from dfr.plan.checks.profile import LEAST_CLEARANCE_M, profile_of
from dfr.plan.model import WayPair
from dfr.plan.own_drones import DockWays, barred_changes, bars, dock_ways, meeting
from dfr.plan.siting.milp import Programme, solve

STEP_M = 5.0
"""Heights are told apart in such steps: what a crew can say and a barometer holds (assumed)."""

TIME_LIMIT_S = 20.0
"""For the search; what is found by then is flown, and the ways that still meet are said."""

NOT_APART, LEVEL, DOWN = 1e4, 10.0, 1.001
"""What a pair of docks that is not apart costs, a further level, and a metre down against one up."""

LEAST_WEIGHT = 0.1
"""Of a dock that serves no calls: it changes its height no more than needed either."""


def ways_of_docks(context: Context) -> list[DockWays]:
    """The ways of every dock of the plan that flies any."""
    found = []
    for site in context.plan.sites:
        own = [(route, line) for route, line in context.lines if route.site_id == site.id]
        if own:
            profiles = [profile_of(context, route, line) for route, line in own]
            found.append(dock_ways(site.id, profiles, [line for _, line in own]))
    return found


def least_levels(
    docks: Sequence[DockWays],
    *,
    limit_m_agl: float,
    least_m_agl: float = LEAST_CLEARANCE_M,
    calls: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """By how much each dock is flown higher, m, less than 0 for lower; no entry for one that stays.

    Every raise keeps `least_m_agl` above the ground and stays below the height limit. `calls` is the share of
    the calls that each dock serves, all alike without.
    """
    all_pairs = ((i, j, *barred_changes(docks[i], docks[j])) for i, j in combinations(range(len(docks)), 2))
    pairs = [pair for pair in all_pairs if pair[2].size]
    if not any(bars(low, high, 0.0) for _, _, low, high in pairs):
        return {}
    raises = [_raises(ways, least_m_agl, limit_m_agl) for ways in docks]
    weights = [LEAST_WEIGHT + (calls or {}).get(ways.site_id, 0.0) for ways in docks]
    found = solve(_programme(raises, pairs, weights), time_limit_s=TIME_LIMIT_S)
    if found.values is None:
        return {}
    chosen = np.split(found.values, np.cumsum([len(own) for own in raises]))[: len(docks)]
    flown = {ways.site_id: float(own[x.argmax()]) for ways, own, x in zip(docks, raises, chosen, strict=True)}
    return {site: metres for site, metres in flown.items() if metres != 0.0}


def ways_in_turn(docks: Sequence[DockWays]) -> tuple[WayPair, ...]:
    """The ways of two docks that meet at the heights they are flown at."""
    found = (meeting(first, second) for first, second in combinations(docks, 2))
    return tuple(
        WayPair(
            site_id=one.site_id, zone_id=one.zone_id, other_site_id=other.site_id, other_zone_id=other.zone_id
        )
        for meet in found
        if meet is not None
        for one, other in meet.too_near
    )


def _raises(ways: DockWays, least_m_agl: float, limit_m_agl: float) -> FloatArray:
    """The raises a dock may fly, 0 among them."""
    down = max(0.0, ways.lowest_m_agl - least_m_agl)
    up = max(0.0, limit_m_agl - ways.highest_m_agl)
    if not np.isfinite(down + up):
        return np.zeros(1)
    return STEP_M * np.arange(-np.floor(down / STEP_M), np.floor(up / STEP_M) + 1)


Pair = tuple[int, int, FloatArray, FloatArray]
"""Two docks, and the changes of the second's height that leave them too near, from and to."""


def _programme(raises: Sequence[FloatArray], pairs: Sequence[Pair], weights: Sequence[float]) -> Programme:
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
    for row, least, most in _rows(raises, pairs, first, levels, width, slack):
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


def _rows(  # noqa: PLR0917 - the blocks of one programme
    raises: Sequence[FloatArray],
    pairs: Sequence[Pair],
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
    for p, (i, j, low, high) in enumerate(pairs):
        for k, raised in enumerate(raises[i]):
            near = [int(first[j]) + n for n, other in enumerate(raises[j]) if bars(low, high, other - raised)]
            if near:
                yield {int(first[i]) + k: 1.0, **dict.fromkeys(near, 1.0), slack + p: -1.0}, -1.0, 1.0
