"""Commands to cameras, mounts, servos and other devices, answered like an ArduCopter with none attached."""

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
    always,
    done,
)

SERVOS, FREE, RELAYS = 32, 16, 1
"""Outputs; those up to which one may be moved, but for the motors; relays of SITL."""

RELEASE = 2
AUTOFOCUS, FOCUS_RATE, FOCUS_SHARE = (4, 5, 6), 1, 2


def _servo(request: CommandRequest) -> int:
    """DO_SET_SERVO, DO_REPEAT_SERVO: not those of the motors."""
    number = request.byte(1)
    if 1 <= number <= MOTORS or FREE < number <= SERVOS:
        request.state.say(6, f"ServoRelayEvent: Channel {number} is already in use")
        return FAILED
    return done(ok=MOTORS < number <= FREE)


def _relay(request: CommandRequest) -> int:
    """DO_SET_RELAY, DO_REPEAT_RELAY: SITL has relays on pins that lead nowhere."""
    return done(ok=request.byte(1) < RELAYS)


def _can_forward(request: CommandRequest) -> int:
    """CAN_FORWARD: to forward nothing is always possible."""
    return done(ok=request.byte(1) == 0)


def _focus(request: CommandRequest) -> int:
    return FAILED if request.whole(1) in (*AUTOFOCUS, FOCUS_RATE, FOCUS_SHARE) else DENIED


def _start_capture(request: CommandRequest) -> int:
    return UNSUPPORTED if request.params[0] < 0.0 else FAILED


def _stop_capture(request: CommandRequest) -> int:
    return ACCEPTED if request.params[0] == 0.0 else UNSUPPORTED


def _parachute(request: CommandRequest) -> int:
    state = request.state
    if request.whole(1) == RELEASE and state.craft.landed:
        state.say(6, "Parachute: Landed")
    return done(ok=request.whole(1) in (0, 1, 2))


def _follow(request: CommandRequest) -> int:
    return ACCEPTED if 0.0 < request.params[0] <= 255.0 else DENIED


def _scripting(request: CommandRequest) -> int:
    return {0: DENIED, 1: DENIED, 2: ACCEPTED, 3: ACCEPTED}.get(request.whole(1), UNSUPPORTED)


def _high_latency(request: CommandRequest) -> int:
    if request.params[0] not in (0.0, 1.0):
        return FAILED
    request.state.say(5, "High Latency enabled" if request.params[0] else "High Latency disabled")
    return ACCEPTED


def _ekf_source(request: CommandRequest) -> int:
    return ACCEPTED if 1 <= request.whole(1) <= 3 else DENIED


def _wind(request: CommandRequest) -> int:
    speed, whence = request.params[0], request.params[2]
    return DENIED if speed < 0.0 or whence < 0.0 or whence > 360.0 else ACCEPTED


DEVICES: Mapping[int, Handler] = {
    Command.DO_FOLLOW: _follow,
    Command.DO_SET_RELAY: _relay,
    Command.DO_REPEAT_RELAY: _relay,
    Command.DO_SET_SERVO: _servo,
    Command.DO_REPEAT_SERVO: _servo,
    Command.DO_SET_ROI_SYSID: always(ACCEPTED),
    Command.DO_DIGICAM_CONFIGURE: always(ACCEPTED),
    Command.DO_DIGICAM_CONTROL: always(ACCEPTED),
    Command.DO_MOUNT_CONFIGURE: always(FAILED),
    Command.DO_MOUNT_CONTROL: always(FAILED),
    Command.DO_SET_CAM_TRIGG_DIST: always(ACCEPTED),
    Command.DO_PARACHUTE: _parachute,
    Command.DO_GRIPPER: always(FAILED),
    Command.DO_SPRAYER: always(ACCEPTED),
    Command.START_RX_PAIR: always(ACCEPTED),
    Command.SET_CAMERA_ZOOM: always(UNSUPPORTED),
    Command.SET_CAMERA_FOCUS: _focus,
    Command.SET_CAMERA_SOURCE: always(DENIED),
    Command.DO_GIMBAL_MANAGER_PITCHYAW: always(FAILED),
    Command.DO_GIMBAL_MANAGER_CONFIGURE: always(FAILED),
    Command.IMAGE_START_CAPTURE: _start_capture,
    Command.IMAGE_STOP_CAPTURE: _stop_capture,
    Command.CAMERA_TRACK_POINT: always(UNSUPPORTED),
    Command.CAMERA_TRACK_RECTANGLE: always(UNSUPPORTED),
    Command.CAMERA_STOP_TRACKING: always(UNSUPPORTED),
    Command.VIDEO_START_CAPTURE: always(FAILED),
    Command.VIDEO_STOP_CAPTURE: always(FAILED),
    Command.AIRFRAME_CONFIGURATION: always(ACCEPTED),
    Command.CONTROL_HIGH_LATENCY: _high_latency,
    Command.DO_ADSB_OUT_IDENT: always(FAILED),
    Command.CAN_FORWARD: _can_forward,
    Command.SET_EKF_SOURCE_SET: _ekf_source,
    Command.DO_WINCH: always(FAILED),
    Command.SCRIPTING: _scripting,
    Command.EXTERNAL_WIND_ESTIMATE: _wind,
}
"""Camera, mount, gripper, winch, parachute, sprayer, relays, transponder, scripts: none is attached."""
