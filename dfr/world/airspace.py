"""Airspace: which zones lie at a point, near it or across a volume, and when nobody can say.

"Clear" is said only where every kind of data that is needed is covered at that height and time, and
when every zone there is decided. Anything that hangs on missing terrain, QNH, geoid or hours, or on a
kind of data that is not loaded, is "unknown"; outside all loaded data the answer is "no coverage",
never Class G.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import shapely

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import FloatArray, LocalFrame, Position, Ring
from dfr.scenario.air import ALL_KINDS, DataKind, TemporaryRestriction
from dfr.world.airspace_answers import (
    AirspaceAnswer,
    AirspaceState,
    Ground,
    Layer,
    VolumeAnswer,
    ZoneAnswer,
    ZoneState,
    ZoneVerdict,
    local_volume,
    reason_against,
    reason_for,
    sample_points,
    zone_answer,
    zone_verdict,
)
from dfr.world.coverage import (
    AERODROME_REACH_M,
    AERODROME_ZONE_KINDS,
    AirspaceSource,
    Coverage,
    Covered,
    CoverIndex,
    KindCover,
    Slab,
    cover_area,
)
from dfr.world.edges import METRES_PER_DEGREE
from dfr.world.shapes import Area
from dfr.world.terrain import Terrain, geoid_height_m, heights_m_amsl
from dfr.world.zones import (
    HeightReference,
    Obstacle,
    Range,
    Zone,
    zone_of_restriction,
)


@dataclass(frozen=True)
class Airspace:
    """Zones, obstacles and the sources they come from; answers questions about points and volumes.

    `needs` are the kinds of data without which no answer is clear.
    """

    zones: tuple[Zone, ...]
    coverage: tuple[Coverage, ...]
    sources: tuple[AirspaceSource, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    _tree: shapely.STRtree = field(init=False, repr=False, compare=False)
    _cover: CoverIndex = field(init=False, repr=False, compare=False)
    _grounds: tuple[tuple[Area, tuple[float, float]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zones = tuple(sorted(self.zones, key=lambda zone: zone.sort_key))
        object.__setattr__(self, "zones", zones)
        boxes = [shapely.box(*zone.area.polygon.bounds) for zone in zones]
        object.__setattr__(self, "_tree", shapely.STRtree(boxes))
        object.__setattr__(self, "_cover", CoverIndex(self.coverage))
        grounds = {(c.ring, s.ground_m_amsl) for s in self.sources if s.ground_m_amsl for c in s.coverage}
        known = [(cover_area(ring), bounds) for ring, bounds in grounds if ring is not None]
        object.__setattr__(self, "_grounds", tuple(known))

    def at(
        self,
        position: Position,
        *,
        height_m_agl: float,
        when: datetime,
        terrain: Terrain,
        qnh_hpa: float | None = None,
        needs: Iterable[DataKind] = ALL_KINDS,
    ) -> AirspaceAnswer:
        """What the airspace is at a point, a height and a moment."""
        reference = self.height_reference_at(position, terrain, qnh_hpa)
        answers = [zone_answer(zone, height_m_agl, when, reference) for zone, _ in self.zones_near(position)]
        slab = Slab(
            bottom_m_agl=height_m_agl,
            top_m_agl=height_m_agl,
            start=when,
            end=when,
            floor=reference,
            ceiling=reference,
        )
        return self._answer_for_point(
            answers, position, self._cover.cover_at(position, slab, frozenset(needs))
        )

    def zones_near(self, position: Position, *, within_m: float = 0.0) -> list[tuple[Zone, float]]:
        """Zones and their horizontal distance, nearest first; 0 where the point is inside or underneath."""
        found = ((zone, zone.distance_m(position)) for zone in self._zones_about(position, within_m))
        return sorted(
            ((zone, away_m) for zone, away_m in found if away_m <= within_m),
            key=lambda item: (item[1], item[0].sort_key),
        )

    def volume_conflicts(
        self,
        rings: Ring | Sequence[Ring],
        *,
        lower_m_agl: float = 0.0,
        upper_m_agl: float,
        start: datetime,
        end: datetime,
        terrain: Terrain,
        qnh_hpa: float | None = None,
        within_m: float = 0.0,
        needs: Iterable[DataKind] = ALL_KINDS,
    ) -> VolumeAnswer:
        """Which zones a flight volume enters, or comes within `within_m` of, and by how much.

        `rings` are one ring or several whose union, from `lower_m_agl` to `upper_m_agl` above
        the ground, is flown in at any moment from `start` to `end`. Give the volume with its
        buffers. `VolumeAnswer.verdicts` has one entry for each zone, conflicts first; its
        `state` is CLEAR only where every kind of data in `needs` covers the whole volume and every zone is
        decided.
        """
        several = _as_rings(rings)
        frame, volume = local_volume(several)
        nearby = self._zones_around(several, within_m)
        layer = Layer(
            lower_m_agl=lower_m_agl,
            upper_m_agl=upper_m_agl,
            start=start,
            end=end,
            qnh_hpa=qnh_hpa,
            geoid_m=geoid_height_m(frame.origin),
        )
        ground = self._ground_under(sample_points(volume), frame, terrain)
        verdicts = [zone_verdict(zone, volume, frame, layer, ground) for zone in nearby]
        covered = self._cover.cover_across(
            volume, frame, _slab_of_volume(layer, ground, volume), frozenset(needs)
        )
        return self._answer_for_volume([v for v in verdicts if v.horizontal_margin_m <= within_m], covered)

    def with_zones(self, zones: Iterable[Zone]) -> Airspace:
        """The airspace with more zones; its coverage does not change."""
        return replace(self, zones=(*self.zones, *zones))

    def with_restrictions(self, restrictions: Iterable[TemporaryRestriction]) -> Airspace:
        """The airspace with the temporary restrictions of a scenario."""
        return self.with_zones(zone_of_restriction(restriction) for restriction in restrictions)

    def covers(self, position: Position) -> bool:
        """True where any loaded source covers this place, at any height and with any kind of data."""
        return bool(self._cover.coverages_around(position))

    def height_reference_at(
        self, position: Position, terrain: Terrain, qnh_hpa: float | None
    ) -> HeightReference:
        """What is known of ground, pressure and geoid at a point."""
        height_m = terrain.ground_m_amsl(position)
        ground = (height_m, height_m) if height_m is not None else self.ground_range_m_amsl(position)
        return HeightReference(ground_m_amsl=ground, qnh_hpa=qnh_hpa, geoid_m=geoid_height_m(position))

    def _ground_under(self, east_north: FloatArray, frame: LocalFrame, terrain: Terrain) -> Ground:
        """What is known of the ground at local points."""
        lat, lon = frame.to_geodetic(east_north[:, 0], east_north[:, 1])
        heights = heights_m_amsl(terrain, lat, lon)
        bounds: list[Range | None] = [(height, height) for height in heights.tolist()]
        for k in np.flatnonzero(np.isnan(heights)).tolist():
            place = Position(lat_deg=float(lat[k]), lon_deg=float(lon[k]))
            bounds[k] = self.ground_range_m_amsl(place) if self._grounds else None
        return Ground(east_north=east_north, bounds_m_amsl=tuple(bounds))

    def ground_range_m_amsl(self, position: Position) -> tuple[float, float] | None:
        """The bounds that a source states for the ground around a point, None where none does."""
        return next((bounds for area, bounds in self._grounds if _area_contains(area, position)), None)

    def _zones_about(self, position: Position, within_m: float) -> Iterable[Zone]:
        reach_lat = 1e-5 + 1.01 * within_m / METRES_PER_DEGREE
        cosine = np.cos(np.radians(min(89.9, abs(position.lat_deg) + reach_lat)))
        reach_lon = min(180.0, reach_lat / float(cosine))
        south, north = position.lat_deg - reach_lat, position.lat_deg + reach_lat
        lons = [position.lon_deg + turn for turn in (-360.0, 0.0, 360.0)]
        boxes = [shapely.box(lon - reach_lon, south, lon + reach_lon, north) for lon in lons]
        return (self.zones[index] for index in np.unique(self._tree.query(boxes)[1]))

    def _zones_around(self, rings: Sequence[Ring], within_m: float) -> list[Zone]:
        """Zones whose bounding box comes within a distance of the bounding box of the rings."""
        points = [point for ring in rings for point in ring]
        lon = np.array([point.lon_deg for point in points])
        lon = lon[0] + (lon - lon[0] + 180.0) % 360.0 - 180.0
        lat = np.array([point.lat_deg for point in points])
        reach_lat = 1e-4 + 1.01 * within_m / METRES_PER_DEGREE
        furthest = min(89.9, float(np.abs(lat).max()) + reach_lat)
        reach_lon = min(180.0, reach_lat / float(np.cos(np.radians(furthest))))
        south, north = float(lat.min()) - reach_lat, float(lat.max()) + reach_lat
        west, east = float(lon.min()) - reach_lon, float(lon.max()) + reach_lon
        boxes = [shapely.box(west + turn, south, east + turn, north) for turn in (-360.0, 0.0, 360.0)]
        return [self.zones[index] for index in np.unique(self._tree.query(boxes)[1])]

    def _answer_for_volume(self, verdicts: Sequence[ZoneVerdict], covered: Covered) -> VolumeAnswer:
        found = {verdict.verdict for verdict in verdicts}
        reasons = [f"{v.zone.label}: {v.reason}" for v in verdicts if v.verdict is not ZoneState.CLEAR]
        missing = [cover for cover in covered.kinds if cover.missing]
        reasons += [str(cover) for cover in missing]
        reasons += self._uncounted_files(missing)
        state, more = self._clear_or_lost([])
        if ZoneState.CONFLICT in found:
            state = AirspaceState.CONFLICT
        elif missing:
            state = _not_covered(covered)
        elif ZoneState.UNKNOWN in found:
            state = AirspaceState.UNKNOWN
        else:
            reasons += more
        order = [ZoneState.CONFLICT, ZoneState.UNKNOWN, ZoneState.CLEAR]
        ranked = sorted(verdicts, key=lambda v: (order.index(v.verdict), v.margin_m, v.zone.sort_key))
        return VolumeAnswer(
            state=state, verdicts=tuple(ranked), covered=covered.kinds, reasons=tuple(reasons)
        )

    def _answer_for_point(
        self, answers: Sequence[ZoneAnswer], position: Position, covered: Covered
    ) -> AirspaceAnswer:
        conflicts = [answer.conflict for answer in answers]
        reasons = [reason_against(answer) for answer in answers if answer.conflict is not False]
        missing = [cover for cover in covered.kinds if cover.missing]
        reasons += [str(cover) for cover in missing]
        reasons += [*self._aerodromes_near(position, missing), *self._uncounted_files(missing)]
        if True in conflicts:
            state = AirspaceState.CONFLICT
        elif missing:
            state = _not_covered(covered)
            if state is AirspaceState.NO_COVERAGE:
                reasons.insert(0, f"{position} is outside the coverage of the loaded data")
        elif None in conflicts:
            state = AirspaceState.UNKNOWN
        else:
            state, more = self._clear_or_lost(answers)
            reasons += more
        return AirspaceAnswer(
            state=state, zones=tuple(answers), covered=covered.kinds, reasons=tuple(reasons)
        )

    def _aerodromes_near(self, position: Position, missing: Sequence[KindCover]) -> list[str]:
        """Why it matters here that no zones for unmanned aircraft are loaded."""
        if all(cover.kind is not DataKind.UNMANNED_ZONES for cover in missing):
            return []
        around = self.zones_near(position, within_m=AERODROME_REACH_M)
        near = [(zone, away_m) for zone, away_m in around if zone.kind.upper() in AERODROME_ZONE_KINDS]
        return [
            f"{zone.label} is {away_m / 1000.0:.1f} km away: its flight restriction zone may reach here"
            for zone, away_m in near[:1]
        ]

    def _uncounted_files(self, missing: Sequence[KindCover]) -> list[str]:
        """Why a file may not count here."""
        return [
            f"{source.path} does not state what it covers, so only its own zones count, between their limits"
            for source in self.sources
            if missing and not source.coverage_stated
        ]

    def _clear_or_lost(self, answers: Sequence[ZoneAnswer]) -> tuple[AirspaceState, list[str]]:
        """CLEAR, unless a file has volumes whose place is not known."""
        lost = [
            f"{source.path}: {counted_noun(source.unplaced, 'volume')} could not be placed and may be here"
            for source in self.sources
            if source.unplaced
        ]
        if lost:
            return AirspaceState.UNKNOWN, lost
        reasons = [f"{answer.zone.label} does not apply: {reason_for(answer)}" for answer in answers]
        reasons.append("no loaded zone applies here: this is Class G by inference, no file says so")
        return AirspaceState.CLEAR, reasons


def _as_rings(rings: Ring | Sequence[Ring]) -> list[Ring]:
    """Rings, whether one was given or several; raises InputError for none."""
    several = [tuple(rings)] if rings and isinstance(rings[0], Position) else list(rings)
    if not several or not all(several):
        raise InputError("a flight volume has no corners", do="give at least one ring")
    return several  # type: ignore[return-value]


def _area_contains(area: Area, position: Position) -> bool:
    x, y = position.lon_deg, position.lat_deg
    return bool(shapely.intersects_xy(area.polygon, [x, x - 360.0, x + 360.0], [y, y, y]).any())


def _slab_of_volume(layer: Layer, ground: Ground, volume: shapely.Geometry) -> Slab:
    """The heights that a volume fills: its floor above the highest ground, its ceiling above the lowest."""
    highest, lowest = ground.bounds_under(volume)
    return Slab(
        bottom_m_agl=layer.lower_m_agl,
        top_m_agl=layer.upper_m_agl,
        start=layer.start,
        end=layer.end,
        floor=HeightReference(ground_m_amsl=highest, qnh_hpa=layer.qnh_hpa, geoid_m=layer.geoid_m),
        ceiling=HeightReference(ground_m_amsl=lowest, qnh_hpa=layer.qnh_hpa, geoid_m=layer.geoid_m),
    )


def _not_covered(covered: Covered) -> AirspaceState:
    """NO_COVERAGE where a part of the place has no source at all, else UNKNOWN: a needed kind is missing."""
    return AirspaceState.NO_COVERAGE if covered.uncovered_share > 0.0 else AirspaceState.UNKNOWN
