"""Checks of separation from other users of the air and between the team's own drones: place, height, time.

Which routes share air with other traffic follows from the heights that a dispatch flies over known terrain.
The team's own drones keep apart by place, by the heights of the plan, or by flying one at a time.
"""

from __future__ import annotations

import math
from itertools import combinations

import shapely

from dfr.findings import Finding, Severity
from dfr.plan.context import Context, finding
from dfr.plan.contingency import procedure_s
from dfr.plan.flight_path import out_heights_m_home, return_height_m_agl, rtl_height_m_home
from dfr.plan.model import Plan, Route
from dfr.plan.rules import APART_HEIGHT_M, APART_M, WELL_CLEAR_FT
from dfr.plan.separation import DockRoutes, Meeting, aside_m, find_meeting, routes_of_docks
from dfr.plan.volumes import GROUND_RISK_BUFFER, buffers_of, inputs_of
from dfr.scenario.model import DeconflictionRule, OtherTraffic
from dfr.units import FOOT_M
from dfr.world.demand import FlownHeights, traffic_blocks
from dfr.world.model import World

WELL_CLEAR_M = WELL_CLEAR_FT * FOOT_M
WELL_CLEAR_WORDS = f"Well clear is {WELL_CLEAR_M:.0f} m ({WELL_CLEAR_FT:g} ft, ASTM F3442, to be confirmed)."
OWN_DRONES_RULE = "own-drones-apart"
IN_TURN = "fly one at a time: hold the second on its dock, or well short, until the first has passed"


def flown_of(world: World, route: Route) -> FlownHeights | None:
    """The heights a route is flown at, out and home; None where the ground under a corner is unknown."""
    grounds = [world.terrain.ground_m_amsl(place) for place in route.points]
    known = [ground for ground in grounds if ground is not None]
    if not known or len(known) < len(grounds):
        return None
    out = out_heights_m_home(world.terrain, route.points, route.height_m_agl)
    return_m_agl = return_height_m_agl(world.scenario, route.height_m_agl)
    home = rtl_height_m_home(world.terrain, route.points, return_m_agl)
    return FlownHeights(
        ground_m_amsl=min(known),
        lowest_m_amsl=known[0] + min(out),
        highest_m_amsl=known[0] + max(*out, home),
    )


def in_way(world: World, user: OtherTraffic, route: Route) -> bool:
    """True where other traffic keeps our drones off a route while it is there."""
    return bool(route.points) and traffic_blocks(
        user, frame=world.frame, points=route.points, flown=flown_of(world, route)
    )


def routes_shared(world: World, plan: Plan, user: OtherTraffic) -> tuple[int, int, int]:
    """(routes shared with other traffic, of them those whose ground height is unknown, all routes)."""
    routes = [route for route in plan.routes if route.points]
    shared = [route for route in routes if in_way(world, user, route)]
    return len(shared), sum(flown_of(world, route) is None for route in shared), len(routes)


def check_traffic(context: Context) -> list[Finding]:
    """Each other user of the air against our buffered volume: separation, or the procedure and its time."""
    ours = context.area(GROUND_RISK_BUFFER)
    return [found for user in context.scenario.traffic for found in _check_user(context, user, ours)]


def _check_user(context: Context, user: OtherTraffic, ours: shapely.Geometry) -> list[Finding]:
    area = context.world.frame.polygon(user.area)
    gap = float(shapely.distance(area, ours)) if not ours.is_empty else 0.0
    if gap > 0:
        words = f"{_user_words(user)} flies elsewhere, clear of the ground-risk buffer."
        return [_user_finding(user, Severity.OK, words, margin_m=gap)]
    if user.rule is DeconflictionRule.HEIGHT_SPLIT:
        return [_check_height_split(context, user, area)]
    shared, blind, routes = routes_shared(context.world, context.plan, user)
    found = [_check_time(context, user, f"on {shared} of {routes} routes")]
    if user.rule is DeconflictionRule.HOLD_LOW:
        found.append(_check_hold(context, user))
    return [*found, _heights_unknown(user, blind, routes)] if blind else found


def _user_words(user: OtherTraffic) -> str:
    return f"The {user.kind} '{user.id}'"


def _a_day(visits: float) -> str:
    return "once a day" if visits == 1 else f"{visits:g} times a day"


def _user_finding(
    user: OtherTraffic, severity: Severity, words: str, *, margin_m: float | None = None, fix: str = ""
) -> Finding:
    source = f"contact: {user.contact}"
    return finding("other-traffic", severity, words, margin_m=margin_m, fix=fix, source=source)


def _check_time(context: Context, user: OtherTraffic, where: str) -> Finding:
    needed = procedure_s(context.world, context.plan, user)
    late = needed > user.notice_s
    return _user_finding(
        user,
        Severity.VIOLATION if late else Severity.ADVICE,
        f"{_user_words(user)} is in our air {_a_day(user.visits_per_day)}, {where}. Making way for it "
        f"({user.rule.value.replace('_', ' ')}) takes {needed:.0f} s, "
        f"{'longer than' if late else 'within'} the {user.notice_s:g} s of notice.",
        fix="agree on more notice or a quicker procedure" if late else f"keep in touch: {user.contact}",
    )


def _check_hold(context: Context, user: OtherTraffic) -> Finding:
    """Holding low is separation only below the heights of the other: the hold's top against their lowest."""
    ground = _ground_m(context)
    if ground is None:
        return _ground_unknown(user)
    top = ground[1] + user.hold_height_m_agl + inputs_of(context.scenario).altimetry_error_m
    room = user.lower_m_amsl - top
    words = (
        f"{_user_words(user)} flies from {user.lower_m_amsl:g} m AMSL up; a drone that holds at "
        f"{user.hold_height_m_agl:g} m for it reaches {top:.0f} m AMSL."
    )
    if room <= 0:
        fix = "choose land or return: a hold inside its heights separates nothing"
        return _user_finding(user, Severity.VIOLATION, words, margin_m=room, fix=fix)
    if room < WELL_CLEAR_M:
        words += f" {WELL_CLEAR_WORDS}"
        fix = "agree on this height with its operator, hold lower, or choose land or return"
        return _user_finding(user, Severity.ADVICE, words, margin_m=room, fix=fix)
    return _user_finding(user, Severity.OK, words, margin_m=room)


def _check_height_split(context: Context, user: OtherTraffic, area: shapely.Geometry) -> Finding:
    """Heights kept apart by agreement, compared above mean sea level over the lowest and highest ground."""
    ground = _ground_m(context)
    if ground is None:
        return _ground_unknown(user)
    spread_m = context.plan.highest_raised_m - context.plan.lowest_raised_m
    cruise = context.scenario.operation.cruise_height_m_agl - spread_m
    bottom = cruise + ground[0] - inputs_of(context.scenario).altimetry_error_m
    top = buffers_of(context.scenario).contingency_top_m_agl + ground[1]
    above, below = user.lower_m_amsl - top, bottom - user.upper_m_amsl
    gap = max(above, below)
    meets, near = gap < 0, gap < WELL_CLEAR_M
    climbs = below >= above and (user.lower_m_amsl <= ground[1] or _lands_below(context, area))
    through = " (they climb and land through its heights)" if climbs else ""
    words = (
        f"{_user_words(user)} flies between {user.lower_m_amsl:g} and {user.upper_m_amsl:g} m AMSL, our "
        f"drones between {bottom:.0f} and {top:.0f} m AMSL with altimetry error and contingency{through}."
    )
    if meets:
        return _user_finding(user, Severity.VIOLATION, words, margin_m=gap, fix="agree on other heights")
    fixes = ["have its operator agree to so little between you"] if near else []
    fixes += ["call each launch and landing"] if climbs else []
    return _user_finding(
        user,
        Severity.ADVICE if fixes else Severity.OK,
        f"{words} {WELL_CLEAR_WORDS}" if near else words,
        margin_m=gap,
        fix=", and ".join(fixes),
    )


def _lands_below(context: Context, area: shapely.Geometry) -> bool:
    """Whether drones climb or land inside an area or within the contingency buffer of it."""
    places = [*(site.position for site in context.plan.sites), *context.scenario.contingency.rally_points]
    within_m = buffers_of(context.scenario).contingency_m
    return any(area.distance(shapely.Point(context.world.frame.point(place))) <= within_m for place in places)


def _heights_unknown(user: OtherTraffic, blind: int, routes: int) -> Finding:
    """Routes counted as shared because nothing tells that they are not."""
    return _user_finding(
        user,
        Severity.UNKNOWN,
        f"{_user_words(user)} cannot be compared in height with {blind} of {routes} routes, whose ground is "
        "unknown. Each visit counts as in their way, in the simulation too.",
        fix="state site.ground_m_amsl or give terrain data",
    )


def _ground_unknown(user: OtherTraffic) -> Finding:
    words = f"{_user_words(user)} cannot be compared in height: the ground under the docks is unknown."
    return _user_finding(user, Severity.UNKNOWN, words, fix="state site.ground_m_amsl or give terrain data")


def _ground_m(context: Context) -> tuple[float, float] | None:
    """The lowest and highest ground under the docks, from which heights are flown; None where unknown."""
    terrain = context.world.terrain
    places = [site.position for site in context.plan.sites] or [context.scenario.site.centre]
    heights = [terrain.ground_m_amsl(place) for place in places]
    known = [height for height in heights if height is not None and math.isfinite(height)]
    return (min(known), max(known)) if len(known) == len(heights) else None


def check_own_drones(context: Context) -> list[Finding]:
    """Drones of one dock, which fly the same routes, and the routes of each pair of docks."""
    docks = routes_of_docks(context)
    found = [
        *_check_same_dock(context, docks),
        *(_check_pair(context, a, b) for a, b in combinations(docks, 2)),
    ]
    if docks and not found:
        return [
            finding(
                OWN_DRONES_RULE,
                Severity.OK,
                "One drone flies at a time, so none has to be kept apart from it.",
            )
        ]
    return found


def _check_same_dock(context: Context, docks: list[DockRoutes]) -> list[Finding]:
    shared = {site.id: site.drones for site in context.plan.sites if site.drones > 1}
    names = [dock.site_id for dock in docks if dock.site_id in shared]
    if not names:
        return []
    words = f"The drones of one dock ({', '.join(names)}) fly the same routes at the same height."
    return [finding(OWN_DRONES_RULE, Severity.ADVICE, words, fix=IN_TURN)]


def _check_pair(context: Context, first: DockRoutes, second: DockRoutes) -> Finding:
    names, found = f"{first.site_id} and {second.site_id}", find_meeting(first, second)
    if found is None:
        room = aside_m(first, second) - APART_M
        words = f"The routes of {names} are at least {APART_M:g} m apart."
        return finding(OWN_DRONES_RULE, Severity.OK, words, margin_m=room)
    a, b = found.nearest
    place = context.place(found.place)
    if not found.too_near:
        heights = _cruise_height_words(context, first, second)
        words = f"Routes of {names} that meet are at least {APART_HEIGHT_M:g} m apart in height{heights}."
        return finding(OWN_DRONES_RULE, Severity.OK, words, place=place, margin_m=found.margin_m)
    count = len(found.too_near)
    pairs = "1 pair of routes" if count == 1 else f"{count} pairs of routes"
    same = f" ({found.same_zone} to the same zone)" if found.same_zone else ""
    return finding(
        OWN_DRONES_RULE,
        Severity.ADVICE,
        f"{pairs} of {names}{same} come within {APART_M:g} m sideways and {APART_HEIGHT_M:g} m in "
        f"height{_blind_words(found)}. The nearest are {a.site_id} to {a.zone_id} and {b.site_id} to "
        f"{b.zone_id}, {found.aside_m:.0f} m apart sideways.{_held_words(context)}",
        place=place,
        margin_m=found.margin_m,
        fix=_advise_fix(context, found),
    )


def _cruise_height_words(context: Context, first: DockRoutes, second: DockRoutes) -> str:
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


def _advise_fix(context: Context, found: Meeting) -> str:
    """The procedure, and what would do without it."""
    if found.blind:
        return f"{IN_TURN}; state site.ground_m_amsl or give terrain data to compare heights"
    if context.plan.height_levels is None:
        return f"{IN_TURN}; or write the plan anew with `dfr plan`, which flies docks at different heights"
    return f"{IN_TURN}; no heights between the ground and the height limit keep them apart"
