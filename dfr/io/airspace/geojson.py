"""GeoJSON airspace (RFC 7946), and ED-318 UAS zones, which are GeoJSON with a layer and circles.

Plain GeoJSON has no words for airspace: `name`, `class`, `type`, `lower` and `upper` are read as written by
`dfr airspace convert`, the limits of openAIP, and the words of ED-269 and ED-318 wherever national
offices put them: among the properties, in groups within these, or in the feature itself.

Layers of the FAA are put into the same words first. Class and special use airspace have `LOWER_VAL`,
`LOWER_UOM`, `LOWER_CODE` and the same for the upper limit. A facility map of unmanned aircraft has `CEILING`:
the height above ground up to which an authorisation may be given without further coordination. It permits
nothing by itself, and 0 forbids nothing.

Ours, because GeoJSON defines no limits, units or datums; `json_features` parses the JSON.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dfr.io.airspace.ed269 import features_of, set_activation
from dfr.io.airspace.json_features import read_features
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.lost_parts import Reach
from dfr.io.airspace.reading import AirspaceRead, FileWords, Problems, VolumeDraft, one_volume
from dfr.io.airspace.uas_zones import (
    BadZoneError,
    Json,
    authority_text,
    is_json,
    is_number,
    json_objects,
    limit_of,
    lost_corners,
    plain_text,
    read_corner,
    read_ring,
    round_area,
    scattered_corners,
    text_of,
)
from dfr.units import nm_to_m
from dfr.world.zones import VerticalLimit

GROUPS = ("uaszone", "verticallayer", "layer")
"""Groups of properties whose members count as properties."""

NAMES = ("name", "nameofarea", "title", "designator", "identifier", "id")
KINDS = ("restriction", "type", "kind", "typeofarea", "category")
DATES = ("validFrom", "issued")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
UNITS = ("uom", "uomdimensions", "unit")
LAYERS = ("verticallayer", "layer")
LAYER_UNIT = "m"
"""Of the heights of a layer where neither it nor its feature names one (ED-318, layered GeoJSON)."""

LOWER = ("lower", "floor", "lowerlimit", "base", "bottom")
UPPER = ("upper", "ceiling", "upperlimit", "tops", "top")

SURELY_METRES = 300.0
"""A radius without a unit that is larger is in metres: nobody publishes 300 miles round a point."""

OPENAIP_UNITS = {0: "M", 1: "FT"}
OPENAIP_DATUMS = {0: "AGL", 1: "AMSL", 2: "STD"}
OPENAIP_LEVEL = 6
OPENAIP_CLASSES = "ABCDEFG"


def read_geojson(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of a GeoJSON file and all that is wrong with it."""
    return _read_collection(data, name, "geojson")


def read_ed318(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of an ED-318 file and all that is wrong with it."""
    return _read_collection(data, name, "ed318")


def _read_collection(data: bytes, name: str, kind: str) -> AirspaceRead:
    return read_features(
        data,
        name=name,
        kind=kind,
        features_of=_features_of,
        drafts_of=_drafts_of_feature,
        words_of=lambda document: FileWords(date=_collection_date(document)),
    )


def _features_of(document: object) -> list[object]:
    """The features of a collection, or a single one."""
    features = features_of(document)
    alone = not features and is_json(document) and document.get("type") == "Feature"
    return [document] if alone else features


def _collection_date(document: object) -> str:
    """The date from which a collection says it holds, or was issued (ED-318); '' where it says none."""
    metadata = document.get("metadata") if is_json(document) else None
    if not is_json(metadata):
        return _oldest_cell(document)
    return next((text[:10] for key in DATES if _DATE.match(text := text_of(metadata.get(key)))), "")


def _oldest_cell(document: object) -> str:
    """The date of the oldest cell of a facility map; '' where none has a date."""
    features = [feature for feature in _features_of(document) if is_json(feature)]
    cells = [cell for feature in features if is_json(cell := feature.get("properties"))]
    return min((day for cell in cells if (day := date_of(cell))), default="")


def _drafts_of_feature(feature: object, line: int | None, problems: Problems) -> list[VolumeDraft]:
    words = _words_of_feature(feature) if is_json(feature) else {}
    shapes = _simple_shapes(feature.get("geometry") if is_json(feature) else None)
    drafts = [_draft_of_words(words, line, problems) for _ in range(max(1, len(shapes)))]
    if not shapes:
        problems.refuse(drafts[0], line, "no-geometry", f"{drafts[0].name}: no geometry")
    for draft, shape in zip(drafts, shapes, strict=False):
        try:
            draft.lower, draft.upper = _read_limits(shape, words)
        except BadZoneError as bad:
            problems.refuse(draft, line, bad.code, f"{draft.name}: {bad}")
        try:
            _draw_outline(draft, shape, words, problems)
        except BadZoneError as bad:
            draft.outline = draft.outline or scattered_corners(shape.get("coordinates"))
            lost = bad.reaches or lost_corners(shape.get("coordinates"))
            problems.refuse(draft, line, bad.code, f"{draft.name}: {bad}", lost=lost)
    return one_volume(drafts) if words.get("parts") is True else drafts


def _words_of_feature(feature: Json) -> Json:
    """The properties of a feature by their names in small letters, with those of its groups."""
    given = feature.get("properties")
    small: Json = {key.lower(): value for key, value in (given if is_json(given) else feature).items()}
    for group in GROUPS:
        members = small.get(group)
        if is_json(members):
            small |= _layer_words(members, small) if group in LAYERS else _small_keys(members)
    return faa_words(small)


def _small_keys(members: Json) -> Json:
    return {key.lower(): value for key, value in members.items() if value != ""}


def _layer_words(members: Json, around: Json) -> Json:
    """The members of a layer; its unit is its own, else that of what it stands in, else metres."""
    small = _small_keys(members)
    return small | {"uom": _unit_of(small) or _unit_of(around) or LAYER_UNIT}


def _unit_of(words: Json) -> object:
    return next((words[key] for key in UNITS if words.get(key)), None)


def _first_text(words: Json, keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := text_of(words.get(key)))), "")


def _simple_shapes(geometry: object, depth: int = 0) -> list[Json]:
    """The simple shapes of a geometry: the members of collections and of multi-polygons."""
    if not is_json(geometry) or depth > 4:
        return []
    form = geometry.get("type")
    if form == "GeometryCollection":
        return [
            s
            for member in json_objects(geometry.get("geometries"))
            for s in _simple_shapes(member, depth + 1)
        ]
    if form == "MultiPolygon":
        parts = geometry.get("coordinates")
        rest = {key: value for key, value in geometry.items() if key not in ("type", "coordinates")}
        parts = parts if isinstance(parts, list) else []
        return [{**rest, "type": "Polygon", "coordinates": part} for part in parts]
    return [geometry]


def _draft_of_words(words: Json, line: int | None, problems: Problems) -> VolumeDraft:
    draft = VolumeDraft(
        line=line,
        name=plain_text(_first_text(words, NAMES)),
        kind=_first_text(words, KINDS).upper(),
        airspace_class=_class_of(words),
        contact=authority_text(words.get("zoneauthority")) or _first_text(words, ("contact", "authority")),
        exempt=text_of(words.get("regulationexemption")),
        remarks=plain_text(_first_text(words, ("message", "remarks")))[:500],
        possible=words.get("possible") is True,
    )
    periods = words.get("limitedapplicability") or words.get("applicability")
    set_activation(draft, json_objects(periods), line, problems)
    return draft


def _class_of(words: Json) -> str:
    found = words.get("class") or words.get("airspaceclass") or ""
    number = words.get("icaoclass")
    if isinstance(number, int) and 0 <= number < len(OPENAIP_CLASSES):
        found = OPENAIP_CLASSES[number]
    letter = text_of(found).upper()
    return letter if len(letter) == 1 and letter in OPENAIP_CLASSES else ""


def _read_limits(shape: Json, words: Json) -> tuple[VerticalLimit | None, VerticalLimit | None]:
    layer = shape.get("layer")
    if is_json(layer):
        words = _layer_words(layer, words)
    return _read_limit(words, "lower", LOWER, upper=False), _read_limit(words, "upper", UPPER, upper=True)


def _read_limit(words: Json, side: str, keys: tuple[str, ...], *, upper: bool) -> VerticalLimit | None:
    """A limit in words, as an object of openAIP's, or as a number with its reference and unit beside it.

    A number in words without its reference is no limit, and the widest is taken.
    """
    value = next((words[key] for key in keys if words.get(key) not in (None, "")), None)
    if value is None:
        return None
    if is_json(value):
        unit, datum = value.get("unit"), value.get("referenceDatum", value.get("reference"))
        if unit == OPENAIP_LEVEL:
            return limit_of(value.get("value"), "FL", "FT", upper=upper)
        unit = OPENAIP_UNITS.get(unit, unit) if isinstance(unit, int) else unit
        datum = OPENAIP_DATUMS.get(datum, datum) if isinstance(datum, int) else datum
        return limit_of(value.get("value"), datum, unit, upper=upper)
    references = (f"{side}reference", f"{side}verticalreference", f"{side}ref")
    reference = next((words[key] for key in references if words.get(key)), None)
    if reference is None and isinstance(value, str):
        if value.strip().isdecimal() and value.strip("0 "):
            return None
        found = parse_limit(value.strip(" .,;\u00b7"))
        if found is None:
            raise BadZoneError("unreadable-limit", f"{value[:40]!r} is not a limit")
        return found
    return limit_of(value, reference, _unit_of(words), upper=upper)


def _draw_outline(draft: VolumeDraft, shape: Json, words: Json, problems: Problems) -> None:
    """The outline of one shape. Raises BadZoneError."""
    form, coordinates = shape.get("type"), shape.get("coordinates")
    if form == "Point":
        extent = shape.get("extent")
        radius = extent.get("radius") if is_json(extent) else words.get("radius_m")
        bare = words.get("radius")
        if radius is None and is_number(bare) and bare > 0.0:
            _bare_radius(draft, coordinates, bare, problems)
        elif radius is None and bare is None:
            raise BadZoneError(
                "bad-radius", "a point without a radius", Reach.around_place(read_corner(coordinates), 0.0)
            )
        else:
            draft.outline = round_area(coordinates, radius)
    elif form == "Polygon" and isinstance(coordinates, list) and coordinates:
        draft.outline = read_ring(coordinates[0])
        draft.holes = [read_ring(hole) for hole in coordinates[1:]]
    else:
        raise BadZoneError("bad-geometry", f"{str(form)[:20]!r} encloses no area")


def _bare_radius(draft: VolumeDraft, centre: object, radius: float, problems: Problems) -> None:
    """A circle whose radius has no unit: metres where nothing else can be meant. Raises BadZoneError."""
    if radius >= SURELY_METRES:
        draft.outline = round_area(centre, radius)
        words = f"{draft.name}: a radius of {radius:g} without a unit, taken as metres"
        problems.repair(draft, draft.line, "radius-unit", words)
        return
    draft.outline = round_area(centre, nm_to_m(radius))
    raise BadZoneError("radius-unit", f"a radius of {radius:g} without a unit")


# The words of the FAA ------------------------------------------------------------------------

NOT_STATED = -9990.0
"""Values at or below are the FAA's sign for no value (-9998)."""

REFERENCES = {"SFC": "AGL", "AGL": "AGL", "MSL": "AMSL"}

SPECIAL_USE = {"R": "R", "P": "P", "W": "WARNING", "A": "ALERT", "MOA": "MOA", "D": "D"}
"""Kinds of special use airspace by `TYPE_CODE`."""

FACILITY_KIND = "REQ_AUTHORISATION"


def faa_words(small: Json) -> Json:
    """Properties in small letters with those of the FAA in plain words beside them; others as they are."""
    if "ceiling" in small and any(key.startswith("apt1_") for key in small):
        rest = {key: value for key, value in small.items() if key not in ("ceiling", "unit")}
        return rest | _facility_words(small)
    if "lower_code" in small or "upper_code" in small:
        return small | _volume_words(small)
    return small


def date_of(properties: Json) -> str:
    """The day from which a cell of a facility map holds; '' where it does not say."""
    value = properties.get("MAP_EFF")
    if is_number(value) and 0.0 < value < 4e12:
        return f"{datetime.fromtimestamp(value / 1000.0, tz=UTC):%Y-%m-%d}"
    text = text_of(value).replace("/", "-")
    return text[:10] if len(text) >= 10 and text[:4].isdecimal() else ""


def _facility_words(small: Json) -> Json:
    """A cell of a facility map: an authorisation is needed at any height, and from whom."""
    airport = f"{text_of(small.get('apt1_icao'))} {text_of(small.get('apt1_name'))}".strip()
    authority = text_of(small.get("unit")) or "the FAA"
    ceiling = small.get("ceiling")
    quick = "how high an authorisation may be quick is not stated"
    if is_number(ceiling) and ceiling >= 0.0:
        quick = f"quick up to {ceiling:g} ft AGL"
        quick += ", so never without further coordination" if ceiling == 0.0 else ""
    words = f"authorisation needed from {authority}, {quick}; the map itself permits nothing"
    return {
        "name": f"{airport} facility map".strip(), "type": FACILITY_KIND, "lower": "SFC", "upper": "UNL",
        "contact": authority, "remarks": words,
    }  # fmt: skip


def _volume_words(small: Json) -> Json:
    """A volume of class or special use airspace."""
    name = text_of(small.get("name")) or text_of(small.get("ident"))
    code = text_of(small.get("type_code")).upper()
    kind = SPECIAL_USE.get(code, "CLASS" if code == "CLASS" or small.get("class") else code)
    found: Json = {"name": name, "type": kind, "remarks": text_of(small.get("timesofuse"))}
    for side in ("lower", "upper"):
        if words := _faa_limit(small, side):
            found[side] = words
    return found


def _faa_limit(small: Json, side: str) -> str:
    """A limit in words; '' where it has no value, or one without a unit and reference that are known."""
    value, unit, code = (small.get(f"{side}_{key}") for key in ("val", "uom", "code"))
    try:
        number = float(str(value))
    except ValueError:
        return ""
    reference = text_of(code).upper()
    if not NOT_STATED < number < 1e6:
        return ""
    if text_of(unit).upper() == "FL" or reference == "STD":
        return f"FL{number:g}" if text_of(unit).upper() == "FL" else f"{number:g} ft STD"
    if text_of(unit).upper() != "FT" or reference not in REFERENCES:
        return ""
    if number == 0.0 and side == "lower":
        return "SFC"
    return f"{number:g} ft {REFERENCES[reference]}"
