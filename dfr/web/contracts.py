"""The JSON that the pages are answered with, as pydantic models: the one source of the scripts' types.

`docs/contracts.py` writes them as TypeScript declarations for the scripts (`static/contracts.d.ts`). A test
holds the declarations to these models, and a server's answers too. Fields may be added, none changed.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

LonLat = tuple[float, float]
VerdictWord = Literal["GO", "NO GO", "UNKNOWN"]


class Feature(BaseModel):
    """A GeoJSON feature; its coordinates are longitude, latitude."""

    type: Literal["Feature"]
    properties: dict[str, Any]
    geometry: dict[str, Any]


class FeatureCollection(BaseModel):
    """A GeoJSON document; `note` says of a drawing whose it is and how good."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    note: str = ""


class Place(BaseModel):
    """A position."""

    lat_deg: float
    lon_deg: float


class Tiles(BaseModel):
    """Tiles of another server, for the address that {z}, {x} and {y} make, with their owner's words."""

    url: str
    attribution: str
    vector: bool


class Photo(BaseModel):
    """A picture of the site: its corners from the north-west, clockwise, and what it is."""

    corners: tuple[LonLat, LonLat, LonLat, LonLat]
    note: str


class BaseAnswer(BaseModel):
    """`api/base`: what a user has put under the plan; `version` changes with it."""

    version: int
    photo: Photo | None
    pinned: bool
    problem: str


class About(BaseModel):
    """`api/about`: what the server offers."""

    title: str
    exercise: bool
    plan: bool
    basemap: bool
    tiles: Tiles | None
    live: bool
    allow_control: bool


class Standing(BaseModel):
    """An event of `api/events`: the plan's state, its verdict now, and how old its data are."""

    state: str
    version: int
    verdict: VerdictWord
    headline: str
    data: list[str]
    base: int


class Finding(BaseModel):
    """What a check found."""

    rule: str
    severity: Literal["ok", "advice", "unknown", "violation"]
    message: str
    basis: str
    source: str
    place: Place | None
    margin_m: float | None
    fix: str


class Verdict(BaseModel):
    """What a plan comes to at a moment."""

    verdict: VerdictWord
    headline: str
    lines: list[str]
    stage: Literal["plan", "day"]
    exercise: bool
    flyable_hours: int
    planned_hours: int
    violations: int
    missing: list[str]
    valid_until: str | None
    valid_because: str


class Dock(BaseModel):
    """A dock and how many zones it reaches; `why` says what limits it."""

    id: str
    reaches: int
    why: str


class Zone(BaseModel):
    """A demand zone and its time from lift-off to overhead, now and before the session's edits."""

    id: str
    name: str
    share: float
    overhead_s: float | None
    before_s: float | None


class Wind(BaseModel):
    """A mean wind, of an hour."""

    hour: str
    mps: float
    from_deg: float


class Hour(BaseModel):
    """An hour of the period: its wind, the share of calls in time, and why it cannot be flown."""

    hour: str
    wind_mps: float
    wind_from_deg: float
    share: float
    mean_s: float | None
    worst_s: float | None
    flyable: bool
    limited_by: str


class Layout(BaseModel):
    """What the best places for a number of docks would bring: the share of calls in time."""

    docks: int
    share: float


class Profile(BaseModel):
    """Heights along a route; null where the ground is not known."""

    along_m: list[float]
    ground_m_amsl: list[float | None]
    lowest_m_agl: list[float | None]
    highest_m_agl: list[float | None]


class RouteProfile(BaseModel):
    """The heights along the route from a dock to a zone."""

    site: str
    zone: str
    profile: Profile | None


class ChecklistStep(BaseModel):
    """A step towards a GO: whether it is done, the findings that it clears, and what can be stated."""

    id: str
    title: str
    state: str
    findings: list[dict[str, Any]]
    words: list[str]
    facts: list[dict[str, Any]]


class DrawnFeature(BaseModel):
    """What is drawn in the scenario; `path` and `fields` are those of its file."""

    kind: str
    id: str
    name: str
    path: list[str | int]
    fields: dict[str, Any]
    geometry: dict[str, Any]


class PlanAnswer(BaseModel):
    """`api/plan`, and the answer to each edit: the plan as it stands."""

    state: str
    version: int
    can_undo: bool
    can_redo: bool
    undo: str
    redo: str
    changed: bool
    why_not_saved: str
    draft: str
    features: list[DrawnFeature]
    layers: dict[str, FeatureCollection]
    centre: LonLat
    boundary: list[LonLat]
    docks: list[Dock]
    zones: list[Zone]
    mean_s: tuple[float | None, float | None]
    coverage: list[tuple[float, float, float]]
    limit_s: float
    objective: float
    layouts: list[Layout]
    profiles: list[RouteProfile]
    checklist: list[ChecklistStep]
    wind: Wind | None
    period: tuple[str, str]
    assumed_weather: bool
    ceiling_m: float
    hours: list[Hour]
    verdict: Verdict
    findings: list[Finding]
    counted: str


class HourTimes(BaseModel):
    """One of `api/plan/hours`: seconds to overhead of each zone in that hour, null if not reached."""

    hour: str
    flyable: bool
    limited_by: str
    wind_mps: float
    wind_from_deg: float
    gust_mps: float
    gust_estimated: bool
    rain_mm_h: float | None
    margin_mps: float | None
    calls: float
    share: float
    mean_s: float | None
    worst_s: float | None
    zones: dict[str, float | None]
    calls_by_zone: dict[str, float]
    sites: dict[str, str | None] = Field(alias="from")


class HourAreas(BaseModel):
    """One of `api/plan/isochrones`: the areas by time in that hour."""

    hour: str
    areas: FeatureCollection


class PlaceLayers(BaseModel):
    """`api/place`: what no edit changes."""

    base: FeatureCollection
    airspace: FeatureCollection


class Coordinates(BaseModel):
    """`api/coordinates`: a position in its notations."""

    lat_deg: float
    lon_deg: float
    grid: str


class Figure(BaseModel):
    """A key figure of a run; `low` and `high` bound its mean, the others its median and P90."""

    name: str
    unit: str
    what: str
    mean: float | None
    p50: float | None
    p90: float | None
    low: float | None
    high: float | None
    n: int
    percentiles_of: Literal["observations", "replications"]
    p50_low: float | None
    p50_high: float | None
    p90_low: float | None
    p90_high: float | None


class Run(BaseModel):
    """One of `api/runs`: a finished simulation."""

    number: int
    label: str
    state: str
    sites: str
    scenario: str
    seed: int
    replications: int
    time: dict[str, float]
    missed: dict[str, float]
    docks: dict[str, dict[str, float]]
    kpis: list[Figure]


class Difference(BaseModel):
    """One of `api/runs/compare`: a figure of two runs and the difference of pairs."""

    name: str
    unit: str
    what: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    clear: bool
    clear_among_all: bool
    first_p50: float | None
    second_p50: float | None


class Replays(BaseModel):
    """`api/replay`: what can be replayed."""

    runs: list[dict[str, Any]]
    flights: list[str]


class Progress(BaseModel):
    """`ws/progress`: how far the simulation is, and why it ended early if it did."""

    running: bool
    done: int
    total: int
    error: str


ASKED: dict[str, Any] = {
    "api/about": About,
    "api/base": BaseAnswer,
    "api/place": PlaceLayers,
    "api/plan": PlanAnswer,
    "api/plan/hours": list[HourTimes],
    "api/plan/isochrones": list[HourAreas],
    "api/runs": list[Run],
    "api/replay": Replays,
}
"""What an address answers with."""

ANSWERS: tuple[type[BaseModel], ...] = (
    About,
    BaseAnswer,
    PlaceLayers,
    Standing,
    PlanAnswer,
    HourTimes,
    HourAreas,
    Run,
    Difference,
    Replays,
    Coordinates,
    Progress,
)
"""What is asked for; the other models are parts of these."""
