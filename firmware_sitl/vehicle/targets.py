"""Guided targets (SET_POSITION_TARGET_LOCAL_NED, _GLOBAL_INT): which combinations fly, and which stop."""

from __future__ import annotations

from math import cos, isfinite, isnan, sin
from typing import Any

from dfr.ardupilot.commands import ABSOLUTE_FRAMES, RELATIVE_FRAMES, TERRAIN_FRAMES
from dfr.ardupilot.items import MOST_LAT_E7, MOST_LON_E7
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.state import State

FURTHEST_M, FASTEST_MPS = 2.0e7, 1000.0
"""A target further away or faster than this is no target: NaN and the like are neither."""

IGNORE_POSITION, IGNORE_VELOCITY, IGNORE_ACCELERATION = 0x007, 0x038, 0x1C0
FORCE, IGNORE_YAW, IGNORE_YAW_RATE = 0x200, 0x400, 0x800
LOCAL, LOCAL_OFFSET, BODY, BODY_OFFSET = 1, 7, 8, 9
MISSION_FRAME = 2


def local_target(state: State, message: Any) -> None:
    """SET_POSITION_TARGET_LOCAL_NED."""
    frame, body = message.coordinate_frame, state.aircraft.body
    if state.mode is not state.guided:
        return
    if frame not in (LOCAL, LOCAL_OFFSET, BODY, BODY_OFFSET):
        state.guided.stop_here()
        return
    ahead = body.yaw if frame in (BODY, BODY_OFFSET) else 0.0
    north, east, up = _to_north_east((message.x, message.y, -message.z), ahead)
    if frame != LOCAL:
        north, east, up = north + body.north, east + body.east, up + body.up
    _fly_target(state, message, (north, east, up), ahead)


def global_target(state: State, message: Any) -> None:
    """SET_POSITION_TARGET_GLOBAL_INT; ground is taken as flat at home's height."""
    if state.mode is not state.guided:
        return
    aircraft, frame = state.aircraft, message.coordinate_frame
    if message.type_mask & IGNORE_POSITION:
        _fly_target(state, message, (0.0, 0.0, 0.0), 0.0)
        return
    known = frame in (*ABSOLUTE_FRAMES, *RELATIVE_FRAMES, *TERRAIN_FRAMES) and frame != MISSION_FRAME
    moving_over_terrain = frame in TERRAIN_FRAMES and not message.type_mask & IGNORE_VELOCITY
    on_earth = abs(message.lat_int) <= MOST_LAT_E7 and abs(message.lon_int) <= MOST_LON_E7
    if on_earth and not known:
        state.say(6, f"Unknown mavlink coordinate frame {frame}")
    if not known or not on_earth or moving_over_terrain:
        state.guided.stop_here()
        return
    absolute = frame in ABSOLUTE_FRAMES
    up = message.alt + (-aircraft.origin.altitude_m if absolute else aircraft.home[2])
    _fly_target(state, message, aircraft.local_point(message.lat_int * 1e-7, message.lon_int * 1e-7, up), 0.0)


def _fly_target(state: State, message: Any, point: LocalPoint, ahead: float) -> None:
    """Fly what the type mask leaves of a target; a combination that is none stops the aircraft."""
    mask, guided = message.type_mask, state.guided
    placed, moving = not mask & IGNORE_POSITION, not mask & IGNORE_VELOCITY
    pushed = not mask & IGNORE_ACCELERATION
    velocity = _to_north_east((message.vx, message.vy, -message.vz), ahead)
    push = _to_north_east((message.afx, message.afy, -message.afz), ahead) if pushed else (0.0, 0.0, 0.0)
    forced = mask & FORCE and pushed
    if forced or (moving and not _is_sane(velocity)) or (pushed and not _is_sane(push)):
        guided.stop_here()
        return
    if placed and not all(abs(metres) < FURTHEST_M for metres in point):
        guided.stop_here()
        return
    if placed and not state.fence.allows_point(*point):
        return
    if placed and moving:
        guided.fly_at(velocity, push=push, point=point)
    elif moving:
        guided.fly_at(velocity, push=push)
    elif placed and not pushed:
        guided.fly_to(point)
    elif pushed and not placed:
        guided.accelerate_by(push)
    else:
        guided.stop_here()
        return
    _turn_nose(state, message, relative=ahead != 0.0 or message.coordinate_frame in (BODY, BODY_OFFSET))


def _turn_nose(state: State, message: Any, *, relative: bool) -> None:
    """Point the nose: at an angle, at a rate, at both (on from the angle), or as WP_YAW_BEHAVIOR says."""
    mask, heading = message.type_mask, state.aircraft.heading
    pointed = not mask & IGNORE_YAW and isfinite(message.yaw)
    turning = not mask & IGNORE_YAW_RATE and isfinite(message.yaw_rate)
    if pointed and turning:
        heading.turn_steadily(
            message.yaw_rate, start=message.yaw + (state.aircraft.body.yaw if relative else 0.0)
        )
    elif pointed:
        heading.turn_to(message.yaw, relative=relative)
    elif turning:
        heading.turn_steadily(message.yaw_rate)
    else:
        heading.follow_yaw_behavior()


def _to_north_east(vector: LocalPoint, ahead: float) -> LocalPoint:
    """A vector ahead, right, up as one north, east, up."""
    return (
        vector[0] * cos(ahead) - vector[1] * sin(ahead),
        vector[0] * sin(ahead) + vector[1] * cos(ahead),
        vector[2],
    )


def _is_sane(vector: LocalPoint) -> bool:
    return not any(isnan(part) or abs(part) > FASTEST_MPS for part in vector)
