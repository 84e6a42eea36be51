"""Messages that are sent when asked for, and those that ArduCopter knows and has nothing to say in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, sin
from typing import TYPE_CHECKING, Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import modes

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle

AVAILABLE_MODES, MODES_MONITOR = 435, 437
MODES_LISTED = (modes.AUTO_RTL, *sorted(modes.NAMES))
"""The modes that a client may choose from; ArduCopter too lists AUTO RTL first."""

SILENT = frozenset(
    {
        11, 22, 26, 35, 46, 66, 67, 76, 83, 100, 106, 108, 111, 116, 124, 127, 128, 129, 132, 133, 136, 137,
        143, 173, 178, 180, 191, 192, 194, 226, 234, 235, 246, 259, 260, 262, 263, 264, 269, 271, 280, 281,
        285, 286, 295, 376, 435, 9005, 11030,
    }
)  # fmt: skip
"""Messages that ArduCopter can be asked for, and that a vehicle without the device never sends."""


def u16(value: float) -> int:
    """A number in 16 bits without sign, at their ends where it is beyond."""
    return min(max(round(value), 0), 65535)


def i16(value: float) -> int:
    """A number in 16 bits with sign, at their ends where it is beyond."""
    return min(max(round(value), -32768), 32767)


def available_mode(index: int) -> Any:
    """AVAILABLE_MODES: the mode at a place, from 1."""
    number = MODES_LISTED[index - 1]
    name = "AUTO RTL" if number == modes.AUTO_RTL else modes.NAMES[number]
    return mavlink.MAVLink_available_modes_message(len(MODES_LISTED), index, 0, number, 0, name.encode())


def modes_monitor(v: Vehicle) -> Any:
    """AVAILABLE_MODES_MONITOR: the modes never change."""
    del v
    return mavlink.MAVLink_available_modes_monitor_message(0)


def attitude_quaternion(v: Vehicle) -> Any:
    """ATTITUDE_QUATERNION."""
    b = v.craft.body
    roll, pitch, yaw = (0.5 * angle for angle in b.euler())
    w = cos(roll) * cos(pitch) * cos(yaw) + sin(roll) * sin(pitch) * sin(yaw)
    x = sin(roll) * cos(pitch) * cos(yaw) - cos(roll) * sin(pitch) * sin(yaw)
    y = cos(roll) * sin(pitch) * cos(yaw) + sin(roll) * cos(pitch) * sin(yaw)
    z = cos(roll) * cos(pitch) * sin(yaw) - sin(roll) * sin(pitch) * cos(yaw)
    return mavlink.MAVLink_attitude_quaternion_message(v.boot_ms, w, x, y, z, 0.0, 0.0, b.yaw_rate)


def position_target_local(v: Vehicle) -> Any:
    """POSITION_TARGET_LOCAL_NED, in GUIDED only."""
    if v.mode is not v.guided:
        return None
    c = v.craft.control
    return mavlink.MAVLink_position_target_local_ned_message(
        v.boot_ms, 1, 0xDF8, c.north, c.east, -c.up, 0, 0, 0, 0, 0, 0, 0, 0
    )


def position_target_global(v: Vehicle) -> Any:
    """POSITION_TARGET_GLOBAL_INT: where a mode that flies to points is going."""
    if v.craft.landed or not v.mode.takes_speed:
        return None
    north, east, up = v.craft.navigation.destination
    lat, lon = v.craft.origin.globe(north, east)
    return mavlink.MAVLink_position_target_global_int_message(
        v.boot_ms, 0, 0xFFF8, round(lat * 1e7), round(lon * 1e7), v.craft.origin.altitude_m + up,
        0, 0, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def meminfo(v: Vehicle) -> Any:
    """MEMINFO: enough."""
    del v
    return mavlink.MAVLink_meminfo_message(0, 65535, 131072)


def ahrs(v: Vehicle) -> Any:
    """AHRS: no drift."""
    del v
    return mavlink.MAVLink_ahrs_message(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def hwstatus(v: Vehicle) -> Any:
    """HWSTATUS."""
    del v
    return mavlink.MAVLink_hwstatus_message(5000, 0)


MORE_BUILDERS: Mapping[int, Callable[[Vehicle], Any]] = {
    31: attitude_quaternion,
    85: position_target_local,
    87: position_target_global,
    152: meminfo,
    163: ahrs,
    165: hwstatus,
    437: modes_monitor,
}
