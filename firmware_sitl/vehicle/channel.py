"""One client's end of the vehicle: framing, what it subscribed to, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.state import State
from firmware_sitl.vehicle.telemetry import BUILDERS, STREAMS, param_value
from firmware_sitl.vehicle.telemetry_requested import MODES_LISTED, available_mode

FULL_BYTES = 16_384
"""Bytes waiting for a client that does not read, beyond which telemetry is dropped for it, as by ArduCopter:
one that comes back to reading would hear what is long past, and answers only after it."""

PARAMETERS_PER_STEP = 40
HEARTBEAT_S = 1.0


class Channel:
    """Messages in and out of one port; the server moves the bytes: in by `parse_bytes`, out of `out`."""

    def __init__(self, state: State, number: int) -> None:
        self._state = state
        self.number = number
        self.mav = mavlink.MAVLink(None, srcSystem=state.system_id, srcComponent=1)
        self.mav.robust_parsing = True
        self.mav.signing.link_id = number
        self.out = bytearray()
        self.connected = False
        self.dropped = 0
        self._periods: dict[int, float] = {mavlink.MAVLINK_MSG_ID_HEARTBEAT: HEARTBEAT_S}
        self._due: dict[int, float] = {mavlink.MAVLINK_MSG_ID_HEARTBEAT: 0.0}
        self._next_due = 0.0
        self._listing: Iterator[Any] | None = None
        self._owed: list[int] = []
        self._modes_owed: list[int] = []
        self.subscribe_by_parameters()

    def subscribe_by_parameters(self) -> None:
        """Subscribe to what the port's SRn_ parameters say."""
        for stream, (name, _) in STREAMS.items():
            rate = self._state.parameters[f"SR{self.number}_{name}"]
            if rate > 0.0:
                self.set_stream_rate(stream, rate)

    def parse_bytes(self, data: bytes) -> Iterable[Any]:
        """Messages in received bytes; what is no message is skipped."""
        found = self.mav.parse_buffer(data)
        return [message for message in found or () if message.get_type() != "BAD_DATA"]

    def send(self, message: Any) -> None:
        """Queue a message under the next sequence number."""
        if self.connected:
            self.out += message.pack(self.mav)
            self.mav.seq = (self.mav.seq + 1) % 256

    def forward(self, raw: bytes) -> None:
        """Queue another system's message as it came."""
        if self.connected and len(self.out) < FULL_BYTES:
            self.out += raw

    def send_every(self, message_id: int, period_s: float | None) -> None:
        """Send a message every `period_s` seconds; None stops it."""
        if period_s is None:
            self._periods.pop(message_id, None)
            self._due.pop(message_id, None)
        else:
            self._periods[message_id] = period_s
            self._due[message_id] = self._state.aircraft.t_s
        self._next_due = 0.0

    def usual_period_s(self, message_id: int) -> float | None:
        """Default interval of a message by the port's SRn_ parameters, s; None where not streamed."""
        if message_id == mavlink.MAVLINK_MSG_ID_HEARTBEAT:
            return HEARTBEAT_S
        for name, messages in STREAMS.values():
            rate = self._state.parameters[f"SR{self.number}_{name}"]
            if message_id in messages and rate > 0.0:
                return 1.0 / rate
        return None

    def send_later(self, message_id: int) -> None:
        """Send a message once, after the answer that is being made."""
        self._owed.append(message_id)

    def list_modes(self, index: int) -> None:
        """Send the flight mode at a place in the list (from 1), or all of them for 0, after the answer."""
        self._modes_owed += [index] if index else range(1, len(MODES_LISTED) + 1)

    def send_owed(self) -> None:
        """Send the messages that wait for the answer to go first."""
        for message_id in self._owed:
            self.send_now(message_id)
        for index in self._modes_owed:
            if index <= len(MODES_LISTED):
                self.send(available_mode(index))
        self._owed.clear()
        self._modes_owed.clear()

    def period_s(self, message_id: int) -> float | None:
        """Interval at which a message is streamed, s; None where it is not."""
        return self._periods.get(message_id)

    def set_stream_rate(self, stream: int, rate_hz: float) -> None:
        """Set the rate of a data stream's messages; stream 0 is all of them."""
        for number, (_, messages) in STREAMS.items():
            if stream in (0, number):
                for message_id in messages:
                    self.send_every(message_id, 1.0 / rate_hz if rate_hz > 0.0 else None)

    def list_parameters(self) -> None:
        """Begin to send all parameters; the vehicle says what it is first."""
        self._state.say_banner()
        self._listing = iter(
            [param_value(self._state.parameters, p) for p in self._state.parameters.all_shown()]
        )

    def send_due(self, t_s: float) -> None:
        """Queue the messages that are due."""
        if not self.connected:
            return
        if self._owed:
            self.send_owed()
        if self._listing is not None:
            self._list_more()
        if t_s < self._next_due:
            return
        full = len(self.out) > FULL_BYTES
        soonest = t_s + HEARTBEAT_S
        for message_id, due in self._due.items():
            if due <= t_s:
                period = self._periods[message_id]
                later = due + period
                due = later if later > t_s else t_s + period  # noqa: PLW2901 - the next time, kept below
                self._due[message_id] = due
                if full:
                    self.dropped += 1
                else:
                    self.send_now(message_id)
            soonest = min(soonest, due)
        self._next_due = soonest

    def send_now(self, message_id: int) -> bool:
        """Queue one message now; False where the vehicle has no such message."""
        builder = BUILDERS.get(message_id)
        if builder is None:
            return False
        built = builder(self._state)
        for message in built if isinstance(built, tuple) else (built,):
            if message is not None:
                self.send(message)
        return True

    def forget_client(self) -> None:
        """Drop what waits for the old client, but keep its subscriptions for the next."""
        self.out.clear()
        self._listing = None

    def _list_more(self) -> None:
        listing = self._listing
        if listing is None:
            return
        for _ in range(PARAMETERS_PER_STEP):
            message = next(listing, None)
            if message is None:
                self._listing = None
                return
            self.send(message)
