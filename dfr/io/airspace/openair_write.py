"""Writer of zones as OpenAir, version 2: arcs and circles stay arcs and circles.

The format has no holes: an area with holes, or of several parts, becomes one ring that runs out and back
along slits between them, as national offices draw it. Reading such a ring gives the area back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
import shapely

from dfr.geo import FloatArray
from dfr.io.airspace.limits import limit_text as limit_words
from dfr.io.airspace.reading import AirspaceRead, WrittenAirspace
from dfr.scenario.air import in_order
from dfr.units import m_to_nm
from dfr.world.hours import WHEN_NOTIFIED, Activation, TimeInterval
from dfr.world.outlines import Arc, EdgeRule, Outline, Vertex
from dfr.world.shapes import Area, build_areas
from dfr.world.zones import Zone

CLASSES = frozenset("ABCDEFG")


def write_openair(read: AirspaceRead) -> WrittenAirspace:
    """The zones as OpenAir."""
    lost: list[str] = []
    lines = list(_header_lines(read))
    for zone in read.zones:
        lines += ["", *_zone_lines(zone, lost)]
    return WrittenAirspace("\n".join(lines) + "\n", lost, [])


def _header_lines(read: AirspaceRead) -> Iterable[str]:
    for key, value in (("dfr-source", read.what), ("dfr-date", read.date)):
        if value:
            yield f"* {key}: {value}"
    if read.kinds is not None:
        yield f"* dfr-kinds: {', '.join(in_order(read.kinds)) or 'none'}"
    if read.ground_m_amsl is not None:
        yield "* dfr-ground-m-amsl: {:g} {:g}".format(*read.ground_m_amsl)
    for ring in read.coverage:
        yield "* dfr-coverage: " + " ".join(f"{p.lat_deg:.5f},{p.lon_deg:.5f}" for p in ring)
    for omission in read.omissions:
        yield f"* dfr-omits: {_one_line(omission)}"


def _zone_lines(zone: Zone, lost: list[str]) -> list[str]:
    kind = _one_line(zone.kind).upper() or "NONE"
    lines = [
        f"AC {zone.airspace_class if zone.airspace_class in CLASSES else 'UNC'}",
        f"AY {kind}",
        f"AN {_one_line(zone.name)}",
    ]
    if zone.contact:
        lines.append(f"AG {_one_line(zone.contact)}")
    if zone.possible:
        lines.append(f"* dfr-possible: {_one_line(zone.remarks)}")
    elif zone.remarks:
        lines.append(f"* dfr-remarks: {_one_line(zone.remarks)}")
    lines += [f"AL {limit_words(zone.lower)}", f"AH {limit_words(zone.upper)}"]
    lines += _activation_lines(zone, lost)
    if zone.exempt:
        lost.append(f"{zone.name}: exempt: {zone.exempt}")
    parts = zone.area.parts
    simple = len(parts) == 1 and not parts[0].interiors
    if _as_published(zone.area) and (simple or gives_back(zone.area.outline, zone.area.polygon)):
        return lines + _outline_lines(zone.area.outline)
    return _lines_of_parts(zone, lines, lost)


def _as_published(area: Area) -> bool:
    """Whether its corners and arcs can be written: OpenAir joins corners by geodesics and nothing else."""
    short = len(area.drawn) == len(area.outline)
    curves = all(isinstance(element, Arc) for element in area.outline)
    return bool(area.outline) and (area.edges is EdgeRule.GEODESIC or short or curves)


def _lines_of_parts(zone: Zone, lines: list[str], lost: list[str]) -> list[str]:
    """A zone with holes or in several parts, as one ring with slits; where that fails, cut into several."""
    if corners := one_ring(zone.area.polygon):
        return [*lines, *_outline_lines(corners)]
    rings = zone.area.solid_rings
    if len(rings) > 1:
        lost.append(f"{zone.name}: written as {len(rings)} volumes")
    written: list[str] = []
    for ring in rings:
        places = [Vertex(corner.lat_deg, corner.lon_deg) for corner in ring]
        written += [*([""] if written else []), *lines, *_outline_lines(places)]
    return written


def _activation_lines(zone: Zone, lost: list[str]) -> list[str]:
    activation: Activation = zone.activation
    if activation == WHEN_NOTIFIED:
        return ["AA NONE"]
    lines = []
    for period in activation.periods:
        if isinstance(period, TimeInterval) and period.start is not None and period.end is not None:
            lines.append(f"AA {_utc_text(period.start)}/{_utc_text(period.end)}")
        else:
            lost.append(f"{zone.name}: hours ({activation.text}); written as always active")
            return []
    if activation.otherwise is None:
        lines.append(f"AA {_one_line(activation.text)}")
    return lines


def _outline_lines(outline: Sequence[Vertex | Arc]) -> list[str]:
    lines: list[str] = []
    for place, element in enumerate(outline):
        before, after = outline[place - 1], outline[(place + 1) % len(outline)]
        if isinstance(element, Vertex):
            in_arc = _runs_between(before) or _runs_between(after)
            lines += [] if in_arc and len(outline) > 1 else [f"DP {_point_text(element.lat, element.lon)}"]
            continue
        lines.append(f"V X={_point_text(element.lat, element.lon)}")
        if element.from_deg is None and isinstance(before, Vertex) and isinstance(after, Vertex):
            turn = "+" if element.clockwise else "-"
            lines += [f"V D={turn}", f"DB {_point_text(*before)}, {_point_text(*after)}"]
        elif element.from_deg is not None and element.to_deg is not None:
            lines += _turn_lines(element, element.from_deg, element.to_deg)
    return lines


def _turn_lines(arc: Arc, from_deg: float, to_deg: float) -> list[str]:
    radius = f"{m_to_nm(arc.from_radius_m):.6g}"
    if abs(to_deg - from_deg) >= 360.0:
        return [f"DC {radius}"]
    return [f"V D={'+' if arc.clockwise else '-'}", f"DA {radius}, {from_deg:g}, {to_deg:g}"]


def _runs_between(element: Vertex | Arc) -> bool:
    return isinstance(element, Arc) and element.from_deg is None


def _point_text(lat: float, lon: float) -> str:
    return f"{_dms_text(lat, 2, 'NS')} {_dms_text(lon, 3, 'EW')}"


def _dms_text(degrees: float, width: int, letters: str) -> str:
    """Degrees, minutes and seconds; hundredths of a second where they are not whole.

    >>> _dms_text(-1.1580556, 3, "EW")
    '001:09:29 W'
    """
    hundredths = round(abs(degrees) * 360_000.0)
    minutes, hundredths = divmod(hundredths, 6000)
    whole, minute = divmod(minutes, 60)
    second, fraction = divmod(hundredths, 100)
    tail = f".{fraction:02d}" if fraction else ""
    return f"{whole:0{width}d}:{minute:02d}:{second:02d}{tail} {letters[degrees < 0]}"


def _utc_text(moment: datetime) -> str:
    """To the minute as the format has it, to the second where it is not whole."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ" if utc.second else "%Y-%m-%dT%H:%MZ")


def _one_line(text: str) -> str:
    return " ".join(text.split())


MOST_RINGS = 60
WIDEST_DEG = 150.0
SAME = 1e-6
"""Share of an area by which the one read back may differ."""


def one_ring(polygon: shapely.Polygon | shapely.MultiPolygon) -> list[Vertex] | None:
    """The corners of a ring that encloses an area and nothing of its holes; None where none does."""
    parts = [shapely.geometry.polygon.orient(part) for part in shapely.get_parts(polygon)]
    rings = [np.asarray(ring.coords)[:-1] for part in parts for ring in (part.exterior, *part.interiors)]
    west, _, east, _ = polygon.bounds
    if len(rings) > MOST_RINGS or east - west > WIDEST_DEG:
        return None
    ring, *others = rings
    while others:
        ring = _join_nearest(ring, others)
    corners = [Vertex(lat, (lon + 180.0) % 360.0 - 180.0) for lon, lat in ring.tolist()]
    return corners if gives_back(corners, polygon) else None


def _join_nearest(ring: FloatArray, others: list[FloatArray]) -> FloatArray:
    """A ring joined with the nearest of others, which is removed from these."""
    tree = shapely.STRtree(shapely.points(ring))
    found = [_nearest_corners(tree, other) for other in others]
    number = min(range(len(others)), key=lambda k: found[k][0])
    (_, here, there), other = found[number], others.pop(number)
    return np.vstack((ring[: here + 1], other[there:], other[: there + 1], ring[here:]))


def _nearest_corners(tree: shapely.STRtree, other: FloatArray) -> tuple[float, int, int]:
    """(distance, corner of the ring in the tree, corner of the other) where two rings are nearest."""
    pairs, away = tree.query_nearest(shapely.points(other), return_distance=True, all_matches=False)
    least = int(away.argmin())
    return float(away[least]), int(pairs[1][least]), int(pairs[0][least])


def gives_back(outline: Outline, polygon: shapely.Polygon | shapely.MultiPolygon) -> bool:
    """Whether an outline, drawn again, gives the same area with as many parts."""
    area = build_areas([outline])[0].area
    if area is None or shapely.get_num_geometries(area.polygon) != shapely.get_num_geometries(polygon):
        return False
    west, back_west = polygon.bounds[0], area.polygon.bounds[0]
    turn = 360.0 * round((west - back_west) / 360.0)
    back = shapely.transform(area.polygon, lambda xy: xy + np.array((turn, 0.0)))
    return float(shapely.symmetric_difference(back, polygon).area) <= SAME * float(polygon.area)
