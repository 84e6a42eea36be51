"""Airspace: which zones lie at a point, near it or across a volume, and when nobody can say.

"Clear" is said only inside the coverage of the loaded data and when every zone there is
decided. Anything that hangs on missing terrain, QNH, geoid or hours is "unknown", and
outside the loaded data the answer is "no coverage", never Class G.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import shapely

from dfr.errors import InputError
from dfr.geo import Position, Ring
from dfr.world.shapes import METRES_PER_DEGREE, Area, EdgeRule, area_of_ring
from dfr.world.terrain import Terrain
from dfr.world.vertical import (
    SURFACE,
    UNLIMITED,
    Air,
    VerticalFit,
    VerticalLimit,
    geoid_height_m,
    limit,
    vertical_fit,
)
from dfr.world.zones import AirspaceSource, Zone

__all__ = [
    "SURFACE",
    "UNLIMITED",
    "Airspace",
    "AirspaceAnswer",
    "AirspaceSource",
    "AirspaceState",
    "VerticalLimit",
    "Zone",
    "ZoneAnswer",
    "limit",
]


class AirspaceState(StrEnum):
    """What can be said of a place: only `CLEAR` lets a flight go without asking."""

    CLEAR = "clear"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    NO_COVERAGE = "no_coverage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAnswer:
    """One zone overhead or around a point: `active` and `contains` are None where not known.

    `contains` speaks of the point with its height and leaves the hours aside.
    """

    zone: Zone
    active: bool | None
    contains: bool | None
    distance_m: float
    reason: str = ""

    @property
    def conflict(self) -> bool | None:
        """True where the zone binds here and now, False where not, None where that is not known."""
        if not self.zone.binding:
            return False
        parts = (self.active, self.contains, None if self.zone.possible else True)
        if False in parts:
            return False
        return None if None in parts else True


@dataclass(frozen=True, slots=True, kw_only=True)
class AirspaceAnswer:
    """What the airspace is at a point, the zones that say so, and why."""

    state: AirspaceState
    zones: tuple[ZoneAnswer, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Airspace:
    """Zones with their sources and the area these cover; answers about points and volumes."""

    zones: tuple[Zone, ...]
    coverage: tuple[Ring, ...]
    sources: tuple[AirspaceSource, ...] = ()
    _tree: shapely.STRtree = field(init=False, repr=False, compare=False)
    _cover: tuple[Area, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zones = tuple(sorted(self.zones, key=lambda zone: zone.sort_key))
        object.__setattr__(self, "zones", zones)
        boxes = [shapely.box(*zone.area.polygon.bounds) for zone in zones]
        object.__setattr__(self, "_tree", shapely.STRtree(boxes))
        object.__setattr__(self, "_cover", tuple(_cover(ring) for ring in self.coverage))

    def at(
        self,
        position: Position,
        *,
        height_m_agl: float,
        when: datetime,
        terrain: Terrain,
        qnh_hpa: float | None = None,
    ) -> AirspaceAnswer:
        """What the airspace is at a point, a height and a moment."""
        air = self.air(position, terrain, qnh_hpa)
        answers = [_zone_answer(zone, height_m_agl, when, air) for zone, _ in self.near(position)]
        return self._answer(answers, position)

    def near(self, position: Position, *, within_m: float = 0.0) -> list[tuple[Zone, float]]:
        """Zones and their horizontal distance, nearest first; 0 where the point is inside or underneath."""
        found = ((zone, zone.distance_m(position)) for zone in self._candidates(position, within_m))
        return sorted(
            ((zone, away_m) for zone, away_m in found if away_m <= within_m),
            key=lambda item: (item[1], item[0].sort_key),
        )

    def covers(self, position: Position) -> bool:
        """True where the loaded data speak of this point."""
        return any(_contains(area, position) for area in self._cover)

    def air(self, position: Position, terrain: Terrain, qnh_hpa: float | None) -> Air:
        """What is known at a point of ground, pressure and geoid."""
        height_m = terrain.ground_m_amsl(position)
        ground = (height_m, height_m) if height_m is not None else self.ground_range_m_amsl(position)
        return Air(ground_m_amsl=ground, qnh_hpa=qnh_hpa, geoid_m=geoid_height_m(position))

    def ground_range_m_amsl(self, position: Position) -> tuple[float, float] | None:
        """The bounds that a source states for the ground around a point, None where none does."""
        for source in self.sources:
            if source.ground_m_amsl is not None and any(
                _contains(_cover(ring), position) for ring in source.coverage
            ):
                return source.ground_m_amsl
        return None

    def _candidates(self, position: Position, within_m: float) -> Iterable[Zone]:
        reach_lat = 1e-5 + 1.01 * within_m / METRES_PER_DEGREE
        cosine = np.cos(np.radians(min(89.9, abs(position.lat_deg) + reach_lat)))
        reach_lon = min(180.0, reach_lat / float(cosine))
        south, north = position.lat_deg - reach_lat, position.lat_deg + reach_lat
        lons = [position.lon_deg + turn for turn in (-360.0, 0.0, 360.0)]
        boxes = [shapely.box(lon - reach_lon, south, lon + reach_lon, north) for lon in lons]
        return (self.zones[index] for index in np.unique(self._tree.query(boxes)[1]))

    def _answer(self, answers: Sequence[ZoneAnswer], position: Position) -> AirspaceAnswer:
        conflicts = [answer.conflict for answer in answers]
        reasons = [_reason(answer) for answer in answers if answer.conflict is not False]
        if True in conflicts:
            state = AirspaceState.CONFLICT
        elif None in conflicts:
            state = AirspaceState.UNKNOWN
        elif not self.covers(position):
            state = AirspaceState.NO_COVERAGE
            reasons.append(f"{position} is outside the coverage of the loaded data")
        else:
            state, more = self._clear(answers)
            reasons += more
        return AirspaceAnswer(state=state, zones=tuple(answers), reasons=tuple(reasons))

    def _clear(self, answers: Sequence[ZoneAnswer]) -> tuple[AirspaceState, list[str]]:
        """Clear, unless a file has volumes that nobody could place."""
        lost = [
            f"{source.path}: {source.unplaced} volumes could not be read or placed; they may lie here"
            for source in self.sources
            if source.unplaced
        ]
        if lost:
            return AirspaceState.UNKNOWN, lost
        reasons = [f"{answer.zone.label} does not apply: {_why_not(answer)}" for answer in answers]
        reasons.append("no zone of the loaded data applies here: Class G by inference, no file says so")
        reasons += [
            f"{source.path} does not state its coverage: only its own zones count as covered"
            for source in self.sources
            if not source.coverage_stated
        ]
        return AirspaceState.CLEAR, reasons


def _zone_answer(zone: Zone, height_m_agl: float, when: datetime, air: Air) -> ZoneAnswer:
    fit = vertical_fit(
        zone.lower, zone.upper, bottom_m_agl=height_m_agl, top_m_agl=height_m_agl, floor=air, ceiling=air
    )
    if zone.defect:
        fit = VerticalFit(inside=None, margin_m=None, reason=zone.defect)
    return ZoneAnswer(
        zone=zone, active=zone.active(when, when), contains=fit.inside, distance_m=0.0, reason=fit.reason
    )


def _reason(answer: ZoneAnswer) -> str:
    if answer.conflict:
        return f"inside {answer.zone.label}"
    if answer.contains is None:
        return f"{answer.zone.label}: {answer.reason}"
    if answer.active is None:
        return f"{answer.zone.label}: whether it is active is not known ({answer.zone.activation.text})"
    basis = answer.zone.remarks or answer.zone.source
    return f"{answer.zone.label}: whether it exists is not known ({basis})"


def _why_not(answer: ZoneAnswer) -> str:
    if not answer.zone.binding:
        return "it restricts nobody"
    return "not active then" if answer.active is False else "the height is outside its limits"


def _contains(area: Area, position: Position) -> bool:
    x, y = position.lon_deg, position.lat_deg
    return bool(shapely.intersects_xy(area.polygon, [x, x - 360.0, x + 360.0], [y, y, y]).any())


def _cover(ring: Ring) -> Area:
    built = area_of_ring(ring, edges=EdgeRule.PARALLEL)
    if built.area is None:
        raise InputError(f"coverage: {built.problem} -> give at least three corners")
    return built.area
