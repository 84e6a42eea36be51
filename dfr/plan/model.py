"""A plan: docks, routes, volumes, coverage and findings, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.findings import Finding
from dfr.geo import Position, Ring


@dataclass(frozen=True, slots=True, kw_only=True)
class DockSite:
    """A candidate site that was chosen."""

    id: str
    name: str
    position: Position
    drones: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The way from a dock to the centre of a demand zone, and what it costs in the planning wind.

    `points` runs from the dock to the target, both included. Where `reachable` is False the
    times are None and `limited_by` says what stands in the way.
    """

    site_id: str
    zone_id: str
    points: tuple[Position, ...]
    height_m_agl: float
    length_m: float
    reachable: bool
    limited_by: str
    climb_s: float | None
    out_s: float | None
    back_s: float | None
    land_s: float | None
    energy_wh: float | None

    @property
    def overhead_s(self) -> float | None:
        """Seconds from lift-off to overhead."""
        return None if self.climb_s is None or self.out_s is None else self.climb_s + self.out_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A flight volume: its rings and its top."""

    id: str
    name: str
    rings: tuple[Ring, ...]
    top_m_agl: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageHour:
    """Share of demand overhead within the siting limit in one forecast hour, docks as chosen."""

    hour: str
    wind_mps: float
    wind_from_deg: float
    share: float
    flyable: bool
    limited_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutGain:
    """Coverage that the best layout of so many docks would reach."""

    docks: int
    share: float
    bound: float
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is proposed, and how good it is proven to be.

    `objective` and `bound` are shares of expected demand overhead within
    `siting_limit_s` of lift-off plus the median launch; `gap` is their relative difference.
    `coverage` maps each reported limit to its share.
    """

    scenario: str
    scenario_sha256: str
    version: str
    sites: tuple[DockSite, ...]
    objective: float
    bound: float
    gap: float
    status: str
    siting_limit_s: float
    coverage: dict[float, float]
    coverage_by_hour: tuple[CoverageHour, ...]
    layouts: tuple[LayoutGain, ...]
    routes: tuple[Route, ...]
    volumes: tuple[Volume, ...]
    findings: tuple[Finding, ...]

    def route(self, site_id: str, zone_id: str) -> Route:
        """The route from a chosen dock to a zone."""
        return next(r for r in self.routes if r.site_id == site_id and r.zone_id == zone_id)
