"""Which hours of the period may be flown, what limits the others, and how much demand falls in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone, dock, drone
from dfr.errors import InfeasibleError
from dfr.geo import FloatArray
from dfr.scenario.model import HourWeather, Scenario
from dfr.world.demand import expected_by_hour_zone_priority, hourly_demand
from dfr.world.weather import (
    Limiting,
    Quantity,
    WeatherLimits,
    held_against,
    limiting,
    mean_wind,
    operation_limits,
    weather_at,
)
from dfr.world.wind import MeanWind


@dataclass(frozen=True, slots=True, kw_only=True)
class HourWindow:
    """One hour with demand: its weather, the calls expected in each zone, and why it is not flown.

    `limited_by` is empty where the hour may be flown.
    """

    start: datetime
    weather: HourWeather
    wind: MeanWind
    calls_by_zone: tuple[float, ...]
    limited_by: tuple[str, ...]

    @property
    def flyable(self) -> bool:
        """True where no limit is broken."""
        return not self.limited_by

    @property
    def calls(self) -> float:
        """Calls expected in the hour."""
        return sum(self.calls_by_zone)


def hour_windows(scenario: Scenario) -> tuple[HourWindow, ...]:
    """The hours in which calls are expected, in order."""
    craft, box = drone(scenario.fleet.drone), dock(scenario.fleet.dock)
    by_zone = expected_by_hour_zone_priority(scenario).sum(axis=2)
    windows = []
    for slot, calls in zip(hourly_demand(scenario).slots, by_zone, strict=True):
        if calls.sum() > 0:
            hour = weather_at(scenario.weather, slot.start)
            window = HourWindow(
                start=slot.start,
                weather=hour,
                wind=mean_wind(scenario, hour),
                calls_by_zone=tuple(float(x) for x in calls),
                limited_by=_limits_broken(scenario, hour, craft, box),
            )
            windows.append(window)
    return tuple(windows)


def landing_wind_limit_mps(craft: Drone, box: Dock) -> float | None:
    """The wind at the dock above which no landing is planned: the lower of what drone and dock allow."""
    known = [x for x in (craft.takeoff_landing_wind_mps, box.max_landing_wind_mps) if x is not None]
    return min(known, default=None)


def temperature_limits_c(craft: Drone, box: Dock) -> tuple[float | None, float | None]:
    """Lowest and highest air temperature that both drone and dock stand; None where neither says."""
    low = [x for x in (craft.min_temperature_c, box.min_temperature_c) if x is not None]
    high = [x for x in (craft.max_temperature_c, box.max_temperature_c) if x is not None]
    return max(low, default=None), min(high, default=None)


def tightest(scenario: Scenario, windows: Sequence[HourWindow]) -> tuple[HourWindow, Limiting] | None:
    """(the hour, the value) of wind, gust, rain, visibility or landing wind nearest to its limit."""
    craft, box = drone(scenario.fleet.drone), dock(scenario.fleet.dock)
    limits, landing = _weather_limits(scenario, craft, box), landing_wind_limit_mps(craft, box)
    found = [
        (window, each)
        for window in windows
        for each in held_against(scenario, window.weather, limits)
        if each.quantity not in (Quantity.COLD, Quantity.HEAT)
    ]
    if landing is not None:
        found += [(window, _landing_wind(window.weather, landing)) for window in windows]
    return max(found, key=lambda pair: pair[1].used, default=None)


def _landing_wind(hour: HourWeather, limit_mps: float) -> Limiting:
    return Limiting(quantity=Quantity.LANDING_WIND, value=hour.wind_mps, limit=limit_mps)


def _weather_limits(scenario: Scenario, craft: Drone, box: Dock) -> WeatherLimits:
    coldest, hottest = temperature_limits_c(craft, box)
    return operation_limits(
        scenario,
        drone_max_wind_mps=craft.max_wind_mps,
        min_temperature_c=coldest,
        max_temperature_c=hottest,
    )


def _limits_broken(scenario: Scenario, hour: HourWeather, craft: Drone, box: Dock) -> tuple[str, ...]:
    limits = _weather_limits(scenario, craft, box)
    broken = [str(reason) for reason in limiting(scenario, hour, limits)]
    landing = landing_wind_limit_mps(craft, box)
    if landing is not None and hour.wind_mps > landing:
        broken.append(f"landing wind {hour.wind_mps:.3g} m/s, limit {landing:g} m/s")
    return tuple(broken)


def call_table(windows: Sequence[HourWindow]) -> FloatArray:
    """Expected calls, shape (hours, zones)."""
    return np.asarray([window.calls_by_zone for window in windows], float)


def planning_window(windows: Sequence[HourWindow]) -> HourWindow:
    """The flyable hour whose wind is the call-weighted median of the flyable hours.

    Raises InfeasibleError where none may be flown.
    """
    flyable = sorted((w for w in windows if w.flyable), key=lambda w: (w.weather.wind_mps, w.start))
    if not flyable:
        raise InfeasibleError("no hour with calls may be flown -> other limits, or another day")
    reached = np.cumsum([w.calls for w in flyable])
    return flyable[int(np.searchsorted(reached, reached[-1] / 2))]
