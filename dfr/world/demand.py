"""Demand by local clock hour: calls (`hourly_demand`), and visits of other air traffic.

Calls are a non-homogeneous Poisson process by hour, zone and priority.

A day's total is spread over its local hours by their weights; a day of 23 or 25 hours keeps its
total. Hours of a day that lie outside the period are not simulated, and their calls do not arise.
The stated rate is itself uncertain (`Demand.rate_cv`); that factor is drawn by the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import shapely

from dfr.geo import FloatArray, LocalFrame, Position
from dfr.scenario.model import DeconflictionRule, DemandDay, DemandZone, OtherTraffic, Period, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSlot:
    """The part of one local clock hour that lies in the period, in simulation seconds."""

    start: datetime
    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """Its length, s; less than 3600 where the period starts or ends within the hour."""
        return self.end_s - self.start_s


def hour_slots(period: Period) -> tuple[HourSlot, ...]:
    """The local hours of a period in order, from 0 to its end; right across a clock change.

    >>> from zoneinfo import ZoneInfo
    >>> zone = ZoneInfo("Europe/London")
    >>> first, last = datetime(2024, 10, 27, tzinfo=zone), datetime(2024, 10, 28, tzinfo=zone)
    >>> slots = hour_slots(Period(start=first, end=last, zone=zone))
    >>> len(slots), [slot.start.hour for slot in slots][:4]
    (25, [0, 1, 1, 2])
    """
    slots = []
    t_s, end_s = 0.0, period.seconds
    while t_s < end_s:
        start = period.wall_time(t_s)
        into_hour_s = start.minute * 60 + start.second + start.microsecond / 1e6
        next_s = min(end_s, t_s + 3600.0 - into_hour_s)
        slots.append(HourSlot(start=start, start_s=t_s, end_s=next_s))
        t_s = next_s
    return tuple(slots)


def edges_s(slots: tuple[HourSlot, ...]) -> tuple[float, ...]:
    """The bounds of consecutive slots: one more than there are slots."""
    return (*(slot.start_s for slot in slots), slots[-1].end_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyDemand:
    """The rate of calls in each hour of the period, calls per second; constant within an hour."""

    slots: tuple[HourSlot, ...]
    rates_per_s: tuple[float, ...]

    @property
    def edges_s(self) -> tuple[float, ...]:
        """The bounds of the hours, from 0 to the end of the period."""
        return edges_s(self.slots)

    @property
    def max_rate_per_s(self) -> float:
        """The highest rate of any hour: the rate at which thinning draws candidates."""
        return max(self.rates_per_s)

    @property
    def expected_calls(self) -> float:
        """Expected calls in the whole period."""
        return sum(rate * slot.seconds for rate, slot in zip(self.rates_per_s, self.slots, strict=True))


def hourly_demand(scenario: Scenario) -> HourlyDemand:
    """The rate of calls in each hour of a scenario's period."""
    slots = hour_slots(scenario.period)
    days = {day.date.date(): day for day in scenario.demand.days}
    per_weight = {date: _calls_per_weight(day, scenario.period) for date, day in days.items()}
    rates = []
    for slot in slots:
        date = slot.start.date()
        weight = days[date].hour_weights[slot.start.hour] if date in days else 0.0
        rates.append(weight * per_weight.get(date, 0.0) / 3600.0)
    return HourlyDemand(slots=slots, rates_per_s=tuple(rates))


def expected_calls(scenario: Scenario) -> float:
    """Expected calls in the whole period."""
    return hourly_demand(scenario).expected_calls


def max_rate_per_s(scenario: Scenario) -> float:
    """The highest rate of any hour, calls per second."""
    return hourly_demand(scenario).max_rate_per_s


def zone_shares(scenario: Scenario) -> FloatArray:
    """Each zone's share of the calls, summing to 1."""
    return _as_shares([zone.share for zone in scenario.demand.zones])


def priority_shares(scenario: Scenario) -> FloatArray:
    """Each priority's share of the calls, summing to 1."""
    return _as_shares([grade.share for grade in scenario.demand.priorities])


def expected_by_hour_zone_priority(scenario: Scenario) -> FloatArray:
    """Expected calls, shape (hours, zones, priorities)."""
    table = hourly_demand(scenario)
    hours = np.array([r * s.seconds for r, s in zip(table.rates_per_s, table.slots, strict=True)])
    shares = zone_shares(scenario)[:, None] * priority_shares(scenario)[None, :]
    return np.asarray(hours[:, None, None] * shares[None, :, :], float)


def zone_centre(zone: DemandZone) -> Position:
    """Where a drone is sent for a call in a zone: its own place, else its centroid.

    Where the centroid lies outside it is a point inside.
    """
    if zone.place is not None:
        return zone.place
    frame = LocalFrame(zone.area[0])
    area = frame.polygon(zone.area)
    point = area.centroid if area.contains(area.centroid) else shapely.point_on_surface(area)
    return frame.position(point.x, point.y)


def zone_centres(scenario: Scenario) -> Mapping[str, Position]:
    """The centre of each zone by its id, in the scenario's order."""
    return {zone.id: zone_centre(zone) for zone in scenario.demand.zones}


def _calls_per_weight(day: DemandDay, period: Period) -> float:
    """Calls in an hour of weight 1: the total over the weights of the hours the day really has."""
    midnight = day.date
    after = datetime(midnight.year, midnight.month, midnight.day, tzinfo=period.zone) + timedelta(days=1)
    whole = Period(start=midnight, end=after, zone=period.zone)
    if whole.seconds == 86400.0:
        total = sum(day.hour_weights)
    else:
        total = sum(day.hour_weights[slot.start.hour] * slot.seconds / 3600 for slot in hour_slots(whole))
    return day.calls / total if total > 0.0 else 0.0


def _as_shares(shares: list[float]) -> FloatArray:
    array = np.asarray(shares, float)
    return np.asarray(array / array.sum(), float)


def visit_rates_per_s(traffic: OtherTraffic, slots: Sequence[HourSlot]) -> tuple[float, ...]:
    """Visits begun per second in each hour: the day's visits spread evenly over its hours of activity."""
    rate = traffic.visits_per_day / ((traffic.last_hour - traffic.first_hour) * 3600.0)
    return tuple(rate if traffic_active(traffic, slot.start.hour) else 0.0 for slot in slots)


def traffic_active(traffic: OtherTraffic, hour: int) -> bool:
    """True where visits may begin in a local hour."""
    return traffic.first_hour <= hour < traffic.last_hour


class FlownHeights(NamedTuple):
    """The heights of a flight: the ground it climbs from, the least and most it cruises or returns at."""

    ground_m_amsl: float
    lowest_m_amsl: float
    highest_m_amsl: float


def traffic_blocks(
    traffic: OtherTraffic, *, frame: LocalFrame, points: Sequence[Position], flown: FlownHeights | None
) -> bool:
    """True where a flight along `points` shares air with this traffic while it is there.

    The flight climbs from the ground to its height, so it fills all the air below. Under a height
    split the climb is covered by the agreement, and only the heights flown count. Where these are not
    known, for want of ground heights, they cannot be compared, and the traffic blocks.
    """
    if not _crosses_area(traffic, frame, points):
        return False
    if flown is None:
        return True
    split = traffic.rule is DeconflictionRule.HEIGHT_SPLIT
    bottom = flown.lowest_m_amsl if split else flown.ground_m_amsl
    return bottom <= traffic.upper_m_amsl and flown.highest_m_amsl >= traffic.lower_m_amsl


def _crosses_area(traffic: OtherTraffic, frame: LocalFrame, points: Sequence[Position]) -> bool:
    """True where the path crosses the traffic's area, at whatever height."""
    xy = frame.points(points)
    path = shapely.LineString(xy) if len(points) > 1 else shapely.Point(xy[0])
    return bool(frame.polygon(traffic.area).intersects(path))
