"""A drone that is out of its dock: what sorties and moves to another dock have in common.

It writes the phases, yields, landing attempts and turnaround of its flight, and is told what intervenes:
other traffic on its route, and the loss of its link.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from typing import Any, Protocol

import simpy

from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.dispatch import ActiveVisit, DeploymentState
from dfr.sim.event_log import EventLog
from dfr.sim.events import ChargeRecord, LandingRecord, PhaseRecord, YieldRecord
from dfr.sim.flight import Attempt
from dfr.sim.inputs import LINK_PART, Traffic
from dfr.sim.resources import FleetDrone, begin_turnaround

Steps = Generator[simpy.Event, Any, None]

_ON_ROUTE = (events.CLIMB, events.OUT, events.MOVE, events.ON_SCENE, events.BACK)


class TurnaroundListener(Protocol):
    """Whoever follows how a docked drone is charged."""

    def drone_ready(self, drone: FleetDrone) -> None:
        """A drone is in its dock and charged enough to be offered."""

    def look_again(self) -> None:
        """Something changed that may let a waiting call be served."""


class Interruption(Exception):  # noqa: N818 - it is no error, like simpy.Interrupt
    """Something intervenes in a flight: `cause` is a `Visit` of other traffic, or the part that failed."""

    def __init__(self, cause: Visit | str) -> None:
        super().__init__(cause)
        self.cause = cause


class FlightProcess(ABC):
    """A drone from dispatch until it is fully charged again. `dock` is the one that it left.

    `_fly_and_charge` yields the events that it waits for, like a SimPy process. Unlike one it starts at once
    and ends without an event: nobody waits for its end, and an event costs as much as a phase.
    """

    __slots__ = (
        "_awaited",
        "_env",
        "_field",
        "_gives_way",
        "_log",
        "_phase_began_s",
        "_steps",
        "dock",
        "drone",
        "number",
        "phase",
    )

    def __init__(self, number: int, drone: FleetDrone, *, field: DeploymentState, log: EventLog) -> None:
        self.number, self.drone, self.dock = number, drone, drone.dock
        self.phase, self._phase_began_s = "", 0.0
        self._field, self._env, self._log = field, field.env, log
        self._gives_way = False
        self._steps = self._fly_and_charge()
        self._awaited: simpy.Event | None = None

    @abstractmethod
    def _fly_and_charge(self) -> Steps:
        """The flight and its turnaround."""

    @abstractmethod
    def in_way_of(self, traffic: Traffic) -> bool:
        """Whether other traffic blocks the route of this flight."""

    @abstractmethod
    def close(self, t_s: float) -> None:
        """Write what is still open: the horizon came before the flight was over."""

    @property
    def over(self) -> bool:
        """Whether nothing is awaited any more."""
        return self._awaited is None

    # -- what happens to it --

    def go_on(self, _: simpy.Event | None = None) -> None:
        """Start, or go on after the event that it waited for."""
        self._awaited = awaited = next(self._steps, None)
        if awaited is not None:
            awaited.callbacks.append(self.go_on)

    def hear_of(self, active: ActiveVisit) -> None:
        """Other traffic announced itself on the route."""
        self._interrupt_phase(active.visit)

    def lose_link(self) -> None:
        """The link to this drone is lost: on the ground it stays, in the air it returns."""
        self._interrupt_phase(LINK_PART)

    def passes_under(self, visit: Visit) -> None:
        """Other traffic passes that heights keep apart from it: written, at no cost."""
        if self.phase in _ON_ROUTE:
            self._write_yield(visit, self.phase, self._env.now)

    def _interrupt_phase(self, cause: Visit | str) -> None:
        """Interrupt the phase in progress where the flight gives way in it."""
        if not self._gives_way or self._awaited is None:
            return
        self._awaited.callbacks.remove(self.go_on)
        try:
            self._awaited = awaited = self._steps.throw(Interruption(cause))
            awaited.callbacks.append(self.go_on)
        except StopIteration:
            self._awaited = None

    # -- phases --

    def _begin_phase(self, phase: str, now: float) -> None:
        """Begin a phase."""
        self.phase, self._phase_began_s = phase, now

    def _end_phase(self, now: float) -> None:
        """End the phase; one that took no time is not written."""
        if self.phase and now > self._phase_began_s:
            dock = self._field.inputs.docks[self.drone.dock].id
            self._log.phases.write(
                PhaseRecord(self.number, self.drone.id, dock, self.phase, self._phase_began_s, now)
            )
        self.phase = ""

    def _spend_phase(self, phase: str, event: simpy.Event) -> Steps:
        """A phase until an event, in which nothing interrupts."""
        self._begin_phase(phase, self._env.now)
        yield event
        self._end_phase(self._env.now)

    def _turn_around(self, listener: TurnaroundListener, *, left: float, fetch_s: float) -> Steps:
        """Fetch the drone where somebody must, then charge it or swap its battery."""
        env, drone, inputs = self._env, self.drone, self._field.inputs
        if fetch_s > 0.0:
            yield from self._spend_phase(events.RECOVER, env.timeout(fetch_s))
        now, dock = env.now, inputs.docks[drone.dock].id
        ready_s, full_s = begin_turnaround(drone, inputs.turnaround, left=left, t_s=now)
        self._log.charges.write(ChargeRecord(drone.id, dock, left, now, ready_s, full_s))
        if ready_s > now:
            yield from self._spend_phase(events.CHARGE, env.timeout(ready_s - now))
            now = env.now
        listener.drone_ready(drone)
        if full_s > now:
            yield env.timeout(full_s - now)
            listener.look_again()

    # -- records --

    def _write_yield(self, cause: object, phase: str, start_s: float) -> None:
        """Write that it gave way to a visit of other traffic, or to the loss of its link."""
        if isinstance(cause, Visit):
            traffic = self._field.inputs.traffic[cause.traffic]
            what, rule = traffic.id, traffic.rule
        elif cause == LINK_PART:
            what, rule = LINK_PART, events.LINK_RULE
        else:
            raise TypeError(f"interrupted by {cause!r}, not by other traffic")
        self._log.yields.write(YieldRecord(self.number, what, rule, phase, start_s, self._env.now))

    def _write_landing(self, attempts: Sequence[Attempt], dock: int) -> None:
        """Write the attempts of a landing."""
        name, landings = self._field.inputs.docks[dock].id, self._log.landings
        for place, attempt in enumerate(attempts, start=1):
            landings.write(LandingRecord(self.number, name, place, attempt.outcome, attempt.start_s))
