"""Commands to a vehicle in flight, and waits for it, that outlast gaps of the link (`dfr.link.contact`).

For those who command a vehicle step by step; the director, which looks at it all the time, has its own loop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from dfr.errors import LinkError, VehicleRefusedError
from dfr.link.contact import Contact
from dfr.link.limits import SIMULATED, FlightLimits
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.vehicle import VehicleState
from dfr.mission.items import FlightPlan

LOOK_EVERY_S = 0.1


class ThroughGaps:
    """One vehicle with its verified plan. Used from several threads; `tell` gets what happens to the link."""

    def __init__(self, vehicle: MavlinkVehicle, plan: FlightPlan, tell: Callable[[str], None]) -> None:
        self._vehicle, self._plan = vehicle, plan
        self._contact = Contact(vehicle, tell)
        self._give_up_s = SIMULATED.give_up_s if vehicle.simulated else FlightLimits().give_up_s
        self._lock = threading.Lock()

    def reached(self) -> bool:
        """Whether it is heard and carries its plan; an armed one is waited for.

        Raises LinkError for one that is not armed or is given up, VehicleRefusedError where the plan on
        board is another one after a gap.
        """
        with self._lock:
            if not self._contact.look():
                self._refuse_lost()
                return False
            if self._contact.proven:
                return True
            differences = self._contact.prove(self._plan)
        if differences:
            raise VehicleRefusedError(
                f"the plan on board is no longer the verified one: {'; '.join(differences)}: hands off",
                do="bring it home by its transmitter or another ground station",
            )
        return differences is not None

    def do(self, act: Callable[[], None]) -> None:
        """Do it, and again where a gap is why it did not get through. Raises as `act` and `reached`."""
        while True:
            try:
                act()
            except VehicleRefusedError:
                raise
            except LinkError:
                if self._vehicle.heard or self._vehicle.state.armed is not True:
                    raise
            else:
                return
            self._until_reached()

    def wait(self, holds: Callable[[VehicleState], bool], *, vehicle_s: float, what: str) -> None:
        """The vehicle's own `wait`, begun anew after a gap."""
        self.do(lambda: _waited(self._vehicle, holds, vehicle_s=vehicle_s, what=what))

    def _until_reached(self) -> None:
        while not self.reached():
            time.sleep(LOOK_EVERY_S)

    def _refuse_lost(self) -> None:
        gone_s = self._contact.gap_s * self._vehicle.pace
        if self._vehicle.state.armed is not True or gone_s > self._give_up_s:
            self._vehicle.check_link()


def _waited(
    vehicle: MavlinkVehicle, holds: Callable[[VehicleState], bool], *, vehicle_s: float, what: str
) -> None:
    vehicle.wait(holds, vehicle_s=vehicle_s, what=what)
