"""What is left of a multirotor when one motor stops: whether it can be held level, and against how much wind.

Thrusts between nothing and the most a rotor gives must make the weight and no moment, with room to correct in
every direction: then the drone can be controlled (Du, Quan, Yang and Cai 2015, "Controllability analysis for
multirotor helicopter rotor degradation and failure"). Where that is only possible with the yaw given up,
the drone comes down turning but upright. Rotors are flat, evenly spaced, turning in alternate ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, linprog

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.trim import air_density, airframe_of, airspeed_at_tilt
from dfr.geo import FloatArray

THRUST_TO_WEIGHT = 2.0
"""Most thrust over weight, all rotors turning (assumed: no sheet gives it)."""

THRUST_KEPT = 0.9
"""Share of the thrust left that may be leaned on; the rest is for gusts (assumed)."""

LEAST_ROOM = 0.01
"""Room to correct, as a share of one rotor's hover thrust, below which there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotorOut:
    """With any one motor stopped: can be flown with its heading, or only turning; and the wind it can hold.

    `wind_limit_mps` is the steady wind it can hover in, 0 where it cannot be controlled at all.
    """

    controllable: bool
    upright_without_yaw: bool
    wind_limit_mps: float
    assumption: str


def motor_out(drone: Drone, *, thrust_to_weight: float = THRUST_TO_WEIGHT) -> MotorOut:
    """What a drone can still do with the worst of its motors stopped.

    >>> from dfr.aircraft.catalogue import find_drone
    >>> [motor_out(find_drone(key)).upright_without_yaw for key in ("dji-m3td", "study-hexa")]
    [False, True]
    """
    rotors = [_rotor_moments(drone.rotors, stopped) for stopped in range(drone.rotors)]
    most = thrust_to_weight / drone.rotors
    steered = min(_thrust_margin(rows, most) for rows in rotors)
    upright = min(_thrust_margin(rows[:3], most) for rows in rotors)
    level = rotors if steered > 0.0 else [rows[:3] for rows in rotors]
    lift = min(_most_lift(rows[1:], most) for rows in level) if upright > 0.0 else 0.0
    return MotorOut(
        controllable=steered > 0.0,
        upright_without_yaw=upright > 0.0,
        wind_limit_mps=_wind_mps(drone, lift),
        assumption=f"most thrust {thrust_to_weight:g} times the weight, rotors flat and alternate (assumed)",
    )


def _rotor_moments(rotors: int, stopped: int) -> FloatArray:
    """Rows lift, roll, pitch and yaw of the rotors that are left, arm and torque of one."""
    places = np.arange(rotors)
    angle = 2.0 * np.pi * (places + 0.5) / rotors
    rows = np.stack([np.ones(rotors), np.sin(angle), np.cos(angle), (-1.0) ** places])
    kept: FloatArray = np.delete(rows, stopped, axis=1)
    return kept


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
