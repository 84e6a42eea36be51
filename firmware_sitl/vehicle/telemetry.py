"""The vehicle's state as MAVLink messages, and which data stream each belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atan2, degrees, hypot, nan, pi
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.parameters import BUILT_IN_HASH
from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.parameters import Parameter, Parameters
from firmware_sitl.vehicle.state import VERSIONS, State
from firmware_sitl.vehicle.telemetry_requested import REQUESTED_BUILDERS, always_same, i16, u16

NO_MISSION, MISSION_PAUSED = 1, 4
MULTICOPTER = 3
"""MAV_VTOL_STATE_MC, which ArduCopter gives."""

UNKNOWN_STRENGTH = 255

FLOWN_BY_ITSELF = (
    mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED
    | mavlink.MAV_MODE_FLAG_STABILIZE_ENABLED
    | mavlink.MAV_MODE_FLAG_MANUAL_INPUT_ENABLED
)
MAVLINK_VERSION = 3

CAPABILITIES = (
    mavlink.MAV_PROTOCOL_CAPABILITY_MISSION_FLOAT
    | mavlink.MAV_PROTOCOL_CAPABILITY_PARAM_FLOAT
    | mavlink.MAV_PROTOCOL_CAPABILITY_MISSION_INT
    | mavlink.MAV_PROTOCOL_CAPABILITY_COMMAND_INT
    | mavlink.MAV_PROTOCOL_CAPABILITY_FTP
    | mavlink.MAV_PROTOCOL_CAPABILITY_SET_POSITION_TARGET_LOCAL_NED
    | mavlink.MAV_PROTOCOL_CAPABILITY_SET_POSITION_TARGET_GLOBAL_INT
    | mavlink.MAV_PROTOCOL_CAPABILITY_FLIGHT_TERMINATION
    | mavlink.MAV_PROTOCOL_CAPABILITY_COMPASS_CALIBRATION
    | mavlink.MAV_PROTOCOL_CAPABILITY_MAVLINK2
    | mavlink.MAV_PROTOCOL_CAPABILITY_MISSION_FENCE
    | mavlink.MAV_PROTOCOL_CAPABILITY_MISSION_RALLY
)

UNLISTED = 65535

Builder = Callable[[State], Any]

GPS = mavlink.MAV_SYS_STATUS_SENSOR_GPS
POSITION = mavlink.MAV_SYS_STATUS_SENSOR_XY_POSITION_CONTROL
FENCE = mavlink.MAV_SYS_STATUS_GEOFENCE
RECEIVER = mavlink.MAV_SYS_STATUS_SENSOR_RC_RECEIVER
PREARM = mavlink.MAV_SYS_STATUS_PREARM_CHECK
ALWAYS_HEALTHY = (
    mavlink.MAV_SYS_STATUS_SENSOR_3D_GYRO
    | mavlink.MAV_SYS_STATUS_SENSOR_3D_ACCEL
    | mavlink.MAV_SYS_STATUS_SENSOR_3D_MAG
    | mavlink.MAV_SYS_STATUS_SENSOR_ABSOLUTE_PRESSURE
    | mavlink.MAV_SYS_STATUS_SENSOR_ANGULAR_RATE_CONTROL
    | mavlink.MAV_SYS_STATUS_SENSOR_ATTITUDE_STABILIZATION
    | mavlink.MAV_SYS_STATUS_SENSOR_YAW_POSITION
    | mavlink.MAV_SYS_STATUS_SENSOR_Z_ALTITUDE_CONTROL
    | mavlink.MAV_SYS_STATUS_SENSOR_MOTOR_OUTPUTS
    | mavlink.MAV_SYS_STATUS_AHRS
    | mavlink.MAV_SYS_STATUS_SENSOR_BATTERY
)
PRESENT = ALWAYS_HEALTHY | GPS | POSITION | FENCE | RECEIVER | PREARM


def heartbeat(v: State) -> Any:
    """HEARTBEAT: a quadrotor flown by ArduPilot's protocol."""
    testing = v.motor_test.running or v.calibrations.motors is not None
    armed, number = v.aircraft.motors.armed or testing, v.mode.shown
    base = FLOWN_BY_ITSELF
    if v.mode.needs_position or number == modes.LAND:
        base |= mavlink.MAV_MODE_FLAG_GUIDED_ENABLED
    if armed:
        base |= mavlink.MAV_MODE_FLAG_SAFETY_ARMED
    status = mavlink.MAV_STATE_STANDBY if v.aircraft.landed else mavlink.MAV_STATE_ACTIVE
    if v.failsafes.any and armed:
        status = mavlink.MAV_STATE_CRITICAL
    return mavlink.MAVLink_heartbeat_message(
        mavlink.MAV_TYPE_QUADROTOR, mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA, base, number, status, MAVLINK_VERSION
    )


def system_time(v: State) -> Any:
    """SYSTEM_TIME."""
    return mavlink.MAVLink_system_time_message(v.unix_us, v.boot_ms)


def sys_status(v: State) -> Any:
    """SYS_STATUS, with the pre-arm bit."""
    health = ALWAYS_HEALTHY
    if v.estimator.fix_type >= 3:
        health |= GPS
    if v.estimator.position_ok:
        health |= POSITION
    if not v.fence.breached:
        health |= FENCE
    if not v.parameters["SIM_RC_FAIL"]:
        health |= RECEIVER
    if v.prearm_ok:
        health |= PREARM
    enabled = PRESENT
    if not v.fence.enabled:
        enabled &= ~FENCE
    if not v.aircraft.motors.armed:
        enabled &= ~mavlink.MAV_SYS_STATUS_SENSOR_MOTOR_OUTPUTS
    battery = v.aircraft.battery
    return mavlink.MAVLink_sys_status_message(
        PRESENT, enabled, health, 100, u16(battery.volt * 1000), i16(battery.amperes * 100),
        round(100 * battery.left_share), 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def global_position_int(v: State) -> Any:
    """GLOBAL_POSITION_INT."""
    body = v.aircraft.body
    lat, lon = v.lat_lon_e7()
    return mavlink.MAVLink_global_position_int_message(
        v.boot_ms, lat, lon, round(v.altitude_m * 1000), round(v.aircraft.height_m * 1000),
        i16(body.v_north * 100), i16(body.v_east * 100), i16(-body.v_up * 100), v.heading_cdeg,
    )  # fmt: skip


def local_position_ned(v: State) -> Any:
    """LOCAL_POSITION_NED."""
    b = v.aircraft.body
    return mavlink.MAVLink_local_position_ned_message(
        v.boot_ms, b.north, b.east, -b.up, b.v_north, b.v_east, -b.v_up
    )


def attitude(v: State) -> Any:
    """ATTITUDE."""
    b = v.aircraft.body
    return mavlink.MAVLink_attitude_message(v.boot_ms, *b.euler_angles(), 0.0, 0.0, b.yaw_rate)


def vfr_hud(v: State) -> Any:
    """VFR_HUD."""
    b, wind = v.aircraft.body, v.aircraft.air.wind
    air = hypot(b.v_north - wind[0], b.v_east - wind[1])
    return mavlink.MAVLink_vfr_hud_message(
        air, hypot(b.v_north, b.v_east), v.heading_cdeg // 100, round(100 * b.throttle), v.altitude_m, b.v_up
    )


def gps_raw_int(v: State) -> Any:
    """GPS_RAW_INT."""
    b, lat_lon = v.aircraft.body, v.lat_lon_e7()
    course = round(degrees(atan2(b.v_east, b.v_north) % (2 * pi)) * 100) % 36000
    fix = v.estimator.fix_type
    lat, lon = lat_lon if fix >= 3 else (0, 0)
    return mavlink.MAVLink_gps_raw_int_message(
        v.boot_ms * 1000, fix, lat, lon, round(v.altitude_m * 1000), 121 if fix >= 3 else 9999,
        200 if fix >= 3 else 9999, u16(hypot(b.v_north, b.v_east) * 100), course, v.estimator.satellites,
        round(v.altitude_m * 1000), 300, 300, 40, 0, 0,
    )  # fmt: skip


def battery_status(v: State) -> Any:
    """BATTERY_STATUS."""
    battery = v.aircraft.battery
    volts = [u16(battery.volt * 1000)] + [65535] * 9
    state = 3 if v.failsafes.battery_critical else 2 if v.failsafes.battery_low else 1
    return mavlink.MAVLink_battery_status_message(
        0, 0, 0, 32767, volts, i16(battery.amperes * 100), round(battery.used_mah),
        round(battery.used_wh * 36), round(100 * battery.left_share), 0, state, [0, 0, 0, 0], 0, 0,
    )  # fmt: skip


def ekf_status_report(v: State) -> Any:
    """EKF_STATUS_REPORT."""
    ratio = v.estimator.variance
    return mavlink.MAVLink_ekf_status_report_message(v.estimator.flags, ratio, ratio, 0.05, 0.05, 0.0, 0.0)


def home_position(v: State) -> Any:
    """HOME_POSITION, or None before home is set."""
    if not v.home_set:
        return None
    aircraft = v.aircraft
    lat, lon = aircraft.origin.to_global(aircraft.home[0], aircraft.home[1])
    altitude = round((aircraft.origin.altitude_m + aircraft.home[2]) * 1000)
    return mavlink.MAVLink_home_position_message(
        round(lat * 1e7), round(lon * 1e7), altitude, aircraft.home[0], aircraft.home[1], -aircraft.home[2],
        [nan, nan, nan, nan], 0.0, 0.0, 0.0, v.boot_ms * 1000,
    )  # fmt: skip


def gps_global_origin(v: State) -> Any:
    """GPS_GLOBAL_ORIGIN, or None before it is set."""
    if not v.home_set:
        return None
    o = v.aircraft.origin
    return mavlink.MAVLink_gps_global_origin_message(
        round(o.lat_deg * 1e7), round(o.lon_deg * 1e7), round(o.altitude_m * 1000), v.boot_ms * 1000
    )


def mission_current(v: State, seq: int | None = None) -> Any:
    """MISSION_CURRENT: the item being flown."""
    total = max(v.mission.count_items() - 1, 0)
    state = v.auto.state if total else NO_MISSION
    if v.mode is v.auto and v.aircraft.navigation.paused:
        state = MISSION_PAUSED
    shown = v.auto.current if seq is None else seq
    return mavlink.MAVLink_mission_current_message(shown, total, state, 1 if v.mode is v.auto else 0)


def extended_sys_state(v: State) -> Any:
    """EXTENDED_SYS_STATE: on the ground, taking off, in the air, landing."""
    if v.aircraft.landed:
        state = 1
    elif v.mode.landing:
        state = 4
    else:
        state = 3 if v.mode.taking_off else 2
    return mavlink.MAVLink_extended_sys_state_message(MULTICOPTER, state)


def wind(v: State) -> Any:
    """WIND: where from, how fast. True wind, not an estimate."""
    w = v.aircraft.air.wind
    speed = hypot(w[0], w[1])
    from_deg = degrees(atan2(-w[1], -w[0])) if speed > 0.0 else 0.0
    return mavlink.MAVLink_wind_message(from_deg, speed, -w[2])


def nav_controller_output(v: State) -> Any:
    """NAV_CONTROLLER_OUTPUT."""
    aircraft = v.aircraft
    off_n = aircraft.navigation.destination[0] - aircraft.body.north
    off_e = aircraft.navigation.destination[1] - aircraft.body.east
    bearing = round(degrees(atan2(off_e, off_n)))
    roll, pitch, yaw = aircraft.body.euler_angles()
    return mavlink.MAVLink_nav_controller_output_message(
        degrees(roll), degrees(pitch), round(degrees(yaw)), bearing,
        u16(hypot(off_n, off_e)), aircraft.control.up - aircraft.body.up, 0.0, 0.0,
    )  # fmt: skip


def rc_channels(v: State) -> Any:
    """RC_CHANNELS: sticks and switches, zero where the receiver has failed; of unknown strength.

    The count is the transmitter's, as on ArduPilot: an override of another channel adds none.
    """
    found = v.aircraft.sticks.channels if v.aircraft.sticks.heard else []
    sticks = [*found, *[0] * (18 - len(found))]
    return mavlink.MAVLink_rc_channels_message(v.boot_ms, 8, *sticks, UNKNOWN_STRENGTH)


def servo_output_raw(v: State) -> Any:
    """SERVO_OUTPUT_RAW: four motors."""
    pulse = 1000 if not v.aircraft.motors.armed else round(1000 + 1000 * min(v.aircraft.body.throttle, 1.0))
    return mavlink.MAVLink_servo_output_raw_message(
        (v.boot_ms * 1000) & 0xFFFFFFFF, 0, pulse, pulse, pulse, pulse, *[0] * 12
    )


def fence_status(v: State) -> Any:
    """FENCE_STATUS, or None where no fence is watched."""
    if not v.fence.enabled:
        return None
    breached = v.fence.breached
    kind = 2 if breached & 1 else 3 if breached & 6 else 1 if breached & 8 else 0
    return mavlink.MAVLink_fence_status_message(
        1 if breached else 0, v.fence.breach_count & 0xFFFF, kind, round(v.fence.breach_t_s * 1000), 0
    )


def vibration(v: State) -> Any:
    """VIBRATION: none."""
    return mavlink.MAVLink_vibration_message(v.boot_ms * 1000, 0.0, 0.0, 0.0, 0, 0, 0)


def simstate(v: State) -> Any:
    """SIMSTATE: the simulation's own truth."""
    b = v.aircraft.body
    lat, lon = (round(degree * 1e7) for degree in v.aircraft.origin.to_global(*v.aircraft.truth))
    return mavlink.MAVLink_simstate_message(
        *b.euler_angles(), *b.specific_force(), 0.0, 0.0, b.yaw_rate, lat, lon
    )


def _firmware_version(v: State) -> int:
    """The version whose parameters and protocol the vehicle speaks, marked as official."""
    major, minor, patch = VERSIONS[v.generation]
    return major << 24 | minor << 16 | patch << 8 | 255


def autopilot_version(v: State) -> Any:
    """AUTOPILOT_VERSION: the protocol's version; the hash says whose it is; nothing else has one."""
    none = [0] * len(BUILT_IN_HASH)
    return mavlink.MAVLink_autopilot_version_message(
        CAPABILITIES,
        _firmware_version(v),
        0,
        0,
        0,
        list(BUILT_IN_HASH),
        none,
        none,
        0,
        0,
        v.system_id,
        [0] * 18,
    )


def param_value(parameters: Parameters, parameter: Parameter, *, listed: bool = True) -> Any:
    """PARAM_VALUE; by its place in the list, or (as ArduPilot answers for a name) without one."""
    index = parameter.index if listed else UNLISTED
    return mavlink.MAVLink_param_value_message(
        parameter.name.encode(), parameter.value, parameter.type, len(parameters), index
    )


BUILDERS: Mapping[int, Builder] = {
    mavlink.MAVLINK_MSG_ID_HEARTBEAT: heartbeat,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: sys_status,
    mavlink.MAVLINK_MSG_ID_SYSTEM_TIME: system_time,
    mavlink.MAVLINK_MSG_ID_GPS_RAW_INT: gps_raw_int,
    mavlink.MAVLINK_MSG_ID_ATTITUDE: attitude,
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED: local_position_ned,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: global_position_int,
    mavlink.MAVLINK_MSG_ID_SERVO_OUTPUT_RAW: servo_output_raw,
    mavlink.MAVLINK_MSG_ID_MISSION_CURRENT: mission_current,
    mavlink.MAVLINK_MSG_ID_GPS_GLOBAL_ORIGIN: gps_global_origin,
    mavlink.MAVLINK_MSG_ID_NAV_CONTROLLER_OUTPUT: nav_controller_output,
    mavlink.MAVLINK_MSG_ID_RC_CHANNELS: rc_channels,
    mavlink.MAVLINK_MSG_ID_VFR_HUD: vfr_hud,
    mavlink.MAVLINK_MSG_ID_POWER_STATUS: always_same(mavlink.MAVLink_power_status_message(5000, 0, 0)),
    mavlink.MAVLINK_MSG_ID_BATTERY_STATUS: battery_status,
    mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION: autopilot_version,
    mavlink.MAVLINK_MSG_ID_FENCE_STATUS: fence_status,
    mavlink.MAVLINK_MSG_ID_SIMSTATE: simstate,
    mavlink.MAVLINK_MSG_ID_WIND: wind,
    mavlink.MAVLINK_MSG_ID_EKF_STATUS_REPORT: ekf_status_report,
    mavlink.MAVLINK_MSG_ID_VIBRATION: vibration,
    mavlink.MAVLINK_MSG_ID_MAG_CAL_PROGRESS: lambda v: v.calibrations.compass_progress(),
    mavlink.MAVLINK_MSG_ID_HOME_POSITION: home_position,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: extended_sys_state,
    **REQUESTED_BUILDERS,
}
"""Message id to what builds it: a message, several, or None where there is nothing to tell yet."""

STREAMS: Mapping[int, tuple[str, tuple[int, ...]]] = {
    mavlink.MAV_DATA_STREAM_RAW_SENSORS: (
        "RAW_SENS",
        (
            mavlink.MAVLINK_MSG_ID_RAW_IMU,
            mavlink.MAVLINK_MSG_ID_SCALED_PRESSURE,
        ),
    ),
    mavlink.MAV_DATA_STREAM_EXTENDED_STATUS: (
        "EXT_STAT",
        (
            mavlink.MAVLINK_MSG_ID_SYS_STATUS,
            mavlink.MAVLINK_MSG_ID_POWER_STATUS,
            mavlink.MAVLINK_MSG_ID_MEMINFO,
            mavlink.MAVLINK_MSG_ID_NAV_CONTROLLER_OUTPUT,
            mavlink.MAVLINK_MSG_ID_MISSION_CURRENT,
            mavlink.MAVLINK_MSG_ID_GPS_RAW_INT,
            mavlink.MAVLINK_MSG_ID_FENCE_STATUS,
            mavlink.MAVLINK_MSG_ID_POSITION_TARGET_GLOBAL_INT,
        ),
    ),
    mavlink.MAV_DATA_STREAM_RC_CHANNELS: (
        "RC_CHAN",
        (
            mavlink.MAVLINK_MSG_ID_SERVO_OUTPUT_RAW,
            mavlink.MAVLINK_MSG_ID_RC_CHANNELS,
        ),
    ),
    mavlink.MAV_DATA_STREAM_POSITION: (
        "POSITION",
        (
            mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT,
            mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED,
        ),
    ),
    mavlink.MAV_DATA_STREAM_EXTRA1: (
        "EXTRA1",
        (
            mavlink.MAVLINK_MSG_ID_ATTITUDE,
            mavlink.MAVLINK_MSG_ID_SIMSTATE,
            mavlink.MAVLINK_MSG_ID_AHRS,
        ),
    ),
    mavlink.MAV_DATA_STREAM_EXTRA2: ("EXTRA2", (mavlink.MAVLINK_MSG_ID_VFR_HUD,)),
    mavlink.MAV_DATA_STREAM_EXTRA3: (
        "EXTRA3",
        (
            mavlink.MAVLINK_MSG_ID_SYSTEM_TIME,
            mavlink.MAVLINK_MSG_ID_HWSTATUS,
            mavlink.MAVLINK_MSG_ID_WIND,
            mavlink.MAVLINK_MSG_ID_BATTERY_STATUS,
            mavlink.MAVLINK_MSG_ID_EKF_STATUS_REPORT,
            mavlink.MAVLINK_MSG_ID_VIBRATION,
            mavlink.MAVLINK_MSG_ID_MAG_CAL_PROGRESS,
        ),
    ),
}
"""Data stream: its parameter's ending and its messages."""
