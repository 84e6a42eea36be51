"""Coast, water, roads and buildings from a file that a user gives (`read_base_file`), as a base drawing.

GeoJSON with OpenStreetMap's tags (or Natural Earth's classes, or our own `kind`), or an OSM XML extract. What
is none of the kinds drawn is left out; far from the site nothing is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.parsers import expat

import shapely

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.airspace.json_features import JsonTroubleError, parse_json
from dfr.io.base_drawing import KINDS, MAX_BYTES, TYPES, geometry_to_geojson
from dfr.io.files import decode_text

MAX_FEATURES = 30_000
MAX_NODES = 2_000_000
NEAR_DEG = 0.25
"""About 28 km north and south: what is farther from the site is not on its map."""

DIGITS = 1e-6
"""Degrees are kept to about 0.1 m."""

UNCHECKED = "Not checked against the ground."
OSM_NOTE = "© OpenStreetMap contributors, ODbL 1.0"

GREEN_LEISURE = frozenset(["park", "garden", "pitch", "golf_course", "nature_reserve"])
GREEN_LAND = frozenset(["grass", "forest", "meadow", "cemetery", "recreation_ground", "village_green"])
GREEN_NATURE = frozenset(["grassland", "wood", "scrub", "heath"])
GREEN = GREEN_LEISURE | GREEN_LAND | GREEN_NATURE
WATER = frozenset(["water", "bay", "strait", "reservoir", "basin", "riverbank", "dock"])
STREAMS = frozenset(["river", "stream", "canal", "drain", "ditch"])
RAILS = frozenset(["rail", "light_rail", "tram", "subway", "narrow_gauge"])
CLASSES = {
    "coastline": "coast",
    "river": "water",
    "lake": "water",
    "ocean": "sea",
    "rail": "rail",
    "road": "road",
}
"""Words in Natural Earth's `featurecla`, in the order they are looked for: a railroad is no road."""

Feature = dict[str, Any]


def read_base_file(data: bytes, *, name: str, near: Position) -> str:
    """The drawing, as the text of a NAME.base.geojson. Raises InputError where there is nothing to draw."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        found, note = list(_osm_features(data, name)), f"{OSM_NOTE}. {UNCHECKED}"
    elif start == b"{":
        found, note = list(_geojson_features(data, name)), f"Drawn from {name}. {UNCHECKED}"
    else:
        raise InputError(f"{name}: neither GeoJSON nor OSM XML", do="export the map in one of these")
    features = [feature for kind, shape in found if (feature := _near_feature(kind, shape, near))]
    if not features:
        raise InputError(
            f"{name}: no coast, water, road, railway, building or park within {NEAR_DEG:g}° of the site",
            do="give a map of this place, with OpenStreetMap's tags",
        )
    if len(features) > MAX_FEATURES:
        raise InputError(f"{name}: {len(features):,} features", do=f"cut it to at most {MAX_FEATURES:,}")
    text = json.dumps({"type": "FeatureCollection", "note": note, "features": features}, ensure_ascii=False)
    if len(text.encode()) > MAX_BYTES:
        raise InputError(f"{name}: more than {MAX_BYTES // 2**20} MiB to draw", do="cut it smaller")
    return text


def kind_of(tags: Mapping[str, Any]) -> str | None:
    """What the tags of a feature say it is; None where that is not drawn.

    >>> kind_of({"natural": "coastline"}), kind_of({"highway": "residential"}), kind_of({"shop": "bakery"})
    ('coast', 'road', None)
    """
    own = tags.get("kind")
    if own in KINDS:
        return str(own)
    natural, way = tags.get("natural"), tags.get("waterway")
    rules = (
        ("coast", natural == "coastline"),
        ("water", natural in WATER or way in WATER or way in STREAMS or tags.get("landuse") in WATER),
        ("building", tags.get("building") not in (None, "", "no")),
        ("rail", tags.get("railway") in RAILS),
        ("road", tags.get("highway") not in (None, "")),
        ("park", not GREEN.isdisjoint(str(tags.get(key)) for key in ("landuse", "leisure", "natural"))),
    )
    found = next((kind for kind, holds in rules if holds), None)
    words = str(tags.get("featurecla", "")).lower()
    return found or next((kind for word, kind in CLASSES.items() if word in words), None)


def _near_feature(kind: str, shape: shapely.Geometry, near: Position) -> Feature | None:
    """What of a feature lies near the site; None where nothing does."""
    lon, lat = near.lon_deg, near.lat_deg
    try:
        cut = shapely.clip_by_rect(
            shape, lon - 2 * NEAR_DEG, lat - NEAR_DEG, lon + 2 * NEAR_DEG, lat + NEAR_DEG
        )
        cut = shapely.set_precision(cut, DIGITS)
    except shapely.errors.ShapelyError:
        return None
    if cut.is_empty or cut.geom_type not in TYPES:
        return None
    if kind == "water" and "Line" in cut.geom_type:
        kind = "stream"
    return {"type": "Feature", "properties": {"kind": kind}, "geometry": geometry_to_geojson(cut)}


def _geojson_features(data: bytes, name: str) -> Iterator[tuple[str, shapely.Geometry]]:
    try:
        document, _ = parse_json(decode_text(data)[0])
    except JsonTroubleError as error:
        raise InputError(f"{name}: not JSON ({error})", do="export it again") from error
    features = document.get("features") if isinstance(document, dict) else None
    for feature in features if isinstance(features, list) else ():
        parts = feature if isinstance(feature, dict) else {}
        tags, geometry = parts.get("properties"), parts.get("geometry")
        kind = kind_of(tags) if isinstance(tags, dict) else None
        if kind is None or not isinstance(geometry, dict) or geometry.get("type") not in TYPES:
            continue
        try:
            yield kind, shapely.from_geojson(json.dumps(geometry))
        except (shapely.errors.ShapelyError, ValueError):
            continue


def _osm_features(data: bytes, name: str) -> Iterator[tuple[str, shapely.Geometry]]:
    """Ways of an OSM XML file; of relations only the ways are drawn that have tags of their own."""
    reader = _OsmReader()
    try:
        reader.parse(data)
    except (expat.ExpatError, ValueError) as error:
        raise InputError(f"{name}: not a readable OSM file ({error})", do="export it again") from error
    for points, tags in reader.ways:
        kind = kind_of(tags)
        if kind is None or len(points) < 2:
            continue
        area = len(points) > 3 and points[0] == points[-1] and kind not in ("coast", "road", "rail")
        yield kind, shapely.Polygon(points) if area else shapely.LineString(points)


class _OsmReader:
    """Nodes and ways of an OSM XML text; declarations of types and entities are refused."""

    def __init__(self) -> None:
        self._nodes: dict[str, tuple[float, float]] = {}
        self._points: list[tuple[float, float]] | None = None
        self._tags: dict[str, str] = {}
        self.ways: list[tuple[list[tuple[float, float]], dict[str, str]]] = []

    def parse(self, data: bytes) -> None:
        """Read a whole text. Raises ExpatError or ValueError for one that is no OSM XML."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        refuse: Callable[..., None] = _refuse_declaration
        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        parser.Parse(data, True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "node" and len(self._nodes) < MAX_NODES:
            point = float(attributes.get("lon", "nan")), float(attributes.get("lat", "nan"))
            if abs(point[0]) <= 180.0 and abs(point[1]) <= 90.0:
                self._nodes[attributes.get("id", "")] = point
        elif tag == "way":
            self._points, self._tags = [], {}
        elif self._points is not None and tag == "nd":
            if (node := self._nodes.get(attributes.get("ref", ""))) is not None:
                self._points.append(node)
        elif self._points is not None and tag == "tag":
            self._tags[attributes.get("k", "")] = attributes.get("v", "")

    def _end(self, tag: str) -> None:
        if tag == "way" and self._points is not None:
            self.ways.append((self._points, self._tags))
            self._points = None


def _refuse_declaration(*_: object) -> None:
    raise ValueError("declarations of types and entities are refused")
