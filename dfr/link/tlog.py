"""Flights read back from a tlog: the records of Mission Planner, MAVProxy and `dfr`.

The vehicle's clock starts again when it reboots; the stamps that the ground station put before each message
say how long that took, so that one clock runs through the whole log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dfr.errors import InputError
from dfr.link.autopilots import is_autopilot
from dfr.link.framing import Framer, Message
from dfr.link.recorder import Recorder
from dfr.link.telemetry import update_state
from dfr.link.vehicle import VehicleState

STAMP_BYTES = 8
MARKERS = (0xFD, 0xFE)
MOST_STATES = 500_000
CHUNK_BYTES = 65_536
LONGEST_FRAME_BYTES = 280


def flight_states(data: bytes) -> Iterator[VehicleState]:
    """The states of the vehicle of which a tlog holds most, one for each message that changed something.

    Their times go on through a reboot. Raises InputError where the file holds no autopilot's telemetry.
    """
    stamped = list(_read_messages(data))
    system = _busiest_system([message for _, message in stamped])
    state, clock = VehicleState(), _Clock()
    told = 0
    for stamp_s, message in stamped:
        if message.get_srcSystem() != system or message.get_srcComponent() != 1:
            continue
        after = update_state(state, message)
        if after is not state:
            state, told = after, told + 1
            yield replace(state, t_s=clock.t_s(state, stamp_s))
        if told >= MOST_STATES:
            return


class _Clock:
    """The vehicle's clock, carried on through its reboots by the stamps of the log."""

    def __init__(self) -> None:
        self._reboots = 0
        self._boot_s: float | None = None
        self._offset_s = self._stamp_s = 0.0

    def t_s(self, state: VehicleState, stamp_s: float) -> float | None:
        """A state's time on the clock that goes on."""
        boot_s = state.t_s
        if boot_s is None:
            return None
        if self._boot_s is not None and state.reboots != self._reboots:
            self._offset_s += self._boot_s + max(0.0, stamp_s - self._stamp_s) - boot_s
        if boot_s != self._boot_s:
            self._boot_s, self._stamp_s, self._reboots = boot_s, stamp_s, state.reboots
        return boot_s + self._offset_s


def read_tlog(data: bytes, *, name: str) -> Recorder:
    """A recorder that has heard a whole tlog. Raises InputError where it holds no position."""
    return recorder_of(list(flight_states(data)), name=name)


def recorder_of(states: Sequence[VehicleState], *, name: str) -> Recorder:
    """A recorder that has heard these states; its home is the vehicle's, or its first position.

    Raises InputError where they tell of no position.
    """
    home = next((s.home for s in states if s.home is not None), None)
    home = home or next((s.position for s in states if s.position is not None), None)
    if home is None:
        raise InputError(f"{name} contains no position", do="record GLOBAL_POSITION_INT")
    recorder = Recorder(home)
    for state in states:
        recorder(state)
    return recorder


def _read_messages(data: bytes) -> Iterator[tuple[float, Message]]:
    """Messages of a tlog and their stamps, s; the framer skips the stamp before each frame as noise."""
    if len(data) <= STAMP_BYTES or data[STAMP_BYTES] not in MARKERS:
        raise InputError("not a tlog (no MAVLink frame after the first time stamp)", do="give a .tlog file")
    framer = Framer()
    end = 0
    starts = range(0, len(data), CHUNK_BYTES)
    # A time stamp may look like the start of a frame that goes on past the end: let it be found out.
    chunks = [data[start : start + CHUNK_BYTES] for start in starts] + [bytes(LONGEST_FRAME_BYTES)]
    for chunk in chunks:
        for message, frame in framer.feed(chunk):
            begin = data.find(frame, end)
            if begin < 0:
                continue
            end = begin + len(frame)
            yield int.from_bytes(data[max(0, begin - STAMP_BYTES) : begin], "big") / 1e6, message


def _busiest_system(messages: list[Message]) -> int:
    beats = Counter(m.get_srcSystem() for m in messages if m.get_type() == "HEARTBEAT" and is_autopilot(m))
    if not beats:
        raise InputError("it contains no autopilot's heartbeat", do="is it the log of a vehicle?")
    return int(beats.most_common(1)[0][0])
