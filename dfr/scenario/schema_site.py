"""The place as a scenario file writes it: boundary, crowds, water, and where docks could stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from dfr.scenario import model as domain
from dfr.scenario.model import Surface
from dfr.scenario.schema_parts import (
    Area,
    Drawn,
    HeightFigure,
    Id,
    LocalTime,
    NonNegativeFigure,
    Point,
    Sourced,
    Strict,
    Text,
)


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

    def areas(self) -> Iterator[domain.CrowdArea]:
        """The place once for each of its hours."""
        several = len(self.presence) > 1
        for number, presence in enumerate(self.presence, start=1):
            id_ = f"{self.id}/{number}" if several else self.id
            yield presence.built(id=id_, name=self.name, area=self.area)


class SiteIn(Strict):
    """The place."""

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
        default=None, description="people on the ground outside crowds, per km2; for the ground risk"
    )
    keep_outs: list[KeepOutIn] = Field(default_factory=list, max_length=200)
    crowds: list[CrowdIn] | None = Field(
        default=None, max_length=200, description="[] where nobody gathers; null where nobody has said"
    )
    water: Annotated[list[WaterIn] | None, BeforeValidator(_none_is_empty)] = Field(
        default=None, max_length=200, description="none or [] where there is none; null where nobody has said"
    )
    becomes: ClassVar[Any] = domain.Site

    def differing(self) -> dict[str, Any]:
        """The centre as a position; areas as pairs of name and ring; a crowd once for each of its hours."""
        return {
            "centre": self.centre.position,
            "boundary": self.boundary.ring,
            "keep_outs": tuple((item.id, item.area) for item in self.keep_outs),
            "crowds": tuple(area for crowd in self.crowds or () for area in crowd.areas()),
            "crowds_known": self.crowds is not None,
            "water": None if self.water is None else tuple((item.name, item.area) for item in self.water),
        }


class ObstacleIn(Sourced):
    """A stage, stand or building near a dock; how its wake slows and shakes the wind is assumed."""

    name: Text
    height_m: float = Field(gt=0, le=200)
    width_m: float = Field(gt=0, le=2000, description="across the bearing")
    distance_m: float = Field(ge=1, le=10_000, description="from the dock to its near face")
    bearing_deg: float = Field(ge=0, le=360, description="from the dock to its middle, true")
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
        default_factory=list, max_length=20, description="what stands so near that drones land in its gusts"
    )
    becomes: ClassVar[Any] = domain.CandidateSite


class CandidatesIn(Drawn):
    """Where docks could stand."""

    sites: list[CandidateIn] = Field(min_length=1, max_length=5000)
