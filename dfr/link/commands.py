"""COMMAND_LONG and COMMAND_INT until they are answered: resent, patient with IN_PROGRESS."""

from __future__ import annotations

import time
from collections.abc import Callable

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import CommandResult, Frame
from dfr.errors import LinkTimeoutError
from dfr.geo import Position
from dfr.link.framing import Message
from dfr.link.peer import Peer
from dfr.link.port import Inbox
from dfr.mission.wire import DEGREE_INT

FORCE_DISARM = 21196.0
"""Param 2 of COMPONENT_ARM_DISARM that disarms whatever the vehicle is doing (ArduPilot)."""

TRIES = 5
RESEND_S = 1.0
IN_PROGRESS_S = 10.0
"""How much longer to wait after the vehicle has said that it is busy with it."""

BUSY_TRIES = 10
BUSY_S = 0.5

RESULTS = {
    number: str(entry.name).removeprefix("MAV_RESULT_").replace("_", " ").lower()
    for number, entry in dialect.enums["MAV_RESULT"].items()
}


class CommandFailed(Exception):  # noqa: N818 - it says what happened
    """The vehicle answered, and the answer was not "accepted"."""


def send_command(vehicle: Peer, number: int, params: tuple[float, ...], *, timeout_s: float) -> None:
    """Send a command and wait for its acceptance.

    Raises CommandFailed for any other final answer and LinkTimeoutError for none.
    """
    values = (*params, *(0.0,) * (7 - len(params)))

    def command(confirmation: int) -> Message:
        return dialect.MAVLink_command_long_message(*vehicle.target, number, confirmation, *values)

    _send_until_accepted(vehicle, number, command, timeout_s=timeout_s)


def send_command_to_place(
    vehicle: Peer, number: int, params: tuple[float, ...], place: Position, *, height_m_home: float
) -> None:
    """Send a command about a place, exactly, as COMMAND_INT; otherwise as `send_command`."""
    values = (*params, *(0.0,) * (4 - len(params)))
    x, y = round(place.lat_deg * DEGREE_INT), round(place.lon_deg * DEGREE_INT)

    def command(_confirmation: int) -> Message:
        return dialect.MAVLink_command_int_message(
            *vehicle.target, Frame.GLOBAL_RELATIVE_ALT, number, 0, 0, *values, x, y, height_m_home
        )

    _send_until_accepted(vehicle, number, command, timeout_s=RESEND_S)


def _send_until_accepted(
    vehicle: Peer, number: int, command: Callable[[int], Message], *, timeout_s: float
) -> None:
    name = command_label(number)
    with vehicle.port.inbox(lambda message: _is_answer(vehicle, message, number)) as answers:
        for attempt in range(BUSY_TRIES):
            result = _send_until_final(vehicle, number, command, answers, timeout_s=timeout_s)
            if result == CommandResult.ACCEPTED:
                return
            if result != CommandResult.TEMPORARILY_REJECTED or attempt == BUSY_TRIES - 1:
                raise CommandFailed(f"{name} {RESULTS.get(result, f'answered {result}')}")
            time.sleep(BUSY_S)


def command_label(number: int) -> str:
    """A command's MAVLink name without MAV_CMD_."""
    entry = dialect.enums["MAV_CMD"].get(number)
    return str(number) if entry is None else str(entry.name).removeprefix("MAV_CMD_")


def _send_until_final(
    vehicle: Peer,
    number: int,
    command: Callable[[int], Message],
    answers: Inbox,
    *,
    timeout_s: float,
) -> int:
    """The vehicle's final answer. Raises LinkTimeoutError."""
    each_s = min(RESEND_S, timeout_s)
    for confirmation in range(TRIES):
        vehicle.send(command(confirmation))
        asked_at = time.monotonic()
        deadline = asked_at + each_s
        while (rest := deadline - time.monotonic()) > 0.0:
            answer = answers.get(rest)
            if answer is None:
                break
            if confirmation == 0:
                vehicle.round_trip.note_answer(time.monotonic() - asked_at)
            if answer.result != CommandResult.IN_PROGRESS:
                return int(answer.result)
            deadline = time.monotonic() + IN_PROGRESS_S
        vehicle.check_link()
    raise LinkTimeoutError(f"{command_label(number)}: not answered in {TRIES} tries", do=f"{vehicle.remedy}")


def _is_answer(vehicle: Peer, message: Message, number: int) -> bool:
    return message.get_type() == "COMMAND_ACK" and message.command == number and vehicle.for_us(message)
