"""Changes of the flight mode, with the reasons against them; AUTO_RTL, which joins the mission in AUTO.

AUTO_RTL joins the mission where its return path (DO_RETURN_PATH_START) or its landing sequence
(DO_LAND_START) is nearest.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import dist

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command
from dfr.ardupilot.kept import has_place
from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.auto import Auto
from firmware_sitl.vehicle.mission_order import is_navigation
from firmware_sitl.vehicle.modes import Mode
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.state import State


def change_mode(state: State, number: int) -> bool:
    """Switch modes; False, with the reason said, where that is refused."""
    if number == modes.AUTO_RTL:
        return auto_return(state, path=True, landing=True)
    mode = state.modes.get(number)
    if mode is state.mode:
        state.fence.chose_mode = False
        return True
    if mode is None:
        name = modes.UNFLOWN.get(number)
        state.say(4, f"Mode change to {name} failed: not flown here" if name else f"No such mode {number}")
        return False
    reason = _reason_against(state, mode) or mode.take_over()
    if reason is not None:
        state.say(4, f"Mode change to {mode.name} failed: {reason}")
        return False
    if state.mode is state.auto:
        state.auto.leave_mission()
    state.mode = mode
    state.fence.chose_mode = False
    state.fence.on_mode_change(state.aircraft.t_s)
    for client in state.clients:
        client.send_now(mavlink.MAVLINK_MSG_ID_HEARTBEAT)
    return True


def _reason_against(state: State, mode: Mode) -> str | None:
    """Why a mode may not be entered now; disarmed, any may but a manual one without radio."""
    aircraft = state.aircraft
    if aircraft.motors.armed:
        if aircraft.landed and mode.throttle_high and not state.mode.manual:
            return "throttle too high"
        if mode.needs_position and not state.estimator.position_ok:
            return "requires position"
        if state.fence.keeps_mode and not aircraft.landed:
            return "in fence recovery"
    return "in RC failsafe" if mode.manual and state.failsafes.radio_lost else None


def auto_return(state: State, *, path: bool, landing: bool) -> bool:
    """AUTO_RTL: home along the mission's return path, or by its landing sequence."""
    body, auto = state.aircraft.body, state.auto
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


def landing_start(auto: Auto, here: LocalPoint) -> int | None:
    """The nearest Command.DO_LAND_START: by its own place, or by the place of what is flown after it."""
    found = [
        (dist(place, here), seq)
        for seq in auto.route.places_of(Command.DO_LAND_START)
        if (place := _own_place(auto, seq) or next((p for _, p in _places_after(auto, seq)), None))
        is not None
    ]
    return min(found)[1] if found else None


def return_leg(auto: Auto, here: LocalPoint) -> int | None:
    """The end of the leg nearest to a point, of all legs that follow a Command.DO_RETURN_PATH_START.

    Of legs as near the first counts, of paths as near the last (AP_Mission::jump_to_closest_mission_leg).
    """
    starts = auto.route.places_of(Command.DO_RETURN_PATH_START)
    found = [(min(legs), -start) for start in starts if (legs := _legs_after(auto, start, here))]
    return min(found, key=lambda path: (path[0][0], path[1]))[0][1] if found else None


def _legs_after(auto: Auto, start: int, here: LocalPoint) -> list[tuple[float, int]]:
    """How far away each leg of a return path is, with the item at its end; the first is only a point."""
    legs = []
    before: LocalPoint | None = None
    for seq, place in _places_after(auto, start):
        away = dist(place, here) if before is None else _distance_to_leg(here, before, place)
        legs.append((away, seq))
        before = place
    return legs


def _own_place(auto: Auto, seq: int) -> LocalPoint | None:
    item = auto.plan.read_item(seq)
    return auto.place_of(item) if item is not None and (item.x or item.y) else None


def _places_after(auto: Auto, seq: int) -> Iterator[tuple[int, LocalPoint]]:
    """Items with a place that are flown after one, up to the landing sequence."""
    for later in range(seq + 1, auto.plan.count_items()):
        item = auto.plan.read_item(later)
        if item is None or item.command == Command.DO_LAND_START:
            return
        if is_navigation(item.command) and has_place(item.command) and (item.x or item.y):
            yield later, auto.place_of(item)


def _distance_to_leg(here: LocalPoint, start: LocalPoint, end: LocalPoint) -> float:
    along = tuple(b - a for a, b in zip(start, end, strict=True))
    length_squared = sum(part * part for part in along)
    if length_squared < 1e-9:
        return dist(here, end)
    share = sum((h - a) * d for h, a, d in zip(here, start, along, strict=True)) / length_squared
    share = min(max(share, 0.0), 1.0)
    return dist(here, tuple(a + share * d for a, d in zip(start, along, strict=True)))
