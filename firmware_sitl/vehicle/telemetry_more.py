"""Messages that are sent when asked for, and those that ArduCopter knows and has nothing to say in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, sin
from struct import pack
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.state import State

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


def modes_monitor(v: State) -> Any:
    """AVAILABLE_MODES_MONITOR: the modes never change."""
    del v
    return _Newer(MODES_MONITOR, "AVAILABLE_MODES_MONITOR", 30, bytes(1))


def attitude_quaternion(v: State) -> Any:
    """ATTITUDE_QUATERNION."""
    b = v.craft.body
    roll, pitch, yaw = (0.5 * angle for angle in b.euler())
    w = cos(roll) * cos(pitch) * cos(yaw) + sin(roll) * sin(pitch) * sin(yaw)
    x = sin(roll) * cos(pitch) * cos(yaw) - cos(roll) * sin(pitch) * sin(yaw)
    y = cos(roll) * sin(pitch) * cos(yaw) + sin(roll) * cos(pitch) * sin(yaw)
    z = cos(roll) * cos(pitch) * sin(yaw) - sin(roll) * sin(pitch) * cos(yaw)
    return mavlink.MAVLink_attitude_quaternion_message(v.boot_ms, w, x, y, z, 0.0, 0.0, b.yaw_rate)


def position_target_local(v: State) -> Any:
    """POSITION_TARGET_LOCAL_NED, in GUIDED only."""
    if v.mode is not v.guided:
        return None
    c = v.craft.control
    return mavlink.MAVLink_position_target_local_ned_message(
        v.boot_ms, 1, 0xDF8, c.north, c.east, -c.up, 0, 0, 0, 0, 0, 0, 0, 0
    )


def position_target_global(v: State) -> Any:
    """POSITION_TARGET_GLOBAL_INT: where a mode that flies to points is going."""
    if v.craft.landed or not v.mode.takes_speed:
        return None
    north, east, up = v.craft.navigation.destination
    lat, lon = v.craft.origin.globe(north, east)
    return mavlink.MAVLink_position_target_global_int_message(
        v.boot_ms, 0, 0xFFF8, round(lat * 1e7), round(lon * 1e7), v.craft.origin.altitude_m + up,
        0, 0, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def item_reached(v: State) -> Any:
    """MISSION_ITEM_REACHED: the last one."""
    return mavlink.MAVLink_mission_item_reached_message(v.last_reached)


def ahrs2(v: State) -> Any:
    """AHRS2: the second estimate, which is the first."""
    return mavlink.MAVLink_ahrs2_message(*v.craft.body.euler(), v.altitude_m, *v.lat_lon_e7())


def meminfo(v: State) -> Any:
    """MEMINFO: enough."""
    del v
    return mavlink.MAVLink_meminfo_message(0, 65535, 131072)


def ahrs(v: State) -> Any:
    """AHRS: no drift."""
    del v
    return mavlink.MAVLink_ahrs_message(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def hwstatus(v: State) -> Any:
    """HWSTATUS."""
    del v
    return mavlink.MAVLink_hwstatus_message(5000, 0)


def flight_information(v: State) -> Any:
    """FLIGHT_INFORMATION: when it was armed and took off, microseconds since power-on; else 0."""
    craft = v.craft
    armed_s = craft.t_s - craft.motors.armed_s if craft.motors.armed else 0.0
    flying_s = 0.0 if craft.landed else craft.took_off_s
    return mavlink.MAVLink_flight_information_message(
        v.boot_ms, round(armed_s * 1e6), round(flying_s * 1e6), 0
    )


MORE_BUILDERS: Mapping[int, Callable[[State], Any]] = {
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: attitude_quaternion,
    mavlink.MAVLINK_MSG_ID_MISSION_ITEM_REACHED: item_reached,
    mavlink.MAVLINK_MSG_ID_POSITION_TARGET_LOCAL_NED: position_target_local,
    mavlink.MAVLINK_MSG_ID_POSITION_TARGET_GLOBAL_INT: position_target_global,
    mavlink.MAVLINK_MSG_ID_MEMINFO: meminfo,
    mavlink.MAVLINK_MSG_ID_AHRS: ahrs,
    mavlink.MAVLINK_MSG_ID_HWSTATUS: hwstatus,
    mavlink.MAVLINK_MSG_ID_AHRS2: ahrs2,
    mavlink.MAVLINK_MSG_ID_FLIGHT_INFORMATION: flight_information,
    MODES_MONITOR: modes_monitor,
}
