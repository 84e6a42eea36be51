"""Move-up: ready drones flown to docks with a free slot, so that more of the demand is covered.

The control room looks for a move when a drone has left or become ready, and when weather, crew or traffic
change; only while nobody waits, and while the crew could also answer the next call. It picks the move that
leaves least demand uncovered, the quickest of equals, and only if that is less than now; so moves come to an
end (after the relocation of Gendreau, Laporte & Semet 2001, Parallel Computing 27:1641-1653, one drone at a
time). A drone belongs to one dock, which keeps its slot while it is out. A free slot belongs to no drone
until one is sent to it.

No caller waits for a move, so it gives way by the simplest means: traffic announced on its route, or a lost
link, sends it back to the dock it came from. Under the rule `land` it lands where it is and is fetched.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from dfr.sim import events
from dfr.sim.calls import LANDING_DRAWS, Visit
from dfr.sim.dispatch import DeploymentState
from dfr.sim.event_log import EventLog
from dfr.sim.events import NEVER, came
from dfr.sim.flight import Attempt, landing_attempts, power_w
from dfr.sim.flight_process import FlightProcess, Interruption, Steps
from dfr.sim.inputs import HEIGHT_SPLIT, LAND, LINK_PART, Leg, Traffic
from dfr.sim.randomness import Streams
from dfr.sim.resources import FleetDrone
from dfr.sim.sortie import ControlRoom

LEAST_GAIN = 1e-9
"""A move that covers no more than this share of the demand besides is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A drone that may be moved, to which dock and by which route."""

    drone: FleetDrone
    target: int
    leg: Leg


def best_transfer(field: DeploymentState, now: float) -> Transfer | None:
    """The move that covers most, if any covers more than is covered now."""
    condition, crew = field.condition(now), field.crew
    if field.meeting and field.out:
        return None
    if field.waiting or condition.hold or not condition.moves or crew.on_duty(now) - crew.in_use < 2:
        return None
    least, best = field.uncovered(condition) - LEAST_GAIN, None
    for start, ready in enumerate(field.ready):
        for target, leg in enumerate(condition.moves[start] if ready and not field.down[start] else ()):
            if leg is None or target == start or not field.rooms[target] or field.down[target]:
                continue
            left = field.uncovered(condition, leaves=start, comes=target)
            quicker = best is not None and left == least and leg.overhead_s < best.leg.overhead_s
            if left < least or quicker:
                drone = max(ready, key=lambda item: item.fraction(now))
                if _may_go(field, drone, target, leg, now):
                    least, best = left, Transfer(drone=drone, target=target, leg=leg)
    return best


def _may_go(field: DeploymentState, drone: FleetDrone, target: int, leg: Leg, now: float) -> bool:
    """Whether it could turn back from the very end with its reserve and before all must be down."""
    inputs, condition = field.inputs, field.condition(now)
    for active in field.visits:
        traffic = inputs.traffic[active.visit.traffic]
        if traffic.rule != HEIGHT_SPLIT and _in_way(traffic, drone.dock, target):
            return False
    reserve_wh = inputs.reserve_fraction * condition.battery_wh if inputs.reserve_fraction else 0.0
    if drone.energy_wh(now, condition) - leg.out_wh - leg.home_wh < reserve_wh:
        return False
    home_by_s, _ = field.home_by(now, field.crew.in_use + 1)
    return now + inputs.launch.median_s + leg.overhead_s + leg.home_s <= home_by_s


def _in_way(traffic: Traffic, start: int, target: int) -> bool:
    """Whether other traffic blocks the route from dock to dock; where the scenario does not say, it does."""
    return not traffic.blocks_moves or traffic.blocks_moves[start][target]


class Move(FlightProcess):
    """A drone on its way to another dock, as a process."""

    __slots__ = (
        "_battery_wh",
        "_control",
        "_draws",
        "_fraction",
        "_leg",
        "_recovery_s",
        "airborne_s",
        "attempts",
        "dispatched_s",
        "energy_wh",
        "from_dock",
        "landed_s",
        "landing",
        "reserve_fraction",
        "target",
        "to_dock",
        "turned",
    )

    def __init__(
        self,
        number: int,
        transfer: Transfer,
        *,
        field: DeploymentState,
        control: ControlRoom,
        log: EventLog,
        streams: Streams,
    ) -> None:
        super().__init__(number, transfer.drone, field=field, log=log)
        self.target = transfer.target
        self._leg, self._control = transfer.leg, control
        name = f"moves/{self.drone.id}/{self.drone.moves}"
        self._draws = tuple(streams.uniform(f"{name}/landing", LANDING_DRAWS).tolist())
        self._recovery_s = float(streams.delay(f"{name}/recovery", field.inputs.recovery, 1)[0])
        self._battery_wh = field.condition(field.env.now).battery_wh
        self._fraction = self.drone.fraction(field.env.now)
        self.from_dock, self.to_dock = field.inputs.docks[self.dock].id, field.inputs.docks[self.target].id
        self.dispatched_s = field.env.now
        self.airborne_s = self.landed_s = self.reserve_fraction = NEVER
        self.turned, self.landing, self.attempts, self.energy_wh = "", "", 0, 0.0
        self.drone.moves += 1
        field.rooms[self.target] -= 1
        field.coming[self.target] += 1

    def in_way_of(self, traffic: Traffic) -> bool:
        """Whether other traffic blocks the route of this flight."""
        return _in_way(traffic, self.dock, self.target)

    def drone_ready(self, drone: FleetDrone) -> None:
        """It is among the ready drones of its new dock, no longer among those that come."""
        self._field.coming[self.target] -= 1
        self._control.drone_ready(drone)

    def look_again(self) -> None:
        """Something changed that may let a waiting call be served."""
        self._control.look_again()

    def close(self, t_s: float) -> None:
        """The horizon came before it was over."""
        self._end_phase(t_s)
        if came(self.airborne_s) and not came(self.landed_s):
            self._log.moves.write(self)

    # -- the process --

    def _fly_and_charge(self) -> Steps:
        if not (yield from self._fly_phase(events.PREPARE, self._field.inputs.launch.median_s)):
            self._belongs_to(self.dock)
            self._control.drone_ready(self.drone)
            return
        self.airborne_s = self._env.now
        there = yield from self._fly_phase(events.MOVE, self._leg.overhead_s)
        flown_s = self._leg.overhead_s if there else self._env.now - self.airborne_s
        home_s = yield from self._come_down(flown_s, there=there)
        out_w = power_w(self._leg.out_wh, self._leg.overhead_s)
        home_w = power_w(self._leg.home_wh, self._leg.home_s)
        self.energy_wh = (out_w * flown_s + home_w * home_s) / 3600.0
        left = max(0.0, self._fraction - self.energy_wh / self._battery_wh)
        if self._battery_wh != math.inf:
            self.reserve_fraction = left
        self._log.moves.write(self)
        self._belongs_to(self.target if there else self.dock)
        fetch_s = 0.0 if self.landing == events.DOCKED else self._recovery_s
        listener = self if there else self._control
        yield from self._turn_around(listener, left=left, fetch_s=fetch_s)

    def _fly_phase(self, phase: str, seconds: float) -> Generator[simpy.Event, Any, bool]:
        """A phase that is given up for other traffic or a lost link; False where it was."""
        self._begin_phase(phase, self._env.now)
        self._gives_way = True
        try:
            if seconds > 0.0:
                yield self._env.timeout(seconds)
        except Interruption as interruption:
            cause, traffic = interruption.cause, self._field.inputs.traffic
            self._write_yield(cause, phase, self._env.now)
            self.turned = traffic[cause.traffic].rule if isinstance(cause, Visit) else LINK_PART
        self._gives_way = False
        self._end_phase(self._env.now)
        return not self.turned

    def _come_down(self, flown_s: float, *, there: bool) -> Generator[simpy.Event, Any, float]:
        """Land where it was sent, or back where it came from, or at once: seconds of it in the air."""
        leg, inputs, away = self._leg, self._field.inputs, self.turned == LAND
        share = min(1.0, max(0.0, flown_s - leg.climb_s) / leg.out_s) if leg.out_s > 0.0 else 1.0
        back_s = 0.0 if there or away else leg.back_s * share
        if back_s > 0.0:
            yield from self._spend_phase(events.BACK, self._env.timeout(back_s))
        over_s, end = self._env.now, self.target if there else self.dock
        landing = self._field.condition(over_s).landing_at(end)
        endings = landing_attempts(landing, self._draws, retries=inputs.landing_retries)
        endings = (events.DIVERTED,) if away else endings
        each_s = leg.land_s + inputs.retry_s
        land_s = (len(endings) - 1) * each_s + leg.land_s
        if land_s > 0.0:
            yield from self._spend_phase(events.LAND, self._env.timeout(land_s))
        self.landed_s, self.landing, self.attempts = self._env.now, endings[-1], len(endings)
        attempts = [Attempt(ending, over_s + place * each_s) for place, ending in enumerate(endings)]
        self._write_landing(attempts, end)
        return back_s + land_s

    def _belongs_to(self, dock: int) -> None:
        """It belongs to one dock again, and to no crew."""
        field = self._field
        if dock != self.target:
            field.coming[self.target] -= 1
        field.rooms[self.dock if dock == self.target else self.target] += 1
        self.drone.dock = dock
        self._control.crew_free(self.drone)
