"""Parameters by name, confirmed by the echoed value, in the names and units of the firmware on board."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from itertools import count

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.ardupilot.parameters import (
    BUILT_IN_HASH,
    Naming,
    Spelling,
    naming_of,
    spell_for,
    translate_parameters,
)
from dfr.errors import LinkTimeoutError, VehicleRefusedError
from dfr.link.commands import CommandFailed, send_command
from dfr.link.framing import Message
from dfr.link.peer import Peer
from dfr.link.port import Inbox
from dfr.link.vehicle import Firmware

TRIES = 5
ANSWER_S = 0.7
PATIENCE_S = 12.0
"""How long a vehicle that is heard may leave a question unanswered: a busy machine or a bad line."""

ABSENT_TRIES = 3
"""So often a vehicle must pass over a name, and answer the question after it, for the name to be unknown."""

ABSENT_TRIES_LOSSY = 8
"""The same on a line that loses packets: where half the questions are lost, 3 in a row are in one of 8."""

KEPT_TRIES = 3
KEPT_S = 5.0
"""So often, and over so long, a vehicle must echo another value than the one sent, for it to be its own:
an answer to an older question says nothing of that."""

FIRMWARE_DEV = 0
RELATIVE_TOLERANCE = 1e-6
"""Values travel as single-precision floats."""

COPTER_TYPES = "ArduCopter"


def identify_firmware(vehicle: Peer) -> tuple[Firmware, Naming]:
    """The firmware and its parameter naming.

    Raises InputError for a version that has not been checked, LinkTimeoutError where it reports none.
    """
    message = _autopilot_version(vehicle)
    word = message.flight_sw_version
    version = (word >> 24 & 0xFF, word >> 16 & 0xFF, word >> 8 & 0xFF)
    firmware = Firmware(
        version=version,
        development=word & 0xFF == FIRMWARE_DEV,
        name=COPTER_TYPES,
        built_in=bytes(message.flight_custom_version) == BUILT_IN_HASH,
    )
    return firmware, naming_of(version, development=firmware.development)


def get_param(vehicle: Peer, name: str) -> float | None:
    """The value of a name of either generation, in its own unit; None where the vehicle has no such."""
    for naming in _possible_namings(vehicle, name):
        spelling = spell_for(name, naming)
        answer = _read_value(vehicle, spelling.name)
        if answer is not None:
            return float(answer.param_value) / spelling.factor
    return None


def set_param(vehicle: Peer, name: str, value: float) -> None:
    """Set a parameter by its name and unit of either generation, and see the value come back.

    Raises VehicleRefusedError where the vehicle has none of that name or keeps another value.
    """
    for naming in _possible_namings(vehicle, name):
        ((wire_name, wire_value),) = translate_parameters({name: value}, naming).items()
        before = _read_value(vehicle, wire_name)
        if before is not None:
            _set_confirmed(vehicle, wire_name, wire_value, before)
            return
    raise VehicleRefusedError(f"{vehicle.firmware} has no parameter {name}", do="check the firmware")


def _possible_namings(vehicle: Peer, name: str) -> tuple[Naming, ...]:
    """The namings under which a parameter may be known."""
    if vehicle.naming is not Naming.MIXED:
        return (vehicle.naming,)
    either = (Naming.CENTIMETRES, Naming.METRES)
    same = spell_for(name, either[0]) == spell_for(name, either[1]) == Spelling(name, 1.0)
    return either[:1] if same else either


def _set_confirmed(vehicle: Peer, wire_name: str, wire_value: float, before: Message) -> None:
    if same_value(before.param_value, wire_value):
        return
    kept = write_value(vehicle, wire_name, wire_value, before.param_type)
    if not same_value(kept, wire_value):
        raise VehicleRefusedError(f"{wire_name}: set to {wire_value:g}, the vehicle keeps {kept:g}")


def same_value(a: float, b: float) -> bool:
    """Equal as single-precision floats."""
    return math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-6)


def _autopilot_version(vehicle: Peer) -> Message:
    wanted = "AUTOPILOT_VERSION"
    with vehicle.port.inbox(lambda m: m.get_type() == wanted and vehicle.from_target(m)) as answers:
        for _ in range(TRIES):
            try:
                number = float(dialect.MAVLINK_MSG_ID_AUTOPILOT_VERSION)
                send_command(vehicle, Command.REQUEST_MESSAGE, (number,), timeout_s=1.0)
            except CommandFailed:
                send_command(vehicle, Command.REQUEST_AUTOPILOT_CAPABILITIES, (1.0,), timeout_s=1.0)
            answer = answers.get(ANSWER_S)
            if answer is not None:
                return answer
    raise LinkTimeoutError("the vehicle does not report its firmware version", do="update its firmware")


def _read_value(vehicle: Peer, wire_name: str) -> Message | None:
    """The PARAM_VALUE of a name; None where the vehicle passes over the question.

    A vehicle says nothing for a name it does not know. It answers in order, so another question after it, for
    a parameter by its place in the list, distinguishes silence from slowness. Each of those asks for another
    place: a late answer to an older question is never taken for one to this. Raises LinkTimeoutError where
    neither is answered.
    """
    asked: set[int] = set()

    def concerns(message: Message) -> bool:
        return _is_value(vehicle, message, wire_name) or _is_at(vehicle, message, asked)

    with vehicle.port.inbox(concerns) as answers:
        passed_over = 0
        for attempt in _count_attempts(vehicle, wire_name):
            vehicle.send(dialect.MAVLink_param_request_read_message(*vehicle.target, wire_name.encode(), -1))
            if attempt:
                asked.add(place := next(vehicle.places))
                vehicle.send(dialect.MAVLink_param_request_read_message(*vehicle.target, b"", place))
            deadline = time.monotonic() + ANSWER_S
            while (answer := answers.get(deadline - time.monotonic())) is not None:
                if _is_value(vehicle, answer, wire_name):
                    return answer
                asked.discard(answer.param_index)
                passed_over += 1
                if passed_over >= _absent_tries(vehicle):
                    return None
                break
    raise AssertionError("attempts end with an error")


def _absent_tries(vehicle: Peer) -> int:
    """How often a name must be passed over to be unknown: often where the line loses questions."""
    return ABSENT_TRIES_LOSSY if vehicle.disturbances else ABSENT_TRIES


def write_value(vehicle: Peer, wire_name: str, value: float, kind: int) -> float:
    """The value the vehicle keeps. Raises LinkTimeoutError where it confirms none."""
    with vehicle.port.inbox(lambda message: _is_value(vehicle, message, wire_name)) as answers:
        kept: float | None = None
        tries, begun = 0, time.monotonic()
        for _ in _count_attempts(vehicle, wire_name):
            vehicle.send(dialect.MAVLink_param_set_message(*vehicle.target, wire_name.encode(), value, kind))
            echo = _await_echo(answers, value)
            kept, tries = (kept, tries) if echo is None else (echo, tries + 1)
            if kept is None:
                continue
            surely = tries >= KEPT_TRIES and time.monotonic() - begun >= KEPT_S
            if same_value(kept, value) or surely:
                return kept
    raise AssertionError("attempts end with an error")


def _count_attempts(vehicle: Peer, wire_name: str) -> Iterator[int]:
    """0, 1, 2, ... while the link is alive and there is patience left; then LinkTimeoutError."""
    deadline = time.monotonic() + PATIENCE_S
    for attempt in count():
        vehicle.check_link()
        if time.monotonic() > deadline and attempt >= TRIES:
            raise LinkTimeoutError(
                f"{wire_name}: no answer to {attempt} questions in {PATIENCE_S:.0f} s", do=f"{vehicle.remedy}"
            )
        yield attempt


def _await_echo(answers: Inbox, value: float) -> float | None:
    """The value wanted if it comes in time, else the last that came."""
    deadline = time.monotonic() + ANSWER_S
    last: float | None = None
    while (rest := deadline - time.monotonic()) > 0.0:
        answer = answers.get(rest)
        if answer is None:
            break
        last = float(answer.param_value)
        if same_value(last, value):
            break
    return last


def _is_at(vehicle: Peer, message: Message, places: set[int]) -> bool:
    return bool(
        message.get_type() == "PARAM_VALUE" and vehicle.from_target(message) and message.param_index in places
    )


def _is_value(vehicle: Peer, message: Message, wire_name: str) -> bool:
    return (
        message.get_type() == "PARAM_VALUE"
        and vehicle.from_target(message)
        and message.param_id.rstrip("\0") == wire_name
    )
