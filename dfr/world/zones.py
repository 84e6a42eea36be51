"""Zones of airspace and obstacles as published, with their limits, hours and outlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import shapely

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position, Ring, VerticalDatum
from dfr.scenario.air import TemporaryRestriction
from dfr.world.activation import ALWAYS, Activation, Interval
from dfr.world.shapes import Area, area_of_circle, area_of_ring, project
from dfr.world.vertical import SURFACE, Air, Range, VerticalLimit, limit, limit_m_agl

INFORMATION_KINDS = frozenset({"INFO", "NO_RESTRICTION", "LOA"})
"""Kinds of zone that inform and restrict nobody."""

SERVICE_KINDS = frozenset({"FIR", "UIR", "OCA", "FIS"})
"""Kinds of zone that say who serves there; they restrict by their class only."""

UNCONTROLLED = "G"

PLAIN_KINDS = frozenset({"", "G", "CLASS", "CLASS G", "OTHER", *SERVICE_KINDS})
"""Kinds that add nothing to Class G: an aerodrome zone or a restricted area binds in any class."""

TOUCH_M = 0.05
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
        return 0.0 if away_m <= TOUCH_M else away_m

    def active(self, start: datetime, end: datetime) -> bool | None:
        """Whether the zone is active at any moment of a period; None where that is not known."""
        return self.activation.active(start, end, self._middle())

    def _middle(self) -> Position:
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
    """The zone of a restriction by notice, from the surface up, in its dates.

    One that is only possible is unknown to whoever enters it.
    """
    period = Interval(start=restriction.start, end=restriction.end)
    dates = f"{restriction.start:%Y-%m-%d %H:%M} to {restriction.end:%Y-%m-%d %H:%M}"
    return Zone(
        name=restriction.name,
        kind="RA(T)",
        lower=SURFACE,
        upper=limit(restriction.upper_m_amsl, VerticalDatum.AMSL),
        area=_restricted(restriction),
        activation=Activation(periods=(period,), otherwise=False, text=dates),
        source=restriction.source,
        remarks=restriction.source,
        possible=restriction.status == "possible",
    )


def _restricted(restriction: TemporaryRestriction) -> Area:
    """Its circle or its area. Raises InputError for neither, or for corners that enclose nothing."""
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

    def top_m_agl(self, air: Air) -> Range | str:
        """Where its top may be above the ground, or the words for what is missing."""
        return limit_m_agl(self.top, air)
