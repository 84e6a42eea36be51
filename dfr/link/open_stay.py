"""A dispatch whose stay on scene is left open, for a vehicle that waits until it is sent on."""

from __future__ import annotations

from dataclasses import replace

from dfr.ardupilot.commands import Command
from dfr.errors import LinkError
from dfr.geo import Position
from dfr.mission.compile import HOLDS
from dfr.mission.items import FlightPlan


def unlimited_stay(plan: FlightPlan) -> FlightPlan:
    """The flight with its stay on scene left open: it ends when the vehicle is sent on."""
    items = tuple(
        replace(item, command=Command.NAV_LOITER_UNLIM, params=(0.0, 0.0, 0.0, 0.0))
        if item.command == Command.NAV_LOITER_TIME
        else item
        for item in plan.items
    )
    return replace(plan, items=items)


def hold_position(plan: FlightPlan) -> Position:
    """Where a flight stays. Raises LinkError where it stays nowhere."""
    places = [item.position for item in plan.items if item.command in HOLDS and item.position is not None]
    if not places:
        raise LinkError(f"{plan.name}: the mission holds nowhere", do="compile it with a stay on scene")
    return places[-1]


def takeoff_height_m(plan: FlightPlan) -> float:
    """The height above home to which a flight takes off."""
    return max((item.z_m for item in plan.items if item.command == Command.NAV_TAKEOFF), default=0.0)
