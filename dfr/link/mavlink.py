"""A vehicle over MAVLink 2: `connect` finds it on a line; then command it and set its parameters."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.ardupilot.modes import CopterMode
from dfr.errors import LinkError, VehicleRefusedError
from dfr.geo import Position
from dfr.link import params
from dfr.link.autopilots import find_autopilot
from dfr.link.commands import FORCE_DISARM, CommandFailed, send_command, send_command_to_place
from dfr.link.framing import Message, Signing
from dfr.link.onboard import Kept
from dfr.link.peer import Peer
from dfr.link.port import (
    DEAF_S,
    FASTEST_HEARTBEAT_S,
    GCS_COMPONENT,
    GCS_SYSTEM,
    HEARTBEAT_S,
    MavlinkPort,
    Source,
)
from dfr.link.transport import is_dialled, open_transport
from dfr.link.vehicle import OnboardPlan, VehicleState

REOPEN_TRY_S = 1.0
"""How long each try to open a broken line again may take."""

FIRST_HEARTBEAT_S = 30.0
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
"""Of each on a slow line until the vehicle is armed, and on a line on which we only ask: a fifth of 1.2 kB/s
(assumed enough to see it alive)."""


class MavlinkVehicle(Peer):
    """One vehicle, commanded and configured: its modes, parameters and rates. Made by `connect`.

    A context manager that closes its port.
    """

    def __init__(self, port: MavlinkPort, target: Source, *, simulated: bool, owns_port: bool) -> None:
        super().__init__(port, target, simulated=simulated)
        self.plan = OnboardPlan.UNTOUCHED
        self.kept = Kept()
        self.uploading = False
        self._owns_port = owns_port
        self._in_full = False
        self._spares_line = port.silent or port.bytes_per_s is not None
        self._rates_for = (port.opened_at, 0)
        self.listen()

    def __enter__(self) -> MavlinkVehicle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; close the port if it was opened for this vehicle."""
        self.leave()
        if self._owns_port:
            self.port.close()

    def take_station(self) -> None:
        """Send heartbeats from now on: the vehicle then acts on our loss as on its ground station's."""
        if self.port.silent:
            self.port.heartbeat_s = FASTEST_HEARTBEAT_S if self.simulated else HEARTBEAT_S
        self.full_rates()

    def command(self, number: int, *params: float, timeout_s: float = 3.0) -> None:
        """Send a command until it is answered.

        Raises VehicleRefusedError with what the vehicle said, or LinkTimeoutError.
        """
        try:
            send_command(self, number, params, timeout_s=timeout_s)
        except CommandFailed as error:
            raise VehicleRefusedError(f"{error}", do=f"{self.last_words()}") from error

    def set_mode(self, mode: CopterMode) -> None:
        """Change the flight mode and see it changed.

        Raises VehicleRefusedError for AUTO while the vehicle's plan is unknown.
        """
        if mode == CopterMode.AUTO:
            self.refuse_unknown_plan("AUTO")
        self.command(Command.DO_SET_MODE, dialect.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED, float(mode))
        self.wait(lambda state: state.mode == mode, vehicle_s=MODE_CHANGE_S, what=f"mode {mode.name}")

    def go_to(self, place: Position, *, height_m_home: float) -> None:
        """Fly straight to a place and height in GUIDED.

        Raises VehicleRefusedError where the vehicle refuses, as it does outside its fence.
        """
        flags = (GUIDED_SPEED, float(dialect.MAV_DO_REPOSITION_FLAGS_CHANGE_MODE), 0.0, math.nan)
        try:
            number = Command.DO_REPOSITION
            send_command_to_place(self, number, flags, place, height_m_home=height_m_home)
        except CommandFailed as error:
            raise VehicleRefusedError(f"{error}", do=f"{self.last_words()}") from error
        self.wait(lambda state: state.mode == CopterMode.GUIDED, vehicle_s=MODE_CHANGE_S, what="mode GUIDED")

    def arm(self) -> None:
        """Arm; done only when the heartbeat's armed bit is seen.

        Raises VehicleRefusedError with the vehicle's reasons, or while its plan is unknown.
        """
        self.refuse_unknown_plan("arming")
        self.full_rates()
        self.command(Command.COMPONENT_ARM_DISARM, 1.0)
        self.wait(lambda state: state.armed is True, vehicle_s=ARMING_S, what="armed")

    def disarm(self, *, force: bool = False) -> None:
        """Disarm; `force` stops the motors wherever the vehicle is."""
        self.command(Command.COMPONENT_ARM_DISARM, 0.0, FORCE_DISARM if force else 0.0)
        self.wait(lambda state: state.armed is False, vehicle_s=ARMING_S, what="disarmed")

    def get_param(self, name: str) -> float | None:
        """A parameter by its 4.5/4.6 name and unit; None where the vehicle has none of that name."""
        return params.get_param(self, name)

    def set_param(self, name: str, value: float) -> None:
        """Set a parameter by its 4.5/4.6 name and unit, confirmed by the echoed value."""
        params.set_param(self, name, value)

    def _ask_again_for_rates(self, state: VehicleState) -> None:
        """A line opened again, or a restarted vehicle, streams its defaults: ask, without waiting."""
        wanted_by = (self.port.opened_at, state.reboots)
        if wanted_by == self._rates_for:
            return
        self._rates_for = wanted_by
        for message_id, hertz in self._rates_hz().items():
            number = Command.SET_MESSAGE_INTERVAL
            with suppress(LinkError):
                self.send(
                    dialect.MAVLink_command_long_message(
                        *self.target, number, 0, float(message_id), 1e6 / hertz, 0.0, 0.0, 0.0, 0.0, 0.0
                    )
                )

    def request_rates(self) -> None:
        """Ask for the messages the director needs; a refusal of one is left to preflight to notice.

        On a slow line for only what is asked for here, and for less of it until the vehicle is to be armed:
        an upload needs the room, as a backup or a log does on a line on which we only ask.
        """
        if self.port.bytes_per_s is not None:
            self.send(dialect.MAVLink_request_data_stream_message(*self.target, 0, 0, 0))
        for message_id, hertz in self._rates_hz().items():
            try:
                self.command(Command.SET_MESSAGE_INTERVAL, float(message_id), 1e6 / hertz)
            except VehicleRefusedError:
                continue

    def _rates_hz(self) -> dict[int, float]:
        """What is asked for now."""
        if self._in_full or not self._spares_line:
            return RATES_HZ
        return {message_id: min(hertz, QUIET_HZ) for message_id, hertz in RATES_HZ.items()}

    def full_rates(self) -> None:
        """Ask on a slow or silent line too for all that the director needs: it flies, or is about to."""
        if self._spares_line and not self._in_full:
            self._in_full = True
            self.request_rates()

    def refuse_unknown_plan(self, wish: str) -> None:
        """Raise VehicleRefusedError while a failed upload has left the plan on board unknown."""
        if self.plan is OnboardPlan.UNKNOWN:
            raise VehicleRefusedError(
                f"{wish} is blocked: an upload failed and the plan on board is unknown", do="upload again"
            )

    def _react_to(self, message: Message, state: VehicleState) -> None:
        self._ask_again_for_rates(state)
        if message.get_type() in ITEM_REQUESTS:
            self._unexpected_request(message)

    def _unexpected_request(self, message: Message) -> None:
        """It asks for items though nothing is being sent: a repeated COUNT has cut the plan on board."""
        if not self.uploading and self.plan is OnboardPlan.VERIFIED and self.for_us(message):
            self.plan = OnboardPlan.UNKNOWN


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
    silent: bool = False,
) -> MavlinkVehicle:
    """The vehicle at a URL (`dfr.link.transport`), once its autopilot's heartbeat is heard.

    `simulated` is for the caller to say; a vehicle is never taken for simulated by its looks. `silent`: send
    no heartbeats before `MavlinkVehicle.take_station`.
    Raises LinkTimeoutError where none speaks, InputError where several do and `system` chooses none,
    where it is no ArduCopter, or where the firmware's version is not known.
    """
    port = open_port(
        url,
        timeout_s=timeout_s,
        our_system=our_system,
        our_component=our_component,
        signing_key=signing_key,
        tlog=tlog,
        silent=silent,
    )
    try:
        target = find_autopilot(port, system=system, timeout_s=timeout_s, url=url)
        return attach(port, target, simulated=simulated, owns_port=True)
    except BaseException:
        port.close()
        raise


def open_port(
    url: str,
    *,
    timeout_s: float = FIRST_HEARTBEAT_S,
    our_system: int = GCS_SYSTEM,
    our_component: int = GCS_COMPONENT,
    signing_key: bytes | None = None,
    tlog: Path | None = None,
    silent: bool = False,
) -> MavlinkPort:
    """The line of a URL, which is opened again where it breaks. Raises LinkError where it does not open."""
    return MavlinkPort(
        open_transport(url, timeout_s=timeout_s),
        system=our_system,
        component=our_component,
        signing=None if signing_key is None else Signing(signing_key),
        tlog=None if tlog is None else tlog.open("wb"),
        reopen=lambda: open_transport(url, timeout_s=REOPEN_TRY_S),
        deaf_s=DEAF_S if is_dialled(url) else None,
        silent=silent,
    )


def attach(port: MavlinkPort, target: Source, *, simulated: bool, owns_port: bool = False) -> MavlinkVehicle:
    """One vehicle of a port that may carry several. Raises LinkError where two speak under its system id."""
    vehicle = MavlinkVehicle(port, target, simulated=simulated, owns_port=owns_port)
    try:
        vehicle.firmware, vehicle.naming = params.identify_firmware(vehicle)
        vehicle.request_rates()
        vehicle.wait(lambda state: state.mode is not None, vehicle_s=FIRST_HEARTBEAT_S, what="heartbeat")
        port.refuse_two(target)
    except BaseException:
        vehicle.leave()
        raise
    return vehicle
