"""Which hours of the period may be flown, what limits the others, and how much demand falls in each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone, drone_of, find_dock
from dfr.errors import InfeasibleError
from dfr.geo import FloatArray
from dfr.scenario.air import HourWeather
from dfr.scenario.model import OperationKind, Scenario, Shift
from dfr.world.demand import expected_by_hour_zone_priority, hourly_demand
from dfr.world.weather import (
    LimitedValue,
    MeanWind,
    WeatherLimits,
    WeatherQuantity,
    broken_limits,
    compare_with_limits,
    gusty_wind,
    operation_limits,
    weather_at,
)

MILD_C = 15.0
"""Temperature of the calm air in which a plan without a flyable hour is laid out (standard atmosphere)."""


HOUR = timedelta(hours=1)


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
    drone, dock = drone_of(scenario.fleet), find_dock(scenario.fleet.dock)
    by_zone = expected_by_hour_zone_priority(scenario).sum(axis=2)
    windows = []
    for slot, calls in zip(hourly_demand(scenario).slots, by_zone, strict=True):
        if calls.sum() > 0:
            hour = weather_at(scenario.weather, slot.start)
            window = HourWindow(
                start=slot.start,
                weather=hour,
                wind=gusty_wind(scenario, hour),
                calls_by_zone=tuple(float(x) for x in calls),
                limited_by=(
                    *_limits_broken(scenario, hour, drone, dock),
                    *_crew_short(scenario, slot.start),
                ),
            )
            windows.append(window)
    return tuple(windows)


def drones_on_duty(scenario: Scenario, shift: Shift) -> int:
    """How many drones the people of a shift may have in the air; BVLOS needs no safety pilot."""
    crew = scenario.crew
    each = crew.drones_per_pilot if shift.drones_per_pilot is None else shift.drones_per_pilot
    by_pilots = shift.remote_pilots * each
    if crew.safety_pilots_per_drone == 0 or scenario.operation.kind is OperationKind.BVLOS:
        return by_pilots
    return min(by_pilots, shift.safety_pilots // crew.safety_pilots_per_drone)


def _crew_short(scenario: Scenario, start: datetime) -> tuple[str, ...]:
    """Why nobody flies in the hour that begins then; none where some shift in it can fly a drone."""
    on_duty = [s for s in scenario.crew.shifts if s.start < start + HOUR and s.end > start]
    parts = [part for shift in on_duty for part in shift.between_breaks()]
    able = [part for part in parts if drones_on_duty(scenario, part) > 0]
    if any(part.start < start + HOUR and part.end > start for part in able):
        return ()
    if not on_duty:
        return ("crew: nobody is on duty",)
    rested = any(drones_on_duty(scenario, shift) > 0 for shift in on_duty)
    return (
        "crew: breaks leave too few people" if rested else "crew: too few people on duty to fly one drone",
    )


def hours_of_rest(scenario: Scenario) -> tuple[tuple[datetime, datetime], ...]:
    """From when to when breaks leave too few people to fly one drone, though enough are on duty."""
    shifts = scenario.crew.shifts
    parts = [part for shift in shifts for part in shift.between_breaks()]
    moments = sorted({moment for part in parts for moment in (part.start, part.end)})
    found: list[tuple[datetime, datetime]] = []
    for start, end in pairwise(moments):
        able, awake = (
            any(each.start <= start < each.end and drones_on_duty(scenario, each) > 0 for each in several)
            for several in (shifts, parts)
        )
        if able and not awake:
            begun = found.pop()[0] if found and found[-1][1] == start else start
            found.append((begun, end))
    return tuple(found)


def landing_wind_limit_mps(drone: Drone, dock: Dock) -> float | None:
    """The wind at the dock above which no landing is planned: the lower of what drone and dock allow."""
    known = [x for x in (drone.takeoff_landing_wind_mps, dock.max_landing_wind_mps) if x is not None]
    return min(known, default=None)


def temperature_limits_c(drone: Drone, dock: Dock) -> tuple[float | None, float | None]:
    """Lowest and highest air temperature that both drone and dock stand; None where neither says."""
    low = [x for x in (drone.min_temperature_c, dock.min_temperature_c) if x is not None]
    high = [x for x in (drone.max_temperature_c, dock.max_temperature_c) if x is not None]
    return max(low, default=None), min(high, default=None)


def tightest_limit(
    scenario: Scenario, windows: Sequence[HourWindow]
) -> tuple[HourWindow, LimitedValue] | None:
    """(the hour, the value) of wind, gust, rain, visibility or landing wind nearest to its limit."""
    drone, dock = drone_of(scenario.fleet), find_dock(scenario.fleet.dock)
    limits, landing = _weather_limits(scenario, drone, dock), landing_wind_limit_mps(drone, dock)
    found = [
        (window, each)
        for window in windows
        for each in compare_with_limits(scenario, window.weather, limits)
        if each.quantity not in (WeatherQuantity.COLD, WeatherQuantity.HEAT)
    ]
    if landing is not None:
        found += [(window, _landing_wind(window.weather, landing)) for window in windows]
    return max(found, key=lambda pair: pair[1].used, default=None)


def wind_margin_mps(scenario: Scenario, hour: HourWeather) -> float:
    """The least room to a wind limit in an hour: wind at flight height, gust, landing; negative beyond it.

    inf where there is no limit.
    """
    drone, dock = drone_of(scenario.fleet), find_dock(scenario.fleet.dock)
    held = list(compare_with_limits(scenario, hour, _weather_limits(scenario, drone, dock)))
    landing = landing_wind_limit_mps(drone, dock)
    held += [] if landing is None else [_landing_wind(hour, landing)]
    winds = (WeatherQuantity.WIND, WeatherQuantity.GUST, WeatherQuantity.LANDING_WIND)
    return min((each.limit - each.value for each in held if each.quantity in winds), default=math.inf)


def _landing_wind(hour: HourWeather, limit_mps: float) -> LimitedValue:
    return LimitedValue(quantity=WeatherQuantity.LANDING_WIND, value=hour.wind_mps, limit=limit_mps)


def _weather_limits(scenario: Scenario, drone: Drone, dock: Dock) -> WeatherLimits:
    coldest, hottest = temperature_limits_c(drone, dock)
    return operation_limits(
        scenario,
        drone_max_wind_mps=drone.max_wind_mps,
        min_temperature_c=coldest,
        max_temperature_c=hottest,
    )


def _limits_broken(scenario: Scenario, hour: HourWeather, drone: Drone, dock: Dock) -> tuple[str, ...]:
    limits = _weather_limits(scenario, drone, dock)
    broken = [str(reason) for reason in broken_limits(scenario, hour, limits)]
    landing = landing_wind_limit_mps(drone, dock)
    if landing is not None and hour.wind_mps > landing:
        broken.append(f"landing wind {hour.wind_mps:.3g} m/s, limit {landing:g} m/s")
    return tuple(broken)


def any_in_hour(spans: Sequence[tuple[datetime, datetime]], hour: datetime) -> bool:
    """Whether any span of time overlaps the hour that begins then."""
    return any(start < hour + HOUR and end > hour for start, end in spans)


def call_table(windows: Sequence[HourWindow]) -> FloatArray:
    """Expected calls, shape (hours, zones)."""
    return np.asarray([window.calls_by_zone for window in windows], float)


def windows_planned(windows: Sequence[HourWindow]) -> tuple[HourWindow, ...]:
    """The hours that docks and routes are planned in: the flyable ones.

    Where none may be flown they are all of them in calm, mild air: a plan that is no go still has its docks,
    routes and findings. Raises InfeasibleError where there is no hour with calls at all.
    """
    if not windows:
        raise InfeasibleError("no calls are expected in the period", do="set a period with days of calls")
    flyable = tuple(window for window in windows if window.flyable)
    return flyable or tuple(_in_calm_air(window) for window in windows)


def _in_calm_air(window: HourWindow) -> HourWindow:
    weather = replace(window.weather, wind_mps=0.0, gust_mps=0.0, temperature_c=MILD_C)
    return replace(window, weather=weather, wind=replace(window.wind, speed_mps=0.0, gust_deviation_mps=0.0))


def planning_window(windows: Sequence[HourWindow]) -> HourWindow:
    """The hour whose wind is the call-weighted median of those planned in."""
    planned = sorted(windows_planned(windows), key=lambda w: (w.weather.wind_mps, w.start))
    reached = np.cumsum([w.calls for w in planned])
    return planned[int(np.searchsorted(reached, reached[-1] / 2))]
