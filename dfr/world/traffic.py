"""Other users of the air: how often they come, hour by hour, and which of our ways they are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import shapely

from dfr.geo import LocalFrame, Position
from dfr.scenario.model import DeconflictionRule, OtherTraffic
from dfr.world.hours import HourSlot


def visit_rates_per_s(traffic: OtherTraffic, slots: Sequence[HourSlot]) -> tuple[float, ...]:
    """Visits begun per second in each hour: the day's visits spread evenly over its hours of activity."""
    rate = traffic.visits_per_day / ((traffic.last_hour - traffic.first_hour) * 3600.0)
    return tuple(rate if active(traffic, slot.start.hour) else 0.0 for slot in slots)


def active(traffic: OtherTraffic, hour: int) -> bool:
    """True where visits may begin in a local hour."""
    return traffic.first_hour <= hour < traffic.last_hour


class Flown(NamedTuple):
    """The heights of a flight: the ground it climbs from, the least and most it cruises or returns at."""

    ground_m_amsl: float
    lowest_m_amsl: float
    highest_m_amsl: float


def blocks(
    traffic: OtherTraffic, *, frame: LocalFrame, points: Sequence[Position], flown: Flown | None
) -> bool:
    """True where a flight along `points` shares air with this traffic while it is there.

    The flight climbs from the ground to its height, so it fills all the air below. Under a height
    split the climb is covered by the agreement, and only the heights flown count. Where these are not
    known, for want of ground heights, they cannot be compared, and the traffic blocks.
    """
    if not _crosses(traffic, frame, points):
        return False
    if flown is None:
        return True
    split = traffic.rule is DeconflictionRule.HEIGHT_SPLIT
    bottom = flown.lowest_m_amsl if split else flown.ground_m_amsl
    return bottom <= traffic.upper_m_amsl and flown.highest_m_amsl >= traffic.lower_m_amsl


def _crosses(traffic: OtherTraffic, frame: LocalFrame, points: Sequence[Position]) -> bool:
    """True where the way lies over the traffic's area, whatever the heights."""
    xy = frame.points(points)
    path = shapely.LineString(xy) if len(points) > 1 else shapely.Point(xy[0])
    return bool(frame.polygon(traffic.area).intersects(path))
