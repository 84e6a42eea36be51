"""Docks: the weather that holds them, the drones in them and how these come to be ready again."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dfr.sim.events import ChargeRecord, Weather
from dfr.sim.inputs import Condition, SimInputs, Turnaround


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The weather in which a drone may leave its dock and come back to it; None is no limit.

    Landing wind is the lower of what dock and drone allow, and usually lower than the flying wind:
    a drone that could fly but not land is not launched.
    """

    wind_mps: float | None
    gust_mps: float | None
    landing_wind_mps: float | None
    rain_mm_h: float | None
    visibility_m: float | None
    min_temperature_c: float | None
    max_temperature_c: float | None


def weather_hold(
    limits: Limits,
    *,
    wind_aloft_mps: float,
    gust_mps: float,
    wind_at_dock_mps: float,
    rain_mm_h: float,
    visibility_m: float,
    temperature_c: float,
) -> str:
    """What keeps the docks shut in this weather, the first of them where there are several; '' is open.

    >>> calm = Limits(wind_mps=12, gust_mps=None, landing_wind_mps=8, rain_mm_h=None, visibility_m=None,
    ...               min_temperature_c=None, max_temperature_c=None)
    >>> weather_hold(calm, wind_aloft_mps=10, gust_mps=14, wind_at_dock_mps=9, rain_mm_h=0,
    ...              visibility_m=10_000, temperature_c=15)
    'landing_wind'
    """
    checks = (
        (Weather.WIND, _over(wind_aloft_mps, limits.wind_mps)),
        (Weather.GUST, _over(gust_mps, limits.gust_mps)),
        (Weather.LANDING_WIND, _over(wind_at_dock_mps, limits.landing_wind_mps)),
        (Weather.RAIN, _over(rain_mm_h, limits.rain_mm_h)),
        (Weather.VISIBILITY, _over(-visibility_m, _negative(limits.visibility_m))),
        (Weather.TEMPERATURE, _over(temperature_c, limits.max_temperature_c)),
        (Weather.TEMPERATURE, _over(-temperature_c, _negative(limits.min_temperature_c))),
    )
    return next((name for name, exceeded in checks if exceeded), "")


def holds_by_hour(inputs: SimInputs) -> tuple[str, ...]:
    """What holds the docks in each hour."""
    return tuple(inputs.conditions[index].hold for index in inputs.condition_of_hour)


def next_hold_s(inputs: SimInputs) -> tuple[tuple[float, str], ...]:
    """For each hour, when the docks next shut at or after its start, and why; inf where they never do."""
    following: tuple[float, str] = (math.inf, "")
    answers = []
    for start, hold in zip(reversed(inputs.hour_edges_s[:-1]), reversed(holds_by_hour(inputs)), strict=True):
        following = (start, hold) if hold else following
        answers.append(following)
    return tuple(reversed(answers))


@dataclass(slots=True, eq=False)
class Drone:
    """A drone and what it can do now. `ready` means docked, and charged enough to be offered.

    While it charges, the charge is `ready_fraction` at `ready_s` and full at `full_s`.
    """

    id: str
    dock: int
    ready: bool = True
    ready_fraction: float = 1.0
    ready_s: float = 0.0
    full_s: float = 0.0

    def fraction(self, t_s: float) -> float:
        """Share of a full charge at a moment when it is ready (linear between ready and full)."""
        if t_s >= self.full_s:
            return 1.0
        done = (t_s - self.ready_s) / (self.full_s - self.ready_s)
        return self.ready_fraction + (1.0 - self.ready_fraction) * max(0.0, done)

    def energy_wh(self, t_s: float, condition: Condition) -> float:
        """What its battery gives at this temperature, Wh."""
        return self.fraction(t_s) * condition.battery_wh


def begin_turnaround(drone: Drone, turnaround: Turnaround, *, left: float, t_s: float) -> tuple[float, float]:
    """Put a landed drone on charge with a share of its battery left: when it is ready and full, s.

    A drone that lands above the ready fraction is offered at once with the charge that it has.
    """
    percent = min(100, max(0, int(left * 100.0)))
    drone.ready_fraction = max(turnaround.ready_fraction, left)
    drone.ready_s = t_s + turnaround.to_ready_s[percent]
    drone.full_s = max(drone.ready_s, t_s + turnaround.to_full_s[percent])
    return drone.ready_s, drone.full_s


def charge_record(drone: Drone, dock_id: str, *, left: float, t_s: float) -> ChargeRecord:
    """The record of a turnaround that has just begun."""
    return ChargeRecord(drone.id, dock_id, left, t_s, drone.ready_s, drone.full_s)


def _over(value: float, limit: float | None) -> bool:
    return limit is not None and value > limit


def _negative(limit: float | None) -> float | None:
    return None if limit is None else -limit
