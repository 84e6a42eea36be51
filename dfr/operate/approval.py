"""Who decides that a drone goes: a person's yes, as a dispatch policy of the simulation.

The simulation's dispatcher asks its policy for every call that waits. Here the policy answers with the drone
that a person said yes to, as long as that drone may go now; a yes is good for one flight.
"""

from __future__ import annotations

from collections.abc import Iterator

from dfr.sim.dispatch import POLICIES, Case, DeploymentState, Fit, Policy
from dfr.sim.resources import FleetDrone


class Approvals:
    """The dispatch policy of a live shift.

    With `stand_in` the dispatch policy of that name decides instead of a person: for simulated vehicles.
    """

    def __init__(self, *, stand_in: str | None = None) -> None:
        self._given: dict[int, str] = {}
        self._stand_in: Policy | None = None if stand_in is None else POLICIES[stand_in]

    def give(self, case: Case, drone_id: str) -> None:
        """A person's yes to one flight of this drone to this call."""
        self._given[id(case)] = drone_id

    def withdraw(self, case: Case) -> None:
        """The yes no longer holds."""
        self._given.pop(id(case), None)

    def __call__(self, field: DeploymentState, case: Case, fits: Iterator[Fit]) -> FleetDrone | None:
        """The drone to send to a call; None while nobody has said yes, or the drone may not go."""
        wanted = self._given.get(id(case))
        if wanted is None:
            return None if self._stand_in is None else self._stand_in(field, case, fits)
        drone = next((drone for drone, _ in fits if drone.id == wanted), None)
        if drone is not None:
            self.withdraw(case)
        return drone
