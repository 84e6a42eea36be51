"""What ArduCopter calls mission commands when it starts them, and which of them are flown."""

from __future__ import annotations

from collections.abc import Mapping

LAST_NAVIGATION = 95
MORE_NAVIGATION = (213, 42702, 42703)

NAMES: Mapping[int, str] = {
    16: "WP", 17: "LoitUnlim", 18: "LoitTurns", 19: "LoitTime", 20: "RTL", 21: "Land", 22: "Takeoff",
    30: "ContinueAndChangeAlt", 31: "LoitAltitude", 82: "SplineWP", 83: "AltitudeWait", 84: "VTOLTakeoff",
    85: "VTOLLand", 92: "GuidedEnable", 93: "Delay", 94: "PayloadPlace", 112: "CondDelay", 114: "CondDist",
    115: "CondYaw", 177: "Jump", 178: "ChangeSpeed", 179: "SetHome", 181: "SetRelay", 182: "RepeatRelay",
    183: "SetServo", 184: "RepeatServo", 188: "ReturnPathStart", 189: "LandStart", 191: "Go Around",
    193: "PauseContinue", 194: "SetReverse", 195: "SetROILocation", 197: "SetROINone", 201: "SetROI",
    202: "DigiCamCfg", 203: "DigiCamCtrl", 205: "MountControl", 206: "SetCamTrigDst", 207: "FenceEnable",
    208: "Parachute", 210: "InvertedFlight", 211: "Gripper", 212: "AutoTuneEnable", 213: "SetYawSpd",
    215: "SetRepeatDist", 216: "Sprayer", 217: "Scripting", 218: "AuxFunction", 222: "GuidedLimits",
    223: "EngineControl", 531: "SetCameraZoom", 532: "SetCameraFocus", 534: "SetCameraSource", 600: "Tag",
    601: "JumpToTag", 1000: "GimbalPitchYaw", 2000: "ImageStartCapture", 2001: "ImageStopCapture",
    2500: "VideoStartCapture", 2501: "VideoStopCapture", 3000: "VTOLTransition", 42600: "Winch",
    42702: "NavScriptTime", 42703: "NavAttitudeTime",
}  # fmt: skip

UNSTARTED = frozenset({30, 83, 213})
"""Navigation commands that ArduCopter stores, and passes over when it comes to them."""


def is_navigation(command: int) -> bool:
    """Whether a command is flown by itself, rather than beside one that is."""
    return command <= LAST_NAVIGATION or command in MORE_NAVIGATION


def name_of(command: int) -> str:
    """A command's name in the texts."""
    return NAMES.get(command, "?")
