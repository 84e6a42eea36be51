"""GeoJSON airspace (RFC 7946), and ED-318 UAS zones, which are GeoJSON with a layer and circles.

Plain GeoJSON has no words for airspace: `name`, `class`, `type`, `lower` and `upper` are read
as written by `dfr airspace convert`, and the limits of openAIP.
"""

from __future__ import annotations

from dfr.io.airspace_read import AirspaceRead, Draft, Outcome, Problems, finish
from dfr.io.ed269 import features_of, set_activation
from dfr.io.json_lines import JsonTroubleError, parse_json
from dfr.io.limits import parse_limit
from dfr.io.text import decode_text
from dfr.io.uas_zones import (
    BadZoneError,
    Json,
    authority,
    is_json,
    is_number,
    limit_of,
    objects,
    ring,
    round_area,
    text_of,
)
from dfr.world.outlines import EdgeRule
from dfr.world.vertical import VerticalLimit

OPENAIP_UNITS = {0: "M", 1: "FT"}
OPENAIP_DATUMS = {0: "AGL", 1: "AMSL", 2: "STD"}
OPENAIP_CLASSES = "ABCDEFG"


def read_geojson(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of a GeoJSON file and all that is wrong with it."""
    return _read(data, name, "geojson")


def read_ed318(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of an ED-318 file and all that is wrong with it."""
    return _read(data, name, "ed318")


def _read(data: bytes, name: str, kind: str) -> AirspaceRead:
    problems = Problems()
    drafts: list[Draft] = []
    try:
        document, lines = parse_json(decode_text(data)[0])
    except JsonTroubleError as error:
        problems.add(error.line, "not-json", str(error), Outcome.REFUSED)
        return finish(name, kind, drafts, problems)
    features = features_of(document)
    if not features and is_json(document) and document.get("type") == "Feature":
        features = [document]
    for place, feature in enumerate(features):
        line = lines[place] if len(lines) == len(features) else None
        drafts += _feature(feature, line, problems)
    return finish(name, kind, drafts, problems, edges=EdgeRule.PARALLEL)


def _feature(feature: object, line: int | None, problems: Problems) -> list[Draft]:
    words = feature.get("properties") if is_json(feature) else None
    words = words if is_json(words) else {}
    shapes = _simple(feature.get("geometry") if is_json(feature) else None)
    drafts = [_draft(words, line, problems) for _ in range(max(1, len(shapes)))]
    if not shapes:
        problems.refuse(drafts[0], line, "no-geometry", f"{drafts[0].name}: no geometry")
    for draft, shape in zip(drafts, shapes, strict=False):
        try:
            _place(draft, shape, words)
        except BadZoneError as bad:
            problems.refuse(draft, line, bad.code, f"{draft.name}: {bad}")
    return drafts


def _simple(geometry: object, depth: int = 0) -> list[Json]:
    """The simple shapes of a geometry: the members of collections and of multi-polygons."""
    if not is_json(geometry) or depth > 4:
        return []
    form = geometry.get("type")
    if form == "GeometryCollection":
        return [s for member in objects(geometry.get("geometries")) for s in _simple(member, depth + 1)]
    if form == "MultiPolygon":
        parts = geometry.get("coordinates")
        rest = {key: value for key, value in geometry.items() if key not in ("type", "coordinates")}
        parts = parts if isinstance(parts, list) else []
        return [{**rest, "type": "Polygon", "coordinates": part} for part in parts]
    return [geometry]


def _draft(words: Json, line: int | None, problems: Problems) -> Draft:
    draft = Draft(
        line=line,
        name=text_of(words.get("name")) or text_of(words.get("identifier")),
        kind=text_of(words.get("type") or words.get("kind")).upper(),
        airspace_class=_class(words),
        contact=authority(words.get("zoneAuthority")) or text_of(words.get("contact")),
        exempt=text_of(words.get("regulationExemption")),
        remarks=(text_of(words.get("message")) or text_of(words.get("remarks")))[:500],
        possible=words.get("possible") is True,
    )
    set_activation(draft, objects(words.get("limitedApplicability")), line, problems)
    return draft


def _class(words: Json) -> str:
    found = words.get("class") or words.get("airspaceClass") or ""
    number = words.get("icaoClass")
    if isinstance(number, int) and 0 <= number < len(OPENAIP_CLASSES):
        found = OPENAIP_CLASSES[number]
    letter = text_of(found).upper()
    return letter if len(letter) == 1 and letter in OPENAIP_CLASSES else ""


def _place(draft: Draft, shape: Json, words: Json) -> None:
    """Limits and outline of one shape. Raises BadZoneError."""
    try:
        draft.lower, draft.upper = _limits(shape, words)
    finally:
        _outline(draft, shape, words)


def _limits(shape: Json, words: Json) -> tuple[VerticalLimit | None, VerticalLimit | None]:
    layer = shape.get("layer")
    if is_json(layer):
        unit = layer.get("uom")
        return (
            limit_of(layer.get("lower"), layer.get("lowerReference"), unit, upper=False),
            limit_of(layer.get("upper"), layer.get("upperReference"), unit, upper=True),
        )
    return _limit(words, ("lower", "floor", "lowerLimit"), upper=False), _limit(
        words, ("upper", "ceiling", "upperLimit"), upper=True
    )


def _limit(words: Json, keys: tuple[str, ...], *, upper: bool) -> VerticalLimit | None:
    for key in keys:
        value = words.get(key)
        if isinstance(value, str) and value:
            found = parse_limit(value)
            if found is None:
                raise BadZoneError("unreadable-limit", f"{value[:40]!r} is no limit")
            return found
        if is_json(value):
            unit, datum = value.get("unit"), value.get("referenceDatum")
            if unit == 6:
                return limit_of(value.get("value"), "FL", "FT", upper=upper)
            unit = OPENAIP_UNITS.get(unit, unit) if isinstance(unit, int) else unit
            datum = OPENAIP_DATUMS.get(datum, datum) if isinstance(datum, int) else datum
            return limit_of(value.get("value"), datum, unit, upper=upper)
        if is_number(value):
            raise BadZoneError("unreadable-limit", f"{value:g} has no unit and no reference")
    return None


def _outline(draft: Draft, shape: Json, words: Json) -> None:
    form, coordinates = shape.get("type"), shape.get("coordinates")
    if form == "Point":
        extent = shape.get("extent")
        radius = extent.get("radius") if is_json(extent) else words.get("radius_m")
        draft.outline = round_area(coordinates, radius)
    elif form == "Polygon" and isinstance(coordinates, list) and coordinates:
        draft.outline = ring(coordinates[0])
        draft.holes = [ring(hole) for hole in coordinates[1:]]
    else:
        raise BadZoneError("bad-geometry", f"{str(form)[:20]!r} encloses no area")
