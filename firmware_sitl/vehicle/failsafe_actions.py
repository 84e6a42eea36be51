"""What a failsafe does: one mode after the other, the last of them always LAND after a pause."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from firmware_sitl.vehicle import arming, modes

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle


class FailsafeAction(IntEnum):
    """By the number in BATT_FS_LOW_ACT, BATT_FS_CRT_ACT and FS_DR_ENABLE."""

    NONE = 0
    LAND = 1
    RTL = 2
    SMART_RTL = 3
    SMART_RTL_OR_LAND = 4
    TERMINATE = 5
    LANDING_SEQUENCE = 6
    BRAKE_OR_LAND = 7


TRIED_FIRST: dict[FailsafeAction, tuple[tuple[int, str], ...]] = {
    FailsafeAction.RTL: ((modes.RTL, ""),),
    FailsafeAction.SMART_RTL: (
        (modes.SMART_RTL, "SmartRTL Unavailable, Trying RTL Mode"),
        (modes.RTL, ""),
    ),
    FailsafeAction.SMART_RTL_OR_LAND: ((modes.SMART_RTL, "SmartRTL Unavailable, Using Land Mode"),),
    FailsafeAction.LANDING_SEQUENCE: ((modes.AUTO_RTL, "Trying RTL Mode"), (modes.RTL, "")),
    FailsafeAction.BRAKE_OR_LAND: ((modes.BRAKE, "Trying Land Mode"),),
}
"""Modes before LAND, and what is said where one cannot be entered."""


def action_of(value: float) -> FailsafeAction | None:
    """The action of a number; None where a number stands for none (ArduCopter then does nothing)."""
    try:
        return FailsafeAction(int(value))
    except ValueError:
        return None


def act(vehicle: Vehicle, action: FailsafeAction | None) -> None:
    """Do it."""
    if action is None or action is FailsafeAction.NONE:
        return
    if action is FailsafeAction.TERMINATE:
        arming.disarm(vehicle, force=True)
        return
    for mode, otherwise in TRIED_FIRST.get(action, ()):
        if vehicle.change_mode(mode):
            return
        if otherwise:
            vehicle.say(4, otherwise)
    land_after_pause(vehicle)


def land_after_pause(vehicle: Vehicle) -> None:
    """LAND, but hover for a moment first, so that a pilot may take over."""
    vehicle.change_mode(modes.LAND)
    vehicle.land.hover_first()
