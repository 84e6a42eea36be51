"""The features of a deployment that can be drawn on a map: where each kind stands in the file, and its shape.

`SPECS` says it for every kind; `list_features` gives those in a file's plain data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from dfr.scenario import schema as written
from dfr.scenario.schema_parts import Loc


class FeatureKind(StrEnum):
    """What can be drawn."""

    BOUNDARY = "boundary"
    CROWD = "crowd"
    KEEP_OUT = "keep_out"
    WATER = "water"
    ZONE = "zone"
    SITE = "site"
    OBSTACLE = "obstacle"
    POST = "post"
    RALLY_POINT = "rally_point"
    PATROL = "patrol"
    HOME = "home"
    TRAFFIC = "traffic"


class Shape(StrEnum):
    """How a feature says where it is."""

    AREA = "area"
    """A ring of [lat, lon] corners in one field."""

    POINT = "point"
    """`lat_deg` and `lon_deg`."""

    PLACE = "place"
    """The item itself is a [lat, lon] pair, without a name."""

    BEARING = "bearing"
    """`bearing_deg` and `distance_m` from the candidate site that holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One kind: its list in the file, its shape, and the part of the schema that says what it holds."""

    kind: FeatureKind
    title: str
    list_path: Loc
    shape: Shape
    model: type[BaseModel] | None = None
    area_field: str = "area"
    single: bool = False
    """There is exactly one; `list_path` leads to it."""


SITES: Loc = ("candidates", "sites")
ZONES: Loc = ("demand", "zones", "areas")

_ALL = (
    FeatureSpec(
        kind=FeatureKind.BOUNDARY,
        title="Boundary",
        list_path=("site", "boundary"),
        shape=Shape.AREA,
        model=written.BoundaryIn,
        area_field="ring",
        single=True,
    ),
    FeatureSpec(
        kind=FeatureKind.CROWD,
        title="Crowd",
        list_path=("site", "crowds"),
        shape=Shape.AREA,
        model=written.CrowdIn,
    ),
    FeatureSpec(
        kind=FeatureKind.KEEP_OUT,
        title="Keep-out",
        list_path=("site", "keep_outs"),
        shape=Shape.AREA,
        model=written.KeepOutIn,
    ),
    FeatureSpec(
        kind=FeatureKind.WATER,
        title="Water",
        list_path=("site", "water"),
        shape=Shape.AREA,
        model=written.WaterIn,
    ),
    FeatureSpec(
        kind=FeatureKind.ZONE,
        title="Demand zone",
        list_path=ZONES,
        shape=Shape.AREA,
        model=written.ZoneIn,
    ),
    FeatureSpec(
        kind=FeatureKind.SITE,
        title="Candidate site",
        list_path=SITES,
        shape=Shape.POINT,
        model=written.CandidateIn,
    ),
    FeatureSpec(
        kind=FeatureKind.OBSTACLE,
        title="Obstacle",
        list_path=SITES,
        shape=Shape.BEARING,
        model=written.ObstacleIn,
    ),
    FeatureSpec(
        kind=FeatureKind.POST,
        title="Observer post",
        list_path=("operation", "posts"),
        shape=Shape.POINT,
        model=written.PostIn,
    ),
    FeatureSpec(
        kind=FeatureKind.RALLY_POINT,
        title="Rally point",
        list_path=("contingency", "rally_points"),
        shape=Shape.PLACE,
    ),
    FeatureSpec(
        kind=FeatureKind.PATROL,
        title="Patrol's post",
        list_path=("demand", "ground", "posts"),
        shape=Shape.PLACE,
    ),
    FeatureSpec(
        kind=FeatureKind.HOME,
        title="Homes",
        list_path=("simulation", "homes"),
        shape=Shape.AREA,
        model=written.HomesIn,
    ),
    FeatureSpec(
        kind=FeatureKind.TRAFFIC,
        title="Other traffic",
        list_path=("traffic",),
        shape=Shape.AREA,
        model=written.TrafficIn,
    ),
)

SPECS = {spec.kind: spec for spec in _ALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature as it stands in a file: its path, and its fields in plain data."""

    kind: FeatureKind
    id: str
    name: str
    path: Loc
    value: Any


def value_at(data: object, path: Loc) -> Any:
    """What stands at a path of plain data; None where nothing does."""
    for step in path:
        known = isinstance(data, dict) and step in data
        if not known and not (isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data)):
            return None
        data = data[step]  # type: ignore[index]
    return data


def list_features(data: object, kind: FeatureKind) -> Iterator[Feature]:
    """The features of a kind in plain data, in the order of the file.

    An unnamed place goes by its number from 1; an obstacle by its site, a slash and its number there.
    """
    spec = SPECS[kind]
    found = value_at(data, spec.list_path)
    if spec.single:
        if isinstance(found, dict):
            yield Feature(kind=kind, id=kind.value, name=spec.title, path=spec.list_path, value=found)
        return
    for index, item in enumerate(found if isinstance(found, list) else ()):
        path = (*spec.list_path, index)
        if spec.shape is Shape.BEARING:
            yield from _list_obstacles(item, path)
        elif spec.shape is Shape.PLACE:
            number = str(index + 1)
            yield Feature(kind=kind, id=number, name=f"{spec.title} {number}", path=path, value=item)
        elif isinstance(item, dict):
            id_ = str(item.get("id", index + 1))
            yield Feature(kind=kind, id=id_, name=str(item.get("name", id_)), path=path, value=item)


def _list_obstacles(site: object, path: Loc) -> Iterator[Feature]:
    for number, item in enumerate(value_at(site, ("obstacles",)) or (), start=1):
        if isinstance(item, dict):
            yield Feature(
                kind=FeatureKind.OBSTACLE,
                id=f"{value_at(site, ('id',))}/{number}",
                name=str(item.get("name", number)),
                path=(*path, "obstacles", number - 1),
                value=item,
            )
