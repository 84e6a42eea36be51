"""A scenario: the deployment as its team describes it, with every assumption on record.

All values are SI; wall times are aware and keep the scenario's zone. A figure that
nobody has measured stands in `Scenario.assumptions`, where every report shows it.

`Scenario`, at the end, holds all parts. A permission is a document with a reference, an issuer and dates:
what it does not say is not allowed, and one that is only assumed allows nothing outside an exercise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Generic, Self, TypeVar
from zoneinfo import ZoneInfo

from dfr.geo import Position, Ring
from dfr.scenario.air import (
    AirspaceFile,
    NotamReading,
    ObstacleSurvey,
    TemporaryRestriction,
    TerrainFile,
    Weather,
)
from dfr.scenario.key_figures import PRIMARY
from dfr.scenario.own_drone import OwnDrone
from dfr.scenario.policing import NO_POLICING, Policing

T = TypeVar("T")

# What every part is made of ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One uncertain figure: its place in the scenario, its value, and who says so."""

    path: str
    value: str
    assumed: bool
    source: str


class DurationShape(StrEnum):
    """The family of a random duration."""

    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A random duration by its median and, for a log-normal one, its 90th percentile, s."""

    shape: DurationShape
    median_s: float
    p90_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when to when the deployment is simulated; `t_s` counts from `start`."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    @property
    def seconds(self) -> float:
        """Elapsed seconds, correct across a clock change."""
        return self.end.timestamp() - self.start.timestamp()

    def t_s(self, moment: datetime) -> float:
        """Simulation seconds of a wall time."""
        return moment.timestamp() - self.start.timestamp()

    def wall_time(self, t_s: float) -> datetime:
        """Local wall time of a simulation second."""
        return datetime.fromtimestamp(self.start.timestamp() + t_s, tz=self.zone)


# The place ---------------------------------------------------------------------------------------


class Surface(StrEnum):
    """What the wind blows over; decides roughness (`dfr.world.weather`)."""

    SEA = "sea"
    BEACH = "beach"
    OPEN = "open"
    URBAN = "urban"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdArea:
    """A place with people, while they are there."""

    id: str
    name: str
    area: Ring
    start: datetime
    end: datetime
    people_per_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The place: its boundary (keep-in), ground and home datum.

    `ground_m_amsl` is the height of flat ground, None where unknown; then nothing
    that needs terrain can be called clear. Heights of home count from mean sea level;
    `geoid_separation_m` is the geoid's height above the WGS84 ellipsoid, None where unknown;
    `people_per_km2` are those who live or pass there outside crowds, None where nobody has said.
    `crowds_known` False means that nobody has said whether people gather here: `crowds` is then empty.
    `water` are named areas where nothing stands or lands, None where nobody has said.
    `no_crowd_source` and `no_water_source` are who says that there is none, None where nobody is named.
    """

    name: str
    centre: Position
    boundary: Ring
    surface: Surface
    ground_m_amsl: float | None
    keep_outs: tuple[tuple[str, Ring], ...]
    crowds: tuple[CrowdArea, ...]
    geoid_separation_m: float | None = None
    people_per_km2: float | None = None
    crowds_known: bool = True
    water: tuple[tuple[str, Ring], ...] | None = None
    no_crowd_source: str | None = None
    no_water_source: str | None = None


class SiteUse(StrEnum):
    """Whether the planner may, must, or must not put a dock there."""

    ALLOWED = "allowed"
    REQUIRED = "required"
    FORBIDDEN = "forbidden"


class Power(StrEnum):
    """The power supply at a candidate site."""

    MAINS = "mains"
    GENERATOR = "generator"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockObstacle:
    """A stage, building, mast or wire near a dock: its size, and its distance and bearing from the dock.

    `distance_m` is to its near face, `bearing_deg` to its middle, true; `width_m` across that bearing.
    `casts_wake` False: wires or a lattice, which leave the wind as it is.
    """

    name: str
    height_m: float
    width_m: float
    distance_m: float
    bearing_deg: float
    casts_wake: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSite:
    """A place where a dock could stand and what it offers.

    `sky_view` is the share of the sky above 15 degrees that is open, 0 to 1. `cost` is what a dock here
    costs, in one currency for all sites; None where nobody has said.
    """

    id: str
    name: str
    position: Position
    power: Power
    access: str
    sky_view: float
    use: SiteUse = SiteUse.ALLOWED
    cost: float | None = None
    obstacles: tuple[DockObstacle, ...] = ()


# What flies, who flies it, and how ---------------------------------------------------------------


class Guidance(StrEnum):
    """How a drone finds its dock on the way down."""

    GNSS = "gnss"
    PRECISION = "precision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The drones and docks; `drone` and `dock` are keys of the hardware catalogue.

    A dock has room for `slots_per_dock` drones; None means room for `drones_per_dock`. `own_drone` is the
    team's own one, which `drone` may name too.
    """

    drone: str
    dock: str
    docks: int
    drones_per_dock: int
    guidance: Guidance
    slots_per_dock: int | None = None
    own_drone: OwnDrone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """So many remote pilots of a shift who rest from when to when."""

    start: datetime
    end: datetime
    remote_pilots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who is on duty from when to when, and how many drones a pilot flies, if not as many as is usual."""

    start: datetime
    end: datetime
    remote_pilots: int
    safety_pilots: int
    drones_per_pilot: int | None = None
    breaks: tuple[Break, ...] = ()

    def between_breaks(self) -> Iterator[Shift]:
        """The shift, cut where a break begins or ends: each part with the pilots who do not rest in it."""
        moments = {moment for each in self.breaks for moment in (each.start, each.end)}
        inner = sorted(moment for moment in moments if self.start < moment < self.end)
        for start, end in pairwise([self.start, *inner, self.end]):
            resting = sum(each.remote_pilots for each in self.breaks if each.start <= start < each.end)
            yield replace(
                self, start=start, end=end, remote_pilots=max(0, self.remote_pilots - resting), breaks=()
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The people: how many drones one pilot may fly, and how long each step of a launch takes.

    Clocks: call -(decision)-> decision -(launch)-> airborne -(flight)-> overhead -(video)-> usable video.
    """

    shifts: tuple[Shift, ...]
    drones_per_pilot: int
    safety_pilots_per_drone: int
    decision: Duration
    launch: Duration
    video: Duration


class OperationKind(StrEnum):
    """Who sees the drone: the pilot, the pilot's observers, or nobody."""

    VLOS = "VLOS"
    EVLOS = "EVLOS"
    BVLOS = "BVLOS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause(Generic[T]):
    """What one clause of an authorisation allows: the value, and its number and words to be quoted."""

    value: T
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allows:
    """What an authorisation allows; None where it does not say, which is not allowed.

    `crowd_stand_off_m` is the distance it demands from assemblies of people; `crowd_overflight` lets them
    be flown over.
    """

    kind: Clause[tuple[OperationKind, ...]] | None = None
    visual_range_m: Clause[float] | None = None
    height_m_agl: Clause[float] | None = None
    crowd_stand_off_m: Clause[float] | None = None
    crowd_overflight: Clause[bool] | None = None
    night: Clause[bool] | None = None
    drones_per_pilot: Clause[int] | None = None
    landing_outside_boundary: Clause[bool] | None = None
    dropping: Clause[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """The document that the operation is flown under; valid from a moment up to another."""

    reference: str
    issuer: str
    valid_from: datetime
    valid_to: datetime
    allows: Allows
    assumed: bool = False

    @property
    def label(self) -> str:
        """Reference and issuer."""
        return f"{self.reference} ({self.issuer})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the scenario says, by a reference, of a topic that its set of rules does not cover."""

    topic: str
    text: str
    reference: str
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """Leave to enter a zone, or every zone of a kind, between two moments up to a height.

    Exactly one of the two heights is given. `zone` is the name or the designator of the zone as published.
    """

    zone: str | None
    kind: str | None
    authority: str
    reference: str
    start: datetime
    end: datetime
    height_m_agl: float | None
    height_m_amsl: float | None
    conditions: str
    contact: str
    assumed: bool = False

    @property
    def label(self) -> str:
        """Reference and authority."""
        return f"{self.reference}, by {self.authority}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """A pilot or observer post and how far the drone's attitude is seen from it, m.

    `confirmed` False marks a post that nobody has looked from; `confirmed_by` is who has, None where nobody
    is named.
    """

    id: str
    position: Position
    range_m: float
    confirmed: bool = True
    confirmed_by: str | None = None


class Recording(StrEnum):
    """What the camera records on scene."""

    NONE = "none"
    PHOTO = "photo"
    VIDEO = "video"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraUse:
    """What is recorded on scene; with photos, one in `photo_every_s`, s."""

    record: Recording = Recording.NONE
    photo_every_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How the drones are flown. `crowd_margin_m` is None where crowds are to be flown over.

    `basis` names the law or policy for the reader, '' where nobody has said; it permits nothing.
    `authorisation` is the document that permits it, None where there is none. A live shift keeps what speaks
    of persons for `personal_data_days`, None where nobody has said.
    """

    kind: OperationKind
    basis: str
    posts: tuple[Observer, ...]
    cruise_mps: float
    cruise_height_m_agl: float
    height_limit_m_agl: float
    crowd_margin_m: float | None
    max_wind_mps: float | None
    max_gust_mps: float | None
    min_visibility_m: float
    max_rain_mm_h: float | None
    authorisation: Authorisation | None = None
    personal_data_days: int | None = None
    camera: CameraUse = CameraUse()


class LostLink(StrEnum):
    """What the drone does when it no longer hears the ground."""

    RTL = "rtl"
    HOLD_THEN_RTL = "hold_then_rtl"
    LAND = "land"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contingency:
    """What drones do when something goes wrong, decided in advance.

    `least_reserve_fraction` is the least reserve that the operator's manual allows, None where it says none.
    """

    lost_link: LostLink
    lost_link_timeout_s: float
    reserve_fraction: float
    return_height_m_agl: float
    rally_points: tuple[Position, ...]
    landing_retries: int
    least_reserve_fraction: float | None = None


# Calls -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A grade of call. `rank` 0 is served first; callers give up after `patience`."""

    id: str
    rank: int
    share: float
    target_s: float
    patience: Duration
    on_scene: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandZone:
    """An area where calls arise, and its share of them.

    `place` is where a drone is sent for a call in it; None for its centre.
    """

    id: str
    name: str
    area: Ring
    share: float
    place: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandPoints:
    """A file of calls at their own places, which the zones are made of: a square of side `cell_m` each.

    With a side of 0 each place is a zone.
    """

    path: str
    cell_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandDay:
    """Expected calls in one day, spread over its hours by `hour_weights` (24 local hours)."""

    date: datetime
    calls: float
    hour_weights: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundResponse:
    """Officers on the ground, who compete for first on scene."""

    posts: tuple[Position, ...]
    mobilisation: Duration
    speed_mps: float
    detour_factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Calls as a non-homogeneous Poisson process whose own rate is uncertain.

    The rate of a replication is the stated one times a gamma factor of mean 1 and
    coefficient of variation `rate_cv`. `cleared_without_patrol` is the share of
    drone-attended calls closed without officers, None where nobody has said. `points` are what the zones
    are made of, None where the scenario gives the zones themselves.
    """

    zones: tuple[DemandZone, ...]
    priorities: tuple[Priority, ...]
    days: tuple[DemandDay, ...]
    rate_cv: float
    ground: GroundResponse
    cleared_without_patrol: float | None
    points: DemandPoints | None = None


# The air: other traffic, weather, airspace, ground, notices, obstacles ---------------------------


class DeconflictionRule(StrEnum):
    """What our drones do while other traffic is near."""

    HOLD_LOW = "hold_low"
    RETURN = "return"
    LAND = "land"
    HEIGHT_SPLIT = "height_split"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTraffic:
    """An airspace user we share the air with, where and how often it comes, and our procedure.

    Heights are metres AMSL. `hold_height_m_agl` is where our drones wait under HOLD_LOW;
    visits arise as a Poisson process of `visits_per_day` between `first_hour` and `last_hour`.
    """

    id: str
    kind: str
    area: Ring
    lower_m_amsl: float
    upper_m_amsl: float
    visits_per_day: float
    first_hour: int
    last_hour: int
    stay: Duration
    notice_s: float
    rule: DeconflictionRule
    hold_height_m_agl: float
    contact: str


# What is simulated -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Response-time limits to report, and the one whose coverage the siting maximises.

    Seconds from the decision to send a drone until it is overhead. `required_share_of_hours` is the share of
    the hours with calls that must be flyable for a go, None where one hour is enough.
    """

    limits_s: tuple[float, ...]
    siting_limit_s: float
    required_share_of_hours: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """How many replications are simulated, and from which seed."""

    seed: int
    replications: int
    time_error_s: float = 0.5


class Choice(StrEnum):
    """A word to choose, with its meaning. Schema, help and documentation read both here."""

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Self:
        """A choice by its word, with its meaning."""
        choice = str.__new__(cls, word)
        choice._value_ = word
        choice.meaning = meaning
        return choice

    @classmethod
    def describe_choices(cls) -> str:
        """The words of all choices, as a sentence lists them.

        >>> DispatchPolicy.describe_choices()
        'nearest, energy_aware or coverage_keeping'
        """
        *first, last = cls
        return f"{', '.join(first)} or {last}"

    @classmethod
    def explain_choices(cls) -> str:
        """Each word with its meaning, as a help text says it."""
        return "; ".join(f"{choice}: {choice.meaning}" for choice in cls)


class DispatchPolicy(Choice):
    """Which of the drones that may go is sent. `dfr.sim.dispatch` has a function for each policy."""

    NEAREST = "nearest", "the drone predicted to be overhead first"
    ENERGY_AWARE = "energy_aware", "the nearest drone that can stay as long as such calls usually need"
    COVERAGE_KEEPING = (
        "coverage_keeping",
        "of the drones that arrive in time, the one whose departure uncovers the least demand",
    )


class FailingPart(StrEnum):
    """What may fail; a link is that between the crew and one dock's drones."""

    DOCK = "dock"
    LINK = "link"
    DRONE = "drone"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFigures:
    """How often each part of a kind fails and how long it is down, both exponential with these means, s."""

    part: FailingPart
    between_s: float
    repair_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationOptions:
    """The options of a simulation.

    With `overwatch` a relief drone is sent where the first cannot stay as long as the call needs. With
    `move_up` ready drones are moved to docks with a free slot where that restores coverage.
    `primary_figure` is the key figure that decides (`dfr.scenario.key_figures`).
    `homes` are areas where people live, an id and a ring each, for the privacy footprint.
    """

    dispatch: DispatchPolicy = DispatchPolicy.NEAREST
    overwatch: bool = False
    move_up: bool = False
    primary_figure: str = PRIMARY
    failures: tuple[FailureFigures, ...] = ()
    homes: tuple[tuple[str, Ring], ...] = ()
    policing: Policing = NO_POLICING


NO_OPTIONS = SimulationOptions()
"""What a scenario without the section has."""


# The whole ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole deployment.

    `exercise` True means that nothing of it is flown for real: assumed permissions, readings and sources may
    stand, and every output says EXERCISE. `jurisdiction` names the set of rules it is flown under, `answers`
    what that set leaves open. `unconfirmed` names the parts that a program drew and nobody has
    corrected since.
    """

    name: str
    title: str
    description: str
    file: str
    sha256: str
    period: Period
    site: Site
    candidates: tuple[CandidateSite, ...]
    fleet: Fleet
    crew: Crew
    operation: Operation
    demand: Demand
    traffic: tuple[OtherTraffic, ...]
    weather: Weather
    airspace: tuple[AirspaceFile, ...]
    restrictions: tuple[TemporaryRestriction, ...]
    contingency: Contingency
    targets: Targets
    study: Study
    assumptions: tuple[Assumption, ...]
    terrain: tuple[TerrainFile, ...] = ()
    simulation: SimulationOptions = NO_OPTIONS
    exercise: bool = False
    notams: NotamReading | None = None
    obstacles: ObstacleSurvey | None = None
    clearances: tuple[Clearance, ...] = ()
    jurisdiction: str = "none"
    answers: tuple[Answer, ...] = ()
    unconfirmed: tuple[str, ...] = ()
