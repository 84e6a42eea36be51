"""Zones of airspace and obstacles as published: outlines, hours, and limits that keep their datum.

A limit becomes a height above the ground only through the terrain, pressure or geoid that is really known;
each is a range, so whether a flight is within a zone's limits is yes, no, or None for "it depends".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import shapely

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position, Ring, VerticalDatum
from dfr.scenario.air import TemporaryRestriction
from dfr.units import QNH_STANDARD_HPA, m_to_ft
from dfr.world.hours import ALWAYS, Activation, TimeInterval
from dfr.world.shapes import Area, area_of_circle, area_of_ring, project

Range = tuple[float, float]

QNH_EXTREMES_HPA: Range = (925.0, 1060.0)
"""Pressures never exceeded where the QNH is unknown (assumed: the UK records are 925.6 and 1053.6 hPa)."""

COLD_OR_WARM_AIR = 0.15
"""How far true height may differ from the standard atmosphere's where the QNH is unknown (assumed:
4 % for each 10 degrees C, ICAO Doc 8168; 15 % is an air column 37 degrees off)."""

ANYWHERE: Range = (-math.inf, math.inf)

TOUCH_HEIGHT_M = 0.01
"""Heights this close count as touching, and touching counts as inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalLimit:
    """A floor or ceiling: its value in metres of its own datum, and the words it was published in.

    `value_m` is -inf for SFC and +inf for UNL, which are not heights; for a flight level it is
    the pressure altitude.
    """

    value_m: float
    datum: VerticalDatum
    text: str

    def __post_init__(self) -> None:
        no_height = self.datum in (VerticalDatum.SURFACE, VerticalDatum.UNLIMITED)
        if no_height == math.isfinite(self.value_m):
            raise InputError(f"limit {self.text!r}: {self.value_m} m is no {self.datum}", do="give a height")

    def __str__(self) -> str:
        return self.text


SURFACE = VerticalLimit(value_m=-math.inf, datum=VerticalDatum.SURFACE, text="SFC")
UNLIMITED = VerticalLimit(value_m=math.inf, datum=VerticalDatum.UNLIMITED, text="UNL")


def vertical_limit(value_m: float, datum: VerticalDatum, text: str = "") -> VerticalLimit:
    """A limit at a height; one without words of its own is worded in feet."""
    if datum is VerticalDatum.FLIGHT_LEVEL:
        words = f"FL{m_to_ft(value_m) / 100:.0f}"
    else:
        words = f"{m_to_ft(value_m):.0f} ft {datum.value}"
    return VerticalLimit(value_m=value_m, datum=datum, text=text or words)


def standard_height_m(pressure_hpa: float) -> float:
    """Height of a pressure in the ICAO standard atmosphere, m above the 1013.25 hPa surface.

    >>> round(standard_height_m(983.0), 1)
    254.9
    """
    ratio: float = (pressure_hpa / QNH_STANDARD_HPA) ** 0.190263
    return 44330.77 * (1.0 - ratio)


def flight_level_m_amsl(pressure_altitude_m: float, qnh_hpa: float) -> float:
    """Height of a flight level at a QNH, m AMSL (ICAO Doc 7488; air of standard temperature).

    >>> round(m_to_ft(flight_level_m_amsl(1981.2, 983.0)))
    5664
    """
    return pressure_altitude_m - standard_height_m(qnh_hpa)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightReference:
    """What is known of ground, pressure and geoid, to turn a limit into a height above ground.

    `ground_m_amsl` is the range in which the ground lies; None is "not known".
    """

    ground_m_amsl: Range | None
    qnh_hpa: float | None = None
    geoid_m: float | None = None


def limit_m_agl(level: VerticalLimit, reference: HeightReference) -> Range | str:
    """The range of heights above ground where a limit may lie, or the words for what is missing."""
    amsl: Range
    match level.datum:
        case VerticalDatum.SURFACE | VerticalDatum.UNLIMITED | VerticalDatum.AGL:
            return level.value_m, level.value_m
        case VerticalDatum.AMSL:
            amsl = (level.value_m, level.value_m)
        case VerticalDatum.ELLIPSOID:
            if reference.geoid_m is None:
                return f"{level.text} is above the ellipsoid and no geoid grid is installed"
            amsl = (level.value_m - reference.geoid_m, level.value_m - reference.geoid_m)
        case VerticalDatum.FLIGHT_LEVEL:
            amsl = flight_level_range_m_amsl(level.value_m, reference.qnh_hpa)
        case VerticalDatum.AERODROME:
            return f"the height of the aerodrome of {level.text} is not known"
    if reference.ground_m_amsl is None:
        return f"the height of the ground under {level.text} is not known"
    lowest, highest = reference.ground_m_amsl
    return amsl[0] - highest, amsl[1] - lowest


def flight_level_range_m_amsl(pressure_altitude_m: float, qnh_hpa: float | None) -> Range:
    """Where a flight level may lie, m AMSL: a point where the QNH is known, else the worst cases."""
    if qnh_hpa is not None:
        height = flight_level_m_amsl(pressure_altitude_m, qnh_hpa)
        return height, height
    low, high = (flight_level_m_amsl(pressure_altitude_m, qnh) for qnh in QNH_EXTREMES_HPA)
    slack = COLD_OR_WARM_AIR * max(abs(low), abs(high))
    return low - slack, high + slack


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalFit:
    """Whether heights lie within limits: `inside` None where it depends on what is not known.

    `margin_m` is the sure distance to the nearer limit, negative by the smallest change of
    height that would clear it; None where a limit cannot be placed at all.
    """

    inside: bool | None
    margin_m: float | None
    reason: str = ""


def vertical_fit(
    lower: VerticalLimit,
    upper: VerticalLimit,
    *,
    bottom_m_agl: float,
    top_m_agl: float,
    floor: HeightReference,
    ceiling: HeightReference,
) -> VerticalFit:
    """Whether a layer of heights is within a zone's limits, and by how much.

    `floor` and `ceiling` say what is known for each limit: over uneven ground the floor is
    reached first over the highest ground and the ceiling is left last over the lowest.
    A zone that starts at the surface counts as entered where only the ground under its
    ceiling is unknown and the layer would be within it at sea level.
    """
    under, over = limit_m_agl(lower, floor), limit_m_agl(upper, ceiling)
    to_floor = ANYWHERE if isinstance(under, str) else (under[0] - top_m_agl, under[1] - top_m_agl)
    to_ceiling = ANYWHERE if isinstance(over, str) else (bottom_m_agl - over[1], bottom_m_agl - over[0])
    surely_m = max(to_floor[0], to_ceiling[0])
    placed = not (isinstance(under, str) or isinstance(over, str))
    margin_m = surely_m if math.isfinite(surely_m) and (placed or surely_m > 0.0) else None
    if surely_m > TOUCH_HEIGHT_M:
        return VerticalFit(inside=False, margin_m=margin_m)
    if max(to_floor[1], to_ceiling[1]) <= TOUCH_HEIGHT_M:
        return VerticalFit(inside=True, margin_m=margin_m)
    if isinstance(over, str) and lower.datum is VerticalDatum.SURFACE and bottom_m_agl <= upper.value_m:
        return VerticalFit(inside=True, margin_m=None, reason=f"{over}: counted as inside")
    missing = under if isinstance(under, str) else over if isinstance(over, str) else ""
    return VerticalFit(inside=None, margin_m=margin_m, reason=missing or _depends_on(lower, upper, floor))


def _depends_on(lower: VerticalLimit, upper: VerticalLimit, reference: HeightReference) -> str:
    levels = VerticalDatum.FLIGHT_LEVEL in (lower.datum, upper.datum)
    what = "the QNH" if levels and reference.qnh_hpa is None else "the exact height of the ground"
    return f"{lower.text} to {upper.text}: it depends on {what}"


INFORMATION_KINDS = frozenset({"INFO", "NO_RESTRICTION", "LOA"})
"""Kinds of zone that inform and restrict nobody."""

SERVICE_KINDS = frozenset({"FIR", "UIR", "OCA", "FIS"})
"""Kinds of zone that say who serves there; they restrict by their class only."""

UNCONTROLLED = "G"

PLAIN_KINDS = frozenset({"", "G", "CLASS", "CLASS G", "OTHER", *SERVICE_KINDS})
"""Kinds that add nothing to Class G: an aerodrome zone or a restricted area binds in any class."""

TOUCH_EDGE_M = 0.05
"""Points this close to an edge touch it, and touching counts as inside: the precision of a drawn edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One volume of airspace: where, from what height to what height, and when it is active.

    `id` is its identifier in the source, '' where that has none, by which other files speak of it.
    `kind` is CTR, CTA, TMA, ATZ, FRZ, R, P, D, RA(T), HIRTA, GLIDER, ...; `airspace_class` is ''
    where none is published. `exempt` names who is exempt. A `defect` says that the published
    text could not be used whole: such a zone is never found clear of. `possible` marks a zone
    that may or may not exist.
    """

    name: str
    kind: str
    lower: VerticalLimit
    upper: VerticalLimit
    area: Area
    airspace_class: str = ""
    activation: Activation = ALWAYS
    source: str = ""
    line: int | None = None
    contact: str = ""
    exempt: str = ""
    remarks: str = ""
    defect: str = ""
    possible: bool = False
    id: str = ""

    @property
    def ring(self) -> Ring:
        """The outer ring as published, its edges dense enough to be joined by straight lines."""
        return self.area.ring

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The outer ring of every part: more than one where the published ring crossed itself."""
        return self.area.rings

    @property
    def binding(self) -> bool:
        """False for mere Class G, and for zones that only inform."""
        kind = self.kind.upper()
        if kind in INFORMATION_KINDS:
            return False
        if self.airspace_class == UNCONTROLLED:
            return kind not in PLAIN_KINDS
        return bool(self.airspace_class) or kind not in SERVICE_KINDS

    @property
    def controlled(self) -> bool:
        """Whether a class other than G is published, which binds by itself."""
        return self.airspace_class not in ("", UNCONTROLLED)

    def distance_m(self, position: Position) -> float:
        """Horizontal distance to the zone: 0 inside, overhead or touching."""
        local = project(self.area.polygon, LocalFrame(position))
        away_m = float(shapely.distance(local, shapely.Point(0.0, 0.0)))
        return 0.0 if away_m <= TOUCH_EDGE_M else away_m

    def is_active(self, start: datetime, end: datetime) -> bool | None:
        """Whether the zone is active at any moment of a period; None where that is not known."""
        return self.activation.is_active(start, end, self._inner_point())

    def _inner_point(self) -> Position:
        centre = self.area.polygon.representative_point()
        return Position(lat_deg=centre.y, lon_deg=(centre.x + 180.0) % 360.0 - 180.0)

    @property
    def sort_key(self) -> tuple[object, ...]:
        """An order that does not depend on the order of files."""
        words = (self.name, self.kind, self.airspace_class, self.lower.text, self.upper.text)
        return (*words, self.area.polygon.bounds, self.source, self.line or 0)

    @property
    def label(self) -> str:
        """Name, kind and limits in a few words."""
        kind = self.kind if not self.airspace_class else f"{self.kind} class {self.airspace_class}".strip()
        words = f"{kind}, " if kind else ""
        return f"{self.name} ({words}{self.lower.text} to {self.upper.text})"


def zone_of_restriction(restriction: TemporaryRestriction) -> Zone:
    """The zone of a temporary restriction: from the surface up, active on its dates.

    One that is only possible is unknown to whoever enters it.
    """
    period = TimeInterval(start=restriction.start, end=restriction.end)
    dates = f"{restriction.start:%Y-%m-%d %H:%M} to {restriction.end:%Y-%m-%d %H:%M}"
    return Zone(
        name=restriction.name,
        kind="RA(T)",
        lower=SURFACE,
        upper=vertical_limit(restriction.upper_m_amsl, VerticalDatum.AMSL),
        area=_restricted_area(restriction),
        activation=Activation(periods=(period,), otherwise=False, text=dates),
        source=restriction.source,
        remarks=restriction.source,
        possible=restriction.status == "possible",
    )


def _restricted_area(restriction: TemporaryRestriction) -> Area:
    """The circle or area of a restriction. Raises InputError for neither, or for corners without area."""
    if restriction.centre is not None and restriction.radius_m is not None:
        return area_of_circle(restriction.centre, restriction.radius_m)
    built = area_of_ring(restriction.area or ())
    if built.area is None:
        what = f"restriction {restriction.name!r}: {built.problem or 'no shape'}"
        raise InputError(f"{what}", do="give centre and radius_m, or an area")
    return built.area


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One obstacle; its `top` keeps the datum that it was published with."""

    name: str
    position: Position
    top: VerticalLimit
    source: str = ""
    line: int | None = None

    @property
    def label(self) -> str:
        """Name and height in a few words."""
        return f"{self.name} ({self.top.text})"

    def top_m_agl(self, reference: HeightReference) -> Range | str:
        """Where its top may be above the ground, or the words for what is missing."""
        return limit_m_agl(self.top, reference)
