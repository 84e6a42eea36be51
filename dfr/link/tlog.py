"""A flight read back from a tlog: the records of Mission Planner, MAVProxy and `dfr`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dfr.errors import InputError
from dfr.link.autopilots import is_autopilot
from dfr.link.framing import Framer, Message
from dfr.link.recorder import Recorder
from dfr.link.telemetry import updated
from dfr.link.vehicle import VehicleState

STAMP_BYTES = 8
MARKERS = (0xFD, 0xFE)
MOST_STATES = 500_000
CHUNK_BYTES = 65_536
LONGEST_FRAME_BYTES = 280


def flight_states(data: bytes) -> Iterator[VehicleState]:
    """The states of the vehicle that a tlog tells most of, one for each message that changed something.

    Raises InputError where the file holds no autopilot's telemetry.
    """
    messages = list(_messages(data))
    system = _chief(messages)
    state = VehicleState()
    told = 0
    for message in messages:
        if message.get_srcSystem() != system or message.get_srcComponent() != 1:
            continue
        after = updated(state, message)
        if after is not state:
            state, told = after, told + 1
            yield state
        if told >= MOST_STATES:
            return


def recorded(data: bytes, *, name: str) -> Recorder:
    """A recorder that has heard a whole tlog. Raises InputError where it tells of no position."""
    return recorder_of(list(flight_states(data)), name=name)


def recorder_of(states: Sequence[VehicleState], *, name: str) -> Recorder:
    """A recorder that has heard these states; its home is the vehicle's, or its first position.

    Raises InputError where they tell of no position.
    """
    home = next((s.home for s in states if s.home is not None), None)
    home = home or next((s.position for s in states if s.position is not None), None)
    if home is None:
        raise InputError(f"{name}: no position in it -> record GLOBAL_POSITION_INT")
    recorder = Recorder(home)
    for state in states:
        recorder(state)
    return recorder


def _messages(data: bytes) -> Iterator[Message]:
    """Messages of a tlog: 8 bytes of time before each frame are skipped by the framer as noise."""
    if len(data) <= STAMP_BYTES or data[STAMP_BYTES] not in MARKERS:
        raise InputError("not a tlog (no MAVLink frame after the first time stamp) -> give a .tlog file")
    framer = Framer()
    for start in range(0, len(data), CHUNK_BYTES):
        for message, _ in framer.feed(data[start : start + CHUNK_BYTES]):
            yield message
    # A time stamp may look like the start of a frame that goes on past the end: let it be found out.
    for message, _ in framer.feed(bytes(LONGEST_FRAME_BYTES)):
        yield message


def _chief(messages: list[Message]) -> int:
    beats = Counter(m.get_srcSystem() for m in messages if m.get_type() == "HEARTBEAT" and is_autopilot(m))
    if not beats:
        raise InputError("no autopilot's heartbeat in it -> is it the log of a vehicle?")
    return int(beats.most_common(1)[0][0])
