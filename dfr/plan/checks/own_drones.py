"""Checks that the team's own drones keep apart: nothing in a plan does but places, heights and procedures."""

from __future__ import annotations

from itertools import combinations

from dfr.findings import Finding, Severity
from dfr.plan.checks.context import Context, enough, finding
from dfr.plan.checks.profile import LEAST_CLEARANCE_M, profile_of
from dfr.plan.own_drones import APART_HEIGHT_M, APART_M, DockWays, Meeting, aside_m, dock_ways, meeting

RULE = "own-drones-apart"
IN_TURN = "one at a time: hold the second on its dock, or well short, until the first has passed"


def check_own_drones(context: Context) -> list[Finding]:
    """Drones of one dock, which fly the same ways, and the ways of each pair of docks."""
    docks = _docks(context)
    found = [*_same_dock(context, docks), *(_pair(context, a, b) for a, b in combinations(docks, 2))]
    if docks and not found:
        return [finding(RULE, Severity.OK, "one drone flies at a time: none to keep apart from it")]
    return found


def _docks(context: Context) -> list[DockWays]:
    """The ways of every dock of the plan that flies any."""
    found = []
    for site in context.plan.sites:
        own = [(route, line) for route, line in context.lines if route.site_id == site.id]
        if own:
            profiles = [profile_of(context, route, line) for route, line in own]
            found.append(dock_ways(site.id, profiles, [line for _, line in own]))
    return found


def _same_dock(context: Context, docks: list[DockWays]) -> list[Finding]:
    shared = {site.id: site.drones for site in context.plan.sites if site.drones > 1}
    names = [ways.site_id for ways in docks if ways.site_id in shared]
    if not names:
        return []
    words = f"the drones of one dock ({', '.join(names)}) fly the same ways at the same height"
    return [finding(RULE, Severity.ADVICE, words, fix=IN_TURN)]


def _pair(context: Context, first: DockWays, second: DockWays) -> Finding:
    names, found = f"{first.site_id} and {second.site_id}", meeting(first, second)
    if found is None:
        words, room = f"{names}: all ways are at least {APART_M:g} m aside", aside_m(first, second) - APART_M
        return finding(RULE, Severity.OK, words, margin_m=room)
    a, b = found.nearest
    place = context.place(found.place)
    if found.ways == 0:
        words = f"{names}: ways that meet are at least {APART_HEIGHT_M:g} m apart in height"
        return finding(RULE, Severity.OK, words, place=place, margin_m=found.margin_m)
    same = f" ({found.same_zone} to the same zone)" if found.same_zone else ""
    return finding(
        RULE,
        Severity.ADVICE,
        f"{names}: {found.ways} pairs of ways{same} come nearer than {APART_M:g} m aside and "
        f"{APART_HEIGHT_M:g} m in height{_blind_words(found)}, nearest {a.site_id} to {a.zone_id} and "
        f"{b.site_id} to {b.zone_id}, {found.aside_m:.0f} m aside",
        place=place,
        margin_m=found.margin_m,
        fix=_fix(context, first, second, found),
    )


def _blind_words(found: Meeting) -> str:
    return " (ground unknown, so counted as one height)" if found.blind else ""


def _fix(context: Context, first: DockWays, second: DockWays, found: Meeting) -> str:
    """The procedure, and the least change of one dock's heights that does without it."""
    if found.blind:
        return f"{IN_TURN}; state site.ground_m_amsl or give terrain data to compare heights"
    change = least_change(first, second, found, limit_m_agl=context.scenario.operation.height_limit_m_agl)
    if change is None:
        return f"{IN_TURN}; no change of height within the limits clears it"
    ways, metres = change
    side = "higher" if metres > 0 else "lower"
    return (
        f"{IN_TURN}; or fly {ways.site_id} {enough(abs(metres))} {side}, out and home, in its missions: "
        "a scenario states one height for all docks"
    )


def least_change(
    first: DockWays, second: DockWays, found: Meeting, *, limit_m_agl: float
) -> tuple[DockWays, float] | None:
    """(The dock to fly higher, by how many whole metres, less than 0 for lower) within the height limits;
    None where no such change clears all.
    """
    up, down = found.up_m, found.down_m
    options = [(second, up, 1), (first, down, 1), (second, down, -1), (first, up, -1)]
    able = [
        (ways, sign * metres)
        for ways, metres, sign in options
        if metres is not None and _fits(ways.raised(sign * metres), limit_m_agl)
    ]
    return min(able, key=lambda option: abs(option[1]), default=None)


def _fits(ways: DockWays, limit_m_agl: float) -> bool:
    return ways.lowest_m_agl >= LEAST_CLEARANCE_M and ways.highest_m_agl <= limit_m_agl
