"""Real vehicles standing in the docks of a plan, each confirmed by a person before anything is sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from dfr.aircraft.energy import usable_wh
from dfr.errors import InputError, VehicleRefusedError
from dfr.geo import distance_m
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.operator import Operator
from dfr.link.preflight import HOME_TOLERANCE_M
from dfr.plan.model import Plan
from dfr.rehearsal.fleet import ShiftFleet, ShiftToFly
from dfr.sim.flight import Order
from dfr.world.model import World

TELLS_WITHIN_S = 60.0
SHORT_SHARE = 0.05
"""By so much less charge than an order counts on, a battery is as good as full (assumed)."""


class RealFleet(ShiftFleet):
    """Vehicles at URLs, in the order of `homes`; nothing is done to them but to fly them."""

    def __init__(
        self, world: World, plan: Plan, shift: ShiftToFly, urls: Sequence[str], folder: Path
    ) -> None:
        super().__init__(world, plan, shift)
        if len(set(urls)) != len(self.homes()):
            raise InputError(
                f"{len(self.homes())} vehicles, {len(set(urls))} URLs",
                do="one --vehicle URL for each vehicle",
            )
        self._at = dict(zip(self.homes(), urls, strict=True))
        self._folder = folder
        self._stack = ExitStack()
        self._vehicles: dict[str, MavlinkVehicle] = {}

    def confirmed(self, given: Sequence[str], operator: Operator) -> frozenset[str]:
        """The drones that a person lets fly, each by its URL beforehand or by a yes on the terminal.

        Raises VehicleRefusedError where one is not confirmed: nothing has been sent by then.
        """
        for url in given:
            if url not in self._at.values():
                raise InputError(f"--confirm {url}: no --vehicle has this URL")
        for name, url in self._at.items():
            if url not in given:
                self._ask(name, url, operator)
        return frozenset(self._at)

    def _ask(self, name: str, url: str, operator: Operator) -> None:
        if operator.confirm is None:
            raise VehicleRefusedError(
                f"{name} at {url} is not confirmed, nothing was sent",
                do=f"--confirm {url}, one for each vehicle",
            )
        place = self.homes()[name].position
        question = f"Upload to {url}, ARM it and fly it from {name} ({place}) whenever the shift calls?"
        if not operator.confirm(question):
            raise VehicleRefusedError(f"{name} at {url}: not confirmed, nothing was sent")

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            for name, url in self._at.items():
                log = self._folder / f"{name.replace('/', '-')}.tlog"
                self._vehicles[name] = opened.enter_context(connect(url, tlog=log))
            self._stack = opened.pop_all()
        firmware = sorted({str(vehicle.firmware) for vehicle in self._vehicles.values()})
        self.version = f"vehicles ({', '.join(firmware)})"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def made_ready(self, order: Order) -> MavlinkVehicle:
        """The drone, where it stands in its dock with the order's charge.

        Raises VehicleRefusedError where it does not: nobody here can carry it, or charge it.
        """
        vehicle, home = self._vehicles[order.drone], self.homes()[order.drone].position
        known = vehicle.wait(
            lambda state: state.position is not None and state.battery_remaining is not None,
            vehicle_s=TELLS_WITHIN_S,
            what=f"{order.drone} saying where it is and how full its battery is",
        )
        place = known.position
        away_m = float("inf") if place is None else distance_m(place, home)
        if away_m > HOME_TOLERANCE_M:
            raise VehicleRefusedError(
                f"{order.drone} is {away_m:.0f} m from its dock (at most {HOME_TOLERANCE_M:g} m)",
                do="carry it",
            )
        self._refuse_low_charge(order, known.battery_remaining or 0.0)
        return vehicle

    def _refuse_low_charge(self, order: Order, left: float) -> None:
        full_wh = usable_wh(self._craft, self._hour(order).temperature_c)
        wanted = 1.0 - max(0.0, full_wh - order.energy_wh) / self._craft.battery_wh
        if left < wanted - SHORT_SHARE:
            raise VehicleRefusedError(
                f"{order.drone} has {left:.0%} of its charge, the shift counts on {wanted:.0%}",
                do="charge it, or exchange the battery",
            )
