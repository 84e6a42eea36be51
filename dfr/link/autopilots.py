"""Which of the systems on a line is the vehicle: its autopilot, and nothing else that sends heartbeats."""

from __future__ import annotations

import time

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import InputError, LinkTimeoutError
from dfr.link.framing import Message
from dfr.link.port import Inbox, MavlinkPort, Source

OTHERS_SPEAK_UP_S = 1.5
NO_AUTOPILOT = frozenset(
    {
        dialect.MAV_TYPE_GCS,
        dialect.MAV_TYPE_GIMBAL,
        dialect.MAV_TYPE_ADSB,
        dialect.MAV_TYPE_ONBOARD_CONTROLLER,
        dialect.MAV_TYPE_CAMERA,
        dialect.MAV_TYPE_ANTENNA_TRACKER,
    }
)
COPTERS = frozenset(
    {
        dialect.MAV_TYPE_QUADROTOR,
        dialect.MAV_TYPE_COAXIAL,
        dialect.MAV_TYPE_HELICOPTER,
        dialect.MAV_TYPE_HEXAROTOR,
        dialect.MAV_TYPE_OCTOROTOR,
        dialect.MAV_TYPE_TRICOPTER,
        dialect.MAV_TYPE_DODECAROTOR,
        dialect.MAV_TYPE_DECAROTOR,
    }
)
"""What ArduCopter calls itself, by its frame."""


def find_autopilot(port: MavlinkPort, *, system: int | None, timeout_s: float, url: str) -> Source:
    """The ArduCopter on a port; a ground station, a gimbal or an ADS-B receiver never is one.

    Raises LinkTimeoutError where none speaks, InputError where several do and `system` chooses none, or
    where the only autopilot is another's: a plane, or not ArduPilot.
    """
    others_s = OTHERS_SPEAK_UP_S if port.shared and system is None else 0.0
    with port.inbox(lambda message: message.get_type() == "HEARTBEAT") as heartbeats:
        found, strangers = _heard(port, heartbeats, system=system, timeout_s=timeout_s, others_s=others_s)
    if len(found) > 1:
        listed = ", ".join(str(source[0]) for source in sorted(found))
        raise InputError(f"{url}: vehicles {listed} share this line -> say which system id")
    if found:
        return found.pop()
    if strangers:
        heard = "; ".join(f"system {source[0]} is {what}" for source, what in sorted(strangers.items()))
        raise InputError(f"{url}: {heard}, not ArduCopter -> plans are made and checked for ArduCopter only")
    raise LinkTimeoutError(
        f"{url}: no autopilot heartbeat within {timeout_s:.0f} s -> is the vehicle on, and has no other"
        " program its port (a simulated vehicle serves one at a time)?"
    )


def _heard(
    port: MavlinkPort, heartbeats: Inbox, *, system: int | None, timeout_s: float, others_s: float
) -> tuple[set[Source], dict[Source, str]]:
    """The ArduCopters heard, and the other autopilots; ends a while after the first of either."""
    found: set[Source] = set()
    strangers: dict[Source, str] = {}
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        message = heartbeats.get(min(0.5, deadline - time.monotonic()))
        if port.failure is not None:
            raise port.failure
        if message is None or system not in (None, message.get_srcSystem()):
            continue
        source = (message.get_srcSystem(), message.get_srcComponent())
        if is_copter(message):
            if not found:
                deadline = min(deadline, time.monotonic() + others_s)
            found.add(source)
        elif (what := _stranger(message)) is not None:
            if not strangers and not found:
                deadline = min(deadline, time.monotonic() + 2.0 * OTHERS_SPEAK_UP_S)
            strangers[source] = what
    return found, strangers


def is_autopilot(heartbeat: Message) -> bool:
    """True for the heartbeat of an ArduPilot autopilot, whatever else is on the line."""
    return heartbeat.autopilot == dialect.MAV_AUTOPILOT_ARDUPILOTMEGA and _flies(heartbeat)


def is_copter(heartbeat: Message) -> bool:
    """True for the heartbeat of an ArduCopter."""
    return is_autopilot(heartbeat) and heartbeat.type in COPTERS


def _flies(heartbeat: Message) -> bool:
    return (
        heartbeat.type not in NO_AUTOPILOT
        and heartbeat.get_srcComponent() == dialect.MAV_COMP_ID_AUTOPILOT1
        and heartbeat.autopilot != dialect.MAV_AUTOPILOT_INVALID
    )


def _stranger(heartbeat: Message) -> str | None:
    """What an autopilot calls itself that is no ArduCopter; None for what is no autopilot."""
    if not _flies(heartbeat):
        return None
    kind = _label("MAV_TYPE", heartbeat.type)
    return f"{_label('MAV_AUTOPILOT', heartbeat.autopilot)} on a {kind}"


def _label(enum: str, number: int) -> str:
    entry = dialect.enums[enum].get(number)
    return f"{enum} {number}" if entry is None else str(entry.name).removeprefix(f"{enum}_").lower()
