"""How many items a vehicle has room for, asked before anything on board is changed.

ArduPilot has no message that says so. It judges a MISSION_COUNT before it touches the list, and says the
number with its refusal: so it is asked for more than any vehicle holds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import MissionType
from dfr.link.framing import Message
from dfr.link.peer import Peer
from dfr.link.upload import RefusedError
from dfr.mission.capacity import SMALLEST

TOO_MANY = 65535
ANSWER_S = 2.0
TOLD = re.compile(r"Only (\d+) items are supported")


def refuse_too_much(vehicle: Peer, needed: Mapping[MissionType, int]) -> None:
    """Raise RefusedError, with both numbers, where a list does not fit; nothing on board has changed.

    A vehicle that does not tell is left to refuse the list itself.
    """
    for kind, count in needed.items():
        if count <= SMALLEST.of(kind):
            continue
        room = room_for(vehicle, kind)
        if room is not None and count > room:
            raise RefusedError(
                f"{kind.label}: NO_SPACE: the plan needs room for {count} items, the vehicle says "
                f"'Only {room} items are supported'; nothing on board was changed",
                do="simplify the plan",
            )


def room_for(vehicle: Peer, kind: MissionType) -> int | None:
    """Most items of a list by the vehicle's own word; None where it does not say, or is starting up."""

    def concerns(message: Message) -> bool:
        return message.get_type() == "STATUSTEXT" and vehicle.from_target(message)

    with vehicle.port.inbox(concerns) as inbox:
        vehicle.send(dialect.MAVLink_mission_count_message(*vehicle.target, TOO_MANY, kind))
        deadline = time.monotonic() + ANSWER_S
        while (rest := deadline - time.monotonic()) > 0.0:
            message = inbox.get(rest)
            if message is None:
                break
            told = TOLD.search(str(message.text))
            if told:
                return int(told.group(1)) or None
    return None
