"""Locations as emergency services write them: PIDF-LO, XML with a geometry and an address.

Shapes, datum and units are those of RFC 5491 and of its GML profile (OGC 06-142r1): the outermost geometry
names WGS 84 (EPSG 4326 or 4979, latitude first), lengths are in metres (EPSG 9001). Nothing is fetched.
"""

from __future__ import annotations

from dfr.io.airspace.safe_xml import Element, XmlTroubleError, elements_named, local_name, parse_xml, text_at
from dfr.io.incidents.report import MAX_TEXT, Place, place_of_area, read_place, read_words, unknown_place

DATUMS = frozenset({"urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::4979"})
METRES = "urn:ogc:def:uom:EPSG::9001"
SHAPES = ("Point", "Circle", "Ellipse", "Sphere", "Ellipsoid", "Polygon", "Prism", "ArcBand")
RADII = {"Circle": "radius", "Sphere": "radius", "Ellipse": "semiMajorAxis", "Ellipsoid": "semiMajorAxis"}
"""The length by which a shape is uncertain across the ground."""

ADDRESS = ("country", "A1", "A2", "A3", "A4", "A5", "A6", "RD", "STS", "HNO", "LMK", "LOC", "NAM", "PC")
"""The parts of a civic address, from large to small (RFC 4119 and 5139)."""

MOST_CORNERS = 1000


def read_location(text: str) -> tuple[Place, str]:
    """The place and the address of a PIDF-LO document."""
    try:
        root = parse_xml(text.encode())
    except (XmlTroubleError, UnicodeEncodeError) as error:
        return unknown_place(f"the location is not XML that can be used ({error})"), ""
    shapes = list(elements_named(root, *SHAPES))
    if not shapes:
        return unknown_place("the location has no coordinates"), _read_address(root)
    return _read_shape(shapes[0]), _read_address(root)


def _read_shape(shape: Element) -> Place:
    name, datum = local_name(shape), shape.get("srsName")
    if datum not in DATUMS:
        said = "no datum" if datum is None else f"the datum {read_words(datum)}, not WGS 84"
        return unknown_place(f"the location names {said}")
    if name == "Polygon":
        return _read_polygon(shape)
    if name != "Point" and name not in RADII:
        return unknown_place(f"the location is a {name}, which dfr does not read")
    numbers = text_at(shape, "pos").split()
    if len(numbers) not in (2, 3):
        return unknown_place("the location has no pair of degrees")
    radius = _read_length(shape, RADII[name]) if name in RADII else None
    return read_place(numbers[0], numbers[1], uncertainty_m=radius)


def _read_length(shape: Element, name: str) -> str:
    """A length in metres as text; where it has another unit, one that is no number."""
    found = next(elements_named(shape, name), None)
    if found is None or found.get("uom", METRES) != METRES:
        return ""
    return (found.text or "").strip()


def _read_polygon(shape: Element) -> Place:
    size = 3 if shape.get("srsName", "").endswith("4979") else 2
    numbers = " ".join(found.text or "" for found in elements_named(shape, "pos", "posList")).split()
    if not numbers or len(numbers) % size or len(numbers) > size * MOST_CORNERS:
        return unknown_place("the location's area has no pairs of degrees that can be used")
    try:
        degrees = [float(number) for number in numbers]
    except ValueError:
        return unknown_place("the location's area has a corner that is no position")
    return place_of_area(list(zip(degrees[0::size], degrees[1::size], strict=True)))


def _read_address(root: Element) -> str:
    found = {local_name(part): part.text or "" for part in elements_named(root, *ADDRESS)}
    return read_words(", ".join(found[name] for name in ADDRESS if found.get(name)), most=MAX_TEXT)
