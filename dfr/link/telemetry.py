"""From MAVLink messages to `VehicleState`: one small function per message."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.geo import Position
from dfr.link.framing import Message
from dfr.link.vehicle import VehicleState
from dfr.mission.wire import DEGREE_INT

REBOOT_BACKSTEP_S = 1.0
"""The vehicle's clock going back by more than this means that it restarted."""

UINT16_UNKNOWN = 65535
FIX_3D = 3

Changes = dict[str, Any]


def update_state(state: VehicleState, message: Message) -> VehicleState:
    """The state after a message; the same object where it changes nothing."""
    reader = READERS.get(message.get_type())
    if reader is None:
        return state
    changes = reader(message)
    if "armed" in changes:
        changes["armed_t_s"] = state.t_s
    if "mission_seq" in changes:
        changes["mission_seq_t_s"] = state.t_s
    boot_ms = getattr(message, "time_boot_ms", None)
    if boot_ms is not None:
        changes |= _read_clock(state, boot_ms / 1000.0)
    return replace(state, **changes)


def _read_clock(state: VehicleState, t_s: float) -> Changes:
    """The vehicle's time; a little backstep is a late message, a large one a reboot."""
    if state.t_s is None or t_s >= state.t_s:
        return {"t_s": t_s}
    if t_s < state.t_s - REBOOT_BACKSTEP_S:
        return {"t_s": t_s, "reboots": state.reboots + 1}
    return {}


def _read_heartbeat(message: Message) -> Changes:
    armed = bool(message.base_mode & dialect.MAV_MODE_FLAG_SAFETY_ARMED)
    return {"armed": armed, "mode": message.custom_mode}


def _read_position(message: Message) -> Changes:
    if message.lat == 0 and message.lon == 0:
        return {}
    return {
        "position": Position(lat_deg=message.lat / DEGREE_INT, lon_deg=message.lon / DEGREE_INT),
        "height_m_home": message.relative_alt / 1000.0,
        "height_m_amsl": message.alt / 1000.0,
        "north_mps": message.vx / 100.0,
        "east_mps": message.vy / 100.0,
        "climb_mps": -message.vz / 100.0,
    }


def _read_attitude(message: Message) -> Changes:
    return {"roll_rad": message.roll, "pitch_rad": message.pitch}


def _read_hud(message: Message) -> Changes:
    return {"throttle": message.throttle / 100.0}


def _read_landed(message: Message) -> Changes:
    return {"landed": message.landed_state}


def _read_mission(message: Message) -> Changes:
    total = getattr(message, "total", 0)
    known = total not in (0, UINT16_UNKNOWN)
    return {"mission_seq": message.seq} | ({"mission_total": total} if known else {})


def _read_home(message: Message) -> Changes:
    place = Position(lat_deg=message.latitude / DEGREE_INT, lon_deg=message.longitude / DEGREE_INT)
    return {"home": place, "home_m_amsl": message.altitude / 1000.0}


def _read_system(message: Message) -> Changes:
    changes: Changes = {
        "sensors_enabled": message.onboard_control_sensors_enabled,
        "sensors_healthy": message.onboard_control_sensors_health,
    }
    if message.voltage_battery not in (0, UINT16_UNKNOWN):
        changes["battery_volt"] = message.voltage_battery / 1000.0
    if message.current_battery >= 0:
        changes["battery_amp"] = message.current_battery / 100.0
    if message.battery_remaining >= 0:
        changes["battery_remaining"] = message.battery_remaining / 100.0
    return changes


def _read_battery(message: Message) -> Changes:
    if message.id != 0 or message.current_consumed < 0:
        return {}
    return {"battery_used_mah": float(message.current_consumed)}


def _read_ekf(message: Message) -> Changes:
    return {"ekf_flags": message.flags}


def _read_gps(message: Message) -> Changes:
    changes: Changes = {"gps_fix": message.fix_type, "satellites": message.satellites_visible}
    above, accuracy = getattr(message, "alt_ellipsoid", 0), getattr(message, "h_acc", 0)
    if message.fix_type >= FIX_3D:
        changes["gps_geoid_m"] = (above - message.alt) / 1000.0 if above not in (0, message.alt) else None
        changes["gps_horizontal_m"] = accuracy / 1000.0 if accuracy else None
        changes["gps_vertical_m"] = message.v_acc / 1000.0 if accuracy and message.v_acc else None
    return changes


def _read_remote_id(message: Message) -> Changes:
    if message.status == dialect.MAV_ODID_ARM_STATUS_GOOD_TO_ARM:
        return {"remote_id": ""}
    words = message.error if isinstance(message.error, str) else bytes(message.error).decode(errors="replace")
    return {"remote_id": words.rstrip("\0 ") or "not fit to arm"}


def _read_wind(message: Message) -> Changes:
    return {"wind_mps": message.speed} if math.isfinite(message.speed) else {}


def _read_time(_message: Message) -> Changes:
    return {}


READERS: dict[str, Callable[[Message], Changes]] = {
    "HEARTBEAT": _read_heartbeat,
    "SYSTEM_TIME": _read_time,
    "GLOBAL_POSITION_INT": _read_position,
    "ATTITUDE": _read_attitude,
    "VFR_HUD": _read_hud,
    "EXTENDED_SYS_STATE": _read_landed,
    "MISSION_CURRENT": _read_mission,
    "HOME_POSITION": _read_home,
    "SYS_STATUS": _read_system,
    "BATTERY_STATUS": _read_battery,
    "EKF_STATUS_REPORT": _read_ekf,
    "GPS_RAW_INT": _read_gps,
    "OPEN_DRONE_ID_ARM_STATUS": _read_remote_id,
    "WIND": _read_wind,
}
