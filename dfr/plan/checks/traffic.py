"""Checks of the procedures towards other users of the air: apart in place or height, or down in time.

Which routes share air with other traffic follows from the heights that a dispatch flies over known terrain.
"""

from __future__ import annotations

import math

import shapely

from dfr.findings import Finding, Severity
from dfr.plan.context import Context, finding
from dfr.plan.contingency import procedure_s
from dfr.plan.flight_path import out_heights_m_home, return_height_m_agl, rtl_height_m_home
from dfr.plan.model import Plan, Route
from dfr.plan.rules import WELL_CLEAR_FT
from dfr.plan.volumes import GROUND_RISK_BUFFER, buffers_of, inputs_of
from dfr.scenario.model import DeconflictionRule, OtherTraffic
from dfr.units import FOOT_M
from dfr.world.demand import FlownHeights, traffic_blocks
from dfr.world.model import World


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


WELL_CLEAR_M = WELL_CLEAR_FT * FOOT_M


def check_traffic(context: Context) -> list[Finding]:
    """Each other user of the air against our buffered volume: separation, or the procedure and its time."""
    ours = context.area(GROUND_RISK_BUFFER)
    return [found for user in context.scenario.traffic for found in _traffic(context, user, ours)]


def _traffic(context: Context, user: OtherTraffic, ours: shapely.Geometry) -> list[Finding]:
    area = context.world.frame.polygon(user.area)
    gap = float(shapely.distance(area, ours)) if not ours.is_empty else 0.0
    if gap > 0:
        words = f"{_user_words(user)} flies elsewhere, clear of the ground-risk buffer."
        return [_finding(user, Severity.OK, words, margin_m=gap)]
    if user.rule is DeconflictionRule.HEIGHT_SPLIT:
        return [_split(context, user)]
    shared, blind, routes = routes_shared(context.world, context.plan, user)
    found = [_in_time(context, user, f"on {shared} of {routes} routes")]
    if user.rule is DeconflictionRule.HOLD_LOW:
        found.append(_hold(context, user))
    return [*found, _blind(user, blind, routes)] if blind else found


def _user_words(user: OtherTraffic) -> str:
    return f"The {user.kind} '{user.id}'"


def _a_day(visits: float) -> str:
    return "once a day" if visits == 1 else f"{visits:g} times a day"


def _finding(
    user: OtherTraffic, severity: Severity, words: str, *, margin_m: float | None = None, fix: str = ""
) -> Finding:
    source = f"contact: {user.contact}"
    return finding("other-traffic", severity, words, margin_m=margin_m, fix=fix, source=source)


def _in_time(context: Context, user: OtherTraffic, where: str) -> Finding:
    needed = procedure_s(context.world, context.plan, user)
    late = needed > user.notice_s
    return _finding(
        user,
        Severity.VIOLATION if late else Severity.ADVICE,
        f"{_user_words(user)} is in our air {_a_day(user.visits_per_day)}, {where}. Making way for it "
        f"({user.rule.value.replace('_', ' ')}) takes {needed:.0f} s, "
        f"{'longer than' if late else 'within'} the {user.notice_s:g} s of notice.",
        fix="agree on more notice or a quicker procedure" if late else f"keep in touch: {user.contact}",
    )


def _hold(context: Context, user: OtherTraffic) -> Finding:
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
        return _finding(user, Severity.VIOLATION, words, margin_m=room, fix=fix)
    if room < WELL_CLEAR_M:
        words += f" Well clear is {WELL_CLEAR_M:.0f} m ({WELL_CLEAR_FT:g} ft, ASTM F3442, to be confirmed)."
        fix = "agree on this height with its operator, hold lower, or choose land or return"
        return _finding(user, Severity.ADVICE, words, margin_m=room, fix=fix)
    return _finding(user, Severity.OK, words, margin_m=room)


def _split(context: Context, user: OtherTraffic) -> Finding:
    """Heights kept apart by agreement, compared above mean sea level over the lowest and highest ground."""
    ground = _ground_m(context)
    if ground is None:
        return _ground_unknown(user)
    spread_m = context.plan.highest_raised_m - context.plan.lowest_raised_m
    cruise = context.scenario.operation.cruise_height_m_agl - spread_m
    top = buffers_of(context.scenario).contingency_top_m_agl + ground[1]
    above, below = user.lower_m_amsl - top, cruise + ground[0] - user.upper_m_amsl
    gap = max(above, below)
    meets = gap < 0
    climbs = below >= above and user.lower_m_amsl <= ground[1]
    through = " (they climb and land through its heights)" if climbs else ""
    return _finding(
        user,
        Severity.VIOLATION if meets else Severity.ADVICE if climbs else Severity.OK,
        f"{_user_words(user)} flies between {user.lower_m_amsl:g} and {user.upper_m_amsl:g} m AMSL, our "
        f"drones between {cruise + ground[0]:.0f} and {top:.0f} m AMSL with contingency{through}.",
        margin_m=gap,
        fix="agree on other heights" if meets else "call each launch and landing" if climbs else "",
    )


def _blind(user: OtherTraffic, blind: int, routes: int) -> Finding:
    """Routes counted as shared because nothing tells that they are not."""
    return _finding(
        user,
        Severity.UNKNOWN,
        f"{_user_words(user)} cannot be compared in height with {blind} of {routes} routes, whose ground is "
        "unknown. Each visit counts as in their way, in the simulation too.",
        fix="state site.ground_m_amsl or give terrain data",
    )


def _ground_unknown(user: OtherTraffic) -> Finding:
    words = f"{_user_words(user)} cannot be compared in height: the ground under the docks is unknown."
    return _finding(user, Severity.UNKNOWN, words, fix="state site.ground_m_amsl or give terrain data")


def _ground_m(context: Context) -> tuple[float, float] | None:
    """The lowest and highest ground under the docks, from which heights are flown; None where unknown."""
    terrain = context.world.terrain
    places = [site.position for site in context.plan.sites] or [context.scenario.site.centre]
    heights = [terrain.ground_m_amsl(place) for place in places]
    known = [height for height in heights if height is not None and math.isfinite(height)]
    return (min(known), max(known)) if len(known) == len(heights) else None
