"""A vehicle over MAVLink 2: one autopilot on a port, its state, its commands and its parameters."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from types import TracebackType

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.parameters import Naming
from dfr.errors import LinkError, LinkTimeoutError, VehicleRefusedError
from dfr.geo import Position
from dfr.link import params
from dfr.link.autopilots import find_autopilot
from dfr.link.clocks import Pace, RoundTrip
from dfr.link.commands import FORCE_DISARM, CommandFailed, send_command, send_command_to_place
from dfr.link.framing import Message, Signing
from dfr.link.onboard import Kept
from dfr.link.port import FASTEST_HEARTBEAT_S, GCS_COMPONENT, GCS_SYSTEM, HEARTBEAT_S, MavlinkPort, Source
from dfr.link.telemetry import updated
from dfr.link.transport import open_transport
from dfr.link.vehicle import CopterMode, Firmware, OnboardPlan, Text, VehicleState

LINK_LOST_S = 3.5
"""Nothing heard from the vehicle for this long by our own clock: the link is lost (as in QGroundControl)."""

BEHIND_S = 1.0
"""A vehicle speaks several times a second: not heard for so long, our reader may be behind (assumed)."""

REOPEN_TRY_S = 1.0
"""How long each try to open a broken line again may take."""

FIRST_HEARTBEAT_S = 30.0
TEXTS_KEPT = 500
MODE_CHANGE_S = 5.0
ARMING_S = 10.0

GUIDED_SPEED = -1.0
"""First parameter of DO_REPOSITION: at the speed that is set."""

ITEM_REQUESTS = frozenset({"MISSION_REQUEST", "MISSION_REQUEST_INT"})

RATES_HZ: dict[int, float] = {
    dialect.MAVLINK_MSG_ID_SYSTEM_TIME: 5.0,
    dialect.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: 10.0,
    dialect.MAVLINK_MSG_ID_ATTITUDE: 5.0,
    dialect.MAVLINK_MSG_ID_VFR_HUD: 2.0,
    dialect.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: 5.0,
    dialect.MAVLINK_MSG_ID_MISSION_CURRENT: 5.0,
    dialect.MAVLINK_MSG_ID_SYS_STATUS: 2.0,
    dialect.MAVLINK_MSG_ID_BATTERY_STATUS: 2.0,
    dialect.MAVLINK_MSG_ID_EKF_STATUS_REPORT: 2.0,
    dialect.MAVLINK_MSG_ID_GPS_RAW_INT: 1.0,
    dialect.MAVLINK_MSG_ID_HOME_POSITION: 0.5,
    dialect.MAVLINK_MSG_ID_WIND: 1.0,
}
"""What the director needs, per second of vehicle time."""

QUIET_HZ = 0.5
"""Of each on a slow line until the vehicle is armed: a fifth of 1.2 kB/s (assumed enough to see it alive)."""


class MavlinkVehicle:
    """One (system, component) on a port, at the address it speaks from. Made by `connect`.

    A context manager that closes its port.
    """

    def __init__(self, port: MavlinkPort, target: Source, *, simulated: bool, owns_port: bool) -> None:
        self.port, self.target, self.simulated = port, target, simulated
        self.plan = OnboardPlan.UNTOUCHED
        self.kept = Kept()
        self.uploading = False
        self.round_trip = RoundTrip()
        self.places = cycle(range(params.PLACES))
        self.firmware = Firmware(version=(0, 0, 0), development=False, is_ardupilot=True, name="unknown")
        self.naming = Naming.CENTIMETRES
        self.link_lost_s = LINK_LOST_S
        self.pace = 1.0
        self._owns_port = owns_port
        self._in_full = False
        self._state = VehicleState()
        self._texts: deque[Text] = deque(maxlen=TEXTS_KEPT)
        self._heard_at = time.monotonic()
        self._changed = threading.Condition()
        self._pace = Pace()
        if simulated and port.heartbeat_s is not None:
            port.heartbeat_s = FASTEST_HEARTBEAT_S
        self._watchers: tuple[Callable[[VehicleState], None], ...] = ()
        self._rates_for = (port.opened_at, 0)
        self._overhearers: tuple[Callable[[Text], None], ...] = ()
        port.listen(self._hear)

    def __enter__(self) -> MavlinkVehicle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; close the port if it was opened for this vehicle."""
        self.port.leave(self._hear)
        if self._owns_port:
            self.port.close()

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
        if time.monotonic() - self._heard_at > BEHIND_S:
            self.port.catch_up()
        return time.monotonic() - self._heard_at

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
        works = self.port.failure is None and self._heard_at >= self.port.opened_at
        return works and self.silent_s <= self.link_lost_s

    def check_link(self) -> None:
        """Raise LinkError where the line is dead, LinkTimeoutError where the vehicle has gone silent."""
        if (failure := self.port.failure) is not None:
            raise failure
        if self.silent_s > self.link_lost_s:
            raise LinkTimeoutError(
                f"vehicle {self.target[0]} has been silent for {self.silent_s:.1f} s -> check the link"
            )

    def refuse_double(self) -> None:
        """Raise LinkError, with both addresses, where another vehicle speaks under its system id."""
        self.port.speakers.refuse_two(self.target[0])

    def wait(self, holds: Callable[[VehicleState], bool], *, vehicle_s: float, what: str) -> VehicleState:
        """The first state in which something holds, within so many seconds of the vehicle's clock.

        Raises LinkTimeoutError when they have passed, or when the vehicle falls silent;
        before the vehicle has told its time, our own clock counts.
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
                passed_s = _passed(state, start_s, time.monotonic() - started)
                if passed_s > vehicle_s:
                    raise LinkTimeoutError(f"{what}: not within {vehicle_s:.0f} s -> {self.last_words()}")
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

    def command(self, number: int, *params: float, timeout_s: float = 3.0) -> None:
        """Send a command until it is answered.

        Raises VehicleRefusedError with what the vehicle said, or LinkTimeoutError.
        """
        try:
            send_command(self, number, params, timeout_s=timeout_s)
        except CommandFailed as error:
            raise VehicleRefusedError(f"{error} -> {self.last_words()}") from error

    def set_mode(self, mode: CopterMode) -> None:
        """Change the flight mode and see it changed.

        Raises VehicleRefusedError for AUTO while the vehicle's plan is unknown.
        """
        if mode == CopterMode.AUTO:
            self.refuse_unknown_plan("AUTO")
        self.command(dialect.MAV_CMD_DO_SET_MODE, dialect.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED, float(mode))
        self.wait(lambda state: state.mode == mode, vehicle_s=MODE_CHANGE_S, what=f"mode {mode.name}")

    def go_to(self, place: Position, *, height_m_home: float) -> None:
        """Fly straight to a place and height in GUIDED.

        Raises VehicleRefusedError where the vehicle refuses, as it does outside its fence.
        """
        flags = (GUIDED_SPEED, float(dialect.MAV_DO_REPOSITION_FLAGS_CHANGE_MODE), 0.0, math.nan)
        try:
            number = dialect.MAV_CMD_DO_REPOSITION
            send_command_to_place(self, number, flags, place, height_m_home=height_m_home)
        except CommandFailed as error:
            raise VehicleRefusedError(f"{error} -> {self.last_words()}") from error
        self.wait(lambda state: state.mode == CopterMode.GUIDED, vehicle_s=MODE_CHANGE_S, what="mode GUIDED")

    def arm(self) -> None:
        """Arm; done only when the heartbeat's armed bit is seen.

        Raises VehicleRefusedError with the vehicle's reasons, or while its plan is unknown.
        """
        self.refuse_unknown_plan("arming")
        self.full_rates()
        self.command(dialect.MAV_CMD_COMPONENT_ARM_DISARM, 1.0)
        self.wait(lambda state: state.armed is True, vehicle_s=ARMING_S, what="armed")

    def disarm(self, *, force: bool = False) -> None:
        """Disarm; `force` stops the motors wherever the vehicle is."""
        self.command(dialect.MAV_CMD_COMPONENT_ARM_DISARM, 0.0, FORCE_DISARM if force else 0.0)
        self.wait(lambda state: state.armed is False, vehicle_s=ARMING_S, what="disarmed")

    def get_param(self, name: str) -> float | None:
        """A parameter by its 4.5/4.6 name and unit; None where the vehicle has none of that name."""
        return params.get_param(self, name)

    def set_param(self, name: str, value: float) -> None:
        """Set a parameter by its 4.5/4.6 name and unit, confirmed by the echoed value."""
        params.set_param(self, name, value)

    def _ask_again_for_rates(self, state: VehicleState) -> None:
        """A line opened anew, or a vehicle that restarted, streams what it likes: ask, without waiting."""
        wanted_by = (self.port.opened_at, state.reboots)
        if wanted_by == self._rates_for:
            return
        self._rates_for = wanted_by
        for message_id, hertz in self._rates_hz().items():
            number = dialect.MAV_CMD_SET_MESSAGE_INTERVAL
            with suppress(LinkError):
                self.send(
                    dialect.MAVLink_command_long_message(
                        *self.target, number, 0, float(message_id), 1e6 / hertz, 0.0, 0.0, 0.0, 0.0, 0.0
                    )
                )

    def request_rates(self) -> None:
        """Ask for the messages the director needs; a refusal of one is left to preflight to notice.

        On a slow line for only what is asked for here, and for less of it until the vehicle is to be armed:
        an upload needs the room.
        """
        if self.port.bytes_per_s is not None:
            self.send(dialect.MAVLink_request_data_stream_message(*self.target, 0, 0, 0))
        for message_id, hertz in self._rates_hz().items():
            try:
                self.command(dialect.MAV_CMD_SET_MESSAGE_INTERVAL, float(message_id), 1e6 / hertz)
            except VehicleRefusedError:
                continue

    def _rates_hz(self) -> dict[int, float]:
        """What is asked for now."""
        if self.port.bytes_per_s is None or self._in_full:
            return RATES_HZ
        return {message_id: min(hertz, QUIET_HZ) for message_id, hertz in RATES_HZ.items()}

    def full_rates(self) -> None:
        """Ask on a slow line too for all that the director needs: it flies, or is about to."""
        if self.port.bytes_per_s is not None and not self._in_full:
            self._in_full = True
            self.request_rates()

    def refuse_unknown_plan(self, wish: str) -> None:
        """Raise VehicleRefusedError while a failed upload has left the plan on board unknown."""
        if self.plan is OnboardPlan.UNKNOWN:
            raise VehicleRefusedError(
                f"{wish} is blocked: an upload failed and the plan on board is unknown -> upload again"
            )

    def whereabouts(self) -> str:
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
        if self.port.keyless(self.target):
            return "it signs its packets and answers only what its key signed: give the key (--signing-key)"
        return "check the link"

    def last_words(self, count: int = 3) -> str:
        """The last warnings of the vehicle, for error messages."""
        grave = [text.text for text in self._texts if text.severity <= dialect.MAV_SEVERITY_WARNING]
        return "vehicle says: " + "; ".join(grave[-count:]) if grave else "the vehicle gave no reason"

    def _hear(self, message: Message) -> None:
        if self.from_target(message):
            self._heard_at = time.monotonic()
        elif not self._is_our_remote_id(message):
            return
        state = updated(self._state, message)
        if message.get_type() == "STATUSTEXT":
            self._say(Text(t_s=state.t_s, severity=message.severity, text=_text(message)))
        self._keep_pace(state)
        self._ask_again_for_rates(state)
        if message.get_type() in ITEM_REQUESTS:
            self._unexpected_request(message)
        with self._changed:
            self._state = state
            self._changed.notify_all()
        for watcher in self._watchers:
            watcher(state)

    def _say(self, text: Text) -> None:
        self._texts.append(text)
        for overhearer in self._overhearers:
            overhearer(text)

    def _is_our_remote_id(self, message: Message) -> bool:
        """The Remote ID transmitter is a component of its own on the vehicle."""
        ours = bool(message.get_srcSystem() == self.target[0])
        return ours and message.get_type() == "OPEN_DRONE_ID_ARM_STATUS"

    def _unexpected_request(self, message: Message) -> None:
        """It asks for items though nothing is being sent: a repeated COUNT has cut the plan on board."""
        if not self.uploading and self.plan is OnboardPlan.VERIFIED and self.for_us(message):
            self.plan = OnboardPlan.UNKNOWN

    def _keep_pace(self, state: VehicleState) -> None:
        """Beat as often per second of vehicle time as at speed 1, so that FS_GCS_TIMEOUT means the same."""
        rate = self._pace.rate(state.t_s)
        self.pace = self.pace if rate is None else rate
        if rate is not None and self.simulated and self.port.heartbeat_s is not None:
            self.port.heartbeat_s = max(FASTEST_HEARTBEAT_S, min(HEARTBEAT_S, HEARTBEAT_S / rate))


def connect(
    url: str,
    *,
    system: int | None = None,
    simulated: bool = False,
    timeout_s: float = FIRST_HEARTBEAT_S,
    our_system: int = GCS_SYSTEM,
    our_component: int = GCS_COMPONENT,
    signing_key: bytes | None = None,
    tlog: Path | None = None,
) -> MavlinkVehicle:
    """The vehicle at a URL (`dfr.link.transport`), once its autopilot's heartbeat is heard.

    `simulated` is for the caller to say; a vehicle is never taken for simulated by its looks.
    Raises LinkTimeoutError where none speaks, InputError where several do and `system` chooses none,
    where it is no ArduCopter, or where the firmware's version is not known.
    """
    transport = open_transport(url, timeout_s=timeout_s)
    port = MavlinkPort(
        transport,
        system=our_system,
        component=our_component,
        signing=None if signing_key is None else Signing(signing_key),
        tlog=None if tlog is None else tlog.open("wb"),
        reopen=lambda: open_transport(url, timeout_s=REOPEN_TRY_S),
    )
    try:
        target = find_autopilot(port, system=system, timeout_s=timeout_s, url=url)
        return attach(port, target, simulated=simulated, owns_port=True)
    except BaseException:
        port.close()
        raise


def attach(port: MavlinkPort, target: Source, *, simulated: bool, owns_port: bool = False) -> MavlinkVehicle:
    """One vehicle of a port that may carry several. Raises LinkError where two speak under its system id."""
    vehicle = MavlinkVehicle(port, target, simulated=simulated, owns_port=owns_port)
    try:
        vehicle.firmware, vehicle.naming = params.identify(vehicle)
        vehicle.request_rates()
        vehicle.wait(lambda state: state.mode is not None, vehicle_s=FIRST_HEARTBEAT_S, what="heartbeat")
        port.refuse_two(target)
    except BaseException:
        port.leave(vehicle._hear)
        raise
    return vehicle


def _passed(state: VehicleState, start_s: float | None, wall_s: float) -> float:
    """Seconds of the vehicle's clock since a start; by our own clock where it tells none."""
    if start_s is None or state.t_s is None:
        return wall_s
    return state.t_s - start_s


def _text(message: Message) -> str:
    text = message.text
    return text if isinstance(text, str) else bytes(text).decode(errors="replace").rstrip("\0")
