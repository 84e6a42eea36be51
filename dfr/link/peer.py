"""The vehicle at the other end of a line: its address, its state, what it says, and whether it is heard.

`Peer` sends and listens; what is built of that (commands, parameters, transfers of lists) stands in modules
of their own that take a `Peer`, and `dfr.link.mavlink.MavlinkVehicle` is a peer that does all of it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.modes import CopterMode
from dfr.ardupilot.parameters import Naming
from dfr.errors import LinkError, LinkTimeoutError
from dfr.link.framing import Message
from dfr.link.pacing import ClockRate, RoundTrip
from dfr.link.port import FASTEST_HEARTBEAT_S, HEARTBEAT_S, MavlinkPort, Source
from dfr.link.telemetry import update_state
from dfr.link.vehicle import Firmware, Text, VehicleState

LINK_LOST_S = 3.5
"""Nothing heard from the vehicle for this long by our own clock: the link is lost (as in QGroundControl)."""

BEHIND_S = 1.0
"""A vehicle speaks several times a second: not heard for so long, our reader may be behind (assumed)."""

TEXTS_KEPT = 500

PARAMETER_PLACES = 200
"""Places in the parameter list that are asked for in turn; every ArduCopter has more."""


class Peer:
    """One (system, component) on a port, at the address it speaks from; `firmware` once it was asked."""

    def __init__(self, port: MavlinkPort, target: Source, *, simulated: bool) -> None:
        self.port, self.target, self.simulated = port, target, simulated
        self.round_trip = RoundTrip()
        self.places = cycle(range(PARAMETER_PLACES))
        self.firmware = Firmware(version=(0, 0, 0), development=False, name="unknown")
        self.naming = Naming.CENTIMETRES
        self.link_lost_s = LINK_LOST_S
        self.pace = 1.0
        self._state = VehicleState()
        self._texts: deque[Text] = deque(maxlen=TEXTS_KEPT)
        self._heard_at = time.monotonic()
        self._changed = threading.Condition()
        self._pace = ClockRate()
        if simulated and port.heartbeat_s is not None:
            port.heartbeat_s = FASTEST_HEARTBEAT_S
        self._watchers: tuple[Callable[[VehicleState], None], ...] = ()
        self._overhearers: tuple[Callable[[Text], None], ...] = ()

    def listen(self) -> None:
        """Follow what the vehicle says from now on."""
        self.port.listen(self._hear_message)

    def leave(self) -> None:
        """Stop listening; the port stays open."""
        self.port.leave(self._hear_message)

    @property
    def state(self) -> VehicleState:
        """What is known now."""
        return self._state

    @property
    def texts(self) -> tuple[Text, ...]:
        """What it has said in words, oldest first."""
        return tuple(self._texts)

    @property
    def silent_s(self) -> float:
        """Seconds by our own clock since it was last heard; what waits to be read is read first."""
        # One moment for all of it: this process may be stopped for seconds between any two lines.
        asked_at = time.monotonic()
        if asked_at - self._heard_at > BEHIND_S:
            self.port.catch_up()
        return max(0.0, asked_at - self._heard_at)

    @property
    def lost_packets(self) -> int:
        """Packets of this vehicle that did not arrive, by their sequence numbers."""
        loss = self.port.losses.get(self.target)
        return 0 if loss is None else loss.lost

    @property
    def disturbances(self) -> int:
        """Signs that the line loses, repeats or reorders packets of this vehicle, so far."""
        loss = self.port.losses.get(self.target)
        return 0 if loss is None else loss.lost + loss.late

    def from_target(self, message: Message) -> bool:
        """True for a message of this very vehicle."""
        return (message.get_srcSystem(), message.get_srcComponent()) == self.target

    def for_us(self, message: Message) -> bool:
        """True for a message of this vehicle to this client (or to all)."""
        system = getattr(message, "target_system", 0)
        component = getattr(message, "target_component", 0)
        return (
            self.from_target(message)
            and system in (0, self.port.system)
            and component in (0, self.port.component)
        )

    def send(self, message: Message) -> None:
        """Send one message to this vehicle. Raises LinkError on a dead line."""
        self.port.send(message, system=self.target[0])

    @property
    def heard(self) -> bool:
        """Whether the line works and the vehicle has spoken on it of late."""
        return self.line_failure is None and self.silent_s <= self.link_lost_s

    @property
    def line_failure(self) -> LinkError | None:
        """Why the line broke on which the vehicle was last heard; None while that line works.

        A line that was opened again counts once the vehicle has spoken on it: that somebody accepts our
        connection does not say that the vehicle is there.
        """
        if self.port.failure is not None:
            return self.port.failure
        return self.port.last_failure if self._heard_at < self.port.opened_at else None

    def check_link(self) -> None:
        """Raise LinkError where the line broke, LinkTimeoutError where the vehicle has gone silent."""
        if (failure := self.line_failure) is not None:
            raise failure
        if (silent_s := self.silent_s) > self.link_lost_s:
            raise LinkTimeoutError(
                f"vehicle {self.target[0]} has been silent for {silent_s:.1f} s", do="check the link"
            )

    def refuse_double(self) -> None:
        """Raise LinkError, with both addresses, where another vehicle speaks under its system id."""
        self.port.speakers.refuse_two(self.target[0])

    def wait(self, holds: Callable[[VehicleState], bool], *, vehicle_s: float, what: str) -> VehicleState:
        """The first state in which something holds, within so many seconds of the vehicle's clock.

        Raises LinkTimeoutError when they have passed, or when the vehicle falls silent;
        before the vehicle has reported its time, our own clock counts.
        """
        start_s, started = self._state.t_s, time.monotonic()
        with self._changed:
            while True:
                state = self._state
                if holds(state):
                    return state
                self.check_link()
                if start_s is None:
                    start_s = state.t_s
                passed_s = _passed_s(state, start_s, time.monotonic() - started)
                if passed_s > vehicle_s:
                    raise LinkTimeoutError(f"{what}: not within {vehicle_s:.0f} s", do=f"{self.last_words()}")
                self._changed.wait(0.1)

    @contextmanager
    def watching(self, watcher: Callable[[VehicleState], None]) -> Iterator[None]:
        """Call `watcher` with every new state, in the reader's thread, until the end of the block."""
        self._watchers = (*self._watchers, watcher)
        try:
            yield
        finally:
            self._watchers = tuple(entry for entry in self._watchers if entry is not watcher)

    @contextmanager
    def overhearing(self, overhearer: Callable[[Text], None]) -> Iterator[None]:
        """Call `overhearer` with all that the vehicle says in words, as `watching` does."""
        self._overhearers = (*self._overhearers, overhearer)
        try:
            yield
        finally:
            self._overhearers = tuple(entry for entry in self._overhearers if entry is not overhearer)

    def describe_whereabouts(self) -> str:
        """Which vehicle it is, whether it is armed, in which mode, and where, in words."""
        state = self._state
        armed = {True: "ARMED", False: "disarmed", None: "armed or not is not known"}[state.armed]
        height = "" if state.height_m_home is None else f", {state.height_m_home:.0f} m above home"
        at = "" if state.position is None else f", at {state.position}"
        item = f", item {state.mission_seq}" if state.mode == CopterMode.AUTO else ""
        old = "" if self.heard else f" ({self.silent_s:.0f} s ago: it is not heard now)"
        return f"system {self.target[0]} is {armed} in {state.mode_name}{item}{height}{at}{old}"

    @property
    def remedy(self) -> str:
        """What to do about a vehicle that is heard and does not answer."""
        if self.port.lacks_key(self.target):
            return "it signs its packets and answers only what its key signed: give the key (--signing-key)"
        return "check the link"

    def last_words(self, count: int = 3) -> str:
        """The last warnings of the vehicle, for error messages."""
        grave = [text.text for text in self._texts if text.severity <= dialect.MAV_SEVERITY_WARNING]
        return "vehicle says: " + "; ".join(grave[-count:]) if grave else "the vehicle gave no reason"

    def _hear_message(self, message: Message) -> None:
        if self.from_target(message):
            self._heard_at = time.monotonic()
        elif not self._is_our_remote_id(message):
            return
        state = update_state(self._state, message)
        if message.get_type() == "STATUSTEXT":
            self._note_text(Text(t_s=state.t_s, severity=message.severity, text=_text_of(message)))
        self._match_clock_rate(state)
        self._react_to(message, state)
        with self._changed:
            self._state = state
            self._changed.notify_all()
        for watcher in self._watchers:
            watcher(state)

    def _react_to(self, message: Message, state: VehicleState) -> None:
        """Do what a message calls for, before listeners get the new state: here nothing."""

    def _note_text(self, text: Text) -> None:
        self._texts.append(text)
        for overhearer in self._overhearers:
            overhearer(text)

    def _is_our_remote_id(self, message: Message) -> bool:
        """The Remote ID transmitter is a component of its own on the vehicle."""
        ours = bool(message.get_srcSystem() == self.target[0])
        return ours and message.get_type() == "OPEN_DRONE_ID_ARM_STATUS"

    def _match_clock_rate(self, state: VehicleState) -> None:
        """Beat as often per second of vehicle time as at speed 1, so that FS_GCS_TIMEOUT means the same."""
        rate = self._pace.measure_rate(state.t_s)
        self.pace = self.pace if rate is None else rate
        if rate is not None and self.simulated and self.port.heartbeat_s is not None:
            self.port.heartbeat_s = max(FASTEST_HEARTBEAT_S, min(HEARTBEAT_S, HEARTBEAT_S / rate))


def _passed_s(state: VehicleState, start_s: float | None, wall_s: float) -> float:
    """Seconds of the vehicle's clock since a start; by our own clock where it reports none."""
    if start_s is None or state.t_s is None:
        return wall_s
    return state.t_s - start_s


def _text_of(message: Message) -> str:
    text = message.text
    return text if isinstance(text, str) else bytes(text).decode(errors="replace").rstrip("\0")
