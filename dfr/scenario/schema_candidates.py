"""The scenario file's section `candidates`: where docks could stand, and what stands around them."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dfr.scenario import candidates as domain
from dfr.scenario.schema_parts import Drawn, Id, Point, Sourced, Text


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
