"""What can be drawn on the plan page: the features of a scenario, and a form for each kind.

`map_features` reads them from the file's plain data, so that a page edits what is written there;
`feature_forms` takes fields, units and limits from the schema of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dfr.geo import Position, offset
from dfr.scenario.features import SPECS, Feature, FeatureKind, FeatureSpec, Shape, list_features, value_at
from dfr.scenario.schema_parts import Sourced

UNITS = {
    "_m_agl": "m above ground",
    "_m_amsl": "m above sea level",
    "_mps": "m/s",
    "_deg": "°",
    "_per_m2": "per m²",
    "_per_day": "a day",
    "_m": "m",
    "_s": "s",
}
"""The unit of a field by the end of its name."""

_FIRST = ("name", "id")
_NOT_IN_FORMS = {*Sourced.model_fields, "sources", "obstacles", "confirmed", "confirmed_by"}
"""That a part is the real one is stated in the checklist, with who says so."""

LABELS = {"lat_deg": "Latitude", "lon_deg": "Longitude"}


def map_features(data: Any) -> list[dict[str, Any]]:
    """Every feature of a file's plain data: kind, id, name, path, fields and geometry in [lon, lat]."""
    return [
        {
            "kind": kind.value,
            "id": feature.id,
            "name": feature.name,
            "path": list(feature.path),
            "fields": feature.value if isinstance(feature.value, dict) else {},
            "geometry": _geometry_of(feature, data),
        }
        for kind in FeatureKind
        for feature in list_features(data, kind)
    ]


def _geometry_of(feature: Feature, data: Any) -> dict[str, Any]:
    spec, value = SPECS[feature.kind], feature.value
    if spec.shape is Shape.AREA:
        return {"type": "Polygon", "coordinates": [[[lon, lat] for lat, lon in value[spec.area_field]]]}
    if spec.shape is Shape.PLACE:
        return {"type": "Point", "coordinates": [value[1], value[0]]}
    if spec.shape is Shape.POINT:
        return {"type": "Point", "coordinates": [value["lon_deg"], value["lat_deg"]]}
    dock = value_at(data, feature.path[:3])
    there = offset(
        Position(lat_deg=dock["lat_deg"], lon_deg=dock["lon_deg"]),
        bearing_deg=value["bearing_deg"],
        distance_m=value["distance_m"],
    )
    return {"type": "Point", "coordinates": [round(there.lon_deg, 7), round(there.lat_deg, 7)]}


@cache
def feature_forms() -> dict[str, dict[str, Any]]:
    """For each kind its title, its shape and the fields of its form."""
    return {kind.value: _form_of(spec) for kind, spec in SPECS.items()}


def _form_of(spec: FeatureSpec) -> dict[str, Any]:
    schema = {} if spec.model is None else spec.model.model_json_schema()
    names = () if spec.model is None else spec.model.model_fields
    hidden = {*_NOT_IN_FORMS, spec.area_field} if spec.shape is Shape.AREA else _NOT_IN_FORMS
    return {
        "title": spec.title,
        "shape": spec.shape.value,
        "single": spec.single,
        "sourced": spec.model is not None and issubclass(spec.model, Sourced),
        "named": "name" in names,
        "has_id": "id" in names,
        "fields": list(_fields_of(schema, schema, hidden)),
    }


def _fields_of(
    part: Mapping[str, Any], root: Mapping[str, Any], hidden: set[str]
) -> Iterator[dict[str, Any]]:
    required = part.get("required", ())
    properties = part.get("properties", {})
    for name in sorted(properties.keys() - hidden, key=[*_FIRST, *properties].index):
        written = properties[name]
        field = _field_of(name, written, root)
        field["required"] = name in required
        if written.get("default") is not None:
            field["default"] = written["default"]
        yield field


def _field_of(name: str, written: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """A field as the page draws it: its kind of input, its words, unit and limits."""
    rule = _resolve(written, root)
    label, unit = split_unit(name)
    field = {"name": name, "label": label, "unit": unit, "help": written.get("description", "")}
    properties = rule.get("properties", {})
    if "median_s" in properties:
        choices = _resolve(properties["shape"], root)["enum"]
        return {**field, "input": "duration", "unit": "s", "choices": choices}
    if "value" in properties:
        return {**field, "input": "figure", **_limits_of(properties["value"])}
    if rule.get("type") == "array":
        columns = _resolve(rule["items"], root)
        return {**field, "input": "table", "fields": list(_fields_of(columns, root, set()))}
    if "enum" in rule:
        return {**field, "input": "choice", "choices": rule["enum"]}
    kinds = {"number": "number", "integer": "whole", "boolean": "flag"}
    kind = "time" if "examples" in rule else kinds.get(rule.get("type", ""), "text")
    return {**field, "input": kind, **_limits_of(rule)}


def _resolve(rule: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rule without references, and without the null of an optional one."""
    if "$ref" in rule:
        return _resolve(root["$defs"][rule["$ref"].rpartition("/")[2]], root)
    if "anyOf" in rule:
        return _resolve(next(one for one in rule["anyOf"] if one.get("type") != "null"), root)
    return rule


def _limits_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    words = {
        "minimum": "min",
        "exclusiveMinimum": "above",
        "maximum": "max",
        "pattern": "pattern",
        "maxLength": "longest",
    }
    return {short: rule[name] for name, short in words.items() if name in rule}


def split_unit(name: str) -> tuple[str, str]:
    """A field's name in words, and its unit.

    >>> split_unit("lower_m_amsl")
    ('Lower', 'm above sea level')
    """
    end = next((end for end in UNITS if name.endswith(end)), "")
    stem = name.removesuffix(end) if end else name
    return LABELS.get(name, stem.replace("_", " ").capitalize()), UNITS.get(end, "")
