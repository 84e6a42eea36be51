"""Sensor readings, and the messages that are sent when a client asks for them.

`SILENT` are those that ArduCopter knows and never sends without the device that they describe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, sin
from struct import pack
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.units import GRAVITY_MPS2
from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.guided import STILL
from firmware_sitl.vehicle.state import State

TARGET_BITS, NO_YAW = (0b111, 0b111 << 3, 0b111 << 6), 0b11 << 10
"""POSITION_TARGET_TYPEMASK: what says that there is no point, velocity or acceleration; and no heading."""

AVAILABLE_MODES, MODES_MONITOR = 435, 437
MODES_LISTED = (modes.AUTO_RTL, *sorted(modes.NAMES))
"""The modes that a client may choose from; ArduCopter too lists AUTO RTL first."""

SILENT = frozenset(
    {
        mavlink.MAVLINK_MSG_ID_PARAM_VALUE,
        mavlink.MAVLINK_MSG_ID_RC_CHANNELS_RAW,
        mavlink.MAVLINK_MSG_ID_ATTITUDE_TARGET,
        mavlink.MAVLINK_MSG_ID_OPTICAL_FLOW,
        mavlink.MAVLINK_MSG_ID_SIM_STATE,
        mavlink.MAVLINK_MSG_ID_GPS2_RAW,
        mavlink.MAVLINK_MSG_ID_GPS_RTK,
        mavlink.MAVLINK_MSG_ID_GPS2_RTK,
        mavlink.MAVLINK_MSG_ID_SCALED_IMU3,
        mavlink.MAVLINK_MSG_ID_DISTANCE_SENSOR,
        mavlink.MAVLINK_MSG_ID_TERRAIN_REQUEST,
        mavlink.MAVLINK_MSG_ID_TERRAIN_REPORT,
        mavlink.MAVLINK_MSG_ID_SCALED_PRESSURE3,
        mavlink.MAVLINK_MSG_ID_RANGEFINDER,
        mavlink.MAVLINK_MSG_ID_CAMERA_FEEDBACK,
        mavlink.MAVLINK_MSG_ID_MAG_CAL_PROGRESS,
        mavlink.MAVLINK_MSG_ID_MAG_CAL_REPORT,
        mavlink.MAVLINK_MSG_ID_PID_TUNING,
        mavlink.MAVLINK_MSG_ID_EFI_STATUS,
        mavlink.MAVLINK_MSG_ID_RPM,
        mavlink.MAVLINK_MSG_ID_HIGH_LATENCY2,
        mavlink.MAVLINK_MSG_ID_ADSB_VEHICLE,
        mavlink.MAVLINK_MSG_ID_CAMERA_INFORMATION,
        mavlink.MAVLINK_MSG_ID_CAMERA_SETTINGS,
        mavlink.MAVLINK_MSG_ID_CAMERA_CAPTURE_STATUS,
        mavlink.MAVLINK_MSG_ID_VIDEO_STREAM_INFORMATION,
        mavlink.MAVLINK_MSG_ID_CAMERA_FOV_STATUS,
        mavlink.MAVLINK_MSG_ID_CAMERA_THERMAL_RANGE,
        mavlink.MAVLINK_MSG_ID_GIMBAL_MANAGER_INFORMATION,
        mavlink.MAVLINK_MSG_ID_GIMBAL_MANAGER_STATUS,
        mavlink.MAVLINK_MSG_ID_GIMBAL_DEVICE_ATTITUDE_STATUS,
        mavlink.MAVLINK_MSG_ID_AUTOPILOT_STATE_FOR_GIMBAL_DEVICE,
        mavlink.MAVLINK_MSG_ID_AIRSPEED,
        mavlink.MAVLINK_MSG_ID_AIS_VESSEL,
        mavlink.MAVLINK_MSG_ID_GENERATOR_STATUS,
        mavlink.MAVLINK_MSG_ID_RELAY_STATUS,
        AVAILABLE_MODES,
        mavlink.MAVLINK_MSG_ID_WINCH_STATUS,
        mavlink.MAVLINK_MSG_ID_UAVIONIX_ADSB_OUT_STATUS,
        mavlink.MAVLINK_MSG_ID_ESC_TELEMETRY_1_TO_4,
    }
)
"""Messages that ArduCopter can be asked for, and that a vehicle without the device never sends."""

MG_PER_MPS2 = 1000.0 / GRAVITY_MPS2
TEMPERATURE_C = 25.0
FIELD_LEVEL_MGAUSS, FIELD_DOWN_MGAUSS = 200.0, 444.0
"""The earth's field as ArduCopter's SITL has it in the south of England, without declination."""

ALL_UPDATED = 0x1FFF


def always_same(message: Any) -> Callable[[State], Any]:
    """What builds a message that is always the same."""
    return lambda _state: message


class _Newer(mavlink.MAVLink_message):  # type: ignore[misc]
    """A message that pymavlink's dialect does not know yet: its number, its checksum's seed and its bytes."""

    def __init__(self, number: int, name: str, seed: int, payload: bytes) -> None:
        super().__init__(number, name)
        self._seed, self._bytes = seed, payload

    def pack(self, mav: Any, force_mavlink1: bool = False) -> Any:
        """The frame."""
        return self._pack(mav, self._seed, self._bytes, force_mavlink1=force_mavlink1)


def available_mode(index: int) -> Any:
    """AVAILABLE_MODES: the mode at a place, from 1."""
    number = MODES_LISTED[index - 1]
    name = "AUTO RTL" if number == modes.AUTO_RTL else modes.NAMES[number]
    payload = pack("<IIBBB35s", number, 0, len(MODES_LISTED), index, 0, name.encode())
    return _Newer(AVAILABLE_MODES, "AVAILABLE_MODES", 134, payload)


def attitude_quaternion(v: State) -> Any:
    """ATTITUDE_QUATERNION."""
    b = v.aircraft.body
    roll, pitch, yaw = (0.5 * angle for angle in b.euler_angles())
    w = cos(roll) * cos(pitch) * cos(yaw) + sin(roll) * sin(pitch) * sin(yaw)
    x = sin(roll) * cos(pitch) * cos(yaw) - cos(roll) * sin(pitch) * sin(yaw)
    y = cos(roll) * sin(pitch) * cos(yaw) + sin(roll) * cos(pitch) * sin(yaw)
    z = cos(roll) * cos(pitch) * sin(yaw) - sin(roll) * sin(pitch) * cos(yaw)
    return mavlink.MAVLink_attitude_quaternion_message(v.boot_ms, w, x, y, z, 0.0, 0.0, b.yaw_rate)


def position_target_local(v: State) -> Any:
    """POSITION_TARGET_LOCAL_NED: what GUIDED was told to fly to, in that mode only."""
    if v.mode is not v.guided:
        return None
    told = v.guided.told
    mask = NO_YAW | sum(bits for bits, part in zip(TARGET_BITS, told, strict=True) if part is None)
    values = [value for north, east, up in (part or STILL for part in told) for value in (north, east, -up)]
    return mavlink.MAVLink_position_target_local_ned_message(v.boot_ms, 1, mask, *values, 0, 0)


def position_target_global(v: State) -> Any:
    """POSITION_TARGET_GLOBAL_INT: where a mode that flies to points is going."""
    if v.aircraft.landed or not v.mode.takes_speed:
        return None
    north, east, up = v.aircraft.navigation.destination
    lat, lon = v.aircraft.origin.to_global(north, east)
    return mavlink.MAVLink_position_target_global_int_message(
        v.boot_ms, 0, 0xFFF8, round(lat * 1e7), round(lon * 1e7), v.aircraft.origin.altitude_m + up,
        0, 0, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def item_reached(v: State) -> Any:
    """MISSION_ITEM_REACHED: the last one."""
    return mavlink.MAVLink_mission_item_reached_message(v.last_reached)


def ahrs2(v: State) -> Any:
    """AHRS2: the second estimate, which is the first."""
    return mavlink.MAVLink_ahrs2_message(*v.aircraft.body.euler_angles(), v.altitude_m, *v.lat_lon_e7())


def flight_information(v: State) -> Any:
    """FLIGHT_INFORMATION: when it was armed and took off, microseconds since power-on; else 0."""
    aircraft = v.aircraft
    armed_s = aircraft.t_s - aircraft.motors.armed_s if aircraft.motors.armed else 0.0
    flying_s = 0.0 if aircraft.landed else aircraft.took_off_s
    return mavlink.MAVLink_flight_information_message(
        v.boot_ms, round(armed_s * 1e6), round(flying_s * 1e6), 0
    )


def u16(value: float) -> int:
    """A number in 16 bits without sign, at their ends where it is beyond."""
    return min(max(round(value), 0), 65535)


def i16(value: float) -> int:
    """A number in 16 bits with sign, at their ends where it is beyond."""
    return min(max(round(value), -32768), 32767)


def pressure_hpa(altitude_m: float) -> float:
    """Pressure of the standard atmosphere so far above mean sea level."""
    return float(1013.25 * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588)


def _field_mgauss(v: State) -> tuple[float, float, float]:
    yaw = v.aircraft.body.yaw
    return FIELD_LEVEL_MGAUSS * cos(yaw), -FIELD_LEVEL_MGAUSS * sin(yaw), FIELD_DOWN_MGAUSS


def _inertial(v: State) -> list[int]:
    """Acceleration in thousandths of g, rates in thousandths of a radian a second, field in milligauss."""
    felt = [i16(each * MG_PER_MPS2) for each in v.aircraft.body.specific_force()]
    return [*felt, 0, 0, i16(v.aircraft.body.yaw_rate * 1000), *(i16(each) for each in _field_mgauss(v))]


def raw_imu(v: State) -> Any:
    """RAW_IMU."""
    return mavlink.MAVLink_raw_imu_message(v.boot_ms * 1000, *_inertial(v), 0, round(TEMPERATURE_C * 100))


def scaled_imu(v: State) -> Any:
    """SCALED_IMU."""
    return mavlink.MAVLink_scaled_imu_message(v.boot_ms, *_inertial(v), round(TEMPERATURE_C * 100))


def scaled_imu2(v: State) -> Any:
    """SCALED_IMU2: what the first one feels."""
    return mavlink.MAVLink_scaled_imu2_message(v.boot_ms, *_inertial(v), round(TEMPERATURE_C * 100))


def highres_imu(v: State) -> Any:
    """HIGHRES_IMU; the field is a thousand times its milligauss, which is what ArduCopter sends there."""
    b, pressure = v.aircraft.body, pressure_hpa(v.altitude_m)
    field = [1000.0 * each for each in _field_mgauss(v)]
    above = pressure - pressure_hpa(v.aircraft.origin.altitude_m)
    return mavlink.MAVLink_highres_imu_message(
        v.boot_ms * 1000, *b.specific_force(), 0.0, 0.0, b.yaw_rate, *field,
        pressure, above, v.altitude_m, TEMPERATURE_C, ALL_UPDATED,
    )  # fmt: skip


def scaled_pressure(v: State) -> Any:
    """SCALED_PRESSURE."""
    return mavlink.MAVLink_scaled_pressure_message(
        v.boot_ms, pressure_hpa(v.altitude_m), 0.0, round(TEMPERATURE_C * 100), 0
    )


def scaled_pressure2(v: State) -> Any:
    """SCALED_PRESSURE2: what the first one reads."""
    return mavlink.MAVLink_scaled_pressure2_message(
        v.boot_ms, pressure_hpa(v.altitude_m), 0.0, round(TEMPERATURE_C * 100), 0
    )


REQUESTED_BUILDERS: Mapping[int, Callable[[State], Any]] = {
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: attitude_quaternion,
    mavlink.MAVLINK_MSG_ID_MISSION_ITEM_REACHED: item_reached,
    mavlink.MAVLINK_MSG_ID_POSITION_TARGET_LOCAL_NED: position_target_local,
    mavlink.MAVLINK_MSG_ID_POSITION_TARGET_GLOBAL_INT: position_target_global,
    mavlink.MAVLINK_MSG_ID_MEMINFO: always_same(mavlink.MAVLink_meminfo_message(0, 65535, 131072)),
    mavlink.MAVLINK_MSG_ID_AHRS: always_same(mavlink.MAVLink_ahrs_message(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    mavlink.MAVLINK_MSG_ID_HWSTATUS: always_same(mavlink.MAVLink_hwstatus_message(5000, 0)),
    mavlink.MAVLINK_MSG_ID_AHRS2: ahrs2,
    mavlink.MAVLINK_MSG_ID_FLIGHT_INFORMATION: flight_information,
    MODES_MONITOR: always_same(_Newer(MODES_MONITOR, "AVAILABLE_MODES_MONITOR", 30, bytes(1))),
    mavlink.MAVLINK_MSG_ID_SCALED_IMU: scaled_imu,
    mavlink.MAVLINK_MSG_ID_RAW_IMU: raw_imu,
    mavlink.MAVLINK_MSG_ID_SCALED_PRESSURE: scaled_pressure,
    mavlink.MAVLINK_MSG_ID_HIGHRES_IMU: highres_imu,
    mavlink.MAVLINK_MSG_ID_SCALED_IMU2: scaled_imu2,
    mavlink.MAVLINK_MSG_ID_SCALED_PRESSURE2: scaled_pressure2,
}
