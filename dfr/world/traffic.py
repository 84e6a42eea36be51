"""Other users of the air: how often they come, hour by hour, and which of our ways they are in."""

from __future__ import annotations

from collections.abc import Sequence

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


def blocks(
    traffic: OtherTraffic,
    *,
    frame: LocalFrame,
    points: Sequence[Position],
    height_m_agl: float,
    ground_m_amsl: float | None,
) -> bool:
    """True where a flight along `points` shares air with this traffic while it is there.

    The flight climbs from the ground to its height, so it fills all the air below. Under a height
    split the climb is covered by the agreement, and only the cruise height counts. Without a ground
    height the bands cannot be compared, and the traffic blocks.
    """
    path = (
        shapely.LineString(frame.points(points)) if len(points) > 1 else shapely.Point(frame.point(points[0]))
    )
    if not frame.polygon(traffic.area).intersects(path):
        return False
    if ground_m_amsl is None:
        return True
    top = ground_m_amsl + height_m_agl
    bottom = top if traffic.rule is DeconflictionRule.HEIGHT_SPLIT else ground_m_amsl
    return bottom <= traffic.upper_m_amsl and top >= traffic.lower_m_amsl
