"""Obstacles as CSV or GeoJSON points: a name, a place, and a top with its unit and datum.

The top stands in words, `top` as `45 m AGL` or `1513 ft AMSL`, or as a number under a name that says unit and
datum: `top_m_agl`, `top_m_amsl`, `top_ft_agl`, `top_ft_amsl`.

The columns are ours; `csv` and `json_features` parse the text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from dfr.errors import InputError
from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.json_features import JsonTroubleError, parse_json
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.reading import AirspaceRead, Problems, VolumeDraft, finish_reading, printable_text
from dfr.io.files import decode_text
from dfr.world.zones import SURFACE, UNLIMITED, Obstacle, VerticalLimit

TOPS = {"top_m_agl": "m AGL", "top_m_amsl": "m AMSL", "top_ft_agl": "ft AGL", "top_ft_amsl": "ft AMSL"}
LATITUDES, LONGITUDES = ("lat_deg", "lat", "latitude"), ("lon_deg", "lon", "lng", "longitude")
NAMES = ("name", "id", "designator")

Row = tuple[int | None, Mapping[str, object]]
"""A line and the fields of one obstacle."""


class BadObstacleError(Exception):
    """An obstacle that cannot be used, and why."""


def read_obstacle_table(data: bytes, *, name: str) -> AirspaceRead:
    """The obstacles of a CSV file with a row of column names."""
    text = decode_text(data)[0].lstrip("\ufeff")
    dialect = ";" if text.split("\n", 1)[0].count(";") else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=dialect)
    table: Iterator[Row] = (
        (rows.line_num, {str(key).strip().lower(): value for key, value in row.items()}) for row in rows
    )
    return with_obstacles(table, name=name, kind="obstacles-csv")


def read_obstacle_points(data: bytes, *, name: str) -> AirspaceRead:
    """The obstacles of a GeoJSON file of points."""
    try:
        document, lines = parse_json(decode_text(data)[0])
    except JsonTroubleError as error:
        raise InputError(f"{name}: not JSON: {error}", do="check the file") from error
    features = document.get("features") if isinstance(document, dict) else None
    listed = features if isinstance(features, list) else [document]
    numbered = zip(listed, [*lines, *([None] * len(listed))], strict=False)
    rows: Iterator[Row] = ((line, _fields_of_point(feature)) for feature, line in numbered)
    return with_obstacles(rows, name=name, kind="obstacles-geojson")


def _fields_of_point(feature: object) -> Mapping[str, object]:
    """The properties of a point and its place; nothing of whatever else."""
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        return {}
    place = feature["geometry"].get("coordinates")
    words = feature.get("properties")
    found = {str(k).strip().lower(): value for k, value in (words if isinstance(words, dict) else {}).items()}
    if feature["geometry"].get("type") == "Point" and isinstance(place, list) and len(place) >= 2:
        found |= {"lon_deg": place[0], "lat_deg": place[1]}
    return found


def with_obstacles(rows: Iterator[Row], *, name: str, kind: str) -> AirspaceRead:
    """What was read; an obstacle that cannot be used counts as a volume that nobody could place."""
    problems, drafts, found = Problems(), [], []
    for line, fields in rows:
        try:
            found.append(obstacle_of(fields, source=name, line=line))
        except BadObstacleError as bad:
            words = _first_text(fields, NAMES) or "an obstacle"
            draft = VolumeDraft(line=line, name=words, lower=SURFACE, upper=UNLIMITED)
            problems.refuse(draft, line, "bad-obstacle", f"{draft.name}: {bad}")
            drafts.append(draft)
    return finish_reading(name, kind, drafts, problems, obstacles=found)


def obstacle_of(fields: Mapping[str, object], *, source: str, line: int | None) -> Obstacle:
    """The obstacle of some fields. Raises BadObstacleError."""
    lat, lon = _read_number(fields, LATITUDES), _read_number(fields, LONGITUDES)
    if lat is None or lon is None:
        raise BadObstacleError("no position: give lat_deg and lon_deg")
    try:
        position = Position(lat_deg=lat, lon_deg=lon)
    except InputError as error:
        raise BadObstacleError(str(error)) from error
    return Obstacle(
        name=printable_text(_first_text(fields, NAMES)) or "obstacle",
        position=position,
        top=_read_top(fields),
        source=source,
        line=line,
    )


def _read_top(fields: Mapping[str, object]) -> VerticalLimit:
    """Its top above ground or sea; a height whose datum is not said is no height."""
    texts = [f"{fields[name]} {words}" for name, words in TOPS.items() if _first_text(fields, (name,))]
    texts += [_first_text(fields, ("top",))] if _first_text(fields, ("top",)) else []
    if len(texts) != 1:
        raise BadObstacleError(f"give one top: {', '.join(TOPS)}, or top in words such as 45 m AGL")
    found = parse_limit(texts[0])
    said = any(datum in texts[0].upper() for datum in ("AGL", "AMSL", "MSL"))
    if found is None or not said or found.datum not in (VerticalDatum.AGL, VerticalDatum.AMSL):
        raise BadObstacleError(f"{texts[0][:40]!r} is not a height with unit and datum, such as 45 m AGL")
    return found


def _first_text(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    values = (fields.get(name) for name in names)
    return next((str(value).strip() for value in values if value is not None and str(value).strip()), "")


def _read_number(fields: Mapping[str, object], names: tuple[str, ...]) -> float | None:
    try:
        return float(_first_text(fields, names))
    except ValueError:
        return None
