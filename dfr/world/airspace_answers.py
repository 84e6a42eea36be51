"""Answers about the airspace at a point or across a volume: which zones, by how much, and where.

Check the volume with its buffers: a larger volume never has fewer conflicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import numpy as np
import shapely

from dfr.geo import FloatArray, LocalFrame, Position, Ring
from dfr.scenario.air import DataKind
from dfr.world.coverage import AirspaceSource, DataAge, KindCover, data_age
from dfr.world.outlines import Vertex
from dfr.world.shapes import build_areas
from dfr.world.zones import TOUCH_EDGE_M, HeightReference, Range, VerticalFit, Zone, vertical_fit

GROUND_STEP_M = 50.0
"""The ground under a volume is sampled this densely: the posts of OS Terrain 50."""

LEAST_ROWS, MOST_ROWS = 12, 60
"""Of samples across a volume."""


class ZoneState(StrEnum):
    """Whether a volume conflicts with one zone."""

    CLEAR = "clear"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneVerdict:
    """Whether a volume conflicts with one zone, by how much, and where.

    `horizontal_margin_m` is the distance between them, negative by how deep the volume reaches
    in; `vertical_margin_m` likewise for heights, None where a limit cannot be placed. `margin_m`
    is the better of the two: the smallest change that would clear it. `place` is the deepest
    point, or the nearest.
    """

    zone: Zone
    verdict: ZoneState
    horizontal_margin_m: float
    vertical_margin_m: float | None
    active: bool | None
    place: Position
    reason: str

    @property
    def margin_m(self) -> float:
        """The room left, or minus the smallest change, sideways or in height, that clears the zone."""
        vertical = self.vertical_margin_m
        return self.horizontal_margin_m if vertical is None else max(self.horizontal_margin_m, vertical)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A slab of heights over a period, with what is known of ground, pressure and geoid."""

    lower_m_agl: float
    upper_m_agl: float
    start: datetime
    end: datetime
    qnh_hpa: float | None
    geoid_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Ground heights at sample points of a volume: bounds at each, None where not known."""

    east_north: FloatArray
    bounds_m_amsl: tuple[Range | None, ...]

    def bounds_under(self, area: shapely.Geometry) -> tuple[Range | None, Range | None]:
        """(highest, lowest) ground within an area, each as a range; where no sample is in it, of all."""
        inside = shapely.dwithin(area, shapely.points(self.east_north), TOUCH_EDGE_M)
        chosen = [b for b, is_in in zip(self.bounds_m_amsl, inside, strict=True) if is_in or not inside.any()]
        known = [bounds for bounds in chosen if bounds is not None]
        if not known or len(known) < len(chosen):
            return None, None
        low, high = np.asarray(known).T
        return (float(low.max()), float(high.max())), (float(low.min()), float(high.min()))


def sample_points(volume: shapely.Geometry) -> FloatArray:
    """(n, 2) corners of a local volume and grid points within it."""
    west, south, east, north = volume.bounds
    x, y = np.meshgrid(_grid_rows(west, east), _grid_rows(south, north))
    inside = shapely.intersects_xy(volume, x, y)
    return np.concatenate([shapely.get_coordinates(volume), np.column_stack((x[inside], y[inside]))])


def _grid_rows(low_m: float, high_m: float) -> FloatArray:
    count = np.clip(np.ceil((high_m - low_m) / GROUND_STEP_M) + 1, LEAST_ROWS, MOST_ROWS)
    return np.linspace(low_m, high_m, int(count))


def local_volume(rings: Sequence[Ring]) -> tuple[LocalFrame, shapely.Geometry]:
    """A frame about the rings and their union in its metres."""
    built = build_areas([[Vertex(p.lat_deg, p.lon_deg) for p in ring] for ring in rings])
    points = [p for ring in rings for p in ring]
    rough = LocalFrame(points[0])
    middle = rough.points(points).mean(axis=0)
    frame = LocalFrame(rough.position(float(middle[0]), float(middle[1])))
    parts = [shape.area.local_shape(frame) for shape in built if shape.area is not None]
    parts += [
        frame.line(ring) for ring, shape in zip(rings, built, strict=True) if shape.area is None and ring
    ]
    return frame, shapely.union_all(parts)


def zone_verdict(
    zone: Zone, volume: shapely.Geometry, frame: LocalFrame, layer: Layer, ground: Ground
) -> ZoneVerdict:
    """Whether a local volume conflicts with one zone, by how much, and where."""
    shape = zone.area.local_shape(frame)
    apart_m = float(shapely.distance(shape, volume))
    shared = shapely.intersection(shape, volume)
    highest, lowest = ground.bounds_under(volume if shared.is_empty else shared)
    fit = vertical_fit(
        zone.lower,
        zone.upper,
        bottom_m_agl=layer.lower_m_agl,
        top_m_agl=layer.upper_m_agl,
        floor=HeightReference(ground_m_amsl=highest, qnh_hpa=layer.qnh_hpa, geoid_m=layer.geoid_m),
        ceiling=HeightReference(ground_m_amsl=lowest, qnh_hpa=layer.qnh_hpa, geoid_m=layer.geoid_m),
    )
    active = zone.is_active(layer.start, layer.end)
    margin_m, point = (
        (apart_m, _nearest_point(shape, volume))
        if apart_m > TOUCH_EDGE_M
        else _deepest_point(shape, shared, volume)
    )
    verdict, reason = _decide_state(zone, apart_m, fit, active)
    return ZoneVerdict(
        zone=zone,
        verdict=verdict,
        horizontal_margin_m=margin_m,
        vertical_margin_m=fit.margin_m,
        active=active,
        place=frame.position(*point),
        reason=reason,
    )


def _decide_state(  # noqa: PLR0911 - one return for each reason, in the order in which they decide
    zone: Zone, apart_m: float, fit: VerticalFit, active: bool | None
) -> tuple[ZoneState, str]:
    if apart_m > TOUCH_EDGE_M:
        return ZoneState.CLEAR, "apart"
    if not zone.binding:
        return ZoneState.CLEAR, "does not bind this operation"
    if zone.defect:
        return ZoneState.UNKNOWN, zone.defect
    if fit.inside is False:
        return ZoneState.CLEAR, "below or above it"
    if active is False:
        return ZoneState.CLEAR, f"not active then ({zone.activation.text})"
    if zone.possible:
        return ZoneState.UNKNOWN, f"whether it exists is not known ({zone.remarks or zone.source})"
    if fit.inside is None:
        return ZoneState.UNKNOWN, fit.reason
    if active is None:
        return ZoneState.UNKNOWN, f"whether it is active is not known ({zone.activation.text})"
    return ZoneState.CONFLICT, "inside"


def _nearest_point(shape: shapely.Geometry, volume: shapely.Geometry) -> tuple[float, float]:
    line = shapely.shortest_line(volume, shape)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)


def _deepest_point(
    shape: shapely.Geometry, shared: shapely.Geometry, volume: shapely.Geometry
) -> tuple[float, tuple[float, float]]:
    """(minus the depth, where) of what a volume shares with a zone."""
    if shared.is_empty:
        return 0.0, _nearest_point(shape, volume)
    points = np.concatenate(
        [shapely.get_coordinates(shared), shapely.get_coordinates(shapely.centroid(shared))]
    )
    depths = shapely.distance(shape.boundary, shapely.points(points))
    depths[~shapely.intersects_xy(shape.buffer(TOUCH_EDGE_M), *points.T)] = 0.0
    deepest = int(np.argmax(depths))
    return -float(depths[deepest]), (float(points[deepest, 0]), float(points[deepest, 1]))


class AirspaceState(StrEnum):
    """What is known of a place. Only `CLEAR` lets a flight go ahead without asking."""

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
    """What the airspace is at a point and why: the zones there, and the kinds of data that cover it."""

    state: AirspaceState
    zones: tuple[ZoneAnswer, ...]
    reasons: tuple[str, ...]
    covered: tuple[KindCover, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAnswer:
    """What the airspace is across a volume; `verdicts` has conflicts first, then unknowns.

    `covered` says for every kind of data how much of the volume no source speaks of.
    """

    state: AirspaceState
    verdicts: tuple[ZoneVerdict, ...]
    covered: tuple[KindCover, ...]
    reasons: tuple[str, ...]

    def cover_of(self, kind: DataKind) -> KindCover:
        """Which sources cover the volume with one kind of data."""
        return next(cover for cover in self.covered if cover.kind is kind)


def zone_answer(zone: Zone, height_m_agl: float, when: datetime, reference: HeightReference) -> ZoneAnswer:
    """Whether one zone contains a height above a point, and is active at a moment."""
    fit = vertical_fit(
        zone.lower,
        zone.upper,
        bottom_m_agl=height_m_agl,
        top_m_agl=height_m_agl,
        floor=reference,
        ceiling=reference,
    )
    if zone.defect:
        fit = VerticalFit(inside=None, margin_m=None, reason=zone.defect)
    return ZoneAnswer(
        zone=zone, active=zone.is_active(when, when), contains=fit.inside, distance_m=0.0, reason=fit.reason
    )


ASKED = frozenset({"REQ_AUTHORISATION", "REQ_AUTHORIZATION"})
"""Kinds of zone whose own words say whom to ask."""

SHOWN = 200


def reason_against(answer: ZoneAnswer) -> str:
    """Why a zone is, or may be, in the way."""
    if answer.conflict:
        asks = answer.zone.remarks[:SHOWN] if answer.zone.kind in ASKED else ""
        return f"inside {answer.zone.label}" + (f": {asks}" if asks else "")
    if answer.contains is None:
        return f"{answer.zone.label}: {answer.reason}"
    if answer.active is None:
        return f"{answer.zone.label}: whether it is active is not known ({answer.zone.activation.text})"
    basis = answer.zone.remarks or answer.zone.source
    return f"{answer.zone.label}: whether it exists is not known ({basis})"


def reason_for(answer: ZoneAnswer) -> str:
    """Why a zone overhead does not apply."""
    if not answer.zone.binding:
        return "it does not restrict anyone"
    return "not active then" if answer.active is False else "the height is outside its limits"


def doubt_old_data(
    answer: AirspaceAnswer, sources: Sequence[AirspaceSource], when: datetime
) -> AirspaceAnswer:
    """The answer with a reason for each source that is out of date.

    Clear becomes unknown where a source is more than a year away, or where nobody can say how old it is.
    """
    ages = [(source, data_age(source.date, when, when)) for source in sources]
    reasons = [_reason_to_doubt(source, age) for source, age in ages if age.changes or age.unknown]
    doubtful = any(age.unknown for _, age in ages) and answer.state is AirspaceState.CLEAR
    state = AirspaceState.UNKNOWN if doubtful else answer.state
    return replace(answer, state=state, reasons=(*answer.reasons, *reasons))


def _reason_to_doubt(source: AirspaceSource, age: DataAge) -> str:
    if age.days is not None:
        return f"{source.path} is {age}"
    if source.date:
        return f"{source.path} says {source.date!r}, which is no date -> write it there like 2024-08-24"
    return f"{source.path} says no date -> give the date of its data with --date, such as 2024-08-24"
