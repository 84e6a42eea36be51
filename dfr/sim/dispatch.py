"""Dispatch: which waiting call is served next, by which drone, or why by none.

Calls wait in order of rank, then of decision. A drone may go if it has the energy to get there, stay a while
and return with its reserve, and if its dock is still open and a crew still on duty when it lands. The
dispatch policy chooses among these drones: a function here (`POLICIES`) with a word in
`dfr.scenario.model.DispatchPolicy`, or one that `dfr.simulate(dispatch=...)` brings.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import simpy

from dfr.scenario.model import DispatchPolicy
from dfr.sim.calls import Call, Visit
from dfr.sim.events import NEVER, Missed, drone_id
from dfr.sim.inputs import HEIGHT_SPLIT, MOVING, Condition, Leg, RouteKey, SimInputs
from dfr.sim.resources import CrewBoard, FleetDrone, next_hold_s

Fit = tuple[FleetDrone, Leg]
"""A drone that may go, and its leg."""


@dataclass(slots=True, eq=False)
class OverwatchNeed:
    """A call that needs a drone overhead from `start_s` to `until_s`, by several in turn."""

    call: Call
    start_s: float
    until_s: float
    drones: int = 1
    gap_s: float = 0.0
    _overhead: int = 1
    _bare_since_s: float = NEVER

    def drone_arrives(self, t_s: float) -> None:
        """A relief is overhead."""
        if self._overhead == 0:
            self.gap_s += t_s - self._bare_since_s
        self._overhead += 1
        self.drones += 1

    def drone_leaves(self, t_s: float) -> None:
        """A drone leaves."""
        self._overhead -= 1
        self._bare_since_s = t_s

    def close(self, t_s: float) -> None:
        """The need is over."""
        if self._overhead == 0:
            self.gap_s += t_s - self._bare_since_s


@dataclass(slots=True, eq=False)
class Case:
    """A call on its way through the control room, `heard_s` by its clock (the call's time, to rounding).

    Once it has an `outcome` it is over, and it is its call's record (`dfr.sim.event_log`). A `relief` is a
    further drone for a call, no call of its own: a `second` one beside the first, or one in its place.
    `turn` is its place in the queue. A call that a drone was taken away from may wait with some of its stay
    behind it. Once it is `in_hand`, officers need no drone.
    """

    call: Call
    heard_s: float
    rank: int
    patience_ends_s: float
    zone_id: str = ""
    grade_id: str = ""
    decided_s: float = NEVER
    dispatched_s: float = NEVER
    airborne_s: float = NEVER
    overhead_s: float = NEVER
    video_s: float = NEVER
    ended_s: float = NEVER
    on_scene_s: float = 0.0
    outcome: str = ""
    reason: str = ""
    in_hand: bool = False
    waiting: bool = False
    turn: tuple[int, float, int, bool] = (0, 0.0, 0, False)
    need: OverwatchNeed | None = None
    relief: bool = False
    second: bool = False


_TURN = operator.attrgetter("turn")


@dataclass(slots=True, eq=False)
class ActiveVisit:
    """Other traffic that is expected or here; `gone` succeeds when the air is free again."""

    visit: Visit
    gone: simpy.Event


class UncoveredDemand:
    """How much of the demand no dock with a ready drone covers: what coverage-keeping rules go by.

    Demand is covered where such a dock is within `SimInputs.keep_within_s` of flight. The zones that each
    dock covers are bits, worked out once for each weather.
    """

    def __init__(self, inputs: SimInputs) -> None:
        self._within_s = inputs.keep_within_s
        self._shares = [zone.share for zone in inputs.zones]
        self._zones: dict[int, list[int]] = {}
        self._left: dict[int, float] = {}

    def uncovered(self, condition: Condition, docks: Iterable[int]) -> float:
        """Share of the demand that none of these docks covers in a weather of the deployment."""
        zones = self._zones.get(id(condition))
        if zones is None:
            zones = [self._covered_zones(condition, dock) for dock in range(len(condition.legs))]
            self._zones[id(condition)] = zones
        covered = 0
        for dock in docks:
            covered |= zones[dock]
        left = self._left.get(covered)
        if left is None:
            left = sum(share for zone, share in enumerate(self._shares) if not covered >> zone & 1)
            self._left[covered] = left
        return left

    def _covered_zones(self, condition: Condition, dock: int) -> int:
        legs = condition.legs[dock]
        within = (leg is not None and leg.overhead_s <= self._within_s for leg in legs)
        return sum(1 << zone for zone, reached in enumerate(within) if reached)


@dataclass(slots=True, eq=False)
class DeploymentState:
    """The state of the deployment now: crew, drones, queue and the air.

    `rooms` are the slots of each dock that no drone belongs to, `coming` the drones moved to it until they
    are ready. `meeting` are the routes that meet each route (`SimInputs.in_turn`), `out` that of each drone
    that is out, by its id. `drones_allowed` is up to how many in use the crew sends more, as of the last
    moment asked for; moments are asked for in order of time.
    """

    inputs: SimInputs
    env: simpy.Environment
    crew: CrewBoard
    drones: tuple[FleetDrone, ...]
    ready: list[list[FleetDrone]]
    next_hold: tuple[tuple[float, str], ...]
    down: list[int]
    _weather: Condition
    coverage: UncoveredDemand
    rooms: list[int]
    coming: list[int]
    drones_allowed: int = 0
    waiting: list[Case] = field(default_factory=list)
    visits: list[ActiveVisit] = field(default_factory=list)
    overwatch_needs: list[OverwatchNeed] = field(default_factory=list)
    meeting: Mapping[RouteKey, frozenset[RouteKey]] = field(default_factory=dict)
    out: dict[str, RouteKey] = field(default_factory=dict)
    _hour: int = 0
    _changes_s: float = -1.0
    _home_by: dict[int, tuple[float, str]] = field(default_factory=dict)

    @classmethod
    def at_start(cls, inputs: SimInputs, env: simpy.Environment) -> DeploymentState:
        """Every drone charged in its dock, nobody waiting."""
        docks = [
            [FleetDrone(drone_id(dock.id, index), number) for index in range(dock.drones)]
            for number, dock in enumerate(inputs.docks)
        ]
        drones = tuple(drone for dock in docks for drone in dock)
        crew = CrewBoard.of(inputs.duties, inputs.policing.handover_s)
        return cls(
            inputs, env, crew, drones, docks, next_hold_s(inputs), [0] * len(docks),
            inputs.conditions[inputs.condition_of_hour[0]], UncoveredDemand(inputs),
            [dock.spare for dock in inputs.docks], [0] * len(docks), meeting=routes_that_meet(inputs),
        )  # fmt: skip

    def condition(self, t_s: float) -> Condition:
        """The weather at a moment."""
        if t_s >= self._changes_s:
            self._step_on(t_s)
        return self._weather

    def home_by(self, t_s: float, drones: int) -> tuple[float, str]:
        """When the docks shut or the crew is short next, and the reason for missing a call by it."""
        if t_s >= self._changes_s:
            self._step_on(t_s)
        found = self._home_by.get(drones)
        if found is None:
            shuts, crew_s = self.next_hold[self._hour], self.crew.home_by_s(t_s, drones)
            found = self._home_by[drones] = shuts if shuts[0] <= crew_s else (crew_s, Missed.SHIFT_END)
        return found

    def place_of(self, drone: FleetDrone) -> int:
        """How many of the drones in use were sent no later than one of them, itself among them."""
        return list(self.out).index(drone.id) + 1

    def _step_on(self, t_s: float) -> None:
        """The weather or the crew changes: what holds until it does again."""
        edges = self.inputs.hour_edges_s
        self._hour = min(bisect_right(edges, t_s), len(edges) - 1) - 1
        self._weather = self.inputs.conditions[self.inputs.condition_of_hour[self._hour]]
        self.drones_allowed = self.crew.may_send(t_s)
        self._changes_s = min(edges[self._hour + 1], self.crew.until_s)
        self._home_by.clear()

    def uncovered(self, condition: Condition, *, leaves: int = -1, comes: int = -1) -> float:
        """Share of the demand that no dock covers once a ready drone has left one dock, or come to another.

        A drone on its way to another dock counts as there.
        """
        counts = [len(drones) + coming for drones, coming in zip(self.ready, self.coming, strict=True)]
        if leaves >= 0:
            counts[leaves] -= 1
        if comes >= 0:
            counts[comes] += 1
        there = (dock for dock, count in enumerate(counts) if count > 0 and not self.down[dock])
        return self.coverage.uncovered(condition, there)

    def blocking(self, dock: int, zone: int) -> ActiveVisit | None:
        """Other traffic that keeps our drones off a route; None where it is free."""
        for active in self.visits:
            traffic = self.inputs.traffic[active.visit.traffic]
            if traffic.rule != HEIGHT_SPLIT and traffic.blocks[dock][zone]:
                return active
        return None

    def own_in_way(self, dock: int, zone: int, *, besides: str = "") -> bool:
        """Whether one of our own drones is out on a route that meets this one; a move meets every route.

        The drone `besides` does not count.
        """
        meets = self.meeting.get((dock, zone), frozenset())
        return any(
            drone != besides and (route in meets or route[1] == MOVING) for drone, route in self.out.items()
        )

    def wait(self, case: Case) -> None:
        """Put a call into the queue."""
        case.waiting, case.turn = True, (case.rank, case.decided_s, case.call.id, case.second)
        if self.waiting:
            insort(self.waiting, case, key=_TURN)
        else:
            self.waiting.append(case)

    def leave_queue(self, case: Case) -> None:
        """Take a call out of the queue."""
        case.waiting = False
        self.waiting.remove(case)


def routes_that_meet(inputs: SimInputs) -> dict[RouteKey, frozenset[RouteKey]]:
    """For each route those that are not flown at the same time."""
    found: dict[RouteKey, set[RouteKey]] = {}
    for one, other in inputs.in_turn:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {route: frozenset(others) for route, others in found.items()}


def standing(field_: DeploymentState, now: float) -> str:
    """What keeps every call waiting whatever it is: nobody free, weather, no drone; '' where nothing does."""
    hold, crew = field_.condition(now).hold, field_.crew
    if crew.in_use >= field_.drones_allowed:
        return crew.refusal(now)
    if hold:
        return Missed.WEATHER + hold
    return "" if any(field_.ready) else Missed.NO_DRONE


def refusal(field_: DeploymentState, case: Case) -> str:
    """Why a waiting call cannot be served now; '' where it can."""
    now = field_.env.now
    condition = field_.condition(now)
    if not condition.nearest[case.call.zone] and not condition.hold:
        return Missed.UNREACHABLE
    answer = standing(field_, now) or choose(field_, case, now)
    return answer if isinstance(answer, str) else ""


def choose(field_: DeploymentState, case: Case, now: float) -> FleetDrone | str:
    """The drone to send to a call now, or why there is none (of the nearest dock that could serve it).

    For a moment in which nothing stands against every call.
    """
    reasons: list[str] = []
    fits = _available_drones(field_, case.call.zone, now, reasons)
    policy = field_.inputs.dispatch
    drone = (POLICIES[policy] if isinstance(policy, str) else policy)(field_, case, fits)
    return drone or (reasons[0] if reasons else Missed.UNREACHABLE)


def _available_drones(field_: DeploymentState, zone: int, now: float, reasons: list[str]) -> Iterator[Fit]:
    """The drones that may go, the one soonest overhead first; `reasons` says why others may not."""
    condition = field_.condition(now)
    for dock in condition.nearest[zone]:
        leg = condition.legs[dock][zone]
        if leg is None:
            continue
        answer = _from_dock_in_time(field_, dock, zone, leg, condition, now=now)
        if isinstance(answer, str):
            reasons.append(answer)
        else:
            yield answer, leg


def _from_dock_in_time(
    field_: DeploymentState, dock: int, zone: int, leg: Leg, condition: Condition, *, now: float
) -> FleetDrone | str:
    """The drone of one dock that may go and be back before docks shut or the crew is short, or why none."""
    answer = _from_dock(field_, dock, zone, leg, condition, now=now)
    if isinstance(answer, str):
        return answer
    overhead_s = now + field_.inputs.launch.median_s + leg.climb_s + leg.out_s
    return too_late(field_, leg, overhead_s, drones=field_.crew.in_use + 1, now=now) or answer


def too_late(field_: DeploymentState, leg: Leg, overhead_s: float, *, drones: int, now: float) -> str:
    """Why a drone overhead at a moment would be home too late, with so many in use; '' where it is not."""
    home_by_s, reason = field_.home_by(now, drones)
    home_s = overhead_s + field_.inputs.min_on_scene_s + leg.back_s + leg.land_s
    return reason if home_s > home_by_s else ""


class Offer(NamedTuple):
    """What one dock can do for a call now: its drone, or why none (`blocked`).

    `overhead_s` is from a yes now, with the usual time to launch. `reserve_fraction` is what a full battery
    still has after the usual stay and the return; None where it is not known, or there is no drone.
    """

    dock: int
    leg: Leg
    drone: FleetDrone | None
    blocked: str
    overhead_s: float
    reserve_fraction: float | None


def offers(field_: DeploymentState, case: Case, now: float) -> list[Offer]:
    """What each dock that reaches a call can do for it now, the soonest overhead first."""
    zone, condition = case.call.zone, field_.condition(now)
    stays_against = standing(field_, now)
    found = []
    for dock in condition.nearest[zone]:
        leg = condition.legs[dock][zone]
        if leg is None:
            continue
        answer = stays_against or _from_dock_in_time(field_, dock, zone, leg, condition, now=now)
        drone, blocked = (None, answer) if isinstance(answer, str) else (answer, "")
        reserve = None if drone is None else _reserve_after(field_, drone, case, leg, condition)
        overhead_s = field_.inputs.launch.median_s + leg.overhead_s
        found.append(Offer(dock, leg, drone, blocked, overhead_s, reserve))
    return found


def _reserve_after(
    field_: DeploymentState, drone: FleetDrone, case: Case, leg: Leg, condition: Condition
) -> float | None:
    """The share of a full battery left after the usual stay and the return."""
    if condition.battery_wh == math.inf:
        return None
    stay_s = field_.inputs.grades[case.call.grade].on_scene.median_s
    left_wh = drone.energy_wh(field_.env.now, condition) - leg.out_wh - leg.home_wh
    return (left_wh - leg.hover_w * stay_s / 3600.0) / condition.battery_wh


# -- policies --

Policy = Callable[[DeploymentState, Case, Iterator[Fit]], FleetDrone | None]
"""Chooses for a call among the drones that may go, soonest overhead first; None where there is none."""


def choose_nearest(_field: DeploymentState, _case: Case, fits: Iterator[Fit]) -> FleetDrone | None:
    """The drone predicted overhead first in this hour's wind."""
    nearest = next(fits, None)
    return None if nearest is None else nearest[0]


def choose_energy_aware(field_: DeploymentState, case: Case, fits: Iterator[Fit]) -> FleetDrone | None:
    """The nearest that can stay as long as is usual for the call, or else the nearest."""
    fit = list(fits)
    staying = (drone for drone, leg in fit if _can_stay(field_, drone, case, leg))
    return next(staying, fit[0][0]) if fit else None


def choose_coverage_keeping(field_: DeploymentState, case: Case, fits: Iterator[Fit]) -> FleetDrone | None:
    """To calls of the first rank the nearest; to others the one whose departure uncovers least demand.

    Of those overhead within the call's target; of equals, and where none is, the nearest (after the
    preparedness of Andersson & Varbrand 2007, J. Oper. Res. Soc. 58:195-201; `UncoveredDemand`).
    """
    fit, grade = list(fits), field_.inputs.grades[case.call.grade]
    if not fit or case.rank == 0:
        return fit[0][0] if fit else None
    now = field_.env.now
    condition = field_.condition(now)
    left_s = grade.target_s - (now - case.heard_s) - field_.inputs.launch.median_s
    in_time = [drone for drone, leg in fit if leg.overhead_s <= left_s]
    return min(in_time, key=lambda drone: field_.uncovered(condition, leaves=drone.dock), default=fit[0][0])


POLICIES: Mapping[str, Policy] = {
    DispatchPolicy.NEAREST: choose_nearest,
    DispatchPolicy.ENERGY_AWARE: choose_energy_aware,
    DispatchPolicy.COVERAGE_KEEPING: choose_coverage_keeping,
}
"""The function of each dispatch policy."""


def _can_stay(field_: DeploymentState, drone: FleetDrone, case: Case, leg: Leg) -> bool:
    """Whether a drone could stay as long as is usual for the call and be home with its reserve."""
    condition = field_.condition(field_.env.now)
    if condition.battery_wh == math.inf or leg.hover_w <= 0.0:
        return True
    reserve_wh = field_.inputs.reserve_fraction * condition.battery_wh
    spare_wh = drone.energy_wh(field_.env.now, condition) - reserve_wh - leg.out_wh - leg.home_wh
    return spare_wh * 3600.0 / leg.hover_w >= field_.inputs.grades[case.call.grade].on_scene.median_s


def _from_dock(
    field_: DeploymentState, dock: int, zone: int, leg: Leg, condition: Condition, *, now: float
) -> FleetDrone | str:
    """The fullest ready drone of one dock, or why there is none."""
    if field_.down[dock]:
        return Missed.OUTAGE
    ready = field_.ready[dock]
    if not ready:
        return Missed.NO_DRONE
    if field_.visits and field_.blocking(dock, zone) is not None:
        return Missed.TRAFFIC
    if field_.meeting and field_.own_in_way(dock, zone):
        return Missed.OWN_DRONE
    drone = ready[0] if len(ready) == 1 else max(ready, key=lambda item: item.fraction(now))
    if condition.battery_wh == math.inf:
        return drone
    needed_wh = leg.out_wh + leg.home_wh + leg.hover_w * field_.inputs.min_on_scene_s / 3600.0
    spare_wh = drone.energy_wh(now, condition) - field_.inputs.reserve_fraction * condition.battery_wh
    return Missed.ENERGY if spare_wh < needed_wh else drone
