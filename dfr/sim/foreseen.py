"""A sortie that nothing can disturb, worked out at dispatch: the same records and numbers as `Sortie`.

Most sorties are over before anything changes that could touch them: other traffic told of, a link that
fails, docks that shut, a shift that ends, the horizon (`Field.calm_until_s`), a relief. Their moments are
sums, so only what others notice is an event: crew free at touchdown, drone ready, battery full. The
sums are those of `ModelFlight`, to the last bit; tests hold the two ways of flying against each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dfr.sim import events
from dfr.sim.calls import Call, Visit
from dfr.sim.dispatch import Case, Field
from dfr.sim.dock import Drone, begin_turnaround, holds_by_hour
from dfr.sim.events import Log
from dfr.sim.failures import Outage
from dfr.sim.flight import ModelFlights, landing_attempts, power_w
from dfr.sim.inputs import LINK_PART, Condition, Leg, SimInputs
from dfr.sim.sortie import Desk

PHASES = (
    events.PREPARE, events.CLIMB, events.OUT, events.ON_SCENE, events.BACK, events.LAND, events.RECOVER,
    events.CHARGE,
)  # fmt: skip
"""What a drone does between the `Moments` of a sortie, being in its dock, and being ready."""


Moments = tuple[float, float, float, float, float, float, float]
"""Dispatched, airborne, at cruise height, overhead, leaving, over the dock and landed, s."""

Course = tuple[Moments, float, float, float, str, tuple[tuple[str, float], ...], float]
"""An undisturbed sortie: its moments, seconds out and home as predicted, on scene as flown, what cut these
short, landing attempts and when each began, Wh used."""


class Foresight:
    """Flies the sorties of the flight model that can be worked out at once."""

    def __init__(self, field: Field, desk: Desk, flights: ModelFlights, log: Log) -> None:
        self._field, self._desk, self._env = field, desk, field.env
        self._flown, self._phases = log["flights"], log["phases"]
        self._landings, self._charges = log["landings"], log["charges"]
        self._retries, self._retry_s = flights.retries, flights.retry_s
        self._turnaround, self._horizon_s = field.inputs.turnaround, field.inputs.horizon_s
        self._longest_s = max(self._turnaround.to_ready_s)
        self._dock_ids = [dock.id for dock in field.inputs.docks]

    def send(self, number: int, case: Case, drone: Drone) -> bool:
        """Fly a sortie; False, with nothing done, where something might disturb it."""
        if case.relief:
            return False
        now = self._env.now
        condition, fraction = self._field.condition(now), drone.fraction(now)
        leg = condition.legs[drone.dock][case.call.zone]
        course = None if leg is None else self._course(case.call, drone.dock, leg, condition, fraction)
        if course is None:
            return False
        moments, *_, attempts, used_wh = course
        docked_s = moments[-1] if attempts[-1][0] == events.DOCKED else moments[-1] + case.call.recovery_s
        if docked_s + self._longest_s >= self._horizon_s:
            return False
        left = max(0.0, fraction - used_wh / condition.battery_wh)
        begin_turnaround(drone, self._turnaround, left=left, t_s=docked_s)
        dock = self._dock_ids[drone.dock]
        self._charges.append((drone.id, dock, left, docked_s, drone.ready_s, drone.full_s))
        known = left if condition.battery_wh != math.inf else events.NEVER
        self._write(number, case, drone, course, known)
        if drone.ready_s > now:
            self._write_phases(number, drone, (*moments, docked_s, drone.ready_s))
        self._at(moments[-1], self._landed, drone)
        return True

    def _course(
        self, call: Call, dock: int, leg: Leg, condition: Condition, fraction: float
    ) -> Course | None:
        """The sums; None where something may happen before touchdown."""
        now = self._env.now
        calm_s = self._field.calm_until_s(now)
        climb_s, out_s, back_s, land_s, out_wh, home_wh, hover_w = leg
        airborne_s = now + call.launch_s
        climbed_s = airborne_s + climb_s
        overhead_s = climbed_s + out_s
        way_s, home_way_s, used_wh = climb_s + out_s, back_s + land_s, 0.0
        home_w = power_w(home_wh, home_way_s)
        if overhead_s > airborne_s:
            out_w, flown_s = power_w(out_wh, way_s), min(overhead_s - climbed_s, out_s)
            used_wh = out_w * min(climbed_s - airborne_s, climb_s) / 3600.0 + out_w * flown_s / 3600.0
            back_s *= 1.0 - (out_s - flown_s) / out_s if out_s > 0.0 else 1.0
        stay_s, cut = call.on_scene_s, events.FULL_STAY
        if hover_w > 0.0 and condition.battery_wh != math.inf:
            way_home_wh = home_w * (back_s + land_s) / 3600.0
            spare_wh = self._above_reserve_wh(condition, fraction) - used_wh - way_home_wh
            endurance_s = max(0.0, spare_wh * 3600.0 / hover_w)
            if stay_s > endurance_s and self._field.inputs.overwatch:
                return None
            if stay_s > endurance_s:
                stay_s, cut = endurance_s, events.CUT_ENERGY
        left_s = overhead_s + stay_s
        home_s = left_s + back_s
        if home_s + land_s >= calm_s:
            return None
        landing = self._field.condition_then(home_s).landing_at(dock)
        endings = landing_attempts(landing, call.landing, retries=self._retries)
        each_s = land_s + self._retry_s
        attempts = tuple([(ending, home_s + place * each_s) for place, ending in enumerate(endings)])
        land_s += (len(endings) - 1) * each_s
        landed_s = home_s + land_s
        if landed_s >= calm_s:
            return None
        if hover_w > 0.0:
            used_wh += hover_w * min(left_s - overhead_s, stay_s) / 3600.0
        if landed_s > left_s:
            used_wh += home_w * min(home_s - left_s, back_s) / 3600.0
            used_wh += home_w * min(landed_s - home_s, land_s) / 3600.0
        moments = now, airborne_s, climbed_s, overhead_s, left_s, home_s, landed_s
        return moments, way_s, home_way_s, stay_s, cut, attempts, used_wh

    def _above_reserve_wh(self, condition: Condition, fraction: float) -> float:
        """What a drone may use until it lands."""
        share = self._field.inputs.reserve_fraction
        return fraction * condition.battery_wh - (share * condition.battery_wh if share else 0.0)

    def _write(self, number: int, case: Case, drone: Drone, course: Course, left: float) -> None:
        """The records of the call, the flight and its landing."""
        dock = self._dock_ids[drone.dock]
        moments, way_s, home_way_s, stay_s, cut, attempts, used_wh = course
        sent_s, airborne_s, _, overhead_s, left_s, _, landed_s = moments
        case.airborne_s, case.overhead_s = airborne_s, overhead_s
        outcome = events.FIRST if overhead_s < case.call.ground_s else events.ATTENDED
        self._desk.call_over(case, outcome, "", stay_s, left_s)
        self._flown.append((
            number, case.call.id, drone.id, dock, sent_s, airborne_s, overhead_s, left_s, landed_s,
            way_s, home_way_s, 0.0, stay_s, cut, attempts[-1][0], len(attempts), used_wh, left,
        ))  # fmt: skip
        for place, (ending, start_s) in enumerate(attempts, start=1):
            self._landings.append((number, dock, place, ending, start_s))

    def _write_phases(self, number: int, drone: Drone, moments_s: tuple[float, ...]) -> None:
        """What the drone does from when to when, where it takes any time."""
        dock, ends_s = self._dock_ids[drone.dock], moments_s[1:]
        self._phases.extend([
            (number, drone.id, dock, phase, start_s, end_s)
            for phase, start_s, end_s in zip(PHASES, moments_s, ends_s, strict=False)
            if end_s > start_s
        ])  # fmt: skip

    # -- what others notice of it --

    def _at(self, t_s: float, act: Callable[[Drone], None], drone: Drone) -> None:
        """Act at just that moment: where the sum of clock and delay would round, by way of a later one.

        From half the moment on the difference is exact (Sterbenz), and so is the sum.
        """
        now = self._env.now
        if now + (t_s - now) == t_s:
            self._env.timeout(t_s - now).callbacks.append(lambda _: act(drone))
        else:
            self._env.timeout(0.75 * t_s - now).callbacks.append(lambda _: self._at(t_s, act, drone))

    def _landed(self, drone: Drone) -> None:
        self._desk.crew_free()
        if drone.ready_s > self._env.now:
            self._at(drone.ready_s, self._ready, drone)
        else:
            self._ready(drone)

    def _ready(self, drone: Drone) -> None:
        full_s = drone.full_s
        self._desk.drone_ready(drone)
        if full_s > self._env.now:
            self._at(full_s, self._full, drone)

    def _full(self, _: Drone) -> None:
        self._desk.look_again()


def disturbances_s(inputs: SimInputs, visits: Sequence[Visit], outages: Sequence[Outage]) -> list[float]:
    """The moments at which something may happen to a drone in the air, in order, ending with for ever."""
    moments = {math.inf, inputs.horizon_s}
    moments.update(edge for duty in inputs.duties for edge in (duty.start_s, duty.end_s))
    moments.update(
        start for start, hold in zip(inputs.hour_edges_s, holds_by_hour(inputs), strict=False) if hold
    )
    moments.update(visit.notice_s for visit in visits)
    moments.update(outage.start_s for outage in outages if outage.part == LINK_PART)
    return sorted(moments)
