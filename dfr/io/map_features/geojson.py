"""Features of GeoJSON (RFC 7946), in WGS84 as it says; another reference system is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dfr.errors import InputError
from dfr.io.airspace.json_features import JsonTroubleError, parse_json
from dfr.io.files import decode_text
from dfr.io.map_features.model import Collector, FeatureFile, LonLat

HEIGHTS = ("height", "height_m", "Height", "HEIGHT")
NAMES = ("name", "Name", "NAME", "title", "label", "id")
WGS84 = ("CRS84", "4326")
MAX_DEPTH = 20


def read_geojson_features(data: bytes, *, name: str) -> FeatureFile:
    """The features of a GeoJSON text. Raises InputError for an unreadable one."""
    try:
        document, _ = parse_json(decode_text(data)[0])
    except JsonTroubleError as error:
        where = "" if error.line is None else f":{error.line}"
        raise InputError(f"{name}{where}: not JSON ({error})", do="export it again") from error
    if not isinstance(document, dict):
        raise InputError(f"{name}: is JSON, but no GeoJSON", do="export it again")
    _refuse_other_system(document, name)
    return features_of_geojson(_features_in(document), name=name, kind="geojson")


def features_of_geojson(features: Sequence[object], *, name: str, kind: str) -> FeatureFile:
    """The features of GeoJSON objects, whatever file they come from."""
    collector = Collector(name, kind)
    for feature in features:
        if not isinstance(feature, dict):
            collector.tell(f"{feature!r:.40} is no feature")
            continue
        properties = feature.get("properties")
        words = _name_in(properties if isinstance(properties, dict) else feature)
        shapes = list(_simple_shapes(feature.get("geometry"), 0))
        if not shapes:
            collector.tell(f"{words or 'a feature'}: has no geometry that can be used")
        for number, (shape, coordinates) in enumerate(shapes, start=1):
            own = f"{words} {number}".strip() if len(shapes) > 1 else words
            _take_shape(shape, coordinates, own, collector, _height_in(properties))
    return collector.finish()


def _refuse_other_system(document: Mapping[str, Any], name: str) -> None:
    stated = document.get("crs")
    if stated is not None and not any(word in json.dumps(stated)[:400] for word in WGS84):
        raise InputError(f"{name}: is not in WGS84: {json.dumps(stated)[:80]}", do="export it in WGS84")


def _features_in(document: Mapping[str, Any]) -> list[object]:
    if document.get("type") == "FeatureCollection":
        found = document.get("features")
        return list(found) if isinstance(found, list) else []
    return [document] if document.get("type") == "Feature" else [{"geometry": document}]


def _name_in(properties: Mapping[str, Any]) -> str:
    return next((str(properties[key]) for key in NAMES if properties.get(key) not in (None, "")), "")


def _height_in(properties: object) -> float | None:
    """The height in m that properties state, as a number or as OpenStreetMap writes it (`12 m`)."""
    stated = [properties.get(key) for key in HEIGHTS] if isinstance(properties, dict) else []
    found = next((value for value in stated if value is not None and not isinstance(value, bool)), None)
    try:
        return float(str(found).removesuffix("m")) if found is not None else None
    except ValueError:
        return None


def _simple_shapes(geometry: object, depth: int) -> Iterator[tuple[str, Any]]:
    """(type, coordinates) of each point, line and polygon in a geometry."""
    if not isinstance(geometry, dict) or depth > MAX_DEPTH:
        return
    kind, coordinates = str(geometry.get("type")), geometry.get("coordinates")
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        for part in parts if isinstance(parts, list) else ():
            yield from _simple_shapes(part, depth + 1)
    elif kind.startswith("Multi") and isinstance(coordinates, list):
        yield from ((kind.removeprefix("Multi"), part) for part in coordinates)
    elif kind in ("Point", "LineString", "Polygon"):
        yield kind, coordinates


def _take_shape(kind: str, coordinates: Any, name: str, collector: Collector, height_m: float | None) -> None:
    try:
        if kind == "Point":
            collector.add_point(name, _pair(coordinates), height_m=height_m)
        elif kind == "LineString":
            collector.add_line(name, [_pair(pair) for pair in coordinates])
        else:
            rings = [[_pair(pair) for pair in ring] for ring in coordinates]
            collector.add_area(name, rings, height_m=height_m)
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        collector.tell(f"{name or kind}: its coordinates are no positions ({error})")


def _pair(value: Any) -> LonLat:
    """A longitude and latitude. Raises ValueError or TypeError for anything else."""
    if not isinstance(value, list) or len(value) < 2 or any(isinstance(v, (bool, str)) for v in value[:2]):
        raise ValueError(f"{value!r:.40}")
    return float(value[0]), float(value[1])
