"""Logs of drones whose figures are known: up, hover, squares at three speeds, home, down, in gusts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.energy import hover_power_w
from dfr.aircraft.trim import airframe_of, balancing_lean
from dfr.geo import FloatArray
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.units import AIR_DENSITY_KG_M3

HOME_LAT, HOME_LON, M_PER_DEG = 50.78, -1.09, 111_248.0
STEP_S = 0.2
Legs = Sequence[tuple[float, float, float]]
"""(speed, course from the first one in rad, seconds) of each leg, which begins and ends at rest."""

SQUARES: Legs = tuple(
    leg
    for speed in (4.0, 6.5, 9.0)
    for side in range(4)
    for leg in ((speed, side * math.pi / 2.0, 12.0), (0.0, side * math.pi / 2.0, 2.0))
)
TOP_M, LOW_M = 40.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a made drone really does."""

    drone: Drone
    full_v: float = 25.2
    ohm: float = 0.03
    varies: float = 0.03
    """Standard deviation of hover power from flight to flight, as a share."""


@dataclass(frozen=True, slots=True)
class Motion:
    """A flight, sample by sample."""

    t_s: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    height_m: FloatArray
    heading_rad: FloatArray


def fly_made_flight(
    truth: Truth, rng: np.random.Generator, *, name: str, wind_sd_mps: float = 2.5, legs: Legs = SQUARES
) -> FlightLog:
    """The log of one flight, with a wind, gusts, a barometer's drift and noise of its own."""
    motion = _fly_path(truth.drone, rng, legs)
    wind = rng.normal(0.0, wind_sd_mps, 2)
    count = len(motion.t_s)
    velocity = np.gradient(np.stack([motion.east_m, motion.north_m]), STEP_S, axis=1)
    gusts = _gusts(rng, count, 0.08 * math.hypot(*wind) + 0.1)
    density = AIR_DENSITY_KG_M3
    accel = np.gradient(velocity, STEP_S, axis=1)
    lean = balancing_lean(
        airframe_of(truth.drone), velocity - wind[:, None] - gusts, motion.heading_rad, density
    )
    lean = lean + accel / 9.80665 + rng.normal(0.0, math.radians(0.3), lean.shape)
    ahead = np.stack([np.sin(motion.heading_rad), np.cos(motion.heading_rad)])
    right = np.stack([np.cos(motion.heading_rad), -np.sin(motion.heading_rad)])
    level = rng.normal(0.0, math.radians(0.4), 2)
    pitch = -np.arctan((lean * ahead).sum(axis=0)) + level[0]
    roll = np.arctan((lean * right).sum(axis=0) * np.cos(pitch)) + level[1]
    flies = (motion.t_s > 8.0) & (motion.t_s < motion.t_s[-1] - 6.0)
    amps, volts, left = _battery(truth, rng, flies)
    drift = rng.normal(0.0, 0.4) * motion.t_s / motion.t_s[-1]
    climb = np.gradient(motion.height_m, STEP_S)

    def series(values: FloatArray) -> Series:
        return Series(t_s=motion.t_s, values=np.asarray(values, dtype=float) * np.ones(count))

    made = {
        Quantity.LAT_DEG: series(HOME_LAT + motion.north_m / M_PER_DEG),
        Quantity.LON_DEG: series(HOME_LON + motion.east_m / (M_PER_DEG * math.cos(math.radians(HOME_LAT)))),
        Quantity.HEIGHT_M_HOME: series(motion.height_m + drift),
        Quantity.CLIMB_MPS: series(climb),
        Quantity.NORTH_MPS: series(velocity[1]),
        Quantity.EAST_MPS: series(velocity[0]),
        Quantity.SPEED_MPS: series(np.hypot(*velocity)),
        Quantity.ROLL_RAD: series(roll),
        Quantity.PITCH_RAD: series(pitch),
        Quantity.HEADING_RAD: series(motion.heading_rad),
        Quantity.THROTTLE: series(np.where(flies, 0.4, 0.05)),
        Quantity.CURRENT_A: series(amps),
        Quantity.VOLTAGE_V: series(volts),
        Quantity.REMAINING: series(left),
        Quantity.ON_GROUND: series(np.where(flies, 0.0, 1.0)),
        Quantity.ARMED: Series(
            t_s=np.array([0.0, 4.0, motion.t_s[-1] - 2.0]), values=np.array([0.0, 1.0, 0.0])
        ),
    }
    return FlightLog(name=name, file_format="made", autopilot="ArduPilot", series=made)


def fly_made_dispatch(truth: Truth, rng: np.random.Generator, *, name: str) -> FlightLog:
    """The log of one dispatch in light wind: straight out, 20 s on scene, straight back."""
    out_s, speed = 40.0, 8.0
    legs = ((speed, 0.0, out_s), (0.0, 0.0, 20.0), (speed, math.pi, out_s), (0.0, 0.0, 5.0))
    return fly_made_flight(truth, rng, name=name, wind_sd_mps=1.0, legs=legs)


def fly_made_flights(truth: Truth, seed: int, *, count: int = 10) -> list[FlightLog]:
    """The logs of some flights of one drone."""
    rng = np.random.default_rng(seed)
    return [fly_made_flight(truth, rng, name=f"flight-{n}.bin") for n in range(1, count + 1)]


def _fly_path(drone: Drone, rng: np.random.Generator, legs: Legs) -> Motion:
    """Up, hover, a square at each speed, hover, down; each rate varies by 1 % from flight to flight."""
    climb, sink, land = (
        rate * rng.normal(1.0, 0.01) for rate in (drone.climb_mps, drone.descent_mps, drone.land_mps)
    )
    heights = [np.zeros(round(8.0 / STEP_S)), _ramp(0.0, TOP_M, climb)]
    speeds, courses = [np.zeros(sum(map(len, heights)))], [np.zeros(sum(map(len, heights)))]

    def add(speed: FloatArray, course: float) -> None:
        speeds.append(speed)
        courses.append(np.full(len(speed), course))
        heights.append(np.full(len(speed), TOP_M))

    add(np.zeros(round(12.0 / STEP_S)), 0.0)
    first = rng.uniform(0.0, 2.0 * math.pi)
    for speed, course, seconds in legs:
        accel = drone.accel_mps2 * rng.normal(1.0, 0.01)
        add(_leg_speeds(speed, accel, seconds), first + course)
    add(np.zeros(round(12.0 / STEP_S)), first)
    down = np.concatenate([_ramp(TOP_M, LOW_M, sink), _ramp(LOW_M, 0.0, land), np.zeros(round(6.0 / STEP_S))])
    heights.append(down)
    speeds.append(np.zeros(len(down)))
    courses.append(np.full(len(down), first))
    speed, course, height = (np.concatenate(parts) for parts in (speeds, courses, heights))
    t_s = np.arange(len(speed)) * STEP_S
    east, north = (np.cumsum(speed * turn(course)) * STEP_S for turn in (np.sin, np.cos))
    return Motion(t_s, east, north, height, course)


def _ramp(start_m: float, end_m: float, rate_mps: float) -> FloatArray:
    t_s = np.arange(0.0, abs(end_m - start_m) / rate_mps, STEP_S)
    return start_m + math.copysign(rate_mps, end_m - start_m) * t_s


def _leg_speeds(speed: float, accel: float, side_s: float) -> FloatArray:
    t_s = np.arange(0.0, side_s, STEP_S)
    return np.minimum(np.minimum(accel * t_s, accel * (side_s - t_s)), speed)


def _gusts(rng: np.random.Generator, count: int, deviation: float) -> FloatArray:
    """Gusts with a memory of 3 s, east and north."""
    keep = math.exp(-STEP_S / 3.0)
    gusts = np.zeros((2, count))
    pushes = rng.normal(0.0, deviation * math.sqrt(1.0 - keep**2), (2, count))
    for i in range(1, count):
        gusts[:, i] = keep * gusts[:, i - 1] + pushes[:, i]
    return gusts


def _battery(
    truth: Truth, rng: np.random.Generator, flies: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(A, V, share left) of a flight; the power varies by a few per cent within it as well."""
    hover = hover_power_w(truth.drone) * rng.normal(1.0, truth.varies)
    power = np.where(flies, hover * rng.normal(1.0, 0.05, len(flies)), 5.0)
    used_wh = np.cumsum(power) * STEP_S / 3600.0
    share = 1.0 - used_wh / truth.drone.battery_wh * rng.normal(1.0, 0.01)
    rest = truth.full_v * (0.85 + 0.15 * share)
    amps = power / rest
    volts = rest - truth.ohm * amps
    return power / volts, volts, np.round(share, 2)


def small_battery(drone: Drone, minutes: float = 12.0) -> Drone:
    """The drone with a battery that a made flight draws a good part of."""
    return replace(drone, battery_wh=hover_power_w(drone) * minutes / 60.0)
