"""All that one replication needs, as plain frozen values: built once from world and plan, cheap to send.

`dfr.sim.build` makes them. Nothing here knows of maps: distances, airspace and aircraft have become
seconds and watt-hours for each dock, zone and weather. A worker process gets only this.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, NamedTuple

from dfr.errors import InputError
from dfr.scenario.model import DispatchPolicy
from dfr.scenario.policing import NO_POLICING, Policing
from dfr.sim.randomness import Spread


class Leg(NamedTuple):
    """One route from a dock to a zone in one weather: seconds of each phase and what they cost, Wh.

    Infinite watt-hours never occur; a drone whose battery is unknown has an infinite battery instead.
    """

    climb_s: float
    out_s: float
    back_s: float
    land_s: float
    out_wh: float
    home_wh: float
    hover_w: float

    @property
    def overhead_s(self) -> float:
        """Lift-off to overhead, s."""
        return self.climb_s + self.out_s

    @property
    def home_s(self) -> float:
        """Leaving the scene to touchdown, s."""
        return self.back_s + self.land_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Chances of one landing attempt, summing to 1, and of a touchdown that does not disarm."""

    docked: float = 1.0
    retry: float = 0.0
    diverted: float = 0.0
    not_disarmed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One weather: what holds the docks ('' is open), how far each zone is, how landings go.

    `legs[dock][zone]` is None where the drone cannot get there and back; `nearest[zone]`
    lists the docks that can, soonest first. `battery_wh` is what a full battery gives at
    this temperature, infinite where unknown. `landings` are those of each dock, () where all are alike.
    `moves[dock][dock]` are routes to other docks and back, () where no drone is moved up.
    """

    hold: str
    legs: tuple[tuple[Leg | None, ...], ...]
    nearest: tuple[tuple[int, ...], ...]
    landing: Landing
    battery_wh: float
    landings: tuple[Landing, ...] = ()
    moves: tuple[tuple[Leg | None, ...], ...] = ()

    def landing_at(self, dock: int) -> Landing:
        """How landings go at a dock: where obstacles stand near docks each has its own."""
        return self.landings[dock] if self.landings else self.landing


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDemand:
    """A demand zone: its share of the calls and how far the nearest officers have to go."""

    id: str
    share: float
    ground_travel_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A grade of call. Rank 0 is served first."""

    id: str
    rank: int
    share: float
    target_s: float
    patience: Spread
    on_scene: Spread


class TraceCall(NamedTuple):
    """A call that was really made: what its log tells, NaN where it is to be drawn.

    `zone` and `grade` count those of the deployment; `ground_s` is from the call to the first officers.
    """

    t_s: float
    zone: int
    grade: int
    decision_s: float
    on_scene_s: float
    ground_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DockPlace:
    """A dock, how many drones live in it, and for how many more there is room."""

    id: str
    drones: int
    spare: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """From `start_s` to `end_s`: how many drones the people on duty may have in use at once.

    `took_over_s` is when their shift took over from another; minus infinity where it took over from none.
    """

    start_s: float
    end_s: float
    drones: int
    remote_pilots: int
    safety_pilots: int
    took_over_s: float = -math.inf

    def sends_from_s(self, handover_s: float) -> float:
        """From when these people send drones, where taking over occupies them for so long."""
        return min(max(self.start_s, self.took_over_s + handover_s), self.end_s)


HOLD_LOW, RETURN, LAND, HEIGHT_SPLIT = "hold_low", "return", "land", "height_split"
"""What our drones do while other traffic is near, by the words of the scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Another user of the air: visits as a Poisson process with `rates_per_s` by hour.

    `blocks[dock][zone]` says which of our routes it blocks, `blocks_moves[dock][dock]` which of those
    between docks; `yield_s` is what going down to the holding height and up again costs under HOLD_LOW.
    """

    id: str
    rule: str
    rates_per_s: tuple[float, ...]
    stay: Spread
    notice_s: float
    blocks: tuple[tuple[bool, ...], ...]
    yield_s: float = 0.0
    blocks_moves: tuple[tuple[bool, ...], ...] = ()


RouteKey = tuple[int, int]
"""A dock and the zone its drone is sent to."""

MOVING = -1
"""The zone of a drone that is moved to another dock."""

RoutePair = tuple[RouteKey, RouteKey]
"""Two routes that meet: while a drone is out on one, none is sent on the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnaround:
    """From touchdown to fit for launch, by the charge left in per cent (101 entries each), s.

    A drone is offered again at `ready_fraction` and goes on charging to full while it waits.
    """

    ready_fraction: float
    to_ready_s: tuple[float, ...]
    to_full_s: tuple[float, ...]

    @classmethod
    def none(cls) -> Turnaround:
        """A drone that is full again the moment it lands."""
        return cls(ready_fraction=1.0, to_ready_s=(0.0,) * 101, to_full_s=(0.0,) * 101)


DOCK_PART, LINK_PART, DRONE_PART = "dock", "link", "drone"
"""What may fail; a link is that between the crew and one dock's drones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Shares over people's homes: of each zone's area, of each way `by_way[dock][zone]`, of each move."""

    by_zone: tuple[float, ...]
    by_way: tuple[tuple[float, ...], ...]
    by_move: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRate:
    """How often each part of a kind fails: time up until it does, and until it is repaired."""

    part: str
    between: Spread
    repair: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Patrols:
    """Officers on the ground: the post of each patrol, travel, and how long one is busy at a call.

    `travel_s[place][zone]`: the places are the posts, then the centres of the zones. `cleared_share` of the
    calls are cleared by a drone that has been overhead for `clears_after_s`. `on_duty` are steps from
    0 on (from when, how many): the first so many are on duty then, all of them where there are no steps.
    """

    posts: tuple[int, ...]
    travel_s: tuple[tuple[float, ...], ...]
    on_scene: Spread
    cleared_share: float = 0.0
    clears_after_s: float = 0.0
    on_duty: tuple[tuple[float, int], ...] = ()


NO_TURNAROUND = Turnaround.none()
NO_RECOVERY = Spread.constant(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What the key figures of a run need besides its records: docks, zones, hours on duty and limits.

    Nothing in it has to be flown, so that a stored run is read back at once.
    """

    scenario: str
    horizon_s: float
    zones: tuple[ZoneDemand, ...]
    grades: tuple[Grade, ...]
    docks: tuple[DockPlace, ...]
    duties: tuple[Duty, ...]
    limits_s: tuple[float, ...] = ()
    cleared_without_patrol: float | None = None
    homes: Homes | None = None
    overwatch: bool = False
    move_up: bool = False
    policing: Policing = NO_POLICING
    patrols_on_duty: tuple[tuple[float, int], ...] = ()

    @property
    def days(self) -> float:
        """The simulated length in days of 24 h."""
        return self.horizon_s / 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimInputs:
    """A deployment as one replication sees it. `hour_edges_s` bound the hours, from 0 to the horizon.

    `rates_per_s` and `condition_of_hour` have one entry for each hour. A `trace` takes the place of
    drawn calls. With `overwatch` a relief drone is to be overhead `handover_s` before the first leaves.
    `dispatch` names a dispatch policy, or is one of your own (`dfr.sim.dispatch.Policy`).
    `keep_within_s` is the flight time within which the coverage-keeping policy counts demand as
    covered. With `move_up` ready drones are moved to docks with a free slot (`dfr.sim.move_up`). `homes`
    None: the scenario does not say where people live. `in_turn` are the routes that are flown one at a time.
    `policing` are the policies for calls beyond sending one drone to each. With `patrols` officers reach
    calls as those are free, else after mobilisation and travel. `patience_factors` has one entry for each
    hour, or none.
    """

    scenario: str
    hour_edges_s: tuple[float, ...]
    rates_per_s: tuple[float, ...]
    rate_cv: float
    zones: tuple[ZoneDemand, ...]
    grades: tuple[Grade, ...]
    decision: Spread
    launch: Spread
    video: Spread
    ground_mobilisation: Spread
    docks: tuple[DockPlace, ...]
    conditions: tuple[Condition, ...]
    condition_of_hour: tuple[int, ...]
    duties: tuple[Duty, ...]
    traffic: tuple[Traffic, ...] = ()
    reserve_fraction: float = 0.0
    turnaround: Turnaround = NO_TURNAROUND
    landing_retries: int = 0
    retry_s: float = 0.0
    recovery: Spread = NO_RECOVERY
    min_on_scene_s: float = 0.0
    cleared_without_patrol: float | None = None
    limits_s: tuple[float, ...] = ()
    trace: tuple[TraceCall, ...] | None = None
    failures: tuple[FailureRate, ...] = ()
    dispatch: str | Callable[..., Any] = DispatchPolicy.NEAREST.value
    overwatch: bool = False
    handover_s: float = 0.0
    keep_within_s: float = 0.0
    homes: Homes | None = None
    move_up: bool = False
    in_turn: tuple[RoutePair, ...] = ()
    policing: Policing = NO_POLICING
    patrols: Patrols | None = None
    patience_factors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a dispatch policy that there is not."""
        if isinstance(self.dispatch, str) and self.dispatch not in list(DispatchPolicy):
            raise InputError(
                f"there is no dispatch policy {self.dispatch!r}",
                do=f"choose one of {', '.join(DispatchPolicy)}",
            )

    @property
    def horizon_s(self) -> float:
        """The simulated length, s: a terminating simulation that starts and ends idle."""
        return self.hour_edges_s[-1]

    @property
    def dispatch_name(self) -> str:
        """The name of the dispatch policy."""
        return self.dispatch if isinstance(self.dispatch, str) else _qualified_name(self.dispatch)

    @property
    def deployment(self) -> Deployment:
        """What the key figures of these inputs' runs need."""
        return Deployment(
            horizon_s=self.horizon_s,
            scenario=self.scenario,
            zones=self.zones,
            grades=self.grades,
            docks=self.docks,
            duties=self.duties,
            limits_s=self.limits_s,
            cleared_without_patrol=self.cleared_without_patrol,
            homes=self.homes,
            overwatch=self.overwatch,
            move_up=self.move_up,
            policing=self.policing,
            patrols_on_duty=() if self.patrols is None else self.patrols.on_duty,
        )

    def digest(self) -> str:
        """SHA-256 of the content, the same in every process and on every machine."""
        return hashlib.sha256(json.dumps(_plain(self), separators=(",", ":")).encode()).hexdigest()


def _plain(value: object) -> object:
    """Nested lists of the values, with every float spelled exactly."""
    if is_dataclass(value) and not isinstance(value, type):
        return [[field.name, _plain(getattr(value, field.name))] for field in fields(value)]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value.hex() if math.isfinite(value) else repr(value)
    return _qualified_name(value) if callable(value) else value


def _qualified_name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
