"""KML 2.2 of a flight plan, for map viewers and back: placemarks whose ExtendedData say what they are.

A placemark of another origin is refused by name rather than guessed at. Document type declarations
are refused, so that no entity is ever expanded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from dfr.errors import MissionFileError
from dfr.mission.formats import geojson
from dfr.mission.items import FlightPlan

NAMESPACE = "http://www.opengis.net/kml/2.2"
K = f"{{{NAMESPACE}}}"
KEY = "dfr"

ALTITUDE_MODE = {0: "absolute", 3: "relativeToGround", 10: "relativeToGround"}
"""How a viewer counts the height of each frame; heights above home are nearest to above ground."""


def write(plan: FlightPlan) -> str:
    """The text of a KML file."""
    features = json.loads(geojson.write(plan))["features"]
    root = ET.Element("kml", xmlns=NAMESPACE)
    document = ET.SubElement(root, "Document")
    ET.SubElement(document, "name").text = plan.name
    for feature in features:
        _add_placemark(document, feature)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def read(data: bytes, *, name: str) -> FlightPlan:
    """The flight plan of a KML file as `write` makes it. Raises MissionFileError naming the placemark."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise MissionFileError(
            f"{name}: a document type declaration is not accepted", do="save it without one"
        )
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, LookupError, ValueError) as error:
        raise MissionFileError(f"{name}: not XML: {error}") from error
    features = list(_read_features(root, name=name))
    collection = json.dumps({"type": "FeatureCollection", "features": features})
    return geojson.read(collection.encode(), name=name)


def _add_placemark(parent: ET.Element, feature: dict[str, Any]) -> None:
    properties = feature["properties"]
    placemark = ET.SubElement(parent, "Placemark")
    ET.SubElement(placemark, "name").text = _label_of(properties)
    data = ET.SubElement(ET.SubElement(placemark, "ExtendedData"), "Data", name=KEY)
    ET.SubElement(data, "value").text = json.dumps(properties)
    geometry = feature["geometry"]
    if geometry is None:
        return
    mode = ALTITUDE_MODE.get(properties.get("frame", 3), "clampToGround")
    kind, coordinates = geometry["type"], geometry["coordinates"]
    shape = ET.SubElement(placemark, kind)
    if kind == "Polygon":
        ring = ET.SubElement(ET.SubElement(shape, "outerBoundaryIs"), "LinearRing")
        ET.SubElement(ring, "coordinates").text = _coordinates_text(coordinates[0])
        return
    if kind == "Point" and len(coordinates) > 2:
        ET.SubElement(shape, "altitudeMode").text = mode
    ET.SubElement(shape, "coordinates").text = _coordinates_text(
        coordinates if kind == "LineString" else [coordinates]
    )


def _label_of(properties: dict[str, Any]) -> str:
    if properties[KEY] == "item":
        return f"{properties['seq']} {properties['name']}"
    return str(properties.get("plan", properties[KEY].replace("_", "-")))


def _coordinates_text(coordinates: list[list[float]]) -> str:
    return " ".join(",".join(repr(value) for value in entry) for entry in coordinates)


def _read_features(root: ET.Element, *, name: str) -> Iterator[dict[str, Any]]:
    for placemark in root.iter(f"{K}Placemark"):
        label = placemark.findtext(f"{K}name", default="without a name")
        where = f"{name}: placemark {label!r}"
        value = placemark.findtext(f"{K}ExtendedData/{K}Data[@name='{KEY}']/{K}value")
        if value is None:
            raise MissionFileError(
                f"{where} does not say what it is",
                do="write the plan with dfr mission, or dfr mission-file convert",
            )
        try:
            properties = json.loads(value)
        except json.JSONDecodeError as error:
            raise MissionFileError(f"{where}: its data is not JSON: {error}") from error
        yield {"properties": properties, "geometry": _read_geometry(placemark, where=where)}


def _read_geometry(placemark: ET.Element, *, where: str) -> dict[str, Any] | None:
    point = placemark.findtext(f"{K}Point/{K}coordinates")
    if point is not None:
        return {"type": "Point", "coordinates": _read_coordinates(point, where=where)[0]}
    ring = placemark.findtext(f"{K}Polygon/{K}outerBoundaryIs/{K}LinearRing/{K}coordinates")
    if ring is not None:
        return {"type": "Polygon", "coordinates": [_read_coordinates(ring, where=where)]}
    return None


def _read_coordinates(text: str, *, where: str) -> list[list[float]]:
    try:
        rows = [[float(value) for value in entry.split(",")] for entry in text.split()]
    except ValueError as error:
        raise MissionFileError(f"{where}: coordinates {text[:60]!r} are not numbers") from error
    if not rows:
        raise MissionFileError(f"{where}: no coordinates")
    return rows
