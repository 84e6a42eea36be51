"""Times and energy of a sortie: climb, out along the legs, on scene, straight back by the same legs, land.

Legs are ArduCopter's S-curves (`dfr.aircraft.scurve`) at the speed the wind leaves: the wanted ground
speed, or the one at which the tilt limit just balances the drag of the air (`dfr.aircraft.trim`).
Phases begin and end as in `dfr.track`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.energy import forward_power_w
from dfr.aircraft.scurve import leg_profile, time_to_cover
from dfr.aircraft.settings import FlightSettings, flight_settings
from dfr.aircraft.trim import air_density, airframe_of, airspeed_at_tilt
from dfr.geo import FloatArray
from dfr.track import CLIMBED_SHORT_OF_M, LIFTED_M, REACHED_M, TOUCHED_M
from dfr.world.wind import MeanWind

__all__ = ["FlightSettings", "Sortie", "Sorties", "flight_settings", "predict_path", "predict_paths"]

SLOWEST_GROUND_SPEED_MPS = 0.3
"""A leg flown slower than this is called unreachable: it would not end within a battery."""

TAKEOFF_END_S = 1.0
"""From 1 m short of the takeoff height until the first leg starts, s (measured on SITL)."""

FOLLOWING_LAG_S = 0.85
"""How long the vehicle comes after the moving target of a leg, s (measured on SITL)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sortie:
    """The predicted times (s) and energy (Wh) of one sortie; None where a phase cannot be flown.

    `limited_by` is "speed" where the wanted speed is held, "tilt" where the tilt limit sets it,
    "wind" where a leg cannot be flown at all.
    """

    climb_s: float | None
    out_s: float | None
    on_scene_s: float | None
    back_s: float | None
    land_s: float | None
    total_s: float | None
    energy_wh: float | None
    reachable: bool
    limited_by: str
    ground_speed_out_mps: float
    ground_speed_back_mps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorties:
    """Many sorties as columns, shape (n,); NaN where a phase cannot be flown. See `Sortie`."""

    climb_s: FloatArray
    out_s: FloatArray
    on_scene_s: FloatArray
    back_s: FloatArray
    land_s: FloatArray
    total_s: FloatArray
    energy_wh: FloatArray
    limited: FloatArray
    ground_speed_out_mps: FloatArray
    ground_speed_back_mps: FloatArray

    def __len__(self) -> int:
        return len(self.climb_s)

    def sortie(self, index: int) -> Sortie:
        """One of them."""
        reachable = bool(np.isfinite(self.total_s[index]))
        limits = ("speed", "tilt", "wind")
        return Sortie(
            climb_s=_maybe(self.climb_s[index]),
            out_s=_maybe(self.out_s[index]),
            on_scene_s=_maybe(self.on_scene_s[index]),
            back_s=_maybe(self.back_s[index]),
            land_s=_maybe(self.land_s[index]),
            total_s=_maybe(self.total_s[index]),
            energy_wh=_maybe(self.energy_wh[index]),
            reachable=reachable,
            limited_by=limits[int(self.limited[index])],
            ground_speed_out_mps=float(self.ground_speed_out_mps[index]),
            ground_speed_back_mps=float(self.ground_speed_back_mps[index]),
        )


def predict_path(
    lengths_m: Sequence[float],
    courses_deg: Sequence[float],
    *,
    height_m: float,
    on_scene_s: float,
    wind: MeanWind,
    drone: Drone,
    settings: FlightSettings,
    temperature_c: float = 15.0,
) -> Sortie:
    """The sortie out along legs (true courses, degrees) at a height above home, and back by the same legs."""
    east, north = wind.components_mps(height_m)
    return predict_paths(
        np.atleast_2d(np.asarray(lengths_m, dtype=float)),
        np.atleast_2d(np.asarray(courses_deg, dtype=float)),
        height_m=np.array([height_m]),
        on_scene_s=np.array([on_scene_s]),
        wind_east_mps=np.array([east]),
        wind_north_mps=np.array([north]),
        drone=drone,
        settings=settings,
        temperature_c=temperature_c,
    ).sortie(0)


def predict_paths(
    lengths_m: FloatArray,
    courses_deg: FloatArray,
    *,
    height_m: FloatArray,
    on_scene_s: FloatArray,
    wind_east_mps: FloatArray,
    wind_north_mps: FloatArray,
    drone: Drone,
    settings: FlightSettings,
    temperature_c: float = 15.0,
) -> Sorties:
    """Many sorties of one drone at once.

    `lengths_m` and `courses_deg` have shape (n, legs), shorter paths padded with legs of length 0; the
    rest broadcasts to (n,). The wind is the way the air moves at flight height
    (`MeanWind.components_mps`), so each path may have its own hour.
    """
    lengths, courses = np.atleast_2d(lengths_m), np.atleast_2d(courses_deg)
    count = lengths.shape[0]
    height = np.broadcast_to(np.asarray(height_m, dtype=float), (count,))
    scene = np.broadcast_to(np.asarray(on_scene_s, dtype=float), (count,))
    wind_e = np.broadcast_to(np.asarray(wind_east_mps, dtype=float), (count,))
    wind_n = np.broadcast_to(np.asarray(wind_north_mps, dtype=float), (count,))
    out = _legs(lengths, courses, height, wind_e, wind_n, drone, settings, settings.cruise_mps)
    back = _legs(
        lengths[:, ::-1],
        courses[:, ::-1] + 180.0,
        height,
        wind_e,
        wind_n,
        drone,
        settings,
        settings.effective_return_mps,
    )
    climb = _climb_s(height, settings)
    land = _land_s(height, settings)
    out_s = out.seconds + TAKEOFF_END_S
    total = climb + out_s + scene + back.seconds + settings.return_loiter_s + LANDING_START_S + land
    wind_speed = np.hypot(wind_e, wind_n)
    power = np.stack(
        [
            forward_power_w(drone, wind_speed, climb_mps=settings.climb_mps, temperature_c=temperature_c),
            forward_power_w(drone, out.airspeed_mps, temperature_c=temperature_c),
            forward_power_w(drone, wind_speed, temperature_c=temperature_c),
            forward_power_w(drone, back.airspeed_mps, temperature_c=temperature_c),
        ]
    )
    waiting = scene + settings.return_loiter_s + LANDING_START_S + land
    energy = power[0] * climb + power[1] * out_s + power[2] * waiting + power[3] * back.seconds
    unreachable = ~np.isfinite(total)
    limited = np.where(unreachable, 2.0, np.maximum(out.limited, back.limited))
    return Sorties(
        climb_s=climb,
        out_s=out_s,
        on_scene_s=scene.copy(),
        back_s=back.seconds,
        land_s=land,
        total_s=total,
        energy_wh=energy / 3600.0,
        limited=limited,
        ground_speed_out_mps=out.ground_speed_mps,
        ground_speed_back_mps=back.ground_speed_mps,
    )


LANDING_START_S = 6.8
"""From within 2 m of home until 1 m down, beside the waiting time, s (measured on SITL)."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One direction of many paths: seconds to within 2 m of its end, and how it is flown."""

    seconds: FloatArray
    ground_speed_mps: FloatArray
    airspeed_mps: FloatArray
    limited: FloatArray


def _legs(
    lengths: FloatArray,
    courses: FloatArray,
    height: FloatArray,
    wind_e: FloatArray,
    wind_n: FloatArray,
    drone: Drone,
    settings: FlightSettings,
    wanted_mps: float,
) -> _Way:
    course = np.radians(courses)
    along = wind_e[:, None] * np.sin(course) + wind_n[:, None] * np.cos(course)
    cross = wind_e[:, None] * np.cos(course) - wind_n[:, None] * np.sin(course)
    density = air_density(height)
    tilt = np.full(height.shape, math.radians(settings.lean_limit_deg))
    able = airspeed_at_tilt(airframe_of(drone), tilt, density)[:, None]
    forward = np.sqrt(np.maximum(able**2 - cross**2, 0.0)) + along
    forward = np.where(np.abs(cross) > able, -1.0, forward)
    speed = np.minimum(wanted_mps, forward)
    flyable = (speed >= SLOWEST_GROUND_SPEED_MPS) | (lengths <= 0.0)
    profile = leg_profile(
        np.maximum(lengths, 1e-3),
        speed_mps=np.maximum(speed, SLOWEST_GROUND_SPEED_MPS),
        accel_mps2=settings.accel_mps2,
        jerk_mps3=settings.path_jerk_mps3,
        snap_mps4=settings.path_snap_mps4,
    )
    whole = np.where(lengths > 0.0, profile.total_s, 0.0)
    to_end = np.where(lengths > 0.0, time_to_cover(profile, np.maximum(lengths - REACHED_M, 0.0)), 0.0)
    last = np.maximum(lengths.shape[1] - 1 - np.argmax(lengths[:, ::-1] > 0.0, axis=1), 0)
    rows = np.arange(lengths.shape[0])
    seconds = whole.sum(axis=1) - whole[rows, last] + to_end[rows, last] + FOLLOWING_LAG_S
    share = lengths / np.maximum(lengths.sum(axis=1, keepdims=True), 1e-9)
    air = np.hypot(speed - along, cross)
    slowed = (speed < wanted_mps - 1e-6) & (lengths > 0.0)
    return _Way(
        seconds=np.where(flyable.all(axis=1), seconds, np.nan),
        ground_speed_mps=np.where(flyable.all(axis=1), (share * speed).sum(axis=1), 0.0),
        airspeed_mps=(share * air).sum(axis=1),
        limited=slowed.any(axis=1).astype(float),
    )


def _climb_s(height: FloatArray, settings: FlightSettings) -> FloatArray:
    """Seconds from lift to 1 m short of the takeoff height."""
    climb, accel = settings.climb_mps, settings.vertical_accel_mps2
    way = np.maximum(height - CLIMBED_SHORT_OF_M - LIFTED_M, 0.0)
    return np.asarray(way / climb + 0.5 * climb / accel + 0.05)


def _land_s(height: FloatArray, settings: FlightSettings) -> FloatArray:
    """Seconds from 1 m below the return height to touchdown."""
    high, low = settings.effective_land_high_mps, settings.land_low_mps
    knee = settings.land_low_height_m + (high - low)
    top = height - CLIMBED_SHORT_OF_M
    fast = np.maximum(top - knee, 0.0) / high
    slow = np.minimum(top, settings.land_low_height_m) - TOUCHED_M
    return np.asarray(fast + math.log(high / low) + slow / low + 0.5)


def _maybe(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
