"""Gaps of the link to a vehicle in flight: reported, waited out, and the plan on board then proven again.

An armed vehicle is never given up while it may still be in the air. While it is not heard our heartbeats go
on and the line is opened again (`dfr.link.port`). Once it is heard again, it must first prove that it carries
the verified plan: until then nothing is commanded. The director looks at a `LinkMonitor` in its own loop;
whoever commands a vehicle step by step uses a `GapTolerantLink`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dfr.errors import LinkError, VehicleRefusedError
from dfr.link.limits import SIMULATED, FlightLimits
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.transfer import inspect_onboard
from dfr.link.vehicle import VehicleState
from dfr.mission.items import FlightPlan

READ_AGAIN_S = 2.0
"""Between two tries to read the plan on board back, by our own clock (assumed)."""


@dataclass
class LinkMonitor:
    """The link to one vehicle in flight; `tell` gets what happens to it, in words."""

    vehicle: MavlinkVehicle
    tell: Callable[[str], None]
    lost: bool = False
    proven: bool = True
    gap_s: float = 0.0
    _line_failed: bool = False
    _stopped_s: float = 0.0
    _read_at: float = 0.0
    _trouble: str = ""

    def __post_init__(self) -> None:
        self._stopped_s = self.vehicle.port.stopped_s

    def watch_link(self) -> bool:
        """Whether the vehicle is heard. `gap_s` is how long it has not been, or was not."""
        self._tell_stop()
        if not self.vehicle.heard:
            self._tell_loss()
            return False
        if self.lost:
            self.lost = self._line_failed = self.proven = False
            self.tell(f"link back after {self.gap_s:.1f} s")
        return True

    def prove_plan(self, plan: FlightPlan) -> tuple[str, ...] | None:
        """How the plan on board differs from the verified one, nothing where it is the same.

        None while that is not known: the vehicle does not answer, and is asked again later.
        """
        if time.monotonic() - self._read_at < READ_AGAIN_S:
            return None
        try:
            self.vehicle.request_rates()
            differences = inspect_onboard(self.vehicle, plan).differences
        except LinkError as error:
            self._read_at = time.monotonic()
            self._tell_once(f"the plan on board cannot be read back: {error}: trying again")
            return None
        self.proven, self._trouble = True, ""
        return differences

    def _tell_loss(self) -> None:
        self.gap_s = self.vehicle.silent_s
        failure = self.vehicle.line_failure
        if failure is not None and not self._line_failed:
            self._line_failed = self.lost = True
            self.tell(f"LINK LOST: {failure}: opening the line again until it works")
        elif not self.lost:
            self.lost = True
            self.tell(f"LINK LOST: nothing heard for {self.gap_s:.1f} s: heartbeats continue while we wait")

    def _tell_stop(self) -> None:
        """A process that was stopped sent no heartbeats: the vehicle's failsafe may have acted."""
        stopped_s = self.vehicle.port.stopped_s - self._stopped_s
        if stopped_s > 0.0:
            self._stopped_s += stopped_s
            self.proven = False
            self.tell(f"this program was stopped for {stopped_s:.1f} s and sent no heartbeats meanwhile")

    def _tell_once(self, words: str) -> None:
        if words != self._trouble:
            self._trouble = words
            self.tell(words)


LOOK_EVERY_S = 0.1


class GapTolerantLink:
    """One vehicle with its verified plan. Used from several threads; `tell` gets what happens to the link.

    After a gap of `give_up_s` of its own clock an armed vehicle is given up; None takes the director's limit.
    """

    def __init__(
        self,
        vehicle: MavlinkVehicle,
        plan: FlightPlan | None,
        tell: Callable[[str], None],
        *,
        give_up_s: float | None = None,
    ) -> None:
        self._vehicle, self._plan = vehicle, plan
        self._monitor = LinkMonitor(vehicle, tell)
        own_s = SIMULATED.give_up_s if vehicle.simulated else FlightLimits().give_up_s
        self._give_up_s = own_s if give_up_s is None else give_up_s
        self._lock = threading.Lock()

    def check_reached(self) -> bool:
        """Whether it is heard and carries its plan; an armed one is waited for.

        Raises LinkError for one that is not armed or is given up, VehicleRefusedError where the plan on
        board is another one after a gap.
        """
        with self._lock:
            if not self._monitor.watch_link():
                self._refuse_lost()
                return False
            if self._monitor.proven or self._plan is None:
                return True
            differences = self._monitor.prove_plan(self._plan)
        if differences:
            raise VehicleRefusedError(
                f"the plan on board is no longer the verified one: {'; '.join(differences)}: hands off",
                do="bring it home by its transmitter or another ground station",
            )
        return differences is not None

    def carry(self, plan: FlightPlan | None) -> None:
        """It carries another plan from now on; None while nobody knows which, and no mission is flown."""
        with self._lock:
            self._plan = plan

    def do(self, act: Callable[[], None]) -> None:
        """Do it, and again where a gap is why it did not get through. Raises as `act` and `check_reached`."""
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
        """The vehicle's own `wait`, started again after a gap."""
        self.do(lambda: _wait_once(self._vehicle, holds, vehicle_s=vehicle_s, what=what))

    def _until_reached(self) -> None:
        while not self.check_reached():
            time.sleep(LOOK_EVERY_S)

    def _refuse_lost(self) -> None:
        gone_s = self._monitor.gap_s * self._vehicle.pace
        if self._vehicle.state.armed is not True or gone_s > self._give_up_s:
            self._vehicle.check_link()


def _wait_once(
    vehicle: MavlinkVehicle, holds: Callable[[VehicleState], bool], *, vehicle_s: float, what: str
) -> None:
    vehicle.wait(holds, vehicle_s=vehicle_s, what=what)
