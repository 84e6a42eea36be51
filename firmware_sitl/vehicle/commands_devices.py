"""Commands to cameras, mounts, servos and the like, answered as by an ArduCopter with nothing attached."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_sitl.vehicle.motors import MOTORS
from firmware_sitl.vehicle.request import (
    ACCEPTED,
    DENIED,
    FAILED,
    UNSUPPORTED,
    Handler,
    Request,
    always,
    done,
)

SERVOS, FREE, RELAYS = 32, 16, 1
"""Outputs; those up to which one may be moved, but for the motors; relays of SITL."""

RELEASE = 2
AUTOFOCUS, FOCUS_RATE, FOCUS_SHARE = (4, 5, 6), 1, 2


def _servo(request: Request) -> int:
    """DO_SET_SERVO, DO_REPEAT_SERVO: not those of the motors."""
    number = request.byte(1)
    if 1 <= number <= MOTORS or FREE < number <= SERVOS:
        request.state.say(6, f"ServoRelayEvent: Channel {number} is already in use")
        return FAILED
    return done(ok=MOTORS < number <= FREE)


def _relay(request: Request) -> int:
    """DO_SET_RELAY, DO_REPEAT_RELAY: SITL has relays on pins that lead nowhere."""
    return done(ok=request.byte(1) < RELAYS)


def _can_forward(request: Request) -> int:
    """CAN_FORWARD: to forward nothing is always possible."""
    return done(ok=request.byte(1) == 0)


def _focus(request: Request) -> int:
    return FAILED if request.whole(1) in (*AUTOFOCUS, FOCUS_RATE, FOCUS_SHARE) else DENIED


def _start_capture(request: Request) -> int:
    return UNSUPPORTED if request.params[0] < 0.0 else FAILED


def _stop_capture(request: Request) -> int:
    return ACCEPTED if request.params[0] == 0.0 else UNSUPPORTED


def _parachute(request: Request) -> int:
    state = request.state
    if request.whole(1) == RELEASE and state.craft.landed:
        state.say(6, "Parachute: Landed")
    return done(ok=request.whole(1) in (0, 1, 2))


def _follow(request: Request) -> int:
    return ACCEPTED if 0.0 < request.params[0] <= 255.0 else DENIED


def _scripting(request: Request) -> int:
    return {0: DENIED, 1: DENIED, 2: ACCEPTED, 3: ACCEPTED}.get(request.whole(1), UNSUPPORTED)


def _high_latency(request: Request) -> int:
    if request.params[0] not in (0.0, 1.0):
        return FAILED
    request.state.say(5, "High Latency enabled" if request.params[0] else "High Latency disabled")
    return ACCEPTED


def _ekf_source(request: Request) -> int:
    return ACCEPTED if 1 <= request.whole(1) <= 3 else DENIED


def _wind(request: Request) -> int:
    speed, whence = request.params[0], request.params[2]
    return DENIED if speed < 0.0 or whence < 0.0 or whence > 360.0 else ACCEPTED


DEVICES: Mapping[int, Handler] = {
    32: _follow,
    181: _relay,
    182: _relay,
    183: _servo,
    184: _servo,
    198: always(ACCEPTED),
    202: always(ACCEPTED),
    203: always(ACCEPTED),
    204: always(FAILED),
    205: always(FAILED),
    206: always(ACCEPTED),
    208: _parachute,
    211: always(FAILED),
    216: always(ACCEPTED),
    500: always(ACCEPTED),
    531: always(UNSUPPORTED),
    532: _focus,
    534: always(DENIED),
    1000: always(FAILED),
    1001: always(FAILED),
    2000: _start_capture,
    2001: _stop_capture,
    2004: always(UNSUPPORTED),
    2005: always(UNSUPPORTED),
    2010: always(UNSUPPORTED),
    2500: always(FAILED),
    2501: always(FAILED),
    2520: always(ACCEPTED),
    2600: _high_latency,
    10001: always(FAILED),
    32000: _can_forward,
    42007: _ekf_source,
    42600: always(FAILED),
    42701: _scripting,
    43004: _wind,
}
"""Camera, mount, gripper, winch, parachute, sprayer, relays, transponder, scripts: none is there."""
