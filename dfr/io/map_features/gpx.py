"""Features of GPX: waypoints as points, routes and tracks as lines. Heights and times are left out."""

from __future__ import annotations

from collections.abc import Iterator

from dfr.errors import InputError
from dfr.io.airspace.safe_xml import (
    Element,
    XmlTroubleError,
    child_elements,
    elements_named,
    parse_xml,
    text_at,
)
from dfr.io.map_features.model import Collector, FeatureFile, LonLat


def read_gpx_features(data: bytes, *, name: str) -> FeatureFile:
    """The features of a GPX document. Raises InputError for an unreadable one."""
    try:
        root = parse_xml(data)
    except XmlTroubleError as error:
        where = "" if error.line is None else f":{error.line}"
        raise InputError(f"{name}{where}: {error}", do="export it again") from error
    collector = Collector(name, "gpx")
    for point in elements_named(root, "wpt"):
        for where_is in _points([point], text_at(point, "name"), collector):
            collector.add_point(text_at(point, "name"), where_is)
    for route in elements_named(root, "rte"):
        label = text_at(route, "name")
        collector.add_line(label, list(_points(child_elements(route, "rtept"), label, collector)))
    for track in elements_named(root, "trk"):
        label = text_at(track, "name")
        for segment in child_elements(track, "trkseg"):
            collector.add_line(label, list(_points(child_elements(segment, "trkpt"), label, collector)))
    return collector.finish()


def _points(elements: list[Element], label: str, collector: Collector) -> Iterator[LonLat]:
    for element in elements:
        try:
            yield float(element.get("lon", "")), float(element.get("lat", ""))
        except ValueError:
            collector.tell(f"{label or 'a point'}: its latitude or longitude is not a number")
