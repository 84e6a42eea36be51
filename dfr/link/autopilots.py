"""Which of the systems on a line is the vehicle: its autopilot, and nothing else that sends heartbeats."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import InputError, LinkTimeoutError
from dfr.link.framing import Message
from dfr.link.port import Inbox, MavlinkPort, Source

OTHERS_BEATS = 2
"""After this many more heartbeats of the first vehicle, any other on the line has had time to speak."""

OTHERS_SPEAK_UP_S = 3.0
"""Wait no longer than this where heartbeats of the first vehicle are lost."""

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


@dataclass
class LineUp:
    """Who speaks on a line: the ArduCopters heard, and the other autopilots by what they call themselves."""

    system: int | None
    copters: set[Source] = field(default_factory=set)
    strangers: dict[Source, str] = field(default_factory=dict)

    def note_heartbeat(self, heartbeat: Message) -> Source | None:
        """Record a heartbeat; who sent it, where that is an ArduCopter that is looked for."""
        source = (heartbeat.get_srcSystem(), heartbeat.get_srcComponent())
        if self.system not in (None, source[0]):
            return None
        if is_copter(heartbeat):
            self.copters.add(source)
            return source
        if (what := _name_other_autopilot(heartbeat)) is not None:
            self.strangers[source] = what
        return None

    def refuse_several(self, url: str) -> None:
        """Raise InputError where several vehicles speak, and none was chosen."""
        if len(self.copters) > 1:
            listed = ", ".join(str(source[0]) for source in sorted(self.copters))
            raise InputError(
                f"{url}: vehicles {listed} share this line", do="choose one by its system id (--system)"
            )


def find_autopilot(port: MavlinkPort, *, system: int | None, timeout_s: float, url: str) -> Source:
    """The ArduCopter on a port; a ground station, a gimbal or an ADS-B receiver never is one.

    Raises LinkTimeoutError where none speaks, InputError where several do and `system` chooses none, or
    where the only autopilot is another's: a plane, or not ArduPilot; LinkError where two speak as one.
    """
    line_up = LineUp(system)
    find_copters(port, line_up, timeout_s=timeout_s, url=url)
    line_up.refuse_several(url)
    (source,) = line_up.copters
    port.refuse_two(source)
    return source


def find_copters(port: MavlinkPort, line_up: LineUp, *, timeout_s: float, url: str) -> None:
    """Find all the ArduCopters on a port. Raises as `find_autopilot` where there is none."""
    with port.inbox(lambda message: message.get_type() == "HEARTBEAT") as heartbeats:
        _hear_heartbeats(port, heartbeats, line_up, timeout_s=timeout_s)
    if line_up.copters:
        return
    if line_up.strangers:
        heard = "; ".join(
            f"system {source[0]} is {what}" for source, what in sorted(line_up.strangers.items())
        )
        raise InputError(
            f"{url}: {heard}, not ArduCopter", do="plans are made and checked for ArduCopter only"
        )
    if port.rejected:
        raise LinkTimeoutError(
            f"{url}: {port.rejected} packets came and none is signed with this key",
            do="give the vehicle's key, or none to a vehicle that does not sign",
        )
    raise LinkTimeoutError(
        f"{url}: no autopilot heartbeat within {timeout_s:.0f} s",
        do="is the vehicle on, and has no other program its port (a simulated vehicle serves one at a time)?",
    )


def _hear_heartbeats(port: MavlinkPort, heartbeats: Inbox, line_up: LineUp, *, timeout_s: float) -> None:
    """Hear who speaks, until all who share the line have had time to after the first of them."""
    first: Source | None = None
    beats, enough = 0, 1 if line_up.system is not None and not port.shared else 1 + OTHERS_BEATS
    deadline = time.monotonic() + timeout_s
    while beats < enough and time.monotonic() < deadline:
        if port.silent and not (line_up.copters or line_up.strangers):
            port.ask_who_is_there()
        message = heartbeats.get(min(0.5, deadline - time.monotonic()))
        if port.failure is not None:
            raise port.failure
        if message is None:
            continue
        silent = not (line_up.copters or line_up.strangers)
        source = line_up.note_heartbeat(message)
        if source is not None and first is None:
            first = source
            deadline = min(deadline, time.monotonic() + OTHERS_SPEAK_UP_S)
        elif silent and line_up.strangers:
            deadline = min(deadline, time.monotonic() + OTHERS_SPEAK_UP_S)
        beats += source is not None and source == first


def is_autopilot(heartbeat: Message) -> bool:
    """True for the heartbeat of an ArduPilot autopilot, whatever else is on the line."""
    return heartbeat.autopilot == dialect.MAV_AUTOPILOT_ARDUPILOTMEGA and _is_any_autopilot(heartbeat)


def is_copter(heartbeat: Message) -> bool:
    """True for the heartbeat of an ArduCopter."""
    return is_autopilot(heartbeat) and heartbeat.type in COPTERS


def _is_any_autopilot(heartbeat: Message) -> bool:
    return (
        heartbeat.type not in NO_AUTOPILOT
        and heartbeat.get_srcComponent() == dialect.MAV_COMP_ID_AUTOPILOT1
        and heartbeat.autopilot != dialect.MAV_AUTOPILOT_INVALID
    )


def _name_other_autopilot(heartbeat: Message) -> str | None:
    """What an autopilot calls itself that is no ArduCopter; None for what is no autopilot."""
    if not _is_any_autopilot(heartbeat):
        return None
    kind = _enum_label("MAV_TYPE", heartbeat.type)
    return f"{_enum_label('MAV_AUTOPILOT', heartbeat.autopilot)} on a {kind}"


def _enum_label(enum: str, number: int) -> str:
    entry = dialect.enums[enum].get(number)
    return f"{enum} {number}" if entry is None else str(entry.name).removeprefix(f"{enum}_").lower()
