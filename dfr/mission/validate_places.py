"""Rules of fence, rally points and the path between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import shapely

from dfr.ardupilot.commands import Command
from dfr.ardupilot.kept import LEAST_RALLY_M, MOST_RALLY_M
from dfr.findings import Finding
from dfr.geo import LocalFrame, Position, distance_m
from dfr.mission.fence import MAX_CORNERS, MIN_CORNERS, FenceShape, fence_shape
from dfr.mission.items import FenceArea, FenceCircle, FencePolygon, FlightPlan
from dfr.mission.validate_common import advice, holds, unknown, violation
from dfr.mission.validate_items import MAX_DISTANCE_M, looks_swapped

DIVERTS_RETURN = "rally.diverts_return"
HOME_CIRCLE_BIT = 1 << 1
DEFAULT_FENCE_RADIUS_M = 300.0
DEFAULT_MARGIN_M = 2.0
FLOWN_TO = frozenset(
    {
        Command.NAV_WAYPOINT,
        Command.NAV_SPLINE_WAYPOINT,
        Command.NAV_LOITER_TO_ALT,
        Command.NAV_PAYLOAD_PLACE,
        Command.NAV_LOITER_TIME,
        Command.NAV_LOITER_TURNS,
        Command.NAV_LOITER_UNLIM,
        Command.NAV_LAND,
    }
)


def fence_findings(areas: tuple[FenceArea, ...]) -> Iterator[Finding]:
    """The fence by itself: corner counts, radii, crossings, and its whole size."""
    for index, area in enumerate(areas, start=1):
        name = f"fence area {index}"
        if isinstance(area, FenceCircle):
            if not area.radius_m > 0.0:
                yield violation(
                    "fence.radius",
                    f"{name}: radius {area.radius_m} m is refused",
                    fix="make it larger than 0",
                )
        else:
            yield from _polygon_findings(name, area)
    if not any(area.inclusion for area in areas):
        yield advice("fence.keep_in", "the fence has no keep-in area", fix="upload the flight volume")


def geometry_findings(plan: FlightPlan) -> Iterator[Finding]:
    """Home, every leg and every rally point against the fence, and the path against the home circle."""
    flown = [place for place in flown_places(plan) if distance_m(plan.home, place) <= MAX_DISTANCE_M]
    yield from _circle_findings(plan, flown)
    if not plan.fence or not _can_be_drawn(plan.fence):
        return
    options = int(plan.params.get("FENCE_OPTIONS", 0.0))
    shape = fence_shape(plan.fence, origin=plan.home, options=options)
    if shape.inside is not None and shape.inside.is_empty:
        yield violation(
            "fence.no_inside",
            "the keep-in areas have no common part, and FENCE_OPTIONS asks to be inside all of them",
            fix="upload one keep-in, or set bit 1 of FENCE_OPTIONS",
        )
        return
    if any(item.command == Command.NAV_SPLINE_WAYPOINT for item in plan.items):
        yield unknown(
            "fence.spline",
            "the curves between spline points are not checked against the fence, only the straight legs are",
            fix="fly straight legs (NAV_WAYPOINT), or see on a simulated vehicle where the curves go",
        )
    margins = list(_leg_margins(shape, plan, flown))
    yield from _leg_findings(margins, plan.params.get("FENCE_MARGIN", DEFAULT_MARGIN_M))
    for index, point in enumerate(plan.rally, start=1):
        margin_m = shape.margin_m([point.position])
        if margin_m < 0.0:
            yield violation(
                "fence.rally",
                f"rally point {index} lies {-margin_m:.0f} m outside the fence",
                place=point.position,
                margin_m=margin_m,
                fix="move it",
            )


def rally_findings(plan: FlightPlan) -> Iterator[Finding]:
    """Rally heights as kept, and whether RTL would go to a rally point instead of the dock."""
    for index, point in enumerate(plan.rally, start=1):
        name = f"rally point {index}"
        if point.height_m_home != int(point.height_m_home):
            yield violation(
                "rally.height",
                f"{name}: height {point.height_m_home:g} m is stored in whole metres only",
                fix="give whole metres",
            )
        if not LEAST_RALLY_M <= point.height_m_home <= MOST_RALLY_M:
            yield violation(
                "rally.height",
                f"{name}: height {point.height_m_home:g} m is refused",
                fix=f"give {LEAST_RALLY_M:.0f} to {MOST_RALLY_M:.0f} m",
            )
        if distance_m(plan.home, point.position) > MAX_DISTANCE_M:
            hint = ": latitude and longitude look swapped" if looks_swapped(point.position, plan.home) else ""
            words = f"{name} at {point.position} is far from home{hint}"
            yield violation("rally.far", words, fix="check the coordinates")
    yield from _diversion_findings(plan)


def _polygon_findings(name: str, area: FencePolygon) -> Iterator[Finding]:
    count = len(area.ring)
    if not MIN_CORNERS <= count <= MAX_CORNERS:
        yield violation(
            "fence.corners",
            f"{name}: {count} corners, ArduCopter takes {MIN_CORNERS} to {MAX_CORNERS}",
            fix="draw it with fewer or more corners",
        )
        return
    polygon = LocalFrame(area.ring[0]).polygon(area.ring)
    if not polygon.is_valid or polygon.area < 1.0:
        why = shapely.is_valid_reason(polygon) if not polygon.is_valid else f"area {polygon.area:.2f} m²"
        yield violation(
            "fence.shape",
            f"{name}: {why}",
            place=area.ring[0],
            fix="order the corners so that edges do not cross",
        )


def _can_be_drawn(areas: tuple[FenceArea, ...]) -> bool:
    return all(
        area.radius_m > 0.0 if isinstance(area, FenceCircle) else len(area.ring) >= MIN_CORNERS
        for area in areas
    )


def flown_places(plan: FlightPlan) -> list[Position]:
    """Home and every place flown to, in order; RTL goes home."""
    path = [plan.home]
    for item in plan.items:
        if item.command == Command.NAV_RETURN_TO_LAUNCH:
            path.append(plan.home)
        elif item.command in FLOWN_TO and item.position is not None:
            path.append(item.position)
    return path


def _leg_margins(
    shape: FenceShape, plan: FlightPlan, flown: list[Position]
) -> Iterator[tuple[str, Position, float]]:
    yield "home", plan.home, shape.margin_m([plan.home])
    for index, (start, end) in enumerate(pairwise(flown), start=1):
        yield f"leg {index} to {end}", end, shape.margin_m([start, end])


def _leg_findings(margins: list[tuple[str, Position, float]], wanted_m: float) -> Iterator[Finding]:
    for name, place, margin_m in margins:
        if margin_m < 0.0:
            yield violation(
                "fence.way",
                f"{name} leaves the fence by {-margin_m:.0f} m",
                place=place,
                margin_m=margin_m,
                fix="route inside the fence, or change the fence",
            )
        elif margin_m < wanted_m:
            yield advice(
                "fence.margin",
                f"{name} is {margin_m:.1f} m from the fence, within FENCE_MARGIN {wanted_m:g} m",
                fix="keep clear of the edge",
            )
    least = min(margin_m for _, _, margin_m in margins)
    if least >= wanted_m:
        yield holds("fence.way", f"home and {len(margins) - 1} legs are inside the fence", margin_m=least)


def _circle_findings(plan: FlightPlan, flown: list[Position]) -> Iterator[Finding]:
    """The circle round home that FENCE_TYPE 7, the default, includes."""
    if plan.params.get("FENCE_ENABLE", 0.0) == 0.0 or len(flown) < 2:
        return
    if "FENCE_TYPE" not in plan.params:
        yield unknown(
            "fence.home_circle",
            "FENCE_TYPE is not set: the vehicle's own may include the circle round home",
            fix="set FENCE_TYPE 5",
        )
        return
    if not int(plan.params["FENCE_TYPE"]) & HOME_CIRCLE_BIT:
        return
    radius_m = plan.params.get("FENCE_RADIUS", DEFAULT_FENCE_RADIUS_M)
    furthest_m = max(distance_m(plan.home, place) for place in flown)
    if furthest_m > radius_m:
        yield violation(
            "fence.home_circle",
            f"the path goes {furthest_m:.0f} m from home, the circle of FENCE_TYPE bit 1 is {radius_m:.0f} m",
            margin_m=radius_m - furthest_m,
            fix="set FENCE_TYPE 5, or a larger FENCE_RADIUS",
        )


def _diversion_findings(plan: FlightPlan) -> Iterator[Finding]:
    """RTL goes to the nearest of home and the rally points (AP_Rally::calc_best_rally_or_home_location)."""
    last = plan.home
    for seq, item in enumerate(plan.items, start=1):
        if item.command == Command.NAV_RETURN_TO_LAUNCH:
            nearer = [p for p in plan.rally if distance_m(last, p.position) < distance_m(last, plan.home)]
            if nearer:
                yield violation(
                    DIVERTS_RETURN,
                    f"item {seq} RTL starts nearer to rally point {nearer[0].position} than to the dock: "
                    "ArduCopter would go there",
                    place=nearer[0].position,
                    fix="fly over the dock first, then RTL",
                )
        elif item.position is not None and item.command in FLOWN_TO:
            last = item.position
