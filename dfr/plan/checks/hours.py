"""Checks of what is there only at some hours: plans keep off it at all hours, and say what that costs.

One set of ways, one fence and one check sheet hold for the whole period: a crowd gathers before its listed
time, and a fence is not changed between two calls. What that costs in the other hours is stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dfr.findings import Finding, Severity
from dfr.plan.checks.context import Context, finding
from dfr.plan.matrix import crowd_obstacles, router_of
from dfr.plan.volumes import GROUND_RISK_BUFFER
from dfr.plan.windows import HourWindow, hour_windows
from dfr.world.model import World
from dfr.world.zones import TOUCH_M, zone_of_restriction

HOUR = timedelta(hours=1)


def check_hours(context: Context) -> list[Finding]:
    """Crowds and restrictions by notice that are there in some of the hours with calls."""
    windows = hour_windows(context.scenario)
    return [*_crowds(context, windows), *_notices(context, windows)]


def _crowds(context: Context, windows: Sequence[HourWindow]) -> list[Finding]:
    if not crowd_obstacles(context.world) or not context.lines:
        return []
    spans = [(c.start, c.end) for c in context.scenario.site.crowds if c.people_per_m2 > 0]
    there = [window for window in windows if _any_at(spans, window.start)]
    if len(there) == len(windows):
        return []
    longer, farther, which = _cost(context)
    words = (
        f"crowds are kept off at all hours, though they are there in {len(there)} of {len(windows)} hours "
        "with calls: "
    )
    if which:
        words += f"without them the way to {which} would be {longer:.0f} m shorter"
        words += f" and {farther:.0f} m nearer to it" if farther > 0 else ""
    else:
        words += "that lengthens no way"
    fix = "accept it: people gather before their time; or plan the hours without them apart"
    return [finding("crowd", Severity.ADVICE if which else Severity.OK, words, fix=fix if which else "")]


def _cost(context: Context) -> tuple[float, float, str]:
    """(metres longer, metres farther off, zone) of the route that keeping off crowds changes most."""
    scenario, frame = context.scenario, context.world.frame
    empty = _without_crowds(context.world)
    router, worst = router_of(empty), (0.0, 0.0, "")
    targets = {zone.id: frame.polygon(zone.area).centroid for zone in scenario.demand.zones}
    for route, _ in context.lines:
        start, end = frame.point(route.points[0]), targets[route.zone_id]
        way = router.way(start, (end.x, end.y))
        if not way.reachable:
            continue
        longer, farther = route.length_m - way.length_m, route.stand_off_m - way.stand_off_m
        if longer + farther > sum(worst[:2]) + 1.0:
            worst = (max(longer, 0.0), farther, f"{route.zone_id} from {route.site_id}")
    return worst


def _without_crowds(world: World) -> World:
    site = replace(world.scenario.site, crowds=())
    return replace(world, scenario=replace(world.scenario, site=site))


def _notices(context: Context, windows: Sequence[HourWindow]) -> list[Finding]:
    """In how many hours each restriction by notice over our volume is active."""
    buffer, frame, found = context.area(GROUND_RISK_BUFFER), context.world.frame, []
    for notice in context.scenario.restrictions:
        near = zone_of_restriction(notice).area.local(frame).distance(buffer) <= TOUCH_M
        active = [window for window in windows if _any_at([(notice.start, notice.end)], window.start)]
        if not near or buffer.is_empty or len(active) in (0, len(windows)):
            continue
        share = sum(w.calls for w in active) / sum(w.calls for w in windows)
        words = (
            f"{notice.name} is active in {len(active)} of {len(windows)} hours with calls ({share:.0%} of "
            f"them), {notice.start:%a %d %b %H:%M} to {notice.end:%a %d %b %H:%M}, and not in the others"
        )
        fix = "get a clearance, or fly in the other hours only: set the period to them"
        found.append(finding("temporary-restriction", Severity.ADVICE, words, fix=fix, source=notice.source))
    return found


def _any_at(spans: Sequence[tuple[datetime, datetime]], hour: datetime) -> bool:
    """Whether any span overlaps the hour."""
    return any(start < hour + HOUR and end > hour for start, end in spans)
