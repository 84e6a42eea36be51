"""The battery reserve as a vehicle counts it, and how long on scene it leaves.

A monitor counts mAh drawn from BATT_CAPACITY; the plan counts Wh. The nominal voltage joins the two.
BATT_LOW_MAH is what is left when a sortie has drawn all that the plan grants it: the reserve, and beneath
it the part of the capacity that the coldest hour of the weather withholds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dfr.aircraft.catalogue import Drone, drone_of
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.performance import SortiePrediction, predict_path
from dfr.errors import InfeasibleError
from dfr.geo import LocalFrame, Position
from dfr.plan.flight_path import dispatch_settings, sortie_legs
from dfr.plan.model import Plan
from dfr.scenario.model import Scenario
from dfr.world.model import World
from dfr.world.weather import MeanWind, gusty_wind, weather_at

CRITICAL_SHARE = 0.5
"""Part of the reserve at which the drone lands where it is (assumed). It must be less, or nothing arms."""

LOW_ACTION_RTL = 2
CRITICAL_ACTION_LAND = 1
PROBE_S = 600.0
"""A heading that drifts on scene may cost speed on the return leg: compared without and with that stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """What the battery monitor is set to, mAh: the capacity, and the charge left at either failsafe."""

    capacity_mah: int
    low_mah: int
    critical_mah: int


def reserve_of(scenario: Scenario, *, temperature_c: float | None = None) -> Reserve | None:
    """The scenario's reserve for its drone's battery, in the coldest hour unless a temperature is given.

    None where the battery's voltage is not known.
    """
    drone = drone_of(scenario.fleet)
    volt = drone.battery_v
    if volt is None:
        return None
    felt_c = coldest_c(scenario) if temperature_c is None else temperature_c
    fraction = scenario.contingency.reserve_fraction
    granted_wh = usable_wh(drone, felt_c, reserve_fraction=fraction)
    kept_wh = fraction * usable_wh(drone, felt_c)
    critical_wh = drone.battery_wh - granted_wh - (1.0 - CRITICAL_SHARE) * kept_wh
    low_mah = math.ceil(1000.0 * (drone.battery_wh - granted_wh) / volt)
    return Reserve(
        capacity_mah=round(1000.0 * drone.battery_wh / volt),
        low_mah=low_mah,
        critical_mah=min(low_mah - 1, math.floor(1000.0 * critical_wh / volt)),
    )


def battery_params(scenario: Scenario, *, temperature_c: float | None = None) -> dict[str, float]:
    """BATT_* of the reserve; with no known voltage only the actions, which `validate` then finds unknown."""
    actions = {"BATT_FS_LOW_ACT": float(LOW_ACTION_RTL), "BATT_FS_CRT_ACT": float(CRITICAL_ACTION_LAND)}
    reserve = reserve_of(scenario, temperature_c=temperature_c)
    if reserve is None:
        return actions
    return {
        "BATT_CAPACITY": float(reserve.capacity_mah),
        "BATT_LOW_MAH": float(reserve.low_mah),
        "BATT_CRT_MAH": float(reserve.critical_mah),
        **actions,
    }


def usable_sortie_wh(scenario: Scenario, drone: Drone) -> float:
    """Wh a sortie may draw in the coldest hour, the reserve left alone."""
    return usable_wh(drone, coldest_c(scenario), reserve_fraction=scenario.contingency.reserve_fraction)


def coldest_c(scenario: Scenario) -> float:
    """The temperature of the coldest hour of the weather."""
    return min(hour.temperature_c for hour in scenario.weather.hours)


def longest_on_scene_s(
    world: World, plan: Plan, path: Sequence[Position], *, height_m: float
) -> float | None:
    """Seconds on scene after which the drone lands with the reserve untouched, in the plan's wind.

    Negative where even turning round at once takes more; None where the wind may not let it arrive or return.
    """
    scenario = world.scenario
    drone = drone_of(scenario.fleet)
    frame = LocalFrame(path[0])
    lengths, courses = sortie_legs(frame, [frame.points(path)], scenario.contingency.rally_points)

    def sortie(on_scene_s: float) -> SortiePrediction:
        return predict_path(
            lengths[0].tolist(),
            courses[0].tolist(),
            height_m=height_m,
            on_scene_s=on_scene_s,
            wind=_wind_of(scenario, plan),
            drone=drone,
            settings=dispatch_settings(scenario),
            temperature_c=coldest_c(scenario),
        )

    brief, long = sortie(0.0), sortie(PROBE_S)
    if brief.late_energy_wh is None or long.late_energy_wh is None:
        return None
    away_wh = max(brief.late_energy_wh, long.late_energy_wh - brief.hover_w * PROBE_S / 3600.0)
    return 3600.0 * (usable_sortie_wh(scenario, drone) - away_wh) / brief.hover_w


def refuse_too_long(
    world: World, plan: Plan, path: Sequence[Position], *, height_m: float, on_scene_s: float
) -> None:
    """Raise InfeasibleError, saying how long is possible, where the stay would use up the reserve."""
    longest_s = longest_on_scene_s(world, plan, path, height_m=height_m)
    reserve = f"the reserve of {world.scenario.contingency.reserve_fraction:.0%}"
    if longest_s is None or longest_s < 0.0:
        raise InfeasibleError(
            f"{path[-1]}: the flight there and back needs more than the battery holds above {reserve}",
            do="choose a nearer dock or a larger battery",
        )
    if on_scene_s > longest_s:
        raise InfeasibleError(
            f"{on_scene_s:.0f} s on scene would use {reserve}",
            do=f"stay at most {math.floor(longest_s)} s, or relieve it with another drone",
        )


def _wind_of(scenario: Scenario, plan: Plan) -> MeanWind:
    """The wind of the plan's own hour with its gusts; that of the windiest hour where the plan names none."""
    if plan.planning_wind is not None:
        when = datetime.fromisoformat(plan.planning_wind.hour)
        return gusty_wind(scenario, weather_at(scenario.weather, when))
    return gusty_wind(scenario, max(scenario.weather.hours, key=lambda hour: hour.wind_mps))
