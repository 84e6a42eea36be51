"""How ArduCopter is told to fly: its navigation parameters as SI values, in both naming generations.

Up to 4.6 the parameters are in centimetres, centidegrees and milliseconds (WPNAV_SPEED 1000); from 4.7
on they are in metres, degrees and seconds under new names (WP_SPD 10). Defaults are ArduCopter's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from dfr.ardupilot.parameters import spell_both
from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.units import GRAVITY_MPS2

if TYPE_CHECKING:  # a simulated vehicle starts in three quarters of the time without
    from dfr.aircraft.catalogue import Drone

YAW_HELD, YAW_NEXT, YAW_NEXT_BUT_RETURN, YAW_AHEAD = 0.0, 1.0, 2.0, 3.0
"""WP_YAW_BEHAVIOR: the nose stays, points to the next waypoint (but on a return), or along the flight."""


SIM_DRIFT_RADPS2, SIM_DRIFT_TIME_S = math.radians(0.05) / 60.0, 300.0
"""How SITL's gyros drift, and for how long before they drift back: its defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightSettings:
    """ArduCopter's navigation settings, SI; defaults are those of the reference flights.

    A `return_mps` or `land_high_mps` of 0 means the cruise or descent speed, as on the vehicle; a
    `corner_accel_mps2` of 0 twice the horizontal acceleration; an `angle_accel_radps2` of 0 no limit;
    `position_tilt_limit_deg` 0 the tilt limit. `yaw_behavior` is WP_YAW_BEHAVIOR; the gyro's drift, how fast
    and how long until it turns round, is SITL's.
    """

    cruise_mps: float = 10.0
    accel_mps2: float = 2.5
    jerk_mps3: float = 1.0
    corner_accel_mps2: float = 0.0
    waypoint_radius_m: float = 2.0
    climb_mps: float = 2.5
    descent_mps: float = 1.5
    vertical_accel_mps2: float = 1.0
    tilt_limit_deg: float = 30.0
    position_tilt_limit_deg: float = 0.0
    input_tc_s: float = 0.15
    angle_accel_radps2: float = 19.1986
    angle_rate_radps: float = 0.0
    position_p: float = 1.0
    velocity_p: float = 2.0
    velocity_i: float = 1.0
    velocity_d: float = 0.5
    shaping_jerk_mps3: float = 5.0
    vertical_shaping_jerk_mps3: float = 5.0
    return_mps: float = 0.0
    return_height_m: float | None = None
    return_loiter_s: float = 5.0
    return_cone_slope: float = 3.0
    return_climb_min_m: float = 0.0
    land_high_mps: float = 0.0
    land_low_mps: float = 0.5
    land_low_height_m: float = 10.0
    spool_s: float = 0.5
    yaw_behavior: float = YAW_NEXT_BUT_RETURN
    gyro_drift_radps2: float = SIM_DRIFT_RADPS2
    gyro_drift_time_s: float = SIM_DRIFT_TIME_S

    @property
    def lean_limit_deg(self) -> float:
        """The tilt the position controller may ask for."""
        own = self.position_tilt_limit_deg
        return min(own, self.tilt_limit_deg) if own > 0.0 else self.tilt_limit_deg

    @property
    def path_jerk_mps3(self) -> float:
        """Largest jerk of a leg: the parameter, or what the attitude rates allow if less."""
        rate = self.angle_rate_radps * GRAVITY_MPS2
        return min(self.jerk_mps3, rate) if rate > 0.0 else self.jerk_mps3

    @property
    def path_snap_mps4(self) -> float:
        """Largest change of jerk of a leg: half of what the attitude can follow (AC_WPNav)."""
        # In single precision as on board: `dfr.aircraft.sitl_effects` needs its last bits.
        snap = self.path_jerk_mps3 * math.pi / (2.0 * float(np.float32(max(self.input_tc_s, 0.1))))
        able = self.angle_accel_radps2 * GRAVITY_MPS2
        return 0.5 * (min(snap, able) if able > 0.0 else snap)

    @property
    def effective_corner_accel_mps2(self) -> float:
        """Largest acceleration in a corner."""
        return self.corner_accel_mps2 if self.corner_accel_mps2 > 0.0 else 2.0 * self.accel_mps2

    @property
    def effective_return_mps(self) -> float:
        """Speed of the return."""
        return self.return_mps if self.return_mps > 0.0 else self.cruise_mps

    @property
    def asked_return_height_m(self) -> float:
        """Height a return climbs to; 0 where none is asked for."""
        return self.return_height_m or 0.0

    @property
    def effective_land_high_mps(self) -> float:
        """Descent speed above the low height."""
        return self.land_high_mps if self.land_high_mps > 0.0 else self.descent_mps

    @classmethod
    def from_params(
        cls, params: Mapping[str, float], *, base: FlightSettings | None = None
    ) -> FlightSettings:
        """The settings of ArduPilot parameters of either generation, over a base.

        Parameters that do not bear on flight are passed over. Raises InputError where a value is no
        finite number or below zero, or where both generations of one parameter stand together and differ.

        >>> FlightSettings.from_params({"WPNAV_SPEED": 1500}).cruise_mps
        15.0
        >>> FlightSettings.from_params({"WP_SPD": 15}).cruise_mps
        15.0
        """
        values: dict[str, float] = {}
        for name, raw in params.items():
            known = PARAMETERS.get(name)
            if known is None:
                continue
            field, scale = known
            value = _read_value(field, name, _read_number(name, raw) * scale)
            if field in values and not math.isclose(values[field], value, rel_tol=1e-6):
                raise InputError(
                    f"{name}: contradicts the same parameter's other name", do="give one of them"
                )
            values[field] = value
        return replace(base or cls(), **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingColumns:
    """The settings of many flights as columns, shape (n,). The names are those of `FlightSettings`."""

    cruise_mps: FloatArray
    accel_mps2: FloatArray
    path_jerk_mps3: FloatArray
    path_snap_mps4: FloatArray
    effective_corner_accel_mps2: FloatArray
    waypoint_radius_m: FloatArray
    climb_mps: FloatArray
    vertical_accel_mps2: FloatArray
    lean_limit_deg: FloatArray
    input_tc_s: FloatArray
    vertical_shaping_jerk_mps3: FloatArray
    effective_return_mps: FloatArray
    asked_return_height_m: FloatArray
    return_cone_slope: FloatArray
    return_climb_min_m: FloatArray
    return_loiter_s: FloatArray
    effective_land_high_mps: FloatArray
    land_low_mps: FloatArray
    land_low_height_m: FloatArray
    yaw_behavior: FloatArray
    gyro_drift_radps2: FloatArray
    gyro_drift_time_s: FloatArray

    @classmethod
    def from_settings(cls, settings: FlightSettings | Sequence[FlightSettings], count: int) -> SettingColumns:
        """One flight's settings for all, or a sequence with one each."""
        if isinstance(settings, FlightSettings):
            return cls(**{name: np.full(count, getattr(settings, name)) for name in _field_names(cls)})
        unique = {id(one): one for one in settings}
        rows = {key: row for row, key in enumerate(unique)}
        index = np.array([rows[id(one)] for one in settings])
        values = {
            name: np.array([getattr(one, name) for one in unique.values()]) for name in _field_names(cls)
        }
        return cls(**values).rows(index)

    def rows(self, index: np.ndarray) -> SettingColumns:
        """The settings of some flights, in the order of an index."""
        return SettingColumns(**{name: getattr(self, name)[index] for name in _field_names(SettingColumns)})


def _field_names(kind: type) -> list[str]:
    return [item.name for item in fields(kind)]


_CENTI = 0.01
_CDEG_RAD = math.radians(0.01)

_FIELDS: dict[str, tuple[str, float]] = {
    "WPNAV_SPEED": ("cruise_mps", _CENTI),
    "WPNAV_ACCEL": ("accel_mps2", _CENTI),
    "WPNAV_JERK": ("jerk_mps3", 1.0),
    "WPNAV_ACCEL_C": ("corner_accel_mps2", _CENTI),
    "WPNAV_RADIUS": ("waypoint_radius_m", _CENTI),
    "WPNAV_SPEED_UP": ("climb_mps", _CENTI),
    "WPNAV_SPEED_DN": ("descent_mps", _CENTI),
    "WPNAV_ACCEL_Z": ("vertical_accel_mps2", _CENTI),
    "ANGLE_MAX": ("tilt_limit_deg", _CENTI),
    "PSC_ANGLE_MAX": ("position_tilt_limit_deg", 1.0),
    "ATC_INPUT_TC": ("input_tc_s", 1.0),
    "ATC_ACCEL_R_MAX": ("angle_accel_radps2", _CDEG_RAD),
    "ATC_RATE_R_MAX": ("angle_rate_radps", math.radians(1.0)),
    "PSC_POSXY_P": ("position_p", 1.0),
    "PSC_VELXY_P": ("velocity_p", 1.0),
    "PSC_VELXY_I": ("velocity_i", 1.0),
    "PSC_VELXY_D": ("velocity_d", 1.0),
    "PSC_JERK_XY": ("shaping_jerk_mps3", 1.0),
    "PSC_JERK_Z": ("vertical_shaping_jerk_mps3", 1.0),
    "RTL_SPEED": ("return_mps", _CENTI),
    "RTL_ALT": ("return_height_m", _CENTI),
    "RTL_LOIT_TIME": ("return_loiter_s", 0.001),
    "RTL_CONE_SLOPE": ("return_cone_slope", 1.0),
    "RTL_CLIMB_MIN": ("return_climb_min_m", _CENTI),
    "LAND_SPEED_HIGH": ("land_high_mps", _CENTI),
    "LAND_SPEED": ("land_low_mps", _CENTI),
    "LAND_ALT_LOW": ("land_low_height_m", _CENTI),
    "MOT_SPOOL_TIME": ("spool_s", 1.0),
    "WP_YAW_BEHAVIOR": ("yaw_behavior", 1.0),
    "SIM_DRIFT_SPEED": ("gyro_drift_radps2", math.radians(1.0) / 60.0),
    "SIM_DRIFT_TIME": ("gyro_drift_time_s", 60.0),
}
"""The names up to 4.6 of the parameters that bear on flight -> (field, factor to SI)."""

PARAMETERS: dict[str, tuple[str, float]] = {
    spelling.name: (field, scale / spelling.factor)
    for name, (field, scale) in _FIELDS.items()
    for spelling in spell_both(name)
}
"""ArduPilot parameter, by the name of either generation -> (field, factor to SI)."""


LEAST: dict[str, float] = {
    "climb_mps": 0.05,
    "descent_mps": 0.05,
    "vertical_accel_mps2": 0.05,
    "land_low_mps": 0.05,
    "tilt_limit_deg": 1.0,
    "position_p": 0.01,
    "velocity_p": 0.01,
    "shaping_jerk_mps3": 0.1,
    "vertical_shaping_jerk_mps3": 0.1,
}
"""What lies below cannot be flown with."""

MOST_OF_ANY = 1e5
"""No parameter is larger in SI units."""

MOST: dict[str, float] = {
    "tilt_limit_deg": 80.0,
    "position_tilt_limit_deg": 80.0,
    "input_tc_s": 10.0,
    "vertical_accel_mps2": 50.0,
}
"""ANGLE_MAX's own bound, an attitude slower than any, and ten times WPNAV_ACCEL_Z's largest."""

SHORTEST_INPUT_TC_S = 0.01
"""AC_AttitudeControl shapes no faster, whatever ATC_INPUT_TC says."""

SLOWEST_CRUISE_MPS = 0.2
"""AC_WPNav flies no slower (WPNAV_WP_SPEED_MIN)."""

ACCEL_OF_ZERO_MPS2, JERK_OF_ZERO_MPS3 = 2.5, 250.0
"""What AC_WPNav takes for an acceleration or a jerk of 0."""


def _read_value(field: str, name: str, value: float) -> float:
    """A parameter as the vehicle takes it. Raises InputError where nothing could fly with it."""
    least, most = LEAST.get(field, 0.0), MOST.get(field, MOST_OF_ANY)
    if not least <= value <= most:
        what = f"{value:g} is below {least:g}" if value < least else f"{value:g} is over {most:g}"
        raise InputError(f"{name}: {what} (SI)", do="give a value ArduCopter can fly with")
    if field == "cruise_mps":
        return max(value, SLOWEST_CRUISE_MPS)
    if field == "input_tc_s":
        return max(value, SHORTEST_INPUT_TC_S)
    if value == 0.0 and field in {"accel_mps2", "jerk_mps3"}:
        return ACCEL_OF_ZERO_MPS2 if field == "accel_mps2" else JERK_OF_ZERO_MPS3
    return value


def flight_settings(drone: Drone, *, cruise_mps: float | None = None) -> FlightSettings:
    """The settings a drone flies a dispatch with: ArduCopter's, within the airframe's own limits."""
    fastest = drone.max_speed_mps
    return FlightSettings(
        cruise_mps=fastest if cruise_mps is None else cruise_mps,
        climb_mps=drone.climb_mps,
        descent_mps=drone.descent_mps,
        accel_mps2=drone.accel_mps2,
        land_low_mps=drone.land_mps,
        tilt_limit_deg=drone.tilt_limit_deg,
        gyro_drift_radps2=math.radians(drone.gyro_drift_degps2),
    )


def _read_number(name: str, raw: float) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw) or raw < 0.0:
        raise InputError(f"{name}: {raw!r} is not a number of zero or more", do="correct the parameter")
    return float(raw)
