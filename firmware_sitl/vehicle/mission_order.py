"""The order in which a mission's items are flown: jumps, tags and waits; ArduCopter's names of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle.item_lists import MissionList

MOST_JUMPS = 100
FOREVER = -1
JUMPS = (Command.DO_JUMP, Command.DO_JUMP_TAG)
TAKEOFFS = (Command.NAV_TAKEOFF, Command.NAV_VTOL_TAKEOFF)

LAST_NAVIGATION = 95
"""MAV_CMD_NAV_LAST."""

MORE_NAVIGATION = (Command.NAV_SET_YAW_SPEED, Command.NAV_SCRIPT_TIME, Command.NAV_ATTITUDE_TIME)

NAMES: Mapping[int, str] = {
    Command.NAV_WAYPOINT: "WP",
    Command.NAV_LOITER_UNLIM: "LoitUnlim",
    Command.NAV_LOITER_TURNS: "LoitTurns",
    Command.NAV_LOITER_TIME: "LoitTime",
    Command.NAV_RETURN_TO_LAUNCH: "RTL",
    Command.NAV_LAND: "Land",
    Command.NAV_TAKEOFF: "Takeoff",
    Command.NAV_CONTINUE_AND_CHANGE_ALT: "ContinueAndChangeAlt",
    Command.NAV_LOITER_TO_ALT: "LoitAltitude",
    Command.NAV_SPLINE_WAYPOINT: "SplineWP",
    Command.NAV_ALTITUDE_WAIT: "AltitudeWait",
    Command.NAV_VTOL_TAKEOFF: "VTOLTakeoff",
    Command.NAV_VTOL_LAND: "VTOLLand",
    Command.NAV_GUIDED_ENABLE: "GuidedEnable",
    Command.NAV_DELAY: "Delay",
    Command.NAV_PAYLOAD_PLACE: "PayloadPlace",
    Command.CONDITION_DELAY: "CondDelay",
    Command.CONDITION_DISTANCE: "CondDist",
    Command.CONDITION_YAW: "CondYaw",
    Command.DO_JUMP: "Jump",
    Command.DO_CHANGE_SPEED: "ChangeSpeed",
    Command.DO_SET_HOME: "SetHome",
    Command.DO_SET_RELAY: "SetRelay",
    Command.DO_REPEAT_RELAY: "RepeatRelay",
    Command.DO_SET_SERVO: "SetServo",
    Command.DO_REPEAT_SERVO: "RepeatServo",
    Command.DO_RETURN_PATH_START: "ReturnPathStart",
    Command.DO_LAND_START: "LandStart",
    Command.DO_GO_AROUND: "Go Around",
    Command.DO_PAUSE_CONTINUE: "PauseContinue",
    Command.DO_SET_REVERSE: "SetReverse",
    Command.DO_SET_ROI_LOCATION: "SetROILocation",
    Command.DO_SET_ROI_NONE: "SetROINone",
    Command.DO_SET_ROI: "SetROI",
    Command.DO_DIGICAM_CONFIGURE: "DigiCamCfg",
    Command.DO_DIGICAM_CONTROL: "DigiCamCtrl",
    Command.DO_MOUNT_CONTROL: "MountControl",
    Command.DO_SET_CAM_TRIGG_DIST: "SetCamTrigDst",
    Command.DO_FENCE_ENABLE: "FenceEnable",
    Command.DO_PARACHUTE: "Parachute",
    Command.DO_INVERTED_FLIGHT: "InvertedFlight",
    Command.DO_GRIPPER: "Gripper",
    Command.DO_AUTOTUNE_ENABLE: "AutoTuneEnable",
    Command.NAV_SET_YAW_SPEED: "SetYawSpd",
    Command.DO_SET_RESUME_REPEAT_DIST: "SetRepeatDist",
    Command.DO_SPRAYER: "Sprayer",
    Command.DO_SEND_SCRIPT_MESSAGE: "Scripting",
    Command.DO_AUX_FUNCTION: "AuxFunction",
    Command.DO_GUIDED_LIMITS: "GuidedLimits",
    Command.DO_ENGINE_CONTROL: "EngineControl",
    Command.SET_CAMERA_ZOOM: "SetCameraZoom",
    Command.SET_CAMERA_FOCUS: "SetCameraFocus",
    Command.SET_CAMERA_SOURCE: "SetCameraSource",
    Command.JUMP_TAG: "Tag",
    Command.DO_JUMP_TAG: "JumpToTag",
    Command.DO_GIMBAL_MANAGER_PITCHYAW: "GimbalPitchYaw",
    Command.IMAGE_START_CAPTURE: "ImageStartCapture",
    Command.IMAGE_STOP_CAPTURE: "ImageStopCapture",
    Command.VIDEO_START_CAPTURE: "VideoStartCapture",
    Command.VIDEO_STOP_CAPTURE: "VideoStopCapture",
    Command.DO_VTOL_TRANSITION: "VTOLTransition",
    Command.DO_WINCH: "Winch",
    Command.NAV_SCRIPT_TIME: "NavScriptTime",
    Command.NAV_ATTITUDE_TIME: "NavAttitudeTime",
}
"""What ArduCopter calls a command in its texts, when it starts it."""


UNSTARTED = frozenset(
    {Command.NAV_CONTINUE_AND_CHANGE_ALT, Command.NAV_ALTITUDE_WAIT, Command.NAV_SET_YAW_SPEED}
)
"""Navigation commands that ArduCopter stores, and passes over when it comes to them."""

WAITS = (Command.NAV_DELAY, Command.NAV_GUIDED_ENABLE, Command.NAV_SCRIPT_TIME, Command.NAV_ATTITUDE_TIME)
DAY_S, HOUR_S, MINUTE_S = 86400.0, 3600.0, 60.0


class MissionOrder:
    """The order of a mission's items, and how often each jump has been taken."""

    def __init__(self, plan: MissionList, say: Callable[[int, str], None]) -> None:
        self.plan = plan
        self._say = say
        self._taken: dict[int, int] = {}

    def forget_jumps(self) -> None:
        """Count all jumps anew."""
        self._taken = {}

    def command_at(self, seq: int) -> int:
        """The command at a place; 0 where there is none."""
        item = self.plan.read_item(seq)
        return item.command if item else 0

    def places_of(self, command: int) -> list[int]:
        """Places of a command in the mission."""
        return [seq for seq in range(1, self.plan.count_items()) if self.command_at(seq) == command]

    def place_of_tag(self, tag: int) -> int | None:
        """The place of a tag."""
        for seq in self.places_of(Command.JUMP_TAG):
            item = self.plan.read_item(seq)
            if item is not None and int(item.params[0]) == tag:
                return seq
        return None

    def is_takeoff_next(self, seq: int) -> bool:
        """Whether the next thing flown from a place on, delays aside, is a takeoff."""
        following = self.first_navigation(seq)
        while following is not None and self.command_at(following) == Command.NAV_DELAY:
            following = self.first_navigation(following + 1)
        return following is not None and self.command_at(following) in TAKEOFFS

    def first_navigation(self, seq: int, beside: list[int] | None = None) -> int | None:
        """The next item to fly from a place on. With `beside`, what is to be done on the way is put into it,
        and jumps are counted as taken.
        """
        jumps = 0
        while seq < self.plan.count_items() and jumps < MOST_JUMPS:
            item = self.plan.read_item(seq)
            if item is None:
                return None
            if is_navigation(item.command) and item.command not in UNSTARTED:
                return seq
            target = self._take_jump(item, seq, counted=beside is not None)
            if target is not None:
                jumps += 1
                seq = target
                continue
            if beside is not None and item.command not in JUMPS:
                beside.append(seq)
            seq += 1
        return None

    def _take_jump(self, item: WireItem, seq: int, *, counted: bool) -> int | None:
        """Where a jump leads; None for what is none, or has been taken often enough."""
        times, done = int(item.params[1]), self._taken.get(seq, 0)
        if item.command not in JUMPS or (times != FOREVER and done >= times):
            return None
        target: int | None = int(item.params[0])
        if item.command == Command.DO_JUMP_TAG:
            target = self.place_of_tag(int(item.params[0]))
        if target is not None and counted:
            self._taken[seq] = done + 1
            self._say(6, f"Mission: {seq} Jump {done + 1}/{'unlimited' if times == FOREVER else times}")
        return target


def is_navigation(command: int) -> bool:
    """Whether a command is flown by itself, rather than beside one that is."""
    return command <= LAST_NAVIGATION or command in MORE_NAVIGATION


def name_of(command: int) -> str:
    """A command's name in the texts."""
    return NAMES.get(command, "?")


def seconds_to_wait(item: WireItem, utc_s: float) -> float | None:
    """How long an item of WAITS waits; None: for ever."""
    first, second = item.params[0], item.params[1]
    if item.command == Command.NAV_DELAY:
        return first if first > 0.0 else seconds_until(utc_s, *item.params[1:])
    if item.command == Command.NAV_GUIDED_ENABLE:
        return 0.0 if first == 0.0 else None
    if item.command == Command.NAV_SCRIPT_TIME:
        return second if second > 0.0 else None
    return first


def seconds_until(utc_s: float, hour: float, minute: float, second: float) -> float:
    """Seconds until a time of day; a negative hour or minute means any.

    >>> seconds_until(3600.0, 2.0, 0.0, 0.0), seconds_until(3650.0, -1.0, -1.0, 20.0)
    (3600.0, 30.0)
    >>> seconds_until(0.0, -1.0, -1.0, -1.0)
    0.0
    """
    if hour >= 0.0:
        goal, period = hour * HOUR_S + max(minute, 0.0) * MINUTE_S + max(second, 0.0), DAY_S
    elif minute >= 0.0:
        goal, period = minute * MINUTE_S + max(second, 0.0), HOUR_S
    elif second >= 0.0:
        goal, period = second, MINUTE_S
    else:
        return 0.0
    return (goal - utc_s) % period
