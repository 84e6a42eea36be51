"""All the flights of a shift: begun as the control room asks, and brought down together at its end."""

from __future__ import annotations

import contextlib

from dfr.errors import LinkError
from dfr.link.flown import FlownFlight
from dfr.link.lost_link import describe_left_vehicle
from dfr.link.operator import Tell, ignore_words
from dfr.link.outcome import DOCK_TOLERANCE_M
from dfr.link.pilot import VehicleFleet
from dfr.link.vehicle_clock import VehicleClock
from dfr.sim.flight import Flight, Order


class FlownFlights:
    """Flights by the vehicles of a fleet; `flown` lists them in the order in which they began.

    A vehicle that is not simulated flies only where its drone is among the `confirmed`. `tell` gets, from
    several threads, what happens to the links.
    """

    def __init__(
        self,
        clock: VehicleClock,
        fleet: VehicleFleet,
        *,
        confirmed: frozenset[str] = frozenset(),
        dock_tolerance_m: float = DOCK_TOLERANCE_M,
        tell: Tell = ignore_words,
    ) -> None:
        self.tell = tell
        self.clock, self.fleet, self.confirmed = clock, fleet, confirmed
        self.dock_tolerance_m = dock_tolerance_m
        self.flown: list[FlownFlight] = []

    def begin(self, order: Order) -> Flight:
        """A flight that is being prepared; what blocks it is raised when it is to launch."""
        flight = FlownFlight(
            order,
            self.fleet,
            self.clock,
            confirmed=order.drone in self.confirmed,
            dock_tolerance_m=self.dock_tolerance_m,
            tell=self.tell,
        )
        self.flown.append(flight)
        return flight

    def bring_home(self) -> None:
        """After the shift: recall every drone that still flies, and wait until it is down."""
        flying = [flight for flight in self.flown if flight.in_the_air]
        for flight in flying:
            flight.recall()
        for flight in flying:
            flight.wait_down()

    def describe_left(self) -> tuple[str, ...]:
        """Of each drone that may be in the air: which, where, and what it does without us."""
        away = [flight for flight in self.flown if flight.vehicle is not None and flight.armed]
        return tuple(
            f"{flight.order.drone}: {describe_left_vehicle(flight.vehicle)}"
            for flight in away
            if flight.vehicle
        )

    def call_off(self) -> None:
        """Something went wrong: let nothing more lift off, send home what is still ours, and wait for it.

        Drones in the air are commanded first; one that is being prepared may finish its upload.
        """
        for flight in self.flown:
            flight.stop()
        away = [flight for flight in self.flown if flight.in_the_air]
        for step in (FlownFlight.call_home, FlownFlight.wait_rest):
            for flight in sorted(away, key=lambda flight: not flight.armed):
                with contextlib.suppress(LinkError):
                    step(flight)

    def close(self) -> None:
        """Hear the vehicles no more."""
        for flight in self.flown:
            flight.close()
