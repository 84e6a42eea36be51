"""The volumes of a plan: flight geography, contingency, ground-risk buffer, adjacent area, restricted area.

Multirotor method of FOCA / LBA (SORA), with v the speed, H the top of the flight geography, all SI:

    S_CV = gnss + hold + map + v t + v^2 / (2 g tan theta)      horizontal contingency
    H_CV = H + altimetry + climb t + v^2 / (2 g)                 contingency top
    S_GRB = min(v sqrt(2 H_CV / g), H_CV) + CD / 2               ground-risk buffer (ballistic, at most 1:1)

Variants exist; every input is visible and can be changed.

A temporary restricted area, RA(T), to ask for (`propose_area`) holds all buffers with few corners, published
in whole seconds of arc. It starts as the outline of the ground-risk buffer; corners go one by one, always the
one whose loss adds the least area and cuts none (a hollow corner is filled, an edge between two full corners
is taken away by prolonging its neighbours). Then corners move outwards to whole seconds, and inwards again as
far as everything stays inside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from dfr.aircraft.catalogue import drone_of
from dfr.errors import InputError
from dfr.geo import GEOD, FloatArray, LocalFrame, Position, Ring
from dfr.plan.model import ProposedArea, Volume
from dfr.scenario.model import Scenario
from dfr.units import FOOT_M, GRAVITY_MPS2
from dfr.world.terrain import Terrain, heights_m_amsl

METHOD = "FOCA/LBA multirotor"

FLIGHT_GEOGRAPHY = "flight_geography"
CONTINGENCY = "contingency"
GROUND_RISK_BUFFER = "ground_risk_buffer"
ADJACENT_AREA = "adjacent_area"
ADJACENT_AREA_120S = "adjacent_area_120s"

OUTLINE_M = 0.2
"""An outline is drawn at least this far outside the true one."""

OUTLINE_SHARE = 0.01
"""Or about this share of its reach, where that is more."""

ARC_SEGMENTS = 16

ROUTE_HALF_WIDTH_M = 10.0
"""Half the width of the flight geography about a route (assumed)."""

LINES_TOGETHER = 40
"""Routes joined at once: what a few to neighbouring zones enclose is filled before thousands cross it."""

MOST_CORNERS = 12
KEPT_CLEAR_M = 0.5
"""The area reaches at least this much beyond the buffers."""

SECOND_DEG = 1.0 / 3600.0
HALF_TURN = 180 * 3600
"""Seconds of longitude."""

HEIGHT_STEP_FT = 100.0
GROUND_STEP_M = 50.0
ROUGH_M = 1.0
"""Corners of the buffers closer to a line than this are left out before corners are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeInputs:
    """What the volumes are computed from; defaults are the method's own for a multirotor."""

    top_m_agl: float
    speed_mps: float
    climb_mps: float = 5.0
    size_m: float = 1.0
    pitch_deg: float = 45.0
    reaction_s: float = 1.0
    gnss_error_m: float = 3.0
    hold_error_m: float = 3.0
    map_error_m: float = 1.0
    altimetry_error_m: float = 4.0

    def __str__(self) -> str:
        return (
            f"v {self.speed_mps:g} m/s, climb {self.climb_mps:g} m/s, size {self.size_m:g} m, "
            f"pitch {self.pitch_deg:g} deg, reaction {self.reaction_s:g} s, GNSS {self.gnss_error_m:g} m, "
            f"hold {self.hold_error_m:g} m, map {self.map_error_m:g} m, "
            f"altimetry {self.altimetry_error_m:g} m"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffers:
    """How far the contingency volume and the ground-risk buffer reach, m, and the contingency top."""

    contingency_m: float
    contingency_top_m_agl: float
    ground_risk_m: float


def compute_buffers(inputs: VolumeInputs) -> Buffers:
    """The buffers of the method.

    >>> found = compute_buffers(VolumeInputs(top_m_agl=120, speed_mps=15))
    >>> f"{found.contingency_m:.1f} {found.contingency_top_m_agl:.1f} {found.ground_risk_m:.1f}"
    '33.5 140.5 80.8'
    """
    v, g = inputs.speed_mps, GRAVITY_MPS2
    errors = inputs.gnss_error_m + inputs.hold_error_m + inputs.map_error_m
    braking = v**2 / (2 * g * math.tan(math.radians(inputs.pitch_deg)))
    aside = errors + v * inputs.reaction_s + braking
    climb = inputs.climb_mps * inputs.reaction_s + v**2 / (2 * g)
    top = inputs.top_m_agl + inputs.altimetry_error_m + climb
    fall = min(v * math.sqrt(2 * top / g), top)
    return Buffers(contingency_m=aside, contingency_top_m_agl=top, ground_risk_m=fall + inputs.size_m / 2)


def inputs_of(scenario: Scenario) -> VolumeInputs:
    """The inputs of a scenario: its flight height and speed, and its drone's climb and size."""
    drone = drone_of(scenario.fleet)
    return VolumeInputs(
        top_m_agl=scenario.operation.cruise_height_m_agl,
        speed_mps=scenario.operation.cruise_mps,
        climb_mps=drone.climb_mps,
        size_m=drone.size_m,
    )


def buffers_of(scenario: Scenario) -> Buffers:
    """The buffers of a scenario."""
    return compute_buffers(inputs_of(scenario))


def adjacent_area_m(speed_mps: float) -> float:
    """How far the adjacent area reaches beyond the buffer: three minutes' flight, 5 to 35 km."""
    return min(max(180.0 * speed_mps, 5_000.0), 35_000.0)


def adjacent_area_120s_m(speed_mps: float) -> float:
    """The same by the other method in use: two minutes' flight, without bounds."""
    return 120.0 * speed_mps


def attitude_sight_m(size_m: float) -> float:
    """The farthest at which a drone's attitude can be seen: 327 CD + 20 m.

    >>> attitude_sight_m(1.0)
    347.0
    """
    return 327.0 * size_m + 20.0


def flight_geography(
    lines: Sequence[shapely.LineString | shapely.Point], half_width_m: float = ROUTE_HALF_WIDTH_M
) -> shapely.Polygon | shapely.MultiPolygon:
    """Where the drones are meant to be: all routes with a width, and what they enclose, local metres."""
    parts = [_filled(line.buffer(half_width_m)) for line in lines]
    while len(parts) > 1:
        parts = [
            _filled(shapely.union_all(parts[first : first + LINES_TOGETHER]))
            for first in range(0, len(parts), LINES_TOGETHER)
        ]
    return shapely.union_all(parts)


def _filled(
    area: shapely.Polygon | shapely.MultiPolygon,
) -> shapely.Polygon | shapely.MultiPolygon:
    """An area and what it encloses."""
    parts = shapely.get_parts(area)
    if not shapely.get_num_interior_rings(parts).any():
        return area
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))


def grow_area(
    area: shapely.Polygon | shapely.MultiPolygon, reach_m: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """An area grown by a reach or a little more, with few corners: it holds every point within the reach.

    The spare makes up for the arcs' chords, for GEOS, which leaves out small hollows before it grows an
    outline (up to 0.15 % of the reach short where tried), and for the simplification.
    """
    spare = max(OUTLINE_M, OUTLINE_SHARE * reach_m)
    whole = area.buffer(reach_m, quad_segs=ARC_SEGMENTS)
    short_m = reach_m * (1.0 - math.cos(math.pi / (4 * ARC_SEGMENTS)))
    return whole.buffer(0.75 * spare + short_m, quad_segs=4, join_style="mitre").simplify(0.5 * spare)


def plan_volumes(
    frame: LocalFrame, geography: shapely.Polygon | shapely.MultiPolygon, inputs: VolumeInputs
) -> tuple[Volume, ...]:
    """The volumes about a flight geography, innermost first; the adjacent area by both methods in use.

    Each outline is drawn outside the true one, by about a hundredth of its reach, so that few corners do.
    """
    found = compute_buffers(inputs)
    geography = grow_area(geography, 0.0)
    contingency = grow_area(geography, found.contingency_m)
    ground = grow_area(contingency, found.ground_risk_m)
    reach, short_reach = adjacent_area_m(inputs.speed_mps), adjacent_area_120s_m(inputs.speed_mps)
    adjacent, short = (grow_area(ground, reach_m) for reach_m in (reach, short_reach))
    top = found.contingency_top_m_agl

    def volume(key: str, name: str, area: shapely.Geometry, how: str, top_m_agl: float = top) -> Volume:
        return Volume(
            id=key,
            name=name,
            rings=tuple(frame.ring(part) for part in shapely.get_parts(area).tolist()),
            top_m_agl=top_m_agl,
            method=f"{METHOD}: {how}, outline simplified outwards; {inputs}",
        )

    other = f"120 s at speed, the other method in use: {short_reach:.0f} m"
    return (
        volume(
            FLIGHT_GEOGRAPHY,
            "Flight geography",
            geography,
            "routes with a half-width",
            top_m_agl=inputs.top_m_agl,
        ),
        volume(CONTINGENCY, "Contingency volume", contingency, f"S_CV {found.contingency_m:.1f} m"),
        volume(GROUND_RISK_BUFFER, "Ground-risk buffer", ground, f"S_GRB {found.ground_risk_m:.1f} m"),
        volume(ADJACENT_AREA, "Adjacent area", adjacent, f"180 s at speed, 5 to 35 km: {reach:.0f} m"),
        volume(ADJACENT_AREA_120S, "Adjacent area, 120 s method", short, other),
    )


def propose_area(
    frame: LocalFrame,
    buffered: shapely.Polygon | shapely.MultiPolygon,
    *,
    top_m_agl: float,
    terrain: Terrain,
    most_corners: int = MOST_CORNERS,
) -> ProposedArea:
    """The area to ask for around a ground-risk buffer in local metres, and its height.

    `upper_m_amsl` is the contingency top above the highest known ground inside, raised to the
    next 100 ft; None where the ground is not known everywhere.
    """
    if buffered.is_empty or buffered.area <= 0.0:
        raise InputError("no volume to restrict", do="give a plan with at least one route")
    spare_m = max(KEPT_CLEAR_M, _bend_m(frame, buffered))
    needed = shapely.union_all(shapely.get_parts(buffered)).buffer(spare_m, join_style="mitre")
    outlines = [_fewer_corners(outline, most_corners) for outline in _first_outlines(needed)]
    rounded = [_whole_seconds(frame, outline, needed) for outline in outlines]
    corners = min(
        filter(None, rounded), key=lambda ring: (round(_ring_area(frame, ring), 3), ring), default=None
    )
    if corners is None:
        raise InputError("no outline in whole seconds holds the buffers", do="plan a smaller operation")
    polygon = frame.polygon(corners)
    ground = _highest_ground(frame, polygon, terrain)
    return ProposedArea(
        ring=corners,
        top_m_agl=top_m_agl,
        ground_m_amsl=ground,
        upper_m_amsl=None if ground is None else _round_up_height(top_m_agl + ground),
        area_m2=float(polygon.area),
        needed_m2=float(buffered.area),
        method=f"smallest outline found of at most {most_corners} corners around the ground-risk buffer, "
        f"corners in whole seconds, {spare_m:.2g} m to spare; terrain: {terrain.source}",
    )


def _bend_m(frame: LocalFrame, area: shapely.Geometry) -> float:
    """How far a straight line on a map leaves the geodesic across an area, and a quarter to spare.

    An edge of the published area may be read as either: L^2 tan(latitude) / (8 R), L from east to west.
    """
    west, _, east, _ = area.bounds
    tangent = abs(math.tan(math.radians(frame.origin.lat_deg)))
    return float(1.25 * (east - west) ** 2 * tangent / (8.0 * GEOD.a))


def aip_corner(position: Position) -> str:
    """A corner as notices write it.

    >>> aip_corner(Position(lat_deg=50.0 + 43.0 / 60 + 18.0 / 3600, lon_deg=-1.0 - 15.0 / 60 - 57.0 / 3600))
    '504318N 0011557W'
    """
    lat, lon = round(abs(position.lat_deg) * 3600), round(abs(position.lon_deg) * 3600)
    north, east = "S" if position.lat_deg < 0 else "N", "W" if position.lon_deg < 0 else "E"
    return (
        f"{lat // 3600:02d}{lat // 60 % 60:02d}{lat % 60:02d}{north} "
        f"{lon // 3600:03d}{lon // 60 % 60:02d}{lon % 60:02d}{east}"
    )


def _round_up_height(height_m: float) -> float:
    return math.ceil(round(height_m / FOOT_M / HEIGHT_STEP_FT, 6)) * HEIGHT_STEP_FT * FOOT_M


def _first_outlines(needed: shapely.Polygon | shapely.MultiPolygon) -> Iterator[shapely.Polygon]:
    """Where to start from: the hull, and the outline itself where it is of one part."""
    yield needed.convex_hull
    parts = shapely.get_parts(needed)
    if len(parts) == 1:
        outline = shapely.Polygon(parts[0].exterior)
        yield outline.buffer(ROUGH_M, join_style="mitre").simplify(ROUGH_M)


# Fewer corners ------------------------------------------------------------------------------------


def _fewer_corners(outline: shapely.Polygon, most: int) -> shapely.Polygon:
    """An outline around another with at most so many corners."""
    ring = np.asarray(shapely.orient_polygons(outline).exterior.coords)[:-1, :2]
    while len(ring) > max(most, 3):
        reduced = _reduce_cheapest(ring)
        if reduced is None:
            return shapely.Polygon(ring).minimum_rotated_rectangle
        ring = reduced
    return shapely.Polygon(ring)


def _reduce_cheapest(ring: FloatArray) -> FloatArray | None:
    """A counter-clockwise ring with one corner fewer around the same area, None where there is none."""
    added, choices = _hollows_filled(ring)
    more, outward = _edges_dropped(ring)
    costs = np.concatenate((added, more))
    for k in np.argsort(costs, kind="stable"):
        if not np.isfinite(costs[k]):
            return None
        candidate = _drop_corner(ring, choices[k]) if k < len(choices) else outward(int(k) - len(choices))
        if shapely.Polygon(candidate).is_valid:
            return candidate
    return None


def _drop_corner(ring: FloatArray, index: int) -> FloatArray:
    return np.delete(ring, index, axis=0)


def _hollows_filled(ring: FloatArray) -> tuple[FloatArray, list[int]]:
    """(area that filling each hollow corner adds, inf for a full one; the corners)."""
    before, after = np.roll(ring, 1, axis=0) - ring, np.roll(ring, -1, axis=0) - ring
    twice = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return np.where(twice >= 0.0, twice / 2.0, np.inf), list(range(len(ring)))


class _Prolonged:
    """The ring without one edge, its neighbours prolonged until they meet."""

    def __init__(self, ring: FloatArray, meets: FloatArray) -> None:
        self._outline, self._meets = ring, meets

    def __call__(self, index: int) -> FloatArray:
        changed = self._outline.copy()
        changed[index] = self._meets[index]
        return _drop_corner(changed, (index + 1) % len(changed))


def _edges_dropped(ring: FloatArray) -> tuple[FloatArray, _Prolonged]:
    """(area that dropping each edge adds, inf where its neighbours do not meet outside; how)."""
    start, end = ring, np.roll(ring, -1, axis=0)
    along_in, along_out = start - np.roll(ring, 1, axis=0), end - np.roll(ring, -2, axis=0)
    edge = end - start
    cross = along_in[:, 0] * along_out[:, 1] - along_in[:, 1] * along_out[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = (edge[:, 0] * along_out[:, 1] - edge[:, 1] * along_out[:, 0]) / cross
        behind = (edge[:, 0] * along_in[:, 1] - edge[:, 1] * along_in[:, 0]) / cross
        meets = start + ahead[:, None] * along_in
        spare = meets - start
        twice = edge[:, 1] * spare[:, 0] - edge[:, 0] * spare[:, 1]
    fine = np.isfinite(twice) & (ahead >= 0.0) & (behind >= 0.0) & (twice >= 0.0)
    return np.where(fine, twice / 2.0, np.inf), _Prolonged(ring, meets)


# Whole seconds ------------------------------------------------------------------------------------


def _whole_seconds(frame: LocalFrame, outline: shapely.Polygon, needed: shapely.Geometry) -> Ring | None:
    """Corners in whole seconds around everything needed, each as far in as the others allow.

    None where an outline is too crooked to be grown corner by corner; the hull never is.
    """
    for spare_m in (*range(0, 60, 3), *range(60, 2000, 60)):
        grown = outline.buffer(spare_m, join_style="mitre", mitre_limit=3.0) if spare_m else outline
        if grown.geom_type != "Polygon" or len(grown.exterior.coords) != len(outline.exterior.coords):
            grown = _push_outwards(outline, spare_m)
        cells = _whole_second_cells(frame, np.asarray(grown.exterior.coords)[:-1, :2])
        if _holds_needed(frame, cells, needed):
            return _clockwise_ring(_drawn_in(frame, cells, needed))
    return None


def _push_outwards(outline: shapely.Polygon, spare_m: float) -> shapely.Polygon:
    """An outline scaled up about its middle until every corner is that much farther out, at least."""
    corners, middle = np.asarray(outline.exterior.coords)[:-1, :2], np.asarray(outline.centroid.coords[0])
    away = np.maximum(np.hypot(*(corners - middle).T), 1.0)[:, None]
    return shapely.Polygon(middle + (corners - middle) * (1.0 + 2.0 * spare_m / away))


def _whole_second_cells(frame: LocalFrame, corners: FloatArray) -> list[tuple[int, int]]:
    """Corners as whole seconds of (lat, lon), nearest first, none twice in a row."""
    lat, lon = frame.to_geodetic(corners[:, 0], corners[:, 1])
    lon = frame.origin.lon_deg + (lon - frame.origin.lon_deg + 180.0) % 360.0 - 180.0
    cells = [(round(float(a) * 3600), round(float(b) * 3600)) for a, b in zip(lat, lon, strict=True)]
    return [cell for k, cell in enumerate(cells) if cell != cells[k - 1]]


def _cells_polygon(frame: LocalFrame, cells: Sequence[tuple[int, int]]) -> shapely.Polygon:
    seconds = np.asarray(cells, float) * SECOND_DEG
    return shapely.Polygon(np.column_stack(frame.to_enu(seconds[:, 0], seconds[:, 1])))


def _holds_needed(frame: LocalFrame, cells: Sequence[tuple[int, int]], needed: shapely.Geometry) -> bool:
    if len(cells) < 3:
        return False
    polygon = _cells_polygon(frame, cells)
    return bool(polygon.is_valid and polygon.covers(needed))


def _drawn_in(
    frame: LocalFrame, cells: list[tuple[int, int]], needed: shapely.Geometry
) -> list[tuple[int, int]]:
    """Corners moved a second at a time, or left out, while the area shrinks and still holds everything."""
    shapely.prepare(needed)
    for _ in range(200):
        smaller = _shrink_step(frame, cells, needed)
        if smaller is None:
            return cells
        cells = smaller
    return cells


def _shrink_step(
    frame: LocalFrame, cells: list[tuple[int, int]], needed: shapely.Geometry
) -> list[tuple[int, int]] | None:
    """The smallest outline one step away that holds everything, None where none is smaller."""
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    options = [
        [*cells[:k], (lat + i, lon + j), *cells[k + 1 :]]
        for k, (lat, lon) in enumerate(cells)
        for i, j in steps
    ]
    if len(cells) > 3:
        options += [[*cells[:k], *cells[k + 1 :]] for k in range(len(cells))]
    now = abs(_twice_area(cells))
    for size, option in sorted((abs(_twice_area(option)), option) for option in options):
        if size >= now:
            return None
        if _holds_needed(frame, option, needed):
            return option
    return None


def _twice_area(cells: Sequence[tuple[int, int]]) -> int:
    """Twice the area in square seconds, positive anticlockwise."""
    return sum(
        lon0 * lat1 - lon1 * lat0
        for (lat0, lon0), (lat1, lon1) in zip(cells, [*cells[1:], cells[0]], strict=True)
    )


def _clockwise_ring(cells: Sequence[tuple[int, int]]) -> Ring:
    """Clockwise from the northernmost corner, as notices list them."""
    ordered = list(cells) if _twice_area(cells) < 0 else list(reversed(cells))
    first = max(range(len(ordered)), key=lambda k: (ordered[k][0], -ordered[k][1]))
    turned = [*ordered[first:], *ordered[:first]]
    return tuple(
        Position(lat_deg=lat / 3600.0, lon_deg=(lon + HALF_TURN) % (2 * HALF_TURN) / 3600.0 - 180.0)
        for lat, lon in turned
    )


def _ring_area(frame: LocalFrame, ring: Ring) -> float:
    return float(frame.polygon(ring).area)


def _highest_ground(frame: LocalFrame, area: shapely.Polygon, terrain: Terrain) -> float | None:
    """The highest ground within an area, m AMSL, on a grid with its corners; None if any is unknown."""
    west, south, east, north = area.bounds
    step = max(GROUND_STEP_M, math.hypot(east - west, north - south) / 100.0)
    grid = np.meshgrid(np.arange(west, east + step, step), np.arange(south, north + step, step))
    points = np.column_stack([axis.ravel() for axis in grid])
    inside = points[shapely.intersects_xy(area, points[:, 0], points[:, 1])]
    samples = np.vstack((np.asarray(area.exterior.coords)[:-1, :2], inside))
    heights = heights_m_amsl(terrain, *frame.to_geodetic(samples[:, 0], samples[:, 1]))
    return None if np.isnan(heights).any() else float(heights.max())
