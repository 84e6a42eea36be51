"""Commands to cameras, mounts, servos and other devices, answered as by an ArduCopter without them."""

from __future__ import annotations

from collections.abc import Mapping

from dfr.ardupilot.commands import Command
from firmware_sitl.vehicle.motors import MOTORS
from firmware_sitl.vehicle.request import (
    ACCEPTED,
    DENIED,
    FAILED,
    UNSUPPORTED,
    CommandRequest,
    Handler,
    always_answer,
    done_or_failed,
)

SERVOS, FREE, RELAYS = 32, 16, 1
"""How many servo outputs there are, the last that a command may move, and how many relays SITL has."""

RELEASE = 2
AUTOFOCUS, FOCUS_RATE, FOCUS_SHARE = (4, 5, 6), 1, 2


def _set_servo(request: CommandRequest) -> int:
    """DO_SET_SERVO, DO_REPEAT_SERVO: not those of the motors."""
    number = request.byte_param(1)
    if 1 <= number <= MOTORS or FREE < number <= SERVOS:
        request.state.say(6, f"ServoRelayEvent: Channel {number} is already in use")
        return FAILED
    return done_or_failed(ok=MOTORS < number <= FREE)


def _set_relay(request: CommandRequest) -> int:
    """DO_SET_RELAY, DO_REPEAT_RELAY: SITL has relays on pins that lead nowhere."""
    return done_or_failed(ok=request.byte_param(1) < RELAYS)


def _can_forward(request: CommandRequest) -> int:
    """CAN_FORWARD: to forward nothing is always possible."""
    return done_or_failed(ok=request.byte_param(1) == 0)


def _focus_camera(request: CommandRequest) -> int:
    return FAILED if request.whole_param(1) in (*AUTOFOCUS, FOCUS_RATE, FOCUS_SHARE) else DENIED


def _start_capture(request: CommandRequest) -> int:
    return UNSUPPORTED if request.params[0] < 0.0 else FAILED


def _stop_capture(request: CommandRequest) -> int:
    return ACCEPTED if request.params[0] == 0.0 else UNSUPPORTED


def _release_parachute(request: CommandRequest) -> int:
    state = request.state
    if request.whole_param(1) == RELEASE and state.aircraft.landed:
        state.say(6, "Parachute: Landed")
    return done_or_failed(ok=request.whole_param(1) in (0, 1, 2))


def _check_follow_target(request: CommandRequest) -> int:
    return ACCEPTED if 0.0 < request.params[0] <= 255.0 else DENIED


def _switch_scripting(request: CommandRequest) -> int:
    return {0: DENIED, 1: DENIED, 2: ACCEPTED, 3: ACCEPTED}.get(request.whole_param(1), UNSUPPORTED)


def _high_latency(request: CommandRequest) -> int:
    if request.params[0] not in (0.0, 1.0):
        return FAILED
    request.state.say(5, "High Latency enabled" if request.params[0] else "High Latency disabled")
    return ACCEPTED


def _ekf_source(request: CommandRequest) -> int:
    return ACCEPTED if 1 <= request.whole_param(1) <= 3 else DENIED


def _check_wind(request: CommandRequest) -> int:
    speed, from_deg = request.params[0], request.params[2]
    return DENIED if speed < 0.0 or from_deg < 0.0 or from_deg > 360.0 else ACCEPTED


DEVICES: Mapping[int, Handler] = {
    Command.DO_FOLLOW: _check_follow_target,
    Command.DO_SET_RELAY: _set_relay,
    Command.DO_REPEAT_RELAY: _set_relay,
    Command.DO_SET_SERVO: _set_servo,
    Command.DO_REPEAT_SERVO: _set_servo,
    Command.DO_SET_ROI_SYSID: always_answer(ACCEPTED),
    Command.DO_DIGICAM_CONFIGURE: always_answer(ACCEPTED),
    Command.DO_DIGICAM_CONTROL: always_answer(ACCEPTED),
    Command.DO_MOUNT_CONFIGURE: always_answer(FAILED),
    Command.DO_MOUNT_CONTROL: always_answer(FAILED),
    Command.DO_SET_CAM_TRIGG_DIST: always_answer(ACCEPTED),
    Command.DO_PARACHUTE: _release_parachute,
    Command.DO_GRIPPER: always_answer(FAILED),
    Command.DO_SPRAYER: always_answer(ACCEPTED),
    Command.START_RX_PAIR: always_answer(ACCEPTED),
    Command.SET_CAMERA_ZOOM: always_answer(UNSUPPORTED),
    Command.SET_CAMERA_FOCUS: _focus_camera,
    Command.SET_CAMERA_SOURCE: always_answer(DENIED),
    Command.DO_GIMBAL_MANAGER_PITCHYAW: always_answer(FAILED),
    Command.DO_GIMBAL_MANAGER_CONFIGURE: always_answer(FAILED),
    Command.IMAGE_START_CAPTURE: _start_capture,
    Command.IMAGE_STOP_CAPTURE: _stop_capture,
    Command.CAMERA_TRACK_POINT: always_answer(UNSUPPORTED),
    Command.CAMERA_TRACK_RECTANGLE: always_answer(UNSUPPORTED),
    Command.CAMERA_STOP_TRACKING: always_answer(UNSUPPORTED),
    Command.VIDEO_START_CAPTURE: always_answer(FAILED),
    Command.VIDEO_STOP_CAPTURE: always_answer(FAILED),
    Command.AIRFRAME_CONFIGURATION: always_answer(ACCEPTED),
    Command.CONTROL_HIGH_LATENCY: _high_latency,
    Command.DO_ADSB_OUT_IDENT: always_answer(FAILED),
    Command.CAN_FORWARD: _can_forward,
    Command.SET_EKF_SOURCE_SET: _ekf_source,
    Command.DO_WINCH: always_answer(FAILED),
    Command.SCRIPTING: _switch_scripting,
    Command.EXTERNAL_WIND_ESTIMATE: _check_wind,
}
"""Camera, mount, gripper, winch, parachute, sprayer, relays, transponder, scripts: none is attached."""
