"""Orders by hand to a vehicle that flies: home, down, stop, or any mode; and what becomes of it.

An order is one change of mode, seen to have happened. `follow_down` then stays with the vehicle as its
ground station until its motors are off, whoever flies it meanwhile: a gap of the link is told and waited out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dfr.ardupilot.modes import RETURN_MODES, CopterMode, mode_name
from dfr.errors import LinkTimeoutError, VehicleRefusedError
from dfr.geo import distance_m
from dfr.link.limits import GIVE_UP_S
from dfr.link.mavlink import MavlinkVehicle

LOOK_EVERY_S = 0.05

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOrder:
    """An order: the mode that carries it out, and what it does, for the question."""

    name: str
    mode: CopterMode
    does: str


RECALL = HandOrder(
    name="recall",
    mode=CopterMode.RTL,
    does="return straight, at RTL_ALT, to home or a nearer rally point, and land there",
)
LAND = HandOrder(name="land", mode=CopterMode.LAND, does="land where it is now")
HOLD = HandOrder(name="hold", mode=CopterMode.BRAKE, does="stop and stay where it is")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandFlight:
    """What became of an order: the modes since, whether it is down, and how far from home."""

    ordered: CopterMode
    modes: tuple[str, ...]
    disarmed: bool
    home_error_m: float | None

    @property
    def obeyed(self) -> bool:
        """Whether nobody changed the mode after the order, but to bring it down."""
        return all(name in _as_good_as(self.ordered) for name in self.modes)

    def as_dict(self) -> dict[str, object]:
        """As it appears in JSON."""
        return {
            "ordered": mode_name(self.ordered),
            "modes": list(self.modes),
            "obeyed": self.obeyed,
            "disarmed": self.disarmed,
            "home_error_m": self.home_error_m,
        }


def refuse_grounded(vehicle: MavlinkVehicle, order: HandOrder) -> None:
    """Raise VehicleRefusedError for a vehicle that is not armed: there is nothing to order."""
    state = vehicle.wait(lambda state: state.armed is not None, vehicle_s=5.0, what="first heartbeat")
    if not state.armed:
        raise VehicleRefusedError(
            f"{vehicle.describe_whereabouts()}: there is no flight to {order.name}",
            do="nothing needs to be done; `dfr vehicle status` shows every vehicle on the link",
        )


def give_order(vehicle: MavlinkVehicle, mode: CopterMode) -> None:
    """Change the mode and see it changed; nothing where it is in it already.

    Raises VehicleRefusedError, with what the vehicle said, where it does not.
    """
    if vehicle.state.mode != mode:
        vehicle.set_mode(mode)


def follow_down(vehicle: MavlinkVehicle, ordered: CopterMode, tell: Tell) -> HandFlight:
    """Stay with a vehicle until its motors are off, and tell each change of its mode and of the link.

    Raises LinkTimeoutError for one that has not been heard for as long as a battery lasts.
    """
    heard, modes = True, [mode_name(ordered)]
    while True:
        state = vehicle.state
        if vehicle.heard != heard:
            heard = vehicle.heard
            tell("the vehicle is heard again" if heard else f"LINK LOST: {vehicle.describe_whereabouts()}")
        if state.mode_name != modes[-1]:
            modes.append(state.mode_name)
            tell(f"{state.mode_name} by a pilot, another station or a failsafe: watching, commanding nothing")
        if heard and state.armed is False:
            return _flight(vehicle, ordered, modes)
        if not heard and vehicle.silent_s > GIVE_UP_S:
            raise LinkTimeoutError(
                f"given up: not heard for {GIVE_UP_S:.0f} s: {vehicle.describe_whereabouts()}",
                do="look for it where it was heard last",
            )
        time.sleep(LOOK_EVERY_S)


def _flight(vehicle: MavlinkVehicle, ordered: CopterMode, modes: list[str]) -> HandFlight:
    state = vehicle.state
    away_m = None
    if state.position is not None and state.home is not None:
        away_m = distance_m(state.position, state.home)
    return HandFlight(ordered=ordered, modes=tuple(modes), disarmed=state.armed is False, home_error_m=away_m)


def _as_good_as(ordered: CopterMode) -> frozenset[str]:
    """A failsafe may return or land a vehicle that was to return anyway."""
    good = {ordered, *(RETURN_MODES if ordered in RETURN_MODES else ())}
    return frozenset(mode_name(mode) for mode in good)
