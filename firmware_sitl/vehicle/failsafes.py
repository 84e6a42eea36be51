"""Failsafes of ground station, battery, position (EKF) and radio; actions of failsafes and fence breaches.

Each failsafe acts once, as its parameter says: one mode after another until one can be entered.
"""

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

_A = FailsafeAction
GCS_ACTIONS = {
    1: _A.RTL, 2: _A.RTL, 3: _A.SMART_RTL, 4: _A.SMART_RTL_OR_LAND, 5: _A.LAND,
    6: _A.LANDING_SEQUENCE, 7: _A.BRAKE_OR_LAND,
}  # fmt: skip
"""FS_GCS_ENABLE; any other number means RTL."""

THROTTLE_ACTIONS = {
    1: _A.RTL, 2: _A.RTL, 3: _A.LAND, 4: _A.SMART_RTL, 5: _A.SMART_RTL_OR_LAND,
    6: _A.LANDING_SEQUENCE, 7: _A.BRAKE_OR_LAND,
}  # fmt: skip
"""FS_THR_ENABLE; any other number means LAND."""

GRAVEST_FIRST = (_A.TERMINATE, _A.LAND, _A.RTL, _A.SMART_RTL_OR_LAND, _A.SMART_RTL, _A.NONE)
"""Of two battery failsafes the later acts only where it is the graver; what is not among these comes last."""

RC_CONTINUES_AUTO, GCS_CONTINUES_AUTO, RC_CONTINUES_GUIDED = 1, 2, 4
CONTINUE_IF_LANDING, GCS_CONTINUES_PILOTED = 8, 16
"""Bits of FS_OPTIONS."""

LEAST_SILENCE_S = 0.3
"""Wall seconds for which a ground station may be held up by a busy machine; a vehicle whose clock runs fast
waits so long at least, whatever FS_GCS_TIMEOUT is in its own seconds (assumed)."""

EKF_CHECK_S = 1.0
EKF_REPORT_ONLY, EKF_ALT_HOLD, EKF_LAND_EVEN_STABILIZE = 0, 2, 3
"""FS_EKF_ACTION; any other number means LAND."""

NO_PULSES, RC_SILENCE_S = 1.0, 1.0
"""SIM_RC_FAIL, and RC_FS_TIMEOUT; a throttle below FS_THR_VALUE is seen at once."""

PILOTED = (modes.STABILIZE, modes.ALT_HOLD, modes.LOITER, modes.POSHOLD)


def watch_failsafes(state: State, t_s: float) -> None:
    """Check every failsafe; to be called several times a second."""
    _watch_gcs(state, t_s)
    _watch_battery(state, t_s)
    _watch_position(state, t_s)
    _watch_radio(state, t_s)


def _watch_gcs(state: State, t_s: float) -> None:
    parameters, failsafes = state.parameters, state.failsafes
    action = int(parameters["FS_GCS_ENABLE"])
    if action == 0 or failsafes.gcs_heard_s is None:
        failsafes.gcs_lost = False
        return
    silent_s = state.link_s - failsafes.gcs_heard_link_s
    lost = t_s - failsafes.gcs_heard_s > parameters["FS_GCS_TIMEOUT"] and silent_s > LEAST_SILENCE_S
    if lost == failsafes.gcs_lost:
        return
    failsafes.gcs_lost = lost
    if not lost:
        state.say(4, "GCS Failsafe Cleared")
        return
    if not state.aircraft.motors.armed:
        state.say(4, "GCS Failsafe")
        return
    options, goes_on = int(parameters["FS_OPTIONS"]), ""
    if state.mode is state.auto and options & GCS_CONTINUES_AUTO:
        goes_on = "Continuing Auto Mode"
    elif state.mode.number in PILOTED and options & GCS_CONTINUES_PILOTED:
        goes_on = "Continuing Pilot Control"
    _answer_loss(state, "GCS", GCS_ACTIONS.get(action, _A.RTL), goes_on=goes_on)


def _watch_battery(state: State, t_s: float) -> None:
    parameters, battery, failsafes = state.parameters, state.aircraft.battery, state.failsafes
    if not state.aircraft.motors.armed:
        return
    hold_s = parameters["BATT_LOW_TIMER"]
    failsafes.battery_critical_since_s = _below_since(
        state, t_s, failsafes.battery_critical_since_s, "BATT_CRT"
    )
    failsafes.battery_low_since_s = _below_since(state, t_s, failsafes.battery_low_since_s, "BATT_LOW")
    if not failsafes.battery_critical and _has_held(failsafes.battery_critical_since_s, t_s, hold_s):
        failsafes.battery_critical = True
        _battery_event(state, "critical", int(parameters["BATT_FS_CRT_ACT"]), battery.volt, battery.used_mah)
    elif not (failsafes.battery_low or failsafes.battery_critical) and _has_held(
        failsafes.battery_low_since_s, t_s, hold_s
    ):
        failsafes.battery_low = True
        _battery_event(state, "low", int(parameters["BATT_FS_LOW_ACT"]), battery.volt, battery.used_mah)


def _battery_event(state: State, what: str, value: int, volt: float, used_mah: float) -> None:
    action, failsafes = action_of(value), state.failsafes
    state.say(4, f"Battery 1 is {what} {volt:.2f}V used {used_mah:.0f} mAh")
    rank = GRAVEST_FIRST.index(action) if action in GRAVEST_FIRST else len(GRAVEST_FIRST)
    if failsafes.battery_rank is not None and rank >= failsafes.battery_rank:
        return
    failsafes.battery_rank = rank
    keeps_landing = state.mode.landing and int(state.parameters["FS_OPTIONS"]) & CONTINUE_IF_LANDING
    if _idle_on_ground(state):
        arming.disarm_vehicle(state, force=True)
        state.say(4, "Battery Failsafe - Disarming")
    elif keeps_landing and action is not FailsafeAction.NONE:
        state.say(4, "Battery Failsafe - Continuing Landing")
        carry_out(state, FailsafeAction.LAND)
    else:
        state.say(4, "Battery Failsafe")
        carry_out(state, action)


def _watch_position(state: State, t_s: float) -> None:
    """The filter's failsafe: without a position for a second (10 looks of ArduCopter's EKF check)."""
    parameters, failsafes = state.parameters, state.failsafes
    bad = not state.estimator.position_ok and state.home_set and parameters["FS_EKF_THRESH"] > 0.0
    failsafes.no_position_since_s = _holds_since(t_s, failsafes.no_position_since_s, holds=bad)
    lost = _has_held(failsafes.no_position_since_s, t_s, EKF_CHECK_S)
    if lost == failsafes.ekf_lost:
        return
    failsafes.ekf_lost = lost
    if not state.aircraft.motors.armed:
        return
    if not lost:
        state.say(2, "EKF Failsafe Cleared")
        return
    state.say(2, "EKF variance")
    action = int(parameters["FS_EKF_ACTION"])
    unmoved = not state.mode.needs_position and action != EKF_LAND_EVEN_STABILIZE
    if action == EKF_REPORT_ONLY or unmoved or state.mode is state.land:
        state.say(2, "EKF Failsafe")
        return
    tries_to_hold = action == EKF_ALT_HOLD and not failsafes.radio_lost
    if not (tries_to_hold and change_mode(state, modes.ALT_HOLD)):
        land_after_pause(state)
    state.say(2, f"EKF Failsafe: changed to {state.mode.name} Mode")


def _watch_radio(state: State, t_s: float) -> None:
    parameters, failsafes = state.parameters, state.failsafes
    action = int(parameters["FS_THR_ENABLE"])
    sticks = state.aircraft.sticks
    silent = not sticks.heard or sticks.throttle_low
    failsafes.no_radio_since_s = _holds_since(t_s, failsafes.no_radio_since_s, holds=silent)
    after_s = RC_SILENCE_S if parameters["SIM_RC_FAIL"] == NO_PULSES else 0.0
    lost = _has_held(failsafes.no_radio_since_s, t_s, after_s) and action != 0
    if lost == failsafes.radio_lost:
        return
    failsafes.radio_lost = lost
    if not lost:
        state.say(4, "Radio Failsafe Cleared")
        return
    options, goes_on = int(parameters["FS_OPTIONS"]), ""
    if state.mode is state.auto and options & RC_CONTINUES_AUTO:
        goes_on = "Continuing Auto"
    elif state.mode.number == modes.GUIDED and options & RC_CONTINUES_GUIDED:
        goes_on = "Continuing Guided Mode"
    _answer_loss(state, "Radio", THROTTLE_ACTIONS.get(action, _A.LAND), goes_on=goes_on)


def _answer_loss(state: State, what: str, action: FailsafeAction, *, goes_on: str) -> None:
    """Say that a link is lost, and act: unless on the ground, landing anyhow, or told to go on."""
    if _idle_on_ground(state):
        state.say(4, f"{what} Failsafe - Disarming")
        arming.disarm_vehicle(state, force=True)
        return
    rank = state.failsafes.battery_rank
    lands_by_battery = rank is not None and rank <= GRAVEST_FIRST.index(FailsafeAction.LAND)
    if state.mode.landing and lands_by_battery:
        what, goes_on, action = f"{what} + Battery", "Continuing Landing", FailsafeAction.LAND
    elif state.mode.landing and int(state.parameters["FS_OPTIONS"]) & CONTINUE_IF_LANDING:
        goes_on, action = "Continuing Landing", FailsafeAction.LAND
    elif goes_on:
        action = FailsafeAction.NONE
    state.say(4, f"{what} Failsafe - {goes_on}" if goes_on else f"{what} Failsafe")
    carry_out(state, action)


def _idle_on_ground(state: State) -> bool:
    """Landed: a failsafe stops the motors. In AUTO not before the mission's end, which does so itself."""
    return state.aircraft.landed and not (state.mode is state.auto and state.auto.running)


def _holds_since(t_s: float, since_s: float | None, *, holds: bool) -> float | None:
    """Since when something has held without a break."""
    if not holds:
        return None
    return t_s if since_s is None else since_s


def _has_held(since: float | None, t_s: float, hold_s: float) -> bool:
    return since is not None and t_s - since >= hold_s


def _below_since(state: State, t_s: float, since: float | None, name: str) -> float | None:
    """Since when voltage or charge has been below a threshold; charge counts at once."""
    parameters, battery = state.parameters, state.aircraft.battery
    volt, charge = parameters[f"{name}_VOLT"], parameters[f"{name}_MAH"]
    if charge > 0.0 and battery.capacity_mah - battery.used_mah < charge:
        return float("-inf")
    if volt > 0.0 and 0.0 < battery.volt < volt:
        return t_s if since is None else since
    return None


def end_battery_failsafes(state: State) -> None:
    """End the battery failsafes after the monitor was reset for another battery, where that one is good."""
    failsafes = state.failsafes
    below = (_below_since(state, 0.0, None, name) for name in ("BATT_LOW", "BATT_CRT"))
    if all(since is None for since in below):
        failsafes.battery_low = failsafes.battery_critical = False
        failsafes.battery_rank = None
    failsafes.battery_low_since_s = failsafes.battery_critical_since_s = None


def action_of(value: float) -> FailsafeAction | None:
    """The action of a number; None where a number stands for none (ArduCopter then does nothing)."""
    try:
        return FailsafeAction(int(value))
    except ValueError:
        return None


def carry_out(state: State, action: FailsafeAction | None) -> None:
    """Carry out the action of a failsafe."""
    if action is None or action is FailsafeAction.NONE:
        return
    if action is FailsafeAction.TERMINATE:
        arming.disarm_vehicle(state, force=True)
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
    if state.aircraft.landed:
        arming.disarm_vehicle(state)
        return
    gives_up = state.fence.outside_m(breached) > GIVE_UP_M
    for mode in (modes.LAND,) if gives_up else MODES_ON_BREACH.get(action, (modes.RTL, modes.LAND)):
        if change_mode(state, mode):
            state.fence.chose_mode = True
            return
