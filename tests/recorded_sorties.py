"""Recorded sorties, predicted from what they were told to fly."""

from __future__ import annotations

import math
from typing import Any

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.performance import FlightSettings, SortiePrediction, flight_settings, predict_path
from dfr.aircraft.sitl_effects import SIM_UP_S, SitlEffects
from dfr.world.weather import MeanWind

SQRT_HEIGHT_M = 60.0
"""Below it SIM_WIND_T 0 lets the wind fall with the square root of the height."""


def predicted_like(case: dict[str, Any], *, sitl: bool = True) -> SortiePrediction:
    """The prediction of a recording's `case`, whose fields `data/arducopter/README.md` explains.

    Without `sitl` it is that of a plan for a real drone.
    """
    params = case["params"]
    craft = find_drone(case.get("drone", "arducopter-sitl-quad"))
    if not {"RTL_ALT", "RTL_ALT_M"} & params.keys():
        params = {"RTL_ALT": 100.0 * case["alt"], **params}
    lower = params.get("SIM_WIND_T", 1) == 0
    factor = math.sqrt(min(1.0, case["alt"] / SQRT_HEIGHT_M)) if lower else 1.0
    return predict_path(
        [case["dist"]],
        [case["brg"]],
        height_m=case["alt"],
        on_scene_s=case["hover"],
        wind=MeanWind(speed_mps=case["w"] * factor, from_deg=case["wd"]),
        drone=craft,
        settings=FlightSettings.from_params(params, base=flight_settings(craft)),
        sitl=SitlEffects(up_s=case.get("up", SIM_UP_S)) if sitl else None,
    )
