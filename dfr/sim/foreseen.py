"""A sortie that nothing can disturb, worked out at dispatch: the same records and numbers as `Sortie`.

Most sorties are over before anything changes that could touch them: other traffic told of, a link that
fails, docks that shut, a shift that ends, the horizon (`Field.calm_until_s`), a relief. Their moments are
sums, so only what others notice is an event: crew free at touchdown, drone ready, battery full. The
sums are those of `ModelFlight`, to the last bit; tests hold the two ways of flying against each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import simpy

from dfr.sim.calls import Call, Visit
from dfr.sim.courses import CUTS, ENDINGS, Courses, pack
from dfr.sim.dispatch import Case, Field
from dfr.sim.dock import Drone, begin_turnaround, holds_by_hour
from dfr.sim.events import CUT_ENERGY, DOCKED, FULL_STAY, NEVER
from dfr.sim.failures import Outage
from dfr.sim.flight import ModelFlights, landing_attempts, power_w
from dfr.sim.inputs import LINK_PART, Condition, Leg, SimInputs
from dfr.sim.sortie import Desk

Course = tuple[tuple[float, float, float, float, float, float], float, int, int, str, float]
"""Moments from airborne to landed, the stay and what cut it, attempts, how the last ended, Wh used."""

FULL, SHORT = CUTS.index(FULL_STAY), CUTS.index(CUT_ENERGY)


class Foresight:
    """Flies the sorties of the flight model that can be worked out at once."""

    def __init__(self, field: Field, desk: Desk, flights: ModelFlights, courses: Courses) -> None:
        self._field, self._desk, self._env, self._inputs = field, desk, field.env, field.inputs
        self._rows = courses.rows
        self._retries, self._retry_s = flights.retries, flights.retry_s
        self._turnaround, self._horizon_s = field.inputs.turnaround, field.inputs.horizon_s
        self._longest_s = max(self._turnaround.to_ready_s)
        self._number = {drone.id: number for number, drone in enumerate(field.drones)}

    def send(self, number: int, case: Case, drone: Drone, now: float) -> bool:
        """Fly a sortie; False, with nothing done, where something might disturb it."""
        call, dock = case.call, drone.dock
        condition, fraction = self._field.condition(now), drone.fraction(now)
        leg = condition.legs[dock][call.zone]
        if leg is None or case.relief:
            return False
        course = self._course(call, dock, leg, condition, fraction, now)
        if course is None:
            return False
        moments, stay_s, cut, attempts, ending, used_wh = course
        landed_s = moments[-1]
        docked_s = landed_s if ending == DOCKED else landed_s + call.recovery_s
        if docked_s + self._longest_s >= self._horizon_s:
            return False
        left = fraction - used_wh / condition.battery_wh
        left = left if left > 0.0 else 0.0
        ready_s, full_s = begin_turnaround(drone, self._turnaround, left=left, t_s=docked_s)
        case.ended = True
        self._rows += pack(
            number, self._number[drone.id], dock, call.id, call.zone, call.grade, case.heard_s,
            case.decided_s, call.video_s, call.ground_s, call.on_scene_s, now, *moments,
            docked_s, ready_s, full_s, leg[0] + leg[1], leg[2] + leg[3], stay_s, cut, attempts,
            ENDINGS.index(ending), leg[3] + self._retry_s, used_wh, left,
            NEVER if condition.battery_wh == math.inf else left,
        )  # fmt: skip
        self._at(landed_s, now, self._landed, drone)
        return True

    def _course(  # noqa: PLR0917 - a way at a moment is what it is
        self, call: Call, dock: int, leg: Leg, condition: Condition, fraction: float, now: float
    ) -> Course | None:
        """The sums; None where something may happen before touchdown."""
        calm_s = self._field.calm_until_s(now)
        climb_s, out_s, back_s, land_s, out_wh, home_wh, hover_w = leg
        airborne_s = now + call.launch_s
        climbed_s = airborne_s + climb_s
        overhead_s = climbed_s + out_s
        out_w, home_w = power_w(out_wh, climb_s + out_s), power_w(home_wh, back_s + land_s)
        used_wh = out_w * climb_s / 3600.0 + out_w * out_s / 3600.0
        stay_s, cut = call.on_scene_s, FULL
        if hover_w > 0.0 and condition.battery_wh != math.inf:
            spare_wh = self._above_reserve_wh(condition.battery_wh, fraction) - used_wh
            spare_wh -= home_w * (back_s + land_s) / 3600.0
            endurance_s = max(0.0, spare_wh * 3600.0 / hover_w)
            if stay_s > endurance_s:
                stay_s, cut = endurance_s, SHORT
        left_s = overhead_s + stay_s
        home_s = left_s + back_s
        if home_s + land_s >= calm_s or (cut and self._inputs.overwatch):
            return None
        landing = self._field.condition_then(home_s).landing_at(dock)
        endings = landing_attempts(landing, call.landing, retries=self._retries)
        land_s += (len(endings) - 1) * (land_s + self._retry_s)
        landed_s = home_s + land_s
        if landed_s >= calm_s:
            return None
        used_wh += hover_w * stay_s / 3600.0
        used_wh += home_w * back_s / 3600.0
        used_wh += home_w * land_s / 3600.0
        moments = airborne_s, climbed_s, overhead_s, left_s, home_s, landed_s
        return moments, stay_s, cut, len(endings), endings[-1], used_wh

    def _above_reserve_wh(self, battery_wh: float, fraction: float) -> float:
        """What a drone may use until it lands."""
        share = self._inputs.reserve_fraction
        return fraction * battery_wh - (share * battery_wh if share else 0.0)

    # -- what others notice of it --

    def _at(self, t_s: float, now: float, act: Callable[[simpy.Event], None], drone: Drone) -> None:
        """Act on a drone at just that moment; by way of a later one where clock and delay would round.

        From half the moment on the difference is exact (Sterbenz), and so is the sum.
        """
        if now + (t_s - now) == t_s:
            self._env.timeout(t_s - now, drone).callbacks.append(act)
        else:
            later = self._env.timeout(0.75 * t_s - now)
            later.callbacks.append(lambda _: self._at(t_s, self._env.now, act, drone))

    def _landed(self, event: simpy.Event) -> None:
        drone, now = _drone_of(event), self._env.now
        self._desk.crew_free(drone)
        if drone.ready_s > now:
            self._at(drone.ready_s, now, self._ready, drone)
        else:
            self._ready(event)

    def _ready(self, event: simpy.Event) -> None:
        drone, now = _drone_of(event), self._env.now
        full_s = drone.full_s
        self._desk.drone_ready(drone)
        if full_s > now:
            self._at(full_s, now, self._full, drone)

    def _full(self, _: simpy.Event) -> None:
        self._desk.look_again()


def _drone_of(event: simpy.Event) -> Drone:
    """The drone that an event is about."""
    drone: Drone = event.value  # type: ignore[assignment]
    return drone


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
