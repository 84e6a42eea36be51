"""What is left of a multirotor when one motor stops: whether it can be held level, and against how much wind.

Thrusts between nothing and the most a rotor gives must make the weight and no moment, with room to correct in
every direction: then the drone can be controlled (Du, Quan, Yang and Cai 2015, "Controllability analysis for
multirotor helicopter rotor degradation and failure": their index of control authority is positive then).
Where that is only possible with the yaw given up, the drone comes down turning but upright. Each answer is a
linear programme over the thrusts (`scipy.optimize.linprog`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import OptimizeResult, linprog

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.rotor_layouts import RotorLayout, alternate_layout
from dfr.aircraft.trim import air_density, airframe_of, airspeed_at_tilt
from dfr.geo import FloatArray

THRUST_TO_WEIGHT = 2.0
"""Most thrust over weight, all rotors turning (assumed: no sheet gives it)."""

THRUST_KEPT = 0.9
"""Share of the thrust left that may be leaned on; the rest is for gusts (assumed)."""

LEAST_ROOM = 0.01
"""Room to correct, as a share of one rotor's hover thrust, below which there is none."""

DIRECTIONS = 16
"""Directions of roll and pitch in which the control left is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotorOut:
    """With any one motor stopped: can be flown with its heading, or only turning; and the wind it can hold.

    `wind_limit_mps` is the steady wind it can hover in, 0 where it cannot be controlled at all. The numbers
    of motors count those whose stop leaves heading and attitude, or attitude alone.
    """

    controllable: bool
    upright_without_yaw: bool
    wind_limit_mps: float
    assumption: str
    motors: int
    motors_keep_heading: int
    motors_keep_upright: int


def motor_out(
    drone: Drone,
    *,
    thrust_to_weight: float = THRUST_TO_WEIGHT,
    layout: RotorLayout | None = None,
) -> MotorOut:
    """What a drone can still do with the worst of its motors stopped; rotors flat and alternate by default.

    >>> from dfr.aircraft.catalogue import find_drone
    >>> [motor_out(find_drone(key)).upright_without_yaw for key in ("dji-m3td", "study-hexa")]
    [False, True]
    """
    told, flown = layout is not None, layout or alternate_layout(drone.rotors)
    rotors = [flown.moments(without=stopped) for stopped in range(flown.rotors)]
    most = thrust_to_weight / flown.rotors
    steered = [_thrust_margin(rows, most) > 0.0 for rows in rotors]
    upright = [_thrust_margin(rows[:3], most) > 0.0 for rows in rotors]
    level = [rows if all(steered) else rows[:3] for rows in rotors]
    lift = min(_most_lift(rows[1:], most) for rows in level) if all(upright) else 0.0
    standing = flown.name if told else "rotors flat and alternate (assumed)"
    return MotorOut(
        controllable=all(steered),
        upright_without_yaw=all(upright),
        wind_limit_mps=_wind_mps(drone, lift),
        assumption=f"most thrust {thrust_to_weight:g} times the weight, {standing}",
        motors=flown.rotors,
        motors_keep_heading=sum(steered),
        motors_keep_upright=sum(upright),
    )


@cache
def control_left(layout: RotorLayout, *, thrust_to_weight: float) -> float:
    """Roll and pitch moment left with the worst motor stopped over that of all, in its worst direction.

    The yaw is held where that is possible; 0 where the drone cannot even be kept upright.
    """
    whole = np.hypot(*attainable_moments(layout, thrust_to_weight=thrust_to_weight).T)
    shares = []
    for stopped in range(layout.rotors):
        held = holds_heading(layout, stopped, thrust_to_weight=thrust_to_weight)
        moments = attainable_moments(
            layout, thrust_to_weight=thrust_to_weight, stopped=stopped, hold_yaw=held
        )
        shares.append(float(np.min(np.nan_to_num(np.hypot(*moments.T)) / whole)))
    return min(shares)


def holds_heading(layout: RotorLayout, stopped: int, *, thrust_to_weight: float) -> bool:
    """Whether heading and attitude can be controlled with that motor stopped."""
    return _thrust_margin(layout.moments(without=stopped), thrust_to_weight / layout.rotors) > 0.0


def attainable_moments(
    layout: RotorLayout, *, thrust_to_weight: float, stopped: int | None = None, hold_yaw: bool = True
) -> FloatArray:
    """The largest roll and pitch moments (directions, 2) at hover thrust, in weights times the arm.

    NaN where the drone cannot even hover so.
    """
    rows = layout.moments(without=stopped)
    most = thrust_to_weight / layout.rotors
    angles = np.linspace(0.0, 2.0 * np.pi, DIRECTIONS, endpoint=False)
    return np.array([_most_moment(rows, most, angle, hold_yaw=hold_yaw) for angle in angles])


def _most_moment(rows: FloatArray, most: float, angle: float, *, hold_yaw: bool) -> tuple[float, float]:
    """The largest moment in one direction, as (roll, pitch)."""
    held = [0, 1, 2, 3] if hold_yaw else [0, 1, 2]
    count = rows.shape[1]
    direction = np.zeros((len(held), 1))
    direction[1, 0], direction[2, 0] = -math.sin(angle), -math.cos(angle)
    found = linprog(
        np.append(np.zeros(count), -1.0),
        A_eq=np.hstack([rows[held], direction]),
        b_eq=np.eye(len(held))[0],
        bounds=[(0.0, most)] * count + [(0.0, None)],
    )
    size = -_solution_value(found) if found.success else math.nan
    return size * math.sin(angle), size * math.cos(angle)


def _thrust_margin(rows: FloatArray, most: float) -> float:
    """How far thrusts can stay from their ends while the drone hangs still, in weights; 0 if they cannot."""
    count = rows.shape[1]
    goal = np.zeros(rows.shape[0])
    goal[0] = 1.0
    ends = np.concatenate([-np.eye(count), np.eye(count)])
    found = linprog(
        np.append(np.zeros(count), -1.0),
        A_ub=np.column_stack([ends, np.ones(2 * count)]),
        b_ub=np.concatenate([np.zeros(count), np.full(count, most)]),
        A_eq=np.column_stack([rows, np.zeros(rows.shape[0])]),
        b_eq=goal,
        bounds=[(None, None)] * (count + 1),
    )
    room = -_solution_value(found)
    return room if room * count > LEAST_ROOM and np.linalg.matrix_rank(rows) == rows.shape[0] else 0.0


def _most_lift(moments: FloatArray, most: float) -> float:
    """Most thrust without a moment, in weights."""
    count = moments.shape[1]
    found = linprog(
        -np.ones(count), A_eq=moments, b_eq=np.zeros(moments.shape[0]), bounds=[(0.0, most)] * count
    )
    return -_solution_value(found)


def _solution_value(found: OptimizeResult) -> float:
    """What a linear programme came to, 0 where it has no solution."""
    value: float = found.fun if found.success else 0.0
    return value


def _wind_mps(drone: Drone, lift: float) -> float:
    """The airspeed at the tilt that the lift left allows, within the drone's own limit."""
    if lift * THRUST_KEPT <= 1.0:
        return 0.0
    tilt = min(math.acos(1.0 / (lift * THRUST_KEPT)), math.radians(drone.tilt_limit_deg))
    return float(airspeed_at_tilt(airframe_of(drone), tilt, air_density(0.0)))
