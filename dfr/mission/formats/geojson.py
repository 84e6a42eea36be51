"""GeoJSON (RFC 7946) of a flight plan: a point per item, polygons of the fence, rally points, and the path.

Every feature says in `properties.dfr` what it is. Coordinates are [lon, lat, height above home or as
`frame` says]. A feature of another origin is refused by name rather than guessed at.
"""

from __future__ import annotations

import json
from typing import Any

from dfr.errors import MissionFileError
from dfr.geo import Position
from dfr.mission.formats.common import (
    finite_number,
    finite_numbers,
    item_of_record,
    item_record,
    json_object,
    params_record,
    read_position,
    refuse_too_many,
    require_entry,
)
from dfr.mission.items import FenceArea, FenceCircle, FencePolygon, FlightPlan, MissionItem, RallyPoint

Feature = dict[str, Any]


def write(plan: FlightPlan) -> str:
    """The text of a GeoJSON file."""
    features = [
        _make_feature(
            "home",
            _point_geometry(plan.home),
            home_m_amsl=plan.home_m_amsl,
            plan=plan.name,
            params=plan.params,
        ),
        *(_item_feature(seq, item) for seq, item in enumerate(plan.items, start=1)),
        *(_area_feature(area) for area in plan.fence),
        *(
            _make_feature("rally", _point_geometry(p.position), height_m_home=p.height_m_home)
            for p in plan.rally
        ),
        *_path_features(plan),
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1, allow_nan=False) + "\n"


def read(data: bytes, *, name: str) -> FlightPlan:
    """The flight plan of a GeoJSON file as `write` makes it. Raises MissionFileError naming the feature."""
    document = json_object(data, name=name)
    features = refuse_too_many(require_entry(document, "features", list, where=name), where=name)
    homes: list[Feature] = []
    items: list[MissionItem] = []
    fence: list[FenceArea] = []
    rally: list[RallyPoint] = []
    for index, feature in enumerate(features):
        where = f"{name}: feature {index}"
        kind = _kind_of(feature, where=where)
        if kind == "home":
            homes.append(feature)
        elif kind == "item":
            items.append(_read_item(feature, where=where, due=len(items) + 1))
        elif kind in ("keep_in", "keep_out"):
            fence.append(_read_area(feature, where=where, inclusion=kind == "keep_in"))
        elif kind == "rally":
            height = finite_number(feature["properties"].get("height_m_home"), where=where)
            rally.append(RallyPoint(position=_read_position(feature, where=where), height_m_home=height))
    return _build_plan(homes, items, fence, rally, name=name)


def _build_plan(
    homes: list[Feature],
    items: list[MissionItem],
    fence: list[FenceArea],
    rally: list[RallyPoint],
    *,
    name: str,
) -> FlightPlan:
    if len(homes) != 1:
        raise MissionFileError(f"{name}: {len(homes)} features are home", do="mark exactly one")
    own = homes[0]["properties"]
    height = own.get("home_m_amsl")
    return FlightPlan(
        name=str(own.get("plan", name)),
        home=_read_position(homes[0], where=f"{name}: home"),
        home_m_amsl=None if height is None else finite_number(height, where=f"{name}: home_m_amsl"),
        items=tuple(items),
        fence=tuple(fence),
        rally=tuple(rally),
        params=params_record(own.get("params"), where=f"{name}: home"),
    )


def _make_feature(kind: str, geometry: Feature | None, **properties: object) -> Feature:
    return {"type": "Feature", "geometry": geometry, "properties": {"dfr": kind, **properties}}


def _coordinates(position: Position) -> list[float]:
    return [position.lon_deg, position.lat_deg]


def _point_geometry(position: Position) -> Feature:
    return {"type": "Point", "coordinates": _coordinates(position)}


def _item_feature(seq: int, item: MissionItem) -> Feature:
    geometry = None
    if item.position is not None:
        geometry = {"type": "Point", "coordinates": [*_coordinates(item.position), item.z_m]}
    return _make_feature("item", geometry, seq=seq, **item_record(item))


def _area_feature(area: FenceArea) -> Feature:
    kind = "keep_in" if area.inclusion else "keep_out"
    if isinstance(area, FenceCircle):
        return _make_feature(kind, _point_geometry(area.centre), radius_m=area.radius_m)
    corners = [_coordinates(corner) for corner in (*area.ring, area.ring[0])]
    return _make_feature(kind, {"type": "Polygon", "coordinates": [corners]})


def _path_features(plan: FlightPlan) -> list[Feature]:
    """The path as a line for maps; not read back."""
    places = [plan.home, *(item.position for item in plan.items if item.position is not None)]
    if len(places) < 2:
        return []
    line = {"type": "LineString", "coordinates": [_coordinates(place) for place in places]}
    return [_make_feature("path", line)]


def _kind_of(feature: object, *, where: str) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    kind = properties.get("dfr") if isinstance(properties, dict) else None
    if kind not in ("home", "item", "keep_in", "keep_out", "rally", "path"):
        label = properties.get("name") if isinstance(properties, dict) else feature
        raise MissionFileError(
            f"{where} ({label!r}): properties.dfr is {kind!r}",
            do="home, item, keep_in, keep_out, rally or path",
        )
    return str(kind)


def _read_item(feature: Feature, *, where: str, due: int) -> MissionItem:
    record = feature["properties"]
    if record.get("seq") != due:
        raise MissionFileError(f"{where}: seq is {record.get('seq')!r}, {due} was due")
    position = None if feature.get("geometry") is None else _read_position(feature, where=where)
    return item_of_record(record, position, where=where)


def _read_area(feature: Feature, *, where: str, inclusion: bool) -> FenceArea:
    geometry = require_entry(feature, "geometry", dict, where=where)
    if geometry.get("type") == "Point":
        radius_m = finite_number(feature["properties"].get("radius_m"), where=where)
        return FenceCircle(
            centre=_read_position(feature, where=where), radius_m=radius_m, inclusion=inclusion
        )
    if geometry.get("type") != "Polygon":
        raise MissionFileError(
            f"{where}: a fence of {geometry.get('type')!r}", do="Polygon, or Point with radius_m"
        )
    rings = require_entry(geometry, "coordinates", list, where=where)
    if len(rings) != 1 or not isinstance(rings[0], list):
        raise MissionFileError(f"{where}: {len(rings)} rings", do="one, a fence has no holes")
    corners = [finite_numbers(corner, 2, where=where) for corner in refuse_too_many(rings[0], where=where)]
    closed = corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners
    return FencePolygon(
        ring=tuple(read_position(lat, lon, where=where) for lon, lat in closed), inclusion=inclusion
    )


def _read_position(feature: Feature, *, where: str) -> Position:
    geometry = require_entry(feature, "geometry", dict, where=where)
    lon, lat = finite_numbers(geometry.get("coordinates"), 2, where=where)
    return read_position(lat, lon, where=where)
