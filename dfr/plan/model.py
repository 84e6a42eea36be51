"""A plan: docks, routes, volumes, coverage and findings, as frozen values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dfr.findings import Finding
from dfr.geo import Position, Ring

FORMAT = 1
"""Version of plan.json; raised when a reader of the old one would be misled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockSite:
    """A candidate site that was chosen.

    `raised_m` is how much higher its drones cruise and return than the scenario's heights say, less than 0
    for lower: so that they are apart from those of other docks.
    """

    id: str
    name: str
    position: Position
    drones: int
    raised_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteProfile:
    """Heights along a route as flown: at metres along it, of equal length, None where not known.

    The lowest and the highest of out and home, above the ground.
    """

    along_m: tuple[float, ...]
    ground_m_amsl: tuple[float | None, ...]
    lowest_m_agl: tuple[float | None, ...]
    highest_m_agl: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The path from a dock to the centre of a demand zone, and what it costs in the planning wind.

    `points` runs from the dock to the target, both included. Where the target may not be overflown it
    ends `stand_off_m` short of it and `limited_by` says why; where `reachable` is
    False the times are None and `limited_by` says what stands in the way. `safe_landing_share` is the part
    of it from which a dock or rally point is reached with the energy left on the return leg,
    `diversion_share` the part from which one other than the own dock is. `return_by_s` is the latest time to
    turn home from the target, in s from lift-off, that leaves the reserve untouched on a whole battery.
    `energy_wh` is what nine flights in ten keep within.
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
    return_by_s: float | None = None
    stand_off_m: float = 0.0
    safe_landing_share: float | None = None
    diversion_share: float | None = None
    profile: RouteProfile | None = None

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
class ProposedArea:
    """A temporary restricted area to ask for: it holds every route with its buffers.

    Corners are whole seconds, clockwise. `top_m_agl` is the contingency top; `upper_m_amsl` what to ask for,
    None where the ground is not known. `area_m2` against `needed_m2` is what the few corners cost.
    """

    ring: Ring
    top_m_agl: float
    ground_m_amsl: float | None
    upper_m_amsl: float | None
    area_m2: float
    needed_m2: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageHour:
    """Share of demand overhead within the siting limit in one forecast hour, docks as chosen.

    `mean_s` and `worst_s` are seconds from decision to overhead (expected and median launch) in the hour's
    wind: of its calls, and of its latest zone. None where no drone flies or a zone is out of reach.
    `overhead_s` are seconds from lift-off to overhead, by dock and zone; None where the dock's drone cannot
    get there and back in that hour, no docks in an hour that may not be flown.
    """

    hour: str
    wind_mps: float
    wind_from_deg: float
    share: float
    flyable: bool
    limited_by: str
    mean_s: float | None = None
    worst_s: float | None = None
    overhead_s: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitedBy:
    """What the docks were sited for, how well they do it, and what no choice of docks betters.

    `value` and `bound` are in `unit`: "share" (of calls in flyable hours) or "s". `given` says with what.
    """

    objective: str
    what: str
    unit: str
    value: float
    bound: float
    gap: float
    status: str
    given: str = ""

    def __str__(self) -> str:
        """In words, with its proof."""
        write = (lambda x: f"{100 * x:.1f} %") if self.unit == "share" else "{:.1f} s".format
        proof = "best possible, proven"
        if self.status != "optimal":
            proof = f"not proven best: at best {write(self.bound)}, {100 * self.gap:.2g} % from this"
        words = f"{self.what}: {write(self.value)} ({proof})"
        return f"{words}; {self.given}" if self.given else words


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutGain:
    """Coverage that the best layout of so many docks would reach."""

    docks: int
    share: float
    bound: float
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningWind:
    """The hour whose wind the routes are timed in: mean wind at 10 m."""

    hour: str
    wind_mps: float
    wind_from_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingencyCase:
    """One line of the failure card: what happens, what the drone and the crew do, where it comes down."""

    id: str
    event: str
    action: str
    lands_at: str
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePair:
    """Routes of two docks that no heights keep apart: drones fly them one at a time."""

    site_id: str
    zone_id: str
    other_site_id: str
    other_zone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightLevels:
    """What keeping the docks' drones apart came to.

    `levels` is how many heights are flown; `share_at_one_height` and `mean_at_one_height_s` are the plan's
    `objective` and `mean_overhead_s` if all flew the scenario's heights. `in_turn` are the routes that no
    heights within the limits keep apart.
    """

    levels: int
    share_at_one_height: float
    mean_at_one_height_s: float | None
    in_turn: tuple[RoutePair, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is proposed, and how good it is proven to be.

    `objective` and `bound` are shares of expected demand overhead within
    `siting_limit_s` of the decision (launch and flight), among demand that arises in flyable
    hours; `flyable_share` is how much of all demand that is. `gap` is their relative difference: what docks
    sited for something else than coverage (`sited_by`) give up, then with status "feasible".
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
    flyable_share: float = 1.0
    mean_overhead_s: float | None = None
    planning_wind: PlanningWind | None = None
    contingency: tuple[ContingencyCase, ...] = ()
    restricted_area: ProposedArea | None = None
    sited_by: SitedBy | None = None
    height_levels: HeightLevels | None = None

    @property
    def highest_raised_m(self) -> float:
        """How much the highest flown dock is raised above the scenario's heights."""
        return max((site.raised_m for site in self.sites), default=0.0)

    @property
    def lowest_raised_m(self) -> float:
        """How much the lowest flown dock is raised; less than 0 where one flies lower."""
        return min((site.raised_m for site in self.sites), default=0.0)

    def as_dict(self) -> dict[str, object]:
        """The plan as it appears in plan.json; `dfr.plan.codec.plan_from_dict` reads it back."""
        return {
            "format": FORMAT,
            "scenario": self.scenario,
            "scenario_sha256": self.scenario_sha256,
            "version": self.version,
            "sites": [
                {
                    "id": s.id,
                    "name": s.name,
                    **s.position.as_dict(),
                    "drones": s.drones,
                    "raised_m": s.raised_m,
                }
                for s in self.sites
            ],
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "status": self.status,
            "sited_by": None if self.sited_by is None else dataclasses.asdict(self.sited_by),
            "height_levels": None if self.height_levels is None else dataclasses.asdict(self.height_levels),
            "siting_limit_s": self.siting_limit_s,
            "coverage": {f"{limit:g}": share for limit, share in self.coverage.items()},
            "flyable_share": self.flyable_share,
            "mean_overhead_s": self.mean_overhead_s,
            "planning_wind": None if self.planning_wind is None else dataclasses.asdict(self.planning_wind),
            "coverage_by_hour": [dataclasses.asdict(hour) for hour in self.coverage_by_hour],
            "layouts": [dataclasses.asdict(layout) for layout in self.layouts],
            "routes": [_route_as_dict(route) for route in self.routes],
            "volumes": [_volume_as_dict(volume) for volume in self.volumes],
            "restricted_area": None if self.restricted_area is None else _area_as_dict(self.restricted_area),
            "contingency": [dataclasses.asdict(case) for case in self.contingency],
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def soonest_route(self, zone_id: str) -> Route | None:
        """The route of the dock that is overhead a zone first; None where no dock reaches it."""
        routes = [r for r in self.routes_to(zone_id) if r.overhead_s is not None]
        return min(routes, key=lambda r: (r.overhead_s or 0.0, r.site_id), default=None)

    def route(self, site_id: str, zone_id: str) -> Route:
        """The route from a chosen dock to a zone."""
        return next(r for r in self.routes_to(zone_id) if r.site_id == site_id)

    def routes_to(self, zone_id: str) -> tuple[Route, ...]:
        """The routes from every chosen dock to a zone."""
        return self._routes_by_zone.get(zone_id, ())

    @cached_property
    def _routes_by_zone(self) -> dict[str, tuple[Route, ...]]:
        found: dict[str, list[Route]] = {}
        for route in self.routes:
            found.setdefault(route.zone_id, []).append(route)
        return {zone: tuple(routes) for zone, routes in found.items()}


def _route_as_dict(route: Route) -> dict[str, object]:
    values = {f.name: getattr(route, f.name) for f in dataclasses.fields(route)}
    points = [point.as_dict() for point in route.points]
    profile = None if route.profile is None else dataclasses.asdict(route.profile)
    return {**values, "points": points, "profile": profile, "overhead_s": route.overhead_s}


def _volume_as_dict(volume: Volume) -> dict[str, object]:
    values = {f.name: getattr(volume, f.name) for f in dataclasses.fields(volume)}
    return {**values, "rings": [[corner.as_dict() for corner in ring] for ring in volume.rings]}


def _area_as_dict(area: ProposedArea) -> dict[str, object]:
    values = {f.name: getattr(area, f.name) for f in dataclasses.fields(area)}
    return {**values, "ring": [corner.as_dict() for corner in area.ring]}
