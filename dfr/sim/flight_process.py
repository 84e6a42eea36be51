"""A drone that is out of its dock: what sorties and moves to another dock have in common.

It keeps the moments of its flight, from which its phases, landing attempts and turnaround are read
(`dfr.sim.event_log`), and is told what intervenes: other traffic on its route, and the loss of its link.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.dispatch import ActiveVisit, Case, DeploymentState
from dfr.sim.event_log import EventLog
from dfr.sim.events import NEVER, YieldRecord
from dfr.sim.inputs import LINK_PART, Leg, Traffic
from dfr.sim.resources import FleetDrone, begin_turnaround

Steps = Generator[simpy.Event, Any, None]

_ON_ROUTE = (events.CLIMB, events.OUT, events.MOVE, events.ON_SCENE, events.BACK)


class ControlRoom(Protocol):
    """Whoever sent a flight and follows how it goes."""

    def call_over(self, case: Case, reason: str, on_scene_s: float, ended_s: float) -> None:
        """A call is over at a moment: attended, or missed for a reason."""

    def must_leave(self, case: Case, leaves_s: float) -> None:
        """A drone overhead will have to leave for energy before its call is over."""

    def back_to_queue(self, case: Case) -> None:
        """A launch was called off on the ground: the call waits again."""

    def sent_on(self, case: Case, on_scene_s: float) -> None:
        """A drone was sent on from a call, after so long on scene: the call waits again for what is left."""

    def reached(self, case: Case) -> None:
        """A drone is overhead at a call, the first one."""

    def leaves(self, flight: FlightProcess) -> NextTask | None:
        """A drone leaves its call: what it does next, None where it returns."""

    def crew_free(self, drone: FleetDrone) -> None:
        """A drone is down: those who flew it may fly another, and its route is free."""

    def drone_ready(self, drone: FleetDrone) -> None:
        """A drone is in its dock and charged enough to be offered."""

    def look_again(self) -> None:
        """Something changed that may let a waiting call be served."""


@dataclass(frozen=True, slots=True, eq=False)
class NextTask:
    """The call that a drone in the air is sent on to, and its leg."""

    case: Case
    leg: Leg


class Interruption(Exception):  # noqa: N818 - it is no error, like simpy.Interrupt
    """Something intervenes in a flight.

    `cause` is a `Visit` of other traffic, a `NextTask`, or a word: the part that failed, or why it is
    released.
    """

    def __init__(self, cause: Visit | NextTask | str) -> None:
        super().__init__(cause)
        self.cause = cause


class FlightProcess(ABC):
    """A drone from dispatch until it is fully charged again. `dock` is the one that it left.

    Its moments are known once they have come; those of the turnaround (`docked_s`, `ready_s`, `full_s`) at
    touchdown. `charge` is the share of its battery that was left then. `_fly_and_charge` yields the events
    that it waits for, like a SimPy process. Unlike one it starts at once and ends without an event: nobody
    waits for its end, and an event costs as much as a phase.
    """

    __slots__ = (
        "_awaited",
        "_battery_wh",
        "_control",
        "_env",
        "_field",
        "_fraction",
        "_gives_way",
        "_log",
        "_steps",
        "airborne_s",
        "attempts",
        "charge",
        "dispatched_s",
        "dock",
        "docked_s",
        "drone",
        "energy_wh",
        "full_s",
        "landed_s",
        "landing",
        "left_s",
        "leg",
        "number",
        "over_dock_s",
        "phase",
        "ready_s",
        "reserve_fraction",
    )

    def __init__(  # noqa: PLR0917 - who flies where in what weather, and who is told
        self,
        number: int,
        drone: FleetDrone,
        leg: Leg,
        battery_wh: float,
        field: DeploymentState,
        control: ControlRoom,
        log: EventLog,
    ) -> None:
        self._field, self._env, self._control, self._log = field, field.env, control, log
        self.number, self.drone, self.dock, self.leg = number, drone, drone.dock, leg
        self.dispatched_s = now = field.env.now
        self._fraction, self._battery_wh = drone.fraction(now), battery_wh
        self.airborne_s = self.left_s = self.over_dock_s = self.landed_s = NEVER
        self.docked_s = self.ready_s = self.full_s = self.charge = self.reserve_fraction = NEVER
        self.landing, self.attempts, self.energy_wh, self.phase = "", 0, 0.0, ""
        self._gives_way = False
        self._awaited: simpy.Event | None = None
        self._steps = self._fly_and_charge()

    @abstractmethod
    def _fly(self) -> Generator[simpy.Event, Any, bool]:
        """The flight until it has landed; False where its launch was called off."""

    @abstractmethod
    def _recovery_s(self) -> float:
        """How long it takes to fetch the drone, where it did not land in a dock."""

    @abstractmethod
    def _end_flight(self) -> None:
        """Write a flight that is over, or that was called off, and tell the control room."""

    def _offer_drone(self) -> None:
        """The drone is ready: offer it again."""
        self._control.drone_ready(self.drone)

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

    def _interrupt_phase(self, cause: Visit | NextTask | str) -> None:
        """Interrupt the phase in progress where the flight gives way in it."""
        if not self._gives_way or self._awaited is None:
            return
        self._awaited.callbacks.remove(self.go_on)
        try:
            self._awaited = awaited = self._steps.throw(Interruption(cause))
            awaited.callbacks.append(self.go_on)
        except StopIteration:
            self._awaited = None

    # -- the process --

    def _fly_and_charge(self) -> Steps:
        """The flight and the turnaround; the drone is fetched before where somebody must."""
        env, fetch_s = self._env, 0.0
        if (yield from self._fly()):
            if self.landing != events.DOCKED:
                fetch_s = self._recovery_s()
            self._plan_turnaround(self.landed_s + fetch_s)
        else:
            self.ready_s = env.now
        self._end_flight()
        if fetch_s > 0.0:
            yield env.timeout(fetch_s)
        if self.ready_s > self.docked_s:
            yield env.timeout(self.ready_s - self.docked_s)
        self._offer_drone()
        if self.full_s > env.now:
            yield env.timeout(self.full_s - env.now)
            self._control.look_again()

    def _plan_turnaround(self, docked_s: float) -> None:
        """Work out when a drone back in its dock is ready and full, by the energy that it used."""
        left = self._fraction - self.energy_wh / self._battery_wh
        self.charge = left = left if left > 0.0 else 0.0
        if self._battery_wh != math.inf:
            self.reserve_fraction = left
        turnaround = self._field.inputs.turnaround
        self.docked_s = docked_s
        self.ready_s, self.full_s = begin_turnaround(self.drone, turnaround, left=left, t_s=docked_s)

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
