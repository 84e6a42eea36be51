"""What must hold of the fence before arming, and the texts ArduCopter gives where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sitl.vehicle.fence_kinds import CIRCLE, POLYGON, fence_names

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle

LOWEST_FLOOR_M = -100.0


def fence_problem(vehicle: Vehicle) -> str | None:
    """The first reason of the fence against arming; None where there is none."""
    parameters, fence = vehicle.parameters, vehicle.fence
    kinds = int(parameters["FENCE_TYPE"])
    if parameters["FENCE_ENABLE"] and not fence.present:
        return "Fences enabled, but none selected"
    if (not fence.enabled and not parameters["FENCE_AUTOENABLE"]) or not kinds:
        return None
    if kinds & (CIRCLE | POLYGON) and not vehicle.estimator.position_ok:
        return "Fence requires position"
    breached = f"Vehicle breaching {fence_names(fence.breached)}" if fence.breached else ""
    return _bad_sizes(vehicle) or breached or _bad_margin(vehicle)


def _bad_sizes(vehicle: Vehicle) -> str | None:
    p = vehicle.parameters
    if p["FENCE_RADIUS"] < 0.0:
        return "Invalid Circle FENCE_RADIUS value"
    if p["FENCE_RADIUS"] < p["FENCE_MARGIN"]:
        return "Circle FENCE_MARGIN is greater than FENCE_RADIUS"
    if p["FENCE_ALT_MAX"] < 0.0:
        return "Invalid FENCE_ALT_MAX value"
    return "Invalid FENCE_ALT_MIN value" if p["FENCE_ALT_MIN"] < LOWEST_FLOOR_M else None


def _bad_margin(vehicle: Vehicle) -> str | None:
    p = vehicle.parameters
    if p["FENCE_MARGIN"] < 0.0:
        return "Invalid FENCE_MARGIN value"
    if p["FENCE_ALT_MAX"] < p["FENCE_ALT_MIN"]:
        return "FENCE_ALT_MAX < FENCE_ALT_MIN"
    if p["FENCE_ALT_MAX"] - p["FENCE_ALT_MIN"] <= 2.0 * p["FENCE_MARGIN"]:
        return "FENCE_MARGIN too big"
    return None
