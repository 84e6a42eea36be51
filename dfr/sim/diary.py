"""What one drone does on one flight, written down as it happens, and its turnaround after the flight."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

import simpy

from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.dispatch import Field
from dfr.sim.dock import Drone, begin_turnaround, charge_record
from dfr.sim.events import Log
from dfr.sim.inputs import LINK_PART

Steps = Generator[simpy.Event, Any, None]


class ChargingDesk(Protocol):
    """The control room, as a drone in its dock sees it."""

    def drone_ready(self, drone: Drone) -> None:
        """A drone is in its dock and charged enough to be offered."""

    def look_again(self) -> None:
        """Something changed that may let a waiting call be served."""


class Diary:
    """The phases of a flight, and what it was told on the way."""

    def __init__(self, number: int, drone: Drone, *, field: Field, log: Log) -> None:
        self.phase = ""
        self._number, self._drone, self._log = number, drone, log
        self._inputs, self._env, self._since_s = field.inputs, field.env, 0.0

    @property
    def dock(self) -> str:
        """The dock that the drone belongs to."""
        return self._inputs.docks[self._drone.dock].id

    def begin(self, phase: str) -> None:
        """A phase begins."""
        self.phase, self._since_s = phase, self._env.now

    def end(self, t_s: float) -> None:
        """The phase is over; one that took no time is not on record."""
        if self.phase and t_s > self._since_s:
            self._log["phases"].append(
                (self._number, self._drone.id, self.dock, self.phase, self._since_s, t_s)
            )
        self.phase = ""

    def told(self, cause: object, phase: str, start_s: float) -> None:
        """It gave way to a visit of other traffic, or to the loss of its link."""
        if isinstance(cause, Visit):
            traffic = self._inputs.traffic[cause.traffic]
            what, rule = traffic.id, traffic.rule
        elif cause == LINK_PART:
            what, rule = LINK_PART, events.LINK_RULE
        else:
            raise TypeError(f"interrupted by {cause!r}, not by other traffic")
        self._log["yields"].append(
            events.YieldRecord(self._number, what, rule, phase, start_s, self._env.now)
        )

    def landed(self, attempts: list[tuple[str, float]], dock: str) -> None:
        """The attempts of a landing: how each ended and when it began."""
        for place, (outcome, start_s) in enumerate(attempts, start=1):
            self._log["landings"].append((self._number, dock, place, outcome, start_s))

    def turn_round(self, desk: ChargingDesk, *, left: float, fetch_s: float) -> Steps:
        """Fetch the drone where somebody must, then charge it or swap its battery."""
        if fetch_s > 0.0:
            self.begin(events.RECOVER)
            yield self._env.timeout(fetch_s)
            self.end(self._env.now)
        now = self._env.now
        ready_s, full_s = begin_turnaround(self._drone, self._inputs.turnaround, left=left, t_s=now)
        self._log["charges"].append(charge_record(self._drone, self.dock, left=left, t_s=now))
        if ready_s > now:
            self.begin(events.CHARGE)
            yield self._env.timeout(ready_s - now)
            self.end(self._env.now)
        desk.drone_ready(self._drone)
        if full_s > self._env.now:
            yield self._env.timeout(full_s - self._env.now)
            desk.look_again()
