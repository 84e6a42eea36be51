"""Checks a plan that brings no fence or rally points of its own against those that stay on board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import shapely

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from dfr.errors import MissionFileError
from dfr.findings import Finding, Severity
from dfr.geo import LocalFrame, distance_m
from dfr.mission.items import FenceArea, FlightPlan, RallyPoint
from dfr.mission.validate import height_findings
from dfr.mission.validate_common import violation
from dfr.mission.validate_places import DIVERTS_RETURN, flown_places, geometry_findings, rally_findings
from dfr.mission.wire import fence_from_wire, place_of

DEFAULT_REACH_KM = 0.3
"""RALLY_LIMIT_KM of ArduCopter: a rally point further away is taken for another site's."""

JUDGED_BY = (
    "FENCE_TYPE",
    "FENCE_OPTIONS",
    "FENCE_ALT_MAX",
    "FENCE_ALT_MIN",
    "FENCE_RADIUS",
    "FENCE_MARGIN",
    "RALLY_INCL_HOME",
    "RALLY_LIMIT_KM",
)
"""The vehicle's parameters by which ArduCopter judges a fence and chooses a rally point."""


def with_kept(
    plan: FlightPlan,
    *,
    fence: tuple[FenceArea, ...],
    rally: tuple[RallyPoint, ...],
    params: Mapping[str, float] | None = None,
) -> FlightPlan:
    """The plan as it is flown: with what stays where it brings none, and with the vehicle's parameters."""
    return replace(
        plan, fence=plan.fence or fence, rally=plan.rally or rally, params={**(params or {}), **plan.params}
    )


def kept_findings(whole: FlightPlan) -> tuple[Finding, ...]:
    """What of a plan (see `with_kept`) does not fit the fence and rally points that it is flown with.

    That its RTL ends at a rally point which stays is advice: it is a place on this site where it may land.
    """
    found = (
        *geometry_findings(whole),
        *height_findings(whole),
        *rally_findings(whole),
        *_reach_findings(whole),
        *_return_findings(whole),
    )
    return tuple(
        replace(finding, severity=Severity.ADVICE) if finding.rule == DIVERTS_RETURN else finding
        for finding in found
        if finding.severity is Severity.VIOLATION
    )


def kept_fence(items: tuple[WireItem, ...]) -> tuple[FenceArea, ...]:
    """The areas of a fence list on board; a return point, which ArduCopter does not use, is left out.

    Raises MissionFileError where they do not add up.
    """
    return fence_from_wire(tuple(item for item in items if item.command != Command.NAV_FENCE_RETURN_POINT))


def kept_rally(items: tuple[WireItem, ...], *, home_m_amsl: float | None) -> tuple[RallyPoint, ...]:
    """The points of a rally list on board. Raises MissionFileError for a height that cannot be compared."""
    return tuple(
        RallyPoint(position=place_of(item), height_m_home=_height_m_home(item, home_m_amsl)) for item in items
    )


def _height_m_home(item: WireItem, home_m_amsl: float | None) -> float:
    if item.frame == Frame.GLOBAL_RELATIVE_ALT:
        return item.z
    if item.frame == Frame.GLOBAL and home_m_amsl is not None:
        return float(int(item.z - home_m_amsl))
    raise MissionFileError(f"rally point {item.seq + 1}: its height in frame {item.frame} cannot be compared")


def _reach_findings(whole: FlightPlan) -> Iterator[Finding]:
    """Rally points on this site: within the fence's keep-in, or near the path where there is none."""
    if not whole.rally or any(area.inclusion for area in whole.fence):
        return
    frame = LocalFrame(whole.home)
    path = flown_places(whole)
    line = (
        shapely.MultiPoint(frame.points(path)) if len(path) == 1 else shapely.LineString(frame.points(path))
    )
    longest_m = max(distance_m(whole.home, place) for place in path)
    reach_m = max(longest_m, 1000.0 * whole.params.get("RALLY_LIMIT_KM", DEFAULT_REACH_KM))
    for index, point in enumerate(whole.rally, start=1):
        away_m = float(shapely.Point(frame.point(point.position)).distance(line))
        if away_m > reach_m:
            yield violation(
                "rally.reach",
                f"rally point {index} is {away_m:.0f} m from the path, {away_m - reach_m:.0f} m out of reach "
                f"({reach_m:.0f} m: RALLY_LIMIT_KM, or the longest return)",
                place=point.position,
                margin_m=reach_m - away_m,
            )


def _return_findings(whole: FlightPlan) -> Iterator[Finding]:
    returns = any(item.command == Command.NAV_RETURN_TO_LAUNCH for item in whole.items)
    if whole.rally and returns and whole.params.get("RALLY_INCL_HOME", 1.0) == 0.0:
        yield violation(
            DIVERTS_RETURN,
            "RALLY_INCL_HOME 0: RTL goes to a rally point, never to the dock",
            fix="set RALLY_INCL_HOME to 1",
        )
