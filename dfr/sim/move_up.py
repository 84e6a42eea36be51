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

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from dfr.sim import events
from dfr.sim.calls import LANDING_DRAWS, Visit
from dfr.sim.dispatch import DeploymentState
from dfr.sim.event_log import EventLog
from dfr.sim.events import came
from dfr.sim.flight import landing_attempts, power_w
from dfr.sim.flight_process import ControlRoom, FlightProcess, Interruption
from dfr.sim.inputs import HEIGHT_SPLIT, LAND, LINK_PART, Leg, Traffic
from dfr.sim.randomness import Streams
from dfr.sim.resources import FleetDrone

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
    if field.waiting or condition.hold or not condition.moves or crew.may_send(now) - crew.in_use < 2:
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
        "_draws",
        "_fetch_s",
        "at_dock",
        "from_dock",
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
        drone, docks = transfer.drone, field.inputs.docks
        name = f"moves/{drone.id}/{drone.moves}"
        battery_wh = field.condition(field.env.now).battery_wh
        super().__init__(number, drone, transfer.leg, battery_wh, field, control, log)
        self._fetch_s = float(streams.delay(f"{name}/recovery", field.inputs.recovery, 1)[0])
        self._draws = tuple(streams.uniform(f"{name}/landing", LANDING_DRAWS).tolist())
        self.target = transfer.target
        self.from_dock, self.to_dock = docks[self.dock].id, docks[self.target].id
        self.at_dock, self.turned = self.from_dock, ""
        drone.moves += 1
        field.rooms[self.target] -= 1
        field.coming[self.target] += 1

    def in_way_of(self, traffic: Traffic) -> bool:
        """Whether other traffic blocks the route of this flight."""
        return _in_way(traffic, self.dock, self.target)

    def close(self, t_s: float) -> None:
        """The horizon came before it was over."""
        if not came(self.landed_s):
            self._log.moves.write(self)

    # -- the process --

    def _fly(self) -> Generator[simpy.Event, Any, bool]:
        env, leg = self._env, self.leg
        if not (yield from self._fly_phase(events.PREPARE, self._field.inputs.launch.median_s)):
            return False
        self.airborne_s = env.now
        there = yield from self._fly_phase(events.MOVE, leg.overhead_s)
        self.left_s = env.now
        flown_s = leg.overhead_s if there else env.now - self.airborne_s
        self.at_dock = self.to_dock if there else self.from_dock
        home_s = yield from self._come_down(flown_s, self.target if there else self.dock)
        out_w, home_w = power_w(leg.out_wh, leg.overhead_s), power_w(leg.home_wh, leg.home_s)
        self.energy_wh = (out_w * flown_s + home_w * home_s) / 3600.0
        return True

    def _recovery_s(self) -> float:
        return self._fetch_s

    def _end_flight(self) -> None:
        """It belongs to the dock where it is, and to no crew."""
        self._log.moves.write(self)
        field = self._field
        if self.turned:
            field.coming[self.target] -= 1
        field.rooms[self.target if self.turned else self.dock] += 1
        self.drone.dock = self.dock if self.turned else self.target
        self._control.crew_free(self.drone)

    def _offer_drone(self) -> None:
        """It is among the ready drones of its new dock, no longer among those that come."""
        if not self.turned:
            self._field.coming[self.target] -= 1
        super()._offer_drone()

    def _fly_phase(self, phase: str, seconds: float) -> Generator[simpy.Event, Any, bool]:
        """A phase that is given up for other traffic or a lost link; False where it was."""
        self.phase, self._gives_way = phase, True
        try:
            if seconds > 0.0:
                yield self._env.timeout(seconds)
        except Interruption as interruption:
            cause, traffic = interruption.cause, self._field.inputs.traffic
            self._write_yield(cause, phase, self._env.now)
            self.turned = traffic[cause.traffic].rule if isinstance(cause, Visit) else LINK_PART
        self._gives_way = False
        return not self.turned

    def _come_down(self, flown_s: float, end: int) -> Generator[simpy.Event, Any, float]:
        """Land where it was sent, or back where it came from, or at once: seconds of it in the air."""
        leg, inputs, away, env = self.leg, self._field.inputs, self.turned == LAND, self._env
        share = min(1.0, max(0.0, flown_s - leg.climb_s) / leg.out_s) if leg.out_s > 0.0 else 1.0
        back_s = leg.back_s * share if self.turned and not away else 0.0
        if back_s > 0.0:
            self.phase = events.BACK
            yield env.timeout(back_s)
        self.over_dock_s = env.now
        landing = self._field.condition(self.over_dock_s).landing_at(end)
        endings = landing_attempts(landing, self._draws, retries=inputs.landing_retries)
        endings = (events.DIVERTED,) if away else endings
        land_s = (len(endings) - 1) * (leg.land_s + inputs.retry_s) + leg.land_s
        if land_s > 0.0:
            self.phase = events.LAND
            yield env.timeout(land_s)
        self.landed_s, self.landing, self.attempts = env.now, endings[-1], len(endings)
        return back_s + land_s
