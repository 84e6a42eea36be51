"""Changing the flight mode: what bars it and what it brings with it; AUTO_RTL, no mode of its own."""

from __future__ import annotations

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.modes import Mode
from firmware_sitl.vehicle.sequences import landing_start, return_leg
from firmware_sitl.vehicle.state import State


def change_mode(state: State, number: int) -> bool:
    """Switch modes; False, with the reason said, where that is refused."""
    if number == modes.AUTO_RTL:
        return auto_return(state, path=True, landing=True)
    mode = state.modes.get(number)
    if mode is state.mode:
        return True
    if mode is None:
        name = modes.UNFLOWN.get(number)
        state.say(4, f"Mode change to {name} failed: not flown here" if name else f"No such mode {number}")
        return False
    reason = _reason_against(state, mode) or mode.enter()
    if reason is not None:
        state.say(4, f"Mode change to {mode.name} failed: {reason}")
        return False
    if state.mode is state.auto:
        state.auto.leave()
    state.mode = mode
    state.fence.on_mode_change(state.craft.t_s)
    for client in state.clients:
        client.send_now(mavlink.MAVLINK_MSG_ID_HEARTBEAT)
    return True


def _reason_against(state: State, mode: Mode) -> str | None:
    """Why a mode may not be entered now; disarmed, any may but a manual one without radio."""
    if state.craft.motors.armed and mode.needs_position and not state.estimator.position_ok:
        return "requires position"
    return "in RC failsafe" if mode.manual and state.failsafes.radio_lost else None


def auto_return(state: State, *, path: bool, landing: bool) -> bool:
    """AUTO_RTL: home along the mission's return path, or by its landing sequence."""
    body, auto = state.craft.body, state.auto
    here = body.north, body.east, body.up
    leg = return_leg(auto, here) if path else None
    start = landing_start(auto, here) if landing and leg is None else None
    if leg is not None:
        auto.return_from(leg, "Return path started")
    elif start is not None:
        auto.return_from(start, "Landing sequence start")
    else:
        _say_no_return(state, path=path, landing=landing)
        return False
    if not change_mode(state, modes.AUTO):
        return False
    auto.returning = True
    return True


def _say_no_return(state: State, *, path: bool, landing: bool) -> None:
    if landing:
        state.say(4, "Unable to start landing sequence")
    asked = [name for name, wanted in (("return path", path), ("landing sequence", landing)) if wanted]
    state.say(4, f"Mode change to AUTO RTL failed: No {' or '.join(asked)} found")
