"""All parameters of a vehicle, in the names and units of its own firmware: read, and written back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import LinkTimeoutError
from dfr.link.framing import Message
from dfr.link.params import same_value, write_value
from dfr.link.peer import Peer
from dfr.link.port import Inbox

UNLISTED = 65535
SILENCE_S = 1.0
ASKED_AT_ONCE = 20
STUCK_TRIES = 12
ROUNDS = 3
"""A parameter may appear only once another is set (ArduPilot hides what is switched off)."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedParameter:
    """A value as the vehicle stores it, and its MAV_PARAM_TYPE."""

    value: float
    kind: int


Parameters = Mapping[str, ListedParameter]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenParameters:
    """What became of values that were written: set, not known to the vehicle, or kept at another value."""

    written: tuple[str, ...]
    unknown: tuple[str, ...]
    kept: Mapping[str, float]


def read_parameters(vehicle: Peer) -> dict[str, ListedParameter]:
    """Every parameter by its name on board, sorted. Raises LinkTimeoutError where they do not all come."""
    found: dict[int, tuple[str, ListedParameter]] = {}
    with vehicle.port.inbox(lambda message: _is_listed(vehicle, message)) as answers:
        vehicle.send(dialect.MAVLink_param_request_list_message(*vehicle.target))
        total, tries = _take_values(answers, found, None), 0
        while total is None or len(found) < total:
            vehicle.check_link()
            before = len(found)
            if total is None:
                vehicle.send(dialect.MAVLink_param_request_list_message(*vehicle.target))
            else:
                missing = [place for place in range(total) if place not in found][:ASKED_AT_ONCE]
                for place in missing:
                    vehicle.send(dialect.MAVLink_param_request_read_message(*vehicle.target, b"", place))
            total = _take_values(answers, found, total)
            tries = 0 if len(found) > before else tries + 1
            if tries > STUCK_TRIES:
                raise LinkTimeoutError(
                    f"{len(found)} of {total or 'all'} parameters came, and no more", do=f"{vehicle.remedy}"
                )
    return dict(sorted(found.values()))


def write_parameters(
    vehicle: Peer, wanted: Parameters, on_written: Progress | None = None
) -> WrittenParameters:
    """Set the values that differ on board, each confirmed by its echo and then by a list of them all.

    What the last list still shows at another value counts as kept, whatever its echo said.
    Raises LinkTimeoutError where the vehicle does not answer.
    """
    written: list[str] = []
    kept: dict[str, float] = {}
    for _ in range(ROUNDS):
        on_board = read_parameters(vehicle)
        due = [name for name in _differing(on_board, wanted) if name not in kept]
        if not due:
            break
        for name in due:
            answer = write_value(vehicle, name, wanted[name].value, on_board[name].kind)
            if same_value(answer, wanted[name].value):
                written.append(name)
            else:
                kept[name] = answer
            if on_written is not None:
                on_written(len(written))
    else:
        on_board = read_parameters(vehicle)
        kept |= {name: on_board[name].value for name in _differing(on_board, wanted)}
    unknown = tuple(name for name in wanted if name not in on_board)
    return WrittenParameters(written=tuple(dict.fromkeys(written)), unknown=unknown, kept=kept)


def _differing(on_board: Parameters, wanted: Parameters) -> list[str]:
    """The names that a vehicle lists with another value than is wanted."""
    return [
        name
        for name, entry in wanted.items()
        if name in on_board and not same_value(on_board[name].value, entry.value)
    ]


def _take_values(
    answers: Inbox, found: dict[int, tuple[str, ListedParameter]], total: int | None
) -> int | None:
    """Take values until all are here, or none comes for a while; how many there are."""
    deadline = time.monotonic() + SILENCE_S
    while (answer := answers.get(deadline - time.monotonic())) is not None:
        total = answer.param_count
        entry = ListedParameter(value=float(answer.param_value), kind=int(answer.param_type))
        found[answer.param_index] = (answer.param_id.rstrip("\0"), entry)
        deadline = time.monotonic() + SILENCE_S
        if len(found) >= total:
            break
    return total


def _is_listed(vehicle: Peer, message: Message) -> bool:
    listed = message.get_type() == "PARAM_VALUE" and vehicle.from_target(message)
    return bool(listed and message.param_index < message.param_count)
