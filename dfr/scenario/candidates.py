"""Where docks could stand: candidate sites, what they offer, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dfr.geo import Position


class SiteUse(StrEnum):
    """Whether the planner may, must, or must not put a dock there."""

    ALLOWED = "allowed"
    REQUIRED = "required"
    FORBIDDEN = "forbidden"


class Power(StrEnum):
    """What a candidate site can feed a dock from."""

    MAINS = "mains"
    GENERATOR = "generator"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockObstacle:
    """A stage, stand or building near a dock: where it is seen from there, and how wide it looks.

    `distance_m` is to its near face, `bearing_deg` to its middle, true; `width_m` across that bearing.
    """

    name: str
    height_m: float
    width_m: float
    distance_m: float
    bearing_deg: float


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
