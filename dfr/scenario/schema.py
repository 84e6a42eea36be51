"""The scenario file's schema: its sections as they are written, one class each.

The words here are those of the YAML. Each part names the type of `dfr.scenario.model` that it becomes, and
what differs from it; what spans several fields is checked in `schema_checks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dfr.errors import InputError
from dfr.scenario import air
from dfr.scenario import model as domain
from dfr.scenario.key_figures import PRIMARY, judged_figure
from dfr.scenario.model import DeconflictionRule, Guidance, LostLink, OperationKind, Surface
from dfr.scenario.schema_air import (
    AirspaceFileIn,
    AnswerIn,
    AuthorisationIn,
    ClearanceIn,
    FileName,
    NotamsIn,
    ObstaclesIn,
    RestrictionIn,
)
from dfr.scenario.schema_parts import (
    Area,
    Block,
    Drawn,
    DurationIn,
    FactorFigure,
    Figures,
    HeightFigure,
    Id,
    LocalDate,
    LocalTime,
    NonNegativeFigure,
    Place,
    Point,
    PositiveFigure,
    QnhFigure,
    ShareFigure,
    Sourced,
    Strict,
    Text,
    WallClock,
    require_somebody,
    schema_error,
)
from dfr.scenario.schema_policing import PolicingIn
from dfr.scenario.weekly import WeeklyShift

Degrees = Annotated[float, Field(ge=0, le=360)]
Wind = Annotated[float, Field(ge=0, le=80)]

WEATHER_COLUMNS = (
    "start",
    "wind_mps",
    "wind_from_deg",
    "gust_mps",
    "rain_mm_h",
    "visibility_m",
    "temperature_c",
)


class PeriodIn(Strict):
    """From when to when the deployment is simulated, local time."""

    start: LocalTime
    end: LocalTime


class BoundaryIn(Drawn):
    """The keep-in: no drone leaves it."""

    ring: Area = Field(description="corners as [lat, lon]")


class KeepOutIn(Sourced):
    """An area no drone enters."""

    id: Id
    name: Text
    area: Area


class WaterIn(KeepOutIn):
    """Water: flown over, but no dock stands and no drone lands there."""


def _none_is_empty(value: object) -> object:
    """`none` says that there is no water: an empty list."""
    return [] if isinstance(value, str) and value.strip().casefold() == "none" else value


class PresenceIn(Strict):
    """When how many people are there."""

    start: LocalTime
    end: LocalTime
    people_per_m2: float = Field(ge=0, le=10)
    becomes: ClassVar[Any] = domain.CrowdArea


class CrowdIn(Sourced):
    """A place with people, by hour."""

    id: Id
    name: Text
    area: Area
    presence: list[PresenceIn] = Field(min_length=1, max_length=500)

    def crowd_areas(self) -> Iterator[domain.CrowdArea]:
        """The place once for each of its hours."""
        several = len(self.presence) > 1
        for number, presence in enumerate(self.presence, start=1):
            id_ = f"{self.id}/{number}" if several else self.id
            yield presence.to_domain(id=id_, name=self.name, area=self.area)


class SiteIn(Figures):
    """The place; `sources` names who says that nobody gathers there, or that there is no water."""

    name: Text
    centre: Point
    boundary: BoundaryIn
    surface: Surface = Field(strict=False, description="sea, beach, open or urban")
    ground_m_amsl: HeightFigure | None = Field(description="height of the ground; null where unknown")
    home_datum: Literal["AMSL"] = Field(description="what home heights count from")
    geoid_separation_m: HeightFigure | None = Field(
        default=None, description="height of the geoid above the WGS84 ellipsoid"
    )
    people_per_km2: NonNegativeFigure | None = Field(
        default=None, description="people on the ground outside crowds, per km²; for the ground risk"
    )
    keep_outs: list[KeepOutIn] = Field(default_factory=list, max_length=200)
    crowds: list[CrowdIn] | None = Field(
        default=None, max_length=200, description="[] where nobody gathers; null where nobody has said"
    )
    water: Annotated[list[WaterIn] | None, BeforeValidator(_none_is_empty)] = Field(
        default=None, max_length=200, description="none or [] where there is none; null where nobody has said"
    )
    becomes: ClassVar[Any] = domain.Site

    @model_validator(mode="after")
    def _somebody_says_so(self) -> Self:
        for name, said in self.sources.items():
            require_somebody(f"sources.{name}", said)
        return self

    def list_figures(self) -> dict[str, str]:
        """The lists that say that there is none: whatever they hold would name its own source."""
        lists = {"crowds": self.crowds, "water": self.water}
        return {name: "none" for name, items in lists.items() if items == []}

    def differing_fields(self) -> dict[str, Any]:
        """The centre as a position; areas as pairs of name and ring; a crowd once for each of its hours."""
        return {
            "centre": self.centre.position,
            "boundary": self.boundary.ring,
            "keep_outs": tuple((item.id, item.area) for item in self.keep_outs),
            "crowds": tuple(area for crowd in self.crowds or () for area in crowd.crowd_areas()),
            "crowds_known": self.crowds is not None,
            "no_crowd_source": self.sources.get("crowds"),
            "no_water_source": self.sources.get("water"),
            "water": None if self.water is None else tuple((item.name, item.area) for item in self.water),
        }


class ObstacleIn(Sourced):
    """A stage, building, mast or wire near a dock; how its wake slows and shakes the wind is assumed."""

    name: Text
    height_m: float = Field(gt=0, le=200)
    width_m: float = Field(gt=0, le=2000, description="across the bearing")
    distance_m: float = Field(ge=1, le=10_000, description="from the dock to its near face")
    bearing_deg: float = Field(ge=0, le=360, description="from the dock to its middle, true")
    casts_wake: bool = Field(
        default=True, description="false: wires or a lattice, which leave the wind as it is"
    )
    becomes: ClassVar[Any] = domain.DockObstacle


class CandidateIn(Point):
    """A place where a dock could stand."""

    id: Id
    name: Text
    power: domain.Power = Field(strict=False, description="mains, generator or none")
    access: Text = Field(description="how crew and vehicle get there")
    sky_view: float = Field(ge=0, le=1, description="share of the sky above 15 degrees that is open")
    use: domain.SiteUse = Field(
        default=domain.SiteUse.ALLOWED, strict=False, description="allowed, required or forbidden"
    )
    cost: float | None = Field(
        default=None,
        ge=0,
        description="what a dock here costs, in one currency for all sites; for `dfr plan --budget`",
    )
    obstacles: list[ObstacleIn] = Field(
        default_factory=list,
        max_length=200,
        description="what stands near: drones fly above it and land in its gusts",
    )
    becomes: ClassVar[Any] = domain.CandidateSite


class CandidatesIn(Drawn):
    """Where docks could stand."""

    sites: list[CandidateIn] = Field(min_length=1, max_length=5000)


class FleetIn(Block):
    """The drones and docks."""

    drone: str = Field(description="key of the hardware catalogue, or of the team's own `catalogue`")
    dock: str = Field(description="key of the hardware catalogue")
    docks: int = Field(ge=1, le=500, description="how many docks there are to place")
    drones_per_dock: int = Field(ge=1, le=20)
    slots_per_dock: int | None = Field(
        default=None,
        ge=1,
        le=40,
        description="how many drones a dock has room for; drones_per_dock where left out",
    )
    guidance: Guidance = Field(strict=False, description="gnss or precision")
    becomes: ClassVar[Any] = domain.Fleet

    def differing_fields(self) -> dict[str, Any]:
        """The team's own drone is in a file of its own."""
        return {"own_drone": None}


class BreakIn(Strict):
    """Pilots of a shift who rest, from when to when."""

    start: LocalTime
    end: LocalTime
    remote_pilots: int = Field(ge=1, le=1000, description="how many rest")
    becomes: ClassVar[Any] = domain.Break


class ShiftIn(Strict):
    """Who is on duty, from when to when."""

    start: LocalTime
    end: LocalTime
    remote_pilots: int = Field(ge=0, le=1000)
    safety_pilots: int = Field(ge=0, le=1000)
    drones_per_pilot: int | None = Field(
        default=None, ge=1, le=50, description="in this shift; that of the crew where left out"
    )
    breaks: list[BreakIn] = Field(default_factory=list, max_length=50)
    becomes: ClassVar[Any] = domain.Shift


class WeeklyShiftIn(Strict):
    """A shift that comes back every week, cut where the period starts or ends."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        min_length=1, max_length=7, description="the weekdays on which it starts"
    )
    start: WallClock
    end: WallClock = Field(description="local time; one no later than the start is of the next day")
    remote_pilots: int = Field(ge=0, le=1000)
    safety_pilots: int = Field(ge=0, le=1000)
    drones_per_pilot: int | None = Field(
        default=None, ge=1, le=50, description="in this shift; that of the crew where left out"
    )
    first_day: LocalDate | None = Field(
        default=None, description="from this date; from the start if left out"
    )
    last_day: LocalDate | None = Field(default=None, description="up to and with this date")
    becomes: ClassVar[Any] = WeeklyShift

    def differing_fields(self) -> dict[str, Any]:
        """Dates without a time."""
        return {
            "first_day": None if self.first_day is None else self.first_day.date(),
            "last_day": None if self.last_day is None else self.last_day.date(),
        }


class CrewIn(Block):
    """The people, and how long each step of a launch takes."""

    shifts: list[ShiftIn] = Field(default_factory=list, max_length=2500)
    weekly: list[WeeklyShiftIn] = Field(
        default_factory=list,
        max_length=100,
        description="shifts that come back every week, besides the others",
    )
    drones_per_pilot: int = Field(ge=1, le=50)
    safety_pilots_per_drone: int = Field(ge=0, le=10)
    decision: DurationIn = Field(description="from call to the decision to send a drone")
    launch: DurationIn = Field(description="from the decision to lift-off")
    video: DurationIn = Field(description="from overhead to video that can be used")
    becomes: ClassVar[Any] = domain.Crew


class PostIn(Point):
    """Where a pilot or observer stands and how far the drone's attitude is seen from there."""

    id: Id
    range_m: PositiveFigure
    confirmed: bool = Field(default=True, description="false: nobody has looked from there")
    confirmed_by: Text | None = Field(default=None, description="who has looked from there")
    becomes: ClassVar[Any] = domain.Observer

    @model_validator(mode="after")
    def _somebody_has_looked(self) -> Self:
        require_somebody("confirmed_by", self.confirmed_by)
        return self


class CameraIn(Strict):
    """What the camera records on scene, from the arrival to the end of the stay."""

    record: domain.Recording = Field(
        default=domain.Recording.NONE, strict=False, description="none, photo or video"
    )
    photo_every_s: float = Field(default=2.0, ge=0.5, le=60, description="between two photos")
    becomes: ClassVar[Any] = domain.CameraUse


class OperationIn(Block):
    """How the drones may be flown, and in what weather."""

    kind: OperationKind = Field(strict=False, description="VLOS, EVLOS or BVLOS")
    basis: Text | None = Field(
        description="law, policy or authorisation flown under; null where nobody has said"
    )
    authorisation: AuthorisationIn | None = Field(
        default=None, description="the document that permits it; null where there is none"
    )
    posts: list[PostIn] = Field(default_factory=list, max_length=500)
    cruise_mps: float = Field(gt=0, le=60)
    cruise_height_m_agl: float = Field(gt=0, le=1000)
    height_limit_m_agl: float = Field(gt=0, le=1000)
    crowd_margin_m: NonNegativeFigure | None = Field(
        description="distance kept from crowds; null: crowds are flown over"
    )
    max_wind_mps: PositiveFigure | None = Field(description="at flight height; null: the drone's own limit")
    max_gust_mps: PositiveFigure | None
    min_visibility_m: NonNegativeFigure
    max_rain_mm_h: NonNegativeFigure | None
    personal_data_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="days for which a live shift keeps texts of calls and positions of homes; null: 31",
    )
    camera: CameraIn = Field(default_factory=CameraIn, description="what it records on scene")
    becomes: ClassVar[Any] = domain.Operation

    def differing_fields(self) -> dict[str, Any]:
        """The basis in words, '' where nobody has said."""
        return {"basis": self.basis or ""}


class ZoneIn(Strict):
    """An area where calls arise."""

    id: Id
    name: Text
    share: float = Field(ge=0, le=1)
    area: Area
    becomes: ClassVar[Any] = domain.DemandZone

    def differing_fields(self) -> dict[str, Any]:
        """Drones are sent to the centre."""
        return {"place": None}


class ZonesIn(Drawn):
    """Where calls arise; the shares sum to 1."""

    areas: list[ZoneIn] = Field(min_length=1, max_length=5000)


class PointsIn(Sourced):
    """Calls at their own places, from a file: what the demand zones are made of."""

    file: str = Field(
        min_length=1,
        description="a table (CSV or XLSX) of places with lat and lon, or easting and northing, each counted "
        "once or by its column calls; or a raster (ASCII grid or GeoTIFF) of calls",
    )
    cell_m: float = Field(
        default=250.0,
        ge=0,
        le=5000,
        description="calls within a square of this side are flown to at their mean place, or at its middle "
        "where few places have most of them; 0: each place is flown to by itself, and shown in plans and "
        "pages",
    )
    becomes: ClassVar[Any] = domain.DemandPoints


class PriorityIn(Strict):
    """A grade of call."""

    id: Id
    rank: int = Field(ge=0, le=99, description="0 is served first")
    share: float = Field(ge=0, le=1)
    target_s: float = Field(gt=0, le=86400)
    patience: DurationIn = Field(description="after how long a call no longer needs the drone")
    on_scene: DurationIn
    becomes: ClassVar[Any] = domain.Priority


class PrioritiesIn(Sourced):
    """The grades of call; the shares sum to 1."""

    grades: list[PriorityIn] = Field(min_length=1, max_length=20)


HourWeights = Annotated[
    list[Annotated[float, Field(ge=0, le=1e6)]],
    Field(min_length=24, max_length=24, description="relative weight of each local hour 0..23"),
]


class DayIn(Strict):
    """One day's expected calls, over all its hours."""

    date: LocalDate
    calls: float = Field(ge=0, le=1e6)
    hour_weights: HourWeights | None = Field(
        default=None, description="for this day, in place of those of all days"
    )
    becomes: ClassVar[Any] = domain.DemandDay


class DaysIn(Sourced):
    """How many calls on which day, and how they spread over its hours."""

    hour_weights: HourWeights
    totals: list[DayIn] = Field(min_length=1, max_length=370)


class GroundIn(Sourced):
    """The officers on the ground."""

    posts: list[Place] = Field(default_factory=list, max_length=1000)
    mobilisation: DurationIn
    speed_mps: PositiveFigure
    detour_factor: FactorFigure = Field(
        description="length of the route on the ground divided by the straight line"
    )
    becomes: ClassVar[Any] = domain.GroundResponse


class DemandIn(Strict):
    """The calls."""

    zones: ZonesIn | None = Field(default=None, description="where calls arise; null where points say so")
    points: PointsIn | None = Field(default=None, description="a file of places of calls, in place of zones")
    priorities: PrioritiesIn
    days: DaysIn
    rate_cv: NonNegativeFigure = Field(description="coefficient of variation of the rate itself")
    ground: GroundIn
    cleared_without_patrol: ShareFigure | None
    becomes: ClassVar[Any] = domain.Demand

    def differing_fields(self) -> dict[str, Any]:
        """What its sections hold; the days in order of time."""
        days = sorted(self.days.totals, key=lambda day: day.date)
        return {
            "zones": tuple(zone.to_domain() for zone in self.zones.areas) if self.zones else (),
            "priorities": tuple(grade.to_domain() for grade in self.priorities.grades),
            "days": tuple(
                day.to_domain(hour_weights=tuple(day.hour_weights or self.days.hour_weights)) for day in days
            ),
        }


class TrafficIn(Block):
    """Another airspace user, and what we do when it comes."""

    id: Id
    kind: Text
    area: Area
    lower_m_amsl: float = Field(ge=-100, le=20000)
    upper_m_amsl: float = Field(ge=-100, le=20000)
    visits_per_day: float = Field(ge=0, le=1000)
    first_hour: int = Field(ge=0, le=23)
    last_hour: int = Field(ge=1, le=24, description="visits begin before this local hour")
    stay: DurationIn
    notice_s: float = Field(ge=0, le=3600)
    rule: DeconflictionRule = Field(strict=False, description="hold_low, return, land or height_split")
    hold_height_m_agl: float = Field(ge=0, le=1000)
    contact: Text
    becomes: ClassVar[Any] = domain.OtherTraffic


class HourIn(Strict):
    """One hour of weather; `gust_mps: null` means not reported."""

    start: LocalTime
    wind_mps: Wind = Field(description="mean at 10 m")
    wind_from_deg: Degrees
    gust_mps: Wind | None
    rain_mm_h: float = Field(ge=0, le=400)
    visibility_m: float = Field(ge=0, le=100_000)
    temperature_c: float = Field(ge=-60, le=60)
    becomes: ClassVar[Any] = air.HourWeather


class WeatherIn(Sourced):
    """The weather of each hour: as `hours`, or as a table of `columns` and `rows`."""

    turbulence_intensity: ShareFigure | None = Field(description="null: derived from the surface")
    qnh_hpa: QnhFigure | None = Field(description="null: unknown")
    stations: list[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{3}$")]] = Field(
        default_factory=list, max_length=10, description="stations whose reports are used at any distance"
    )
    files: list[FileName] = Field(
        default_factory=list,
        max_length=10,
        description="METARs, TAFs or an hourly forecast, in files beside this one: they go before the hours "
        "given here",
    )
    hours: list[HourIn] | None = Field(default=None, min_length=1, max_length=10_000)
    columns: list[str] | None = Field(default=None, max_length=20, description="names of a row's fields")
    rows: list[list[Any]] | None = Field(default=None, min_length=1, max_length=10_000)
    becomes: ClassVar[Any] = air.Weather

    def differing_fields(self) -> dict[str, Any]:
        """Source and note in one; no reports of the day yet. The caller knows the hours."""
        return {"source": self.vouched_by(), "reports": "", "of_the_day": ()}


class TerrainFileIn(Strict):
    """Ground heights: ESRI ASCII grid (OS Terrain 50, also zipped as shipped), SRTM .hgt or GeoTIFF."""

    file: Annotated[str, Field(min_length=1, max_length=1000)]
    source: Text
    becomes: ClassVar[Any] = air.TerrainFile


class ContingencyIn(Block):
    """What drones do when something goes wrong, decided in advance."""

    lost_link: LostLink = Field(strict=False, description="rtl, hold_then_rtl or land")
    lost_link_timeout_s: float = Field(ge=0, le=600)
    reserve_fraction: float = Field(ge=0, le=0.9)
    return_height_m_agl: float = Field(gt=0, le=1000)
    rally_points: list[Place] = Field(default_factory=list, max_length=20)
    landing_retries: int = Field(ge=0, le=20)
    least_reserve_fraction: float | None = Field(
        default=None, ge=0, le=0.9, description="the least reserve that the operator's manual allows"
    )
    becomes: ClassVar[Any] = domain.Contingency


class TargetsIn(Block):
    """Response-time limits, s from the decision to overhead."""

    limits_s: list[Annotated[float, Field(gt=0, le=86400)]] = Field(min_length=1, max_length=20)
    siting_limit_s: float = Field(gt=0, le=86400)
    required_share_of_hours: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="share of the hours with calls that must be flyable for a GO; without it, one hour",
    )
    becomes: ClassVar[Any] = domain.Targets

    def differing_fields(self) -> dict[str, Any]:
        """The limits in order, that of the siting among them."""
        return {"limits_s": tuple(sorted({*self.limits_s, self.siting_limit_s}))}


class StudyIn(Strict):
    """How many replications are simulated, and from which seed."""

    seed: int = Field(ge=0, lt=2**63)
    replications: int = Field(ge=1, le=1_000_000)
    time_error_s: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="how wrong flight times of a plan of over 100,000 sorties may be, s; 0: not at all",
    )
    becomes: ClassVar[Any] = domain.Study


class FailureIn(Block):
    """How often each part of a kind fails: exponential times up and down, by their means."""

    part: domain.FailingPart = Field(strict=False, description="dock, link or drone")
    between_h: float = Field(gt=0, le=1e6, description="mean hours up until it fails")
    repair_h: float = Field(gt=0, le=1e6, description="mean hours until it works again")
    becomes: ClassVar[Any] = domain.FailureFigures

    def differing_fields(self) -> dict[str, Any]:
        """The means in seconds."""
        return {"between_s": self.between_h * 3600.0, "repair_s": self.repair_h * 3600.0}


class HomesIn(Sourced):
    """An area where people live; the privacy footprint counts camera minutes over it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    area: Area


def _judged(name: str) -> str:
    """The name of a key figure. Raises where there is none, or where neither direction of it is better."""
    try:
        judged_figure(name)
    except InputError as error:
        raise schema_error(error.what, error.do) from error
    return name


class SimulationIn(Strict):
    """How drones are sent, what fails, and where people live."""

    dispatch: domain.DispatchPolicy = Field(
        default=domain.DispatchPolicy.NEAREST,
        strict=False,
        description=domain.DispatchPolicy.describe_choices(),
    )
    overwatch: bool = Field(
        default=False, description="send a relief drone where the first cannot stay as long as needed"
    )
    move_up: bool = Field(
        default=False, description="move ready drones to docks with a free slot to restore coverage"
    )
    primary_figure: Annotated[str, AfterValidator(_judged)] = Field(
        default=PRIMARY,
        description="the key figure that decides: what comparisons test first and sweeps rank by",
    )
    failures: list[FailureIn] = Field(default_factory=list, max_length=3)
    homes: list[HomesIn] = Field(default_factory=list, max_length=500)
    policing: PolicingIn = PolicingIn()
    becomes: ClassVar[Any] = domain.SimulationOptions

    def differing_fields(self) -> dict[str, Any]:
        """Homes as pairs."""
        return {"homes": tuple((item.id, item.area) for item in self.homes)}


class ScenarioIn(Strict):
    """A deployment as its team writes it down."""

    name: Id
    title: Text
    description: Text
    exercise: bool = Field(
        default=False,
        description="true: nothing is flown for real, so that assumed permissions, readings and sources may "
        "stand; every output then says EXERCISE",
    )
    jurisdiction: Literal["uk", "eu", "us", "none"] = Field(
        default="none",
        description="the set of rules it is flown under: uk, eu, us, or none, which prevents a GO",
    )
    answers: list[AnswerIn] = Field(
        default_factory=list, max_length=50, description="answers to what the set of rules does not cover"
    )
    zone: str = Field(description="IANA time zone, e.g. Europe/London")
    period: PeriodIn
    site: SiteIn
    candidates: CandidatesIn
    catalogue: str | None = Field(
        default=None,
        min_length=1,
        description="a file with the team's own drone, as dfr log calibrate writes it",
    )
    fleet: FleetIn
    crew: CrewIn
    operation: OperationIn
    demand: DemandIn
    traffic: list[TrafficIn] = Field(max_length=50)
    weather: WeatherIn
    airspace: list[AirspaceFileIn] = Field(max_length=50)
    terrain: list[TerrainFileIn] = Field(
        default_factory=list,
        max_length=200,
        description="used in place of site.ground_m_amsl; the ground outside the files is unknown",
    )
    restrictions: list[RestrictionIn] = Field(default_factory=list, max_length=50)
    notams: NotamsIn | None = Field(default=None, description="null where nobody has read them")
    obstacles: ObstaclesIn | None = Field(default=None, description="null where nobody has surveyed the site")
    clearances: list[ClearanceIn] = Field(
        default_factory=list, max_length=100, description="permissions to enter single zones"
    )
    contingency: ContingencyIn
    targets: TargetsIn
    study: StudyIn
    simulation: SimulationIn = SimulationIn()
    becomes: ClassVar[Any] = domain.Scenario

    def differing_fields(self) -> dict[str, Any]:
        """Texts without space round them; the candidates' sites."""
        return {
            "title": self.title.strip(),
            "description": self.description.strip(),
            "candidates": tuple(site.to_domain() for site in self.candidates.sites),
        }


def json_schema() -> dict[str, object]:
    """The JSON Schema of a scenario file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ScenarioIn.model_json_schema()}
