"""Calls as a non-homogeneous Poisson process by hour, zone and priority.

A day's total is spread over its local hours by their weights; a day of 23 or 25 hours keeps its
total. Hours of a day that lie outside the period are not simulated, and their calls do not arise.
The stated rate is itself uncertain (`Demand.rate_cv`); that factor is drawn by the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import shapely

from dfr.geo import FloatArray, LocalFrame, Position
from dfr.scenario.model import DemandDay, DemandZone, Period, Scenario
from dfr.world.hours import HourSlot, edges_s, hour_slots


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
        """The highest rate of any hour: what thinning draws candidates at."""
        return max(self.rates_per_s)

    @property
    def expected_calls(self) -> float:
        """Expected calls in the whole period."""
        return sum(rate * slot.seconds for rate, slot in zip(self.rates_per_s, self.slots, strict=True))


def hourly_demand(scenario: Scenario) -> HourlyDemand:
    """The table that everything else here is read from."""
    slots = hour_slots(scenario.period)
    days = {day.date.date(): day for day in scenario.demand.days}
    per_weight = {date: _calls_per_weight(day, scenario.period) for date, day in days.items()}
    rates = []
    for slot in slots:
        date = slot.start.date()
        weight = days[date].hour_weights[slot.start.hour] if date in days else 0.0
        rates.append(weight * per_weight.get(date, 0.0) / 3600.0)
    return HourlyDemand(slots=slots, rates_per_s=tuple(rates))


def rate_per_s(scenario: Scenario, t_s: float) -> float:
    """Expected calls per second at a simulation second; 0 outside the period."""
    if not 0.0 <= t_s < scenario.period.seconds:
        return 0.0
    wall = scenario.period.wall(t_s)
    day = next((day for day in scenario.demand.days if day.date.date() == wall.date()), None)
    if day is None:
        return 0.0
    return day.hour_weights[wall.hour] * _calls_per_weight(day, scenario.period) / 3600.0


def expected_calls(scenario: Scenario) -> float:
    """Expected calls in the whole period."""
    return hourly_demand(scenario).expected_calls


def max_rate_per_s(scenario: Scenario) -> float:
    """The highest rate of any hour, calls per second."""
    return hourly_demand(scenario).max_rate_per_s


def zone_shares(scenario: Scenario) -> FloatArray:
    """Each zone's share of the calls, summing to 1."""
    return _normalised([zone.share for zone in scenario.demand.zones])


def priority_shares(scenario: Scenario) -> FloatArray:
    """Each priority's share of the calls, summing to 1."""
    return _normalised([grade.share for grade in scenario.demand.priorities])


def expected_by_hour_zone_priority(scenario: Scenario) -> FloatArray:
    """Expected calls, shape (hours, zones, priorities)."""
    table = hourly_demand(scenario)
    hours = np.array([r * s.seconds for r, s in zip(table.rates_per_s, table.slots, strict=True)])
    shares = zone_shares(scenario)[:, None] * priority_shares(scenario)[None, :]
    return np.asarray(hours[:, None, None] * shares[None, :, :], float)


def zone_centre(zone: DemandZone) -> Position:
    """Where a drone is sent for a call in a zone: its centroid, or a point inside where that lies outside."""
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


def _normalised(shares: list[float]) -> FloatArray:
    array = np.asarray(shares, float)
    return np.asarray(array / array.sum(), float)
