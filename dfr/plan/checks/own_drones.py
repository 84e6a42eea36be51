"""Checks that the team's own drones keep apart: by place, by the heights of the plan, or one at a time."""

from __future__ import annotations

from itertools import combinations

from dfr.findings import Finding, Severity
from dfr.plan.context import Context, finding
from dfr.plan.rules import APART_HEIGHT_M, APART_M
from dfr.plan.separation import DockRoutes, Meeting, aside_m, meeting, routes_of_docks

RULE = "own-drones-apart"
IN_TURN = "fly one at a time: hold the second on its dock, or well short, until the first has passed"


def check_own_drones(context: Context) -> list[Finding]:
    """Drones of one dock, which fly the same routes, and the routes of each pair of docks."""
    docks = routes_of_docks(context)
    found = [*_same_dock(context, docks), *(_pair(context, a, b) for a, b in combinations(docks, 2))]
    if docks and not found:
        return [
            finding(RULE, Severity.OK, "One drone flies at a time, so none has to be kept apart from it.")
        ]
    return found


def _same_dock(context: Context, docks: list[DockRoutes]) -> list[Finding]:
    shared = {site.id: site.drones for site in context.plan.sites if site.drones > 1}
    names = [dock.site_id for dock in docks if dock.site_id in shared]
    if not names:
        return []
    words = f"The drones of one dock ({', '.join(names)}) fly the same routes at the same height."
    return [finding(RULE, Severity.ADVICE, words, fix=IN_TURN)]


def _pair(context: Context, first: DockRoutes, second: DockRoutes) -> Finding:
    names, found = f"{first.site_id} and {second.site_id}", meeting(first, second)
    if found is None:
        room = aside_m(first, second) - APART_M
        words = f"The routes of {names} are at least {APART_M:g} m apart."
        return finding(RULE, Severity.OK, words, margin_m=room)
    a, b = found.nearest
    place = context.place(found.place)
    if not found.too_near:
        heights = _heights(context, first, second)
        words = f"Routes of {names} that meet are at least {APART_HEIGHT_M:g} m apart in height{heights}."
        return finding(RULE, Severity.OK, words, place=place, margin_m=found.margin_m)
    count = len(found.too_near)
    pairs = "1 pair of routes" if count == 1 else f"{count} pairs of routes"
    same = f" ({found.same_zone} to the same zone)" if found.same_zone else ""
    return finding(
        RULE,
        Severity.ADVICE,
        f"{pairs} of {names}{same} come within {APART_M:g} m sideways and {APART_HEIGHT_M:g} m in "
        f"height{_blind_words(found)}. The nearest are {a.site_id} to {a.zone_id} and {b.site_id} to "
        f"{b.zone_id}, {found.aside_m:.0f} m apart sideways.{_held_words(context)}",
        place=place,
        margin_m=found.margin_m,
        fix=_fix(context, found),
    )


def _heights(context: Context, first: DockRoutes, second: DockRoutes) -> str:
    """The cruise heights of two docks, where the plan flies them at different ones."""
    heights = {dock.site_id: dock.routes[0].height_m_agl for dock in (first, second)}
    if len(set(heights.values())) == 1:
        return ""
    return " (" + ", ".join(f"{site} cruises at {height:g} m" for site, height in heights.items()) + ")"


def _blind_words(found: Meeting) -> str:
    return " (ground unknown, so counted as one height)" if found.blind else ""


def _held_words(context: Context) -> str:
    held = context.plan.height_levels is not None and context.plan.height_levels.in_turn
    return " The simulation flies them one at a time." if held else ""


def _fix(context: Context, found: Meeting) -> str:
    """The procedure, and what would do without it."""
    if found.blind:
        return f"{IN_TURN}; state site.ground_m_amsl or give terrain data to compare heights"
    if context.plan.height_levels is None:
        return f"{IN_TURN}; or write the plan anew with `dfr plan`, which flies docks at different heights"
    return f"{IN_TURN}; no heights between the ground and the height limit keep them apart"
