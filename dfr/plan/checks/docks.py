"""Checks of where docks and rally points stand: inside the boundary, off water, keep-outs and crowds."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from dfr.findings import Finding, Severity
from dfr.geo import Position
from dfr.plan.checks.context import Context, finding, listed
from dfr.plan.matrix import ROUTE_MARGIN_M, crowd_obstacles, router_of
from dfr.scenario.model import SiteUse, Surface

BESIDE_M = 0.5
"""A move that clears a finding goes so far beyond the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Room of a place in one respect, m: negative by how much is missing."""

    margin_m: float
    words: str


def standings(context: Context, position: Position) -> list[Standing]:
    """Room of a place to the boundary, each keep-out, each crowd and each water; flown margins taken off."""
    frame, site = context.world.frame, context.scenario.site
    point = shapely.Point(frame.point(position))
    inside = -_gap_m(frame.polygon(site.boundary), point)
    words = f"{inside:.0f} m inside the boundary" if inside > 0 else f"{-inside:.0f} m outside the boundary"
    found = [Standing(margin_m=inside - ROUTE_MARGIN_M, words=_needing(words, inside, ROUTE_MARGIN_M))]
    areas = [(f"the keep-out '{name}'", frame.polygon(ring), ROUTE_MARGIN_M) for name, ring in site.keep_outs]
    margin = context.scenario.operation.crowd_margin_m or 0.0
    crowds = {(crowd.name, crowd.area) for crowd in site.crowds if crowd.people_per_m2 > 0}
    areas += [(f"the crowd '{name}'", frame.polygon(ring), margin) for name, ring in sorted(crowds)]
    areas += [(f"the water '{name}'", frame.polygon(ring), 0.0) for name, ring in site.water or ()]
    return [*found, *(_clear_of(name, _gap_m(area, point), needed) for name, area, needed in areas)]


def _clear_of(name: str, gap_m: float, needed_m: float) -> Standing:
    words = f"{gap_m:.0f} m from {name}" if gap_m > 0 else f"{-gap_m:.0f} m inside {name}"
    return Standing(margin_m=gap_m - needed_m, words=_needing(words, gap_m, needed_m))


def _needing(words: str, gap_m: float, needed_m: float) -> str:
    return f"{words}, {needed_m:g} m are kept" if 0 < gap_m < needed_m else words


def _gap_m(area: shapely.Polygon, point: shapely.Point) -> float:
    """Distance to an area, negative by the depth inside."""
    edge = float(area.boundary.distance(point))
    return -edge if area.covers(point) else edge


def check_docks(context: Context) -> list[Finding]:
    """Each chosen dock's place, the candidates that cannot hold one, and whether the water is known."""
    chosen = [_dock(context, site.name, site.position) for site in context.plan.sites]
    return [*chosen, *_others(context), *_placeholders(context), *_water_unknown(context)]


def _dock(context: Context, name: str, position: Position) -> Finding:
    bad = _broken(standings(context, position))
    if not bad:
        least = min(standings(context, position), key=lambda standing: standing.margin_m)
        words = f"{name}: {least.words}"
        return finding("dock-place", Severity.OK, words, place=position, margin_m=least.margin_m)
    return finding(
        "dock-place",
        Severity.VIOLATION,
        f"{name}: {'; '.join(standing.words for standing in bad)}",
        place=position,
        margin_m=min(standing.margin_m for standing in bad),
        fix=_move(context, position),
    )


def _broken(found: list[Standing]) -> list[Standing]:
    return [standing for standing in found if standing.margin_m < -0.01]


def _move(context: Context, position: Position) -> str:
    """The nearest place that would do, as a fix."""
    better = nearest_place(context, position)
    if better is None:
        return "there is no place inside the boundary that would do"
    away = shapely.Point(context.world.frame.point(position)).distance(
        shapely.Point(context.world.frame.point(better))
    )
    return f"move it {away:.0f} m to {better}"


def nearest_place(context: Context, position: Position) -> Position | None:
    """The nearest place where a dock may stand, None where there is none."""
    frame, site = context.world.frame, context.scenario.site
    water = [frame.polygon(ring) for _, ring in site.water or ()]
    crowds = [crowd.area for crowd in crowd_obstacles(context.world)] or [
        frame.polygon(crowd.area) for crowd in site.crowds if crowd.people_per_m2 > 0
    ]
    free = shapely.difference(router_of(context.world).free, shapely.union_all([*water, *crowds]))
    free = free.buffer(-BESIDE_M)
    if free.is_empty:
        return None
    found = shapely.get_point(shapely.shortest_line(free, shapely.Point(frame.point(position))), 0)
    return frame.position(found.x, found.y)


def _others(context: Context) -> list[Finding]:
    """Candidate sites that cannot hold a dock because of where they are."""
    chosen = {site.id for site in context.plan.sites}
    rest = [
        site
        for site in context.scenario.candidates
        if site.id not in chosen and site.use is not SiteUse.FORBIDDEN
    ]
    found = [(site, bad[0]) for site in rest if (bad := _broken(standings(context, site.position)))]
    if not found:
        return []
    worst = min(found, key=lambda item: item[1].margin_m)
    words = listed([f"{site.name} ({standing.words})" for site, standing in found])
    return [
        finding(
            "dock-place",
            Severity.ADVICE,
            f"not to be chosen: {words}",
            place=worst[0].position,
            margin_m=worst[1].margin_m,
            fix="move them, or leave them out",
        )
    ]


def _water_unknown(context: Context) -> list[Finding]:
    site = context.scenario.site
    if site.surface is Surface.SEA and site.water == ():
        words = "site.surface is sea, and site.water says that there is no water: one of them is wrong"
        return [finding("dock-place", Severity.UNKNOWN, words, fix="list site.water, or correct surface")]
    if site.water is not None:
        return []
    words = "nobody has said where water is: a dock or rally point on it would not be noticed"
    fix = "list site.water, or write water: none where there is none"
    return [finding("dock-place", Severity.UNKNOWN, words, fix=fix)]


def _placeholders(context: Context) -> list[Finding]:
    """What a program drew to start from is no plan of a place."""
    drawn = context.scenario.unconfirmed
    if not drawn:
        return []
    words = f"{listed(list(drawn))} are assumed or drawn by a program: nobody has put in the real ones"
    fix = "draw the real ones, name their source, then take out confirmed: false and assumed: true"
    return [finding("placeholder", Severity.UNKNOWN, words, fix=fix)]
