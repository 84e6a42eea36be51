"""MAVLink commands, frames, lists and answers by name: ArduPilot's numbers, each written once.

`Command` and `Frame` say what a mission item or a command is; `CommandResult`, `MissionResult` and
`MissionType` are the answers and the lists of the command and mission protocols. Names and numbers are those
of pymavlink's dialects, without their prefix; a test holds them equal. They are written out here, because
pymavlink itself takes a tenth of a second to import and the planner does not need the rest of it.
"""

from __future__ import annotations

from enum import IntEnum


class Command(IntEnum):
    """MAV_CMD: what ArduCopter stores in a mission, a fence or a rally list, or does when it is commanded."""

    NAV_WAYPOINT = 16
    NAV_LOITER_UNLIM = 17
    NAV_LOITER_TURNS = 18
    NAV_LOITER_TIME = 19
    NAV_RETURN_TO_LAUNCH = 20
    NAV_LAND = 21
    NAV_TAKEOFF = 22
    NAV_CONTINUE_AND_CHANGE_ALT = 30
    NAV_LOITER_TO_ALT = 31
    DO_FOLLOW = 32
    NAV_SPLINE_WAYPOINT = 82
    NAV_ALTITUDE_WAIT = 83
    NAV_VTOL_TAKEOFF = 84
    NAV_VTOL_LAND = 85
    NAV_GUIDED_ENABLE = 92
    NAV_DELAY = 93
    NAV_PAYLOAD_PLACE = 94
    CONDITION_DELAY = 112
    CONDITION_DISTANCE = 114
    CONDITION_YAW = 115
    DO_SET_MODE = 176
    DO_JUMP = 177
    DO_CHANGE_SPEED = 178
    DO_SET_HOME = 179
    DO_SET_RELAY = 181
    DO_REPEAT_RELAY = 182
    DO_SET_SERVO = 183
    DO_REPEAT_SERVO = 184
    DO_FLIGHTTERMINATION = 185
    DO_RETURN_PATH_START = 188
    DO_LAND_START = 189
    DO_GO_AROUND = 191
    DO_REPOSITION = 192
    DO_PAUSE_CONTINUE = 193
    DO_SET_REVERSE = 194
    DO_SET_ROI_LOCATION = 195
    DO_SET_ROI_NONE = 197
    DO_SET_ROI_SYSID = 198
    DO_SET_ROI = 201
    DO_DIGICAM_CONFIGURE = 202
    DO_DIGICAM_CONTROL = 203
    DO_MOUNT_CONFIGURE = 204
    DO_MOUNT_CONTROL = 205
    DO_SET_CAM_TRIGG_DIST = 206
    DO_FENCE_ENABLE = 207
    DO_PARACHUTE = 208
    DO_MOTOR_TEST = 209
    DO_INVERTED_FLIGHT = 210
    DO_GRIPPER = 211
    DO_AUTOTUNE_ENABLE = 212
    NAV_SET_YAW_SPEED = 213
    DO_SET_RESUME_REPEAT_DIST = 215
    DO_SPRAYER = 216
    DO_SEND_SCRIPT_MESSAGE = 217
    DO_AUX_FUNCTION = 218
    DO_GUIDED_LIMITS = 222
    DO_ENGINE_CONTROL = 223
    DO_SET_MISSION_CURRENT = 224
    PREFLIGHT_CALIBRATION = 241
    PREFLIGHT_STORAGE = 245
    PREFLIGHT_REBOOT_SHUTDOWN = 246
    MISSION_START = 300
    COMPONENT_ARM_DISARM = 400
    RUN_PREARM_CHECKS = 401
    GET_HOME_POSITION = 410
    START_RX_PAIR = 500
    GET_MESSAGE_INTERVAL = 510
    SET_MESSAGE_INTERVAL = 511
    REQUEST_MESSAGE = 512
    REQUEST_AUTOPILOT_CAPABILITIES = 520
    SET_CAMERA_ZOOM = 531
    SET_CAMERA_FOCUS = 532
    SET_CAMERA_SOURCE = 534
    JUMP_TAG = 600
    DO_JUMP_TAG = 601
    DO_SET_GLOBAL_ORIGIN = 611
    DO_GIMBAL_MANAGER_PITCHYAW = 1000
    DO_GIMBAL_MANAGER_CONFIGURE = 1001
    IMAGE_START_CAPTURE = 2000
    IMAGE_STOP_CAPTURE = 2001
    CAMERA_TRACK_POINT = 2004
    CAMERA_TRACK_RECTANGLE = 2005
    CAMERA_STOP_TRACKING = 2010
    VIDEO_START_CAPTURE = 2500
    VIDEO_STOP_CAPTURE = 2501
    AIRFRAME_CONFIGURATION = 2520
    CONTROL_HIGH_LATENCY = 2600
    DO_VTOL_TRANSITION = 3000
    NAV_FENCE_RETURN_POINT = 5000
    NAV_FENCE_POLYGON_VERTEX_INCLUSION = 5001
    NAV_FENCE_POLYGON_VERTEX_EXCLUSION = 5002
    NAV_FENCE_CIRCLE_INCLUSION = 5003
    NAV_FENCE_CIRCLE_EXCLUSION = 5004
    NAV_RALLY_POINT = 5100
    DO_SET_SAFETY_SWITCH_STATE = 5300
    DO_ADSB_OUT_IDENT = 10001
    CAN_FORWARD = 32000
    SOLO_BTN_FLY_CLICK = 42001
    SOLO_BTN_FLY_HOLD = 42002
    SOLO_BTN_PAUSE_CLICK = 42003
    FIXED_MAG_CAL_YAW = 42006
    SET_EKF_SOURCE_SET = 42007
    DO_START_MAG_CAL = 42424
    DO_ACCEPT_MAG_CAL = 42425
    DO_CANCEL_MAG_CAL = 42426
    DO_SEND_BANNER = 42428
    ACCELCAL_VEHICLE_POS = 42429
    DO_WINCH = 42600
    BATTERY_RESET = 42651
    DEBUG_TRAP = 42700
    SCRIPTING = 42701
    NAV_SCRIPT_TIME = 42702
    NAV_ATTITUDE_TIME = 42703
    EXTERNAL_POSITION_ESTIMATE = 43003
    EXTERNAL_WIND_ESTIMATE = 43004


class Frame(IntEnum):
    """MAV_FRAME: what the altitude of a place is counted from."""

    GLOBAL = 0
    """Above mean sea level."""

    MISSION = 2
    """No place at all; ArduCopter stores a place in it as above mean sea level."""

    GLOBAL_RELATIVE_ALT = 3
    """Above home."""

    GLOBAL_INT = 5
    GLOBAL_RELATIVE_ALT_INT = 6
    GLOBAL_TERRAIN_ALT = 10
    """Above the ground beneath."""

    GLOBAL_TERRAIN_ALT_INT = 11


ABSOLUTE_FRAMES = frozenset({Frame.GLOBAL, Frame.MISSION, Frame.GLOBAL_INT})
RELATIVE_FRAMES = frozenset({Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_RELATIVE_ALT_INT})
TERRAIN_FRAMES = frozenset({Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT})


class MissionType(IntEnum):
    """MAV_MISSION_TYPE: the three lists of the mission protocol."""

    MISSION = 0
    FENCE = 1
    RALLY = 2

    @property
    def label(self) -> str:
        """The list's name for messages."""
        return self.name.lower()


class MissionResult(IntEnum):
    """MAV_MISSION_RESULT: how a vehicle answers an item or a list that it was sent."""

    ACCEPTED = 0
    ERROR = 1
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID = 5
    INVALID_PARAM1 = 6
    INVALID_PARAM2 = 7
    INVALID_PARAM3 = 8
    INVALID_PARAM4 = 9
    INVALID_PARAM5_X = 10
    INVALID_PARAM6_Y = 11
    INVALID_PARAM7 = 12
    INVALID_SEQUENCE = 13
    DENIED = 14
    OPERATION_CANCELLED = 15


class CommandResult(IntEnum):
    """MAV_RESULT: how a vehicle answers a command."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4
    IN_PROGRESS = 5


_COMMANDS = frozenset(map(int, Command))


def command_name(number: int) -> str:
    """The MAV_CMD name of a number, or the number itself.

    >>> command_name(16)
    'NAV_WAYPOINT'
    >>> command_name(99)
    'command 99'
    """
    return Command(number).name if number in _COMMANDS else f"command {number}"
