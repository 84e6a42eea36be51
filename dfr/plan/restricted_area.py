"""A proposed temporary restricted area: few corners, whole seconds, and all buffers inside.

An RA(T) is published as corners in whole seconds of arc. The area here starts as the outline of the
ground-risk buffer; corners go one by one, always the one whose loss adds the least area and cuts none
(a hollow corner is filled, an edge between two full corners is taken away by prolonging its
neighbours). Then corners move outwards to whole seconds, and inwards again as far as everything stays inside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from dfr.errors import InputError
from dfr.geo import GEOD, FloatArray, LocalFrame, Position, Ring
from dfr.plan.model import ProposedArea
from dfr.units import FOOT_M
from dfr.world.terrain import Terrain, heights_m_amsl

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
        raise InputError("no volume to restrict", do="a plan with at least one route")
    spare_m = max(KEPT_CLEAR_M, _bend_m(frame, buffered))
    needed = shapely.union_all(shapely.get_parts(buffered)).buffer(spare_m, join_style="mitre")
    outlines = [_fewer_corners(outline, most_corners) for outline in _outlines(needed)]
    rounded = [_whole_seconds(frame, outline, needed) for outline in outlines]
    corners = min(filter(None, rounded), key=lambda ring: (round(_area(frame, ring), 3), ring), default=None)
    if corners is None:
        raise InputError("no outline in whole seconds holds the buffers", do="a smaller operation")
    polygon = frame.polygon(corners)
    ground = _highest_ground(frame, polygon, terrain)
    return ProposedArea(
        ring=corners,
        top_m_agl=top_m_agl,
        ground_m_amsl=ground,
        upper_m_amsl=None if ground is None else _raised(top_m_agl + ground),
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


def _raised(height_m: float) -> float:
    return math.ceil(round(height_m / FOOT_M / HEIGHT_STEP_FT, 6)) * HEIGHT_STEP_FT * FOOT_M


def _outlines(needed: shapely.Polygon | shapely.MultiPolygon) -> Iterator[shapely.Polygon]:
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
        reduced = _cheapest(ring)
        if reduced is None:
            return shapely.Polygon(ring).minimum_rotated_rectangle
        ring = reduced
    return shapely.Polygon(ring)


def _cheapest(ring: FloatArray) -> FloatArray | None:
    """A counter-clockwise ring with one corner fewer around the same area, None where there is none."""
    added, choices = _hollows_filled(ring)
    more, outward = _edges_dropped(ring)
    costs = np.concatenate((added, more))
    for k in np.argsort(costs, kind="stable"):
        if not np.isfinite(costs[k]):
            return None
        candidate = _without(ring, choices[k]) if k < len(choices) else outward(int(k) - len(choices))
        if shapely.Polygon(candidate).is_valid:
            return candidate
    return None


def _without(ring: FloatArray, index: int) -> FloatArray:
    return np.delete(ring, index, axis=0)


def _hollows_filled(ring: FloatArray) -> tuple[FloatArray, list[int]]:
    """(area that filling each hollow corner adds, inf for a full one; the corners)."""
    before, after = np.roll(ring, 1, axis=0) - ring, np.roll(ring, -1, axis=0) - ring
    twice = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return np.where(twice >= 0.0, twice / 2.0, np.inf), list(range(len(ring)))


class _Prolonged:
    """The ring without one edge, its neighbours prolonged until they meet."""

    def __init__(self, ring: FloatArray, meets: FloatArray) -> None:
        self._ring, self._meets = ring, meets

    def __call__(self, index: int) -> FloatArray:
        changed = self._ring.copy()
        changed[index] = self._meets[index]
        return _without(changed, (index + 1) % len(changed))


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
            grown = _pushed(outline, spare_m)
        cells = _cells(frame, np.asarray(grown.exterior.coords)[:-1, :2])
        if _holds(frame, cells, needed):
            return _ring(_drawn_in(frame, cells, needed))
    return None


def _pushed(outline: shapely.Polygon, spare_m: float) -> shapely.Polygon:
    """An outline scaled up about its middle until every corner is that much farther out, at least."""
    corners, middle = np.asarray(outline.exterior.coords)[:-1, :2], np.asarray(outline.centroid.coords[0])
    away = np.maximum(np.hypot(*(corners - middle).T), 1.0)[:, None]
    return shapely.Polygon(middle + (corners - middle) * (1.0 + 2.0 * spare_m / away))


def _cells(frame: LocalFrame, corners: FloatArray) -> list[tuple[int, int]]:
    """Corners as whole seconds of (lat, lon), nearest first, none twice in a row."""
    lat, lon = frame.to_geodetic(corners[:, 0], corners[:, 1])
    lon = frame.origin.lon_deg + (lon - frame.origin.lon_deg + 180.0) % 360.0 - 180.0
    cells = [(round(float(a) * 3600), round(float(b) * 3600)) for a, b in zip(lat, lon, strict=True)]
    return [cell for k, cell in enumerate(cells) if cell != cells[k - 1]]


def _polygon(frame: LocalFrame, cells: Sequence[tuple[int, int]]) -> shapely.Polygon:
    seconds = np.asarray(cells, float) * SECOND_DEG
    return shapely.Polygon(np.column_stack(frame.to_enu(seconds[:, 0], seconds[:, 1])))


def _holds(frame: LocalFrame, cells: Sequence[tuple[int, int]], needed: shapely.Geometry) -> bool:
    if len(cells) < 3:
        return False
    polygon = _polygon(frame, cells)
    return bool(polygon.is_valid and polygon.covers(needed))


def _drawn_in(
    frame: LocalFrame, cells: list[tuple[int, int]], needed: shapely.Geometry
) -> list[tuple[int, int]]:
    """Corners moved a second at a time, or left out, while the area shrinks and still holds everything."""
    shapely.prepare(needed)
    for _ in range(200):
        smaller = _smaller(frame, cells, needed)
        if smaller is None:
            return cells
        cells = smaller
    return cells


def _smaller(
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
    now = abs(_twice(cells))
    for size, option in sorted((abs(_twice(option)), option) for option in options):
        if size >= now:
            return None
        if _holds(frame, option, needed):
            return option
    return None


def _twice(cells: Sequence[tuple[int, int]]) -> int:
    """Twice the area in square seconds, positive anticlockwise."""
    return sum(
        lon0 * lat1 - lon1 * lat0
        for (lat0, lon0), (lat1, lon1) in zip(cells, [*cells[1:], cells[0]], strict=True)
    )


def _ring(cells: Sequence[tuple[int, int]]) -> Ring:
    """Clockwise from the northernmost corner, as notices list them."""
    ordered = list(cells) if _twice(cells) < 0 else list(reversed(cells))
    first = max(range(len(ordered)), key=lambda k: (ordered[k][0], -ordered[k][1]))
    turned = [*ordered[first:], *ordered[:first]]
    return tuple(
        Position(lat_deg=lat / 3600.0, lon_deg=(lon + HALF_TURN) % (2 * HALF_TURN) / 3600.0 - 180.0)
        for lat, lon in turned
    )


def _area(frame: LocalFrame, ring: Ring) -> float:
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
