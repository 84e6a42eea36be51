"""What a failsafe and a breach of the fence do: one mode after the other until one can be entered."""

from __future__ import annotations

from enum import IntEnum

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.fence import REPORT_ONLY
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.state import State


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


MODES_ON_BREACH: dict[int, tuple[int, ...]] = {
    2: (modes.LAND,),
    3: (modes.SMART_RTL, modes.RTL, modes.LAND),
    4: (modes.BRAKE, modes.LAND),
    5: (modes.SMART_RTL, modes.LAND),
}
"""FENCE_ACTION: modes in the order in which they are tried; any other number means RTL or LAND."""

GIVE_UP_M = 100.0
"""Outside the fence by more than this, the vehicle lands whatever the action says (ArduCopter)."""


def action_of(value: float) -> FailsafeAction | None:
    """The action of a number; None where a number stands for none (ArduCopter then does nothing)."""
    try:
        return FailsafeAction(int(value))
    except ValueError:
        return None


def act(state: State, action: FailsafeAction | None) -> None:
    """Do it."""
    if action is None or action is FailsafeAction.NONE:
        return
    if action is FailsafeAction.TERMINATE:
        arming.disarm(state, force=True)
        return
    for mode, otherwise in TRIED_FIRST.get(action, ()):
        if change_mode(state, mode):
            return
        if otherwise:
            state.say(4, otherwise)
    land_after_pause(state)


def land_after_pause(state: State) -> None:
    """LAND, but hover for a moment first, so that a pilot may take over."""
    change_mode(state, modes.LAND)
    state.land.hover_first()


def act_on_breach(state: State, breached: int) -> None:
    """Do what FENCE_ACTION says of fences (bits) that are newly breached; on the ground, disarm."""
    action = int(state.parameters["FENCE_ACTION"])
    if action == REPORT_ONLY:
        return
    if state.craft.landed:
        arming.disarm(state)
        return
    gives_up = state.fence.outside_m(breached) > GIVE_UP_M
    for mode in (modes.LAND,) if gives_up else MODES_ON_BREACH.get(action, (modes.RTL, modes.LAND)):
        if change_mode(state, mode):
            return
