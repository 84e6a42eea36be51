"""Checks of places: routes and docks against boundary, keep-outs and water, reach, and the docks' power."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely

from dfr.findings import Finding, Severity, counted_noun, share_words
from dfr.geo import Position
from dfr.plan.context import Context, finding, listed, nearest_on, route_words
from dfr.plan.matrix import ROUTE_MARGIN_M, crowd_obstacles, router_of
from dfr.plan.rules import LEAST_SKY_VIEW
from dfr.plan.volumes import CONTINGENCY
from dfr.scenario.model import CandidateSite, DemandZone, Power, SiteUse, Surface

BESIDE_M = 0.5
"""A move that clears a finding goes so far beyond the edge."""

NO_WATER = 'that there is none, with who says so (in the file: water: [], sources: {water: "..."})'
"""What to state where there is no water."""

REACH_FIX = "add a candidate site, or widen keep-in or crowd margins"
MOST_SAID = 12
"""More zones than this are told in one sentence."""

POWER_WORDS = {Power.MAINS: "mains power", Power.GENERATOR: "a generator", Power.NONE: "no power"}


def check_boundary(context: Context) -> list[Finding]:
    """Routes inside the keep-in, clear of keep-outs; the contingency volume against the boundary."""
    if not context.lines:
        return []
    keep_in = context.world.frame.polygon(context.scenario.site.boundary)
    shapely.prepare(keep_in)
    worst = min(context.lines, key=lambda pair: _inside_m(keep_in, pair[1]))
    margin, (route, line) = _inside_m(keep_in, worst[1]), worst
    words = f"{route_words(route)} comes nearest to the boundary."
    if margin < 0:
        words = f"{route_words(route)} leaves the boundary."
    found = [
        finding(
            "keep-in",
            Severity.VIOLATION if margin < 0 else Severity.OK,
            words,
            place=context.place(nearest_on(line, keep_in.exterior)),
            margin_m=margin,
            fix="move the dock or the zone, or widen the boundary" if margin < 0 else "",
        )
    ]
    return [*found, *_keep_out_findings(context), *_contingency_findings(context, keep_in)]


def _inside_m(keep_in: shapely.Polygon, line: shapely.LineString | shapely.Point) -> float:
    """Distance of a line to the boundary, negative by how far it goes outside."""
    if shapely.covers(keep_in, line):
        return float(shapely.distance(keep_in.exterior, line))
    outside = shapely.difference(line, keep_in)
    return -float(shapely.hausdorff_distance(outside, shapely.intersection(line, keep_in)))


def _keep_out_findings(context: Context) -> list[Finding]:
    found = []
    for name, ring in context.scenario.site.keep_outs:
        area = context.world.frame.polygon(ring)
        route, line = min(context.lines, key=lambda pair: float(shapely.distance(pair[1], area)))
        gap = float(shapely.distance(line, area))
        entered = gap <= 0
        found.append(
            finding(
                "keep-out",
                Severity.VIOLATION if entered else Severity.OK,
                f"{route_words(route)} {'enters' if entered else 'passes nearest to'} the keep-out '{name}'.",
                place=context.place(nearest_on(line, area)),
                margin_m=gap,
                fix="route around it" if entered else "",
            )
        )
    return found


def _contingency_findings(context: Context, keep_in: shapely.Polygon) -> list[Finding]:
    volume = context.area(CONTINGENCY)
    outside = shapely.difference(volume, keep_in)
    if outside.is_empty:
        gap = float(shapely.distance(keep_in.exterior, volume))
        words = "The contingency volume is inside the boundary."
        return [finding("contingency-volume", Severity.OK, words, margin_m=gap)]
    beyond = max(
        float(shapely.Point(corner).distance(keep_in)) for corner in shapely.get_coordinates(outside)
    )
    return [
        finding(
            "contingency-volume",
            Severity.ADVICE,
            f"The contingency volume reaches {beyond:.0f} m beyond the boundary.",
            place=context.place(outside.representative_point()),
            margin_m=-beyond,
            fix="have the authorisation cover it, control the ground there, or keep routes farther inside",
        )
    ]


def check_reach(context: Context) -> list[Finding]:
    """Zones that no dock reaches, and zones watched from a distance."""
    found, near, lost = [], [], []
    for zone in context.scenario.demand.zones:
        routes = context.plan.routes_to(zone.id)
        open_routes = [route for route in routes if route.reachable]
        if not open_routes:
            lost.append((zone, {route.limited_by for route in routes}))
        elif min(route.stand_off_m for route in open_routes) > 0:
            least = min(open_routes, key=lambda route: route.stand_off_m)
            near.append(f"{zone.name}: {least.limited_by}.")
    found += [finding("reach", Severity.ADVICE, words, fix=REACH_FIX) for words in _say_unreached(lost)]
    if len(near) > MOST_SAID:
        near = [f"{counted_noun(len(near), 'zone')} are watched from a distance, the first: {near[0]}"]
    found += [finding("reach", Severity.ADVICE, words) for words in near]
    if not found:
        where = (
            "its centre"
            if context.scenario.demand.points is None
            else "the mean place of its calls or, where few called, its middle"
        )
        found.append(finding("reach", Severity.OK, f"Every zone is reached, and flights go to {where}."))
    return found


def _say_unreached(lost: Sequence[tuple[DemandZone, set[str]]]) -> Iterator[str]:
    """A sentence for each zone that no dock reaches, or one for all where there are many."""
    if len(lost) > MOST_SAID:
        share = sum(zone.share for zone, _ in lost)
        why = listed(sorted(set().union(*(reasons for _, reasons in lost))), most=2)
        yield f"No dock reaches {counted_noun(len(lost), 'zone')} ({share_words(share)} of calls): {why}."
        return
    for zone, reasons in lost:
        why = listed(sorted(reasons), most=2)
        yield f"No dock reaches {zone.name} ({share_words(zone.share)} of calls): {why}."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMargin:
    """Room of a place in one respect, m: negative by how much is missing."""

    margin_m: float
    words: str


def place_margins(context: Context, position: Position) -> list[PlaceMargin]:
    """Room of a place to the boundary, each keep-out, each crowd and each water; flown margins taken off."""
    frame, site = context.world.frame, context.scenario.site
    point = shapely.Point(frame.point(position))
    inside = -_gap_m(frame.polygon(site.boundary), point)
    words = f"{inside:,.0f} m inside the boundary" if inside > 0 else f"{-inside:,.0f} m outside the boundary"
    found = [PlaceMargin(margin_m=inside - ROUTE_MARGIN_M, words=_need_words(words, inside, ROUTE_MARGIN_M))]
    areas = [(f"the keep-out '{name}'", frame.polygon(ring), ROUTE_MARGIN_M) for name, ring in site.keep_outs]
    margin = context.scenario.operation.crowd_margin_m or 0.0
    crowds = {(crowd.name, crowd.area) for crowd in site.crowds if crowd.people_per_m2 > 0}
    areas += [(f"the crowd '{name}'", frame.polygon(ring), margin) for name, ring in sorted(crowds)]
    areas += [(f"the water '{name}'", frame.polygon(ring), 0.0) for name, ring in site.water or ()]
    return [*found, *(_clear_of(name, _gap_m(area, point), needed) for name, area, needed in areas)]


def _clear_of(name: str, gap_m: float, needed_m: float) -> PlaceMargin:
    words = f"{gap_m:,.0f} m from {name}" if gap_m > 0 else f"{-gap_m:,.0f} m inside {name}"
    return PlaceMargin(margin_m=gap_m - needed_m, words=_need_words(words, gap_m, needed_m))


def _need_words(words: str, gap_m: float, needed_m: float) -> str:
    return f"{words}, less than the {needed_m:g} m required" if 0 < gap_m < needed_m else words


def _gap_m(area: shapely.Polygon, point: shapely.Point) -> float:
    """Distance to an area, negative by the depth inside."""
    edge = float(area.boundary.distance(point))
    return -edge if area.covers(point) else edge


def check_docks(context: Context) -> list[Finding]:
    """Each chosen dock's place, the candidates that cannot hold one, and whether the water is known."""
    chosen = [_check_dock(context, site.name, site.position) for site in context.plan.sites]
    return [
        *chosen,
        *_check_other_sites(context),
        *_check_placeholders(context),
        *_check_water_known(context),
    ]


def _check_dock(context: Context, name: str, position: Position) -> Finding:
    bad = _find_breaches(place_margins(context, position))
    if not bad:
        least = min(place_margins(context, position), key=lambda margin: margin.margin_m)
        words = f"{name} is {least.words}."
        return finding("dock-place", Severity.OK, words, place=position, margin_m=least.margin_m)
    return finding(
        "dock-place",
        Severity.VIOLATION,
        f"{name} is {'; '.join(margin.words for margin in bad)}.",
        place=position,
        margin_m=min(margin.margin_m for margin in bad),
        fix=_advise_move(context, position),
    )


def _find_breaches(found: list[PlaceMargin]) -> list[PlaceMargin]:
    return [margin for margin in found if margin.margin_m < -0.01]


def _advise_move(context: Context, position: Position) -> str:
    """The nearest place that would do, as a fix."""
    better = nearest_place(context, position)
    if better is None:
        return "choose another site: no place inside the boundary would do"
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


def _check_other_sites(context: Context) -> list[Finding]:
    """Candidate sites that cannot hold a dock because of where they are."""
    chosen = {site.id for site in context.plan.sites}
    rest = [
        site
        for site in context.scenario.candidates
        if site.id not in chosen and site.use is not SiteUse.FORBIDDEN
    ]
    found = [
        (site, bad[0]) for site in rest if (bad := _find_breaches(place_margins(context, site.position)))
    ]
    if not found:
        return []
    worst = min(found, key=lambda item: item[1].margin_m)
    words = listed([f"{site.name} ({margin.words})" for site, margin in found])
    return [
        finding(
            "dock-place",
            Severity.ADVICE,
            f"No dock can stand at {words}.",
            place=worst[0].position,
            margin_m=worst[1].margin_m,
            fix="move these candidate sites, or leave them out",
        )
    ]


def _check_water_known(context: Context) -> list[Finding]:
    site = context.scenario.site
    if site.surface is Surface.SEA and site.water == ():
        words = "site.surface is sea, but site.water says that there is no water: one of them is wrong."
        return [finding("dock-place", Severity.UNKNOWN, words, fix="list site.water, or correct surface")]
    if site.water is None:
        words = "Nobody has said where water is, so a dock or rally point on it would not be noticed."
        fix = f"draw the water (in the file: site.water), or state {NO_WATER}"
        return [finding("dock-place", Severity.UNKNOWN, words, fix=fix)]
    if site.water:
        return []
    if site.no_water_source is not None:
        return [
            finding("dock-place", Severity.OK, f"There is no water on the site ({site.no_water_source}).")
        ]
    words = "The scenario says that there is no water on the site, but names nobody who says so."
    return [finding("dock-place", Severity.ADVICE, words, fix=f"state {NO_WATER}")]


def _check_placeholders(context: Context) -> list[Finding]:
    """What a program drew to start from is no plan of a place."""
    drawn = context.scenario.unconfirmed
    if not drawn:
        return []
    words = f"A program drew or assumed {listed(list(drawn))}: nobody has put in the real ones."
    fix = "draw the real ones, name their source, then take out confirmed: false and assumed: true"
    return [finding("placeholder", Severity.UNKNOWN, words, fix=fix)]


def check_sites(context: Context) -> list[Finding]:
    """Power and sky view of each chosen dock."""
    places = {site.id: site for site in context.scenario.candidates}
    return [
        found
        for dock in context.plan.sites
        if dock.id in places
        for found in (_check_power(context, places[dock.id]), _check_sky_view(places[dock.id]))
    ]


def _check_power(context: Context, site: CandidateSite) -> Finding:
    words = f"{site.name} has {POWER_WORDS[site.power]}; access: {site.access}."
    if site.power is Power.MAINS:
        return finding("site-power", Severity.OK, words, place=site.position)
    if site.power is Power.GENERATOR:
        fix = "fuel for the whole period, and a second set"
        return finding("site-power", Severity.ADVICE, words, place=site.position, fix=fix)
    needed = context.dock.has_box
    return finding(
        "site-power",
        Severity.VIOLATION if needed else Severity.ADVICE,
        f"{site.name} has no power for {context.dock.name}.",
        place=site.position,
        fix="bring power or choose another site",
    )


def _check_sky_view(site: CandidateSite) -> Finding:
    low = site.sky_view < LEAST_SKY_VIEW
    return finding(
        "sky-view",
        Severity.ADVICE if low else Severity.OK,
        f"{site.name} has {site.sky_view:.0%} of the sky open.",
        place=site.position,
        fix="check GNSS on site before relying on autonomous landing" if low else "",
    )
