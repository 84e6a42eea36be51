"""Existing dronekit scripts on our link: dronekit's telemetry objects, our verified upload and director.

dronekit 2.9.2, its last release, asks for `collections.MutableMapping`, which Python 3.10 took away: the
name is lent to it while it is imported, and taken back. Its own mission upload ignores the vehicle's
answer and sends single-precision coordinates, so here it is refused, and `upload` is the way. Arming and
mode changes go through `MavlinkVehicle`, with its blocks. No safety function rests on dronekit.

    with connect("tcp:127.0.0.1:5760", simulated=True) as vehicle, adapt_vehicle(vehicle) as script:
        script.dronekit.location.global_relative_frame.alt
        script.upload(plan)
        script.fly(plan)
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.modes import CopterMode
from dfr.errors import InputError, VehicleRefusedError
from dfr.extras import install_command
from dfr.link.dispatch import fly_dispatch
from dfr.link.framing import Message
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.outcome import FlownDispatch
from dfr.link.transfer import TransferReport, upload_verified
from dfr.mission.items import FlightPlan

LENT = "MutableMapping"


def import_dronekit() -> Any:
    """The dronekit module. Raises InputError where it is not installed."""
    lend = not hasattr(collections, LENT)
    if lend:
        setattr(collections, LENT, collections.abc.MutableMapping)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import dronekit
    except ImportError as error:
        raise InputError(f"dronekit cannot be imported ({error})", do=install_command("dronekit")) from error
    finally:
        if lend:
            delattr(collections, LENT)
    return dronekit


@dataclass(frozen=True)
class DronekitScript:
    """What an existing script is given: `dronekit` is a dronekit `Vehicle` fed by our link."""

    vehicle: MavlinkVehicle
    dronekit: Any

    def upload(self, plan: FlightPlan) -> TransferReport:
        """The verified upload (`dfr.link.transfer.upload_verified`)."""
        return upload_verified(self.vehicle, plan)

    def fly(self, plan: FlightPlan, *, confirmed: bool = False) -> FlownDispatch:
        """The director's flight (`dfr.link.dispatch.fly_dispatch`)."""
        return fly_dispatch(self.vehicle, plan, confirmed=confirmed)


@contextmanager
def adapt_vehicle(vehicle: MavlinkVehicle) -> Iterator[DronekitScript]:
    """A dronekit `Vehicle` on our link, until the end of the block."""
    dronekit = import_dronekit()
    handler = _Handler(vehicle)
    mirror = dronekit.Vehicle(handler)
    vehicle.port.listen(handler.hear)
    try:
        yield DronekitScript(vehicle=vehicle, dronekit=mirror)
    finally:
        vehicle.port.leave(handler.hear)


class _Handler:
    """The part of dronekit's MAVConnection that its Vehicle uses, over our port."""

    def __init__(self, vehicle: MavlinkVehicle) -> None:
        self.master = _Master(vehicle)
        self.target_system = vehicle.target[0]
        self._vehicle = vehicle
        self._listeners: list[Callable[[Any, Message], None]] = []

    def forward_message(self, listener: Callable[[Any, Message], None]) -> Callable[[Any, Message], None]:
        """Register a listener (dronekit uses it as a decorator)."""
        self._listeners.append(listener)
        return listener

    def forward_loop(self, loop: Callable[[Any], None]) -> Callable[[Any], None]:
        """Dronekit's own heartbeat and retries are not run: our port does both."""
        return loop

    def fix_targets(self, message: Message) -> None:
        """Address a message to the vehicle."""
        if hasattr(message, "target_system"):
            message.target_system = self.target_system

    def hear(self, message: Message) -> None:
        """Pass on what our vehicle says; a fault in a script's listener must not end our reader."""
        if not self._vehicle.from_target(message):
            return
        for listener in self._listeners:
            with contextlib.suppress(Exception):
                listener(self, message)

    def close(self) -> None:
        """The link stays with whoever opened it."""


class _PortEncoder(dialect.MAVLink):  # type: ignore[misc]
    """dronekit's message factory; what it sends goes out on our port."""

    def __init__(self, vehicle: MavlinkVehicle) -> None:
        super().__init__(None, srcSystem=vehicle.port.system, srcComponent=vehicle.port.component)
        self._vehicle = vehicle

    def send(self, mavmsg: Message, force_mavlink1: bool = False) -> None:
        """Send by our port, addressed to our vehicle; our link is MAVLink 2, whatever the flag says."""
        del force_mavlink1
        if getattr(mavmsg, "target_system", None) == 0:
            mavmsg.target_system = self._vehicle.target[0]
        _refuse_transfer(mavmsg)
        self._vehicle.send(mavmsg)


class _Master:
    """The part of pymavlink's connection that dronekit's Vehicle uses, with our blocks in it."""

    def __init__(self, vehicle: MavlinkVehicle) -> None:
        self.mav = _PortEncoder(vehicle)
        self.target_system, self.target_component = vehicle.target
        self._vehicle = vehicle

    def mode_mapping(self) -> dict[str, int]:
        """Mode numbers by name."""
        return {mode.name: int(mode) for mode in CopterMode}

    def set_mode(self, mode: int | str) -> None:
        """Change the mode, seen done."""
        self._vehicle.set_mode(CopterMode[mode] if isinstance(mode, str) else CopterMode(mode))

    def arducopter_arm(self) -> None:
        """Arm, unless the plan on board is unknown."""
        self._vehicle.arm()

    def arducopter_disarm(self) -> None:
        """Disarm on the ground."""
        self._vehicle.disarm()

    def param_set_send(self, name: str, value: float) -> None:
        """Set a parameter, confirmed by its echo."""
        self._vehicle.set_param(name, value)

    def waypoint_clear_all_send(self) -> None:
        """Refused: see the module's docstring."""
        raise VehicleRefusedError(UNVERIFIED)

    def waypoint_count_send(self, count: int) -> None:
        """Refused: see the module's docstring."""
        raise VehicleRefusedError(f"{count} items: {UNVERIFIED}")


UNVERIFIED = "dronekit's mission upload is not verified -> use adapter.upload(plan)"
TRANSFERS = frozenset({"MISSION_COUNT", "MISSION_ITEM", "MISSION_ITEM_INT", "MISSION_CLEAR_ALL"})


def _refuse_transfer(message: Message) -> None:
    """A guided waypoint (MISSION_ITEM with current 2) is a flight command, not a transfer."""
    if message.get_type() in TRANSFERS and getattr(message, "current", 0) not in (2, 3):
        raise VehicleRefusedError(UNVERIFIED)
