"""What the sensors read, free of errors, as MAVLink messages: accelerometers, gyros, compass, barometer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, sin
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.state import State

MG_PER_MPS2 = 1000.0 / 9.80665
TEMPERATURE_C = 25.0
FIELD_LEVEL_MGAUSS, FIELD_DOWN_MGAUSS = 200.0, 444.0
"""The earth's field as ArduCopter's SITL has it in the south of England, without declination."""

ALL_UPDATED = 0x1FFF


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
    yaw = v.craft.body.yaw
    return FIELD_LEVEL_MGAUSS * cos(yaw), -FIELD_LEVEL_MGAUSS * sin(yaw), FIELD_DOWN_MGAUSS


def _inertial(v: State) -> list[int]:
    """Acceleration in thousandths of g, rates in thousandths of a radian a second, field in milligauss."""
    felt = [i16(each * MG_PER_MPS2) for each in v.craft.body.felt()]
    return [*felt, 0, 0, i16(v.craft.body.yaw_rate * 1000), *(i16(each) for each in _field_mgauss(v))]


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
    b, pressure = v.craft.body, pressure_hpa(v.altitude_m)
    field = [1000.0 * each for each in _field_mgauss(v)]
    above = pressure - pressure_hpa(v.craft.origin.altitude_m)
    return mavlink.MAVLink_highres_imu_message(
        v.boot_ms * 1000, *b.felt(), 0.0, 0.0, b.yaw_rate, *field,
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


SENSOR_BUILDERS: Mapping[int, Callable[[State], Any]] = {
    mavlink.MAVLINK_MSG_ID_SCALED_IMU: scaled_imu,
    mavlink.MAVLINK_MSG_ID_RAW_IMU: raw_imu,
    mavlink.MAVLINK_MSG_ID_SCALED_PRESSURE: scaled_pressure,
    mavlink.MAVLINK_MSG_ID_HIGHRES_IMU: highres_imu,
    mavlink.MAVLINK_MSG_ID_SCALED_IMU2: scaled_imu2,
    mavlink.MAVLINK_MSG_ID_SCALED_PRESSURE2: scaled_pressure2,
}
