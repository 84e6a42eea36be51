"""Features of KML and KMZ: placemarks with points, paths and polygons, and heights above the ground."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dfr.errors import InputError
from dfr.geo import VerticalDatum
from dfr.io.airspace.kml import BadKmlError, unzip_documents
from dfr.io.airspace.safe_xml import (
    Element,
    XmlTroubleError,
    child_elements,
    elements_named,
    local_name,
    parse_xml,
    text_at,
)
from dfr.io.map_features.model import Collector, FeatureFile, LonLat

MAX_DEPTH = 60

DATUMS = {"relativeToGround": VerticalDatum.AGL, "absolute": VerticalDatum.AMSL}
"""What heights count from in each altitude mode; in any other a shape lies on the ground (KML 2.2)."""


def read_kml_features(data: bytes, *, name: str) -> FeatureFile:
    """The features of a KML document, or of all those in a KMZ. Raises InputError for an unreadable one."""
    zipped = data[:2] == b"PK"
    collector = Collector(name, "kmz" if zipped else "kml")
    try:
        documents = unzip_documents(data) if zipped else {"": data}
        for content in documents.values():
            _read_document(parse_xml(content), collector)
    except BadKmlError as error:
        raise InputError(f"{name}: {error}", do="export it again") from error
    except XmlTroubleError as error:
        where = "" if error.line is None else f":{error.line}"
        raise InputError(f"{name}{where}: {error}", do="export it again") from error
    return collector.finish()


def _read_document(root: Element, collector: Collector) -> None:
    for link in elements_named(root, "NetworkLink", "GroundOverlay"):
        label = text_at(link, "name") or local_name(link)
        if local_name(link) == "NetworkLink":
            collector.tell(f"{label}: network links are not followed -> get that file too")
    for placemark in elements_named(root, "Placemark"):
        name, group = text_at(placemark, "name"), _group_of(placemark)
        shapes = list(_shapes_in(placemark, 0))
        if not shapes:
            collector.tell(f"{name or 'a placemark'}: has no point, path or polygon")
        for number, shape in enumerate(shapes, start=1):
            _take_shape(shape, f"{name} {number}" if len(shapes) > 1 else name, group, collector)


def _group_of(placemark: Element) -> str:
    """The name of the folder it lies in."""
    parents = (parent for parent in placemark.iterancestors() if local_name(parent) == "Folder")
    folder = next(parents, None)
    return "" if folder is None else text_at(folder, "name")


def _shapes_in(element: Element, depth: int) -> Iterator[Element]:
    """The geometries directly in a placemark, also those gathered in one."""
    for kid in element:
        if local_name(kid) in ("Point", "LineString", "LinearRing", "Polygon"):
            yield kid
        elif local_name(kid) == "MultiGeometry" and depth < MAX_DEPTH:
            yield from _shapes_in(kid, depth + 1)


def _take_shape(shape: Element, name: str, group: str, collector: Collector) -> None:
    kind = local_name(shape)
    try:
        if kind == "Polygon":
            outer = [_coordinates(ring) for ring in _rings(shape, "outerBoundaryIs")]
            holes = [_coordinates(ring) for ring in _rings(shape, "innerBoundaryIs")]
            collector.add_area(name, [*outer[:1], *holes], group=group, height_m=_height_of(shape))
            return
        points = _coordinates(shape)
    except ValueError as error:
        collector.tell(f"{name or kind}: {error}")
        return
    if kind == "Point" and len(points) == 1:
        collector.add_point(name, points[0], group=group, height_m=_height_of(shape))
    elif kind == "LinearRing":
        collector.add_area(name, [points], group=group)
    elif kind == "LineString":
        collector.add_line(name, points, group=group)
        collector.add_path(name, points, _heights(shape), DATUMS.get(text_at(shape, "altitudeMode")))
    else:
        collector.tell(f"{name or kind}: {len(points)} positions are no point")


def _rings(polygon: Element, boundary: str) -> Iterator[Element]:
    for side in child_elements(polygon, boundary):
        yield from child_elements(side, "LinearRing")


def _height_of(shape: Element) -> float | None:
    """The height of its first position, where the file says that heights count from the ground."""
    if DATUMS.get(text_at(shape, "altitudeMode")) is not VerticalDatum.AGL:
        return None
    return next(iter(_heights(shape)), None)


def _heights(shape: Element) -> list[float | None]:
    """The height of each position, None where it has none."""
    return [_height(parts[2]) if len(parts) > 2 else None for parts in _tuples(shape)]


def _height(text: str) -> float | None:
    try:
        height_m = float(text)
    except ValueError:
        return None
    return height_m if math.isfinite(height_m) else None


def _coordinates(shape: Element) -> list[LonLat]:
    """Longitude and latitude of each position. Raises ValueError where one is not a number."""
    found = []
    for parts in _tuples(shape):
        if len(parts) < 2:
            raise ValueError(f"{','.join(parts)!r:.40} is not a position (longitude,latitude)")
        found.append((float(parts[0]), float(parts[1])))
    return found


def _tuples(shape: Element) -> list[list[str]]:
    """The numbers of each position, as they are written; those of a polygon's outline first."""
    text = next((kid.text or "" for kid in elements_named(shape, "coordinates")), "")
    return [words.split(",") for words in text.replace(", ", ",").split()]
